"""Imports into the record, on both databases: all or nothing, again adds nothing, replaced rows stay readable."""

import csv
import json
import os
import random
import shutil
import time
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from db import imports, known_loans, staged_rows, staging
from db.engine import open_session
from db.tables import HISTORY
from ingest import folder

DATA = Path(__file__).parent / "data"
TABLES = ("shops", "orders", "sales_days", "purchases", "wallet_entries", "applications")
ORDERS = "shop_ref,order_ref,placed_at,gross,refunded,refunded_at,currency,status,cancelled_at\n"
DAYS = "shop_ref,day,orders,gross,currency\n"


def store(engine, place, **options):
    source = folder.find(place)
    with open_session(engine) as session:
        shops, loans = imports.known_shops(session), known_loans.on_record(session)
    chunks = folder.read(source, shops=shops, default_zone="Asia/Shanghai", loans=loans)
    options = {"person_id": None, "source": place.name, "other_files": source.other_files} | options
    return imports.store(engine, chunks, **options)


def rows(engine, statement, **values):
    with open_session(engine) as session:
        return [tuple(row) for row in session.execute(text(statement), values)]


def everything(engine):
    """All rows of the tables that an import may touch."""
    names = [*TABLES, *(f"{name}_history" for name in HISTORY), "import_batches", "audit_events"]
    return {name: sorted(map(repr, rows(engine, f"SELECT * FROM {name}"))) for name in names}


def outcomes(report):
    return {
        counts.file: (counts.rows, counts.added, counts.unchanged, counts.replaced, counts.rejected)
        for counts in report.files
    }


def write(place, **files):
    place.mkdir(exist_ok=True)
    for name, content in files.items():
        (place / f"{name}.csv").write_text(content)
    return place


@pytest.fixture
def teashops(tmp_path):
    return Path(shutil.copytree(DATA / "teashops", tmp_path / "teashops"))


def test_a_folder_is_stored_as_one_batch_with_its_totals(engine, teashops):
    report = store(engine, teashops)
    assert (report.verdict, report.batch, report.bad_row_count) == ("imported", 1, 0)
    assert outcomes(report) == {
        "shops.csv": (4, 4, 0, 0, 0), "orders.csv": (6, 6, 0, 0, 0), "sales_days.csv": (2, 2, 0, 0, 0),
        "purchases.csv": (2, 2, 0, 0, 0), "wallet_entries.csv": (3, 3, 0, 0, 0), "applications.csv": (2, 2, 0, 0, 0),
    }  # fmt: skip
    assert report.totals == {
        "shops": 4, "orders": 5 + 21, "cancelled_orders": 1,
        "gross_minor": {"CNY": 18000 + 105050, "JPY": 1500, "USD": 1099},
        "refunds_minor": {"CNY": 3050 + 1200, "JPY": 0, "USD": 0}, "fees_minor": {"CNY": 150},
        "first_ts_utc": "2024-01-04T16:00:00Z", "last_ts_utc": "2024-01-07T16:00:00Z", "distinct_buyers": 3,
        "closing_balance_minor": {"CNY": 107950 + 50000},
    }  # fmt: skip
    assert report.unknown_columns == [{"file": "shops.csv", "column": "mascot"}]
    assert report.other_files == ["notes.txt"]
    stored = json.loads(rows(engine, "SELECT report FROM import_batches")[0][0])
    assert stored == report.as_json()
    assert rows(engine, "SELECT kind, subject, subject_id FROM audit_events") == [("import", "import_batches", 1)]


def test_daily_sales_follow_the_shops_days(engine, teashops):
    store(engine, teashops)
    found = rows(
        engine,
        "SELECT day - 19727, orders, cancelled_orders, gross_minor, refunded_minor FROM sales_days d "
        "JOIN shops s ON s.id = d.shop_id WHERE shop_ref = 'T1' ORDER BY day",
    )
    # 2024-01-05 is day 19727. The order of 20:00 UTC falls on the 6th in Shanghai.
    assert found == [(0, 1, 1, 10000, 0), (1, 1, 0, 8000, 0), (2, 0, 0, 0, 2050), (4, 0, 0, 0, 1000)]


