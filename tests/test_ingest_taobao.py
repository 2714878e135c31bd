"""Taobao's and Tmall's order report: what its rows mean, in whatever shape a shop hands it over."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.export_records import Hasher
from ingest.exports import Export, recognise
from ingest.taobao import ORDERS_EXPORT

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "formats" / "taobao_orders"
HASHER = Hasher(b"made up, and long enough to be a key")
SHOP = ("S-1", "Asia/Shanghai", "CNY")

ORDER = {
    "订单编号": '="4900000000000000001"',
    "买家会员名": "样例买家_01",
    "买家应付货款": "129.00",
    "买家应付邮费": "0.00",
    "总金额": "129.00",
    "买家实际支付金额": "129.00",
    "订单状态": "交易成功",
    "收货地址 ": "Made Up Street 5",
    "订单创建时间": "2026-01-03 09:12:44",
    "订单付款时间 ": "2026-01-03 09:13:02",
    "卖家服务费": "0",
    "退款金额": "0.00",
    "确认收货时间": "2026-01-09 20:01:15",
    "打款商家金额": "129.00元",
}


def written(*orders, columns=None, quoting=csv.QUOTE_ALL, delimiter=","):
    """Orders as text, each with these cells besides the usual ones."""
    names = columns or list(ORDER)
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(names)
    for nth, order in enumerate(orders, start=1):
        row = ORDER | {"订单编号": f'="490000000000000000{nth}"'} | order
        writer.writerow([row.get(name, "") for name in names])
    return text.getvalue()


def read_bytes(path, content):
    path.write_bytes(content)
    found = recognise(path)
    assert found is not None
    export = Export.of(path, path.name, found, HASHER, SHOP)
    rows, bad_rows = [], []
    for chunk in export.chunks():
        bad_rows += chunk.bad_rows
        lines = chunk.lines.tolist()
        rows += [{**row, "line": line} for row, line in zip(chunk.rows.to_pylist(), lines, strict=True)]
    return rows, bad_rows, export.told()


def read(tmp_path, *orders, encoding="gb18030", **shape):
    return read_bytes(tmp_path / "x.csv", written(*orders, **shape).encode(encoding))


@pytest.mark.records
@pytest.mark.parametrize("expected", sorted(SAMPLES.glob("expected*.json")) or ["absent"], ids=str)
def test_a_sample_adds_up_to_what_stands_beside_it(expected):
    if not SAMPLES.exists():
        pytest.skip("the samples are not here")
    name = expected.stem.removeprefix("expected_") if "_" in expected.stem else "sample"
    path = SAMPLES / f"{name}.csv"
    export = Export.of(path, path.name, recognise(path), HASHER, SHOP)
    assert [row for chunk in export.chunks() for row in chunk.bad_rows] == []
    wanted = json.loads(expected.read_text())
    assert wanted.pop("format") == ORDERS_EXPORT.name
    assert wanted.items() <= export.told().items()


@pytest.mark.records
def test_a_broken_sample_is_refused_where_it_is_broken_and_its_rest_can_be_read():
    if not SAMPLES.exists():
        pytest.skip("the samples are not here")
    for broken in json.loads((SAMPLES / "broken.json").read_text())["files"]:
        path = SAMPLES / broken["file"]
        export = Export.of(path, path.name, recognise(path), HASHER, SHOP)
        chunks = list(export.chunks())
        faults = [row for chunk in chunks for row in chunk.bad_rows]
        if "duplicate" in path.name:  # the import finds that one
            continue
        assert [row.line for row in faults] == [broken["line"]], path.name
        assert sum(len(chunk.lines) for chunk in chunks) == (0 if faults[0].whole_file else 19)
        assert ("订单付款时间" in faults[0].problem) == ("missing" in path.name)


@pytest.mark.parametrize(
    ("cells", "record"),
    [
        ({}, ("completed", 12900, 0)),
        ({"打款商家金额": "100.00元", "退款金额": "29.00"}, ("completed", 12900, 2900)),
        ({"打款商家金额": "100.00元", "退款金额": ""}, ("completed", 12900, 2900)),
        ({"打款商家金额": "100.00元", "退款金额": "无退款申请"}, ("completed", 12900, 2900)),
        ({"打款商家金额": "0.00元", "退款金额": "129.00"}, ("completed", 12900, 12900)),
        # Ten yuan were paid with points: the seller gets what the buyer paid.
        ({"买家应付货款": "139.00"}, ("completed", 12900, 0)),
        # The platform paid a coupon on top.
        ({"打款商家金额": "149.00元"}, ("completed", 12900, 0)),
        # The shipping stays with somebody else: not below what is due for the goods.
        ({"买家应付邮费": "9.00", "买家实际支付金额": "138.00"}, ("completed", 13800, 0)),
        ({"订单状态": "交易关闭", "订单付款时间 ": "", "买家实际支付金额": "0.00"}, ("cancelled", 0, 0)),
        ({"订单状态": "交易关闭", "订单付款时间 ": "NULL"}, ("cancelled", 0, 0)),
        ({"订单状态": "交易关闭", "退款金额": ""}, ("completed", 12900, 12900)),
        ({"订单状态": "等待买家付款", "订单付款时间 ": "", "买家实际支付金额": "0.00"}, ("open", 0, 0)),
        ({"订单状态": "买家已付款，等待卖家发货", "打款商家金额": "0.00元"}, ("open", 12900, 0)),
        ({"订单状态": "卖家已发货,等待买家确认", "打款商家金额": "0.00元"}, ("open", 12900, 0)),
        ({"买家实际支付金额": "¥1,129.00", "买家应付货款": "1129"}, ("completed", 112900, 100000)),
    ],
)
def test_status_payment_and_payout_say_what_became_of_an_order(tmp_path, cells, record):
    rows, bad_rows, _ = read(tmp_path, cells)
    assert bad_rows == []
    assert [(row["status"], row["gross_minor"], row["refunded_minor"]) for row in rows] == [record]


@pytest.mark.parametrize(
    ("written_as", "kept"),
    [
        ('="4900000000000000001"', "4900000000000000001"),
        ("'4900000000000000001", "4900000000000000001"),
        ("4900000000000000001\t", "4900000000000000001"),
        ("\t4900000000000000001", "4900000000000000001"),
        (" 4900000000000000001", "4900000000000000001"),
        ("0049", "0049"),
    ],
)
def test_an_id_is_kept_to_the_letter_without_what_protects_it(tmp_path, written_as, kept):
    rows, _, _ = read(tmp_path, {"订单编号": written_as})
    assert rows[0]["order_ref"] == kept


@pytest.mark.parametrize("lost", ["4.9E+18", "4.90000000000000E+18", "5e18", "4,9E+18"])
def test_an_id_that_a_spreadsheet_rounded_refuses_the_whole_file(tmp_path, lost):
    rows, (fault,), told = read(tmp_path, {}, {"订单编号": lost})
    assert (rows, fault.line, fault.column, fault.value) == ([], 3, "订单编号", lost)
    assert fault.whole_file
    assert told == {}


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("订单编号", "", "each row needs it"),
        ("买家实际支付金额", "", "each row needs it"),
        ("买家实际支付金额", "1.29E+2", "a spreadsheet rounded"),
        ("买家实际支付金额", "12,9.00", "no amount"),
        ("买家实际支付金额", "129.005", "more digits"),
        ("买家实际支付金额", "-1.00", "below zero"),
        ("打款商家金额", "many", "write a decimal number"),
        ("订单状态", "done", "no known status"),
        ("订单状态", "", "no known status"),
        ("订单创建时间", "", "each row needs it"),
        ("订单创建时间", "03.01.2026", "write a time"),
        ("订单创建时间", "2026-02-30 10:00:00", "no such day"),
    ],
)
def test_a_wrong_cell_is_refused_under_the_platforms_own_name_of_the_column(tmp_path, column, value, problem):
    rows, (fault,), told = read(tmp_path, {}, {column: value}, {})
    assert [row["line"] for row in rows] == [2, 4]
    assert (fault.line, fault.column, fault.value) == (3, column, value)
    assert problem in fault.problem
    assert told["orders"] == 2


def shuffled():
    return ["异常信息", *reversed(list(ORDER)), "配送类型", ""]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"columns": shuffled()},
        {"quoting": csv.QUOTE_MINIMAL},
        {"delimiter": "\t", "quoting": csv.QUOTE_MINIMAL},
        {"delimiter": ";"},
    ],
    ids=["as exported", "other columns", "no quotes", "tabs", "semicolons"],
)
def test_the_shape_of_the_file_changes_nothing(tmp_path, encoding, shape):
    orders = [{}, {"订单状态": "交易关闭"}, {"买家会员名": "b,b"}]
    plain, _, told = read(tmp_path, *orders)
    rows, bad_rows, again = read(tmp_path, *orders, encoding=encoding, **shape)
    assert (rows, bad_rows) == (plain, [])
    for key in ("note", "encoding", "columns"):
        again[key] = told[key]
    assert again == told


def test_a_header_further_down_and_without_the_newer_columns_is_read_and_leaves_unknown_what_they_told(tmp_path):
    older = [name for name in ORDER if name not in ("退款金额", "打款商家金额", "确认收货时间", "卖家服务费")]
    text = "店铺,样例\r\n\r\n" + written({}, {"订单状态": "交易关闭"}, columns=older)
    rows, bad_rows, told = read_bytes(tmp_path / "x.csv", text.encode("gb18030"))
    assert bad_rows == []
    assert [(row["line"], row["refunded_minor"]) for row in rows] == [(4, 0), (5, 12900)]
    assert told["refunds_minor"] == {"CNY": 12900}
    assert told["fees_minor"] is told["paid_out_to_seller_minor"] is told["partially_refunded_orders"] is None


def test_the_newer_wording_of_a_column_is_known(tmp_path):
    names = ["买家实付金额" if name == "买家实际支付金额" else name for name in ORDER]
    rows, _, _ = read(tmp_path, {"买家实付金额": "5.00", "打款商家金额": "5.00元"}, columns=names)
    assert rows[0]["gross_minor"] == 500


@pytest.mark.parametrize("missing", ["订单编号", "买家实际支付金额", "订单状态", "订单创建时间", "订单付款时间 "])
def test_a_file_without_a_needed_column_is_refused_and_the_column_named(tmp_path, missing):
    rows, (fault,), _ = read(tmp_path, {}, columns=[name for name in ORDER if name != missing])
    assert (rows, fault.line, fault.column, fault.whole_file) == ([], 1, missing.strip(), True)
    assert f"lacks the column {missing.strip()}" in fault.problem


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    rows, (fault,), _ = read(tmp_path, {}, columns=[*ORDER, "订单状态"])
    assert (rows, fault.column, fault.problem) == ([], "订单状态", "the header names this column twice")


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", b"", written({}).encode("gb18030").decode("latin-1").encode(), b"shop_ref,order_ref\n1,2\n"],
    ids=["another", "empty", "read as Latin-1", "Loam's own"],
)
def test_what_is_no_order_report_is_not_taken_for_one(tmp_path, content):
    (tmp_path / "taobao_orders.csv").write_bytes(content)
    assert recognise(tmp_path / "taobao_orders.csv") is None


def test_times_that_a_spreadsheet_wrote_are_read_in_the_platforms_zone(tmp_path):
    rows, _, told = read(tmp_path, {"订单创建时间": "2026/1/3 9:12", "订单付款时间 ": "2026/1/3 9:13"})
    assert told["first_ts_utc"] == "2026-01-03T01:12:00Z"
    assert rows[0]["status"] == "completed"


def test_a_shop_elsewhere_gets_the_orders_of_the_platforms_clock_on_its_own_days(tmp_path):
    (tmp_path / "x.csv").write_bytes(written({}).encode())
    export = Export.of(
        tmp_path / "x.csv", "x.csv", recognise(tmp_path / "x.csv"), HASHER, ("S", "Europe/Berlin", "CNY")
    )
    (chunk,) = export.chunks()
    assert export.told()["first_ts_utc"] == "2026-01-03T01:12:44Z"
    assert chunk.rows["settled_at"].to_pylist() == [pa.scalar("2026-01-09 12:01:15").cast(pa.timestamp("us")).value]


def test_a_buyer_is_known_again_by_a_hash_and_nothing_of_the_name_or_address_is_handed_on(tmp_path):
    rows, _, told = read(tmp_path, {}, {}, {"买家会员名": "other"}, {"买家会员名": ""})
    refs = [row["buyer_ref"] for row in rows]
    assert refs[0] == refs[1] != refs[2]
    assert refs[3] is None
    assert all(len(ref) == 32 for ref in refs[:3])
    assert (told["distinct_buyers"], told["distinct_paying_buyers"]) == (2, 2)
    assert not any("样例买家" in str(row) or "Street" in str(row) for row in rows)
    assert Hasher(b"another key that is long enough").refs(pa.array(["other"]))[0].as_py() != refs[2]
    assert HASHER.refs(pa.array(["other"]))[0].as_py() == refs[2]


def test_a_row_that_cannot_be_cut_is_refused_without_its_words(tmp_path):
    text = written({}, {}).replace('"样例买家_01"', "样例,买家", 1)
    rows, (fault,), _ = read_bytes(tmp_path / "x.csv", text.encode("gb18030"))
    assert (len(rows), fault.line, fault.value) == (1, 2, "")


def test_rows_that_do_not_count_are_left_out_of_what_the_export_adds_up_to(tmp_path):
    (tmp_path / "x.csv").write_bytes(written({}, {}, {"买家实际支付金额": "1.00", "打款商家金额": "1元"}).encode())
    export = Export.of(tmp_path / "x.csv", "x.csv", recognise(tmp_path / "x.csv"), HASHER, SHOP)
    list(export.chunks())
    assert (export.told()["orders"], export.told()["gross_minor"]) == (3, {"CNY": 25900})
    assert (export.told([3, 4])["orders"], export.told([3, 4])["gross_minor"]) == (1, {"CNY": 12900})


SOUND = written({}, {"订单状态": "交易关闭"}, {"买家会员名": 'a "b", c'}).encode("gb18030")


@given(st.data())
def test_no_damage_to_a_file_brings_the_reading_down_or_loses_a_line(tmp_path_factory, data):
    damaged = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, len(damaged)))
        last = data.draw(st.integers(first, min(len(damaged), first + 30)))
        damaged[first:last] = data.draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b",", b"\n", b"\r", b"\0"]))
        )
    path = tmp_path_factory.mktemp("x") / "x.csv"
    path.write_bytes(bytes(damaged))
    found = recognise(path)
    if found is None:
        return
    export = Export.of(path, path.name, found, HASHER, SHOP)
    chunks = list(export.chunks())
    faults = [row for chunk in chunks for row in chunk.bad_rows]
    good = sum(len(chunk.lines) for chunk in chunks)
    assert sum(chunk.row_count for chunk in chunks) == good + len(faults)
    assert all(0 < row.line <= damaged.count(b"\n") + 1 and row.problem for row in faults)
    if not any(row.whole_file for row in faults):
        assert export.told()["orders"] == good
