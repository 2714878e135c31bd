"""Makes the demo as `python loam.py demo` does, and prints the seconds of each step as JSON."""

import json
import sys
import time

from db.engine import connect, migrate
from demo.shops import BUSINESS_DATE, SEED
from desk import demo

SHOPS = 1_200


def main(url: str) -> None:
    """Make the demo on an empty database."""
    engine = connect(url)
    migrate(engine)
    seconds: dict[str, float] = {}
    begun, since = "", 0.0

    def tell(step: str, _share: float) -> None:
        nonlocal begun, since
        now = time.perf_counter()
        if begun:
            seconds[begun] = seconds.get(begun, 0.0) + now - since
        begun, since = step, now

    demo.make(engine, shops=SHOPS, seed=SEED, as_of=BUSINESS_DATE, default_zone="Asia/Shanghai", tell=tell)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1])