def test_importing_again_adds_nothing(engine, teashops):
    store(engine, teashops)
    before = everything(engine)
    report = store(engine, teashops)
    assert (report.verdict, report.batch, report.changes) == ("imported", None, 0)
    assert all(counts.unchanged == counts.rows for counts in report.files)
    assert "Nothing was new" in report.note
    assert everything(engine) == before


def test_a_dry_run_finds_everything_and_writes_nothing(engine, teashops):
    before = everything(engine)
    report = store(engine, teashops, dry_run=True)
    assert (report.verdict, report.batch, report.changes) == ("would import", None, 19)
    assert everything(engine) == before


def test_a_replaced_row_stays_readable_and_moves_the_daily_sales(engine, teashops):
    store(engine, teashops)
    path = teashops / "orders.csv"
    path.write_text(path.read_text().replace("T1,123,2024-01-05T20:00:00+00:00,B2,80.00", "T1,123,2024-01-09,B2,70.00"))
    names = teashops / "shops.csv"
    names.write_text(names.read_text().replace("Grey Tile Teas", "Green Tile Teas"))
    report = store(engine, teashops)
    assert report.batch == 2
    assert outcomes(report)["orders.csv"] == (6, 0, 5, 1, 0)
    assert outcomes(report)["shops.csv"] == (4, 0, 3, 1, 0)
    was = "SELECT gross_minor FROM {} WHERE order_ref = '123' AND batch_id <= 1"
    assert rows(engine, was.format("orders")) == []
    assert rows(engine, was.format("orders_history") + " AND replaced_batch_id > 1") == [(8000,)]
    assert rows(engine, "SELECT name, batch_id, replaced_batch_id FROM shops_history") == [("Grey Tile Teas", 1, 2)]
    assert rows(engine, "SELECT day - 19727 FROM sales_days WHERE shop_id = 1 ORDER BY day") == [(0,), (2,), (4,)]
    assert rows(engine, "SELECT day - 19727, gross_minor FROM sales_days_history ORDER BY day") == [(1, 8000), (4, 0)]


def test_bad_rows_reject_all_or_are_left_out_with_the_rest(engine):
    before = everything(engine)
    report = store(engine, DATA / "broken")
    assert (report.verdict, report.batch) == ("rejected", None)
    assert everything(engine) == before
    told = []
    report = store(engine, DATA / "broken", rest=True, on_bad_row=told.append)
    assert (report.verdict, report.batch, report.bad_row_count) == ("imported", 1, 8)
    assert told == report.bad_rows
    assert outcomes(report) == {"shops.csv": (1, 1, 0, 0, 0), "orders.csv": (9, 1, 0, 0, 8)}
    assert rows(engine, "SELECT order_ref FROM orders") == [("7",)]


def test_the_same_key_with_other_values_names_both_lines(engine):
    report = store(engine, DATA / "broken")
    assert [(bad.line, bad.value, bad.problem) for bad in report.bad_rows[-2:]] == [
        (9, "6", "the same key as line 10, with other values"),
        (10, "6", "the same key as line 9, with other values"),
    ]


def test_equal_rows_of_one_import_count_as_unchanged(engine, teashops):
    path = teashops / "orders.csv"
    header, *lines = path.read_text().splitlines(keepends=True)
    path.write_text(header + "".join(lines * 3))
    shutil.copy(path, teashops / "orders.csv.copy")
    report = store(engine, teashops)
    assert outcomes(report)["orders.csv"] == (18, 6, 12, 0, 0)
    assert rows(engine, "SELECT count(*) FROM orders") == [(6,)]


def test_a_shop_listed_twice_with_other_values_takes_its_orders_with_it(engine, teashops):
    path = teashops / "shops.csv"
    path.write_text(path.read_text() + "T1,Another Name,,,,,,,,,,CNY,,,\n")
    report = store(engine, teashops, rest=True)
    assert {bad.file for bad in report.bad_rows} >= {"shops.csv", "orders.csv", "applications.csv"}
    assert rows(engine, "SELECT shop_ref FROM shops ORDER BY shop_ref") == [("NA",), ("T3",), ("T4",)]
    assert rows(engine, "SELECT count(*) FROM orders") == [(2,)]


