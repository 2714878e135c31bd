"""What buyers gave a shop, day by day."""

from datetime import date

import pandas as pd
from sqlalchemy import BigInteger, func, or_, select, type_coerce
from sqlmodel import Session

from db import batches
from db.hours import DAY, local_time, zone_of
from db.tables import EPOCH_DAY, Order
from lending.moments import midnight


def rating_days(
    session: Session, shop_id: int, *, since: date, as_of: date, batch_id: int | None = None
) -> pd.DataFrame:
    """The ratings of orders by the day on which they were given, by the shop's own calendar.

    A rating without a time of its own counts on the day of its order.

    Args:
        session: a transaction.
        shop_id: the shop.
        since: the first day.
        as_of: only what happened before this day.
        batch_id: the last import that counts; the newest with None.

    Returns:
        A row per day with ratings, oldest first: day (datetime64), reviews, rating_hundredths (int64: their sum).
    """
    zone = zone_of(session, shop_id)
    until = midnight(as_of, zone)
    orders = batches.of_shop(Order, ("placed_day", "rating_hundredths", "reviewed_at"), shop_id, batch_id)
    reviewed = local_time(orders.c.reviewed_at, zone, since=midnight(since, zone), until=until) // DAY
    day = func.coalesce(reviewed, type_coerce(orders.c.placed_day, BigInteger())).label("day")
    rows = session.execute(
        select(day, func.count().label("reviews"), func.sum(orders.c.rating_hundredths).label("rating_hundredths"))
        .where(
            orders.c.rating_hundredths.is_not(None),
            or_(orders.c.reviewed_at.is_(None), orders.c.reviewed_at < until),
            day >= (since - EPOCH_DAY).days,
            day < (as_of - EPOCH_DAY).days,
        )
        .group_by(day)
        .order_by(day)
    ).all()
    frame = pd.DataFrame(rows, columns=["day", "reviews", "rating_hundredths"]).astype("int64")
    return frame.assign(day=pd.to_datetime(frame["day"], unit="D"))
