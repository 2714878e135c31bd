"""What a shop may sell in each of the coming weeks: a line to expect, and a band that holds eight weeks of ten.

A plain method that can be worked by hand: level x season x a band.
- *Level*: the median of the last weeks without festivals, set right for the season. Of 4, 13, 26 or 52 weeks those are
  taken that would have foretold the shop's own last half-year best.
- *Season*: the same week of earlier years against the 53 weeks around it, aligned so that New Year falls on New Year
  and 11.11 on 11.11. It counts as far as two years agree (Spearman and Brown: 2 r / (1 + r)), half with one year, and
  not at all with less; then only New Year's usual dip counts.
- *Band*: level x season x exp(spread x a quantile). The spread is the shop's own, of its changes over 1, 2 and 4 weeks.
  The quantiles grow with the square root of the weeks ahead; they were fitted to real shops, and the study
  `python -m benchmarks forecast` says what share of later weeks the band held (conformal quantiles, pooled over shops:
  Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). Those shops were growing, so the lower end
  is never above what a tenth of the shop's own weeks of the last year fell short of.
- A shop that sells nothing in every tenth week, as one that invoices a few firms, has no line to follow: its band is
  that of its own weeks of the last year, and what to expect is their mean.

Weeks begin on Monday. Days and weeks are counted from 1970-01-05, the first Monday; money is whole minor units.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lending.errors import NotEnoughHistory
from lending.festivals import NEW_YEAR

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Kind = Literal["season", "level", "lumpy"]

BAND_SHARE = 0.8
YEAR_WEEKS = 52
LEAST_WEEKS = 13
FIRST_MONDAY = date(1970, 1, 5)
LEVEL_WEEKS = (4, 13, 26, 52)
RECENT_WEEKS = 26
# How far ahead the windows of a level are tried on the shop's own past.
TRIED_AHEAD = (4, 8, 13)
CHANGES_OVER = (1, 2, 4)
MOST_CHANGE = 2.5
# A shop's own spread counts as its weeks against so many of a usual one.
USUAL_SPREAD, USUAL_WEEKS = 0.3, 12
LUMPY_SHARE = 0.1
ONE_YEAR_WEIGHT = 0.5
# Weeks before and after the one of the festival that go with it.
NEW_YEAR_REACH, NOVEMBER_REACH = (3, 3), (1, 2)
# Median of 1,150 Koubei shops around New Year 2016 against the weeks before and after.
NEW_YEAR_SHAPE = {-1: 0.9, 0: 0.6, 1: 0.9, 2: 0.96}


@dataclass(frozen=True, slots=True)
class Bands:
    """How wide the band is, and what it held when it was measured."""

    version: int
    low: tuple[float, float]
    """Quantile of a tenth in spreads: the first plus the second times the root of the weeks ahead."""
    high: tuple[float, float]
    """The same of nine tenths."""
    festival_factor: float
    """How many times wider in the weeks of New Year."""
    measured: "Coverage"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the band held of weeks that came after everything it was made from."""

    shops: int
    weeks: int
    """The furthest week ahead."""
    held_share: float
    below_share: float
    """Share of the weeks that brought less than the band."""


@dataclass(frozen=True, slots=True)
class Course:
    """The coming weeks of a shop, in minor units but not rounded."""

    kind: Kind
    low: Floats
    expected: Floats
    high: Floats


def read_bands(version: int = 1) -> Bands:
    """A version of the band's quantiles."""
    told = json.loads(Path(__file__).with_name(f"forecast_bands_{version}.json").read_text(encoding="utf-8"))
    measured = Coverage(**told["measured"])
    return Bands(version, tuple(told["low"]), tuple(told["high"]), told["festival_factor"], measured)


@cache
def bands_in_use() -> Bands:
    """The quantiles that are in use."""
    return read_bands()


def week_number(day: date) -> int:
    """Weeks since that of 1970-01-05.

    >>> week_number(date(1970, 1, 11)), week_number(date(1970, 1, 12))
    (0, 1)
    """
    return (day - FIRST_MONDAY).days // 7


def monday_of(number: int) -> date:
    """The first day of a week.

    >>> monday_of(week_number(date(2026, 11, 28)))
    datetime.date(2026, 11, 23)
    """
    return FIRST_MONDAY + timedelta(weeks=int(number))


