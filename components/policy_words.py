"""The policy in words: its members with their values, who settles what, and what a version says otherwise."""

from collections.abc import Sequence
from typing import Any

from components import wording
from lending.authority import Ground
from lending.policy import AUTHORITIES, GRADES, Policy
from lending.policy_changes import Change

MEMBERS = {
    "currency": "Currency",
    "product_cap_minor": "Largest loan",
    "least_amount_minor": "Least loan",
    "rounding_step_minor": "Limits rounded down to",
    "terms_months": "Terms, months",
    "days_to_decide": "Days to an answer",
    "least_history_months": "Months of sales below which a file is flagged",
    "season_history_months": "Months of sales below which the weakest month counts",
    "affordability_bps": "Instalments, of stressed sales",
    "cash_margin_bps": "Cash, of net sales",
    "most_reasons": "Most reasons",
    "longest_note": "Longest note",
    "reasons": "Reasons",
    "rate.funding_bps": "Funding",
    "rate.loss_given_default_bps": "Loss given default",
    "rate.cost_per_loan_minor": "Handling of a loan",
    "rate.margin_bps": "Margin",
    "rate.legal_cap_bps": "Legal cap of the rate",
    "authority.flagged": "Flagged file needs",
    "authority.override": "Override needs",
    "demand.accepted_bps": "Rate at which nobody walks away",
    "demand.halving_bps": "Rate that halves who stays",
}
OF_GRADE = {
    "multiple_hundredths": "Months of sales, grade {}",
    "recommend": "Recommended, grade {}",
    "officer_minor": "One officer up to, grade {}",
    "second_officer_minor": "Two officers up to, grade {}",
}
NEVER = "not at all"
BECAUSE = {
    "amount": "the amount is above what fewer people may lend to this grade",
    "grade": "the grade is not one for fewer people",
    "flags": "the file is flagged",
    "override": "it goes against the policy's own answer",
}
SETTLES = {"officer": "one officer", "second_officer": "a second officer", "manager": "a manager"}


def member(path: str) -> str:
    """A member of the policy as a label."""
    *_, grade, name = ["", *path.split(".")]
    return OF_GRADE[name].format(grade) if name in OF_GRADE else MEMBERS.get(path, path)


def value(path: str, told: Any, currency: str) -> str:  # noqa: ANN401  (a member of a policy)
    """The value of a member in its own unit.

    >>> value("rate.margin_bps", 250, "CNY"), value("authority.limits.C.officer_minor", None, "CNY")
    ('2.5%', 'not at all')
    >>> value("terms_months", (3, 6), "CNY"), value("authority.flagged", "second_officer", "CNY")
    ('3, 6', 'a second officer')
    """
    if told is None:
        return NEVER if path.startswith("authority.") else "nothing"
    if isinstance(told, tuple):
        return ", ".join(wording.REASONS.get(str(each), str(each)) for each in told)
    if path.startswith("authority.") and told in AUTHORITIES:
        return SETTLES[told]
    if path.endswith("_minor"):
        return wording.exact_money(told, currency)
    if path.endswith("_bps"):
        return wording.rate(told)
    if path.endswith("_hundredths"):
        return f"{told / 100:g}"
    return wording.OUTCOMES.get(str(told), str(told))


def change_line(change: Change, before: str, after: str) -> str:
    """A change in one line; the currencies are those of the versions."""
    old, new = value(change.member, change.before, before), value(change.member, change.after, after)
    return f"{member(change.member)}: {old} → {new}"


def matrix(policy: Policy) -> list[dict[str, str]]:
    """Who settles lending to each grade: a row per grade, with the amount up to which fewer than a manager do."""
    rows = []
    for grade in GRADES:
        limits = policy.authority.limits[grade]
        one, two = limits.officer_minor, limits.second_officer_minor
        most = f"above {wording.exact_money(two, policy.currency)}" if two is not None else "any amount"
        rows.append(
            {
                "grade": grade,
                "officer": _up_to(one, policy.currency),
                "second_officer": _up_to(two, policy.currency) if two != one else NEVER,
                "manager": most,
            }
        )
    return rows


def _up_to(limit: int | None, currency: str) -> str:
    return NEVER if limit is None else f"up to {wording.exact_money(limit, currency)}"


def beside_the_matrix(policy: Policy) -> str:
    """What flags and overrides need, in a sentence."""
    flagged, override = SETTLES[policy.authority.flagged], SETTLES[policy.authority.override]
    if flagged == override:
        return f"Lending on a flagged file and any answer against the policy need {override} at least."
    return f"Lending on a flagged file needs {flagged} at least, any answer against the policy {override}."


def why_needed(grounds: Sequence[Ground]) -> str:
    """Which authority an answer needs, and what about it asks for that; the rest that asks for as much stands beside.

    >>> why_needed([Ground("override", "manager"), Ground("amount", "second_officer")])
    "Needs a manager: it goes against the policy's own answer."
    >>> why_needed([])
    'One officer could have settled this.'
    """
    if not grounds:
        return "One officer could have settled this."
    most = grounds[0].authority
    binding = [BECAUSE[each.because] for each in grounds if each.authority == most]
    return f"Needs {SETTLES[most]}: {wording.listed(binding)}."
