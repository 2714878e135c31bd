"""Find a shop, and read its record as of a day."""

from datetime import date

import streamlit as st

from components import cards, guard, sentences, shop_panel, wording
from db import applications, record, scores, shops
from db.engine import open_session
from lending.moments import midnight
from settings import settings

visit = guard.enter("shops")

ROWS = 14


def look_at(shop_id: int) -> None:
    """Open a shop's dossier."""
    st.query_params["shop"] = str(shop_id)


def back() -> None:
    """Return to the search."""
    st.query_params.pop("shop", None)


def show_search() -> None:
    """All shops by name, a page at a time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("Shop or number", placeholder="Search", key="shop_search", width=320)
        only = st.toggle("Only with consent", key="shop_consented")
    page = st.session_state.get("shop_page", 1)
    with open_session(visit.engine) as session:
        total = shops.count(session, words, now=visit.now, only_consented=only)
        found = shops.search(
            session, words, now=visit.now, only_consented=only, page=min(page, max(1, -(-total // ROWS))), size=ROWS
        )
    title.markdown(f"#### {shop_panel.search_title(total, words, only_consented=only)}")
    if found.empty:
        st.caption("No shop's name or number holds these words." if words else "Shops come in with their files.")
        return
    chosen = shop_panel.show_found(found)
    if chosen is not None:
        look_at(chosen)
        st.rerun()
    if total > ROWS:
        st.pagination(-(-total // ROWS), key="shop_page")


def show_missing() -> None:
    """A sentence in place of the dossier, and the way back."""
    title.markdown("#### No shop has this number")
    st.button("Back to the search", on_click=back)


def show_dossier(shop_id: int) -> None:
    """Everything on record of a shop before a day."""
    with open_session(visit.engine) as session:
        facts = shops.facts(session, shop_id, now=visit.now)
    if facts is None:
        show_missing()
        return
    with title.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"#### {wording.plain(facts.name)}", width="content")
        st.space("stretch")
        as_of = st.date_input(
            "As of", value=visit.today, min_value=date(1990, 1, 2), max_value=visit.today, key=f"as_of_{shop_id}",
            format="YYYY-MM-DD", width=150, help="Only what happened before this day is shown.",
        )  # fmt: skip
        numbers_wanted = facts.consented and st.button("Numbers", type="tertiary", icon=":material/table:")
        st.button("Back to the search", on_click=back, icon=":material/undo:", type="tertiary")
    if not facts.consented:
        cards.show_nothing("No consent", "Without the shop's consent only its name may be seen.")
        return
    if not isinstance(as_of, date) or as_of > visit.today:
        as_of = visit.today
    with open_session(visit.engine) as session:
        shop = record.shop_record(session, shop_id, as_of=as_of)
        score = scores.latest(session, shop_id, as_of=as_of)
        asked = applications.of_shop(session, shop_id)
    st.markdown(
        sentences.shop_sentence(
            {"category": facts.category, "city": facts.city, "region": facts.region, "marketplace": facts.marketplace},
            year_net_minor=shop.year_net_minor,
            currency=facts.currency,
            since=sentences.traded(score.features.get("tenure_months")) if score else None,
        )
    )
    shop_panel.show_facts(facts, score, last_day=shop.last_day)
    left, right = st.columns(2, gap="small")
    with left:
        drawn = [cards.show_sales(shop.year, currency=facts.currency, peers=shop.peers)]
    with right:
        drawn.append(cards.show_signs(shop, currency=facts.currency))
        cards.show_peers(shop.peers, currency=facts.currency)
    drawn += cards.show_more(shop, currency=facts.currency)
    before = asked[asked["submitted_at"] < midnight(as_of, facts.time_zone)]
    shop_panel.show_applications(before, time_zone=settings().time_zone)
    shop_panel.show_features(score, currency=facts.currency)
    if numbers_wanted:
        cards.show_numbers(drawn)


title = st.empty()
shop_number = guard.number_in_address("shop")
if shop_number is not None:
    show_dossier(shop_number)
elif "shop" in st.query_params:
    show_missing()
else:
    show_search()
