"""The list of people: who is added, which role and branch they have, and who may no longer come in.

Each write takes who asks, None for the command line, and reads their right again in its transaction. A new role or
branch holds at once, since every transaction reads it again; whoever is disabled is signed out everywhere.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlmodel import Session

from db import accounts, audit, people, sign_ins
from db.tables import ROLES, Branch, SetupLink, SignIn, table_of
from lending.errors import AccountRefused

rows_of_people = people.people
branches = table_of(Branch)
rows_of_sign_ins = table_of(SignIn)
links = table_of(SetupLink)

RIGHT = "keep people"
HANDLE = re.compile(r"[a-z][a-z0-9._-]{1,39}")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of the list."""

    id: int
    handle: str
    name: str
    role: str
    branch_id: int | None
    branch: str | None
    """None: sees the shops of every branch."""
    email: str | None
    enabled: bool
    demo: bool
    has_passphrase: bool
    link_until: datetime | None
    """Until when their newest link can be used, where one is open."""
    signed_in_at: datetime | None
    """When they last signed in."""
    locked_until: datetime | None


def everybody(session: Session) -> list[Entry]:
    """Everybody who has or had an account, in alphabetical order."""
    newest = (
        select(func.max(rows_of_sign_ins.c.signed_in_at))
        .where(rows_of_sign_ins.c.person_id == rows_of_people.c.id)
        .scalar_subquery()
    )
    link = (
        select(func.max(links.c.expires_at))
        .where(
            links.c.person_id == rows_of_people.c.id,
            links.c.used_at.is_(None),
            links.c.expires_at > datetime.now(UTC),
        )
        .scalar_subquery()
    )
    chosen = select(
        rows_of_people, branches.c.name.label("branch"), newest.label("signed_in_at"), link.label("link_until")
    ).outerjoin_from(rows_of_people, branches, rows_of_people.c.branch_id == branches.c.id)
    entries = [_entry(session, row) for row in session.execute(chosen).all()]
    return sorted(entries, key=lambda entry: (entry.name.casefold(), entry.id))


def by_handle(session: Session, handle: str) -> Entry | None:
    """The person with this handle, enabled or not."""
    return next((entry for entry in everybody(session) if entry.handle == handle), None)


def branch_names(session: Session) -> dict[int, str]:
    """The branches there are, by number."""
    rows = session.execute(select(branches.c.id, branches.c.name).order_by(branches.c.name))
    return {row.id: row.name for row in rows}


def add(
    session: Session,
    *,
    actor_id: int | None,
    handle: str,
    name: str,
    role: str,
    branch_id: int | None = None,
    email: str | None = None,
) -> int:
    """Add a person, who can't sign in before they have used a link or the organisation's own sign-in.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: where something about the person can't be kept, or somebody else has it.
    """
    _require(session, actor_id)
    name, email = " ".join(name.split()), people.folded_address((email or "").strip()) or None
    if not HANDLE.fullmatch(handle):
        raise AccountRefused("handle", handle)
    if not name or len(name) > LONGEST_NAME:
        raise AccountRefused("name", name)
    if email is not None and not EMAIL.fullmatch(email):
        raise AccountRefused("email", email)
    _refuse_unknown(session, role, branch_id)
    for column, value in (("handle", handle), ("email", email)):
        taken = select(rows_of_people.c.id).where(rows_of_people.c[column] == value)
        if value is not None and session.execute(taken).first() is not None:
            raise AccountRefused(f"{column}_taken", value)
    number: int = session.execute(
        insert(rows_of_people)
        .values(handle=handle, name=name, role=role, branch_id=branch_id, email=email, enabled=1, demo=0)
        .returning(rows_of_people.c.id)
    ).scalar_one()
    body = {"role": role, "branch_id": branch_id, "single_sign_on": email is not None}
    audit.record(session, actor_id, "person added", "people", number, body)
    return number


def set_rights(session: Session, person_id: int, *, actor_id: int | None, role: str, branch_id: int | None) -> bool:
    """Give a person another role or branch; False where both are as they were.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: for oneself, an unknown role or branch, or the last administrator.
    """
    row = _somebody_else(session, person_id, actor_id)
    _refuse_unknown(session, role, branch_id)
    if (row.role, row.branch_id) == (role, branch_id):
        return False
    if row.role == "administrator" and role != "administrator":
        _keep_an_administrator(session, row)
    session.execute(
        update(rows_of_people).where(rows_of_people.c.id == person_id).values(role=role, branch_id=branch_id)
    )
    body = {"role": role, "was": row.role, "branch_id": branch_id, "branch_was": row.branch_id}
    audit.record(session, actor_id, "rights changed", "people", person_id, body)
    return True


