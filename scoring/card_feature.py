"""One feature of a points card: its bins or categories, read from the card and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scoring.card_text import BrokenTable

FAMILIES = ("soundness", "reputation")
ANY = "any"
"""The entry of `missing` that stands for every reason not listed."""
MOST_POINTS = 100_000
"""Of one bin, either way: sums stay whole numbers that every machine adds alike."""
RESERVED = (
    "points",
    "soundness_points",
    "reputation_points",
    "grade",
    "default_probability_ppm",
    "default_probability",
    "unseen",
)
"""Columns of a score, whose names no feature may bear."""


@dataclass(frozen=True, slots=True)
class CardFeature:
    """The bins of one feature, or its categories."""

    name: str
    family: str
    unit: str
    sign: int
    code: str
    """Reason code of a decision."""
    edges: tuple[float, ...]
    points: tuple[int, ...]
    """One more than edges: below the first edge, ..., from the last edge on. None of both for text."""
    missing: Mapping[str, int]
    """Points by the reason for which the value is missing; `any` for the reasons not listed."""
    missing_codes: Mapping[str, str]
    """Reason codes that stand in for `code` where the value is missing."""
    usual_points: int
    usual_value: float | None
    categories: Mapping[str, int] | None = None
    """Points of each known text; None for numbers. Any other text takes the missing bin."""
    missing_seen: bool = True
    """Whether missing values were among the records of the fit. A card made by hand means all its bins."""


def read_feature(entry: Mapping[str, Any]) -> CardFeature:
    """The feature of an entry of the card.

    Raises:
        BrokenTable: where the bins, the points or the sign do not go together.
        KeyError, TypeError, ValueError: where a member is absent or of another kind.
    """
    categories = entry.get("categories")
    feature = CardFeature(
        name=_text(entry["name"]),
        family=entry["family"],
        unit=_text(entry["unit"]),
        sign=entry["sign"],
        code=_text(entry["code"]),
        edges=() if categories is not None else tuple(_number(edge) for edge in entry["edges"]),
        points=() if categories is not None else tuple(entry["points"]),
        missing=dict(entry["missing"]),
        missing_codes=dict(entry.get("missing_codes", {})),
        usual_points=entry["usual_points"],
        usual_value=None if entry["usual_value"] is None else _number(entry["usual_value"]),
        categories=None if categories is None else dict(categories),
        missing_seen=entry.get("missing_seen", True),
    )
    _check(feature)
    return feature


def _check(feature: CardFeature) -> None:
    said = [*feature.points, *feature.missing.values(), *(feature.categories or {}).values(), feature.usual_points]
    if feature.name in RESERVED:
        raise BrokenTable(f"{feature.name}: a score has a column of this name.")
    if feature.family not in FAMILIES:
        raise BrokenTable(f"{feature.name}: unknown family {feature.family}.")
    if feature.sign not in (-1, 0, 1):
        raise BrokenTable(f"{feature.name}: the sign is -1, 0 or 1.")
    if feature.categories is None and not _rising(feature):
        raise BrokenTable(f"{feature.name}: edges must rise, with one more number of points than edges.")
    if not all(type(points) is int and abs(points) <= MOST_POINTS for points in said) or ANY not in feature.missing:
        raise BrokenTable(f"{feature.name}: points must be whole numbers, with one for any missing value.")
    if type(feature.missing_seen) is not bool:
        raise BrokenTable(f"{feature.name}: missing_seen is true or false.")
    if feature.sign and any((after - before) * feature.sign < 0 for before, after in pairwise(feature.points)):
        raise BrokenTable(f"{feature.name}: the points go against the expected sign.")


def _rising(feature: CardFeature) -> bool:
    edges = feature.edges
    return len(feature.points) == len(edges) + 1 and all(a < b for a, b in pairwise(edges))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is no name")
    return value


def _number(value: object) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"{value!r} is no number")
    return float(value)  # type: ignore[arg-type]
