"""The queue: which applications wait, and in what order.

An application waits as long as it has no final decision. Without consent neither amount, grade nor points are given
out, and neither does the order tell them: such an application stands behind the others of its list.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    nulls_last,
    select,
    type_coerce,
)
from sqlmodel import Session

from db import consents, interests
from db.tables import Application, Decision, Hold, Person, ScoreRun, Shop, table_of

applications = table_of(Application)
shops = table_of(Shop)
holds = table_of(Hold)
decisions = table_of(Decision)
score_runs = table_of(ScoreRun)
holders = table_of(Person).alias("holders")
proposers = table_of(Person).alias("proposers")

Holder = Literal["all", "nobody", "mine"]
Due = Literal["all", "late", "soon"]
Order = Literal["deadline", "delay", "amount", "points", "shop"]
State = Literal["all", "new", "proposed", "referred", "not-scored", "no-consent"]

SOON = timedelta(hours=24)
DAY_US = 86_400_000_000
SOON_US = SOON // timedelta(microseconds=1)
ROWS_AT_ONCE = 500
_NOW = bindparam("now_us", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class QueueView:
    """What a person wants to see of the queue."""

    holder: Holder = "all"
    grades: tuple[str, ...] = ()
    state: State = "all"
    search: str = ""
    order: Order = "deadline"
    due: Due = "all"
    """Late: past the promised time; soon: within the next 24 hours."""
    promised_days: int = 0
    """In how many days an answer is promised; read by `due` alone."""
    page: int = 1
    size: int = 15

    @property
    def unfiltered(self) -> bool:
        """Whether it shows everything that waits."""
        return replace(self, order="deadline", promised_days=0, page=1, size=15) == QueueView()


# Building one of these statements takes longer than running it on a page, and few differ: each is built once.
@functools.cache
def _details() -> Select[Any]:
    """All that is shown of some waiting applications, unsorted."""
    wanted = applications.c.id.in_(bindparam("numbers", expanding=True))
    # Found for these few first: PostgreSQL would go through all rounds once for each application.
    round_id = _last_id(decisions, "application_id", select(applications.c.id).where(wanted))
    score_id = _last_id(score_runs, "shop_id", select(applications.c.shop_id).where(wanted))
    return (
        select(
            applications.c.id.label("application_id"),
            applications.c.application_ref,
            applications.c.shop_id,
            shops.c.name.label("shop_name"),
            shops.c.shop_ref,
            shops.c.generated,
            applications.c.submitted_at,
            case((_consented(), applications.c.amount_minor)).label("amount_minor"),
            applications.c.currency,
            case((_consented(), applications.c.term_months)).label("term_months"),
            _state(decisions.c.outcome, score_runs.c.id).label("state"),
            case((_consented(), score_runs.c.grade)).label("grade"),
            case((_consented(), score_runs.c.points)).label("points"),
            decisions.c.authority,
            proposers.c.name.label("proposed_by"),
            holds.c.person_id.label("holder_id"),
            holders.c.name.label("holder_name"),
        )
        .join_from(applications, shops, applications.c.shop_id == shops.c.id)
        .outerjoin(score_id, score_id.c.shop_id == applications.c.shop_id)
        .outerjoin(score_runs, score_runs.c.id == score_id.c.id)
        .outerjoin(round_id, round_id.c.application_id == applications.c.id)
        .outerjoin(decisions, decisions.c.id == round_id.c.id)
        .outerjoin(proposers, proposers.c.id == decisions.c.person_id)
        .outerjoin(holds, holds.c.application_id == applications.c.id)
        .outerjoin(holders, holders.c.id == holds.c.person_id)
        .where(wanted)
    )


def _last_id(table: Table, owner: str, owners: Select[Any]) -> Subquery:
    """The newest row of each of some owners."""
    newest = table.alias()
    highest = func.max(newest.c.id).label("id")
    return select(newest.c[owner], highest).where(newest.c[owner].in_(owners)).group_by(newest.c[owner]).subquery()


def _consented() -> ColumnElement[bool]:
    return consents.given_at(applications, _NOW).is_not(None)


def _state(outcome: ColumnElement[Any], score_id: ColumnElement[Any]) -> ColumnElement[str]:
    """What an application waits for, by the outcome of its last round and its shop's newest score."""
    return case(
        (~_consented(), "no-consent"),
        (outcome == "refer", "referred"),
        (outcome.is_not(None), "proposed"),
        (score_id.is_(None), "not-scored"),
        else_="new",
    )


