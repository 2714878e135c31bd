"""What the policy says of an answer: whether it is complete, against the policy, and enough to settle the file.

The form asks it beforehand and the record asks it again, so that both say the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lending.authority import Ground, grounds, is_override, settles
from lending.offer import Offer
from lending.policy import Authority, Policy
from lending.rounds import Answer, Round

# Where no score tells the grade, nothing can be lent, and the lowest grade stands for that.
UNSCORED_GRADE = "E"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The authority that an answer needs, whether it goes against the policy, and whether it settles the file."""

    authority: Authority
    override: bool
    final: bool


def grounds_of(policy: Policy, answer: Answer, *, offer: Offer | None, override: bool) -> tuple[Ground, ...]:
    """Everything for which an answer needs more than one officer, what asks for most first.

    What the owner owes already counts towards the authority: five loans of a hundred thousand are half a million.
    """
    return grounds(
        policy,
        outcome=answer.outcome,
        amount_minor=(answer.amount_minor or 0) + (offer.debt.balance_minor if offer else 0),
        grade=offer.grade if offer else UNSCORED_GRADE,
        flags=offer.flags if offer else (),
        override=override,
    )


def judge(policy: Policy, answer: Answer, *, offer: Offer | None, rounds: Sequence[Round], role: str) -> Judgement:
    """Hold an answer of somebody in a role against the policy.

    Args:
        policy: the policy in force.
        answer: what would be recorded.
        offer: what the policy allows; None where the shop is not scored.
        rounds: the earlier rounds of the file.
        role: of the person who answers.

    Raises:
        AboveAuthority: where this role can neither settle nor propose it.
    """
    override = offer is not None and is_override(
        policy,
        outcome=answer.outcome,
        amount_minor=answer.amount_minor,
        grade=offer.grade,
        limit_minor=offer.limit_minor,
        flags=offer.flags,
    )
    found = grounds_of(policy, answer, offer=offer, override=override)
    needed = found[0].authority if found else "officer"
    agreed = any(agrees(each, answer) for each in rounds)
    final = answer.outcome != "refer" and settles(needed, role=role, agreed_before=agreed)
    return Judgement(needed, override, final)


def agrees(earlier: Round, answer: Answer) -> bool:
    """Whether an earlier round proposed what is now answered, or more of it: a second person confirms no new terms.

    Another rate is a new term, a lower one too: what nobody proposed is seen by two.
    """
    return (
        earlier.outcome == answer.outcome
        and earlier.term_months == answer.term_months
        and earlier.rate_bps == answer.rate_bps
        and (earlier.amount_minor or 0) >= (answer.amount_minor or 0)
    )
