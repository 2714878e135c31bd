"""Which loans stand on the list of Collections, in which order, and what their notes say; worked by hand."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
import pytest

from lending.book_rows import tape_of
from lending.collecting import CollectionsView, due_rows, in_order, pick, said_of, summary
from lending.expected_loss import loss_parameters
from lending.loan_book import FAR, book_of, day_number

TODAY = date(2026, 11, 2)
DAY = day_number(TODAY)


def tape(*loans):
    """Loans of 300 in three instalments of 100 each; of each its due days and its payments, in days from today."""
    rows, instalments, repayments = [], [], []
    for number, (dues, payments) in enumerate(loans, start=1):
        start = DAY + dues[0] - 30
        rows.append((number, 300, False, start, FAR, FAR, f"o{number}", -1, FAR, float("nan"), 7, f"L{number}", ""))
        instalments += [(number, start, place, DAY + due, 100, 0, 0) for place, due in enumerate(dues)]
        repayments += [(number, DAY + day, amount) for day, amount in payments]
    facts = pd.DataFrame(
        rows,
        columns=["loan_id", "principal_minor", "sales_linked", "disbursed_day", "closed_day", "written_off_day",
                 "owner_key", "refinances", "unlikely_day", "expected_daily_minor", "shop_id", "loan_ref",
                 "application_ref"],
    )  # fmt: skip
    lines = pd.DataFrame(
        instalments,
        columns=["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"],
    )
    paid = pd.DataFrame(repayments, columns=["loan_id", "paid_day", "amount_minor"]).astype("int64")
    return tape_of(book_of(facts, lines, paid), facts)


def listed(*loans):
    rows = due_rows(tape(*loans), as_of=TODAY, parameters=loss_parameters())
    return rows.set_index("loan_id")


def test_a_loan_stands_there_from_seven_days_before_it_falls_due():
    rows = listed(([7, 37, 67], []), ([8, 38, 68], []), ([0, 30, 60], []))
    assert sorted(rows.index) == [1, 3]
    assert rows.loc[1, ["due_in_days", "overdue_minor", "soon_minor", "next_bucket_days"]].tolist() == [7, 0, 100, 8]
    # Due today is not late yet, and late tomorrow.
    assert rows.loc[3, ["days_past_due", "bucket", "next_bucket_days"]].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("late", "bucket", "left"), [(1, 1, 30), (30, 1, 1), (31, 2, 30), (60, 2, 1), (90, 3, 1), (91, 4, -1)]
)
def test_days_and_the_next_bucket(late, bucket, left):
    row = listed(([-late, 100, 200], [])).loc[1]
    assert row[["days_past_due", "bucket", "next_bucket_days"]].tolist() == [late, bucket, left]
    assert (row["overdue_minor"], row["soon_minor"], row["outstanding_minor"]) == (100, 0, 300)


def test_what_came_in_today_is_taken_off_and_a_loan_that_is_paid_up_leaves():
    rows = listed(
        ([-40, -10, 20], [(0, 60)]),
        ([-40, -10, 20], [(0, 100)]),
        ([-40, -10, 20], [(0, 200)]),
        ([-40, -10, 20], [(-1, 200)]),
        ([-40, -10, 20], [(0, 300)]),
    )
    assert sorted(rows.index) == [1, 2]
    assert rows.loc[1, ["overdue_minor", "days_past_due"]].tolist() == [140, 40]
    # The oldest one is paid: the loan is late by the second.
    assert rows.loc[2, ["overdue_minor", "days_past_due", "bucket"]].tolist() == [100, 10, 1]


def test_what_was_paid_ahead_is_not_due_soon():
    assert sorted(listed(([3, 33, 63], [(-1, 100)]), ([3, 33, 63], [(-1, 40)]))["soon_minor"].items()) == [(2, 60)]


def test_the_largest_expected_loss_stands_first_and_each_loan_once():
    rows = listed(([-2, 28, 58], []), ([-95, -65, -35], []), ([-40, -10, 20], []))
    assert rows.index.tolist() == [2, 3, 1]
    assert rows.index.is_unique
    assert rows["expected_loss_minor"].is_monotonic_decreasing


def test_an_empty_book_gives_an_empty_list():
    assert listed(([40, 70, 100], [])).empty


@dataclass
class Step:
    kind: str
    day: date
    booked_on: date
    amount_minor: int | None = None
    needs_second: int = 0
    agreed: int | None = None
    person_name: str = "Olive"


def ago(days):
    return TODAY - timedelta(days=days)


def promise(made, due, amount=100):
    return Step("promise", ago(due), ago(made), amount)


@pytest.mark.parametrize(
    ("made", "due", "payments", "state"),
    [
        (5, 1, [], "broken"),
        (5, 0, [], "open"),
        (5, 0, [(0, 100)], "kept"),
        (5, 1, [(3, 60), (1, 40)], "kept"),
        (5, 1, [(6, 100)], "broken"),
        (5, 1, [(0, 100)], "broken"),
        (5, -3, [(2, 99)], "open"),
    ],
)
def test_a_promise_is_kept_open_or_broken(made, due, payments, state):
    said = said_of([promise(made, due)], [(ago(day), amount) for day, amount in payments], today=TODAY)
    assert (said.promise_state, said.broken_promises) == (state, int(state == "broken"))


def test_the_newest_promise_counts_and_earlier_broken_ones_are_counted():
    said = said_of([promise(20, 15), promise(10, 8), promise(1, -5, 300)], [], today=TODAY)
    assert (said.promise_minor, said.promise_state, said.broken_promises) == (300, "open", 2)


def test_contacts_of_seven_days_count_and_the_last_one_is_named():
    days = [7, 6, 3, 0]
    notes = [Step("contact", ago(day), ago(day), person_name=f"P{day}") for day in days]
    said = said_of(notes, [], today=TODAY)
    assert (said.contacts, said.contact_on, said.contact_by) == (3, TODAY, "P0")


def test_cases_are_open_until_they_are_closed_and_an_unanswered_step_waits():
    case = [Step("dispute", ago(9), ago(9)), Step("close_case", ago(8), ago(8)), Step("hardship", ago(7), ago(7))]
    refused = Step("write_off", ago(6), ago(6), needs_second=1, agreed=0)
    waiting = Step("restructure", ago(5), ago(5), needs_second=1, person_name="Sandy")
    said = said_of([*case, refused, waiting], [], today=TODAY)
    assert (said.dispute, said.hardship, said.waits, said.waits_by) == (False, True, "restructure", "Sandy")


def rows_to_pick():
    """Three loans; the second with a broken promise and a dispute, the third with a step that waits."""
    beside = {"hardship": False, "generated": False, "consented": True}
    told = [
        {"loan_id": 1, "bucket": 0, "overdue_minor": 0, "expected_loss_minor": 5, "due_in_days": 3,
         "next_bucket_days": 4, "shop_name": "Teas", "shop_ref": "S1", "loan_ref": "L1", "dispute": False,
         "promise_state": None, "waits": None, "contact_on": TODAY},
        {"loan_id": 2, "bucket": 1, "overdue_minor": 70, "expected_loss_minor": 9, "due_in_days": -30,
         "next_bucket_days": 1, "shop_name": "Honey", "shop_ref": "S2", "loan_ref": "L2", "dispute": True,
         "promise_state": "broken", "waits": None, "contact_on": ago(3)},
        {"loan_id": 3, "bucket": 4, "overdue_minor": 80, "expected_loss_minor": 7, "due_in_days": -99,
         "next_bucket_days": -1, "shop_name": "NA", "shop_ref": "S3", "loan_ref": "L3", "dispute": False,
         "promise_state": "kept", "waits": "write_off", "contact_on": None},
    ]  # fmt: skip
    objects = ["dispute", "hardship", "promise_state", "waits", "contact_on", "shop_name", "shop_ref"]
    return (
        pd.DataFrame([each | beside for each in told])
        .astype(dict.fromkeys(objects, object))
        .replace({float("nan"): None})
    )


@pytest.mark.parametrize(
    ("view", "loans"),
    [
        (CollectionsView(), [2, 3, 1]),
        (CollectionsView(buckets=(0, 4)), [3, 1]),
        (CollectionsView(flag="dispute"), [2]),
        (CollectionsView(flag="neither"), [3, 1]),
        (CollectionsView(flag="waits"), [3]),
        (CollectionsView(promise="broken"), [2]),
        (CollectionsView(promise="none"), [1]),
        (CollectionsView(search="hON"), [2]),
        (CollectionsView(search="l3"), [3]),
        (CollectionsView(order="overdue"), [3, 2, 1]),
        (CollectionsView(order="days"), [3, 2, 1]),
        (CollectionsView(order="bucket"), [2, 1, 3]),
        (CollectionsView(order="contact"), [3, 2, 1]),
    ],
)
def test_a_view_picks_and_orders(view, loans):
    assert pick(rows_to_pick(), view)["loan_id"].tolist() == loans


def test_the_headline_counts_what_is_overdue_and_what_was_broken():
    told = summary(rows_to_pick())
    assert (told.loans, told.overdue_loans, told.overdue_minor, told.broken, told.waits) == (3, 2, 150, 1, 1)
    assert told.by_bucket == (1, 1, 0, 0, 1)
    assert in_order(rows_to_pick()[:0], "contact").empty
