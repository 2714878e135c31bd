"""The applications that wait: which to take next, and who holds which."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import BinaryIO, TypeVar

import pandas as pd
import streamlit as st

from components import (
    export_panel,
    guard,
    list_address,
    list_table,
    queue_panel,
    refusals,
    views_panel,
    wording,
    writing,
)
from components.queue_panel import FILTERS
from db import holds, interests, policies, queue, sales, views
from db.engine import open_session
from desk import exports
from lending.errors import BrokenRule
from settings import local_now

visit = guard.enter("queue")

Result = TypeVar("Result")

ROWS, SPARK_MONTHS = 15, 24


def write(act: Callable[..., Result], *given: object, **named: object) -> Result | None:
    """Let this person write, checked again; what is refused is said above the table, and gives None."""
    actor = guard.enter("queue")
    try:
        with open_session(actor.engine, write=True) as session:
            return act(session, *given, person_id=actor.person.id, **named)
    except BrokenRule as error:
        st.session_state["queue_notice"] = refusals.sentence(error)
        return None


def take(application_id: int) -> None:
    """Take an application and open it, unless that is refused."""
    write(holds.take, application_id)
    if "queue_notice" not in st.session_state:
        look_at(application_id)


def look_at(application_id: int) -> None:
    """Open an application in Review; it stays chosen for the way back."""
    list_address.choose("queue", application_id)
    st.session_state["open_review"] = application_id


def read_view() -> queue.QueueView:
    """What the filters above the table say."""
    told = list_address.values("queue", FILTERS)
    return queue.QueueView(
        holder=told["holder"], grades=told["grade"], state=told["state"], search=told["search"], order=told["order"],
        due=told["due"], promised_days=promised.days, page=list_address.page_number("queue"), size=ROWS,
    )  # fmt: skip


def make_export(
    file_format: str, *, token: str | None, view: queue.QueueView, filters: Sequence[tuple[str, str]]
) -> BinaryIO:
    """The whole list as a file; runs apart from the page."""
    guard.refuse_signed_out(visit, token)
    asked = exports.Export(
        file_format, visit.person.id, visit.today, visit.now, filters, local_now(None), visit.demo_data, wording.cell,
    )  # fmt: skip
    return exports.export_queue(visit.engine, asked, view, promised=promised, waits_for=queue_panel.waits_for)


def show_views() -> None:
    """The views of the list."""
    acts = views_panel.Acts(
        read=read_own_views,
        save=lambda name, query: write(views.save, page="queue", name=name, query=query),
        rename=lambda number, name: write(views.rename, number, page="queue", name=name),
        delete=lambda number: write(views.delete, number),
    )
    views_panel.show("queue", FILTERS, queue_panel.VIEWS, acts, longest_name=views.LONGEST_NAME)


def show_export() -> None:
    """The export of the list."""
    told = queue_panel.filters_in_words(list_address.values("queue", FILTERS))
    make = partial(make_export, token=guard.browser_token(), view=view, filters=told)
    export_panel.show("queue", total, as_of=visit.today, generated=visit.demo_data, make=make)


def read_own_views() -> list[views.SavedView]:
    """The views of the person who looks."""
    with open_session(visit.engine) as session:
        return views.of_person(session, visit.person.id, "queue")


def show_actions(chosen: pd.Series | None, next_id: int | None) -> None:
    """What can be done now: with the chosen row, or with the next in line."""
    may_decide = visit.person.may("decide")
    hand = ":material/back_hand:"
    if chosen is None:
        if may_decide and next_id is not None:
            writing.button("Take the next", type="primary", icon=hand, on_click=take, args=(next_id,), shortcut="n")
        return
    number = int(chosen.application_id)
    mine = chosen.holder_id == visit.person.id
    st.markdown(queue_panel.in_words(chosen), width="content")
    if number not in set(rows["application_id"]):
        st.button("Unselect", type="tertiary", on_click=list_address.choose, args=("queue", None))
    if may_decide and mine:
        writing.button("Give it back", on_click=write, args=(holds.release, number))
    st.button("Look at it", type="primary" if mine else "secondary", on_click=look_at, args=(number,), shortcut="o")
    if may_decide and chosen.holder_id is None:
        writing.button("Take it", type="primary", icon=hand, on_click=take, args=(number,), shortcut="t")


def show_empty() -> None:
    """What stands in the table's place: why it is empty, and what helps."""
    if counts.waiting:
        st.caption(f"None of the {counts.waiting:,} waiting applications fits these filters.")
        st.button("Clear filters", on_click=list_address.clear, args=("queue", FILTERS))
    else:
        st.caption("Applications come in with a shop's files. New ones appear here by their deadline.")
        if visit.person.may("import"):
            st.page_link(guard.file_of("imports"), label="Import files", icon=":material/upload_file:")


