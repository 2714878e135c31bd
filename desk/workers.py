"""Processes that work beside this one, since a desk's machine has more than one core and Python keeps to one."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection

WORKERS = 2


@contextmanager
def workers() -> Iterator[Executor]:
    """Two processes to hand work to. What they have not begun when the block ends, or fails, is left undone."""
    pool = ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn"), initializer=_follow_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _follow_parent() -> None:
    """Leave Ctrl+C to the parent, and end where it ends without saying so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
