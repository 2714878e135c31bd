"""Days past due, outstanding and overdue: the worked examples W3 to W8, and 500 lives recomputed day by day."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from lending.arrears import BUCKETS, bucket_places, first_late_days, positions, restructured_at_a_loss
from lending.book_flows import flows
from lending.book_rows import tape_of
from lending.loan_book import FAR, book_of, day_number, day_of
from lending.loan_schedule import LoanTerms, SalesTerms, schedule_of
from tests.loan_days import Life, random_histories
from tests.loan_tapes import FACTS, frames

JANUARY = date(2026, 1, 1)
W1 = LoanTerms(1_200_000, "annuity", JANUARY, 6, 120_000)


def book(terms, paid=(), *, fee_minor=0, waivers=None, **ends):
    """A book of one loan: its terms, payments as (day, amount), and the days on which it ended."""
    lines = schedule_of(terms)
    start = day_number(terms.disbursed_on)
    loans = pd.DataFrame(
        {
            "loan_id": [1],
            "principal_minor": [terms.principal_minor],
            "sales_linked": [isinstance(terms, SalesTerms)],
            "disbursed_day": [start],
            "closed_day": [FAR],
            "written_off_day": [FAR],
        }
    )
    for name, day in ends.items():
        loans[name] = day_number(day)
    instalments = pd.DataFrame(
        {
            "loan_id": 1,
            "in_force_day": start,
            "sequence": [line.sequence for line in lines],
            "due_day": [day_number(line.due_on) for line in lines],
            "principal_minor": [line.principal_minor for line in lines],
            "interest_minor": [line.interest_minor for line in lines],
            "fee_minor": [line.fee_minor + (fee_minor if line.sequence == 1 else 0) for line in lines],
        }
    )
    repayments = pd.DataFrame(
        {"loan_id": 1, "paid_day": [day_number(day) for day, _ in paid], "amount_minor": [each for _, each in paid]}
    )
    return book_of(loans, instalments, repayments, waivers)


def standing(loan, as_of):
    """The one loan's row."""
    return positions(loan, as_of=as_of).iloc[0]


def test_w3_an_interest_only_loan_is_late_without_any_principal_overdue():
    loan = book(LoanTerms(500_000, "interest_only", JANUARY, 4, 180_000), [(date(2026, 2, 1), 7_500)])
    row = standing(loan, date(2026, 4, 2))
    assert (row.days_past_due, row.outstanding_minor, row.overdue_minor, row.overdue_principal_minor) == (
        32, 500_000, 15_000, 0,
    )  # fmt: skip


W4 = SalesTerms(1_000_000, 100_000, JANUARY, date(2027, 12, 31), 100_000, 90)


@pytest.mark.parametrize(
    ("as_of", "days"),
    [
        (date(2026, 4, 1), 0),
        (date(2026, 4, 2), 1),
        (date(2026, 5, 1), 30),
        (date(2026, 5, 2), 31),
        (date(2026, 5, 10), 0),
    ],
)
def test_w4_a_sales_linked_loan_is_late_from_its_milestone_on(as_of, days):
    loan = book(W4, [(date(2026, 3, 1), 90_000), (date(2026, 5, 9), 25_000)])
    assert standing(loan, as_of).days_past_due == days


def test_w4_what_comes_in_repays_advance_and_fee_in_one_proportion():
    assert standing(book(W4, [(date(2026, 3, 1), 90_000)]), date(2026, 4, 1)).outstanding_minor == 918_182


def test_w4_milestones_count_together():
    loan = book(W4, [(date(2026, 2, 1), 300_000), (date(2026, 6, 1), 50_000)])
    assert standing(loan, date(2026, 7, 1)).days_past_due == 0


def test_w5_a_partial_payment_goes_to_the_oldest_instalment_first():
    loan = book(W1, [(date(2026, 3, 2), 210_000)], fee_minor=2_000)
    row = standing(loan, date(2026, 3, 12))
    assert (row.outstanding_minor, row.days_past_due) == (1_004_942, 11)
    assert row.overdue_minor == 2_000 + 2 * 207_058 - 210_000


