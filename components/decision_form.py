"""The form in which somebody answers an application. It says beforehand whose agreement the answer needs.

What stands in it is a draft, the same for every field, drawn or not: it is kept on record at each change, so that a
refresh loses nothing. An answer that can't be undone is asked about once more; all others go on to somebody else.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from components import refusals, sentences, wording, writing
from components.choices import in_gray
from lending.authority import check_decision
from lending.errors import AboveAuthority, NotADecision
from lending.judgement import Judgement, agrees, judge
from lending.offer import Offer
from lending.policy import LENDING_OUTCOMES, OUTCOMES, Policy
from lending.records import minor_digits
from lending.rounds import Answer, Draft, Round

SECONDS = {"officer": "another person", "second_officer": "a second officer", "manager": "a manager"}
ABOVE = "This is a manager's matter; it waits in the queue for one."
OTHER_RATE = "Not at the rate that was proposed."
LONGEST_SUMMARY = 160
# So many characters of a note stand in one line.
ONE_LINE = 44
# One press of the amount's buttons moves it by so many of the policy's own steps.
STEPS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """What the form needs to know of the file."""

    key: str
    """Names the form's widgets: application, round and score, so that no other file's answers show up in it."""
    policy: Policy
    asked_minor: int
    currency: str
    rounds: tuple[Round, ...]
    offer: Offer | None
    """None where the shop is not scored; then it can only be declined or referred."""
    reason_codes: tuple[str, ...]
    """Of the score, the heaviest first."""
    role: str
    """Of the person who answers."""
    keep: Callable[[Draft], str] | None
    """Puts the draft on record, and returns what is to be said about it; None for who only looks."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that are open."""
        return OUTCOMES if self.offer else tuple(each for each in OUTCOMES if each not in LENDING_OUTCOMES)


def request_key(case: Case) -> str:
    """The key of the answer given in this form: the same however often the button is pressed."""
    return str(st.session_state.setdefault(f"request_{case.key}", str(uuid.uuid4())))


def term_key(key: str) -> str:
    """The session key of the term chosen in the form."""
    return f"term_{key}"


def term_looked_at(key: str, kept: Draft | None) -> int | None:
    """The term that stands in the form of this key, or will once it is drawn; None for the one asked for."""
    if kept is not None:
        return kept.term_months
    draft: Draft | None = st.session_state.get(f"draft_{key}")
    term: int | None = st.session_state.get(term_key(key), draft.term_months if draft else None)
    return term


def begin(case: Case, kept: Draft | None) -> Draft:
    """What stands in the form: what was kept on record, where it has just been read, else what this session holds."""
    draft = st.session_state.get(f"draft_{case.key}")
    if kept is not None:
        kept = _fitting(case, kept)
        if kept != draft:
            _set(case, kept)
            st.session_state[f"told_{case.key}"] = "Draft kept."
    elif draft is None:
        _set(case, _first(case))
    return _entered(case)


def _first(case: Case) -> Draft:
    """What the form begins with: the earlier proposal where there is one, else the policy's own answer."""
    proposal = case.rounds[-1] if case.rounds and case.rounds[-1].outcome in case.outcomes else None
    outcome = proposal.outcome if proposal and proposal.outcome != "refer" else None
    outcome = outcome or (case.offer.recommended if case.offer else "refer")
    reasons = tuple(code for code in case.reason_codes if code in case.policy.reasons)[: case.policy.most_reasons]
    if case.offer is None:
        return Draft(outcome, None, None, reasons, "")
    offered = case.asked_minor if outcome == "approve" else case.offer.amount_minor or case.asked_minor
    amount = proposal.amount_minor if proposal and proposal.amount_minor else offered
    term = proposal.term_months if proposal and proposal.term_months in case.policy.terms_months else None
    return Draft(outcome, amount, term or case.offer.term_months, reasons, "")


