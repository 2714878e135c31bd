"""Applications: which wait and in what order, who holds them, and everything known about one of them.

An application waits as long as it has no final decision. Without consent only its shop's name and its own state
are given out.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import pandas as pd
import sqlalchemy
from sqlalchemy import ColumnElement, Select, and_, case, delete, func, insert, or_, select
from sqlmodel import Session

from db import audit, people
from db.tables import Application, Decision, Hold, Person, ScoreRun, Shop, table_of
from lending.errors import AlreadyDecided, HeldByAnother, UnknownApplication
from lending.rounds import Round

applications = table_of(Application)
shops = table_of(Shop)
holds = table_of(Hold)
decisions = table_of(Decision)
score_runs = table_of(ScoreRun)
holders = table_of(Person).alias("holders")
proposers = table_of(Person).alias("proposers")

Holder = Literal["all", "nobody", "mine"]
Order = Literal["deadline", "delay", "amount", "points", "shop"]
State = Literal["all", "new", "proposed", "referred", "not scored", "no consent"]

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class QueueView:
    """What a person wants to see of the queue."""

    holder: Holder = "all"
    grades: tuple[str, ...] = ()
    state: State = "all"
    search: str = ""
    order: Order = "deadline"
    page: int = 1
    size: int = 15


@dataclass(frozen=True, slots=True)
class Dossier:
    """One application with its shop: what Review shows at the top.

    Without consent `consented_at` is None, and the shop's columns other than its name are left empty.
    """

    application_id: int
    application_ref: str
    shop_id: int
    shop_ref: str
    shop_name: str
    category: str | None
    region: str | None
    city: str | None
    rural: bool | None
    marketplace: str | None
    owner_ref: str | None
    owner_kind: str | None
    opened_on: date | None
    time_zone: str
    generated: bool
    submitted_at: datetime
    amount_minor: int
    currency: str
    term_months: int
    purpose: str | None
    consented_at: datetime | None
    holder_id: int | None
    holder_name: str | None
    taken_at: datetime | None
    rounds: tuple[Round, ...]

    @property
    def decided(self) -> bool:
        """Whether a final decision exists."""
        return any(each.final for each in self.rounds)

    @property
    def round(self) -> int:
        """The number of the round that would be decided next."""
        return len(self.rounds) + 1


def _latest_score() -> ColumnElement[int]:
    newest = score_runs.alias("newest")
    return select(func.max(newest.c.id)).where(newest.c.shop_id == applications.c.shop_id).scalar_subquery()


def _latest_round() -> ColumnElement[int]:
    newest = decisions.alias("newest_round")
    return select(func.max(newest.c.id)).where(newest.c.application_id == applications.c.id).scalar_subquery()


def _waiting(view: QueueView, person_id: int) -> Select[Any]:
    """The waiting applications of a view, unsorted."""
    consented = applications.c.consented_at.is_not(None)
    state = case(
        (~consented, "no consent"),
        (decisions.c.outcome == "refer", "referred"),
        (decisions.c.id.is_not(None), "proposed"),
        (score_runs.c.id.is_(None), "not scored"),
        else_="new",
    )
    statement = (
        select(
            applications.c.id.label("application_id"),
            applications.c.application_ref,
            applications.c.shop_id,
            shops.c.name.label("shop_name"),
            shops.c.shop_ref,
            applications.c.submitted_at,
            applications.c.amount_minor,
            applications.c.currency,
            applications.c.term_months,
            state.label("state"),
            case((consented, score_runs.c.grade)).label("grade"),
            case((consented, score_runs.c.points)).label("points"),
            decisions.c.authority,
            proposers.c.name.label("proposed_by"),
            holds.c.person_id.label("holder_id"),
            holders.c.name.label("holder_name"),
        )
        .join_from(applications, shops, applications.c.shop_id == shops.c.id)
        .outerjoin(score_runs, score_runs.c.id == _latest_score())
        .outerjoin(decisions, decisions.c.id == _latest_round())
        .outerjoin(proposers, proposers.c.id == decisions.c.person_id)
        .outerjoin(holds, holds.c.application_id == applications.c.id)
        .outerjoin(holders, holders.c.id == holds.c.person_id)
        .where(or_(decisions.c.id.is_(None), decisions.c.final == 0))
    )
    if view.holder == "nobody":
        statement = statement.where(holds.c.person_id.is_(None))
    elif view.holder == "mine":
        statement = statement.where(holds.c.person_id == person_id)
    if view.grades:
        statement = statement.where(consented, score_runs.c.grade.in_(view.grades))
    if view.state != "all":
        statement = statement.where(state == view.state)
    if view.search.strip():
        words = view.search.strip()
        statement = statement.where(
            or_(
                shops.c.name.icontains(words, autoescape=True),
                applications.c.application_ref.icontains(words, autoescape=True),
                shops.c.shop_ref.icontains(words, autoescape=True),
            )
        )
    return statement


def queue(session: Session, view: QueueView, *, person_id: int, now: datetime) -> pd.DataFrame:
    """One page of the waiting applications, in the order asked for.

    Cost of delay is days waiting x amount, so that neither age nor size alone decides.

    Returns:
        A row per application: application_id, application_ref, shop_id, shop_name, shop_ref, submitted_at (UTC),
        amount_minor, currency, term_months, state, grade, points, authority, proposed_by, holder_id, holder_name.
    """
    now_us = int(now.timestamp() * 1_000_000)
    waited_us = now_us - sqlalchemy.type_coerce(applications.c.submitted_at, sqlalchemy.BigInteger)
    # Whole hours, since microseconds x minor units would leave 64 bits.
    delay = (waited_us / (DAY_US // 24)) * applications.c.amount_minor
    first = {
        "deadline": (applications.c.submitted_at, delay.desc()),
        "delay": (delay.desc(),),
        "amount": (applications.c.amount_minor.desc(),),
        "points": (sqlalchemy.nulls_last(score_runs.c.points.desc()),),
        "shop": (shops.c.name,),
    }[view.order]
    statement = (
        _waiting(view, person_id)
        .order_by(*first, applications.c.id)
        .limit(view.size)
        .offset((max(view.page, 1) - 1) * view.size)
    )
    return _frame(session, statement)


def queue_count(session: Session, view: QueueView, *, person_id: int) -> int:
    """How many applications the view has over all its pages."""
    counted: int = session.execute(select(func.count()).select_from(_waiting(view, person_id).subquery())).scalar_one()
    return counted


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The headline of the queue, over everything that waits."""

    waiting: int
    overdue: int
    due_soon: int
    mine: int


