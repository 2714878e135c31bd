"""The moments of a day: the one at which it opens, and those on the desk's own clock.

`as_of` is a day, and means strictly before the moment at which it opens.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd


def midnight(day: date, time_zone: str) -> datetime:
    """The first moment of a calendar day in a zone, as a time with that zone.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: for a zone that nobody knows.

    >>> midnight(date(2020, 2, 22), "Asia/Shanghai").isoformat()
    '2020-02-22T00:00:00+08:00'
    """
    return datetime.combine(day, time(), ZoneInfo(time_zone))


def on_desk_clock(days: pd.Series, recorded_at: pd.Series, time_zone: str) -> pd.Series:
    """When something happened on the desk's clock: on its business date, at the time of day of the wall clock.

    A desk that stands on a day of its own, as a demo does, has no other clock. Where the business date is the
    calendar's, this is recorded_at itself.

    Args:
        days: business dates (datetime64), NaT where nothing happened.
        recorded_at: the wall clock (UTC).
        time_zone: of the desk.

    Returns:
        Moments in UTC.

    >>> days = pd.Series(pd.to_datetime(["2026-11-02"]))
    >>> recorded_at = pd.Series(pd.to_datetime(["2031-05-06 01:30"], utc=True))
    >>> on_desk_clock(days, recorded_at, "Asia/Shanghai").iloc[0].isoformat()
    '2026-11-02T01:30:00+00:00'
    """
    wall = recorded_at.dt.tz_convert(time_zone).dt.tz_localize(None)
    moved = days + (wall - wall.dt.normalize())
    # An hour that the clock shows twice is taken for the first, one that it leaves out for its end.
    first = np.ones(len(moved), dtype=bool)
    local = moved.dt.tz_localize(time_zone, ambiguous=first, nonexistent="shift_forward")
    return pd.Series(local.dt.tz_convert("UTC"))
