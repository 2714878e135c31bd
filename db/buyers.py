"""What each buyer of a shop bought, as of a day."""

from datetime import date

import pandas as pd
from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session

from db.tables import Order, Shop, table_of
from lending.moments import midnight
from lending.months import first_of_month

orders = table_of(Order)
shops = table_of(Shop)


def sales_by_buyer(session: Session, shop_id: int, *, as_of: date, months: int = 12) -> pd.DataFrame:
    """Gross sales of the last full months by buyer, the largest first.

    An order that was cancelled before `as_of` counts nowhere; one without a known buyer counts in none.

    Returns:
        A row per buyer: buyer_ref, orders, gross_minor. Empty for a shop that is known by daily totals only.
    """
    zone = session.execute(select(shops.c.time_zone).where(shops.c.id == shop_id)).scalar_one()
    until = first_of_month(as_of)
    cancelled = and_(
        orders.c.status == "cancelled",
        or_(orders.c.cancelled_at.is_(None), orders.c.cancelled_at < midnight(as_of, zone)),
    )
    counted = case((cancelled, 0), (orders.c.status == "refund", 0), else_=orders.c.gross_minor)
    rows = session.execute(
        select(orders.c.buyer_ref, func.count().label("orders"), func.sum(counted).label("gross_minor"))
        .where(
            orders.c.shop_id == shop_id,
            orders.c.placed_day >= first_of_month(until, shift=-months),
            orders.c.placed_day < until,
            orders.c.buyer_ref.is_not(None),
        )
        .group_by(orders.c.buyer_ref)
        .having(func.sum(counted) > 0)
        .order_by(func.sum(counted).desc(), orders.c.buyer_ref)
    )
    return pd.DataFrame(rows.all(), columns=list(rows.keys())).astype({"orders": "int64", "gross_minor": "int64"})
