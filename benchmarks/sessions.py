"""How much memory one more open browser costs the server, on the pages people keep open, and beside bare twins of them.

Every session has run its page once and stays connected, as a tab in the background does. The server's own memory (USS)
is read before and after many of them were opened.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from benchmarks.pages import Server, twins_of
from benchmarks.record import fill
from benchmarks.results import Result, at_most
from db.engine import connect
from tests.server import served, sign_in

SHOPS, ORDERS_PER_SHOP = 100, 100
# The first ones load what all share; they are not counted.
WARM_UP, SESSIONS = 20, 100
KB = 1_000
# A page's own tables and charts are sent, not kept; what is kept is what its widgets hold.
MOST_KB = 500


def measure() -> list[Result]:
    """Serve a desk and a bare page, and open sessions on both; takes about a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        real = stack.enter_context(desk(Path(name)))
        twins = stack.enter_context(twins_of(real, Path(name)))
        results = [Result("the server before anybody comes", own_bytes(process_of(real)) / KB / KB, "", "MB")]
        for page in ("queue", "review"):
            results.append(at_most(f"{page}, one more open session", cost_kb(real, page), MOST_KB, "kB"))
            results.append(Result(f"{page}, its bare twin", cost_kb(twins, page), "", "kB"))
        return results


@contextmanager
def desk(place: Path) -> Iterator[Server]:
    """A desk on 10,000 orders."""
    url = f"sqlite:///{place / 'desk.db'}"
    fill(connect(url), orders=[ORDERS_PER_SHOP] * SHOPS)
    with served(url) as address:
        yield Server(address, sign_in(address, "officer"))


def cost_kb(server: Server, page: str) -> float:
    """What a session on a page adds to the server's memory, in kB, as the mean of many."""
    process = process_of(server)
    with ExitStack() as stack:
        for number in range(WARM_UP + SESSIONS):
            if number == WARM_UP:
                before = own_bytes(process)
            stack.enter_context(server.visit(page)).run()
        return (own_bytes(process) - before) / SESSIONS / KB


def process_of(server: Server) -> psutil.Process:
    """The process that listens on a server's port."""
    port = server.address.rpartition(":")[2]
    return next(each for each in psutil.Process().children() if port in each.cmdline())


def own_bytes(process: psutil.Process) -> int:
    """The memory that would be free if the process ended."""
    uss: int = process.memory_full_info().uss
    return uss