def _newest_score(name: str) -> ColumnElement[Any]:
    """A column of the shop's newest score; those that lists are ordered and narrowed by stand in an index."""
    newest = score_runs.alias("newest")
    of_shop = select(newest.c[name]).where(newest.c.shop_id == applications.c.shop_id)
    return of_shop.order_by(newest.c.id.desc()).limit(1).scalar_subquery()


def _last_outcome() -> ColumnElement[Any]:
    newest = decisions.alias("newest_round")
    of_file = select(newest.c.outcome).where(newest.c.application_id == applications.c.id)
    return of_file.order_by(newest.c.round.desc()).limit(1).scalar_subquery()


def line(session: Session, view: QueueView, *, person_id: int, now: datetime) -> list[int]:
    """The applications of a view over all its pages, by their numbers, the first in line first.

    Cost of delay is days waiting x amount, so that neither age nor size alone decides. Amounts of different currencies
    are not held against each other: those of one currency stand together.
    """
    return list(session.execute(_line(view, person_id), _at(now)).scalars())


def rows(session: Session, numbers: Sequence[int], *, now: datetime) -> pd.DataFrame:
    """Some waiting applications in the order of their numbers.

    Returns:
        A row per application: application_id, application_ref, shop_id, shop_name, shop_ref, generated, submitted_at
        (UTC), amount_minor, currency, term_months, state, grade, points, authority, proposed_by, holder_id,
        holder_name. Amount, term, grade and points are missing without consent.
    """
    result = session.execute(_details(), {**_at(now), "numbers": list(numbers)})
    place = {number: at for at, number in enumerate(numbers)}
    found = sorted(result.all(), key=lambda row: place[row.application_id])
    # As objects: a missing amount would turn the others into fractions.
    return pd.DataFrame(found, columns=list(result.keys()), dtype=object)


def all_rows(session: Session, numbers: Sequence[int], *, now: datetime) -> Iterator[pd.DataFrame]:
    """The same for a whole line, a part at a time."""
    for start in range(0, len(numbers), ROWS_AT_ONCE):
        yield rows(session, numbers[start : start + ROWS_AT_ONCE], now=now)


def waiting(session: Session, view: QueueView, *, person_id: int, now: datetime) -> pd.DataFrame:
    """One page of a view, as `rows` gives it."""
    numbers = session.execute(_page(view, person_id), _at(now)).scalars()
    return rows(session, list(numbers), now=now)


@functools.lru_cache(maxsize=256)
def _page(view: QueueView, person_id: int) -> Select[Any]:
    return _line(view, person_id).limit(view.size).offset((max(view.page, 1) - 1) * view.size)


def count(session: Session, view: QueueView, *, person_id: int, now: datetime) -> int:
    """How many applications a view has over all its pages."""
    counted: int = session.execute(_count(view, person_id), _at(now)).scalar_one()
    return counted


@functools.lru_cache(maxsize=256)
def _count(view: QueueView, person_id: int) -> Select[int]:
    return select(func.count()).select_from(_line(view, person_id).order_by(None).subquery())


def _at(now: datetime) -> dict[str, int]:
    return {"now_us": int(now.timestamp() * 1_000_000)}


@functools.lru_cache(maxsize=256)
def _line(view: QueueView, person_id: int) -> Select[Any]:
    """The numbers of a view in its order; joins only what its filters and its order read."""
    statement = select(applications.c.id).select_from(applications)
    if view.search.strip() or view.order == "shop":
        statement = statement.join(shops, applications.c.shop_id == shops.c.id)
    if view.holder != "all":
        statement = statement.outerjoin(holds, holds.c.application_id == applications.c.id)
    return statement.where(undecided(), *_filters(view, person_id)).order_by(*_order(view.order), applications.c.id)


