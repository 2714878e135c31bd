"""How long the server takes for Applications beside its bare twin, and to put its figures together anew.

The page keeps its figures until somebody decides, so what a visitor waits for is the drawing. What a new decision costs
the next visitor is measured apart, with few applications and with many.
"""

import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from benchmarks.pages import Act, Server, compared, require_same_elements
from benchmarks.recipe import recipe_of
from benchmarks.record import AS_OF, add_past, fill
from benchmarks.results import Result
from benchmarks.visitor import Answer, Visitor, visitor
from db import overview
from db.engine import connect, open_session
from tests.server import served, sign_in

SHOPS, ORDERS_PER_SHOP = 100, 200
FEW, MANY = 1_000, 100_000
TIMES = 5


def measure() -> list[Result]:
    """Serve a thousand settled applications and a twin, then read a hundred thousand; takes some two minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        place = Path(name)
        url = f"sqlite:///{place / 'few.db'}"
        engine = _filled(url, FEW)
        address = stack.enter_context(served(url))
        desk = Server(address, sign_in(address, "manager"))
        results = _beside_twin(desk, place, stack)
        results.append(Result(f"applications put together anew, {FEW:,} applications", _anew(engine), "", "ms"))
        engine = _filled(f"sqlite:///{place / 'many.db'}", MANY)
        results.append(Result(f"applications put together anew, {MANY:,} applications", _anew(engine), "", "ms"))
        return results


def _filled(url: str, applications: int) -> Engine:
    engine = connect(url)
    fill(engine, orders=[ORDERS_PER_SHOP] * SHOPS)
    add_past(engine, applications=applications)
    return engine


def _beside_twin(desk: Server, place: Path, stack: ExitStack) -> list[Result]:
    ours = stack.enter_context(visitor(desk.address, "applications", cookie=desk.cookie))
    opened = ours.run()
    path = place / "recipes.json"
    path.write_text(json.dumps({"applications": recipe_of(opened.messages)}), encoding="utf-8")
    twin = stack.enter_context(served("", app="benchmarks.twin.app:app", recipes=path))
    bare = stack.enter_context(visitor(twin, "applications"))
    drawn = bare.run()
    require_same_elements("applications", opened, drawn)
    results = []
    for act in (look_again, choose_trait):
        name = f"applications {act.__doc__}"
        results += compared(name, act(ours, opened), f"{name}, bare twin", act(bare, drawn), 2)
    return results


def look_again(visit: Visitor, _opened: Answer) -> Act:
    """rerun of the whole page"""
    return lambda _number: visit.run().milliseconds


def choose_trait(visit: Visitor, opened: Answer) -> Act:
    """rerun of its charts after a change from categories to regions"""
    trait, fragment = opened.elements("button_group")[0], opened.fragment_id
    return lambda number: visit.run({trait.id: [trait.options[number % 2].content]}, fragment_id=fragment).milliseconds


def _anew(engine: Engine) -> float:
    """The median time to read a year of applications, and the year before, and to make all figures of them."""
    spent = []
    for minute in range(TIMES + 1):
        began = time.perf_counter()
        with open_session(engine) as session:
            overview.overview(
                session, days=365, as_of=AS_OF + timedelta(days=1), currency="CNY", promised=timedelta(days=3),
                time_zone="Asia/Shanghai", now=datetime(AS_OF.year, AS_OF.month, AS_OF.day, 8, minute, tzinfo=UTC),
            )  # fmt: skip
        spent.append((time.perf_counter() - began) * 1000)
    # The first run loads what the others find loaded.
    return statistics.median(spent[1:])


if __name__ == "__main__":
    for result in measure():
        print(result)
