"""The list of people, the card in which one of them is changed, and the one in which somebody is added."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from components import refusals, wording, writing
from components.list_table import HEAD_PX, ROW_PX
from lending.errors import AccountRefused
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
SAID, REFUSED, LINK, WRONG = "people_said", "people_refused", "people_link", "people_wrong"


def title(entries: Sequence[Any]) -> str:
    """How many have an account, and how many of them can sign in."""
    real = [entry for entry in entries if not entry.demo]
    if not real:
        return "Nobody has an account yet"
    able = sum(_is_able(entry) for entry in real)
    told = f"{wording.count(len(real), 'account')}, {able} of them can sign in"
    others = len(entries) - len(real)
    return f"{told}; {'1 demo person' if others == 1 else f'{others} demo people'}" if others else told


def _is_able(entry: Any) -> bool:  # noqa: ANN401  (an entry of db.roster)
    return bool(entry.enabled and entry.locked_until is None and (entry.has_passphrase or entry.email))


def state(entry: Any, *, demo_on: bool = True) -> str:  # noqa: ANN401  (an entry of db.roster)
    """Whether somebody can sign in, in a few words; `demo_on` says whether demo people still come in."""
    if entry.demo:
        return "demo, by a click" if demo_on else "no longer, the demo is over"
    if not entry.enabled:
        return "disabled"
    if entry.locked_until is not None:
        return f"locked until {wording.time_of_day(entry.locked_until, settings().time_zone)}"
    if entry.has_passphrase:
        return "enabled"
    if entry.link_until is not None:
        return "link not used yet"
    return "enabled, by single sign-on" if entry.email else "no passphrase yet"


def show_list(entries: Sequence[Any], *, demo_on: bool) -> None:
    """The entries of db.roster.everybody as a table, the demo people last."""
    entries = sorted(entries, key=lambda entry: bool(entry.demo))
    shown = pd.DataFrame(
        {
            "name": [entry.name for entry in entries],
            "state": [state(entry, demo_on=demo_on) for entry in entries],
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
        st.text_input("Name", max_chars=80, key="new_name")
        _show_wrong("name")
        st.text_input(
            "Signs in as", max_chars=40, key="new_handle", placeholder="small letters, digits, dots and dashes"
        )
        _show_wrong("handle")
        st.text_input("E-mail, where your organisation has a sign-in of its own", max_chars=255, key="new_email")
        _show_wrong("email")
        st.selectbox("Role", [*ROLES], format_func=_role, key="new_role")
        _branch_choice(branches, None, key="new_branch")
        writing.form_submit_button("Add, and make the link", type="primary", on_click=_add, args=(on_add,))


def _add(on_add: Callable[[dict[str, Any]], None]) -> None:
    typed = {name: st.session_state[f"new_{name}"] for name in ("name", "handle", "email", "role", "branch")}
    branch = typed.pop("branch")
    # The record names what it finds first; whoever left two fields empty is told of both.
    if not typed["name"].strip():
        tell_wrong(AccountRefused("name"))
    branch_id = None if branch == EVERY_BRANCH else branch
    on_add({**typed, "handle": typed["handle"].strip(), "branch_id": branch_id})


def tell_wrong(error: AccountRefused) -> None:
    """Say why somebody can't be added: at the field that is wrong, else at the top of the page."""
    field = error.because.removesuffix("_taken")
    name = f"{WRONG}_{field}" if field in ("name", "handle", "email") else REFUSED
    st.session_state[name] = refusals.sentence(error)


def _show_wrong(field: str) -> None:
    if said := st.session_state.pop(f"{WRONG}_{field}", None):
        st.markdown(f":red[⚠ {said}]")


def empty_form() -> None:
    """Empty the form for the next person; a browser keeps what nothing else is put in place of."""
    for name in ("name", "handle", "email"):
        st.session_state[f"new_{name}"] = ""
    st.session_state.update(new_role=next(iter(ROLES)), new_branch=EVERY_BRANCH)


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
