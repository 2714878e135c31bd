"""How a default probability follows from points, in words and rows: what it rests on, and what each grade stands for.

Plain text throughout; what a card says of itself may have been written by anybody.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from components import wording
from scoring.card import Card
from scoring.records import ScoreResult

NOT_COUNTED = (
    "Nobody has counted defaults for this card yet: the probability follows from its scale alone and is assumed. "
    "{points} points stand for odds of {odds} good shops to 1 bad one, and {double} more double them."
)
MARKS = "Marks are the shares that went bad in each grade, with their 95% ranges."
# Of what a card says of itself, in Latin letters.
LONGEST_SAYING = 160


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of the records of a grade that had no say in the fit."""

    grade: str
    rows: int
    bad: int
    low_share: float
    """The 95% interval of the share that went bad."""
    high_share: float

    @property
    def share(self) -> float:
        """The share that went bad."""
        return self.bad / self.rows


def observed_of(card: Card) -> tuple[Observed, ...]:
    """What the card says came of its grades; nothing where it says nothing that can be read."""
    told = card.provenance.get("grades")
    found = [_observed(each) for each in told] if isinstance(told, list) else []
    return tuple(each for each in found if each is not None)


def _observed(told: object) -> Observed | None:
    if not isinstance(told, Mapping):
        return None
    counts = [told.get(name) for name in ("rows", "bad", "low_ppm", "high_ppm")]
    if not isinstance(told.get("grade"), str) or not all(type(each) is int for each in counts):
        return None
    rows, bad, low, high = (int(each) for each in counts if each is not None)
    return Observed(str(told["grade"]), rows, bad, low / 1e6, high / 1e6) if 0 <= bad <= rows and rows else None


def calibration_title(result: ScoreResult, card: Card) -> str:
    """The title of the calibration: the shop's probability, and on how many outcomes it stands."""
    said = f"Default {wording.probability(result.default_probability_ppm)} at {result.points} points"
    bad = card.calibration.get("bad")
    if card.calibration.get("assumed"):
        return f"{said}, assumed"
    return f"{said}, by {bad:,} counted defaults" if type(bad) is int else said


def calibration_sentence(card: Card, observed: Sequence[Observed]) -> str:
    """How a probability follows from points, what that rests on, and what the marks beside the curve are."""
    points, odds, double = (card.scale[name] for name in ("points", "odds", "double_points"))
    if card.calibration.get("assumed"):
        return NOT_COUNTED.format(points=points, odds=odds, double=double)
    rows, bad, slope = (card.calibration.get(name) for name in ("rows", "bad", "b"))
    doubles = double / slope if isinstance(slope, int | float) and slope > 0 else double
    said = f"{doubles:.0f} more points double the odds of being good."
    if type(rows) is int and type(bad) is int:
        said += f" Counted on {rows:,} records with {bad:,} defaults."
    note = card.calibration.get("note")
    told = [said, wording.shortened(note, LONGEST_SAYING) if isinstance(note, str) else "", MARKS if observed else ""]
    return " ".join(filter(None, told))


def seen_sentence(each: Observed) -> str:
    """What came of a grade."""
    interval = wording.share_range(each.low_share, each.high_share)
    return f"grade {each.grade}: {each.bad:,} of {each.rows:,} went bad, {wording.share(each.share)} ({interval})"


def observed_sentence(observed: Sequence[Observed]) -> str:
    """What came of each grade; nothing where nothing was observed."""
    return f"Observed: {'; '.join(seen_sentence(each) for each in observed)}" if observed else ""


def grade_table(card: Card, grades: Sequence[str], observed: Sequence[Observed]) -> pd.DataFrame:
    """Each grade of a card, best first: its least points, the probability there, and how many shops have it.

    Args:
        card: the card.
        grades: of every shop, by its newest score.
        observed: of observed_of; a column of what went bad is there only with something in it.

    Returns:
        Grade, From points, Default there, Went bad (text), Shops today (whole numbers). The last grade has no least
        points; its probability is that of the most points that it has.
    """
    names = [grade for grade, _ in card.grades]
    leasts = [*(least for _, least in card.grades[:-1]), None]
    counted = Counter(grades)
    shown: dict[str, object] = {
        "Grade": names,
        "From points": [wording.MISSING if least is None else f"{least:,}" for least in leasts],
        "Default there": [_default_at(card, least) for least in leasts],
        "Shops today": [counted[grade] for grade in names],
    }
    if observed:
        found = {each.grade: _went_bad(each) for each in observed}
        shown["Went bad"] = [found.get(grade, wording.MISSING) for grade in names]
    return pd.DataFrame(shown)


def _default_at(card: Card, least: int | None) -> str:
    """The probability at the least points of a grade; of the last one, which has none, right below the one before."""
    if least is not None:
        return wording.probability(card.probability_ppm(least))
    return f"from {wording.probability(card.probability_ppm(card.grades[-2][1] - 1))}" if card.grades[1:] else "any"


def _went_bad(found: Observed) -> str:
    interval = wording.share_range(found.low_share, found.high_share)
    return f"{found.bad:,} of {found.rows:,}: {wording.share(found.share)} ({interval})"
