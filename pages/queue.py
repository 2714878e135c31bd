"""The applications that wait: which to take next, and who holds which."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from components import guard, queue_panel, refusals, wording
from db import holds, policies, queue, sales
from db.engine import open_session
from lending.errors import BrokenRule

visit = guard.enter("queue")

ROWS = 13
SOON = timedelta(hours=24)
SPARK_MONTHS = 24


def read_view() -> queue.QueueView:
    """What the filters above the table say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        holder = st.segmented_control(
            "Holder",
            list(queue_panel.HOLDERS),
            format_func=queue_panel.HOLDERS.__getitem__,
            default="all",
            required=True,
            key="holder",
            bind="query-params",
        )
        grades = st.pills("Grade", list(wording.GRADES), selection_mode="multi", key="grades", bind="query-params")
        state = st.selectbox(
            "Waiting for",
            list(queue_panel.STATES),
            format_func=queue_panel.STATES.__getitem__,
            key="state",
            width=210,
            bind="query-params",
        )
        order = st.selectbox(
            "Sorted by",
            list(queue_panel.ORDERS),
            format_func=queue_panel.ORDERS.__getitem__,
            key="order",
            width=190,
            bind="query-params",
        )
        search = st.text_input("Shop or number", placeholder="Search", key="search", width=190, bind="query-params")
    return queue.QueueView(
        holder, tuple(grades or ()), state, search, order, st.session_state.get("queue_page", 1), ROWS
    )


def take(application_id: int) -> None:
    """Take an application and open it."""
    guard.enter("queue")
    try:
        with open_session(visit.engine, write=True) as session:
            holds.take(session, application_id, person_id=visit.person.id)
    except BrokenRule as error:
        st.session_state["queue_notice"] = refusals.sentence(error)
        return
    look_at(application_id)


def give_back(application_id: int) -> None:
    """Release an application that this person holds."""
    guard.enter("queue")
    try:
        with open_session(visit.engine, write=True) as session:
            holds.release(session, application_id, person_id=visit.person.id)
    except BrokenRule as error:
        st.session_state["queue_notice"] = refusals.sentence(error)


def look_at(application_id: int) -> None:
    """Open an application in Review."""
    st.session_state["application_id"] = application_id
    st.session_state["open_review"] = True


def show_actions(chosen: pd.Series | None, next_id: int | None) -> None:
    """What can be done now: with the chosen row, or with the next in line."""
    may_decide = visit.person.may("decide")
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if chosen is None:
            if may_decide and next_id is not None:
                st.button(
                    "Take the next", type="primary", icon=":material/back_hand:", on_click=take, args=(next_id,),
                    shortcut="n",
                )  # fmt: skip
            return
        number = int(chosen.application_id)
        amount = wording.money(int(chosen.amount_minor), chosen.currency)
        st.markdown(f"**{wording.plain(chosen.shop_name)}**, {wording.plain(amount)}", width="content")
        st.button("Look at it", on_click=look_at, args=(number,))
        if may_decide and chosen.holder_id == visit.person.id:
            st.button("Give it back", on_click=give_back, args=(number,))
        elif may_decide and pd.isna(chosen.holder_id):
            st.button("Take it", type="primary", icon=":material/back_hand:", on_click=take, args=(number,))


def show_empty() -> None:
    """What stands in the table's place: why it is empty, and what helps."""
    if counts.waiting:
        st.caption(f"None of the {counts.waiting:,} waiting applications fits these filters.")
        st.button("Show all", on_click=show_all)
    else:
        st.caption("Applications come in with a shop's files. New ones appear here by their deadline.")
        if visit.person.may("import"):
            st.page_link(guard.file_of("imports"), label="Import files", icon=":material/upload_file:")


def show_all() -> None:
    """Clear the filters."""
    # Set and not removed: a removed value would come back out of the address.
    st.session_state.update(holder="all", grades=[], state="all", search="", queue_page=1)


if st.session_state.pop("open_review", False):
    st.switch_page(guard.file_of("review"), query_params={"application": str(st.session_state["application_id"])})

heading = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
view = read_view()
with open_session(visit.engine) as session:
    promised = timedelta(days=policies.in_force(session).days_to_decide)
    counts = queue.counts(session, person_id=visit.person.id, now=visit.now, promised=promised, soon=SOON)
    total = counts.waiting
    if not view.unfiltered:
        total = queue.count(session, view, person_id=visit.person.id, now=visit.now)
    rows = queue.waiting(session, view, person_id=visit.person.id, now=visit.now)
    next_id = queue_panel.next_on_page(rows) if view.page == 1 and view.holder != "mine" else None
    if next_id is None:
        next_id = queue.next_in_line(session, view, person_id=visit.person.id, now=visit.now)
    spark = sales.monthly_net(session, rows.shop_id.tolist(), as_of=visit.today, months=SPARK_MONTHS)

heading.markdown(f"#### {queue_panel.title(counts.waiting, counts.overdue, counts.due_soon)}", width="content")
if notice := st.session_state.pop("queue_notice", None):
    st.warning(notice)
chosen_id = None
if rows.empty:
    show_empty()
else:
    chosen_id = queue_panel.show_table(
        rows, spark, now=visit.now, promised=promised, chosen_id=st.session_state.get("application_id")
    )
    st.session_state["application_id"] = chosen_id
with heading.container(width="content"):
    show_actions(None if chosen_id is None else rows.set_index("application_id", drop=False).loc[chosen_id], next_id)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.caption(queue_panel.caption(len(rows), total, counts.waiting))
    if total > ROWS:
        st.pagination(-(-total // ROWS), key="queue_page", width="stretch")
