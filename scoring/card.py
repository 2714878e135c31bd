"""The points card: one table of bins and whole points, which officer, supervisor and replay all read alike.

Points are soundness points plus reputation points. A bin holds the values from its lower edge (included) up to the
next edge. 600 points are odds of 30 good to 1 bad, and 20 points double the odds, as the card's scale says.
"""

import functools
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scoring.records import Contribution, Reason, ScoreResult

FORM = 1
FAMILIES = ("soundness", "reputation")
EXPERT = Path(__file__).with_name("expert.json")
MOST_REASONS = 4
ANY = "any"
"""The entry of `missing` that stands for every reason not listed."""


class CardError(Exception):
    """A card cannot be read; the text says where it is wrong."""


@dataclass(frozen=True, slots=True)
class CardFeature:
    """The bins of one feature."""

    name: str
    family: str
    unit: str
    sign: int
    code: str
    """Reason code of a decision."""
    edges: tuple[float, ...]
    points: tuple[int, ...]
    """One more than edges: below the first edge, ..., from the last edge on."""
    missing: Mapping[str, int]
    """Points by the reason for which the value is missing; `any` for the reasons not listed."""
    missing_codes: Mapping[str, str]
    """Reason codes that stand in for `code` where the value is missing."""
    usual_points: int
    usual_value: float | None


