"""The two days that bend a Chinese shop's year: 11.11, always in November, and New Year, which moves."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

# First day of the lunar year. Source: Hong Kong Observatory, Gregorian-lunar calendar conversion table.
NEW_YEAR = (
    date(2015, 2, 19), date(2016, 2, 8), date(2017, 1, 28), date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25),
    date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
    date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23), date(2032, 2, 11),
    date(2033, 1, 31), date(2034, 2, 19), date(2035, 2, 8),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Festival:
    """One such day."""

    name: Literal["11.11", "New Year"]
    day: date


def festivals(first: date, last: date) -> tuple[Festival, ...]:
    """The festivals from `first` to `last`, both included, in order of time. None are known outside 2015-2035.

    >>> [f"{festival.name} {festival.day}" for festival in festivals(date(2025, 11, 1), date(2026, 10, 31))]
    ['11.11 2025-11-11', 'New Year 2026-02-17']
    """
    known = [Festival("New Year", day) for day in NEW_YEAR]
    known += [Festival("11.11", date(day.year, 11, 11)) for day in NEW_YEAR]
    return tuple(sorted((each for each in known if first <= each.day <= last), key=lambda each: each.day))
