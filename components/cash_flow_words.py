"""The coming weeks of a shop's sales beside its instalments, in words."""

from datetime import date, timedelta

import pandas as pd

from components import wording
from lending.due_weeks import SPAN_WEEKS, heaviest_week
from lending.forecast import Coverage, Kind

NEUTRAL = "Expected sales by week"
LINES: dict[Kind, str] = {
    "season": "The line is what to expect by the level of late and the season of earlier years",
    "level": "The line is what to expect by the level of late; less than a year is on record, so no season of its own",
    "lumpy": "Too many weeks bring nothing for a line to follow: it is the mean of the shop's last year, and the band "
    "that of its own weeks",
}


def title(rows: pd.DataFrame) -> str:
    """The finding: what share of expected sales the instalments take at their heaviest, and when.

    Args:
        rows: of lending.due_weeks.dues_beside_sales.
    """
    found = heaviest_week(rows)
    if found is None:
        nothing = not rows.empty and not rows["expected_minor"].any()
        return "No sales are expected that could carry an instalment" if nothing else NEUTRAL
    week, share = found
    since = max(week - timedelta(weeks=SPAN_WEEKS - 1), rows["week"].iloc[0].date())
    when = f"in the four weeks from {day_and_month(since)}"
    if share >= 1:
        return f"Instalments take {share:.1f} times the expected sales, {when}"
    return f"Instalments take up to {wording.share(share)} of expected sales, {when}"


def day_and_month(day: date) -> str:
    """A day of the coming year.

    >>> day_and_month(date(2026, 2, 2))
    '2 Feb'
    """
    return f"{day.day} {day:%b}"


def caption(
    kind: Kind, measured: Coverage, *, weeks: int, currency: str, as_of: date, running: bool, cut_at_minor: int | None
) -> str:
    """What line, band and bars are, in one sentence each, and how the band was tested.

    Args:
        kind: what the line follows.
        measured: what the band held.
        weeks: how many are drawn.
        currency: of the amounts.
        as_of: the day of the forecast.
        running: whether something is owed already.
        cut_at_minor: how far up the band goes where the chart does not show all of it.
    """
    held = f"{wording.share(measured.held_share)} of later weeks of {measured.shops:,} real shops"
    reach = f", up to {measured.weeks} weeks ahead" if weeks > measured.weeks else ""
    # What was measured holds for all shops together; where there is no line to follow the band promises less.
    tested = (
        "80% band of its own weeks, less sure than that of steady shops."
        if kind == "lumpy"
        else f"80% band; it held {held}{reach}."
    )
    bars = "Filled bars: instalments of the loan on offer" + (
        "; hollow: of what the owner owes already." if running else "."
    )
    cut = "" if cut_at_minor is None else f" The band reaches up to {wording.money_short(cut_at_minor, currency)}."
    return (
        f"Net sales and instalments by week, {currency}, as of {wording.day(as_of)}. {LINES[kind]}. "
        f"{tested}{cut} {bars}"
    )


def too_little(found_days: int, needed_days: int) -> str:
    """Why there is no forecast."""
    return (
        f"Too little history: {wording.count(found_days // 7, 'whole week')} of sales on record, and a forecast needs "
        f"{needed_days // 7}."
    )
