"""What Review shows of the offer: the limit and what makes it, and what the terms in the fields would cost and bear."""

from datetime import date
from typing import Protocol

import pandas as pd
import streamlit as st

from components import cards, offer_charts, offer_words, wording
from components.figure import Drawing
from lending.errors import NotEnoughHistory
from lending.offer import Offer
from lending.policy import Policy
from lending.stress import bearable_fall, coming_months, worst_stretch
from lending.terms import Terms


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


def show_limit(case: OfferCase) -> None:
    """The highest amount that the policy allows, what makes it, and what the policy would answer."""
    offer, currency = case.offer, case.policy.currency
    st.markdown(
        f"##### {wording.plain(offer_words.offer_title(offer, currency))}",
        help=f"The policy's own answer: {wording.OUTCOMES[offer.recommended].lower()}. {offer_words.WHY[offer.why]}",
    )
    st.caption(
        wording.plain(offer_words.offer_caption(offer, currency)),
        help="The lowest of these, rounded down:\n"
        + "".join(f"\n- {wording.plain(each)}" for each in offer_words.caps_sentences(offer, currency)),
    )


def show_terms(case: OfferCase, terms: Terms) -> list[Drawing]:
    """What the terms in the fields cost, the rate in parts, and how far sales may fall; returns what was drawn."""
    parts, stress = offer_drawings(case, terms)
    st.markdown(wording.plain(offer_words.cost_sentence(terms, case.policy.currency)))
    cards.show_figure(parts, key="parts")
    if stress is None:
        st.caption("Without a full month of sales the instalments can't be held against cash.")
        return [parts]
    margin = wording.rate(case.policy.cash_margin_bps)
    st.markdown(
        f"##### {wording.plain(stress.title)}",
        help=f"Cash is taken as {margin} of net sales, assumed; sales as in the same months a year before. "
        "The limit reads the mean of the months, this the weakest one: a second look, not a cap.",
    )
    cards.show_figure(stress, key="stress")
    return [parts, stress]


def offer_drawings(case: OfferCase, terms: Terms) -> tuple[Drawing, Drawing | None]:
    """The charts of some terms: the rate in parts, and the instalments against cash where a full month is on record."""
    margin = case.policy.cash_margin_bps
    parts = offer_charts.rate_parts_figure(terms.price)
    try:
        coming = coming_months(case.months, as_of=case.as_of, term_months=terms.term_months, cash_margin_bps=margin)
    except NotEnoughHistory:
        return parts, None
    try:
        worst = worst_stretch(case.days, as_of=case.as_of).monthly_minor * margin // 10_000
    except NotEnoughHistory:
        worst = None
    fall = bearable_fall(coming["cash_minor"].tolist(), instalments_minor=terms.instalment_minor)
    return parts, offer_charts.offer_figure(
        coming, instalment_minor=terms.instalment_minor, worst_month_minor=worst, fall=fall,
        currency=case.policy.currency,
    )  # fmt: skip
