"""The orders of some shops: when, by whom, how much, how they were delivered, what came back, how many stars.

All times are the shop's own clock (numpy datetime64, seconds); amounts are whole minor units. The file is taken at
midnight at the start of `as_of`: what happened later is not in it, and what was under way is an open order.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo import courses, seasons
from demo.seasons import Days, Numbers, Whole
from demo.shops import Shop, generator, habit
from lending.records import ORDER_STATUSES

Moments = npt.NDArray[np.datetime64]

NEVER = np.datetime64("NaT", "s")
HOUR = 3_600
DAY = 24 * HOUR

# How often an order is placed in each hour of the day.
HOURS = (14, 7, 4, 3, 2, 3, 7, 15, 28, 44, 56, 54, 50, 50, 52, 52, 50, 46, 46, 54, 68, 74, 58, 30)

# One to five stars on a parcel in time and on a late one: means 4.3 and 2.5, one or two stars 10 % and 57 %.
STARS_IN_TIME = np.array([0.07, 0.02, 0.06, 0.18, 0.67])
STARS_LATE = np.array([0.42, 0.09, 0.11, 0.13, 0.25])
REVIEWED_SHARE = 0.45

PAYOUT_WEEKDAYS = (1, 4)
PAYOUT_HOUR = 6
FULL_REFUND_SHARE = 0.75
FREE_REFUND_SHARE = 0.002
MOST_FIRMS = 30
PRODUCTS = (14, 48)

COLUMNS = (
    "shop", "placed_at", "buyer", "gross_minor", "refunded_minor", "refunded_at", "fees_minor", "status",
    "cancelled_at", "settled_at", "promised_by", "delivered_at", "rating", "reviewed_at",
)  # fmt: skip


def orders_of(shops: Sequence[Shop], days: Days, *, seed: int, as_of: date) -> pd.DataFrame:
    """The shops' own orders over the days on which they were open, before anything of them is hidden.

    Args:
        shops: with consecutive numbers.
        days: over which the orders are told.
        seed: of the marketplace.
        as_of: the day on which the demo stands.

    Returns:
        A row per order, by shop and time, and behind them the refunds tied to no order: `shop` (number), `placed_at`,
        `refunded_at`, `cancelled_at`, `settled_at`, `promised_by`, `delivered_at`, `reviewed_at` (datetime64, local;
        missing where it never happens), `buyer` (int), `gross_minor`, `refunded_minor`, `fees_minor` (int), `rating`
        (1-5).
    """
    rng = generator(shops, seed, "orders")
    place, placed_at = _placed(shops, days, rng, seed=seed, as_of=as_of)
    orders = pd.DataFrame({"shop": place + shops[0].number, "placed_at": placed_at})
    orders["buyer"] = _buyers(shops, place, rng)
    orders["gross_minor"] = _amounts(shops, place, rng)
    day = (placed_at.astype("datetime64[D]") - days[0]).astype(np.int64)
    strain = np.maximum(0.0, -courses.turns(shops, days, as_of=as_of))[place, day]
    slow = seasons.strained(days)[day]
    _deliver(orders, habit(shops, "late_share")[place] * slow * (1 + 2 * strain), rng)
    _rate(orders, habit(shops, "star_tilt")[place] - 0.25 * strain, rng)
    _refund(orders, _refund_shares(shops, place, placed_at) * (1 + strain), rng)
    _cancel(orders, habit(shops, "cancelled_share")[place], rng)
    orders["fees_minor"] = np.rint(orders["gross_minor"] * habit(shops, "fee_share")[place]).astype(np.int64)
    return pd.concat([orders, _free_refunds(orders, habit(shops, "ticket")[place], rng)], ignore_index=True)


def as_known(orders: pd.DataFrame, *, as_of: date) -> pd.DataFrame:
    """The orders as a file taken at the start of that day shows them, by shop and time: nothing later is in it."""
    midnight = np.datetime64(as_of, "s")
    known = orders[orders["placed_at"] < midnight]
    known = known.iloc[np.lexsort((known["placed_at"].to_numpy(), known["shop"].to_numpy()))].reset_index(drop=True)
    for column in ("refunded_at", "cancelled_at", "settled_at", "delivered_at", "reviewed_at"):
        known[column] = known[column].where(known[column] < midnight)
    known["refunded_minor"] = known["refunded_minor"].where(known["refunded_at"].notna(), 0)
    known["rating"] = known["rating"].where(known["reviewed_at"].notna(), 0)
    known["status"] = _statuses(known)
    known["fees_minor"] = known["fees_minor"].where(known["status"] != "cancelled", 0)
    return known[list(COLUMNS)]


def _statuses(known: pd.DataFrame) -> "pd.Categorical[str]":
    completed, still_open, cancelled, refund = range(len(ORDER_STATUSES))
    codes = np.where(known["delivered_at"].notna(), completed, still_open)
    codes = np.where(known["cancelled_at"].notna(), cancelled, codes)
    codes = np.where(known["gross_minor"] == 0, refund, codes)
    return categorical(codes, ORDER_STATUSES)


def categorical(codes: Whole, values: tuple[str, ...]) -> "pd.Categorical[str]":
    """A column that holds few texts many times, from their places in the list."""
    return pd.Categorical.from_codes(codes.astype(np.int8), categories=pd.Index(values))


def settle(delivered_at: Moments, rng: np.random.Generator) -> Moments:
    """The platform pays twice a week for the parcels whose buyers have confirmed, one to seven days after delivery."""
    confirmed_on = later(delivered_at, rng.uniform(1, 7, len(delivered_at)) * DAY).astype("datetime64[D]")
    first, second = PAYOUT_WEEKDAYS
    weekday = seasons.weekday(confirmed_on)
    # The first payday after the day of confirmation.
    waiting = np.where(weekday < first, first - weekday, np.where(weekday < second, second, 7 + first) - weekday)
    return later(confirmed_on.astype("datetime64[s]"), waiting * DAY + PAYOUT_HOUR * HOUR)


def choose(rng: np.random.Generator, count: int, shares: Sequence[float]) -> Whole:
    """That many draws of a place in the list of shares, which need not sum to 1."""
    edges = np.cumsum(shares) / np.sum(shares)
    return np.searchsorted(edges[:-1], rng.random(count), side="right")


def _placed(
    shops: Sequence[Shop], days: Days, rng: np.random.Generator, *, seed: int, as_of: date
) -> tuple[Whole, Moments]:
    """Of each order the place of its shop, and its moment: Poisson in a day, by what the shop may expect to sell."""
    expected = courses.expected_sales(shops, days, seed=seed, as_of=as_of) / habit(shops, "ticket")[:, None]
    counts = rng.poisson(expected * rng.gamma(8, 1 / 8, expected.shape))
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    clock = choose(rng, len(cells), HOURS) * HOUR + rng.integers(0, HOUR, len(cells))
    place, second = np.divmod(np.sort(cells * DAY + clock), len(days) * DAY)
    return place, later(np.broadcast_to(days[:1], len(cells)), second)


def _buyers(shops: Sequence[Shop], place: Whole, rng: np.random.Generator) -> Whole:
    """Who bought: one of a few firms, the first of them most; or else somebody of the public."""
    public = _public(habit(shops, "repeat_share")[place], place, rng)
    weights = np.cumsum(1 / np.arange(1, MOST_FIRMS + 1))
    firms = rng.integers(9, MOST_FIRMS, len(shops))
    chosen = np.searchsorted(weights, rng.random(len(place)) * weights[firms][place])
    return np.where(habit(shops, "trade_buyers")[place] > 0, chosen, public)


def _public(again_share: Numbers, place: Whole, rng: np.random.Generator) -> Whole:
    """Each shop's buyers, numbered from 0: somebody new, or the buyer of an earlier order.

    So few buyers come often and most once.

    Source: the process of Simon, "On a class of skew distribution functions", Biometrika 42 (1955).
    """
    order = np.arange(len(place))
    first = np.searchsorted(place, place)
    earlier = first + np.floor(rng.random(len(place)) * (order - first)).astype(np.int64)
    source = np.where((rng.random(len(place)) < again_share) & (order > first), earlier, order)
    while not np.array_equal(source, further := source[source]):
        source = further
    known = np.cumsum(source == order)
    return np.asarray(known[source] - known[first])


def _amounts(shops: Sequence[Shop], place: Whole, rng: np.random.Generator) -> Whole:
    """What the buyer paid, in minor units: a price of the catalogue, pieces, postage, sometimes a voucher."""
    count, most = len(place), PRODUCTS[1]
    more_pieces = np.where(habit(shops, "trade_buyers") > 0, 0.18, 0.76)
    catalogue = np.exp(0.5 * rng.standard_normal((len(shops), most)) - 0.125)
    catalogue *= (habit(shops, "ticket") * more_pieces)[:, None]
    endings = np.array([0, -10, -50, 90])[choose(rng, catalogue.size, (4, 3, 1, 2))].reshape(catalogue.shape)
    prices = np.maximum(np.rint(catalogue).astype(np.int64) * 100 + endings, 490)
    there = np.arange(most) < rng.integers(*PRODUCTS, len(shops))[:, None]
    wanted = np.cumsum(rng.gamma(0.8, size=prices.shape) * there, axis=1)
    edges = (wanted / wanted[:, -1:] + np.arange(len(shops))[:, None]).ravel()
    product = np.minimum(np.searchsorted(edges, place + rng.random(count), side="right") - place * most, most - 1)
    price = prices[place, product] * rng.geometric(more_pieces[place])
    postage = np.array([0, 600, 800, 1_000, 1_200])[choose(rng, count, (55, 12, 13, 12, 8))]
    voucher = np.where(rng.random(count) < 0.3, rng.integers(1, 13, count) * price // 10_000 * 100, 0)
    paid: Whole = np.maximum(price + postage - voucher, 100)
    return paid


def _deliver(orders: pd.DataFrame, late_share: Numbers, rng: np.random.Generator) -> None:
    """Adds `promised_by`, `delivered_at`, `late` and `settled_at`."""
    placed_at = orders["placed_at"].to_numpy()
    promised_on = placed_at.astype("datetime64[D]") + (3 + choose(rng, len(orders), (30, 35, 20, 15)))
    promised_by = promised_on.astype("datetime64[s]") + (DAY - 1)
    late = rng.random(len(orders)) < np.clip(late_share, 0, 0.7)
    given = (promised_by - placed_at).astype(np.int64)
    in_time = rng.beta(5, 3, len(orders)) * 0.97 * given
    after = given + DAY * (0.1 + rng.exponential(2, len(orders)))
    orders["promised_by"] = promised_by
    orders["delivered_at"] = later(placed_at, np.where(late, after, in_time))
    orders["late"] = late
    orders["settled_at"] = settle(orders["delivered_at"].to_numpy(), rng)


def _rate(orders: pd.DataFrame, tilt: Numbers, rng: np.random.Generator) -> None:
    """Adds `rating` and `reviewed_at`: many fives, few ones, and the ones mostly for late parcels."""
    usual = np.where(orders["late"].to_numpy()[:, None], STARS_LATE, STARS_IN_TIME)
    chances = np.cumsum(usual * np.exp(tilt[:, None] * (np.arange(5) - 3.2)), axis=1)
    drawn = rng.random(len(orders)) * chances[:, -1]
    orders["rating"] = 1 + (drawn[:, None] > chances[:, :4]).sum(axis=1)
    after = rng.exponential(2.5 * DAY, len(orders)) + HOUR
    reviewed = rng.random(len(orders)) < REVIEWED_SHARE
    orders["reviewed_at"] = np.where(reviewed, later(orders["delivered_at"].to_numpy(), after), NEVER)


def _refund_shares(shops: Sequence[Shop], place: Whole, placed_at: Moments) -> Numbers:
    """The share of sales that comes back, for each order: the shop's own, and more after 11.11."""
    after_1111 = np.array([shop.category.refund_share_after_1111 / shop.category.refund_share for shop in shops])
    festival = np.abs(seasons.days_since(placed_at, 11, 11)) <= 1
    return habit(shops, "refund_share")[place] * np.where(festival, after_1111[place], 1.0)


