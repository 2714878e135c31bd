"""The loan book as arrays: what fell due, what was paid, and on which day each instalment was paid in full.

A loan has one *account* for each schedule it ever had: the first, and one more for each restructuring. An account holds
from the day it begins (of which it knows nothing yet, since as of a day means strictly before) to the day on which the
next one begins. Payments belong to the account of their day; what was paid ahead moves on to the next account.

Days are whole days since 1970-01-01; FAR stands for a day that has not come. Money is whole minor units.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

FAR = 2**31 - 1
EPOCH_DAY = date(1970, 1, 1)
_DAY_BITS = 32

LOAN_COLUMNS = (
    "loan_id", "principal_minor", "sales_linked", "disbursed_day", "closed_day", "written_off_day",
)  # fmt: skip
INSTALMENT_COLUMNS = (
    "loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor",
)  # fmt: skip
REPAYMENT_COLUMNS = ("loan_id", "paid_day", "amount_minor")


def day_number(day: date) -> int:
    """Whole days since 1970-01-01.

    >>> day_number(date(1970, 1, 31))
    30
    """
    return (day - EPOCH_DAY).days


def day_of(number: int) -> date:
    """The day of a number.

    >>> day_of(30)
    datetime.date(1970, 1, 31)
    """
    return date.fromordinal(EPOCH_DAY.toordinal() + int(number))


@dataclass(frozen=True, slots=True)
class Segments:
    """Rows in the order of their accounts: those of account i are first[i] to first[i + 1]."""

    first: Whole
    keys: Whole
    """Account and day in one number, rising."""
    day: Whole
    before: Whole
    """Sum of all amounts before a row, over all accounts; one more entry than rows."""

    def until(self, accounts: Whole, days: Whole | int) -> Whole:
        """For each account the place after its last row of a day before `days`."""
        return np.searchsorted(self.keys, (accounts << _DAY_BITS) + days, side="left")

    def amount_until(self, accounts: Whole, places: Whole) -> Whole:
        """For each account the sum of its rows before a place."""
        return np.asarray(self.before[places] - self.before[self.first[accounts]])


@dataclass(frozen=True, slots=True)
class Book:
    """Loans in the order of their numbers, their accounts, and the lines and payments of each account."""

    loan_id: Whole
    principal_minor: Whole
    sales_linked: Mask
    disbursed_day: Whole
    closed_day: Whole
    written_off_day: Whole
    first_account: Whole
    """Accounts of loan i are first_account[i] to first_account[i + 1]; each loan has at least one."""
    account_loan: Whole
    begins_day: Whole
    ends_day: Whole
    by_share: Mask
    """Whether what is paid on an account repays principal and fee in one proportion: sales-linked, not restructured."""
    account_principal_minor: Whole
    account_due_minor: Whole
    """All that the account's schedule asks for, with what was carried into it."""
    lines: Segments
    line_principal_before: Whole
    """Sum of principal before a line, over all accounts; one more entry than lines."""
    line_interest: Whole
    line_fee: Whole
    line_account: Whole
    paid_in_full_day: Whole
    """For each line the day of the payment that completed it; FAR while it is not. Allocation is oldest first."""
    payments: Segments
    receipts: pd.DataFrame
    """Payments as they came in: place (of the loan), paid_day, amount_minor."""
    waivers: pd.DataFrame
    """The same of what was waived."""
    recoveries: pd.DataFrame
    """The same of payments dated after their loan was written off."""

    def __len__(self) -> int:
        """How many loans."""
        return len(self.loan_id)


