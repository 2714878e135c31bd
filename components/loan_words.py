"""Words for the steps of a loan: what each is called, what it needs, and what it will do."""

import json
from datetime import date
from typing import Any

from components import wording
from lending.loan_life import MANAGER, NOTES

ACTIONS = {
    "pay": "Payment",
    "recover": "Recovery",
    "reverse": "Take back a payment",
    "waive": "Waive interest or fees",
    "settle": "Early settlement",
    "restructure": "New schedule",
    "write_off": "Write-off",
    "unlikely": "Unlikely to be repaid",
    "dispute": "Dispute",
    "hardship": "Hardship",
    "close_case": "Close the case",
}
DONE = {
    "accept": "Offer accepted", "check": "Checked", "disburse": "Paid out", "pay": "Payment", "recover": "Recovery",
    "reverse": "Payment taken back", "waive": "Interest or fees waived", "settle": "Settled early",
    "restructure": "New schedule", "write_off": "Written off", "unlikely": "Unlikely to be repaid",
    "contact": "Contact", "promise": "Promise", "dispute": "Dispute", "hardship": "Hardship",
    "close_case": "Case closed",
}  # fmt: skip
CHECKS = {
    "identity": "Identity",
    "sanctions": "Sanctions",
    "consent": "Consent",
    "total_cost": "Total cost acknowledged",
}
NOUNS = {
    "pay": "back-dated payment", "recover": "back-dated recovery", "reverse": "reversal of a payment",
    "waive": "waiver", "settle": "early settlement", "restructure": "new schedule", "write_off": "write-off",
    "unlikely": "mark as unlikely to be repaid",
}  # fmt: skip
"""What waits for a second person."""
STATES = {"active": "Running", "new": "Paid out today", "paid": "Repaid", "written_off": "Written off"}
FROM_TOMORROW = "What is booked today counts from tomorrow on."
APPROVED_IT = "You took part in approving this loan, so somebody else books on it."


def needs(kind: str, *, waits: bool, role: str = "officer") -> str:
    """What a step needs besides whoever asks for it; empty where nothing.

    >>> needs("pay", waits=False), needs("waive", waits=True), needs("write_off", waits=True)
    ('', 'a second person must agree', 'a manager must agree')
    >>> needs("write_off", waits=True, role="manager")
    'somebody else must agree'
    """
    if not waits:
        return ""
    if role == "manager":
        return "somebody else must agree"
    return "a manager must agree" if kind in MANAGER else "a second person must agree"


def button(kind: str, *, waits: bool, role: str, amount: str = "") -> str:
    """What the button of a step says: what it does, and what that needs.

    >>> button("pay", waits=False, role="officer", amount="¥2,070.58")
    'Book the payment of ¥2,070.58'
    >>> button("write_off", waits=True, role="officer")
    'Ask for a write-off: a manager must agree'
    """
    wanted = {
        "pay": f"the payment of {amount}", "recover": f"the recovery of {amount}",
        "reverse": "to take back a payment", "waive": f"to waive {amount}", "settle": f"to settle for {amount}",
        "dispute": "a dispute", "hardship": "a hardship", "close_case": "the case",
        "restructure": "a new schedule", "write_off": "a write-off", "unlikely": "to mark it as unlikely to be repaid",
    }[kind]  # fmt: skip
    if kind in NOTES:
        return f"{'Close' if kind == 'close_case' else 'Open' if kind == 'dispute' else 'Note'} {wanted}"
    if not waits:
        return f"Book {wanted}"
    second = needs(kind, waits=True, role=role)
    asked = f"Ask for {wanted}" if kind in ("restructure", "write_off") else f"Ask {wanted}"
    return f"{asked.replace('Ask the', 'Ask for the')}: {second}"


