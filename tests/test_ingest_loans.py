"""Files about loans, read strictly: each bad row with its line, and schedules that follow from a loan's terms."""

import csv
import io

import numpy as np
import pytest

from ingest import folder
from lending.known_loans import NEVER, LoansOnRecord

SHOPS = {"T1": ("Asia/Shanghai", "CNY"), "T2": ("Asia/Tokyo", "JPY")}
DAY = 20_454  # 2026-01-01
ON_RECORD = LoansOnRecord(
    {"A1": "T1", "A2": "T2"}, ["R1", "R2"], ["T1", "T2"], np.array([DAY, DAY]), np.array([6, 0]),
    np.array([NEVER, DAY + 60]), np.array([0, 1]), {"R2": (DAY + 60, 6)},
)  # fmt: skip
LOAN = {
    "loan_ref": "L1", "shop_ref": "T1", "principal": "1000.00", "currency": "CNY", "disbursed_on": "2026-01-01",
    "repayment_kind": "annuity", "annual_rate": "0.12", "instalments": "3",
}  # fmt: skip
BY_SALES = {
    **LOAN, "repayment_kind": "sales_share", "annual_rate": "", "instalments": "", "fee_total": "100.00",
    "holdback_share": "0.1", "final_due_on": "2026-12-31",
}  # fmt: skip
INSTALMENT = {"loan_ref": "R1", "sequence": "1", "due_on": "2026-02-01", "principal_due": "10.00"}
REPAYMENT = {"loan_ref": "R1", "repayment_ref": "P1", "paid_on": "2026-02-01", "amount": "10.00"}
SHARE = {"loan_ref": "R1", "funder_ref": "own", "share": "1"}


