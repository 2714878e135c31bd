"""At which hours a shop's orders come, by its own clock."""

from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, case, func, or_, select, type_coerce
from sqlmodel import Session

from db import batches
from db.tables import Order, Shop, table_of
from lending.clocks import offsets
from lending.moments import midnight
from lending.schedule import month_later

shops = table_of(Shop)

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1) // MICROSECOND
DAY = timedelta(days=1) // MICROSECOND
WEEK_HOURS = 7 * 24
# 1970-01-01 was a Thursday, three days after a Monday.
FIRST_WEEKDAY_HOURS = 3 * 24


def zone_of(session: Session, shop_id: int) -> str:
    """The zone of a shop's clocks."""
    zone: str = session.execute(select(shops.c.time_zone).where(shops.c.id == shop_id)).scalar_one()
    return zone


def local_time(moment: ColumnElement[datetime], zone: str, *, since: datetime, until: datetime) -> ColumnElement[int]:
    """A moment as microseconds since 1970-01-01 on the zone's clocks; right from `since` to `until`."""
    stored = type_coerce(moment, BigInteger())
    (_, first), *later = offsets(zone, since=since, until=until)
    shift: ColumnElement[int] | int = first // MICROSECOND
    for change, offset in later:
        shift = case((moment >= change, offset // MICROSECOND), else_=shift)
    return stored + shift


def orders_by_hour(session: Session, shop_id: int, *, as_of: date, batch_id: int | None = None) -> pd.DataFrame:
    """How many orders were placed in each hour of the week, in the twelve months before a day.

    Orders cancelled before `as_of` and refunds tied to no order are left out.

    Args:
        session: a transaction.
        shop_id: the shop.
        as_of: only what happened before this day.
        batch_id: the last import that counts; the newest with None.

    Returns:
        A row per hour with orders: weekday (0 is Monday), hour (0-23), orders (int64). Empty for a shop that is known
        by daily totals only.
    """
    zone = zone_of(session, shop_id)
    first = month_later(as_of, -12)
    since, until = midnight(first, zone), midnight(as_of, zone)
    orders = batches.of_shop(Order, ("placed_at", "placed_day", "status", "cancelled_at"), shop_id, batch_id)
    hours = local_time(orders.c.placed_at, zone, since=since, until=until) // HOUR + FIRST_WEEKDAY_HOURS
    hour = (hours % WEEK_HOURS).label("hour_of_week")
    rows = session.execute(
        select(hour, func.count().label("orders"))
        .where(
            orders.c.placed_day >= first,
            orders.c.placed_day < as_of,
            orders.c.status != "refund",
            or_(orders.c.status != "cancelled", orders.c.cancelled_at >= until),
        )
        .group_by(hour)
        .order_by(hour)
    ).all()
    frame = pd.DataFrame(rows, columns=["hour_of_week", "orders"]).astype("int64")
    week = {"weekday": frame["hour_of_week"] // 24, "hour": frame["hour_of_week"] % 24, "orders": frame["orders"]}
    return pd.DataFrame(week)
