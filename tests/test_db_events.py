"""A record read as of a day and as of a batch, on both databases; an old score replays after newer imports."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import delete, insert, select, update

from db import audit, batches, events, sales, scores
from db.engine import open_session
from db.tables import HISTORY, Order, SalesDay, ScoreCard, ScoreRun, Shop, table_of
from lending.moments import midnight
from scoring.card import load_expert, read_card
from scoring.features import compute
from scoring.records import EVENTS
from scoring.shops import score_events
from tests.desk import NOW, add_application, add_batch, add_shop

AS_OF = date(2026, 7, 1)
CARD = load_expert()
FIGURES = ["orders", "cancelled_orders", "gross_minor", "refunded_minor"]


def bare_shop(session, ref, batch, zone="Asia/Shanghai"):
    shops = table_of(Shop)
    values = {"shop_ref": ref, "name": ref, "time_zone": zone, "currency": "CNY", "generated": 1, "batch_id": batch}
    return session.execute(insert(shops).values(values).returning(shops.c.id)).scalar_one()


def add_orders(session, shop_id, orders, batch_id, zone="Asia/Shanghai"):
    """Orders of (ref, day placed, gross, facts), with the days they roll up to as an import would have it."""
    plain = {"buyer_ref": None, "refunded_minor": 0, "refunded_day": None, "status": "completed", "cancelled_at": None}
    rows = [
        {
            **plain,
            "shop_id": shop_id,
            "order_ref": ref,
            "placed_at": midnight(day, zone),
            "placed_day": day,
            "gross_minor": gross,
            "batch_id": batch_id,
            **facts,
        }
        for ref, day, gross, facts in orders
    ]
    session.execute(insert(table_of(Order)), rows)
    roll_up(session, shop_id, batch_id)


def roll_up(session, shop_id, batch_id):
    orders, days = table_of(Order), table_of(SalesDay)
    sums = {}
    for row in session.execute(select(orders).where(orders.c.shop_id == shop_id)):
        day = sums.setdefault(row.placed_day, dict.fromkeys(FIGURES, 0))
        if row.status == "cancelled":
            day["cancelled_orders"] += 1
            continue
        day["orders"] += row.status != "refund"
        day["gross_minor"] += row.gross_minor
        if row.refunded_minor:
            refunded = sums.setdefault(row.refunded_day, dict.fromkeys(FIGURES, 0))
            refunded["refunded_minor"] += row.refunded_minor
    session.execute(delete(days).where(days.c.shop_id == shop_id, days.c.source == "orders"))
    rows = [{"shop_id": shop_id, "day": day, "source": "orders", "batch_id": batch_id, **sums[day]} for day in sums]
    session.execute(insert(days), rows)


def replace_order(session, shop_id, ref, batch_id, **facts):
    """What an import does with an order it knows: the old row moves to the history."""
    orders, history = table_of(Order), HISTORY["orders"]
    key = (orders.c.shop_id == shop_id) & (orders.c.order_ref == ref)
    old = dict(session.execute(select(orders).where(key)).mappings().one())
    session.execute(insert(history).values(**old, replaced_batch_id=batch_id))
    session.execute(update(orders).where(key).values(batch_id=batch_id, **facts))
    roll_up(session, shop_id, batch_id)


MAY_2 = midnight(date(2026, 5, 2), "Asia/Shanghai")
W21 = [
    ("1", date(2026, 4, 30), 10_000, {"refunded_minor": 4_000, "refunded_day": date(2026, 5, 3)}),
    ("2", date(2026, 4, 29), 5_000, {"status": "cancelled", "cancelled_at": MAY_2}),
    ("3", date(2026, 5, 2), 8_000, {}),
    ("4", date(2026, 5, 4), 0, {"status": "refund", "refunded_minor": 1_000, "refunded_day": date(2026, 5, 4)}),
]  # fmt: skip


@pytest.fixture
def shop(engine):
    """A shop whose orders are those of W21, of batch 1."""
    with open_session(engine, write=True) as session:
        batch = add_batch(session)
        shop_id = bare_shop(session, "S1", batch)
        add_orders(session, shop_id, W21, batch)
        add_application(session, shop_id, batch_id=batch, days_ago=200)
    return shop_id


def net_by_month(days):
    net = days.gross_minor - days.refunded_minor
    return net.groupby(days.day.dt.month).sum().to_dict()


def test_net_sales_count_each_event_at_its_own_time(engine, shop):
    with open_session(engine) as session:
        days = sales.sales_days(session, shop, as_of=AS_OF)
    assert days.day.dtype.kind == "M"
    assert net_by_month(days) == {4: 10_000, 5: 3_000}
    assert days.cancelled_orders.sum() == 1


def test_an_order_cancelled_later_was_open_before(engine, shop):
    with open_session(engine) as session:
        then = sales.sales_days(session, shop, as_of=date(2026, 5, 2))
        after = sales.sales_days(session, shop, as_of=date(2026, 5, 3))
    assert net_by_month(then) == {4: 15_000}
    assert (then.orders.sum(), then.cancelled_orders.sum()) == (2, 0)
    assert net_by_month(after) == {4: 10_000, 5: 8_000}


@pytest.mark.parametrize("as_of", [date(2026, 4, 30), date(2026, 5, 2), date(2026, 5, 3), date(2026, 5, 4), AS_OF])
def test_a_record_replays_as_it_stood_after_its_batch(engine, shop, as_of):
    with open_session(engine, write=True) as session:
        before = sales.sales_days(session, shop, as_of=as_of)
        read = events.shop_events(session, as_of=as_of, shop_ids=[shop])
        later = add_batch(session)
        replace_order(session, shop, "3", later, gross_minor=1, placed_day=date(2026, 5, 1))
        add_orders(session, shop, [("9", date(2026, 4, 1), 77_000, {})], later)
        replayed = sales.sales_days(session, shop, as_of=as_of, batch_id=later - 1)
        now = sales.sales_days(session, shop, as_of=as_of)
        read_again = events.shop_events(session, as_of=as_of, shop_ids=[shop], batch_id=later - 1)
    pd.testing.assert_frame_equal(before, replayed)
    assert not now.equals(before)
    assert read["orders"].sort_by("placed_day").equals(read_again["orders"].sort_by("placed_day"))


def test_a_day_ends_at_midnight_in_each_shops_own_zone(engine):
    at = datetime(2026, 6, 30, 20, tzinfo=UTC)  # 1 July in Shanghai, 30 June in London
    cancelled = {"status": "cancelled", "cancelled_at": at}
    with open_session(engine, write=True) as session:
        batch = add_batch(session)
        for zone in ("Asia/Shanghai", "Europe/London"):
            shop_id = bare_shop(session, zone, batch, zone)
            add_orders(session, shop_id, [("1", date(2026, 6, 1), 500, cancelled)], batch, zone)
        found = compute(events.shop_events(session, as_of=AS_OF), as_of=AS_OF)
        drawn = [sales.sales_days(session, shop_id, as_of=AS_OF).cancelled_orders.sum() for shop_id in found.index]
    assert found.cancelled_share.is_monotonic_increasing
    assert found.cancelled_share.nunique() == 2
    assert drawn == [0, 1]


def test_only_shops_with_consent_before_the_day_may_be_scored(engine):
    with open_session(engine, write=True) as session:
        batch = add_batch(session)
        early, late, never, none = [bare_shop(session, ref, batch) for ref in ("early", "late", "never", "none")]
        add_application(session, early, "A1", batch_id=batch, days_ago=3)
        add_application(session, late, "A2", batch_id=batch, days_ago=1)
        add_application(session, never, "A3", batch_id=batch, days_ago=3, consented=False)
        # Given on 1 November at noon in Shanghai: before the 2nd, not before the 1st.
        assert events.consented_shop_ids(session, as_of=date(2026, 11, 1)) == {early}
        assert events.consented_shop_ids(session, as_of=date(2026, 11, 2)) == {early, late}
        assert events.consented_shop_ids(session, as_of=date(2026, 11, 2), shop_ids=[none, late]) == {late}
        assert events.consented_shop_ids(session, as_of=date(2026, 11, 2), batch_id=batch - 1) == set()


def test_daily_totals_reach_the_features_and_days_of_single_orders_do_not_count_twice(engine, shop):
    with open_session(engine, write=True) as session:
        totals = add_shop(session, "T1", days=400)
        read = events.shop_events(session, as_of=AS_OF)
    assert set(read["days"]["shop_id"].to_pylist()) == {totals}
    assert set(read["orders"]["shop_id"].to_pylist()) == {shop}
    for name, schema in EVENTS.items():
        assert read[name].schema == schema


def scored(session, shop_id, as_of, batch_id=None):
    read = events.shop_events(session, as_of=as_of, shop_ids=[shop_id], batch_id=batch_id)
    return score_events(read, as_of=as_of, card=CARD)[0]


def store(session, shop_id, as_of):
    found = scored(session, shop_id, as_of)
    return scores.save(session, found, as_of=as_of, batch_id=batches.newest(session), card=CARD, person_id=None)


def test_a_score_is_read_back_as_it_was_stored(engine, shop):
    with open_session(engine, write=True) as session:
        number = store(session, shop, AS_OF)
        kept = scores.get(session, number)
        assert kept == scores.latest(session, shop)
        assert kept.result == scored(session, shop, AS_OF).result
        assert kept.features["currency"] == "CNY"
        assert kept.features["rating"] is None
        assert kept.features["rating_missing"] == "no_ratings"
        assert read_card(scores.card_body(session, kept.card_hash)).hash == CARD.hash


def test_a_score_replays_to_the_same_integers_after_newer_imports(engine, shop):
    with open_session(engine, write=True) as session:
        kept = scores.get(session, store(session, shop, AS_OF))
        later = add_batch(session)
        replace_order(session, shop, "1", later, gross_minor=900_000, refunded_minor=0, refunded_day=None)
        add_orders(
            session, shop, [(f"new {n}", date(2026, 6, 1), 50_000, {"buyer_ref": "b"}) for n in range(50)], later
        )
        assert scored(session, shop, AS_OF).result != kept.result
        assert scored(session, shop, AS_OF, kept.batch_id).result == kept.result


def test_scoring_again_appends_and_keeps_the_card_once(engine, shop):
    with open_session(engine, write=True) as session:
        first, second = store(session, shop, AS_OF), store(session, shop, AS_OF + timedelta(days=1))
        assert second > first
        assert len(session.execute(select(table_of(ScoreCard))).all()) == 1
        assert scores.latest(session, shop).id == second
        assert scores.latest(session, shop, as_of=AS_OF).id == first
        assert scores.latest(session, shop, as_of=AS_OF - timedelta(days=1)) is None


def test_the_map_has_the_newest_score_of_each_shop_that_consents(engine, shop):
    with open_session(engine, write=True) as session:
        other, silent = add_shop(session, "T1"), add_shop(session, "T2")
        for shop_id in (shop, shop, other, silent):
            store(session, shop_id, AS_OF)
        for number, shop_id in enumerate((shop, other, silent)):
            add_application(session, shop_id, f"map {number}", consented=shop_id != silent)
        found = scores.map_points(session, as_of=AS_OF, now=NOW)
        assert sorted(found.shop_id) == [shop, other]
        assert (found.soundness_points + found.reputation_points == found.points).all()
        assert scores.map_points(session, as_of=date(2026, 1, 1), now=NOW).empty


def test_a_run_over_many_shops_tells_the_register_once(engine, shop):
    with open_session(engine, write=True) as session:
        other = add_shop(session, "T1")
        read = events.shop_events(session, as_of=AS_OF, shop_ids=[shop, other])
        found = score_events(read, as_of=AS_OF, card=CARD)
        about = {"as_of": AS_OF, "batch_id": batches.newest(session), "card": CARD, "person_id": None}
        scores.record_run(session, shops=2, **about)
        scores.append(session, found, **about)
        assert len(session.execute(select(table_of(ScoreRun))).all()) == 2
        told = audit.newest(session, kinds=("score",))
        assert len(told) == 1
        assert '"shops":2' in told.body[0]
