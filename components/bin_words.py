"""The bins of a card in words: "10% to 20%", and into which of them a shop falls. Plain text throughout."""

from bisect import bisect_right
from itertools import pairwise

from components import wording
from components.factor_words import factor_value
from scoring.card_feature import ANY, CardFeature
from scoring.features import MISSING
from scoring.records import Contribution

# Units that are counted, so that a bin up to the next edge ends one before it.
COUNTED = {"count", "days"}
# Of a category, in Latin letters.
LONGEST_CATEGORY = 28


def bins_in_words(feature: CardFeature, currency: str) -> list[str]:
    """Each bin of a feature, lowest values first, and each category in the card's order; the missing bins are not here.

    A bin holds its lower edge and not its upper one.
    """
    if feature.categories is not None:
        return [wording.shortened(name, LONGEST_CATEGORY) for name in feature.categories]
    edges = _edges_in_words(feature, currency)
    if not edges:
        return ["any value"]
    if feature.unit in COUNTED and all(edge.is_integer() for edge in feature.edges):
        inner = [_whole(round(low), round(high) - 1, feature.unit) for low, high in pairwise(feature.edges)]
    else:
        inner = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *inner, f"{edges[-1]} and more"]


def points_of_bins(feature: CardFeature) -> list[int]:
    """The points of each bin of `bins_in_words`."""
    return list(feature.points if feature.categories is None else feature.categories.values())


def missing_bins(feature: CardFeature) -> dict[str, int]:
    """The points of a missing value by its reason in words."""
    return {missing_words(feature, why): points for why, points in feature.missing.items()}


def missing_words(feature: CardFeature, why: str) -> str:
    """A reason for a missing value as the card tells it apart; one bin stands for all that it does not."""
    if why in feature.missing and why != ANY:
        return MISSING.get(why, why)
    return "missing otherwise" if len(feature.missing) > 1 else "missing"


def place_of(feature: CardFeature, value: float | None, category: str | None = None) -> int | None:
    """The bin of `bins_in_words` that a value or category falls into; None for one that is in none of them."""
    if feature.categories is not None:
        known = list(feature.categories)
        return known.index(category) if category in known else None
    return None if value is None else bisect_right(feature.edges, value)


def bin_of(feature: CardFeature, given: Contribution, currency: str) -> str:
    """The bin of a shop in words; of a missing value why it is missing."""
    place = place_of(feature, given.value, given.category) if given.missing is None else None
    if place is None:
        return f"missing: {MISSING.get(given.missing or '', 'not on record')}"
    return bins_in_words(feature, currency)[place]


def _edges_in_words(feature: CardFeature, currency: str) -> list[str]:
    """The edges as values are shown; finer where two of them would read alike."""
    words = [factor_value(feature.name, feature.unit, edge, currency) for edge in feature.edges]
    if len(set(words)) == len(words):
        return words
    if feature.unit == "share":
        return [f"{edge * 100:.6g}%" for edge in feature.edges]
    return [f"{edge:.9g}".replace("-", wording.MINUS) for edge in feature.edges]


def _whole(low: int, high: int, unit: str) -> str:
    noun = " days" if unit == "days" else ""
    if low == high:
        return wording.count(low, "day") if noun else f"{low:,}"
    return f"{low:,} to {high:,}{noun}"
