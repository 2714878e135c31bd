"""What can be done with a loan: one form for the chosen step, which says beforehand what the step needs and will do.

The form's key is made when it is drawn, so that two presses of its button record one step.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st

from components import loan_words, wording
from components.loan_panel import LoanFile
from lending.loan_life import Act, needs_reason, needs_second
from lending.loan_schedule import LoanTerms, schedule_of

# What is open in which state.
OPEN = {
    "active": ("pay", "settle", "waive", "restructure", "reverse", "unlikely", "write_off"),
    "new": ("pay", "settle", "reverse", "write_off"),
    "paid": ("reverse",),
    "written_off": ("recover", "reverse"),
}
LONGEST_TERM_MONTHS = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A step as it stands in the form."""

    key: str
    act: Act
    details: dict[str, Any] = field(default_factory=dict)


def show(file: LoanFile, *, today: date, role: str, person_id: int, on_act: Callable[[Asked], None]) -> None:
    """The card in which a step is chosen, filled in, looked at once more, and recorded."""
    with st.container(border=True, gap="xsmall"):
        st.markdown("##### What happened, or is to be done")
        if person_id in file.known.standing.approvers:
            st.caption(loan_words.APPROVED_IT)
            return
        steps = OPEN["active" if file.known.standing.state == "active" and file.state != "new" else _state(file)]
        kind = st.selectbox(
            "Step", steps, format_func=loan_words.ACTIONS.__getitem__, key=f"step_{file.row.id}",
            label_visibility="collapsed",
        )  # fmt: skip
        asked = _fields(file, kind, today)
        if asked is None:
            return
        waits = needs_second(kind, day=asked.act.day, today=today)
        amount = wording.exact_money(asked.act.amount_minor, file.row.currency) if asked.act.amount_minor else ""
        label = loan_words.button(kind, waits=waits, role=role, amount=wording.plain(amount))
        _show_buttons(asked, label, on_act)


def _state(file: LoanFile) -> str:
    """What today's bookings have made of the loan."""
    return file.state if file.known.standing.state == "active" else file.known.standing.state


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
        suggested = file.standing["overdue_minor"] or (file.next_due or (today, 0))[1]
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
    rows = file.payments[~file.payments["taken_back"]]
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
    standing = file.known.standing
    if standing.outstanding_minor:
        lines = schedule_of(LoanTerms(standing.outstanding_minor, "annuity", today, int(months), rate_ppm))
        currency = file.row.currency
        first = wording.plain(wording.exact_money(lines[0].due_minor + standing.waivable_minor, currency))
        others = wording.plain(wording.exact_money(lines[-1].due_minor, currency))
        st.caption(
            f"First {first} on {wording.day(lines[0].due_on)}, with the interest and fees that are overdue; "
            f"the last of {len(lines)}: {others} on {wording.day(lines[-1].due_on)}."
        )
    return {"term_months": int(months), "annual_rate_ppm": rate_ppm}


def _show_buttons(asked: Asked, label: str, on_act: Callable[[Asked], None]) -> None:
    """A step is recorded with the second press."""
    asking = f"loan_asking_{asked.key}"
    if st.session_state.get(asking) != asked.act:
        st.button(label, key=f"ask_{asked.key}", type="primary", on_click=st.session_state.__setitem__,
                  args=(asking, asked.act))  # fmt: skip
        return
    st.markdown(f"{label}?")
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Record it", key=f"record_{asked.key}", type="primary", on_click=on_act, args=(asked,))
        st.button("Back", key=f"back_{asked.key}", on_click=st.session_state.pop, args=(asking, None))