def queue_counts(
    session: Session, *, person_id: int, now: datetime, promised: timedelta, soon: timedelta
) -> QueueCounts:
    """How many wait, are past the promised time, fall due soon, and are held by this person."""
    waiting = _waiting(QueueView(), person_id).subquery()
    due_by = waiting.c.submitted_at
    row = session.execute(
        select(
            func.count(),
            func.count(case((due_by < now - promised, 1))),
            func.count(case((and_(due_by >= now - promised, due_by < now - promised + soon), 1))),
            func.count(case((waiting.c.holder_id == person_id, 1))),
        ).select_from(waiting)
    ).one()
    return QueueCounts(*row)


def next_in_line(session: Session, *, person_id: int) -> int | None:
    """The application with the nearest deadline that nobody holds and this person has not decided before."""
    mine = select(decisions.c.application_id).where(decisions.c.person_id == person_id)
    statement = (
        _waiting(QueueView(holder="nobody"), person_id)
        .where(applications.c.id.not_in(mine))
        .order_by(applications.c.submitted_at, applications.c.amount_minor.desc(), applications.c.id)
        .limit(1)
    )
    row = session.execute(statement).first()
    return None if row is None else int(row.application_id)


def dossier(session: Session, application_id: int) -> Dossier:
    """One application, its shop, its holder and its rounds so far.

    Raises:
        UnknownApplication: where no application has this number.
    """
    row = session.execute(
        select(
            applications,
            shops.c.shop_ref,
            shops.c.name.label("shop_name"),
            shops.c.category,
            shops.c.region,
            shops.c.city,
            shops.c.rural,
            shops.c.marketplace,
            shops.c.owner_ref,
            shops.c.owner_kind,
            shops.c.opened_on,
            shops.c.time_zone,
            shops.c.generated,
            holds.c.person_id.label("holder_id"),
            holders.c.name.label("holder_name"),
            holds.c.taken_at,
        )
        .join_from(applications, shops, applications.c.shop_id == shops.c.id)
        .outerjoin(holds, holds.c.application_id == applications.c.id)
        .outerjoin(holders, holders.c.id == holds.c.person_id)
        .where(applications.c.id == application_id)
    ).first()
    if row is None:
        raise UnknownApplication
    consented = row.consented_at is not None
    return Dossier(
        application_id=row.id,
        application_ref=row.application_ref,
        shop_id=row.shop_id,
        shop_ref=row.shop_ref,
        shop_name=row.shop_name,
        category=row.category if consented else None,
        region=row.region if consented else None,
        city=row.city if consented else None,
        rural=bool(row.rural) if consented and row.rural is not None else None,
        marketplace=row.marketplace if consented else None,
        owner_ref=row.owner_ref if consented else None,
        owner_kind=row.owner_kind if consented else None,
        opened_on=row.opened_on if consented else None,
        time_zone=row.time_zone,
        generated=bool(row.generated),
        submitted_at=row.submitted_at,
        amount_minor=row.amount_minor,
        currency=row.currency,
        term_months=row.term_months,
        purpose=row.purpose if consented else None,
        consented_at=row.consented_at,
        holder_id=row.holder_id,
        holder_name=row.holder_name,
        taken_at=row.taken_at,
        rounds=rounds(session, application_id),
    )


