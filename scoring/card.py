"""The points card: one table of bins and whole points, which officer, supervisor and replay all read alike.

Points are soundness points plus reputation points. A bin holds the values from its lower edge (included) up to the
next edge. 600 points are odds of 30 good to 1 bad, and 20 points double the odds, as the card's scale says; the
calibration then says which odds were met in truth.
"""

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scoring.card_feature import FAMILIES, CardFeature, read_feature
from scoring.card_text import (
    BrokenTable,
    CardError,
    NewerForm,
    NotACard,
    WrongHash,
    canonical,
    file_text,
    hash_of,
    parse,
)
from scoring.explained import Usual, contribution, reasons_and_strengths
from scoring.feature_points import feature_points
from scoring.records import ScoreResult

__all__ = [
    "BrokenTable",
    "Card",
    "CardError",
    "CardFeature",
    "NewerForm",
    "NotACard",
    "Usual",
    "WrongHash",
    "canonical",
    "card_file_text",
    "load_expert",
    "read_card",
]

EXPERT = Path(__file__).with_name("expert.json")
SCALE = ("points", "odds", "double_points")


@dataclass(frozen=True, slots=True)
class Card:
    """A points card, read from its canonical JSON."""

    name: str
    currency: str | None
    """That of features of unit money; None where the card does not ask for one."""
    base: Mapping[str, int]
    """Points of each family before any feature."""
    scale: Mapping[str, int]
    """`points` at `odds` good to 1 bad; `double_points` more double them."""
    grades: tuple[tuple[str, int], ...]
    """Grade and least points, best first; the last grade takes the rest."""
    features: tuple[CardFeature, ...]
    calibration: Mapping[str, Any]
    """`assumed`, and `a` and `b` of the log-odds of good: a + b x those of the scale."""
    provenance: Mapping[str, Any]
    """How the card was made."""
    body: str
    """The whole card as canonical JSON, without its hash."""

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hash_of(self.body)

    @property
    def usual_points(self) -> int:
        """Points of a usual shop."""
        return sum(self.base.values()) + sum(feature.usual_points for feature in self.features)

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """The points of many shops at once.

        Args:
            features: the frame of scoring.features.compute, or any with a column per feature. A column that is not
                there counts as missing; so does what is not finite, text where a number belongs, and a category that
                the card does not know. `<name>_missing` may say why a cell is empty.

        Returns:
            A frame with the same index: `points`, `soundness_points`, `reputation_points` (int64), `grade` (text),
            `default_probability_ppm` (int64), `default_probability` (float64, a share), `unseen` (text: features
            whose missing bin or category was not seen when the card was fitted, joined by commas), and the points of
            each feature in a column of its name (int64).

        Raises:
            CardError: where the frame has two columns of a name that the card asks for.
        """
        given, unseen = {}, {}
        for feature in self.features:
            points, missing = feature_points(feature, _only(features, feature.name), self.currency)
            given[feature.name] = points
            unseen[feature.name] = missing
        families = {family: self._family_points(family, given, len(features)) for family in FAMILIES}
        total = families["soundness"] + families["reputation"]
        ppm = _looked_up(self.probability_ppm, total, np.int64)
        columns = {
            "points": total,
            "soundness_points": families["soundness"],
            "reputation_points": families["reputation"],
            "grade": pd.Series(_looked_up(self.grade, total, object), index=features.index, dtype=object),
            "default_probability_ppm": ppm,
            "default_probability": ppm / 1_000_000,
            "unseen": pd.Series(_names(unseen, len(features)), index=features.index, dtype=object),
            **given,
        }
        return pd.DataFrame(columns, index=features.index, copy=False)

    def explain(self, features: pd.DataFrame, usual: Mapping[str, Usual] | None = None) -> list[ScoreResult]:
        """The score of each row of `features`, with what every feature gave, the reasons and the strengths.

        Args:
            features: as for `score`.
            usual: by feature, what is usual in place of the card's own; the gaps are held against it.
        """
        names = [name for each in self.features for name in (each.name, f"{each.name}_missing")]
        there = [name for name in dict.fromkeys([*names, "currency"]) if name in features]
        cells = [_only(features, name)[name].tolist() for name in there]
        rows = zip(*cells, strict=True) if cells else [()] * len(features)
        return [self.explain_row(dict(zip(there, row, strict=True)), usual) for row in rows]

    def explain_row(self, row: Mapping[str, object], usual: Mapping[str, Usual] | None = None) -> ScoreResult:
        """The score of one shop, the same as among many; `row` holds its cells by column."""
        usual = usual or {}
        given = tuple(contribution(each, row, self.currency, usual.get(each.name)) for each in self.features)
        soundness, reputation = (
            self.base[family] + sum(each.points for each in given if each.family == family) for family in FAMILIES
        )
        reasons, strengths = reasons_and_strengths(given)
        return ScoreResult(
            points=soundness + reputation,
            soundness_points=soundness,
            reputation_points=reputation,
            grade=self.grade(soundness + reputation),
            default_probability_ppm=self.probability_ppm(soundness + reputation),
            contributions=given,
            reasons=reasons,
            strengths=strengths,
        )

    def probability_ppm(self, points: int) -> int:
        """Probability of default of a number of points, in millionths.

        Source: WORKED.md, W16: 1 / (1 + odds * 2^((points - base) / points that double the odds)). A fitted card's
        log-odds of good are a + b times those of the scale (Platt 1999, on the log-odds of a card).

        >>> [load_expert().probability_ppm(points) for points in (580, 600, 620, 640)]
        [62500, 32258, 16393, 8264]
        """
        doublings = (points - self.scale["points"]) / self.scale["double_points"]
        a, b = self.calibration.get("a", 0), self.calibration.get("b", 1)
        if (a, b) == (0, 1):
            odds = self.scale["odds"] * math.exp2(min(doublings, 1000.0))
        else:
            log_odds = a + b * (math.log(self.scale["odds"]) + doublings * math.log(2))
            odds = math.exp(min(log_odds, 700.0))
        return round(1_000_000 / (1 + odds))

    def grade(self, points: int) -> str:
        """The grade of a number of points."""
        return next((grade for grade, least in self.grades if points >= least), self.grades[-1][0])

    def _family_points(self, family: str, given: Mapping[str, np.ndarray], rows: int) -> np.ndarray:
        total = np.full(rows, self.base[family], dtype=np.int64)
        for feature in self.features:
            if feature.family == family:
                total += given[feature.name]
        return total


