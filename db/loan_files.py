"""What the Loans page reads: one loan with its payments and steps, what waits to be paid out, and what waits for a
second person.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Row, func, select
from sqlmodel import Session

from db import consents
from db.loan_standing import ACTS, acts, answers, persons
from db.tables import Application, Decision, Loan, Repayment, ScoreRun, Shop, table_of
from lending.policy import LENDING_OUTCOMES

applications = table_of(Application)
decisions = table_of(Decision)
loans = table_of(Loan)
repayments = table_of(Repayment)
score_runs = table_of(ScoreRun)
shops = table_of(Shop)

PAYMENT_COLUMNS = ["repayment_ref", "paid_on", "booked_at", "amount_minor", "channel"]


@dataclass(frozen=True, slots=True)
class ToPayOut:
    """An approved application that is no loan yet, and what was done about it."""

    application_id: int
    application_ref: str
    shop_id: int
    shop_name: str
    amount_minor: int
    currency: str
    term_months: int
    rate_bps: int
    decided_on: date
    scored_on: date | None
    consented: bool
    approvers: frozenset[int]
    acts: tuple[Row[Any], ...]


def of_ref(session: Session, loan_ref: str) -> Row[Any] | None:
    """A loan by its reference, with shop_name and application_id; None where there is none."""
    statement = (
        select(loans, shops.c.name.label("shop_name"), applications.c.id.label("application_id"))
        .join_from(loans, shops, shops.c.id == loans.c.shop_id)
        .outerjoin(applications, applications.c.application_ref == loans.c.application_ref)
        .where(loans.c.loan_ref == loan_ref)
    )
    return session.execute(statement).first()


def of_application(session: Session, application_id: int) -> str | None:
    """The reference of the loan that an application became; None where it has not become one."""
    ref: str | None = session.execute(
        select(loans.c.loan_ref)
        .join(applications, applications.c.application_ref == loans.c.application_ref)
        .where(applications.c.id == application_id)
    ).scalar_one_or_none()
    return ref


def payments_of(session: Session, loan: Row[Any]) -> pd.DataFrame:
    """The payments of a loan, newest first: a row each with PAYMENT_COLUMNS."""
    statement = (
        select(*(repayments.c[name] for name in PAYMENT_COLUMNS))
        .where(repayments.c.shop_id == loan.shop_id, repayments.c.loan_ref == loan.loan_ref)
        .order_by(repayments.c.paid_on.desc(), repayments.c.repayment_ref.desc())
    )
    return pd.DataFrame([tuple(row) for row in session.execute(statement)], columns=PAYMENT_COLUMNS)


def to_pay_out(session: Session, *, now: datetime) -> list[ToPayOut]:
    """Approved applications that are no loan yet, the longest approved first; consents after `now` do not count."""
    scored = (
        select(score_runs.c.shop_id, func.max(score_runs.c.as_of).label("scored_on")).group_by(score_runs.c.shop_id)
    ).subquery()
    statement = (
        select(
            applications.c.id, applications.c.application_ref, applications.c.shop_id,
            consents.given_at(applications, now).label("consented_at"), shops.c.name, decisions.c.amount_minor,
            decisions.c.currency, decisions.c.term_months, decisions.c.rate_bps, decisions.c.decided_on,
            scored.c.scored_on,
        )
        .join_from(decisions, applications, applications.c.id == decisions.c.application_id)
        .join(shops, shops.c.id == applications.c.shop_id)
        .outerjoin(scored, scored.c.shop_id == applications.c.shop_id)
        .outerjoin(loans, loans.c.application_ref == applications.c.application_ref)
        .where(decisions.c.final == 1, decisions.c.outcome.in_(LENDING_OUTCOMES), loans.c.id.is_(None))
        .order_by(decisions.c.decided_on, applications.c.id)
    )  # fmt: skip
    rows = session.execute(statement).all()
    numbers = [row.id for row in rows]
    steps = session.execute(ACTS.where(acts.c.application_id.in_(numbers))).all()
    took_part = session.execute(
        select(decisions.c.application_id, decisions.c.person_id).where(
            decisions.c.application_id.in_(numbers), decisions.c.outcome.in_(LENDING_OUTCOMES)
        )
    ).all()
    return [
        ToPayOut(
            row.id, row.application_ref, row.shop_id, row.name, row.amount_minor, row.currency, row.term_months,
            row.rate_bps, row.decided_on, row.scored_on, row.consented_at is not None,
            frozenset(each.person_id for each in took_part if each.application_id == row.id),
            tuple(each for each in steps if each.application_id == row.id),
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step of a loan that waits for a second person."""

    step: Row[Any]
    """The columns of ACTS with loan_ref, shop_name, currency and maker_role."""
    approvers: frozenset[int]
    """Everybody who took part in approving the loan."""


def waiting(session: Session, *, loan_id: int | None = None) -> list[Waiting]:
    """Steps that wait for a second person, oldest first; or only those of a loan."""
    statement = (
        ACTS.add_columns(
            loans.c.loan_ref, loans.c.application_ref, shops.c.name.label("shop_name"), loans.c.currency,
            persons.c.role.label("maker_role"),
        )
        .join(loans, loans.c.id == acts.c.loan_id)
        .join(shops, shops.c.id == loans.c.shop_id)
        .where(acts.c.needs_second == 1, answers.c.act_id.is_(None))
    )  # fmt: skip
    steps = session.execute(statement if loan_id is None else statement.where(acts.c.loan_id == loan_id)).all()
    approved = _approvers(session, [step.application_ref for step in steps if step.application_ref])
    return [Waiting(step, frozenset(approved.get(step.application_ref, ()))) for step in steps]


def _approvers(session: Session, application_refs: Sequence[str]) -> dict[str, set[int]]:
    """Everybody who took part in lending on some applications, by the applications' references."""
    found: dict[str, set[int]] = defaultdict(set)
    statement = (
        select(applications.c.application_ref, decisions.c.person_id)
        .join_from(decisions, applications, decisions.c.application_id == applications.c.id)
        .where(applications.c.application_ref.in_(application_refs), decisions.c.outcome.in_(LENDING_OUTCOMES))
    )
    for ref, person_id in session.execute(statement):
        found[ref].add(person_id)
    return found
