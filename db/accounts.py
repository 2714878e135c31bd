"""Signing in with a passphrase: the lock after too many failures, and the link by which a passphrase is chosen.

Whoever types a name gets the same answer after the same work, whether or not anybody has it: one line written and one
verification of argon2. The verification runs outside every transaction, so that no writer waits for it.

Nobody can make the register grow at will from outside: what fails while a name is locked, and unknown names beyond
MOST_UNKNOWN within WINDOW, stand in the log alone.
"""

import hashlib
import logging
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, text, update
from sqlmodel import Session

from db import audit, passphrases, people, sign_ins, token_seals
from db.engine import open_session
from db.tables import SetupLink, SignInFailure, table_of

log = logging.getLogger("loam")
rows_of_people = people.people
links = table_of(SetupLink)
failures = table_of(SignInFailure)

# So many failures within so long lock a name; anybody's failures together lock an address.
MOST_FAILURES = 5
MOST_FROM_ADDRESS = 50
# So many failures of names that nobody has are noted in the register within the same time, whoever they come from.
MOST_UNKNOWN = 50
WINDOW = timedelta(minutes=15)
# Older failures lock nothing; the register keeps those that it has.
KEPT_FOR = timedelta(days=1)

LINK_HOURS = 24
ATTEMPT_LOCK = 20_261_128
LONGEST_NAME_TYPED = 200


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt, written down as a failure before anything is checked, so that many at once count too."""

    handle_hash: str
    row: Row[Any] | None
    """Of the table of people; None where nobody has the name."""
    ids: tuple[int, ...]
    """The failures written down; none where the name or the address is locked."""

    @property
    def person_id(self) -> int | None:
        return None if self.row is None else self.row.id

    @property
    def open_to(self) -> str | None:
        """The hash to hold the passphrase against, where this person may sign in with one."""
        row = self.row
        return row.password_hash if row is not None and row.enabled and not row.demo and self.ids else None


def sign_in(engine: Engine, handle: str, passphrase: str, *, address: str | None) -> tuple[people.Person, str] | None:
    """Let somebody in with a passphrase, and return who it is with their browser's new token; None where it fails.

    Args:
        engine: the database.
        handle: the name as it was typed.
        passphrase: as it was typed.
        address: where it came from; None where failures from it are not to be counted together.
    """
    attempt = _begin(engine, handle, address)
    right = passphrases.verify(attempt.open_to, passphrase)
    outdated = right and passphrases.is_outdated(attempt.open_to or "")
    newer = passphrases.hashed(passphrase) if outdated else None
    with open_session(engine, write=True, even_read_only=True) as session:
        row = _same_as_before(session, attempt) if right else None
        if row is None:
            _note_failure(session, attempt)
            return None
        session.execute(delete(failures).where(failures.c.id.in_(attempt.ids)))
        if newer is not None:
            session.execute(update(rows_of_people).where(rows_of_people.c.id == row.id).values(password_hash=newer))
        return people.of_id(session, row.id), sign_ins.sign_in(session, row.id, by="passphrase")


def sign_in_by_address(session: Session, email: str | None, *, provider: str) -> tuple[people.Person, str] | None:
    """Let in whoever the organisation's own sign-in has verified; None where nobody enabled has the address.

    Args:
        session: in a writing transaction.
        email: the verified address; None where the provider has verified none.
        provider: the name under which it is configured, for the register.
    """
    with_address = rows_of_people.c.email == people.folded_address(email or ""), rows_of_people.c.demo == 0
    row = session.execute(select(rows_of_people).where(*with_address)).first() if email else None
    if row is None or not row.enabled:
        why = "no verified address" if email is None else "unknown address" if row is None else "disabled"
        body = {"because": why, "by": f"single sign-on ({provider})"}
        about = None if row is None else row.id
        if _is_to_be_noted(session, about, MOST_UNKNOWN if about is None else MOST_FAILURES):
            audit.record(session, None, "sign in failed", "people", about, body)
        else:
            log.warning("a failed single sign-on is not in the register: %s", why)
        return None
    return people.of_id(session, row.id), sign_ins.sign_in(session, row.id, by=f"single sign-on ({provider})")


def change_passphrase(engine: Engine, person_id: int, *, old: str, new: str, token: str) -> bool:
    """Give oneself another passphrase; every other browser is signed out.

    Returns:
        False where the old one is wrong, or was given wrong too often.

    Raises:
        PassphraseRefused: where the new one may not be used.
    """
    with open_session(engine) as session:
        row = _by_id(session, person_id)
    if row is None or row.demo:
        return False
    passphrases.check(new, about=_about(row))
    attempt = _begin(engine, row.handle, None)
    right = passphrases.verify(attempt.open_to, old)
    kept = passphrases.hashed(new)
    with open_session(engine, write=True) as session:
        if not right or _same_as_before(session, attempt) is None:
            _note_failure(session, attempt)
            return False
        session.execute(delete(failures).where(failures.c.id.in_(attempt.ids)))
        session.execute(update(rows_of_people).where(rows_of_people.c.id == person_id).values(password_hash=kept))
        audit.record(session, person_id, "passphrase changed", "people", person_id, {})
        sign_ins.end_all(session, person_id, actor_id=person_id, but_token=token)
    return True


def has_passphrase(session: Session, person_id: int) -> bool:
    """Whether somebody signs in with a passphrase, and not by the organisation's own sign-in alone."""
    row = _by_id(session, person_id)
    return row is not None and row.password_hash is not None


