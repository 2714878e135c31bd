"""How loans were repaid: when each instalment fell due, and on which day nothing of it was owed any more."""

import numpy as np
import pandas as pd

from lending.loan_book import FAR, Book


def paid_days(book: Book) -> pd.DataFrame:
    """A row per instalment that ever had to be paid, by loan, schedule and due day.

    An instalment is paid on the first day on which payments reach all that fell due up to it in its schedule. What was
    still open when a loan was closed or its schedule replaced by another is settled on that day; what was to fall due
    on that day or later of a schedule that was replaced never had to be paid, and has no row.

    Returns:
        place (of the loan in the book), due_day and paid_day (FAR while something of it is owed), as whole days since
        1970-01-01; due_minor (int64: what it asks for).
    """
    account = book.line_account
    loan, ends = book.account_loan[account], book.ends_day[account]
    due, paid = book.lines.day, np.maximum(book.paid_in_full_day, 0)
    # A line that asks for nothing is settled on its day.
    paid = np.where(paid == 0, due, paid)
    settled = np.minimum(book.closed_day[loan], ends)
    asked = np.diff(book.lines.before)
    found = pd.DataFrame({"place": loan, "due_day": due, "paid_day": np.minimum(paid, settled), "due_minor": asked})
    return found[due < ends].reset_index(drop=True)


def ended_days(book: Book) -> pd.DataFrame:
    """A row per loan of the book, in its order: when the last of it was to be paid, and when nothing was owed any more.

    Returns:
        final_due_day (the last of the schedule in force), closed_day (the day on which it was closed or all was paid,
        whichever came first; FAR while something is owed, and for ever where it was written off).
    """
    last_account = book.first_account[1:] - 1
    last_line = book.lines.first[book.first_account[1:]] - 1
    paid = book.paid_in_full_day[last_line]
    paid = np.where(paid == 0, book.begins_day[last_account], paid)
    closed = np.where(book.written_off_day < FAR, FAR, np.minimum(paid, book.closed_day))
    return pd.DataFrame({"final_due_day": book.lines.day[last_line], "closed_day": closed})
