"""From score to offer: caps, limit, recommendation."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.offer import Cap, Debt, assess, offered_term
from lending.policy import FIRST_POLICY, GRADES, BrokenPolicy, canonical, load
from lending.reasons import REASONS
from lending.schedule import level_instalment_minor
from lending.stress import SalesBase

BODY = FIRST_POLICY.read_text(encoding="utf-8")
POLICY = load(BODY)
SALES = SalesBase(24, 10_000_000, 10_000_000, 6_000_000)


def changed(**members):
    return load(json.dumps({**json.loads(BODY), **members}))


def offer(policy=POLICY, **changes):
    case = {
        "grade": "B",
        "default_probability_ppm": 20_000,
        "sales": SALES,
        "asked_minor": 5_000_000,
        "term_months": 6,
    }
    return assess(policy, **{**case, **changes})


def test_the_limit_of_worked_example_14_is_bound_by_affordability():
    found = offer(
        changed(product_cap_minor=5_000_000),
        sales=SalesBase(24, 2_000_000, 1_200_000, 1_000_000),
        debt=Debt(balance_minor=170_000, instalment_minor=30_000),
        asked_minor=4_000_000,
    )
    assert found.caps == (
        Cap("product", 4_830_000),
        Cap("grade_multiple", 2_830_000),
        Cap("affordability", 521_593),
    )
    assert found.binding_cap == "affordability"
    assert found.limit_minor == 520_000
    assert (found.recommended, found.why, found.amount_minor) == ("approve_less", "limit_below_asked", 520_000)


@pytest.mark.parametrize(
    ("grade", "recommended", "why"),
    [
        ("A", "approve", "within_limit"),
        ("B", "approve", "within_limit"),
        ("C", "approve", "within_limit"),
        ("D", "refer", "grade_refers"),
        ("E", "decline", "grade_declines"),
    ],
)
def test_the_grade_decides_what_is_recommended(grade, recommended, why):
    found = offer(grade=grade, asked_minor=3_000_000)
    assert (found.recommended, found.why) == (recommended, why)


def test_a_flag_caps_the_recommendation_at_refer_whatever_the_grade():
    for grade in GRADES:
        assert offer(grade=grade, flags=("sales_spike",)).recommended == "refer"


def test_bought_sales_are_referred_and_the_limit_rests_on_the_sales_that_are_left():
    seen, left = SalesBase(24, 10_000_000, 10_000_000, 6_000_000), SalesBase(24, 4_000_000, 4_000_000, 3_000_000)
    found = offer(sales=left, flags=("unusual_sales",), asked_minor=5_000_000)
    assert (found.recommended, found.why) == ("refer", "flagged")
    assert found.limit_minor < offer(sales=seen).limit_minor
    assert found.caps == offer(sales=left).caps


def test_under_three_months_of_sales_are_referred():
    assert offer(sales=SalesBase(2, 9_000_000, 9_000_000, 9_000_000)).flags == ("short_history",)
    assert offer(sales=SalesBase(2, 9_000_000, 9_000_000, 9_000_000)).recommended == "refer"
    assert offer(sales=SalesBase(3, 9_000_000, 9_000_000, 9_000_000)).recommended == "approve"


def test_under_a_year_of_sales_the_weakest_full_month_caps_the_limit():
    found = offer(sales=SalesBase(11, 10_000_000, 10_000_000, 1_234_567))
    assert found.binding_cap == "short_record"
    assert found.limit_minor == 1_230_000
    assert "short_record" not in {cap.name for cap in offer(sales=SalesBase(12, 10_000_000, 10_000_000, 1)).caps}


def test_a_shop_without_a_full_month_is_referred_without_a_limit():
    found = offer(sales=SalesBase(0, None, None, None))
    assert (found.limit_minor, found.amount_minor, found.recommended) == (0, 0, "refer")
    assert found.flags == ("sales_unknown",)
    assert found.instalment_minor > 0


def test_a_limit_below_the_least_amount_lent_is_none():
    found = offer(sales=SalesBase(24, 10_000_000, 170_000, 100_000))
    assert (found.limit_minor, found.recommended, found.why) == (0, "decline", "no_room")


def test_months_with_more_refunds_than_sales_leave_no_room():
    assert offer(sales=SalesBase(24, -500_000, -900_000, -900_000)).limit_minor == 0


def test_a_loan_that_the_legal_cap_does_not_pay_for_is_referred():
    found = offer(asked_minor=200_000)
    assert (found.recommended, found.why) == ("refer", "price_above_cap")


def test_the_offer_names_the_authority_of_what_it_recommends():
    assert offer(asked_minor=5_000_000).authority == "officer"
    assert offer(asked_minor=5_000_000, grade="C").authority == "second_officer"
    assert offer(grade="E").authority == "officer"


@pytest.mark.parametrize(("asked", "offered"), [(1, 3), (3, 3), (8, 6), (12, 12), (600, 12)])
def test_the_term_offered_is_the_longest_that_is_not_longer_than_asked(asked, offered):
    assert offered_term(POLICY, asked) == offered


amounts = st.integers(0, 10**10)


@given(
    st.sampled_from(GRADES),
    st.integers(0, 500_000),
    st.builds(SalesBase, st.integers(0, 40), amounts, amounts, amounts),
    st.builds(Debt, st.integers(0, 10**9), st.integers(0, 10**8)),
    st.integers(1, 10**9),
    st.integers(1, 36),
)
def test_no_limit_is_above_any_cap_and_no_offer_above_what_was_asked(grade, probability, sales, debt, asked, term):
    found = offer(
        grade=grade, default_probability_ppm=probability, sales=sales, debt=debt, asked_minor=asked, term_months=term
    )
    assert all(0 <= found.limit_minor <= cap.room_minor for cap in found.caps)
    assert found.limit_minor % POLICY.rounding_step_minor == 0
    assert found.amount_minor <= asked
    assert found.rate_bps <= POLICY.rate.legal_cap_bps
    if found.amount_minor:
        free = sales.stressed_minor * POLICY.affordability_bps // 10_000 - debt.instalment_minor
        # A level instalment may be rounded up by one minor unit.
        assert found.instalment_minor <= free + 1


@given(amounts, amounts, st.integers(0, 10**9))
def test_more_sales_never_lower_the_limit_and_more_debt_never_raises_it(median, more, balance):
    def limit(median_minor, balance_minor):
        base = SalesBase(24, median_minor, 10_000_000, 1)
        return offer(sales=base, debt=Debt(balance_minor, balance_minor // 10)).limit_minor

    assert limit(median + more, balance) >= limit(median, balance) >= limit(median, balance + 1_000)


def test_the_instalment_is_that_of_the_amount_offered():
    found = offer()
    assert found.instalment_minor == level_instalment_minor(5_000_000, rate_bps=found.rate_bps, months=6)


def test_the_first_policy_lists_every_reason_once():
    assert POLICY.reasons == REASONS
    assert len(set(REASONS)) == 12


def test_canonical_json_does_not_depend_on_order_or_spaces():
    reordered = json.dumps(dict(reversed(json.loads(BODY).items())), indent=7)
    assert canonical(reordered) == canonical(BODY)
    assert load(canonical(BODY)) == POLICY


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"product_cap_minor": -1}, "product_cap_minor"),
        ({"product_cap_minor": 1.5}, "product_cap_minor"),
        ({"terms_months": []}, "terms_months"),
        ({"reasons": ["star_sign"]}, "reasons"),
        ({"grades": {"A": {"multiple_hundredths": 1, "recommend": "approve"}}}, "grades"),
        ({"affordability_bps": 20_000}, "affordability_bps"),
        ({"surprise": 1}, "surprise"),
        ({"grades": 5}, "not a policy"),
        ({"demand": {"accepted_bps": 400, "halving_bps": 0}}, "halving_bps"),
        ({"demand": {"accepted_bps": -1, "halving_bps": 346}}, "accepted_bps"),
        ({"demand": {"accepted_bps": 4.5, "halving_bps": 346}}, "accepted_bps"),
        ({"demand": {"accepted_bps": 400}}, "halving_bps"),
        ({"demand": 7}, "not a policy"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_name(members, named):
    with pytest.raises(BrokenPolicy, match=named):
        changed(**members)


def test_a_policy_that_says_nothing_of_demand_is_read_as_before():
    members = json.loads(BODY)
    del members["demand"]
    assert load(json.dumps(members)).demand is None
    assert load(json.dumps({**members, "demand": {"accepted_bps": 0, "halving_bps": 300}})).demand.accepted_bps == 0


@pytest.mark.parametrize("body", ["", "{", "[]", "7", '{"version": 1}'])
def test_a_text_that_is_no_policy_is_refused(body):
    with pytest.raises(BrokenPolicy):
        load(body)
