"""One application: the shop, its score, the offer, and the decision."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial

import streamlit as st
from sqlmodel import Session

from components import cards, decision_form, guard, refusals, review_panel, shop_panel
from components.figure import Drawing
from db import applications, decisions, holds, offers, policies, record, scores
from db.engine import open_session
from desk.scoring import score_shop
from lending.errors import BrokenRule, UnknownApplication
from lending.rounds import Answer
from scoring.card import load_expert
from settings import settings

visit = guard.enter("review")


def score_now(shop_id: int) -> None:
    """Score the shop on what is on record before today, and keep the score."""
    actor = guard.enter("review")
    try:
        score_shop(actor.engine, shop_id, as_of=actor.today, person_id=actor.person.id)
    except BrokenRule as error:
        st.session_state["review_notice"] = refusals.sentence(error)


def change_hold(application_id: int, *, take: bool) -> None:
    """Take the application, or give it back to the queue."""
    actor = guard.enter("review")
    change = holds.take if take else holds.release
    try:
        with open_session(actor.engine, write=True) as session:
            change(session, application_id, person_id=actor.person.id)
    except BrokenRule as error:
        st.session_state["review_notice"] = refusals.sentence(error)


def read_score(session: Session) -> scores.StoredScore | None:
    """The score that settled the file, or else the shop's newest."""
    if file.decided:
        return scores.get(session, file.rounds[-1].score_run_id) if file.rounds[-1].score_run_id else None
    return scores.latest(session, file.shop_id, as_of=visit.today)


def form_key() -> str:
    """What names the form's widgets: this file, this round, this score."""
    return f"{number}_{file.round}_{score.id if score else 0}"


def current_case() -> offers.OfferCase | None:
    """The offer for the term that stands in the form; None where the policy has none for this currency."""
    term = st.session_state.get(decision_form.term_key(form_key()))
    with open_session(visit.engine) as session:
        return offers.case_for(session, number, score.id, term_months=term)


@st.fragment
def show_decision() -> None:
    """The offer and the form, redrawn together when the term changes, while the charts beside them stay."""
    actor = guard.enter("review")
    offered = current_case() if score else None
    if score and not offered:
        told = review_panel.OTHER_CURRENCY.format(policy.currency, file.currency)
        cards.show_nothing("Another currency", told)
    place = st.container()
    case = decision_form.Case(
        form_key(), policy, file.amount_minor, file.term_months, file.currency, file.rounds,
        offered.offer if offered else None, score.result.default_probability_ppm if score else None,
        tuple(each.code for each in score.result.reasons) if score else (),
    )  # fmt: skip
    draft = decision_form.show(case, role=actor.person.role)
    if offered:
        instalment_minor = draft.instalment_minor or offered.offer.instalment_minor
        st.session_state["instalment_minor"] = instalment_minor
        with place:
            review_panel.show_offer(offered, instalment_minor=instalment_minor)
    if draft.pressed:
        record_answer(actor, decision_form.request_key(case), draft.answer)


def record_answer(actor: guard.Visit, key: str, answer: Answer) -> None:
    """Record the answer with the score and the policy that are on the screen."""
    request = decisions.DecisionRequest(
        request_key=key, application_id=number, application_batch_id=file.batch_id, round=file.round,
        score_run_id=score.id if score else None, policy_version=policy.version, **asdict(answer),
    )  # fmt: skip
    try:
        decisions.record(actor.engine, request, person_id=actor.person.id, decided_on=actor.today)
    except BrokenRule as error:
        st.error(refusals.sentence(error))
        return
    st.session_state["review_done"] = True
    st.rerun(scope="app")


number = guard.number_in_address("application")
if number is None and "application" not in st.query_params:
    number = st.session_state.get("application_id")
try:
    if number is None:
        raise UnknownApplication
    with open_session(visit.engine) as session:
        file = applications.dossier(session, number, now=visit.now)
        policy = policies.in_force(session)
        score = read_score(session) if file.consented_at else None
        # A decided file shows what was on the screen when it was decided.
        as_of, batch_id = (score.as_of, score.batch_id) if score and file.decided else (visit.today, None)
        shop = record.shop_record(session, file.shop_id, as_of=as_of, batch_id=batch_id) if file.consented_at else None
        others = scores.map_points(session, as_of=as_of) if score else None
        earlier = applications.of_shop(session, file.shop_id)
except UnknownApplication:
    named = "application" in st.query_params
    review_panel.show_missing(named=named, queue_page=guard.file_of("queue"))
    st.stop()
st.session_state["application_id"] = number

mine = file.holder_id == visit.person.id
may_hold = visit.person.may("decide") and (mine or file.holder_id is None or visit.person.role == "manager")
numbers_wanted = review_panel.show_heading(
    review_panel.Heading(
        file.shop_name, due_at=file.submitted_at + timedelta(days=policy.days_to_decide), now=visit.now,
        holder=file.holder_name, mine=mine, decided=file.decided, generated=file.generated,
        last_day=shop.last_day if shop else None, today=as_of, consented=shop is not None,
        dossier_page=guard.file_of("shops"), shop_id=file.shop_id, queue_page=guard.file_of("queue"),
    ),
    on_hold=partial(change_hold, number, take=file.holder_id is None) if may_hold else None,
)  # fmt: skip
if notice := st.session_state.pop("review_notice", None):
    st.warning(notice)
if st.session_state.pop("review_done", False):
    review_panel.show_done(file.rounds[-1], currency=file.currency)
review_panel.show_request(
    asdict(file),
    year_net_minor=shop.year_net_minor if shop else None,
    tenure_months=score.features.get("tenure_months") if score else None,
)

drawn: list[Drawing | None] = []
shop_column, score_column, answer_column = st.columns([1.4, 1.14, 1.1], gap="small")
with shop_column:
    if shop is None:
        cards.show_nothing("No consent", review_panel.NO_CONSENT)
    else:
        drawn += [
            cards.show_sales(shop.year, currency=file.currency, peers=shop.peers),
            cards.show_buyers(shop.buyers, currency=file.currency),
        ]
with score_column:
    if score is not None:
        drawn += review_panel.show_score(score, others, card=load_expert(), currency=file.currency)
    if shop is not None:
        may_score = visit.person.may("score") and not file.decided
        review_panel.show_score_button(
            score, visit.today, may_score=may_score, on_click=score_now, shop_id=file.shop_id
        )
with answer_column:
    review_panel.show_rounds(file.rounds, currency=file.currency, decided=file.decided)
    if not file.decided and any(each.person_id == visit.person.id for each in file.rounds):
        cards.show_nothing("Waits for somebody else", review_panel.ANSWERED)
    elif not file.decided and visit.person.may("decide"):
        show_decision()
    elif not file.decided:
        cards.show_nothing("Look only", "Your role reads files and decides none.")
if shop is not None:
    left, right = st.columns(2, gap="small")
    with left:
        drawn.append(cards.show_refunds(shop.year, currency=file.currency))
    with right:
        drawn.append(cards.show_wallet(shop.balances, currency=file.currency))
    shop_panel.show_applications(earlier, time_zone=settings().time_zone)
if numbers_wanted:
    if score is not None and (offered := current_case()):
        instalment_minor = st.session_state.get("instalment_minor", offered.offer.instalment_minor)
        drawn += review_panel.offer_drawings(offered, instalment_minor=instalment_minor)
    cards.show_numbers(drawn)
