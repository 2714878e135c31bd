"""How a shop serves, read from its orders on both databases: as of a day, after a batch, by the shop's own clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from db import batches, tables
from db.buyers import sales_by_buyer
from db.deliveries import delivery_days, has_orders
from db.engine import open_session
from db.hours import orders_by_hour
from db.ratings import rating_days
from db.record import shop_record
from db.tables import HISTORY, table_of
from tests.desk import add_batch, add_shop

AS_OF = date(2026, 6, 1)
SINCE = date(2025, 6, 1)
ORDERS = table_of(tables.Order)


def at(text, hours=8):
    """A moment by a clock that far ahead of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=hours)


class Shop:
    """A shop and its orders; each is placed at noon of a day unless said otherwise."""

    def __init__(self, engine, zone="Asia/Shanghai"):
        self.engine, self.count = engine, 0
        with open_session(engine, write=True) as session:
            add_batch(session)
            self.id = add_shop(session, days=1)
            session.execute(update(table_of(tables.Shop)).values(time_zone=zone))
            session.execute(table_of(tables.SalesDay).delete())

    def sell(self, placed, *, hours=8, batch_id=1, **facts):
        self.count += 1
        moment = at(placed if "T" in placed else f"{placed}T12:00", hours)
        row = {
            "shop_id": self.id, "order_ref": f"O{self.count}", "placed_at": moment,
            "placed_day": date.fromisoformat(placed[:10]), "gross_minor": 100,
            "refunded_minor": 0, "status": "completed",
            "batch_id": batch_id,
        }  # fmt: skip
        with open_session(self.engine, write=True) as session:
            session.execute(insert(ORDERS), [row | facts])
        return self

    def read(self, function, **changes):
        with open_session(self.engine) as session:
            frame = function(session, self.id, **{"as_of": AS_OF} | changes)
        return [tuple(row) for row in frame.itertuples(index=False)]


@pytest.fixture
def shop(engine):
    return Shop(engine)


def days(rows):
    return [(f"{day:%Y-%m-%d}", *figures) for day, *figures in rows]


def test_orders_count_in_the_hour_of_the_shops_own_week(shop):
    # 1 May 2026 is a Friday. 23:59 in Shanghai is 15:59 in UTC; half past midnight is the day before there.
    shop.sell("2026-05-01T23:59").sell("2026-05-01T23:00").sell("2026-05-02T00:30").sell("2026-05-04T00:00")
    assert shop.read(orders_by_hour) == [(0, 0, 1), (4, 23, 2), (5, 0, 1)]


def test_orders_cancelled_before_the_day_refunds_and_other_years_are_left_out_of_the_hours(shop):
    cancelled = {"status": "cancelled"}
    shop.sell("2026-05-01", **cancelled).sell("2026-05-01", cancelled_at=at("2026-05-31T23:59"), **cancelled)
    shop.sell("2026-05-01", status="refund", refunded_minor=5, refunded_day=date(2026, 5, 1))
    shop.sell("2025-05-31").sell("2026-06-01")
    assert shop.read(orders_by_hour) == []
    shop.sell("2026-05-01", cancelled_at=at("2026-06-01T00:00"), **cancelled).sell("2025-06-01")
    assert shop.read(orders_by_hour) == [(4, 12, 1), (6, 12, 1)]


def test_hours_follow_the_clocks_through_summer_time(engine):
    shop = Shop(engine, "Europe/Berlin")
    # Noon of two Fridays, one hour ahead of UTC in March and two in April; the clocks changed on 29 March 2026.
    shop.sell("2026-03-27T12:00", hours=1).sell("2026-04-03T12:00", hours=2).sell("2026-03-29T01:30", hours=1)
    assert shop.read(orders_by_hour) == [(4, 12, 2), (6, 1, 1)]


def test_ratings_count_on_the_day_on_which_they_were_given(shop):
    shop.sell("2026-05-01", rating_hundredths=500, reviewed_at=at("2026-05-03T00:10"))
    shop.sell("2026-05-01", rating_hundredths=300, reviewed_at=at("2026-05-03T23:50"))
    shop.sell("2026-05-02", rating_hundredths=400).sell("2026-05-02")
    assert days(shop.read(rating_days, since=SINCE)) == [("2026-05-02", 1, 400), ("2026-05-03", 2, 800)]


def test_ratings_of_the_day_or_later_are_not_known_and_earlier_ones_not_asked_for(shop):
    shop.sell("2026-05-31", rating_hundredths=500, reviewed_at=at("2026-06-01T00:00"))
    shop.sell("2026-06-01", rating_hundredths=500)
    shop.sell("2025-05-31", rating_hundredths=500).sell(
        "2025-05-01", rating_hundredths=100, reviewed_at=at("2025-05-31")
    )
    assert shop.read(rating_days, since=SINCE) == []
    shop.sell("2026-05-31", rating_hundredths=200, reviewed_at=at("2026-05-31T23:59:59"))
    shop.sell("2025-05-01", rating_hundredths=100, reviewed_at=at("2025-06-01T00:00"))
    assert days(shop.read(rating_days, since=SINCE)) == [("2025-06-01", 1, 100), ("2026-05-31", 1, 200)]


