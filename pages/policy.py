"""The lending policy: who settles what, its versions, and what a proposed one says otherwise."""

from datetime import timedelta
from typing import Any

import streamlit as st

from components import guard, policy_panel, refusals
from db import policies, queue
from db.engine import open_session
from lending.errors import BrokenRule

visit = guard.enter("policy")


def approve(version: int, instead_of: int, note: str) -> None:
    """Put a version in force, or say why that is refused."""
    actor = guard.enter("policy")
    try:
        with open_session(actor.engine, write=True) as session:
            policies.approve(session, version, actor.person.id, note, instead_of=instead_of)
    except BrokenRule as error:
        st.session_state["policy_notice"] = refusals.sentence(error)
    else:
        st.session_state["policy_notice"] = f"Version {version} is in force now."


def propose_again(version: int) -> None:
    """Propose an earlier version once more, or say why that is refused."""
    actor = guard.enter("policy")
    try:
        with open_session(actor.engine, write=True) as session:
            proposed = policies.propose_again(session, version, actor.person.id)
    except BrokenRule as error:
        st.session_state["policy_notice"] = refusals.sentence(error)
    else:
        said = f"Version {proposed.version} says what version {version} says. Another manager approves it."
        st.session_state["policy_notice"] = said


def overdue_after(days: int) -> int:
    """How many files that wait are overdue where an answer is due after so many days."""
    with open_session(visit.engine) as session:
        return queue.counts(session, person_id=visit.person.id, now=visit.now, promised=timedelta(days=days)).overdue


with open_session(visit.engine) as session:
    known: list[Any] = policies.all_versions(session)
in_force = next(each for each in known if each.in_force)
st.markdown(f"#### {policy_panel.title(known)}")
if notice := st.session_state.pop("policy_notice", None):
    st.info(notice)
reader_id = visit.person.id if visit.person.may("approve policy") else None
left, right = st.columns([1.15, 1], gap="small")
with left:
    policy_panel.show_matrix(in_force.policy)
    policy_panel.show_members(in_force.policy)
with right:
    policy_panel.show_waiting(known, in_force.policy, reader_id=reader_id, overdue=overdue_after, on_approve=approve)
    policy_panel.show_versions(known, in_force.policy, reader_id=reader_id, on_propose=propose_again)
