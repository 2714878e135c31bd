"""How processes wait for each other before they write to one SQLite file.

SQLite's own wait sleeps longer each time, up to a tenth of a second, while nobody writes. Of many processes the last
ones would so be told after a second what takes milliseconds.
"""

import random
import time
from collections.abc import Callable
from typing import Any

SHORTEST_S, LONGEST_S = 0.002, 0.02


def begin_writing(driver: Any, begin: Callable[[], object], *, longest_ms: int) -> None:  # noqa: ANN401
    """Begin a writing transaction; where somebody else writes, try again after short waits of different lengths.

    Args:
        driver: the connection, of whichever library there is.
        begin: begins the transaction by SQLAlchemy, and raises in its words what keeps it from being begun.
        longest_ms: for how long to try, and how long the connection waits for anything else.
    """
    driver.execute("PRAGMA busy_timeout = 0").close()
    try:
        if _run_in_turn(driver, "BEGIN IMMEDIATE", longest_ms) is not None:
            begin()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {longest_ms}").close()


def set_journal_mode(driver: Any, mode: str, *, longest_ms: int) -> None:  # noqa: ANN401
    """Set how a file is journalled, while others may be at the same.

    SQLite does not wait where somebody is about to write to a new file: it says at once that the file is locked.
    """
    driver.execute("PRAGMA busy_timeout = 0").close()
    error = _run_in_turn(driver, f"PRAGMA journal_mode = {mode}", longest_ms)
    driver.execute(f"PRAGMA busy_timeout = {longest_ms}").close()
    if error is not None:
        raise error


def _run_in_turn(driver: Any, statement: str, longest_ms: int) -> Exception | None:  # noqa: ANN401
    """Run a statement as soon as nobody's lock is in the way; what kept it from running, where something did."""
    end = time.monotonic() + longest_ms / 1000
    while True:
        try:
            driver.execute(statement).close()
        except driver.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                return error  # type: ignore[no-any-return]
            time.sleep(random.uniform(SHORTEST_S, LONGEST_S))  # noqa: S311  (so that not all come at once)
        else:
            return None