def undecided() -> ColumnElement[bool]:
    """Whether an application has no final round."""
    settled = decisions.alias("settled")
    return applications.c.id.not_in(select(settled.c.application_id).where(settled.c.final == 1))


def _filters(view: QueueView, person_id: int) -> Iterator[ColumnElement[bool]]:
    if view.holder == "nobody":
        yield holds.c.person_id.is_(None)
    elif view.holder == "mine":
        yield holds.c.person_id == person_id
    if view.grades:
        yield and_(_consented(), _newest_score("grade").in_(view.grades))
    if view.state != "all":
        yield _state(_last_outcome(), _newest_score("id")) == view.state
    if view.due != "all":
        left_us = type_coerce(applications.c.submitted_at, BigInteger) + view.promised_days * DAY_US - _NOW
        yield left_us < 0 if view.due == "late" else and_(left_us >= 0, left_us < SOON_US)
    if words := " ".join(view.search.split()):
        # One text with line breaks, which no name has: putting each in small letters by itself takes longer.
        sought = shops.c.name + "\n" + applications.c.application_ref + "\n" + shops.c.shop_ref
        yield sought.icontains(words, autoescape=True)


def _order(order: Order) -> tuple[ColumnElement[Any], ...]:
    waited_us = _NOW - type_coerce(applications.c.submitted_at, BigInteger)
    # Without consent there is no amount, so the order can't tell it.
    amount = case((_consented(), applications.c.amount_minor))
    # Whole hours, since microseconds x minor units would leave 64 bits.
    delay = waited_us // (DAY_US // 24) * amount
    return {
        "deadline": (applications.c.submitted_at, nulls_last(amount.desc())),
        "delay": (amount.is_(None), applications.c.currency, delay.desc()),
        "amount": (amount.is_(None), applications.c.currency, amount.desc()),
        "points": (nulls_last(case((_consented(), _newest_score("points"))).desc()),),
        "shop": (func.lower(shops.c.name),),
    }[order]


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The headline of the queue, over everything that waits."""

    waiting: int
    overdue: int
    due_soon: int
    mine: int


def counts(
    session: Session, *, person_id: int, now: datetime, promised: timedelta, soon: timedelta = SOON
) -> QueueCounts:
    """How many wait, are past the promised time, fall due soon, and are held by this person."""
    overdue = now - promised
    bound = {"person": person_id, "overdue": overdue, "soon": overdue + soon}
    return QueueCounts(*session.execute(_counts(), bound).one())


@functools.cache
def _counts() -> Select[int, int, int, int]:
    submitted_at = applications.c.submitted_at
    return (
        select(
            func.count(),
            func.count(case((submitted_at < bindparam("overdue"), 1))),
            func.count(case((and_(submitted_at >= bindparam("overdue"), submitted_at < bindparam("soon")), 1))),
            func.count(case((holds.c.person_id == bindparam("person"), 1))),
        )
        .outerjoin_from(applications, holds, holds.c.application_id == applications.c.id)
        .where(undecided())
    )


def next_in_line(session: Session, view: QueueView, *, person_id: int, now: datetime) -> int | None:
    """The first application of a view, in its order, that nobody holds and this person may answer.

    Left out are those that the person has answered before, and those of shops to which the person stands too close.
    """
    if view.holder == "mine":
        return None
    free = replace(view, holder="nobody", page=1, size=1)
    number: int | None = session.execute(_next(free, person_id), _at(now)).scalar()
    return number


@functools.lru_cache(maxsize=256)
def _next(view: QueueView, person_id: int) -> Select[Any]:
    earlier = decisions.alias("earlier")
    answered = exists().where(earlier.c.application_id == applications.c.id, earlier.c.person_id == person_id)
    free = applications.c.shop_id.not_in(interests.barred_shops(person_id))
    return _line(view, person_id).where(~answered, free).limit(1)
