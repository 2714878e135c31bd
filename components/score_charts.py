"""A score as figures: reasons, and the map of all shops.

Frames become figures. Nothing is grouped or added up here, so the number drawn is the number decided on.
"""

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from components import reason_words, wording
from components.figure import (
    BAD,
    COMPARISON,
    FAINT,
    GOOD,
    HALF,
    LABEL_SIZE,
    MUTED_TEXT,
    PAGE,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Sheet,
    axis_title,
    write_beside,
)

# More points than these would hide one another, and take their time to be sent.
MOST_SHOPS = 1_500
LEAST_REACH_POINTS = 80
MAP_HEIGHT = 272


def points_figure(frame: pd.DataFrame) -> Drawing:
    """What lowers and what lifts the score, in points against the approved applicants; the bars add up to the gap.

    Args:
        frame: rows of reason_words.reason_rows.
    """
    gaps = frame["gap"].to_numpy(dtype="int64")
    places = np.arange(len(frame))
    lowest, highest = int(gaps.min(initial=0)), int(gaps.max(initial=0))
    air = max(highest - lowest, 10) * 0.5
    sheet = Sheet(30 + 27 * max(len(frame), 1), right=112, top=24, bottom=4)
    sheet.add_bars(
        x=gaps,
        y=places,
        orientation="h",
        marker={"color": np.where(frame["factor"] == reason_words.OTHERS, COMPARISON, np.where(gaps < 0, BAD, GOOD))},
        text=[wording.points(gap) for gap in gaps],
        textposition="outside",
        textfont={"size": TICK_SIZE, "color": TEXT},
        constraintext="none",
        cliponaxis=False,
        customdata=frame["said"].to_numpy(dtype=object),
        hovertemplate="%{customdata}<br>%{text} points<extra></extra>",
    )
    sheet.set_layout(bargap=0.4, hovermode="closest")
    sheet.set_across(
        range=[lowest - (air if lowest < 0 else 1), highest + (air if highest > 0 else 1)],
        showticklabels=False, zeroline=True, zerolinecolor=COMPARISON, zerolinewidth=1,
    )  # fmt: skip
    sheet.set_upwards(
        range=[len(frame) - 0.5, -0.5], tickvals=places, ticktext=list(frame["factor"]), showgrid=False,
        tickfont={"size": LABEL_SIZE, "color": TEXT},
    )  # fmt: skip
    sheet.write("points", x=0, y=1, yref="paper", yanchor="bottom")
    write_beside(sheet, "<b>shop</b>, peers", y=1, xshift=12, yref="paper", yanchor="bottom")
    for place, shop, usual in zip(places, frame["shop"], frame["usual"], strict=True):
        write_beside(sheet, f"<b>{shop}</b>  {usual}", y=int(place), xshift=12)
    title = reason_words.points_title(frame)
    said = "; ".join(f"{said} ({wording.points(gap)} points)" for said, gap in zip(frame["said"], gaps, strict=True))
    columns = {"Factor": frame["factor"], "Points": gaps, "This shop": frame["shop"], "Peers": frame["usual"]}
    return Drawing(sheet.figure(), title, f"{title}. {said or 'No factor stands out'}.", columns)


