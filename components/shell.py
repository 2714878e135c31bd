"""The Streamlit script: who is signed in, which pages they have, and the frame around each page."""

from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import garbage, guard, keys, record_words, turns, wording, writing
from db import concerns
from db.engine import open_session, read_only
from settings import ROOT, settings

TITLES = {
    "queue": "Queue",
    "review": "Review",
    "approvals": "Approvals",
    "score": "Score",
    "shops": "Shops",
    "loans": "Loans",
    "collections": "Collections",
    "portfolio": "Portfolio",
    "applications": "Applications",
    "imports": "Imports",
    "policy": "Policy",
    "audit": "Audit",
    "people": "People",
}

# The page of routes/account.py on which people sign in.
DOOR = "account"

IMAGES = ROOT / "components" / "images"


def main() -> None:
    """Show the page that the address names, among those of the person signed in."""
    st.set_page_config(page_title="Loam", page_icon=str(IMAGES / "icon.svg"), layout="wide")
    visit = guard.enter()
    st.logo(str(IMAGES / ("logo-demo.svg" if visit.person.demo else "logo.svg")), size="medium")
    page = st.navigation(pages_of(visit), position="top")
    st.set_page_config(page_title=f"{page.title} · Loam")
    show_read_only(visit)
    writing.show_unrecorded()
    if page.url_path != DOOR:
        st.session_state["address"] = f"/{page.url_path}?{urlencode(st.query_params.to_dict())}"
    # Drawn first, since a page that stops early leaves no turn to anything after it.
    body, footer = st.container(), st.empty()
    show_footer(footer.container(horizontal=True, vertical_alignment="center", gap="medium"), visit, page.url_path)
    try:
        with body, guard.handed_on(visit), turns.turn(page.url_path):
            page.run()
    except Exception:
        # What the launcher says of a failure then stands right below the page.
        footer.empty()
        raise
    garbage.set_aside_after_first_run(page.title)


def pages_of(visit: guard.Visit) -> list[st.Page]:
    """The navigation: the pages of the person signed in, and last their name, which leads to the door."""
    # Streamlit gives its default page no address of its own; this one only leads on, so that each page keeps its own.
    home = st.Page(go_home, title="Loam", default=True, visibility="hidden")
    # It has the door's own address, so that a second tab or a reload leads there too.
    leave = st.Page(
        leave_page, title=f"{visit.person.name} (change)" if visit.person.demo else visit.person.name, url_path=DOOR
    )
    return [home, *(page_at(name) for name in visit.person.pages), leave]


def page_at(name: str) -> st.Page:
    """The page of a name."""
    return st.Page(guard.file_of(name), title=TITLES[name], url_path=name)


def go_home() -> None:
    """Lead to the first page of whoever is signed in."""
    st.switch_page(page_at(guard.enter().person.pages[0]))


def leave_page() -> None:
    """Lead to the door, and from there back to the page shown before."""
    st.query_params["next"] = st.session_state.get("address", "/")
    guard.leave()


def show_read_only(visit: guard.Visit) -> None:
    """Say to everybody why nothing can be recorded, where that is so; the row itself is folded away."""
    found = read_only(visit.engine)
    if found is None:
        return
    with open_session(visit.engine) as session:
        concern = concerns.of(session, *found.row[:2]) if found.row else concerns.Concern()
        call = concerns.to_call(session)
    since = wording.moment(found.since, settings().time_zone)
    is_administrator = visit.person.role == "administrator"
    st.error(record_words.banner(found.row, concern, since=since, call=call, for_administrator=is_administrator))
    with st.expander("For whoever runs this desk", icon=":material/build:"):
        st.text(f"{found.sentence[:1].upper()}{found.sentence[1:]}\nThe way on stands in docs/record.md.")


def show_footer(place: DeltaGenerator, visit: guard.Visit, page: str) -> None:
    """One line below the page: whose rights these are, that a demo is a demo, whose clock it is, and the keys."""
    data = "Demo: made-up shops and people. " if visit.demo_data else "Demo sign-in. " if visit.person.demo else ""
    with place:
        st.caption(
            f"{data}You are **{visit.person.name}**, {visit.person.role}, on {wording.day(visit.today)}. "
            f"Times are those of {wording.plain(settings().time_zone)}.",
            width="content",
        )
        st.button("Change person" if visit.person.demo else "Your account", type="tertiary", on_click=guard.leave)
        keys.show_button(page)


main()
