"""How much a shop's sales carry: what they were, what a loan may count on, and how far they may fall.

Nothing here is a forecast by model: the months in which instalments fall are taken as they sold a year before.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import numpy as np
import numpy.typing as npt
import pandas as pd

from lending.errors import NotEnoughHistory
from lending.months import first_of_month
from lending.schedule import half_up

STRETCH_DAYS = 90
MONTH_DAYS = Fraction(365, 12)
EPOCH = date(1970, 1, 1)
# What is tried on an offer, besides the worst 90 days.
FALLS_BPS = (1000, 2000, 3000, 4000, 5000)


@dataclass(frozen=True, slots=True)
class SalesBase:
    """The figures of a shop's sales that an offer rests on, per month, in minor units. None where not on record."""

    complete_months: int
    median_minor: int | None
    """Median of the last twelve complete months."""
    stressed_minor: int | None
    """The lower of the last three complete months and the instalment months as sold last year, each as a mean."""
    lowest_minor: int | None
    """The weakest of the last twelve complete months."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The weakest consecutive days of a shop's record."""

    first_on: date
    last_on: date
    net_minor: int

    @property
    def monthly_minor(self) -> int:
        """Its net sales per month of 365 ÷ 12 days."""
        return half_up(Fraction(self.net_minor, (self.last_on - self.first_on).days + 1) * MONTH_DAYS)


def sales_base(months: pd.DataFrame, *, as_of: date, term_months: int) -> SalesBase:
    """What an offer needs to know of a shop's sales.

    Args:
        months: rows of `lending.months.monthly`; 13 months back or more give the full picture.
        as_of: the day of the offer.
        term_months: how many months the loan runs.

    Source: the limit rule of worked example W14: last three months against the coming months as sold last year.
    """
    complete = months["complete"].to_numpy(dtype=bool)
    net = months["net_minor"].to_numpy()[complete][-12:]
    if not net.size:
        return SalesBase(0, None, None, None)
    recent = half_up(Fraction(int(net[-3:].sum()), len(net[-3:])))
    sold = _as_sold_last_year(months, as_of=as_of, term_months=term_months)
    coming = sold[~np.isnan(sold)]
    if coming.size:
        recent = min(recent, half_up(Fraction(int(coming.sum()), len(coming))))
    return SalesBase(int(complete.sum()), half_up(Fraction(float(np.median(net)))), recent, int(net.min()))


