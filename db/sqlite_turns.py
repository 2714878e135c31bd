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
    end = time.monotonic() + longest_ms / 1000
    driver.execute("PRAGMA busy_timeout = 0").close()
    try:
        while time.monotonic() < end:
            try:
                driver.execute("BEGIN IMMEDIATE").close()
            except driver.OperationalError as error:
                if "locked" not in str(error):
                    break
                time.sleep(random.uniform(SHORTEST_S, LONGEST_S))  # noqa: S311  (so that not all come at once)
            else:
                return
        begin()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {longest_ms}").close()
