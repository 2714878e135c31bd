"""From score to offer: the highest amount that the policy allows, what binds it, its price, and the recommendation."""

from dataclasses import dataclass
from typing import Literal

from lending.authority import authority
from lending.policy import Authority, Outcome, Policy
from lending.pricing import Price, price
from lending.schedule import level_instalment_minor, present_value_minor
from lending.stress import SalesBase

CapName = Literal["product", "grade_multiple", "affordability", "short_record"]
# Why the policy recommends what it does; the words are in components/offer_words.py.
Why = Literal[
    "flagged", "grade_declines", "no_room", "grade_refers", "price_above_cap", "limit_below_asked", "within_limit"
]


# The flag of a score that found signs of bought sales.
UNUSUAL_SALES = "unusual_sales"


@dataclass(frozen=True, slots=True)
class Debt:
    """What the owner owes already, over all shops."""

    balance_minor: int
    """Principal still owed."""
    instalment_minor: int
    """Instalments of a month."""


NO_DEBT = Debt(0, 0)


@dataclass(frozen=True, slots=True)
class Cap:
    """One upper bound of the amount, after what the shop owes already."""

    name: CapName
    room_minor: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What the policy offers on an application, and what it recommends to answer."""

    policy_version: int
    grade: str
    asked_minor: int
    term_months: int
    """The longest term offered that is not longer than the one asked for, else the shortest."""
    limit_minor: int
    """The least of the caps, rounded down; 0 where it is below the least amount lent."""
    caps: tuple[Cap, ...]
    """In the order product, grade multiple, affordability, short record; only those that apply."""
    binding_cap: CapName
    amount_minor: int
    """What is offered: what was asked, but at most the limit."""
    price: Price
    instalment_minor: int
    """The level instalment of the amount offered, or of what was asked where nothing is offered."""
    recommended: Outcome
    why: Why
    authority: Authority
    """What the recommended outcome needs."""
    flags: tuple[str, ...]
    """Those given, and the policy's own: sales_unknown, short_history."""
    debt: Debt = NO_DEBT
    """What the owner owes already; it came off the caps, and counts towards the authority."""

    @property
    def rate_bps(self) -> int:
        """The yearly rate."""
        return self.price.rate_bps


def assess(
    policy: Policy,
    *,
    grade: str,
    default_probability_ppm: int,
    sales: SalesBase,
    asked_minor: int,
    term_months: int,
    flags: tuple[str, ...] = (),
    debt: Debt = NO_DEBT,
) -> Offer:
    """The offer on an application (worked example W14).

    Args:
        policy: the policy in force.
        grade: of the score, A to E.
        default_probability_ppm: over the life of the loan, in millionths.
        sales: what the shop sells in a month; see lending.stress.sales_base.
        asked_minor: the amount applied for.
        term_months: the term applied for.
        flags: codes of missing data and of signs of manipulation; with any of them the policy lets only refer.
        debt: what the owner owes already.
    """
    term = offered_term(policy, term_months)
    caps = _caps(policy, grade, sales, debt, term)
    binding = min(caps, key=lambda cap: cap.room_minor)
    limit = _rounded_limit(policy, binding.room_minor)
    amount = min(asked_minor, limit)
    priced = amount or asked_minor
    cost = price(policy.rate, default_probability_ppm=default_probability_ppm, principal_minor=priced, term_months=term)
    flags = (*flags, *_doubts(policy, sales))
    recommended, why = _recommend(policy, grade, flags, cost, asked_minor, limit)
    return Offer(
        policy_version=policy.version,
        grade=grade,
        asked_minor=asked_minor,
        term_months=term,
        limit_minor=limit,
        caps=caps,
        binding_cap=binding.name,
        amount_minor=amount,
        price=cost,
        instalment_minor=level_instalment_minor(priced, rate_bps=cost.rate_bps, months=term),
        recommended=recommended,
        why=why,
        authority=authority(
            policy,
            outcome=recommended,
            amount_minor=amount + debt.balance_minor,
            grade=grade,
            flags=flags,
            override=False,
        ),
        flags=flags,
        debt=debt,
    )


def offered_term(policy: Policy, asked_months: int) -> int:
    """The longest term offered that is not longer than the one asked for, else the shortest."""
    fitting = [term for term in policy.terms_months if term <= asked_months]
    return max(fitting) if fitting else min(policy.terms_months)


def _caps(policy: Policy, grade: str, sales: SalesBase, debt: Debt, term_months: int) -> tuple[Cap, ...]:
    """Existing debt comes off each cap once: as instalment where instalments are compared, else as balance."""
    multiple = (sales.median_minor or 0) * policy.grades[grade].multiple_hundredths // 100
    free = (sales.stressed_minor or 0) * policy.affordability_bps // 10_000 - debt.instalment_minor
    # Worth at the legal cap, the dearest a loan may be: the price depends on the amount, and can't break the test.
    affordable = present_value_minor(max(free, 0), rate_bps=policy.rate.legal_cap_bps, months=term_months)
    caps = [
        Cap("product", max(policy.product_cap_minor - debt.balance_minor, 0)),
        Cap("grade_multiple", max(multiple - debt.balance_minor, 0)),
        Cap("affordability", affordable),
    ]
    if sales.complete_months < policy.season_history_months:
        caps.append(Cap("short_record", max((sales.lowest_minor or 0) - debt.balance_minor, 0)))
    return tuple(caps)


def _rounded_limit(policy: Policy, room_minor: int) -> int:
    limit = room_minor - room_minor % policy.rounding_step_minor
    return limit if limit >= policy.least_amount_minor else 0


def _doubts(policy: Policy, sales: SalesBase) -> tuple[str, ...]:
    """What the policy itself has against trusting the figures, as flags."""
    if sales.median_minor is None or sales.stressed_minor is None:
        return ("sales_unknown",)
    return ("short_history",) if sales.complete_months < policy.least_history_months else ()


def _recommend(
    policy: Policy, grade: str, flags: tuple[str, ...], cost: Price, asked_minor: int, limit_minor: int
) -> tuple[Outcome, Why]:
    """What to answer and on which ground: a flag refers, then the grade or the lack of room declines."""
    rule = policy.grades[grade].recommend
    answers: tuple[tuple[bool, Outcome, Why], ...] = (
        (bool(flags), "refer", "flagged"),
        (rule == "decline", "decline", "grade_declines"),
        (limit_minor == 0, "decline", "no_room"),
        (rule == "refer", "refer", "grade_refers"),
        (cost.margin_bps < 0, "refer", "price_above_cap"),
        (asked_minor > limit_minor, "approve_less", "limit_below_asked"),
    )
    holding = ((outcome, why) for holds, outcome, why in answers if holds)
    return next(holding, ("approve", "within_limit"))
