"""The register as a table: each event in a sentence, without the numbers that only the database needs."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from components import audit_words, wording
from settings import settings

ROW_PX = 35
subject, details = audit_words.subject, audit_words.details


def show_events(events: pd.DataFrame) -> None:
    """The rows of db.audit.newest."""
    shown = pd.DataFrame(
        {
            "recorded_at": [_local(at).replace(tzinfo=None) for at in events["recorded_at"]],
            "person": [audit_words.who(row) for row in events.to_dict("records")],
            "kind": events["kind"],
            "subject": [subject(row) for row in events.to_dict("records")],
            "body": [
                details(kind, json.loads(body)) for kind, body in zip(events["kind"], events["body"], strict=True)
            ],
            "sequence": events["sequence"].astype("str"),
        }
    )
    column = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        row_height=ROW_PX,
        height=min(ROW_PX * (len(shown) + 1) + 3, 640),
        column_config={
            "recorded_at": column.DatetimeColumn("Recorded", format="D MMM YYYY, HH:mm", width=122),
            "person": column.TextColumn("Who", width=118),
            "kind": column.TextColumn("What", width=122),
            "subject": column.TextColumn("On", width=230),
            "body": column.TextColumn("Details", width=450),
            "sequence": column.TextColumn("Number", width=70, alignment="right"),
        },
    )


def in_words(event: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Number, time, person, kind, subject and details of an event, for a file."""
    told = details(event["kind"], json.loads(event["body"]))
    at = _local(event["recorded_at"])
    return event["sequence"], at, audit_words.who(event), event["kind"], subject(event), told


def _local(at: datetime) -> datetime:
    """A moment on the desk's clock."""
    return at.astimezone(ZoneInfo(settings().time_zone))


def show_chain(head: str, links: int, checked: tuple[datetime, str] | None, *, broken: bool) -> None:
    """The head of the chain, and what came of the last check.

    Args:
        head: as number:seal.
        links: how many there are.
        checked: when (UTC), and what was found in words; None before the first check.
        broken: whether the record does not fit it, or could not be checked.
    """
    if checked is None:
        told = "Not checked since the desk was opened."
    else:
        at, words = checked
        told = f"Last checked {wording.moment(at, settings().time_zone)}: {words}"
    title = f"Sealed in a chain of {wording.count(links, 'link')}"
    if broken:
        title = f":red[**Broken: the record does not fit its chain of {wording.count(links, 'link')}**]"
    with st.expander(title, icon=":material/link_off:" if broken else ":material/link:"):
        st.markdown(wording.plain(told))
        st.code(head, language=None, wrap_lines=True)
        st.caption(
            "This is the chain's head. Printed or sent elsewhere, it shows a later cut; "
            "`python loam.py verify --head` holds it against the record."
        )
