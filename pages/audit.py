"""The register: who did what, newest first. Nothing here can be changed."""

from datetime import UTC, datetime
from functools import partial
from typing import BinaryIO

import streamlit as st

from components import audit_panel, export_panel, guard, wording
from db import audit, chain
from db.engine import open_session, read_only
from desk import exports, record_watch
from reports import register_list

visit = guard.enter("audit")

ROWS = 50


def make_export(file_format: str, *, token: str | None, kinds: tuple[str, ...]) -> BinaryIO:
    """The whole register as a file, for whoever is still signed in."""
    guard.refuse_signed_out(visit, token)
    asked = exports.Export(
        file_format, visit.person.id, visit.today, visit.now, (("What happened", ", ".join(kinds) or "All"),),
        datetime.now(UTC), visit.demo_data, wording.cell,
    )  # fmt: skip
    return exports.export_register(
        visit.engine, asked, kinds, lambda event: register_list.line(*audit_panel.in_words(event))
    )


def show_chain() -> None:
    """The head of the chain and the last check."""
    last = record_watch.last(visit.engine)
    with open_session(visit.engine) as session:
        head = chain.newest_head(session)
    audit_panel.show_chain(
        str(head), head.sequence, None if last is None else (last.at, record_watch.in_words(last.verdict)),
        broken=read_only(visit.engine) is not None,
    )  # fmt: skip


with open_session(visit.engine) as session:
    known_kinds = audit.kinds(session)

with st.container(horizontal=True, vertical_alignment="bottom"):
    title = st.empty()
    export = st.container(width="content")
chosen = st.pills("What happened", known_kinds, selection_mode="multi", key="audit_kinds", bind="query-params")
kinds = tuple(chosen or ())

with open_session(visit.engine) as session:
    count = audit.count(session, kinds=kinds)
    pages = max(1, -(-count // ROWS))
    page = min(st.session_state.get("audit_page", 1), pages)
    events = audit.newest(session, kinds=kinds, page=page, size=ROWS)

title.markdown(f"#### {wording.count(count, 'event')} on record")
with export:
    make = partial(make_export, token=guard.browser_token(), kinds=kinds)
    export_panel.show("audit", count, as_of=visit.today, generated=visit.demo_data, make=make)
show_chain()
if events.empty:
    st.caption("Nothing of this kind has happened yet.")
    st.stop()

audit_panel.show_events(events)
if visit.person.demo:
    st.caption("Times are those of the wall clock. The demo keeps a day of its own beside them.")
if pages > 1:
    st.pagination(pages, key="audit_page", width="stretch")