def coming_months(months: pd.DataFrame, *, as_of: date, term_months: int, cash_margin_bps: int) -> pd.DataFrame:
    """The months in which the instalments fall, with the sales and the cash that may be expected then.

    Returns:
        A row per month: month (datetime64), net_minor (int64: as sold a year before, or the lowest complete month
        where that month is not on record), cash_minor (int64: net sales × cash margin), from_last_year (bool).

    Raises:
        NotEnoughHistory: without one complete month.
    """
    whole = months.loc[months["complete"], "net_minor"].tail(12)
    if whole.empty:
        raise NotEnoughHistory(found_days=0, needed_days=31)
    due = pd.date_range(first_of_month(as_of, shift=1), periods=term_months, freq="MS")
    sold = _as_sold_last_year(months, as_of=as_of, term_months=term_months)
    known = ~np.isnan(sold)
    net = np.where(known, sold, whole.min()).astype("int64")
    return pd.DataFrame(
        {"month": due, "net_minor": net, "cash_minor": net * cash_margin_bps // 10_000, "from_last_year": known}
    )


def worst_stretch(days: pd.DataFrame, *, as_of: date, length_days: int = STRETCH_DAYS) -> Stretch:
    """The consecutive days with the lowest net sales in the two years before `as_of`; the latest of equals.

    Args:
        days: a row is a day with sales or refunds: day (datetime64), gross_minor, refunded_minor (int).
        as_of: only days before it count.
        length_days: how long a stretch is.

    Raises:
        NotEnoughHistory: where the record before `as_of` is shorter than one stretch.

    >>> days = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=180), "gross_minor": [500] * 90 + [300] * 90,
    ...                      "refunded_minor": 0})
    >>> worst_stretch(days, as_of=date(2026, 6, 30)).net_minor
    27000
    """
    end = pd.Timestamp(as_of)
    known = days[(days["day"] < end) & (days["day"] >= end - pd.DateOffset(years=2))]
    found_days = 0 if known.empty else (end - known["day"].min()).days
    if found_days < length_days:
        raise NotEnoughHistory(found_days=found_days, needed_days=length_days)
    began = (end - timedelta(days=found_days)).date()
    places = known["day"].to_numpy("datetime64[D]").astype("int64") - (began - EPOCH).days
    every_day = np.zeros(found_days, dtype="int64")
    np.add.at(every_day, places, (known["gross_minor"] - known["refunded_minor"]).to_numpy())
    sums = np.convolve(every_day, np.ones(length_days, dtype="int64"), mode="valid")
    first = int(len(sums) - 1 - np.argmin(sums[::-1]))
    first_on = began + timedelta(days=first)
    return Stretch(first_on, first_on + timedelta(days=length_days - 1), int(sums[first]))


def bearable_fall(cash_minor: list[int], *, instalments_minor: int) -> float:
    """The largest fall of sales, as a share, before an instalment is missed; below zero where one is short as it is.

    Cash falls with sales, and nothing is carried from a good month to a bad one: 1 − instalments ÷ cash of the
    weakest month.

    Args:
        cash_minor: cash of each month in which an instalment falls.
        instalments_minor: all instalments of a month, of this loan and others.

    Source: debt-service cover of the weakest month, solved for the fall that brings it to 1.

    >>> round(bearable_fall([30_000, 27_500, 32_000], instalments_minor=18_861), 3)
    0.314
    """
    weakest = min(cash_minor)
    return 1 - instalments_minor / weakest if weakest > 0 else float("-inf")


def debt_service_cover(
    net_sales_minor: int, *, cash_margin_bps: int, existing_minor: int, instalment_minor: int
) -> float:
    """A month's operating cash ÷ the month's instalments, existing and new (worked example W19).

    >>> round(debt_service_cover(2_000_000, cash_margin_bps=1500, existing_minor=50_000, instalment_minor=207_058), 6)
    1.167052
    """
    return net_sales_minor * cash_margin_bps / 10_000 / (existing_minor + instalment_minor)


def holdback_days(owed_minor: int, *, daily_sales_minor: int, share_bps: int, fall_bps: int = 0) -> int:
    """Days to repay from a share of each day's sales, after sales have fallen, rounded up (worked example W23).

    >>> holdback_days(1_100_000, daily_sales_minor=50_000, share_bps=1000)
    220
    >>> holdback_days(1_100_000, daily_sales_minor=50_000, share_bps=1000, fall_bps=3000)
    315
    """
    held_back = Fraction(daily_sales_minor * share_bps * (10_000 - fall_bps), 10_000**2)
    return ceil(owed_minor / held_back)


def stress_table(
    coming: pd.DataFrame,
    *,
    cash_margin_bps: int,
    existing_minor: int,
    instalment_minor: int,
    owed_minor: int,
    holdback_bps: int,
    worst: Stretch | None,
) -> pd.DataFrame:
    """What a loan's instalments, and a share of each day's sales instead of them, bear as sales fall.

    A fall takes the same share off each month's sales; a month that brought nothing is not helped by it. At the
    pace of the worst 90 days each month brings what those did. Nothing is carried from a good month to a bad one.

    Args:
        coming: rows of `coming_months`.
        cash_margin_bps: share of net sales that is left in cash.
        existing_minor: instalments of a month that are owed already.
        instalment_minor: the new loan's.
        owed_minor: what the new loan pays back in all, for the holdback.
        holdback_bps: the share of each day's sales that would be held back.
        worst: of `worst_stretch`; None where the record is too short.

    Returns:
        A row per scenario, as expected, each of FALLS_BPS, and the worst 90 days where known: scenario ("expected",
        "fall" or "worst"), fall_share (float64: below the expected sales; of the worst 90 days below their mean, NaN
        where that is nothing), cash_minor (int64: of the weakest instalment month), cover (float64: that cash ÷ all
        instalments of a month; NaN where none is due), missed (int64: instalments for which their month's cash does
        not suffice), instalments (int64: how many there are), holdback_days (float64: days to repay by the holdback;
        NaN where nothing is sold).

    Source: worked examples W19 for the cover and W23 for the days.
    """
    due = existing_minor + instalment_minor
    rows = []
    for pace in _paces([int(net) for net in coming["net_minor"]], worst):
        cash = [net * cash_margin_bps // 10_000 for net in pace.months_minor]
        cover = float("nan") if due == 0 else debt_service_cover(
            min(pace.months_minor), cash_margin_bps=cash_margin_bps, existing_minor=existing_minor,
            instalment_minor=instalment_minor,
        )  # fmt: skip
        days = float("nan")
        if pace.daily_minor > 0:
            days = holdback_days(
                owed_minor, daily_sales_minor=pace.daily_minor, share_bps=holdback_bps, fall_bps=pace.fall_bps
            )
        missed = sum(month < due for month in cash)
        rows.append((pace.scenario, pace.fall_share, min(cash), cover, missed, len(cash), days))
    names = ["scenario", "fall_share", "cash_minor", "cover", "missed", "instalments", "holdback_days"]
    return pd.DataFrame(rows, columns=names)


@dataclass(frozen=True, slots=True)
class _Pace:
    """How a shop would sell in one scenario."""

    scenario: str
    fall_share: float
    months_minor: list[int]
    """Net sales of each instalment month."""
    daily_minor: int
    """Net sales of a mean day before the fall."""
    fall_bps: int


def _paces(expected_minor: list[int], worst: Stretch | None) -> list[_Pace]:
    mean = Fraction(sum(expected_minor), len(expected_minor))
    daily = half_up(mean / MONTH_DAYS)
    paces = [
        _Pace(
            "fall" if fall else "expected", fall / 10_000, [_fallen(net, fall) for net in expected_minor], daily, fall
        )
        for fall in (0, *FALLS_BPS)
    ]
    if worst is None:
        return paces
    below = 1 - worst.monthly_minor / float(mean) if mean > 0 else float("nan")
    months, days = [worst.monthly_minor] * len(expected_minor), (worst.last_on - worst.first_on).days + 1
    return [*paces, _Pace("worst", below, months, half_up(Fraction(worst.net_minor, days)), 0)]


def _fallen(net_minor: int, fall_bps: int) -> int:
    return net_minor * (10_000 - fall_bps) // 10_000 if net_minor > 0 else net_minor


def _as_sold_last_year(months: pd.DataFrame, *, as_of: date, term_months: int) -> npt.NDArray[np.float64]:
    """The net sales of each instalment month when it last was on record whole, else NaN."""
    complete = months["complete"].to_numpy(dtype=bool)
    names = months["month"].to_numpy().astype("datetime64[M]").astype(np.int64)[complete] % 12
    # Oldest first, so the last of a name stays.
    by_name = dict(zip(names.tolist(), months["net_minor"].to_numpy()[complete].tolist(), strict=True))
    due = [(as_of.month + number) % 12 for number in range(term_months)]
    return np.array([by_name.get(name, np.nan) for name in due], dtype="float64")
