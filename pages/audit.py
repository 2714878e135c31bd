"""The register: who did what, newest first. Nothing here can be changed."""

import streamlit as st

from components import audit_panel, guard, wording
from db import audit
from db.engine import open_session

visit = guard.enter("audit")

ROWS = 50

with open_session(visit.engine) as session:
    known_kinds = audit.kinds(session)

with st.container(horizontal=True, vertical_alignment="bottom"):
    title = st.empty()
chosen = st.pills("What happened", known_kinds, selection_mode="multi", key="audit_kinds", bind="query-params")
kinds = tuple(chosen or ())

with open_session(visit.engine) as session:
    count = audit.count(session, kinds=kinds)
    pages = max(1, -(-count // ROWS))
    page = min(st.session_state.get("audit_page", 1), pages)
    events = audit.newest(session, kinds=kinds, page=page, size=ROWS)

title.markdown(f"#### {wording.count(count, 'event')} on record")
if events.empty:
    st.caption("Nothing of this kind has happened yet.")
    st.stop()

audit_panel.show_events(events)
st.caption("Times are those of the wall clock, in UTC. A demo's desk keeps a day of its own beside them.")
if pages > 1:
    st.pagination(pages, key="audit_page", width="stretch")
