"""The applications of a time, one row each with its last round, and the figures made of them.

The desk looks at itself as of a day, strictly before its midnight: applications submitted and answers decided before it
count. A page that shows today with what happened today passes tomorrow. An answer's moment is the desk's own clock: its
business date (`decided_on`) at the time of day at which it was recorded. Consent is asked at the moment of looking.
Without it nothing of a file but its state is given out: no amount, no grade, no trait of its shop, no reason.
"""

import functools
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import BigInteger, Integer, Select, and_, bindparam, case, exists, func, select, type_coerce
from sqlmodel import Session

from db import consents
from db.memory import Memory
from db.tables import EPOCH, EPOCH_DAY, MICROSECOND, Application, Decision, Person, ScoreRun, Shop, table_of
from lending.decided import prepare
from lending.moments import midnight, on_desk_clock
from lending.overview import Overview, overview_of

applications = table_of(Application)
shops = table_of(Shop)
decisions = table_of(Decision)
score_runs = table_of(ScoreRun)
people = table_of(Person)

# So many times and currencies are kept ready; a hundred thousand applications take some 40 MB each.
_OVERVIEWS: Memory[Overview] = Memory(6)


def overview(
    session: Session,
    *,
    days: int | None,
    as_of: date,
    now: datetime,
    currency: str | None,
    promised: timedelta,
    time_zone: str,
) -> Overview:
    """The figures of the applications received in the last days before as_of, in one currency.

    What was found is kept until somebody decides, scores or imports, or the minute is over: consents begin at a moment.

    Args:
        session: a transaction.
        days: how many days; None for all.
        as_of: the day after the last one.
        now: the moment of looking; consents given later do not count.
        currency: in which was asked; where nobody did, the most frequent one.
        promised: the time promised for an answer.
        time_zone: of the desk's days.
    """
    minute = now.replace(second=0, microsecond=0)

    def put_together() -> Overview:
        # As many days before are read too: what has changed since is told beside the figures.
        since = EPOCH_DAY if days is None else as_of - timedelta(days=2 * days)
        rows = read(session, since=since, as_of=as_of, now=minute, time_zone=time_zone)
        return overview_of(
            prepare(rows, time_zone=time_zone), days=days, as_of=as_of, currency=currency, promised=promised
        )

    newest = session.execute(_NEWEST).one()
    question = ("applications", days, as_of, minute, currency, promised, time_zone, *newest)
    return _OVERVIEWS.recall(session, question, put_together)


def read(session: Session, *, since: date, as_of: date, now: datetime, time_zone: str) -> pd.DataFrame:
    """The applications submitted from one day on and before another, each with its last round before that other day.

    Returns:
        A row per application: application_id (int64), submitted_at (datetime64, UTC), currency, consented, scored
        (bool: the shop has a score made as of an earlier day than as_of), amount_minor (int64, asked for; 0 without
        consent), category, region, outcome (of the last round, None without one), final, override (bool),
        approved_minor (int64; 0 where nothing was approved, or without consent), person_id (Int64, who answered last),
        person_name, grade (of the score that was answered on), reasons (tuple of codes), answered_at (datetime64, UTC;
        NaT without an answer).
    """
    bound = {
        "since_us": _microseconds(midnight(since, time_zone)),
        "until_us": _microseconds(midnight(as_of, time_zone)),
        "now_us": _microseconds(now),
        "as_of_day": (as_of - EPOCH_DAY).days,
    }
    found = session.execute(_statement(), bound)
    names = list(found.keys())
    # Column by column: pandas would look into each of a hundred thousand rows to find out what it is.
    columns = list(zip(*found.all(), strict=True)) or [()] * len(names)
    rows = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in zip(names, columns, strict=True)})
    people_named = {row.id: row.name for row in session.execute(_NAMES)}
    decided_on = pd.to_datetime(rows.pop("decided_day").astype("Float64"), unit="D")
    recorded_at = pd.to_datetime(rows.pop("recorded_us").astype("Int64"), unit="us", utc=True)
    told = {text: tuple(json.loads(text)) for text in rows["reasons"].dropna().unique()}
    return rows.assign(
        **{name: rows[name].astype("int64") for name in ("application_id", "amount_minor", "approved_minor")},
        **{name: rows[name].astype(bool) for name in ("consented", "scored", "final", "override")},
        submitted_at=pd.to_datetime(rows.pop("submitted_us").astype("int64"), unit="us", utc=True),
        person_id=rows["person_id"].astype("Int64"),
        person_name=rows["person_id"].map(people_named),
        reasons=rows["reasons"].map(lambda text: told.get(text, ())),
        answered_at=on_desk_clock(decided_on, recorded_at, time_zone),
    )


