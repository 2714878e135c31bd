"""The loans that are late or fall due soon: whom to call next, and what was said."""

from functools import partial
from typing import BinaryIO

import pandas as pd
import streamlit as st

from components import collection_drawer, export_panel, guard, list_address, list_table, refusals, wording, writing
from components import collections_panel as panel
from components.collection_drawer import Opened
from db import collecting, loan_acts
from db.collecting import Work
from db.engine import open_session
from db.loan_acts import ActRequest
from desk import exports
from lending.collecting import CollectionsView, pick, summary
from lending.errors import BrokenRule
from lending.loan_life import Act
from settings import local_now

visit = guard.enter("collections")

PAGE = panel.PAGE
ROWS = 15
DRAWER_PX = 480
FORMS_OF_LOAN = (
    ("restructure", "Ask for a new schedule", ":material/event_repeat:"),
    ("write_off", "Ask for a write-off", ":material/contract_delete:"),
)


def look(actor: guard.Visit, currency: str | None) -> Work:
    """The list as of this morning."""
    with open_session(actor.engine) as session:
        return collecting.work(session, today=actor.today, now=actor.now, currency=currency)


def record(loan_id: int, currency: str, request_key: str, act: Act, details: dict[str, str]) -> None:
    """Record a note for this person; what came of it is said in the drawer."""
    actor = guard.enter(PAGE)
    request = ActRequest(request_key, act, loan_id=loan_id, details=details)
    try:
        loan_acts.record(actor.engine, request, person_id=actor.person.id, today=actor.today)
    except BrokenRule as error:
        collection_drawer.tell(act.kind, refusals.sentence(error, currency=currency))
    else:
        collection_drawer.tell(act.kind)


def open_drawer(loan_id: int, currency: str) -> None:
    """The drawer of the chosen loan, under its shop's name; closing it unticks the row."""
    (name,) = work.rows[work.rows["loan_id"] == loan_id]["shop_name"]
    dialog = st.dialog(
        wording.plain(wording.shortened(name, 36)), width=DRAWER_PX, position="right",
        on_dismiss=partial(list_address.choose, PAGE, None),
    )  # fmt: skip
    dialog(show_drawer)(loan_id, currency)


def show_drawer(loan_id: int, currency: str) -> None:
    """One loan, with what can be done; a note recorded here draws the drawer alone anew."""
    actor = guard.enter(PAGE)
    writing.show_unrecorded()
    rows = look(actor, currency).rows
    found = rows[rows["loan_id"] == loan_id].to_dict("records")
    if not found:
        st.markdown("This loan is current again, and nothing falls due soon.")
        return
    with open_session(actor.engine) as session:
        notes = collecting.notes(session, loan_id)
        took_part = collecting.approved_by(session, found[0]["application_ref"], person_id=actor.person.id)
    opened = Opened(found[0], notes, currency, actor.today, actor.person.may("keep contact"))
    collection_drawer.show_standing(opened)
    if opened.may_note:
        collection_drawer.show_forms(opened, partial(record, loan_id, currency))
    collection_drawer.show_notes(opened)
    show_links(actor, opened, took_part=took_part)


def show_links(actor: guard.Visit, opened: Opened, *, took_part: bool) -> None:
    """The way to the loan and to the shop; what moves the books is asked for on the loan's own page."""
    ref = opened.row["loan_ref"]
    with st.container(gap="xsmall"):
        if "loans" in actor.person.pages:
            to_loan = partial(st.page_link, guard.file_of("loans"), query_params={"loan": ref})
            to_loan(label="Schedule, payments and steps", icon=":material/receipt_long:")
            if actor.person.may("book") and not took_part:
                needs = collection_drawer.needs(actor.person.role)
                for step, label, icon in FORMS_OF_LOAN:
                    st.page_link(
                        guard.file_of("loans"), label=f"{label}: {needs}", icon=icon,
                        query_params={"loan": ref, "step": step},
                    )  # fmt: skip
        shop = {"shop": str(opened.row["shop_id"])}
        st.page_link(
            guard.file_of("shops"), label="Dossier of the shop", icon=":material/storefront:", query_params=shop
        )
    if actor.person.may("book") and took_part:
        st.caption("You took part in approving this loan, so somebody else asks for a new schedule or a write-off.")


def make_export(file_format: str, *, token: str | None, view: CollectionsView, told: exports.Filters) -> BinaryIO:
    """The whole list as a file; runs apart from the page."""
    guard.refuse_signed_out(visit, token)
    asked = exports.Export(
        file_format, visit.person.id, visit.today, visit.now, told, local_now(None), visit.demo_data, wording.cell
    )
    return exports.export_collections(visit.engine, asked, view, currency=work.currency)


def show_export(view: CollectionsView, total: int) -> None:
    """The export of the list."""
    told = panel.filters_in_words(values, work.currency or "")
    make = partial(make_export, token=guard.browser_token(), view=view, told=told)
    export_panel.show(PAGE, total, as_of=visit.today, generated=visit.demo_data, make=make)


def show_empty(listed: int) -> None:
    """What stands in the table's place: why it is empty, and what helps."""
    if listed:
        st.caption(f"None of the {wording.count(listed, 'loan')} fits these filters.")
        st.button("Clear filters", on_click=list_address.clear, args=(PAGE, filters))
    elif work.currency is None:
        st.caption("No loan is on record yet. Loans come in with a lender's files, or are paid out at this desk.")
        if visit.person.may("import"):
            st.page_link(guard.file_of("imports"), label="Import files", icon=":material/upload_file:")
    else:
        st.caption("A loan stands here from seven days before an instalment falls due until it is paid.")


def show_rows(rows: pd.DataFrame, view: CollectionsView) -> None:
    """The table's page, and its foot."""
    numbers = rows["loan_id"].tolist()
    number = list_address.turn_to_chosen(PAGE, numbers, ROWS)
    shown = rows.iloc[(number - 1) * ROWS : number * ROWS]
    panel.show_table(shown, work.currency or "", today=visit.today)
    told = panel.caption(len(shown), len(rows), len(work.rows), view.order)
    filtered = view != CollectionsView(order=view.order)
    list_table.show_foot(
        PAGE, filters, told, -(-len(rows) // ROWS), filtered=filtered, show_menu=partial(show_export, view, len(rows))
    )
    st.caption(
        "Days, outstanding and expected loss are as of this morning. What came in today is taken off what is overdue."
    )


work = look(visit, st.session_state.get(list_address.key(PAGE, "currency")) or st.query_params.get("currency"))
filters = panel.filters(work.currencies)
list_address.settle(PAGE, filters)
values = list_address.values(PAGE, filters)
if work.currency != (values["currency"] or None):
    work = look(visit, str(values["currency"]))
counts = summary(work.rows)
view = panel.view_of(values)

with st.container(gap="xsmall"):
    st.markdown(f"#### {panel.title(counts, work.currency)}")
    if len(work.rows):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            panel.show_filters(counts.by_bucket, work.currencies)
    found = pick(work.rows, view)
    if found.empty:
        list_address.choose(PAGE, None)
        show_empty(len(work.rows))
    else:
        show_rows(found, view)
chosen = list_address.chosen(PAGE)
list_address.keep(PAGE, filters)
if chosen is not None and work.currency is not None:
    open_drawer(chosen, work.currency)