def _fitting(case: Case, kept: Draft) -> Draft:
    """A kept draft, without what the file, its score or its policy no longer allows."""
    first = _first(case)
    if case.offer is None:
        kept = replace(kept, amount_minor=None, term_months=None)
    elif kept.amount_minor is None or not least_minor(case) <= kept.amount_minor <= case.asked_minor:
        kept = replace(kept, amount_minor=first.amount_minor)
    if case.offer is not None and kept.term_months not in case.policy.terms_months:
        kept = replace(kept, term_months=first.term_months)
    outcome = kept.outcome if kept.outcome in case.outcomes else first.outcome
    reasons = tuple(code for code in kept.reasons if code in case.policy.reasons)
    return replace(kept, outcome=outcome, reasons=reasons[: case.policy.most_reasons])


def least_minor(case: Case) -> int:
    """The least amount that can be looked at."""
    return min(case.policy.least_amount_minor, case.asked_minor)


def _set(case: Case, draft: Draft) -> None:
    """Put a draft into the form; the widgets of the fields take it over when they are drawn."""
    st.session_state[f"draft_{case.key}"] = draft
    for name in ("outcome", "amount", "term", "reasons", "note", "notes"):
        st.session_state.pop(f"{name}_{case.key}", None)


def _entered(case: Case) -> Draft:
    """The draft with what stands in the widgets that were drawn last."""
    draft: Draft = st.session_state[f"draft_{case.key}"]
    typed = st.session_state.get(f"amount_{case.key}")
    draft = Draft(
        st.session_state.get(f"outcome_{case.key}") or draft.outcome,
        draft.amount_minor if typed is None else round(typed * wording.minor_units(case.currency)),
        st.session_state.get(term_key(case.key), draft.term_months),
        tuple(st.session_state.get(f"reasons_{case.key}", draft.reasons)),
        st.session_state.get(f"note_{case.key}", st.session_state.get(f"notes_{case.key}", draft.note)),
    )
    st.session_state[f"draft_{case.key}"] = draft
    return draft


def _change(case: Case, field: str) -> None:
    """Take over a change, let outcome and amount agree, and keep the draft."""
    draft = _entered(case)
    less = draft.amount_minor is not None and draft.amount_minor < case.asked_minor
    limit = case.offer.limit_minor if case.offer else 0
    if field == "outcome" and draft.outcome == "approve":
        draft = _with_amount(case, draft, case.asked_minor)
    elif field == "outcome" and draft.outcome == "approve_less" and not less and 0 < limit < case.asked_minor:
        draft = _with_amount(case, draft, limit)
    elif field == "amount" and draft.outcome in LENDING_OUTCOMES:
        draft = replace(draft, outcome="approve_less" if less else "approve")
        st.session_state[f"outcome_{case.key}"] = draft.outcome
    st.session_state[f"draft_{case.key}"] = draft
    st.session_state.pop(f"confirm_{case.key}", None)
    if case.keep is not None:
        st.session_state[f"told_{case.key}"] = case.keep(draft)


def _with_amount(case: Case, draft: Draft, amount_minor: int) -> Draft:
    st.session_state[f"amount_{case.key}"] = _shown(case, amount_minor)
    return replace(draft, amount_minor=amount_minor)


def _shown(case: Case, minor: int) -> int | float:
    """An amount as the field has it: whole where nothing at stake has smaller units than whole ones."""
    unit = wording.minor_units(case.currency)
    return minor // unit if _whole(case) else minor / unit


def _whole(case: Case) -> bool:
    unit = wording.minor_units(case.currency)
    at_stake = (case.asked_minor, least_minor(case), case.offer.limit_minor if case.offer else 0)
    return all(minor % unit == 0 for minor in (*at_stake, *(each.amount_minor or 0 for each in case.rounds)))


def show_keys(case: Case) -> None:
    """A button with a key for each outcome. Streamlit hears the keys of a closed expander too."""
    with st.expander("Answer by key"), st.container(horizontal=True, gap="small"):
        if "approve" in case.outcomes:
            st.button("Approve", shortcut="1", on_click=_choose, args=(case, "approve"))
        if "approve_less" in case.outcomes:
            st.button("Less", shortcut="2", on_click=_choose, args=(case, "approve_less"))
        st.button("Decline", shortcut="3", on_click=_choose, args=(case, "decline"))
        st.button("Refer", shortcut="4", on_click=_choose, args=(case, "refer"))


