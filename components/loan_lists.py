"""Loans in lists: those to be paid out, steps that wait for a second person, and what a search found."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import loan_words, wording
from lending.loan_life import CHECKS, OLDEST_SCORE_DAYS

ROW_PX = 35


class ToPayOut(Protocol):
    """See db.loan_files.ToPayOut."""

    application_id: int
    application_ref: str
    shop_id: int
    shop_name: str
    amount_minor: int
    currency: str
    term_months: int
    rate_bps: int
    decided_on: date
    scored_on: date | None
    consented: bool
    approvers: frozenset[int]
    acts: tuple[Any, ...]


def missing_of(file: ToPayOut, today: date) -> list[str]:
    """What an approved application still lacks before it can be paid out, in words."""
    done = {each.kind for each in file.acts}
    checked = checks_of(file.acts)
    lacks = [] if "accept" in done else ["the borrower's acceptance"]
    lacks += [loan_words.CHECKS[check].lower() for check in CHECKS if check not in checked]
    if not file.consented:
        lacks.append("the shop's consent")
    if file.scored_on is None or (today - file.scored_on).days > OLDEST_SCORE_DAYS:
        lacks.append("a fresh score")
    return lacks


def checks_of(acts: Collection[Any]) -> dict[str, Any]:
    """The newest check of each kind."""
    return {json.loads(each.body)["check"]: each for each in acts if each.kind == "check"}


def show_to_pay_out(
    files: Sequence[ToPayOut],
    *,
    today: date,
    person_id: int,
    may_book: bool,
    review_page: str,
    on_step: Callable[..., None],
) -> None:
    """Approved applications with what each still lacks, and the buttons that supply it."""
    if not files:
        st.caption("Every approved application has become a loan. The next one comes from the queue.")
        return
    for file in files:
        with st.container(border=True, gap="xsmall"):
            _show_one_to_pay_out(file, today, person_id, on_step, may_book=may_book, review_page=review_page)


def _show_one_to_pay_out(
    file: ToPayOut, today: date, person_id: int, on_step: Callable[..., None], *, may_book: bool, review_page: str
) -> None:
    lacks = missing_of(file, today)
    amount = wording.plain(wording.money(file.amount_minor, file.currency))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = wording.plain(wording.shortened(file.shop_name, 30))
        st.markdown(
            f"##### {name}: {amount} for {file.term_months} months at {wording.rate(file.rate_bps)}", width="content"
        )
        st.space("stretch")
        asked = {"application": str(file.application_id)}
        st.page_link(review_page, label=wording.plain(file.application_ref), query_params=asked, width="content")
    still = f"Still missing: {wording.listed(lacks)}." if lacks else "Everything is looked at."
    st.caption(f"Approved on {wording.day(file.decided_on)}. {still}")
    done, checked = {each.kind: each for each in file.acts}, checks_of(file.acts)
    if file.acts:
        looked_at = [*([done["accept"]] if "accept" in done else []), *checked.values()]
        st.caption(" · ".join(_looked_at(each, file.currency) for each in looked_at))
    if not may_book:
        return
    number = file.application_id
    with st.container(horizontal=True, gap="xsmall"):
        if "accept" not in done:
            st.button("Offer accepted", key=f"accept_{number}", on_click=on_step, args=(number, "accept"))
        for check in CHECKS:
            if check not in checked:
                label = f"{loan_words.CHECKS[check]}" + ("" if check == "total_cost" else " checked")
                st.button(label, key=f"{check}_{number}", on_click=on_step, args=(number, "check", check))
        if person_id in file.approvers:
            st.caption(loan_words.APPROVED_IT, width="content")
        elif not lacks:
            _show_disbursement(file, amount, on_step)


def _looked_at(step: Any, currency: str) -> str:  # noqa: ANN401  (a row of db.loan_standing.ACTS)
    who = wording.plain(step.person_name)
    return f"✓ {loan_words.told(step, currency)}, {who}, {wording.day(step.booked_on)}"


def _show_disbursement(file: ToPayOut, amount: str, on_step: Callable[..., None]) -> None:
    """Money is paid out with the second press, since nothing brings it back."""
    asking = f"asking_{file.application_id}"
    if not st.session_state.get(asking):
        st.button(f"Pay out {amount}", key=f"pay_out_{file.application_id}", type="primary",
                  on_click=st.session_state.__setitem__, args=(asking, True))  # fmt: skip
        return
    st.markdown(f"Pay out {amount} to {wording.plain(file.shop_name)} today?", width="content")
    st.button("Yes, it is paid out", key=f"paid_out_{file.application_id}", type="primary", on_click=on_step,
              args=(file.application_id, "disburse"))  # fmt: skip
    st.button("Back", key=f"back_{file.application_id}", on_click=st.session_state.__setitem__, args=(asking, False))


def show_waiting(
    steps: Sequence[Any], *, person_id: int, may_book: bool, loans_page: str, on_answer: Callable[[int, bool], None]
) -> None:
    """Steps that wait for a second person, with what each will do."""
    if not steps:
        st.caption("No step waits for a second person.")
        return
    for each in steps:
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                said = wording.plain(loan_words.told(each, each.currency))
                st.markdown(f"##### {said}: {wording.plain(wording.shortened(each.shop_name, 30))}", width="content")
                st.space("stretch")
                query = {"loan": each.loan_ref}
                st.page_link(loans_page, label=wording.plain(each.loan_ref), query_params=query, width="content")
            asked = f"{wording.plain(each.person_name)} asked on {wording.day(each.booked_on)}"
            st.caption(f"{asked}, for {wording.day(each.day)}: {wording.plain(each.reason)}")
            if not may_book:
                continue
            if each.person_id == person_id:
                st.caption("You asked for it, so somebody else answers.")
                continue
            with st.container(horizontal=True, gap="xsmall"):
                st.button("Agree", key=f"agree_{each.id}", type="primary", on_click=on_answer, args=(each.id, True))
                st.button("Refuse", key=f"refuse_{each.id}", on_click=on_answer, args=(each.id, False))


def show_found(rows: pd.DataFrame, *, most: int) -> str | None:
    """The loans that a search found; returns the reference of the one that was chosen."""
    if rows.empty:
        st.caption("No loan fits these words.")
        return None
    if len(rows) == most:
        st.caption(f"The newest {most}; more words narrow it down.")
    state = [
        "written off" if off is not None else "closed" if closed is not None else "running"
        for off, closed in zip(rows["written_off_on"], rows["closed_on"], strict=True)
    ]
    event = st.dataframe(
        pd.DataFrame(
            {
                "Loan": [wording.cell(each) for each in rows["loan_ref"]],
                "Shop": [wording.cell(each) for each in rows["shop_name"]],
                "Amount": [
                    wording.money(int(amount), currency)
                    for amount, currency in zip(rows["principal_minor"], rows["currency"], strict=True)
                ],
                "Paid out": [wording.day(each) for each in rows["disbursed_on"]],
                "State": state,
            }
        ),
        hide_index=True, row_height=ROW_PX, key="found_loans", on_select="rerun", selection_mode="single-row",
        column_config={"Amount": st.column_config.TextColumn(alignment="right")}, alt=f"{len(rows)} loans",
    )  # fmt: skip
    picked = event.selection.rows
    return str(rows["loan_ref"].iloc[picked[0]]) if picked and picked[0] < len(rows) else None
