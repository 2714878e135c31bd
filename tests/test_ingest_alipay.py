"""Alipay's statements: what their rows mean, and that a row which was taken out or changed is noticed."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.alipay_balances import Balances
from ingest.export_records import Hasher
from ingest.exports import Export, recognise

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "formats"
KINDS = ("alipay_merchant_statement", "alipay_fund_flow", "alipay_personal")
HASHER = Hasher(b"made up, and long enough to be a key")
SHOP = ("S-1", "Asia/Shanghai", "CNY")

STATEMENT_HEADER = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
FLOW_HEADER = (
    "序号,入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,对方账户,对方名称,"
    "银行订单号,商品名称,备注,业务描述"
)
PERSONAL_HEADER = (
    "交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,"
)


def statement(*movements, opening=100_00, footer=None, header=STATEMENT_HEADER):
    """A statement, newest first, of movements as (amount in minor units, type, remark), oldest first."""
    balance, rows, sums = opening, [], {True: [0, 0], False: [0, 0]}
    for nth, (minor, named, remark) in enumerate(movements, start=1):
        balance += minor
        sums[minor > 0][0] += 1
        sums[minor > 0][1] += minor
        income, expense = (minor, 0) if minor > 0 else (0, minor)
        rows.insert(
            0,
            f"2603{nth:04}\t,b{nth}\t,T200P{nth}\t,样例杯\t,2026-03-{nth:02} 10:00:00,"
            f"样例买家(b***{nth}@example.com)\t,"
            f"{income / 100:.2f},{expense / 100:.2f},{balance / 100:.2f},支付宝,{named},{remark}",
        )
    told = footer or [
        "#-----账务明细列表结束-----",
        f"#支出合计：{sums[False][0]}笔，共{sums[False][1] / 100:.2f}元",
        f"#收入合计：{sums[True][0]}笔，共{sums[True][1] / 100:.2f}元",
    ]
    return ["#支付宝账务明细查询", "#账号：[1]", header, *rows, *told]


def flow(*rows):
    """A flow of funds of rows as (type, income, expense, balance)."""
    lines = [
        f"{nth},2026-03-{nth:02} 08:00:00,2026{nth}\t,1100{nth}\t, ,{named},{income},{expense},{balance},"
        "acc***@example.com,样例, , , , "
        for nth, (named, income, expense, balance) in enumerate(rows, start=1)
    ]
    return ["#支付宝资金流水", FLOW_HEADER, *lines, "#导出时间：2026-04-01 09:00:00"]


def personal(*rows, before=()):
    """A personal export of rows as (category, words, direction, amount, method, status)."""
    lines = [
        f"2026-03-{nth:02} 11:00:00,{category},样例店,/,{words},{direction},{amount},{method},{status},"
        f"2026{nth}\t,T{nth}\t,,"
        for nth, (category, words, direction, amount, method, status) in enumerate(rows, start=1)
    ]
    return ["导出信息：", *before, PERSONAL_HEADER, *lines]


def opened(path, lines):
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gb18030"))
    return Export.of(path, path.name, recognise(path), HASHER, SHOP)


def read(path, lines):
    """The entries of the file, those worked out of them, the bad rows, and the export."""
    export = opened(path, lines)
    chunks = list(export.chunks())
    entries = [row for chunk in chunks if chunk.file for row in chunk.rows.to_pylist()]
    others = [row for chunk in chunks if not chunk.file for row in chunk.rows.to_pylist()]
    return entries, others, [row for chunk in chunks for row in chunk.bad_rows], export


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.csv"


def sample_files(pattern):
    return sorted(each for kind in KINDS for each in (SAMPLES / kind).glob(pattern)) or ["absent"]


def sample(path):
    export = Export.of(path, path.name, recognise(path), HASHER, SHOP)
    return list(export.chunks()), export


@pytest.mark.records
@pytest.mark.parametrize("expected", sample_files("expected*.json"), ids=str)
def test_a_sample_adds_up_to_what_stands_beside_it(expected):
    if not SAMPLES.exists():
        pytest.skip("the samples are not here")
    name = expected.stem.removeprefix("expected_") if "_" in expected.stem else "sample"
    chunks, export = sample(expected.parent / f"{name}.csv")
    assert [row for chunk in chunks for row in chunk.bad_rows] == []
    assert (export.differences, export.warnings) == ((), ())
    wanted = json.loads(expected.read_text())
    assert wanted.pop("format") == export.found.format.name
    assert wanted.items() <= export.told().items()


@pytest.mark.records
@pytest.mark.parametrize("broken", sample_files("broken.json"), ids=str)
def test_a_broken_sample_is_refused_where_it_is_broken_and_says_how_much_of_it_is_sound(broken):
    if not SAMPLES.exists():
        pytest.skip("the samples are not here")
    sound = {
        "alipay_merchant_statement/broken_truncated.csv": 15,
        "alipay_merchant_statement/broken_shifted_columns.csv": 18,
        "alipay_merchant_statement/broken_missing_column.csv": 0,
        "alipay_fund_flow/broken_truncated.csv": 10,
        "alipay_personal/broken_truncated.csv": 12,
        "alipay_personal/broken_shifted_columns.csv": 12,
    }
    for each in json.loads(broken.read_text())["files"]:
        path = broken.parent / each["file"]
        chunks, export = sample(path)
        faults = [row for chunk in chunks for row in chunk.bad_rows]
        if "footer" in each["expect"] or "共N笔" in each["expect"]:
            assert export.differences
        if "duplicate" in path.name:  # the import finds the conflict, see test_db_exports
            continue
        assert [row.line for row in faults] == [each["line"]], path
        assert ("账户余额（元）" in faults[0].problem) == faults[0].whole_file == ("missing" in path.name)
        good = sum(len(chunk.lines) for chunk in chunks if chunk.file)
        assert good == sound[f"{path.parent.name}/{path.name}"]


@pytest.mark.parametrize(
    ("minor", "named", "remark", "kind"),
    [
        (12900, "交易付款", "", "sale"),
        (12900, "在线支付", "", "sale"),
        (-12900, "交易付款", "", "other"),  # the shop bought something
        (-4500, "交易退款", "售后退款-T200P1", "refund"),
        (4500, "交易退款", "", "other"),
        (-4500, "转账", "余额宝-自动转入", "fund_in"),
        (4500, "转账", "余额宝-转出到余额", "fund_out"),
        (4500, "转账", "余额宝-收益发放", "other"),
        (4500, "转账", "网商贷-放款", "loan_in"),
        (-4500, "其它", "网商贷-还款", "loan_repayment"),
        (-4500, "其它", "消费者保证金缴存", "transfer"),
        (-4500, "提现", "提现到银行卡", "transfer"),
        (-77, "收费", "花呗支付服务费[49]", "fee"),
        (-77, "转账", "天猫佣金{49}", "fee"),
        (-77, "其它", "代扣返点积分49", "fee"),
        (77, "转账", "淘宝客佣金退款[49]", "fee"),
        (4500, "转账", "", "other"),
        (4500, "some new kind", "交易付款", "other"),
    ],
)
def test_type_and_remark_say_what_a_row_of_a_statement_is(path, minor, named, remark, kind):
    (entry,), _, bad_rows, export = read(path, statement((minor, named, remark)))
    assert bad_rows == []
    assert (entry["kind"], entry["amount_minor"], entry["account"]) == (kind, minor, "wallet")
    assert entry["balance_minor"] == 10000 + minor
    assert export.told()["orders"] == (kind == "sale")


MONTH = (
    (12900, "交易付款", ""),
    (-5000, "转账", "余额宝-自动转入"),
    (-77, "收费", "花呗支付服务费[1]"),
    (2000, "转账", "余额宝-转出到余额"),
)


def test_what_passes_between_wallet_and_fund_has_its_other_side_in_the_fund(path):
    entries, others, _, _ = read(path, statement(*MONTH))
    assert [(row["kind"], row["amount_minor"], row["account"]) for row in others] == [
        ("fund_out", -2000, "fund"),
        ("fund_in", 5000, "fund"),
    ]
    by_ref = {row["entry_ref"]: row for row in entries}
    for row in others:
        assert row["booked_at"] == by_ref[row["entry_ref"].removesuffix("-fund")]["booked_at"]
        assert "balance_minor" not in row


def test_a_statement_that_adds_up_has_no_difference_whichever_end_comes_first(path):
    lines = statement(*MONTH)
    assert read(path, lines)[3].differences == ()
    turned = [*lines[:3], *reversed(lines[3:7]), *lines[7:]]
    _, _, _, export = read(path, turned)
    assert (export.differences, export.warnings, export.told()["row_order"]) == ((), (), "oldest first")
    assert export.told()["closing_balance_minor"] == {"CNY": 19823}


@pytest.mark.parametrize("place", range(4))
def test_a_row_that_was_taken_out_of_a_statement_is_noticed(path, place):
    lines = statement(*MONTH)
    del lines[3 + place]
    assert {found.unit for found in read(path, lines)[3].differences} == {"rows", "CNY"}


def test_totals_of_the_file_are_told_beside_those_of_its_rows(path):
    lines = statement(*MONTH)
    lines[3] = lines[3].replace("20.00,0.00", "25.00,0.00")
    income, balance = read(path, lines)[3].differences
    assert (income.line, income.what, income.told, income.found, income.unit) == (10, "收入合计", 14900, 15400, "CNY")
    assert (balance.line, balance.what, balance.told, balance.found) == (4, "账户余额（元）", 19823, 20323)


def test_a_statement_without_its_totals_is_a_difference_that_says_so(path):
    found = read(path, statement(*MONTH)[:-3])[3].differences
    assert [(each.what, each.told, each.line) for each in found] == [("支出合计", None, 7), ("收入合计", None, 7)]
    assert "does not say it" in found[0].in_words()


def test_a_balance_that_does_not_follow_from_its_neighbours_is_a_warning_and_no_difference(path):
    lines = statement(*MONTH)
    lines[4] = lines[4].replace("178.23", "170.00")
    _, _, bad_rows, export = read(path, lines)
    assert (bad_rows, export.differences) == ([], ())
    (warning,) = export.warnings
    assert "on 2 lines, first on line 5" in warning


def test_rows_of_one_moment_add_up_in_whatever_order_they_stand():
    moments = np.array([5, 5, 5])
    balances = Balances()
    # Booked as +100, −30, −20; written as −30, +100, −20.
    balances.add(moments, np.array([-30, 100, -20]), np.array([170, 200, 150]), np.array([2, 3, 4]))
    assert (balances.ends(), balances.differences("x", "余额", "CNY")) == ((100, 150), [])
    balances.add(moments[:1], np.array([7]), np.array([999]), np.array([5]))
    assert [each.line for each in balances.differences("x", "余额", "CNY")] != []


@given(
    st.lists(st.integers(-10_000, 10_000).filter(bool), min_size=1, max_size=12),
    st.integers(0, 12),
    st.booleans(),
)
def test_a_balance_is_held_against_the_running_sum_in_whatever_pieces_it_is_read(amounts, cut, newest_first):
    rows = np.array([[nth, amount, sum(amounts[: nth + 1]), nth + 2] for nth, amount in enumerate(amounts)])
    rows = rows[::-1] if newest_first else rows
    balances = Balances()
    for part in (rows[:cut], rows[cut:]):
        balances.add(*part.T)
    assert balances.ends() == (0, sum(amounts))
    assert balances.differences("x", "余额", "CNY") == balances.warnings() == []


@pytest.mark.parametrize(
    ("old", "new", "column", "problem"),
    [
        ("129.00,0.00", "129.00,-1.00", "支出金额（-元）", "both an income and an expense"),
        ("129.00,0.00", " , ", "收入金额（+元）", "neither an income nor an expense"),
        ("129.00,0.00", "-129.00,0.00", "收入金额（+元）", "below zero"),
        ("129.00,0.00", "1.29E+2,0.00", "收入金额（+元）", "a spreadsheet rounded"),
        ("229.00,支付宝", ",支付宝", "账户余额（元）", "each row needs it"),
        ("26030001\t", "\t", "账务流水号", "each row needs it"),
        ("2026-03-01 10:00:00", "01.03.2026", "发生时间", "write a time"),
    ],
)
def test_a_wrong_cell_is_refused_under_the_platforms_own_name_of_the_column(path, old, new, column, problem):
    lines = statement(*MONTH)
    assert lines[6].count(old) == 1
    lines[6] = lines[6].replace(old, new)
    entries, _, (fault,), _ = read(path, lines)
    assert (len(entries), fault.line, fault.column) == (3, 7, column)
    assert problem in fault.problem


@pytest.mark.parametrize("empty", ["0.00", "0", "", " "])
def test_an_empty_side_and_a_missing_minus_change_nothing(path, empty):
    lines = [
        line.replace(",0.00,", f",{empty},").replace(",-", ",") if nth > 2 and line[0] != "#" else line
        for nth, line in enumerate(statement(*MONTH))
    ]
    entries, _, bad_rows, export = read(path, lines)
    assert (bad_rows, export.differences) == ([], ())
    assert [row["amount_minor"] for row in entries] == [2000, -77, -5000, 12900]


def test_other_names_and_places_of_the_columns_change_nothing(path):
    header = (
        STATEMENT_HEADER.replace("（+元）", "(+元)")
        .replace("支出金额（-元）", "支出金额")
        .replace("账户余额（元）", "余额")
    )
    plain = read(path, statement(*MONTH))
    lines = statement(*MONTH, header=header)
    turned = [",".join(reversed(line.split(","))) if nth in range(2, 7) else line for nth, line in enumerate(lines)]
    assert read(path, turned)[:3] == plain[:3]


def test_a_shop_elsewhere_gets_the_entries_of_the_platforms_clock_on_its_own_days(path):
    path.write_bytes("\n".join(statement(*MONTH[:2])).encode("gb18030"))
    export = Export.of(path, path.name, recognise(path), HASHER, ("S-1", "America/Los_Angeles", "CNY"))
    chunks = list(export.chunks())
    assert [chunk.file for chunk in chunks] == [path.name, ""]
    assert export.told()["last_ts_utc"] == "2026-03-02T02:00:00Z"
    march_first = (np.datetime64("2026-03-01") - np.datetime64("1970-01-01")).astype(int)
    assert all(chunk.rows["booked_day"].to_pylist()[0] == march_first for chunk in chunks)


def test_an_empty_month_has_an_unknown_balance_and_counts_of_zero(path):
    entries, _, bad_rows, export = read(path, statement())
    assert (entries, bad_rows, export.differences) == ([], [], ())
    told = export.told()
    assert (told["data_rows"], told["closing_balance_minor"], told["gross_minor"]) == (0, None, {"CNY": 0})


def test_a_number_that_a_spreadsheet_rounded_refuses_the_whole_file(path):
    lines = statement(*MONTH)
    lines[5] = lines[5].replace("26030002\t", "2.6E+16")
    _, _, (*_, fault), export = read(path, lines)
    assert (fault.line, fault.whole_file, export.told(), export.differences) == (6, True, {}, ())


@pytest.mark.parametrize(
    ("named", "income", "expense", "kind"),
    [
        ("在线支付", "5.00", " ", "sale"),
        ("退款（交易退款）", " ", "5.00", "refund"),
        ("收费", " ", "5.00", "fee"),
        ("退费", "5.00", " ", "fee"),
        ("理财申购", " ", "5.00", "fund_in"),
        ("理财赎回", "5.00", " ", "fund_out"),
        ("余额宝-转出", "5.00", " ", "fund_out"),
        ("余额宝-自动转入", " ", "-5.00", "fund_in"),
        ("提现", " ", "5.00", "transfer"),
        ("转账", " ", "5.00", "other"),
        ("转账", "5.00", " ", "other"),
    ],
)
def test_the_type_says_what_a_row_of_a_flow_is(path, named, income, expense, kind):
    amount = 500 if income.strip() else -500
    (entry,), others, _, export = read(path, flow((named, income, expense, "50.00")))
    assert (entry["kind"], entry["amount_minor"], entry["balance_minor"]) == (kind, amount, 5000)
    assert [row["amount_minor"] for row in others] == ([-amount] if kind.startswith("fund") else [])
    assert export.told()["unclassified_rows"] == (kind == "other")


def test_a_flow_whose_balance_does_not_come_from_its_rows_differs_and_one_without_an_end_is_called_incomplete(path):
    rows = (("在线支付", "5.00", " ", "50.00"), ("提现", " ", "20.00", "30.00"))
    assert read(path, flow(*rows))[3].differences == ()
    (found,) = read(path, flow(rows[0], ("提现", " ", "20.00", "31.00")))[3].differences
    assert (found.line, found.told, found.found) == (4, 3100, 3000)
    export = read(path, flow(*rows)[:-1])[3]
    assert (export.differences, export.told()["incomplete"], len(export.warnings)) == ((), True, 1)


@pytest.mark.parametrize(
    ("row", "entry"),
    [
        (("日用百货", "杯", "支出", "5.00", "余额", "交易成功"), ("purchase", -500, "wallet")),
        (("日用百货", "杯", "支出", "5.00", "花呗", "交易成功"), ("purchase", -500, "bank")),
        (("日用百货", "杯", "支出", "5.00", "余额宝", "交易成功"), ("purchase", -500, "fund")),
        (("日用百货", "杯", "支出", "5.00", "余额", "交易关闭"), ("purchase", -500, "wallet")),
        (("退款", "退款-杯", "不计收支", "5.00", "余额", "退款成功"), ("refund", 500, "wallet")),
        (("收入", "商品", "收入", "5.00", "余额", "交易成功"), ("other", 500, "wallet")),
        (("投资理财", "余额宝-自动转入", "不计收支", "5.00", "余额", "交易成功"), ("fund_in", -500, "wallet")),
        (("投资理财", "余额宝-转出到余额", "不计收支", "5.00", "余额宝", "交易成功"), ("fund_out", 500, "wallet")),
        (("投资理财", "余额宝-转出到银行卡", "不计收支", "5.00", "余额宝", "交易成功"), ("fund_out", 500, "bank")),
        (("投资理财", "余额宝-2026.03.25-收益发放", "不计收支", "5.00", "余额宝", "交易成功"), ("other", 500, "fund")),
        (("信用借还", "花呗还款-账单", "不计收支", "5.00", "样例银行", "还款成功"), ("loan_repayment", -500, "bank")),
        (("信用借还", "网商贷还款", "不计收支", "5.00", "余额", "还款成功"), ("loan_repayment", -500, "wallet")),
        (("信用借还", "网商贷放款", "不计收支", "5.00", "余额", "放款成功"), ("loan_in", 500, "wallet")),
        (("账户存取", "提现-快速提现", "不计收支", "5.00", "余额", "提现成功"), ("transfer", -500, "wallet")),
        (("账户存取", "充值", "不计收支", "5.00", "余额", "交易成功"), ("transfer", 500, "wallet")),
        (("日用百货", "已关闭", "不计收支", "5.00", "", "交易关闭"), ("other", 0, "wallet")),
    ],
)  # fmt: skip
def test_direction_words_and_method_say_what_a_personal_row_did_to_which_account(path, row, entry):
    (found,), others, _, _ = read(path, personal(row))
    assert (found["kind"], found["amount_minor"], found["account"]) == entry
    assert [each["amount_minor"] for each in others] == ([-entry[1]] if entry[0].startswith("fund") else [])


def test_a_personal_row_of_unclear_direction_becomes_no_entry_and_is_counted(path):
    entries, _, bad_rows, export = read(path, personal(("转账", "转账", "不计收支", "5.00", "余额", "交易成功")))
    assert (entries, bad_rows) == ([], [])
    told = export.told()
    assert (told["data_rows"], told["unclear_rows"], told["neutral_minor"]) == (1, 1, {"CNY": 500})


def test_a_personal_export_is_held_against_the_totals_before_its_table(path):
    row = ("日用百货", "杯", "支出", "5.00", "余额", "交易成功")
    before = ("共2笔记录", "收入：0笔 0.00元", "支出：2笔 10.00元", "不计收支：0笔 0.00元")
    assert read(path, personal(row, row, before=before))[3].differences == ()
    found = read(path, personal(row, before=before))[3].differences
    assert [(each.line, each.what, each.told, each.found) for each in found] == [
        (2, "共…笔记录", 2, 1),
        (4, "支出", 2, 1),
        (4, "支出", 1000, 500),
    ]
    assert len(read(path, personal(row))[3].warnings) == 1


def test_the_export_from_the_website_is_read_with_the_words_below_its_table(path):
    lines = [
        "支付宝交易记录明细查询",
        "账号:[made-up@example.com]",
        "---------------------------------交易记录明细列表------------------------------------",
        "交易号,商家订单号,交易创建时间,付款时间,最近修改时间,交易来源地,类型,交易对方,商品名称,金额（元）,收/支,交易状态,"
        "服务费（元）,成功退款（元）,备注,资金状态,",
        "20260301\t,,2026-03-01 09:00:00 ,2026-03-01 09:00:01 ,,其他,即时到账交易 ,样例店 ,杯 ,5.00 ,支出 ,交易成功 ,"
        "0.00,0.00,,已支出,",
        "20260302\t,,2026-03-02 09:00:00 ,,,其他,即时到账交易 ,样例店 ,杯 ,7.00 ,,交易关闭 ,0.00,0.00,,,",
        "------------------------------------------------------------------------------------",
        "共2笔记录",
        "已收入:0笔,0.00元",
        "已支出:1笔,5.00元",
        "导出时间:[2026-04-01 09:00:00]    用户:样例",
    ]
    entries, _, bad_rows, export = read(path, lines)
    assert (bad_rows, export.differences, export.warnings) == ([], (), ())
    assert [row["amount_minor"] for row in entries] == [-500, 0]
    lines[7] = "共3笔记录"
    assert [found.line for found in read(path, lines)[3].differences] == [8]


def test_a_counterparty_is_known_again_across_the_forms_and_no_name_is_handed_on(path):
    one, _, _, export = read(path, statement((500, "交易付款", "")))
    two = read(path, flow(("在线支付", "5.00", " ", "50.00")))[0]
    assert one[0]["counterparty_ref"] == HASHER.refs(pa.array(["样例买家(b***1@example.com)"]))[0].as_py()
    assert two[0]["counterparty_ref"] == HASHER.refs(pa.array(["样例(acc***@example.com)"]))[0].as_py()
    assert "example.com" not in str(one) + str(two) + str(export.told())


def test_a_remark_in_a_persons_own_words_is_not_quoted(path):
    told = read(path, statement((500, "转账", "made up words about 余额宝"), (7, "交易付款", "made up")))[3].told()
    assert told["kinds"] == {"交易付款": "sale", "转账": "internal"}


def test_the_orders_of_a_business_statement_are_not_taken_for_movements_of_cash(path):
    path.write_text(
        "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,订单金额（元）,商家实收（元）,备注\n1,2,交易,x,,,1,1,\n"
    )
    assert recognise(path) is None


WHOLE = {
    "statement": statement(*MONTH),
    "flow": flow(
        ("在线支付", "5.00", " ", "50.00"), ("理财申购", " ", "20.00", "30.00"), ("转账", " ", "1.00", "29.00")
    ),
    "personal": personal(
        ("投资理财", "余额宝-自动转入", "不计收支", "5.00", "余额", "交易成功"),
        ("收入", "商品", "收入", "5.00", "余额", "交易成功"),
        before=("共2笔记录", "收入：1笔 5.00元"),
    ),
}


@given(form=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_no_damage_to_a_file_brings_the_reading_down_or_loses_a_line(tmp_path_factory, form, data):
    damaged = bytearray(("\r\n".join(WHOLE[form]) + "\r\n").encode("gb18030"))
    for _ in range(data.draw(st.integers(1, 4))):
        first = data.draw(st.integers(0, len(damaged)))
        last = data.draw(st.integers(first, min(len(damaged), first + 30)))
        damaged[first:last] = data.draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b",", b"\n", b"\r", b"\0", b"#", b"-", b"9"]))
        )
    path = tmp_path_factory.mktemp("x") / "x.csv"
    path.write_bytes(bytes(damaged))
    found = recognise(path)
    if found is None:
        return
    export = Export.of(path, path.name, found, HASHER, SHOP)
    chunks = list(export.chunks())
    faults = [row for chunk in chunks for row in chunk.bad_rows]
    lines = [line for chunk in chunks if chunk.file for line in chunk.lines.tolist()]
    assert {line for chunk in chunks if not chunk.file for line in chunk.lines.tolist()} <= set(lines)
    assert all(0 < row.line <= damaged.count(b"\n") + 1 and row.problem for row in faults)
    assert all(each.in_words() for each in export.differences)
    if any(row.whole_file for row in faults):
        return
    unclear = export.told().get("unclear_rows", 0)
    assert sum(chunk.row_count for chunk in chunks) == len(lines) + unclear + len(faults)
    assert export.told()["data_rows"] == len(lines) + unclear
