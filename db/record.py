"""A shop's record as one thing: what Review and the dossier draw, read together as of a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlmodel import Session

from db import batches, buyers, peers, sales, wallets
from db.deliveries import delivery_days, has_orders
from db.hours import orders_by_hour
from db.loan_histories import history_of
from db.memory import OPEN_FILES, Memory
from db.ratings import rating_days
from db.tables import Order
from lending.balances import daily_balances
from lending.concentration import Concentration, concentration, largest_buyers
from lending.months import beside_year_before, first_of_month, monthly
from lending.peers import Peers
from lending.repayment_history import History
from lending.service import monthly_deliveries, monthly_ratings
from lending.signs import Sign, vital_signs
from lending.week import Week, week_of

# Three years: two of them drawn, and the same months a year before behind them.
MONTHS = 36
MONTHS_DRAWN = 24
# The close of the last day of two years, and that of the day before them.
BALANCE_DAYS = 731
MOVED_DAYS = 365


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
    """Of lending.balances.daily_balances: a row per day of the last two years; empty without balances."""
    moved_minor: Mapping[str, int]
    """Of db.wallets.moved_by_kind, of a year."""
    concentration: Concentration
    """Of all its buyers of the last twelve full months."""
    ratings: pd.DataFrame
    """Of lending.service.monthly_ratings, over the finished months of `year`."""
    deliveries: pd.DataFrame
    """Of lending.service.monthly_deliveries, over the finished months of `year`."""
    week: Week
    """Of lending.week.week_of: the orders of the last twelve months by weekday and hour."""
    signs: tuple[Sign, ...]
    """Of lending.signs.vital_signs: refunds, rating, late deliveries and wallet, in this order."""
    history: History
    """Of lending.repayment_history: the loans that the shop had with us."""

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
_records: Memory[ShopRecord] = Memory(OPEN_FILES)


def shop_record(session: Session, shop_id: int, *, as_of: date, batch_id: int | None = None) -> ShopRecord:
    """Read a shop's record as of a day.

    Args:
        session: a transaction.
        shop_id: a shop whose consent was checked.
        as_of: only what happened before this day.
        batch_id: the shop's own record as it stood after this import; as it stands now with None. Its peers are read
            as they stand now.
    """
    question = shop_id, as_of, batch_id
    return _records.recall(session, question, lambda: _read(session, shop_id, as_of, batch_id))


def _read(session: Session, shop_id: int, as_of: date, batch_id: int | None) -> ShopRecord:
    days = sales.sales_days(session, shop_id, as_of=as_of, batch_id=batch_id)
    months = monthly(days, as_of=as_of, months=MONTHS)
    year = beside_year_before(months, months=MONTHS_DRAWN)
    shown = [month.date() for month in year["month"]]
    finished = [month for month in shown if first_of_month(month, shift=1) <= as_of]
    held = wallets.balance_entries(session, shop_id, as_of=as_of, days=BALANCE_DAYS, batch_id=batch_id)
    balances = daily_balances(held, as_of=as_of, days=BALANCE_DAYS)
    orders_after = batch_id
    if batch_id is not None and not batches.changed_since(session, Order, shop_id, batch_id):
        orders_after = None
    by_buyer = buyers.sales_by_buyer(session, shop_id, as_of=as_of, batch_id=orders_after)
    since = shown[0] if shown else as_of
    reviews = rating_days(session, shop_id, since=since, as_of=as_of, batch_id=orders_after)
    ratings = monthly_ratings(reviews, months=finished)
    promises = delivery_days(session, shop_id, since=since, as_of=as_of, batch_id=orders_after)
    single_orders = has_orders(session, shop_id)
    deliveries = monthly_deliveries(promises, days, months=finished, single_orders=single_orders)
    return ShopRecord(
        as_of=as_of,
        days=days,
        months=months,
        year=year,
        peers=peers.peers_of(session, shop_id, months, as_of=as_of, shown=shown),
        buyers=largest_buyers(by_buyer),
        balances=balances,
        moved_minor=wallets.moved_by_kind(session, shop_id, as_of=as_of, days=MOVED_DAYS, batch_id=batch_id),
        concentration=concentration(by_buyer),
        ratings=ratings,
        deliveries=deliveries,
        week=week_of(orders_by_hour(session, shop_id, as_of=as_of, batch_id=orders_after)),
        signs=vital_signs(year, ratings, deliveries, balances, as_of=as_of),
        history=history_of(session, shop_id, as_of=as_of, batch_id=batch_id),
    )