def read(tmp_path, **files):
    """Good rows by kind, each with its line, and the bad rows."""
    for name, rows in files.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(dict.fromkeys(key for row in rows for key in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
        (tmp_path / f"{name}.csv").write_text(text.getvalue())
    good, bad_rows = {}, []
    for chunk in folder.read(folder.find(tmp_path), shops=SHOPS, default_zone="Asia/Shanghai", loans=ON_RECORD):
        bad_rows += chunk.bad_rows
        lines = chunk.lines.tolist()
        rows = [{**row, "line": line} for row, line in zip(chunk.rows.to_pylist(), lines, strict=True)]
        good.setdefault(chunk.kind.name, []).extend(rows)
    return good, bad_rows


@pytest.mark.parametrize(
    ("row", "column", "value", "problem"),
    [
        (LOAN, "shop_ref", "T9", "no shop with this shop_ref"),
        (LOAN, "currency", "USD", "it trades in CNY"),
        (LOAN, "application_ref", "A9", "no application with this application_ref"),
        (LOAN, "application_ref", "A2", "that of shop T2"),
        (LOAN, "principal", "0", "above zero is needed"),
        (LOAN, "principal", "10.005", "more digits after the point"),
        (LOAN, "repayment_kind", "balloon", "annuity, equal_principal, interest_only, sales_share"),
        (LOAN, "annual_rate", "", "this repayment_kind needs it"),
        (LOAN, "annual_rate", "12%", "not a percentage"),
        (LOAN, "annual_rate", "12", "from 0 to 10"),
        (LOAN, "annual_rate", "0.1234567", "more than six digits"),
        (LOAN, "annual_rate", "1e-1", "without an exponent"),
        (LOAN, "annual_rate", "-0.1", "from 0 to 10"),
        (LOAN, "instalments", "", "one of the two is needed"),
        (LOAN, "instalments", "0", "from 1 to 600"),
        (LOAN, "instalments", "601", "from 1 to 600"),
        (LOAN, "interval", "days:0", "N from 1 to 366"),
        (LOAN, "interval", "days:367", "N from 1 to 366"),
        (LOAN, "interval", "fortnight", "month, week, or days:N"),
        (LOAN, "rate_kind", "fixed", "declining, flat"),
        (LOAN, "day_count", "actual/360", "30/360, actual/365"),
        (LOAN, "first_due_on", "2026-01-01", "paid out on 2026-01-01"),
        (LOAN, "closed_on", "2025-12-31", "paid out on 2026-01-01"),
        (LOAN, "written_off_on", "2025-12-31", "paid out on 2026-01-01"),
        (LOAN, "restructured_on", "2026-01-01", "paid out, 2026-01-01"),
        (LOAN, "waived_amount", "5.00", "closed_on is empty"),
        (LOAN, "written_off_amount", "5.00", "written_off_on is empty"),
        (LOAN, "refinances_loan_ref", "L1", "cannot refinance itself"),
        (LOAN, "holdback_share", "0.1", "only a loan with repayment_kind sales_share"),
        (BY_SALES, "fee_total", "", "sales_share needs it"),
        (BY_SALES, "holdback_share", "", "sales_share needs it"),
        (BY_SALES, "holdback_share", "1.1", "from 0 to 1"),
        (BY_SALES, "final_due_on", "", "sales_share needs it"),
        (BY_SALES, "final_due_on", "2026-01-01", "paid out on 2026-01-01"),
        (BY_SALES, "interval", "week", "sales_share has none"),
        (BY_SALES, "annual_rate", "0.1", "sales_share has none"),
        (BY_SALES, "instalments", "3", "sales_share has none"),
    ],
)
def test_a_loan_that_cannot_be_is_refused_with_its_line_and_column(tmp_path, row, column, value, problem):
    good, bad_rows = read(tmp_path, loans=[{**row, column: value}])
    assert good == {"loans": []}
    assert [(bad.file, bad.line, bad.column, bad.value) for bad in bad_rows] == [("loans.csv", 2, column, value)]
    assert problem in bad_rows[0].problem


def test_a_sales_linked_loan_with_too_many_milestones_is_refused(tmp_path):
    _, bad_rows = read(tmp_path, loans=[{**BY_SALES, "minimum_days": "1", "final_due_on": "2029-01-01"}])
    assert [bad.column for bad in bad_rows] == ["minimum_days"]


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "problem"),
    [
        ("instalments", INSTALMENT, "loan_ref", "L9", "no loan with this loan_ref"),
        ("instalments", INSTALMENT, "sequence", "7", "6 instalments and no restructured_on"),
        ("instalments", INSTALMENT, "sequence", "1201", "from 1 to 1200"),
        ("instalments", INSTALMENT, "due_on", "2026-01-01", "paid out on 2026-01-01"),
        ("instalments", INSTALMENT, "principal_due", "-1", "below zero"),
        ("instalments", INSTALMENT, "fee_due", "1.001", "more digits after the point"),
        ("repayments", REPAYMENT, "loan_ref", "L9", "no loan with this loan_ref"),
        ("repayments", REPAYMENT, "loan_ref", "", "each row needs it"),
        ("repayments", REPAYMENT, "paid_on", "2025-12-31", "before the loan was paid out on 2026-01-01"),
        ("repayments", REPAYMENT, "booked_at", "2026-01-31T23:59:00", "before that of the payment"),
        ("repayments", REPAYMENT, "amount", "0.00", "above zero"),
        ("repayments", REPAYMENT, "currency", "JPY", "the loan's; it is in CNY"),
        ("repayments", {**REPAYMENT, "loan_ref": "R2"}, "amount", "10.5", "more digits after the point"),
        ("funding_shares", SHARE, "loan_ref", "L9", "no loan with this loan_ref"),
        ("funding_shares", SHARE, "share", "1.000001", "from 0 to 1"),
        ("funding_shares", SHARE, "funder_ref", "", "each row needs it"),
    ],
)
def test_a_row_of_a_loan_that_cannot_be_is_refused(tmp_path, file, row, column, value, problem):
    good, bad_rows = read(tmp_path, **{file: [{**row, column: value}]})
    assert good == {file: []}
    assert [(bad.file, bad.line, bad.column, bad.value) for bad in bad_rows] == [(f"{file}.csv", 2, column, value)]
    assert problem in bad_rows[0].problem


def test_rows_of_a_refused_loan_say_so(tmp_path):
    _, bad_rows = read(tmp_path, loans=[{**LOAN, "principal": "x"}], repayments=[{**REPAYMENT, "loan_ref": "L1"}])
    assert [(bad.file, bad.problem) for bad in bad_rows[1:]] == [("repayments.csv", "the row of this loan was refused")]


def test_rows_of_loans_get_the_shop_of_their_loan_and_its_clock(tmp_path):
    paid = [{**REPAYMENT, "booked_at": "2026-02-02T00:30:00"}, {**REPAYMENT, "loan_ref": "R2", "amount": "5"}]
    good, bad_rows = read(tmp_path, repayments=paid)
    assert bad_rows == []
    assert [(row["shop_ref"], row["amount_minor"]) for row in good["repayments"]] == [("T1", 1000), ("T2", 5)]
    # Half past midnight in Shanghai is 16:30 UTC of the day before.
    assert good["repayments"][0]["booked_at"] == ((DAY + 31) * 86_400 + (16 * 60 + 30) * 60) * 1_000_000


