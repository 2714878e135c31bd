"""A shop's record as one thing: what Review and the dossier draw, read together as of a day."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlmodel import Session

from db import buyers, peers, sales, wallets
from db.memory import Memory
from lending.balances import daily_balances
from lending.concentration import largest_buyers
from lending.months import beside_year_before, monthly
from lending.peers import Peers

# Three years: two of them drawn, and the same months a year before behind them.
MONTHS = 36
MONTHS_DRAWN = 24
BALANCE_DAYS = 365


@dataclass(frozen=True, slots=True)
class ShopRecord:
    """Frames of one shop as of one day."""

    as_of: date
    days: pd.DataFrame
    """Of db.sales.sales_days: a row per day with sales or refunds."""
    months: pd.DataFrame
    """Of lending.months.monthly: a row per month of the last three years."""
    year: pd.DataFrame
    """Of lending.months.beside_year_before: the months of the last two years, each beside that of a year before."""
    peers: Peers | None
    """Of lending.peers.find_peers, its band over the months of `year`; None with fewer than eight peers."""
    buyers: pd.DataFrame
    """Of lending.concentration.largest_buyers: the ten largest of the last twelve full months."""
    balances: pd.DataFrame
    """Of lending.balances.daily_balances: a row per day of the last year; empty without balances."""

    @property
    def year_net_minor(self) -> int | None:
        """Net sales of the last twelve full months; None where fewer are on record."""
        year = self.months[self.months["complete"]].tail(12)
        return int(year["net_minor"].sum()) if len(year) == 12 else None

    @property
    def last_day(self) -> date | None:
        """The newest day with sales or refunds."""
        return None if self.days.empty else self.days["day"].iloc[-1].date()


# An officer goes back and forth between a few files, and each click on a file runs its page again.
_records: Memory[ShopRecord] = Memory(64)


def shop_record(session: Session, shop_id: int, *, as_of: date, batch_id: int | None = None) -> ShopRecord:
    """Read a shop's record as of a day.

    Args:
        session: a transaction.
        shop_id: a shop whose consent was checked.
        as_of: only what happened before this day.
        batch_id: sales as they stood after this import; as they stand now with None.
    """
    question = shop_id, as_of, batch_id
    return _records.recall(session, question, lambda: _read(session, shop_id, as_of, batch_id))


def _read(session: Session, shop_id: int, as_of: date, batch_id: int | None) -> ShopRecord:
    days = sales.sales_days(session, shop_id, as_of=as_of, batch_id=batch_id)
    entries = wallets.balance_entries(session, shop_id, as_of=as_of, days=BALANCE_DAYS)
    months = monthly(days, as_of=as_of, months=MONTHS)
    year = beside_year_before(months, months=MONTHS_DRAWN)
    return ShopRecord(
        as_of,
        days,
        months,
        year,
        peers.peers_of(session, shop_id, months, as_of=as_of, shown=list(year["month"])),
        largest_buyers(buyers.sales_by_buyer(session, shop_id, as_of=as_of)),
        daily_balances(entries, as_of=as_of, days=BALANCE_DAYS),
    )
