"""Processes that work beside this one, since a desk's machine has more than one core and Python keeps to one."""

import atexit
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection

WORKERS = 2


@contextmanager
def workers(begin: Callable[[], object]) -> Iterator[Executor]:
    """Two processes to hand work to. What they have not begun when the block ends, or fails, is left undone.

    Args:
        begin: runs once in each, while this process goes on; brings into memory what the work needs.
    """
    pool = ProcessPoolExecutor(
        WORKERS, multiprocessing.get_context("spawn"), initializer=_follow_parent, initargs=(begin,)
    )
    try:
        with _deaf_to_interrupts():
            for _ in range(WORKERS):
                pool.submit(int)
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile leave Ctrl+C to this one from their first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _follow_parent(begin: Callable[[], object]) -> None:
    """Leave Ctrl+C to the parent, and end where it ends without saying so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Straight out at the end: DuckDB would list on standard error what it leaves behind.
    atexit.register(os._exit, 0)
    begin()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
