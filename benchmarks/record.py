"""A made-up record of any size, written past the import because only its size matters here.

A shop of a number is the same in a small record and a large one. Its orders of two years have buyers, refunds, ratings
and deliveries; its wallet has balances. All applied and consented, and were scored where that is asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import numpy as np
from sqlalchemy import Connection, Engine

from db import facts, people, policies, scores
from db.engine import migrate, open_session
from db.events import shop_events
from scoring.card import load_expert
from scoring.shops import score_events

AS_OF = date(2026, 11, 2)
TODAY = (AS_OF - date(1970, 1, 1)).days
DAY_US = 86_400_000_000
DAYS = 730
ENTRIES_PER_SHOP = 200
SHOPS_AT_ONCE = 50


def fill(engine: Engine, *, orders: Sequence[int], entries: int = ENTRIES_PER_SHOP, score: bool = True) -> None:
    """Fill an empty database with as many shops as there are numbers of orders, and score them all if asked to."""
    shops = len(orders)
    migrate(engine)
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        policies.seed(session)
        facts.write(session, facts.DEMO_BUSINESS_DATE, AS_OF.isoformat())
        connection = session.connection()
        recorded_us = (TODAY - 1) * DAY_US
        _insert(connection, "import_batches", [(1, recorded_us, None, "made up", "loam", "{}")])
        names = ((n, f"S{n:05}", f"Shop {n}", "tea", "Asia/Shanghai", "CNY", 1, 1) for n in range(1, shops + 1))
        _insert(connection, "shops", names, "id, shop_ref, name, category, time_zone, currency, generated, batch_id")
        for shop, count in enumerate(orders, start=1):
            _insert(connection, "orders", _orders(shop, count), ORDER_COLUMNS)
            _insert(connection, "wallet_entries", _entries(shop, entries))
        connection.exec_driver_sql(ROLL_UP)
        _insert(connection, "applications", _applications(shops))
    if score:
        _score_all(engine, shops)


def _insert(connection: Connection, table: str, rows: Iterable[tuple[object, ...]], columns: str = "") -> None:
    ready = list(rows)
    places = ", ".join("?" * len(ready[0]))
    named = f" ({columns})" if columns else ""
    connection.exec_driver_sql(f"INSERT INTO {table}{named} VALUES ({places})", ready)


ORDER_COLUMNS = (
    "shop_id, order_ref, placed_at, placed_day, buyer_ref, gross_minor, refunded_minor, refunded_at, refunded_day, "
    "status, promised_by, delivered_at, rating_hundredths, reviewed_at, batch_id"
)
ROLL_UP = """
INSERT INTO sales_days (shop_id, day, source, orders, cancelled_orders, gross_minor, refunded_minor, batch_id)
SELECT shop_id, day, 'orders', sum(orders), 0, sum(gross_minor), sum(refunded_minor), 1 FROM (
    SELECT shop_id, placed_day AS day, 1 AS orders, gross_minor, 0 AS refunded_minor FROM orders
    UNION ALL SELECT shop_id, refunded_day, 0, 0, refunded_minor FROM orders WHERE refunded_minor > 0
) GROUP BY shop_id, day
"""


def _orders(shop: int, count: int) -> Iterator[tuple[object, ...]]:
    chance = np.random.default_rng(shop)
    days = np.sort(chance.integers(TODAY - DAYS, TODAY - 5, count)).tolist()
    gross = chance.integers(1_000, 400_000, count).tolist()
    buyers = chance.integers(0, count // 3 + 1, count).tolist()
    refunded = (chance.random(count) < 0.05).tolist()
    for place, (day, amount, buyer, back) in enumerate(zip(days, gross, buyers, refunded, strict=True)):
        at = day * DAY_US + 18_000_000_000
        yield (
            shop, f"{place:08}", at, day, f"B{buyer}", amount, amount if back else 0,
            at + 3 * DAY_US if back else None, day + 3 if back else None, "completed", at + 4 * DAY_US,
            at + 2 * DAY_US, 100 * (1 + place % 5), at + 3 * DAY_US, 1,
        )  # fmt: skip


def _entries(shop: int, count: int) -> Iterator[tuple[object, ...]]:
    chance = np.random.default_rng(-shop % 2**32)
    days = np.sort(chance.integers(TODAY - DAYS, TODAY, count)).tolist()
    balances = chance.integers(0, 10_000_000, count).tolist()
    for place, (day, balance) in enumerate(zip(days, balances, strict=True)):
        account = "fund" if place % 7 == 0 else "wallet"
        yield (shop, f"{place:08}", day * DAY_US, day, 1_000, balance, "sale", None, account, 1)


def _applications(count: int) -> Iterator[tuple[object, ...]]:
    for shop in range(1, count + 1):
        at = TODAY * DAY_US - shop % 100 * 3_600_000_000
        yield (shop, f"A{shop:05}", shop, at, 1_000_000 + shop * 1_000, "CNY", 6, "stock", at - 10 * DAY_US, 1)


def add_past(engine: Engine, *, applications: int) -> None:
    """Add applications of the last year to a filled record, each settled by one person within three days."""
    with open_session(engine, write=True) as session:
        connection = session.connection()
        shops, asked = connection.exec_driver_sql(
            "SELECT (SELECT max(id) FROM shops), (SELECT max(id) FROM applications)"
        ).one()
        numbers = range(asked + 1, asked + applications + 1)
        _insert(connection, "applications", (_asked(number, shops) for number in numbers))
        _insert(connection, "decisions", (_answered(number, shops) for number in numbers), DECISION_COLUMNS)


DECISION_COLUMNS = (
    "id, application_id, round, person_id, outcome, amount_minor, currency, term_months, rate_bps, reasons, note, "
    "score_run_id, policy_version, authority, override, final, decided_on, request_key, request_hash, recorded_at"
)


def _asked(number: int, shops: int) -> tuple[object, ...]:
    at = _received_day(number) * DAY_US + number % 50_000 * 1_000_000
    return (number, f"P{number:07}", 1 + number % shops, at, 1_000_000 + number % 97 * 50_000, "CNY", 6, "stock", at, 1)


def _answered(number: int, shops: int) -> tuple[object, ...]:
    outcome = ("approve", "approve", "approve_less", "decline")[number % 4]
    amount = {"approve": 1_000_000 + number % 97 * 50_000, "approve_less": 500_000}.get(outcome)
    reasons = "[]" if outcome == "approve" else '["sales_falling","short_history"]'
    decided_on = _received_day(number) + 1 + number % 3
    # Shops were scored one by one, so a shop and its only score have the same number.
    return (
        number, number, 1, 1 + number % 3, outcome, amount, "CNY", amount and 6, amount and 900, reasons, "",
        1 + number % shops, 1, "officer", int(number % 40 == 0), 1, decided_on, f"past {number}", "made up",
        decided_on * DAY_US,
    )  # fmt: skip


def _received_day(number: int) -> int:
    return TODAY - 5 - number % 360


def _score_all(engine: Engine, shops: int) -> None:
    card = load_expert()
    for first in range(1, shops + 1, SHOPS_AT_ONCE):
        part = list(range(first, min(first + SHOPS_AT_ONCE, shops + 1)))
        with open_session(engine) as session:
            found = shop_events(session, as_of=AS_OF, shop_ids=part, batch_id=1)
        scored = score_events(found, as_of=AS_OF, card=card)
        with open_session(engine, write=True) as session:
            scores.append(session, scored, as_of=AS_OF, batch_id=1, card=card, person_id=None)
