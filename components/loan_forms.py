"""What can be done with a loan: one form for the chosen step, which says beforehand what the step needs and will do.

The form's key is made when it is drawn, so that two presses of its button record one step.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components import loan_words, refusals, wording, writing
from components.list_table import HEAD_PX, ROW_PX
from components.loan_panel import LoanFile
from lending.errors import ActRefused
from lending.loan_life import SECOND_PERSON, Act, needs_reason, needs_second
from lending.restructuring import LONGEST_TERM_MONTHS, new_schedule

PREVIEW_ROWS = 6

CASES = ("dispute", "hardship", "close_case")
"""Notes that are needed of loans that are not late too; contacts and promises are kept in Collections."""
# What is open in which state.
OPEN = {
    "active": ("pay", "settle", "waive", "restructure", "reverse", "unlikely", "write_off", *CASES),
    "new": ("pay", "settle", "reverse", "write_off", *CASES),
    "paid": ("reverse",),
    "written_off": ("recover", "reverse"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A step as it stands in the form."""

    key: str
    act: Act
    details: dict[str, Any] = field(default_factory=dict)


def show(file: LoanFile, *, today: date, role: str, person_id: int, on_act: Callable[[Asked], None]) -> None:
    """The card in which a step is chosen, filled in, looked at once more, and recorded.

    A step in the address is chosen already, so that another page can lead to its form.
    """
    with st.container(border=True, gap="xsmall"):
        st.markdown("##### What happened, or is to be done")
        took_part = person_id in file.known.standing.approvers
        if took_part:
            st.caption(loan_words.APPROVED_IT)
        steps = [kind for kind in OPEN[_state(file)] if kind != "close_case" or file.open_cases]
        steps = [kind for kind in steps if kind in CASES or not took_part]
        if not steps:
            return
        key = f"step_{file.row.id}"
        wanted = st.query_params.pop("step", None)
        if wanted in steps:
            st.session_state[key] = wanted
        kind = st.selectbox(
            "Step", steps, format_func=partial(_named, role=role, today=today), key=key, label_visibility="collapsed"
        )
        if kind in SECOND_PERSON and file.waiting:
            st.caption(refusals.sentence(ActRefused("waiting", kind)))
            return
        asked = _fields(file, kind, today)
        if asked is None:
            return
        waits = needs_second(kind, day=asked.act.day, today=today)
        amount = wording.exact_money(asked.act.amount_minor, file.row.currency) if asked.act.amount_minor else ""
        label = loan_words.button(kind, waits=waits, role=role, amount=wording.plain(amount))
        _show_buttons(asked, label, on_act)


def _named(kind: str, *, role: str, today: date) -> str:
    """A step with whose agreement it needs if it is taken today."""
    needed = loan_words.needs(kind, waits=needs_second(kind, day=today, today=today), role=role)
    return f"{loan_words.ACTIONS[kind]}: {needed}" if needed else loan_words.ACTIONS[kind]


def _state(file: LoanFile) -> str:
    """What today's bookings have made of the loan."""
    booked: str = file.known.standing.state
    return file.state if booked == "active" else booked


def _key(file: LoanFile, kind: str) -> str:
    """Of one step of one loan: another one once a further step is on record."""
    name = f"loan_request_{file.row.id}_{kind}_{len(file.known.acts)}"
    return str(st.session_state.setdefault(name, str(uuid.uuid4())))


def _fields(file: LoanFile, kind: str, today: date) -> Asked | None:
    """The fields of a step; None where it can't be taken as they stand."""
    name, currency, standing = f"{kind}_{file.row.id}", file.row.currency, file.known.standing
    day, amount = today, None
    details: dict[str, Any] = {}
    if kind in ("pay", "recover"):
        day = st.date_input("Came in on", today, min_value=file.row.disbursed_on, max_value=today, key=f"day_{name}")
        suggested = file.account.overdue_minor or file.account.next_due_minor
        amount = _amount("Amount", suggested if kind == "pay" else 0, currency, name)
    elif kind == "waive":
        if not standing.waivable_minor:
            st.caption("No interest or fee is overdue, so there is nothing to waive.")
            return None
        amount = _amount("Interest and fees to waive", standing.waivable_minor, currency, name)
    elif kind == "settle":
        amount = _amount("Settled for", standing.owed_minor, currency, name)
        rest = wording.plain(wording.exact_money(max(standing.owed_minor - (amount or 0), 0), currency))
        st.caption(f"All that is still to come is given up: {rest}.")
    elif kind == "reverse":
        found = _payment(file)
        if found is None:
            return None
        day, amount, details = found
    elif kind == "restructure":
        details = _schedule(file, today)
    elif kind == "write_off":
        left = wording.plain(wording.money(standing.outstanding_minor, currency))
        st.caption(f"{left} leaves the balance. What comes in later is a recovery.")
    if amount == 0 and kind != "settle":
        st.caption("Enter an amount above zero.")
        return None
    reason = ""
    if needs_reason(kind, day=day, today=today):
        reason = st.text_input("Why", key=f"why_{name}", max_chars=500, placeholder="For whoever reads this later")
        if len(reason.strip()) < 10:
            st.caption("Say why in a few words, at least ten letters.")
            return None
    return Asked(_key(file, kind), Act(kind, day, amount, reason), details)  # type: ignore[arg-type]


