"""The newest score of a shop, down to the point: where it stands, what made it, and what a point is worth."""

import streamlit as st

from components import cards, guard, score_panel, score_rows
from components.figure import Drawing
from components.reason_words import Company
from desk.shop_score import Explained, ShopScore, open_score
from settings import settings

visit = guard.enter("score")

COLUMNS = [1, 1.12]


def application_looked_at(shop: ShopScore) -> int | None:
    """The application that this session looked at last, where it is one of the shop's."""
    number = st.session_state.get("application_id")
    return number if number in shop.asked["application_id"].tolist() else None


def waiting_application(shop: ShopScore) -> int | None:
    """The newest application of the shop that can still be scored for."""
    waits = shop.asked[(shop.asked["final"] != 1) & (shop.asked["consented_at"].notna())]
    return None if waits.empty else int(waits["application_id"].iloc[0])


@st.fragment
def show_steps(told: Explained, company: Company, currency: str) -> None:
    """The bins of one figure, redrawn when another is chosen, while the charts beside them stay."""
    guard.enter("score")
    st.session_state["score_steps_drawn"] = score_panel.show_steps(told, company, rows, currency=currency)


number = guard.number_in_address("shop")
if number is None and "shop" not in st.query_params:
    number = st.session_state.get("shop_id")
shop = None if number is None else open_score(visit.engine, number, today=visit.today, now=visit.now)
if shop is None:
    score_panel.show_missing(named="shop" in st.query_params, shops_page=guard.file_of("shops"))
    st.stop()
facts, told = shop.facts, shop.explained
# The address then tells a colleague, and a reload, which shop is meant.
st.session_state["shop_id"], st.query_params["shop"] = facts.shop_id, str(facts.shop_id)
numbers_wanted = score_panel.show_heading(
    score_panel.Heading(
        facts.shop_id,
        facts.name,
        grade=told.score.result.grade if told else None,
        consented=facts.consented,
        application_id=application_looked_at(shop),
        review_page=guard.file_of("review"),
        shops_page=guard.file_of("shops"),
    )
)
if not facts.consented:
    cards.show_nothing("No consent", score_panel.NO_CONSENT)
    st.stop()
if told is None:
    score_panel.show_unscored(
        waiting=waiting_application(shop), may_score=visit.person.may("score"), review_page=guard.file_of("review")
    )
    st.stop()
company = Company(told.company, facts.category)
rows = score_rows.point_rows(told.score.result, told.card, facts.currency, company)
drawn: list[Drawing | None] = []
left, right = st.columns(COLUMNS, gap="small")
with left:
    drawn.append(score_panel.show_map(told))
with right:
    drawn.append(score_panel.show_features(told, rows, currency=facts.currency))
left, right = st.columns(COLUMNS, gap="small")
with left:
    show_steps(told, company, facts.currency)
    drawn.append(st.session_state["score_steps_drawn"])
    score_panel.show_identity(told, time_zone=settings().time_zone)
with right:
    drawn.append(score_panel.show_calibration(told))
if told.score.result.contributions:
    score_panel.show_points(rows, told)
if numbers_wanted:
    cards.show_numbers(drawn)
