"""How a shop serves its buyers, month by month: what they gave it, and what came late or was cancelled."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd


def monthly_ratings(days: pd.DataFrame, *, months: Sequence[date]) -> pd.DataFrame:
    """The ratings given in each month.

    Args:
        days: of db.ratings.rating_days.
        months: first days, oldest first.

    Returns:
        A row per month: month (datetime64), reviews (int64), rating (float64: their mean, 1-5, NaN without any).

    >>> days = pd.DataFrame({"day": pd.to_datetime(["2026-05-02", "2026-05-31", "2026-06-01"]),
    ...                      "reviews": [1, 3, 2], "rating_hundredths": [500, 1000, 900]})
    >>> monthly_ratings(days, months=[date(2026, 5, 1), date(2026, 6, 1)]).rating.tolist()
    [3.75, 4.5]
    """
    sums = _by_month(days, ["reviews", "rating_hundredths"], months)
    return sums[["month", "reviews"]].assign(rating=_ratio(sums["rating_hundredths"] / 100, sums["reviews"]))


def monthly_deliveries(
    promises: pd.DataFrame, days: pd.DataFrame, *, months: Sequence[date], single_orders: bool
) -> pd.DataFrame:
    """What was late of the deliveries promised for each month, and what was cancelled of the orders placed in it.

    Args:
        promises: of db.deliveries.delivery_days.
        days: of db.sales.sales_days.
        months: first days, oldest first.
        single_orders: whether single orders are on record; of daily totals nobody knows what was cancelled.

    Returns:
        A row per month: month (datetime64), promised, late, placed, cancelled (int64; placed holds the cancelled ones),
        late_share (float64: late ÷ promised), cancelled_share (float64: cancelled ÷ placed); NaN without any.
    """
    sums = _by_month(promises, ["promised", "late"], months)
    sold = _by_month(days, ["orders", "cancelled_orders"], months)
    placed = sold["orders"] + sold["cancelled_orders"]
    told = placed if single_orders else placed * 0
    return sums.assign(
        placed=placed,
        cancelled=sold["cancelled_orders"],
        late_share=_ratio(sums["late"], sums["promised"]),
        cancelled_share=_ratio(sold["cancelled_orders"], told),
    )


def _ratio(part: pd.Series, whole: pd.Series) -> npt.NDArray[np.float64]:
    """One by the other; NaN where there is no whole."""
    of = whole.to_numpy(dtype="float64")
    ratio: npt.NDArray[np.float64] = np.divide(
        part.to_numpy(dtype="float64"), of, out=np.full(len(of), np.nan), where=of > 0
    )
    return ratio


def _by_month(days: pd.DataFrame, figures: list[str], months: Sequence[date]) -> pd.DataFrame:
    """Sums of whole numbers by month, a zero where a month has none."""
    first = np.array(list(months), dtype="datetime64[M]")
    month = days["day"].to_numpy().astype("datetime64[M]")
    known = np.isin(month, first)
    place = np.searchsorted(first, month[known])
    sums = {name: np.bincount(place, days[name].to_numpy()[known], len(first)).astype("int64") for name in figures}
    return pd.DataFrame({"month": first.astype("datetime64[s]"), **sums})
