"""What moved in a stretch of time: paid out, fallen due, collected, earned, written off, recovered, by loan.

Recoveries are a line of their own and never part of what was collected. Source: METRICS.md; worked example W9.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from lending.arrears import account_positions
from lending.book_rows import Tape
from lending.loan_book import Book, Mask, Whole, day_number


def flows(tape: Tape, *, since: date, until: date) -> pd.DataFrame:
    """The flows of the days from `since` to the one before `until`.

    Returns:
        A row per loan of the book, in its order: disbursed_minor, due_minor, collected_minor, recovered_minor,
        written_off_minor (principal outstanding when it was written off), income_minor (interest and fees received).
    """
    book, first, last = tape.book, day_number(since), day_number(until)
    count = len(book)
    paid_out = (book.disbursed_day >= first) & (book.disbursed_day < last)
    return pd.DataFrame(
        {
            "disbursed_minor": np.where(paid_out, book.principal_minor, 0),
            "due_minor": _due(tape, first, last),
            "collected_minor": _sums(book.receipts, count, first, last),
            "recovered_minor": _sums(book.recoveries, count, first, last),
            "written_off_minor": _written_off(book, first, last),
            "income_minor": income(book, last) - income(book, first),
        }
    )


def _sums(receipts: pd.DataFrame, count: int, first: int, last: int) -> Whole:
    day = receipts["paid_day"].to_numpy()
    inside = (day >= first) & (day < last)
    sums = np.bincount(receipts["place"].to_numpy()[inside], receipts["amount_minor"].to_numpy()[inside], count)
    return np.rint(sums).astype(np.int64)


def _due(tape: Tape, first: int, last: int) -> Whole:
    lines = due_lines(tape, first, last)
    sums = np.bincount(lines.place, lines.amount_minor, len(tape.book))
    return np.rint(sums).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Lines:
    """Amounts of some loans, each on its day."""

    place: Whole
    day: Whole
    amount_minor: Whole


def due_lines(tape: Tape, first: int, last: int) -> Lines:
    """What fell due from one day to the one before another, while its schedule held and the loan was not over."""
    book, counts = tape.book, due_places(tape, first, last)
    return Lines(
        book.account_loan[book.line_account[counts]], book.lines.day[counts], np.diff(book.lines.before)[counts]
    )


def due_places(tape: Tape, first: int, last: int) -> Mask:
    """The same as a mask over all lines of the book."""
    book = tape.book
    day, account = book.lines.day, book.line_account
    loan = book.account_loan[account]
    ended = np.minimum(np.minimum(book.closed_day, book.written_off_day), tape.paid_off_day)[loan]
    return np.asarray((day >= first) & (day < last) & (day < book.ends_day[account]) & (day <= ended))


def _written_off(book: Book, first: int, last: int) -> Whole:
    amount = np.zeros(len(book), dtype=np.int64)
    day = book.written_off_day
    places = np.flatnonzero((day >= first) & (day < last) & (day <= book.closed_day))
    accounts = _account_on(book, places, day[places] + 1)
    told = account_positions(book, accounts, day[places] + 1)
    amount[places] = np.where(told.paid_off, 0, told.outstanding_minor)
    return amount


def _account_on(book: Book, places: Whole, days: Whole) -> Whole:
    """The account of each loan that is in force as of a day: the last one that begins before it."""
    begins = np.where(np.diff(book.account_loan, prepend=-1) != 0, 0, book.begins_day)
    return np.searchsorted((book.account_loan << 32) + begins, (places << 32) + days, side="left") - 1


def income(book: Book, day: int) -> Whole:
    """Interest and fees received of each loan before a day, over all its schedules; what was waived was not."""
    begun = np.flatnonzero(book.begins_day < day)
    gone = np.minimum(book.closed_day, book.written_off_day)[book.account_loan[begun]]
    told = account_positions(book, begun, np.minimum(np.minimum(day, book.ends_day[begun]), gone + 1))
    repaid = book.account_principal_minor[begun] - told.outstanding_minor
    earned = np.bincount(book.account_loan[begun], told.paid_minor - told.unapplied_minor - repaid, len(book))
    return np.rint(earned).astype(np.int64) - _sums(book.waivers, len(book), 0, day)


def expected_cash(tape: Tape, accounts: Whole, *, as_of: date, weeks: int) -> pd.DataFrame:
    """What the schedules of some loans ask for in the coming weeks, and what is overdue already.

    Args:
        tape: the loans.
        accounts: of the active loans, those in force.
        as_of: the first day of the first week.
        weeks: how many.

    Returns:
        A row per week: week (int64, from 0), starts_day (int64), due_minor (int64: what falls due in it beyond what
        was paid ahead).
    """
    lines = lines_ahead(tape, accounts, day=day_number(as_of), days=7 * weeks)
    starts = day_number(as_of) + 7 * np.arange(weeks)
    sums = np.bincount((lines.day - starts[0]) // 7, lines.amount_minor, weeks)
    return pd.DataFrame({"week": np.arange(weeks), "starts_day": starts, "due_minor": np.rint(sums).astype(np.int64)})


def lines_ahead(tape: Tape, accounts: Whole, *, day: int, days: int) -> Lines:
    """What schedules in force ask for from a day on, beyond what was paid ahead.

    Args:
        tape: the loans.
        accounts: of the active loans, those in force.
        day: the first one.
        days: how many.
    """
    book = tape.book
    wanted = np.zeros(len(book.account_loan), dtype=bool)
    wanted[accounts] = True
    kept = wanted[book.line_account] & (book.lines.day >= day) & (book.lines.day < day + days)
    account = book.line_account[kept]
    paid = np.zeros(len(book.account_loan), dtype=np.int64)
    paid[accounts] = account_positions(book, accounts, day).paid_minor
    reached = book.lines.before[1:][kept] - book.lines.before[book.lines.first[account]]
    left = np.clip(reached - paid[account], 0, np.diff(book.lines.before)[kept])
    return Lines(book.account_loan[account], book.lines.day[kept], left)
