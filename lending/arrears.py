"""Where each loan stands as of a day: days past due, outstanding, overdue, paid ahead, and its bucket.

As of D only what is dated before D exists. Payments go to instalments, the oldest first, and within one to fee,
interest, principal; what is paid ahead waits for the next due date and lowers no outstanding principal, unless it
covers the whole remaining schedule, which closes the loan. Of a sales-linked loan each payment repays advance and fee
in one proportion, on the sum.

Source: METRICS.md's conventions 1 to 7; worked examples W3 to W8. PAR and days past due as in CGAP, Measuring
Results of Microfinance Institutions (2009).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from lending.loan_book import Book, Mask, Whole, day_number

BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")
# The most days past due of each bucket but the last.
BUCKET_ENDS = (0, 30, 60, 90)
ACTIVE, PAID, WRITTEN_OFF = "active", "paid", "written_off"
_SAFE_PRODUCT = 2**62


@dataclass(frozen=True, slots=True)
class Positions:
    """Where some accounts stand, each as of a day."""

    outstanding_minor: Whole
    overdue_minor: Whole
    overdue_principal_minor: Whole
    unapplied_minor: Whole
    days_past_due: Whole
    paid_minor: Whole
    due_minor: Whole
    paid_off: Mask


def account_positions(book: Book, accounts: Whole, days: Whole | int) -> Positions:
    """Where accounts stand as of a day, or each as of its own.

    Args:
        book: the book.
        accounts: places of accounts.
        days: for each the day, or one for all; only what is dated before it counts.
    """
    day = np.broadcast_to(np.asarray(days, dtype=np.int64), accounts.shape)
    lines, first = book.lines, book.lines.first[accounts]
    due_until = lines.until(accounts, day)
    due = lines.amount_until(accounts, due_until)
    paid = book.payments.amount_until(accounts, book.payments.until(accounts, day))
    owed = book.account_due_minor[accounts]
    paid_off = paid >= owed
    applied = np.where(paid_off, owed, np.minimum(paid, due))
    oldest = np.searchsorted(lines.before, lines.before[first] + applied, side="right") - 1
    by_share = book.by_share[accounts]
    repaid = _principal_in_order(book, accounts, oldest, applied)
    if by_share.any():
        shared = np.flatnonzero(by_share)
        repaid[shared] = _in_proportion(
            np.minimum(paid, owed)[shared], book.account_principal_minor[accounts[shared]], owed[shared]
        )
    principal_due = book.line_principal_before[due_until] - book.line_principal_before[first]
    late = oldest < due_until
    past_due = np.where(late, day - lines.day[np.minimum(oldest, len(lines.day) - 1)], 0)
    ahead = np.where(by_share, np.maximum(paid - owed, 0), paid - applied)
    return Positions(
        outstanding_minor=book.account_principal_minor[accounts] - repaid,
        overdue_minor=due - np.minimum(applied, due),
        overdue_principal_minor=np.maximum(principal_due - repaid, 0),
        unapplied_minor=ahead,
        days_past_due=past_due,
        paid_minor=paid,
        due_minor=due,
        paid_off=paid_off,
    )


def _principal_in_order(book: Book, accounts: Whole, oldest: Whole, applied: Whole) -> Whole:
    """Principal repaid, where whole lines before `oldest` are paid and something of that one: fee, interest first."""
    lines, first = book.lines, book.lines.first[accounts]
    place = np.minimum(oldest, len(book.line_fee) - 1)
    whole = book.line_principal_before[oldest] - book.line_principal_before[first]
    rest = applied - (lines.before[oldest] - lines.before[first])
    return np.asarray(whole + np.maximum(rest - book.line_fee[place] - book.line_interest[place], 0))


def _in_proportion(paid: Whole, principal: Whole, owed: Whole) -> Whole:
    """Paid × principal ÷ owed, rounded half up, exact also where the product is wider than 64 bits."""
    if not len(paid) or 2 * int(paid.max()) * int(principal.max()) < _SAFE_PRODUCT:
        return np.asarray((2 * paid * principal + owed) // (2 * owed))
    exact = (2 * paid.astype(object) * principal.astype(object) + owed) // (2 * owed.astype(object))
    return np.asarray(exact, dtype=np.int64)


def positions(book: Book, *, as_of: date) -> pd.DataFrame:
    """Where each loan that was paid out before a day stands as of it.

    Returns:
        A row per loan: place (of the loan in the book), account (its place), state (one of active, paid, written_off),
        outstanding_minor (0 unless active), written_off_minor (what was outstanding when it was written off, else 0),
        overdue_minor, overdue_principal_minor, unapplied_minor, days_past_due, paid_minor, due_minor (int64; of the
        schedule in force, 0 unless active), restructured (bool), restructured_day (int64, 0 where never).

    Source: worked examples W5 to W9.
    """
    accounts, told, written_off, active = _standing(book, day_number(as_of))
    place = book.account_loan[accounts]
    restructured = accounts > book.first_account[place]
    return pd.DataFrame(
        {
            "place": place,
            "account": accounts,
            "state": np.select([written_off, active], [WRITTEN_OFF, ACTIVE], PAID).astype(object),
            "outstanding_minor": np.where(active, told.outstanding_minor, 0),
            "written_off_minor": np.where(written_off, told.outstanding_minor, 0),
            "overdue_minor": np.where(active, told.overdue_minor, 0),
            "overdue_principal_minor": np.where(active, told.overdue_principal_minor, 0),
            "unapplied_minor": np.where(active, told.unapplied_minor, 0),
            "days_past_due": np.where(active, told.days_past_due, 0),
            "paid_minor": np.where(active, told.paid_minor, 0),
            "due_minor": np.where(active, told.due_minor, 0),
            "restructured": restructured,
            "restructured_day": np.where(restructured, book.begins_day[accounts], 0),
        }
    )


def _standing(book: Book, day: int) -> tuple[Whole, Positions, Mask, Mask]:
    """The accounts in force as of a day, where they stand, and which are written off and which still owed."""
    # Of a loan that is gone the position on its last day tells what was still owed.
    last = np.minimum(day, np.minimum(book.closed_day, book.written_off_day) + 1)[book.account_loan]
    accounts = np.flatnonzero((book.begins_day < last) & (last <= book.ends_day))
    place = book.account_loan[accounts]
    told = account_positions(book, accounts, last[accounts])
    off = (book.written_off_day[place] < day) & (book.written_off_day[place] <= book.closed_day[place])
    written_off = off & ~told.paid_off
    return accounts, told, written_off, ~written_off & ~told.paid_off & (book.closed_day[place] >= day)


def outstanding(book: Book, *, as_of: date) -> Whole:
    """Outstanding principal of each loan of the book as of a day; 0 where it is repaid, gone, or not paid out yet."""
    accounts, told, _, active = _standing(book, day_number(as_of))
    left = np.zeros(len(book), dtype=np.int64)
    left[book.account_loan[accounts[active]]] = told.outstanding_minor[active]
    return left


def is_active(rows: pd.DataFrame) -> Mask:
    """Which rows are of loans that are still owed."""
    return np.asarray((rows["state"] == ACTIVE).to_numpy())


def was_written_off(rows: pd.DataFrame) -> Mask:
    """Which rows are of loans that were written off."""
    return np.asarray((rows["state"] == WRITTEN_OFF).to_numpy())


def bucket_places(days_past_due: Whole) -> Whole:
    """For each loan the place of its bucket in BUCKETS.

    >>> [BUCKETS[place] for place in bucket_places(np.array([0, 1, 30, 31, 90, 91]))]
    ['current', '1-30', '1-30', '31-60', '61-90', '90+']
    """
    return np.asarray(np.searchsorted(BUCKET_ENDS, days_past_due, side="left"), dtype=np.int64)


def first_late_days(book: Book, *, more_than_days: int) -> Whole:
    """For each loan the first day as of which it was more than so many days past due; FAR if it never was.

    A payment dated on the day of becoming late comes too late for it, since as of a day only earlier ones exist.
    The day may lie beyond those of which the book knows; whoever asks as of a day compares with it.
    """
    account = book.line_account
    day = book.lines.day + more_than_days + 1
    last = np.minimum(book.ends_day, np.minimum(book.closed_day, book.written_off_day)[book.account_loan])
    late = (book.paid_in_full_day >= day) & (day <= last[account])
    days = np.where(late, day, np.iinfo(np.int32).max).astype(np.int64)
    by_account = np.minimum.reduceat(days, book.lines.first[:-1]) if len(days) else days
    return np.minimum.reduceat(by_account, book.first_account[:-1]) if len(by_account) else by_account


def restructured_at_a_loss(book: Book) -> Mask:
    """For each account whether it began with less principal than was outstanding the moment before."""
    at_a_loss = np.zeros(len(book.account_loan), dtype=bool)
    later = np.flatnonzero(book.begins_day > book.disbursed_day[book.account_loan])
    if len(later):
        before = account_positions(book, later - 1, book.ends_day[later - 1])
        at_a_loss[later] = book.account_principal_minor[later] < before.outstanding_minor
    return at_a_loss
