"""What Review shows of one application: the shop, the score, the offer, and what was decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

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

OTHER_CURRENCY = (
    "The policy lends in {}. This application is in {}: no cap or price holds for it, so it can't be approved."
)
ANSWERED = "You have answered this file. It waits in the queue for somebody else."
NO_CONSENT = (
    "The shop has not consented: only its name and the state of its application are shown, and nothing is scored. "
    "The file can be declined as incomplete, or referred."
)
PROPOSALS = {
    "approve": "proposes to approve",
    "approve_less": "proposes a smaller amount",
    "decline": "proposes to decline",
}

OLD_DATA_DAYS = 7


class OfferCase(Protocol):
    """An offer with what it was worked out from; see db.offers."""

    @property
    def offer(self) -> Offer:
        """What the policy allows."""

    @property
    def policy(self) -> Policy:
        """The policy in force."""

    @property
    def days(self) -> pd.DataFrame:
        """Daily sales."""

    @property
    def months(self) -> pd.DataFrame:
        """Monthly sales."""

    @property
    def as_of(self) -> date:
        """The day of the score."""


class Stored(Protocol):
    """A score as it stands on record."""

    id: int
    shop_id: int
    as_of: date
    batch_id: int
    result: ScoreResult


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above a file."""

    shop_name: str
    due_at: datetime
    now: datetime
    holder: str | None
    mine: bool
    decided: bool
    generated: bool
    last_day: date | None
    """Newest day with sales."""
    today: date
    consented: bool
    dossier_page: str
    shop_id: int
    queue_page: str


def show_heading(heading: Heading, *, on_hold: Callable[[], None] | None) -> bool:
    """Who applies, how long the answer may take, who holds the file, and the way back.

    Args:
        heading: what to show.
        on_hold: takes the file or gives it back; None where this person can do neither.

    Returns:
        Whether the numbers behind the charts were asked for.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"#### {wording.plain(heading.shop_name)}", width="content")
        _show_badges(heading)
        st.space("stretch")
        if on_hold is not None and not heading.decided:
            label = "Give it back" if heading.mine else "Release it" if heading.holder else "Take it"
            st.button(label, type="tertiary", on_click=on_hold)
        if heading.consented:
            st.page_link(
                heading.dossier_page, label="Dossier", icon=":material/folder_open:",
                query_params={"shop": str(heading.shop_id)},
            )  # fmt: skip
        wanted = heading.consented and st.button("Numbers", type="tertiary", icon=":material/table:")
        st.page_link(heading.queue_page, label="Back to queue", icon=":material/undo:")
    return wanted


def _show_badges(heading: Heading) -> None:
    left = heading.due_at - heading.now
    if heading.decided:
        st.badge("Decided", icon=":material/check:", color="green")
    elif left < timedelta(0):
        st.badge(wording.clock(heading.due_at, heading.now), color="red")
    else:
        soon = left < timedelta(days=1)
        st.badge(f"{wording.clock(heading.due_at, heading.now)} to decide", color="orange" if soon else "gray")
    if not heading.decided:
        _show_holder(heading.holder, mine=heading.mine)
    if heading.consented:
        _show_data_age(heading.last_day, heading.today)
    if heading.generated:
        st.badge("Generated data", color="gray")


def _show_holder(holder: str | None, *, mine: bool) -> None:
    if mine:
        st.badge("Yours", icon=":material/person:", color="green")
    elif holder:
        st.badge(f"{wording.plain(holder)} has it", icon=":material/person:", color="orange")
    else:
        st.badge("Nobody has it", color="gray")


def _show_data_age(last_day: date | None, today: date) -> None:
    if last_day is None:
        st.badge("No sales on record", color="orange")
        return
    age = (today - last_day).days - 1
    text = "Data to yesterday" if age <= 0 else f"Data {wording.count(age, 'day')} old"
    st.badge(text, icon=":material/database:", color="gray" if age <= OLD_DATA_DAYS else "orange")


def show_missing(*, named: bool, queue_page: str) -> None:
    """A sentence in place of a file, and the way on."""
    st.markdown(f"#### {'No application has this number' if named else 'No application is open'}")
    st.page_link(queue_page, label="Choose one in the queue", icon=":material/list:")


def show_request(file: Mapping[str, Any], *, year_net_minor: int | None, tenure_months: float | None) -> None:
    """One sentence: what the shop is and what it asks for; without consent only the latter."""
    asked = sentences.asked_sentence(file["amount_minor"], file["term_months"], file["purpose"], file["currency"])
    if file["consented_at"] is None:
        st.markdown(f"{wording.plain(file['application_ref'])} {asked}")
        return
    about = sentences.shop_sentence(
        file, year_net_minor=year_net_minor, currency=file["currency"], since=sentences.traded(tenure_months)
    )
    st.markdown(f"{about}; {asked}")


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


def show_offer(case: OfferCase, *, instalment_minor: int) -> None:
    """The highest amount, its price in parts, and how far sales may fall before the form's instalment is missed."""
    currency = case.policy.currency
    parts, stress = offer_drawings(case, instalment_minor=instalment_minor)
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {wording.plain(sentences.offer_title(case.offer, currency))}")
        st.caption(f"{wording.plain(sentences.offer_caption(case.offer, currency))} Rate in parts, a year:")
        cards.show_figure(parts, key="parts")
        if stress is None:
            st.caption("Without a full month of sales the instalments can't be held against cash.")
            return
        margin = wording.rate(case.policy.cash_margin_bps)
        st.markdown(
            f"##### {wording.plain(stress.title)}",
            help=f"Cash is taken as {margin} of net sales, assumed; sales as in the same months a year before. "
            "The limit reads the mean of the months, this the weakest one: a second look, not a cap.",
        )
        cards.show_figure(stress, key="stress")


