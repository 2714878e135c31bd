"""Balances of a shop's accounts, day by day, as of a day."""

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from db.tables import Shop, WalletEntry, table_of
from lending.moments import midnight

entries = table_of(WalletEntry)
shops = table_of(Shop)


def daily_balances(session: Session, shop_id: int, *, as_of: date, days: int = 365) -> pd.DataFrame:
    """The balance at the end of each day, by account, carried forward over days without a movement.

    Returns:
        A row per day from the first known balance within the window: day (datetime64) and a column for each
        account that has a balance on record (`wallet`, `fund`, `bank`), in minor units. Empty without balances.
    """
    zone = session.execute(select(shops.c.time_zone).where(shops.c.id == shop_id)).scalar_one()
    rows = session.execute(
        select(entries.c.booked_day, entries.c.account, entries.c.balance_minor)
        .where(
            entries.c.shop_id == shop_id,
            entries.c.booked_at < midnight(as_of, zone),
            entries.c.booked_day >= as_of - timedelta(days=days),
            entries.c.balance_minor.is_not(None),
        )
        .order_by(entries.c.booked_at, entries.c.entry_ref)
    ).all()
    if not rows:
        return pd.DataFrame({"day": pd.Series(dtype="datetime64[us]")})
    frame = pd.DataFrame(rows, columns=["day", "account", "balance_minor"])
    frame["day"] = pd.to_datetime(frame["day"])
    last = frame.groupby(["day", "account"])["balance_minor"].last().unstack()
    every_day = pd.date_range(last.index.min(), as_of - timedelta(days=1), name="day")
    carried = last.reindex(every_day).ffill()
    carried.columns.name = None
    return carried.reset_index()
