"""What a loan of a certain amount and term would cost: its rate in parts, its instalment, its interest in all."""

from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from lending.loan_schedule import PPM, LoanTerms, schedule_of
from lending.pricing import InterestParts, Price, RateInputs, interest_parts, price
from lending.schedule import level_instalment_minor

# A month's interest is a twelfth of the year's, so the day of payment makes no difference to the sum.
ANY_DAY = date(2000, 1, 1)
BPS = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """A loan as it would be lent."""

    amount_minor: int
    term_months: int
    price: Price
    instalment_minor: int
    """The level instalment of a month."""
    interest_minor: int
    """All interest of the schedule: what the borrower pays back on top of the amount."""
    default_probability_ppm: int
    """What the price reckons with over the life of the loan, in millionths."""
    parts: InterestParts
    """What the interest pays for."""


def terms_of(inputs: RateInputs, *, default_probability_ppm: int, amount_minor: int, term_months: int) -> Terms:
    """Price a loan of an amount and a term.

    Args:
        inputs: of the policy in force.
        default_probability_ppm: of the score, over the life of the loan, in millionths.
        amount_minor: above 0.
        term_months: 1 or more.

    Source: the price and its parts of worked example W13, the schedule of W1.
    """
    cost = price(
        inputs, default_probability_ppm=default_probability_ppm, principal_minor=amount_minor, term_months=term_months
    )
    level = level_instalment_minor(amount_minor, rate_bps=cost.rate_bps, months=term_months)
    annual_rate_ppm = cost.rate_bps * PPM // BPS
    lines = schedule_of(LoanTerms(amount_minor, "annuity", ANY_DAY, term_months, annual_rate_ppm))
    interest = sum(line.interest_minor for line in lines)
    repaid = accumulate((line.principal_minor for line in lines[:-1]), initial=0)
    owed = sum(amount_minor - each for each in repaid)
    parts = interest_parts(
        inputs, default_probability_ppm=default_probability_ppm, principal_minor=amount_minor, interest_minor=interest,
        owed_months_minor=owed,
    )  # fmt: skip
    return Terms(amount_minor, term_months, cost, level, interest, default_probability_ppm, parts)