def make_link(session: Session, person_id: int, *, actor_id: int | None) -> str:
    """Make the token of a link by which somebody chooses a passphrase; any earlier link of theirs ends."""
    now = datetime.now(UTC)
    unused = links.c.person_id == person_id, links.c.used_at.is_(None), links.c.expires_at > now
    session.execute(update(links).where(*unused).values(expires_at=now))
    token = secrets.token_urlsafe(32)
    token_hash = sign_ins.hash_of(token)
    session.execute(
        insert(links).values(
            token_hash=token_hash, person_id=person_id, made_at=now, expires_at=now + timedelta(hours=LINK_HOURS),
            seal=token_seals.seal_now(session, "setup_links", token_hash, person_id, now),
        )
    )  # fmt: skip
    audit.record(session, actor_id, "set-up link made", "people", person_id, {"hours": LINK_HOURS})
    return token


def person_of_link(session: Session, token: str) -> people.Person | None:
    """Whose link this is, while it can be used."""
    row = _of_link(session, token)
    return None if row is None else people.of_id(session, row.id)


def use_link(engine: Engine, token: str, passphrase: str) -> bool:
    """Choose a passphrase by a link, once. Every browser of the person is signed out, and their lock is lifted.

    Returns:
        False where the link is unknown, used or too old.

    Raises:
        PassphraseRefused: where the passphrase may not be used; the link stays good.
    """
    with open_session(engine) as session:
        row = _of_link(session, token)
    if row is None:
        return False
    passphrases.check(passphrase, about=_about(row))
    kept = passphrases.hashed(passphrase)
    now = datetime.now(UTC)
    with open_session(engine, write=True) as session:
        good = links.c.token_hash == sign_ins.hash_of(token), links.c.used_at.is_(None), links.c.expires_at > now
        if not session.execute(update(links).where(*good).values(used_at=now).returning(links.c.person_id)).all():
            return False
        session.execute(update(rows_of_people).where(rows_of_people.c.id == row.id).values(password_hash=kept))
        session.execute(delete(failures).where(failures.c.handle_hash == hash_of_handle(row.handle)))
        audit.record(session, row.id, "set-up link used", "people", row.id, {})
        sign_ins.end_all(session, row.id, actor_id=row.id)
    return True


def unlock(session: Session, person_id: int, *, actor_id: int | None) -> None:
    """Let somebody try again at once; what failed stays in the register."""
    row = _by_id(session, person_id)
    if row is not None:
        session.execute(delete(failures).where(failures.c.handle_hash == hash_of_handle(row.handle)))
        audit.record(session, actor_id, "unlock", "people", person_id, {})


def locked_until(session: Session, handle: str) -> datetime | None:
    """Until when a name is locked; None where it is not."""
    times = _recent(session, hash_of_handle(handle))
    return times[-MOST_FAILURES] + WINDOW if len(times) >= MOST_FAILURES else None


def hash_of_handle(handle: str) -> str:
    """Under what the failures of a name are kept: whoever mistypes a passphrase as a name leaves no trace of it."""
    name = unicodedata.normalize("NFKC", handle[:LONGEST_NAME_TYPED]).strip().casefold()
    return hashlib.sha256(f"name {name}".encode()).hexdigest()


