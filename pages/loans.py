"""Loans: what is to be paid out, what waits for a second person, and one loan with all that can be done about it."""

import uuid

import pandas as pd
import streamlit as st

from components import (
    guard,
    list_address,
    list_table,
    loan_forms,
    loan_lists,
    loan_panel,
    loan_table,
    loan_words,
    refusals,
    second_panel,
)
from components.loan_table import FILTERS, PAGE
from db import loan_acts, loan_files
from db import loan_lists as listed
from db.engine import open_session
from db.loan_acts import ActRequest
from desk.loan_files import open_loan
from lending.errors import BrokenRule, UnknownLoan
from lending.loan_cases import in_order
from lending.loan_life import Act
from settings import settings

visit = guard.enter("loans")

VIEWS = {"pay_out": "To be paid out", "second": "Wait for a second person", "find": "All loans"}
ROWS = 15


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
    reader = second_panel.Reader(visit.person.id, visit.person.role, visit.person.may("book"))
    standing = file.known.standing
    left, right = st.columns([1.6, 1], gap="small")
    with left:
        loan_panel.show_schedule(file)
    with right:
        if file.waiting:
            owed = {file.row.id: (standing.outstanding_minor, standing.owed_minor)}
            second_panel.show_waiting(file.waiting, owed, reader, on_look=None, on_answer=answer)
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
    """What waits, and all loans."""
    with open_session(visit.engine) as session:
        to_pay_out, waiting = loan_files.to_pay_out(session, now=visit.now), loan_files.waiting(session)
        rows = listed.loan_rows(session, today=visit.today)
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
        reader = second_panel.Reader(visit.person.id, visit.person.role, may_book)
        second_panel.show_waiting(waiting, loan_table.owed(rows), reader, on_look=look_at, on_answer=answer)
    else:
        show_all(rows)


def look_at(loan_ref: str) -> None:
    """Open a loan by its number."""
    st.query_params.from_dict({"loan": loan_ref})


def show_all(rows: pd.DataFrame) -> None:
    """The loans that the filters leave, a page at a time; a row that is clicked opens."""
    list_address.settle(PAGE, FILTERS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        loan_table.show_filters()
    told = list_address.values(PAGE, FILTERS)
    found = in_order(loan_table.narrowed(rows, told), str(told["order"]))
    number = list_address.turn_to_chosen(PAGE, found["loan_id"].tolist(), ROWS)
    refs = dict(zip(rows["loan_id"].tolist(), rows["loan_ref"].tolist(), strict=True))

    def open_row(loan_id: int | None) -> None:
        # A second click on the row that is chosen means the same.
        chosen = loan_id or list_address.chosen(PAGE)
        list_address.choose(PAGE, chosen)
        look_at(refs[chosen])

    if found.empty:
        loan_table.show_empty(len(rows))
    else:
        shown = found.iloc[(number - 1) * ROWS : number * ROWS]
        loan_table.show_table(shown, pick=open_row)
        fresh = int(found["new_today"].sum())
        caption = loan_table.caption(len(shown), len(found), told, today=visit.today, new_today=fresh)
        list_table.show_foot(
            PAGE, FILTERS, caption, -(-len(found) // ROWS), filtered=not loan_table.unfiltered(told),
            show_menu=lambda: None,
        )  # fmt: skip
    list_address.keep(PAGE, FILTERS)
    st.query_params["view"] = "find"


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
