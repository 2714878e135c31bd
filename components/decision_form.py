"""The form in which somebody answers an application. It says beforehand whose agreement the answer needs."""

import uuid
from dataclasses import dataclass

import streamlit as st

from components import wording
from lending.errors import AboveAuthority
from lending.judgement import Judgement, judge
from lending.offer import Offer
from lending.policy import LENDING_OUTCOMES, OUTCOMES, Policy
from lending.pricing import price
from lending.records import minor_digits
from lending.rounds import Answer, Round
from lending.schedule import level_instalment_minor


@dataclass(frozen=True, slots=True)
class Case:
    """What the form needs to know of the file."""

    key: str
    """Names the form's widgets: application, round and score, so that no other file's answers show up in it."""
    policy: Policy
    asked_minor: int
    asked_months: int
    currency: str
    rounds: tuple[Round, ...]
    offer: Offer | None
    """None where the shop is not scored; then it can only be declined or referred."""
    default_probability_ppm: int | None
    reason_codes: tuple[str, ...]
    """Of the score, the heaviest first."""


def request_key(case: Case) -> str:
    """The key of the answer given in this form: the same however often the button is pressed."""
    return str(st.session_state.setdefault(f"request_{case.key}", str(uuid.uuid4())))


def term_key(key: str) -> str:
    """The session key of the term chosen in the form."""
    return f"term_{key}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form."""

    answer: Answer
    instalment_minor: int | None
    """Of the amount, term and rate in it."""
    pressed: bool
    """Whether this is the run in which its button was pressed."""


def show(case: Case, *, role: str) -> Draft:
    """Draw the form and return what stands in it."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        outcome = _choose_outcome(case)
        amount_minor, term_months = _choose_terms(case, outcome) if outcome in LENDING_OUTCOMES else (None, None)
        rate_bps, instalment_minor = _show_rate(case, amount_minor, term_months)
        reasons = _choose_reasons(case, outcome) if outcome in ("approve_less", "decline") else ()
        note = st.text_area(
            "Note", placeholder="What the next reader needs to know", key=f"note_{case.key}", height=68,
            max_chars=case.policy.longest_note,
        )  # fmt: skip
        answer = Answer(outcome, amount_minor, term_months, rate_bps, reasons, note.strip())
        return Draft(answer, instalment_minor, _press(case, answer, role=role))


def _choose_outcome(case: Case) -> str:
    open_to = OUTCOMES if case.offer else tuple(each for each in OUTCOMES if each not in LENDING_OUTCOMES)
    proposed = case.rounds[-1].outcome if case.rounds else None
    first = proposed if proposed in open_to and proposed != "refer" else case.offer and case.offer.recommended
    return st.segmented_control(
        "Answer",
        open_to,
        format_func=wording.OUTCOMES.__getitem__,
        default=first or "refer",
        required=True,
        key=f"outcome_{case.key}",
        label_visibility="collapsed",
        width="stretch",
    )


def _choose_terms(case: Case, outcome: str) -> tuple[int, int]:
    proposal = case.rounds[-1] if case.rounds and case.rounds[-1].amount_minor else None
    limit = case.offer.amount_minor if case.offer else 0
    first = case.asked_minor if outcome == "approve" else (proposal and proposal.amount_minor) or limit
    left, right = st.columns(2, gap="small")
    amount = _choose_amount(left, case, outcome, first)
    terms = case.policy.terms_months
    asked_term = case.offer.term_months if case.offer else min(terms)
    term = right.selectbox(
        "Term",
        terms,
        index=terms.index(proposal.term_months if proposal and proposal.term_months in terms else asked_term),
        format_func=lambda months: wording.count(months, "month"),
        key=term_key(case.key),
    )
    return amount, term


def _choose_amount(place: st.delta_generator.DeltaGenerator, case: Case, outcome: str, first_minor: int) -> int:
    """The amount, typed in whole major units where the amount asked for has no smaller ones."""
    unit = 10 ** minor_digits(case.currency)
    whole = case.asked_minor % unit == 0 and first_minor % unit == 0
    typed = place.number_input(
        f"Amount, {wording.sign_of(case.currency).strip()}",
        min_value=0 if whole else 0.0,
        value=first_minor // unit if whole else first_minor / unit,
        step=1000 if whole else 1000.0,
        key=f"amount_{outcome}_{case.key}",
        disabled=outcome == "approve",
        help="To approve is to lend what was asked for. Choose Less for another amount."
        if outcome == "approve"
        else None,
    )
    minor: int = round((typed or 0) * unit)
    return minor


def _show_rate(case: Case, amount_minor: int | None, term_months: int | None) -> tuple[int | None, int | None]:
    """The policy's price for the amount and term chosen, and the instalment that follows from it."""
    if not amount_minor or not term_months or case.default_probability_ppm is None:
        return None, None
    cost = price(
        case.policy.rate,
        default_probability_ppm=case.default_probability_ppm,
        principal_minor=amount_minor,
        term_months=term_months,
    )
    instalment = level_instalment_minor(amount_minor, rate_bps=cost.rate_bps, months=term_months)
    paid = wording.plain(wording.money(instalment, case.currency))
    st.caption(f"{wording.rate(cost.rate_bps)} a year, priced for this amount: {paid} a month")
    return cost.rate_bps, instalment


def _choose_reasons(case: Case, outcome: str) -> tuple[str, ...]:
    most = case.policy.most_reasons
    return tuple(
        st.multiselect(
            f"Principal reasons, up to {most}",
            case.policy.reasons,
            default=[code for code in case.reason_codes if code in case.policy.reasons][:most],
            format_func=wording.REASONS.__getitem__,
            max_selections=most,
            key=f"reasons_{outcome}_{case.key}",
            placeholder="Choose what weighed most",
        )
    )


def _press(case: Case, answer: Answer, *, role: str) -> bool:
    judged = None
    try:
        judged = judge(case.policy, answer, offer=case.offer, rounds=case.rounds, role=role)
        st.caption(_whose_agreement(answer.outcome, judged))
    except AboveAuthority:
        st.caption("This is a manager's matter; it waits in the queue for one.")
    return st.button(
        _label(case, answer, judged),
        type="primary",
        width="stretch",
        key=f"record_{case.key}",
        shortcut="Ctrl+Enter",
        disabled=judged is None,
    )


def _whose_agreement(outcome: str, judged: Judgement) -> str:
    why = "This goes against the policy's own answer and needs a note. " if judged.override else ""
    if judged.final:
        return f"{why}You settle this."
    if outcome == "refer":
        return "It goes back to the queue for somebody else, with your note."
    return f"{why}It goes back to the queue for another person: {wording.AUTHORITIES[judged.authority]}."


def _label(case: Case, answer: Answer, judged: Judgement | None) -> str:
    amount = wording.plain(wording.exact_money(answer.amount_minor, case.currency)) if answer.amount_minor else ""
    verb = {
        "approve": f"Approve {amount}",
        "approve_less": f"Offer {amount}",
        "decline": "Decline",
        "refer": "Refer to the next person",
    }[answer.outcome]
    needs = wording.NEEDS[judged.authority] if judged and not judged.final and answer.outcome != "refer" else ""
    return f"{verb}: {needs}" if needs else verb