def _begin(engine: Engine, handle: str, address: str | None) -> _Attempt:
    """Write an attempt down as a failure, unless the name or the address is locked already."""
    name = hash_of_handle(handle)
    keys = [name] if address is None else [name, hashlib.sha256(f"address {address}".encode()).hexdigest()]
    now = datetime.now(UTC)
    with open_session(engine, write=True, even_read_only=True) as session:
        _one_after_the_other(session)
        session.execute(delete(failures).where(failures.c.failed_at < now - KEPT_FOR))
        most = dict(zip(keys, (MOST_FAILURES, MOST_FROM_ADDRESS), strict=False))
        locked = any(len(_recent(session, key)) >= most[key] for key in keys)
        ids = () if locked else tuple(_write_down(session, key, now) for key in keys)
        known = unicodedata.normalize("NFKC", handle[:LONGEST_NAME_TYPED]).strip().casefold()
        row = session.execute(select(rows_of_people).where(rows_of_people.c.handle == known)).first()
    return _Attempt(name, row, ids)


def _one_after_the_other(session: Session) -> None:
    """SQLite's writers come one by one; on PostgreSQL two attempts at once could both be the fifth."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ATTEMPT_LOCK})


def _is_to_be_noted(session: Session, about: int | None, most: int) -> bool:
    """Whether the register has room for one more failure of a person, or of whom nobody knows, within WINDOW."""
    _one_after_the_other(session)
    key = hashlib.sha256(f"noted {about}".encode()).hexdigest()
    if len(_recent(session, key)) >= most:
        return False
    _write_down(session, key, datetime.now(UTC))
    return True


def _write_down(session: Session, key: str, now: datetime) -> int:
    added = insert(failures).values(handle_hash=key, failed_at=now).returning(failures.c.id)
    number: int = session.execute(added).scalar_one()
    return number


def _recent(session: Session, key: str) -> list[datetime]:
    """The failures that count today, the oldest first."""
    chosen = (
        select(failures.c.failed_at)
        .where(failures.c.handle_hash == key, failures.c.failed_at > datetime.now(UTC) - WINDOW)
        .order_by(failures.c.failed_at)
    )
    return list(session.execute(chosen).scalars())


def _note_failure(session: Session, attempt: _Attempt) -> None:
    """Say in the register that somebody was turned away, and when that locks the name; never what was typed.

    A lock ends what the register is told of a name, so only unknown ones need a bound of their own.
    """
    about = attempt.person_id
    why = "locked" if not attempt.ids else "unknown name" if about is None else "wrong passphrase"
    if attempt.row is not None and not attempt.row.enabled:
        why = "disabled"
    if not attempt.ids or (about is None and not _is_to_be_noted(session, None, MOST_UNKNOWN)):
        log.warning("a failed sign-in is not in the register: %s, person %s", why, about)
        return
    audit.record(session, None, "sign in failed", "people", about, {"because": why})
    if len(_recent(session, attempt.handle_hash)) == MOST_FAILURES:
        minutes = int(WINDOW.total_seconds() // 60)
        audit.record(session, None, "lockout", "people", about, {"minutes": minutes})


def _same_as_before(session: Session, attempt: _Attempt) -> Row[Any] | None:
    """The person of an attempt, where nothing has changed while the passphrase was verified."""
    row = None if attempt.person_id is None else _by_id(session, attempt.person_id)
    return row if row is not None and row.enabled and row.password_hash == attempt.open_to else None


def _by_id(session: Session, person_id: int) -> Row[Any] | None:
    return session.execute(select(rows_of_people).where(rows_of_people.c.id == person_id)).first()


def _of_link(session: Session, token: str) -> Row[Any] | None:
    """The person of a link that can be used; of one that the desk did not make, nobody."""
    now = datetime.now(UTC)
    row = session.execute(
        select(rows_of_people, links.c.token_hash, links.c.person_id, links.c.made_at, links.c.seal)
        .join(links, links.c.person_id == rows_of_people.c.id)
        .where(
            links.c.token_hash == sign_ins.hash_of(token), links.c.used_at.is_(None),
            links.c.expires_at > now, links.c.made_at > now - timedelta(hours=LINK_HOURS),
            rows_of_people.c.enabled == 1, rows_of_people.c.demo == 0,
        )
    ).first()  # fmt: skip
    return row if row is not None and token_seals.bears_seal(session, "setup_links", row) else None


def _about(row: Row[Any]) -> tuple[str, ...]:
    return (row.handle, row.name, *((row.email.partition("@")[0],) if row.email else ()))
