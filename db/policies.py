"""The versions of the lending policy: proposed by one person, put in force by another; each decision names its own.

Whatever is in force, two people wanted it now: a version is approved once, and an earlier one comes back by being
proposed anew under the next number.
"""

import functools
import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, insert, select
from sqlmodel import Session

from db import audit, people, turns
from db.tables import Person, PolicyApproval, PolicyVersion, table_of
from db.turns import Turn
from lending import policy
from lending.errors import PolicyRefused
from lending.policy_changes import changes

versions = table_of(PolicyVersion)
approvals = table_of(PolicyApproval)
persons = table_of(Person)

# Built once: putting it together takes longer than running it.
_IN_FORCE = (
    select(versions.c.body)
    .join_from(approvals, versions, versions.c.version == approvals.c.version)
    .order_by(approvals.c.id.desc())
    .limit(1)
)
SEEDED = "The policy that Loam comes with."
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Approval:
    """Who put a version in force, when and why; the name is None for the desk itself."""

    person_name: str | None
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version on record; the name is None for the one that Loam comes with."""

    policy: policy.Policy
    maker_id: int | None
    maker_name: str | None
    proposed_at: datetime
    approvals: tuple[Approval, ...]
    """Oldest first; none for a version that only waits."""
    in_force: bool


def seed(session: Session) -> None:
    """Put the first policy in force where none is."""
    if session.execute(select(versions.c.version).limit(1)).first() is None:
        loaded = _keep(session, policy.FIRST_POLICY.read_text(encoding="utf-8"), None)
        _approve(session, loaded.version, None, None, SEEDED)


def propose(session: Session, body: str, person_id: int) -> policy.Policy:
    """Keep a version of the policy that waits for a second person.

    Raises:
        NotAllowed: where the person may not propose one.
        lending.policy.BrokenPolicy: where the text is not a policy.
        PolicyRefused: where its number is not the next one.
    """
    people.require(session, person_id, "propose policy")
    loaded = policy.load(body)
    number = _next_number(session)
    if loaded.version != number:
        raise PolicyRefused("number", number)
    before = in_force(session)
    _keep(session, body, person_id)
    members = [each.member for each in changes(before, loaded)]
    audit.record(session, person_id, "propose policy", "policy_versions", loaded.version, {"members": members})
    return loaded


def propose_again(session: Session, version: int, person_id: int) -> policy.Policy:
    """Keep what an earlier version says under the next number, where it waits for a second person.

    Raises:
        NotAllowed: where the person may not propose one.
        lending.policy.BrokenPolicy: where its text is no policy any more.
        PolicyRefused: where there is no such version, or it is in force.
    """
    people.require(session, person_id, "propose policy")
    body = session.execute(select(versions.c.body).where(versions.c.version == version)).scalar_one_or_none()
    if body is None:
        raise PolicyRefused("unknown", version)
    if in_force(session).version == version:
        raise PolicyRefused("in_force", version)
    return propose(session, json.dumps(json.loads(body) | {"version": _next_number(session)}), person_id)


def approve(
    session: Session, version: int, person_id: int, note: str, *, instead_of: int | None = None
) -> policy.Policy:
    """Put a version that waits in force from now on.

    Args:
        session: open for writing.
        version: its number.
        person_id: who approves it.
        note: why, for whoever asks later.
        instead_of: the version in force whose differences from this one the person has read; None where it doesn't
            matter.

    Raises:
        NotAllowed: where the person may not approve one.
        PolicyRefused: where there is no such version, it is in force or was once, a later one is in force, another one
            came into force than the person has read, the note is missing or too long, or the person proposed it.
    """
    people.require(session, person_id, "approve policy")
    turns.take(session, Turn.POLICY)
    row = session.execute(select(versions).where(versions.c.version == version)).first()
    if row is None:
        raise PolicyRefused("unknown", version)
    if row.person_id == person_id:
        raise PolicyRefused("own", version)
    if not note.strip():
        raise PolicyRefused("note", version)
    if len(note) > LONGEST_NOTE:
        raise PolicyRefused("long", version)
    before = in_force(session).version
    if before == version:
        raise PolicyRefused("in_force", version)
    if session.execute(select(approvals.c.id).where(approvals.c.version == version).limit(1)).first() is not None:
        raise PolicyRefused("approved", version)
    if version < before:
        raise PolicyRefused("older", version)
    if instead_of not in {None, before}:
        raise PolicyRefused("moved", before)
    _approve(session, version, row.person_id, person_id, note.strip())
    audit.record(
        session, person_id, "approve policy", "policy_versions", version,
        {"maker_id": row.person_id, "instead_of": before, "note": note.strip()},
    )  # fmt: skip
    return _loaded(row.body)


def _next_number(session: Session) -> int:
    newest: int = session.execute(select(func.max(versions.c.version))).scalar_one()
    return newest + 1


def _keep(session: Session, body: str, person_id: int | None) -> policy.Policy:
    loaded = policy.load(body)
    session.execute(
        insert(versions).values(
            version=loaded.version, body=policy.canonical(body), recorded_at=datetime.now(UTC), person_id=person_id
        )
    )
    return loaded


def _approve(session: Session, version: int, maker_id: int | None, person_id: int | None, note: str) -> None:
    session.execute(
        insert(approvals).values(
            version=version, maker_id=maker_id, person_id=person_id, note=note, recorded_at=datetime.now(UTC)
        )
    )


def in_force(session: Session) -> policy.Policy:
    """The policy in force."""
    return _loaded(session.execute(_IN_FORCE).scalar_one())


def of_versions(session: Session, numbers: Collection[int]) -> dict[int, policy.Policy]:
    """Some versions by their numbers."""
    found = session.execute(select(versions.c.version, versions.c.body).where(versions.c.version.in_(numbers)))
    return {row.version: _loaded(row.body) for row in found}


def all_versions(session: Session) -> list[Version]:
    """Every version with who proposed and who approved it, the newest first."""
    approved: dict[int, list[Approval]] = defaultdict(list)
    newest = None
    found = (
        select(approvals, persons.c.name)
        .outerjoin_from(approvals, persons, persons.c.id == approvals.c.person_id)
        .order_by(approvals.c.id)
    )
    for row in session.execute(found):
        approved[row.version].append(Approval(row.name, row.recorded_at, row.note))
        newest = row.version
    made = (
        select(versions, persons.c.name)
        .outerjoin_from(versions, persons, persons.c.id == versions.c.person_id)
        .order_by(versions.c.version.desc())
    )
    return [
        Version(
            _loaded(row.body), row.person_id, row.name, row.recorded_at, tuple(approved[row.version]),
            row.version == newest,
        )
        for row in session.execute(made)
    ]  # fmt: skip


@functools.lru_cache(maxsize=64)
def _loaded(body: str) -> policy.Policy:
    return policy.load(body)
