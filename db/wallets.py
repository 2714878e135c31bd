"""Entries of a shop's wallet, fund and bank accounts, as of a day."""

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import and_, exists, func, or_, select
from sqlmodel import Session

from db import batches
from db.hours import zone_of
from db.tables import WalletEntry
from lending.moments import midnight


def balance_entries(
    session: Session, shop_id: int, *, as_of: date, days: int, batch_id: int | None = None
) -> pd.DataFrame:
    """The entries of the last days that name a balance, and the last one before them of each account.

    Of a fund that names no balance all entries are there, since only all of them together tell what it holds.

    Args:
        session: a transaction.
        shop_id: the shop.
        as_of: only entries booked before this day.
        days: how many days to go back.
        batch_id: the last import that counts; the newest with None.

    Returns:
        A row per entry in the order of booking, as lending.balances.daily_balances takes them: booked_day
        (datetime64), account, balance_minor (float64), amount_minor (int64).
    """
    zone = zone_of(session, shop_id)
    columns = ("entry_ref", "booked_at", "booked_day", "account", "balance_minor", "amount_minor")
    entries = batches.of_shop(WalletEntry, columns, shop_id, batch_id)
    until, since = midnight(as_of, zone), midnight(as_of - timedelta(days=days), zone)
    of_shop = (entries.c.balance_minor.is_not(None), entries.c.booked_at < until)
    opening = (
        select(entries.c.account, func.max(entries.c.booked_at).label("booked_at"))
        .where(*of_shop, entries.c.booked_at < since)
        .group_by(entries.c.account)
        .subquery()
    )
    nameless = entries.alias("nameless")
    of_fund = (nameless.c.account == "fund", nameless.c.balance_minor.is_(None), nameless.c.booked_at < until)
    opens = (entries.c.account == opening.c.account) & (entries.c.booked_at == opening.c.booked_at)
    rows = session.execute(
        select(*(entries.c[name] for name in columns[2:]))
        .outerjoin_from(entries, opening, opens)
        .where(or_(
            and_(*of_shop, or_(entries.c.booked_at >= since, opening.c.account.is_not(None))),
            and_(entries.c.account == "fund", entries.c.booked_at < until, exists().where(*of_fund)),
        ))
        .order_by(entries.c.booked_at, entries.c.entry_ref)
    )  # fmt: skip
    frame = pd.DataFrame(rows.all(), columns=list(columns[2:]))
    return frame.astype({"booked_day": "datetime64[s]", "balance_minor": "float64", "amount_minor": "int64"})


def moved_by_kind(
    session: Session, shop_id: int, *, as_of: date, days: int, batch_id: int | None = None
) -> dict[str, int]:
    """What came in (above zero) and went out by each kind of entry of the wallet, in minor units, the largest first.

    Args:
        session: a transaction.
        shop_id: the shop.
        as_of: only entries booked before this day.
        days: how many days to go back.
        batch_id: the last import that counts; the newest with None.
    """
    zone = zone_of(session, shop_id)
    entries = batches.of_shop(WalletEntry, ("booked_at", "account", "kind", "amount_minor"), shop_id, batch_id)
    moved = func.sum(entries.c.amount_minor)
    rows = session.execute(
        select(entries.c.kind, moved)
        .where(
            entries.c.account == "wallet", entries.c.booked_at < midnight(as_of, zone),
            entries.c.booked_at >= midnight(as_of - timedelta(days=days), zone),
        )
        .group_by(entries.c.kind)
        .order_by(func.abs(moved).desc(), entries.c.kind)
    )  # fmt: skip
    return {kind: int(minor) for kind, minor in rows}
