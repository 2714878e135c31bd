"""How a desk serves two hundred people at once: how long they wait, what its memory does, how fast all are back.

Each has a page open, acts on it, and reads for half a minute on average before the next act; half of them work in
Queue, the others in Review and in dossiers. The server is one process on SQLite. Then it is stopped and started again,
and all of them come back at once.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from benchmarks.pages import ORDERS_PER_SHOP, SHOPS, Act, Server, filter_queue, look_again, write_note
from benchmarks.record import fill
from benchmarks.results import Result, at_least, at_most
from benchmarks.sessions import own_bytes, process_of
from benchmarks.visitor import ANSWER_SECONDS
from db.engine import connect
from tests.server import free_port, served, sign_in

SESSIONS = 200
READING_S = 30
# They come within some minutes; all at once they come after the restart.
ARRIVING_S = 180
LOAD_S = 600
# What all share is read and the allocator has found its size; counted is what comes after.
SETTLED_AFTER_S = 300
SAMPLE_S = 5
PLACES = {"queue": filter_queue, "review": write_note, "shops": look_again}
TURNS = ("queue", "review", "queue", "shops")
MOST_WAIT_S, MOST_GROWTH_MB_PER_HOUR, MOST_AWAY_S = 2, 1, 30
RETRY_S = 0.25
MB = 1_000_000


def measure() -> list[Result]:
    """Serve a desk on 100,000 orders to two hundred sessions for ten minutes, then restart it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        url, port = f"sqlite:///{Path(name) / 'desk.db'}", free_port()
        fill(connect(url), orders=[ORDERS_PER_SHOP] * SHOPS)
        with served(url, port=port) as address:
            cookies = [sign_in(address, "officer") for _ in range(SESSIONS)]
            results = under_load([Server(address, cookie) for cookie in cookies])
        return [*results, *back_again(url, port, [Server(address, cookie) for cookie in cookies])]


def under_load(seats: list[Server]) -> list[Result]:
    """Have everybody work for a while: the waits, and the growth of the server's memory."""
    process = process_of(seats[0])
    end = time.monotonic() + LOAD_S
    with ThreadPoolExecutor(SESSIONS) as pool:
        working = [pool.submit(work, seat, number, end) for number, seat in enumerate(seats)]
        memory = list(sampled(process, end))
    waits = sorted(wait for each in working for wait in each.result())
    return [
        Result("sessions that act every half minute", SESSIONS, "", ""),
        Result("acts", len(waits), "", ""),
        Result("from an act to the end of its run, median", statistics.median(waits), "", "s"),
        at_most("from an act to the end of its run, p95", waits[len(waits) * 95 // 100], MOST_WAIT_S, "s"),
        Result("the server's own memory at the end", memory[-1][1], "", "MB"),
        at_most("growth of it", growth_mb_per_hour(memory), MOST_GROWTH_MB_PER_HOUR, "MB/h"),
    ]


def work(seat: Server, number: int, end: float) -> list[float]:
    """One person's acts on one page until the end: how long each took, in seconds."""
    page = TURNS[number % len(TURNS)]
    pauses = random.Random(number)
    waits = []
    time.sleep(pauses.uniform(0, ARRIVING_S))
    with come_in(seat, page, number) as act:
        for count in range(1_000_000):
            pause = pauses.expovariate(1 / READING_S)
            if time.monotonic() + pause > end:
                return waits
            time.sleep(pause)
            try:
                waits.append(act(count) / 1_000)
            except TimeoutError:  # nobody waits longer
                return [*waits, ANSWER_SECONDS]
    return waits


@contextmanager
def come_in(seat: Server, page: str, number: int) -> Iterator[Act]:
    """A page as a browser opens it: where the server takes too long to answer, it tries again."""
    with ExitStack() as stack:
        while True:
            try:
                act = stack.enter_context(opened(seat, page, number))
            except OSError:
                time.sleep(RETRY_S)
            else:
                break
        yield act


@contextmanager
def opened(seat: Server, page: str, number: int) -> Iterator[Act]:
    """A page after its first run, and what is done on it."""
    with seat.visit(page, number % SHOPS + 1) as visit:
        yield PLACES[page](visit, visit.run())


def sampled(process: psutil.Process, end: float) -> Iterator[tuple[float, float]]:
    """The server's own memory every few seconds until the end: seconds since it began, and MB."""
    began = time.monotonic()
    while (now := time.monotonic()) < end:
        yield now - began, own_bytes(process) / MB
        time.sleep(SAMPLE_S)


def growth_mb_per_hour(memory: list[tuple[float, float]]) -> float:
    """The slope of the line of least squares through what was sampled once the server had settled."""
    late = [each for each in memory if each[0] >= SETTLED_AFTER_S]
    return statistics.linear_regression(*zip(*late, strict=True)).slope * 3_600


def back_again(url: str, port: int, seats: list[Server]) -> list[Result]:
    """Start the server anew while everybody tries to come back to their page."""
    began = time.monotonic()
    with ThreadPoolExecutor(SESSIONS) as pool, ExitStack() as stack:
        coming = [pool.submit(come_back, seat, number, began) for number, seat in enumerate(seats)]
        stack.enter_context(served(url, port=port))
        away = sorted(each.result() for each in coming)
    return [
        at_least("sessions that came back after a restart", len(away), SESSIONS, ""),
        Result("from the restart until half of them were back", statistics.median(away), "", "s"),
        at_most("from the restart until all of them were back", away[-1], MOST_AWAY_S, "s"),
    ]


def come_back(seat: Server, number: int, began: float) -> float:
    """Try until the page stands there again: the seconds since the restart began."""
    with come_in(seat, TURNS[number % len(TURNS)], number):
        return time.monotonic() - began
