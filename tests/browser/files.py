"""Waiting applications of a running desk, told apart by what the policy says of them."""

from dataclasses import dataclass

from sqlmodel import Session

from db import offers, queue, scores
from db.engine import connect, open_session
from db.tables import AuditEvent, Decision, table_of
from tests.desk import NOW


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting application and the policy's own answer to it."""

    id: int
    ref: str
    shop_name: str
    recommended: str
    authority: str
    amount_minor: int


def waiting(url) -> list[Waiting]:
    """Scored applications that nobody holds or has answered yet."""
    with open_session(connect(url)) as session:
        rows = queue.waiting(session, queue.QueueView(state="new", holder="nobody", size=500), person_id=0, now=NOW)
        return [_judged(session, row) for row in rows.itertuples()]


def _judged(session: Session, row) -> Waiting:
    score = scores.latest(session, row.shop_id)
    offer = offers.case_for(session, row.application_id, score.id).offer
    return Waiting(
        row.application_id, row.application_ref, row.shop_name, offer.recommended, offer.authority, row.amount_minor
    )


def take_one(url, *, recommended="approve", authority="officer") -> Waiting:
    """One of them that the policy answers so."""
    return next(each for each in waiting(url) if (each.recommended, each.authority) == (recommended, authority))


def decided_one(url) -> int:
    """The number of an application that has been answered for good."""
    rows = table_of(Decision)
    with open_session(connect(url)) as session:
        return session.execute(rows.select().where(rows.c.final == 1).order_by(rows.c.id)).first().application_id


def decisions_on(url, application_id):
    """The decisions on an application, oldest first."""
    rows = table_of(Decision)
    with open_session(connect(url)) as session:
        return session.execute(
            rows.select().where(rows.c.application_id == application_id).order_by(rows.c.round)
        ).all()


def events_on(url, application_id, *kinds):
    """The audit events of some kinds on an application."""
    rows = table_of(AuditEvent)
    chosen = rows.select().where(
        rows.c.subject == "applications", rows.c.subject_id == application_id, rows.c.kind.in_(kinds)
    )
    with open_session(connect(url)) as session:
        return session.execute(chosen).all()
