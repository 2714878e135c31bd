"""The policy as managers and auditors see it: the matrix, the versions, what changed, and the way to approve one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import pandas as pd
import streamlit as st

from components import policy_words, wording, writing
from lending.policy import Policy
from lending.policy_changes import changes, members
from settings import settings

ROW_PX = 35
Approve = Callable[[int, int, str], None]
"""Told the version, the one in force that it was shown against, and why."""
Propose = Callable[[int], None]
WAITS_FOR_NOBODY = (
    "No version waits for a second manager. A new one comes in as a file, with the command policy propose; "
    "it stands here until somebody other than its maker approves it."
)


class Approval(Protocol):
    """See db.policies.Approval."""

    person_name: str | None
    at: datetime
    note: str


class Version(Protocol):
    """See db.policies.Version."""

    policy: Policy
    maker_id: int | None
    maker_name: str | None
    proposed_at: datetime
    approvals: tuple[Approval, ...]
    in_force: bool


def title(known: Sequence[Version]) -> str:
    """Which version is in force since when, and how many wait."""
    current = next(each for each in known if each.in_force)
    waiting = sum(_waits(each, current.policy) for each in known)
    since = wording.moment(current.approvals[-1].at, settings().time_zone)
    rest = f"{waiting} {'waits' if waiting == 1 else 'wait'} for a second manager" if waiting else "none waits"
    return f"Policy {current.policy.version} is in force since {since}; {rest}"


def _waits(each: Version, in_force: Policy) -> bool:
    """Whether a version can still be approved; one that a later one has overtaken is proposed anew."""
    return not each.approvals and each.policy.version > in_force.version


def show_matrix(policy: Policy) -> None:
    """Who settles lending to each grade, and what flags and overrides need."""
    with st.container(border=True, gap="xsmall"):
        st.markdown("##### Who settles what, by grade and amount")
        rows = policy_words.matrix(policy)
        # A table of Markdown breaks its lines where a narrow screen has no room; a grid would cut them.
        head = "| Grade | One officer | Two officers | A manager |\n|:-:|:-|:-|:-|\n"
        st.markdown(head + "\n".join(_matrix_line(row) for row in rows))
        st.caption(
            f"{policy_words.beside_the_matrix(policy)} Where amount, grade, a flag and going "
            "against the policy ask for different people, the highest of them settles it. What the owner owes already "
            "counts towards the amount. Declining within the policy needs one officer."
        )


def _matrix_line(row: Mapping[str, str]) -> str:
    grade = row["grade"]
    told = " | ".join(wording.plain(row[name]) for name in ("officer", "second_officer", "manager"))
    return f"| :{wording.GRADE_COLOURS[grade]}-badge[{grade}] | {told} |"


def show_members(policy: Policy) -> None:
    """Everything else that the version says, one line each."""
    with st.expander(f"All that version {policy.version} says"):
        rows = [
            (policy_words.member(path), policy_words.value(path, told, policy.currency))
            for path, told in members(policy)
            if not path.startswith("authority.limits")
        ]
        st.dataframe(
            pd.DataFrame(rows, columns=["What", "Value"]), hide_index=True, row_height=ROW_PX,
            alt="All members of the policy",
        )  # fmt: skip


def show_waiting(
    known: Sequence[Version],
    in_force: Policy,
    *,
    reader_id: int | None,
    overdue: Callable[[int], int],
    on_approve: Approve,
) -> None:
    """The versions that nobody has approved yet, with what each says otherwise than the one in force.

    Args:
        known: all versions.
        in_force: the one that holds now.
        reader_id: who may approve one; None for who may not.
        overdue: how many files that wait are overdue where an answer is due after so many days.
        on_approve: puts a version in force.
    """
    waiting = [each for each in known if _waits(each, in_force)]
    if not waiting:
        st.caption(WAITS_FOR_NOBODY)
    for each in waiting:
        with st.container(border=True, gap="xsmall"):
            maker = wording.plain(each.maker_name) or "the desk itself"
            st.markdown(f"##### Version {each.policy.version} waits for a second manager")
            st.caption(f"{maker} proposed it on {wording.moment(each.proposed_at, settings().time_zone)}.")
            _show_changes(in_force, each.policy)
            _show_deadlines(in_force, each.policy, overdue)
            _show_approval(each, in_force, reader_id, on_approve)


def _show_changes(before: Policy, after: Policy) -> None:
    found = changes(before, after)
    if not found:
        st.markdown(f"It says the same as version {before.version}, which is in force.")
        return
    st.markdown(
        f"**{wording.count(len(found), 'change')} against version {before.version}**\n"
        + "\n".join(
            f"- {wording.plain(policy_words.change_line(each, before.currency, after.currency))}" for each in found
        )
    )


def _show_approval(each: Version, in_force: Policy, reader_id: int | None, on_approve: Approve) -> None:
    """The note and the button, or why this person can't approve the version."""
    if reader_id is None:
        st.caption("Your role reads the policy and approves none.")
        return
    if reader_id == each.maker_id:
        st.caption("⚠ You proposed it yourself. Another manager approves it.")
        return
    number = each.policy.version
    if f"approve_asked_{number}" in st.session_state:
        _show_question(number, on_approve)
        return
    with st.form(f"approve_{number}", border=False):
        st.text_input("Why it is put in force", key=f"approve_note_{number}", max_chars=500)
        label = f"Put version {number} in force"
        writing.form_submit_button(label, on_click=_ask, args=(number, in_force.version, on_approve))


