"""Which browser belongs to whom, and until when. Only the hash of a browser's token is kept.

Demo people stay until they sign out. Everybody else is out after a while without a click, and after a working day in
any case; both are worked out when somebody asks, so that nothing has to run for it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update
from sqlmodel import Session

from db import audit, people, token_seals
from db.tables import SignIn, table_of

sign_ins = table_of(SignIn)
rows_of_people = people.people

COOKIE = "loam_sign_in"

# Being there is written down this often, and not at each click.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a sign-in lasts, and whether demo people may have one."""

    idle_minutes: int = 30
    hours: int = 8
    demo: bool | None = None
    """None: as long as nobody but the demo people has an account."""


@dataclass(frozen=True, slots=True)
class OpenSignIn:
    """One browser in which somebody is signed in."""

    key: str
    """The hash of its token, which gives nobody the token."""
    signed_in_at: datetime
    seen_at: datetime


USUAL = Limits()


def hash_of(token: str) -> str:
    """What is kept of a token; it is long and random, so a plain hash tells nothing of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(session: Session, person_id: int, *, by: str | None = None) -> str:
    """Record a sign-in and return the browser's new token.

    Args:
        session: in a writing transaction.
        person_id: who has been let in.
        by: what they showed, for the register: "passphrase", "single sign-on"; None for demo people.
    """
    token = secrets.token_urlsafe(32)
    token_hash, now = hash_of(token), datetime.now(UTC)
    seal = token_seals.seal_now(session, "sign_ins", token_hash, person_id, now)
    session.execute(
        insert(sign_ins).values(
            token_hash=token_hash, person_id=person_id, signed_in_at=now, last_seen_at=now, seal=seal
        )
    )
    audit.record(session, person_id, "sign in", "people", person_id, {"by": by} if by else {})
    return token


def sign_out(session: Session, token: str) -> None:
    """End the sign-in of a token; an unknown one is left alone."""
    session.execute(
        update(sign_ins)
        .where(sign_ins.c.token_hash == hash_of(token), sign_ins.c.ended_at.is_(None))
        .values(ended_at=datetime.now(UTC))
    )


def signed_in(session: Session, token: str | None, limits: Limits = USUAL) -> people.Person | None:
    """The enabled person whose browser has this token, unless it was signed out or its time is up.

    A row that the desk did not write, which its seal shows, lets nobody in.
    """
    row = _row(session, token)
    if row is None or _is_over(row, limits):
        return None
    if row.demo and not demo_is_on(session, limits):
        return None
    return people.person_of(row)


def is_timed_out(session: Session, token: str | None, limits: Limits = USUAL) -> bool:
    """Whether a browser is out for no other reason than that its time is up."""
    row = _row(session, token)
    return row is not None and _is_over(row, limits)


def demo_is_on(session: Session, limits: Limits) -> bool:
    """Whether demo people may be signed in: as the setting says, else while nobody else has an account."""
    return not people.accounts_exist(session) if limits.demo is None else limits.demo


def note_presence(session: Session, token: str) -> None:
    """Write down that somebody has clicked just now; nothing is written within a minute of the last time."""
    now = datetime.now(UTC)
    session.execute(
        update(sign_ins)
        .where(
            sign_ins.c.token_hash == hash_of(token),
            sign_ins.c.ended_at.is_(None),
            func.coalesce(sign_ins.c.last_seen_at, sign_ins.c.signed_in_at) < now - SEEN_EVERY,
        )
        .values(last_seen_at=now)
    )


def open_of(session: Session, person_id: int, limits: Limits = USUAL) -> list[OpenSignIn]:
    """The browsers in which somebody is signed in, the newest first."""
    chosen = _WITH_PERSON.where(rows_of_people.c.id == person_id).order_by(sign_ins.c.signed_in_at.desc())
    return [
        OpenSignIn(row.token_hash, row.signed_in_at, row.last_seen_at or row.signed_in_at)
        for row in session.execute(chosen)
        if not _is_over(row, limits)
    ]


def end_one(session: Session, person_id: int, key: str) -> bool:
    """End one of a person's own sign-ins; False where it is over already, or somebody else's."""
    ended = session.execute(
        update(sign_ins)
        .where(sign_ins.c.token_hash == key, sign_ins.c.person_id == person_id, sign_ins.c.ended_at.is_(None))
        .values(ended_at=datetime.now(UTC))
        .returning(sign_ins.c.token_hash)
    ).all()
    if ended:
        audit.record(session, person_id, "sign out", "people", person_id, {"from": "another browser"})
    return bool(ended)


def end_all(session: Session, person_id: int, *, actor_id: int | None, but_token: str | None = None) -> int:
    """End every sign-in of a person, or all but one, and say so in the register.

    Args:
        session: in a writing transaction.
        person_id: whose.
        actor_id: who ends them; None for the desk itself.
        but_token: the browser that stays signed in.

    Returns:
        How many were ended; the browsers whose time was up are among them.
    """
    kept = hash_of(but_token) if but_token else ""
    ended = session.execute(
        update(sign_ins)
        .where(sign_ins.c.person_id == person_id, sign_ins.c.ended_at.is_(None), sign_ins.c.token_hash != kept)
        .values(ended_at=datetime.now(UTC))
        .returning(sign_ins.c.token_hash)
    ).all()
    audit.record(session, actor_id, "sign out everywhere", "people", person_id, {"sign_ins": len(ended)})
    return len(ended)


_WITH_PERSON = (
    select(
        *people.PERSON,
        sign_ins.c.token_hash,
        sign_ins.c.person_id,
        sign_ins.c.signed_in_at,
        sign_ins.c.last_seen_at,
        sign_ins.c.seal,
    )
    .join_from(sign_ins, rows_of_people, sign_ins.c.person_id == rows_of_people.c.id)
    .where(sign_ins.c.ended_at.is_(None), rows_of_people.c.enabled == 1)
)
# Asked three times in a run of Review; building it takes longer than running it.
_SIGNED_IN = _WITH_PERSON.where(sign_ins.c.token_hash == bindparam("token_hash"))


def _row(session: Session, token: str | None) -> Row[Any] | None:
    row = session.execute(_SIGNED_IN, {"token_hash": hash_of(token)}).first() if token else None
    return row if row is not None and token_seals.bears_seal(session, "sign_ins", row) else None


def _is_over(row: Row[Any], limits: Limits) -> bool:
    """Whether a sign-in has been idle for too long, or has lasted too long."""
    if row.demo:
        return False
    now = datetime.now(UTC)
    idle = now - (row.last_seen_at or row.signed_in_at)
    return bool(
        idle >= timedelta(minutes=limits.idle_minutes) or now - row.signed_in_at >= timedelta(hours=limits.hours)
    )
