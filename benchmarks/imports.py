"""How fast an import is beside a bare executemany of the same rows, its memory, and how long it holds others up.

The bare insert gets its rows ready-made, in the order in which the table keeps them, which is its best case.
"""

import os
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Engine

from benchmarks.results import Result, at_least, at_most
from db import audit, imports
from db.engine import connect, migrate, open_session
from db.tables import Order, table_of
from ingest import folder

ROOT = Path(__file__).resolve().parents[1]
SHOPS, EXPORT_SHOPS = 400, 20
FULL_ROWS, QUARTER_ROWS, EXPORT_ROWS = 2_000_000, 500_000, 20_000
ROWS_AT_ONCE = 50_000
FIRST_MINUTE = np.datetime64("2023-01-01T00:00")


def measure() -> list[Result]:
    """Run everything on scratch databases; takes some three minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        scratch = Path(name)
        quarter = run_import(scratch / "quarter", QUARTER_ROWS)
        full = run_import(scratch / "full", FULL_ROWS)
        engine = connect(full.database_url)
        bare_rows_per_second = time_bare_insert(engine, scratch / "bare.db")
        wait_ms = longest_wait_ms(engine, scratch / "export")
        engine.dispose()
    return [
        at_least("import of 2 million orders, rows/s as a share of a bare executemany",
                 full.rows_per_second / bare_rows_per_second, 0.4, "share"),
        Result("import of 2 million orders", full.rows_per_second, "", "rows/s"),
        Result("bare executemany of the same rows", bare_rows_per_second, "", "rows/s"),
        at_most("peak memory of an import of 2 million orders", full.peak_mb, 400, "MB"),
        at_most("peak memory at 2 million beside that at 500,000", full.peak_mb / quarter.peak_mb, 1.5, "times"),
        at_most("longest wait of a small write while 20,000 orders of 20 shops are stored", wait_ms, 1000, "ms"),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """One import in a process of its own."""

    database_url: str
    rows_per_second: float
    peak_mb: float


def run_import(place: Path, rows: int) -> Run:
    """Import that many generated orders into an empty database, by the command line."""
    write_orders(place, rows, first=0)
    url = f"sqlite:///{place / 'loam.db'}"
    migrate(connect(url))
    command = [sys.executable, str(ROOT / "loam.py"), "import", str(place)]
    began = time.perf_counter()
    process = os.spawnve(os.P_NOWAIT, sys.executable, command, {**os.environ, "LOAM_DATABASE_URL": url})
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - began
    if status != 0:
        raise RuntimeError(f"the import ended with {os.waitstatus_to_exitcode(status)}")
    return Run(url, rows / seconds, usage.ru_maxrss / 1024)


def write_orders(place: Path, rows: int, *, first: int, shops: int = SHOPS) -> None:
    """A folder with some shops and their orders, shop after shop and in the order of time, as platforms export them."""
    place.mkdir()
    numbers = np.arange(shops)
    listed = pa.table({
        "shop_ref": [f"S{number:04d}" for number in numbers],
        "name": [f"Shop {number}" for number in numbers],
        "currency": ["CNY"] * shops,
    })  # fmt: skip
    pyarrow.csv.write_csv(listed, place / "shops.csv")
    random = np.random.default_rng(rows)
    with (place / "orders.csv").open("wb") as file:
        for start in range(0, rows, ROWS_AT_ONCE):
            part = _orders(random, np.arange(start, min(start + ROWS_AT_ONCE, rows)), rows // shops, first)
            pyarrow.csv.write_csv(part, file, pyarrow.csv.WriteOptions(include_header=not start, quoting_style="none"))


def _orders(random: np.random.Generator, numbers: np.ndarray, per_shop: int, first: int) -> pa.Table:
    count = len(numbers)
    placed = FIRST_MINUTE + (numbers % per_shop * (365 * 1440) // per_shop).astype("timedelta64[m]")
    gross = random.integers(500, 50_000, count)
    cancelled, refunded, rated = (random.random(count) < share for share in (0.03, 0.06, 0.6))

    def money(minor: np.ndarray) -> list[str]:
        return [
            f"{whole}.{part:02d}" for whole, part in zip(*(each.tolist() for each in divmod(minor, 100)), strict=True)
        ]

    def later(hours: int, where: np.ndarray) -> pa.Array:
        return pa.array(np.datetime_as_string(placed + np.timedelta64(hours, "h"), "s"), pa.string(), mask=~where)

    return pa.table({
        "shop_ref": [f"S{number:04d}" for number in (numbers // per_shop).tolist()],
        "order_ref": [f"{number:012d}" for number in (numbers + first).tolist()],
        "placed_at": np.datetime_as_string(placed, "s").tolist(),
        "buyer_ref": [f"B{number}" for number in random.integers(0, per_shop * 100, count).tolist()],
        "gross": money(gross),
        "refunded": money(np.where(refunded & ~cancelled, gross, 0)),
        "refunded_at": later(100, refunded & ~cancelled),
        "fees": money(gross // 20),
        "currency": ["CNY"] * count,
        "status": np.where(cancelled, "cancelled", "completed").tolist(),
        "cancelled_at": later(5, cancelled),
        "settled_at": later(240, ~cancelled),
        "promised_by": later(72, np.ones(count, dtype=bool)),
        "delivered_at": later(60, ~cancelled),
        "rating": pa.array(random.integers(1, 6, count).astype(str).tolist(), mask=~rated),
        "reviewed_at": later(90, rated),
    })  # fmt: skip


def time_bare_insert(imported: Engine, path: Path) -> float:
    """Rows per second of executemany alone, into the same table in one transaction."""
    bare = connect(f"sqlite:///{path}")
    migrate(bare)
    orders = table_of(Order)
    statement = f"INSERT INTO orders VALUES ({', '.join('?' * len(orders.columns))})"
    rows, seconds = 0, 0.0
    with imported.connect() as source, bare.connect().execution_options(loam_writes=True) as sink:
        for table in ("import_batches", "shops"):
            for row in source.exec_driver_sql(f"SELECT * FROM {table}").all():
                sink.exec_driver_sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", tuple(row))
        found = source.exec_driver_sql("SELECT * FROM orders ORDER BY shop_id, order_ref")
        while part := [tuple(row) for row in found.fetchmany(ROWS_AT_ONCE)]:
            began = time.perf_counter()
            sink.exec_driver_sql(statement, part)
            seconds += time.perf_counter() - began
            rows += len(part)
        began = time.perf_counter()
        sink.commit()
        seconds += time.perf_counter() - began
    bare.dispose()
    return rows / seconds


def longest_wait_ms(engine: Engine, place: Path) -> float:
    """The longest that a small write takes while another thread imports 20,000 orders of 20 shops into two million."""
    write_orders(place, EXPORT_ROWS, first=10**11, shops=EXPORT_SHOPS)
    with open_session(engine) as session:
        shops = imports.known_shops(session)
    chunks = folder.read(folder.find(place), shops=shops, default_zone="Asia/Shanghai")
    store = threading.Thread(
        target=imports.store, args=(engine, chunks), kwargs={"person_id": None, "source": "export"}
    )
    store.start()
    longest = 0.0
    while store.is_alive():
        began = time.perf_counter()
        with open_session(engine, write=True) as session:
            audit.record(session, None, "benchmark", "audit_events", None, {})
        longest = max(longest, time.perf_counter() - began)
        time.sleep(0.005)
    store.join()
    return longest * 1000


if __name__ == "__main__":
    for result in measure():
        print(result)
