"""Find a shop, and read its record as of a day."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import BinaryIO, TypeVar

import streamlit as st

from components import (
    cards,
    consent_panel,
    export_panel,
    guard,
    interest_panel,
    list_address,
    list_table,
    refusals,
    repayment_panel,
    shop_panel,
    shop_search,
    views_panel,
    wording,
)  # fmt: skip
from components.list_address import Filter
from db import applications, consents, interests, record, scores, shops, views
from db.engine import open_session
from desk import exports
from lending.errors import BrokenRule
from lending.moments import midnight
from settings import local_now, settings

visit = guard.enter("shops")
Result = TypeVar("Result")
ROWS = 15


def write(act: Callable[..., Result], *given: object, **named: object) -> Result | None:
    """Let this person write, checked again; what is refused is said above the table, and gives None."""
    actor = guard.enter("shops")
    try:
        with open_session(actor.engine, write=True) as session:
            return act(session, *given, person_id=actor.person.id, **named)
    except BrokenRule as error:
        st.session_state["shops_notice"] = refusals.sentence(error)
        return None


def look_at(filters: Sequence[Filter], shop_id: int | None) -> None:
    """Open a shop's dossier; a second click on the row that is chosen unticks it, and means the same."""
    shop_id = shop_id or list_address.chosen("shops")
    list_address.choose("shops", shop_id)
    list_address.keep("shops", filters)
    st.query_params["shop"] = str(shop_id)


def back() -> None:
    """Return to the search as it was left."""
    st.query_params.pop("shop", None)


def make_export(
    file_format: str, *, token: str | None, view: shops.ShopsView, filters: Sequence[tuple[str, str]]
) -> BinaryIO:
    """The whole list as a file; runs apart from the page."""
    guard.refuse_signed_out(visit, token)
    person_id, made_at = visit.person.id, local_now(None)
    asked = exports.Export(
        file_format, person_id, visit.today, visit.now, filters, made_at, visit.demo_data, wording.cell
    )
    return exports.export_shops(visit.engine, asked, view)


def read_own_views() -> list[views.SavedView]:
    """The views of the person who looks."""
    with open_session(visit.engine) as session:
        return views.of_person(session, visit.person.id, "shops")