def weekly_forecast(days: pd.DataFrame, *, as_of: date, weeks: int) -> tuple[pd.DataFrame, Kind]:
    """Net sales to expect in each coming week, with the band that holds eight of ten.

    Args:
        days: a row is a day with sales or refunds: day (datetime64), gross_minor, refunded_minor (int).
        as_of: only days before it count; the first week is the one it lies in.
        weeks: how many.

    Returns:
        A row per week: week (datetime64, its Monday), low_minor, expected_minor, high_minor (int64); and what the
        line follows: the shop's season, its level alone, or the spread of its lumpy weeks.

    Raises:
        NotEnoughHistory: with fewer than 13 whole weeks on record.
    """
    first, net = whole_weeks(days, as_of=as_of)
    if len(net) < LEAST_WEEKS:
        raise NotEnoughHistory(found_days=7 * len(net), needed_days=7 * LEAST_WEEKS)
    found = course(net, first_week=first, weeks=weeks)
    mondays = pd.to_datetime([monday_of(first + len(net) + ahead) for ahead in range(weeks)])
    whole = {name: np.rint(getattr(found, name)).astype(np.int64) for name in ("low", "expected", "high")}
    frame = pd.DataFrame({"week": mondays, **{f"{name}_minor": values for name, values in whole.items()}})
    return frame, found.kind


