"""Small books made for tests: a loan from what is to be seen of it, and random ones."""

import numpy as np
import pandas as pd

from lending.book_rows import tape_of
from lending.loan_book import FAR, book_of, day_number
from tests.loan_days import random_histories

FACTS = {
    "shop_id": 1, "owner_key": "owner", "category": "tea", "region": "Fujian", "refinances": -1,
    "unlikely_day": FAR, "expected_daily_minor": np.nan,
}  # fmt: skip


def loan(number, as_of, *, outstanding, past_due=0, overdue=0, disbursed=None, **told):
    """A loan that stands so as of a day: `overdue` of its principal was due so many days ago, the rest is due later."""
    start = day_number(as_of) - 200 if disbursed is None else day_number(disbursed)
    lines = [(day_number(as_of) - past_due, overdue)] if past_due else []
    lines.append((day_number(as_of) + 30, outstanding - overdue if past_due else outstanding))
    return {"number": number, "start": start, "lines": lines, "principal": outstanding, "told": told}


def tape(loans, paid=(), schedules=()):
    """A tape of such loans; `paid` are (number, day, amount), `schedules` (number, day, lines) of restructurings."""
    order = sorted(loans, key=lambda each: each["number"])
    frame = pd.DataFrame(
        {
            "loan_id": [each["number"] for each in order],
            "principal_minor": [each["principal"] for each in order],
            "sales_linked": False,
            "disbursed_day": [each["start"] for each in order],
            "closed_day": [_day(each["told"].get("closed")) for each in order],
            "written_off_day": [_day(each["told"].get("written_off")) for each in order],
        }
    )
    lines = [(each["number"], each["start"], place, due, amount, 0, 0)
             for each in order for place, (due, amount) in enumerate(each["lines"])]  # fmt: skip
    lines += [(number, day_number(day), 100 + place, day_number(due), amount, 0, 0)
              for number, day, due_lines in schedules for place, (due, amount) in enumerate(due_lines)]  # fmt: skip
    columns = ["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"]
    payments = pd.DataFrame(
        [(number, day_number(day), amount) for number, day, amount in paid],
        columns=["loan_id", "paid_day", "amount_minor"],
    )
    facts = pd.DataFrame(
        [
            FACTS | {"shop_id": each["number"], "owner_key": f"owner {each['number']}"}
            | {name: value for name, value in each["told"].items() if name in FACTS}
            for each in order
        ]
    )  # fmt: skip
    return tape_of(book_of(frame, pd.DataFrame(lines, columns=columns), payments), facts)


def _day(day):
    return FAR if day is None else day_number(day)


def frames(histories):
    """Random lives as the frames of a book."""
    loans = pd.DataFrame(
        {
            "loan_id": [each.number for each in histories],
            "principal_minor": [each.principal for each in histories],
            "sales_linked": [each.by_sales for each in histories],
            "disbursed_day": [each.disbursed for each in histories],
            "closed_day": [each.closed or FAR for each in histories],
            "written_off_day": [each.written_off or FAR for each in histories],
        }
    )
    lines = pd.DataFrame(
        [
            (each.number, start, place, *line)
            for each in histories
            for start, schedule in each.schedules
            for place, line in enumerate(schedule)
        ],
        columns=[
            "loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor",
        ],
    )  # fmt: skip
    paid = pd.DataFrame(
        [(each.number, *payment) for each in histories for payment in each.payments],
        columns=["loan_id", "paid_day", "amount_minor"],
    )
    return loans, lines.sample(frac=1, random_state=1), paid


def random_tape(seed, count):
    """A tape of loans with every mishap; see tests/loan_days.py."""
    histories = random_histories(seed, count)
    book = book_of(*frames(histories))
    rng = np.random.default_rng(seed)
    facts = pd.DataFrame([FACTS] * len(book)).assign(
        shop_id=rng.integers(0, count // 3, len(book)),
        owner_key=rng.integers(0, count // 4, len(book)).astype(str),
        category=rng.choice(["tea", "toys", "tools"], len(book)),
        region=rng.choice(["Fujian", "Hunan"], len(book)),
    )
    return tape_of(book, facts)
