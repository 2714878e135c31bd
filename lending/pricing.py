"""What a loan must cost: funding, risk and work over the loan's own life, then stated per year.

A probability of default over the loan's life belongs with the funding and the cost of that same life; put into
a yearly formula it underprices short loans (worked example W13).
"""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from lending.schedule import half_up

BPS = 10_000
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class RateInputs:
    """What the price is made of."""

    funding_bps: int
    """Yearly cost of the money lent."""
    loss_given_default_bps: int
    """Share of the principal that a defaulted loan loses in the end."""
    cost_per_loan_minor: int
    margin_bps: int
    legal_cap_bps: int
    """The highest yearly rate that the law enforces."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The three parts of a break-even rate, as shares per year."""

    funding: Fraction
    risk: Fraction
    work: Fraction

    @property
    def rate(self) -> Fraction:
        """The yearly rate at which the lender neither gains nor loses."""
        return self.funding + self.risk + self.work


@dataclass(frozen=True, slots=True)
class Price:
    """A yearly rate and its parts, in whole basis points that add up to it exactly."""

    funding_bps: int
    risk_bps: int
    work_bps: int
    margin_bps: int
    """What is left above break-even; below zero where the legal cap does not even cover that."""
    capped: bool
    """Whether the legal cap cut the margin."""

    @property
    def break_even_bps(self) -> int:
        """The rate without a margin."""
        return self.funding_bps + self.risk_bps + self.work_bps

    @property
    def rate_bps(self) -> int:
        """The rate asked of the borrower."""
        return self.break_even_bps + self.margin_bps


@dataclass(frozen=True, slots=True)
class InterestParts:
    """What becomes of the interest of one loan over its own life, in whole minor units that add up to it exactly."""

    funding_minor: int
    expected_loss_minor: int
    work_minor: int
    margin_minor: int
    """What is left; below zero where the loan does not pay for itself."""

    @property
    def interest_minor(self) -> int:
        """All interest of the schedule."""
        return self.funding_minor + self.expected_loss_minor + self.work_minor + self.margin_minor


def average_life_months(term_months: int) -> Fraction:
    """How long a unit of a loan in monthly instalments is out on average: the mean of 1, 2, … term.

    Exact for equal principal; the principal of a level instalment comes back a few days later.

    >>> average_life_months(9)
    Fraction(5, 1)
    """
    return Fraction(term_months + 1, 2)


def break_even(
    *, default_probability: Fraction, loss_given_default: Fraction, funding: Fraction, cost: Fraction, months: Fraction
) -> BreakEven:
    """The yearly rate that pays for funding, expected loss and work of a loan that is out for `months`.

    Over the life of the loan, with f its funding: f + PD·(LGD + f) ÷ (1 − PD) + cost ÷ (1 − PD); then times
    12 ÷ months. A loan that defaults is taken to owe its whole principal, since most do so early.

    Args:
        default_probability: over the loan's life, from 0 to below 1.
        loss_given_default: share of the principal lost by a default.
        funding: yearly cost of money, as a share.
        cost: cost of one loan as a share of its principal.
        months: the time that the principal is out on average.

    Raises:
        ValueError: for a default that is certain, which no price pays for, or no time.

    Source: what a hundred such loans bring back, set equal to what their money and work cost; worked example W13.

    >>> year = break_even(default_probability=Fraction(2, 100), loss_given_default=Fraction(75, 100),
    ...                   funding=Fraction(2, 100), cost=Fraction(0), months=Fraction(12))
    >>> round(float(year.rate), 6)
    0.035714
    """
    if not 0 <= default_probability < 1 or months <= 0:
        raise ValueError(f"no price for a default probability of {default_probability} over {months} months")
    per_year = 12 / months
    funding_of_life = funding / per_year
    survives = 1 - default_probability
    return BreakEven(
        funding=funding,
        risk=default_probability * (loss_given_default + funding_of_life) / survives * per_year,
        work=cost / survives * per_year,
    )


def price(inputs: RateInputs, *, default_probability_ppm: int, principal_minor: int, term_months: int) -> Price:
    """The yearly rate of a loan in monthly instalments: break-even and margin, under the legal cap.

    The break-even rate is rounded half up to the basis point and its parts by the largest remainder. Where the
    cap binds, the margin gives way.
    """
    parts = break_even(
        default_probability=Fraction(default_probability_ppm, PPM),
        loss_given_default=Fraction(inputs.loss_given_default_bps, BPS),
        funding=Fraction(inputs.funding_bps, BPS),
        cost=Fraction(inputs.cost_per_loan_minor, principal_minor),
        months=average_life_months(term_months),
    )
    funding, risk, work = _whole_parts([parts.funding * BPS, parts.risk * BPS, parts.work * BPS])
    room = inputs.legal_cap_bps - (funding + risk + work)
    return Price(funding, risk, work, min(inputs.margin_bps, room), capped=room < inputs.margin_bps)


def interest_parts(
    inputs: RateInputs,
    *,
    default_probability_ppm: int,
    principal_minor: int,
    interest_minor: int,
    owed_months_minor: int,
) -> InterestParts:
    """What the interest of a loan pays for over the loan's own life.

    Funding is its yearly cost on what is owed, month by month. The expected loss is
    PD × (LGD × principal + interest): as in `break_even`, a loan that defaults is taken to do so early, owing its whole
    principal and having paid no interest. Work is the cost of one loan. The margin is what is left, so that at the
    break-even rate nothing is. All four are rounded by the largest remainder.

    Args:
        inputs: of the policy in force.
        default_probability_ppm: over the life of the loan, in millionths.
        principal_minor: the amount lent.
        interest_minor: all interest of the schedule.
        owed_months_minor: the principal owed in each month of the schedule, added up.

    Source: expected loss = PD × LGD × exposure at default (Basel Committee, CRE 35), exposure as said above; the
    break-even loans of worked example W13, whose parts add up to their interest with no margin.

    >>> bullet = RateInputs(funding_bps=200, loss_given_default_bps=7500, cost_per_loan_minor=0, margin_bps=0,
    ...                     legal_cap_bps=1200)
    >>> interest_parts(bullet, default_probability_ppm=20_000, principal_minor=1_000_000, interest_minor=35_714,
    ...                owed_months_minor=12 * 1_000_000)
    InterestParts(funding_minor=20000, expected_loss_minor=15714, work_minor=0, margin_minor=0)
    """
    funding = Fraction(inputs.funding_bps * owed_months_minor, BPS * 12)
    lost = Fraction(inputs.loss_given_default_bps * principal_minor, BPS) + interest_minor
    loss = Fraction(default_probability_ppm, PPM) * lost
    work = Fraction(inputs.cost_per_loan_minor)
    return InterestParts(*_whole_parts([funding, loss, work, interest_minor - funding - loss - work]))


def _whole_parts(parts: list[Fraction]) -> list[int]:
    """Whole numbers near the parts that sum to their rounded sum: the largest remainders go up."""
    whole = [floor(part) for part in parts]
    missing = half_up(sum(parts, Fraction(0))) - sum(whole)
    by_remainder = sorted(range(len(parts)), key=lambda index: whole[index] - parts[index])
    for index in by_remainder[:missing]:
        whole[index] += 1
    return whole
