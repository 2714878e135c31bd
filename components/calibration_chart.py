"""The chart of a card's calibration: points against the probability of default, and what was observed of it."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components import wording
from components.calibration_words import Observed, observed_sentence, seen_sentence
from components.figure import (
    BLUE,
    COMPARISON,
    HALF,
    LABEL_SIZE,
    MUTED_TEXT,
    PAGE,
    SUBJECT,
    Drawing,
    Sheet,
    axis_title,
)
from scoring.card import Card
from scoring.records import ScoreResult

# Shares at which the axis has its lines; what is below the first stands on it.
SHARES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# Points by which the chart goes beyond the edges of the grades, and beyond the shop's own.
BELOW, ABOVE, BESIDE = 45, 65, 15
EVERY = 20


@dataclass(frozen=True, slots=True)
class _Bands:
    """The points that are shown, and the grades in them, lowest first, each from where to where."""

    low: int
    high: int
    grades: tuple[tuple[str, int, int], ...]


def calibration_figure(card: Card, result: ScoreResult, observed: Sequence[Observed], *, title: str) -> Drawing:
    """The probability of default at each number of points, by the card; this shop's, and what was observed.

    The axis of probabilities is logarithmic, or the better grades would lie on one line.

    Args:
        card: the card.
        result: the shop's score.
        observed: of calibration_words.observed_of.
        title: the finding; see calibration_words.calibration_title.
    """
    bands = _bands(card, result.points)
    points = np.arange(bands.low, bands.high + 1)
    shares = np.array([card.probability_ppm(each) for each in points.tolist()]) / 1_000_000
    seen = [share for each in observed for share in (each.low_share, each.high_share) if share > 0]
    floor, top = _reach([*shares.tolist(), *seen])
    sheet = Sheet(272, right=20, top=22, bottom=38)
    sheet.set_layout(hovermode="closest")
    _draw_grades(sheet, bands)
    sheet.add_marks(
        x=points, y=_logs(shares, floor), mode="lines", line={"color": SUBJECT, "width": 2.4},
        customdata=[wording.share(each) for each in shares], hovertemplate="%{x} points: %{customdata}<extra></extra>",
    )  # fmt: skip
    for each in observed:
        _draw_observed(sheet, each, bands, floor)
    _draw_shop(sheet, result, bands, floor)
    ticks = [each for each in SHARES if floor <= each <= top]
    sheet.set_across(
        range=[bands.low, bands.high], tickvals=[each for each in points.tolist() if each % EVERY == 0],
        title=axis_title("Points →"),
    )  # fmt: skip
    sheet.set_upwards(
        range=[math.log10(floor) - 0.1, math.log10(top) + 0.12], tickvals=[math.log10(each) for each in ticks],
        ticktext=[f"{100 * each:g}%" for each in ticks], title=axis_title("Default in 12 months →"),
    )  # fmt: skip
    told = [place for place, each in enumerate(points.tolist()) if each % EVERY == 0]
    said = ", ".join(f"{points[place]} points {wording.share(float(shares[place]))}" for place in told)
    counted = observed_sentence(observed)
    alt = f"{title}. Probability of default by points: {said}.{f' {counted}.' if counted else ''}"
    return Drawing(sheet.figure(), title, alt, {"Points": points[told], "Default, share": shares[told]})


def _draw_grades(sheet: Sheet, bands: _Bands) -> None:
    """A line where each grade begins, and its letter above its part."""
    for grade, first, end in bands.grades:
        if first > bands.low:
            sheet.add_line(
                x0=first, x1=first, y0=0, y1=1, yref="paper", layer="below",
                line={"color": COMPARISON + HALF, "width": 1},
            )  # fmt: skip
        font = {"size": LABEL_SIZE, "color": MUTED_TEXT}
        sheet.write(grade, x=(first + end) / 2, y=1, yref="paper", yanchor="bottom", font=font)


def _draw_observed(sheet: Sheet, each: Observed, bands: _Bands, floor: float) -> None:
    """What went bad of a grade, in the middle of its part, with the interval."""
    middle = next(((first + end) / 2 for grade, first, end in bands.grades if grade == each.grade), None)
    if middle is None:
        return
    ends = _logs(np.array([each.low_share, each.high_share]), floor)
    sheet.add_marks(
        x=np.array([middle, middle]), y=ends, mode="lines", line={"color": BLUE, "width": 1.5}, hoverinfo="skip"
    )
    # A share of zero has no place on this axis, so its range stands alone.
    if each.bad:
        sheet.add_marks(
            x=np.array([middle]), y=_logs(np.array([each.share]), floor), mode="markers",
            marker={"size": 8, "symbol": "diamond", "color": BLUE}, customdata=[seen_sentence(each)],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip


def _draw_shop(sheet: Sheet, result: ScoreResult, bands: _Bands, floor: float) -> None:
    """The shop on the curve, with its probability in words."""
    said = wording.probability(result.default_probability_ppm)
    place = _logs(np.array([result.default_probability_ppm / 1_000_000]), floor)
    sheet.add_marks(
        x=np.array([result.points]), y=place, mode="markers",
        marker={"size": 13, "color": SUBJECT, "line": {"color": PAGE, "width": 2}},
        customdata=[said], hovertemplate="this shop, %{x} points: %{customdata}<extra></extra>",
    )  # fmt: skip
    # The curve falls to the right, so there is room above it on that side, but for the last part.
    far_right = result.points > bands.high - 40
    sheet.write(
        f"<b>this shop</b> {said}", x=result.points, y=float(place[0]), yshift=16,
        xanchor="right" if far_right else "left", font={"size": LABEL_SIZE, "color": SUBJECT}, bgcolor=PAGE + "cc",
        borderpad=1,
    )  # fmt: skip


def _logs(shares: np.ndarray, floor: float) -> np.ndarray:
    """Where shares stand on the axis; what is below its end stands on it."""
    places: np.ndarray = np.log10(np.maximum(shares, floor))
    return places


def _reach(shares: Sequence[float]) -> tuple[float, float]:
    """The least and the largest line of the axis between which all shares lie, as far as there are lines."""
    least, most = min(shares), max(shares)
    return (
        next((each for each in reversed(SHARES) if each <= least), SHARES[0]),
        next((each for each in SHARES if each >= most), SHARES[-1]),
    )


def _bands(card: Card, points: int) -> _Bands:
    """Around the edges of the grades and the shop's own points."""
    leasts = [least for _, least in card.grades[:-1]] or [card.scale["points"]]
    low = min(min(leasts) - BELOW, points - BESIDE) // 10 * 10
    high = -(-max(max(leasts) + ABOVE, points + BESIDE) // 10) * 10
    rising = sorted(card.grades, key=lambda each: each[1])
    edges = [low, *(least for _, least in rising[1:]), high]
    parts = zip(rising, itertools.pairwise(edges), strict=True)
    return _Bands(low, high, tuple((grade, first, end) for (grade, _), (first, end) in parts))
