"""The keys of each page, and the list of them that the question mark opens.

One table for what is shown; tests/test_components_keys.py holds it against the keys that the pages really take.
"""

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Key:
    """One key, or two at once, and what it does."""

    name: str
    """As `shortcut=` has it: "n", "Ctrl+Enter"."""
    does: str


KEYS_OF_PAGE = {
    "queue": (
        Key("n", "Take the next application in line, and open it; while no row is chosen"),
        Key("t", "Take the chosen application, and open it"),
        Key("o", "Look at the chosen application"),
    ),
    "review": (
        Key("t", "Take the file"),
        Key("1", "Answer: approve"),
        Key("2", "Answer: less"),
        Key("3", "Answer: decline"),
        Key("4", "Answer: refer"),
        Key("Ctrl+Enter", "Record the answer as the form stands, from any field"),
        Key("y", "Record what can't be undone, when asked"),
        Key("b", "Go back to the form, when asked"),
        Key("n", "Open the next file"),
        Key("s", "Score the shop, where no score is on record"),
    ),
    "approvals": (
        Key("y", "Give the answer of a second person to a step of a loan, when asked"),
        Key("b", "Go back, when asked"),
    ),
    "loans": (
        Key("y", "Give the answer of a second person, when asked"),
        Key("b", "Go back, when asked"),
    ),
}
KEYS_OF_DESK = (
    Key("?", "List the keys"),
    Key("Tab", "Go to the next button, field or table; with Shift, back"),
    Key("Space", "Press a button, tick a box"),
    Key("↑ ↓ ← →", "Go through a table, or a row of choices"),
    Key("Shift+Space", "Choose the row of a table, or give it up"),
    Key("Esc", "Close a drawer or a list"),
)

# Streamlit takes letters, digits and named keys for a button, not the question mark, which every keyboard has
# elsewhere (ADR 6). The line presses the footer's button, wherever no text is being typed.
QUESTION_MARK = """<script>
if (!window.loamListensForKeys) {
  window.loamListensForKeys = true
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, [contenteditable=true], [role=dialog]")
    if (event.key === "?" && !typing) document.querySelector(".st-key-keys button")?.click()
  })
}
</script>"""


def show_button(page: str) -> None:
    """A button that lists the keys of a page, by mouse or by the question mark."""
    if st.button("Keys :gray[?]", type="tertiary", key="keys"):
        show_list(page)
    st.html(QUESTION_MARK, unsafe_allow_javascript=True)


@st.dialog("Keys", position="right", width=380)
def show_list(page: str) -> None:
    """All keys that work on a page."""
    if page in KEYS_OF_PAGE:
        st.markdown("**On this page**")
        show_lines(KEYS_OF_PAGE[page])
    st.markdown("**On every page**")
    show_lines(KEYS_OF_DESK)
    st.caption("Letters work where no text is being typed.")


def show_lines(keys: tuple[Key, ...]) -> None:
    """A line for each key."""
    for key in keys:
        name = key.name.upper() if len(key.name) == 1 else key.name.replace("+", " + ")
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"`{name}`", width=88)
            st.markdown(key.does, width=215)