def _amount(label: str, suggested_minor: int, currency: str, name: str) -> int:
    """An amount in the currency, as minor units."""
    unit = wording.minor_units(currency)
    digits = "%.2f" if unit > 1 else "%.0f"
    value = st.number_input(
        f"{label}, {currency}", min_value=0.0, value=suggested_minor / unit, step=1.0, format=digits,
        key=f"amount_{name}",
    )  # fmt: skip
    return round(value * unit)


def _payment(file: LoanFile) -> tuple[date, int, dict[str, Any]] | None:
    rows = file.payments[file.payments["taken_back"] == ""]
    if rows.empty:
        st.caption("No payment stands that could be taken back.")
        return None
    columns = (rows["repayment_ref"], rows["paid_on"], rows["amount_minor"])
    said = {
        ref: f"{wording.day(paid_on)}, {wording.exact_money(int(amount), file.row.currency)}"
        for ref, paid_on, amount in zip(*columns, strict=True)
    }
    ref = st.selectbox("Which payment", list(said), format_func=said.__getitem__, key=f"which_{file.row.id}")
    row = rows[rows["repayment_ref"] == ref].iloc[0]
    return row["paid_on"], int(row["amount_minor"]), {"repayment_ref": str(ref)}


def _schedule(file: LoanFile, today: date) -> dict[str, Any]:
    """Term and rate of a new schedule, with what it asks for."""
    left, right = st.columns(2, gap="small")
    with left:
        months = st.number_input(
            "Months", min_value=1, max_value=LONGEST_TERM_MONTHS, value=12, key=f"months_{file.row.id}"
        )
    agreed = (file.row.annual_rate_ppm or 0) / 10_000
    with right:
        rate = st.number_input(
            "Rate a year, %", min_value=0.0, max_value=agreed, value=agreed, step=0.1, key=f"rate_{file.row.id}"
        )
    rate_ppm = round(rate * 10_000)
    _show_preview(file, {"term_months": int(months), "annual_rate_ppm": rate_ppm}, today)
    return {"term_months": int(months), "annual_rate_ppm": rate_ppm}


def _show_preview(file: LoanFile, terms: dict[str, Any], today: date) -> None:
    """The new schedule line by line, as it would be booked."""
    standing, currency = file.known.standing, file.row.currency
    try:
        lines = new_schedule(
            outstanding_minor=standing.outstanding_minor, carried_minor=standing.waivable_minor,
            most_rate_ppm=file.row.annual_rate_ppm or 0, day=today, **terms,
        )  # fmt: skip
    except ActRefused as error:
        st.caption(refusals.sentence(error, currency=currency))
        return
    first, whole = (
        wording.plain(wording.exact_money(each, currency))
        for each in (lines[0].due_minor, sum(line.due_minor for line in lines))
    )
    st.caption(
        f"First {first} on {wording.day(lines[0].due_on)}, with the interest and fees that are overdue; "
        f"{wording.count(len(lines), 'instalment')} to {wording.day(lines[-1].due_on)}, {whole} in all."
    )
    amounts = {
        "Principal": [line.principal_minor for line in lines],
        "Interest, fees": [line.interest_minor + line.fee_minor for line in lines],
        "Instalment": [line.due_minor for line in lines],
    }
    told = {name: [wording.exact_money(each, currency) for each in column] for name, column in amounts.items()}
    st.dataframe(
        pd.DataFrame({"Due": [wording.day(line.due_on) for line in lines], **told}),
        hide_index=True, row_height=ROW_PX, height=ROW_PX * min(len(lines), PREVIEW_ROWS) + HEAD_PX, key="preview",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in amounts},
        alt=f"The new schedule, {len(lines)} instalments",
    )  # fmt: skip


def _show_buttons(asked: Asked, label: str, on_act: Callable[[Asked], None]) -> None:
    """A step is recorded with the second press."""
    asking = f"loan_asking_{asked.key}"
    if st.session_state.get(asking) != asked.act:
        writing.button(label, key=f"ask_{asked.key}", type="primary", on_click=st.session_state.__setitem__,
                       args=(asking, asked.act))  # fmt: skip
        return
    st.markdown(f"{label}?")
    with st.container(horizontal=True, gap="xsmall"):
        writing.button("Record it", key=f"record_{asked.key}", type="primary", on_click=on_act, args=(asked,))
        st.button("Back", key=f"back_{asked.key}", on_click=st.session_state.pop, args=(asking, None))
