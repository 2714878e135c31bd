"""What a shop's dossier says beside its charts."""

from collections.abc import Callable, Hashable, Mapping
from datetime import date
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import factor_words, sentences, wording
from components.list_table import ROW_PX
from scoring.features import MISSING
from scoring.records import ScoreResult


class Facts(Protocol):
    """What the shop's own file says; see db.shops."""

    shop_ref: str
    currency: str
    category: str | None
    region: str | None
    city: str | None
    marketplace: str | None
    opened_on: date | None
    owner_ref: str | None
    rating_hundredths: int | None
    reviews: int | None
    generated: bool


class Stored(Protocol):
    """A score as it stands on record."""

    id: int
    as_of: date
    features: Mapping[str, Any]
    result: ScoreResult


def show_facts(facts: Facts, score: Stored | None, *, last_day: date | None) -> None:
    """The shop's facts as a row of figures."""
    rating, reviews = facts.rating_hundredths, facts.reviews
    given = "Number of reviews unknown." if reviews is None else f"Of {wording.count(reviews, 'review')}."
    made = "No score was made as of this day or an earlier one."
    with st.container(horizontal=True, gap="medium"):
        st.metric("Rating", wording.MISSING if rating is None else f"{rating / 100:.2f}", help=given, width="content")
        points = wording.MISSING
        if score is not None:
            points = f"{score.result.points}, grade {score.result.grade}"
            made = f"Score No. {score.id}, on the record before {wording.day(score.as_of)}."
        st.metric("Points", points, help=made, width="content")
        st.metric("Opened", wording.day(facts.opened_on), width="content")
        st.metric("Sales on record to", wording.day(last_day), width="content")
        st.metric("Owner", wording.plain(facts.owner_ref) or wording.MISSING, width="content")
        st.metric("Number", wording.plain(facts.shop_ref), width="content")
        if facts.generated:
            st.badge("Generated data", color="gray")


def show_sentence(facts: Facts, score: Stored | None, *, year_net_minor: int | None) -> None:
    """What kind of shop it is, and what it sells in a year."""
    about = {name: getattr(facts, name) for name in ("category", "city", "region", "marketplace")}
    since = sentences.traded(score.features.get("tenure_months")) if score else None
    st.markdown(sentences.shop_sentence(about, year_net_minor=year_net_minor, currency=facts.currency, since=since))


def show_ways(shop_id: int, *, consented: bool, score_page: str, on_back: Callable[[], None]) -> bool:
    """The ways on from the head of a dossier; returns whether the numbers behind the charts were asked for."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        wanted = consented and st.button("Numbers", type="tertiary", icon=":material/table:")
        if consented:
            of_shop = {"shop": str(shop_id)}
            st.page_link(score_page, label="Score", icon=":material/scoreboard:", query_params=of_shop)
        st.button("Back to the search", on_click=on_back, icon=":material/undo:", type="tertiary")
    return wanted


def show_applications(rows: pd.DataFrame, *, time_zone: str) -> None:
    """What the shop asked for so far, and what was answered."""
    if rows.empty:
        st.caption("No applications before this day.")
        return
    st.markdown(f"##### {wording.count(len(rows), 'application')}")
    st.dataframe(
        pd.DataFrame(
            {
                "Number": rows["application_ref"],
                "Submitted": [wording.moment(at, time_zone) for at in rows["submitted_at"]],
                "Asked for": [
                    wording.money(amount, currency)
                    for amount, currency in zip(rows["amount_minor"], rows["currency"], strict=True)
                ],
                "Term": [
                    wording.MISSING if months is None else wording.count(months, "month")
                    for months in rows["term_months"]
                ],
                "Answer": [_answer(row) for row in rows.to_dict("records")],
            }
        ),
        hide_index=True,
        column_config={"Asked for": st.column_config.TextColumn(alignment="right")},
    )


def _answer(row: Mapping[Hashable, object]) -> str:
    outcome, amount = row["outcome"], row["decided_amount_minor"]
    if not isinstance(outcome, str):
        return "waits"
    done = wording.OUTCOMES_DONE[outcome] if row["final"] else f"waits for a second person ({outcome})"
    return (
        f"{done}: {wording.money(int(amount), str(row['currency']))}"
        if isinstance(amount, int | float) and amount > 0
        else done
    )


def show_features(score: Stored | None, *, currency: str) -> None:
    """Every figure that the newest score read, with its points beside those of a usual shop."""
    if score is None:
        return
    st.markdown(f"##### What score No. {score.id} read")
    parts = score.result.contributions
    st.dataframe(
        pd.DataFrame(
            {
                "Figure": [factor_words.factor(each.feature) for each in parts],
                "Family": [each.family for each in parts],
                "This shop": [
                    MISSING.get(each.missing or "", "not on record")
                    if each.value is None
                    else factor_words.factor_value(each.feature, each.unit, each.value, currency)
                    for each in parts
                ],
                "Usual": [factor_words.usual_value(each, currency) for each in parts],
                "Points": [each.points for each in parts],
                "Usual points": [each.usual_points for each in parts],
            }
        ),
        hide_index=True,
        row_height=ROW_PX,
        height=ROW_PX * (len(parts) + 1) + 3,
    )
