"""How long the server takes for Portfolio beside its bare twin, and with ten times as many loans.

The book is that of `benchmarks.book`. The page keeps it in memory until somebody books or imports; what the first
visitor waits for after that, while it is read and laid out, is measured apart.
"""

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.book import AS_OF, LOANS, fill_book, frames
from benchmarks.pages import Act, Server, compared, require_same_elements
from benchmarks.recipe import recipe_of
from benchmarks.results import Result
from benchmarks.visitor import Answer, Visitor, visitor
from db import facts, people
from db.engine import connect, migrate, open_session
from tests.server import served, sign_in

FEW = LOANS // 10
BESIDE_TWIN, BESIDE_FEW = 2.0, 1.2


def measure() -> list[Result]:
    """Serve 20,000 loans, 200,000, and a twin of the page; takes some four minutes and 4 GB."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        place = Path(name)
        (few, _), (many, opened) = (_visit(place, count, stack) for count in (FEW, LOANS))
        bare = _twin(place, opened, stack)
        drawn = bare.run()
        require_same_elements("portfolio", many.run(), drawn)
        ours = look_again(many)
        return [
            Result(f"portfolio for the first visitor after a change, {LOANS:,} loans", opened.milliseconds, "", "ms"),
            *compared(f"portfolio rerun, {LOANS:,} loans", ours, "rerun, bare twin", look_again(bare), BESIDE_TWIN),
            *compared(f"portfolio rerun, {LOANS:,} loans, again", ours, f"rerun, {FEW:,} loans", look_again(few),
                      BESIDE_FEW),
        ]  # fmt: skip


def look_again(visit: Visitor) -> Act:
    """A rerun of the whole page."""
    return lambda _number: visit.run().milliseconds


def _visit(place: Path, count: int, stack: ExitStack) -> tuple[Visitor, Answer]:
    """A manager's open page on a record of so many loans."""
    url = f"sqlite:///{place / f'{count}.db'}"
    engine = connect(url)
    migrate(engine)
    fill_book(engine, *frames(count))
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        facts.write(session, facts.DEMO_BUSINESS_DATE, AS_OF.isoformat())
    engine.dispose()
    address = stack.enter_context(served(url))
    desk = Server(address, sign_in(address, "manager"))
    opened = stack.enter_context(visitor(desk.address, "portfolio", cookie=desk.cookie))
    return opened, opened.run()


def _twin(place: Path, opened: Answer, stack: ExitStack) -> Visitor:
    path = place / "recipes.json"
    path.write_text(json.dumps({"portfolio": recipe_of(opened.messages)}), encoding="utf-8")
    twin = stack.enter_context(served("", app="benchmarks.twin.app:app", recipes=path))
    return stack.enter_context(visitor(twin, "portfolio"))


if __name__ == "__main__":
    for result in measure():
        print(result)
