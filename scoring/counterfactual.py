"""What would bring a shop to the next grade: the smallest believable change, in figures that a shop can change.

Believable is one bin or two of a figure, and up to three figures. Fewer figures come before fewer bins; of equals the
one that leaves the fewest points over.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from scoring.card import Card
from scoring.card_feature import CardFeature
from scoring.features import BY_NAME
from scoring.records import Contribution, ScoreResult

MOST_FIGURES = 3
MOST_BINS = 2


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that would have to become better."""

    feature: str
    unit: str
    value: float
    """What it is now, in the feature's unit."""
    target: float
    """What it would have to reach: at least this where more is better, else to fall below it."""
    more: bool
    """Whether it has to rise."""
    points: int
    """What that would bring."""
    bins: int


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """The way to the next grade."""

    grade: str
    needed_points: int
    changes: tuple[Change, ...]
    """In the order of the points that they bring; empty where no believable change reaches the grade."""


def to_next_grade(card: Card, result: ScoreResult) -> Counterfactual | None:
    """The smallest believable change that reaches the next better grade.

    Args:
        card: the card that scored.
        result: the score.

    Returns:
        None for a shop of the best grade.
    """
    better = [(grade, least) for grade, least in card.grades if least > result.points]
    if not better:
        return None
    grade, least = min(better, key=lambda each: each[1])
    needed = least - result.points
    options = [list(_options(feature, given)) for feature, given in _changeable(card, result)]
    options = [each for each in options if each]
    for figures in range(1, MOST_FIGURES + 1):
        found = [
            changes
            for chosen in itertools.combinations(options, figures)
            for changes in itertools.product(*chosen)
            if sum(change.points for change in changes) >= needed
        ]
        if found:
            smallest = min(found, key=_size)
            return Counterfactual(grade, needed, tuple(sorted(smallest, key=lambda each: (-each.points, each.feature))))
    return Counterfactual(grade, needed, ())


def _size(changes: tuple[Change, ...]) -> tuple[int, int, tuple[str, ...]]:
    return (
        sum(change.bins for change in changes),
        sum(change.points for change in changes),
        tuple(change.feature for change in changes),
    )


def _changeable(card: Card, result: ScoreResult) -> Iterator[tuple[CardFeature, Contribution]]:
    """The features of the card whose value is known, that a shop can change, and of which one way is better."""
    given = {each.feature: each for each in result.contributions}
    for feature in card.features:
        known = BY_NAME.get(feature.name)
        if known is not None and known.changeable and feature.sign and feature.name in given:
            contribution = given[feature.name]
            if contribution.value is not None:
                yield feature, contribution


def _options(feature: CardFeature, given: Contribution) -> Iterator[Change]:
    """The better bins within reach that bring points."""
    if given.value is None:
        return
    place = sum(edge <= given.value for edge in feature.edges)
    for bins in range(1, MOST_BINS + 1):
        target = place + bins * feature.sign
        if not 0 <= target < len(feature.points):
            return
        gain = feature.points[target] - given.points
        if gain > 0:
            edge = feature.edges[target - 1 if feature.sign > 0 else target]
            yield Change(feature.name, feature.unit, given.value, edge, feature.sign > 0, gain, bins)
