"""Loans: what is to be paid out, what waits for a second person, and one loan with all that can be done about it."""

import uuid

import streamlit as st

from components import guard, loan_forms, loan_lists, loan_panel, loan_words, refusals
from db import loan_acts, loan_files
from db.engine import open_session
from db.loan_acts import ActRequest
from desk.loan_files import open_loan
from lending.errors import BrokenRule, UnknownLoan
from lending.loan_life import Act
from settings import settings

visit = guard.enter("loans")

VIEWS = {"pay_out": "To be paid out", "second": "Wait for a second person", "find": "Find a loan"}


def keep(doing: str) -> None:
    """Leave what was done, or why it was refused, for the next run to say."""
    st.session_state["loans_notice"] = doing


def record(request: ActRequest) -> None:
    """Record a step for this person."""
    actor = guard.enter("loans")
    try:
        recorded = loan_acts.record(actor.engine, request, person_id=actor.person.id, today=actor.today)
    except BrokenRule as error:
        keep(refusals.sentence(error))
    else:
        done = loan_words.DONE[request.act.kind]
        keep(f"{done}: recorded." if not recorded.waits else f"{done}: it waits for a second person.")


def step_before_loan(application_id: int, kind: str, check: str = "") -> None:
    """Record an acceptance, a check or the disbursement of an approved application."""
    name = f"loan_key_{application_id}_{kind}_{check}"
    key = st.session_state.setdefault(name, str(uuid.uuid4()))
    act = Act(kind, guard.enter("loans").today)  # type: ignore[arg-type]
    record(ActRequest(key, act, application_id=application_id, details={"check": check} if check else {}))


def act_on_loan(asked: loan_forms.Asked) -> None:
    """Record a step of the loan that is open."""
    record(ActRequest(asked.key, asked.act, loan_id=st.session_state["loan_open"], details=asked.details))


def answer(act_id: int, agrees: bool) -> None:  # noqa: FBT001 - a button hands its arguments on by position
    """Answer a step that waits for a second person."""
    actor = guard.enter("loans")
    try:
        loan_acts.answer(actor.engine, act_id, agrees=agrees, note="", person_id=actor.person.id, today=actor.today)
    except BrokenRule as error:
        keep(refusals.sentence(error))
    else:
        keep("Agreed: it counts from tomorrow on." if agrees else "Refused: nothing was changed.")


def show_loan(ref: str) -> None:
    """One loan."""
    try:
        file = open_loan(visit.engine, ref, today=visit.today)
    except UnknownLoan:
        st.markdown("#### No loan has this number")
        st.page_link(guard.file_of("loans"), label="Find a loan", query_params={"view": "find"})
        return
    st.session_state["loan_open"] = file.row.id
    loan_panel.show_heading(file, shops_page=guard.file_of("shops"), review_page=guard.file_of("review"))
    show_notice()
    loan_panel.show_standing(file, visit.today)
    left, right = st.columns([1.6, 1], gap="small")
    with left:
        loan_panel.show_schedule(file, visit.today)
    with right:
        if visit.person.may("book"):
            loan_forms.show(
                file, today=visit.today, role=visit.person.role, person_id=visit.person.id, on_act=act_on_loan
            )
        loan_panel.show_payments(file, settings().time_zone)
    loan_panel.show_steps(file.known.acts, file.row.currency, visit.today)


def show_notice() -> None:
    """What was done just now, or why it was refused."""
    notice = st.session_state.pop("loans_notice", None)
    if notice:
        st.info(notice)


def show_lists() -> None:
    """What waits, and the way to any loan."""
    with open_session(visit.engine) as session:
        to_pay_out, waiting = loan_files.to_pay_out(session), loan_files.waiting(session)
    st.markdown(f"#### {loan_words.waiting_heading(len(to_pay_out), len(waiting))}")
    show_notice()
    numbers = {"pay_out": f" ({len(to_pay_out)})", "second": f" ({len(waiting)})", "find": ""}
    asked = st.query_params.get("view", "pay_out")
    view = st.segmented_control(
        "Shown", list(VIEWS), format_func=lambda name: f":gray[{VIEWS[name]}{numbers[name]}]", required=True,
        default=asked if asked in VIEWS else "pay_out", key="loans_view", label_visibility="collapsed",
    )  # fmt: skip
    st.query_params["view"] = view
    may_book = visit.person.may("book")
    if view == "pay_out":
        loan_lists.show_to_pay_out(
            to_pay_out, today=visit.today, person_id=visit.person.id, may_book=may_book,
            review_page=guard.file_of("review"), on_step=step_before_loan,
        )  # fmt: skip
    elif view == "second":
        loan_lists.show_waiting(
            waiting, person_id=visit.person.id, may_book=may_book,
            loans_page=guard.file_of("loans"), on_answer=answer,
        )  # fmt: skip
    else:
        words = st.text_input(
            "Loan or shop", key="loans_words", placeholder="Number of a loan, name or number of a shop"
        )
        with open_session(visit.engine) as session:
            found = loan_files.search(session, words)
        chosen = loan_lists.show_found(found, most=loan_files.FOUND_AT_ONCE)
        if chosen is not None:
            st.query_params.from_dict({"loan": chosen})
            st.rerun()


def loan_in_address() -> str | None:
    """The loan that the address names, itself or by its application; None where it names none."""
    number = guard.number_in_address("application")
    if number is None:
        return st.query_params.get("loan")
    with open_session(visit.engine) as session:
        return loan_files.of_application(session, number)


wanted = loan_in_address()
if wanted is None:
    show_lists()
else:
    show_loan(wanted)
