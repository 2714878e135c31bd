"""Portfolio as it is shown: choices, tiles, cards, and the list of the applications behind a mark."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

import pandas as pd
import streamlit as st

from components import applications_charts, applications_rows, cards, wording
from components import applications_words as words
from components.applications_charts import Choosable
from components.choices import in_gray
from components.figure import CONFIG, Drawing
from lending.decided import Group
from lending.overview import Overview
from lending.shares import Share

ROW_PX = 35
MOST_PEOPLE = 5
CHOSEN = "applications_chosen"


def choose(name: str, label: str, options: Mapping[str, str], chosen: str, *, width: int) -> None:
    """A select whose code stands in the address; the page reads it from there.

    Args:
        name: of the code in the address.
        label: what is chosen.
        options: codes and their words.
        chosen: the code that holds now.
        width: in pixels.
    """
    key = f"applications_{name}"
    # The address is right, also where somebody typed another one into it.
    st.session_state[key] = chosen
    st.selectbox(
        label, list(options), format_func=options.__getitem__, key=key, width=width, label_visibility="collapsed",
        on_change=_put_in_address, args=(name, key),
    )  # fmt: skip


def _put_in_address(name: str, key: str) -> None:
    st.query_params[name] = st.session_state[key]


def period_in_address() -> str:
    """The period that the address names; the usual one where it names none that exists."""
    code = st.query_params.get("period", words.DEFAULT_PERIOD)
    return code if code in words.PERIODS else words.DEFAULT_PERIOD


def caption(told: Overview) -> str:
    """Which applications the figures are of, and what they are not."""
    last = told.as_of - timedelta(days=1)
    inside = f"Received {wording.day(told.since)} to {wording.day(last)}"
    others = [each for each in told.currencies if each != told.currency]
    only = f", in {told.currency} only; {wording.listed(others)} apart" if others else f", in {told.currency}"
    return f"{inside}{only}. {words.NO_LOANS}"


def show_cards(told: Overview, *, promised: timedelta) -> list[Drawing]:
    """The charts in pairs; a chosen mark is left in the session under CHOSEN. Returns what was drawn."""
    drawn: list[Drawing] = []
    currency = told.currency or ""
    settled = told.summary.settled
    left, right = st.columns([1, 1], gap="small")
    with left:
        funnel = applications_rows.funnel_figure(told.funnel, told.summary, currency=currency)
        drawn.append(show_choosable(funnel, key="funnel", below=words.left_behind(told.waiting, told.unscored)))
    with right:
        if settled:
            drawn.append(show_choosable(applications_rows.grades_figure(told.grades), key="grades", below=words.GRADES))
        else:
            cards.show_nothing("Answers by grade", words.NOTHING_SETTLED)
    left, right = st.columns([1, 1], gap="small")
    with left:
        money = applications_charts.money_figure(told.over_time, told.summary, currency=currency, step=told.step)
        drawn.append(show_choosable(money, key="money", below=words.BY_RECEIVED))
    with right:
        if settled:
            time = applications_charts.time_figure(told.over_time, told.summary, step=told.step, promised=promised)
            drawn.append(show_choosable(time, key="time", below=words.time_caption(told.summary)))
        else:
            cards.show_nothing("Time to the final answer", words.NOTHING_SETTLED)
    if settled:
        drawn += _show_settled(told, currency=currency)
    return drawn


def _show_settled(told: Overview, *, currency: str) -> list[Drawing]:
    """The cards that say something only where something is settled."""
    drawn: list[Drawing] = []
    left, right = st.columns([1, 1], gap="small")
    with left:
        show_people(told)
    with right:
        if told.reasons.empty:
            cards.show_nothing("Reasons for declining", "Nothing of this time was declined for a reason.")
        else:
            reasons = applications_rows.reasons_figure(told.reasons, told.summary.declined)
            drawn.append(show_choosable(reasons, key="reasons", below=words.SEVERAL_REASONS))
    left, right = st.columns([1, 1], gap="small")
    with left:
        drawn += show_traits(told)
    with right:
        if told.sizes.empty:
            cards.show_nothing("Size of approved loans", "Nothing of this time was approved.")
        else:
            drawn.append(_show_sizes(applications_rows.sizes_figure(told.sizes, currency=currency)))
    return drawn


def show_choosable(chart: Choosable, *, key: str, below: str) -> Drawing:
    """A card whose marks lead to the applications behind them."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(chart.drawing.title)}")
        _show_marks(chart, key=key)
        st.caption(wording.plain(below))
    return chart.drawing


