"""The top of the Portfolio page: twelve figures of the loan book, each with its change on the year and its range."""

from typing import Literal

import numpy as np
import streamlit as st

from components import applications_charts as sparks
from components import book_words as words
from components import wording
from components.applications_tiles import Tile
from components.figure import CONFIG, Finished
from lending.book_view import BookView, Ratio
from lending.shares import FEW, Share

MOST_POINTS = 24
# Which way is worse; a change of the others is neither good nor bad.
Way = Literal["inverse", "normal", "off"]
WORSE_UP: Way = "inverse"
WORSE_DOWN: Way = "normal"
NEITHER: Way = "off"


def show_tiles(view: BookView) -> None:
    """Draw both rows."""
    with st.grid(6, min_column_width=150, gap="small"):
        for tile, way in tiles(view):
            with st.container(border=True, gap="xsmall", height="stretch"):
                _show(tile, way)


def _show(tile: Tile, way: Way) -> None:
    if tile.delta:
        st.metric(
            tile.label, tile.value, delta=tile.delta, delta_description=tile.small, help=tile.help,
            delta_color=NEITHER if tile.delta.startswith("0") else way,
            delta_arrow="off" if tile.delta.startswith("0") else "auto",
        )  # fmt: skip
    else:
        st.metric(tile.label, tile.value, help=tile.help)
        st.caption(wording.plain(tile.small))
    if tile.course is not None:
        st.plotly_chart(
            tile.course, key=f"book_{tile.label}_{st.context.theme.type}", config=CONFIG, height="content", alt=tile.alt
        )


def tiles(view: BookView) -> list[tuple[Tile, Way]]:
    """The figures, each with the way in which its change is bad."""
    course = view.over_time
    return [
        (_outstanding(view), NEITHER),
        (_ratio(view, "par30", "PAR30", "Whole balance of loans more than 30 days late ÷ outstanding.", "par30"),
         WORSE_UP),
        (_ratio(view, "par30_renegotiated", "30+ and renegotiated",
                "PAR30 with the balance of restructured loans, and of loans that followed a late one of the same owner "
                "within 30 days.", "renegotiated"), WORSE_UP),
        (_ratio(view, "write_off", "Written off, 12 months",
                "Written off in twelve months ÷ the mean of the thirteen month-end balances.", "write_off"), WORSE_UP),
        (_counted("First payment missed", view.now.first_missed, view.before.first_missed,
                  "Loans paid out in the last twelve months whose first instalment was more than 30 days late."),
         WORSE_UP),
        (_loss(view), WORSE_UP),
        (_ratio(view, "npl", "NPL", "Outstanding of loans in default (stage 3) ÷ outstanding.", "npl"), WORSE_UP),
        (_ratio(view, "par30_lagged", "PAR30 lagged", "PAR30 balance ÷ outstanding six months before: growth hides "
                "arrears.", "par30_lagged"), WORSE_UP),
        (_ratio(view, "collected", "Collected of due", "Collected ÷ due in twelve months; recoveries apart.", None),
         WORSE_DOWN),
        (_ratio(view, "yield", "Yield, 12 months", "Interest and fees received in twelve months ÷ the mean balance.",
                None), WORSE_DOWN),
        (_counted("Repaid early", view.now.repaid_early, view.before.repaid_early, "Of the instalment loans repaid in "
                  "twelve months, those repaid more than 30 days before their last due date."), NEITHER),
        (_counted("Lent again", view.now.repeat, view.before.repeat, "Of the loans paid out in twelve months, those "
                  "whose owner had borrowed before."), NEITHER),
    ] if len(course) else []  # fmt: skip


def _outstanding(view: BookView) -> Tile:
    now, before = view.now, view.before
    change = ""
    if before.active_loans >= FEW and before.outstanding_minor:
        change = wording.for_metric(wording.change(now.outstanding_minor / before.outstanding_minor - 1))
    meaning = "Principal paid out less principal repaid, of loans that are neither repaid nor written off."
    drawn = _course("Outstanding", view.over_time["outstanding"].to_numpy(dtype="float64"))
    owed = wording.money_short(now.outstanding_minor, view.currency)
    return Tile("Outstanding", owed, wording.count(now.active_loans, "loan"), meaning, change, *drawn)


def _ratio(view: BookView, name: str, label: str, meaning: str, course: str | None) -> Tile:
    now, before = view.now.ratios[name], view.before.ratios[name]
    drawn = _course(label, _steady(view, course)) if course else (None, "")
    told = f"{meaning} {words.ratio_small(now)}" if now.value is None else f"{meaning} {now.cases:,} loans."
    return Tile(label, words.ratio(now), words.ratio_small(now), told, _change(now, before), *drawn)


def _steady(view: BookView, name: str) -> np.ndarray:
    """A course without the days on which there were too few loans."""
    frame = view.over_time
    return np.asarray(frame[name].where(frame["active"] >= FEW).to_numpy(dtype="float64"))


def _change(now: Ratio, before: Ratio) -> str:
    if now.value is None or before.value is None or min(now.cases, before.cases) < FEW:
        return ""
    return wording.for_metric(wording.points_change(now.value - before.value))


def _loss(view: BookView) -> Tile:
    now, before = view.now, view.before
    change = ""
    if before.active_loans >= FEW and before.loss_minor:
        change = wording.for_metric(wording.change(now.loss_minor / before.loss_minor - 1))
    of_book, cover = now.ratios["expected_loss"], now.ratios["risk_coverage"]
    covered = f" It covers {wording.share(cover.value)} of the PAR30 balance." if cover.value is not None else ""
    meaning = f"Expected credit loss of all stages; {wording.share(of_book.value)} of the book.{covered}"
    drawn = _course("Expected loss", view.over_time["loss"].to_numpy(dtype="float64"))
    value = wording.money_short(now.loss_minor, view.currency)
    return Tile("Expected loss", value, f"{wording.share(of_book.value)} of book", meaning, change, *drawn)


def _counted(label: str, now: Share, before: Share, meaning: str) -> Tile:
    counted = f"{now.part:,} of {now.whole:,}"
    if now.value is None or now.interval is None:
        return Tile(label, wording.MISSING, "no case", meaning)
    meaning = f"{meaning} 95% range {wording.share_range(*now.interval)}%."
    if now.too_few:
        return Tile(label, words.TOO_FEW, counted, meaning)
    change = ""
    if before.value is not None and not before.too_few:
        change = wording.for_metric(wording.points_change(now.value - before.value))
    return Tile(label, wording.share(now.value), counted, meaning, change)


def _course(label: str, values: np.ndarray) -> tuple[Finished | None, str]:
    """A line over the last two years, and where it ends; none where fewer than two points have a value."""
    shown = values[-MOST_POINTS:]
    known = shown[~np.isnan(shown)]
    if len(known) < 2:
        return None, ""
    way = "above" if known[-1] > known[0] else "below" if known[-1] < known[0] else "level with"
    return sparks.spark_figure(shown), f"{label} over two years: its end is {way} its beginning."