def told(act: Any, currency: str) -> str:  # noqa: ANN401  (a row of db.loan_standing.ACTS)
    """One step of the past in a line."""
    body = json.loads(act.body)
    words = [DONE[act.kind]]
    if act.kind == "check":
        words = [f"{CHECKS[body['check']]} checked"]
    if act.amount_minor is not None:
        words.append(wording.exact_money(act.amount_minor, currency))
    if act.kind == "restructure":
        words.append(f"{body['term_months']} months at {wording.rate(body['annual_rate_ppm'] // 100)}")
    if act.kind == "contact":
        words.append(f"by {body.get('channel', 'phone')}")
    return ", ".join(words)


def effect(act: Any, currency: str, *, outstanding_minor: int, owed_minor: int) -> str:  # noqa: ANN401  (as above)
    """What a step that waits will do to the books, safe for Markdown.

    Args:
        act: the step.
        currency: of the loan.
        outstanding_minor: of the loan, with what was booked today.
        owed_minor: all that its schedule still asks for.
    """
    amount = wording.plain(wording.exact_money(act.amount_minor, currency))
    whole = wording.plain(wording.exact_money(outstanding_minor, currency))
    match act.kind:
        case "pay":
            return f"Books {amount} as paid on {wording.day(act.day)}: what was late since then is counted anew."
        case "recover":
            return f"Books {amount} as recovered on {wording.day(act.day)}."
        case "reverse":
            return f"Takes back the {amount} that came in on {wording.day(act.day)}, as if it had never come."
        case "waive":
            return f"Gives up {amount} of interest and fees that are due and unpaid."
        case "settle":
            gone = wording.plain(wording.exact_money(max(owed_minor - (act.amount_minor or 0), 0), currency))
            return f"Closes the loan for {amount}, and gives up {gone} that its schedule still asks for."
        case "restructure":
            body = json.loads(act.body)
            terms = f"{wording.count(body['term_months'], 'month')} at {wording.rate(body['annual_rate_ppm'] // 100)}"
            return f"Puts {whole} on a new schedule of {terms}. The old one is kept."
        case "write_off":
            return f"Takes {whole} out of the balance as a loss. What comes in later is a recovery."
        case "unlikely":
            return f"Puts {whole} in default, however few days it is late."
        case _:
            return DONE[act.kind]


def second(act: Any, today: date) -> str:  # noqa: ANN401  (a row of db.loan_standing.ACTS)
    """What became of the second signature of a step."""
    if not act.needs_second:
        return ""
    if act.agreed is None:
        days = (today - act.booked_on).days
        return "waits for a second person" + (f", {wording.count(days, 'day')}" if days else "")
    verb = "agreed by" if act.agreed else "refused by"
    return f"{verb} {act.second_name} on {wording.day(act.answered_on)}"


def heading(state: str, days_past_due: int, outstanding: str) -> str:
    """The finding above a loan.

    >>> heading("active", 33, "¥15,000"), heading("active", 0, "¥15,000"), heading("paid", 0, "¥0")
    ('33 days past due, with ¥15,000 outstanding', 'on schedule, with ¥15,000 outstanding', 'repaid')
    """
    if state not in ("active", "new"):
        return STATES[state].lower()
    if state == "new":
        return f"{outstanding} paid out today"
    late = f"{wording.count(days_past_due, 'day')} past due" if days_past_due else "on schedule"
    return f"{late}, with {outstanding} outstanding"


def waiting_heading(to_pay_out: int, waiting: int) -> str:
    """What waits on the page of loans.

    >>> waiting_heading(2, 0), waiting_heading(1, 1)
    ('2 approved loans wait to be paid out', '1 approved loan waits to be paid out, 1 step for a second person')
    >>> waiting_heading(0, 0)
    'Nothing waits to be paid out, or for a second person'
    """
    if not to_pay_out and not waiting:
        return "Nothing waits to be paid out, or for a second person"
    told = []
    if to_pay_out:
        verb = "waits" if to_pay_out == 1 else "wait"
        told.append(f"{wording.count(to_pay_out, 'approved loan')} {verb} to be paid out")
    if waiting:
        verb = "" if told else " waits" if waiting == 1 else " wait"
        told.append(f"{wording.count(waiting, 'step')}{verb} for a second person")
    return ", ".join(told)
