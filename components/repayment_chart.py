"""Repaid loans as strips: a mark for each instalment, one line for each loan."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from components import repayment_words, wording
from components.figure import BAD, GOOD, MUTED_TEXT, TEXT, TICK_SIZE, WARN, Drawing, Sheet, write_beside
from lending.repayment_history import History, Strip

ROW_PX, FRAME_PX = 34, 8
# Beyond so many marks a day's figure would lie on its neighbour's.
MOST_NAMED = 16
SYMBOLS = {
    "on_time": ("square", GOOD),
    "late": ("diamond", WARN),
    "unpaid": ("triangle-up", BAD),
    "coming": ("square-open", MUTED_TEXT),
}


def strips_figure(history: History, *, most: int | None = None) -> Drawing:
    """One strip for each loan, the newest above, with its instalments in the order in which they fall due.

    Args:
        history: with one loan at least.
        most: how many loans are drawn; all stand in the numbers.
    """
    drawn = history.strips[:most]
    longest = max(len(strip.instalments) for strip in drawn)
    sheet = Sheet(FRAME_PX + ROW_PX * len(drawn), right=92, top=4, bottom=4)
    size = 9 if longest <= 26 else 6
    for mark, (symbol, colour) in SYMBOLS.items():
        points = [point for place, strip in enumerate(drawn) for point in _points(strip, place, mark)]
        if points:
            x, y, said, texts = zip(*points, strict=True)
            sheet.add_marks(
                x=np.array(x), y=np.array(y), mode="markers+text", text=np.array(texts, dtype=object),
                textposition="top center", textfont={"size": TICK_SIZE, "color": TEXT}, cliponaxis=False,
                marker={"symbol": symbol, "color": colour, "size": size}, customdata=np.array(said, dtype=object),
                hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip
    sheet.set_layout(hovermode="closest")
    sheet.set_across(range=[0.3, max(longest, 6) + 0.7], showticklabels=False)
    names = [wording.figure_text(repayment_words.loan_name(strip)) for strip in drawn]
    sheet.set_upwards(range=[len(drawn) - 0.5, -0.5], tickvals=np.arange(len(drawn)), ticktext=names, showgrid=False)
    for place, strip in enumerate(drawn):
        write_beside(sheet, repayment_words.state(strip), y=place, xshift=7)
    title = repayment_words.title(history)
    alt = f"{title}. {'; '.join(_strip_said(strip) for strip in drawn)}."
    return Drawing(sheet.figure(), title, alt, _columns(history.strips))


def _points(strip: Strip, place: int, mark: str) -> list[tuple[int, int, str, str]]:
    """Across, down, what the mark says on hover, and the days that stand above it."""
    rows = strip.instalments.to_dict("records")
    named = len(rows) <= MOST_NAMED
    return [
        (number, place, _said(number, row, strip.currency), _days_above(row, strip, named=named))
        for number, row in enumerate(rows, start=1)
        if row["mark"] == mark
    ]


def _days_above(row: Mapping[Any, Any], strip: Strip, *, named: bool) -> str:
    late = int(row["late_days"])
    return str(late) if late and (named or late == strip.worst_late_days) else ""


def _said(number: int, row: Mapping[Any, Any], currency: str) -> str:
    amount = wording.figure_text(wording.exact_money(int(row["due_minor"]), currency))
    paid = "not paid" if pd.isna(row["paid_on"]) else f"paid {wording.day(row['paid_on'])}"
    late = f", {wording.count(int(row['late_days']), 'day')} late" if row["late_days"] else ""
    if row["mark"] == "coming":
        return f"No. {number}: {amount} due {wording.day(row['due_on'])}, to come"
    return f"No. {number}: {amount} due {wording.day(row['due_on'])}, {paid}{late}"


def _strip_said(strip: Strip) -> str:
    marks = strip.instalments["mark"].tolist()
    counted = [f"{marks.count(mark)} {words}" for mark, words in repayment_words.MARKS.items() if mark in marks]
    state = repayment_words.state(strip).replace("<br>", ", ")
    return f"{repayment_words.loan_name(strip)}: {', '.join(counted)}; {state}"


def _columns(strips: Sequence[Strip]) -> dict[str, list[object]]:
    rows = [(strip, row) for strip in strips for row in strip.instalments.to_dict("records")]
    return {
        "Loan": [wording.cell(strip.loan_ref) for strip, _ in rows],
        "Amount": [wording.money(strip.principal_minor, strip.currency) for strip, _ in rows],
        "Due": [wording.day(row["due_on"]) for _, row in rows],
        "Asked for": [wording.exact_money(int(row["due_minor"]), strip.currency) for strip, row in rows],
        "Paid": [wording.MISSING if pd.isna(row["paid_on"]) else wording.day(row["paid_on"]) for _, row in rows],
        "Days late": [int(row["late_days"]) for _, row in rows],
        "State": [repayment_words.MARKS[row["mark"]] for _, row in rows],
    }
