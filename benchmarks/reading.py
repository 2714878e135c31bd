"""Reads the record of the first shops part by part, as `score --all` does, and prints the seconds as JSON."""

import json
import sys
import time

from benchmarks.record import AS_OF
from db.engine import connect, open_session
from db.events import shop_events
from desk.scoring import SHOPS_AT_ONCE


def main(url: str, shops: int) -> None:
    """Read, and keep nothing."""
    engine = connect(url)
    began, began_busy = time.perf_counter(), time.process_time()
    for first in range(1, shops + 1, SHOPS_AT_ONCE):
        part = range(first, min(first + SHOPS_AT_ONCE, shops + 1))
        with open_session(engine) as session:
            shop_events(session, as_of=AS_OF, shop_ids=part)
    print(json.dumps({"seconds": time.perf_counter() - began, "busy_seconds": time.process_time() - began_busy}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