def whole_weeks(days: pd.DataFrame, *, as_of: date) -> tuple[int, Floats]:
    """Net sales of each week that lies wholly between the first day on record and `as_of`.

    Returns:
        The number of the first week, and the net sales of it and of each one after it; a week without any is zero.
    """
    end = week_number(as_of)
    day = (days["day"].to_numpy().astype("datetime64[D]") - np.datetime64(FIRST_MONDAY, "D")).astype(np.int64)
    known = day < (as_of - FIRST_MONDAY).days
    if not known.any():
        return end, np.zeros(0)
    first = -(-int(day[known].min()) // 7)
    net = (days["gross_minor"] - days["refunded_minor"]).to_numpy(dtype=np.float64)
    place = day // 7 - first
    counted = known & (place >= 0) & (place < end - first)
    sums: Floats = np.bincount(place[counted], weights=net[counted], minlength=max(end - first, 0)).astype(np.float64)
    return first, sums


def course(net: Floats, *, first_week: int, weeks: int, bands: Bands | None = None) -> Course:
    """The coming weeks after a shop's whole weeks.

    Args:
        net: net sales by week, oldest first; LEAST_WEEKS at least.
        first_week: the number of the first one.
        weeks: how many to look ahead.
        bands: the quantiles; those in use with None.
    """
    net = np.maximum(net, 0)
    if is_lumpy(net, first_week=first_week):
        return _lumpy(net, weeks)
    found = fitted(net, first_week=first_week, weeks=weeks)
    bands = bands or bands_in_use()
    root = np.sqrt(np.arange(1, weeks + 1))
    coming = np.arange(weeks) + first_week + len(net)
    wide = found.spread * np.where(near_new_year(coming), bands.festival_factor, 1.0)
    expected = found.level * found.factors
    low = expected * np.exp(np.minimum(wide * (bands.low[0] + bands.low[1] * root), 0))
    high = expected * np.exp(np.maximum(wide * (bands.high[0] + bands.high[1] * root), 0))
    return Course(found.kind, np.minimum(low, found.weak_week * found.factors), expected, high)


def is_lumpy(net: Floats, *, first_week: int) -> bool:
    """Whether too many of the last weeks without festivals brought nothing for a line to follow."""
    usual = ~near_new_year(np.arange(len(net)) + first_week)
    return bool((net[usual][-RECENT_WEEKS:] <= 0).mean() >= LUMPY_SHARE)


def near_new_year(weeks: Whole) -> Mask:
    """Which weeks go with New Year."""
    return _near(weeks, "New Year")


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a shop's past says of its coming weeks."""

    level: float
    """A usual week."""
    weak_week: float
    """What a tenth of the last year's weeks fell short of, set right for the season."""
    spread: float
    factors: Floats
    """The season of each coming week: 1 is a usual one."""
    kind: Kind


def fitted(net: Floats, *, first_week: int, weeks: int) -> Fitted:
    """A shop's level, its spread, and the season of each coming week; see the module for how."""
    past = np.arange(len(net)) + first_week
    coming = np.arange(weeks) + first_week + len(net)
    factors, seasonal = _season(net, first_week, np.concatenate([past, coming]))
    plain = net / factors[: len(net)]
    usual = ~(near_new_year(past) | _near(past, "11.11"))
    if usual.sum() >= LEAST_WEEKS - 1:
        plain = plain[usual]
    level = _level(plain)
    weak = float(np.quantile(plain[-YEAR_WEEKS:], (1 - BAND_SHARE) / 2))
    return Fitted(level, weak, _spread(plain, level), factors[len(net) :], "season" if seasonal else "level")


def _lumpy(net: Floats, weeks: int) -> Course:
    year = net[-YEAR_WEEKS:]
    low, high = np.quantile(year, [(1 - BAND_SHARE) / 2, (1 + BAND_SHARE) / 2])
    return Course("lumpy", *(np.full(weeks, value) for value in (low, year.mean(), high)))


def _level(plain: Floats) -> float:
    """The median of the last weeks; of how many, the shop's own last half-year decides."""
    windows = [weeks for weeks in LEVEL_WEEKS if weeks <= len(plain)]
    errors = [_error_of(plain, weeks) for weeks in windows]
    level = float(np.median(plain[-windows[int(np.argmin(errors))] :]))
    recent = plain[-RECENT_WEEKS:]
    return max(level, float(np.median(recent)) / 4, float(recent.max()) / 50)


def _error_of(plain: Floats, weeks: int) -> float:
    """How far off the medians of so many weeks were 4, 8 and 13 weeks later, in the mean of the last half-year."""
    if len(plain) < weeks + TRIED_AHEAD[-1] + 4:
        # A window that can't be tried is taken only where none can: the shortest.
        return 1e9 + weeks
    medians = np.median(np.lib.stride_tricks.sliding_window_view(plain, weeks), axis=1)
    floor = max(float(np.median(plain[-RECENT_WEEKS:])) / 20, 1e-9)
    said = np.log(np.maximum(medians, floor))
    came = np.log(np.maximum(plain, floor))
    off = []
    for ahead in TRIED_AHEAD:
        later = came[weeks - 1 + ahead :][-RECENT_WEEKS:]
        off.append(np.abs(later - said[: len(said) - ahead][-len(later) :]).mean())
    return float(np.mean(off))


def _spread(plain: Floats, level: float) -> float:
    """The root mean square of the changes of log sales over some weeks, drawn towards a usual shop's."""
    logs = np.log(np.maximum(plain[-RECENT_WEEKS:], level / 20))
    squares = [np.mean(np.clip(logs[weeks:] - logs[:-weeks], -MOST_CHANGE, MOST_CHANGE) ** 2) for weeks in CHANGES_OVER]
    own = len(logs)
    square = (own * float(np.mean(squares)) + USUAL_WEEKS * USUAL_SPREAD**2) / (own + USUAL_WEEKS)
    return float(np.sqrt(square))


def _season(net: Floats, first_week: int, weeks: Whole) -> tuple[Floats, bool]:
    """For each week what it sells against the shop's usual one, and whether the shop's own years tell it."""
    shape = np.ones(len(weeks))
    if len(net) < YEAR_WEEKS + 1:
        for off, share in NEW_YEAR_SHAPE.items():
            shape[np.isin(weeks - off, _festival_weeks("New Year"))] = share
        return shape, False
    index = _index(net)
    years = np.full((3, len(weeks)), np.nan)
    for back in range(1, len(years) + 1):
        place = _aligned(weeks, back) - first_week
        known = (place >= 0) & (place < len(net))
        years[back - 1, known] = index[place[known]]
    count = (~np.isnan(years)).sum(axis=0)
    mean = np.divide(np.nansum(years, axis=0), count, out=np.zeros(len(weeks)), where=count > 0)
    return np.exp(_agreement(index) * mean), True


def _index(net: Floats) -> Floats:
    """Log of each week, smoothed over its neighbours, against the mean of the 53 weeks around it."""
    smooth = np.convolve(np.pad(net, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    sums = np.concatenate([[0.0], np.cumsum(net)])
    width = YEAR_WEEKS + 1
    start = np.clip(np.arange(len(net)) - YEAR_WEEKS // 2, 0, len(net) - width)
    mean = np.maximum((sums[start + width] - sums[start]) / width, 1e-9)
    return np.asarray(np.log(np.maximum(smooth / mean, 0.05)))


def _agreement(index: Floats) -> float:
    """How far the season may be trusted: by how the last year agrees with the one before it."""
    if len(index) < 2 * YEAR_WEEKS:
        return ONE_YEAR_WEIGHT
    last, before = index[-YEAR_WEEKS:], index[-2 * YEAR_WEEKS : -YEAR_WEEKS]
    if last.std() == 0 or before.std() == 0:
        return 0.0
    agree = float(np.corrcoef(last, before)[0, 1])
    return max(2 * agree / (1 + agree), 0.0) if agree > 0 else 0.0


@cache
def _festival_weeks(name: str) -> Whole:
    """The numbers of the weeks of New Year, or of 11.11, one for each year."""
    days = NEW_YEAR if name == "New Year" else [date(day.year, 11, 11) for day in NEW_YEAR]
    return np.array([week_number(day) for day in days], dtype=np.int64)


def _reach(name: str) -> tuple[int, int]:
    return NEW_YEAR_REACH if name == "New Year" else NOVEMBER_REACH


def _near(weeks: Whole, name: str) -> Mask:
    """Which weeks go with a festival."""
    before, after = _reach(name)
    off = weeks[:, None] - _festival_weeks(name)[None, :]
    return np.asarray(((off >= -before) & (off <= after)).any(axis=1))


def _aligned(weeks: Whole, years: int) -> Whole:
    """For each week the one that was like it so many years before: 52 weeks back, and a festival's at the festival."""
    like = weeks - YEAR_WEEKS * years
    for name in ("11.11", "New Year"):
        festivals = _festival_weeks(name)
        before, after = _reach(name)
        off = weeks[:, None] - festivals[None, years:]
        row, place = np.nonzero((off >= -before) & (off <= after))
        like[row] = festivals[place] + off[row, place]
    return like
