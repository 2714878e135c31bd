"""`python loam.py import`: its exit codes, its one JSON object, and the file of refused rows."""

import csv
import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ingest import exports, sources
from tests import test_ingest_olist as olist_tables
from tests.exports import SAMPLES

DATA = Path(__file__).parent / "data"
FILE_KEYS = {"file", "rows", "added", "unchanged", "replaced", "rejected"}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command on an empty record; gives the exit code, standard output and standard error."""
    import loam
    from settings import settings

    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    settings.cache_clear()

    def run_import(*arguments):
        result = CliRunner().invoke(loam.app, ["import", *map(str, arguments)])
        return result.exit_code, result.stdout, result.stderr

    yield run_import
    settings.cache_clear()


def test_a_good_folder_is_imported_with_one_json_object_on_standard_output(run):
    code, output, words = run(DATA / "teashops", "--json")
    report = json.loads(output)
    assert code == 0
    assert (report["verdict"], report["batch"], report["format"]) == ("imported", 1, "loam")
    assert all(set(file) == FILE_KEYS for file in report["files"])
    assert report["bad_row_count"] == 0
    assert "orders.csv: 6 rows, 6 added" in words


def test_a_dry_run_says_what_would_be_and_stores_nothing(run):
    code, output, _ = run(DATA / "teashops", "--dry-run", "--json")
    assert (code, json.loads(output)["verdict"]) == (0, "would import")
    code, output, _ = run(DATA / "teashops", "--json")
    assert json.loads(output)["batch"] == 1


def test_bad_rows_end_with_one_and_are_written_to_a_file(run, tmp_path):
    code, output, words = run(DATA / "broken", "--json", "--rejected", tmp_path / "bad.csv")
    report = json.loads(output)
    assert (code, report["verdict"], report["bad_row_count"]) == (1, "rejected", 8)
    assert all(set(row) == {"file", "line", "column", "value", "problem"} for row in report["bad_rows"])
    assert "line 4, column gross" in words
    with (tmp_path / "bad.csv").open(newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == [row["line"] for row in report["bad_rows"]]


def test_the_rest_is_imported_where_one_asks_for_it(run):
    code, output, _ = run(DATA / "broken", "--rest", "--json")
    assert (code, json.loads(output)["verdict"], json.loads(output)["bad_row_count"]) == (0, "imported", 8)


def test_more_than_a_thousand_bad_rows_are_counted_but_not_all_shown(run, tmp_path):
    (tmp_path / "shops.csv").write_text("shop_ref,name,currency\n" + "".join(f"S{n},Tea,XXX\n" for n in range(1500)))
    code, output, _ = run(tmp_path / "shops.csv", "--json", "--rejected", tmp_path / "bad.txt")
    report = json.loads(output)
    assert (code, report["bad_row_count"], len(report["bad_rows"])) == (1, 1500, 1000)
    assert len((tmp_path / "bad.txt").read_text().splitlines()) == 1501


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LOAM_DATABASE_URL", "mysql://somewhere/loam", "SQLite or PostgreSQL"),
        ("LOAM_DATABASE_URL", "foo", "LOAM_DATABASE_URL is foo"),
        ("LOAM_TIME_ZONE", "Nowhere", "LOAM_TIME_ZONE is Nowhere"),
    ],
)
def test_where_nothing_can_be_stored_the_one_json_object_says_why(run, monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    code, output, words = run(DATA / "teashops", "--json")
    report = json.loads(output)
    assert (code, report["verdict"], report["batch"], report["format"]) == (1, "rejected", None, "loam")
    assert (report["files"], report["bad_rows"], report["bad_row_count"]) == ([], [], 0)
    assert sentence in report["note"]
    assert sentence in words


def test_a_folder_that_may_not_be_looked_into_is_wrong_use(run, tmp_path, monkeypatch):
    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    code, output, words = run(tmp_path)
    assert (code, output) == (2, "")
    assert "Permission denied" in words


@pytest.mark.parametrize(
    "arguments",
    [
        ["x" * 300],
        [DATA / "teashops", "--rejected", DATA],
        [DATA / "teashops", "--rejected", ""],
        [DATA / "teashops", "--rejected", "/dev/full"],
        ["nowhere"],
        [DATA / "teashops", "--format", "excel"],
        [DATA / "teashops", "--format", "olist", "--shop", "T1"],
        [DATA / "teashops", "--accept-differences", "so be it"],
        [DATA / "teashops", "--shop", "T1"],
        [DATA / "teashops", "--rejected", "no/such/folder/bad.csv"],
    ],
)
def test_wrong_use_ends_with_two(run, arguments):
    code, output, words = run(*arguments)
    assert (code, output) == (2, "")
    assert "Traceback" not in words


def test_files_that_nobody_knows_are_a_question_back_unless_the_format_was_given(run, tmp_path):
    (tmp_path / "export.csv").write_text("a,b\n1,2\n")
    code, output, _ = run(tmp_path, "--json")
    assert (code, json.loads(output)["verdict"]) == (3, "ask")
    code, output, _ = run(tmp_path, "--json", "--format", "loam")
    assert (code, json.loads(output)["verdict"]) == (1, "rejected")


TAOBAO = (
    "订单编号,买家会员名,买家应付货款,总金额,买家实际支付金额,订单状态,"
    "订单创建时间,订单付款时间 ,退款金额,打款商家金额\r\n"
    '"=""49001""",made up 1,10.00,10.00,10.00,交易成功,2026-01-03 09:12:44,2026-01-03 09:13:02,0.00,10.00元\r\n'
    '"=""49002""",made up 2,20.00,20.00,20.00,交易成功,2026-01-04 09:12:44,2026-01-04 09:13:02,5.00,15.00元\r\n'
)


