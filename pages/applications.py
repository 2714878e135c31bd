"""The applications of a time: what came in, what was decided, what waits. A manager's first look."""

from datetime import timedelta

import streamlit as st

from components import applications_list, applications_panel, applications_tiles, cards, guard
from components import applications_words as words
from db import overview, policies, queue
from db.engine import open_session
from lending.decided import Group, members
from lending.overview import Overview
from settings import settings

visit = guard.enter("applications")

SOON = timedelta(hours=24)
EVERYTHING = Group("step", "received")


def look(actor: guard.Visit) -> Overview:
    """The figures of the period and currency that the address names. Today counts, with what happened today."""
    with open_session(actor.engine) as session:
        return overview.overview(
            session, days=words.DAYS[applications_panel.period_in_address()], as_of=actor.today + timedelta(days=1),
            now=actor.now, currency=st.query_params.get("currency"), promised=promised,
            time_zone=settings().time_zone,
        )  # fmt: skip


def show_all_time() -> None:
    """Look at everything on record."""
    st.query_params["period"] = "all"


@st.fragment
def show_cards() -> None:
    """The charts; choosing a mark of one draws nothing else anew."""
    told = look(guard.enter("applications"))
    st.session_state["applications_drawn"] = applications_panel.show_cards(told, promised=promised)
    if chosen := st.session_state.pop(applications_panel.CHOSEN, None):
        show_applications(chosen)


@st.dialog("Applications", width="large", position="right")
def show_applications(chosen: Group) -> None:
    """The applications behind a mark, in a drawer; another group can be chosen there."""
    actor = guard.enter("applications")
    told = look(actor)
    names = applications_list.groups_of(told)
    groups = list(names)
    group = st.selectbox(
        "Which", groups, index=groups.index(chosen) if chosen in names else 0, format_func=names.__getitem__,
        label_visibility="collapsed", key=f"applications_group_{chosen}",
    )  # fmt: skip
    found = members(told.rows, group, step=told.step)
    listed = found.head(applications_list.MOST_LISTED)
    with open_session(actor.engine) as session:
        named = overview.named(session, listed["application_id"].tolist(), now=actor.now)
    number = applications_list.show_list(listed, named, total=len(found), time_zone=settings().time_zone)
    if number is not None:
        st.switch_page(guard.file_of("review"), query_params={"application": str(number)})


with open_session(visit.engine) as session:
    promised = timedelta(days=policies.in_force(session).days_to_decide)
    counts = queue.counts(session, person_id=visit.person.id, now=visit.now, promised=promised, soon=SOON)
    on_record = overview.on_record(session)
told = look(visit)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.markdown(f"#### {words.page_title(told.summary)}", width="stretch")
    with st.container(horizontal=True, width="content"):
        applications_panel.choose("period", "Period", words.PERIODS, applications_panel.period_in_address(), width=140)
        if told.currency is not None and len(told.currencies) > 1:
            codes = {code: code for code in told.currencies}
            applications_panel.choose("currency", "Currency", codes, told.currency, width=90)
if told.currency is None:
    may_import = visit.person.may("import")
    applications_panel.show_empty(
        on_record, applications_panel.period_in_address(),
        import_page=guard.file_of("imports") if may_import else None, on_all=show_all_time,
    )  # fmt: skip
    st.stop()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.caption(applications_panel.caption(told), width="stretch")
    with st.container(horizontal=True, width="content"):
        list_wanted = st.button("Applications", type="tertiary", icon=":material/list:")
        numbers_wanted = st.button("Numbers", type="tertiary", icon=":material/table:")
waits = applications_tiles.Waits(counts.waiting, counts.overdue, counts.due_soon)
applications_tiles.show_tiles(told, waits, promised=promised)
show_cards()
if list_wanted:
    show_applications(EVERYTHING)
elif numbers_wanted:
    cards.show_numbers(st.session_state["applications_drawn"])