def show_search() -> None:
    """The shops that fit, a page at a time."""
    with open_session(visit.engine) as session:
        choices = shops.choices(session, now=visit.now)
        filters = shop_search.filters(choices)
        list_address.settle("shops", filters)
        heading = title.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            shop_search.show_filters(choices)
        told = list_address.values("shops", filters)
        fields = ("search", "category", "region", "marketplace", "grade", "consent", "order")
        view = shops.ShopsView(*(told[name] for name in fields))
        numbers, on_record = shops.line(session, view, now=visit.now), shops.count(session)
        page = list_address.turn_to_chosen("shops", numbers, ROWS)
        found = shops.rows(session, numbers[(page - 1) * ROWS : page * ROWS], now=visit.now)
    filtered = view != shops.ShopsView(order=view.order)
    heading.markdown(f"#### {shop_search.title(len(numbers), on_record, filtered=filtered)}", width="content")
    with heading.container(horizontal=True, width="content"):
        acts = views_panel.Acts(
            read=read_own_views,
            save=lambda name, query: write(views.save, page="shops", name=name, query=query),
            rename=lambda number, name: write(views.rename, number, page="shops", name=name),
            delete=lambda number: write(views.delete, number),
        )
        views_panel.show("shops", filters, {}, acts, longest_name=views.LONGEST_NAME)
    if found.empty:
        show_none(filters, on_record)
    else:
        shop_search.show_table(found, pick=partial(look_at, filters))
        caption = shop_search.caption(len(found), len(numbers), view.order)
        make = partial(make_export, token=guard.browser_token(), view=view, filters=shop_search.filters_in_words(told))
        export = partial(
            export_panel.show, "shops", len(numbers), as_of=visit.today, generated=visit.demo_data, make=make
        )
        pages = -(-len(numbers) // ROWS)
        list_table.show_foot("shops", filters, caption, pages, filtered=filtered, show_menu=export)
    list_address.keep("shops", filters)


def show_none(filters: Sequence[Filter], on_record: int) -> None:
    """What stands in the table's place: why it is empty, and what helps."""
    if on_record:
        st.caption(f"None of the {wording.count(on_record, 'shop')} on record fits these filters.")
        st.button("Clear filters", on_click=list_address.clear, args=("shops", filters))
        return
    st.caption("Shops come in with their files.")
    if visit.person.may("import"):
        st.page_link(guard.file_of("imports"), label="Import files", icon=":material/upload_file:")


def show_missing() -> None:
    """A sentence in place of the dossier, and the way back."""
    title.markdown("#### No shop has this number")
    st.button("Back to the search", on_click=back)


def show_dossier(shop_id: int) -> None:
    """Everything on record of a shop before a day."""
    with open_session(visit.engine) as session:
        facts, known = shops.facts(session, shop_id, now=visit.now), interests.of_shop(session, shop_id)
        words = consents.of_shop(session, shop_id, time_zone=settings().time_zone)
    if facts is None:
        show_missing()
        return
    st.session_state["shop_id"] = shop_id
    with title.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"#### {wording.plain(facts.name)}", width="content")
        st.space("stretch")
        as_of = st.date_input(
            "As of", value=visit.today, min_value=date(1990, 1, 2), max_value=visit.today, key=f"as_of_{shop_id}",
            format="YYYY-MM-DD", width=150,
            help="Only what happened before this day is shown. A typed day counts once the calendar is closed.",
        )  # fmt: skip
        numbers_wanted = shop_panel.show_ways(
            shop_id, consented=facts.consented, score_page=guard.file_of("score"), on_back=back
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        consent_panel.show(
            words, consented=facts.consented, today=visit.today, may_note=visit.person.may(consents.RIGHT),
            on_give=partial(write, consents.give, shop_id, time_zone=settings().time_zone),
            on_withdraw=partial(write, consents.withdraw, shop_id),
        )  # fmt: skip
        interest_panel.show(
            known, person_id=visit.person.id, may_end=visit.person.may(interests.RIGHT),
            on_note=partial(write, interests.declare, shop_id), on_end=partial(write, interests.end),
        )  # fmt: skip
    if not facts.consented:
        cards.show_nothing("No consent", "Without the shop's consent only its name may be seen.")
        return
    as_of = min(as_of, visit.today) if isinstance(as_of, date) else visit.today
    with open_session(visit.engine) as session:
        shop = record.shop_record(session, shop_id, as_of=as_of)
        score = scores.latest(session, shop_id, as_of=as_of)
        asked = applications.of_shop(session, shop_id, now=visit.now)
    shop_panel.show_sentence(facts, score, year_net_minor=shop.year_net_minor)
    shop_panel.show_facts(facts, score, last_day=shop.last_day)
    sales = cards.show_sales(shop.year, currency=facts.currency, peers=shop.peers)
    drawn = [sales, repayment_panel.show_repayments(shop.history)]
    left, right = st.columns(2, gap="small")
    with left:
        drawn.append(cards.show_signs(shop, currency=facts.currency, height="stretch"))
    with right:
        cards.show_peers(shop.peers, currency=facts.currency)
    drawn += cards.show_more(shop, currency=facts.currency)
    asked_before = asked[asked["submitted_at"] < midnight(as_of, facts.time_zone)]
    shop_panel.show_applications(asked_before, time_zone=settings().time_zone)
    shop_panel.show_features(score, currency=facts.currency)
    if numbers_wanted:
        cards.show_numbers(drawn)


title = st.empty()
if notice := st.session_state.pop("shops_notice", None):
    st.warning(notice)
shop_number = guard.number_in_address("shop")
if shop_number is not None:
    show_dossier(shop_number)
elif "shop" in st.query_params:
    show_missing()
else:
    show_search()
