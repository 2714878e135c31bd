"""What waits for a second person: answers to applications, and steps of loans."""

from datetime import timedelta

import streamlit as st

from components import (
    approvals_panel,
    approvals_words,
    guard,
    list_address,
    list_table,
    loan_table,
    refusals,
    second_panel,
)
from components.approvals_panel import FILTERS, PAGE
from db import loan_acts, loan_files, loan_lists
from db.engine import open_session
from desk import approvals
from lending.errors import BrokenRule

visit = guard.enter("approvals")

ROWS = 15


def answer(act_id: int, agrees: bool) -> None:  # noqa: FBT001 - a button hands its arguments on by position
    """Answer a step of a loan that waits for a second person."""
    actor = guard.enter("approvals")
    try:
        loan_acts.answer(actor.engine, act_id, agrees=agrees, note="", person_id=actor.person.id, today=actor.today)
    except BrokenRule as error:
        st.session_state["approvals_notice"] = refusals.sentence(error)
    else:
        done = "Agreed: it counts from tomorrow on." if agrees else "Refused: nothing was changed."
        st.session_state["approvals_notice"] = done


def look_at(loan_ref: str) -> None:
    """Open a loan."""
    st.session_state["open_loan"] = loan_ref


def show_steps(waiting: list[loan_files.Waiting]) -> None:
    """The steps of loans."""
    owed = {}
    if waiting:
        with open_session(visit.engine) as session:
            owed = loan_table.owed(loan_lists.loan_rows(session, today=visit.today))
    reader = second_panel.Reader(visit.person.id, visit.person.role, visit.person.may("book"))
    second_panel.show_waiting(waiting, owed, reader, on_look=look_at, on_answer=answer)


def show_files(line: approvals.Line) -> None:
    """The applications, and beside them the one that is ticked, or else the first."""
    if not line.files:
        st.caption(approvals_panel.NO_FILES)
        return
    numbers = [each.application_id for each in line.files]
    page = list_address.turn_to_chosen(PAGE, numbers, ROWS)
    files = line.files[(page - 1) * ROWS : page * ROWS]
    left, right = st.columns([1.45, 1], gap="small")
    with left:
        approvals_panel.show_table(
            files, approvals.imported_for(visit.engine, files), policy_version=line.policy.version, now=visit.now,
            promised=timedelta(days=line.policy.days_to_decide),
        )  # fmt: skip
        list_table.show_pager(PAGE, -(-len(line.files) // ROWS))
    chosen = list_address.chosen(PAGE)
    file = next((each for each in line.files if each.application_id == chosen), files[0])
    opened = approvals.open_approval(visit.engine, file, today=visit.today, now=visit.now)
    may_decide = visit.person.may("decide")
    refused = approvals_words.why_not(
        opened, person_id=visit.person.id, may_decide=may_decide, barred=line.barred.get(file.shop_id)
    )
    above = "" if refused else approvals_words.above(opened, visit.person.role)
    with right:
        approvals_panel.show_approval(opened, review_page=guard.file_of("review"), refused=refused, above=above)


if opened_loan := st.session_state.pop("open_loan", None):
    st.switch_page(guard.file_of("loans"), query_params={"loan": opened_loan})
list_address.settle(PAGE, FILTERS)
line = approvals.read_line(visit.engine, person_id=visit.person.id, now=visit.now)
with open_session(visit.engine) as session:
    waiting = loan_files.waiting(session)
st.markdown(f"#### {approvals_words.heading(len(line.files), len(waiting))}")
if notice := st.session_state.pop("approvals_notice", None):
    st.info(notice)
if approvals_panel.show_kinds(len(line.files), len(waiting)) == "steps":
    show_steps(waiting)
else:
    show_files(line)
list_address.keep(PAGE, FILTERS)