@dataclass(frozen=True, slots=True)
class Card:
    """A points card, read from its canonical JSON."""

    name: str
    currency: str
    base: Mapping[str, int]
    """Points of each family before any feature."""
    scale: Mapping[str, int]
    """`points` at `odds` good to 1 bad; `double_points` more double them."""
    grades: tuple[tuple[str, int], ...]
    """Grade and least points, best first; the last grade takes the rest."""
    features: tuple[CardFeature, ...]
    calibration: Mapping[str, Any]
    body: str
    """The whole card as canonical JSON."""

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(self.body.encode()).hexdigest()

    @property
    def usual_points(self) -> int:
        """Points of a usual shop."""
        return sum(self.base.values()) + sum(feature.usual_points for feature in self.features)

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """The points of many shops at once.

        Args:
            features: the frame of scoring.features.compute. A column that is not there counts as missing.

        Returns:
            A frame with the same index: `points`, `soundness_points`, `reputation_points` (int64), `grade` (text),
            `default_probability_ppm` (int64), and the points of each feature in a column of its name (int64).
        """
        points = {feature.name: self._points(feature, features) for feature in self.features}
        families = {
            family: self.base[family]
            + sum(
                (points[f.name] for f in self.features if f.family == family), np.zeros(len(features), dtype=np.int64)
            )
            for family in FAMILIES
        }
        total = families["soundness"] + families["reputation"]
        return pd.DataFrame(
            {
                "points": total,
                "soundness_points": families["soundness"],
                "reputation_points": families["reputation"],
                "grade": self._grades(total),
                "default_probability_ppm": self._probabilities(total),
                **points,
            },
            index=features.index,
        )

    def explain(self, features: pd.DataFrame) -> list[ScoreResult]:
        """The score of each row of `features`, with what every feature gave, the reasons and the strengths."""
        scored = self.score(features)
        values = {feature.name: self._values(feature, features) for feature in self.features}
        rows = [dict(zip(scored.columns, row, strict=True)) for row in scored.itertuples(index=False, name=None)]
        return [self._result(row, values, place) for place, row in enumerate(rows)]

    def probability_ppm(self, points: int) -> int:
        """Probability of default of a number of points, in millionths.

        Source: WORKED.md, W16: 1 / (1 + odds * 2^((points - base) / points that double the odds)).

        >>> [load_expert().probability_ppm(points) for points in (580, 600, 620, 640)]
        [62500, 32258, 16393, 8264]
        """
        doublings = (points - self.scale["points"]) / self.scale["double_points"]
        odds = self.scale["odds"] * math.exp2(doublings)
        return round(1_000_000 / (1 + odds))

    def grade(self, points: int) -> str:
        """The grade of a number of points."""
        return next((grade for grade, least in self.grades if points >= least), self.grades[-1][0])

    def _values(self, feature: CardFeature, features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Each row's value (NaN where missing) and the reason for which it is missing (None where it is not)."""
        nothing = pd.Series(None, index=features.index, dtype=object)
        value = pd.to_numeric(features.get(feature.name, nothing), errors="coerce").to_numpy(dtype=float)
        why = features.get(f"{feature.name}_missing", nothing).to_numpy(dtype=object).copy()
        if feature.unit == "money":
            foreign = (features["currency"] != self.currency).to_numpy(dtype=bool)
            value = np.where(foreign, np.nan, value)
            why[foreign] = "other_currency"
        there = np.isfinite(value)
        why[there] = None
        why[~there & pd.isna(why)] = "not_a_number"
        return np.where(there, value, np.nan), why

    def _points(self, feature: CardFeature, features: pd.DataFrame) -> np.ndarray:
        value, why = self._values(feature, features)
        bins = np.searchsorted(np.array(feature.edges), value, side="right")
        points = np.array(feature.points, dtype=np.int64)[np.minimum(bins, len(feature.edges))]
        absent = np.isnan(value)
        points[absent] = [feature.missing.get(reason, feature.missing[ANY]) for reason in why[absent]]
        return points

    def _grades(self, points: np.ndarray) -> np.ndarray:
        known, place = np.unique(points, return_inverse=True)
        return np.array([self.grade(int(value)) for value in known], dtype=object)[place]

    def _probabilities(self, points: np.ndarray) -> np.ndarray:
        # Each number of points is worked out once, so that a shop has the same probability alone and among all.
        known, place = np.unique(points, return_inverse=True)
        return np.array([self.probability_ppm(int(value)) for value in known], dtype=np.int64)[place]

    def _result(
        self, row: Mapping[str, Any], values: Mapping[str, tuple[np.ndarray, np.ndarray]], place: int
    ) -> ScoreResult:
        given = tuple(
            _contribution(feature, values[feature.name][0][place], values[feature.name][1][place], row[feature.name])
            for feature in self.features
        )
        reasons, strengths = reasons_and_strengths(given)
        return ScoreResult(
            points=row["points"],
            soundness_points=row["soundness_points"],
            reputation_points=row["reputation_points"],
            grade=row["grade"],
            default_probability_ppm=row["default_probability_ppm"],
            contributions=given,
            reasons=reasons,
            strengths=strengths,
        )


def _contribution(feature: CardFeature, value: float, why: str | None, points: int) -> Contribution:
    return Contribution(
        feature=feature.name,
        family=feature.family,
        unit=feature.unit,
        value=None if why is not None else float(value),
        missing=why,
        points=points,
        usual_points=feature.usual_points,
        usual_value=feature.usual_value,
        code=feature.code if why is None else feature.missing_codes.get(why, feature.code),
    )


def reasons_and_strengths(contributions: tuple[Contribution, ...]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """Up to four reasons and up to four strengths: the gaps to the usual, added up by reason code.

    Features of one code tell the same story (sales falling, and no sale for weeks), so each code appears once,
    with the feature of its widest gap. The gaps of all codes add up to the points above the usual shop's.
    """
    codes: dict[str, list[Contribution]] = {}
    for contribution in contributions:
        codes.setdefault(contribution.code, []).append(contribution)
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
    )


def canonical(content: object) -> str:
    """JSON with sorted keys and no spaces: the same content is the same text, and so the same hash."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@functools.cache
def load_expert() -> Card:
    """The expert card: fixed signs, documented bins, no outcomes; its probability is an assumption."""
    return read_card(EXPERT.read_text(encoding="utf-8"))


def read_card(text: str) -> Card:
    """The card of a JSON text.

    Raises:
        CardError: where the text is no JSON, comes from a newer version, or its table does not hold together.
    """
    try:
        content = json.loads(text)
        form = content["form"]
    except (ValueError, TypeError, KeyError) as error:
        raise CardError("This is no points card: it is not JSON with a form.") from error
    if form != FORM:
        raise CardError(f"This card has form {form}; this version of Loam reads form {FORM}.")
    try:
        return Card(
            name=content["name"],
            currency=content["currency"],
            base=content["base"],
            scale=content["scale"],
            grades=tuple((entry["grade"], entry["least_points"]) for entry in content["grades"]),
            features=tuple(_read_feature(entry) for entry in content["features"]),
            calibration=content["calibration"],
            body=canonical(content),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CardError(f"The card is not whole: {error}.") from error


def _read_feature(entry: Mapping[str, Any]) -> CardFeature:
    feature = CardFeature(
        name=entry["name"],
        family=entry["family"],
        unit=entry["unit"],
        sign=entry["sign"],
        code=entry["code"],
        edges=tuple(float(edge) for edge in entry["edges"]),
        points=tuple(entry["points"]),
        missing=entry["missing"],
        missing_codes=entry.get("missing_codes", {}),
        usual_points=entry["usual_points"],
        usual_value=entry["usual_value"],
    )
    whole = (*feature.points, *feature.missing.values(), feature.usual_points)
    if feature.family not in FAMILIES:
        raise CardError(f"{feature.name}: unknown family {feature.family}.")
    if len(feature.points) != len(feature.edges) + 1 or list(feature.edges) != sorted(set(feature.edges)):
        raise CardError(f"{feature.name}: edges must rise, with one more number of points than edges.")
    if not all(type(points) is int for points in whole) or ANY not in feature.missing:
        raise CardError(f"{feature.name}: points must be whole numbers, with one for any missing value.")
    steps = [after - before for before, after in zip(feature.points, feature.points[1:], strict=False)]
    if feature.sign and any(step * feature.sign < 0 for step in steps):
        raise CardError(f"{feature.name}: the points go against the expected sign.")
    return feature
