"""The cards of the Portfolio page: charts whose marks pick the loans behind them, in pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st

from components import book_choices, book_part_charts, book_time_charts, cards, wording
from components import book_words as words
from components.book_time_charts import Pickable
from components.choices import in_gray
from components.figure import CONFIG, Drawing, Finished
from lending.book_picks import Pick
from lending.book_view import BookView, last_month_under_way

ROW_PX = 35


@dataclass(frozen=True, slots=True)
class Frame:
    """What a desk has set for its charts."""

    plan_minor: int | None
    """To be lent in a month."""
    limits: Mapping[str, float]
    """Largest share of a group, by trait."""
    loss_version: int


@dataclass(frozen=True, slots=True)
class Reported:
    """A figure of a day as it was reported then, and as it stands now that more is booked."""

    day: date
    """The opening day of the month after."""
    name: str
    reported: float
    restated: float


# Names of portfolio --json, of the figures here, and in words.
REPORTED = (("par30", "par30", "PAR30"), ("par30_renegotiated", "par30_renegotiated", "30+ and renegotiated"),
            ("npl", "npl", "NPL"), ("write_off_ratio_12m", "write_off", "the write-off ratio"))  # fmt: skip


def differences(view: BookView, reported: Mapping[str, float | None] | None) -> tuple[Reported, ...]:
    """Which figures of a day are no longer as they were reported, where the whole managed book is looked at.

    Args:
        view: the figures as restated.
        reported: as reported, under the names of portfolio --json; None where nothing was.
    """
    if reported is None or view.picks or view.holding != "managed":
        return ()
    found = []
    for given, name, label in REPORTED:
        then, now = reported.get(given), view.now.ratios[name].value
        if then is not None and now is not None and wording.share(then) != wording.share(now):
            found.append(Reported(view.as_of, label, then, now))
    return tuple(found)


def show_reported(found: Sequence[Reported]) -> None:
    """Where what was reported is no longer so: both figures, and why."""
    if not found:
        return
    said = "; ".join(
        f"{each.name} was reported as {wording.share(each.reported)} and is {wording.share(each.restated)}"
        for each in found
    )
    close = words.close_of(found[0].day)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### The close of {close} has changed since it was reported")
        st.caption(
            wording.plain(
                f"{said}. Payments were booked, reversed or waived for days before it. Shown here: as restated."
            )
        )


def show_cards(view: BookView, frame: Frame) -> dict[str, Drawing]:
    """All charts; returns what was drawn, by name, for the tables behind them."""
    drawn: dict[str, Drawing] = {}
    left, right = st.columns(2, gap="small")
    with left:
        par = book_time_charts.par_figure(view.over_time)
        drawn["arrears"] = show_pickable(par, "par", view, below=words.PAR_CAPTION)
    with right:
        drawn |= show_vintages(view)
    left, right = st.columns([1.1, 0.9], gap="small")
    with left:
        rolls = book_part_charts.rolls_figure(view.rolls, currency=view.currency)
        drawn["roll rates"] = show_pickable(rolls, "rolls", view, below=words.ROLL_CAPTION)
    with right:
        ageing = book_part_charts.ageing_figure(view.ageing, currency=view.currency)
        drawn["ageing"] = show_pickable(ageing, "ageing", view, below=words.AGEING_CAPTION)
    left, right = st.columns([0.9, 1.1], gap="small")
    with left:
        drawn |= show_parts(view, frame)
    with right:
        cash = book_part_charts.cash_figure(view.weeks, currency=view.currency)
        drawn["cash expected"] = show_pickable(cash, "cash", view, below=words.CASH_CAPTION)
    return drawn | _show_more(view, frame)


def _show_more(view: BookView, frame: Frame) -> dict[str, Drawing]:
    drawn: dict[str, Drawing] = {}
    under_way = last_month_under_way(view)
    pairs = (
        (
            ("expected loss", "stages", book_part_charts.stage_figure(view.stages, currency=view.currency),
             words.STAGE_CAPTION.format(version=frame.loss_version)),
            ("first payments", "first", book_time_charts.first_figure(view.by_month, view.now.first_missed),
             words.FIRST_CAPTION),
        ),
        (
            ("PAR30 lagged", "lagged", book_time_charts.lag_figure(view.over_time), words.LAG_CAPTION),
            ("own and managed", "funding", book_time_charts.funding_figure(view.over_time, currency=view.currency),
             words.FUNDING_CAPTION),
        ),
        (
            ("lent", "lent",
             book_time_charts.lent_figure(view, plan_minor=frame.plan_minor, under_way=under_way),
             _plan_caption(frame, under_way=under_way)),
            ("collected", "due", book_time_charts.due_figure(view), words.DUE_CAPTION),
        ),
    )  # fmt: skip
    for pair in pairs:
        for column, (name, key, chart, below) in zip(st.columns(2, gap="small"), pair, strict=True):
            with column:
                drawn[name] = show_pickable(chart, key, view, below=below)
    return drawn


def _plan_caption(frame: Frame, *, under_way: bool) -> str:
    beside = (
        "Beside the monthly plan (LOAM_PLAN_MONTHLY)." if frame.plan_minor
        else "No plan is set (LOAM_PLAN_MONTHLY): beside the same month a year before."
    )  # fmt: skip
    return f"{beside} The last month is not over." if under_way else beside


def show_pickable(chart: Pickable, key: str, view: BookView, *, below: str) -> Drawing:
    """A card whose marks pick the loans behind them."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(chart.drawing.title)}")
        show_marks(chart, key, view)
        st.caption(wording.plain(below))
    return chart.drawing


