"""The Streamlit script: who is signed in, which pages they have, and the frame around each page."""

import streamlit as st

from components import garbage, guard, wording
from settings import ROOT

TITLES = {
    "queue": "Queue",
    "review": "Review",
    "shops": "Shops",
    "imports": "Imports",
    "audit": "Audit",
}

IMAGES = ROOT / "components" / "images"


def main() -> None:
    """Show the page that the address names, among those of the person signed in."""
    st.set_page_config(page_title="Loam", page_icon=str(IMAGES / "icon.svg"), layout="wide")
    visit = guard.enter()
    st.logo(str(IMAGES / "logo.svg"), size="medium")
    # Streamlit gives its default page no address of its own; this one only leads on, so that each page keeps its own.
    home = st.Page(go_home, title="Loam", default=True, visibility="hidden")
    pages = [page_at(name) for name in visit.person.pages]
    page = st.navigation([home, *pages], position="top")
    show_banner(visit)
    page.run()
    garbage.set_aside_after_first_run(page.title)


def page_at(name: str) -> st.Page:
    """The page of a name."""
    return st.Page(guard.file_of(name), title=TITLES[name], url_path=name)


def go_home() -> None:
    """Lead to the first page of whoever is signed in."""
    st.switch_page(page_at(guard.enter().person.pages[0]))


def show_banner(visit: guard.Visit) -> None:
    """One line above the page: whose rights these are, and that a demo is a demo."""
    data = "Made-up shops and people" if visit.demo_data else "Demo sign-in"
    st.caption(
        f":orange-badge[Demo] {data}. You are **{visit.person.name}**, {visit.person.role}, "
        f"on {wording.day(visit.today)}. [Change person](/account)"
    )


main()
