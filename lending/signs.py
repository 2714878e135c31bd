"""A shop's vital signs: four figures of the last year, each beside that of the year before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

YEAR_MONTHS = 12
# Fewer cases than these tell little of a share or a mean, and fewer months little of a year.
LEAST_CASES = 30
LEAST_MONTHS = 6

Floats = npt.NDArray[np.float64]
Name = Literal["refunds", "rating", "late", "wallet"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One figure with its past."""

    name: Name
    value: float | None
    """A share (refunds, late), a mean of 1-5 (rating) or minor units (wallet); None with too few cases."""
    before: float | None
    """The same a year earlier; None with too few cases."""
    cases: int
    """Orders, reviews, promises or days with a balance that the value rests on."""
    months: tuple[date, ...]
    """First days of the months of the small line, oldest first."""
    line: Floats
    """The figure of each month; NaN where there is none. Of the wallet the balance at the month's close."""

    @property
    def change(self) -> float | None:
        """The value less that of a year before."""
        return None if self.value is None or self.before is None else self.value - self.before


def vital_signs(
    year: pd.DataFrame, ratings: pd.DataFrame, deliveries: pd.DataFrame, balances: pd.DataFrame, *, as_of: date
) -> tuple[Sign, ...]:
    """Refunds, rating, late deliveries and wallet, as of a day.

    The first three are over the last twelve finished months against the finished ones of the twelve before, of which
    six must be on record whole: refunds ÷ gross, Σ ratings ÷ reviews, late ÷ promised. The wallet is wallet and fund at
    the close of the last day, against the close of the same day 365 days before.

    Args:
        year: of lending.months.beside_year_before, two years of it.
        ratings: of lending.service.monthly_ratings, of the finished months of `year`.
        deliveries: of lending.service.monthly_deliveries, of the same months.
        balances: of lending.balances.daily_balances.
        as_of: the day.
    """
    months = ratings["month"]
    sold = year.head(len(months))
    first, whole = tuple(month.date() for month in months), sold["complete"].to_numpy()

    def ratio(name: Name, part: pd.Series, of: pd.Series, cases: pd.Series) -> Sign:
        columns = [each.to_numpy(dtype="float64") for each in (part, of, cases)]
        return _ratio(name, np.array(columns), whole, first)

    given = ratings["rating"].fillna(0) * ratings["reviews"]
    return (
        ratio("refunds", sold["refunded_minor"], sold["gross_minor"], sold["orders"]),
        ratio("rating", given, ratings["reviews"], ratings["reviews"]),
        ratio("late", deliveries["late"], deliveries["promised"], deliveries["promised"]),
        _wallet(balances, first, as_of),
    )


def _ratio(name: Name, columns: Floats, whole: npt.NDArray[np.bool_], months: tuple[date, ...]) -> Sign:
    """The sign of a ratio from three rows of months: the part, what it is a part of, and the cases behind it."""
    part, of, cases = columns
    line = np.divide(part, of, out=np.full(len(part), np.nan), where=of > 0)
    now, before = slice(-YEAR_MONTHS, None), slice(-2 * YEAR_MONTHS, -YEAR_MONTHS)

    def over(span: slice) -> float | None:
        enough = cases[span].sum() >= LEAST_CASES and of[span].sum() > 0
        return float(part[span].sum() / of[span].sum()) if enough else None

    earlier = over(before) if whole[before].sum() >= LEAST_MONTHS else None
    return Sign(name, over(now), earlier, int(cases[now].sum()), months, line)


def _wallet(balances: pd.DataFrame, months: tuple[date, ...], as_of: date) -> Sign:
    held = balances.set_index("day")[["wallet_minor", "fund_minor"]].sum(axis=1, min_count=1)

    def at(days: Sequence[date]) -> Floats:
        closing: Floats = held.reindex(pd.DatetimeIndex(list(days))).to_numpy(dtype="float64")
        return closing

    last = as_of - timedelta(days=1)
    now, before = (None if np.isnan(each) else float(each) for each in at([last, last - timedelta(days=365)]))
    closes = [(pd.Timestamp(month) + pd.offsets.MonthEnd(1)).date() for month in months]
    return Sign("wallet", now, before, int(held.notna().sum()), months, at(closes))


def flag_precision(*, bad_share: float, found_share: float, false_alarm_share: float) -> float:
    """Of the shops that a flag points at, the share that deserves it: why a flag is a reason to look and no accusation.

    Args:
        bad_share: of all shops, those that deserve it.
        found_share: of those, how many are flagged.
        false_alarm_share: of the others, how many are flagged too.

    Source: Bayes' theorem; worked example W22.

    >>> round(flag_precision(bad_share=0.03, found_share=0.80, false_alarm_share=0.05), 6)
    0.331034
    """
    right = bad_share * found_share
    return right / (right + (1 - bad_share) * false_alarm_share)