def _ask(number: int, instead_of: int, on_approve: Approve) -> None:
    """Ask once more, since it changes everybody's authority; without a note the record says what is missing."""
    note = st.session_state[f"approve_note_{number}"]
    if note.strip():
        st.session_state[f"approve_asked_{number}"] = (instead_of, note)
    else:
        on_approve(number, instead_of, note)


def _show_question(number: int, on_approve: Approve) -> None:
    asked = f"approve_asked_{number}"

    def answer(*, yes: bool) -> None:
        instead_of, note = st.session_state.pop(asked)
        if yes:
            on_approve(number, instead_of, note)

    st.markdown(f"**Put version {number} in force? This changes everybody's authority, from the next click on.**")
    with st.container(horizontal=True):
        writing.button(
            "Yes, put it in force", type="primary", on_click=answer, kwargs={"yes": True}, key=f"yes_{asked}"
        )
        st.button("Back", on_click=answer, kwargs={"yes": False}, key=f"no_{asked}")


def _show_deadlines(before: Policy, after: Policy, overdue: Callable[[int], int]) -> None:
    """Files that wait already get other deadlines too, where an answer is due after other days."""
    if before.days_to_decide == after.days_to_decide:
        return
    now, then = overdue(before.days_to_decide), overdue(after.days_to_decide)
    verb = "is" if then == 1 else "are"
    st.markdown(
        "⚠ Files that wait already get the new deadline too: "
        f"{wording.count(then, 'file')} {verb} overdue at once, instead of {now:,}."
    )


def show_versions(known: Sequence[Version], in_force: Policy, *, reader_id: int | None, on_propose: Propose) -> None:
    """Every version that does not wait, with who proposed and who approved it; an earlier one can be proposed again."""
    for each in (each for each in known if not _waits(each, in_force)):
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"##### Version {each.policy.version}{', in force' if each.in_force else ''}")
            maker = wording.plain(each.maker_name) or "The desk itself"
            st.caption(f"{maker} proposed it on {wording.moment(each.proposed_at, settings().time_zone)}.")
            for approval in each.approvals:
                who = wording.plain(approval.person_name) or "The desk itself"
                at = wording.moment(approval.at, settings().time_zone)
                st.caption(f"{who} put it in force on {at}: {wording.plain(approval.note)}")
            if not each.in_force:
                with st.expander("Bring it back"):
                    _show_changes(in_force, each.policy)
                    _show_proposal(each.policy.version, reader_id, on_propose)


def _show_proposal(number: int, reader_id: int | None, on_propose: Propose) -> None:
    """The button that proposes an earlier version once more, or that this person can't."""
    if reader_id is None:
        st.caption("Your role reads the policy and proposes none.")
        return
    st.caption("It gets the next number, and waits for a second manager.")
    writing.button(f"Propose version {number} again", key=f"again_{number}", on_click=on_propose, args=(number,))