def offer_drawings(case: OfferCase, *, instalment_minor: int) -> tuple[Drawing, Drawing | None]:
    """The charts of an offer: the rate in parts, and the instalments against cash where a full month is on record."""
    offer, currency, margin = case.offer, case.policy.currency, case.policy.cash_margin_bps
    parts = score_charts.rate_parts_figure(offer.price)
    try:
        coming = coming_months(case.months, as_of=case.as_of, term_months=offer.term_months, cash_margin_bps=margin)
    except NotEnoughHistory:
        return parts, None
    try:
        worst = worst_stretch(case.days, as_of=case.as_of).monthly_minor * margin // 10_000
    except NotEnoughHistory:
        worst = None
    fall = bearable_fall(coming["cash_minor"].tolist(), instalments_minor=instalment_minor)
    return parts, score_charts.offer_figure(
        coming, instalment_minor=instalment_minor, worst_month_minor=worst, fall=fall, currency=currency
    )


def show_done(latest: Round, *, currency: str) -> None:
    """Say what was just recorded wherever on the page the button was pressed; the card with it stands at the top."""
    amount = f" {wording.plain(wording.exact_money(latest.amount_minor, currency))}" if latest.amount_minor else ""
    if latest.final:
        st.toast(f"Recorded: {wording.OUTCOMES_DONE[latest.outcome]}{amount}")
    else:
        answer = wording.OUTCOMES[latest.outcome].lower()
        st.toast(f"Recorded, and back in the queue for somebody else: {answer}{amount}")


def round_sentence(each: Round, *, currency: str, time_zone: str) -> str:
    """One round of a decision in Markdown: who, what, when, why."""
    settled = each.final or each.outcome == "refer"
    verb = wording.OUTCOMES_DONE[each.outcome] if settled else PROPOSALS[each.outcome]
    terms = ""
    if each.amount_minor and each.term_months:
        amount = wording.plain(wording.exact_money(each.amount_minor, currency))
        terms = f": **{amount} for {wording.count(each.term_months, 'month')} at {wording.rate(each.rate_bps)}**"
    because = f" Reasons: {sentences.reasons_in_words(each.reasons)}." if each.reasons else ""
    note = f" Note: {wording.plain(each.note)}" if each.note else ""
    at = f"{wording.day(each.decided_on)}, {wording.time_of_day(each.recorded_at, time_zone)}"
    return f"{wording.plain(each.person_name)} {verb}{terms} on {at}.{because}{note}"
