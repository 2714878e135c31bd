"""One loan opened: where it stands this morning, its schedules with what was paid of them, and all its steps."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, Row

from db import loan_files, loans
from db.engine import open_session
from db.loan_standing import Known, known_loan
from lending.arrears import positions
from lending.errors import UnknownLoan
from lending.loan_book import FAR, Book, book_of, day_number, day_of

LINE_COLUMNS = [
    "sequence", "due_on", "principal_minor", "interest_minor", "fee_minor", "due_minor", "paid_on", "late_days",
    "in_force",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoanFile:
    """What the page of one loan shows."""

    row: Row[Any]
    """Of db.loan_files.of_ref."""
    known: Known
    """With what was booked today."""
    standing: dict[str, int]
    """This morning: outstanding_minor, overdue_minor, overdue_principal_minor, unapplied_minor, days_past_due,
    owed_minor."""
    state: str
    """"active", "paid" or "written_off" this morning, or "new" on the day on which it was paid out."""
    lines: pd.DataFrame
    """A row per instalment of each schedule, by due day: LINE_COLUMNS; days as dates, paid_on None while it is open."""
    payments: pd.DataFrame
    """Of db.loan_files.payments_of, with `taken_back` (bool)."""

    @property
    def next_due(self) -> tuple[date, int] | None:
        """Day and amount of the next instalment that is not paid; None where there is none."""
        left = self.lines[self.lines["in_force"] & self.lines["paid_on"].isna()]
        return None if left.empty else (left["due_on"].iloc[0], int(left["due_minor"].iloc[0]))


def open_loan(engine: Engine, loan_ref: str, *, today: date) -> LoanFile:
    """Open a loan.

    Raises:
        UnknownLoan: where there is none of this reference.
    """
    with open_session(engine) as session:
        row = loan_files.of_ref(session, loan_ref)
        if row is None:
            raise UnknownLoan
        known = known_loan(session, row.id, today=today)
        # Its schedule is looked at even on the day on which it was paid out.
        frames = loans.loan_frames(session, as_of=today + timedelta(days=1), shop_ids=[row.shop_id])
        payments = loan_files.payments_of(session, row)
    mine = [
        rows[rows["loan_id"] == row.id]
        for rows in (frames.loans, frames.instalments, frames.repayments, frames.waivers)
    ]
    book = book_of(*mine)
    standing, state = _this_morning(book, today)
    gone = {json.loads(each.body).get("repayment_ref") for each in known.acts if each.kind == "reverse" and each.agreed}
    return LoanFile(
        row, known, standing, state, _lines(book, today),
        payments.assign(taken_back=payments["repayment_ref"].isin(gone)),
    )  # fmt: skip


def _this_morning(book: Book, today: date) -> tuple[dict[str, int], str]:
    rows = positions(book, as_of=today)
    names = ("outstanding_minor", "overdue_minor", "overdue_principal_minor", "unapplied_minor", "days_past_due")
    if rows.empty:
        first = {"outstanding_minor": int(book.principal_minor[0]), "owed_minor": int(book.account_due_minor[0])}
        return dict.fromkeys(names, 0) | first, "new"
    row = rows.iloc[0]
    owed = int(book.account_due_minor[row["account"]] - row["paid_minor"]) if row["state"] == "active" else 0
    return {name: int(row[name]) for name in names} | {"owed_minor": max(owed, 0)}, str(row["state"])


def _lines(book: Book, today: date) -> pd.DataFrame:
    """The instalments of all schedules of the one loan of a book."""
    day = day_number(today)
    due, paid = book.lines.day, book.paid_in_full_day
    paid = np.where(paid == 0, due, paid)
    in_force = book.ends_day[book.line_account] == FAR
    principal = np.diff(book.line_principal_before)
    known = paid <= day
    return pd.DataFrame(
        {
            "sequence": np.arange(1, len(due) + 1) - book.lines.first[book.line_account],
            "due_on": [day_of(each) for each in due],
            "principal_minor": principal,
            "interest_minor": book.line_interest,
            "fee_minor": book.line_fee,
            "due_minor": principal + book.line_interest + book.line_fee,
            "paid_on": pd.Series([day_of(each) if each <= day else None for each in paid], dtype=object),
            "late_days": np.where(known, np.maximum(paid - due, 0), np.where(in_force, np.maximum(day - due, 0), 0)),
            "in_force": in_force,
        },
        columns=LINE_COLUMNS,
    )
