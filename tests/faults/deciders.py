"""What runs in a process of its own: somebody who decides file after file, and can be killed at any moment.

The processes are forked from one that has imported all of this, so that each begins in milliseconds.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import event

from db import decisions
from db.engine import connect
from lending.errors import BrokenRule
from tests.desk import AS_OF
from tests.faults.many_files import person_of, request

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.deciders"])


def start(target, *arguments):
    """Run a function of this module in a process of its own."""
    process = PROCESSES.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def decide(engine, number, **changes):
    """Decide one file for good."""
    return decisions.record(engine, request(number, **changes), person_id=person_of(number), decided_on=AS_OF)


def decide_in_turn(url, numbers, acknowledged):
    """Decide files one after the other, and write down the number of each once it is called recorded."""
    engine = connect(url)
    # Written straight to the system, so that a kill loses nothing that was said.
    said = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in numbers:
        decide(engine, number)
        os.write(said, f"recorded {number}\n".encode())


def decide_until(url, number, moment, acknowledged):
    """Decide one file, and be killed at a moment of it: before a statement, before the commit, or right after it."""
    engine = connect(url)

    def die(*_arguments):
        os.kill(os.getpid(), signal.SIGKILL)

    def die_before_statement(_connection, _cursor, statement, *_arguments):
        if statement.startswith(moment):
            die()

    match moment:
        case "commit":
            event.listen(engine, "commit", die)
        case "answer":
            decisions._read_back = die
        case _:
            event.listen(engine, "before_cursor_execute", die_before_statement)
    decide(engine, number)
    Path(acknowledged).write_text("recorded")


@dataclass(frozen=True, slots=True)
class Told:
    """What one of many who decide the same file at once is told, and after how long."""

    result: str
    """"won", or the name of the refusal."""
    name: str
    """Who was first, by the refusal."""
    at: datetime | None
    seconds: float


def race(url, number, warm_up, gates, answers):
    """Decide a file of one's own, as a desk has that is open, and then another one at the same moment as others."""
    start_line, before_write, arrived = gates
    engine = connect(url)
    decide(engine, warm_up)
    wait_before_write(engine, before_write, arrived)
    start_line.wait(120)
    answers.put(answer_of(engine, number, person_of(warm_up), f"race-{warm_up}"))


def wait_before_write(engine, barrier, arrived):
    """Have everybody who has passed the checks wait for all the others before the row is written.

    Where only one at a time can be between check and write, the others never come and the wait ends by itself.
    """

    @event.listens_for(engine, "before_cursor_execute")
    def _wait(_connection, _cursor, statement, *_arguments):
        if statement.startswith("INSERT INTO decisions"):
            arrived.release()
            with suppress(threading.BrokenBarrierError):
                barrier.wait(0.05)


def answer_of(engine, number, person, key):
    """What somebody is told who decides a file while others do."""
    began = time.perf_counter()
    try:
        decisions.record(engine, request(number, request_key=key), person_id=person, decided_on=AS_OF)
    except BrokenRule as refusal:
        at = getattr(refusal, "at", None) or getattr(refusal, "since", None)
        return Told(type(refusal).__name__, getattr(refusal, "name", ""), at, time.perf_counter() - began)
    return Told("won", "", None, time.perf_counter() - began)


def numbers_in(acknowledged):
    """The numbers that a decider wrote down, in their order."""
    place = Path(acknowledged)
    return [int(line.split()[1]) for line in place.read_text().splitlines()] if place.exists() else []


if __name__ == "__main__":
    decide_in_turn(sys.argv[1], range(1, int(sys.argv[2]) + 1), sys.argv[3])
