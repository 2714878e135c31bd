"""The register: who did what, newest first. Nothing here can be changed."""

import json

import streamlit as st

from components import guard, wording
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

shown = events.assign(
    subject=[wording.subject(name, number) for name, number in zip(events.subject, events.subject_id, strict=True)],
    body=[wording.audit_body(json.loads(body)) for body in events.body],
    person=events.person.fillna("the desk itself"),
)
st.dataframe(
    shown,
    hide_index=True,
    height=min(35 * (len(shown) + 1) + 3, 640),
    column_order=("recorded_at", "person", "kind", "subject", "body", "sequence"),
    column_config={
        "recorded_at": st.column_config.DatetimeColumn("Recorded, UTC", format="D MMM YYYY, HH:mm:ss", width="medium"),
        "person": st.column_config.TextColumn("Who", width="medium"),
        "kind": st.column_config.TextColumn("What", width="small"),
        "subject": st.column_config.TextColumn("On", width="medium"),
        "body": st.column_config.TextColumn("Details", width="large"),
        "sequence": st.column_config.NumberColumn("Number", width="small"),
    },
)
if pages > 1:
    st.pagination(pages, key="audit_page")
