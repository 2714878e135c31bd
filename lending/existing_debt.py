"""What is still to be paid on loans: each open instalment, and what that makes of balance and instalment of a month."""

from datetime import date
from fractions import Fraction
from math import ceil
from typing import cast

import numpy as np
import pandas as pd

from lending.arrears import is_active, positions
from lending.loan_book import Book, day_number
from lending.offer import Debt
from lending.schedule import month_later
from lending.stress import MONTH_DAYS


def open_instalments(book: Book, *, as_of: date) -> pd.DataFrame:
    """What is still to be paid on the active loans of a book, instalment by instalment.

    What was paid ahead is taken off the next instalments, as it will be on their days.

    Returns:
        A row per instalment of which something is open, by loan and day: place (of the loan in the book), due_day
        (int64), open_minor (int64: fee, interest and principal).
    """
    found = positions(book, as_of=as_of)
    active = found[is_active(found)]
    accounts = active["account"].to_numpy(dtype=np.int64)
    first, last = book.lines.first[accounts], book.lines.first[accounts + 1]
    paid = np.repeat(active["paid_minor"].to_numpy(dtype=np.int64), last - first)
    # The places of all lines of each account, one account after the other.
    count = last - first
    row = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
    until = book.lines.before[row + 1] - np.repeat(book.lines.before[first], last - first)
    still = np.clip(until - paid, 0, np.diff(book.lines.before)[row])
    rows = pd.DataFrame(
        {
            "place": np.repeat(active["place"].to_numpy(), last - first),
            "due_day": book.lines.day[row],
            "open_minor": still,
        }
    )
    kept: pd.DataFrame = rows[still > 0].reset_index(drop=True)
    return kept


def debt_of(book: Book, *, as_of: date) -> Debt:
    """What the active loans of a book weigh on the next one: outstanding principal, and the instalments of a month.

    The instalment of a month is what falls due in the month from `as_of`, or else the next instalment. Of a
    sales-linked loan it is what is still owed ÷ the months that are left, since its milestones are far apart. What is
    overdue is in the balance, and in no instalment to come.

    Source: worked example W14, existing loan: balance and instalment.
    """
    found = positions(book, as_of=as_of)
    balance = int(found["outstanding_minor"].sum())
    lines = open_instalments(book, as_of=as_of)
    day, month_end = day_number(as_of), day_number(month_later(as_of, 1))
    monthly = 0
    for place, of_loan in lines[lines["due_day"] >= day].groupby("place"):
        due, still = of_loan["due_day"].to_numpy(dtype=np.int64), of_loan["open_minor"].to_numpy(dtype=np.int64)
        soon = due < month_end
        if book.sales_linked[cast("int", place)]:
            months = max(Fraction(int(due.max()) - day) / MONTH_DAYS, Fraction(1))
            monthly += ceil(int(still.sum()) / months)
        else:
            monthly += int(still[soon].sum()) if soon.any() else int(still[0])
    return Debt(balance, monthly)
