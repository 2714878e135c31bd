"""The list of people, the card in which one of them is changed, and the one in which somebody is added."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from components import wording, writing
from components.list_table import HEAD_PX, ROW_PX
from settings import settings

ROLES = {
    "officer": "officer: takes files and answers them",
    "manager": "manager: settles what officers propose",
    "auditor": "auditor: reads, changes nothing",
    "administrator": "administrator: keeps people, sees no shop",
}
ALL_BRANCHES = "All branches"
# No branch has this number; with None in its place the list would offer to empty itself.
EVERY_BRANCH = 0
ROWS_SHOWN = 15

# What became of the last press, and the link that it made: said once, below the title.
SAID, REFUSED, LINK = "people_said", "people_refused", "people_link"


def title(entries: Sequence[Any]) -> str:
    """How many have an account, and how many of them can sign in."""
    real = [entry for entry in entries if not entry.demo]
    if not real:
        return "Nobody has an account yet"
    able = sum(entry.enabled for entry in real)
    return f"{wording.count(len(real), 'account')}, {able} of them enabled"


def state(entry: Any) -> str:  # noqa: ANN401  (an entry of db.roster)
    """Whether somebody can sign in, in a few words."""
    if entry.demo:
        return "demo, by a click"
    if not entry.enabled:
        return "disabled"
    if entry.locked_until is not None:
        return f"locked until {wording.time_of_day(entry.locked_until, settings().time_zone)}"
    if entry.has_passphrase:
        return "enabled"
    if entry.link_until is not None:
        return "link not used yet"
    return "enabled, by single sign-on" if entry.email else "no passphrase yet"


def show_list(entries: Sequence[Any]) -> None:
    """The entries of db.roster.everybody as a table."""
    shown = pd.DataFrame(
        {
            "name": [entry.name for entry in entries],
            "state": [state(entry) for entry in entries],
            "role": [entry.role for entry in entries],
            "branch": [entry.branch or "all" for entry in entries],
            "handle": [entry.handle for entry in entries],
            "signed_in": [wording.moment(entry.signed_in_at, settings().time_zone) for entry in entries],
            "email": [entry.email or wording.MISSING for entry in entries],
        }
    )
    column = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        row_height=ROW_PX,
        height=HEAD_PX + ROW_PX * min(len(shown), ROWS_SHOWN),
        column_config={
            "name": column.TextColumn("Name", width=170),
            "handle": column.TextColumn("Signs in as", width=110),
            "role": column.TextColumn("Role", width=110),
            "branch": column.TextColumn("Branch", width=120),
            "state": column.TextColumn("Can sign in", width=180),
            "signed_in": column.TextColumn("Last signed in", width=150),
            "email": column.TextColumn("E-mail", width=220),
        },
    )


def show_news() -> None:
    """What became of the last press; a link stays until it is put away, and is nowhere else."""
    if said := st.session_state.pop(SAID, None):
        st.success(said)
    if refused := st.session_state.pop(REFUSED, None):
        st.error(refused)
    if made := st.session_state.get(LINK):
        name, address = made
        with st.container(border=True, gap="xsmall"):
            st.markdown(f"##### The link of {wording.plain(name)}")
            st.code(address, language=None, wrap_lines=True)
            st.caption(
                "Send it to this person alone. It works once, within 24 hours, and is not shown again. Whoever has it "
                "chooses the passphrase."
            )
            st.button("I have copied it", on_click=st.session_state.pop, args=(LINK, None), key="people_link_done")


def show_person(
    entry: Any,  # noqa: ANN401
    branches: Mapping[int, str],
    *,
    own: bool,
    on_rights: Callable[[int, str, int | None], None],
    on_act: Callable[[str, int], None],
) -> None:
    """What can be changed about one person.

    Args:
        entry: of db.roster.everybody.
        branches: names by number.
        own: whether it is the account of whoever looks.
        on_rights: called with the person, the role and the branch.
        on_act: called with "link", "unlock", "sign_out", "disable" or "enable", and the person.
    """
    number = entry.id
    if own:
        st.caption("This is your own account. Another administrator changes its role, or disables it.")
    else:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            role = st.selectbox(
                "Role", [*ROLES], index=[*ROLES].index(entry.role), format_func=str.capitalize, key=f"role_{number}"
            )
            branch_id = _branch_choice(branches, entry.branch_id, key=f"branch_{number}")
        writing.button(
            "Change role and branch",
            disabled=(role, branch_id) == (entry.role, entry.branch_id),
            on_click=on_rights,
            args=(number, role, branch_id),
            key=f"rights_{number}",
        )
    with st.container(horizontal=True):
        if entry.enabled:
            writing.button("New link", on_click=on_act, args=("link", number), key=f"link_{number}")
        if entry.locked_until is not None:
            writing.button("Unlock", on_click=on_act, args=("unlock", number), key=f"unlock_{number}")
        writing.button("Sign out everywhere", on_click=on_act, args=("sign_out", number), key=f"out_{number}")
        if not entry.enabled:
            writing.button("Enable", on_click=on_act, args=("enable", number), key=f"enable_{number}")
    if entry.enabled and not own:
        _show_disabling(entry, on_act)


def _show_disabling(entry: Any, on_act: Callable[[str, int], None]) -> None:  # noqa: ANN401
    """Disabling asks once more, since it ends somebody's work at once."""
    asked = f"disable_asked_{entry.id}"
    if not st.session_state.get(asked):
        writing.button(
            "Disable", type="tertiary", on_click=st.session_state.update, args=({asked: True},), key=f"d_{entry.id}"
        )
        return

    def answer(*, yes: bool) -> None:
        st.session_state.pop(asked, None)
        if yes:
            on_act("disable", entry.id)

    st.markdown(
        f"Disable {wording.plain(entry.name)}? They are signed out everywhere at once, and can't come in until "
        "somebody enables them again. What they recorded stays."
    )
    with st.container(horizontal=True):
        writing.button("Yes, disable", on_click=answer, kwargs={"yes": True}, key=f"yes_{entry.id}")
        st.button("Back", on_click=answer, kwargs={"yes": False}, key=f"no_{entry.id}")