def _refund(orders: pd.DataFrame, share: Numbers, rng: np.random.Generator) -> None:
    """Adds `refunded_minor` and `refunded_at`: more often for late parcels, and later after 11.11."""
    count, late = len(orders), orders["late"].to_numpy()
    festival = np.abs(seasons.days_since(orders["placed_at"].to_numpy(), 11, 11)) <= 1
    chance = share / (FULL_REFUND_SHARE + 0.4 * (1 - FULL_REFUND_SHARE)) * np.where(late, 2.0, 0.92)
    refunded = rng.random(count) < np.minimum(chance, 0.85)
    part = np.where(rng.random(count) < FULL_REFUND_SHARE, 1.0, rng.uniform(0.2, 0.6, count))
    amount = np.maximum(1, np.rint(orders["gross_minor"].to_numpy() * part)).astype(np.int64)
    waited = np.where(festival, rng.uniform(8, 17, count), 1 + rng.exponential(4, count))
    refunded_on = later(orders["delivered_at"].to_numpy(), waited * DAY).astype("datetime64[D]")
    refunded_at = later(refunded_on, _office_hours(count, rng))
    returned = refunded & (part == 1.0) & (refunded_at < orders["settled_at"].to_numpy())
    orders["refunded_minor"] = np.where(refunded, amount, 0)
    orders["refunded_at"] = np.where(refunded, refunded_at, NEVER)
    orders["settled_at"] = np.where(returned, NEVER, orders["settled_at"].to_numpy())


