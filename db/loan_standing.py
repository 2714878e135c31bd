"""What must be known of a loan, or of an approved application, before a step of its life is taken."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, select
from sqlmodel import Session

from db import consents
from db import loans as loan_record
from db.tables import Application, Decision, Loan, LoanAct, LoanActAnswer, Person, ScoreRun, table_of
from lending.arrears import ACTIVE, positions
from lending.errors import ActRefused, UnknownApplication, UnknownLoan
from lending.loan_book import book_of
from lending.loan_life import Standing
from lending.policy import LENDING_OUTCOMES

acts = table_of(LoanAct)
answers = table_of(LoanActAnswer)
applications = table_of(Application)
decisions = table_of(Decision)
loans = table_of(Loan)
persons = table_of(Person)
seconds = table_of(Person).alias("seconds")
score_runs = table_of(ScoreRun)


@dataclass(frozen=True, slots=True)
class Known:
    """A loan or an approved application, and what was done about it."""

    standing: Standing
    loan: Any
    """Its row in `loans`; None before it was paid out."""
    loan_ref: str | None
    shop_id: int
    application_id: int | None
    decision: Any
    """The approval; None where the loan was not decided here."""
    annual_rate_ppm: int
    acts: tuple[Row[Any], ...]
    """Steps taken, oldest first: the columns of loan_acts, with agreed (1, 0, or None) and the two persons' names."""
    score_age_days: int | None
    consented: bool


ACTS = (
    select(
        acts, answers.c.agreed, answers.c.note.label("answer_note"), answers.c.booked_on.label("answered_on"),
        persons.c.name.label("person_name"), seconds.c.name.label("second_name"),
    )
    .join_from(acts, persons, persons.c.id == acts.c.person_id)
    .outerjoin(answers, answers.c.act_id == acts.c.id)
    .outerjoin(seconds, seconds.c.id == answers.c.person_id)
    .order_by(acts.c.id)
)  # fmt: skip


def known_loan(session: Session, loan_id: int, *, today: date) -> Known:
    """A loan as it stands with all that is booked up to and with today, locked for this transaction.

    Raises:
        UnknownLoan: where there is none of this number.
    """
    row = session.execute(select(loans).where(loans.c.id == loan_id).with_for_update()).first()
    if row is None:
        raise UnknownLoan
    asked = session.execute(_OF_REF, {"ref": row.application_ref}).first() if row.application_ref else None
    application_id = None if asked is None else asked.id
    position = standing_of(session, row, as_of=today + timedelta(days=1))
    standing = Standing(
        state=position["state"],
        disbursed_on=row.disbursed_on,
        outstanding_minor=position["outstanding_minor"],
        owed_minor=position["owed_minor"],
        waivable_minor=position["overdue_minor"] - position["overdue_principal_minor"],
        approvers=_approvers(session, application_id),
        changed_on=row.restructured_on,
        closed_on=row.closed_on,
        written_off_on=row.written_off_on,
    )
    found = ACTS.where((acts.c.loan_id == loan_id) | _same(application_id))
    return Known(
        standing=standing, loan=row, loan_ref=row.loan_ref, shop_id=row.shop_id, application_id=application_id,
        decision=None, annual_rate_ppm=row.annual_rate_ppm or 0, acts=tuple(session.execute(found).all()),
        score_age_days=None, consented=True,
    )  # fmt: skip


def standing_of(session: Session, loan: Row[Any], *, as_of: date) -> dict[str, Any]:
    """Where one loan stands: state, outstanding_minor, overdue_minor, overdue_principal_minor, unapplied_minor,
    days_past_due, and owed_minor (all that its schedule still asks for).
    """
    frames = loan_record.loan_frames(session, as_of=as_of, shop_ids=[loan.shop_id])
    mine = frames.loans["loan_id"] == loan.id
    rows = frames.loans[mine]
    book = book_of(
        rows, *(frame[frame["loan_id"] == loan.id] for frame in (frames.instalments, frames.repayments, frames.waivers))
    )
    if not len(rows):
        raise UnknownLoan
    position = positions(book, as_of=as_of).iloc[0]
    names = ("outstanding_minor", "overdue_minor", "overdue_principal_minor", "unapplied_minor", "days_past_due")
    told = {name: int(position[name]) for name in names}
    paid = int(position["paid_minor"])
    owed = int(book.account_due_minor[position["account"]]) - paid if position["state"] == ACTIVE else 0
    return {"state": str(position["state"]), "owed_minor": max(owed, 0), **told}


def known_application(session: Session, application_id: int, *, today: date) -> Known:
    """An approved application that is no loan yet, locked for this transaction.

    Raises:
        UnknownApplication: where there is none of this number.
        ActRefused: where it was not approved, or has become a loan.
    """
    asked = session.execute(
        select(applications, consents.opens_file(applications, today).label("consented"))
        .where(applications.c.id == application_id)
        .with_for_update(of=applications)
    ).first()
    if asked is None:
        raise UnknownApplication
    decision = session.execute(_APPROVAL, {"application": application_id}).first()
    if decision is None:
        raise ActRefused("not_approved")
    if session.execute(select(loans.c.id).where(loans.c.application_ref == asked.application_ref)).first() is not None:
        raise ActRefused("has_a_loan")
    scored_on = session.execute(
        select(func.max(score_runs.c.as_of)).where(score_runs.c.shop_id == asked.shop_id)
    ).scalar_one()
    standing = Standing("approved", None, 0, 0, 0, _approvers(session, application_id))
    return Known(
        standing=standing, loan=None, loan_ref=None, shop_id=asked.shop_id, application_id=application_id,
        decision=decision, annual_rate_ppm=0, acts=tuple(session.execute(ACTS.where(_same(application_id))).all()),
        score_age_days=None if scored_on is None else (today - scored_on).days,
        consented=bool(asked.consented),
    )  # fmt: skip


def _same(application_id: int | None) -> ColumnElement[bool]:
    return acts.c.application_id == application_id if application_id is not None else acts.c.id < 0


def _approvers(session: Session, application_id: int | None) -> frozenset[int]:
    """Everybody who took part in lending on an application."""
    if application_id is None:
        return frozenset()
    took_part = select(decisions.c.person_id).where(
        decisions.c.application_id == application_id, decisions.c.outcome.in_(LENDING_OUTCOMES)
    )
    return frozenset(session.execute(took_part).scalars())


_OF_REF = select(applications.c.id).where(applications.c.application_ref == bindparam("ref"))
_APPROVAL = select(decisions).where(
    decisions.c.application_id == bindparam("application"),
    decisions.c.final == 1,
    decisions.c.outcome.in_(LENDING_OUTCOMES),
)