def map_figure(
    frame: pd.DataFrame,
    *,
    soundness_points: int,
    reputation_points: int,
    grade_edges: Mapping[str, int],
    title: str,
    height: int = MAP_HEIGHT,
) -> Drawing:
    """This shop among all: financial soundness to the right, credit reputation upwards, grades as diagonals.

    Args:
        frame: a row per other shop, in any fixed order: soundness_points, reputation_points (int), grade. Of many
            every second, third and so on is drawn.
        soundness_points: of this shop.
        reputation_points: of this shop.
        grade_edges: the least points of each grade; of the lowest any number below the others.
        title: the finding; see sentences.score_title.
        height: in pixels.
    """
    drawn = frame.iloc[:: max(-(-len(frame) // MOST_SHOPS), 1)]
    x = drawn["soundness_points"].to_numpy(dtype="int64")
    y = drawn["reputation_points"].to_numpy(dtype="int64")
    across = _reach(np.append(x, soundness_points))
    upwards = _reach(np.append(y, reputation_points))
    sheet = Sheet(height, right=14, bottom=38)
    sheet.add_marks(
        x=x, y=y, mode="markers", marker={"size": 4.5, "color": COMPARISON + FAINT},
        customdata=drawn["grade"].to_numpy(dtype=object),
        hovertemplate="another shop, grade %{customdata}: soundness %{x}, reputation %{y}<extra></extra>",
    )  # fmt: skip
    sheet.add_marks(
        x=np.array([soundness_points]), y=np.array([reputation_points]), mode="markers",
        marker={"size": 13, "color": SUBJECT, "line": {"color": PAGE, "width": 2}},
        hovertemplate="this shop: soundness %{x}, reputation %{y}<extra></extra>",
    )  # fmt: skip
    sheet.set_layout(hovermode="closest")
    sheet.set_across(range=list(across), title=axis_title("Financial soundness, points →"), tickvals=_fifties(across))
    sheet.set_upwards(
        range=list(upwards), title=axis_title("Credit reputation, points →"), tickvals=_fifties(upwards), showgrid=False
    )
    _draw_grades(sheet, grade_edges, across, upwards)
    right_half = soundness_points > (across[0] + across[1]) / 2
    sheet.write(
        "<b>this shop</b>", x=soundness_points, y=reputation_points, yshift=14,
        xanchor="right" if right_half else "left", font={"size": LABEL_SIZE, "color": SUBJECT},
        bgcolor=PAGE + "cc", borderpad=1,
    )  # fmt: skip
    sampled = "" if len(drawn) == len(frame) else f", of which {len(drawn):,} are drawn"
    alt = (
        f"{title}. This shop has {soundness_points} points for soundness and {reputation_points} for reputation, "
        f"among {wording.count(len(frame), 'other shop')}{sampled}."
    )
    columns = {
        "Shop": ["this shop", *["another"] * len(drawn)],
        "Soundness, points": np.concatenate([[soundness_points], x]),
        "Reputation, points": np.concatenate([[reputation_points], y]),
    }
    return Drawing(sheet.figure(), title, alt, columns)


def _draw_grades(sheet: Sheet, edges: Mapping[str, int], across: tuple[int, int], upwards: tuple[int, int]) -> None:
    """Diagonals of equal points, with each grade's letter where its band meets the right or lower edge."""
    ordered = sorted(edges.items(), key=lambda edge: edge[1])
    bounds = [edge for _, edge in ordered[1:]]
    for edge in bounds:
        sheet.add_line(x0=across[0], x1=across[1], y0=edge - across[0], y1=edge - across[1], layer="below",
            line={"color": COMPARISON + HALF, "width": 1},
        )  # fmt: skip
    middles = [
        bounds[0] - 12,
        *((low + high) / 2 for low, high in itertools.pairwise(bounds)),
        bounds[-1] + 12,
    ]
    inset_x, inset_y = (across[1] - across[0]) * 0.04, (upwards[1] - upwards[0]) * 0.05
    for (name, _), total in zip(ordered, middles, strict=True):
        x = min(across[1] - inset_x, total - upwards[0] - inset_y)
        if x > across[0] and total - x < upwards[1]:
            sheet.write(name, x=x, y=total - x, font={"size": LABEL_SIZE, "color": MUTED_TEXT})


def _reach(values: np.ndarray) -> tuple[int, int]:
    """The range of an axis of points: all of them with some air, and wide enough to show where the grades part."""
    low, high = values.min() - 6, values.max() + 6
    air = max(LEAST_REACH_POINTS - (high - low), 0) / 2
    return int(np.floor((low - air) / 10) * 10), int(np.ceil((high + air) / 10) * 10)


def _fifties(reach: tuple[int, int]) -> list[int]:
    return [tick for tick in range(reach[0] + 1, reach[1]) if tick % 50 == 0]
