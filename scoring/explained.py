"""What each feature gave to a score, and the reasons and strengths that follow from it.

A gap is the points of a feature less the usual ones. The gaps of all features add up exactly to the points above
or below the usual, so no reason is left over and none is counted twice.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from scoring.card_feature import ANY, CardFeature
from scoring.columns import NEW_CATEGORY, NOT_A_NUMBER, OTHER_CURRENCY, category, number
from scoring.records import Contribution, Reason

MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual among those to whom a shop is held, such as the approved applicants."""

    points: int
    value: float | None
    """In the feature's unit; None where it is not known."""


def contribution(
    feature: CardFeature, row: Mapping[str, object], currency: str | None, usual: Usual | None
) -> Contribution:
    """The points that a feature gives to one row, beside the usual ones.

    Args:
        feature: the bins.
        row: cells by column; an absent column counts as missing. `<name>_missing` may say why a cell is empty.
        currency: that of the card, which money must be in; None where it has none.
        usual: stands in for the card's own usual points and value.
    """
    cell = row.get(feature.name)
    value, text, why = None, None, None
    if feature.unit == "money" and currency is not None and not _is(row.get("currency"), currency):
        why = OTHER_CURRENCY
    elif feature.categories is not None:
        text = category(cell)
        if text is None or text not in feature.categories:
            why = _why(feature, row) if text is None else NEW_CATEGORY
    else:
        found = number(cell)
        # Only NaN differs from itself.
        value, why = (found, None) if found == found else (None, _why(feature, row))  # noqa: PLR0124
    return Contribution(
        feature=feature.name,
        family=feature.family,
        unit=feature.unit,
        value=value,
        missing=why,
        points=_points(feature, value, text, why),
        usual_points=feature.usual_points if usual is None else usual.points,
        usual_value=feature.usual_value if usual is None else usual.value,
        code=feature.code if why is None else feature.missing_codes.get(why, feature.code),
        category=text,
        seen=why is None or (feature.missing_seen and why != NEW_CATEGORY),
    )


def _is(cell: object, text: str) -> bool:
    # A missing cell compares with nothing, not even as unequal.
    return isinstance(cell, str) and cell == text


def _why(feature: CardFeature, row: Mapping[str, object]) -> str:
    said = row.get(f"{feature.name}_missing")
    return said if isinstance(said, str) else NOT_A_NUMBER


def _points(feature: CardFeature, value: float | None, text: str | None, why: str | None) -> int:
    if why is not None:
        return feature.missing.get(why, feature.missing[ANY])
    if feature.categories is not None and text is not None:
        return feature.categories[text]
    return feature.points[bisect_right(feature.edges, value or 0.0)]


def reasons_and_strengths(contributions: tuple[Contribution, ...]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Up to four reasons and up to four strengths: the gaps to the usual, added up by reason code.

    Features of one code tell the same story (sales falling, and no sale for weeks), so each code appears once,
    with the feature of its widest gap. The gaps of all codes add up to the points above the usual shop's.
    """
    codes: dict[str, list[Contribution]] = {}
    for each in contributions:
        codes.setdefault(each.code, []).append(each)
    grouped = [_reason(code, members) for code, members in codes.items()]
    ordered = sorted(grouped, key=lambda reason: (reason.gap, reason.code))
    reasons = tuple(reason for reason in ordered if reason.gap < 0)[:MOST_REASONS]
    strengths = tuple(reason for reason in reversed(ordered) if reason.gap > 0)[:MOST_REASONS]
    return reasons, strengths


def _reason(code: str, members: list[Contribution]) -> Reason:
    gap = sum(member.gap for member in members)
    widest = min(members, key=lambda member: member.gap if gap < 0 else -member.gap)
    return Reason(
        code=code,
        gap=gap,
        feature=widest.feature,
        family=widest.family,
        unit=widest.unit,
        value=widest.value,
        missing=widest.missing,
        usual_value=widest.usual_value,
        category=widest.category,
    )
