"""The charts of the Score page: points by feature against the average, and the bins of one feature.

Frames become figures. Nothing is added up here, so the number drawn is the number that was scored.
"""

import numpy as np
import pandas as pd

from components import wording
from components.figure import (
    BAD,
    COMPARISON,
    GOOD,
    HALF,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Sheet,
    write_beside,
)
from components.score_rows import features_by_gap

ROW_PX, BIN_PX = 20, 24
LONGEST_BIN = 36


def features_figure(rows: pd.DataFrame, *, title: str, held_against: str) -> Drawing:
    """Every feature's points as a bar from zero with the average as a mark, what lowers the score most first.

    Args:
        rows: of score_rows.point_rows.
        title: the finding; see score_words.features_title.
        held_against: whose points the marks are, in words.
    """
    frame = features_by_gap(rows)
    points, usual, gaps = (frame[name].to_numpy(dtype="int64") for name in ("points", "usual", "gap"))
    places = np.arange(len(frame))
    said = [
        f"{figure} {shop}: {wording.points(own)} points, average {wording.points(other)}"
        for figure, shop, own, other in zip(frame["figure"], frame["shop"], points, usual, strict=True)
    ]
    lowest, highest = int(min(points.min(), usual.min(), 0)), int(max(points.max(), usual.max(), 0))
    sheet = Sheet(34 + ROW_PX * len(frame), right=40, top=24, bottom=10)
    sheet.add_bars(
        x=points, y=places, orientation="h",
        marker={"color": np.where(gaps < 0, BAD, np.where(gaps > 0, GOOD, COMPARISON))},
        customdata=[wording.figure_text(each, 120) for each in said],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    sheet.add_marks(
        x=usual, y=places, mode="markers", hoverinfo="skip",
        marker={"symbol": "line-ns", "size": 13, "line": {"color": TEXT, "width": 2}},
    )  # fmt: skip
    sheet.set_layout(bargap=0.42, hovermode="closest")
    sheet.set_across(
        range=[lowest - 1.5, highest + 1.5], tickvals=[lowest, 0, highest] if lowest else [0, highest], side="top",
        ticktext=[wording.points(each) for each in ([lowest, 0, highest] if lowest else [0, highest])],
        zeroline=True, zerolinecolor=COMPARISON, zerolinewidth=1,
    )  # fmt: skip
    sheet.set_upwards(
        range=[len(frame) - 0.5, -0.5], tickvals=places, ticktext=list(frame["figure"]), showgrid=False,
        tickfont={"size": TICK_SIZE, "color": TEXT},
    )  # fmt: skip
    write_beside(sheet, "gap", y=1, xshift=8, yref="paper", yanchor="bottom")
    for place, gap in zip(places.tolist(), gaps.tolist(), strict=True):
        write_beside(sheet, f"<b>{wording.points(gap)}</b>" if gap else "0", y=place, xshift=8)
    columns = {
        "Figure": frame["figure"], "This shop": frame["shop"], "Points": points, "Average": usual, "Gap": gaps,
    }  # fmt: skip
    return Drawing(sheet.figure(), title, f"{title}. Average is that of {held_against}. {'; '.join(said)}.", columns)


def step_figure(frame: pd.DataFrame, *, title: str) -> Drawing:
    """The points of each bin of one feature, with this shop's bin and that of the peers' median marked.

    Args:
        frame: of score_rows.step_rows.
        title: the finding; see score_words.step_title.
    """
    points, mine, peers = frame["points"].to_numpy(dtype="int64"), frame["mine"].to_numpy(), frame["peers"].to_numpy()
    places = np.arange(len(frame))
    lowest, highest = int(min(points.min(), 0)), int(max(points.max(), 0))
    air = max(highest - lowest, 6) * 0.28
    sheet = Sheet(16 + BIN_PX * len(frame), right=92, top=8, bottom=8)
    sheet.add_bars(
        x=points, y=places, orientation="h", marker={"color": np.where(mine, SUBJECT, COMPARISON + HALF)},
        text=[wording.points(each) for each in points], textposition="outside", cliponaxis=False,
        textfont={"size": TICK_SIZE, "color": TEXT}, constraintext="none",
        customdata=[wording.figure_text(each, 80) for each in frame["bin"]],
        hovertemplate="%{customdata}: %{text} points<extra></extra>",
    )  # fmt: skip
    sheet.set_layout(bargap=0.34, hovermode="closest")
    sheet.set_across(
        range=[lowest - air, highest + air], showticklabels=False, zeroline=True, zerolinecolor=COMPARISON,
        zerolinewidth=1,
    )  # fmt: skip
    sheet.set_upwards(
        range=[len(frame) - 0.5, -0.5], tickvals=places, showgrid=False, tickfont={"size": TICK_SIZE, "color": TEXT},
        ticktext=[wording.figure_text(each, LONGEST_BIN) for each in frame["bin"]],
    )  # fmt: skip
    for place in places.tolist():
        said = ["<b>this shop</b>"] * bool(mine[place]) + ["peers"] * bool(peers[place])
        write_beside(sheet, ", ".join(said), y=place, xshift=8, font={"size": TICK_SIZE, "color": TEXT})
    told = "; ".join(f"{name} {wording.points(each)}" for name, each in zip(frame["bin"], points, strict=True))
    whose = [
        f" {who} falls into {frame['bin'][column].iloc[0]}."
        for who, column in (("This shop", mine), ("The peers' median", peers))
        if column.any()
    ]
    marked = {"This shop": mine, "Peers' median": peers}
    columns = {"Bin": frame["bin"], "Points": points} | {
        name: np.where(which, "yes", "") for name, which in marked.items()
    }
    return Drawing(sheet.figure(), title, f"{title}. Points by bin: {told}.{''.join(whose)}", columns)
