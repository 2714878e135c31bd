"""Exports that overlap: an order counts once, in its latest state, and its earlier one can still be read."""

import pytest

from db import buyer_key, imports
from db.engine import open_session
from ingest.export_batch import ExportBatch
from ingest.export_records import Hasher
from ingest.exports import Export, recognise
from tests.test_db_imports import DATA, rows, store
from tests.test_ingest_taobao import written

UNPAID = {"订单状态": "等待买家付款", "订单付款时间 ": "", "确认收货时间": "", "打款商家金额": ""}
SENT = {"订单状态": "卖家已发货,等待买家确认", "确认收货时间": "", "打款商家金额": ""}
DONE = {"订单状态": "交易成功"}
PART_BACK = {"订单状态": "交易成功", "退款金额": "29.00"}
CLOSED = {"订单状态": "交易关闭", "退款金额": "129.00"}
NEVER_PAID = {"订单状态": "交易关闭", "订单付款时间 ": ""}
LIFE = [UNPAID, SENT, DONE, PART_BACK, CLOSED]
SALES = {0: (0, 0), 1: (12900, 0), 2: (12900, 0), 3: (12900, 2900), 4: (12900, 12900)}


@pytest.fixture
def bring(engine, tmp_path):
    """Imports files of orders for a shop on record: one by one, or several as one batch."""
    store(engine, DATA / "teashops")

    def import_files(*files):
        exports = []
        for nth, orders in enumerate(files):
            path = tmp_path / f"export {nth}.csv"
            path.write_bytes(written(*orders).encode("gb18030"))
            with open_session(engine) as session:
                known = imports.known_shops(session)
            hasher = Hasher(buyer_key.of(engine, needed=True))
            exports.append(Export.of(path, path.name, recognise(path), hasher, ("T1", *known["T1"])))
        export = exports[0] if len(exports) == 1 else ExportBatch.of(exports)
        return imports.store(engine, export.chunks(), person_id=None, source="x", format="taobao_orders", export=export)

    return import_files


def on_record(engine):
    return rows(
        engine,
        "SELECT status, gross_minor, refunded_minor FROM orders WHERE order_ref LIKE '49000%' ORDER BY order_ref",
    )


def sold(engine):
    """Gross and refunds of the order's day, as the roll-up has them."""
    found = rows(
        engine, "SELECT sum(gross_minor), sum(refunded_minor) FROM sales_days WHERE day BETWEEN 20456 AND 20500"
    )
    return tuple(int(value or 0) for value in found[0])


def test_the_later_state_stands_whichever_export_is_brought_in_last(engine, bring):
    for nth, state in enumerate(LIFE):
        report = bring([state])
        assert (report.files[0].added, report.files[0].replaced) == ((1, 0) if nth == 0 else (0, 1))
        after = on_record(engine)
        assert sold(engine) == SALES[nth]
        for earlier in LIFE[:nth]:
            again = bring([earlier])
            assert (again.batch, again.files[0].unchanged) == (None, 1)
            assert (on_record(engine), sold(engine)) == (after, SALES[nth])


def test_the_earlier_state_can_still_be_read(engine, bring):
    bring([SENT])
    bring([CLOSED])
    assert rows(engine, "SELECT status FROM orders_history WHERE order_ref LIKE '49000%'") == [("open",)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_several_exports_in_one_folder_the_latest_state_counts_once(engine, bring, order):
    states = [SENT, DONE, PART_BACK]
    report = bring(*[[states[nth]] for nth in order])
    assert (report.verdict, report.bad_row_count) == ("imported", 0)
    assert on_record(engine) == [("completed", 12900, 2900)]
    assert sold(engine) == (12900, 2900)
    counts = [(file.rows, file.added, file.unchanged) for file in report.files if file.file]
    assert counts == [(1, 1, 0) if states[nth] is PART_BACK else (1, 0, 1) for nth in order]


def test_states_of_which_neither_is_the_later_contradict_each_other_in_one_folder(engine, bring):
    report = bring([DONE], [{**DONE, "买家实际支付金额": "100.00"}])
    assert (report.verdict, {row.file for row in report.bad_rows}) == ("rejected", {"export 0.csv", "export 1.csv"})
    assert "with other values" in report.bad_rows[0].problem


def test_one_file_that_tells_two_things_of_an_order_is_refused_whatever_another_says(engine, bring):
    twice = {"订单编号": '="4900000000000000001"'}
    report = bring([DONE, {**DONE, **twice, "买家实际支付金额": "100.00"}], [{**CLOSED}])
    assert report.verdict == "rejected"
    assert {(row.file, row.line) for row in report.bad_rows} >= {("export 0.csv", 2), ("export 0.csv", 3)}
    assert on_record(engine) == []


def test_an_order_that_was_never_paid_ends_as_cancelled(engine, bring):
    bring([UNPAID])
    bring([NEVER_PAID])
    assert on_record(engine) == [("cancelled", 0, 0)]
    bring([UNPAID])
    assert on_record(engine) == [("cancelled", 0, 0)]


def test_loams_own_files_are_the_truth_whenever_they_come(engine, bring, tmp_path):
    bring([CLOSED])
    orders = "shop_ref,order_ref,placed_at,gross,currency,status\n"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "shops.csv").write_text((DATA / "teashops" / "shops.csv").read_text())
    line = "T1,4900000000000000001,2026-01-03T09:12:44,129.00,CNY,open\n"
    (tmp_path / "own" / "orders.csv").write_text(orders + line)
    store(engine, tmp_path / "own")
    assert on_record(engine)[0][0] == "open"
