"""The queue: which applications wait, and in what order.

An application waits as long as it has no final decision. Without consent neither grade nor points are given out.
"""

import functools
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    nulls_last,
    or_,
    select,
    type_coerce,
)
from sqlmodel import Session

from db.applications import latest_round
from db.tables import Application, Decision, Hold, Person, ScoreRun, Shop, table_of

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
_NOW = bindparam("now_us", type_=BigInteger)


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

    @property
    def unfiltered(self) -> bool:
        """Whether it shows everything that waits."""
        return self.holder == "all" and not self.grades and self.state == "all" and not self.search.strip()


def _latest_score() -> ColumnElement[int]:
    newest = score_runs.alias("newest")
    return select(func.max(newest.c.id)).where(newest.c.shop_id == applications.c.shop_id).scalar_subquery()


# Building one of these statements takes longer than running it, and few differ: each is built once.
@functools.lru_cache(maxsize=256)
def _waiting(view: QueueView, person_id: int) -> Select[Any]:
    """The waiting applications of a view, unsorted."""
    # coalesce: without a consent the comparison would be neither true nor false.
    consented = func.coalesce(type_coerce(applications.c.consented_at, BigInteger) <= _NOW, false())
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
        .outerjoin(decisions, decisions.c.id == latest_round())
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


def waiting(session: Session, view: QueueView, *, person_id: int, now: datetime) -> pd.DataFrame:
    """One page of the waiting applications, in the order asked for.

    Cost of delay is days waiting x amount, so that neither age nor size alone decides.

    Returns:
        A row per application: application_id, application_ref, shop_id, shop_name, shop_ref, submitted_at (UTC),
        amount_minor, currency, term_months, state, grade, points, authority, proposed_by, holder_id, holder_name.
    """
    rows = session.execute(_page(view, person_id), _at(now))
    return pd.DataFrame(rows.all(), columns=list(rows.keys()))


def _at(now: datetime) -> dict[str, int]:
    return {"now_us": int(now.timestamp() * 1_000_000)}


@functools.lru_cache(maxsize=256)
def _page(view: QueueView, person_id: int) -> Select[Any]:
    waited_us = _NOW - type_coerce(applications.c.submitted_at, BigInteger)
    # Whole hours, since microseconds x minor units would leave 64 bits.
    delay = (waited_us / (DAY_US // 24)) * applications.c.amount_minor
    first = {
        "deadline": (applications.c.submitted_at, delay.desc()),
        "delay": (delay.desc(),),
        "amount": (applications.c.amount_minor.desc(),),
        "points": (nulls_last(score_runs.c.points.desc()),),
        "shop": (shops.c.name,),
    }[view.order]
    start = (max(view.page, 1) - 1) * view.size
    return _waiting(view, person_id).order_by(*first, applications.c.id).limit(view.size).offset(start)


def count(session: Session, view: QueueView, *, person_id: int, now: datetime) -> int:
    """How many applications the view has over all its pages."""
    counted: int = session.execute(_count(view, person_id), _at(now)).scalar_one()
    return counted


@functools.lru_cache(maxsize=256)
def _count(view: QueueView, person_id: int) -> Select[int]:
    return select(func.count()).select_from(_waiting(view, person_id).subquery())


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The headline of the queue, over everything that waits."""

    waiting: int
    overdue: int
    due_soon: int
    mine: int


def counts(session: Session, *, person_id: int, now: datetime, promised: timedelta, soon: timedelta) -> QueueCounts:
    """How many wait, are past the promised time, fall due soon, and are held by this person."""
    overdue = now - promised
    bound = {"person": person_id, "overdue": overdue, "soon": overdue + soon}
    return QueueCounts(*session.execute(_COUNTS, bound).one())


def next_in_line(session: Session, view: QueueView, *, person_id: int, now: datetime) -> int | None:
    """The first application of a view, in its order, that nobody holds and this person has not answered before."""
    if view.holder == "mine":
        return None
    free = replace(view, holder="nobody", page=1, size=1)
    row = session.execute(_next(free, person_id), _at(now)).first()
    return None if row is None else int(row.application_id)


@functools.lru_cache(maxsize=256)
def _next(view: QueueView, person_id: int) -> Select[Any]:
    earlier = decisions.alias("earlier")
    answered = exists().where(earlier.c.application_id == applications.c.id, earlier.c.person_id == person_id)
    return _page(view, person_id).where(~answered)


_undecided = ~exists().where(decisions.c.application_id == applications.c.id, decisions.c.final == 1)
_submitted_at = applications.c.submitted_at
_COUNTS = (
    select(
        func.count(),
        func.count(case((_submitted_at < bindparam("overdue"), 1))),
        func.count(case((and_(_submitted_at >= bindparam("overdue"), _submitted_at < bindparam("soon")), 1))),
        func.count(case((holds.c.person_id == bindparam("person"), 1))),
    )
    .outerjoin_from(applications, holds, holds.c.application_id == applications.c.id)
    .where(_undecided)
)
