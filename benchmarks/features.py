"""How long the features of all shops take beside a bare query of the same figures, and those of a single shop.

The record is made up: 10,000 shops with 200 orders and 60 wallet entries each. What is held against each other is
measured in turn, in seconds of the processor, so that what else the machine does weighs little.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import bare_features
from benchmarks.record import AS_OF, fill
from benchmarks.results import Result, at_most
from db.engine import connect, open_session
from db.events import shop_events
from scoring.features import NAMES, compute
from scoring.manipulation import raw_and_cleaned

SHOPS, ORDERS_PER_SHOP, ENTRIES_PER_SHOP = 10_000, 200, 60
TIMES, LOOKED_AT = 5, 30

Events = Mapping[str, pa.Table]


def measure() -> list[Result]:
    """Read, ask all shops and ask single ones on a scratch database; takes some five minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        url = f"sqlite:///{Path(name) / 'loam.db'}"
        engine = connect(url)
        fill(engine, orders=[ORDERS_PER_SHOP] * SHOPS, entries=ENTRIES_PER_SHOP, score=False)
        quarter, full = read_apart(url, SHOPS // 4), read_apart(url, SHOPS)
        with open_session(engine) as session:
            events = shop_events(session, as_of=AS_OF)
        engine.dispose()
    bare, features, cleaned = ask_all(events)
    one = ask_single_shops(events)
    return [
        at_most("features of 10,000 shops from 2 million orders ÷ bare query of the same",
                features / bare, 1.5, "times"),
        Result("features of 10,000 shops from 2 million orders, processor time", features, "", "s"),
        Result("bare query of the same, processor time", bare, "", "s"),
        at_most("the same with the search for bought orders ÷ without", cleaned / features, 2, "times"),
        at_most("reading 2 million orders and 600,000 wallet entries from SQLite, processor time",
                full.busy_seconds, 15, "s"),
        Result("the same by the clock", full.seconds, "", "s"),
        Result("peak memory of the reading", full.peak_mb, "", "MB"),
        at_most("peak memory of reading 10,000 shops ÷ 2,500 shops", full.peak_mb / quarter.peak_mb, 1.2, "times"),
        at_most("features of one shop, median, processor time", one["features"], 30, "ms"),
        Result("bare query of the same, median, processor time", one["bare"], "", "ms"),
        Result("features of one shop with the search for bought orders, median, processor time",
               one["cleaned"], "", "ms"),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the record in a process of its own."""

    seconds: float
    busy_seconds: float
    peak_mb: float


def read_apart(url: str, shops: int) -> Reading:
    """Read the record of so many shops in a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.reading", url, str(shops)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        told = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Reading(**json.loads(told), peak_mb=usage.ru_maxrss / 1024)


def ask_all(events: Events) -> tuple[float, float, float]:
    """Median seconds of the bare query, of the features, and of the features with the search for bought orders.

    Raises:
        RuntimeError: where the bare query and the features do not agree.
    """
    seconds, answers = in_turn(questions(events))
    expected, found = (answers[name][list(NAMES)].to_numpy(dtype=float) for name in ("bare", "features"))
    if not np.allclose(expected, found, rtol=1e-8, equal_nan=True):
        raise RuntimeError("the bare query asks something else")
    return seconds["bare"], seconds["features"], seconds["cleaned"]


def ask_single_shops(events: Events) -> dict[str, float]:
    """Median milliseconds of the same three for single shops.

    Raises:
        AssertionError: where a shop alone has other features than among all.
    """
    among_all = compute(events, as_of=AS_OF)
    milliseconds: dict[str, list[float]] = {}
    for shop_id in range(1, SHOPS + 1, SHOPS // LOOKED_AT):
        # In one piece, as they come from the database.
        theirs = {name: table.filter(pc.field("shop_id") == shop_id).combine_chunks() for name, table in events.items()}
        seconds, answers = in_turn(questions(theirs))
        pd.testing.assert_frame_equal(answers["features"], among_all.loc[[shop_id]], check_exact=True)
        for name, each in seconds.items():
            milliseconds.setdefault(name, []).append(each * 1000)
    return {name: statistics.median(each) for name, each in milliseconds.items()}


def questions(events: Events) -> dict[str, Callable[[], pd.DataFrame]]:
    """What is held against each other: the bare query, the features, and those with the search for bought orders."""
    bare = duckdb.connect(config={"threads": 2})
    bare.execute("SET enable_progress_bar = false")
    for name, table in events.items():
        bare.register(name, table)
    return {
        "bare": lambda: bare.execute(bare_features.QUERY).df(),
        "features": lambda: compute(events, as_of=AS_OF),
        "cleaned": lambda: raw_and_cleaned(events, as_of=AS_OF).cleaned,
    }


def in_turn(asked: Mapping[str, Callable[[], pd.DataFrame]]) -> tuple[dict[str, float], dict[str, pd.DataFrame]]:
    """Ask one after the other, several times over: the median processor time of each in seconds, and its answer."""
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    answers = {}
    for _ in range(TIMES):
        for name, ask in asked.items():
            began = time.process_time()
            answers[name] = ask()
            seconds[name].append(time.process_time() - began)
    return {name: statistics.median(each) for name, each in seconds.items()}, answers


if __name__ == "__main__":
    for result in measure():
        print(result)
