"""Views of a list: the ready ones, a person's own, and how to keep, rename and delete those."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from components import list_address, wording, writing
from components.list_address import Filter


class View(Protocol):
    """A kept view; see db.views."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def query(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Acts:
    """What the page does when a person asks for it; each refuses in a notice of its own."""

    read: Callable[[], Sequence[View]]
    save: Callable[[str, str], None]
    """With a name and a query."""
    rename: Callable[[int, str], None]
    """With the view's number and its new name."""
    delete: Callable[[int], View | None]
    """With the view's number; returns what was deleted."""


def show(page: str, filters: Sequence[Filter], ready: Mapping[str, str], acts: Acts, *, longest_name: int) -> None:
    """A button that opens the views; its content is drawn only while it is open."""
    with st.popover("Views", type="tertiary", icon=":material/bookmark:", key=_open(page), on_change="rerun") as menu:
        if not menu.open:
            return
        own = acts.read()
        standing = list_address.filters_query(page, filters)
        with st.container(gap=None):
            for name, query in ready.items():
                _show_view(page, filters, name, query, standing, key=f"{page}_ready_{query}")
            if own:
                st.caption("Yours")
            for view in own:
                _show_view(page, filters, view.name, view.query, standing, key=f"{page}_view_{view.id}")
        _show_gone(page, acts)
        _show_saving(page, own, urlencode(standing), acts, longest_name)
        if own:
            _show_changing(page, own, acts, longest_name)


def _show_view(
    page: str, filters: Sequence[Filter], name: str, query: str, standing: Mapping[str, str], *, key: str
) -> None:
    here = dict(parse_qsl(query)) == standing
    st.button(
        f"{'✓ ' if here else ''}{wording.plain(name)}", key=key, type="tertiary",
        on_click=_go, args=(page, filters, query),
    )  # fmt: skip


def _show_gone(page: str, acts: Acts) -> None:
    gone: View | None = st.session_state.get(_gone(page))
    if gone is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"“{wording.plain(gone.name)}” is deleted.", width="content")
            writing.button("Undo", key=f"{page}_view_undo", on_click=_undo, args=(page, acts))


def _show_saving(page: str, own: Sequence[View], query: str, acts: Acts, longest_name: int) -> None:
    key = f"{page}_view_name"
    name = st.text_input(
        "Keep these filters and this order as", placeholder="Name", key=key, max_chars=longest_name, live=True
    )
    known = any(view.name == " ".join(name.split()) for view in own)
    writing.button(
        "Replace the view" if known else "Keep as a view", key=f"{page}_view_save",
        on_click=_save, args=(page, acts, query),
    )  # fmt: skip


def _show_changing(page: str, own: Sequence[View], acts: Acts, longest_name: int) -> None:
    names = {view.id: view.name for view in own}
    st.session_state.setdefault(_changing(page), own[0].id)
    chosen = st.selectbox(
        "Rename or delete", list(names), None, format_func=names.__getitem__, key=_changing(page), placeholder="View"
    )
    st.text_input("New name", key=f"{page}_view_new_name", max_chars=longest_name, placeholder="Name")
    none = chosen is None
    with st.container(horizontal=True):
        writing.button("Rename", key=f"{page}_view_rename", on_click=_rename, args=(page, acts, chosen), disabled=none)
        writing.button("Delete", key=f"{page}_view_delete", on_click=_delete, args=(page, acts, chosen), disabled=none)


def _go(page: str, filters: Sequence[Filter], query: str) -> None:
    list_address.open_query(page, filters, query)
    st.session_state[_open(page)] = False


# A double click does each of these twice. The names stay in their fields, so that the same is done once more; none is
# chosen after a deletion, so that the next view does not go with it.
def _save(page: str, acts: Acts, query: str) -> None:
    acts.save(st.session_state[f"{page}_view_name"], query)
    st.session_state.pop(_gone(page), None)


def _rename(page: str, acts: Acts, view_id: int | None) -> None:
    if view_id is not None:
        acts.rename(view_id, st.session_state[f"{page}_view_new_name"])


def _delete(page: str, acts: Acts, view_id: int | None) -> None:
    gone = None if view_id is None else acts.delete(view_id)
    if gone is not None:
        st.session_state[_gone(page)] = gone
    st.session_state[_changing(page)] = None


def _undo(page: str, acts: Acts) -> None:
    gone: View | None = st.session_state.pop(_gone(page), None)
    if gone is not None:
        acts.save(gone.name, gone.query)


def _open(page: str) -> str:
    return f"{page}_views"


def _gone(page: str) -> str:
    return f"{page}_view_gone"


def _changing(page: str) -> str:
    return f"{page}_view_chosen"
