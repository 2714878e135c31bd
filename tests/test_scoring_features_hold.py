"""What holds for any record: nothing of later counts, order does not matter, and company does not matter."""

from datetime import date, timedelta
from unittest import mock

import pandas as pd
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import asking
from scoring.features import compute
from scoring.records import EVENTS, days_since_epoch
from tests.events import tables
from tests.soak import examples

AS_OF = date(2026, 7, 1)
AS_OF_DAY = days_since_epoch(AS_OF)
# The opening of AS_OF is 16:00 UTC of the day before in Shanghai; any later moment is later in every zone below.
DAY_US = 86_400_000_000
OPENED_US = {"Asia/Shanghai": AS_OF_DAY * DAY_US - 8 * 3_600_000_000, "UTC": AS_OF_DAY * DAY_US}

# Each example computes all features twice or more, which takes a tenth of a second.
EXAMPLES = examples(10)

money = st.integers(0, 10_000_000)
before = st.integers(AS_OF_DAY - 800, AS_OF_DAY - 1)
later = st.integers(AS_OF_DAY, AS_OF_DAY + 400)
shop_ids = st.integers(1, 3)
SHOPS = [
    {"shop_id": 1},
    {"shop_id": 2, "time_zone": "UTC", "rating_hundredths": 420, "reviews": 9},
    {"shop_id": 3, "currency": "USD", "opened_day": AS_OF_DAY - 100},
]


def maybe(strategy):
    return st.none() | strategy


@st.composite
def rows(draw, days):
    """One record of any kind, dated by `days`."""
    on, shop_id = draw(days), draw(shop_ids)
    moment = st.integers(on * DAY_US, (on + 60) * DAY_US)
    kind = draw(st.sampled_from(sorted(EVENTS.keys() - {"shops"})))
    after = st.integers(on, on + 60)
    if kind == "loans":
        return kind, {"shop_id": shop_id, "loan_ref": draw(st.sampled_from("XY")), "disbursed_day": on,
                      "final_due_day": draw(after), "closed_day": draw(maybe(after))}  # fmt: skip
    if kind == "instalments":
        return kind, {"shop_id": shop_id, "loan_ref": draw(st.sampled_from("XY")), "due_day": on,
                      "paid_day": draw(maybe(after))}  # fmt: skip
    if kind == "orders":
        status = draw(st.sampled_from(["completed", "open", "cancelled", "refund"]))
        refunded = draw(money)
        return kind, {
            "shop_id": shop_id, "placed_day": on, "buyer_ref": draw(maybe(st.sampled_from("abc"))), "status": status,
            "gross_minor": 0 if status == "refund" else draw(money), "refunded_minor": refunded,
            "refunded_day": on + draw(st.integers(0, 60)) if refunded else None,
            "cancelled_at": draw(maybe(moment)) if status == "cancelled" else None,
            "promised_by": draw(maybe(moment)), "delivered_at": draw(maybe(moment)),
            "rating_hundredths": draw(maybe(st.integers(100, 500))), "reviewed_at": draw(moment),
        }  # fmt: skip
    if kind == "days":
        return kind, {"shop_id": shop_id, "day": on, "orders": draw(st.integers(0, 5)), "gross_minor": draw(money),
                      "refunded_minor": draw(money)}  # fmt: skip
    if kind == "purchases":
        return kind, {"shop_id": shop_id, "purchased_day": on, "amount_minor": draw(st.integers(-1000, 10_000_000))}
    return kind, {
        "shop_id": shop_id, "entry_ref": str(draw(st.uuids())), "booked_day": on, "booked_at": on * DAY_US,
        "amount_minor": draw(st.integers(-10_000, 10_000)), "kind": draw(st.sampled_from(["sale", "loan_repayment"])),
        "balance_minor": draw(maybe(st.integers(-10_000, 10_000_000))),
        "account": draw(st.sampled_from(["wallet", "fund", "bank"])),
    }  # fmt: skip


def record(chosen):
    kinds = {name: [row for kind, row in chosen if kind == name] for name in EVENTS if name != "shops"}
    return tables(shops=SHOPS, **kinds)


def answered_as_many():
    """As if the rows were a hundred thousand shops', which are planned otherwise and on more threads."""
    return mock.patch.object(asking, "FEW_ROWS", -1)


def same(left, right):
    pd.testing.assert_frame_equal(left, right, check_exact=True)


@settings(max_examples=EXAMPLES)
@given(st.lists(rows(before), max_size=40), st.lists(rows(later), min_size=1, max_size=10))
def test_a_record_dated_at_or_after_the_day_changes_no_feature(known, to_come):
    same(compute(record(known), as_of=AS_OF), compute(record([*known, *to_come]), as_of=AS_OF))


@settings(max_examples=EXAMPLES)
@given(st.lists(rows(before), min_size=1, max_size=40))
def test_what_happens_later_to_a_known_order_changes_no_feature(known):
    forgotten = [(kind, as_known(row) if kind == "orders" else not_yet(row)) for kind, row in known]
    same(compute(record(known), as_of=AS_OF), compute(record(forgotten), as_of=AS_OF))


def as_known(row):
    """An order as a platform's export on the morning of AS_OF would have had it."""
    opened = OPENED_US["UTC" if row["shop_id"] == 2 else "Asia/Shanghai"]
    known = dict(row)
    if row["refunded_day"] is not None and row["refunded_day"] >= AS_OF_DAY:
        known |= {"refunded_minor": 0, "refunded_day": None}
    if row["cancelled_at"] is not None and row["cancelled_at"] >= opened:
        known |= {"status": "open", "cancelled_at": None}
    if row["delivered_at"] is not None and row["delivered_at"] >= opened:
        known["delivered_at"] = None
    if row["reviewed_at"] >= opened:
        known |= {"rating_hundredths": None}
    return known


def not_yet(row):
    """A loan or instalment without the payment that came on AS_OF or later; any other row as it is."""
    return {
        name: None if name in ("paid_day", "closed_day") and day is not None and day >= AS_OF_DAY else day
        for name, day in row.items()
    }


@settings(max_examples=EXAMPLES)
@given(st.lists(rows(before), min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_feature(known, chance):
    shuffled = list(known)
    chance.shuffle(shuffled)
    same(compute(record(known), as_of=AS_OF), compute(record(shuffled), as_of=AS_OF))


@settings(max_examples=EXAMPLES)
@given(st.lists(rows(before), max_size=60), shop_ids)
def test_a_shop_alone_has_the_features_it_has_among_all(known, shop_id):
    events = record(known)
    alone = {name: table.filter(pc.equal(table["shop_id"], shop_id)) for name, table in events.items()}
    with answered_as_many():
        among = compute(events, as_of=AS_OF)
    same(compute(alone, as_of=AS_OF), among.loc[[shop_id]])


@settings(max_examples=EXAMPLES)
@given(st.lists(rows(before), max_size=60), st.lists(st.integers(0, 400), min_size=3, max_size=3))
def test_a_shop_looked_at_on_a_day_of_its_own_has_the_features_of_that_day(known, days_ago):
    events = record(known)
    days = {shop_id: AS_OF - timedelta(days=ago) for shop_id, ago in enumerate(days_ago, start=1)}
    together = compute(events, as_of=days)
    for shop_id, day in days.items():
        same(together.loc[[shop_id]], compute(events, as_of=day).loc[[shop_id]])
