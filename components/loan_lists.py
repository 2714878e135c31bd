"""Approved applications that are to be paid out, with what each still lacks."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, Protocol

import streamlit as st

from components import loan_words, wording, writing
from lending.loan_life import CHECKS, OLDEST_SCORE_DAYS


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
        terms = f"{amount} for {wording.count(file.term_months, 'month')} at {wording.rate(file.rate_bps)}"
        st.markdown(f"##### {name}: {terms if file.consented else 'no consent'}", width="content")
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
        # What is done keeps its place: taken away, the next button would come under a finger that presses twice.
        writing.button("Offer accepted", key=f"accept_{number}", on_click=on_step, args=(number, "accept"),
                       disabled="accept" in done)  # fmt: skip
        for check in CHECKS:
            label = f"{loan_words.CHECKS[check]}" + ("" if check == "total_cost" else " checked")
            writing.button(label, key=f"{check}_{number}", on_click=on_step, args=(number, "check", check),
                           disabled=check in checked)  # fmt: skip
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
        writing.button(f"Pay out {amount}", key=f"pay_out_{file.application_id}", type="primary",
                       on_click=st.session_state.__setitem__, args=(asking, True))  # fmt: skip
        return
    st.markdown(f"Pay out {amount} to {wording.plain(file.shop_name)} today?", width="content")
    writing.button("Yes, it is paid out", key=f"paid_out_{file.application_id}", type="primary", on_click=on_step,
                   args=(file.application_id, "disburse"))  # fmt: skip
    st.button("Back", key=f"back_{file.application_id}", on_click=st.session_state.__setitem__, args=(asking, False))
