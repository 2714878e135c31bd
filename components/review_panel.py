"""What Review shows of one application: the shop, the score, the offer, and what was decided."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

import pandas as pd
import streamlit as st

from components import cards, score_charts, sentences, wording
from components.figure import Drawing
from lending.errors import NotEnoughHistory
from lending.offer import Offer
from lending.policy import Policy
from lending.rounds import Round
from lending.stress import bearable_fall, coming_months, worst_stretch
from scoring.card import Card
from scoring.records import ScoreResult
from settings import settings

NO_CONSENT = (
    "The shop has not consented: only its name and the state of its application are shown, and nothing is scored. "
    "The file can be declined as incomplete, or referred."
)
PROPOSALS = {
    "approve": "proposes to approve",
    "approve_less": "proposes a smaller amount",
    "decline": "proposes to decline",
}

Colour = Literal["red", "orange", "gray", "green"]


class Stored(Protocol):
    """A score as it stands on record."""

    id: int
    shop_id: int
    as_of: date
    batch_id: int
    result: ScoreResult


def deadline_badge(submitted_at: datetime, *, now: datetime, promised: timedelta, decided: bool) -> None:
    """The time left for an answer, or that there is one."""
    if decided:
        st.badge("Decided", icon=":material/check:", color="green")
        return
    left = submitted_at + promised - now
    text = wording.clock(submitted_at + promised, now)
    colour: Colour = "red" if left < timedelta(0) else "orange" if left < timedelta(days=1) else "gray"
    st.badge(text if left < timedelta(0) else f"{text} to decide", color=colour)


def data_badge(days: pd.DataFrame, *, today: date) -> None:
    """How old the newest day of sales is."""
    if days.empty:
        st.badge("No sales on record", color="orange")
        return
    age = (today - days["day"].max().date()).days - 1
    text = "Data to yesterday" if age <= 0 else f"Data {wording.count(age, 'day')} old"
    st.badge(text, icon=":material/database:", color="gray" if age <= 7 else "orange")


def hold_badge(holder: str | None, *, mine: bool, decided: bool) -> None:
    """Who has taken the file."""
    if decided:
        return
    if mine:
        st.badge("Yours", icon=":material/person:", color="green")
    elif holder:
        st.badge(f"{wording.plain(holder)} has it", icon=":material/person:", color="orange")
    else:
        st.badge("Nobody has it", color="gray")


def show_score(score: Stored, others: pd.DataFrame, *, card: Card, currency: str) -> list[Drawing]:
    """The score: where the shop stands among all, and what lowers and lifts it; returns what was drawn."""
    result = score.result
    assumed = bool(card.calibration.get("assumed"))
    drawing = score_charts.map_figure(
        others[others["shop_id"] != score.shop_id],
        soundness_points=result.soundness_points,
        reputation_points=result.reputation_points,
        grade_edges=dict(card.grades),
        title=sentences.score_title(result.points, result.default_probability_ppm, assumed=assumed),
    )
    drawn = [cards.show_drawing(drawing, key="map", badge=grade_badge(result.grade))]
    rows = sentences.reason_rows(result, currency)
    if rows.empty:
        cards.show_nothing("Reasons", "Every figure is as usual: nothing lowers or lifts the score.")
    else:
        drawn.append(cards.show_drawing(score_charts.points_figure(rows), key="points"))
    return drawn


def show_score_button(
    score: Stored | None, today: date, *, may_score: bool, on_click: Callable[[int], None], shop_id: int
) -> None:
    """Score the shop, or score it again where the score is of another day or older than the newest import."""
    if score is None:
        with st.container(border=True, gap="xsmall"):
            st.markdown("##### Not scored yet")
            st.caption(f"The score reads what is on record before {wording.day(today)}, and is kept with the file.")
            if may_score:
                st.button("Score this shop", type="primary", on_click=on_click, args=(shop_id,), shortcut="s")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(f"Score {score.id}, on the record before {wording.day(score.as_of)}, import {score.batch_id}")
        if may_score:
            st.button("Score again", type="tertiary", on_click=on_click, args=(shop_id,))


def file_sentence(
    *, shop: dict[str, object], year_net_minor: int | None, tenure_months: float | None, asked: str, currency: str
) -> str:
    """One sentence about the shop, and what it asks for."""
    about = sentences.shop_sentence(
        shop, year_net_minor=year_net_minor, currency=currency, since=sentences.traded(tenure_months)
    )
    return f"{about}; {asked}"


def show_rounds(rounds: tuple[Round, ...], *, currency: str, decided: bool) -> None:
    """What was decided or proposed so far, the newest first."""
    if not rounds:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown("##### Recorded" if decided else "##### Answered so far")
        for each in reversed(rounds):
            st.markdown(round_sentence(each, currency=currency, time_zone=settings().time_zone))
            st.caption(
                f"Round {each.number}, decision {each.decision_id}, policy {each.policy_version}"
                f"{f', score {each.score_run_id}' if each.score_run_id else ''}"
                f"{', against the policy' if each.override else ''}"
            )


def grade_badge(grade: str) -> str:
    """A grade as Markdown."""
    return f":{wording.GRADE_COLOURS[grade]}-badge[Grade {grade}] "


def show_offer(offer: Offer, *, policy: Policy, days: pd.DataFrame, months: pd.DataFrame, as_of: date) -> None:
    """The highest amount, its price in parts, and how far sales may fall before an instalment is missed."""
    currency = policy.currency
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {wording.plain(sentences.offer_title(offer, currency))}")
        parts = score_charts.rate_parts_figure(offer.price)
        st.caption(f"{wording.plain(sentences.offer_caption(offer, currency))} Rate in parts, a year:")
        cards.show_figure(parts, key="parts")
        stress = _stress(offer, policy, days, months, as_of)
        if stress is None:
            st.caption("Without a full month of sales the instalments can't be held against cash.")
            return
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
            st.markdown(f"##### {wording.plain(stress.title)}")
            with st.popover("Numbers", type="tertiary", width="content"):
                cards.show_table(parts)
                cards.show_table(stress)
                margin = wording.rate(policy.cash_margin_bps)
                st.caption(f"Cash is taken as {margin} of net sales, assumed; sales as in the months a year before.")
        cards.show_figure(stress, key="stress")


def _stress(offer: Offer, policy: Policy, days: pd.DataFrame, months: pd.DataFrame, as_of: date) -> Drawing | None:
    currency, margin = policy.currency, policy.cash_margin_bps
    try:
        coming = coming_months(months, as_of=as_of, term_months=offer.term_months, cash_margin_bps=margin)
    except NotEnoughHistory:
        return None
    fall = bearable_fall(coming["cash_minor"].tolist(), instalments_minor=offer.instalment_minor)
    try:
        worst = worst_stretch(days, as_of=as_of).monthly_minor * margin // 10_000
    except NotEnoughHistory:
        worst = None
    return score_charts.offer_figure(
        coming, instalment_minor=offer.instalment_minor, worst_month_minor=worst, fall=fall, currency=currency
    )


def round_sentence(each: Round, *, currency: str, time_zone: str) -> str:
    """One round of a decision in Markdown: who, what, when, why."""
    settled = each.final or each.outcome == "refer"
    verb = wording.OUTCOMES_DONE[each.outcome] if settled else PROPOSALS[each.outcome]
    terms = ""
    if each.amount_minor and each.term_months:
        amount = wording.plain(wording.money(each.amount_minor, currency))
        terms = f": **{amount} for {wording.count(each.term_months, 'month')} at {wording.rate(each.rate_bps)}**"
    because = f" Reasons: {sentences.reasons_in_words(each.reasons)}." if each.reasons else ""
    note = f" Note: {wording.plain(each.note)}" if each.note else ""
    at = wording.moment(each.recorded_at, time_zone)
    return f"{wording.plain(each.person_name)} {verb}{terms} on {at}.{because}{note}"
