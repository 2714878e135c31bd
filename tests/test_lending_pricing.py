"""The price of a loan: break-even, its parts, and the legal cap."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.pricing import RateInputs, average_life_months, break_even, interest_parts, price

INPUTS = RateInputs(
    funding_bps=410, loss_given_default_bps=7000, cost_per_loan_minor=15_000, margin_bps=250, legal_cap_bps=1200
)


@pytest.mark.parametrize(
    ("months", "cost", "rate"),
    [(12, "0", 0.035714), (6, "0", 0.051020), (6, "0.03", 0.112245)],
)
def test_the_break_even_rates_of_worked_example_13(months, cost, rate):
    parts = break_even(
        default_probability=Fraction("0.02"),
        loss_given_default=Fraction("0.75"),
        funding=Fraction("0.02"),
        cost=Fraction(cost),
        months=Fraction(months),
    )
    assert float(parts.rate) == pytest.approx(rate, abs=5e-7)


def test_a_hundred_loans_at_break_even_bring_back_exactly_what_their_money_cost():
    rate = break_even(
        default_probability=Fraction("0.02"),
        loss_given_default=Fraction("0.75"),
        funding=Fraction("0.02"),
        cost=Fraction(0),
        months=Fraction(12),
    ).rate
    assert 98 * 10_000 * (1 + rate) + 2 * 2_500 == 1_000_000 * Fraction("1.02")


def test_no_price_pays_for_a_certain_default():
    with pytest.raises(ValueError, match="no price"):
        price(INPUTS, default_probability_ppm=1_000_000, principal_minor=100, term_months=6)


def test_the_margin_gives_way_to_the_legal_cap():
    wanted = price(INPUTS, default_probability_ppm=30_000, principal_minor=5_000_000, term_months=9)
    assert wanted.capped
    assert wanted.rate_bps == 1200
    assert 0 <= wanted.margin_bps < 250


def test_a_small_loan_costs_more_than_the_cap_allows_and_says_by_how_much():
    small = price(INPUTS, default_probability_ppm=20_000, principal_minor=240_000, term_months=9)
    assert small.rate_bps == 1200
    assert small.margin_bps == 1200 - small.break_even_bps < 0


def test_the_fixed_cost_weighs_on_the_time_that_the_money_is_out():
    assert average_life_months(9) == 5
    cost = price(INPUTS, default_probability_ppm=0, principal_minor=15_000_000, term_months=9)
    # 15,000 on 15,000,000 is a thousandth; over five months that is 24 basis points a year.
    assert (cost.funding_bps, cost.risk_bps, cost.work_bps, cost.margin_bps) == (410, 0, 24, 250)


@given(
    st.integers(0, 900_000),
    st.integers(100_000, 10**9),
    st.sampled_from([3, 6, 9, 12]),
    st.integers(0, 3000),
    st.integers(1, 5000),
)
def test_parts_add_up_to_the_rate_and_the_rate_never_exceeds_the_cap(probability, principal, term, funding, cap):
    inputs = RateInputs(funding, 7000, 15_000, 250, cap)
    found = price(inputs, default_probability_ppm=probability, principal_minor=principal, term_months=term)
    assert found.funding_bps + found.risk_bps + found.work_bps + found.margin_bps == found.rate_bps <= cap
    assert min(found.funding_bps, found.risk_bps, found.work_bps) >= 0
    assert found.margin_bps <= 250


def parts_of(*, interest, principal=1_000_000, months=12, cost=0, ppm=20_000):
    """The parts of a loan that owes its whole principal to the end, on the terms of worked example 13."""
    inputs = RateInputs(200, 7500, cost, 0, 5_000)
    found = interest_parts(
        inputs, default_probability_ppm=ppm, principal_minor=principal, interest_minor=interest,
        owed_months_minor=months * principal,
    )  # fmt: skip
    return found.funding_minor, found.expected_loss_minor, found.work_minor, found.margin_minor


def test_the_parts_of_the_loans_of_worked_example_13_are_their_interest_and_leave_no_margin():
    # 10,000 for a year at 3.5714 %: 357.14 = 200.00 of funding + 2 % of (7,500 + 357.14).
    assert parts_of(interest=35_714) == (20_000, 15_714, 0, 0)
    # The same PD over half a year at 5.1020 %: 255.10 = 100.00 + 2 % of (7,500 + 255.10).
    assert parts_of(interest=25_510, months=6) == (10_000, 15_510, 0, 0)
    # 1,000 for half a year with 30 of work at 11.2245 %: 56.12 = 10.00 + 2 % of (750 + 56.12) + 30.00.
    assert parts_of(interest=5_612, principal=100_000, months=6, cost=3_000) == (1_000, 1_612, 3_000, 0)


def test_what_a_loan_earns_above_break_even_is_its_margin_and_what_it_lacks_is_told_as_less_than_nothing():
    # Of 100.00 more, 2 % are lost with the defaults.
    assert parts_of(interest=45_714)[-1] == 9_800
    assert parts_of(interest=25_714)[-1] == -9_800


@given(st.integers(0, 999_999), st.integers(1, 10**9), st.integers(0, 10**8), st.integers(0, 10**10))
def test_the_parts_of_the_interest_add_up_to_it_exactly(ppm, principal, interest, owed_months):
    found = interest_parts(
        INPUTS, default_probability_ppm=ppm, principal_minor=principal, interest_minor=interest,
        owed_months_minor=owed_months,
    )  # fmt: skip
    assert found.interest_minor == interest
    assert min(found.funding_minor, found.expected_loss_minor, found.work_minor) >= 0
