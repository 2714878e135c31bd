"""Shops: finding one, and what its file says of it. Without consent only its name is given out."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlmodel import Session

from db.tables import Application, ScoreRun, Shop, table_of

shops = table_of(Shop)
applications = table_of(Application)
score_runs = table_of(ScoreRun)


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


def _consented(now: datetime) -> ColumnElement[bool]:
    return exists().where(applications.c.shop_id == shops.c.id, applications.c.consented_at <= now)


def _found(words: str, *, now: datetime, only_consented: bool) -> Select[Any]:
    newest = score_runs.alias("newest")
    latest = select(func.max(newest.c.id)).where(newest.c.shop_id == shops.c.id).scalar_subquery()
    consented = _consented(now)
    statement = select(
        shops.c.id.label("shop_id"),
        shops.c.name.label("shop_name"),
        shops.c.shop_ref,
        case((consented, shops.c.marketplace)).label("marketplace"),
        case((consented, shops.c.category)).label("category"),
        case((consented, shops.c.region)).label("region"),
        case((consented, score_runs.c.grade)).label("grade"),
        case((consented, score_runs.c.points)).label("points"),
        case((consented, 1), else_=0).label("consented"),
    ).outerjoin_from(shops, score_runs, score_runs.c.id == latest)
    if words.strip():
        like = words.strip()
        statement = statement.where(
            or_(shops.c.name.icontains(like, autoescape=True), shops.c.shop_ref.icontains(like, autoescape=True))
        )
    return statement.where(consented) if only_consented else statement


def search(
    session: Session, words: str, *, now: datetime, only_consented: bool = False, page: int = 1, size: int = 20
) -> pd.DataFrame:
    """One page of the shops whose name or number holds the words, by name.

    Returns:
        A row per shop: shop_id, shop_name, shop_ref, marketplace, category, region, grade, points, consented (0, 1);
        without consent all but the name and number are empty.
    """
    statement = _found(words, now=now, only_consented=only_consented).order_by(shops.c.name, shops.c.id)
    rows = session.execute(statement.limit(size).offset((max(page, 1) - 1) * size))
    return pd.DataFrame(rows.all(), columns=list(rows.keys()))


def count(session: Session, words: str, *, now: datetime, only_consented: bool = False) -> int:
    """How many shops `search` has over all its pages."""
    found = _found(words, now=now, only_consented=only_consented).subquery()
    counted: int = session.execute(select(func.count()).select_from(found)).scalar_one()
    return counted


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