def disable(session: Session, person_id: int, *, actor_id: int | None) -> None:
    """Let a person in no longer, and end what is open.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: for oneself, or the last administrator.
    """
    row = _somebody_else(session, person_id, actor_id)
    if not row.enabled:
        return
    _keep_an_administrator(session, row)
    session.execute(update(rows_of_people).where(rows_of_people.c.id == person_id).values(enabled=0))
    audit.record(session, actor_id, "person disabled", "people", person_id, {})
    sign_ins.end_all(session, person_id, actor_id=actor_id)


def enable(session: Session, person_id: int, *, actor_id: int | None) -> None:
    """Let a person in again, with the passphrase that they had.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: for oneself, or nobody.
    """
    row = _somebody_else(session, person_id, actor_id)
    if not row.enabled:
        session.execute(update(rows_of_people).where(rows_of_people.c.id == person_id).values(enabled=1))
        audit.record(session, actor_id, "person enabled", "people", person_id, {})


def new_link(session: Session, person_id: int, *, actor_id: int | None) -> str:
    """The token of a new link by which a person chooses a passphrase.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: for nobody, or somebody who is disabled.
    """
    row = _somebody(session, person_id, actor_id)
    if not row.enabled:
        raise AccountRefused("disabled", row.name)
    return accounts.make_link(session, person_id, actor_id=actor_id)


def unlock(session: Session, person_id: int, *, actor_id: int | None) -> None:
    """Let a person try again before their lock ends.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: for nobody.
    """
    _somebody(session, person_id, actor_id)
    accounts.unlock(session, person_id, actor_id=actor_id)


def sign_out(session: Session, person_id: int, *, actor_id: int | None) -> int:
    """End every sign-in of a person, and return how many.

    Raises:
        NotAllowed: where the actor may not keep people.
        AccountRefused: for nobody.
    """
    _somebody(session, person_id, actor_id)
    return sign_ins.end_all(session, person_id, actor_id=actor_id)


def _entry(session: Session, row: Row[Any]) -> Entry:
    return Entry(
        id=row.id, handle=row.handle, name=row.name, role=row.role, branch_id=row.branch_id, branch=row.branch,
        email=row.email, enabled=bool(row.enabled), demo=bool(row.demo), has_passphrase=row.password_hash is not None,
        link_until=row.link_until, signed_in_at=row.signed_in_at,
        locked_until=None if row.demo else accounts.locked_until(session, row.handle),
    )  # fmt: skip


def _require(session: Session, actor_id: int | None) -> None:
    """Whoever stands at the machine itself may; demo people come in without a passphrase, so they give nobody one."""
    if actor_id is not None and people.require(session, actor_id, RIGHT).demo:
        raise AccountRefused("demo")


def _somebody(session: Session, person_id: int, actor_id: int | None) -> Row[Any]:
    _require(session, actor_id)
    row = session.execute(select(rows_of_people).where(rows_of_people.c.id == person_id)).first()
    if row is None or row.demo:
        raise AccountRefused("unknown")
    return row


def _somebody_else(session: Session, person_id: int, actor_id: int | None) -> Row[Any]:
    row = _somebody(session, person_id, actor_id)
    if person_id == actor_id:
        raise AccountRefused("self")
    return row


def _refuse_unknown(session: Session, role: str, branch_id: int | None) -> None:
    if role not in ROLES:
        raise AccountRefused("role", role)
    if branch_id is not None and branch_id not in branch_names(session):
        raise AccountRefused("branch")


def _keep_an_administrator(session: Session, row: Row[Any]) -> None:
    """Refuse to take the last enabled administrator away; the others are held until the transaction is over."""
    if row.role != "administrator":
        return
    chosen = select(rows_of_people.c.id).where(
        rows_of_people.c.role == "administrator", rows_of_people.c.enabled == 1, rows_of_people.c.demo == 0
    )
    if set(session.execute(chosen.with_for_update()).scalars()) <= {row.id}:
        raise AccountRefused("last_administrator", row.name)
