"""The year of an online marketplace: months, weekdays, 11.11 and the smaller festivals, and New Year."""

from datetime import date

import numpy as np
import numpy.typing as npt

from demo.categories import Category
from lending.festivals import NEW_YEAR

Days = npt.NDArray[np.datetime64]
Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

# Monday to Sunday: flatter than for shops with a door.
WEEKDAYS = np.array([0.97, 0.96, 0.96, 0.97, 1.03, 1.10, 1.11])

# Days around a festival and sales there against an ordinary day; between them in a straight line.
NEW_YEAR_DAYS = (-24, -14, -3, -2, -1, 0, 1, 4, 8, 14, 18)
NEW_YEAR_SALES = (1.0, 1.05, 1.12, 1.25, 1.0, 0.92, 0.72, 0.70, 0.80, 1.0, 1.0)
RUN_UP_DAYS = (-24, -20, -11, -10, -1)
RUN_UP_SALES = (1.0, 0.86, 0.86, 1.35, 1.55)


def window(as_of: date, months: int = 24) -> Days:
    """The days of that many whole months before the month of `as_of`, and those of its month before it."""
    month = np.datetime64(as_of, "M") - np.timedelta64(months, "M")
    return np.arange(month.astype("datetime64[D]"), np.datetime64(as_of, "D"))


def sales_pattern(days: Days, category: Category, *, closes_at_new_year: bool) -> Numbers:
    """Expected sales of each day against an ordinary day of the year, before growth and chance."""
    pattern = _months(days, category) * WEEKDAYS[weekday(days)] * _festivals(days, category)
    return np.asarray(pattern * _new_year(days, closes=closes_at_new_year))


def weekday(days: Days) -> Whole:
    """0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday."""
    return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def days_since(days: Days, month: int, day: int) -> Whole:
    """Days since that day of the same calendar year; negative before it."""
    years = days.astype("datetime64[Y]")
    anchor = (years.astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (day - 1)
    return np.asarray((days.astype("datetime64[D]") - anchor).astype(np.int64))


def strained(days: Days) -> Numbers:
    """How much likelier a late parcel is on each day: carriers are slow after 11.11 and around New Year."""
    after_1111 = days_since(days, 11, 11)
    near_new_year = _since_new_year(days)
    slow = np.where((after_1111 >= 0) & (after_1111 <= 12), 2.0, 1.0)
    return np.where((near_new_year >= -10) & (near_new_year <= 5), 1.8, slow)


def _months(days: Days, category: Category) -> Numbers:
    """The month's weight at its middle, and between two middles a straight line."""
    month = days.astype("datetime64[M]")
    number = month.astype(np.int64) % 12
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    position = number + ((days - month.astype("datetime64[D]")).astype(np.int64) + 0.5) / length
    return np.asarray(np.interp(position, np.arange(12) + 0.5, category.months, period=12))


def _festivals(days: Days, category: Category) -> Numbers:
    since = days_since(days, 11, 11)
    sales = np.where(since < 0, np.interp(since, RUN_UP_DAYS, RUN_UP_SALES), 1.0)
    sales = np.where(since == 0, category.peak_1111, sales)
    sales = np.where((since == 1) | (since == 2), 1.8, sales)
    sales = np.where(days_since(days, 6, 18) == 0, 1 + category.peak_1111 / 4, sales)
    return np.where(days_since(days, 12, 12) == 0, 1 + category.peak_1111 / 7, sales)


def _new_year(days: Days, *, closes: bool) -> Numbers:
    since = _since_new_year(days)
    sales = np.interp(since, NEW_YEAR_DAYS, NEW_YEAR_SALES)
    return np.where((since >= 0) & (since <= 6), 0.0, sales) if closes else sales


def _since_new_year(days: Days) -> Whole:
    """Days to the nearest New Year: negative before it."""
    festivals = np.array(NEW_YEAR, dtype="datetime64[D]")
    middles = festivals[:-1] + (festivals[1:] - festivals[:-1]) // 2
    nearest = festivals[np.searchsorted(middles, days, side="right")]
    return np.asarray((days - nearest).astype(np.int64))