def show_marks(chart: Pickable, key: str, view: BookView) -> None:
    """The chart alone. With other picks it is another chart, so none stays chosen in it."""
    widget = f"book_{key}_{st.context.theme.type}_{hash((view.picks, view.as_of, view.holding)) % 10**8}"
    st.plotly_chart(
        chart.drawing.figure, key=widget, config=CONFIG, alt=chart.drawing.alt, height="content",
        on_select=partial(_pick_mark, widget, chart.picks), selection_mode="points",
    )  # fmt: skip


def _pick_mark(widget: str, picks: Sequence[Sequence[Pick | None]]) -> None:
    for point in st.session_state[widget]["selection"]["points"]:
        trace, place = int(point.get("curve_number", 0)), int(point.get("point_index", 0))
        if trace < len(picks) and place < len(picks[trace]) and picks[trace][place] is not None:
            book_choices.pick(picks[trace][place])  # type: ignore[arg-type]  # it is a pick
            return


def show_vintages(view: BookView) -> dict[str, Drawing]:
    """Vintages as curves by quarter, or by month as a triangle."""
    if view.cohorts is None:
        cards.show_nothing("Vintages", "No loan was paid out.", height="stretch")
        return {}
    with st.container(border=True, gap="xsmall", height="stretch"):
        shown, place = _heading("Vintages as", ("Curves", "Triangle"), "portfolio_vintages")
        make = book_part_charts.triangle_figure if shown == "Triangle" else book_part_charts.curves_figure
        chart = make(view.cohorts)
        place.markdown(f"##### {wording.plain(chart.drawing.title)}")
        show_marks(chart, f"vintages_{shown}", view)
        st.caption(words.VINTAGE_CAPTION)
    return {"vintages": chart.drawing}


def _heading(label: str, options: Sequence[str], key: str) -> tuple[str, st.delta_generator.DeltaGenerator]:
    """A row with a place for the title, and a choice at its right."""
    heading = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    place = heading.empty()
    names = {each: each for each in options}
    shown = heading.segmented_control(
        label, list(options), format_func=in_gray(names), default=options[0], required=True, key=key,
        label_visibility="collapsed",
    )  # fmt: skip
    return shown or options[0], place


def show_parts(view: BookView, frame: Frame) -> dict[str, Drawing]:
    """Concentration by the trait that is chosen."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        heading = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        place = heading.empty()
        trait = heading.selectbox(
            "By", list(words.TRAITS), format_func=words.TRAITS.__getitem__, key="portfolio_trait", width=130,
            label_visibility="collapsed",
        )  # fmt: skip
        parts = view.parts[trait]
        if parts.empty:
            place.markdown(f"##### Outstanding by {words.TRAITS[trait].lower()}")
            st.caption("Nothing is outstanding.")
            return {}
        chart = book_part_charts.part_figure(parts, trait, currency=view.currency, limit=frame.limits.get(trait))
        place.markdown(f"##### {wording.plain(chart.drawing.title)}")
        show_marks(chart, f"parts_{trait}", view)
        shown = min(len(parts), book_part_charts.MOST_PARTS)
        most = f"The {shown} largest of {len(parts):,}. " if len(parts) > shown else ""
        whole = "By the whole of each loan. " if trait == "funder" else ""
        st.caption(f"{most}{whole}Shares of outstanding; PAR30 beside. Choose a bar to see its loans alone.")
    return {f"by {trait}": chart.drawing}


def show_owners(view: BookView, frame: Frame) -> Drawing:
    """The ten largest owners as a table; a chosen row picks its loans."""
    owners, currency = view.owners, view.currency
    title = words.owners_title(owners, frame.limits.get("owner"))
    columns = {
        "Owner": owners["group"],
        "Shops": owners["shops"],
        "Loans": owners["loans"],
        f"Outstanding, {currency}": owners["outstanding"] / wording.minor_units(currency),
        "Share, %": (owners["share"] * 100).round(2),
        "Days late": owners["past_due"],
    }
    drawing = Drawing(Finished([], {}), title, title, columns)
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(title)}")
        if owners.empty:
            st.caption("Nothing is outstanding.")
            return drawing
        shown = pd.DataFrame(
            {
                "Owner": owners["group"],
                "Shops": owners["shops"],
                "Loans": owners["loans"],
                "Outstanding": [wording.money(round(each), currency) for each in owners["outstanding"]],
                "Share": [wording.share(each) for each in owners["share"]],
                "Days late": owners["past_due"],
            }
        )
        key = f"book_owners_{hash((view.picks, view.as_of, view.holding)) % 10**8}"
        st.dataframe(
            shown, key=key, hide_index=True, row_height=ROW_PX, height="content", selection_mode="single-row",
            on_select=partial(_pick_owner, key, tuple(owners["group"])), alt=f"{len(owners)} largest owners",
            column_config={
                "Outstanding": st.column_config.TextColumn(alignment="right"),
                "Share": st.column_config.TextColumn(alignment="right", width=70),
            },
        )  # fmt: skip
        st.caption(words.OWNERS_CAPTION)
    return drawing


def _pick_owner(key: str, owners: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(owners):
        book_choices.pick(("owner", owners[rows[0]]))