def _choose(case: Case, outcome: str) -> None:
    st.session_state[f"outcome_{case.key}"] = outcome
    _change(case, "outcome")


def show_terms(case: Case, draft: Draft) -> None:
    """Amount and term, to be tried freely; an amount below what was asked for makes the answer a smaller offer."""
    left, right = st.columns([1.25, 1], gap="xsmall")
    st.session_state.setdefault(f"amount_{case.key}", _shown(case, draft.amount_minor or case.asked_minor))
    left.number_input(
        f"Amount, {wording.sign_of(case.currency).strip()}",
        min_value=_shown(case, least_minor(case)),
        max_value=_shown(case, case.asked_minor),
        step=_shown(case, STEPS * case.policy.rounding_step_minor),
        format=None if _whole(case) else f"%.{minor_digits(case.currency)}f",
        key=f"amount_{case.key}",
        on_change=_change,
        args=(case, "amount"),
    )
    st.session_state.setdefault(term_key(case.key), draft.term_months)
    right.selectbox(
        "Term",
        case.policy.terms_months,
        format_func=lambda months: wording.count(months, "month"),
        key=term_key(case.key),
        on_change=_change,
        args=(case, "term"),
    )


def answer_of(draft: Draft, rate_bps: int | None) -> Answer:
    """What would be recorded: only a loan has an amount, a term and a rate, only a refusal of any kind its reasons."""
    lends = draft.outcome in LENDING_OUTCOMES
    amount, term, rate = (draft.amount_minor, draft.term_months, rate_bps) if lends else (None, None, None)
    reasons = draft.reasons if draft.outcome in ("approve_less", "decline") else ()
    return Answer(draft.outcome, amount, term, rate, reasons, draft.note.strip())


def judged(case: Case, answer: Answer) -> Judgement | None:
    """What the policy says of an answer by this person; None where it is above them."""
    try:
        return judge(case.policy, answer, offer=case.offer, rounds=case.rounds, role=case.role)
    except AboveAuthority:
        return None


def show(case: Case, draft: Draft, answer: Answer, *, primary: bool) -> bool:
    """Draw the form, or the question whether to record what can't be undone.

    Args:
        case: the file.
        draft: what stands in the form.
        answer: the same as it would be recorded.
        primary: whether its button is the page's next step.

    Returns:
        Whether the answer is to be recorded now.
    """
    judgement = judged(case, answer)
    pressed = bool(st.session_state.pop(f"pressed_{case.key}", False))
    refused = _refusal(case, answer, judgement) if pressed else ""
    if pressed and not refused and judgement and not judgement.final:
        _show_form(case, draft, answer, judgement, refused, primary=primary)
        return True
    if pressed and not refused:
        st.session_state[f"confirm_{case.key}"] = True
    if judgement and judgement.final and st.session_state.get(f"confirm_{case.key}"):
        return _show_question(case, answer)
    _show_form(case, draft, answer, judgement, refused, primary=primary)
    return False


def _refusal(case: Case, answer: Answer, judgement: Judgement | None) -> str:
    """Why the record would not take the answer as it stands; empty where it would."""
    if judgement is None:
        return ABOVE
    try:
        check_decision(
            case.policy, asked_minor=case.asked_minor, override=judgement.override,
            outcome=answer.outcome, amount_minor=answer.amount_minor, term_months=answer.term_months,
            rate_bps=answer.rate_bps, reasons=answer.reasons, note=answer.note,
        )  # fmt: skip
    except NotADecision as error:
        return refusals.sentence(error)
    return ""


def _show_form(
    case: Case, draft: Draft, answer: Answer, judgement: Judgement | None, refused: str, *, primary: bool
) -> None:
    with st.container(border=True, gap="xxsmall"):
        st.session_state.setdefault(f"outcome_{case.key}", draft.outcome)
        st.segmented_control(
            "Answer", case.outcomes, format_func=in_gray(wording.OUTCOMES), required=True,
            key=f"outcome_{case.key}", label_visibility="collapsed", width="stretch",
            on_change=_change, args=(case, "outcome"),
        )  # fmt: skip
        if draft.outcome in ("approve_less", "decline"):
            _choose_reasons(case, draft)
        _write_note(case, draft)
        if refused:
            st.markdown(f":red[⚠ {refused}]")
        else:
            said = _whose_agreement(case, answer, judgement) if judgement else ABOVE
            st.caption(" ".join(filter(None, [said, st.session_state.get(f"told_{case.key}")])))
        writing.button(
            _label(case, answer, judgement), type="primary" if primary else "secondary", width="stretch",
            key=f"record_{case.key}", shortcut="Ctrl+Enter", disabled=judgement is None,
            on_click=_press, args=(case,),
        )  # fmt: skip


