"""How long the server takes for Queue, Review and a dossier, beside bare twins and with ten times the orders on record.

A visitor (benchmarks.visitor) runs both sides in turn, so that whatever else the machine does falls on both. A twin has
as many elements of each kind as its page, drawn from constants; that it has is checked by counting what it sends.
"""

import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.recipe import Node, counts, recipe_of
from benchmarks.record import fill
from benchmarks.results import Result, at_most
from benchmarks.visitor import Answer, Visitor, visitor
from db.engine import connect
from tests.server import served, sign_in

RUNS, DROPPED = 40, 5
SHOPS, ORDERS_PER_SHOP = 100, 1_000


@dataclass(frozen=True, slots=True)
class Server:
    """A running desk or twin, and the cookie that opens it."""

    address: str
    cookie: str = ""

    def visit(self, page: str, number: int = 1) -> AbstractContextManager[Visitor]:
        """A new session on a page; on Review with the application of a number, on Shops with the dossier of one."""
        query = {"review": f"application={number}", "shops": f"shop={number}"}.get(page, "")
        return visitor(self.address, page, query=query, cookie=self.cookie)


def measure() -> list[Result]:
    """Serve 100,000 orders and a million from scratch databases, and the twins; takes some three minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        small, large = (stack.enter_context(desk(Path(name), times)) for times in (1, 10))
        twins = stack.enter_context(twins_of(small, Path(name)))
        return [*beside_twins(small, twins), *with_ten_times_the_orders(small, large)]


@contextmanager
def desk(place: Path, times: int) -> Iterator[Server]:
    """A desk on 100,000 orders, or on so many times as many, from so many times as many shops."""
    url = f"sqlite:///{place / f'{times}.db'}"
    fill(connect(url), orders=[ORDERS_PER_SHOP] * SHOPS * times)
    with served(url) as address:
        yield Server(address, sign_in(address, "officer"))


@contextmanager
def twins_of(real: Server, place: Path) -> Iterator[Server]:
    """The twins of a desk's pages as they stand after their first run."""
    recipes: dict[str, Node] = {}
    for page in ("queue", "review", "shops"):
        with real.visit(page) as visit:
            recipes[page] = recipe_of(visit.run().messages)
    path = place / "recipes.json"
    path.write_text(json.dumps(recipes), encoding="utf-8")
    with served("", app="benchmarks.twin.app:app", recipes=path) as address:
        yield Server(address)


def beside_twins(real: Server, twins: Server) -> list[Result]:
    """Reruns of the pages, and of the part of Review that holds the decision, each beside its twin."""
    results = []
    for page, acts in (("queue", (filter_queue,)), ("review", (write_note, change_term)), ("shops", (look_again,))):
        with real.visit(page) as ours, twins.visit(page) as bare:
            opened = ours.run(), bare.run()
            require_same_elements(page, *opened)
            for act in acts:
                name = f"{page} {act.__doc__}"
                results += compared(name, act(ours, opened[0]), f"{name}, bare twin", act(bare, opened[1]), 2)
    return results


def with_ten_times_the_orders(small: Server, large: Server) -> list[Result]:
    """The same pages on a million orders and on 100,000, and files that nobody has opened before."""
    results = []
    for page, act in (("queue", filter_queue), ("review", write_note)):
        with small.visit(page) as few, large.visit(page) as many:
            name = f"{page} {act.__doc__}, 1,000,000 orders"
            acts = act(many, many.run()), act(few, few.run())
            results += compared(name, acts[0], f"{page} {act.__doc__}, 100,000 orders", acts[1], 1.2)
    name = "review of a file not opened before"
    return results + compared(
        f"{name}, 1,000,000 orders", open_file(large), f"{name}, 100,000 orders", open_file(small), 1.2
    )


# One act of a visitor: the number of the act to the milliseconds that the server took.
Act = Callable[[int], float]


def filter_queue(visit: Visitor, opened: Answer) -> Act:
    """rerun after a change of its filter"""
    holder = opened.elements("button_group")[0]
    # Nobody holds anything, so both choices show the same rows.
    return lambda number: visit.run({holder.id: [holder.options[number % 2].content]}).milliseconds


def write_note(visit: Visitor, opened: Answer) -> Act:
    """rerun after a note was written"""
    note = opened.elements("text_input")[0]
    return lambda number: visit.run({note.id: f"note {number}"}).milliseconds


def change_term(visit: Visitor, opened: Answer) -> Act:
    """rerun of offer and form after a change of the term"""
    term, fragment = opened.elements("selectbox")[0], opened.fragment_id
    return lambda number: visit.run({term.id: term.options[number % 2]}, fragment_id=fragment).milliseconds


def look_again(visit: Visitor, _opened: Answer) -> Act:
    """rerun of a dossier"""
    return lambda _number: visit.run().milliseconds


def open_file(server: Server) -> Act:
    """One file after the other, each in a session of its own."""

    def act(number: int) -> float:
        with server.visit("review", number + 2) as visit:
            return visit.run().milliseconds

    return act


def require_same_elements(page: str, ours: Answer, bare: Answer) -> None:
    """Stop where the twin does not draw as many of each kind."""
    wanted, drawn = (counts(recipe_of(each.messages)) for each in (ours, bare))
    if wanted != drawn:
        raise RuntimeError(f"the twin of {page} lacks {wanted - drawn} and has too many {drawn - wanted}")


def compared(name: str, measured: Act, beside: str, bare: Act, bar: float) -> list[Result]:
    """Two acts in turn; their medians, and the ratio of these held against its bar."""
    pairs = [(measured(number), bare(number)) for number in range(RUNS)][DROPPED:]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    return [at_most(f"{name} ÷ {beside.rsplit(', ', maxsplit=1)[-1]}", ours / theirs, bar, "times"),
            Result(name, ours, "", "ms"), Result(beside, theirs, "", "ms")]  # fmt: skip


if __name__ == "__main__":
    for result in measure():
        print(result)
