"""The shops among which peers are found: their consent, currency and category, on both databases."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import event

from db import peers, tables
from db.engine import open_session
from db.record import shop_record
from db.tables import table_of
from lending.months import beside_year_before, monthly
from tests.desk import AS_OF, NOW, add_application, add_batch, add_shop

TEA = {"category": "tea", "marketplace": "Lantern Street"}


@pytest.fixture
def crowded(engine):
    """One tea shop and nine more that sell 1,000.00, 2,000.00 … a day, all with consent."""
    with open_session(engine, write=True) as session:
        add_batch(session)
        numbers = [add_shop(session, f"S{n}", daily_minor=100_000 * max(n, 1), days=800, **TEA) for n in range(10)]
        for place, number in enumerate(numbers):
            add_application(session, number, f"A{place}")
    return engine, numbers


def read(engine, shop_id, *, as_of=AS_OF):
    with open_session(engine) as session:
        return shop_record(session, shop_id, as_of=as_of).peers


def add_peer(engine, ref, *, consented=True, days_ago=1, **facts):
    with open_session(engine, write=True) as session:
        add_batch(session)
        number = add_shop(session, ref, days=800, **facts)
        add_application(session, number, f"A{ref}", consented=consented, days_ago=days_ago)
    return number


def test_the_band_comes_from_the_other_shops_of_the_category(crowded):
    engine, (shop, *_) = crowded
    found = read(engine, shop)
    assert (found.alike, found.count) == ("category", 9)
    # Each day brings 1,000.00 at this shop's size, so each month has its days times that, nearly: usual months have 30
    # or 31 days, half of the year each.
    october = found.band.set_index("month").loc["2026-10-01"]
    assert october["low_minor"] == october["high_minor"] == 3_100_000
    assert found.band["peers"].tolist() == [9] * 24 + [0]


@pytest.mark.parametrize("facts", [{"consented": False}, {"days_ago": -1}, {"category": "shoes", "marketplace": None}])
def test_only_shops_of_the_category_with_consent_given_before_the_day_count(crowded, facts):
    engine, (shop, *_) = crowded
    add_peer(engine, "X", **{**TEA, **facts})
    assert read(engine, shop).count == 9


def test_shops_of_another_currency_are_not_alike(crowded):
    engine, (shop, *_) = crowded
    with open_session(engine, write=True) as session:
        session.execute(table_of(tables.Shop).update().where(table_of(tables.Shop).c.id != shop).values(currency="JPY"))
    assert read(engine, shop) is None


def test_where_the_category_has_too_few_those_of_the_marketplace_are_peers(crowded):
    engine, _ = crowded
    shop = add_peer(engine, "X", category="ink", marketplace="Lantern Street")
    found = read(engine, shop)
    assert (found.alike, found.count) == ("marketplace", 10)


def test_a_shop_of_which_neither_is_known_has_no_peers(crowded):
    engine, _ = crowded
    assert read(engine, add_peer(engine, "X")) is None


def test_months_before_a_peers_first_day_are_not_zeros(crowded):
    engine, (shop, *_) = crowded
    with open_session(engine, write=True) as session:
        add_batch(session)
        young = add_shop(session, "Y", days=400, **TEA)
        add_application(session, young, "AY")
    found = read(engine, shop)
    assert found.count == 10
    # 400 days before 2 November 2026 is 28 September 2025: October 2025 is its first whole month.
    assert found.band["peers"].tolist() == [9] * 11 + [10] * 13 + [0]


def test_days_at_and_after_the_day_change_nothing(crowded):
    engine, (shop, other, *_) = crowded
    day = date(2026, 6, 1)
    with open_session(engine, write=True) as session:
        session.execute(table_of(tables.Application).update().values(consented_at=NOW - timedelta(days=300)))
        add_batch(session)
    before = read(engine, shop, as_of=day).band
    with open_session(engine, write=True) as session:
        sales = table_of(tables.SalesDay)
        session.execute(sales.update().where(sales.c.shop_id == other, sales.c.day >= day).values(gross_minor=0))
        add_batch(session)
    assert read(engine, shop, as_of=day).band.equals(before)


def test_shops_that_ask_for_the_same_crowd_read_it_once(crowded):
    engine, numbers = crowded
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for number in numbers[:4]:
        read(engine, number)
    assert sum("sum(sales_days.refunded_minor)" in each and "UNION ALL" in each and "first" in each
               for each in statements) == 1  # fmt: skip


def test_of_many_shops_alike_as_many_as_are_allowed_are_read(crowded, monkeypatch):
    engine, (shop, *_) = crowded
    monkeypatch.setattr(peers, "MOST_ALIKE", 9)
    with open_session(engine) as session:
        days = np.arange(np.datetime64("2024-09-01"), np.datetime64("2026-11-01"))
        own = [{"day": day, "orders": 1, "gross_minor": 100, "refunded_minor": 0} for day in days]
        months = monthly(pd.DataFrame(own), as_of=AS_OF, months=36)
        shown = list(beside_year_before(months, months=24)["month"])
        found = peers.peers_of(session, shop, months, as_of=AS_OF, shown=shown)
    assert found.count in (8, 9)


def test_no_application_is_no_consent(crowded):
    engine, (shop, *_) = crowded
    with open_session(engine, write=True) as session:
        add_batch(session)
        add_shop(session, "Z", days=800, **TEA)
    assert read(engine, shop).count == 9
