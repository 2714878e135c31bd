"""The demo's loan book as the tables of Loam's own import files: loans, instalments, repayments, funding shares.

Instalments are given of restructured loans only; of all others the import works them out from the terms.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import files
from demo.lent import EQUAL_PRINCIPAL, MINIMUM_DAYS, NEVER, PPM, SALES_SHARE, WEEK, Mask, Schedules, schedules
from demo.loans import PARTNER_SHARE_PPM, LoanBook
from demo.seasons import Whole
from demo.shops import CURRENCY, Shop
from lending import records

REPAYMENT_KINDS = ("annuity", "equal_principal", "interest_only", "sales_share")
INTERVALS, DAY_COUNTS = ("month", "week"), ("30/360", "actual/365")
CHANNELS = ("wallet", "transfer", "marketplace", "collection")
FUNDERS = (records.OWN_BOOK, "MADE-UP-BANK-OF-TILE-STREET", "MADE-UP-RURAL-CREDIT-OF-NINE-BRIDGES")
FRACTION = pa.decimal128(9, 6)


def tables(book: LoanBook, shops: Sequence[Shop], *, beginning: str) -> dict[str, pa.Table]:
    """The rows of a loan book by the name of their kind, all columns of the kind in order.

    Args:
        book: the loans.
        shops: all of the marketplace.
        beginning: of each loan's reference, before its number.
    """
    refs = files.refs(beginning, np.arange(1, len(book.lent) + 1), 5)
    return {
        "loans": _loans(book, shops, refs),
        "instalments": _instalments(book, refs),
        "repayments": _repayments(book, refs),
        "funding_shares": _funding_shares(book, refs),
    }


def _loans(book: LoanBook, shops: Sequence[Shop], refs: pa.Array) -> pa.Table:
    lent, went = book.lent, book.outcomes
    of_sales = lent.kind == SALES_SHARE
    fee = of_sales | (lent.kind == EQUAL_PRINCIPAL)
    weekly = lent.interval == WEEK
    return files.table(
        records.LOANS,
        {
            "loan_ref": refs,
            "shop_ref": files.texts([shops[place].ref for place in lent.shop.tolist()]),
            "application_ref": files.texts(book.applications),
            "principal": files.money(lent.principal_minor),
            "currency": CURRENCY,
            "disbursed_on": _days(lent.disbursed_on),
            "repayment_kind": _words(REPAYMENT_KINDS, lent.kind),
            "annual_rate": _fractions(lent.rate_ppm, ~of_sales),
            "rate_kind": _where(~of_sales, pa.array(["declining"] * len(lent), pa.string())),
            "day_count": _where(~of_sales, _words(DAY_COUNTS, weekly.astype(np.int64))),
            "instalments": pa.array(lent.instalments.astype(np.int32), mask=of_sales),
            "interval": _where(~of_sales, _words(INTERVALS, lent.interval)),
            "first_due_on": pa.nulls(len(lent), pa.date32()),
            "fee_total": _where(fee, files.money(lent.fee_minor)),
            "holdback_share": _fractions(lent.holdback_ppm, of_sales),
            "minimum_share": _fractions(lent.minimum_ppm, of_sales),
            "minimum_days": pa.array(np.full(len(lent), MINIMUM_DAYS, np.int32), mask=~of_sales),
            "final_due_on": _days(lent.final_due_on),
            "closed_on": _days(went.closed_on),
            "waived_amount": _where(went.closed_on < NEVER, files.money(went.waived_minor)),
            "refinances_loan_ref": _where(book.refinances >= 0, refs.take(pa.array(np.maximum(book.refinances, 0)))),
            "written_off_on": _days(went.written_off_on),
            "written_off_amount": _where(went.written_off_on < NEVER, files.money(went.written_off_minor)),
            "restructured_on": _days(went.restructured_on),
        },
    )


def _instalments(book: LoanBook, refs: pa.Array) -> pa.Table:
    """Of each restructured loan the schedule that was agreed at first, and behind it the one that holds since."""
    lent = book.lent.take(book.restructured)
    given = [_rows(schedules(lent), np.zeros(len(lent), np.int64)), _rows(book.legs, lent.instalments)]
    loan, sequence, due_on, principal, interest, fee = (np.concatenate(part) for part in zip(*given, strict=True))
    order = np.lexsort((sequence, loan))
    loan, sequence, due_on, principal, interest, fee = (
        each[order] for each in (loan, sequence, due_on, principal, interest, fee)
    )
    return files.table(
        records.INSTALMENTS,
        {
            "loan_ref": refs.take(pa.array(book.restructured[loan])),
            "sequence": pa.array(sequence.astype(np.int32)),
            "due_on": _days(due_on),
            "principal_due": files.money(principal),
            "interest_due": files.money(interest),
            "fee_due": files.money(fee),
        },
    )


def _rows(due: Schedules, before: Whole) -> tuple[Whole, ...]:
    """The instalments one under the other, numbered on from so many before them."""
    loan, place = np.nonzero(due.due_on < NEVER)
    at = loan, place
    return (
        loan,
        before[loan] + place + 1,
        due.due_on[at],
        due.principal_minor[at],
        due.interest_minor[at],
        due.fee_minor[at],
    )


def _repayments(book: LoanBook, refs: pa.Array) -> pa.Table:
    paid = book.payments
    return files.table(
        records.REPAYMENTS,
        {
            "loan_ref": refs.take(pa.array(paid.loan)),
            "repayment_ref": files.refs("R-", files.counted(paid.loan), 3),
            "paid_on": _days(paid.paid_on),
            "booked_at": files.moments(book.booked_at.astype("datetime64[s]")),
            "amount": files.money(paid.amount_minor),
            "currency": CURRENCY,
            "channel": _words(CHANNELS, paid.channel),
        },
    )


def _funding_shares(book: LoanBook, refs: pa.Array) -> pa.Table:
    """The lender's own share of each loan, and that of the partner where there is one."""
    places = np.arange(len(book.lent))
    shared = places[book.partner > 0]
    own = np.where(book.partner > 0, PPM - PARTNER_SHARE_PPM, PPM)
    loan = np.concatenate([places, shared])
    funder = np.concatenate([np.zeros_like(places), book.partner[shared]])
    share = np.concatenate([own, np.full(len(shared), PARTNER_SHARE_PPM)])
    order = np.lexsort((funder, loan))
    return files.table(
        records.FUNDING_SHARES,
        {
            "loan_ref": refs.take(pa.array(loan[order])),
            "funder_ref": _words(FUNDERS, funder[order]),
            "share": _fractions(share[order], np.ones(len(loan), np.bool_)),
        },
    )


def _days(values: Whole) -> pa.Array:
    """Calendar days, null for those that do not come."""
    return pa.array(np.where(values < NEVER, values, 0).astype(np.int32), pa.date32(), mask=values >= NEVER)


def _words(words: Sequence[str], places: Whole) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(places))


def _fractions(ppm: Whole, given: Mask) -> pa.Array:
    """Shares and rates as decimals, null where there is none."""
    return files.decimals(ppm, FRACTION, missing=~given)


def _where(given: Mask, cells: pa.Array) -> pa.Array:
    return pc.if_else(pa.array(given), cells, None)
