"""Daily sales that were rolled up are held against the orders that they are sums of."""

from datetime import timedelta

import pytest

from db import imports
from db.engine import open_session
from db.roll_up import FIGURES
from db.tables import EPOCH_DAY
from db.verification import verify
from ingest import folder
from tests.chain_desk import EXAMPLE, change_unseen


@pytest.fixture
def rolled_up(engine):
    chunks = folder.read(folder.find(EXAMPLE), shops={}, default_zone="Asia/Shanghai")
    assert imports.store(engine, chunks, person_id=None, source="example").verdict == "imported"
    assert verify(engine).whole
    return engine


def rows(engine):
    """Shop and day, as it is stored, of all rolled-up days in order."""
    with open_session(engine) as session:
        found = session.connection().exec_driver_sql(
            "SELECT shop_id, day FROM sales_days WHERE source = 'orders' ORDER BY shop_id, day"
        )
        return [tuple(row) for row in found]


def test_a_changed_sum_of_a_day_is_found_and_the_first_such_day_is_named(rolled_up):
    days = rows(rolled_up)
    for name, (shop_id, day) in zip(FIGURES, (days[0], days[3], days[len(days) // 2], days[-1]), strict=True):
        where = f"WHERE shop_id = {shop_id} AND day = {day}"
        change_unseen(rolled_up, f"UPDATE sales_days SET {name} = {name} + 1 {where}")
        broken = verify(rolled_up).broken
        assert (broken.table, broken.key) == ("sales_days", f"{shop_id}/{EPOCH_DAY + timedelta(days=day)}")
        change_unseen(rolled_up, f"UPDATE sales_days SET {name} = {name} - 1 {where}")
    assert verify(rolled_up).whole


def test_a_day_without_its_row_and_a_row_without_orders_are_found(rolled_up):
    shop_id, day = rows(rolled_up)[0]
    columns = "shop_id, source, orders, cancelled_orders, gross_minor, refunded_minor, batch_id, day"
    change_unseen(
        rolled_up,
        f"INSERT INTO sales_days ({columns}) SELECT shop_id, source, 0, 0, 0, 0, batch_id, 1 FROM sales_days "
        f"WHERE shop_id = {shop_id} AND day = {day}",
    )
    assert verify(rolled_up).broken.key == f"{shop_id}/1970-01-02"
    change_unseen(rolled_up, "DELETE FROM sales_days WHERE day = 1")
    assert verify(rolled_up).whole
    change_unseen(rolled_up, f"DELETE FROM sales_days WHERE shop_id = {shop_id} AND day = {day}")
    assert verify(rolled_up).broken.table == "sales_days"