def find_chosen(shown: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series | None]:
    """The rows to show and the chosen one among all; sorted anew, the list turns to the page that holds it."""
    number, sorted_anew = list_address.chosen("queue"), list_address.sorted_anew("queue")
    if number is None:
        return shown, None
    if number not in set(shown["application_id"]):
        with open_session(visit.engine) as session:
            whole = queue.line(session, view, person_id=visit.person.id, now=visit.now)
            if number not in whole:
                list_address.choose("queue", None)
                return shown, None
            if not sorted_anew:
                return shown, queue.rows(session, [number], now=visit.now).iloc[0]
            page = whole.index(number) // ROWS
            list_address.turn_to("queue", page + 1)
            shown = queue.rows(session, whole[page * ROWS : (page + 1) * ROWS], now=visit.now)
    return shown, shown[shown["application_id"] == number].iloc[0]


list_address.settle("queue", FILTERS)
if opened := st.session_state.pop("open_review", None):
    list_address.keep("queue", FILTERS)
    st.switch_page(guard.file_of("review"), query_params={"application": str(opened)})

page = st.container(gap="xsmall")
heading = page.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
controls = page.container(horizontal=True, vertical_alignment="bottom", gap="small")
with controls:
    queue_panel.show_filters()
with open_session(visit.engine) as session:
    promised = timedelta(days=policies.in_force(session).days_to_decide)
    counts = queue.counts(session, person_id=visit.person.id, now=visit.now, promised=promised)
    view = read_view()
    total = counts.waiting if view.unfiltered else queue.count(session, view, person_id=visit.person.id, now=visit.now)
    pages = max(1, -(-total // ROWS))
    if view.page > pages:
        list_address.turn_to("queue", pages)
        view = read_view()
    rows = queue.waiting(session, view, person_id=visit.person.id, now=visit.now)
rows, chosen = find_chosen(rows)
next_id = None
with open_session(visit.engine) as session:
    if chosen is None and view.holder != "mine":
        barred = interests.barred(session, visit.person.id)
        next_id = queue_panel.next_on_page(rows, barred) if view.page == 1 else None
        next_id = next_id or queue.next_in_line(session, view, person_id=visit.person.id, now=visit.now)
    spark = sales.monthly_net(session, rows["shop_id"].tolist(), as_of=visit.today, months=SPARK_MONTHS)

heading.markdown(f"#### {queue_panel.title(counts.waiting, counts.overdue, counts.due_soon)}", width="content")
with heading.container(width="content", horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
    show_actions(chosen, next_id)
with controls:
    show_views()
with page:
    if notice := st.session_state.pop("queue_notice", None):
        st.warning(notice)
    if rows.empty:
        show_empty()
    else:
        queue_panel.show_table(rows, spark, now=visit.now, promised=promised)
        told = queue_panel.caption(len(rows), total, counts.waiting, view.order)
        list_table.show_foot("queue", FILTERS, told, pages, filtered=not view.unfiltered, show_menu=show_export)
if chosen is not None:
    # What Review opens where its address names nothing.
    st.session_state["application_id"] = int(chosen.application_id)
list_address.keep("queue", FILTERS)
