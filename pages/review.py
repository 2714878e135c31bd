"""One application: the shop, its score, the offer, and the decision."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial

import streamlit as st

from components import (
    cards,
    cash_flow_panel,
    decision_form,
    guard,
    offer_panel,
    owner_panel,
    reason_words,
    refusals,
    repayment_panel,
    review_panel,
    sentences,
    shop_panel,
    signs_panel,
    writing,
)  # fmt: skip
from components.figure import Drawing
from desk import files
from desk.scoring import score_shop
from lending.errors import BrokenRule, UnknownApplication
from lending.rounds import Answer, Draft
from settings import settings

visit = guard.enter("review")

NONE_FREE = "No other file is free: each is decided, held by somebody, or answered by you."


def act(doing: Callable[..., object], *given: object, **named: object) -> str:
    """Let this person do something at the desk; returns why it was refused, or nothing."""
    actor = guard.enter("review")
    try:
        doing(actor.engine, *given, person_id=actor.person.id, **named)
    except BrokenRule as error:
        return refusals.sentence(error)
    return ""


def score_now(shop_id: int) -> None:
    """Score the shop on what is on record before today, and keep the score."""
    st.session_state["review_notice"] = act(score_shop, shop_id, as_of=guard.enter("review").today)


def change_hold(application_id: int, *, take: bool) -> None:
    """Take the application, or give it back to the queue."""
    st.session_state["review_notice"] = act(files.change_hold, application_id, take=take)


def keep_draft(application_id: int, round_number: int, draft: Draft) -> str:
    """Keep what stands in the form, and say so."""
    with writing.page_kept():
        return act(files.keep_draft, application_id, draft, round_number=round_number) or "Draft kept."
    return "Draft not kept."


def open_next() -> None:
    """Open the next application in line."""
    actor = guard.enter("review")
    following = files.next_file(actor.engine, person_id=actor.person.id, now=actor.now)
    if following is None:
        st.session_state["review_notice"] = NONE_FREE
    else:
        st.query_params["application"] = str(following)


@st.fragment
def show_decision() -> None:
    """The offer and the form, redrawn together when either changes, while the charts beside them stay."""
    actor = guard.enter("review")
    writing.show_unrecorded()
    key = f"{number}_{file.round}_{score.id if score else 0}"
    kept = st.session_state.pop("kept_draft", None)
    offered = files.offer_for(actor.engine, opened, term_months=decision_form.term_looked_at(key, kept))
    case = decision_form.Case(
        key, opened.policy, file.amount_minor, file.currency, file.rounds, offered.offer if offered else None,
        tuple(each.code for each in score.result.reasons) if score else (), actor.person.role,
        partial(keep_draft, number, file.round) if answers else None,
    )  # fmt: skip
    draft = decision_form.begin(case, kept)
    terms = offer_panel.priced(opened.policy, draft, score.result if score else None)
    if offered and terms:
        with st.container(border=True, gap="xxsmall"):
            stress_wanted = offer_panel.show_limit(offered, terms)
            decision_form.show_terms(case, draft)
            offer_drawn = offer_panel.show_terms(offered, terms)
        with below.container():
            st.session_state["offer_drawn"] = [*offer_drawn, cash_flow_panel.show_offered(offered, terms)]
        if stress_wanted:
            offer_panel.show_stress(offered, terms, assumed=bool(opened.card.calibration.get("assumed")))
    elif score:
        told = review_panel.OTHER_CURRENCY.format(opened.policy.currency, file.currency)
        cards.show_nothing("Another currency", told)
    if answers:
        answer = decision_form.answer_of(draft, terms.price.rate_bps if terms else None)
        if decision_form.show(case, draft, answer, primary=mine and (score is not None or shop is None)):
            record_answer(decision_form.request_key(case), answer)
        decision_form.show_keys(case)


def record_answer(key: str, answer: Answer) -> None:
    """Record the answer with the score and the policy that are on the screen; the page is then drawn anew."""
    with writing.page_kept():
        refused = act(files.record_answer, opened, answer, request_key=key, decided_on=guard.enter("review").today)
        st.session_state.update(review_notice=refused, review_done=not refused)
    st.rerun(scope="app")


number = guard.number_in_address("application")
if number is None and "application" not in st.query_params:
    number = st.session_state.get("application_id")
try:
    if number is None:
        raise UnknownApplication
    opened = files.open_file(visit.engine, number, person_id=visit.person.id, today=visit.today, now=visit.now)
except UnknownApplication:
    review_panel.show_missing(named="application" in st.query_params, queue_page=guard.file_of("queue"))
    st.stop()
file, score, shop = opened.dossier, opened.score, opened.shop
st.session_state.update(application_id=number, shop_id=file.shop_id, kept_draft=opened.draft)

may_decide, mine, free = visit.person.may("decide"), file.holder_id == visit.person.id, file.holder_id is None
answered = any(each.person_id == visit.person.id for each in file.rounds)
# Whoever may not answer now reads the offer, and tries terms on it.
answers = may_decide and not (answered or opened.barred) and (mine or free)
may_hold = may_decide and not answered and (mine or (not opened.barred and (free or visit.person.role == "manager")))
with st.container(gap="xxsmall"):
    numbers_wanted = review_panel.show_heading(
        review_panel.Heading(
            file.shop_name, due_at=file.submitted_at + timedelta(days=opened.policy.days_to_decide), now=visit.now,
            holder=file.holder_name, mine=mine, decided=file.decided, last_day=shop.last_day if shop else None,
            today=opened.as_of, consented=shop is not None,
            flags=opened.offered.offer.flags if opened.offered else None, dossier_page=guard.file_of("shops"),
            score_page=guard.file_of("score"), shop_id=file.shop_id, queue_page=guard.file_of("queue"),
            queue_query=st.session_state.get("queue_query", {}),
        ),
        on_hold=partial(change_hold, number, take=free) if may_hold else None,
    )  # fmt: skip
    notice = st.session_state.pop("review_notice", None)
    if notice:
        st.warning(notice)
    if st.session_state.pop("review_done", False):
        review_panel.show_done(file.rounds[-1], currency=file.currency)
    review_panel.show_request(
        asdict(file),
        year_net_minor=shop.year_net_minor if shop else None,
        tenure_months=score.features.get("tenure_months") if score else None,
        kind=sentences.kind_sentence(score.result, shop.year) if score and shop and not notice else None,
        proposal=file.rounds[-1] if file.rounds and not file.decided else None,
    )

drawn: list[Drawing | None] = []
shop_column, score_column, answer_column = st.columns([1.4, 1.14, 1.1], gap="small")
below = st.empty()
with shop_column:
    if shop is None:
        cards.show_nothing("No consent", review_panel.NO_CONSENT)
    else:
        drawn.append(cards.show_sales(shop.year, currency=file.currency, peers=shop.peers))
        drawn.append(cards.show_signs(shop, currency=file.currency))
        drawn.append(repayment_panel.show_newest(shop.history))
        owner_panel.show_owner(
            opened.owner, opened.earlier, policy_currency=opened.policy.currency, shop_currency=file.currency
        )
with score_column:
    if score is not None:
        drawn += review_panel.show_score(
            score, opened.others, card=opened.card, currency=file.currency, held_against=opened.held_against,
            company=reason_words.Company(opened.company, file.category),
        )  # fmt: skip
    if shop is not None:
        review_panel.show_score_button(
            score, visit.today, primary=mine, may_score=visit.person.may("score") and not file.decided,
            on_click=score_now, shop_id=file.shop_id,
        )  # fmt: skip
with answer_column:
    if file.decided or not answers:
        review_panel.show_state(file, opened.barred, answered=answered, on_next=open_next if may_decide else None)
    if not file.decided:
        show_decision()
if shop is not None:
    if score is not None and score.manipulation is not None:
        drawn.append(signs_panel.show_signs(score.manipulation, currency=file.currency, time_zone=file.time_zone))
    drawn += cards.show_more(shop, currency=file.currency)
    if not opened.earlier.empty:
        shop_panel.show_applications(opened.earlier, time_zone=settings().time_zone)
if numbers_wanted:
    offer_drawn = st.session_state.get("offer_drawn", ()) if opened.offered and not file.decided else ()
    cards.show_numbers([*drawn, *offer_drawn])