def show_adding(branches: Mapping[int, str], *, on_add: Callable[[dict[str, Any]], None]) -> None:
    """The form in which somebody is added; `on_add` gets handle, name, role, branch_id and email."""
    # Not one that clears itself: after a refusal nothing is typed again.
    with st.form("add_person", border=False):
        name = st.text_input("Name", max_chars=80, key="new_name")
        handle = st.text_input(
            "Signs in as", max_chars=40, key="new_handle", placeholder="small letters, digits, dots and dashes"
        )
        email = st.text_input(
            "E-mail, where your organisation has a sign-in of its own", max_chars=255, key="new_email"
        )
        role = st.selectbox("Role", [*ROLES], format_func=_role, key="new_role")
        branch_id = _branch_choice(branches, None, key="new_branch")
        pressed = writing.form_submit_button("Add, and make the link", type="primary")
    if pressed:
        on_add({"name": name, "handle": handle.strip(), "email": email, "role": role, "branch_id": branch_id})


def forget_typed() -> None:
    """Empty the form for the next person."""
    for name in ("new_name", "new_handle", "new_email", "new_role", "new_branch"):
        st.session_state.pop(name, None)


def _role(role: str) -> str:
    return ROLES[role]


def _branch_choice(branches: Mapping[int, str], branch_id: int | None, *, key: str) -> int | None:
    numbers = [EVERY_BRANCH, *branches]
    chosen = st.selectbox(
        "Branch",
        numbers,
        index=numbers.index(EVERY_BRANCH if branch_id is None else branch_id),
        format_func=lambda number: branches.get(number, ALL_BRANCHES),
        key=key,
    )
    return None if chosen == EVERY_BRANCH else chosen
