"""Loans as lists show them, by hand: what falls due next, when the next bucket comes, which loan stands first."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from lending.expected_loss import loss_parameters
from lending.loan_account import account_of
from lending.loan_book import FAR, day_number, day_of
from lending.loan_cases import NO_DAY, case_rows, in_order
from tests import loan_tapes

START = date(2026, 1, 1)


def loan(number, *, paid=(), amount=100_00, begins=START, restructured=None, **told):
    """Three instalments, due on the days 30, 60 and 90 after the loan; payments are (days after the loan, amount)."""
    start = day_number(begins)
    lines = [(start + 30 * place, amount) for place in (1, 2, 3)]
    made = {"number": number, "start": start, "lines": lines, "principal": 3 * amount, "told": told}
    return made, [(number, day_of(start + after), money) for after, money in paid], restructured


def tape(*loans):
    made = loan_tapes.tape(
        [each for each, _, _ in loans],
        [payment for _, paid, _ in loans for payment in paid],
        [(each["number"], *later) for each, _, later in loans if later],
    )
    numbers = made.book.loan_id
    facts = made.facts.assign(
        loan_id=numbers, loan_ref=[f"L{number}" for number in numbers], application_ref="", currency="CNY",
        annual_rate_ppm=90_000,
    )  # fmt: skip
    return replace(made, facts=facts)


def rows(*loans, after):
    tapes = {"CNY": tape(*loans)}
    found = case_rows(tapes, today=START + timedelta(days=after), parameters=loss_parameters())
    return found.set_index("loan_id", drop=False)


@pytest.mark.parametrize(
    ("paid", "after", "late", "next_after", "next_minor", "to_bucket"),
    [
        # Nothing fell due: the first instalment is next, and late the day after it.
        ((), 25, 0, 30, 100_00, 6),
        # Due today is not late; it is late tomorrow.
        ((), 30, 0, 30, 100_00, 1),
        ((), 31, 1, 60, 100_00, 30),
        ((), 61, 31, 90, 100_00, 30),
        ((), 150, 120, None, 0, NO_DAY),
        # Half of the next one is paid ahead.
        (((10, 100_00), (20, 50_00)), 31, 0, 60, 50_00, 30),
        # The next one is paid ahead whole: the one after it is next.
        (((10, 200_00),), 31, 0, 90, 100_00, 60),
    ],
)
def test_what_falls_due_next_and_when_it_gets_worse(paid, after, late, next_after, next_minor, to_bucket):
    row = rows(loan(1, paid=paid), after=after).loc[1]
    day = FAR if next_after is None else day_number(START) + next_after
    assert (row["days_past_due"], row["next_due_day"], row["next_due_minor"], row["next_bucket_days"]) == (
        late, day, next_minor, to_bucket,
    )  # fmt: skip


def test_a_payment_of_today_counts_from_tomorrow_in_the_list_and_at_once_for_the_rules():
    row = rows(loan(1, paid=[(40, 100_00)]), after=40).loc[1]
    assert (row["days_past_due"], row["outstanding_minor"], row["later_outstanding_minor"]) == (10, 300_00, 200_00)
    assert (row["later_owed_minor"], row["later_state"]) == (200_00, "active")


def test_a_loan_paid_out_today_stands_in_the_list_as_it_will_tomorrow():
    row = rows(loan(1, begins=START + timedelta(days=5)), loan(2), after=5).loc[1]
    assert (row["new_today"], row["outstanding_minor"], row["state"]) == (True, 300_00, "active")


def test_no_loan_gives_an_empty_list():
    empty = case_rows({}, today=START, parameters=loss_parameters())
    assert in_order(empty, "next").empty


def test_lists_can_be_sorted_and_money_of_two_currencies_is_never_held_against_each_other():
    found = pd.DataFrame(
        {
            "loan_id": [1, 2, 3],
            "currency_place": [1, 0, 0],
            "expected_loss_minor": [900, 5, 7],
            "outstanding_minor": [9_000, 50, 40],
            "days_past_due": [1, 2, 3],
            "disbursed_day": [5, 6, 4],
            "next_bucket_days": [NO_DAY, 4, 2],
        }
    )
    orders = {order: in_order(found, order)["loan_id"].tolist() for order in ("late", "next", "newest", "outstanding")}
    assert orders == {"late": [3, 2, 1], "next": [3, 2, 1], "newest": [2, 1, 3], "outstanding": [2, 3, 1]}


def account(*loans, after):
    return account_of(tape(*loans), today=START + timedelta(days=after), parameters=loss_parameters())


def test_each_instalment_has_its_paid_day_and_the_days_that_it_was_late():
    told = account(loan(1, paid=[(30, 100_00), (70, 40_00)]), after=75)
    (schedule,) = told.schedules
    assert [(line.mark, line.days_late, line.open_minor) for line in schedule.lines] == [
        ("on_time", 0, 0), ("unpaid", 15, 60_00), ("coming", 0, 100_00),
    ]  # fmt: skip
    assert schedule.lines[0].paid_on == day_of(day_number(START) + 30)
    later = account(loan(1, paid=[(30, 100_00), (70, 100_00)]), after=75).schedules[0].lines[1]
    assert (later.mark, later.days_late) == ("late", 10)


def test_after_a_write_off_nothing_gets_later_and_nothing_is_to_come():
    told = account(loan(1, written_off=START + timedelta(days=80)), after=200)
    assert [line.mark for line in told.schedules[0].lines] == ["unpaid", "unpaid", "given_up"]
    assert told.schedules[0].lines[0].days_late == 51
    assert (told.state, told.written_off_minor, told.next_due_on) == ("written_off", 300_00, None)


def test_a_restructured_loan_shows_the_new_schedule_first_and_what_became_of_the_old_one():
    day = START + timedelta(days=70)
    new = [(day + timedelta(days=30 * number), 100_00) for number in (1, 2, 3)]
    told = account(loan(1, restructured=(day, new)), after=75)
    now, before = told.schedules
    assert (now.in_force, [line.mark for line in now.lines]) == (True, ["coming"] * 3)
    assert [(line.mark, line.days_late) for line in before.lines] == [("carried", 40), ("carried", 10), ("replaced", 0)]