def rounds(session: Session, application_id: int) -> tuple[Round, ...]:
    """The decisions of an application, oldest first."""
    statement = (
        select(decisions, holders.c.name.label("person_name"))
        .join_from(decisions, holders, decisions.c.person_id == holders.c.id)
        .where(decisions.c.application_id == application_id)
        .order_by(decisions.c.round)
    )
    return tuple(
        Round(
            decision_id=row.id,
            number=row.round,
            person_id=row.person_id,
            person_name=row.person_name,
            outcome=row.outcome,
            amount_minor=row.amount_minor,
            term_months=row.term_months,
            rate_bps=row.rate_bps,
            reasons=tuple(json.loads(row.reasons)),
            note=row.note,
            authority=row.authority,
            override=bool(row.override),
            final=bool(row.final),
            score_run_id=row.score_run_id,
            policy_version=row.policy_version,
            recorded_at=row.recorded_at,
        )
        for row in session.execute(statement)
    )


def of_shop(session: Session, shop_id: int) -> pd.DataFrame:
    """A shop's applications with their last round, newest first.

    Returns:
        A row per application: application_id, application_ref, submitted_at, amount_minor, currency, term_months,
        consented_at, outcome, decided_amount_minor, final, recorded_at.
    """
    return _frame(
        session,
        select(
            applications.c.id.label("application_id"),
            applications.c.application_ref,
            applications.c.submitted_at,
            applications.c.amount_minor,
            applications.c.currency,
            applications.c.term_months,
            applications.c.consented_at,
            decisions.c.outcome,
            decisions.c.amount_minor.label("decided_amount_minor"),
            decisions.c.final,
            decisions.c.recorded_at,
        )
        .outerjoin_from(applications, decisions, decisions.c.id == _latest_round())
        .where(applications.c.shop_id == shop_id)
        .order_by(applications.c.submitted_at.desc()),
    )


def take(session: Session, application_id: int, *, person_id: int) -> None:
    """Assign an application to a person; taking one's own again changes nothing.

    Raises:
        HeldByAnother: where somebody else holds it.
        AlreadyDecided: where it is decided.
        UnknownApplication: where no application has this number.
        NotAllowed: where the person may not decide.
    """
    people.require(session, person_id, "decide")
    lock(session, application_id)
    refuse_if_decided(session, application_id)
    holder = held_by(session, application_id)
    if holder is not None:
        refuse_if_held_by_another(holder, person_id)
        return
    session.execute(
        insert(holds).values(application_id=application_id, person_id=person_id, taken_at=datetime.now(UTC))
    )
    audit.record(session, person_id, "take", "applications", application_id, {})


def release(session: Session, application_id: int, *, person_id: int) -> None:
    """Give an application back to the queue; a manager may do so for somebody else.

    Raises:
        HeldByAnother: where somebody else holds it and the person is no manager.
        NotAllowed: where the person may not decide.
    """
    person = people.require(session, person_id, "decide")
    holder = held_by(session, application_id)
    if holder is None:
        return
    if person.role != "manager":
        refuse_if_held_by_another(holder, person_id)
    session.execute(delete(holds).where(holds.c.application_id == application_id))
    audit.record(session, person_id, "release", "applications", application_id, {"held_by": holder[1]})


def held_by(session: Session, application_id: int) -> tuple[int, str, datetime] | None:
    """Who holds an application: number, name, since when."""
    row = session.execute(
        select(holds.c.person_id, holders.c.name, holds.c.taken_at)
        .join_from(holds, holders, holds.c.person_id == holders.c.id)
        .where(holds.c.application_id == application_id)
    ).first()
    return None if row is None else (row.person_id, row.name, row.taken_at)


def refuse_if_held_by_another(holder: tuple[int, str, datetime] | None, person_id: int) -> None:
    """Raise HeldByAnother where the holder is somebody else."""
    if holder is not None and holder[0] != person_id:
        raise HeldByAnother(holder[1], holder[2])


def lock(session: Session, application_id: int) -> None:
    """Let nobody else write about an application until this transaction ends; UnknownApplication for none.

    On PostgreSQL its row is locked. On SQLite a writing transaction is alone anyway.
    """
    found = select(applications.c.id).where(applications.c.id == application_id).with_for_update()
    if session.execute(found).first() is None:
        raise UnknownApplication


def refuse_if_decided(session: Session, application_id: int) -> None:
    """Raise AlreadyDecided for a decided application."""
    for each in rounds(session, application_id):
        if each.final:
            raise AlreadyDecided(each.person_name, each.recorded_at, each.outcome, final=True)


def _frame(session: Session, statement: Select[Any]) -> pd.DataFrame:
    rows = session.execute(statement)
    return pd.DataFrame(rows.all(), columns=list(rows.keys()))
