"""What a loan of a certain amount and term costs, worked by hand."""

import pytest

from lending.pricing import RateInputs
from lending.terms import terms_of

# Nothing but the cost of money, so that the rate is known beforehand.
AT_TWELVE_PERCENT = RateInputs(
    funding_bps=1200, loss_given_default_bps=7000, cost_per_loan_minor=0, margin_bps=0, legal_cap_bps=2000
)


def test_the_interest_in_all_is_that_of_the_schedule():
    # Worked example W1: 12,000 in six months at 12 %: 120 + 100.49 + 80.79 + 60.90 + 40.80 + 20.50 = 423.48.
    found = terms_of(AT_TWELVE_PERCENT, default_probability_ppm=0, amount_minor=1_200_000, term_months=6)
    assert (found.price.rate_bps, found.instalment_minor, found.interest_minor) == (1200, 207_058, 42_348)


def test_a_loan_of_one_month_costs_a_twelfth_of_the_rate():
    found = terms_of(AT_TWELVE_PERCENT, default_probability_ppm=0, amount_minor=1_200_000, term_months=1)
    assert (found.instalment_minor, found.interest_minor) == (1_212_000, 12_000)


@pytest.mark.parametrize("amount_minor", [1, 7, 99, 30_000_000])
def test_amount_and_interest_are_all_that_is_paid(amount_minor):
    found = terms_of(AT_TWELVE_PERCENT, default_probability_ppm=0, amount_minor=amount_minor, term_months=12)
    assert abs(12 * found.instalment_minor - amount_minor - found.interest_minor) <= 12


def test_the_interest_of_a_loan_pays_for_what_its_price_is_made_of():
    # Worked example W1 at 12 %, of which a third is the cost of money: 141.16 of 423.48. PD 2 % × (70 % of 12,000 +
    # 423.48) = 176.47; work 30.00; the rest 75.85.
    inputs = RateInputs(
        funding_bps=400, loss_given_default_bps=7000, cost_per_loan_minor=3_000, margin_bps=5_000, legal_cap_bps=1200
    )
    found = terms_of(inputs, default_probability_ppm=20_000, amount_minor=1_200_000, term_months=6)
    parts = found.parts
    assert found.interest_minor == parts.interest_minor == 42_348
    assert (parts.funding_minor, parts.expected_loss_minor, parts.work_minor, parts.margin_minor) == (
        14_116, 17_647, 3_000, 7_585,
    )  # fmt: skip
