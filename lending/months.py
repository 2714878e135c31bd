"""A shop's days put together into calendar months. What is drawn and what is scored both come from here.

`as_of` means strictly before that day. A month that the record covers only in part is flagged, never taken for
a weak one; a month without any sale inside the record is a true zero.
"""

from datetime import date

import numpy as np
import pandas as pd

SUMS = ["gross_minor", "refunded_minor", "orders"]


def first_of_month(day: date, *, shift: int = 0) -> date:
    """The first day of a day's month, moved by whole months.

    >>> first_of_month(date(2026, 1, 31), shift=-2)
    datetime.date(2025, 11, 1)
    """
    months = day.year * 12 + day.month - 1 + shift
    return date(months // 12, months % 12 + 1, 1)


def monthly(days: pd.DataFrame, *, as_of: date, months: int) -> pd.DataFrame:
    """A shop's last months before `as_of`: up to `months` finished ones, and the one under way where there is one.

    Net sales are the gross of orders placed in the month less the refunds made in it, each at its own time.
    Months before the first recorded day are left out. A month is complete where it lies wholly between the
    first recorded day and `as_of`.

    Args:
        days: a row is a day with sales or refunds: day (datetime64), orders, gross_minor, refunded_minor (int).
        as_of: only days before it count.
        months: how many finished months to go back.

    Returns:
        A row per calendar month, oldest first: month (datetime64, its first day), gross_minor, refunded_minor,
        net_minor, orders (int64), complete (bool).

    Source: the conventions "net sales" and "windows" of the desk's guide to figures; worked example W21.

    >>> days = pd.DataFrame({
    ...     "day": pd.to_datetime(["2026-04-30", "2026-05-02", "2026-05-03", "2026-05-04"]),
    ...     "orders": [1, 1, 0, 0], "gross_minor": [10000, 8000, 0, 0], "refunded_minor": [0, 0, 4000, 1000],
    ... })
    >>> monthly(days, as_of=date(2026, 6, 1), months=2).net_minor.tolist()
    [10000, 3000]
    >>> monthly(days, as_of=date(2026, 5, 1), months=2).net_minor.tolist()
    [10000]
    """
    day = days["day"].to_numpy().astype("datetime64[D]")
    end = np.datetime64(as_of, "D")
    known = day < end
    if not known.any():
        return _nothing()
    begins = day[known].min()
    first = max(np.datetime64(first_of_month(as_of, shift=-months), "M"), begins.astype("datetime64[M]"))
    last = np.datetime64(first_of_month(as_of, shift=-1 if as_of.day == 1 else 0), "M")
    month = np.arange(first, last + 1)
    place = (day.astype("datetime64[M]") - first).astype(np.int64)
    counted = known & (place >= 0)
    sums = {name: np.zeros(len(month), dtype=np.int64) for name in SUMS}
    for name, of_month in sums.items():
        np.add.at(of_month, place[counted], days[name].to_numpy()[counted])
    starts = month.astype("datetime64[D]")
    return pd.DataFrame(
        {
            "month": pd.DatetimeIndex(month.astype("datetime64[us]")),
            "gross_minor": sums["gross_minor"],
            "refunded_minor": sums["refunded_minor"],
            "net_minor": sums["gross_minor"] - sums["refunded_minor"],
            "orders": sums["orders"],
            "complete": (starts >= begins) & ((month + 1).astype("datetime64[D]") <= end),
        }
    )


def without(days: pd.DataFrame, aside: pd.DataFrame) -> pd.DataFrame:
    """A shop's days without what is set aside of them; none falls below nothing.

    Args:
        days: rows as `monthly` takes them.
        aside: a row per day: day (date), orders, gross_minor, refunded_minor (int), a part of what that day has.

    Returns:
        The rows of `days`, in their order, with the same columns.

    >>> days = pd.DataFrame({"day": pd.to_datetime(["2026-05-01"]), "orders": [3], "gross_minor": [900],
    ...                      "refunded_minor": [0]})
    >>> part = pd.DataFrame({"day": [date(2026, 5, 1)], "orders": [1], "gross_minor": [400], "refunded_minor": [0]})
    >>> without(days, part).gross_minor.tolist()
    [500]
    """
    taken = aside.assign(day=pd.to_datetime(aside["day"])).set_index("day")[SUMS].reindex(days["day"]).fillna(0)
    less = {name: (days[name].to_numpy() - taken[name].to_numpy().astype(np.int64)).clip(min=0) for name in SUMS}
    return days.assign(**less)


def beside_year_before(frame: pd.DataFrame, *, months: int) -> pd.DataFrame:
    """The last `months` rows of a monthly frame, each with the month a year before it, and the refund share.

    Args:
        frame: rows of `monthly`, reaching 12 months further back than is wanted.
        months: how many finished months to keep; the one under way comes with them.

    Returns:
        The kept rows, with year_before_minor (float64, NaN where that month is not on record whole) and
        refund_share (float64, refunds made in the month ÷ gross placed in it, NaN without sales).
    """
    whole = frame["net_minor"].where(frame["complete"])
    before = pd.Series(whole.to_numpy(), index=frame["month"] + pd.DateOffset(years=1), dtype="float64")
    kept = frame.tail(months + int(not frame.empty and not frame["complete"].iloc[-1]))
    gross = kept["gross_minor"].where(kept["gross_minor"] > 0)
    return kept.assign(
        year_before_minor=before.reindex(kept["month"]).to_numpy(),
        refund_share=(kept["refunded_minor"] / gross).astype("float64"),
    ).reset_index(drop=True)


def change_on_year(frame: pd.DataFrame, *, months: int = 12) -> float | None:
    """Net sales of the last complete months against the same months a year before, as a share.

    Args:
        frame: rows of `beside_year_before`. Without so many such pairs, or sales before, there is no change: None.
        months: how many; with fewer than twelve it says how the year ends.

    >>> frame = pd.DataFrame({"net_minor": [111] * 12, "year_before_minor": [100.0] * 12, "complete": True})
    >>> round(change_on_year(frame), 2)
    0.11
    """
    year = frame[frame["complete"]].tail(months)
    before = year["year_before_minor"]
    if len(year) < months or before.isna().any() or before.sum() <= 0:
        return None
    return float(year["net_minor"].sum() / before.sum() - 1)


def _nothing() -> pd.DataFrame:
    numbers = {name: np.array([], dtype="int64") for name in ("gross_minor", "refunded_minor", "net_minor", "orders")}
    month = pd.DatetimeIndex([]).as_unit("us")
    return pd.DataFrame({"month": month, **numbers, "complete": np.array([], dtype=bool)})
