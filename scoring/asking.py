"""The DuckDB in which the record is asked, and how a day looks to its SQL: what features and signs share."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from lending.moments import midnight
from scoring.records import EPOCH_DAY, EVENTS, days_since_epoch
from scoring.rounding import nine_digits

EPOCH_MICROSECOND = midnight(EPOCH_DAY, "UTC")
# Up to so many rows a plan costs more than it saves, and so does a second thread. Both answer exactly alike.
FEW_ROWS = 20_000


@contextmanager
def opened(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of scoring.records.EVENTS under their names, each shop with the day as of which it is looked at.

    `shops` has besides its own columns as_of_day and year_ago_day, which count days since 1970-01-01, as_of_month,
    which counts months since 1970-01, and as_of_at, the moment at which that day began in the shop's zone.
    """
    shops = events["shops"]
    for name, values in _days_looked_at(shops, as_of).items():
        shops = shops.append_column(name, pa.array(values, pa.int64()))
    few = sum(table.num_rows for table in events.values()) <= FEW_ROWS
    cursor = _database(few=few).cursor()
    try:
        cursor.register("shops", shops)
        for name in EVENTS.keys() - {"shops"}:
            cursor.register(name, events[name])
        yield cursor
    finally:
        cursor.close()


def ask(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.DuckDBPyConnection:
    """Run a statement, whose text is one of the few that never change, and so is taken apart only once."""
    return cursor.execute(_parsed(text))


def by_shop(answer: duckdb.DuckDBPyConnection, *, numbers: list[str], texts: list[str]) -> pd.DataFrame:
    """An answer as a frame with the index `shop_id`, put together at once, which is much quicker than by columns.

    Args:
        answer: what was asked for, a row per shop with the column shop_id.
        numbers: columns that are rounded to nine digits, NaN where missing.
        texts: columns of text or None.
    """
    found = answer.fetchnumpy()
    rounded = nine_digits(np.column_stack([np.ma.filled(found[name], np.nan) for name in numbers]))
    words = np.column_stack([_none_where_missing(found[name]) for name in texts])
    parts = (
        pd.DataFrame({name: cells for name, cells in found.items() if name not in {*numbers, *texts}}),
        pd.DataFrame(rounded, columns=numbers),
        pd.DataFrame(words, columns=texts, dtype=object),
    )
    frame: pd.DataFrame = pd.concat(parts, axis="columns")[list(found)]
    return frame.set_index("shop_id")


def midnights(shops: pa.Table, *, as_of: date | Mapping[int, date], days: int) -> pa.Table:
    """When each of so many days before `as_of` began in the shops' zones: time_zone, day, began_at."""
    looked_at = [as_of] if isinstance(as_of, date) else [as_of[number] for number in shops["shop_id"].to_pylist()]
    zones = sorted(set(shops["time_zone"].to_pylist()))
    first = days_since_epoch(min(looked_at, default=EPOCH_DAY)) - days
    numbers = range(first, days_since_epoch(max(looked_at, default=EPOCH_DAY)))
    return pa.table(
        {
            "time_zone": pa.array([zone for zone in zones for _ in numbers], pa.string()),
            "day": pa.array([number for _ in zones for number in numbers], pa.int32()),
            "began_at": pa.array(
                [_microseconds(EPOCH_DAY + timedelta(days=number), zone) for zone in zones for number in numbers],
                pa.int64(),
            ),
        }
    )


@functools.cache
def _database(*, few: bool) -> duckdb.DuckDBPyConnection:
    """One DuckDB for few rows and one for many, which fetch nothing; every caller works on a cursor of its own."""
    return duckdb.connect(
        config={
            "threads": 1 if few else 2,
            "enable_optimizer": not few,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "enable_external_access": False,
        }
    )


def _none_where_missing(cells: np.ndarray) -> np.ndarray:
    return np.where(np.ma.getmaskarray(cells), np.array(None, dtype=object), cells)


@functools.cache
def _parsed(text: str) -> duckdb.Statement:
    (statement,) = _database(few=True).extract_statements(text)
    return statement


def _days_looked_at(shops: pa.Table, as_of: date | Mapping[int, date]) -> dict[str, list[int]]:
    """For each shop the day as of which it is looked at, as scoring.facts reads it."""
    numbers, zones = shops["shop_id"].to_pylist(), shops["time_zone"].to_pylist()
    days = [as_of] * len(numbers) if isinstance(as_of, date) else [as_of[number] for number in numbers]
    return {
        "as_of_day": [days_since_epoch(day) for day in days],
        "year_ago_day": [days_since_epoch(_year_before(day)) for day in days],
        "as_of_month": [(day.year - 1970) * 12 + day.month - 1 for day in days],
        "as_of_at": [_microseconds(day, zone) for day, zone in zip(days, zones, strict=True)],
    }


def _year_before(day: date) -> date:
    # A year before 29 February is the 28th.
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


@functools.lru_cache(maxsize=20_000)
def _microseconds(day: date, time_zone: str) -> int:
    return (midnight(day, time_zone) - EPOCH_MICROSECOND) // timedelta(microseconds=1)
