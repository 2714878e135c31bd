"""How loans of one origin month went bad as they aged, by original amount.

Month on book m = 0 is the end of the origin month. A cell counts the original amount of loans that had been bad on any
day up to that month end, so it never falls; a month that is not over as of the day is missing, never 0.

Source: METRICS.md; worked example W10. J. Breeden, Reinventing Retail Lending Analytics, chapter 3.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from lending.arrears import positions, was_written_off
from lending.book_rows import Tape
from lending.loan_book import FAR, Whole, day_number
from lending.months import first_of_month

Kind = Literal["late_30", "defaulted"]


def month_numbers(days: Whole) -> Whole:
    """Months since January 1970 in which days lie.

    >>> month_numbers(np.array([0, 30, 31, 365])).tolist()
    [0, 0, 1, 12]
    """
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def origin_months(tape: Tape) -> Whole:
    """The origin month of each loan, as months since January 1970."""
    return month_numbers(tape.book.disbursed_day)


def bad_days(tape: Tape, kind: Kind, *, as_of: date) -> Whole:
    """The first day as of which each loan was bad in the sense of a kind; FAR if it has not been by `as_of`.

    Bad is: more than 30 days past due, or written off; for `defaulted` more than 90, written off, restructured at a
    loss, or marked unlikely to pay.
    """
    book, day = tape.book, day_number(as_of)
    rows = positions(book, as_of=as_of)
    written_off = np.full(len(book), FAR, dtype=np.int64)
    gone = rows["place"].to_numpy()[was_written_off(rows)]
    written_off[gone] = book.written_off_day[gone] + 1
    if kind == "late_30":
        first = np.minimum(tape.late_30_day, written_off)
    else:
        unlikely = tape.facts["unlikely_day"].to_numpy(dtype=np.int64)
        others = np.minimum(tape.loss_day, unlikely)
        first = np.minimum(np.minimum(tape.late_90_day, written_off), np.where(others < FAR, others + 1, FAR))
    return np.where(first <= day, first, FAR)


def vintages(tape: Tape, kind: Kind, *, as_of: date, picked: np.ndarray | None = None) -> pd.DataFrame:
    """The share gone bad of each origin month by month on book.

    Args:
        tape: loans of one currency.
        kind: what counts as bad.
        as_of: the day; loans paid out before it count.
        picked: which loans of the book to take, as a mask; all with None.

    Returns:
        A row per origin month without gaps: origin (int64, months since January 1970), loans, originated_minor
        (int64), shares (a tuple by month on book of float or None where the month is not over or nothing was lent).
    """
    book, day = tape.book, day_number(as_of)
    taken = (book.disbursed_day < day) & (True if picked is None else picked)
    if not taken.any():
        return pd.DataFrame({"origin": [], "loans": [], "originated_minor": [], "shares": []})
    told = cohorts(
        origin_months(tape)[taken], book.principal_minor[taken], bad_days(tape, kind, as_of=as_of)[taken], as_of=as_of
    )
    span = len(told.loans)
    return pd.DataFrame(
        {
            "origin": told.first + np.arange(span),
            "loans": told.loans,
            "originated_minor": np.rint(told.originated).astype(np.int64),
            "shares": [
                tuple(
                    None if not told.originated[row] else float(told.gone_bad[row, month] / told.originated[row])
                    for month in range(told.over - told.first - row)
                )
                for row in range(span)
            ],
        }
    )


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Loans by origin month, without gaps, and what of them had gone bad by each month on book."""

    first: int
    """The first origin month, in months since January 1970."""
    over: int
    """The first month that is not over."""
    loans: np.ndarray
    originated: np.ndarray
    gone_bad: np.ndarray
    """Original amount gone bad by the end of a month on book, by origin month and age. What lies past the last month
    that is over means nothing."""


def cohorts(origin: Whole, amount: np.ndarray, bad: Whole, *, as_of: date) -> Cohorts:
    """Some loans by origin month and age.

    Args:
        origin: month of each, at least one of them; see origin_months.
        amount: that was lent.
        bad: first day as of which it was bad; see bad_days.
        as_of: the day.
    """
    day = day_number(as_of)
    first = int(origin.min())
    over = int(month_numbers(np.array([day_number(first_of_month(as_of))]))[0])
    span = int(origin.max()) + 1 - first
    # What shows on the morning of a month's first day belongs to the month before.
    age = np.maximum(month_numbers(np.minimum(bad, day) - 1) - origin, 0)
    fell = np.zeros((span, max(over - first, span) + 1))
    np.add.at(fell, ((origin - first)[bad < FAR], age[bad < FAR]), amount[bad < FAR])
    return Cohorts(
        first=first,
        over=over,
        loans=np.bincount(origin - first, minlength=span),
        originated=np.bincount(origin - first, amount.astype("float64"), span),
        gone_bad=fell.cumsum(axis=1),
    )


def by_quarter(told: Cohorts) -> pd.DataFrame:
    """Cohorts of quarters: at each month on book the share of all that had gone bad, while each of its months tells.

    Returns:
        A row per quarter in which something was lent: quarter (as 2025-Q4), loans, originated_minor, shares (a list by
        month on book).
    """
    numbers = told.first + np.arange(len(told.loans))
    rows = []
    for quarter in np.unique(numbers // 3).tolist():
        here = np.flatnonzero((numbers // 3 == quarter) & (told.loans > 0))
        if not len(here):
            continue
        ages = max(told.over - int(numbers[here].max()), 0)
        amount = float(told.originated[here].sum())
        shares = told.gone_bad[here][:, :ages].sum(axis=0) / amount if amount else np.zeros(0)
        name = f"{1970 + quarter // 4}-Q{quarter % 4 + 1}"
        rows.append((name, int(told.loans[here].sum()), amount, shares.tolist()))
    return pd.DataFrame(rows, columns=["quarter", "loans", "originated_minor", "shares"])


def month_name(number: int) -> str:
    """A month number as year and month.

    >>> month_name(672)
    '2026-01'
    """
    return f"{1970 + number // 12}-{number % 12 + 1:02d}"


def first_payment_defaults(tape: Tape, *, as_of: date) -> tuple[np.ndarray, np.ndarray]:
    """Which loans' first instalment was more than 30 days late, and of which loans that can be told by now.

    It can be told once the first instalment has been due for more than 30 days, or is paid.

    Returns:
        Two masks over the loans of the book: late, told.
    """
    book, day = tape.book, day_number(as_of)
    line = book.lines.first[book.first_account[:-1]]
    paid, late_on = book.paid_in_full_day[line], book.lines.day[line] + 31
    gone = np.minimum(book.closed_day, book.written_off_day)
    started = book.disbursed_day < day
    late = started & (late_on <= day) & (paid >= late_on) & (gone >= late_on)
    return late, started & ((late_on <= day) | (paid < day))
