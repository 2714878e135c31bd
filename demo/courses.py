"""The course of each shop's sales over the days: size, growth, first months, turns, the luck of the months, season.

Matrices have a row per shop and a column per day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from demo import seasons
from demo.seasons import Days, Numbers
from demo.shops import DAYS_A_MONTH, Shop, habit

DAYS_A_WEEK = 7
RAMP_UP_DAYS = 180
LEVEL_OF_A_NEW_SHOP = -1.2
MONTHS_OF_LUCK = 28
MEMORY = 0.5
"""How much of a month's luck is left in the next."""


def expected_sales(shops: Sequence[Shop], days: Days, *, seed: int, as_of: date) -> Numbers:
    """What each shop may expect to sell on each day, in whole units of the currency; 0 while it is not open."""
    levels = _levels(shops, days, as_of=as_of)
    levels += _luck(shops, days, seed=seed)
    return _at_levels(shops, days, levels)


def _levels(shops: Sequence[Shop], days: Days, *, as_of: date) -> Numbers:
    """Log of the level of sales by growth, first months and turns."""
    before_end = (np.datetime64(as_of, "D") - days).astype(np.int64)
    levels = -habit(shops, "growth")[:, None] * (before_end / 365)
    levels += _first_months(shops, days)
    levels += turns(shops, days, as_of=as_of)
    return np.asarray(levels)


def _at_levels(shops: Sequence[Shop], days: Days, levels: Numbers) -> Numbers:
    usual = habit(shops, "monthly_sales")[:, None] / DAYS_A_MONTH
    return np.asarray(usual * _season(shops, days) * np.exp(levels) * is_open(shops, days))


def kept_by_week(shops: Sequence[Shop], weeks: int, *, seed: int, as_of: date) -> Numbers:
    """What the shops may expect to keep of their sales in each of the last weeks, in whole units of the currency.

    Before the window of the marketplace nobody knows their luck: there, a day stands for its week.

    Returns:
        A row per shop, a column per week; the last one ends on the eve of `as_of`.
    """
    known = seasons.window(as_of)
    days = known[len(known) % DAYS_A_WEEK :]
    sold = expected_sales(shops, known, seed=seed, as_of=as_of)[:, len(known) - len(days) :]
    told = sold.reshape(len(shops), -1, DAYS_A_WEEK).sum(axis=2)
    before = days[0] - DAYS_A_WEEK * np.arange(weeks - told.shape[1], 0, -1) + DAYS_A_WEEK // 2
    untold = DAYS_A_WEEK * _at_levels(shops, before, _levels(shops, before, as_of=as_of))
    return np.asarray(np.concatenate([untold, told], axis=1) * _kept_share(shops)[:, None])


def _kept_share(shops: Sequence[Shop]) -> Numbers:
    """What is neither cancelled nor comes back."""
    return np.asarray((1 - habit(shops, "cancelled_share")) * (1 - habit(shops, "refund_share")))


def is_open(shops: Sequence[Shop], days: Days) -> npt.NDArray[np.bool_]:
    """Whether each shop sells on each day: it has opened, and has not closed for good."""
    opened = np.array([shop.opened_on for shop in shops], "datetime64[D]")
    closed = np.array([shop.closed_on or "NaT" for shop in shops], "datetime64[D]")
    # Nothing is later than a day that never comes.
    return np.asarray((days >= opened[:, None]) & ~(days >= closed[:, None]))


def turns(shops: Sequence[Shop], days: Days, *, as_of: date) -> Numbers:
    """Log of the level of sales against the growth that each shop would have had without its turns."""
    before_end = (np.datetime64(as_of, "D") - days).astype(np.int64)
    levels = np.zeros((len(shops), len(days)))
    for place, shop in enumerate(shops):
        if shop.turns:
            knots = sorted(shop.turns)
            levels[place] = np.interp(before_end, [knot[0] for knot in knots], [knot[1] for knot in knots])
    return levels


def _season(shops: Sequence[Shop], days: Days) -> Numbers:
    """Each trade's year, worked out once per trade."""
    patterns: dict[tuple[str, bool], Numbers] = {}
    for shop in shops:
        kind = shop.category.name, shop.closes_at_new_year
        if kind not in patterns:
            patterns[kind] = seasons.sales_pattern(days, shop.category, closes_at_new_year=kind[1])
    return np.stack([patterns[shop.category.name, shop.closes_at_new_year] for shop in shops])


def _first_months(shops: Sequence[Shop], days: Days) -> Numbers:
    """A new shop begins small and reaches its size after half a year."""
    opened = np.array([shop.opened_on for shop in shops], "datetime64[D]")
    since = (days - opened[:, None]).astype(np.int64)
    return np.asarray(LEVEL_OF_A_NEW_SHOP * (1 - np.clip(since / RAMP_UP_DAYS, 0, 1)))


def _luck(shops: Sequence[Shop], days: Days, *, seed: int) -> Numbers:
    """The log of good and bad months: each remembers half of the one before, and they pass into each other.

    The months count from the first day. A shop's luck depends on its number only.
    """
    numbers = np.array([shop.number for shop in shops])
    drawn = np.random.default_rng([seed, *b"luck"]).standard_normal((int(numbers.max()), MONTHS_OF_LUCK))[numbers - 1]
    swings = habit(shops, "swing")[:, None]
    luck = drawn * swings
    for month in range(1, MONTHS_OF_LUCK):
        luck[:, month] = MEMORY * luck[:, month - 1] + luck[:, month] * (1 - MEMORY**2) ** 0.5
    place = (days - days[0]).astype(np.int64) / DAYS_A_MONTH
    month = place.astype(np.int64)
    passed = place - month
    return np.asarray(luck[:, month] * (1 - passed) + luck[:, month + 1] * passed - swings**2 / 2)


def usual_sales(shop: Shop, *, days_ago: int) -> float:
    """A month's sales by the shop's size, growth and turns alone, in whole units of the currency.

    The same on each day on which the demo stands: whoever may apply by it may do so all year.
    """
    level = -shop.growth * days_ago / 365
    if shop.turns:
        knots = sorted(shop.turns)
        level += float(np.interp(days_ago, [knot[0] for knot in knots], [knot[1] for knot in knots]))
    return float(shop.monthly_sales * np.exp(level))


@dataclass(frozen=True, slots=True)
class Prospects:
    """What shops may expect to keep of their sales, as their owners know it when they ask for a loan."""

    so_far: Numbers
    """A row per shop: kept from the first day of the window up to each day, a column more than days."""

    def monthly(self, place: int, *, until_days_ago: int, over_days: int) -> float:
        """A usual month's net sales of the days before, in whole units of the currency."""
        last = self.so_far.shape[1] - 1 - until_days_ago
        first = max(0, last - over_days)
        a_day: float = (self.so_far[place, last] - self.so_far[place, first]) / max(1, last - first)
        return a_day * DAYS_A_MONTH


def prospects(shops: Sequence[Shop], *, seed: int, as_of: date) -> Prospects:
    """What the shops may expect to keep over the window: sales less what is cancelled and what comes back."""
    expected = expected_sales(shops, seasons.window(as_of), seed=seed, as_of=as_of)
    so_far = np.zeros((expected.shape[0], expected.shape[1] + 1))
    np.cumsum(expected * _kept_share(shops)[:, None], axis=1, out=so_far[:, 1:])
    return Prospects(so_far)
