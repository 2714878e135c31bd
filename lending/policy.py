"""The lending policy: what may be offered, what is recommended, and who may settle it.

A policy is versioned data, kept whole as canonical JSON, so that each decision can name the one it was made under.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lending import reasons as known_reasons
from lending.demand import DemandCurve
from lending.pricing import RateInputs

FIRST_POLICY = Path(__file__).with_name("policy_1.json")

Outcome = Literal["approve", "approve_less", "decline", "refer"]
Authority = Literal["officer", "second_officer", "manager"]
Grade = Literal["A", "B", "C", "D", "E"]

OUTCOMES: tuple[Outcome, ...] = ("approve", "approve_less", "decline", "refer")
GRADES: tuple[Grade, ...] = ("A", "B", "C", "D", "E")
AUTHORITIES: tuple[Authority, ...] = ("officer", "second_officer", "manager")
"""From the least to the most."""
LENDING_OUTCOMES = ("approve", "approve_less")


class BrokenPolicy(Exception):
    """The text is not a policy; says which part is wrong."""


@dataclass(frozen=True, slots=True)
class GradeRule:
    """What a grade allows: a multiple of median monthly net sales, and what to recommend."""

    multiple_hundredths: int
    recommend: Literal["approve", "refer", "decline"]


@dataclass(frozen=True, slots=True)
class GradeLimits:
    """Up to and with which amount one officer or two may lend to a grade; None where they may not at all."""

    officer_minor: int | None = None
    second_officer_minor: int | None = None


@dataclass(frozen=True, slots=True)
class AuthorityRule:
    """Who may settle what, by amount and grade, flags and override; a manager settles the rest.

    Versions before the matrix name a limit and grades for one officer and for two; they are read as the same matrix.
    """

    limits: dict[str, GradeLimits]
    """By grade, every grade."""
    flagged: Authority = "manager"
    """What lending on a flagged file needs at least."""
    override: Authority = "manager"
    """What an answer against the policy needs at least."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy. Its comments stay in the JSON."""

    version: int
    currency: str
    product_cap_minor: int
    least_amount_minor: int
    rounding_step_minor: int
    terms_months: tuple[int, ...]
    days_to_decide: int
    grades: dict[str, GradeRule]
    least_history_months: int
    """Below this many complete months of sales a file is referred."""
    season_history_months: int
    """Below this many the limit is at most the weakest full month, since there is no season to go by."""
    affordability_bps: int
    cash_margin_bps: int
    rate: RateInputs
    authority: AuthorityRule
    most_reasons: int
    longest_note: int
    reasons: tuple[str, ...]
    demand: DemandCurve | None = None
    """What a rate does to demand; a version that says nothing of it shows nothing of it."""

    def clears_cut_off(self, grade: str) -> bool:
        """Whether a grade is above the cut-off, so that the policy recommends lending."""
        return self.grades[grade].recommend == "approve"


def canonical(body: str) -> str:
    """The same JSON with sorted keys and no spaces, as it is stored and hashed.

    >>> canonical('{"b": 1, "a": [2]}')
    '{"a":[2],"b":1}'
    """
    return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@functools.lru_cache(maxsize=16)
def load(body: str) -> Policy:
    """Read a policy from its JSON; members that end in "comment" are for people.

    Raises:
        BrokenPolicy: where the text is no JSON, a member is missing, unknown or of the wrong kind, or the numbers
            contradict each other.
    """
    try:
        members = _without_comments(json.loads(body))
        policy = Policy(
            **_converted(
                members,
                terms_months=tuple,
                grades=lambda grades: {name: GradeRule(**_without_comments(rule)) for name, rule in grades.items()},
                rate=lambda rate: RateInputs(**_without_comments(rate)),
                authority=lambda rule: _authority_rule(_without_comments(rule)),
                reasons=tuple,
                demand=lambda curve: DemandCurve(**_without_comments(curve)),
            )
        )
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise BrokenPolicy(f"not a policy: {error}") from error
    _require_sense(policy)
    return policy


def _without_comments(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if not name.endswith("comment")}


def _converted(members: dict[str, Any], **converters: Callable[[Any], Any]) -> dict[str, Any]:
    there = {name: convert for name, convert in converters.items() if name in members}
    return members | {name: convert(members[name]) for name, convert in there.items()}


def _authority_rule(members: dict[str, Any]) -> AuthorityRule:
    if "limits" in members:
        given = {grade: GradeLimits(**_without_comments(each)) for grade, each in members["limits"].items()}
        return AuthorityRule(**members | {"limits": given})
    rest = dict(members)
    one, two = (
        (rest.pop(f"{who}_limit_minor"), tuple(rest.pop(f"{who}_grades"))) for who in ("officer", "second_officer")
    )
    # What one officer may settle of a grade that two may not was a manager's.
    limits: dict[str, GradeLimits] = {
        grade: GradeLimits(one[0] if grade in one[1] else None, two[0]) if grade in two[1] else GradeLimits()
        for grade in GRADES
    }
    return AuthorityRule(limits, **rest)


def _authority_makes_sense(rule: AuthorityRule) -> bool:
    """Whether each grade has limits, those of two officers no lower than those of one, and both take a second person
    where the file is flagged or the answer against the policy.
    """
    for each in rule.limits.values():
        amounts = [limit for limit in (each.officer_minor, each.second_officer_minor) if limit is not None]
        if any(type(limit) is not int or limit < 0 for limit in amounts) or amounts != sorted(amounts):
            return False
        if each.officer_minor is not None and each.second_officer_minor is None:
            return False
    second = all(each in AUTHORITIES[1:] for each in (rule.flagged, rule.override))
    return second and set(rule.limits) == set(GRADES)


def _require_sense(policy: Policy) -> None:
    rate = policy.rate
    numbers = {
        "product_cap_minor": policy.product_cap_minor,
        "least_amount_minor": policy.least_amount_minor,
        "rounding_step_minor": policy.rounding_step_minor,
        "days_to_decide": policy.days_to_decide,
        "affordability_bps": policy.affordability_bps,
        "cash_margin_bps": policy.cash_margin_bps,
        "legal_cap_bps": rate.legal_cap_bps,
        "loss_given_default_bps": rate.loss_given_default_bps,
        "most_reasons": policy.most_reasons,
        "longest_note": policy.longest_note,
    }
    if policy.demand is not None:
        numbers["halving_bps"] = policy.demand.halving_bps
        # The curve may begin at no rate at all.
        numbers["accepted_bps"] = policy.demand.accepted_bps or 1
    wrong = [name for name, value in numbers.items() if type(value) is not int or value <= 0]
    checks = {
        "grades": set(policy.grades) == set(GRADES),
        "recommend": all(rule.recommend in ("approve", "refer", "decline") for rule in policy.grades.values()),
        "multiple_hundredths": all(rule.multiple_hundredths >= 0 for rule in policy.grades.values()),
        "terms_months": bool(policy.terms_months) and all(term >= 1 for term in policy.terms_months),
        "reasons": bool(policy.reasons) and set(policy.reasons) <= set(known_reasons.REASONS),
        "authority": _authority_makes_sense(policy.authority),
        "rate": min(rate.funding_bps, rate.cost_per_loan_minor, rate.margin_bps) >= 0,
        "affordability_bps": policy.affordability_bps <= 10_000,
        "loss_given_default_bps": rate.loss_given_default_bps <= 10_000,
    }
    wrong += [name for name, right in checks.items() if not right]
    if wrong:
        raise BrokenPolicy(f"these members of the policy make no sense: {', '.join(dict.fromkeys(wrong))}")