def test_a_day_comes_from_orders_or_from_totals_never_both(engine, tmp_path):
    place = write(
        tmp_path / "first",
        shops="shop_ref,name,currency\nT1,Tea,CNY\n",
        orders=ORDERS + "T1,1,2024-01-05,10,2,2024-01-07,CNY,completed,\n",
        sales_days=DAYS + "T1,2024-01-05,3,30,CNY\nT1,2024-01-06,3,30,CNY\nT1,2024-01-07,3,30,CNY\n",
    )
    report = store(engine, place, rest=True)
    assert [(bad.file, bad.line, bad.value) for bad in report.bad_rows] == [
        ("sales_days.csv", 2, "2024-01-05"), ("sales_days.csv", 4, "2024-01-07"),
    ]  # fmt: skip
    second = write(tmp_path / "second", orders=ORDERS + "T1,2,2024-01-06,10,,,CNY,open,\n")
    report = store(engine, second)
    assert [(bad.file, bad.line, bad.column) for bad in report.bad_rows] == [("orders.csv", 2, "placed_at")]
    third = write(tmp_path / "third", sales_days=DAYS + "T1,2024-01-05,1,10,CNY\n")
    assert store(engine, third).bad_row_count == 1


def test_a_shops_zone_and_currency_are_fixed_at_its_first_import(engine, teashops):
    store(engine, teashops)
    path = teashops / "shops.csv"
    path.write_text(path.read_text().replace("Asia/Tokyo,JPY", "Asia/Seoul,KRW").replace("Asia/Shanghai", ""))
    report = store(engine, teashops)
    assert [(bad.line, bad.column) for bad in report.bad_rows if bad.file == "shops.csv"] == [(4, "time_zone")]
    assert "Asia/Tokyo" in report.bad_rows[0].problem


def decide(engine, application_ref):
    """A final decision on an application, put in past the desk."""
    with open_session(engine, write=True) as session:
        for statement in (
            "INSERT INTO people (id, handle, name, role, enabled, demo) VALUES (1, 'o', 'O', 'officer', 1, 0)",
            "INSERT INTO policy_versions (version, body, recorded_at) VALUES (901, '{}', 0)",
            "INSERT INTO decisions (id, application_id, round, person_id, outcome, currency, reasons, note, "
            "policy_version, authority, override, final, request_key, request_hash, recorded_at, decided_on) "
            "SELECT 1, id, 1, 1, 'decline', 'CNY', '[]', '', 901, 'officer', 0, 1, 'k', 'h', 0, 19800 "
            "FROM applications WHERE application_ref = :ref",
        ):
            session.execute(text(statement), {"ref": application_ref})


def test_a_decided_application_cannot_be_replaced(engine, teashops):
    store(engine, teashops)
    decide(engine, "A1")
    path = teashops / "applications.csv"
    path.write_text(path.read_text().replace("5000.00", "6000.00").replace("900,USD", "950,USD"))
    report = store(engine, teashops)
    assert [(bad.column, bad.value) for bad in report.bad_rows] == [("application_ref", "A1")]
    assert store(engine, teashops, rest=True).changes == 1
    assert rows(engine, "SELECT amount_minor FROM applications ORDER BY application_ref") == [(500000,), (95000,)]


def test_a_decision_between_comparison_and_storing_is_noticed(engine, teashops):
    store(engine, teashops)
    path = teashops / "applications.csv"
    path.write_text(path.read_text().replace("5000.00", "6000.00"))
    decided = []

    def decide_once(staged, *arguments, **options):
        if not decided:
            decided.append(decide(engine, "A1"))
        return write_batch(staged, *arguments, **options)

    write_batch = imports._write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "_write", decide_once)
        report = store(engine, teashops)
    assert (report.verdict, report.bad_row_count) == ("rejected", 1)
    assert rows(engine, "SELECT amount_minor FROM applications WHERE application_ref = 'A1'") == [(500000,)]


def test_an_import_that_another_one_overtook_compares_again(engine, teashops, tmp_path):
    store(engine, teashops)
    path = teashops / "orders.csv"
    path.write_text(path.read_text().replace("80.00", "81.00"))
    other = write(tmp_path / "other", shops="shop_ref,name,currency\nT0,Overtaker,CNY\n")
    overtaken = []

    def overtake_once(staged, *arguments, **options):
        if not overtaken:
            overtaken.append(True)
            store(engine, other)
        return write_batch(staged, *arguments, **options)

    write_batch = imports._write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imports, "_write", overtake_once)
        report = store(engine, teashops)
    assert report.batch == 3
    assert rows(engine, "SELECT id FROM import_batches ORDER BY id") == [(1,), (2,), (3,)]
    assert rows(engine, "SELECT batch_id FROM orders WHERE order_ref = '123'") == [(3,)]