def book_of(
    loans: pd.DataFrame, instalments: pd.DataFrame, repayments: pd.DataFrame, waivers: pd.DataFrame | None = None
) -> Book:
    """The book of some loans.

    Args:
        loans: a row per loan: loan_id, principal_minor (int64), sales_linked (bool), disbursed_day, closed_day,
            written_off_day (whole days, FAR where there is none).
        instalments: a row per line of each schedule: loan_id, in_force_day (disbursed_day for the first schedule, the
            day of restructuring for later ones), sequence, due_day, principal_minor, interest_minor, fee_minor.
        repayments: a row per payment: loan_id, paid_day, amount_minor. One that was reversed stands there twice, the
            second time below zero.
        waivers: the same of what was waived: it settles dues as a payment does, but nothing came in.

    Raises:
        ValueError: for a loan without a schedule, or rows of a loan that is not there.
    """
    sorted_loans = loans.sort_values("loan_id", kind="stable", ignore_index=True)
    loan_id, disbursed, written_off = (
        _whole(sorted_loans, name) for name in ("loan_id", "disbursed_day", "written_off_day")
    )
    sales_linked = sorted_loans["sales_linked"].to_numpy(dtype=bool)
    lines = _sorted_lines(instalments, loan_id)
    accounts = _accounts(lines, disbursed)
    by_share = sales_linked[accounts.loan] & accounts.original
    due = _segments(lines.account, lines.due_day, lines.principal + lines.interest + lines.fee, len(accounts.loan))
    principal_before = _running(lines.principal)
    receipts, recoveries = _came_in(loan_id, written_off, repayments)
    waived = _receipts(loan_id, _WAIVED_NOTHING if waivers is None else waivers, "waivers")
    payments = _payments(accounts, due, by_share, *_netted(pd.concat([receipts, waived])))
    return Book(
        loan_id=loan_id,
        principal_minor=_whole(sorted_loans, "principal_minor"),
        sales_linked=sales_linked,
        disbursed_day=disbursed,
        closed_day=_whole(sorted_loans, "closed_day"),
        written_off_day=written_off,
        first_account=accounts.first,
        account_loan=accounts.loan,
        begins_day=accounts.begins,
        ends_day=accounts.ends,
        by_share=by_share,
        account_principal_minor=np.diff(principal_before[due.first]),
        account_due_minor=np.diff(due.before[due.first]),
        lines=due,
        line_principal_before=principal_before,
        line_interest=lines.interest,
        line_fee=lines.fee,
        line_account=lines.account,
        paid_in_full_day=_paid_in_full(lines.account, due, payments),
        payments=payments,
        receipts=receipts,
        waivers=waived,
        recoveries=recoveries,
    )


_WAIVED_NOTHING = pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in ("loan_id", "paid_day", "amount_minor")})


def _receipts(loan_id: Whole, rows: pd.DataFrame, what: str) -> pd.DataFrame:
    """Payments by the place of their loan."""
    place = _places(loan_id, rows, what)
    return pd.DataFrame({"place": place, **{name: _whole(rows, name) for name in ("paid_day", "amount_minor")}})


