"""The shops among which a shop finds its peers, with their months: one query for all of them."""

import functools
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
from sqlalchemy import func, literal, select, union_all
from sqlmodel import Session

from db import consents
from db.memory import OPEN_FILES, Memory
from db.scope import whole_record
from db.tables import MICROSECOND, Day, SalesDay, Shop, table_of
from lending.moments import midnight
from lending.months import first_of_month
from lending.peers import Alike, Crowd, Peers, find_peers

sales = table_of(SalesDay)
shops = table_of(Shop)

MONTHS = 24
KINDS: tuple[Alike, ...] = ("category", "marketplace")
# However many shops are alike, so many are read: each brings two years of days.
MOST_ALIKE = 500
# A prime, so that those who are taken stand spread over all numbers.
SPREAD = 7919, 1_000_003

# A category is asked for by each of its shops.
_crowds: Memory[Crowd] = Memory(OPEN_FILES)


def peers_of(
    session: Session, shop_id: int, months: pd.DataFrame, *, as_of: date, shown: Sequence[date]
) -> Peers | None:
    """A shop's peers among those of its category and currency, or of its marketplace where the category has too few.

    All of them consented before `as_of`. Of more than 500 as many are looked at, the same each time, spread evenly over
    their numbers. Sales are read from the roll-up alone, so an order cancelled after `as_of` is already missing here.

    Args:
        session: a transaction.
        shop_id: the shop.
        months: its own, of lending.months.monthly.
        as_of: only what happened before this day.
        shown: the first days of the months that are drawn.

    Returns:
        See lending.peers.find_peers; None where fewer than eight shops are like it.
    """
    shop = session.execute(select(shops).where(shops.c.id == shop_id)).one()
    for alike in KINDS:
        what = shop._mapping[alike]
        if what is None:
            continue
        question = alike, what, shop.currency, shop.time_zone, as_of
        # A shop is held against all that are like it, whatever branch they belong to; no shop of them is told.
        with whole_record(session) as everything:
            crowd = _crowds.recall(everything, question, functools.partial(_read, everything, *question))
        rating = shop.rating_hundredths
        found = find_peers(crowd, months, shop_id=shop_id, rating_hundredths=rating, shown=shown)
        if found is not None:
            return found
    return None


def _read(session: Session, alike: Alike, what: str, currency: str, time_zone: str, as_of: date) -> Crowd:
    agreed = consents.opens(shops.c.id, midnight(as_of, time_zone) - MICROSECOND)
    found = session.execute(
        select(shops.c.id, shops.c.rating_hundredths)
        .where(shops.c[alike] == what, shops.c.currency == currency, agreed)
        .order_by(shops.c.id * SPREAD[0] % SPREAD[1], shops.c.id)
        .limit(MOST_ALIKE)
    ).all()
    ids = np.sort(np.array([row.id for row in found], dtype="int64"))
    ratings = {row.id: row.rating_hundredths for row in found}
    starts = [first_of_month(as_of, shift=shift) for shift in range(-MONTHS, 1)]
    gross, refunded = _sums(session, ids, starts)
    begun = _begun(session, ids)
    for place, number in enumerate(ids.tolist()):
        before = [start < begun.get(number, starts[-1]) for start in starts[:-1]]
        gross[place, before] = refunded[place, before] = np.nan
    rated = np.array([np.nan if ratings[number] is None else ratings[number] for number in ids.tolist()])
    return Crowd(alike, tuple(starts[:-1]), ids, gross, refunded, rated.astype("float64"))


def _sums(session: Session, ids: np.ndarray, starts: list[date]) -> tuple[np.ndarray, np.ndarray]:
    """Gross and refunds of each shop in each month; a month without sales is a zero."""
    spans = union_all(
        *(select(literal(first, Day).label("first"), literal(end, Day).label("end")) for first, end in pairwise(starts))
    ).subquery()
    rows = session.execute(
        select(sales.c.shop_id, spans.c.first, func.sum(sales.c.gross_minor), func.sum(sales.c.refunded_minor))
        .join_from(sales, spans, (sales.c.day >= spans.c.first) & (sales.c.day < spans.c.end))
        .where(sales.c.shop_id.in_(ids.tolist()), sales.c.day >= starts[0], sales.c.day < starts[-1])
        .group_by(sales.c.shop_id, spans.c.first)
    )
    months = {first: place for place, first in enumerate(starts[:-1])}
    gross, refunded = np.zeros((len(ids), len(months))), np.zeros((len(ids), len(months)))
    for number, first, sold, back in rows:
        where = np.searchsorted(ids, number), months[first]
        gross[where], refunded[where] = int(sold), int(back)
    return gross, refunded


def _begun(session: Session, ids: np.ndarray) -> dict[int, date]:
    """The first recorded day of each shop, found in the index without reading its other days."""
    first = select(func.min(sales.c.day)).where(sales.c.shop_id == shops.c.id).scalar_subquery()
    rows = session.execute(select(shops.c.id, first).where(shops.c.id.in_(ids.tolist()))).all()
    return {number: day for number, day in rows if day is not None}
