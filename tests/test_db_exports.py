"""An export in the record, on both databases: looked at without a shop, stored for one, and counted once."""

import json

import pytest

from db import buyer_key, chain_key, imports
from db.engine import open_session
from ingest.export_records import Hasher
from ingest.exports import Export, recognise
from tests.test_db_imports import DATA, rows, store
from tests.test_ingest_taobao import written

AGAIN = {"订单编号": '="4900000000000000001"'}


@pytest.fixture
def bring(engine, tmp_path):
    """Imports orders for a shop on record, or looks at them without one."""

    def import_orders(*orders, shop=None, **options):
        path = tmp_path / "export.csv"
        path.write_bytes(written(*orders).encode("gb18030"))
        with open_session(engine) as session:
            shops = imports.known_shops(session)
        hasher = Hasher(buyer_key.of(engine, needed=shop is not None))
        export = Export.of(path, path.name, recognise(path), hasher, (shop, *shops[shop]) if shop else None)
        options = {"person_id": None, "source": path.name, "format": "taobao_orders", "export": export} | options
        return imports.store(engine, export.chunks(), **options)

    return import_orders


def test_an_export_is_looked_at_before_anybody_says_whose_it_is(engine, bring):
    report = bring({}, {"订单状态": "交易关闭"}, dry_run=True)
    assert (report.verdict, report.batch, [file.file for file in report.files]) == (
        "would import",
        None,
        ["export.csv"],
    )
    assert (report.totals["orders"], report.totals["refunds_minor"]) == (2, {"CNY": 12900})
    assert rows(engine, "SELECT count(*) FROM shops") == [(0,)]


def test_equal_rows_count_once_and_contradicting_ones_never(engine, bring):
    report = bring({}, AGAIN, dry_run=True)
    assert (report.files[0].unchanged, report.totals["orders"]) == (1, 1)
    other = AGAIN | {"买家实际支付金额": "1.00"}
    report = bring({}, {}, other, dry_run=True, rest=True)
    assert [(row.line, row.column) for row in report.bad_rows] == [(2, "订单编号"), (4, "订单编号")]
    assert (report.totals["orders"], report.totals["gross_minor"]) == (1, {"CNY": 12900})


def test_a_stored_export_keeps_its_own_sums_and_no_buyers_name(engine, bring):
    store(engine, DATA / "teashops")
    report = bring({}, {"订单状态": "交易关闭", "订单付款时间 ": ""}, shop="T1")
    assert report.verdict == "imported"
    ((kept, form),) = rows(engine, "SELECT report, format FROM import_batches WHERE id = :id", id=report.batch)
    assert (form, json.loads(kept)["cancelled_unpaid_orders"]) == ("taobao_orders", 1)
    found = rows(engine, "SELECT status, gross_minor, buyer_ref FROM orders WHERE batch_id = :id", id=report.batch)
    assert sorted(row[:2] for row in found) == [("cancelled", 0), ("completed", 12900)]
    assert "样例买家" not in kept + str(found)
    assert bring({}, {"订单状态": "交易关闭", "订单付款时间 ": ""}, shop="T1").batch is None


def test_the_key_of_buyers_follows_from_that_of_the_record_and_is_not_it(engine):
    store(engine, DATA / "teashops")
    assert buyer_key.of(engine, needed=True) == buyer_key.of(engine, needed=False) != chain_key.read(engine)
