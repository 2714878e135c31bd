"""Every shop in memory as a search needs it: few columns of all of them, in the order of their names.

A search then takes milliseconds among 100,000 shops on either database, whatever its filters and order, and its count
is the length of what it found. Each part is kept under that on which it depends: the newest import, the newest score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import JSON, BigInteger, ColumnElement, Float, Select, Text, cast, func, select, type_coerce
from sqlmodel import Session

from db import consents
from db.memory import Memory
from db.tables import GRADES, Application, ScoreRun, Shop, table_of

shops = table_of(Shop)
applications = table_of(Application)
score_runs = table_of(ScoreRun)

Numbers = npt.NDArray[np.int64]

# A moment that never comes: the consent of a shop that has given none.
NEVER_US = np.iinfo(np.int64).max
NEVER = NEVER_US, NEVER_US
NO_POINTS = NO_GRADE = -1
# No name and no number has a line break, so words never fit across the two.
BETWEEN = "\n"


@dataclass(frozen=True, slots=True)
class Register:
    """A place per shop, in the order of their names; all columns are alike in length."""

    shop_id: Numbers
    sought: pa.Array
    """The name and the shop's own number, in small letters."""
    category: pa.Array
    region: pa.Array
    marketplace: pa.Array
    currency: pa.Array
    consented_us: Numbers
    """The first consent of an application that was not taken back, in microseconds since 1970; NEVER_US without one."""
    said_from_us: Numbers
    """From when its newest word lets its record be used; NEVER_US without one."""
    said_until_us: Numbers

    def consented(self, now: datetime) -> npt.NDArray[np.bool_]:
        """Which shops' records may be used at a moment; as db.consents.opens has it."""
        now_us = now.timestamp() * 1_000_000
        mask: npt.NDArray[np.bool_] = (self.consented_us <= now_us) | (
            (self.said_from_us <= now_us) & (now_us < self.said_until_us)
        )
        return mask


@dataclass(frozen=True, slots=True)
class Standings:
    """The newest score of each place of a register."""

    points: Numbers
    """NO_POINTS without a score."""
    grade: Numbers
    """The place among db.tables.GRADES; NO_GRADE without a score."""


_registers: Memory[Register] = Memory(2)
_standings: Memory[Standings] = Memory(2)
_sales: Memory[npt.NDArray[np.float64]] = Memory(2)


def register(session: Session) -> Register:
    """All shops as the newest import left them."""
    return _registers.recall(session, "shops", lambda: _read_register(session))


def standings(session: Session, shops_on_record: Register) -> Standings:
    """The newest score of each shop of the register, in its order."""
    question = _newest_score(session)
    return _standings.recall(session, question, lambda: _read_standings(session, shops_on_record))


def monthly_sales(session: Session, shops_on_record: Register) -> npt.NDArray[np.float64]:
    """The median full month of each shop in minor units, as its newest score read it; NaN without one."""
    question = _newest_score(session)
    return _sales.recall(session, question, lambda: _read_sales(session, shops_on_record))


def _newest_score(session: Session) -> tuple[int, int]:
    # The highest number alone would miss a score that was numbered first and committed last.
    count, newest = session.execute(select(func.count(), func.coalesce(func.max(score_runs.c.id), 0))).one()
    return count, newest


def _read_register(session: Session) -> Register:
    own_us = type_coerce(applications.c.consented_at, BigInteger)
    first_consent = (
        select(applications.c.shop_id, func.min(own_us).label("given_us"))
        .where(own_us > consents.taken_back_us(applications.c.shop_id))
        .group_by(applications.c.shop_id)
        .subquery()
    )
    columns = ("id", "name", "shop_ref", "category", "region", "marketplace", "currency")
    statement = select(*(shops.c[name] for name in columns), first_consent.c.given_us).outerjoin_from(
        shops, first_consent, first_consent.c.shop_id == shops.c.id
    )
    said = consents.newest_us(session)
    rows = [(row[1].casefold(), *row) for row in session.execute(statement)]
    rows.sort(key=lambda row: row[:2])
    small, number, _, ref, category, region, marketplace, currency, given_us = (
        zip(*rows, strict=True) if rows else [()] * 9
    )
    category, region, marketplace, currency = (
        pa.array(values, pa.string()).dictionary_encode() for values in (category, region, marketplace, currency)
    )
    return Register(
        shop_id=np.array(number, dtype=np.int64),
        sought=pa.array(
            [f"{name}{BETWEEN}{own.casefold()}" for name, own in zip(small, ref, strict=True)], pa.string()
        ),
        category=category,
        region=region,
        marketplace=marketplace,
        currency=currency,
        consented_us=np.array([NEVER_US if at is None else at for at in given_us], dtype=np.int64),
        said_from_us=np.array([said.get(shop_id, NEVER)[0] for shop_id in number], dtype=np.int64),
        said_until_us=np.array([said.get(shop_id, NEVER)[1] for shop_id in number], dtype=np.int64),
    )


def _newest_of_each(*columns: ColumnElement[Any]) -> Select[Any]:
    newest = select(func.max(score_runs.c.id)).group_by(score_runs.c.shop_id)
    return select(score_runs.c.shop_id, *columns).where(score_runs.c.id.in_(newest))


def _read_standings(session: Session, on_record: Register) -> Standings:
    rows = session.execute(_newest_of_each(score_runs.c.points, score_runs.c.grade)).all()
    points = np.full(len(on_record.shop_id), NO_POINTS)
    grade = np.full(len(on_record.shop_id), NO_GRADE)
    places = _places(on_record, [row.shop_id for row in rows])
    points[places] = [row.points for row in rows]
    grade[places] = [GRADES.index(row.grade) for row in rows]
    return Standings(points, grade)


def _read_sales(session: Session, on_record: Register) -> npt.NDArray[np.float64]:
    rows = session.execute(_newest_of_each(_median_month(session))).all()
    found = np.full(len(on_record.shop_id), np.nan)
    found[_places(on_record, [row[0] for row in rows])] = [np.nan if row[1] is None else row[1] for row in rows]
    return found


def _median_month(session: Session) -> ColumnElement[Any]:
    if session.connection().dialect.name == "sqlite":
        return func.json_extract(score_runs.c.features, "$.median_month_minor")
    return cast(func.json_extract_path_text(cast(score_runs.c.features, JSON), cast("median_month_minor", Text)), Float)


def _places(on_record: Register, shop_ids: Sequence[int]) -> Numbers:
    """Where in the register each of some shops stands."""
    by_number = np.argsort(on_record.shop_id)
    places: Numbers = by_number[np.searchsorted(on_record.shop_id, shop_ids, sorter=by_number)]
    return places
