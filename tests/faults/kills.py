"""Kills deciders at random moments, and counts what is left of what they had called recorded."""

import random
import time
from dataclasses import dataclass

from db.engine import connect
from tests.faults import deciders
from tests.faults.many_files import Harm, fill, harm

LANES = 2
WHILE_DECIDING = 0.8


@dataclass(frozen=True, slots=True)
class Killed:
    """What became of the record under many kills."""

    kills: int
    acknowledged: int
    retried: int
    """Files that the killed one had begun and not called recorded; the next one decides them by the same key."""
    harm: Harm
    seconds: float


def kill_deciders(url, folder, *, kills, files, seed, longest_s=0.08):
    """Have two processes decide files, each half of them, and kill one of them at a random moment, again and again."""
    engine = connect(url)
    fill(engine, files)
    chance, began = random.Random(seed), time.monotonic()
    lanes = [_Lane(url, range(first, files + 1, LANES), folder / f"lane-{first}") for first in range(1, LANES + 1)]
    for _ in range(kills):
        lane = chance.choice(lanes)
        # As a rule it is killed while it decides; now and then before it has begun.
        if chance.random() < WHILE_DECIDING:
            lane.wait_until_it_decides()
        time.sleep(chance.uniform(0, longest_s))
        lane.kill()
    for lane in lanes:
        lane.finish()
    acknowledged = [number for lane in lanes for number in lane.acknowledged()]
    found = harm(engine, acknowledged)
    engine.dispose()
    retried = sum(lane.retried for lane in lanes)
    return Killed(sum(lane.killed for lane in lanes), len(acknowledged), retried, found, time.monotonic() - began)


class _Lane:
    """One decider after the other: each goes on where the one before was killed."""

    def __init__(self, url, numbers, place):
        self.url, self.numbers, self.place = url, numbers, place
        self.killed = self.retried = 0
        self._start()

    def acknowledged(self):
        return deciders.numbers_in(self.place)

    def wait_until_it_decides(self):
        end = time.monotonic() + 30
        while len(self.acknowledged()) == self.before and time.monotonic() < end:
            time.sleep(0.002)

    def kill(self):
        self.process.kill()
        self.process.join()
        self.killed += self.process.exitcode < 0
        self.retried += 1
        self._start()

    def finish(self):
        """Kill the last one too, and decide by the same key what it may have been at."""
        self.process.kill()
        self.process.join()
        left = self._left()[:1]
        deciders.start(deciders.decide_in_turn, self.url, left, self.place).join()

    def _left(self):
        return self.numbers[len(self.acknowledged()) :]

    def _start(self):
        self.before = len(self.acknowledged())
        self.process = deciders.start(deciders.decide_in_turn, self.url, self._left(), self.place)