@pytest.mark.parametrize("step", ["reading", "comparing", "storing"])
def test_a_crash_at_any_step_leaves_the_record_as_it_was(engine, teashops, step):
    before = everything(engine)

    def crash(at, _share):
        if at == step:
            raise RuntimeError(step)

    with pytest.raises(RuntimeError, match=step):
        store(engine, teashops, progress=crash)
    assert everything(engine) == before
    assert store(engine, teashops).batch == 1


@pytest.mark.parametrize("written", [0, 1, 3, 6, "all but the event"])
def test_a_crash_in_the_middle_of_the_writing_leaves_the_record_as_it_was(engine, teashops, monkeypatch, written):
    before = everything(engine)
    write_target, done = staged_rows.write, []

    def crash_after(session, staged, target, batch, **options):
        if len(done) == written:
            raise RuntimeError("crash")
        done.append(target)
        write_target(session, staged, target, batch, **options)

    def crash(*arguments):
        raise RuntimeError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(staged_rows, "write", crash_after)
        if len(TABLES) == written:
            patch.setattr(staged_rows, "write_roll_up", crash)
        if written == "all but the event":
            patch.setattr(imports.audit, "record", crash)
        with pytest.raises(RuntimeError, match="crash"):
            store(engine, teashops)
    assert everything(engine) == before
    assert store(engine, teashops).batch == 1


def test_shops_of_a_demo_are_marked_as_generated(engine, teashops):
    store(engine, teashops, generated=True)
    assert rows(engine, "SELECT DISTINCT generated FROM shops") == [(1,)]


SALES_FROM_ORDERS = """
    SELECT shop_id, day, CAST(sum(orders) AS BIGINT), CAST(sum(cancelled) AS BIGINT), CAST(sum(gross) AS BIGINT),
        CAST(sum(refunded) AS BIGINT)
    FROM (
        SELECT shop_id, placed_day AS day, CASE WHEN status = 'cancelled' THEN 0 ELSE 1 END AS orders,
            CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END AS cancelled,
            CASE WHEN status = 'cancelled' THEN 0 ELSE gross_minor END AS gross, 0 AS refunded
        FROM orders WHERE status <> 'refund'
        UNION ALL
        SELECT shop_id, refunded_day, 0, 0, 0, refunded_minor FROM orders
        WHERE refunded_minor > 0 AND status <> 'cancelled'
    ) moved GROUP BY shop_id, day ORDER BY shop_id, day
"""
AFTER_BATCH = """
    SELECT shop_id, order_ref, gross_minor, status FROM orders WHERE batch_id <= :batch
    UNION ALL SELECT shop_id, order_ref, gross_minor, status FROM orders_history
    WHERE batch_id <= :batch AND replaced_batch_id > :batch ORDER BY shop_id, order_ref
"""
DAYS_AFTER_BATCH = """
    SELECT shop_id, day, orders, gross_minor FROM sales_days WHERE batch_id <= :batch
    UNION ALL SELECT shop_id, day, orders, gross_minor FROM sales_days_history
    WHERE batch_id <= :batch AND replaced_batch_id > :batch ORDER BY shop_id, day
"""


