"""How far a zone's clocks stand from UTC, so that a database can tell local hours of moments."""

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@functools.lru_cache(maxsize=256)
def offsets(time_zone: str, *, since: datetime, until: datetime) -> tuple[tuple[datetime, timedelta], ...]:
    """The offsets of a zone over a span, each with the moment from which it holds; the first from `since`.

    >>> new_year, june = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    >>> changes = offsets("Europe/Berlin", since=new_year, until=june)
    >>> [(f"{moment:%Y-%m-%d %H:%M}", str(offset)) for moment, offset in changes]
    [('2026-01-01 00:00', '1:00:00'), ('2026-03-29 01:00', '2:00:00')]
    """
    zone = ZoneInfo(time_zone)
    moment = since.astimezone(UTC)
    found = [(moment, _offset(zone, moment))]
    while moment < until:
        following = min(moment + DAY, until)
        if _offset(zone, following) != found[-1][1]:
            change = _change(zone, moment, following)
            found.append((change, _offset(zone, change)))
        moment = following
    return tuple(found)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second of the offset in force at `after`; at `before` it is another."""
    while after - before > SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        before, after = (middle, after) if _offset(zone, middle) == _offset(zone, before) else (before, middle)
    return after
