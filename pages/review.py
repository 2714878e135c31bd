"""One application: the shop, its score, the offer, and the decision."""

from dataclasses import asdict
from datetime import timedelta

import streamlit as st

from components import cards, decision_form, guard, refusals, review_panel, sentences, shop_panel, wording
from components.figure import Drawing
from db import applications, batches, decisions, events, offers, policies, record, scores
from db.engine import open_session
from lending.errors import BrokenRule, UnknownApplication
from lending.rounds import Answer
from scoring.card import load_expert
from scoring.shops import score_events
from settings import settings

visit = guard.enter("review")


def asked_for() -> int | None:
    """The application that the address names, else the one looked at last."""
    named = st.query_params.get("application", "")
    if named.isascii() and named.isdigit() and len(named) < 18:
        return int(named)
    return None if named else st.session_state.get("application_id")


def score_now(shop_id: int) -> None:
    """Score the shop on what is on record before today, and keep the score."""
    actor = guard.enter("review")
    card = load_expert()
    with open_session(actor.engine) as session:
        batch_id = batches.newest(session)
        if shop_id not in events.consented_shop_ids(session, as_of=actor.today, shop_ids=[shop_id], batch_id=batch_id):
            st.session_state["review_notice"] = "The shop's consent is missing or begins today: it can't be scored yet."
            return
        found = events.shop_events(session, as_of=actor.today, shop_ids=[shop_id], batch_id=batch_id)
    (scored,) = score_events(found, as_of=actor.today, card=card)
    try:
        with open_session(actor.engine, write=True) as session:
            scores.save(
                session, shop_id=shop_id, as_of=actor.today, batch_id=batch_id, card=card, features=scored.features,
                result=scored.result, person_id=actor.person.id,
            )  # fmt: skip
    except BrokenRule as error:
        st.session_state["review_notice"] = refusals.sentence(error)


def change_hold(application_id: int, *, take: bool) -> None:
    """Take the application, or give it back to the queue."""
    actor = guard.enter("review")
    change = applications.take if take else applications.release
    try:
        with open_session(actor.engine, write=True) as session:
            change(session, application_id, person_id=actor.person.id)
    except BrokenRule as error:
        st.session_state["review_notice"] = refusals.sentence(error)


def show_heading() -> bool:
    """Who applies, how long the answer may take, who holds the file; returns whether the numbers were asked for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"#### {wording.plain(file.shop_name)}", width="content")
        promised = timedelta(days=policy.days_to_decide)
        review_panel.deadline_badge(file.submitted_at, now=visit.now, promised=promised, decided=file.decided)
        review_panel.hold_badge(file.holder_name, mine=file.holder_id == visit.person.id, decided=file.decided)
        if shop is not None:
            review_panel.data_badge(shop.days, today=visit.today)
        if file.generated:
            st.badge("Generated data", color="gray")
        st.space("stretch")
        if visit.person.may("decide") and not file.decided:
            if file.holder_id == visit.person.id:
                st.button("Give it back", type="tertiary", on_click=change_hold, args=(number,), kwargs={"take": False})
            elif file.holder_id is None:
                st.button("Take it", type="tertiary", on_click=change_hold, args=(number,), kwargs={"take": True})
        if file.consented_at:
            st.page_link(guard.file_of("shops"), label="Dossier", icon=":material/folder_open:",
                         query_params={"shop": str(file.shop_id)})  # fmt: skip
        wanted = shop is not None and st.button("Numbers", type="tertiary", icon=":material/table:")
        st.page_link(guard.file_of("queue"), label="Back to queue", icon=":material/undo:")
    return wanted


def show_missing(text: str) -> None:
    """A sentence in place of the file, and the way on."""
    st.markdown(f"#### {text}")
    st.page_link(guard.file_of("queue"), label="Choose one in the queue", icon=":material/list:")
    st.stop()


@st.fragment
def show_decision() -> None:
    """The offer and the form, redrawn together when the term changes, while the charts beside them stay."""
    actor = guard.enter("review")
    key = f"{number}_{file.round}_{score.id if score else 0}"
    term = st.session_state.get(decision_form.term_key(key))
    with open_session(actor.engine) as session:
        offered = offers.case_for(session, number, score.id, term_months=term) if score else None
    if offered:
        review_panel.show_offer(
            offered.offer, policy=policy, days=offered.days, months=offered.months, as_of=offered.as_of
        )
    case = decision_form.Case(
        key, policy, file.amount_minor, file.term_months, file.currency, file.rounds,
        offered.offer if offered else None, score.result.default_probability_ppm if score else None,
        tuple(each.code for each in score.result.reasons) if score else (),
    )  # fmt: skip
    answer = decision_form.show(case, role=actor.person.role)
    if answer is not None:
        record_answer(actor, decision_form.request_key(case), answer)


def record_answer(actor: guard.Visit, key: str, answer: Answer) -> None:
    """Record the answer with the score and the policy that are on the screen."""
    request = decisions.DecisionRequest(
        request_key=key, application_id=number, round=file.round, score_run_id=score.id if score else None,
        policy_version=policy.version, **asdict(answer),
    )  # fmt: skip
    try:
        decisions.record(actor.engine, request, person_id=actor.person.id)
    except BrokenRule as error:
        st.error(refusals.sentence(error))
        return
    st.rerun(scope="app")


number = asked_for()
if number is None:
    show_missing("No application is open")
try:
    with open_session(visit.engine) as session:
        file = applications.dossier(session, number)
        policy = policies.in_force(session)
        score = scores.latest(session, file.shop_id, as_of=visit.today) if file.consented_at else None
        shop = record.shop_record(session, file.shop_id, as_of=visit.today) if file.consented_at else None
        others = scores.map_points(session, as_of=visit.today) if score else None
        earlier = applications.of_shop(session, file.shop_id)
except UnknownApplication:
    show_missing("No application has this number")
st.session_state["application_id"] = number

numbers_wanted = show_heading()
if notice := st.session_state.pop("review_notice", None):
    st.warning(notice)
if shop is None:
    asked = sentences.asked_sentence(file.amount_minor, file.term_months, None, file.currency)
    st.markdown(f"{wording.plain(file.application_ref)}: {asked}.")
else:
    asked = sentences.asked_sentence(file.amount_minor, file.term_months, file.purpose, file.currency)
    tenure = score.features.get("tenure_months") if score else None
    st.markdown(
        review_panel.file_sentence(
            shop=asdict(file),
            year_net_minor=shop.year_net_minor,
            tenure_months=tenure,
            asked=asked,
            currency=file.currency,
        )
    )

drawn: list[Drawing | None] = []
shop_column, score_column, answer_column = st.columns([1.4, 1.14, 1.1], gap="small")
with shop_column:
    if shop is None:
        cards.show_nothing("No consent", review_panel.NO_CONSENT)
    else:
        drawn += [
            cards.show_sales(shop.months, currency=file.currency),
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
    if not file.decided and visit.person.may("decide"):
        show_decision()
    elif not file.decided:
        cards.show_nothing("Look only", "Your role reads files and decides none.")
if shop is not None:
    left, right = st.columns(2, gap="small")
    with left:
        drawn.append(cards.show_refunds(shop.months, currency=file.currency))
    with right:
        drawn.append(cards.show_wallet(shop.balances, currency=file.currency))
    shop_panel.show_applications(earlier, time_zone=settings().time_zone)
if numbers_wanted:
    cards.show_numbers(drawn)
