"""How long a score takes, from reading the record to the stored row, on shops as large as small firms are.

The record is made up: 300 shops with up to 10,000 orders each in two years, some 330,000 in all.
"""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from benchmarks.record import AS_OF, fill
from benchmarks.results import Result, at_most
from benchmarks.visitor import visitor
from db import batches, events, scores
from db.engine import connect, open_session
from scoring.card import load_expert
from scoring.shops import score_events
from tests.server import served, sign_in

SHOPS, MOST_ORDERS, LOOKED_AT, DROPPED = 300, 10_000, 60, 5
CARD = load_expert()


def measure() -> list[Result]:
    """Score single shops and all of them on a scratch database; takes a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        url = f"sqlite:///{Path(name) / 'loam.db'}"
        engine = connect(url)
        fill(engine, orders=sizes())
        some = range(1, SHOPS + 1, SHOPS // LOOKED_AT)
        one_ms = [score(engine, [shop_id]) * 1000 for shop_id in some][DROPPED:]
        all_seconds = score(engine, list(range(1, SHOPS + 1)))
        click_ms = clicks(url, engine, some)[DROPPED:]
        engine.dispose()
    return [
        at_most("score of one application, median", statistics.median(one_ms), 150, "ms"),
        Result("score of one application, nine of ten within", statistics.quantiles(one_ms, n=10)[-1], "", "ms"),
        Result("click on Score again until it is stored and Review drawn anew, median",
               statistics.median(click_ms), "", "ms"),
        Result("the same, nine of ten within", statistics.quantiles(click_ms, n=10)[-1], "", "ms"),
        Result(f"score of {SHOPS} shops with {sum(sizes()):,} orders", all_seconds, "", "s"),
    ]  # fmt: skip


def sizes() -> list[int]:
    """Numbers of orders that spread as real firms' do."""
    drawn = np.exp(np.random.default_rng(7).normal(6.2, 1.3, SHOPS)).astype(int) + 20
    return np.minimum(drawn, MOST_ORDERS).tolist()


def score(engine: Engine, shop_ids: list[int]) -> float:
    """Seconds from asking for consent to the committed rows."""
    started = time.perf_counter()
    with open_session(engine) as session:
        batch = batches.newest(session)
        allowed = sorted(events.consented_shop_ids(session, as_of=AS_OF, shop_ids=shop_ids, batch_id=batch))
        found = events.shop_events(session, as_of=AS_OF, shop_ids=allowed, batch_id=batch)
    scored = score_events(found, as_of=AS_OF, card=CARD)
    with open_session(engine, write=True) as session:
        scores.append(session, scored, as_of=AS_OF, batch_id=batch, card=CARD, person_id=None)
    return time.perf_counter() - started


def clicks(url: str, engine: Engine, shop_ids: range) -> list[float]:
    """Milliseconds of each click on Score again, on the server, with the run that draws Review with the new score."""
    milliseconds = []
    with served(url) as address:
        cookie = sign_in(address, "officer")
        for shop_id in shop_ids:
            with visitor(address, "review", query=f"application={shop_id}", cookie=cookie) as visit:
                (button,) = (each for each in visit.run().elements("button") if each.label == "Score again")
                before = newest_score(engine, shop_id)
                milliseconds.append(visit.run({button.id: True}).milliseconds)
                if newest_score(engine, shop_id) == before:
                    raise RuntimeError("the click stored nothing")
    return milliseconds


def newest_score(engine: Engine, shop_id: int) -> int:
    """The number of a shop's newest score."""
    with open_session(engine) as session:
        return scores.latest(session, shop_id).id


if __name__ == "__main__":
    for result in measure():
        print(result)
