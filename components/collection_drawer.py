"""One loan of Collections in its drawer: where it stands, what can be noted of it, and what was said before.

A form's key is made when it is drawn and names its fields and its button, so that two presses record one step, and the
next note begins with empty fields.
"""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import streamlit as st

from components import collections_panel as panel
from components import wording, writing
from components.choices import in_gray
from lending import loan_life
from lending.collecting import counted_contacts
from lending.loan_life import Act
from lending.records import minor_digits

FORMS = {"contact": "Contact", "promise": "Promise", "case": "Dispute, hardship"}
CHANNELS = {"phone": "Phone", "message": "Message", "visit": "Visit", "letter": "Letter"}
NOTES = {
    "contact": "Contact",
    "promise": "Promise",
    "dispute": "Dispute",
    "hardship": "Hardship",
    "close_case": "Case closed",
}
DONE = {
    "contact": "The contact is recorded.",
    "promise": "The promise is recorded.",
    "dispute": "The dispute is recorded.",
    "hardship": "The hardship is recorded.",
    "close_case": "The case is closed.",
}
AT_ONCE = "It stands at once; nobody else has to agree."
USUAL_PROMISE_DAYS = 3
NOTES_SHOWN = 12
TOLD, USED = "collections_told", "collections_used"


class Note(Protocol):
    """A step of the loan; see db.loan_standing.ACTS."""

    kind: str
    day: date
    booked_on: date
    amount_minor: int | None
    body: str
    reason: str
    person_name: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The loan of the drawer."""

    row: Mapping[Any, Any]
    """Of db.collecting.Work."""
    notes: Sequence[Note]
    """Oldest first."""
    currency: str
    today: date
    may_note: bool
    """Whether this person keeps contact; an auditor reads."""


Record = Callable[[str, Act, dict[str, str]], None]


def show_standing(opened: Opened) -> None:
    """Where the loan stands, in figures and one line each of sales, promise, cases and what waits."""
    row, currency = opened.row, opened.currency
    late = panel.lateness(row)
    st.caption(f"Loan {wording.plain(row['loan_ref'])}, {f'{late} past due' if row['overdue_minor'] else late}")
    with st.container(horizontal=True, gap="medium"):
        to_pay = "To become current" if row["overdue_minor"] else "Falls due"
        st.metric(to_pay, wording.money(row["overdue_minor"] or row["soon_minor"], currency), width="content")
        st.metric("Outstanding", wording.money(row["outstanding_minor"], currency), width="content")
        st.metric("Expected loss", wording.money(row["expected_loss_minor"], currency), width="content")
    with st.container(gap="xxsmall"):
        for line in standing_lines(row, currency):
            st.markdown(line)


def standing_lines(row: Mapping[Any, Any], currency: str) -> list[str]:
    """What else is to be known before somebody calls, safe for Markdown."""
    lines = []
    if row["next_bucket_days"] >= 0:
        name = panel.BUCKET_NAMES[int(row["bucket"]) + 1]
        lines.append(f"In {wording.count(int(row['next_bucket_days']), 'day')} it is {name} days past due.")
    lines.append(_sales_line(row, currency))
    if row["promise_state"]:
        lines.append(
            f"Promise {wording.plain(panel.promise(row, currency))}. {_broken(int(row['broken_promises']))}".strip()
        )
    if flagged := [name.lower() for name in panel.flags(row)]:
        lines.append(f"Open: {wording.listed(flagged)}.")
    if row["waits"]:
        waits = panel.WAITING[row["waits"]].lower()
        lines.append(f"{wording.plain(row['waits_by'])} asked for a step that waits for a second person: {waits}.")
    return lines


def _sales_line(row: Mapping[Any, Any], currency: str) -> str:
    if not row["consented"]:
        return "Its sales are not shown: the shop has not consented."
    now, before = (
        wording.plain(wording.money_short(row[name], currency)) for name in ("net_minor", "net_before_minor")
    )
    if row["sold_on"] is None:
        return "It sold nothing in the last 60 days on record."
    change = panel.sales_change(row)
    told = f" ({wording.plain(change)})" if row["net_before_minor"] > 0 else ""
    return f"Net sales of 30 days: {now}, of the 30 before {before}{told}; last sale {panel.short_day(row['sold_on'])}."


def _broken(number: int) -> str:
    return f"{wording.count(number, 'promise')} broken so far." if number > 1 else ""


def show_forms(opened: Opened, record: Record) -> None:
    """One of the notes, chosen and filled in."""
    if told := st.session_state.pop(TOLD, None):
        st.markdown(told)
    kind = st.segmented_control(
        "Note", list(FORMS), format_func=in_gray(FORMS), default="contact", required=True,
        key=f"collections_form_{opened.row['loan_id']}", label_visibility="collapsed", width="stretch",
    )  # fmt: skip
    with st.container(border=True, gap="xsmall"):
        {"contact": _show_contact, "promise": _show_promise, "case": _show_case}[kind](opened, record)


def _key(opened: Opened, kind: str) -> str:
    """The request of one form: another one once it was recorded."""
    return str(st.session_state.setdefault(_name(opened, kind), str(uuid.uuid4())))


def _name(opened: Opened, kind: str) -> str:
    return f"collections_request_{opened.row['loan_id']}_{kind}"


def _press(opened: Opened, form: str, kind: loan_life.Kind, key: str, record: Record) -> None:
    """Record what stands in a form, once: a second press of the same button finds its key used."""
    used: set[str] = st.session_state.setdefault(USED, set())
    if key in used:
        return
    told, field = st.session_state, f"{key}_{{}}".format
    day, amount, details = opened.today, None, {}
    if kind == "contact":
        details = {"channel": str(told.get(field("channel")) or "")}
    elif kind == "promise":
        day = told.get(field("day")) or opened.today
        amount = round((told.get(field("amount")) or 0) * wording.minor_units(opened.currency))
    reason = " ".join(str(told.get(field("note")) or "").split())
    record(f"{key}-{kind}", Act(kind, day, amount, reason), details)
    if TOLD not in told or told[TOLD] == _done(kind):
        used.add(key)
        told.pop(_name(opened, form), None)


def _done(kind: str) -> str:
    return f":green[✓ {DONE[kind]}]"


def tell(kind: str, refusal: str = "") -> None:
    """Leave what came of a note for the next run to say."""
    st.session_state[TOLD] = f":red[⚠ {refusal}]" if refusal else _done(kind)


def _show_contact(opened: Opened, record: Record) -> None:
    key = _key(opened, "contact")
    days = counted_contacts([note.day for note in opened.notes if note.kind == "contact"], today=opened.today)
    st.segmented_control(
        "How", list(CHANNELS), format_func=in_gray(CHANNELS), default="phone", required=True, key=f"{key}_channel",
        label_visibility="collapsed",
    )  # fmt: skip
    st.text_area(
        "What was said", key=f"{key}_note", max_chars=loan_life.LONGEST_REASON, height=80,
        placeholder="What was said", label_visibility="collapsed",
    )  # fmt: skip
    st.caption(contacts_told(days))
    writing.button(
        "Record the contact", type="primary", key=f"{key}_record", width="stretch",
        disabled=len(days) >= loan_life.MOST_CONTACTS,
        on_click=_press, args=(opened, "contact", "contact", key, record),
    )  # fmt: skip


def contacts_told(days: Sequence[date]) -> str:
    """How much of the limit on contacting is used, and from when there is room again.

    >>> contacts_told([date(2026, 3, 2)] * 7)
    '7 of 7 contacts in 7 days, which is the most. The next one from 9 Mar 2026 on.'
    """
    told = f"{len(days)} of {loan_life.MOST_CONTACTS} contacts in {loan_life.CONTACT_DAYS} days"
    if len(days) < loan_life.MOST_CONTACTS:
        return f"{told}. {AT_ONCE}"
    free = days[len(days) - loan_life.MOST_CONTACTS] + timedelta(days=loan_life.CONTACT_DAYS)
    return f"{told}, which is the most. The next one from {wording.day(free)} on."


def _show_promise(opened: Opened, record: Record) -> None:
    key, unit = _key(opened, "promise"), wording.minor_units(opened.currency)
    suggested = (opened.row["overdue_minor"] or opened.row["soon_minor"]) / unit
    left, right = st.columns(2, gap="small")
    amount = left.number_input(
        f"Amount, {wording.sign_of(opened.currency).strip()}", min_value=0.0, value=float(suggested), step=1.0,
        format=f"%.{minor_digits(opened.currency)}f", key=f"{key}_amount",
    )  # fmt: skip
    day = right.date_input(
        "To come by", opened.today + timedelta(days=USUAL_PROMISE_DAYS), min_value=opened.today,
        max_value=opened.today + timedelta(days=loan_life.LONGEST_PROMISE_DAYS), key=f"{key}_day", format="YYYY-MM-DD",
    )  # fmt: skip
    st.text_input("Note", key=f"{key}_note", placeholder="Note", label_visibility="collapsed", max_chars=500)
    promised = wording.plain(wording.exact_money(round(amount * unit), opened.currency))
    st.caption(f"Kept once the money is there by that day, else broken on the next. {AT_ONCE}")
    writing.button(
        f"Record the promise of {promised} by {panel.short_day(day)}", type="primary", key=f"{key}_record",
        width="stretch", disabled=amount <= 0, on_click=_press, args=(opened, "promise", "promise", key, record),
    )  # fmt: skip


def _show_case(opened: Opened, record: Record) -> None:
    key, row = _key(opened, "case"), opened.row
    st.text_input(
        "Why", key=f"{key}_note", max_chars=500, label_visibility="collapsed",
        placeholder=f"Why, in {loan_life.SHORTEST_REASON} letters or more",
    )  # fmt: skip
    st.caption(
        f"A dispute: the borrower says that the debt is not right. Hardship: it can't be paid for now. {AT_ONCE}"
    )
    steps: dict[loan_life.Kind, str] = {"dispute": "Open a dispute", "hardship": "Record hardship"}
    open_now = [kind for kind in steps if row[kind]]
    with st.container(horizontal=True, gap="small"):
        for kind, label in steps.items():
            if kind not in open_now:
                writing.button(label, key=f"{key}_{kind}", on_click=_press, args=(opened, "case", kind, key, record))
        if open_now:
            writing.button(
                "Close the case", key=f"{key}_close", on_click=_press, args=(opened, "case", "close_case", key, record)
            )


def needs(role: str) -> str:
    """Whose agreement a new schedule or a write-off needs, from whoever asks.

    >>> needs("officer"), needs("manager")
    ('a manager must agree', 'a second person must agree')
    """
    return "a second person must agree" if role == "manager" else "a manager must agree"


def show_notes(opened: Opened) -> None:
    """What was noted before, the newest first."""
    told = [note for note in reversed(opened.notes) if note.kind in NOTES]
    with st.container(gap="xxsmall"):
        st.markdown("**What was said before**" if told else "Nothing was noted yet.")
        for note in told[:NOTES_SHOWN]:
            st.markdown(note_in_words(note, opened.currency))
        if len(told) > NOTES_SHOWN:
            st.caption(f"The {NOTES_SHOWN} newest of {len(told):,}.")


def note_in_words(note: Note, currency: str) -> str:
    """One note, safe for Markdown."""
    what = NOTES[note.kind]
    if note.kind == "contact":
        what = f"{what} by {CHANNELS.get(json.loads(note.body).get('channel'), 'unknown way').lower()}"
    elif note.kind == "promise":
        what = f"{what} of {wording.plain(wording.exact_money(note.amount_minor, currency))} by {wording.day(note.day)}"
    said = f". {wording.plain(note.reason)}" if note.reason else ""
    return f"{wording.day(note.booked_on)}, {wording.plain(note.person_name)}: **{what}**{said}"
