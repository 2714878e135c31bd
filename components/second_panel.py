"""Steps that wait for a second person: who asked and why, what each will do to the books, and the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st

from components import loan_words, refusals, wording, writing
from lending.errors import ActRefused
from lending.loan_life import check_answer

LOOKS_ONLY = "Your role reads loans and books none."
NOTHING_WAITS = (
    "Back-dated payments, reversals, waivers, settlements, new schedules and write-offs stand here until a second "
    "person has answered."
)


class Waiting(Protocol):
    """A step that waits; see db.loan_files."""

    @property
    def step(self) -> Any: ...  # noqa: ANN401  (a row of db.loan_standing.ACTS)
    @property
    def approvers(self) -> frozenset[int]: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks."""

    person_id: int
    role: str
    may_book: bool


Owed = Mapping[int, tuple[int, int]]
"""By loan: outstanding, and all that its schedule still asks for, with what was booked today."""


def show_waiting(
    found: Sequence[Waiting], owed: Owed, reader: Reader, *, on_look: Callable[[str], None] | None,
    on_answer: Callable[[int, bool], None],
) -> None:  # fmt: skip
    """A card for each step.

    Args:
        found: the steps, the oldest first.
        owed: what their loans owe.
        reader: who looks.
        on_look: opens a loan by its number; None where it is open.
        on_answer: records the answer to a step.
    """
    if not found:
        st.caption(NOTHING_WAITS)
    for each in found:
        with st.container(border=True, gap="xsmall"):
            _show_step(each.step, owed, on_look)
            _show_answers(each, reader, on_answer)


def _show_step(step: Any, owed: Owed, on_look: Callable[[str], None] | None) -> None:  # noqa: ANN401  (as above)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        noun = loan_words.NOUNS[step.kind].capitalize()
        name = wording.plain(wording.shortened(step.shop_name, 30))
        st.markdown(f"##### {noun}: {name}, loan {wording.plain(step.loan_ref)}", width="content")
        if on_look is not None:
            st.button(
                "Look at the loan", type="tertiary", icon=":material/visibility:", key=f"look_{step.id}",
                on_click=on_look, args=(step.loan_ref,),
            )  # fmt: skip
    outstanding, rest = owed.get(step.loan_id, (0, 0))
    st.markdown(loan_words.effect(step, step.currency, outstanding_minor=outstanding, owed_minor=rest))
    st.caption(
        f"{wording.plain(step.person_name)} asked on {wording.day(step.booked_on)}: {wording.plain(step.reason)}"
    )


def why_not(each: Waiting, reader: Reader, *, agrees: bool) -> str:
    """Why somebody can't answer a step, in words; empty where he can."""
    if not reader.may_book:
        return LOOKS_ONLY
    step = each.step
    try:
        check_answer(
            step.kind, maker_id=step.person_id, maker_role=step.maker_role, person_id=reader.person_id,
            role=reader.role, approvers=each.approvers, agrees=agrees,
        )  # fmt: skip
    except ActRefused as error:
        return refusals.sentence(error)
    return ""


def _show_answers(each: Waiting, reader: Reader, on_answer: Callable[[int, bool], None]) -> None:
    """Both answers, each asked about once more, or why this person can't give them."""
    to_agree, to_refuse = (why_not(each, reader, agrees=agrees) for agrees in (True, False))
    if to_agree:
        st.caption(f"⚠ {to_agree}")
    number, noun = each.step.id, loan_words.NOUNS[each.step.kind]
    asking = f"answering_{number}"
    answer = st.session_state.get(asking)
    if answer is None:
        with st.container(horizontal=True, gap="xsmall"):
            for agrees, label, refused in ((True, f"Agree to the {noun}", to_agree), (False, "Refuse it", to_refuse)):
                if not refused:
                    writing.button(
                        label, key=f"answer_{number}_{agrees}", on_click=st.session_state.__setitem__,
                        args=(asking, agrees),
                    )  # fmt: skip
        return
    told = f"Agree to the {noun}? It moves the books now." if answer else f"Refuse the {noun}? Nothing is booked."
    st.markdown(f"**{told}**")
    with st.container(horizontal=True, gap="xsmall"):
        writing.button(
            "Yes, agree" if answer else "Yes, refuse", key=f"answered_{number}", type="primary", on_click=on_answer,
            args=(number, answer), shortcut="y",
        )  # fmt: skip
        st.button("Back", key=f"back_{number}", on_click=st.session_state.pop, args=(asking, None), shortcut="b")