def _show_sizes(drawing: Drawing) -> Drawing:
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(drawing.title)}")
        cards.show_figure(drawing, key="sizes")
        st.caption(words.MIDDLE_HALF)
    return drawing


def _show_marks(chart: Choosable, *, key: str) -> None:
    widget = f"{key}_{st.context.theme.type}"
    st.plotly_chart(
        chart.drawing.figure, key=widget, config=CONFIG, alt=chart.drawing.alt, height="content",
        on_select=partial(_remember_mark, widget, chart.groups), selection_mode="points",
    )  # fmt: skip


def _remember_mark(widget: str, groups: Sequence[Sequence[Group]]) -> None:
    """Note what was chosen, for the page to open its list. The same mark chosen once more comes as nothing chosen."""
    points = st.session_state[widget]["selection"]["points"]
    last = f"{widget}_last"
    if points:
        trace, point = int(points[0].get("curve_number", 0)), int(points[0].get("point_index", 0))
        if trace >= len(groups) or point >= len(groups[trace]):
            return
        st.session_state[last] = groups[trace][point]
    if last in st.session_state:
        st.session_state[CHOSEN] = st.session_state[last]


def show_traits(told: Overview) -> list[Drawing]:
    """Approved shares by category or by region, whichever is chosen."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        heading = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        place = heading.empty()
        trait = heading.segmented_control(
            "Approved by", list(words.TRAITS), format_func=in_gray(words.TRAITS), default="category", required=True,
            key="applications_trait", label_visibility="collapsed",
        )  # fmt: skip
        frame = told.regions if trait == "region" else told.categories
        if frame.empty:
            place.markdown(f"##### Approved by {trait}")
            st.caption(f"No settled application has a shop whose {trait} is known.")
            return []
        chart = applications_rows.traits_figure(frame, trait or "category")
        place.markdown(f"##### {wording.plain(chart.drawing.title)}")
        _show_marks(chart, key=f"traits_{trait}")
        st.caption(words.RANGES)
    return [chart.drawing]


def show_people(told: Overview) -> None:
    """A row per person who settled something; choosing one leads to those applications."""
    people = told.people
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(words.people_title(people))}")
        numbers = [str(number) for number in people["group"]]
        shares = [
            Share(part, whole)
            for part, whole in zip(people["approve"] + people["approve_less"], people["settled"], strict=True)
        ]
        event = st.dataframe(
            pd.DataFrame(
                {
                    "Who": people["person_name"],
                    "Settled": people["settled"],
                    "Approved": [words.share_ranged(each) for each in shares],
                    "Against the policy": people["overrides"],
                    "Half within": [wording.span(hours) for hours in people["median_hours"]],
                }
            ),
            key=f"people_{hash(tuple(numbers))}_{st.session_state.get('applications_opened', 0)}",
            hide_index=True,
            row_height=ROW_PX,
            height="content" if len(people) <= MOST_PEOPLE else 236,
            on_select="rerun",
            selection_mode="single-row",
            column_config={
                "Who": st.column_config.TextColumn(width=130),
                "Settled": st.column_config.NumberColumn(width=62),
                "Approved": st.column_config.TextColumn(
                    width=110, alignment="right", help="In full or less, with its 95% range"
                ),
                "Against the policy": st.column_config.NumberColumn(
                    "Overrides", width=76, help="Settled against the policy"
                ),
                "Half within": st.column_config.TextColumn(
                    width=84,
                    alignment="right",
                    help="Half of the files took no longer, from submission to the final answer",
                ),
            },
            alt=f"{len(people)} people and what they settled",
        )
        st.caption(words.NOT_DEALT)
    picked = event.selection.rows
    if picked and picked[0] < len(numbers):
        # A new key unticks the row, so that the list opens once.
        st.session_state["applications_opened"] = st.session_state.get("applications_opened", 0) + 1
        st.session_state[CHOSEN] = Group("person", numbers[picked[0]])


def show_empty(on_record: int, period: str, *, import_page: str | None, on_all: Callable[[], None]) -> None:
    """What stands in the figures' place where nothing came in: why, and what helps."""
    if on_record:
        st.caption(
            f"None of the {on_record:,} applications on record came in this time ({words.PERIODS[period].lower()})."
        )
        st.button("Show all time", on_click=on_all)
        return
    st.caption("Applications come in with a shop's files. Once they do, this page tells what becomes of them.")
    if import_page is not None:
        st.page_link(import_page, label="Import files", icon=":material/upload_file:")
