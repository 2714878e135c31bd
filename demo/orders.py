"""The orders of one shop: when, by whom, how much, how it was delivered, what came back, how many stars.

All times are the shop's own clock (numpy datetime64, seconds); amounts are whole minor units. The file is taken at
midnight at the start of `as_of`: what happened later is not in it, and what was under way is an open order.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo import seasons
from demo.seasons import Days, Numbers, Whole
from demo.shops import DAYS_A_MONTH, Shop, level, turn

Moments = npt.NDArray[np.datetime64]

NEVER = np.datetime64("NaT", "s")
HOUR = 3_600
DAY = 24 * HOUR

# How often an order is placed in each hour of the day.
HOURS = np.array([14, 7, 4, 3, 2, 3, 7, 15, 28, 44, 56, 54, 50, 50, 52, 52, 50, 46, 46, 54, 68, 74, 58, 30]) / 867

# One to five stars on a parcel in time and on a late one: means 4.3 and 2.5, one or two stars 10 % and 57 %.
STARS_IN_TIME = np.array([0.08, 0.02, 0.06, 0.18, 0.66])
STARS_LATE = np.array([0.48, 0.09, 0.11, 0.12, 0.20])
REVIEWED_SHARE = 0.45

PAYOUT_HOUR = 6
FULL_REFUND_SHARE = 0.75
FREE_REFUND_SHARE = 0.002

COLUMNS = (
    "placed_at", "buyer", "gross_minor", "refunded_minor", "refunded_at", "fees_minor", "status", "cancelled_at",
    "settled_at", "promised_by", "delivered_at", "rating", "reviewed_at",
)  # fmt: skip


def orders_of(shop: Shop, days: Days, *, seed: int, as_of: date) -> pd.DataFrame:
    """The shop's own orders over the days on which it was open, by time.

    Returns:
        A row per order: `placed_at`, `refunded_at`, `cancelled_at`, `settled_at`, `promised_by`, `delivered_at`,
        `reviewed_at` (datetime64, local; missing where it did not happen before `as_of`), `buyer` (int),
        `gross_minor`, `refunded_minor`, `fees_minor` (int), `status`, `rating` (1-5, 0 for none).
    """
    rng = shop.generator(seed, "orders")
    days = _open_days(shop, days)
    placed_at = _placed(shop, days, rng, as_of=as_of)
    orders = pd.DataFrame({"placed_at": placed_at})
    orders["buyer"] = _buyers(shop, len(orders), rng)
    orders["gross_minor"] = _amounts(shop, len(orders), rng)
    strain = np.maximum(0.0, -turn(shop, placed_at.astype("datetime64[D]"), as_of=as_of))
    _deliver(orders, shop, strain, rng)
    _rate(orders, shop, strain, rng)
    _refund(orders, shop, strain, rng)
    _cancel(orders, shop, rng)
    orders["fees_minor"] = np.rint(orders["gross_minor"] * shop.fee_share).astype(np.int64)
    orders = pd.concat([orders, _free_refunds(orders, shop, rng)], ignore_index=True)
    return as_known(orders, as_of=as_of)


def as_known(orders: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """The orders as a file taken at the start of that day shows them, by time: nothing later is in it."""
    midnight = np.datetime64(as_of, "s")
    known = orders[orders["placed_at"] < midnight].sort_values("placed_at", kind="stable", ignore_index=True)
    for column in ("refunded_at", "cancelled_at", "settled_at", "delivered_at", "reviewed_at"):
        known[column] = known[column].where(known[column] < midnight)
    known["refunded_minor"] = known["refunded_minor"].where(known["refunded_at"].notna(), 0)
    known["rating"] = known["rating"].where(known["reviewed_at"].notna(), 0)
    status = np.where(known["delivered_at"].notna(), "completed", "open")
    status = np.where(known["cancelled_at"].notna(), "cancelled", status)
    known["status"] = np.where(known["gross_minor"] == 0, "refund", status)
    known["fees_minor"] = known["fees_minor"].where(known["status"] != "cancelled", 0)
    return known[list(COLUMNS)]


def settle(delivered_at: Moments, rng: np.random.Generator) -> Moments:
    """The platform pays each morning for the parcels whose buyers have confirmed, one to seven days after delivery."""
    confirmed = later(delivered_at, rng.uniform(1, 7, len(delivered_at)) * DAY)
    return later(
        (confirmed.astype("datetime64[D]") + 1).astype("datetime64[s]"), np.full(len(confirmed), PAYOUT_HOUR * HOUR)
    )


def _open_days(shop: Shop, days: Days) -> Days:
    days = days[days >= np.datetime64(shop.opened_on, "D")]
    return days if shop.closed_on is None else days[days < np.datetime64(shop.closed_on, "D")]


def _placed(shop: Shop, days: Days, rng: np.random.Generator, *, as_of: date) -> Moments:
    """Moments of the orders: expected number by size, season, level and the luck of the month; Poisson in a day."""
    expected = shop.monthly_sales / shop.ticket / DAYS_A_MONTH
    pattern = seasons.sales_pattern(days, shop.category, closes_at_new_year=shop.closes_at_new_year)
    luck = _months_luck(shop, days, rng)
    daily_luck = rng.gamma(8, 1 / 8, len(days))
    counts = rng.poisson(expected * pattern * np.exp(level(shop, days, as_of=as_of) + luck) * daily_luck)
    placed_on = np.repeat(days, counts).astype("datetime64[s]")
    hours = rng.choice(24, size=len(placed_on), p=HOURS)
    return np.sort(later(placed_on, hours * HOUR + rng.integers(0, HOUR, len(placed_on))))


def _months_luck(shop: Shop, days: Days, rng: np.random.Generator) -> Numbers:
    """The log of good and bad months: each remembers half of the one before, and they pass into each other."""
    month = days.astype("datetime64[M]").astype(np.int64)
    if not len(month):
        return np.zeros(0)
    shocks = rng.standard_normal(int(month[-1] - month[0]) + 2) * shop.swing
    luck = np.zeros(len(shocks))
    luck[0] = shocks[0]
    for place in range(1, len(shocks)):
        luck[place] = 0.5 * luck[place - 1] + shocks[place] * 0.75**0.5
    middle = (days - days[0]).astype(np.int64) / DAYS_A_MONTH
    smooth: Numbers = np.interp(middle, np.arange(len(luck)), luck) - shop.swing**2 / 2
    return smooth


def _buyers(shop: Shop, count: int, rng: np.random.Generator) -> Whole:
    """Who bought: one of a few firms, the first of them most; or else somebody of the public.

    The public is somebody new, or the buyer of an earlier order, so that few buyers come often and most once.

    Source: the process of Simon, "On a class of skew distribution functions", Biometrika 42 (1955).
    """
    if shop.trade_buyers:
        firms = 1 / np.arange(1, rng.integers(10, 31))
        chosen: Whole = rng.choice(len(firms), size=count, p=firms / firms.sum())
        return chosen
    places = np.arange(count)
    earlier = np.floor(rng.random(count) * places).astype(np.int64)
    source = np.where((rng.random(count) < shop.repeat_share) & (places > 0), earlier, places)
    while not np.array_equal(source, source[source]):
        source = source[source]
    numbered: Whole = np.unique(source, return_inverse=True)[1].astype(np.int64)
    return numbered


def _amounts(shop: Shop, count: int, rng: np.random.Generator) -> Whole:
    """What the buyer paid, in minor units: a price of the catalogue, pieces, postage, sometimes a voucher."""
    pieces = rng.geometric(0.18 if shop.trade_buyers else 0.76, count)
    usual_pieces = 1 / (0.18 if shop.trade_buyers else 0.76)
    catalogue = shop.ticket / usual_pieces * np.exp(0.5 * rng.standard_normal(rng.integers(14, 48)) - 0.125)
    endings = rng.choice((0, -10, -50, 90), size=len(catalogue), p=(0.4, 0.3, 0.1, 0.2))
    prices = np.maximum(np.rint(catalogue).astype(np.int64) * 100 + endings, 490)
    wanted = rng.dirichlet(np.full(len(prices), 0.8))
    postage = rng.choice((0, 600, 800, 1_000, 1_200), size=count, p=(0.55, 0.12, 0.13, 0.12, 0.08))
    price = prices[rng.choice(len(prices), size=count, p=wanted)] * pieces
    voucher = np.where(rng.random(count) < 0.3, rng.integers(1, 13, count) * price // 10_000 * 100, 0)
    paid: Whole = np.maximum(price + postage - voucher, 100)
    return paid


def _deliver(orders: pd.DataFrame, shop: Shop, strain: Numbers, rng: np.random.Generator) -> None:
    """Adds `promised_by`, `delivered_at`, `late` and `settled_at`."""
    placed_at = orders["placed_at"].to_numpy()
    placed_on = placed_at.astype("datetime64[D]")
    promised_on = placed_on + rng.choice((3, 4, 5, 6), size=len(orders), p=(0.3, 0.35, 0.2, 0.15))
    promised_by = promised_on.astype("datetime64[s]") + (DAY - 1)
    chance = np.clip(shop.late_share * seasons.strained(placed_on) * (1 + 2 * strain), 0, 0.7)
    late = rng.random(len(orders)) < chance
    given = (promised_by - placed_at).astype(np.int64)
    in_time = rng.beta(5, 3, len(orders)) * 0.97 * given
    orders["promised_by"] = promised_by
    orders["delivered_at"] = later(
        placed_at, np.where(late, given + DAY * (0.1 + rng.exponential(2, len(orders))), in_time)
    )
    orders["late"] = late
    orders["settled_at"] = settle(orders["delivered_at"].to_numpy(), rng)


def _rate(orders: pd.DataFrame, shop: Shop, strain: Numbers, rng: np.random.Generator) -> None:
    """Adds `rating` and `reviewed_at`: many fives, few ones, and the ones mostly for late parcels."""
    tilt = shop.star_tilt - 0.25 * strain
    usual = np.where(orders["late"].to_numpy()[:, None], STARS_LATE, STARS_IN_TIME)
    chances = usual * np.exp(tilt[:, None] * (np.arange(5) - 3.2))
    cumulated = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    drawn = rng.random(len(orders))[:, None]
    orders["rating"] = 1 + (drawn > cumulated[:, :4]).sum(axis=1)
    after = rng.exponential(2.5 * DAY, len(orders)) + HOUR
    reviewed = rng.random(len(orders)) < REVIEWED_SHARE
    orders["reviewed_at"] = np.where(reviewed, later(orders["delivered_at"].to_numpy(), after), NEVER)


def _refund(orders: pd.DataFrame, shop: Shop, strain: Numbers, rng: np.random.Generator) -> None:
    """Adds `refunded_minor` and `refunded_at`: by category, more after 11.11, more often for late parcels."""
    placed_at = orders["placed_at"].to_numpy()
    late = orders["late"].to_numpy()
    since = seasons.days_since(placed_at, 11, 11)
    festival = (since >= -1) & (since <= 1)
    own_level = shop.refund_share / shop.category.refund_share
    share = np.where(festival, shop.category.refund_share_after_1111 * own_level, shop.refund_share)
    chance = share / (FULL_REFUND_SHARE + 0.4 * (1 - FULL_REFUND_SHARE)) * np.where(late, 2.0, 0.92) * (1 + strain)
    refunded = rng.random(len(orders)) < np.minimum(chance, 0.85)
    gross = orders["gross_minor"].to_numpy()
    part = np.where(rng.random(len(orders)) < FULL_REFUND_SHARE, 1.0, rng.uniform(0.2, 0.6, len(orders)))
    orders["refunded_minor"] = np.where(refunded, np.maximum(1, np.rint(gross * part)).astype(np.int64), 0)
    waited = np.where(festival, rng.uniform(8, 17, len(orders)), 1 + rng.exponential(4, len(orders)))
    refunded_on = later(orders["delivered_at"].to_numpy(), waited * DAY).astype("datetime64[D]")
    office_hours = 9 * HOUR + rng.integers(0, 9 * HOUR, len(orders))
    refunded_at = later(refunded_on.astype("datetime64[s]"), office_hours)
    orders["refunded_at"] = np.where(refunded, refunded_at, NEVER)
    returned = refunded & (part == 1.0) & (refunded_at < orders["settled_at"].to_numpy())
    orders["settled_at"] = np.where(returned, NEVER, orders["settled_at"].to_numpy())


def _cancel(orders: pd.DataFrame, shop: Shop, rng: np.random.Generator) -> None:
    """Adds `cancelled_at`; a cancelled order is neither delivered nor paid, refunded or reviewed."""
    cancelled = rng.random(len(orders)) < shop.cancelled_share
    after = rng.exponential(14 * HOUR, len(orders)) + 300
    orders["cancelled_at"] = np.where(cancelled, later(orders["placed_at"].to_numpy(), after), NEVER)
    for column in ("delivered_at", "settled_at", "refunded_at", "reviewed_at"):
        orders[column] = np.where(cancelled, NEVER, orders[column].to_numpy())


def _free_refunds(orders: pd.DataFrame, shop: Shop, rng: np.random.Generator) -> pd.DataFrame:
    """Goodwill payments tied to no order of the file: nothing bought, something paid back."""
    count = rng.binomial(len(orders), FREE_REFUND_SHARE)
    free = orders.iloc[np.sort(rng.choice(len(orders), size=count, replace=False))][["placed_at", "buyer"]].copy()
    office_hours = 9 * HOUR + rng.integers(0, 9 * HOUR, count)
    paid_on = free["placed_at"].to_numpy().astype("datetime64[D]") + rng.integers(10, 40, count)
    free["placed_at"] = free["refunded_at"] = later(paid_on.astype("datetime64[s]"), office_hours)
    free["refunded_minor"] = np.rint(shop.ticket * rng.uniform(0.1, 0.4, count)).astype(np.int64) * 100
    free[["gross_minor", "fees_minor", "rating"]] = 0
    for column in ("cancelled_at", "settled_at", "promised_by", "delivered_at", "reviewed_at"):
        free[column] = np.full(count, NEVER)
    return free


def later(moments: Moments, seconds: Numbers | Whole) -> Moments:
    """Each moment so many seconds later."""
    moved: Moments = moments.astype("datetime64[s]") + np.asarray(seconds).astype(np.int64).astype("timedelta64[s]")
    return moved
