"""When each instalment was paid and each loan closed, worked by hand."""

import numpy as np
import pandas as pd

from lending.loan_book import FAR, book_of
from lending.paid_days import ended_days, paid_days


def book(loans, lines, payments):
    """A book from (closed, written off) of each loan, (loan, in force, due, amount) and (loan, day, amount)."""
    closed, written_off = zip(*loans, strict=True)
    loan_id, in_force, due, amount = zip(*lines, strict=True)
    paid = pd.DataFrame(payments, columns=["loan_id", "paid_day", "amount_minor"], dtype=np.int64)
    first = pd.DataFrame(
        {
            "loan_id": range(1, len(loans) + 1), "principal_minor": 300, "sales_linked": False, "disbursed_day": 0,
            "closed_day": closed, "written_off_day": written_off,
        }
    )  # fmt: skip
    schedule = pd.DataFrame(
        {
            "loan_id": loan_id, "in_force_day": in_force, "sequence": range(1, len(lines) + 1), "due_day": due,
            "principal_minor": amount, "interest_minor": 0, "fee_minor": 0,
        }
    )  # fmt: skip
    return book_of(first, schedule, paid)


def days(found):
    return [tuple(row) for row in paid_days(found)[["place", "due_day", "paid_day"]].itertuples(index=False)]


def ended(found):
    return [tuple(row) for row in ended_days(found).itertuples(index=False)]


THREE = [(1, 0, 30, 100), (1, 0, 60, 100), (1, 0, 90, 100)]


def test_an_instalment_is_paid_on_the_day_that_completes_all_up_to_it():
    found = book([(FAR, FAR)], THREE, [(1, 28, 60), (1, 33, 40), (1, 58, 150)])
    # 60 + 40 pay the first on day 33; 150 pay the second early, on 58, and half of the third.
    assert days(found) == [(0, 30, 33), (0, 60, 58), (0, 90, FAR)]
    assert ended(found) == [(90, FAR)]


def test_one_unit_short_is_not_paid():
    assert days(book([(FAR, FAR)], THREE, [(1, 30, 99)]))[0] == (0, 30, FAR)


def test_a_loan_is_closed_when_all_is_paid_or_when_it_was_closed():
    early = book([(FAR, FAR), (70, FAR)], [*THREE, (2, 0, 30, 100), (2, 0, 80, 200)], [(1, 45, 300), (2, 30, 100)])
    # The second was settled with a rebate on day 70, ten days before its last instalment.
    assert days(early) == [(0, 30, 45), (0, 60, 45), (0, 90, 45), (1, 30, 30), (1, 80, 70)]
    assert ended(early) == [(90, 45), (80, 70)]


def test_a_loan_that_was_written_off_is_never_repaid():
    found = book([(FAR, 100)], THREE, [(1, 30, 100), (1, 120, 500)])
    # 500 on day 120 is a recovery.
    assert days(found) == [(0, 30, 30), (0, 60, FAR), (0, 90, FAR)]
    assert ended(found) == [(90, FAR)]


def test_a_new_schedule_settles_what_was_open_and_takes_the_place_of_what_was_to_come():
    lines = [*THREE, (1, 65, 100, 120), (1, 65, 130, 80)]
    found = book([(FAR, FAR)], lines, [(1, 30, 100), (1, 110, 120)])
    # Of the first schedule the second was open on day 65, and the third never fell due.
    assert days(found) == [(0, 30, 30), (0, 60, 65), (0, 100, 110), (0, 130, FAR)]
    assert ended(found) == [(130, FAR)]


def test_an_instalment_of_nothing_is_settled_on_its_day():
    found = book([(FAR, FAR)], [(1, 0, 30, 0), (1, 0, 60, 300)], [])
    assert days(found) == [(0, 30, 30), (0, 60, FAR)]
