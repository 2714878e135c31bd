"""What Review shows of the offer: the limit and what makes it, and what the terms in the fields would cost and bear.

A drawer holds them against falling sales, and says what the interest pays for and whom the rate turns away.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pandas as pd
import streamlit as st

from components import cards, offer_charts, offer_words, stress_charts, wording
from components.figure import Drawing
from lending.demand import DemandCurve, best_rate_bps, demand_table, walk_away_share
from lending.errors import NotEnoughHistory
from lending.offer import Offer
from lending.policy import Policy
from lending.rounds import Draft
from lending.stress import Stretch, bearable_fall, coming_months, stress_table, worst_stretch
from lending.terms import Terms, terms_of
from scoring.records import ScoreResult

NO_MONTH = "Without a full month of sales the instalments can't be held against cash."


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


def priced(policy: Policy, draft: Draft, result: ScoreResult | None) -> Terms | None:
    """What the terms in a form would cost; None where nothing can be lent."""
    if result is None or not draft.amount_minor or not draft.term_months:
        return None
    return terms_of(
        policy.rate, default_probability_ppm=result.default_probability_ppm, amount_minor=draft.amount_minor,
        term_months=draft.term_months,
    )  # fmt: skip


def show_limit(case: OfferCase, terms: Terms) -> bool:
    """The highest amount that the policy allows, what makes it, and whom the rate of the terms turns away.

    Args:
        case: the offer.
        terms: as they stand in the fields.

    Returns:
        Whether the drawer of `show_stress` was asked for.
    """
    offer, currency = case.offer, case.policy.currency
    st.markdown(
        f"##### {wording.plain(offer_words.offer_title(offer, currency))}",
        help=f"The policy's own answer: {wording.OUTCOMES[offer.recommended].lower()}. {offer_words.WHY[offer.why]}",
    )
    lines, about = [offer_words.offer_caption(offer, currency)], ["The limit is the lowest of these, rounded down:\n"]
    about += [f"- {wording.plain(each)}" for each in offer_words.caps_sentences(offer, currency)]
    if case.policy.demand is not None:
        rate = terms.price.rate_bps
        lines.append(offer_words.walking(rate, walk_away_share(case.policy.demand, rate)))
        about.append("\n" + wording.plain(f"{offer_words.best_sentence(_best(case.policy, terms), case.policy)}."))
    about.append("\n" + wording.plain(f"The interest pays for {offer_words.parts_sentence(terms, currency)}."))
    # Beside the button, which is as high as two lines, the second one takes no room.
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("  \n".join(wording.plain(each) for each in lines), help="\n".join(about), width="stretch")
        return st.button("Stress", type="tertiary", icon=":material/trending_down:", key="stress_wanted")


def show_terms(case: OfferCase, terms: Terms) -> list[Drawing]:
    """What the terms in the fields cost, the rate in parts, and how far sales may fall; returns what was drawn."""
    policy = case.policy
    parts = offer_charts.rate_parts_figure(terms.price, terms.parts, policy.currency)
    st.markdown(wording.plain(offer_words.cost_sentence(terms, policy.currency)))
    cards.show_figure(parts, key="parts")
    carried = _carried(case, terms)
    if carried is None:
        st.caption(NO_MONTH)
        return [parts]
    drawing = _instalments_figure(case, terms, carried)
    margin = wording.rate(policy.cash_margin_bps)
    st.markdown(
        f"##### {wording.plain(drawing.title)}",
        help=f"Cash is taken as {margin} of net sales, assumed; sales as in the same months a year before. "
        "The limit reads the mean of the months, this the weakest one: a second look, not a cap.",
    )
    cards.show_figure(drawing, key="stress")
    return [parts, drawing]


@st.dialog("Stress and price", width=760, position="right")
def show_stress(case: OfferCase, terms: Terms, *, assumed: bool) -> None:
    """The offer under falling sales, what its interest pays for, and whom its rate turns away, in a drawer.

    Args:
        case: the offer.
        terms: as they stand in the fields.
        assumed: whether the default probability was not yet held against outcomes.
    """
    policy = case.policy
    _show_falls(case, terms)
    title = offer_words.parts_title(terms, policy.currency)
    _show_drawn(
        offer_charts.interest_figure(terms.parts, title=title, currency=policy.currency),
        caption=f"{offer_words.parts_sentence(terms, policy.currency)}. "
        f"{offer_words.loss_sentence(terms, policy, assumed=assumed)}.",
        key="interest",
    )
    if policy.demand is not None:
        _show_demand(policy.demand, policy, terms)


@dataclass(frozen=True, slots=True)
class _Carried:
    """What the instalments are held against."""

    coming: pd.DataFrame
    """Of lending.stress.coming_months."""
    worst: Stretch | None
    """None where fewer than 90 days are on record."""
    due_minor: int
    """All instalments of a month."""
    fall: float


def _carried(case: OfferCase, terms: Terms) -> _Carried | None:
    """None without a full month of sales."""
    try:
        coming = coming_months(
            case.months, as_of=case.as_of, term_months=terms.term_months, cash_margin_bps=case.policy.cash_margin_bps
        )
    except NotEnoughHistory:
        return None
    try:
        worst = worst_stretch(case.days, as_of=case.as_of)
    except NotEnoughHistory:
        worst = None
    due = terms.instalment_minor + case.offer.debt.instalment_minor
    return _Carried(coming, worst, due, bearable_fall(coming["cash_minor"].tolist(), instalments_minor=due))


def _instalments_figure(case: OfferCase, terms: Terms, carried: _Carried) -> Drawing:
    worst = carried.worst.monthly_minor * case.policy.cash_margin_bps // 10_000 if carried.worst else None
    return offer_charts.offer_figure(
        carried.coming, instalment_minor=carried.due_minor, worst_month_minor=worst, fall=carried.fall,
        currency=case.policy.currency, several=carried.due_minor > terms.instalment_minor,
    )  # fmt: skip


def _best(policy: Policy, terms: Terms) -> int | None:
    if policy.demand is None:
        return None
    return best_rate_bps(
        policy.demand, break_even_bps=terms.price.break_even_bps, legal_cap_bps=policy.rate.legal_cap_bps
    )


def _show_falls(case: OfferCase, terms: Terms) -> None:
    carried, policy = _carried(case, terms), case.policy
    if carried is None:
        st.caption(NO_MONTH)
        return
    table = stress_table(
        carried.coming, cash_margin_bps=policy.cash_margin_bps, existing_minor=case.offer.debt.instalment_minor,
        instalment_minor=terms.instalment_minor, owed_minor=terms.amount_minor + terms.interest_minor,
        holdback_bps=policy.affordability_bps, worst=carried.worst,
    )  # fmt: skip
    title = offer_words.stress_title(table, carried.fall, carried.due_minor, policy.currency)
    drawing = stress_charts.stress_figure(table, title=title, currency=policy.currency)
    caption = offer_words.stress_caption(
        policy, existing_minor=case.offer.debt.instalment_minor, worst_known=carried.worst is not None
    )
    _show_drawn(drawing, caption=caption, key="falls")
    st.dataframe(
        offer_words.stress_rows(table, policy.currency), hide_index=True, height="content",
        column_config={
            name: st.column_config.TextColumn(alignment="right") for name in offer_words.STRESS_COLUMNS[1:]
        },
    )  # fmt: skip


def _show_demand(curve: DemandCurve, policy: Policy, terms: Terms) -> None:
    rate, best = terms.price.rate_bps, _best(policy, terms)
    lost = walk_away_share(curve, rate)
    frame = demand_table(curve, break_even_bps=terms.price.break_even_bps, legal_cap_bps=policy.rate.legal_cap_bps)
    drawing = stress_charts.demand_figure(
        frame, rate_bps=rate, walk_away_share=lost, best_bps=best, title=offer_words.demand_title(rate, lost)
    )
    caption = f"{offer_words.curve_sentence(curve)}. {offer_words.best_sentence(best, policy)}."
    _show_drawn(drawing, caption=caption, key="demand")
    with st.expander("Numbers behind the curve"):
        cards.show_table(drawing)


def _show_drawn(drawing: Drawing, *, caption: str, key: str) -> None:
    # In bold, as in the other drawers: a heading of this size is smaller there than the text.
    st.markdown(f"**{wording.plain(drawing.title)}**")
    cards.show_figure(drawing, key=key)
    st.caption(wording.plain(caption))
