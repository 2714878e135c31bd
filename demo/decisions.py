"""What the desk was inclined to decide before today: plain data, recorded by the same door as any decision.

The inclinations come from what the shop truly is, seen through a veil, as an officer's would: not from the card. What
then is answered stays within the policy, but for the few times on which an officer insists and a manager agrees.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from demo import loans
from demo.applications import Application, applications_of
from demo.courses import usual_sales
from demo.shops import SEED
from demo.stories import all_shops
from lending import reasons
from lending.offer import Offer
from lending.policy import LENDING_OUTCOMES, Policy
from lending.reasons import SALES_TOO_LOW
from lending.rounds import Answer

OFFICERS = 2
VEIL = 0.7
"""Standard deviation of what an officer misreads, against the shop's health of standard deviation 1."""
SHORT_HISTORY_DAYS = 365
YEARLY_LOSS = -0.12
HIGH_REFUND_SHARE = 0.10
HIGH_LATE_SHARE = 0.10
SHARE_DECLINED = 0.34
SHARE_LESS = 0.04
SHARE_INSISTED = 0.18
SHARE_REFERRED = 0.35
MOST_REASONS = 3

NOTES = {
    "approve": ("Steady trade, instalment well inside the weak months.", "Known goods, buyers come back."),
    "approve_less": (
        "Less until the next season has been seen.",
        "The smaller amount carries the worst three months; the asked one does not.",
    ),
    "decline": (
        "Not now; invited to apply again after two good quarters.",
        "The record does not carry an instalment of this size.",
    ),
    "refer": ("Below the cut-off. A manager should look before it is declined.",),
}


@dataclass(frozen=True, slots=True)
class PastDecision:
    """One decision of the demo's past. Amounts are whole minor units; None where nothing is lent."""

    application_ref: str
    days_ago: int
    officer: int
    """Which of the desk's officers decided, from 0."""
    outcome: str
    asked_minor: int
    amount_minor: int | None
    term_months: int | None
    reasons: tuple[str, ...]
    note: str
    insists: bool
    """Whether this is the desk's answer even where its policy says otherwise; a manager settles it then."""
    refers: bool = False
    """Whether the first officer passes a file on that the policy would refer; a manager settles it then."""


def referral(told: PastDecision, offer: Offer) -> Answer | None:
    """The first round of a file that the officer passed on before the desk gave its `answer`; None for the others."""
    if not told.refers or offer.recommended != "refer":
        return None
    return Answer(
        outcome="refer", amount_minor=None, term_months=None, rate_bps=None, reasons=(), note=NOTES["refer"][0]
    )


def proposal(offer: Offer) -> Answer | None:
    """What an officer answers who follows the policy, where it takes a second person; None for all other files."""
    if offer.recommended not in LENDING_OUTCOMES or offer.authority == "officer":
        return None
    return Answer(
        outcome=offer.recommended,
        amount_minor=offer.amount_minor,
        term_months=offer.term_months,
        rate_bps=offer.rate_bps,
        reasons=() if offer.recommended == "approve" else (SALES_TOO_LOW,),
        note=NOTES[offer.recommended][0],
    )


def answer(told: PastDecision, offer: Offer, policy: Policy, *, score_reasons: tuple[str, ...]) -> Answer:
    """The answer of a desk that was inclined so: within its policy, unless it insists.

    Nobody lends where the policy leaves no room or flags the file, however he insists.

    Args:
        told: the inclination.
        offer: what the policy offered on the day.
        policy: in force on the day.
        score_reasons: codes of what the score had against the shop; the answer gives them before its own.
    """
    amount_minor = _lent(told, offer, policy)
    if amount_minor is None:
        outcome = "decline"
    else:
        amount_minor = min(max(amount_minor, policy.least_amount_minor), told.asked_minor)
        outcome = "approve" if amount_minor == told.asked_minor else "approve_less"
    lends = amount_minor is not None
    return Answer(
        outcome=outcome,
        amount_minor=amount_minor,
        term_months=offer.term_months if lends else None,
        rate_bps=offer.rate_bps if lends else None,
        reasons=() if outcome == "approve" else (score_reasons or told.reasons or (SALES_TOO_LOW,))[:MOST_REASONS],
        note=told.note if outcome == told.outcome else NOTES[outcome][0],
    )


