"""The moment at which a shop's day opens: `as_of` is a day, and means strictly before that moment."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def midnight(day: date, time_zone: str) -> datetime:
    """The first moment of a calendar day in a zone, as a time with that zone.

    Raises:
        zoneinfo.ZoneInfoNotFoundError: for a zone that nobody knows.

    >>> midnight(date(2020, 2, 22), "Asia/Shanghai").isoformat()
    '2020-02-22T00:00:00+08:00'
    """
    return datetime.combine(day, time(), ZoneInfo(time_zone))
