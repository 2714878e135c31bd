"""What a shop promised to deliver, and what came late, day by day."""

from datetime import date

import pandas as pd
from sqlalchemy import BigInteger, case, exists, func, or_, select, type_coerce
from sqlmodel import Session

from db import batches
from db.hours import DAY, local_time, zone_of
from db.tables import EPOCH_DAY, Order, table_of
from lending.moments import midnight


def delivery_days(
    session: Session, shop_id: int, *, since: date, as_of: date, batch_id: int | None = None
) -> pd.DataFrame:
    """The deliveries that were promised for each day, by the shop's own calendar, and how many of them came late.

    A delivery is late where it arrived after the promised moment, or had not arrived before `as_of`. Orders cancelled
    before `as_of` count in neither.

    Args:
        session: a transaction.
        shop_id: the shop.
        since: the first day.
        as_of: only promises for days before this one.
        batch_id: the last import that counts; the newest with None.

    Returns:
        A row per day with promises, oldest first: day (datetime64), promised, late (int64).
    """
    zone = zone_of(session, shop_id)
    first, until = midnight(since, zone), midnight(as_of, zone)
    columns = ("placed_day", "status", "cancelled_at", "promised_by", "delivered_at")
    orders = batches.of_shop(Order, columns, shop_id, batch_id)
    on_time = (orders.c.delivered_at <= orders.c.promised_by) & (orders.c.delivered_at < until)
    day = (local_time(orders.c.promised_by, zone, since=first, until=until) // DAY).label("day")
    rows = session.execute(
        select(day, func.count().label("promised"), func.sum(case((on_time, 0), else_=1)).label("late"))
        .where(
            orders.c.promised_by >= first,
            orders.c.promised_by < until,
            # Not by the index of the days: it would lead to each order singly, and most are wanted.
            type_coerce(orders.c.placed_day, BigInteger()) + 0 < (as_of - EPOCH_DAY).days,
            or_(orders.c.status != "cancelled", orders.c.cancelled_at >= until),
        )
        .group_by(day)
        .order_by(day)
    ).all()
    frame = pd.DataFrame(rows, columns=["day", "promised", "late"]).astype("int64")
    return frame.assign(day=pd.to_datetime(frame["day"], unit="D"))


def has_orders(session: Session, shop_id: int) -> bool:
    """Whether single orders are on record; of daily totals alone nobody knows what was cancelled."""
    orders = table_of(Order)
    return bool(session.execute(select(exists().where(orders.c.shop_id == shop_id))).scalar_one())
