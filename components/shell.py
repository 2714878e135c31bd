"""The Streamlit script: who is signed in, which pages they have, and the frame around each page."""

import streamlit as st

from components import guard, wording
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
    pages = [
        st.Page(ROOT / "pages" / f"{name}.py", title=TITLES[name], url_path=name, default=index == 0)
        for index, name in enumerate(visit.person.pages)
    ]
    page = st.navigation(pages, position="top")
    show_banner(visit)
    page.run()


def show_banner(visit: guard.Visit) -> None:
    """One line above the page: whose rights these are, and that a demo is a demo."""
    data = "Made-up shops and people" if visit.demo_data else "Demo sign-in"
    st.caption(
        f":orange-badge[Demo] {data}. You are **{visit.person.name}**, {visit.person.role}, "
        f"on {wording.day(visit.today)}. [Change person](/account)"
    )


main()