def _cancel(orders: pd.DataFrame, cancelled_share: Numbers, rng: np.random.Generator) -> None:
    """Adds `cancelled_at`; a cancelled order is neither delivered nor paid, refunded or reviewed."""
    cancelled = rng.random(len(orders)) < cancelled_share
    after = rng.exponential(14 * HOUR, len(orders)) + 300
    orders["cancelled_at"] = np.where(cancelled, later(orders["placed_at"].to_numpy(), after), NEVER)
    for column in ("delivered_at", "settled_at", "refunded_at", "reviewed_at"):
        orders[column] = np.where(cancelled, NEVER, orders[column].to_numpy())


def _free_refunds(orders: pd.DataFrame, ticket: Numbers, rng: np.random.Generator) -> pd.DataFrame:
    """Goodwill payments tied to no order of the file: nothing bought, something paid back."""
    chosen = rng.random(len(orders)) < FREE_REFUND_SHARE
    free, count = orders.loc[chosen, ["shop", "placed_at", "buyer"]].copy(), int(chosen.sum())
    placed_on: Moments = free["placed_at"].to_numpy().astype("datetime64[D]")
    waited = rng.integers(10, 40, count) * DAY
    free["placed_at"] = free["refunded_at"] = later(placed_on, waited + _office_hours(count, rng))
    free["refunded_minor"] = np.rint(ticket[chosen] * rng.uniform(0.1, 0.4, count)).astype(np.int64) * 100
    free[["gross_minor", "fees_minor", "rating"]] = 0
    for column in ("cancelled_at", "settled_at", "promised_by", "delivered_at", "reviewed_at"):
        free[column] = np.full(count, NEVER)
    return free


def _office_hours(count: int, rng: np.random.Generator) -> Whole:
    return 9 * HOUR + rng.integers(0, 9 * HOUR, count)


def later(moments: Moments, seconds: Numbers | Whole) -> Moments:
    """Each moment so many seconds later."""
    moved: Moments = moments.astype("datetime64[s]") + np.asarray(seconds).astype(np.int64).astype("timedelta64[s]")
    return moved