def _write_note(case: Case, draft: Draft) -> None:
    """One line, or a taller field once the note is longer than that; their keys differ, since their kinds do.

    In a second round what was proposed takes the room, and the note stays in its line.
    """
    tall = len(draft.note) > ONE_LINE and not case.rounds
    name, field = ("notes", _tall_field) if tall else ("note", st.text_input)
    st.session_state.setdefault(f"{name}_{case.key}", draft.note)
    field(
        "Note", placeholder="Note for the next reader", key=f"{name}_{case.key}", max_chars=case.policy.longest_note,
        label_visibility="collapsed", on_change=_change, args=(case, "note"),
    )  # fmt: skip


_tall_field = partial(st.text_area, height=68)


def _press(case: Case) -> None:
    # The answer is judged in the run that follows, with the note that was still being typed.
    st.session_state[f"pressed_{case.key}"] = True


def _choose_reasons(case: Case, draft: Draft) -> None:
    most = case.policy.most_reasons
    st.session_state.setdefault(f"reasons_{case.key}", list(draft.reasons))
    st.multiselect(
        f"Principal reasons, up to {most}",
        case.policy.reasons,
        format_func=sentences.SHORT_REASONS.__getitem__,
        max_selections=most,
        key=f"reasons_{case.key}",
        placeholder=f"Principal reasons, up to {most}",
        label_visibility="collapsed",
        on_change=_change,
        args=(case, "reasons"),
    )


def _show_question(case: Case, answer: Answer) -> bool:
    """What is about to be recorded for good, in words. It stands higher than the button that led to it did, so that
    a double click does not answer it.
    """
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{_label(case, answer, None)}{_terms_of(answer)}: this can't be undone**")
        left, right = st.columns(2, gap="small")
        with left:
            pressed = writing.button(
                "Record it", type="primary", width="stretch", key=f"final_{case.key}", shortcut="y"
            )
        right.button(
            "Back", width="stretch", key=f"back_{case.key}", shortcut="b",
            on_click=st.session_state.pop, args=(f"confirm_{case.key}", None),
        )  # fmt: skip
        if answer.reasons:
            st.caption(f"Reasons: {sentences.reasons_in_words(answer.reasons)}.")
        if answer.note:
            st.caption(f"Note: {wording.plain(wording.shortened(answer.note, LONGEST_SUMMARY))}")
    return pressed


def _terms_of(answer: Answer) -> str:
    if not answer.term_months:
        return ""
    return f" for {wording.count(answer.term_months, 'month')} at {wording.rate(answer.rate_bps)}"


def _whose_agreement(case: Case, answer: Answer, judgement: Judgement) -> str:
    why = "Against the policy's own answer: needs a note. " if judgement.override else ""
    if judgement.final:
        return f"{why}You settle this."
    if answer.outcome == "refer":
        return "It goes back to the queue for somebody else, with your note."
    if any(agrees(each, replace(answer, rate_bps=each.rate_bps)) for each in case.rounds):
        why = f"{why}{OTHER_RATE} "
    return f"{why}Then it needs {SECONDS[judgement.authority]}."


def _label(case: Case, answer: Answer, judgement: Judgement | None) -> str:
    amount = wording.plain(wording.exact_money(answer.amount_minor, case.currency)) if answer.amount_minor else ""
    verb = {
        "approve": f"Approve {amount}",
        "approve_less": f"Offer {amount}",
        "decline": "Decline",
        "refer": "Refer to the next person",
    }[answer.outcome]
    needs = wording.NEEDS[judgement.authority] if judgement and not judgement.final else ""
    return f"{verb}: {needs}" if needs and answer.outcome != "refer" else verb