def _lent(told: PastDecision, offer: Offer, policy: Policy) -> int | None:
    """What the desk lends, in minor units; None where it declines."""
    has_room = bool(offer.limit_minor) and not offer.flags
    if not has_room:
        return None
    if not policy.clears_cut_off(offer.grade):
        return min(told.amount_minor, offer.limit_minor) if told.amount_minor and told.insists else None
    if told.insists:
        return told.amount_minor
    return min(told.amount_minor or told.asked_minor, offer.limit_minor)


def past(*, shops: int, seed: int = SEED, as_of: date) -> list[PastDecision]:
    """The earlier decisions of the marketplace that `write` makes of the same arguments, oldest first."""
    everyone = all_shops(shops, seed=seed, as_of=as_of)
    asked = applications_of(everyone, seed=seed, as_of=as_of)
    book = loans.history(everyone, asked, seed=seed, as_of=as_of)
    decided = [each for each in loans.asking(book, asked, as_of=as_of) if each.decided_days_ago is not None]
    rng = np.random.default_rng([seed, shops, *b"decisions"])
    seen = np.array([_impression(each) for each in decided]) + VEIL * rng.standard_normal(len(decided))
    ranks = np.argsort(np.argsort(seen)) / max(1, len(decided))
    answers = [_decision(each, float(rank), rng, as_of=as_of) for each, rank in zip(decided, ranks, strict=True)]
    return sorted(answers, key=lambda answer: -answer.days_ago)


def _impression(application: Application) -> float:
    """How a file looks to an officer: the shop's health, and how much it asks for."""
    sales = usual_sales(application.shop, days_ago=application.decided_days_ago or 0)
    return application.shop.health - float(np.log(application.amount / sales))


def _decision(application: Application, rank: float, rng: np.random.Generator, *, as_of: date) -> PastDecision:
    """The worst-looking files are declined, those next to them get less, the others what they asked for."""
    outcome = (
        "decline" if rank < SHARE_DECLINED else "approve_less" if rank < SHARE_DECLINED + SHARE_LESS else "approve"
    )
    asked_minor = application.amount * 100
    less_minor = int(asked_minor * rng.uniform(0.4, 0.75)) // 10_000 * 10_000
    amounts = {"approve": asked_minor, "approve_less": less_minor, "decline": None}
    notes = NOTES[outcome]
    return PastDecision(
        application_ref=application.ref,
        days_ago=application.decided_days_ago or 0,
        officer=int(rng.integers(OFFICERS)),
        outcome=outcome,
        asked_minor=asked_minor,
        amount_minor=amounts[outcome],
        term_months=None if outcome == "decline" else application.term_months,
        reasons=() if outcome == "approve" else _reasons(application, as_of=as_of),
        note=notes[rng.integers(len(notes))],
        insists=bool(rng.random() < SHARE_INSISTED),
        refers=bool(rng.random() < SHARE_REFERRED),
    )


def _reasons(application: Application, *, as_of: date) -> tuple[str, ...]:
    """Up to three, from what the shop truly is; where nothing is wrong, its sales are too low for the amount."""
    shop, days_ago = application.shop, application.decided_days_ago or 0
    age_days = (as_of - shop.opened_on).days - days_ago
    told = (
        (age_days < SHORT_HISTORY_DAYS, reasons.SHORT_HISTORY),
        (shop.growth < YEARLY_LOSS or bool(shop.turns), reasons.SALES_FALLING),
        (shop.refund_share > HIGH_REFUND_SHARE, reasons.HIGH_REFUNDS),
        (shop.late_share > HIGH_LATE_SHARE or shop.star_tilt < -0.2, reasons.RATING_DECLINE),
        (shop.trade_buyers, reasons.BUYER_CONCENTRATION),
        (shop.other_lender, reasons.EXCESS_OBLIGATIONS),
    )
    found = tuple(reason for holds, reason in told if holds)[:MOST_REASONS]
    return found or (SALES_TOO_LOW,)