def _only(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame, in which a name that is asked for stands once."""
    if not frame.columns.is_unique and list(frame.columns).count(name) > 1:
        raise CardError(f"The frame has two columns of the name {name}.")
    return frame


def _looked_up(answer: Callable[[int], object], points: np.ndarray, dtype: type) -> np.ndarray:
    """What `answer` says of each number of points.

    Each whole number in their range is worked out once, so that a shop has the same grade and probability alone and
    among all.
    """
    if not len(points):
        return np.empty(0, dtype=dtype)
    least, most = int(points.min()), int(points.max())
    table: np.ndarray = np.array([answer(value) for value in range(least, most + 1)], dtype=dtype)
    return np.take(table, points - least)


def _names(unseen: Mapping[str, np.ndarray | None], rows: int) -> np.ndarray:
    """The names that are true of each row, joined by commas."""
    said = np.full(rows, "", dtype=object)
    for name, which in unseen.items():
        if which is not None and which.any():
            said[which] = [f"{before}, {name}" if before else name for before in said[which]]
    return said


@functools.cache
def load_expert() -> Card:
    """The expert card: fixed signs, documented bins, no outcomes; its probability is an assumption."""
    return read_card(EXPERT.read_text(encoding="utf-8"))


def card_file_text(card: Card) -> str:
    """The card as JSON that people can read, with its hash; `read_card` gives back the same card.

    >>> read_card(card_file_text(load_expert())) == load_expert()
    True
    """
    return file_text(card.body)


def read_card(text: str, expected_hash: str | None = None) -> Card:
    """The card of a JSON text.

    Args:
        text: the card, of any form that this version knows. If it says its own hash, that is checked.
        expected_hash: the hash under which the caller knows the card.

    Raises:
        CardError: NotACard where the text is no JSON with a form; NewerForm where it comes from a newer version;
            WrongHash where it is not the card that it, or the caller, names; BrokenTable where its table does not
            hold together.
    """
    content = parse(text, expected_hash)
    try:
        card = Card(
            name=content["name"],
            currency=content["currency"],
            base=content["base"],
            scale=content["scale"],
            grades=tuple((entry["grade"], entry["least_points"]) for entry in content["grades"]),
            features=tuple(read_feature(entry) for entry in content["features"]),
            calibration=content["calibration"],
            provenance=content["provenance"] if content["form"] > 1 else content.get("provenance", {}),
            body=canonical(content),
        )
        _check(card, content["form"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenTable(f"The card is not whole: {error}.") from error
    return card


def _check(card: Card, form: int) -> None:
    names = [feature.name for feature in card.features]
    if len(set(names)) != len(names):
        raise BrokenTable("The card names a feature twice.")
    whole = [*(card.base[family] for family in FAMILIES), *(card.scale[name] for name in SCALE)]
    if not all(type(each) is int for each in (*whole, *(least for _, least in card.grades))):
        raise BrokenTable("Base, scale and grades are whole numbers.")
    if set(card.base) != set(FAMILIES) or min(card.scale[name] for name in ("odds", "double_points")) < 1:
        raise BrokenTable("The base has two families; odds and the points that double them are 1 or more.")
    leasts = [least for _, least in card.grades]
    if not leasts or leasts != sorted(set(leasts), reverse=True):
        raise BrokenTable("The least points of the grades fall from one to the next.")
    if form > 1 and not all(type(card.calibration[name]) in (int, float) for name in ("a", "b")):
        raise BrokenTable("The calibration has two numbers, a and b.")
    if card.calibration.get("b", 1) <= 0:
        raise BrokenTable("The calibration turns the order round: b must be above 0.")