def random_orders(random_):
    lines = []
    for ref in random_.sample(range(12), random_.randrange(1, 9)):
        status = random_.choice(["completed", "open", "cancelled", "refund"])
        gross = 0 if status == "refund" else random_.randrange(5)
        refunded = 1 if status == "refund" else random_.randrange(3)
        placed, refunded_at = (f"2024-01-0{random_.randrange(1, 5)}" for _ in range(2))
        cells = [f"T{ref % 3}", ref, placed, gross, refunded, random_.choice(["", refunded_at]), "CNY", status, ""]
        lines.append(",".join(map(str, cells)) + "\n")
    return ORDERS + "".join(lines)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_imports_the_daily_sales_are_those_of_the_orders_and_old_states_can_be_read(engine, tmp_path, seed):
    random_ = random.Random(seed)
    shops = "shop_ref,name,currency\n" + "".join(f"T{number},Tea {number},CNY\n" for number in range(3))
    states, days = {}, {}
    for _ in range(6):
        store(engine, write(tmp_path / "orders", shops=shops, orders=random_orders(random_)))
        rolled_up = rows(
            engine,
            "SELECT shop_id, day, orders, cancelled_orders, gross_minor, refunded_minor FROM sales_days "
            "WHERE source = 'orders' ORDER BY shop_id, day",
        )
        assert rolled_up == rows(engine, SALES_FROM_ORDERS)
        batch = rows(engine, "SELECT max(id) FROM import_batches")[0][0]
        states[batch] = rows(engine, "SELECT shop_id, order_ref, gross_minor, status FROM orders ORDER BY 1, 2")
        days[batch] = [(shop, day, orders, gross) for shop, day, orders, _, gross, _ in rolled_up]
    for batch in states:
        assert rows(engine, AFTER_BATCH, batch=batch) == states[batch]
        assert rows(engine, DAYS_AFTER_BATCH, batch=batch) == days[batch]


def test_ranges_cover_every_shop_once():
    staged = staging.Staging(connection=None)
    counts = [5, 0, 99_999, 100_001, 3, 250_000, 0, 1]
    staged.rows_by_shop["orders"] = staging.np.array(counts)
    covered = [shop for first, last in staged.ranges(staging.TARGETS["orders"]) for shop in range(first, last + 1)]
    assert covered == list(range(len(counts)))


def sums(path, column, where=lambda row: True):
    import gzip

    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        chosen = [row for row in csv.DictReader(file) if where(row)]
    return len(chosen), sum((Decimal(row[column] or 0) * 100 for row in chosen), Decimal(0))


@pytest.mark.records
def test_the_real_invoices_import_with_the_sums_of_their_files(real_invoices, shared):
    place = shared / "data" / "sme_invoices"
    report = json.loads(rows(real_invoices, "SELECT report FROM import_batches")[0][0])
    assert report["verdict"] == "imported"
    assert {counts["file"]: counts["added"] for counts in report["files"]} == {
        "shops.csv": 302, "orders.csv.gz": 330_835, "purchases.csv.gz": 395_175, "applications.csv": 302,
    }  # fmt: skip
    kept = sums(place / "orders.csv.gz", "gross", lambda row: row["status"] != "cancelled")
    refunded = sums(place / "orders.csv.gz", "refunded", lambda row: row["status"] != "cancelled")
    assert report["gross_minor"] == {"CNY": kept[1]}
    assert report["refunds_minor"] == {"CNY": refunded[1]}
    assert rows(real_invoices, "SELECT sum(gross_minor), sum(refunded_minor) FROM sales_days") == [
        (kept[1], refunded[1])
    ]
    assert rows(real_invoices, "SELECT count(*), sum(gross_minor) FROM orders") == [
        sums(place / "orders.csv.gz", "gross")
    ]
    assert rows(real_invoices, "SELECT count(*), sum(amount_minor) FROM purchases") == [
        sums(place / "purchases.csv.gz", "amount")
    ]


@pytest.mark.records
def test_the_real_daily_totals_import_with_the_sums_of_their_file(sqlite_engine, shared):
    place = shared / "data" / "koubei"
    report = store(sqlite_engine, place)
    count, gross = sums(place / "sales_days.csv.gz", "gross")
    assert (report.verdict, outcomes(report)["sales_days.csv.gz"][1]) == ("imported", 599_275)
    assert rows(sqlite_engine, "SELECT count(*), sum(gross_minor) FROM sales_days") == [(count, gross)]
    assert report.totals["gross_minor"] == {"CNY": gross}


def test_what_a_killed_import_left_is_thrown_away_after_a_day(sqlite_engine, tmp_path):
    old, young = tmp_path / "import-old", tmp_path / "import-young"
    for scratch in (old, young):
        scratch.mkdir()
        (scratch / "staging.db").write_bytes(b"rows")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    with staging.staged(sqlite_engine):
        assert not old.exists()
        assert young.exists()
