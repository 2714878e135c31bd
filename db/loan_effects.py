"""What a step of a loan's life does to the books, once it stands: rows of the loan's own tables, under one batch."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Row, func, insert, select
from sqlmodel import Session

from db import desk_batches
from db.tables import Application, Decision, FundingShare, Instalment, Loan, Repayment, table_of
from lending.loan_schedule import PPM, LoanTerms, ScheduleLine, schedule_of

applications = table_of(Application)
decisions = table_of(Decision)
funding_shares = table_of(FundingShare)
instalments = table_of(Instalment)
loans = table_of(Loan)
repayments = table_of(Repayment)

OWN_BOOK = "own"
CHANNEL = "desk"
BPS_TO_PPM = 100


def loan_ref_of(application_ref: str) -> str:
    """The number of the loan that an application becomes.

    >>> loan_ref_of("A-0042")
    'L-A-0042'
    """
    return f"L-{application_ref}"


def disburse(session: Session, application_id: int, decision: Row[Any], *, day: date, batch_id: int) -> int:
    """Open the loan of an approved application: level monthly instalments on the terms decided; returns its number."""
    asked = session.execute(select(applications).where(applications.c.id == application_id)).one()
    terms = LoanTerms(decision.amount_minor, "annuity", day, decision.term_months, decision.rate_bps * BPS_TO_PPM)
    ref = loan_ref_of(asked.application_ref)
    loan_id: int = session.execute(
        insert(loans)
        .values(
            loan_ref=ref, shop_id=asked.shop_id, application_ref=asked.application_ref,
            principal_minor=terms.principal_minor, currency=decision.currency, disbursed_on=day,
            repayment_kind=terms.repayment_kind, annual_rate_ppm=terms.annual_rate_ppm, rate_kind=terms.rate_kind,
            day_count=terms.day_count, instalments=terms.instalments, interval=terms.interval, fee_total_minor=0,
            batch_id=batch_id,
        )
        .returning(loans.c.id)
    ).scalar_one()  # fmt: skip
    add_lines(session, asked.shop_id, ref, schedule_of(terms), in_force_from=day, after=0, batch_id=batch_id)
    session.execute(
        insert(funding_shares).values(
            shop_id=asked.shop_id, loan_ref=ref, funder_ref=OWN_BOOK, share_ppm=PPM, batch_id=batch_id
        )
    )
    return loan_id


def add_lines(
    session: Session,
    shop_id: int,
    loan_ref: str,
    lines: tuple[ScheduleLine, ...],
    *,
    in_force_from: date,
    after: int,
    batch_id: int,
) -> None:
    """Add a schedule to a loan; its numbers go on after those of the schedule before."""
    session.execute(
        insert(instalments),
        [
            {
                "shop_id": shop_id,
                "loan_ref": loan_ref,
                "sequence": after + line.sequence,
                "due_on": line.due_on,
                "principal_due_minor": line.principal_minor,
                "interest_due_minor": line.interest_minor,
                "fee_due_minor": line.fee_minor,
                "in_force_from": in_force_from,
                "computed": 1,
                "batch_id": batch_id,
            }
            for line in lines
        ],
    )


def pay(
    session: Session, loan: Row[Any], *, ref: str, day: date, booked_on: date, amount_minor: int, batch_id: int
) -> None:
    """Book money that came in."""
    session.execute(
        insert(repayments).values(
            shop_id=loan.shop_id, loan_ref=loan.loan_ref, repayment_ref=ref, paid_on=day,
            booked_at=_moment(booked_on), amount_minor=amount_minor, channel=CHANNEL, batch_id=batch_id,
        )
    )  # fmt: skip


def _moment(booked_on: date) -> datetime:
    """A moment of the desk's day: now, where the desk's day is the calendar's; of a demo's day the same time on it."""
    return datetime.combine(booked_on, time(12), UTC)


def settle(session: Session, loan: Row[Any], *, day: date, waived_minor: int, batch_id: int) -> None:
    """Close a loan early; what its schedule still asked for is given up."""
    desk_batches.change(session, loans, loan.id, batch_id, {"closed_on": day, "waived_amount_minor": waived_minor})


def write_off(session: Session, loan: Row[Any], *, day: date, amount_minor: int, batch_id: int) -> None:
    """Take a loan out of the balance; what comes in later is a recovery."""
    desk_batches.change(
        session, loans, loan.id, batch_id, {"written_off_on": day, "written_off_amount_minor": amount_minor}
    )


def restructure(session: Session, loan: Row[Any], lines: tuple[ScheduleLine, ...], *, day: date, batch_id: int) -> None:
    """Give a loan a new schedule from a day on; the old one is kept."""
    highest: int = session.execute(
        select(func.max(instalments.c.sequence)).where(
            instalments.c.shop_id == loan.shop_id, instalments.c.loan_ref == loan.loan_ref
        )
    ).scalar_one()
    add_lines(session, loan.shop_id, loan.loan_ref, lines, in_force_from=day, after=highest, batch_id=batch_id)
    desk_batches.change(session, loans, loan.id, batch_id, {"restructured_on": day})
