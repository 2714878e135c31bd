"""How a desk serves two hundred people at once: how long they wait, what its memory does, how fast all are back.

Each has a page open, acts on it, and reads for half a minute on average before the next act; half of them work in
Queue, the others in Review and in dossiers. The server is one process on SQLite. Then it is stopped and started again,
and all of them come back at once.
"""

import itertools
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from websockets.exceptions import ConnectionClosed, WebSocketException

from benchmarks.pages import ORDERS_PER_SHOP, SHOPS, Act, Server, filter_queue, look_again, write_note
from benchmarks.record import fill
from benchmarks.results import Result, at_least, at_most
from benchmarks.sessions import own_bytes, process_of
from db.engine import connect
from tests.server import free_port, served, sign_in

SESSIONS = 200
CLIENTS = 4
READING_S = 30
# They come within some minutes; all at once they come after the restart.
ARRIVING_S = 120
LOAD_S = 480
# What all share is read and the allocator has found its size; counted is what comes after.
SETTLED_AFTER_S = 240
SAMPLE_S = 5
PLACES = {"queue": filter_queue, "review": write_note, "shops": look_again}
TURNS = ("queue", "review", "queue", "shops")
MOST_WAIT_S, MOST_GROWTH_MB_PER_HOUR, MOST_AWAY_S = 2, 1, 30
RETRY_S = 1.0
MB = 1_000_000


def measure() -> list[Result]:
    """Serve a desk on 100,000 orders to two hundred sessions for eight minutes, then restart it."""
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
    with people() as pool:
        working = [pool.submit(work_of, group, end) for group in groups(seats)]
        memory = list(sampled(process, end))
        waits, unanswered = zip(*(each.result() for each in working), strict=True)
    took = sorted(itertools.chain.from_iterable(waits))
    return [
        Result("sessions that act every half minute", SESSIONS, "", ""),
        Result("acts", len(took), "", ""),
        at_most("acts that got no answer", sum(unanswered), 0, ""),
        Result("from an act to the end of its run, median", statistics.median(took), "", "s"),
        at_most("from an act to the end of its run, p95", took[len(took) * 95 // 100], MOST_WAIT_S, "s"),
        Result("cores that the server was busy on, mean", busy_cores(memory), "", ""),
        Result("the server's own memory at the end", memory[-1].own_mb, "", "MB"),
        at_most("growth of it", growth_mb_per_hour(memory), MOST_GROWTH_MB_PER_HOUR, "MB/h"),
    ]


def people() -> ProcessPoolExecutor:
    """Those at the browsers, in processes of their own: one waits for the desk and not for the others."""
    return ProcessPoolExecutor(CLIENTS, mp_context=multiprocessing.get_context("spawn"))


def groups(seats: list[Server]) -> list[list[tuple[int, Server]]]:
    """The seats with their numbers, a group for each process."""
    return [list(enumerate(seats))[first::CLIENTS] for first in range(CLIENTS)]


def work_of(group: list[tuple[int, Server]], end: float) -> tuple[list[float], int]:
    """What a group does until the end: how long each act took, in seconds, and how many got no answer."""
    with ThreadPoolExecutor(len(group)) as pool:
        done = [pool.submit(work, seat, number, end) for number, seat in group]
        waits, unanswered = zip(*(each.result() for each in done), strict=True)
    return list(itertools.chain.from_iterable(waits)), sum(unanswered)


def work(seat: Server, number: int, end: float) -> tuple[list[float], int]:
    """One person's acts on one page until the end; who gets no answer opens the page anew."""
    pauses = random.Random(number)
    waits: list[float] = []
    unanswered = 0
    time.sleep(pauses.uniform(0, ARRIVING_S))
    while True:
        try:
            with come_in(seat, TURNS[number % len(TURNS)], number) as act:
                for count in itertools.count():
                    pause = pauses.expovariate(1 / READING_S)
                    if time.monotonic() + pause > end:
                        return waits, unanswered
                    time.sleep(pause)
                    waits.append(act(count) / 1_000)
        except (TimeoutError, ConnectionClosed):
            unanswered += 1


@contextmanager
def come_in(seat: Server, page: str, number: int) -> Iterator[Act]:
    """A page as a browser opens it: where the server takes too long to answer, it tries again."""
    with ExitStack() as stack:
        while True:
            try:
                act = stack.enter_context(opened(seat, page, number))
            except (OSError, WebSocketException):
                time.sleep(RETRY_S)
            else:
                break
        yield act


@contextmanager
def opened(seat: Server, page: str, number: int) -> Iterator[Act]:
    """A page after its first run, and what is done on it."""
    with seat.visit(page, number % SHOPS + 1) as visit:
        yield PLACES[page](visit, visit.run())


@dataclass(frozen=True, slots=True)
class Sample:
    """The server as it stood so many seconds after the beginning."""

    after_s: float
    own_mb: float
    cpu_s: float
    """What it has computed since it was started."""


def sampled(process: psutil.Process, end: float) -> Iterator[Sample]:
    """The server every few seconds until the end."""
    began = time.monotonic()
    while (now := time.monotonic()) < end:
        spent = process.cpu_times()
        yield Sample(now - began, own_bytes(process) / MB, spent.user + spent.system)
        time.sleep(SAMPLE_S)


def settled(samples: list[Sample]) -> list[Sample]:
    """Those of the time in which all are there and what all share is read."""
    return [each for each in samples if each.after_s >= SETTLED_AFTER_S]


def busy_cores(samples: list[Sample]) -> float:
    """Seconds computed for each second that passed."""
    first, *_, last = settled(samples)
    return (last.cpu_s - first.cpu_s) / (last.after_s - first.after_s)


def growth_mb_per_hour(samples: list[Sample]) -> float:
    """The slope of the line of least squares through the memory."""
    late = settled(samples)
    return statistics.linear_regression([each.after_s for each in late], [each.own_mb for each in late]).slope * 3_600


def back_again(url: str, port: int, seats: list[Server]) -> list[Result]:
    """Start the server anew while everybody tries to come back to their page."""
    with people() as pool, ExitStack() as stack:
        # They are there before the clock starts.
        list(pool.map(abs, range(CLIENTS)))
        began = time.monotonic()
        coming = [pool.submit(come_back_of, group, began) for group in groups(seats)]
        stack.enter_context(served(url, port=port))
        away = sorted(itertools.chain.from_iterable(each.result() for each in coming))
    return [
        at_least("sessions that came back after a restart", len(away), SESSIONS, ""),
        Result("from the restart until half of them were back", statistics.median(away), "", "s"),
        at_most("from the restart until all of them were back", away[-1], MOST_AWAY_S, "s"),
    ]


def come_back_of(group: list[tuple[int, Server]], began: float) -> list[float]:
    """When each of a group was back: the seconds since the restart began."""
    with ThreadPoolExecutor(len(group)) as pool:
        return list(pool.map(lambda each: come_back(each[1], each[0], began), group))


def come_back(seat: Server, number: int, began: float) -> float:
    """Try until the page stands there again: the seconds since the restart began."""
    with come_in(seat, TURNS[number % len(TURNS)], number):
        return time.monotonic() - began
