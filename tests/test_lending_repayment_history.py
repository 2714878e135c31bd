"""How a shop repaid its loans, what it still owes, and when: worked by hand."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lending.due_weeks import dues_beside_sales, heaviest_week, level_dues
from lending.existing_debt import debt_of, open_instalments
from lending.loan_book import FAR, book_of, day_number
from lending.offer import Debt
from lending.repayment_history import NO_HISTORY, repayment_history

DAY = date(2026, 6, 1)


def frames(loans, lines, payments):
    """Frames from (number, principal, paid out, closed, written off), (number, due, amount), (number, day, amount)."""

    def number(day):
        return FAR if day is None else day_number(day)

    told = pd.DataFrame(
        [
            {"loan_id": one, "principal_minor": principal, "sales_linked": False, "disbursed_day": number(start),
             "closed_day": number(closed), "written_off_day": number(lost), "loan_ref": f"L{one}", "shop_id": 7,
             "currency": "CNY"}
            for one, principal, start, closed, lost in loans
        ]
    )  # fmt: skip
    begins = dict(zip(told["loan_id"], told["disbursed_day"], strict=True))
    schedule = pd.DataFrame(
        [(one, begins[one], place, number(due), amount, 0, 0) for place, (one, due, amount) in enumerate(lines)],
        columns=["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"],
    )
    paid = pd.DataFrame(
        [(one, number(day), amount) for one, day, amount in payments],
        columns=["loan_id", "paid_day", "amount_minor"], dtype=np.int64,
    )  # fmt: skip
    return told, schedule, paid


REPAID = (1, 300, date(2026, 1, 1), None, None)
OPEN = (2, 400, date(2026, 4, 1), None, None)
LINES = [
    (1, date(2026, 2, 1), 100), (1, date(2026, 3, 1), 100), (1, date(2026, 4, 1), 100),
    (2, date(2026, 5, 1), 100), (2, date(2026, 5, 20), 100), (2, date(2026, 6, 1), 100), (2, date(2026, 7, 1), 100),
]  # fmt: skip
# The first loan: on the day, five days late, all the rest three weeks early. The second: paid, then half of the next.
PAID = [
    (1, date(2026, 2, 1), 100), (1, date(2026, 3, 6), 100), (1, date(2026, 3, 11), 100),
    (2, date(2026, 4, 30), 100), (2, date(2026, 5, 21), 50),
]  # fmt: skip


def test_each_instalment_has_its_day_its_payment_and_the_days_between():
    found = repayment_history(*frames([REPAID, OPEN], LINES, PAID), as_of=DAY)
    assert [strip.loan_ref for strip in found.strips] == ["L2", "L1"]
    second, first = found.strips
    assert first.instalments["late_days"].tolist() == [0, 5, 0]
    assert first.instalments["mark"].tolist() == ["on_time", "late", "on_time"]
    assert first.instalments["paid_on"].dt.date.tolist()[1:] == [date(2026, 3, 6), date(2026, 3, 11)]
    assert (first.state, first.repaid_early, first.worst_late_days) == ("paid", True, 5)
    # The second of the open loan is twelve days late, half of it paid; the third is due today, which is not late.
    assert second.instalments["mark"].tolist() == ["on_time", "unpaid", "coming", "coming"]
    assert second.instalments["late_days"].tolist() == [0, 12, 0, 0]
    assert (second.state, second.days_past_due, second.outstanding_minor) == ("active", 12, 250)


def test_the_totals_are_the_facts_that_the_score_reads():
    totals = repayment_history(*frames([REPAID, OPEN], LINES, PAID), as_of=DAY).totals
    assert (totals.loans, totals.loans_repaid, totals.loans_repaid_early) == (2, 1, 1)
    assert (totals.instalments_due, totals.instalments_late) == (5, 2)
    assert (totals.worst_late_days, totals.last_late_days) == (12, 12)
    # 1 January to 11 March, and 1 April to 1 June.
    assert totals.days_on_book == 69 + 61


def test_a_shop_without_loans_has_no_history():
    loans, lines, paid = frames([REPAID], LINES[:3], [])
    assert repayment_history(loans.iloc[:0], lines.iloc[:0], paid, as_of=DAY) == NO_HISTORY


def test_a_loan_that_was_written_off_keeps_what_was_never_paid():
    lost = (1, 300, date(2026, 1, 1), None, date(2026, 5, 1))
    strip = repayment_history(*frames([lost], LINES[:3], PAID[:1]), as_of=DAY).strips[0]
    assert (strip.state, strip.outstanding_minor, strip.instalments["mark"].tolist()) == (
        "written_off", 0, ["on_time", "unpaid", "unpaid"],
    )  # fmt: skip


def test_what_is_open_of_each_instalment_and_what_the_next_month_asks_for():
    book = book_of(*frames([REPAID, OPEN], LINES, PAID))
    rows = open_instalments(book, as_of=DAY)
    # Fifty of the one that is overdue, and both to come; nothing of the loan that was repaid.
    assert rows["open_minor"].tolist() == [50, 100, 100]
    # June holds one instalment; the overdue half is in the balance only.
    assert debt_of(book, as_of=DAY) == Debt(250, 100)


def test_where_the_next_month_asks_for_nothing_the_next_instalment_counts():
    lines = [(1, date(2026, 9, 1), 120), (1, date(2026, 12, 1), 180)]
    book = book_of(*frames([REPAID], lines, []))
    assert debt_of(book, as_of=DAY) == Debt(300, 120)


def test_what_was_paid_ahead_comes_off_the_next_instalment():
    book = book_of(*frames([REPAID], LINES[:3], [(1, date(2026, 1, 20), 130)]))
    rows = open_instalments(book, as_of=date(2026, 1, 25))
    assert rows["open_minor"].tolist() == [70, 100]
    # It lowers no principal before its day: METRICS.md, convention 4.
    assert debt_of(book, as_of=date(2026, 1, 25)).balance_minor == 300


def test_of_a_sales_linked_loan_what_is_owed_is_spread_over_the_months_left():
    loans, lines, paid = frames([(1, 1_200, date(2026, 5, 31), None, None)], [(1, date(2027, 6, 1), 1_200)], [])
    book = book_of(loans.assign(sales_linked=True), lines, paid)
    assert debt_of(book, as_of=DAY) == Debt(1_200, 100)


def weeks(expected):
    days = pd.date_range("2026-06-01", periods=len(expected), freq="7D")
    amounts = {f"{name}_minor": expected for name in ("low", "expected", "high")}
    return pd.DataFrame({"week": days, **amounts})


def test_instalments_stand_in_their_weeks_and_are_held_against_four():
    rows = dues_beside_sales(
        weeks([100] * 6), [(date(2026, 5, 20), 7), (date(2026, 6, 7), 13)],
        [(date(2026, 6, 29), 50), (date(2030, 1, 1), 9)],
    )  # fmt: skip
    # What is overdue is due now; Sunday the 7th belongs to the first week; 2030 lies beyond.
    assert rows["existing_minor"].tolist() == [20, 0, 0, 0, 0, 0]
    assert rows["offered_minor"].tolist() == [0, 0, 0, 0, 50, 0]
    assert rows["share"].tolist() == [0.05, 0.05, 0.05, 0.05, 0.125, 0.125]
    assert heaviest_week(rows) == (date(2026, 6, 29), 0.125)


def test_without_instalments_or_sales_no_week_is_the_heaviest():
    assert heaviest_week(dues_beside_sales(weeks([100] * 6), [], [])) is None
    assert heaviest_week(dues_beside_sales(weeks([0] * 6), [(date(2026, 6, 1), 5)], [])) is None


def test_the_dues_of_an_offer_add_up_to_the_loan_and_its_interest():
    dues = level_dues(1_200_000, rate_bps=1200, months=6, disbursed_on=date(2026, 1, 1))
    assert sum(amount for _, amount in dues) == 1_200_000 + 42_348
    assert [day for day, _ in dues] == [date(2026, month, 1) for month in range(2, 8)]


@pytest.mark.parametrize("as_of", [date(2026, 2, 10), date(2026, 3, 20), DAY])
def test_totals_do_not_know_what_came_later(as_of):
    loans, lines, paid = frames([REPAID, OPEN], LINES, PAID)
    day = day_number(as_of)
    known = loans[loans["disbursed_day"] < day].reset_index(drop=True)
    lines, paid = (rows[rows["loan_id"].isin(known["loan_id"])] for rows in (lines, paid))
    totals = repayment_history(known, lines, paid[paid["paid_day"] < day], as_of=as_of).totals
    assert totals.instalments_due == {2: 1, 3: 3, 6: 5}[as_of.month]
