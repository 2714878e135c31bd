"""What is told of an owner before lending more: other shops, what is owed, and money from other lenders."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, update

from db import decisions, exposure, tables
from db.engine import open_session
from db.tables import table_of
from lending.offer import NO_DEBT, Debt, assess
from lending.policy import FIRST_POLICY, load
from lending.stress import SalesBase
from tests.desk import AS_OF, Desk, add_application, add_batch, add_loan, add_shop

SHOPS = table_of(tables.Shop)
POLICY = load(FIRST_POLICY.read_text(encoding="utf-8"))


@pytest.fixture
def desk(engine):
    return Desk(engine)


def told(desk, application_id=None):
    with open_session(desk.engine) as session:
        return exposure.exposure_of(session, application_id or desk.application_id, as_of=AS_OF, currency="CNY")


def own(desk, owner, *shop_ids):
    with open_session(desk.engine, write=True) as session:
        session.execute(update(SHOPS).where(SHOPS.c.id.in_(shop_ids)).values(owner_ref=owner))


def book(desk, *entries):
    """Entries of the first shop's wallet: (day, kind, amount)."""
    rows = [
        {
            "shop_id": desk.shop_id,
            "entry_ref": f"w{number}",
            "booked_at": datetime(day.year, day.month, day.day, 3, tzinfo=UTC),
            "booked_day": day,
            "amount_minor": amount,
            "kind": kind,
            "account": "wallet",
            "batch_id": 1,
        }
        for number, (day, kind, amount) in enumerate(entries)
    ]
    with open_session(desk.engine, write=True) as session:
        session.execute(insert(table_of(tables.WalletEntry)), rows)


def test_a_shop_alone_without_a_wallet_has_nothing_to_tell(desk):
    assert told(desk) == exposure.Exposure(0, (), exposure.Owed(NO_DEBT, (), 0, 0), False, 0, 0, 0)


def test_shops_without_an_owner_on_record_are_not_one_owners(desk):
    with open_session(desk.engine, write=True) as session:
        add_shop(session, "S2", name="Another")
    assert told(desk).other_shops == 0


def test_the_owners_other_shops_are_counted_and_the_first_three_named(desk):
    with open_session(desk.engine, write=True) as session:
        others = [add_shop(session, f"T{at}", name=f"Shop {at}") for at in range(5)]
    own(desk, "O-1", desk.shop_id, *others)
    found = told(desk)
    assert (found.other_shops, found.other_names) == (5, ("Shop 0", "Shop 1", "Shop 2"))


def test_what_was_approved_to_the_owners_other_shop_is_owed(desk):
    with open_session(desk.engine, write=True) as session:
        other = add_shop(session, "S2", name="Another")
        asked = add_application(session, other, "A2")
    own(desk, "O-1", desk.shop_id, other)
    decisions.record(desk.engine, desk.request(), person_id=desk.id_of("officer"), decided_on=AS_OF)
    # 15,000 at 9 % in six months: (1 − 1.0075⁻⁶) ÷ 0.0075 = 5.8456, and 15,000 ÷ 5.8456 = 2,566.03 a month.
    assert told(desk, asked).owed.debt.balance_minor == 1_500_000
    assert told(desk, asked).owed.debt.instalment_minor == 256_603


FIRST, NEXT, LAST = date(2026, 10, 15), date(2026, 11, 15), date(2026, 12, 15)


def lend(desk, shop_id, ref="L1", *, paid=((FIRST, 30_000),), application_ref=None, batch_id=1):
    """A loan of 2,000.00 of which 300.00 were paid: 1,700.00 are left, and 300.00 fall due within a month."""
    with open_session(desk.engine, write=True) as session:
        if batch_id > 1:
            add_batch(session)
        add_loan(
            session, shop_id, ref, principal_minor=200_000, disbursed_on=date(2026, 9, 15), paid=paid,
            lines=[(FIRST, 30_000), (NEXT, 30_000), (LAST, 140_000)], application_ref=application_ref,
            batch_id=batch_id,
        )  # fmt: skip


def test_a_loan_is_owed_with_its_balance_and_its_next_instalment_and_makes_the_limit_of_w14(desk):
    lend(desk, desk.shop_id)
    owed = told(desk).owed
    assert (owed.debt, owed.loans, owed.approved_minor) == (Debt(170_000, 30_000), 1, 0)
    assert owed.dues == ((NEXT, 30_000), (LAST, 140_000))
    # The numbers of worked example W14: the balance comes off the first two caps, the instalment off the third.
    grades = POLICY.grades | {"B": replace(POLICY.grades["B"], multiple_hundredths=150)}
    policy = replace(POLICY, product_cap_minor=5_000_000, grades=grades, affordability_bps=1000)
    offer = assess(
        policy, grade="B", default_probability_ppm=12_000, sales=SalesBase(24, 2_000_000, 1_200_000, 1),
        asked_minor=2_000_000, term_months=6, debt=owed.debt,
    )  # fmt: skip
    rooms = {cap.name: cap.room_minor for cap in offer.caps}
    assert rooms == {"product": 4_830_000, "grade_multiple": 2_830_000, "affordability": 521_593}


def test_a_loan_takes_the_place_of_the_approval_that_it_came_from_even_when_it_is_repaid(desk):
    with open_session(desk.engine, write=True) as session:
        other = add_shop(session, "S2", name="Another")
        asked = add_application(session, other, "A2")
    own(desk, "O-1", desk.shop_id, other)
    decisions.record(desk.engine, desk.request(), person_id=desk.id_of("officer"), decided_on=AS_OF)
    lend(desk, desk.shop_id, "L0", application_ref="A9")
    both = told(desk, asked).owed
    # A loan of another application leaves the approval as it is.
    assert (both.debt.balance_minor, both.approved_minor, both.loans) == (1_500_000 + 170_000, 1_500_000, 1)
    assert len(both.dues) == 2 + 6
    lend(desk, desk.shop_id, "L1", paid=((FIRST, 200_000),), application_ref="A1", batch_id=2)
    after = told(desk, asked).owed
    assert (after.debt, after.approved_minor, after.loans) == (Debt(170_000, 30_000), 0, 1)


def test_money_of_other_lenders_counts_for_a_year_before_the_day(desk):
    book(
        desk,
        (date(2025, 11, 1), "loan_in", 900_000),  # more than a year ago
        (date(2025, 11, 2), "loan_in", 100_000),
        (date(2026, 6, 1), "loan_in", 250_000),
        (date(2026, 7, 1), "loan_repayment", -45_000),
        (date(2026, 7, 2), "sale", 70_000),
        (AS_OF, "loan_in", 500_000),  # not yet, as of that day
    )
    found = told(desk)
    assert (found.wallet_known, found.received, found.received_minor, found.repaid_minor) == (True, 2, 350_000, 45_000)
