"""One loan opened: where it stands this morning, its schedules with what was paid of them, and all its steps."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Row

from db import loan_files, loans
from db.engine import open_session
from db.loan_files import Waiting
from db.loan_standing import Known, known_loan
from lending.book_tapes import tape_in
from lending.errors import UnknownLoan
from lending.expected_loss import loss_parameters
from lending.loan_account import Account, account_of
from lending.loan_life import open_cases


@dataclass(frozen=True, slots=True)
class LoanFile:
    """What the page of one loan shows."""

    row: Row[Any]
    """Of db.loan_files.of_ref."""
    known: Known
    """With what was booked today."""
    account: Account
    """As it stands this morning; on the day on which it was paid out, as it will tomorrow."""
    payments: pd.DataFrame
    """Of db.loan_files.payments_of up to today, with `taken_back`: "", "asked" or "done"."""
    waiting: list[Waiting]
    """Its steps that wait for a second person."""

    @property
    def state(self) -> str:
        """One of active, paid and written_off this morning, or new on the day on which it was paid out."""
        return "new" if self.account.new_today else self.account.state

    @property
    def open_cases(self) -> set[str]:
        """Disputes and hardships that nobody has closed."""
        return open_cases(each.kind for each in self.known.acts)


def open_loan(engine: Engine, loan_ref: str, *, today: date) -> LoanFile:
    """Open a loan.

    Raises:
        UnknownLoan: where there is none of this reference, or it is paid out after today.
    """
    with open_session(engine) as session:
        row = loan_files.of_ref(session, loan_ref)
        if row is None or row.disbursed_on > today:
            raise UnknownLoan
        known = known_loan(session, row.id, today=today)
        # Its schedule is looked at even on the day on which it was paid out.
        frames = loans.loan_frames(session, as_of=today + timedelta(days=1), shop_ids=[row.shop_id])
        payments = loan_files.payments_of(session, row)
        waiting = loan_files.waiting(session, loan_id=row.id)
    mine = _Frames(*(rows[rows["loan_id"] == row.id].reset_index(drop=True) for rows in _parts(frames)))
    account = account_of(tape_in(mine, row.currency), today=today, parameters=loss_parameters())
    payments = payments[payments["paid_on"] <= today]
    gone = _taken_back(known)
    marks = [gone.get(ref, "") for ref in payments["repayment_ref"]]
    return LoanFile(row, known, account, payments.assign(taken_back=pd.Series(marks, payments.index, object)), waiting)


def _taken_back(known: Known) -> dict[str, str]:
    """Payments that were taken back, or whose reversal waits for a second person, by their numbers."""
    return {
        json.loads(each.body).get("repayment_ref", ""): "done" if each.agreed else "asked"
        for each in known.acts
        if each.kind == "reverse" and each.agreed != 0
    }


@dataclass(frozen=True, slots=True)
class _Frames:
    """The frames of one loan; see db.loans.LoanFrames."""

    loans: pd.DataFrame
    instalments: pd.DataFrame
    repayments: pd.DataFrame
    waivers: pd.DataFrame
    funding_shares: pd.DataFrame


def _parts(frames: loans.LoanFrames) -> tuple[pd.DataFrame, ...]:
    return frames.loans, frames.instalments, frames.repayments, frames.waivers, frames.funding_shares
