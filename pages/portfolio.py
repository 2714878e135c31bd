"""The loan book: what is owed, how late, how it came to be so, and the loans behind each figure."""

from datetime import timedelta
from functools import partial
from typing import BinaryIO

import pandas as pd
import streamlit as st

from components import book_cards, book_choices, book_list, book_tiles, export_panel, guard, wording
from components import book_words as words
from db import loan_views
from db.engine import open_session
from desk import exports
from lending.book_loans import loan_rows
from lending.book_panel import Panel
from lending.book_view import BookView
from lending.expected_loss import loss_parameters
from settings import local_now, settings

visit = guard.enter("portfolio")

# What happens today can be looked at too, as of tomorrow's opening.
ONE_DAY = timedelta(days=1)


def export_asked(file_format: str, view: BookView) -> exports.Export:
    """An export of this page, with its filters in words."""
    filters = [
        ("Book", words.HOLDINGS[view.holding]),
        ("Currency", view.currency),
        ("Close of", words.close_of(view.as_of)),
    ]
    if view.picks:
        filters.append(("Only", "; ".join(words.pick(each, view.currency) for each in view.picks)))
    return exports.Export(
        file_format, visit.person.id, view.as_of, visit.now, filters, local_now(None), visit.demo_data, wording.cell
    )


def make_loans(file_format: str, *, token: str | None, book: Panel, view: BookView) -> BinaryIO:
    """All loans behind the figures as a file; runs apart from the page."""
    guard.refuse_signed_out(visit, token)
    return exports.export_loans(visit.engine, export_asked(file_format, view), book, view)


def make_table(file_format: str, *, token: str | None, name: str, table: pd.DataFrame, view: BookView) -> BinaryIO:
    """A table behind a chart as a file; runs apart from the page."""
    guard.refuse_signed_out(visit, token)
    return exports.export_table(visit.engine, export_asked(file_format, view), name, table)


def show_table_menu(view: BookView, token: str | None, name: str, table: pd.DataFrame) -> None:
    """The export of one table of the page."""
    make = partial(make_table, token=token, name=name, table=table, view=view)
    page = f"portfolio-{name.replace(' ', '-')}"
    export_panel.show(page, len(table), as_of=view.as_of, generated=visit.demo_data, make=make)


def show_page(book: Panel, view: BookView, reported: dict[str, float] | None) -> None:
    """Everything below the choices."""
    token = guard.browser_token()
    differences = book_cards.differences(view, reported)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(wording.plain(words.caption(view, reported_differs=bool(differences))), width="stretch")
        with st.container(horizontal=True, width="content"):
            book_choices.show_month_end(view.as_of)
            numbers_wanted = st.button("Numbers", type="tertiary", icon=":material/table:")
    book_cards.show_reported(differences)
    book_choices.show_picks(view.picks, view.currency, key="top")
    if not view.loans:
        st.caption("No loan on record fits these filters.")
        return
    book_tiles.show_tiles(view)
    frame = book_cards.Frame(
        plan_minor=settings().plan_monthly and settings().plan_monthly * wording.minor_units(view.currency)
        if view.currency == settings().currency else None,
        limits={"category": settings().limit_category, "owner": settings().limit_owner},
        loss_version=loss_parameters().version,
    )  # fmt: skip
    drawn = book_cards.show_cards(view, frame)
    drawn["largest owners"] = book_cards.show_owners(view, frame)
    book_choices.show_picks(view.picks, view.currency, key="foot")
    show_loans(book, view, token)
    if numbers_wanted:
        book_list.show_numbers(drawn, partial(show_table_menu, view, token))


def show_loans(book: Panel, view: BookView, token: str | None) -> None:
    """The loans behind the figures; choosing one opens it, or its shop where there is no page of loans."""
    start = (book_list.page_number(view.loans) - 1) * book_list.ROWS
    rows = loan_rows(book, view.order[start : start + book_list.ROWS])
    with open_session(visit.engine) as session:
        names = loan_views.shop_names(session, rows["shop_id"].tolist())
    has_page = "loans" in visit.person.pages
    make = partial(make_loans, token=token, book=book, view=view)
    show_menu = partial(
        export_panel.show, "portfolio", view.loans, as_of=view.as_of, generated=visit.demo_data, make=make
    )
    chosen = book_list.show_loans(
        view, rows, names, leads_to="the loan" if has_page else "its shop's dossier", show_menu=show_menu
    )
    if chosen is not None:
        row = rows[rows["place"] == chosen].iloc[0]
        query = {"loan": str(row["loan_ref"])} if has_page else {"shop": str(row["shop_id"])}
        st.switch_page(guard.file_of("loans" if has_page else "shops"), query_params=query)


def show_empty() -> None:
    """What stands in the place of figures where no loan was ever paid out."""
    st.markdown("#### No loan is on record")
    st.caption("Loans come in with their files; once they do, this page tells how the loan book stands.")
    with st.container(horizontal=True):
        if visit.person.may("import"):
            st.page_link(guard.file_of("imports"), label="Import files", icon=":material/upload_file:")
        st.page_link(guard.file_of("applications"), label="What became of applications", icon=":material/inbox:")


if "period" in st.query_params:
    # This was the address of what is now the page of applications.
    st.switch_page(guard.file_of("applications"), query_params=st.query_params.to_dict())
as_of, holding = book_choices.as_of(visit.today), book_choices.holding()
with open_session(visit.engine) as session:
    codes = loan_views.currencies(session, until=visit.today)
    if codes:
        asked = st.query_params.get("currency", "")
        currency = asked if asked in codes else codes[0]
        book, view = loan_views.look(
            session, as_of=as_of, until=visit.today + ONE_DAY, currency=currency, wanted=book_choices.wanted(),
            holding=holding,
        )  # fmt: skip
        reported = loan_views.reported(session, as_of=as_of, currency=currency)
if not codes:
    show_empty()
    st.stop()
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.markdown(f"#### {wording.plain(words.page_title(view))}", width="stretch")
    with st.container(horizontal=True, width="content"):
        book_choices.choose_day(visit.today, as_of)
        book_choices.choose("book", "Book", words.HOLDINGS, holding, width=140)
        if len(codes) > 1:
            book_choices.choose("currency", "Currency", {code: code for code in codes}, currency, width=90)
show_page(book, view, reported)
