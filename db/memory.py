"""What was read of the record lately.

A reading is kept under everything on which it depends, so none has ever to be withdrawn.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from sqlmodel import Session

from db import batches

Reading = TypeVar("Reading")

OPEN_FILES = 256
"""Readings of single files that are kept: as many as people have open at once, since each asks for its own again and
again, and one fewer than that many would keep none of them."""


class Memory(Generic[Reading]):
    """The newest readings of one kind. Whoever gets one shares it with others and must not change it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, session: Session, question: Hashable, read: Callable[[], Reading]) -> Reading:
        """The reading that answers a question put to the record of sales, wallets and the like.

        Args:
            session: a transaction; its database and newest import are part of the question.
            question: everything else on which the answer depends.
            read: how to find the answer where it is not kept.
        """
        key = (session.connection().engine, batches.version(session), question)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        reading = read()
        with self._lock:
            self._kept[key] = reading
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return reading
