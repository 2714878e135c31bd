"""Who stands too close to a shop to decide about it, and the way to say so of oneself."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import streamlit as st

from components import wording, writing
from settings import settings

KINDS = {"own": "It is mine or my family's", "referred": "I brought it in"}
STANDS = {"own": "is its owner or of the family", "referred": "brought this shop in"}
ABOUT = (
    "You will take no file of this shop, answer none, and take no part in its loans. Of a shop of your own that holds "
    "for all shops of its owner. Only somebody else can end it."
)


class Known(Protocol):
    """See db.interests.Known."""

    id: int
    person_id: int
    person_name: str
    kind: str
    note: str
    noted_by: str
    at: datetime


def show(
    known: Sequence[Known],
    *,
    person_id: int,
    may_end: bool,
    on_note: Callable[..., object],
    on_end: Callable[..., object],
) -> None:
    """A line for each person who stands close to the shop, and what can be noted or ended.

    Args:
        known: the interests that hold.
        person_id: who looks.
        may_end: whether they may end what is on record of others.
        on_note: notes an interest of the reader's own, by `kind` and `note`.
        on_end: ends one by its number, with a `note`.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        for each in known:
            _show_known(each, person_id, may_end=may_end, on_end=on_end)
        mine = {each.kind for each in known if each.person_id == person_id}
        if missing := [kind for kind in KINDS if kind not in mine]:
            with st.popover("I know this shop", type="tertiary"):
                _show_form(missing, on_note)


def _show_known(each: Known, person_id: int, *, may_end: bool, on_end: Callable[..., object]) -> None:
    name = wording.plain(each.person_name)
    told = f"⚠ {name} {STANDS[each.kind]}, and decides nothing of it."
    at = wording.moment(each.at, settings().time_zone)
    note = f" {wording.plain(each.note)}" if each.note else ""
    st.caption(told, width="content", help=f"{wording.plain(each.noted_by)} noted it on {at}.{note}")
    if may_end and each.person_id != person_id:
        with st.popover("It is over", type="tertiary"), st.form(f"end_interest_{each.id}", border=False):
            st.text_input("Why it is over", key=f"end_note_{each.id}", max_chars=500)
            writing.form_submit_button(f"End it for {name}", on_click=_end, args=(each.id, on_end))


def _end(number: int, on_end: Callable[..., object]) -> None:
    on_end(number, note=st.session_state[f"end_note_{number}"])


def _show_form(missing: Sequence[str], on_note: Callable[..., object]) -> None:
    # Not a form, whose button would know of no choice before it is pressed; and nothing is ticked that nobody said.
    kind = st.radio("How", missing, index=None, format_func=KINDS.__getitem__, key="interest_kind")
    st.text_input("Note", key="interest_note", max_chars=500)
    st.caption(ABOUT)
    writing.button("Put it on record", disabled=kind is None, on_click=_note, args=(on_note,), key="interest_record")


def _note(on_note: Callable[..., object]) -> None:
    on_note(kind=st.session_state["interest_kind"], note=st.session_state["interest_note"])
