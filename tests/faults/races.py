"""Has many decide one file at the same moment, as threads of one desk or as processes."""

import threading
from dataclasses import dataclass

from db.engine import connect
from tests.faults import deciders
from tests.faults.many_files import person_of

NAMES = ("Olive Officer", "Sandy Second")


@dataclass(frozen=True, slots=True)
class Race:
    """What each was told, and how many were between their checks and their write."""

    told: list[deciders.Told]
    between_check_and_write: int

    @property
    def p99_s(self):
        """The time within which 99 of 100 had their answer; of fewer than 100, all of them."""
        ordered = sorted(each.seconds for each in self.told)
        return ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)]


def race_of_threads(url, number, warm_ups):
    """Race for a file as threads of one process, as the sessions of one desk do."""
    engine, told = connect(url), []
    start_line, before_write = (threading.Barrier(len(warm_ups)) for _ in range(2))
    arrived = threading.Semaphore(0)
    deciders.decide(engine, warm_ups[0])
    deciders.wait_before_write(engine, before_write, arrived)

    def press(place):
        start_line.wait(60)
        told.append(deciders.answer_of(engine, number, person_of(place), f"race-{place}"))

    threads = [threading.Thread(target=press, args=(place,)) for place in warm_ups]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    engine.dispose()
    connect.cache_clear()
    return Race(told, _count(arrived))


def race_of_processes(url, number, warm_ups):
    """Race for a file as processes, as several desks on one database do; each has decided a file of its own before."""
    context = deciders.PROCESSES
    answers, arrived = context.Queue(), context.Semaphore(0)
    gates = context.Barrier(len(warm_ups)), context.Barrier(len(warm_ups)), arrived
    running = [deciders.start(deciders.race, url, number, own, gates, answers) for own in warm_ups]
    told = [answers.get(timeout=120) for _ in running]
    for each in running:
        each.join()
    answers.close()
    return Race(told, _count(arrived))


def _count(semaphore):
    count = 0
    while semaphore.acquire(False):
        count += 1
    return count
