"""Portfolio as rows of horizontal bars: steps, grades, reasons, categories, sizes.

Frames become figures. Nothing is grouped or added up here. Each mark names the applications behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components import applications_words as words
from components import wording
from components.applications_charts import HEIGHT, UNMOVED, Choosable, rows_of, write_key
from components.figure import (
    COMPARISON,
    FAINT,
    GRID,
    LABEL_SIZE,
    MUTED_TEXT,
    PAGE,
    SEQUENTIAL,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Sheet,
    money_scale,
)  # fmt: skip
from lending.decided import OUTCOMES, STEPS, Group, Summary
from lending.shares import FEW

# Bars of two or three rows would look like walls.
LEAST_ROWS = 5
REASON_PX = 27
LEAST_REASONS = 4
# Fill and ink of an outcome: told apart by lightness, and named above the bars.
FILLS = {
    "approve": (SEQUENTIAL[7], PAGE),
    "approve_less": (SEQUENTIAL[3], TEXT),
    "decline": (COMPARISON + FAINT, TEXT),
}


@dataclass(frozen=True, slots=True)
class Column:
    """Words to the right of horizontal bars, right-aligned under a heading."""

    heading: str
    texts: Sequence[str]
    right_edge: int
    """In pixels from the end of the plot."""
    strong: bool = False


def funnel_figure(frame: pd.DataFrame, told: Summary, *, currency: str) -> Choosable:
    """How many applications reached each step, and how the settled ones ended.

    Args:
        frame: of lending.decided.funnel.
        told: the summary of the same applications.
        currency: of the amounts.
    """
    names = [words.STEPS.get(step) or words.OUTCOMES[step].capitalize() for step in frame["step"]]
    counts = frame["applications"].to_numpy()
    # Outcomes stand half a row apart from the steps, since they divide the last one.
    places = np.arange(len(frame)) + np.where(frame["step"].isin(OUTCOMES), 0.4, 0.0)
    sheet = Sheet(HEIGHT, right=150, top=22, bottom=2)
    sheet.add_bars(
        x=counts,
        y=places,
        orientation="h",
        marker={
            "color": [FILLS[step][0] if step in FILLS else SUBJECT for step in frame["step"]],
            "line": {"color": COMPARISON, "width": [1.0 if step == "decline" else 0.0 for step in frame["step"]]},
        },
        width=0.66,
        hovertext=names,
        hovertemplate="%{hovertext}: %{x:,}<extra></extra>",
        **UNMOVED,
    )
    _lay_out_rows(sheet, names, places, top=len(frame) - 0.1)
    sheet.set_across(range=[0, max(int(counts.max(initial=0)), 1)], showticklabels=False)
    amounts = [
        wording.MISSING if step == "received" else wording.money_short(minor, currency)
        for step, minor in zip(frame["step"], frame["amount_minor"], strict=True)
    ]
    shares = ["" if step == "received" else _share(*row) for step, *row in rows_of(frame, "step", "share", "before")]
    columns = (
        Column("", [f"{count:,}" for count in counts], 46, strong=True),
        Column("share", shares, 92),
        Column("asked", amounts, 148),
    )
    _write_columns(sheet, places, columns)
    title = words.funnel_title(told)
    said = ", ".join(f"{name.lower()} {count:,}" for name, count in zip(names, counts, strict=True))
    table = {
        "Step": names,
        "Applications": counts,
        "Of the step before, %": (frame["share"] * 100).round(1),
        f"Asked for, with consent, {currency}": frame["amount_minor"] / wording.minor_units(currency),
    }
    groups = tuple(Group("step" if step in STEPS else "state", step) for step in frame["step"])
    return Choosable(Drawing(sheet.figure(), title, f"{title}. {said.capitalize()}.", table), (groups,))


def grades_figure(frame: pd.DataFrame) -> Choosable:
    """How the settled applications of each grade were answered.

    Args:
        frame: of lending.outcomes.by_grade; not empty.
    """
    names = [words.grade(group) for group in frame["group"]]
    places = np.arange(len(frame), dtype="float64")
    settled = frame["settled"].to_numpy()
    sheet = Sheet(HEIGHT, right=112, top=40, bottom=2)
    start = np.zeros(len(frame))
    for outcome in OUTCOMES:
        counts = frame[outcome].to_numpy()
        shares = counts / settled
        fill, ink = FILLS[outcome]
        sheet.add_bars(
            x=shares,
            y=places,
            base=start,
            orientation="h",
            marker={"color": fill, "line": {"color": COMPARISON if outcome == "decline" else PAGE, "width": 1}},
            text=[f"{count:,}" if share > 0.08 else "" for count, share in zip(counts, shares, strict=True)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"size": TICK_SIZE, "color": ink},
            constraintext="none",
            hovertext=[
                f"{name}, {words.OUTCOMES[outcome]}: {count:,}" for name, count in zip(names, counts, strict=True)
            ],
            hovertemplate="%{hovertext}, %{x:.0%}<extra></extra>",
            width=0.7,
            **UNMOVED,
        )
        start = start + shares
    sheet.set_layout(barmode="overlay")
    _lay_out_rows(sheet, names, places, top=max(len(frame), LEAST_ROWS) - 0.5)
    sheet.set_across(range=[0, 1], showticklabels=False)
    write_key(sheet, {words.OUTCOMES[each]: FILLS[each][0] for each in OUTCOMES}, above=18)
    approved = [_share(*row) for row in rows_of(frame, "share", "settled")]
    columns = (
        Column("settled", [f"{count:,}" for count in settled], 48, strong=True),
        Column("approved", approved, 108),
    )
    _write_columns(sheet, places, columns)
    title = words.grades_title(frame)
    said = "; ".join(
        f"{name}: {full:,} in full, {less:,} less, {declined:,} declined"
        for name, full, less, declined in zip(names, *(frame[each] for each in OUTCOMES), strict=True)
    )
    groups = tuple(tuple(Group("grade", group, outcome) for group in frame["group"]) for outcome in OUTCOMES)
    return Choosable(Drawing(sheet.figure(), title, f"{title}. {said}.", _outcome_table("Grade", names, frame)), groups)


def reasons_figure(frame: pd.DataFrame, declined: int, *, most: int = 7) -> Choosable:
    """The reasons given in declined applications, the most frequent first.

    Args:
        frame: of lending.outcomes.decline_reasons; not empty.
        declined: how many applications were declined.
        most: how many reasons to draw.
    """
    title = words.reasons_title(frame, declined)
    every = [wording.REASONS.get(code, code) for code in frame["reason"]]
    table = {
        "Reason": every,
        "Declines": frame["applications"],
        "Of declines with reasons, %": (frame["share"] * 100).round(1),
    }
    said = ", ".join(f"{name.lower()} {count:,}" for name, count in zip(every, frame["applications"], strict=True))
    drawn = frame.head(most)
    places = np.arange(len(drawn), dtype="float64")
    sheet = Sheet(24 + REASON_PX * max(len(drawn), LEAST_REASONS), right=92, top=22, bottom=2)
    sheet.add_bars(
        x=drawn["applications"].to_numpy(),
        y=places,
        orientation="h",
        width=0.6,
        marker={"color": SUBJECT},
        hovertext=every[:most],
        hovertemplate="%{hovertext}: %{x:,} declines<extra></extra>",
        **UNMOVED,
    )
    _lay_out_rows(sheet, every[:most], places, top=max(len(drawn), LEAST_REASONS) - 0.5)
    sheet.set_across(range=[0, max(int(drawn["applications"].max()), 1)], showticklabels=False)
    shares = [_share(share, declined) for share in drawn["share"]]
    columns = (
        Column("declines", [f"{count:,}" for count in drawn["applications"]], 44, strong=True),
        Column("share", shares, 88),
    )
    _write_columns(sheet, places, columns)
    groups = tuple(Group("reason", code) for code in drawn["reason"])
    return Choosable(Drawing(sheet.figure(), title, f"{title}. {said.capitalize()}.", table), (groups,))


def traits_figure(frame: pd.DataFrame, trait: str) -> Choosable:
    """The approved share of each category or region, with the range in which chance would leave it.

    Args:
        frame: of lending.outcomes.by_trait; not empty.
        trait: "category" or "region".
    """
    title = words.traits_title(frame, trait)
    names = [wording.figure_text(group, 22) for group in frame["group"]]
    places = np.arange(len(frame), dtype="float64")
    share, low, high = (frame[name].to_numpy() for name in ("share", "low", "high"))
    few = (frame["settled"] < FEW).to_numpy()
    sheet = Sheet(HEIGHT, right=112, top=22, bottom=20)
    for place, left, right in zip(places, low, high, strict=True):
        sheet.add_line(x0=left, x1=right, y0=place, y1=place, line={"color": COMPARISON, "width": 2}, layer="below")
    sheet.add_marks(
        x=share,
        y=places,
        mode="markers",
        # An open dot has too few cases for its place to mean much.
        marker={"size": 10, "color": np.where(few, PAGE, SUBJECT).tolist(), "line": {"color": SUBJECT, "width": 2}},
        hovertext=[
            f"{name}: {wording.share(value)} approved of {settled:,} ({wording.share_range(left, right)})"
            for name, value, settled, left, right in zip(names, share, frame["settled"], low, high, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        **UNMOVED,
    )
    _lay_out_rows(sheet, names, places, top=max(len(frame), LEAST_ROWS) - 0.5)
    sheet.set_across(
        range=[-0.03, 1.03], tickvals=[0, 0.25, 0.5, 0.75, 1], ticktext=["0%", "25%", "50%", "75%", "100%"],
        showgrid=True, gridcolor=GRID, gridwidth=1,
    )  # fmt: skip
    columns = (
        Column("settled", [f"{count:,}" for count in frame["settled"]], 48, strong=True),
        Column("approved", [_share(*row) for row in rows_of(frame, "share", "settled")], 108),
    )
    _write_columns(sheet, places, columns)
    said = ", ".join(
        f"{group} {wording.share(value)} of {settled:,}"
        for group, value, settled in rows_of(frame, "group", "share", "settled")
    )
    groups = tuple(Group(trait, str(group)) for group in frame["group"])
    table = _outcome_table(words.TRAITS[trait], list(frame["group"]), frame)
    return Choosable(Drawing(sheet.figure(), title, f"{title}. Approved: {said}.", table), (groups,))


def sizes_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The middle half and the median of the approved loans, of all and by grade.

    Args:
        frame: of lending.outcomes.sizes; not empty.
        currency: of the loans.
    """
    unit = wording.minor_units(currency)
    lower, median, upper = (
        frame[f"{name}_minor"].to_numpy(dtype="float64") / unit for name in ("lower", "median", "upper")
    )
    names = ["All" if group == "all" else group for group in frame["group"]]
    places = np.arange(len(frame)) + np.where(frame["group"] == "all", 0.0, 0.3)
    scale = money_scale(upper, currency)
    sheet = Sheet(HEIGHT, right=112, top=22, bottom=20)
    for place, left, right in zip(places, lower, upper, strict=True):
        sheet.add_line(
            x0=left, x1=right, y0=place, y1=place, line={"color": SUBJECT + FAINT, "width": 10}, layer="below"
        )
    sheet.add_marks(
        x=median,
        y=places,
        mode="markers",
        marker={"size": 9, "color": SUBJECT},
        hovertext=[
            f"{name}: half of {count:,} loans are {words.money_range(low, high, currency)}"
            for name, (count, low, high) in zip(
                names, rows_of(frame, "approved", "lower_minor", "upper_minor"), strict=True
            )
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    _lay_out_rows(sheet, names, places, top=max(len(frame), LEAST_ROWS) - 0.2)
    sheet.set_across(
        range=[0, scale.high], tickvals=list(scale.ticks), ticktext=list(scale.texts), showgrid=True, gridcolor=GRID,
        gridwidth=1,
    )  # fmt: skip
    columns = (
        Column("loans", [f"{count:,}" for count in frame["approved"]], 44, strong=True),
        Column("median", [wording.money_short(minor, currency) for minor in frame["median_minor"]], 108),
    )
    _write_columns(sheet, places, columns)
    title = words.sizes_title(frame, currency)
    said = ", ".join(
        f"{name} {wording.money_short(minor, currency)}"
        for name, minor in zip(names, frame["median_minor"], strict=True)
    )
    table = {
        "Grade": names,
        "Approved loans": frame["approved"],
        f"Lower quartile, {currency}": lower,
        f"Median, {currency}": median,
        f"Upper quartile, {currency}": upper,
    }
    return Drawing(sheet.figure(), title, f"{title}. Medians: {said}.", table)


def _lay_out_rows(sheet: Sheet, names: Sequence[str], places: np.ndarray, *, top: float) -> None:
    """Rows from top to bottom, each with its name."""
    sheet.set_layout(hovermode="closest")
    sheet.set_upwards(
        range=[top, -0.5], tickvals=places.tolist(), ticktext=list(names), showgrid=False,
        tickfont={"size": LABEL_SIZE, "color": TEXT}, ticklabelstandoff=6,
    )  # fmt: skip


def _write_columns(sheet: Sheet, places: np.ndarray, columns: Sequence[Column]) -> None:
    """Figures to the right of rows, so aligned that digits stand below each other."""
    for column in columns:
        at = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": column.right_edge}
        if column.heading:
            sheet.write(column.heading, y=1, yref="paper", yanchor="bottom", **at)
        for place, text in zip(places, column.texts, strict=True):
            font = {"size": LABEL_SIZE, "color": TEXT if column.strong else MUTED_TEXT}
            sheet.write(f"<b>{text}</b>" if column.strong else text, y=float(place), yanchor="middle", font=font, **at)


def _outcome_table(heading: str, names: Sequence[str], frame: pd.DataFrame) -> dict[str, object]:
    percent = {name: (frame[name] * 100).round(1) for name in ("share", "low", "high")}
    return {
        heading: names,
        "Approved in full": frame["approve"],
        "Approved less": frame["approve_less"],
        "Declined": frame["decline"],
        "Settled": frame["settled"],
        "Approved, %": percent["share"],
        "95% range from, %": percent["low"],
        "to, %": percent["high"],
    }


def _share(share: float, cases: int) -> str:
    """A share, or that its cases are too few."""
    return words.TOO_FEW if cases < FEW else wording.share(share)