@pytest.mark.parametrize(
    ("as_of", "then", "restated"),
    [
        (date(2026, 3, 28), 27, 27),
        (date(2026, 3, 29), 28, 0),
        (date(2026, 4, 1), 31, 0),
        (date(2026, 4, 2), 32, 1),
    ],
)
def test_w6_a_back_dated_payment_changes_the_past(as_of, then, restated):
    first = (date(2026, 2, 1), 207_058)
    assert standing(book(W1, [first]), as_of).days_past_due == then
    assert standing(book(W1, [first, (date(2026, 3, 28), 207_058)]), as_of).days_past_due == restated


def test_w6_the_restated_loan_was_never_more_than_thirty_days_late():
    first = (date(2026, 2, 1), 207_058)
    assert first_late_days(book(W1, [first]), more_than_days=30)[0] == day_number(date(2026, 4, 1))
    restated = book(W1, [first, (date(2026, 3, 28), 207_058), (date(2026, 4, 1), 5 * 207_058)])
    assert first_late_days(restated, more_than_days=30)[0] == FAR


@pytest.mark.parametrize(
    ("paid", "as_of", "days"),
    [
        ([], date(2026, 2, 1), 0),
        ([], date(2026, 2, 2), 1),
        ([], date(2026, 3, 3), 30),
        ([], date(2026, 3, 4), 31),
        ([(date(2026, 2, 20), 100_000)], date(2026, 3, 15), 42),
        ([(date(2026, 2, 1), 207_057)], date(2026, 3, 15), 42),
        ([(date(2026, 2, 1), 600_000)], date(2026, 4, 1), 0),
        ([(date(2026, 2, 1), 600_000)], date(2026, 4, 2), 1),
    ],
)
def test_w7_days_past_due_count_from_the_oldest_instalment_that_is_not_fully_paid(paid, as_of, days):
    assert standing(book(W1, paid), as_of).days_past_due == days


def test_w7_what_is_paid_ahead_waits_for_the_next_due_date():
    loan = book(W1, [(date(2026, 2, 1), 600_000)])
    row = standing(loan, date(2026, 2, 15))
    assert (row.outstanding_minor, row.unapplied_minor) == (1_004_942, 392_942)
    # 3 × 2,070.58 are due on 1 April, and 6,000.00 came in.
    assert standing(loan, date(2026, 4, 2)).overdue_minor == 21_174


def test_a_payment_of_the_whole_schedule_closes_the_loan():
    loan = book(W1, [(date(2026, 2, 1), 6 * 207_058)])
    assert standing(loan, date(2026, 2, 1)).state == "active"
    assert standing(loan, date(2026, 2, 2)).state == "paid"


def test_w9_a_written_off_loan_is_in_no_balance_and_later_payments_are_recoveries():
    paid = [(date(2026, 2, 1), 207_058), (date(2026, 6, 1), 50_000)]
    loan = book(W1, paid, written_off_day=date(2026, 5, 20))
    row = standing(loan, date(2026, 5, 21))
    assert (row.state, row.outstanding_minor, row.written_off_minor) == ("written_off", 0, 1_004_942)
    assert standing(loan, date(2026, 5, 20)).state == "active"
    assert loan.recoveries["amount_minor"].tolist() == [50_000]


def test_buckets_end_where_par_begins():
    assert [BUCKETS[place] for place in bucket_places(np.array([0, 1, 30, 31, 60, 61, 90, 91]))] == [
        "current", "1-30", "1-30", "31-60", "31-60", "61-90", "61-90", "90+",
    ]  # fmt: skip


def test_a_loan_without_a_schedule_and_rows_without_a_loan_are_refused():
    loans = pd.DataFrame({name: [1] for name in ("loan_id", "principal_minor", "sales_linked", "disbursed_day")})
    loans["closed_day"] = loans["written_off_day"] = FAR
    lines = pd.DataFrame(
        {name: [1] for name in ("in_force_day", "sequence", "due_day", "principal_minor", "interest_minor")}
    ).assign(fee_minor=0)
    none = pd.DataFrame({"loan_id": [], "paid_day": [], "amount_minor": []})
    with pytest.raises(ValueError, match="without a schedule"):
        book_of(loans, lines.assign(loan_id=1).iloc[:0], none)
    with pytest.raises(ValueError, match="instalments of a loan"):
        book_of(loans, lines.assign(loan_id=2), none)
    with pytest.raises(ValueError, match="repayments of a loan"):
        book_of(loans, lines.assign(loan_id=1), pd.DataFrame({"loan_id": [7], "paid_day": [1], "amount_minor": [1]}))