def _came_in(loan_id: Whole, written_off: Whole, repayments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was paid on loans, and what was recovered after they were written off."""
    rows = _receipts(loan_id, repayments, "repayments")
    recovered = rows["paid_day"].to_numpy() > written_off[rows["place"].to_numpy()]
    return rows[~recovered].reset_index(drop=True), rows[recovered].reset_index(drop=True)


def _netted(rows: pd.DataFrame) -> tuple[Whole, Whole, Whole]:
    """Place, day and amount of payments, less the reversals of the same day, so that what was paid never falls."""
    reversed_some = (rows["amount_minor"] < 0).any()
    net = rows.groupby(["place", "paid_day"])["amount_minor"].sum().reset_index() if reversed_some else rows
    return _whole(net, "place"), _whole(net, "paid_day"), _whole(net, "amount_minor")


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of all schedules, by account and day."""

    place: Whole
    begins: Whole
    account: Whole
    due_day: Whole
    principal: Whole
    interest: Whole
    fee: Whole


@dataclass(frozen=True, slots=True)
class _Accounts:
    loan: Whole
    first: Whole
    begins: Whole
    ends: Whole
    original: Mask


def _whole(frame: pd.DataFrame, name: str) -> Whole:
    return frame[name].to_numpy(dtype=np.int64)


def _order(*columns: Whole) -> Whole | slice:
    """What brings rows into the order of their columns, the first one weighing most: nothing where they are in it.

    What comes from a database comes in order, and asking is a hundred times quicker than sorting.
    """
    tied = np.ones(max(len(columns[0]) - 1, 0), dtype=bool)
    for column in columns:
        step = np.diff(column)
        if (step[tied] < 0).any():
            return np.lexsort(columns[::-1])
        tied &= step == 0
    return slice(None)


def _places(loan_id: Whole, frame: pd.DataFrame, what: str) -> Whole:
    """For each row the place of its loan."""
    wanted = _whole(frame, "loan_id")
    places = np.searchsorted(loan_id, wanted)
    if len(wanted) and (not len(loan_id) or (loan_id[np.minimum(places, len(loan_id) - 1)] != wanted).any()):
        raise ValueError(f"{what} of a loan that is not there")
    return np.asarray(places, dtype=np.int64)


def _sorted_lines(instalments: pd.DataFrame, loan_id: Whole) -> _Lines:
    place = _places(loan_id, instalments, "instalments")
    begins, due_day = _whole(instalments, "in_force_day"), _whole(instalments, "due_day")
    order = _order(place, begins, due_day, _whole(instalments, "sequence"))
    place, begins, due_day = place[order], begins[order], due_day[order]
    if len(np.unique(place)) != len(loan_id):
        raise ValueError("a loan without a schedule")
    new = np.ones(len(place), dtype=bool)
    new[1:] = (np.diff(place) != 0) | (np.diff(begins) != 0)
    return _Lines(
        place,
        begins,
        np.cumsum(new) - 1,
        due_day,
        *(_whole(instalments, name)[order] for name in ("principal_minor", "interest_minor", "fee_minor")),
    )


def _accounts(lines: _Lines, disbursed: Whole) -> _Accounts:
    """One account per loan and schedule. The first one begins with the loan, whatever its lines say."""
    heads = np.flatnonzero(np.diff(lines.account, prepend=-1))
    loan, begins = lines.place[heads], lines.begins[heads].copy()
    original = np.ones(len(loan), dtype=bool)
    original[1:] = np.diff(loan) != 0
    begins[original] = disbursed[loan[original]]
    ends = np.full(len(loan), FAR, dtype=np.int64)
    follows = np.flatnonzero(~original)
    ends[follows - 1] = begins[follows]
    first = np.append(np.flatnonzero(original), len(loan)).astype(np.int64)
    return _Accounts(loan, first, begins, ends, original)


def _running(amounts: Whole) -> Whole:
    """Sums of all before each, and of all."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(amounts, dtype=np.int64)])


def _segments(account: Whole, day: Whole, amount: Whole, accounts: int) -> Segments:
    """Rows that come in the order of account and day."""
    first = np.searchsorted(account, np.arange(accounts + 1))
    return Segments(np.asarray(first, dtype=np.int64), (account << _DAY_BITS) + day, day, _running(amount))


def _payments(
    accounts: _Accounts, lines: Segments, by_share: Mask, place: Whole, day: Whole, amount: Whole
) -> Segments:
    """The payments by account and day. What was ahead of the dues when a schedule ended opens the next account."""
    count = len(accounts.loan)
    # Of the accounts of its loan a payment belongs to the last one that begins on its day or before.
    keys = (accounts.loan << _DAY_BITS) + np.where(accounts.original, 0, accounts.begins)
    account = np.searchsorted(keys, (place << _DAY_BITS) + day, side="right") - 1
    order = _order(account, day)
    account, day, amount = account[order], day[order], amount[order]
    for later in _generations(accounts):
        paid = _segments(account, day, amount, count)
        ended = later - 1
        ahead = paid.amount_until(ended, paid.until(ended, accounts.ends[ended]))
        ahead = ahead - lines.amount_until(ended, lines.until(ended, accounts.ends[ended]))
        carried = np.flatnonzero((ahead > 0) & ~by_share[ended])
        account = np.concatenate([account, later[carried]])
        day = np.concatenate([day, accounts.begins[later[carried]]])
        amount = np.concatenate([amount, ahead[carried]])
        order = _order(account, day)
        account, day, amount = account[order], day[order], amount[order]
    return _segments(account, day, amount, count)


def _generations(accounts: _Accounts) -> list[Whole]:
    """The accounts after the first of each loan: all second ones, then all third ones, and so on."""
    number = np.arange(len(accounts.loan)) - accounts.first[accounts.loan]
    return [np.flatnonzero(number == each) for each in range(1, int(number.max(initial=0)) + 1)]


def _paid_in_full(account: Whole, lines: Segments, payments: Segments) -> Whole:
    """For each line the day of the first payment with which all up to it was paid."""
    if not len(payments.day):
        return np.where(np.diff(lines.before) > 0, FAR, 0)
    owed = lines.before[1:] - lines.before[lines.first[account]]
    # The place of the payment with which the account's sum first reaches it.
    at = np.searchsorted(payments.before, payments.before[payments.first[account]] + owed, side="left") - 1
    inside = at < payments.first[account + 1]
    day = np.where(inside, payments.day[np.clip(at, 0, len(payments.day) - 1)], FAR)
    return np.where(owed > 0, day, 0)
