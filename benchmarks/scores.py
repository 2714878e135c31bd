"""How long a score takes, from reading the record to the stored row, on shops as large as small firms are.

The record is made up: 300 shops with up to 10,000 orders of three years each, some 330,000 in all.
"""

import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, insert

from benchmarks.results import Result, at_most
from db import batches, events, scores
from db.engine import connect, migrate, open_session
from db.tables import Application, ImportBatch, Order, Shop, table_of
from scoring.card import load_expert
from scoring.shops import score_events

AS_OF = date(2026, 11, 2)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SHOPS, DAYS = 300, 1_095
CARD = load_expert()


def measure() -> list[Result]:
    """Score single shops and all of them on a scratch database; takes half a minute."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        engine = connect(f"sqlite:///{Path(name) / 'loam.db'}")
        migrate(engine)
        fill(engine)
        score(engine, [1])
        one_ms = [score(engine, [shop_id]) * 1000 for shop_id in range(1, SHOPS + 1, 5)]
        all_seconds = score(engine, list(range(1, SHOPS + 1)))
        engine.dispose()
    return [
        at_most("score of one application, median", statistics.median(one_ms), 150, "ms"),
        Result("score of one application, slowest of 60", max(one_ms), "", "ms"),
        Result(f"score of {SHOPS} shops with 330,000 orders", all_seconds, "", "s"),
    ]


def fill(engine: Engine) -> None:
    """Shops whose numbers of orders spread as real firms' do, all of whom consented."""
    chance = np.random.default_rng(7)
    sizes = np.minimum(np.exp(chance.normal(6.2, 1.3, SHOPS)).astype(int) + 20, 10_000)
    with open_session(engine, write=True) as session:
        batch = {"id": 1, "recorded_at": NOW, "source": "made up", "format": "loam", "report": "{}"}
        session.execute(insert(table_of(ImportBatch)).values(batch))
        for shop_id, size in enumerate(sizes.tolist(), start=1):
            shop = {"id": shop_id, "shop_ref": f"S{shop_id}", "name": "Made up", "time_zone": "Asia/Shanghai"}
            session.execute(insert(table_of(Shop)).values(**shop, currency="CNY", generated=1, batch_id=1))
            session.execute(insert(table_of(Application)).values(
                application_ref=f"A{shop_id}", shop_id=shop_id, submitted_at=NOW, consented_at=NOW - timedelta(days=1),
                amount_minor=1, currency="CNY", term_months=6, batch_id=1))  # fmt: skip
            session.execute(insert(table_of(Order)), orders_of(shop_id, size, chance))


def orders_of(shop_id: int, size: int, chance: np.random.Generator) -> list[dict[str, object]]:
    """Orders on random days, each of one of a third as many buyers."""
    days = np.sort(chance.integers(1, DAYS, size))[::-1].tolist()
    gross = chance.integers(1_000, 1_000_000, size).tolist()
    buyers = chance.integers(0, size // 3 + 1, size).tolist()
    return [
        {
            "shop_id": shop_id, "order_ref": f"{place:06}", "placed_at": NOW - timedelta(days=back),
            "placed_day": AS_OF - timedelta(days=back), "buyer_ref": str(buyer), "gross_minor": amount,
            "refunded_minor": 0, "status": "completed", "batch_id": 1,
        }
        for place, (back, buyer, amount) in enumerate(zip(days, buyers, gross, strict=True))
    ]  # fmt: skip


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
