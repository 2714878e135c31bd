"""A shop's sales day by day, as they were known on a day: what is drawn, and what an offer is worked out from."""

import functools
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import Session

from db import batches
from db.memory import OPEN_FILES, Memory
from db.tables import Day, Order, SalesDay, Shop, table_of
from lending.moments import midnight
from lending.months import first_of_month

orders = table_of(Order)
sales = table_of(SalesDay)
shops = table_of(Shop)

FIGURES = ("orders", "cancelled_orders", "gross_minor", "refunded_minor")
# The queue's rows change little from click to click.
_months: Memory[pd.DataFrame] = Memory(OPEN_FILES)
ORDER_COLUMNS = ("placed_day", "gross_minor", "refunded_minor", "refunded_day", "status", "cancelled_at")


def sales_days(session: Session, shop_id: int, *, as_of: date, batch_id: int | None = None) -> pd.DataFrame:
    """A shop's days with sales or refunds before a day, each event at its own time.

    An order that was cancelled at or after midnight of as_of was open then, and counts as such.

    Args:
        session: a transaction.
        shop_id: the shop.
        as_of: only days before it, in the shop's zone.
        batch_id: the last import that counts; the newest with None.

    Returns:
        A row per day, oldest first: day (datetime64), orders, cancelled_orders, gross_minor, refunded_minor (int64).

    Source: METRICS.md, net sales; WORKED.md, W21.
    """
    zone = session.execute(select(shops.c.time_zone).where(shops.c.id == shop_id)).scalar_one()
    opened_at = midnight(as_of, zone)
    if batch_id is None or not any(batches.changed_since(session, row, shop_id, batch_id) for row in (Order, SalesDay)):
        statement = _as_rolled_up()
    else:
        statement = _as_it_stood(shop_id, batch_id)
    rows = session.execute(statement, {"shop": shop_id, "opened_at": opened_at, "as_of": as_of}).all()
    columns = zip(*rows, strict=True) if rows else [()] * (1 + len(FIGURES))
    day, *figures = (np.array(column, dtype=np.int64) for column in columns)
    days = day.astype("datetime64[D]").astype("datetime64[s]")
    return pd.DataFrame({"day": days, **dict(zip(FIGURES, figures, strict=True))})


@functools.cache
def _as_rolled_up() -> Select[Any]:
    """The daily roll-up, with the orders open again that were cancelled at opened_at or later."""
    rolled_up = select(sales.c.day, *(sales.c[name] for name in FIGURES)).where(sales.c.shop_id == bindparam("shop"))
    later = (
        orders.c.shop_id == bindparam("shop"),
        orders.c.cancelled_at >= bindparam("opened_at"),
        orders.c.status == "cancelled",
    )
    # Not by the index of the days: it would lead to every order, and few were cancelled so late.
    placed_day = type_coerce(type_coerce(orders.c.placed_day, BigInteger()) + 0, Day).label("placed_day")
    reopened = select(placed_day, *(orders.c[name] for name in ORDER_COLUMNS[1:])).where(*later).subquery()
    return _by_day(rolled_up, *_movements(reopened, was_cancelled=literal(0), counted_cancelled=literal(-1)))


def _as_it_stood(shop_id: int, batch_id: int) -> Select[Any]:
    """The same, added up from the single orders as they stood after a batch."""
    totals = batches.after(SalesDay, ("day", "source", *FIGURES), batch_id, shop_ids=[shop_id])
    single = batches.after(Order, ORDER_COLUMNS, batch_id, shop_ids=[shop_id])
    known = (single.c.status == "cancelled") & func.coalesce(single.c.cancelled_at < bindparam("opened_at"), True)
    cancelled = case((known, 1), else_=0)
    given = select(totals.c.day, *(totals.c[name] for name in FIGURES)).where(totals.c.source == "totals")
    return _by_day(given, *_movements(single, was_cancelled=cancelled, counted_cancelled=cancelled))


def _movements(
    rows: FromClause, *, was_cancelled: ColumnElement[int], counted_cancelled: ColumnElement[int]
) -> list[Select[Any]]:
    """What each order adds to the day it was placed, and what its refund adds to the day of the refund."""
    sold = case((rows.c.status == "refund", 0), else_=1 - was_cancelled)
    placed = select(
        rows.c.placed_day, sold, counted_cancelled, rows.c.gross_minor * (1 - was_cancelled), literal(0, Integer)
    )
    refunded = select(
        rows.c.refunded_day, literal(0, Integer), literal(0, Integer), literal(0, Integer), rows.c.refunded_minor
    ).where(was_cancelled == 0, rows.c.refunded_minor > 0)
    return [placed, refunded]


def _by_day(*parts: Select[Any]) -> Select[Any]:
    """The sums of each day before as_of, the day as the whole number that is stored."""
    day, *figures = union_all(*parts).subquery().c
    sums = [func.sum(figure).label(name) for figure, name in zip(figures, FIGURES, strict=True)]
    number = type_coerce(day, BigInteger()).label("number")
    return select(number, *sums).where(day < bindparam("as_of")).group_by(day).order_by(day)  # type: ignore[return-value]


def monthly_net(session: Session, shop_ids: Sequence[int], *, as_of: date, months: int) -> pd.DataFrame:
    """Net sales of several shops by full month, in one query: the small lines of a list.

    Read from the roll-up alone, so an order cancelled after `as_of` is already missing here.

    Returns:
        A row per shop and month, oldest first: shop_id, month (date), net_minor. A month without sales is a zero.
    """
    question = tuple(shop_ids), as_of, months
    return _months.recall(session, question, lambda: _read_months(session, *question))


def _read_months(session: Session, shop_ids: Sequence[int], as_of: date, months: int) -> pd.DataFrame:
    starts = [first_of_month(as_of, shift=shift) for shift in range(-months, 1)]
    spans = union_all(
        *(select(literal(first, Day).label("first"), literal(end, Day).label("end")) for first, end in pairwise(starts))
    ).subquery()
    rows = session.execute(
        select(sales.c.shop_id, spans.c.first, func.sum(sales.c.gross_minor - sales.c.refunded_minor))
        .join_from(sales, spans, (sales.c.day >= spans.c.first) & (sales.c.day < spans.c.end))
        .where(sales.c.shop_id.in_(shop_ids), sales.c.day >= starts[0], sales.c.day < starts[-1])
        .group_by(sales.c.shop_id, spans.c.first)
    )
    found = {(shop_id, first): int(net) for shop_id, first, net in rows}
    every = [(shop_id, first, found.get((shop_id, first), 0)) for shop_id in shop_ids for first in starts[:-1]]
    return pd.DataFrame(every, columns=["shop_id", "month", "net_minor"])