@pytest.fixture
def report_file(tmp_path):
    """Writes Taobao's order report with some rows more."""

    def write(*rows, name="export.csv"):
        (tmp_path / name).write_bytes((TAOBAO + "".join(rows)).encode("gb18030"))
        return tmp_path / name

    return write


def test_a_platforms_export_is_looked_at_without_saying_what_it_is_or_whose(run, report_file):
    code, output, words = run(report_file(name="orders.csv"), "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["batch"], told["format"]) == (0, "would import", None, "taobao_orders")
    assert [(file["file"], file["rows"], file["added"]) for file in told["files"]] == [("orders.csv", 2, 2)]
    assert (told["orders"], told["gross_minor"], told["refunds_minor"]) == (2, {"CNY": 3000}, {"CNY": 500})
    assert "shops" not in told
    assert "made up" not in output + words


def test_a_platforms_export_is_stored_for_the_shop_that_is_named_and_adds_nothing_again(run, report_file):
    run(DATA / "teashops")
    path = report_file()
    code, output, _ = run(path, "--shop", "T1", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["batch"]) == (0, "imported", 2)
    code, output, _ = run(path, "--shop", "T1", "--format", "taobao", "--json")
    assert (code, json.loads(output)["files"][0]["unchanged"]) == (0, 2)
    changed = report_file('"=""49003""",made up 1,9.00,9.00,9.00,交易关闭,2026-01-05 09:12:44,,0.00,0.00元\r\n')
    code, output, _ = run(changed, "--shop", "T1", "--json")
    told = json.loads(output)
    assert (told["files"][0]["added"], told["files"][0]["unchanged"], told["cancelled_orders"]) == (1, 2, 1)


SAME_ID = '"=""49002""",made up 2,20.00,20.00,1.00,交易成功,2026-01-04 09:12:44,2026-01-04 09:13:02,0.00,1.00元\r\n'


def test_one_id_with_other_money_is_a_conflict_of_both_lines_and_counts_in_no_sum(run, report_file):
    code, output, _ = run(report_file(SAME_ID), "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["files"][0]["added"]) == (1, "rejected", 1)
    assert [(row["line"], row["column"]) for row in told["bad_rows"]] == [(3, "订单编号"), (4, "订单编号")]
    assert "line 4" in told["bad_rows"][0]["problem"]
    assert "line 3" in told["bad_rows"][1]["problem"]
    assert (told["orders"], told["gross_minor"]) == (1, {"CNY": 1000})
    code, output, _ = run(report_file(SAME_ID), "--dry-run", "--rest", "--json")
    assert (code, json.loads(output)["verdict"]) == (0, "would import")


def test_an_equal_row_counts_once(run, report_file):
    again = TAOBAO.splitlines(keepends=True)[2]
    _, output, _ = run(report_file(again), "--dry-run", "--json")
    told = json.loads(output)
    assert (told["verdict"], told["files"][0]["unchanged"], told["orders"]) == ("would import", 1, 2)


def test_a_report_that_breaks_off_is_rejected_and_its_rest_can_be_read(run, report_file):
    path = report_file('"=""49003""",made up 3,"9')
    code, output, _ = run(path, "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["files"][0]["added"]) == (1, "rejected", 2)
    assert [(row["line"], row["value"]) for row in told["bad_rows"]] == [(4, "")]
    code, output, _ = run(path, "--dry-run", "--rest", "--json")
    assert (code, json.loads(output)["orders"]) == (0, 2)


@pytest.mark.parametrize(
    "arguments", [[], ["--shop", "nobody"], ["--format", "wish"], ["--format", "loam", "--shop", "T1"]]
)
def test_an_export_needs_a_shop_on_record_and_a_format_that_is_read(run, report_file, arguments):
    code, output, words = run(report_file(), *arguments)
    assert (code, output) == (2, "")
    assert "Traceback" not in words


def test_another_file_than_it_was_said_to_be_is_rejected(run, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    code, output, _ = run(tmp_path / "x.csv", "--format", "taobao", "--dry-run", "--json")
    assert (code, json.loads(output)["verdict"]) == (1, "rejected")


def test_totals_that_differ_are_listed_on_standard_error_and_accepted_with_a_reason(run, tmp_path):
    lines = [
        "账务流水号,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,业务类型,备注",
        "1\t,2026-03-01 10:00:00,5.00,0.00,15.00,交易付款,",
        "#支出合计：0笔，共0.00元",
        "#收入合计：2笔，共7.00元",
    ]
    (tmp_path / "x.csv").write_bytes("\n".join([*lines, ""]).encode("gb18030"))
    code, output, words = run(tmp_path / "x.csv", "--dry-run", "--rest", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["format"]) == (1, "rejected", "alipay_merchant_statement")
    assert [(each["line"], each["told"], each["found"]) for each in told["differences"]] == [(4, 2, 1), (4, 700, 500)]
    assert "x.csv, line 4: 收入合计: the file says 7.00 CNY, its rows come to 5.00 CNY" in words
    reason = "The shop showed the other row."
    code, output, _ = run(tmp_path / "x.csv", "--dry-run", "--accept-differences", reason, "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["accepted_because"]) == (0, "would import", reason)


ALIPAY = """#支付宝账务明细查询
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
1001\t,2001\t,,,2026-01-03 09:13:02,b@example.com,10.00,,110.00,支付宝,在线支付,
#-----------------------------------------账务明细列表结束------------------------------------
#支出合计：0笔，共0.00元
#收入合计：1笔，共10.00元
"""


@pytest.fixture
def month(tmp_path):
    """A folder with the exports of one shop, one of them in a ZIP file, and a file that nobody knows."""
    folder = tmp_path / "month"
    folder.mkdir()
    with zipfile.ZipFile(folder / "alipay.zip", "w") as packed:
        packed.writestr("2026/statement.csv", ALIPAY.encode("gb18030"))
    (folder / "orders of january.csv").write_bytes(TAOBAO.encode("gb18030"))
    (folder / "holiday.csv").write_text("a,b\n1,2\n")
    return folder


def test_a_folder_of_exports_is_one_batch_of_one_shop_and_unknown_files_are_named(run, month):
    code, output, _ = run(month, "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["other_files"]) == (0, "would import", ["holiday.csv"])
    assert told["format"] == "alipay_merchant_statement, taobao_orders"
    run(DATA / "teashops")
    code, output, _ = run(month, "--shop", "T1", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["batch"]) == (0, "imported", 2)
    assert [(file["file"], file["rows"], file["added"]) for file in told["files"]] == [
        ("statement.csv", 1, 1), ("orders of january.csv", 2, 2),
    ]  # fmt: skip
    assert (told["gross_minor"], told["closing_balance_minor"]) == ({"CNY": 3000}, {"CNY": 11000})


def test_of_a_folder_of_exports_nothing_is_stored_where_one_of_them_is_bad(run, month):
    run(DATA / "teashops")
    short = ALIPAY.replace("1笔，共10.00", "2笔，共15.00")
    (month / "february.csv").write_bytes(short.replace("1001", "1002").encode("gb18030"))
    code, output, _ = run(month, "--shop", "T1", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], {each["file"] for each in told["differences"]}) == (1, "rejected", {"february.csv"})
    (month / "february.csv").write_bytes((TAOBAO + SAME_ID).encode("gb18030"))
    code, output, _ = run(month, "--shop", "T1", "--json")
    told = json.loads(output)
    assert (code, told["batch"]) == (1, None)
    assert {row["column"] for row in told["bad_rows"]} == {"订单编号"}
    assert "line 3 of february.csv" in " ".join(row["problem"] for row in told["bad_rows"])


def test_exports_in_two_currencies_can_be_looked_at_before_anybody_says_whose_they_are(run, month):
    (month / "etsy.csv").write_text(
        "Sale Date,Order ID,Currency,Order Value,Discount Amount,Shipping,Order Total,Status,Adjusted Order Total\n"
        "10/01/20,33001,USD,100.00,0.00,5.00,105.00,Completed,0.00\n"
    )
    code, output, _ = run(month, "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["gross_minor"]) == (0, {"CNY": 3000, "USD": 10500})


def test_the_platform_that_was_said_is_all_that_is_looked_for(run, month):
    code, output, _ = run(month, "--format", "taobao", "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["format"], sorted(told["other_files"])) == (
        0, "taobao_orders", ["holiday.csv", "statement.csv"],
    )  # fmt: skip
    code, output, _ = run(month, "--format", "etsy", "--dry-run", "--json")
    assert (code, json.loads(output)["verdict"]) == (1, "rejected")
    assert run(DATA / "teashops", "--format", "taobao")[0] == 1


def test_an_export_in_a_zip_file_is_taken_out_of_it_and_a_broken_zip_file_is_told(run, month):
    code, output, _ = run(month / "alipay.zip", "--dry-run", "--json")
    assert (code, json.loads(output)["files"][0]["file"]) == (0, "statement.csv")
    (month / "broken.zip").write_bytes(b"PK\x03\x04")
    code, output, _ = run(month, "--dry-run", "--json")
    assert (code, json.loads(output)["note"]) == (1, "broken.zip is no whole ZIP file; download it anew.")


def test_loams_own_files_beside_exports_are_a_question_that_the_format_answers(run, month):
    (month / "shops.csv").write_text("shop_ref,name,currency\nT9,Tea,CNY\n")
    code, output, words = run(month, "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["batch"]) == (3, "ask", None)
    assert "Loam's own files (shops.csv)" in told["note"]
    assert "--format loam or --format alipay or --format taobao" in told["note"]
    assert "There are" in words
    code, output, _ = run(month, "--format", "loam", "--json")
    assert (code, json.loads(output)["files"][0]["file"]) == (0, "shops.csv")
    code, output, _ = run(month, "--format", "taobao", "--shop", "T9", "--json")
    assert (code, json.loads(output)["batch"]) == (0, 2)


def test_a_file_that_fits_two_formats_equally_well_is_a_question_that_the_formats_name_answers(
    run, tmp_path, monkeypatch
):
    path = tmp_path / "either.csv"
    path.write_text("x,y,Sale no.\n1,2,3\n")
    one = replace(exports.FORMATS[0], name="one", title="One's orders", columns={"a": ("Sale no.",)}, required=("a",))
    monkeypatch.setattr(exports, "FORMATS", (*exports.FORMATS, one, replace(one, name="two", title="Two's orders")))
    code, output, _ = run(path, "--json")
    told = json.loads(output)
    assert (code, told["verdict"]) == (3, "ask")
    assert "One's orders and Two's orders equally well" in told["note"]
    assert "--format one or --format two" in told["note"]
    found = sources.sorted_out({path: path.name}, {path.name: sources.formats_of("two")})
    assert (found.exports[path].format.name, found.question()) == ("two", "")


@pytest.fixture
def tables(tmp_path):
    """A folder of Olist's tables, one of them packed."""
    folder = tmp_path / "olist"
    folder.mkdir()
    for name, text in zip("abcdefgh", olist_tables.USUAL.values(), strict=True):
        (folder / f"{name}.csv").write_text(text)
    (folder / "b.csv").unlink()
    (folder / "items.csv.gz").write_bytes(gzip.compress(olist_tables.ITEMS.encode()))
    return folder


def test_a_folder_of_olists_tables_is_known_without_being_told_and_brings_in_many_shops(run, tables):
    code, output, _ = run(tables, "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["format"]) == (0, "would import", "olist")
    assert (told["shops"], told["orders"], told["cancelled_orders"], told["distinct_buyers"]) == (2, 4, 1, 2)
    assert (told["gross_minor"], told["refunds_minor"]) == ({"BRL": 27111}, None)
    assert (told["first_ts_utc"], told["last_ts_utc"]) == ("2018-03-01T13:00:00Z", "2018-03-03T15:00:00Z")
    assert {"file": "d.csv", "column": "review_comment_message"} in told["unknown_columns"]
    code, output, _ = run(tables, "--format", "olist", "--json")
    assert (code, json.loads(output)["batch"]) == (0, 1)
    code, output, _ = run(tables, "--json")
    told = json.loads(output)
    assert (code, told["batch"], sum(file["unchanged"] for file in told["files"])) == (0, None, 4)


def test_olists_tables_need_no_shop_and_lacking_ones_are_named(run, tables):
    assert run(tables, "--shop", "T1")[0] == 2
    (tables / "items.csv.gz").unlink()
    code, output, _ = run(tables, "--json")
    told = json.loads(output)
    assert (code, told["verdict"], told["format"]) == (1, "rejected", "olist")
    assert "but not Olist's items of orders" in told["note"]


@pytest.mark.records
@pytest.mark.parametrize("name", ["amazon_settlement_v2/broken_truncated.txt", "ebay_orders/broken_truncated.csv"])
def test_the_rest_of_a_file_that_was_cut_off_needs_a_reason(run, name):
    path = SAMPLES / name
    code, output, _ = run(path, "--rest", "--dry-run", "--json")
    told = json.loads(output)
    assert (code, told["verdict"], len(told["differences"])) == (1, "rejected", 1)
    code, output, _ = run(path, "--rest", "--dry-run", "--accept-differences", "the shop has no other file", "--json")
    assert (code, json.loads(output)["verdict"]) == (0, "would import")