def test_a_delivery_is_late_after_the_promised_moment_or_when_it_has_not_come(shop):
    promise = {"promised_by": at("2026-05-10T20:00")}
    shop.sell("2026-05-01", delivered_at=at("2026-05-10T20:00"), **promise)
    shop.sell("2026-05-01", delivered_at=at("2026-05-10T20:01"), **promise)
    shop.sell("2026-05-01", **promise)
    shop.sell("2026-05-01", delivered_at=at("2026-06-02T10:00"), **promise)
    shop.sell("2026-05-01", status="cancelled", cancelled_at=at("2026-05-02"), **promise)
    shop.sell("2026-05-01", status="cancelled", cancelled_at=at("2026-06-02"), **promise)
    shop.sell("2026-05-01", delivered_at=at("2026-05-02"))
    assert days(shop.read(delivery_days, since=SINCE)) == [("2026-05-10", 5, 4)]


def test_promises_that_are_not_due_and_orders_of_later_days_are_not_known(shop):
    shop.sell("2026-05-30", promised_by=at("2026-06-01T00:00")).sell("2026-06-01", promised_by=at("2026-05-31"))
    assert shop.read(delivery_days, since=SINCE) == []
    shop.sell("2026-05-30", promised_by=at("2026-05-31T23:59"), delivered_at=at("2026-05-31T10:00"))
    assert days(shop.read(delivery_days, since=SINCE)) == [("2026-05-31", 1, 0)]


def test_what_an_import_replaced_is_read_as_it_stood_before(shop):
    shop.sell("2026-05-01", rating_hundredths=500, promised_by=at("2026-05-03"), buyer_ref="b", order_ref="O")
    with open_session(shop.engine, write=True) as session:
        second = add_batch(session)
        row = session.execute(ORDERS.select()).one()._mapping
        session.execute(insert(HISTORY["orders"]), [{**row, "replaced_batch_id": second}])
        session.execute(
            update(ORDERS).values(
                batch_id=second, rating_hundredths=100, delivered_at=at("2026-05-02"), gross_minor=700,
                placed_at=at("2026-05-01T20:00"),
            )
        )  # fmt: skip
    for batch, rating, late, gross, hour in ((None, 100, 0, 700, 20), (second, 100, 0, 700, 20), (1, 500, 1, 100, 12)):
        assert [row[2] for row in shop.read(rating_days, since=SINCE, batch_id=batch)] == [rating]
        assert [row[2] for row in shop.read(delivery_days, since=SINCE, batch_id=batch)] == [late]
        assert [row[2] for row in shop.read(sales_by_buyer, batch_id=batch)] == [gross]
        assert [row[1] for row in shop.read(orders_by_hour, batch_id=batch)] == [hour]
    with open_session(shop.engine) as session:
        assert batches.changed_since(session, tables.Order, shop.id, 1)
        assert not batches.changed_since(session, tables.Order, shop.id, second)


def test_a_shop_without_a_single_order_has_empty_frames_and_no_signs(shop):
    for function, more in ((orders_by_hour, {}), (rating_days, {"since": SINCE}), (delivery_days, {"since": SINCE})):
        assert shop.read(function, **more) == []
    with open_session(shop.engine) as session:
        assert not has_orders(session, shop.id)
        record = shop_record(session, shop.id, as_of=AS_OF)
    assert [each.value for each in record.signs] == [None] * 4
    assert (len(record.ratings), len(record.deliveries), record.concentration.buyers, record.peers) == (0, 0, 0, None)


def test_the_record_has_a_row_for_each_finished_month(shop):
    with open_session(shop.engine, write=True) as session:
        session.execute(
            insert(table_of(tables.SalesDay)),
            [{"shop_id": shop.id, "day": day, "source": "orders", "orders": 9, "cancelled_orders": 1,
              "gross_minor": 900,
                    "refunded_minor": 0, "batch_id": 1}
             for day in (date(2026, 3, 1), date(2026, 4, 5), date(2026, 6, 2))],
        )  # fmt: skip
    shop.sell("2026-04-05", rating_hundredths=450, promised_by=at("2026-04-07"))
    with open_session(shop.engine) as session:
        record = shop_record(session, shop.id, as_of=date(2026, 6, 10))
    assert record.year["month"].dt.month.tolist() == [3, 4, 5, 6]
    assert record.ratings["month"].dt.month.tolist() == [3, 4, 5]
    assert record.ratings["reviews"].tolist() == [0, 1, 0]
    assert record.deliveries["late"].tolist() == [0, 1, 0]
    assert record.deliveries["cancelled_share"].tolist()[:2] == [0.1, 0.1]