def _microseconds(moment: datetime) -> int:
    return (moment.astimezone(UTC) - EPOCH) // MICROSECOND


# Built once: putting it together takes longer than running it. Whole numbers are read as such and made into times in
# one go; a time each took four times as long.
@functools.cache
def _statement() -> Select[Any]:
    submitted_us = type_coerce(applications.c.submitted_at, BigInteger)
    given_at = consents.given_at(applications, bindparam("now_us", type_=BigInteger))
    # Once for each row: left to itself, SQLite asks for the consent anew in every column that hangs on it.
    asked = (
        select(applications, submitted_us.label("submitted_us"), given_at.label("given_at"))
        .where(submitted_us >= bindparam("since_us"), submitted_us < bindparam("until_us"))
        .cte("asked")
        .prefix_with("MATERIALIZED")
    )
    consented = asked.c.given_at.is_not(None)
    as_of = bindparam("as_of_day", type_=Integer)
    newest = decisions.alias("newest")
    last = (
        select(func.max(newest.c.id))
        .where(newest.c.application_id == asked.c.id, type_coerce(newest.c.decided_on, Integer) < as_of)
        .scalar_subquery()
    )
    runs = score_runs.alias("runs")
    scored = exists().where(runs.c.shop_id == asked.c.shop_id, type_coerce(runs.c.as_of, Integer) < as_of)
    opened = {
        "category": shops.c.category,
        "region": shops.c.region,
        "grade": score_runs.c.grade,
        "reasons": decisions.c.reasons,
    }
    return (
        select(
            asked.c.id.label("application_id"),
            asked.c.submitted_us,
            asked.c.currency,
            case((consented, 1), else_=0).label("consented"),
            case((and_(consented, scored), 1), else_=0).label("scored"),
            case((consented, asked.c.amount_minor), else_=0).label("amount_minor"),
            *(case((consented, column)).label(name) for name, column in opened.items()),
            decisions.c.outcome,
            func.coalesce(decisions.c.final, 0).label("final"),
            func.coalesce(decisions.c.override, 0).label("override"),
            func.coalesce(case((and_(consented, decisions.c.final == 1), decisions.c.amount_minor)), 0).label(
                "approved_minor"
            ),
            decisions.c.person_id,
            type_coerce(decisions.c.decided_on, Integer).label("decided_day"),
            type_coerce(decisions.c.recorded_at, BigInteger).label("recorded_us"),
        )
        .join_from(asked, shops, asked.c.shop_id == shops.c.id)
        .outerjoin(decisions, decisions.c.id == last)
        .outerjoin(score_runs, score_runs.c.id == decisions.c.score_run_id)
    )


def named(session: Session, application_ids: Sequence[int], *, now: datetime) -> pd.DataFrame:
    """What a list shows of some applications; without consent the name of the shop alone.

    Returns:
        A row per application, by its number: application_id (index), application_ref (None without consent), shop_name.
    """
    consented = consents.given_at(applications, bindparam("now_us", type_=BigInteger)).is_not(None)
    found = session.execute(
        select(
            applications.c.id, case((consented, applications.c.application_ref)).label("application_ref"),
            shops.c.name.label("shop_name"),
        )
        .join_from(applications, shops, applications.c.shop_id == shops.c.id)
        .where(applications.c.id.in_(application_ids)),
        {"now_us": _microseconds(now)},
    )  # fmt: skip
    return pd.DataFrame(found.all(), columns=["application_id", "application_ref", "shop_name"]).set_index(
        "application_id"
    )


def on_record(session: Session) -> int:
    """How many applications are on record at all."""
    counted: int = session.execute(select(func.count()).select_from(applications)).scalar_one()
    return counted


_NEWEST = select(
    select(func.max(decisions.c.id)).scalar_subquery(), select(func.max(score_runs.c.id)).scalar_subquery()
)
_NAMES = select(people.c.id, people.c.name)
