"""The Streamlit script of the twins: a page per recipe, drawn from constants."""

import streamlit as st

from benchmarks.twin import drawing


def main() -> None:
    """Draw the page that the address names."""
    st.set_page_config(page_title="Twin", layout="wide")
    recipes = drawing.pages()
    drawn = {name: st.Page(lambda each=each: drawing.draw_all(each), title=name, url_path=name)
             for name, each in recipes.items()}  # fmt: skip
    st.navigation(list(drawn.values()), position="top").run()


main()