def test_loans_without_a_schedule_get_that_of_their_terms_under_their_own_line(tmp_path):
    loans = [LOAN, {**BY_SALES, "loan_ref": "L2"}, {**LOAN, "loan_ref": "L3"}]
    own = [{**INSTALMENT, "loan_ref": "L3", "principal_due": "1000.00"}]
    good, bad_rows = read(tmp_path, loans=loans, instalments=own)
    assert bad_rows == []
    names = ("loan_ref", "sequence", "principal_due_minor", "computed", "line", "in_force_from")
    found = [tuple(row[name] for name in names) for row in good["instalments"]]
    assert found == [
        ("L1", 1, 33_002, 1, 2, DAY), ("L1", 2, 33_332, 1, 2, DAY), ("L1", 3, 33_666, 1, 2, DAY),
        ("L2", 1, 100_000, 1, 3, DAY), ("L3", 1, 100_000, 0, 2, DAY),
    ]  # fmt: skip
    assert [row["minimum_days"] for row in good["loans"]] == [None, 90, None]
    assert [row["day_count"] for row in good["loans"]] == ["30/360", None, "30/360"]


def test_a_loan_given_twice_gets_its_schedule_once(tmp_path):
    good, _ = read(tmp_path, loans=[LOAN, LOAN])
    assert (len(good["loans"]), len(good["instalments"])) == (2, 3)


def test_the_own_schedule_on_record_is_not_worked_out_again(tmp_path):
    loan = {
        **LOAN,
        "loan_ref": "R2",
        "shop_ref": "T2",
        "currency": "JPY",
        "principal": "1000",
        "closed_on": "2026-05-01",
    }
    good, bad_rows = read(tmp_path, loans=[loan])
    assert (bad_rows, list(good)) == ([], ["loans"])


def test_later_rows_of_a_restructured_loan_are_its_new_schedule(tmp_path):
    counted = {**LOAN, "restructured_on": "2026-03-10"}
    rows = [
        {**INSTALMENT, "loan_ref": "L1", "sequence": str(number), "due_on": f"2026-0{number}-10"} for number in (4, 5)
    ]
    own = {**LOAN, "loan_ref": "L2", "instalments": "", "restructured_on": "2026-03-10"}
    rows += [
        {**INSTALMENT, "loan_ref": "L2", "sequence": str(number), "due_on": f"2026-0{number}-10"} for number in (3, 4)
    ]
    good, bad_rows = read(tmp_path, loans=[counted, own], instalments=rows)
    assert bad_rows == []
    found = [(row["loan_ref"], row["sequence"], row["in_force_from"] - DAY) for row in good["instalments"]]
    assert found == [
        ("L1", 1, 0),
        ("L1", 2, 0),
        ("L1", 3, 0),
        ("L1", 4, 68),
        ("L1", 5, 68),
        ("L2", 3, 0),
        ("L2", 4, 68),
    ]
    early = [{**rows[0], "due_on": "2026-03-09"}]
    _, bad_rows = read(tmp_path, loans=[counted], instalments=early)
    assert "restructured on 2026-03-10" in bad_rows[0].problem


def test_a_second_restructuring_leaves_the_schedule_of_the_first_its_day(tmp_path):
    loan = {**LOAN, "loan_ref": "R2", "shop_ref": "T2", "currency": "JPY", "principal": "40", "instalments": "4",
            "restructured_on": "2026-06-10"}  # fmt: skip
    rows = [
        {"loan_ref": "R2", "sequence": str(number), "due_on": f"2026-{number + 1:02}-15", "principal_due": "10"}
        for number in range(1, 9)
    ]
    good, bad_rows = read(tmp_path, loans=[loan], instalments=rows)
    assert bad_rows == []
    # 1 to 4 are the first schedule, 5 and 6 that of 2 March on record, 7 and 8 the new one of 10 June.
    assert [row["in_force_from"] - DAY for row in good["instalments"]] == [0, 0, 0, 0, 60, 60, 160, 160]
    good, _ = read(tmp_path, loans=[{**loan, "restructured_on": "2026-03-15"}], instalments=rows[:6])
    assert [row["in_force_from"] - DAY for row in good["instalments"]] == [0, 0, 0, 0, 73, 73]
