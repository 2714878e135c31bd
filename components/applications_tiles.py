"""The top row of Portfolio: six figures, each with its count, its change and its course."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import streamlit as st

from components import applications_charts, wording
from components import applications_words as words
from components.figure import CONFIG, Finished
from lending.decided import Summary
from lending.overview import Overview
from lending.shares import FEW, Share

NOTHING_SETTLED = "nothing settled yet"
ON_BEFORE = " The change is on as many days before."


@dataclass(frozen=True, slots=True)
class Waits:
    """What the queue says of the open clocks, whenever the applications came in."""

    waiting: int
    overdue: int
    due_soon: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of the top row."""

    label: str
    value: str
    small: str
    """What stands below the figure."""
    help: str
    delta: str = ""
    course: Finished | None = None
    """A small chart at its foot."""
    alt: str = ""
    """What the small chart says."""


def show_tiles(told: Overview, waits: Waits, *, promised: timedelta) -> None:
    """Draw the row."""
    with st.grid(6, min_column_width=150, gap="small"):
        for tile in tiles(told, waits, promised=promised):
            with st.container(border=True, gap="xsmall", height="stretch"):
                _show(tile)


def _show(tile: Tile) -> None:
    if tile.delta:
        st.metric(
            tile.label, tile.value, delta=tile.delta, delta_color="off", delta_description=tile.small, help=tile.help,
            delta_arrow="off" if tile.delta.startswith("0") else "auto",
        )  # fmt: skip
    else:
        st.metric(tile.label, tile.value, help=tile.help)
        st.caption(wording.plain(tile.small))
    if tile.course is not None:
        st.plotly_chart(
            tile.course, key=f"tile_{tile.label}_{st.context.theme.type}", config=CONFIG, height="content", alt=tile.alt
        )


def tiles(told: Overview, waits: Waits, *, promised: timedelta) -> list[Tile]:
    """The six figures."""
    now, before, course = told.summary, told.before, told.over_time
    settled = course["settled"].to_numpy(dtype="float64")
    parts = np.where(settled > 0, settled, np.nan)
    return [
        _received(told),
        _waiting(waits, promised),
        _share(
            "Approved",
            now.approved_share,
            before.approved_share if before else None,
            "Approved in full or less, of the settled applications.",
            course["approved"].to_numpy() / parts,
        ),
        _money(told),
        _time(told, promised),
        _share(
            "Against the policy",
            now.override_share,
            before.override_share if before else None,
            "Settled by an override, of the settled applications.",
            course["overrides"].to_numpy() / parts,
        ),
    ]


def _received(told: Overview) -> Tile:
    now, before = told.summary, told.before
    meaning = "Applications that came in. Money counts where the shop has consented."
    asked = f"{wording.money_short(now.asked_minor, told.currency or '')} asked for"
    drawn = _course("Received", told.over_time["received"].to_numpy(dtype="float64"))
    if not _comparable(now, before):
        return Tile("Received", f"{now.received:,}", asked, meaning, "", *drawn)
    change = wording.for_metric(wording.change(now.received / before.received - 1)) if before else ""
    return Tile("Received", f"{now.received:,}", asked, meaning + ON_BEFORE, change, *drawn)


def _comparable(now: Summary, before: Summary | None) -> bool:
    return before is not None and min(now.received, before.received) >= FEW


def _waiting(waits: Waits, promised: timedelta) -> Tile:
    days = wording.count(promised.days, "day")
    small = f"{waits.overdue:,} overdue, {waits.due_soon:,} due in 24 h"
    meaning = f"All that wait, as the queue counts them, whenever they came in. An answer is promised within {days}."
    if not waits.waiting:
        return Tile("Waiting now", "0", "nothing waits", meaning)
    drawn = applications_charts.waits_figure(waiting=waits.waiting, overdue=waits.overdue, due_soon=waits.due_soon)
    return Tile(
        "Waiting now", f"{waits.waiting:,}", small, meaning, "", drawn, f"Of {waits.waiting:,} waiting: {small}."
    )


def _money(told: Overview) -> Tile:
    now = told.summary
    return Tile(
        "Money approved",
        wording.money_short(now.approved_minor, told.currency or ""),
        f"{wording.share(now.approved_of_asked)} of asked" if now.settled else NOTHING_SETTLED,
        "Approved, and its share of what was asked for in the settled applications.",
        "",
        *_course("Money approved", told.over_time["approved_minor"].to_numpy(dtype="float64")),
    )


def _time(told: Overview, promised: timedelta) -> Tile:
    now = told.summary
    within = f"within the promised {wording.count(promised.days, 'day')}"
    return Tile(
        "Half settled within",
        wording.span(now.median_hours),
        f"nine in ten within {wording.span(now.nine_tenths_hours)}" if now.settled else NOTHING_SETTLED,
        f"From submission to the final answer. {words.share_told(now.in_time_share)} were settled {within}.",
        "",
        *_course("Half settled within, hours", told.over_time["median_hours"].to_numpy()),
    )


def _share(label: str, now: Share, before: Share | None, meaning: str, course: np.ndarray) -> Tile:
    """A share with its count and range; with its change where both times have enough cases."""
    if now.value is None or now.interval is None:
        return Tile(label, wording.MISSING, NOTHING_SETTLED, meaning)
    counted = f"{now.part:,} of {now.whole:,}"
    meaning = f"{meaning} {counted}; 95% range {wording.share_range(*now.interval)}%."
    drawn = _course(label, course)
    if now.too_few:
        return Tile(label, counted, "too few for a share", meaning, "", *drawn)
    if before is None or before.value is None or before.too_few:
        return Tile(label, wording.share(now.value), counted, meaning, "", *drawn)
    delta = wording.for_metric(wording.points_change(now.value - before.value))
    return Tile(label, wording.share(now.value), counted, meaning + ON_BEFORE, delta, *drawn)


def _course(label: str, values: np.ndarray) -> tuple[Finished | None, str]:
    """A line over the parts of the time, and where it ends; none where fewer than two parts have a value."""
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return None, ""
    way = "above" if known[-1] > known[0] else "below" if known[-1] < known[0] else "level with"
    return applications_charts.spark_figure(values), f"{label} over the time: its end is {way} its beginning."
