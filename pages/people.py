"""Who works at the desk: accounts, roles and branches, for administrators."""

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from components import guard, people_panel, refusals, wording
from db import accounts, roster, sign_ins
from db.engine import open_session
from lending.errors import AccountRefused, BrokenRule
from settings import settings

visit = guard.enter("people")


def address_of(token: str) -> str:
    """The link of a token, at the address under which this page was opened."""
    here = urlsplit(st.context.url or "")
    return f"{here.scheme}://{here.netloc}/account/set-up?token={token}"


def change_rights(person_id: int, role: str, branch_id: int | None) -> None:
    """Give somebody another role or branch."""
    actor = guard.enter("people")
    try:
        with open_session(actor.engine, write=True) as session:
            roster.set_rights(session, person_id, actor_id=actor.person.id, role=role, branch_id=branch_id)
    except BrokenRule as error:
        st.session_state[people_panel.REFUSED] = refusals.sentence(error)
    else:
        st.session_state[people_panel.SAID] = "Changed. It holds from their next click on."


def act(what: str, person_id: int) -> None:
    """Do what a button of a person says."""
    actor = guard.enter("people")
    me = actor.person.id
    try:
        with open_session(actor.engine, write=True) as session:
            match what:
                case "link":
                    token = roster.new_link(session, person_id, actor_id=me)
                    st.session_state[people_panel.LINK] = (names[person_id], address_of(token))
                case "unlock":
                    roster.unlock(session, person_id, actor_id=me)
                    st.session_state[people_panel.SAID] = "Unlocked. They can try again at once."
                case "sign_out":
                    roster.sign_out(session, person_id, actor_id=me)
                    st.session_state[people_panel.SAID] = "Signed out everywhere."
                case "disable":
                    roster.disable(session, person_id, actor_id=me)
                    st.session_state[people_panel.SAID] = "Disabled, and signed out everywhere."
                case "enable":
                    roster.enable(session, person_id, actor_id=me)
                    st.session_state[people_panel.SAID] = "Enabled."
    except BrokenRule as error:
        st.session_state[people_panel.REFUSED] = refusals.sentence(error)


def add(typed: dict[str, Any]) -> None:
    """Add somebody, and keep the link for the screen, once."""
    actor = guard.enter("people")
    try:
        with open_session(actor.engine, write=True) as session:
            number = roster.add(session, actor_id=actor.person.id, **typed)
            token = accounts.make_link(session, number, actor_id=actor.person.id)
    except AccountRefused as error:
        people_panel.tell_wrong(error)
    except BrokenRule as error:
        st.session_state[people_panel.REFUSED] = refusals.sentence(error)
    else:
        st.session_state[people_panel.LINK] = (typed["name"], address_of(token))
        people_panel.empty_form()


with open_session(visit.engine) as looking:
    entries = roster.everybody(looking)
    branches = roster.branch_names(looking)
    demo_on = sign_ins.demo_is_on(looking, sign_ins.Limits(demo=settings().demo))
names = {entry.id: entry.name for entry in entries}
labels = {entry.id: f"{entry.name} ({entry.handle})" for entry in entries}
real = [entry for entry in entries if not entry.demo]

st.markdown(f"#### {people_panel.title(entries)}")
people_panel.show_news()
people_panel.show_list(entries, demo_on=demo_on)
if visit.person.demo:
    st.caption(
        "In the demo people come in by a click, so nobody is added here. "
        "The command loam.py user add adds the first account, which ends the demo sign-in."
    )
    st.stop()

changing, adding = st.columns(2)
with changing, st.container(border=True, gap="small"):
    st.markdown("##### Change somebody")
    chosen = st.selectbox(
        "Person", [entry.id for entry in real], key="person", index=None,
        format_func=lambda number: labels[number], placeholder="Choose a person",
    )  # fmt: skip
    entry = next((each for each in real if each.id == chosen), None)
    if entry is None:
        st.caption("Role, branch, a new link, the lock, and signing out.")
    else:
        st.caption(f"{wording.plain(entry.handle)}, {people_panel.state(entry)}")
        people_panel.show_person(entry, branches, own=entry.id == visit.person.id, on_rights=change_rights, on_act=act)
with adding, st.container(border=True, gap="small", height="stretch"):
    st.markdown("##### Add somebody")
    people_panel.show_adding(branches, on_add=add)
st.caption(
    "Passphrases are not on record, only their hashes: nobody can look one up. Each change here is in the audit."
)
