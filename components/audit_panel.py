"""The register as a table: each event in a sentence, without the numbers that only the database needs."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from components import sentences, wording
from settings import settings

ROW_PX = 35
VERBS = {"approve": "Approve", "approve_less": "Offer", "decline": "Decline", "refer": "Refer"}
SUBJECTS = {
    "people": "person",
    "branches": "branch",
    "shops": "shop",
    "loans": "loan",
    "models": "model",
    "month_ends": "month end",
    "import_batches": "import",
    "score_runs": "score",
    "applications": "application",
}


def show_events(events: pd.DataFrame) -> None:
    """The rows of db.audit.newest."""
    shown = pd.DataFrame(
        {
            "recorded_at": events["recorded_at"],
            "person": events["person"].fillna("the desk itself"),
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
            "recorded_at": column.DatetimeColumn("Recorded, UTC", format="D MMM YYYY, HH:mm:ss", width=160),
            "person": column.TextColumn("Who", width=140),
            "kind": column.TextColumn("What", width=80),
            "subject": column.TextColumn("On", width=230),
            "body": column.TextColumn("Details", width=450),
            "sequence": column.TextColumn("Number", width=70, alignment="right"),
        },
    )


def in_words(event: Mapping[Any, Any]) -> tuple[Any, ...]:
    """Number, time, person, kind, subject and details of an event, for a file."""
    person = event["person"] if isinstance(event["person"], str) else "the desk itself"
    told = details(event["kind"], json.loads(event["body"]))
    return event["sequence"], event["recorded_at"], person, event["kind"], subject(event), told


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


def subject(event: Mapping[Any, Any]) -> str:
    """What an event is about: an application by its number and shop, anything else by its own number."""
    if isinstance(event["application_ref"], str):
        return f"{event['application_ref']}, {event['shop_name']}"
    name = SUBJECTS.get(event["subject"], event["subject"].replace("_", " "))
    return f"all {name}s" if pd.isna(event["subject_id"]) else f"{name} {event['subject_id']}"


def details(kind: str, body: Mapping[str, Any]) -> str:
    """The details of an event on one line, as plain text."""
    tell = TELLERS.get(kind, _anything)
    return tell(body)


def _answer(body: Mapping[str, Any]) -> str:
    """A decision, a proposal or a referral."""
    parts = [VERBS[body["outcome"]]]
    if body.get("amount_minor"):
        amount = wording.exact_money(body["amount_minor"], body["currency"])
        parts[0] += f" {amount}, {wording.count(body['term_months'], 'month')} at {wording.rate(body['rate_bps'])}"
    if body["reasons"]:
        parts.append(sentences.reasons_in_words(body["reasons"]))
    if body["note"]:
        parts.append(f"note: {body['note']}")
    against = ", against the policy" if body["override"] else ""
    score = f", score {body['score_run_id']}" if body["score_run_id"] else ""
    parts.append(f"round {body['round']}{score}, policy {body['policy_version']}{against}")
    return "; ".join(parts)


def _score(body: Mapping[str, Any]) -> str:
    """A score of one shop, or a run over many."""
    base = f"record before {body['as_of']}, import {body['batch']}, card {body['card'][:8]}"
    if "points" in body:
        return f"{body['points']} points, grade {body['grade']}; {base}"
    return f"{wording.count(body['shops'], 'shop')}; {base}"


def _import(body: Mapping[str, Any]) -> str:
    """An import."""
    files = ", ".join(body["files"])
    return f"{wording.count(body['changes'], 'record')} new or replaced, from {body['source']}: {files}"


def _anything(body: Mapping[str, Any]) -> str:
    """An event that needs no words of its own."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in body.items() if value not in (None, "", []))


def _refused(body: Mapping[str, Any]) -> str:
    """What somebody tried, and what kept them from it."""
    why = REFUSED_BECAUSE.get(body["because"], body["because"].replace("_", " "))
    return f"{body['right'] or 'to come in'}: {why}"


REFUSED_BECAUSE = {
    "role": "not given by the role",
    "scope": "of another branch",
    "disabled": "not in use any more",
    "same_person": "took part in it before",
    "own_file": "their own or their family's shop",
    "own_referral": "brought the shop in",
    "signed_out": "signed out",
}

TELLERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "decide": _answer,
    "propose": _answer,
    "refer": _answer,
    "score": _score,
    "import": _import,
    "refused": _refused,
}
