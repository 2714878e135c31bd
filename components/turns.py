"""Lets few pages run at a time, so that many who come at once are served one after the other.

Python computes for one of them at any moment. Where all of two hundred begin, each takes as long as all together, and
those that wait for one of the few connections to the database give up in the end.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 6
"""A page may read in two sessions at once, and the engine has fifteen connections."""
LONGEST_WAIT_S = 60
LONG_PAGES = ("imports",)
"""They take as long as what is brought in, so nobody waits behind them."""

_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn(page: str) -> Iterator[None]:
    """Wait for a turn of a page, and keep it for the block; after the longest wait it goes on without one."""
    has_turn = page not in LONG_PAGES and _turns.acquire(timeout=LONGEST_WAIT_S)
    try:
        yield
    finally:
        if has_turn:
            _turns.release()