LAST_DAY = 700


@pytest.fixture(scope="module")
def lives():
    histories = random_histories(seed=5, count=500)
    return book_of(*frames(histories)), {each.number: Life(each).live(LAST_DAY) for each in histories}


def test_500_random_loans_lived_day_by_day_stand_the_same_to_the_unit(lives):
    loans, lived = lives
    seen = 0
    for day in range(101, LAST_DAY, 7):
        rows = positions(loans, as_of=day_of(day))
        for row in rows.itertuples():
            number = int(loans.loan_id[row.place])
            morning = lived[number].mornings[day]
            assert (row.state, row.outstanding_minor, row.written_off_minor, row.overdue_minor,
                    row.overdue_principal_minor, row.unapplied_minor, row.days_past_due) == (
                morning.state, morning.outstanding, morning.lost, morning.overdue,
                morning.overdue_principal, morning.ahead, morning.past_due,
            ), (number, day)  # fmt: skip
            seen += 1
    assert seen > 30_000


def test_500_random_loans_lived_day_by_day_were_first_late_on_the_same_day(lives):
    loans, lived = lives
    for limit in (0, 30, 90):
        found = first_late_days(loans, more_than_days=limit)
        for number, day in zip(loans.loan_id, found, strict=True):
            expected = lived[int(number)].first_late.get(limit)
            assert (int(day) if day <= LAST_DAY else None) == expected, (number, limit)


def test_500_random_loans_lived_day_by_day_recovered_the_same(lives):
    loans, lived = lives
    found = loans.recoveries.groupby("place")["amount_minor"].sum()
    for place, number in enumerate(loans.loan_id):
        life = lived[int(number)]
        if life.history.written_off is not None and any(m.state == "written_off" for m in life.mornings.values()):
            assert found.get(place, 0) == sum(amount for day, amount in life.recovered if day <= LAST_DAY)


def test_a_restructuring_that_forgives_principal_is_told_from_one_that_does_not():
    days = [day_number(JANUARY + timedelta(days=each)) for each in (0, 10, 20, 30)]
    loans = pd.DataFrame(
        {
            "loan_id": [1, 2],
            "principal_minor": [100, 100],
            "sales_linked": False,
            "disbursed_day": days[0],
            "closed_day": FAR,
            "written_off_day": FAR,
        }
    )
    lines = pd.DataFrame(
        [(1, days[0], 1, days[2], 100, 0, 0), (1, days[1], 2, days[3], 100, 0, 0),
         (2, days[0], 1, days[2], 100, 0, 0), (2, days[1], 2, days[3], 90, 0, 0)],
        columns=["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"],
    )  # fmt: skip
    loan = book_of(loans, lines, pd.DataFrame({"loan_id": [], "paid_day": [], "amount_minor": []}))
    assert restructured_at_a_loss(loan).tolist() == [False, False, False, True]


def test_a_reversed_payment_was_never_made_and_a_waiver_settles_without_coming_in():
    day = day_number(date(2026, 2, 1))
    paid = [(date(2026, 2, 1), 207_058), (date(2026, 2, 1), -207_058), (date(2026, 2, 20), 195_058)]
    loan = book(W1, paid)
    assert standing(loan, date(2026, 3, 1)).days_past_due == 28
    frames_of = pd.DataFrame({"loan_id": [1], "paid_day": [day], "amount_minor": [12_000]})
    waived = book(W1, [(date(2026, 2, 20), 195_058)], waivers=frames_of)
    assert standing(waived, date(2026, 3, 1)).days_past_due == 0
    assert waived.receipts["amount_minor"].sum() == 195_058
    tape = tape_of(waived, pd.DataFrame([FACTS]))
    moves = flows(tape, since=date(2026, 1, 1), until=date(2026, 3, 1)).iloc[0]
    assert (moves.collected_minor, moves.income_minor) == (195_058, 0)
