"""What each buyer of a shop bought, as of a day."""

from datetime import date

import pandas as pd
from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session

from db import batches
from db.hours import zone_of
from db.tables import Order
from lending.moments import midnight
from lending.months import first_of_month


def sales_by_buyer(
    session: Session, shop_id: int, *, as_of: date, months: int = 12, batch_id: int | None = None
) -> pd.DataFrame:
    """Gross sales of the last full months by buyer, the largest first.

    An order that was cancelled before `as_of` counts nowhere; one without a known buyer counts in none.

    Args:
        session: a transaction.
        shop_id: the shop.
        as_of: only what happened before this day.
        months: how many full months to go back.
        batch_id: the last import that counts; the newest with None.

    Returns:
        A row per buyer: buyer_ref, orders, gross_minor. Empty for a shop that is known by daily totals only.
    """
    until = first_of_month(as_of)
    columns = ("placed_day", "buyer_ref", "gross_minor", "status", "cancelled_at")
    orders = batches.of_shop(Order, columns, shop_id, batch_id)
    cancelled = and_(
        orders.c.status == "cancelled",
        or_(orders.c.cancelled_at.is_(None), orders.c.cancelled_at < midnight(as_of, zone_of(session, shop_id))),
    )
    counted = case((cancelled, 0), (orders.c.status == "refund", 0), else_=orders.c.gross_minor)
    rows = session.execute(
        select(orders.c.buyer_ref, func.count().label("orders"), func.sum(counted).label("gross_minor"))
        .where(
            orders.c.placed_day >= first_of_month(until, shift=-months),
            orders.c.placed_day < until,
            orders.c.buyer_ref.is_not(None),
        )
        .group_by(orders.c.buyer_ref)
        .having(func.sum(counted) > 0)
        .order_by(func.sum(counted).desc(), orders.c.buyer_ref)
    )
    # As bare tuples: pandas asks each of SQLAlchemy's rows what it is, and a large shop has many thousands of buyers.
    frame = pd.DataFrame(map(tuple, rows), columns=list(rows.keys()))
    return frame.astype({"orders": "int64", "gross_minor": "int64"})
