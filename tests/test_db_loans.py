"""The loan book on both databases: imported all or nothing, held together row by row, and read as of a day."""

import csv
import random
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from db import events
from db.engine import open_session
from db.loan_histories import history_of
from db.loans import loan_frames
from lending.loan_book import FAR, book_of, day_number
from scoring.features import compute
from scoring.records import EVENTS
from tests.test_db_imports import outcomes, rows, store, write

DATA = Path(__file__).parent / "data" / "loanbook"
DAY = day_number(date(2026, 1, 1))
TABLES = ("loans", "instalments", "repayments", "funding_shares")


@pytest.fixture
def place(tmp_path):
    return Path(shutil.copytree(DATA, tmp_path / "loanbook"))


@pytest.fixture
def book(sqlite_engine, place):
    """A record with the loan book of tests/data/loanbook."""
    assert store(sqlite_engine, place).verdict == "imported"
    return sqlite_engine


def change(place, name, old, new):
    path = place / f"{name}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def fill(place, ref, **cells):
    """Fill in cells of a loan, in columns that the file may lack."""
    with (place / "loans.csv").open(newline="") as file:
        loans = list(csv.DictReader(file))
    next(loan for loan in loans if loan["loan_ref"] == ref).update(cells)
    with (place / "loans.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for loan in loans for name in loan)), restval="")
        writer.writeheader()
        writer.writerows(loans)


def add(place, name, *lines):
    with (place / f"{name}.csv").open("a") as file:
        file.writelines(line + "\n" for line in lines)


def only(place, *names):
    for path in place.iterdir():
        if path.stem not in names:
            path.unlink()


def stored(engine):
    tables = [*TABLES, *(f"{name}_history" for name in TABLES), "import_batches"]
    return {name: sorted(map(repr, rows(engine, f"SELECT * FROM {name}"))) for name in tables}


def told(report):
    return [(bad.file.removesuffix(".csv"), bad.line, bad.column, bad.value) for bad in report.bad_rows]


def frames(engine, as_of, **options):
    with open_session(engine) as session:
        return loan_frames(session, as_of=as_of, **options)


def test_a_loan_book_is_stored_as_one_batch_and_again_adds_nothing(engine, place):
    report = store(engine, place)
    assert (report.verdict, report.batch, report.bad_rows) == ("imported", 1, [])
    assert {file: counts[:2] for file, counts in outcomes(report).items()} == {
        "shops.csv": (2, 2), "applications.csv": (1, 1), "loans.csv": (4, 4), "instalments.csv": (7, 7),
        "repayments.csv": (4, 4), "funding_shares.csv": (3, 3),
    }  # fmt: skip
    assert report.totals == {
        "shops": 2, "loans": 4, "disbursed_minor": {"CNY": 2_200_000, "JPY": 140_000}, "repayments": 4,
        "repaid_minor": {"CNY": 209_058 + 207_058 + 90_000, "JPY": 750},
    }  # fmt: skip
    assert rows(engine, "SELECT loan_ref, computed, count(*) FROM instalments GROUP BY 1, 2 ORDER BY 1, 2") == [
        ("L1", 1, 6), ("L2", 1, 5), ("L3", 0, 5), ("L4", 0, 2), ("L4", 1, 4),
    ]  # fmt: skip
    before = stored(engine)
    again = store(engine, place)
    assert (again.batch, again.changes) == (None, 0)
    assert all(counts.unchanged == counts.rows for counts in again.files)
    assert stored(engine) == before


def test_a_later_export_replaces_the_loan_and_the_state_before_stays_readable(engine, place):
    store(engine, place)
    fill(place, "L1", closed_on="2026-04-15", waived_amount="12.34")
    fill(place, "L2", written_off_on="2026-05-01")
    change(place, "repayments", "2070.58", "2070.57")
    change(place, "funding_shares", "L1,bank,0.7", "L1,fund,0.7")
    change(place, "instalments", "L3,4,2026-05-10,15000,,\nL3,5,2026-06-10,15000", "L3,4,2026-05-10,30000")
    report = store(engine, place)
    assert report.batch == 2
    assert outcomes(report)["loans.csv"] == (4, 0, 2, 2, 0)
    assert outcomes(report)["funding_shares.csv"] == (3, 1, 2, 0, 0)
    assert outcomes(report)["instalments.csv"] == (6, 0, 5, 1, 0)
    assert report.totals["taken_out"] == 2
    assert rows(engine, "SELECT funder_ref FROM funding_shares WHERE loan_ref = 'L1' ORDER BY 1") == [
        ("fund",),
        ("own",),
    ]
    assert rows(engine, "SELECT sequence FROM instalments_history ORDER BY 1") == [(4,), (5,)]
    now, then = frames(engine, date(2026, 6, 1)), frames(engine, date(2026, 6, 1), batch_id=1)
    assert now.loans.closed_day.tolist() == [DAY + 104, FAR, FAR, FAR]
    assert now.loans.waived_amount_minor.tolist() == [1234, 0, 0, 0]
    assert now.loans.written_off_day.tolist() == [FAR, DAY + 120, FAR, FAR]
    assert then.loans.closed_day.tolist() == [FAR] * 4
    assert then.funding_shares.funder_ref.tolist() == ["bank", "own", "own"]
    assert (len(then.instalments), len(now.instalments)) == (22, 21)
    assert then.repayments.amount_minor.tolist() == [209_058, 207_058, 90_000, 750]
    assert now.repayments.amount_minor.tolist() == [209_058, 207_057, 90_000, 750]


def test_the_book_is_read_as_it_was_known_before_a_day(book):
    early = frames(book, date(2026, 1, 10))
    assert (early.loans.loan_ref.tolist(), len(early.instalments), len(early.repayments)) == (["L1", "L2"], 11, 0)
    found = frames(book, date(2026, 3, 20))
    assert found.loans.restructured_day.tolist() == [FAR] * 4
    assert set(found.instalments.in_force_day) == {DAY, DAY + 9, DAY + 31}
    after = frames(book, date(2026, 3, 21))
    assert after.loans.restructured_day.tolist() == [FAR, FAR, DAY + 78, FAR]
    assert (after.instalments.in_force_day == DAY + 78).sum() == 2
    assert after.loans.final_due_day.tolist() == [DAY + 181, DAY + 364, DAY + 73, DAY + 151]
    assert after.loans.sales_linked.tolist() == [False, True, False, False]
    assert after.loans[["owner_ref", "category", "region", "rural"]].values.tolist() == [
        ["O1", "tea", "Invented Hills", 1], ["O1", "tea", "Invented Hills", 1], ["O2", "gifts", "", -1],
        ["O2", "gifts", "", -1],
    ]  # fmt: skip
    assert len(frames(book, date(2026, 6, 1), shop_ids=[2]).loans) == 2
    assert frames(book, date(2026, 6, 1), shop_ids=[]).loans.empty


def test_a_payment_is_booked_on_its_own_day_or_on_that_of_its_import(book):
    paid = frames(book, date(2026, 4, 1)).repayments
    (recorded_at,) = rows(book, "SELECT recorded_at FROM import_batches")[0]
    # 2026-04-03 10:00 in Shanghai; the first moment of 10 January in Tokyo is still the 9th in UTC.
    imported = (recorded_at // 1_000_000 + 8 * 3600) // 86_400
    assert paid.booked_day.tolist() == [imported, DAY + 92, imported, DAY + 9]
    assert paid.paid_day.tolist() == [DAY + 31, DAY + 86, DAY + 31, DAY + 9]


def test_the_frames_make_a_book(book):
    found = frames(book, date(2026, 6, 1))
    made = book_of(found.loans, found.instalments, found.repayments)
    assert len(made) == 4
    assert made.principal_minor.tolist() == [1_200_000, 1_000_000, 90_000, 50_000]


def test_an_empty_record_has_an_empty_book(sqlite_engine):
    found = frames(sqlite_engine, date(2026, 6, 1))
    assert [len(getattr(found, name)) for name in TABLES] == [0, 0, 0, 0]
    assert {"loan_id", "sales_linked", "owner_ref", "category"} <= set(found.loans.columns)


def broken(engine, place, **options):
    """Import a folder in which something is wrong: first all or nothing, which changes nothing, then the rest."""
    before = stored(engine)
    report = store(engine, place)
    assert report.verdict == "rejected"
    assert stored(engine) == before
    assert told(store(engine, place, rest=True)) == told(report)
    return report


def test_a_schedule_that_does_not_repay_the_loan_takes_the_loan_with_it(engine, place):
    change(place, "instalments", "L3,2,2026-03-10,30000", "L3,2,2026-03-10,30001")
    report = broken(engine, place)
    assert told(report) == [
        ("loans", 4, "loan_ref", "L3"),
        *(("instalments", 2 + place, "principal_due", value)
          for place, value in enumerate(["30000", "30001", "30000", "15000", "15000"])),
        ("repayments", 5, "loan_ref", "L3"), ("funding_shares", 4, "loan_ref", "L3"),
    ]  # fmt: skip
    assert "repay 90001 of principal, but 90000 were lent" in report.bad_rows[1].problem
    assert "would have no schedule" in report.bad_rows[0].problem
    for name in TABLES:
        assert rows(engine, f"SELECT count(*) FROM {name} WHERE loan_ref = 'L3'") == [(0,)]


def test_a_bad_row_in_a_schedule_leaves_no_half_of_it(book, place):
    add(place, "loans", "L5,T1,,20.00,CNY,2026-01-01,annuity,0.1,2,,,,,,")
    add(place, "instalments", "L5,1,2026-02-01,x,,", "L5,2,2026-03-01,10.00,,")
    report = broken(book, place)
    assert told(report) == [
        ("instalments", 9, "principal_due", "x"), ("loans", 6, "loan_ref", "L5"),
        ("instalments", 10, "principal_due", "10.00"),
    ]  # fmt: skip


def test_instalments_out_of_order_are_refused(engine, place):
    change(place, "instalments", "L3,2,2026-03-10", "L3,2,2026-02-09")
    report = broken(engine, place)
    assert ("instalments", 3, "due_on", "2026-02-09") in told(report)


def test_funding_shares_add_up_to_one_to_the_millionth(engine, place):
    change(place, "funding_shares", "L1,own,0.3", "L1,own,0.299999")
    report = broken(engine, place)
    assert told(report) == [("funding_shares", 2, "share", "0.299999"), ("funding_shares", 3, "share", "0.700000")]
    assert "add up to 0.999999" in report.bad_rows[0].problem


def test_a_loan_stays_with_its_shop(book, place):
    change(place, "loans", "L1,T1,A1", "L1,T2,")
    change(place, "loans", "L1,T2,,12000.00,CNY", "L1,T2,,12000,JPY")
    change(place, "loans", ",20.00", ",20")
    change(place, "repayments", "2090.58,CNY", "2090,JPY")
    change(place, "repayments", "2070.58,CNY", "2070,JPY")
    report = broken(book, place)
    assert told(report)[0] == ("loans", 2, "shop_ref", "T2")
    assert rows(book, "SELECT DISTINCT shop_id FROM repayments WHERE loan_ref = 'L1'") == [(1,)]


def test_a_loan_that_refinances_one_that_is_not_there_is_refused_and_the_next_one_too(engine, place):
    for ref, former in (("L7", "L6"), ("L6", "L0"), ("L8", "L1")):
        add(place, "loans", f"{ref},T1,,20.00,CNY,2026-01-01,annuity,0.1,2")
        fill(place, ref, refinances_loan_ref=former)
    report = broken(engine, place)
    assert told(report) == [("loans", 6, "refinances_loan_ref", "L6"), ("loans", 7, "refinances_loan_ref", "L0")]
    assert rows(engine, "SELECT loan_ref FROM loans WHERE refinances_loan_ref IS NOT NULL") == [("L8",)]


def test_a_loan_of_an_application_that_was_refused_is_refused_with_it(engine, place):
    add(place, "applications", "A1,T1,2025-12-20T09:00:00,12001,CNY,6,2025-12-20T09:00:00")
    report = broken(engine, place)
    assert ("loans", 2, "application_ref", "A1") in told(report)
    assert ("repayments", 2, "loan_ref", "L1") in told(report)


def test_a_loan_given_twice_with_other_values_is_refused_with_all_that_is_of_it(engine, place):
    add(place, "loans", "L2,T1,,10001.00,CNY,2026-01-01,sales_share,,,,1000.00,0.1,0.1,2026-12-31,")
    report = broken(engine, place)
    assert told(report) == [
        ("loans", 3, "loan_ref", "L2"), ("loans", 6, "loan_ref", "L2"), ("repayments", 4, "loan_ref", "L2"),
    ]  # fmt: skip


def test_other_terms_of_a_loan_on_record_need_its_schedule_and_its_payments(book, place):
    only(place, "loans")
    change(place, "loans", "L3,T2,,90000", "L3,T2,,80000")
    change(place, "loans", "L1,T1,A1,12000.00,CNY,2026-01-01", "L1,T1,A1,12000.00,CNY,2026-02-02")
    report = broken(book, place)
    assert told(report) == [("loans", 2, "disbursed_on", "2026-02-02"), ("loans", 4, "disbursed_on", "2026-01-10")]
    assert rows(book, "SELECT DISTINCT in_force_from FROM instalments WHERE loan_ref = 'L1'") == [(DAY,)]


def test_a_schedule_of_the_lenders_takes_the_place_of_the_one_worked_out(book, place):
    only(place, "instalments")
    (place / "instalments.csv").write_text(
        "loan_ref,sequence,due_on,principal_due\nL1,1,2026-03-01,6000.00\nL1,2,2026-06-01,6000.00\n"
    )
    report = store(book, place)
    assert (report.batch, report.totals["taken_out"]) == (2, 4)
    assert rows(book, "SELECT sequence, principal_due_minor, computed FROM instalments WHERE loan_ref = 'L1'") == [
        (1, 600_000, 0), (2, 600_000, 0),
    ]  # fmt: skip
    only(shutil.copytree(DATA, place.parent / "again"), "loans")
    assert store(book, place.parent / "again").changes == 0


def test_payments_of_a_loan_on_record_come_without_its_row(book, place):
    only(place, "repayments")
    add(place, "repayments", "L4,P9,2026-03-01,,750,,")
    report = store(book, place)
    assert outcomes(report)["repayments.csv"] == (5, 1, 4, 0, 0)
    assert frames(book, date(2026, 3, 2)).repayments.amount_minor.sum() == 209_058 + 90_000 + 750 + 750


def test_repayment_reaches_the_features_of_a_score(book):
    with open_session(book) as session:
        read = events.shop_events(session, as_of=date(2026, 3, 21), shop_ids=[1, 2])
    found = compute(read, as_of=date(2026, 3, 21))
    assert {name: read[name].schema for name in EVENTS} == EVENTS
    # L1: due 1 February, paid that day; 1 March, open. L3 (restructured on 20 March): three due before, settled then.
    lines = read["instalments"].to_pylist()
    due = [(row["loan_ref"], row["due_day"] - DAY, row["paid_day"] and row["paid_day"] - DAY) for row in lines]
    assert [row for row in due if row[1] < 79] == [
        ("L1", 31, 31), ("L1", 59, None), ("L3", 40, 78), ("L3", 68, 78), ("L3", 73, 78), ("L4", 59, None),
    ]  # fmt: skip
    assert found.loc[1, "late_instalments_share"] == pytest.approx((1 + 2 * 0.17) / (2 + 2))
    assert found.loc[2, "late_instalments_share"] == pytest.approx((4 + 2 * 0.17) / (4 + 2))
    assert found.loc[2, "worst_late_days"] == 38


@pytest.mark.parametrize("shop_id", [1, 2])
@pytest.mark.parametrize("as_of", [date(2026, 2, 12), date(2026, 3, 21), date(2027, 2, 1)])
def test_the_totals_on_the_screen_are_those_that_the_score_reads(book, shop_id, as_of):
    with open_session(book) as session:
        read = events.shop_events(session, as_of=as_of, shop_ids=[shop_id])
        totals = history_of(session, shop_id, as_of=as_of).totals
    found = compute(read, as_of=as_of).loc[shop_id]
    late = (totals.instalments_late + 2 * 0.17) / (totals.instalments_due + 2)
    assert found["late_instalments_share"] == pytest.approx(late)
    assert (found["worst_late_days"], found["last_late_days"]) == (totals.worst_late_days, totals.last_late_days)
    assert totals.loans == read["loans"].num_rows


LOANS = "loan_ref,shop_ref,principal,currency,disbursed_on,repayment_kind,annual_rate,instalments"


def lent(random_, *, later):
    """Sixty loans with their payments as they were known on day 150, or later, with all that is dated since."""

    def iso(day):
        return date.fromordinal(date(2026, 1, 1).toordinal() + day).isoformat()

    loans = [f"{LOANS},closed_on,written_off_on,restructured_on\n"]
    paid = ["loan_ref,repayment_ref,paid_on,amount\n"]
    new = ["loan_ref,sequence,due_on,principal_due\n"]
    for number in range(60):
        begin, what = random_.randrange(0, 200), random_.randrange(5)
        ended = max(random_.randrange(150, 300), begin + 1)
        cells = [iso(ended) if later and what == place else "" for place in range(3)]
        amounts = [(begin + random_.randrange(0, 200), random_.randrange(1, 400)) for _ in range(random_.randrange(6))]
        if not later and begin >= 150:
            continue
        loans.append(f"L{number},T{number % 7},600,CNY,{iso(begin)},annuity,0.1,4,{','.join(cells)}\n")
        paid += [f"L{number},P{n},{iso(day)},{sum_}\n" for n, (day, sum_) in enumerate(amounts) if later or day < 150]
        if cells[2]:
            new.append(f"L{number},5,{iso(ended + 30)},300\n")
    shops = "shop_ref,name,currency\n" + "".join(f"T{number},Tea,CNY\n" for number in range(7))
    files = {"shops": shops, "loans": "".join(loans), "repayments": "".join(paid)}
    return files | ({"instalments": "".join(new)} if later else {})


@pytest.mark.parametrize("seed", range(2))
def test_what_is_dated_on_a_day_or_later_changes_no_feature_of_that_day(sqlite_engine, tmp_path, seed):
    for later in (False, True):
        files = lent(random.Random(seed), later=later)
        assert store(sqlite_engine, write(tmp_path / str(later), **files)).verdict == "imported"
    for day in (date(2026, 2, 1), date(2026, 4, 15), date(2026, 5, 31)):
        with open_session(sqlite_engine) as session:
            before, after = (
                compute(events.shop_events(session, as_of=day, batch_id=batch), as_of=day) for batch in (1, 2)
            )
        pd.testing.assert_frame_equal(before, after, check_exact=True)
    assert before.late_instalments_share.notna().all()
    assert rows(sqlite_engine, "SELECT count(*) FROM loans_history")[0][0] > 10
