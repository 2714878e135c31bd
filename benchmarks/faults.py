"""What is left of the record after faults: kills, races, crashes of the server, and backups taken meanwhile.

The tests under tests/faults do the same in short; here the bars are those that the record was promised.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from benchmarks.results import Result, at_least, at_most
from db import holds
from db.engine import connect, migrate, open_session
from tests.faults.crashing import crash_under_load, durable_server
from tests.faults.kills import kill_deciders
from tests.faults.many_files import Harm, fill, person_of
from tests.faults.races import Race, race_of_processes, race_of_threads
from tests.faults.test_syncs import syncs_before_each
from tests.postgresql import PostgreSQL

KILLS, FILES, LONGEST_S = 1_000, 60_000, 0.25
CRASHES, FILES_OF_CRASHES, BETWEEN_CRASHES = 8, 20_000, 300
SYNCED = 100
DECIDERS = (2, 16, 64)
ROUNDS = 5
MOST_MS = 1_000


def measure() -> list[Result]:
    """Do harm to records of a few thousand files; takes several minutes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else where this runs as root
        return [*kills(folder), *syncs(folder), *races(folder), *crashes(folder)]


def kills(folder: Path) -> list[Result]:
    """Kill deciders on SQLite."""
    with record(folder / "kills.db") as url:
        killed = kill_deciders(url, folder, kills=KILLS, files=FILES, seed=11, longest_s=LONGEST_S)
    return [
        at_least("deciders killed at random moments", killed.kills, KILLS, "kills"),
        Result("decisions that were called recorded meanwhile", killed.acknowledged, "", ""),
        *unharmed("kill -9", killed.harm),
        Result("time of it", killed.seconds, "", "s"),
    ]


def syncs(folder: Path) -> list[Result]:
    """Count the syncs before each decision is called recorded."""
    with record(folder / "syncs.db") as url:
        engine = connect(url)
        fill(engine, SYNCED)
        engine.dispose()
        counts = syncs_before_each(url, folder, SYNCED)
    return [at_least(f"fewest syncs before one of {len(counts)} decisions is called recorded", min(counts), 1, "")]


def races(folder: Path) -> list[Result]:
    """Have many decide one file at once, on both databases."""
    with record(folder / "races.db") as url:
        done = {f"{name} on SQLite": races for name, races in races_on(url)}
    server = PostgreSQL(folder / "postgresql")
    try:
        url = server.address(server.create(server.migrated))
        done |= {f"{name} on PostgreSQL": races for name, races in races_on(url)}
    finally:
        server.close()
    every = [race for races in done.values() for race in races]
    others = [each for race in every for each in race.told if each.result != "won"]
    winners = [sum(each.result == "won" for each in race.told) for race in every]
    return [
        Result("files that many decided at once", len(every), "", ""),
        at_most("of them without exactly one decision", sum(each != 1 for each in winners), 0, ""),
        Result("officers who came second", len(others), "", ""),
        at_most("of them not told who was first and when", sum(not each.name or not each.at for each in others), 0, ""),
        *(at_most(f"answer to one of {name}, p99", p99_ms(races), MOST_MS, "ms") for name, races in done.items()),
    ]


def races_on(url: str) -> Iterator[tuple[str, list[Race]]]:
    """Race as threads and as processes, each number of deciders some rounds."""
    engine = connect(url)
    runs: list[tuple[str, Callable[..., Race]]] = [("threads", race_of_threads), ("processes", race_of_processes)]
    every = len(runs) * len(DECIDERS) * ROUNDS * (max(DECIDERS) + 1)
    fill(engine, every)
    files = iter(range(1, every + 1))
    for kind, race in runs:
        for count in DECIDERS:
            done = []
            for _ in range(ROUNDS):
                number, *warm_ups = (next(files) for _ in range(count + 1))
                with open_session(engine, write=True) as session:
                    holds.release(session, number, person_id=person_of(number))
                engine.dispose()
                done.append(race(url, number, warm_ups))
            yield f"{count} {kind}", done


def p99_ms(races: list[Race]) -> float:
    """The time within which 99 of 100 had their answer, in all rounds together."""
    times = sorted(each.seconds for race in races for each in race.told)
    return 1_000 * times[len(times) * 99 // 100]


def crashes(folder: Path) -> list[Result]:
    """Crash PostgreSQL under load."""
    with durable_server(folder / "durable") as server:
        crashed = crash_under_load(server, crashes=CRASHES, files=FILES_OF_CRASHES, between=BETWEEN_CRASHES)
    return [
        at_least("crashes of PostgreSQL under load", crashed.crashes, CRASHES, "crashes"),
        Result("decisions that were called recorded meanwhile on PostgreSQL", crashed.acknowledged, "", ""),
        *unharmed("PostgreSQL's crashes", crashed.harm),
        at_most("from the server's return to the next decision, longest", crashed.longest_away_s, 30, "s"),
    ]


def unharmed(name: str, harm: Harm) -> list[Result]:
    """Each kind of harm, none of which may be found."""
    words = {
        "lost": "decisions lost", "doubled": "keys with two rows", "halves": "half decisions",
        "broken": "broken references",
    }  # fmt: skip
    return [at_most(f"{words[each.name]} after {name}", getattr(harm, each.name), 0, "") for each in fields(harm)]


@contextmanager
def record(place: Path) -> Iterator[str]:
    """The address of an empty record in SQLite."""
    url = f"sqlite:///{place}"
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    yield url
