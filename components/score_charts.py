"""A score and its offer as figures: reasons, the map of all shops, the rate in parts, instalments against cash.

Frames become figures. Nothing is grouped or added up here, so the number drawn is the number decided on.
"""

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from components import sentences, wording
from components.figure import (
    BAD,
    COMPARISON,
    FAINT,
    GOOD,
    HALF,
    LABEL_SIZE,
    MUTED_TEXT,
    PAGE,
    SEQUENTIAL,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Label,
    Sheet,
    add_labels,
    axis_title,
    hover_amount,
    money_scale,
    months_said,
    set_value_axis,
    write_beside,
)
from lending.pricing import Price

MOST_MONTH_NAMES = 9
# More points than these would hide one another, and take their time to be sent.
MOST_SHOPS = 1_500
LEAST_REACH_POINTS = 80
_PART_COLOURS = {
    "funding": (SEQUENTIAL[8], PAGE),
    "risk": (SEQUENTIAL[6], PAGE),
    "handling": (SEQUENTIAL[3], TEXT),
    "margin": (SEQUENTIAL[1], TEXT),
}


def points_figure(frame: pd.DataFrame) -> Drawing:
    """What lowers and what lifts the score, in points against a usual shop.

    Args:
        frame: rows of sentences.reason_rows.
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
        marker={"color": np.where(gaps < 0, BAD, GOOD)},
        text=[wording.points(gap) for gap in gaps],
        textposition="outside",
        textfont={"size": TICK_SIZE, "color": TEXT},
        constraintext="none",
        cliponaxis=False,
        customdata=frame["factor"].to_numpy(dtype=object),
        hovertemplate="%{customdata}: %{text} points<extra></extra>",
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
    write_beside(sheet, "<b>shop</b>, usual", y=1, xshift=12, yref="paper", yanchor="bottom")
    for place, shop, usual in zip(places, frame["shop"], frame["usual"], strict=True):
        write_beside(sheet, f"<b>{shop}</b>  {usual}", y=int(place), xshift=12)
    title = sentences.points_title(frame)
    said = "; ".join(
        f"{factor} {wording.points(gap)} points, {shop} against {usual}"
        for factor, gap, shop, usual in zip(frame["factor"], gaps, frame["shop"], frame["usual"], strict=True)
    )
    columns = {"Factor": frame["factor"], "Points": gaps, "This shop": frame["shop"], "Usual": frame["usual"]}
    return Drawing(sheet.figure(), title, f"{title}. {said or 'No factor stands out'}.", columns)


def map_figure(
    frame: pd.DataFrame, *, soundness_points: int, reputation_points: int, grade_edges: Mapping[str, int], title: str
) -> Drawing:
    """This shop among all: financial soundness to the right, credit reputation upwards, grades as diagonals.

    Args:
        frame: a row per other shop, in any fixed order: soundness_points, reputation_points (int), grade. Of many
            every second, third and so on is drawn.
        soundness_points: of this shop.
        reputation_points: of this shop.
        grade_edges: the least points of each grade; of the lowest any number below the others.
        title: the finding; see sentences.score_title.
    """
    drawn = frame.iloc[:: max(-(-len(frame) // MOST_SHOPS), 1)]
    x = drawn["soundness_points"].to_numpy(dtype="int64")
    y = drawn["reputation_points"].to_numpy(dtype="int64")
    across = _reach(np.append(x, soundness_points))
    upwards = _reach(np.append(y, reputation_points))
    sheet = Sheet(272, right=14, bottom=38)
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


def rate_parts_figure(price: Price) -> Drawing:
    """A yearly rate in its parts: what funding, risk and handling cost, and the margin.

    Where the legal cap does not cover the cost, a line stands at the cap.
    """
    parts = {
        "funding": price.funding_bps, "risk": price.risk_bps, "handling": price.work_bps, "margin": price.margin_bps,
    }  # fmt: skip
    drawn = {name: bps for name, bps in parts.items() if bps > 0}
    whole = max(sum(drawn.values()), 1)
    sheet = Sheet(42, right=2, left=2, top=0, bottom=18)
    start = 0
    for name, bps in drawn.items():
        fill, ink = _PART_COLOURS[name]
        wide = bps / whole > 0.1
        sheet.add_bars(
            x=np.array([bps]), y=np.array([0]), base=start, orientation="h",
            marker={"color": fill, "line": {"color": PAGE, "width": 1}},
            text=f"<b>{bps / 100:,.1f}</b>" if wide else "", textposition="inside", insidetextanchor="middle",
            textangle=0, textfont={"size": TICK_SIZE, "color": ink}, constraintext="none",
            hovertemplate=f"{name} {wording.rate(bps)} a year<extra></extra>",
        )  # fmt: skip
        start += bps
    sheet.set_layout(bargap=0, barmode="overlay", hovermode="closest")
    sheet.set_across(range=[0, whole], showticklabels=False)
    sheet.set_upwards(range=[-0.5, 0.5], showticklabels=False, showgrid=False)
    if price.margin_bps < 0:
        sheet.add_line(x0=price.rate_bps, x1=price.rate_bps, y0=-0.5, y1=0.5, line={"color": BAD, "width": 3})
    for name, middle in _part_middles(drawn, whole):
        text = name if drawn[name] / whole > 0.1 else f"{name} {drawn[name] / 100:.1f}"
        sheet.write(text, x=middle, xref="paper", xanchor="center", y=0, yref="paper", yanchor="top")
    title = f"{wording.rate(price.rate_bps)} a year in parts"
    said = ", ".join(f"{name} {wording.rate(bps)}" for name, bps in parts.items())
    columns = {"Part": list(parts), "Per year, %": [bps / 100 for bps in parts.values()]}
    return Drawing(sheet.figure(), title, f"{title}: {said}.", columns)


def offer_figure(
    frame: pd.DataFrame, *, instalment_minor: int, worst_month_minor: int | None, fall: float, currency: str
) -> Drawing:
    """The instalment against the cash of each month in which one falls due, and of the shop's worst 90 days.

    Args:
        frame: rows of lending.stress.coming_months.
        instalment_minor: all instalments of a month.
        worst_month_minor: a month's cash at the pace of the worst 90 days; None where the record is too short.
        fall: how far sales may fall; see lending.stress.bearable_fall.
        currency: of all of them.
    """
    unit = wording.minor_units(currency)
    cash = frame["cash_minor"].to_numpy(dtype="float64") / unit
    lines = [(instalment_minor / unit, TEXT, "solid", Label("instalment", instalment_minor / unit, TEXT, strong=True))]
    if worst_month_minor is not None:
        worst = worst_month_minor / unit
        lines.append((worst, BAD, "dash", Label("worst 90 days", worst, BAD)))
    scale = money_scale(np.append(cash, [value for value, *_ in lines]), currency, steps=2)
    sheet = Sheet(100, right=92)
    # Twelve names of three letters do not fit beside one another, and letters alone could be two months.
    every = -(-len(frame) // MOST_MONTH_NAMES)
    named = np.arange(0, len(frame), every)
    sheet.add_bars(
        x=np.arange(len(frame)),
        y=cash,
        marker={"color": SUBJECT + FAINT},
        customdata=np.array([wording.month(month) for month in frame["month"]]),
        hovertemplate=f"%{{customdata}}: {hover_amount(scale, currency)} cash expected<extra></extra>",
    )
    sheet.set_layout(bargap=0.34, hovermode="closest")
    sheet.set_across(
        range=[-0.6, len(frame) - 0.4], tickvals=named, ticktext=[f"{month:%b}" for month in frame["month"].iloc[named]]
    )
    for value, colour, dash, _ in lines:
        sheet.add_line(x0=-0.5, x1=len(frame) - 0.5, y0=value, y1=value,
            line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
        )  # fmt: skip
    set_value_axis(sheet, scale)
    add_labels(sheet, [Label("expected cash", float(cash[-1])), *(label for *_, label in lines)], scale)
    title = sentences.fall_title(fall, instalment_minor, currency)
    said = months_said(frame, "cash_minor", currency)
    pace = (
        ""
        if worst_month_minor is None
        else f" At the pace of the worst 90 days {wording.money(worst_month_minor, currency)}."
    )
    alt = f"{title}. Cash expected by month: {said}; instalment {wording.money(instalment_minor, currency)}.{pace}"
    columns = {
        "Month": [wording.month(month) for month in frame["month"]],
        f"Net sales expected, {currency}": frame["net_minor"] / unit,
        f"Cash expected, {currency}": frame["cash_minor"] / unit,
        f"Instalment, {currency}": instalment_minor / unit,
        "As sold last year": frame["from_last_year"],
    }
    return Drawing(sheet.figure(), title, alt, columns)


def _part_middles(parts: Mapping[str, int], whole: int) -> list[tuple[str, float]]:
    """Where the names of the parts stand, as shares of the width: under their middles, but never on each other."""
    least = 0.21
    middles, start = [], 0
    for bps in parts.values():
        middles.append((start + bps / 2) / whole)
        start += bps
    # A name about the left edge would be cut there.
    middles[0] = max(middles[0], least / 2)
    for index in range(1, len(middles)):
        middles[index] = max(middles[index], middles[index - 1] + least)
    ceiling = 1 - least / 2
    for index in reversed(range(len(middles))):
        middles[index] = min(middles[index], ceiling)
        ceiling = middles[index] - least
    return list(zip(parts, middles, strict=True))


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
