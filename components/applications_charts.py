"""Portfolio as figures over time: the money asked for and approved, how long answers took, and a line for a tile.

Frames become figures. Nothing is grouped or added up here. Each mark names the applications behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from components import applications_words as words
from components import wording
from components.figure import (
    BAD,
    COMPARISON,
    HALF,
    PAGE,
    SUBJECT,
    WARN,
    Drawing,
    Finished,
    Label,
    Scale,
    Sheet,
    add_labels,
    money_scale,
    set_value_axis,
)
from lending.decided import Group, Step, Summary

HEIGHT = 236
MOST_NAMES = 7
# A chosen bar looks like the others: what was chosen stands in the list.
UNMOVED = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}


@dataclass(frozen=True, slots=True)
class Choosable:
    """A chart whose marks lead to the applications behind them."""

    drawing: Drawing
    groups: tuple[tuple[Group, ...], ...]
    """By trace, then by point."""


def money_figure(frame: pd.DataFrame, told: Summary, *, currency: str, step: Step) -> Choosable:
    """Money asked for, and what was approved of it, by the time received.

    Args:
        frame: of lending.decided.over_time.
        told: the summary of the same applications.
        currency: of the money.
        step: how the time is divided.
    """
    unit = wording.minor_units(currency)
    asked, approved = (frame[name].to_numpy(dtype="float64") / unit for name in ("asked_minor", "approved_minor"))
    places = np.arange(len(frame), dtype="float64")
    scale = money_scale(asked, currency)
    sign = wording.figure_text(wording.sign_of(currency))
    sheet = Sheet(HEIGHT, right=8, top=26, bottom=36)
    for values, name, colour, width in (
        (asked, "asked for", COMPARISON + HALF, 0.78),
        (approved, "approved", SUBJECT, 0.5),
    ):
        sheet.add_bars(
            x=places,
            y=values,
            width=width,
            marker={"color": colour},
            hovertext=[words.start(start, step) for start in frame["start"]],
            hovertemplate=f"%{{hovertext}}: {sign}%{{y:,.0f}} {name}<extra></extra>",
            **UNMOVED,
        )
    sheet.set_layout(barmode="overlay", hovermode="closest")
    set_value_axis(sheet, scale)
    _set_start_axis(sheet, frame["start"], step)
    write_key(sheet, {"asked for": COMPARISON + HALF, "approved": SUBJECT}, above=6)
    title = words.money_title(told, currency)
    said = ", ".join(
        f"{words.start(start, step)} {wording.money_short(approved_minor, currency)} of "
        f"{wording.money_short(asked_minor, currency)}"
        for start, approved_minor, asked_minor in rows_of(frame, "start", "approved_minor", "asked_minor")
    )
    table = {
        "Received in": [words.start(start, step) for start in frame["start"]],
        "Applications": frame["received"],
        f"Asked for, with consent, {currency}": asked,
        f"Asked for and settled, {currency}": frame["settled_asked_minor"] / unit,
        f"Approved, {currency}": approved,
    }
    return Choosable(
        Drawing(sheet.figure(), title, f"{title}. Approved of what was asked for: {said}.", table), _starts(frame, 2)
    )


def time_figure(frame: pd.DataFrame, told: Summary, *, step: Step, promised: timedelta) -> Choosable:
    """How long settled applications took, by the time received, against the promise.

    Args:
        frame: of lending.decided.over_time.
        told: the summary of the same applications.
        step: how the time is divided.
        promised: the time promised for an answer.
    """
    half, most = (frame[name].to_numpy(dtype="float64") for name in ("median_hours", "nine_tenths_hours"))
    line_at = promised.total_seconds() / 3600
    places = np.arange(len(frame), dtype="float64")
    scale = _hours_scale(float(np.nanmax(np.append(most, line_at))))
    sheet = Sheet(HEIGHT, right=104, bottom=36)
    for values, name, colour, width in ((most, "nine in ten", COMPARISON, 1.5), (half, "half", SUBJECT, 2.4)):
        sheet.add_marks(
            x=places,
            y=values,
            mode="lines+markers",
            line={"color": colour, "width": width},
            marker={"color": colour, "size": 6},
            hovertext=[
                f"{words.start(start, step)}: {name} within {wording.span(hours)}, {settled:,} settled"
                for start, hours, settled in zip(frame["start"], values, frame["settled"], strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
            **UNMOVED,
        )
    sheet.set_layout(hovermode="closest")
    sheet.add_line(x0=0, x1=1, xref="paper", y0=line_at, y1=line_at, line={"color": BAD, "width": 1.5, "dash": "dash"})
    set_value_axis(sheet, scale)
    _set_start_axis(sheet, frame["start"], step)
    labels = [Label(f"promised {wording.span(line_at)}", line_at, BAD)]
    if told.settled:
        labels += [Label("nine in ten", _last(most)), Label("half", _last(half), SUBJECT, strong=True)]
    add_labels(sheet, labels, scale)
    title = words.time_title(told, promised)
    said = ", ".join(
        f"{words.start(start, step)} {wording.span(hours)}"
        for start, hours in rows_of(frame, "start", "median_hours")
        if not np.isnan(hours)
    )
    table = {
        "Received in": [words.start(start, step) for start in frame["start"]],
        "Settled": frame["settled"],
        "Within the promise": frame["in_time"],
        "Half within, hours": frame["median_hours"].round(1),
        "Nine in ten within, hours": frame["nine_tenths_hours"].round(1),
    }
    return Choosable(Drawing(sheet.figure(), title, f"{title}. Half within: {said}.", table), _starts(frame, 2))


def waits_figure(*, waiting: int, overdue: int, due_soon: int) -> Finished:
    """What waits, as one bar for a tile: overdue, due soon, the rest."""
    sheet = Sheet(44, right=4, left=4, top=17, bottom=17)
    start = 0
    for count, colour, name in (
        (overdue, BAD, "overdue"),
        (due_soon, WARN, "due within 24 hours"),
        (waiting - overdue - due_soon, COMPARISON, "due later"),
    ):
        sheet.add_bars(
            x=np.array([count]),
            y=np.array([0]),
            base=start,
            orientation="h",
            marker={"color": colour, "line": {"color": PAGE, "width": 1}},
            hovertemplate=f"%{{x:,}} {name}<extra></extra>",
        )
        start += count
    sheet.set_layout(bargap=0, barmode="overlay", hovermode="closest")
    sheet.set_across(range=[0, max(waiting, 1)], showticklabels=False)
    sheet.set_upwards(range=[-0.5, 0.5], showticklabels=False, showgrid=False)
    return sheet.figure()


def spark_figure(values: np.ndarray) -> Finished:
    """A line without axes for a tile, one point per part of the time; the parts without a value are bridged."""
    known = values[~np.isnan(values)]
    low, high = float(known.min()), float(known.max())
    air = max(high - low, abs(high) * 0.02, 1e-9) * 0.12
    sheet = Sheet(44, right=4, left=4, top=2, bottom=2)
    places = np.arange(len(values), dtype="float64")
    sheet.add_marks(
        x=places, y=values, mode="lines", line={"color": SUBJECT, "width": 1.8}, connectgaps=True, hoverinfo="skip"
    )
    sheet.set_layout(hovermode=False)
    sheet.set_across(range=[-0.1, len(values) - 0.9], showticklabels=False)
    sheet.set_upwards(range=[low - air, high + air], showticklabels=False, showgrid=False)
    return sheet.figure()


def write_key(sheet: Sheet, colours: Mapping[str, str], *, above: int) -> None:
    """What each colour stands for, in one line some pixels above the plot."""
    key = "   ".join(f'<span style="color:{colour}">■</span> {name}' for name, colour in colours.items())
    sheet.write(key, x=0, xref="paper", xanchor="left", y=1, yref="paper", yanchor="bottom", yshift=above)


def _set_start_axis(sheet: Sheet, starts: pd.Series, step: Step) -> None:
    """Name some of the parts of the time on the x axis, with the year below the first name of each."""
    every = -(-len(starts) // MOST_NAMES)
    named = range(len(starts) - 1, -1, -every)
    texts, years = {}, set()
    for place in sorted(named):
        start = starts.iloc[place]
        texts[place] = words.start_short(start, step, with_year=start.year not in years)
        years.add(start.year)
    sheet.set_across(range=[-0.6, len(starts) - 0.4], tickvals=list(texts), ticktext=list(texts.values()))


def _hours_scale(highest: float) -> Scale:
    """A time axis from nought, with at most four steps of hours or whole days."""
    step = next(
        each for each in (1, 2, 6, 12, 24, 48, 72, 120, 240, 480, 1200, 2400, 12_000, 10**9) if each * 4 >= highest
    )
    ticks = tuple(float(each) for each in np.arange(0, highest + 1e-9, step))
    return Scale(0.0, highest * 1.08, ticks, tuple("0" if each == 0 else wording.span(each) for each in ticks))


def _starts(frame: pd.DataFrame, traces: int) -> tuple[tuple[Group, ...], ...]:
    return (tuple(Group("start", f"{start:%Y-%m-%d}") for start in frame["start"]),) * traces


def rows_of(frame: pd.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    """The rows of some columns of a frame, as tuples."""
    return list(zip(*(frame[name].tolist() if name != "start" else frame[name] for name in names), strict=True))


def _last(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1])
