"""An export in the record, on both databases: looked at without a shop, stored for one, and counted once."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from db import buyer_key, chain_key, consents, imports, wallets
from db.engine import open_session
from ingest import sources
from ingest.export_records import Hasher
from ingest.exports import Export, recognise
from ingest.olist import OlistTables
from lending.balances import closing_minor, daily_balances
from lending.consent import Given
from lending.errors import ConsentRefused
from tests.test_db_imports import DATA, rows, store
from tests.test_ingest_alipay import MONTH, statement
from tests.test_ingest_olist import USUAL as TABLES
from tests.test_ingest_taobao import written

AGAIN = {"订单编号": '="4900000000000000001"'}


@pytest.fixture
def bring(engine, tmp_path):
    """Imports orders for a shop on record, or looks at them without one."""

    def import_orders(*orders, shop=None, lines=None, **options):
        path = tmp_path / "export.csv"
        text = written(*orders) if lines is None else "\r\n".join(lines) + "\r\n"
        path.write_bytes(text.encode("gb18030"))
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


def test_what_stood_in_a_refused_row_is_told_once_and_never_stored(engine, bring):
    store(engine, DATA / "teashops")
    shifted = AGAIN | {"总金额": "样例买家 13900000000"}
    report = bring({"订单编号": '="4900000000000000077"'}, shifted, shop="T1", rest=True)
    assert [row.value for row in report.bad_rows] == ["样例买家 13900000000"]
    ((kept,),) = rows(engine, "SELECT report FROM import_batches WHERE id = :id", id=report.batch)
    assert [(row["line"], row["column"], row["value"]) for row in json.loads(kept)["bad_rows"]] == [(3, "总金额", "")]


TODAY = date(2026, 11, 2)
FORM = consents.BroughtIn("T1", Given("owner", "form 17", TODAY, TODAY + timedelta(days=365)), TODAY, "Asia/Shanghai")


def test_the_shops_consent_comes_with_the_import_and_names_its_batch(engine, bring):
    store(engine, DATA / "teashops")
    assert bring({}, shop="T1", dry_run=True, consent=FORM).verdict == "would import"
    assert rows(engine, "SELECT count(*) FROM consents") == [(0,)]
    report = bring({}, shop="T1", consent=FORM)
    found = rows(engine, "SELECT c.batch_id, c.act, c.evidence FROM consents c JOIN shops s ON s.id = c.shop_id "
                         "WHERE s.shop_ref = 'T1'")  # fmt: skip
    assert found == [(report.batch, "given", "form 17")]
    again = bring({}, shop="T1", consent=FORM)
    assert again.batch is None
    assert rows(engine, "SELECT batch_id FROM consents ORDER BY id") == [(report.batch,), (None,)]


def test_an_export_of_a_shop_that_took_its_consent_back_needs_a_new_one(engine, bring):
    store(engine, DATA / "teashops")
    bring({}, shop="T1", consent=FORM)
    with open_session(engine, write=True) as session:
        number = imports.shop_id(session, "T1")
        consents.withdraw(session, number, said_by="owner", evidence="letter", person_id=None)
    for dry_run in (True, False):
        with pytest.raises(ConsentRefused) as refused:
            bring({"订单编号": '="7"'}, shop="T1", dry_run=dry_run)
        assert refused.value.because == "taken_back"
    assert store(engine, DATA / "teashops").verdict == "imported"
    assert bring({"订单编号": '="7"'}, shop="T1", consent=FORM).batch is not None


def test_an_import_whose_consent_can_not_be_noted_changes_nothing(engine, bring):
    store(engine, DATA / "teashops")
    over = replace(FORM, given=replace(FORM.given, until_on=TODAY - timedelta(days=1), given_on=date(2025, 1, 1)))
    with pytest.raises(ConsentRefused):
        bring({}, shop="T1", consent=over)
    assert rows(engine, "SELECT count(*) FROM import_batches") == [(1,)]
    assert bring({}, {"订单状态": "?"}, shop="T1", consent=FORM).verdict == "rejected"
    assert rows(engine, "SELECT count(*) FROM consents") == [(0,)]


def test_the_key_of_buyers_follows_from_that_of_the_record_and_is_not_it(engine):
    store(engine, DATA / "teashops")
    assert buyer_key.of(engine, needed=True) == buyer_key.of(engine, needed=False) != chain_key.read(engine)


def test_a_new_record_gets_its_key_when_buyers_are_stored_and_one_that_lost_it_none(engine):
    assert buyer_key.of(engine, needed=False) != buyer_key.of(engine, needed=False)
    assert chain_key.read(engine) is None
    made = buyer_key.of(engine, needed=True)
    store(engine, DATA / "teashops")
    assert buyer_key.of(engine, needed=True) == made
    chain_key.file_of(engine).unlink()
    with pytest.raises(chain_key.KeyMissing, match="is gone"):
        buyer_key.of(engine, needed=True)


def test_olists_tables_are_stored_for_all_their_sellers_at_once_and_add_nothing_again(engine, tmp_path):
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")

    def bring_tables(**options):
        with open_session(engine) as session:
            shops = imports.known_shops(session)
        found = sources.sorted_out({path: path.name for path in sorted(tmp_path.iterdir())}, {})
        tables = OlistTables.of(found.tables, Hasher(buyer_key.of(engine, needed=True)), shops)
        return imports.store(
            engine, tables.chunks(), person_id=None, source="olist", format="olist", export=tables, **options
        )

    report = bring_tables()
    assert (report.verdict, report.batch) == ("imported", 1)
    columns = "shop_ref, order_ref, status, gross_minor, orders.rating_hundredths"
    kept = rows(engine, f"SELECT {columns} FROM orders JOIN shops ON shops.id = shop_id ORDER BY 1, 2")
    assert kept == [
        ("sellerA00x", "o1", "completed", 25510, 500), ("sellerB00x", "o1", "completed", 500, 500),
        ("sellerB00x", "o2", "cancelled", 4810, None), ("sellerB00x", "o3", "open", 1101, 400),
    ]  # fmt: skip
    assert bring_tables().batch is None
    (tmp_path / "a.csv").write_text(TABLES["a"].replace("o3,c3,shipped", "o3,c3,delivered"), encoding="utf-8")
    report = bring_tables()
    assert (report.batch, sum(file.replaced for file in report.files)) == (2, 1)
    (tmp_path / "b.csv").write_text(TABLES["b"].replace("5.0,0.0", "5.0,x"), encoding="utf-8")
    assert bring_tables().verdict == "rejected"
    assert (bring_tables(rest=True).bad_row_count, len(rows(engine, "SELECT 1 FROM orders"))) == (1, 4)


ENTRIES = "SELECT entry_ref, account, amount_minor, balance_minor FROM wallet_entries WHERE batch_id > 1 ORDER BY 1"


def test_an_entry_in_two_exports_counts_once_and_its_other_side_is_counted_as_no_row(engine, bring):
    store(engine, DATA / "teashops")
    assert bring(lines=statement(*MONTH[:2]), shop="T1").files[0].added == 2
    report = bring(lines=statement(*MONTH), shop="T1")
    file = report.files[0]
    assert (report.verdict, file.rows, file.added, file.unchanged, file.rejected) == ("imported", 4, 2, 2, 0)
    assert report.totals["closing_balance_minor"] == {"CNY": 19823}
    assert rows(engine, ENTRIES) == [
        ("26030001", "wallet", 12900, 22900),
        ("26030002", "wallet", -5000, 17900),
        ("26030002-fund", "fund", 5000, None),
        ("26030003", "wallet", -77, 17823),
        ("26030004", "wallet", 2000, 19823),
        ("26030004-fund", "fund", -2000, None),
    ]
    assert bring(lines=statement(*MONTH), shop="T1").batch is None


SHORT = statement(*MONTH)[:3] + statement(*MONTH)[4:]
"""The newest row was taken out."""


@pytest.mark.parametrize(("rest", "reason"), [(False, ""), (True, ""), (True, "because . . . . . ")])
def test_a_difference_blocks_with_the_rest_too_unless_somebody_says_why_it_is_accepted(engine, bring, rest, reason):
    store(engine, DATA / "teashops")
    report = bring(lines=SHORT, shop="T1", rest=rest, accepted_because=reason)
    assert (report.verdict, report.bad_row_count, report.files[0].added) == ("rejected", 0, 3)
    assert [(each.line, each.told, each.found) for each in report.differences] == [(9, 2, 1), (9, 14900, 12900)]
    assert "accept the differences" in report.note
    assert rows(engine, ENTRIES) == []


def test_why_differences_were_accepted_is_kept_with_the_import_and_in_the_audit(engine, bring):
    store(engine, DATA / "teashops")
    report = bring(lines=SHORT, shop="T1", accepted_because=" The shop showed the missing row on its phone. ")
    assert (report.verdict, len(rows(engine, ENTRIES))) == ("imported", 4)
    ((kept,),) = rows(engine, "SELECT report FROM import_batches WHERE id = :id", id=report.batch)
    assert json.loads(kept)["accepted_because"] == "The shop showed the missing row on its phone."
    assert len(json.loads(kept)["differences"]) == 2
    ((event,),) = rows(engine, "SELECT body FROM audit_events WHERE kind = 'import' AND subject_id = :id", id=2)
    assert "showed the missing row" in event
    whole = bring(lines=statement(*MONTH), shop="T1", accepted_because="nothing is to be accepted here")
    assert (whole.verdict, whole.differences, whole.accepted_because) == ("imported", [], "")


def test_contradicting_entries_are_refused_with_their_other_sides_and_named_once(engine, bring):
    store(engine, DATA / "teashops")
    lines = statement(*MONTH)
    lines.insert(5, lines[5].replace("-50.00", "-51.00"))
    report = bring(lines=lines, shop="T1", rest=True, accepted_because="the one row is left out")
    assert [(row.line, row.column) for row in report.bad_rows] == [(6, "账务流水号"), (7, "账务流水号")]
    assert (report.bad_row_count, report.files[0].added, report.files[0].rejected) == (2, 3, 2)
    assert [row[0] for row in rows(engine, ENTRIES)] == ["26030001", "26030003", "26030004", "26030004-fund"]


def test_an_empty_month_is_named_in_the_report_and_makes_no_batch(engine, bring):
    report = bring(lines=statement(), dry_run=True)
    assert [(file.file, file.rows) for file in report.files] == [("export.csv", 0)]
    assert (report.verdict, report.totals["closing_balance_minor"]) == ("would import", None)
    assert report.note.startswith("a month without movement")


def test_cash_in_wallet_and_fund_is_known_day_by_day(engine, bring):
    store(engine, DATA / "teashops")
    # 100.00 at first; 80.00 comes in on the 1st, 50.00 goes into the fund on the 2nd, 20.00 comes back on the 3rd.
    moves = ((8000, "在线支付", ""), (-5000, "其它", "余额宝-转入"), (2000, "其它", "余额宝-转出"))
    assert bring(lines=statement(*moves), shop="T4").verdict == "imported"
    ((shop_id,),) = rows(engine, "SELECT id FROM shops WHERE shop_ref = 'T4'")
    with open_session(engine) as session:
        entries = wallets.balance_entries(session, shop_id, as_of=date(2026, 3, 5), days=4)
    held = daily_balances(entries, as_of=date(2026, 3, 5), days=4)
    assert held["wallet_minor"].tolist() == [18000, 13000, 15000, 15000]
    assert held["fund_minor"].fillna(-1).tolist() == [-1, 5000, 3000, 3000]
    assert closing_minor(entries) == 18000


def test_an_order_and_its_payment_in_the_statement_count_once(engine, bring):
    store(engine, DATA / "teashops")
    bring({"订单编号": '="1"'}, shop="T1")
    bring(lines=statement((12900, "在线支付", "")), shop="T1")
    sales = "SELECT sum(gross_minor) FROM sales_days d JOIN shops s ON s.id = d.shop_id WHERE shop_ref = 'T1'"
    assert rows(engine, f"{sales} AND day > 20400") == [(12900,)]


def test_what_moved_in_a_wallet_is_told_by_kind(engine, bring):
    store(engine, DATA / "teashops")
    moves = (
        (8000, "在线支付", ""),
        (2000, "在线支付", ""),
        (-77, "收费", "花呗支付服务费[1]"),
        (-5000, "其它", "余额宝-转入"),
    )
    assert bring(lines=statement(*moves), shop="T4").verdict == "imported"
    with open_session(engine) as session:
        number = imports.shop_id(session, "T4")
        found = wallets.moved_by_kind(session, number, as_of=date(2026, 3, 4), days=2)
        assert found == {"sale": 2000, "fee": -77}
        assert list(wallets.moved_by_kind(session, number, as_of=date(2026, 4, 1), days=365)) == [
            "sale",
            "fund_in",
            "fee",
        ]
