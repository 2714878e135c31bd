"""Shops: finding one, and what its file says of it. Without consent only its name and number are given out."""

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Select, bindparam, case, func, select
from sqlmodel import Session

from db import consents, shop_register
from db.shop_register import Numbers, Register
from db.tables import GRADES, Application, ScoreRun, Shop, UtcTime, table_of

shops = table_of(Shop)
applications = table_of(Application)
score_runs = table_of(ScoreRun)

Consent = Literal["all", "given", "missing"]
Order = Literal["name", "points", "sales"]

ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ShopsView:
    """What a person wants to see of the shops; an empty text stands for any."""

    search: str = ""
    category: str = ""
    region: str = ""
    marketplace: str = ""
    grades: tuple[str, ...] = ()
    consent: Consent = "all"
    order: Order = "name"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the shops on record can be narrowed to, in alphabetical order."""

    categories: tuple[str, ...]
    regions: tuple[str, ...]
    marketplaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What the shop's own file says."""

    shop_id: int
    shop_ref: str
    name: str
    category: str | None
    region: str | None
    city: str | None
    rural: bool | None
    marketplace: str | None
    owner_ref: str | None
    owner_kind: str | None
    opened_on: date | None
    time_zone: str
    currency: str
    rating_hundredths: int | None
    reviews: int | None
    generated: bool
    consented: bool


def _consented(now: datetime | ColumnElement[Any]) -> ColumnElement[bool]:
    return consents.opens(shops.c.id, now)


def line(session: Session, view: ShopsView, *, now: datetime) -> list[int]:
    """The shops of a view over all its pages, by their numbers, the first in order first.

    Without consent a shop is found by its name and number alone, and stands behind the others where the order would
    tell its figures.
    """
    known = shop_register.register(session)
    consented = known.consented(now)
    kept = np.ones(len(known.shop_id), dtype=bool)
    if words := " ".join(view.search.split()):
        kept &= pc.match_substring(known.sought, words.casefold()).to_numpy(zero_copy_only=False)
    chosen = (known.category, view.category), (known.region, view.region), (known.marketplace, view.marketplace)
    for column, wanted in chosen:
        if wanted:
            kept &= consented & pc.fill_null(pc.equal(column, wanted), False).to_numpy(zero_copy_only=False)  # noqa: FBT003
    if view.grades:
        grade = shop_register.standings(session, known).grade
        kept &= consented & np.isin(grade, [GRADES.index(each) for each in view.grades])
    if view.consent != "all":
        kept &= consented if view.consent == "given" else ~consented
    places = np.flatnonzero(kept)
    numbers: list[int] = known.shop_id[_ordered(session, known, places, consented, view.order)].tolist()
    return numbers


def _ordered(
    session: Session, known: Register, places: Numbers, consented: npt.NDArray[np.bool_], order: Order
) -> Numbers:
    """Places of the register in an order; equals stand by their names, as the register has them."""
    if order == "name":
        return places
    if order == "points":
        figure = shop_register.standings(session, known).points[places].astype(np.float64)
        figure[figure == shop_register.NO_POINTS] = np.nan
        currency = np.zeros(len(places))
    else:
        figure = shop_register.monthly_sales(session, known)[places]
        # Amounts of different currencies are not held against each other.
        currency = pc.rank(known.currency.cast("string"), tiebreaker="min").to_numpy()[places]
    figure = np.where(consented[places], figure, np.nan)
    in_order: Numbers = places[np.lexsort((-figure, currency, np.isnan(figure)))]
    return in_order


def rows(session: Session, numbers: Sequence[int], *, now: datetime) -> pd.DataFrame:
    """Some shops in the order of their numbers.

    Returns:
        A row per shop: shop_id, shop_name, shop_ref, generated, consented (0, 1), marketplace, category, region,
        currency, grade, points, month_minor (the median full month of net sales that the newest score read); all but
        the first five are missing without consent, the last three without a score.
    """
    result = session.execute(_details(), {"numbers": list(numbers), "now": now})
    *names, _ = result.keys()
    place = {number: at for at, number in enumerate(numbers)}
    found = [(*row[:-1], _month_minor(row[-1])) for row in sorted(result, key=lambda row: place[row.shop_id])]
    # As objects: a missing figure would turn the others into fractions.
    return pd.DataFrame(found, columns=[*names, "month_minor"], dtype=object)


def _month_minor(features: str | None) -> int | None:
    value = json.loads(features).get("median_month_minor") if features else None
    return None if value is None else round(value)


@functools.cache
def _details() -> Select[Any]:
    newest = score_runs.alias("newest")
    latest = select(func.max(newest.c.id)).where(newest.c.shop_id == shops.c.id).scalar_subquery()
    consented = _consented(bindparam("now", type_=UtcTime))
    seen = (
        *(shops.c[name] for name in ("marketplace", "category", "region", "currency")),
        *(score_runs.c[name] for name in ("grade", "points", "features")),
    )
    return (
        select(
            shops.c.id.label("shop_id"),
            shops.c.name.label("shop_name"),
            shops.c.shop_ref,
            shops.c.generated,
            case((consented, 1), else_=0).label("consented"),
            *(case((consented, column)).label(column.name) for column in seen),
        )
        .outerjoin_from(shops, score_runs, score_runs.c.id == latest)
        .where(shops.c.id.in_(bindparam("numbers", expanding=True)))
    )


def all_rows(session: Session, numbers: Sequence[int], *, now: datetime) -> Iterator[pd.DataFrame]:
    """The same for a whole line, a part at a time."""
    for start in range(0, len(numbers), ROWS_AT_ONCE):
        yield rows(session, numbers[start : start + ROWS_AT_ONCE], now=now)


def count(session: Session) -> int:
    """How many shops are on record."""
    return len(shop_register.register(session).shop_id)


def choices(session: Session, *, now: datetime) -> Choices:
    """What the shops that consented can be narrowed to."""
    known = shop_register.register(session)
    consented = pa.array(known.consented(now))
    return Choices(*(_named(column.filter(consented)) for column in (known.category, known.region, known.marketplace)))


def _named(column: pa.Array) -> tuple[str, ...]:
    return tuple(sorted(name for name in pc.unique(column.cast("string")).to_pylist() if name))


def facts(session: Session, shop_id: int, *, now: datetime) -> ShopFacts | None:
    """What is known of a shop; None where no shop has this number. Check `consented` before showing more than names."""
    row = session.execute(select(shops, _consented(now).label("consented")).where(shops.c.id == shop_id)).first()
    if row is None:
        return None
    return ShopFacts(
        shop_id=row.id,
        shop_ref=row.shop_ref,
        name=row.name,
        category=row.category,
        region=row.region,
        city=row.city,
        rural=None if row.rural is None else bool(row.rural),
        marketplace=row.marketplace,
        owner_ref=row.owner_ref,
        owner_kind=row.owner_kind,
        opened_on=row.opened_on,
        time_zone=row.time_zone,
        currency=row.currency,
        rating_hundredths=row.rating_hundredths,
        reviews=row.reviews,
        generated=bool(row.generated),
        consented=bool(row.consented),
    )
