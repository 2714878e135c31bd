"""What lowers and lifts a score, in words: each figure with its value, what is usual, and what would change the grade.

A figure is held against the shop's own category where that has enough shops, else against all.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from components import wording
from components.factor_words import factor, factor_value, inside, usual_value
from scoring.counterfactual import Change, Counterfactual
from scoring.features import BY_NAME, MISSING
from scoring.records import Reason, ScoreResult
from scoring.reference import EVERYBODY, NOTHING_KNOWN, PeerFigure, Reference

LONGEST_TITLE = 46
# Of a category, in Latin letters.
LONGEST_CATEGORY = 28
OTHERS = "All other figures"
NONE_REACHES = "No change of up to three of its figures by a step or two would reach grade {}: it needs {}"


@dataclass(frozen=True, slots=True)
class Company:
    """Whom a shop is held against."""

    reference: Reference = NOTHING_KNOWN
    category: str | None = None

    def figure(self, feature: str) -> tuple[str, PeerFigure] | None:
        """What is usual of a feature, and in which group."""
        return self.reference.peer_figure(self.category, feature)


NOBODY = Company()


def reason_sentence(reason: Reason, currency: str, company: Company = NOBODY) -> str:
    """One reason of a score with its value and what is usual among peers; of none, what is usual for the card."""
    name = factor(reason.feature)
    if reason.missing == "other_currency":
        return f"{name}: {MISSING[reason.missing]}"
    usual = usual_in(reason, currency, company)
    if reason.value is None:
        return f"{name}: {MISSING.get(reason.missing or '', 'not on record')}; {usual}"
    return f"{name} {factor_value(reason.feature, reason.unit, reason.value, currency)}; {usual}"


def usual_in(reason: Reason, currency: str, company: Company) -> str:
    """What half of the peers have, in words: under it where less is better, and else at least it."""
    found = company.figure(reason.feature)
    if found is None:
        return f"usual is {usual_value(reason, currency)}"
    group, figure = found
    median = factor_value(reason.feature, reason.unit, figure.median, currency)
    such = f"all {figure.cases:,} shops" if group == EVERYBODY else f"{figure.cases:,} shops of {_category(group)}"
    known = BY_NAME.get(reason.feature)
    if known is not None and known.sign < 0:
        return f"half of {such} stay at {median} or under"
    return f"half of {such} have {median} or more"


def _category(group: str) -> str:
    return inside(wording.shortened(group, LONGEST_CATEGORY)) or "its kind"


def reason_rows(result: ScoreResult, currency: str, company: Company = NOBODY) -> pd.DataFrame:
    """Reasons and strengths as rows of the points chart, reasons first; last what is left, so that all adds up.

    Returns:
        A row per reason or strength: factor, gap (points, int64), shop, usual and said (text). The gaps add up to the
        points above or below what is usual.
    """
    told = (*result.reasons, *result.strengths)
    left = sum(each.gap for each in result.contributions) - sum(each.gap for each in told)
    others = [(OTHERS, left, "", "", f"{OTHERS} together")] if left else []
    rows = [
        (
            factor(each.feature),
            each.gap,
            "none" if each.value is None else factor_value(each.feature, each.unit, each.value, currency),
            _usual_beside(each, currency, company),
            reason_sentence(each, currency, company),
        )
        for each in told
    ]
    frame = pd.DataFrame([*rows, *others], columns=["factor", "gap", "shop", "usual", "said"])
    return frame.astype({"gap": np.int64})


def _usual_beside(reason: Reason, currency: str, company: Company) -> str:
    found = company.figure(reason.feature)
    if found is None or reason.missing == "other_currency":
        return usual_value(reason, currency)
    return factor_value(reason.feature, reason.unit, found[1].median, currency)


def points_title(rows: pd.DataFrame) -> str:
    """The title of the reasons: which side weighs more, named by its heaviest factors."""
    named = rows[rows["factor"] != OTHERS]
    against, strong = named[named["gap"] < 0], named[named["gap"] > 0]
    if against.empty or strong.empty:
        lone = "Nothing stands out against it" if against.empty else "Nothing stands out for it"
        return lone if len(named) else "Points of the score"
    heavier, lighter = (strong, against) if strong["gap"].sum() >= -against["gap"].sum() else (against, strong)
    names = [inside(name) for name in (*heavier["factor"].head(2), lighter["factor"].iloc[0])]
    outweighs = (
        f"{names[0]} and {names[1]} outweigh {names[2]}" if len(heavier) > 1 else f"{names[0]} outweighs {names[-1]}"
    )
    if len(outweighs) > LONGEST_TITLE:
        outweighs = f"{names[0]} outweighs {names[-1]}"
    return outweighs[0].upper() + outweighs[1:]


def gap_sentence(result: ScoreResult, reference: Reference) -> str:
    """How far the score is from what it is held against, and what that is."""
    gap = sum(each.gap for each in result.contributions)
    usual = result.points - gap
    held = f"the average of {reference.cases:,} approved applicants" if reference.cases else "a usual shop of the card"
    if gap == 0:
        return f"Together as many points as {held}: {usual}"
    return f"Together {wording.points(gap)} points against {held}, {usual}"


def next_grade_sentence(found: Counterfactual | None, currency: str) -> str | None:
    """What would bring the shop to the next grade; None for one of the best grade."""
    if found is None:
        return None
    needed = wording.count(found.needed_points, "point")
    if not found.changes:
        return NONE_REACHES.format(found.grade, needed) + "."
    told = wording.listed([_change(each, currency) for each in found.changes])
    return f"Grade {found.grade} is {needed} away: {told}."


def _change(change: Change, currency: str) -> str:
    target = factor_value(change.feature, change.unit, change.target, currency)
    now = factor_value(change.feature, change.unit, change.value, currency)
    name = inside(factor(change.feature))
    return f"{name} {'at least' if change.more else 'under'} {target}, now {now}"
