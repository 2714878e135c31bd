"""The applications of a time: what came in, what was decided, what waits. A manager's first look."""

from datetime import timedelta

import streamlit as st

from components import cards, guard, portfolio_list, portfolio_panel, portfolio_tiles
from components import portfolio_words as words
from db import policies, portfolio, queue
from db.engine import open_session
from lending.decided import Group, members
from lending.overview import Overview
from settings import settings

visit = guard.enter("portfolio")

SOON = timedelta(hours=24)
EVERYTHING = Group("step", "received")


def look(actor: guard.Visit) -> Overview:
    """The figures of the period and currency that the address names. Today counts, with what happened today."""
    with open_session(actor.engine) as session:
        return portfolio.overview(
            session, days=words.DAYS[portfolio_panel.period_in_address()], as_of=actor.today + timedelta(days=1),
            now=actor.now, currency=st.query_params.get("currency"), promised=promised,
            time_zone=settings().time_zone,
        )  # fmt: skip


def show_all_time() -> None:
    """Look at everything on record."""
    st.query_params["period"] = "all"


@st.fragment
def show_cards() -> None:
    """The charts; choosing a mark of one draws nothing else anew."""
    told = look(guard.enter("portfolio"))
    st.session_state["portfolio_drawn"] = portfolio_panel.show_cards(told, promised=promised)
    if chosen := st.session_state.pop(portfolio_panel.CHOSEN, None):
        show_applications(chosen)


@st.dialog("Applications", width="large", position="right")
def show_applications(chosen: Group) -> None:
    """The applications behind a mark, in a drawer; another group can be chosen there."""
    actor = guard.enter("portfolio")
    told = look(actor)
    names = portfolio_list.groups_of(told)
    groups = list(names)
    group = st.selectbox(
        "Which", groups, index=groups.index(chosen) if chosen in names else 0, format_func=names.__getitem__,
        label_visibility="collapsed", key=f"portfolio_group_{chosen}",
    )  # fmt: skip
    found = members(told.rows, group, step=told.step)
    listed = found.head(portfolio_list.MOST_LISTED)
    with open_session(actor.engine) as session:
        named = portfolio.named(session, listed["application_id"].tolist(), now=actor.now)
    number = portfolio_list.show_list(listed, named, total=len(found), time_zone=settings().time_zone)
    if number is not None:
        st.switch_page(guard.file_of("review"), query_params={"application": str(number)})


with open_session(visit.engine) as session:
    promised = timedelta(days=policies.in_force(session).days_to_decide)
    counts = queue.counts(session, person_id=visit.person.id, now=visit.now, promised=promised, soon=SOON)
    on_record = portfolio.on_record(session)
told = look(visit)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.markdown(f"#### {words.page_title(told.summary)}", width="stretch")
    with st.container(horizontal=True, width="content"):
        portfolio_panel.choose("period", "Period", words.PERIODS, portfolio_panel.period_in_address(), width=140)
        if told.currency is not None and len(told.currencies) > 1:
            codes = {code: code for code in told.currencies}
            portfolio_panel.choose("currency", "Currency", codes, told.currency, width=90)
if told.currency is None:
    may_import = visit.person.may("import")
    portfolio_panel.show_empty(
        on_record, portfolio_panel.period_in_address(),
        import_page=guard.file_of("imports") if may_import else None, on_all=show_all_time,
    )  # fmt: skip
    st.stop()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.caption(portfolio_panel.caption(told), width="stretch")
    with st.container(horizontal=True, width="content"):
        list_wanted = st.button("Applications", type="tertiary", icon=":material/list:")
        numbers_wanted = st.button("Numbers", type="tertiary", icon=":material/table:")
waits = portfolio_tiles.Waits(counts.waiting, counts.overdue, counts.due_soon)
portfolio_tiles.show_tiles(told, waits, promised=promised)
show_cards()
if list_wanted:
    show_applications(EVERYTHING)
elif numbers_wanted:
    cards.show_numbers(st.session_state["portfolio_drawn"])
