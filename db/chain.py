"""The chain: each row of a register, and each state of a right, under a seal that binds it to all that came before.

Triggers note every such row in `chain_pending`, so that no insertion can be forgotten; before its transaction commits,
`open_session` has them linked here. The seal of a link is HMAC-SHA256 under a key that lies outside the record, over
the link's number, what it is about, when, the seal before it, and the exact text of the row.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from db import audit, batch_digests, chain_key, chain_rows, chain_states, unreadable
from db.engine import DatabaseUnavailable
from db.tables import EPOCH, MICROSECOND

VERSION = 1
# Any number will do, as long as every writer takes the same, and none but the chain takes it.
CHAIN_LOCK = 7_226_002
BRANCHES_PER_LINK = 500

FROM_OUTSIDE = "loam_pending_from_outside"
"""Under this name a session holds the number of the last row that was noted before it began."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: whoever knows it from elsewhere can tell whether the chain was cut or sealed anew."""

    sequence: int
    mac: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.mac}"


NO_LINK = Head(0, "")


def seal(key: bytes, head: Head, subject: str, row_key: str, told: str, recorded_at: int) -> str:
    """The seal of the link that follows a head.

    Args:
        key: the chain's.
        head: the link before.
        subject: the table that it is about.
        row_key: of the row, or of the first and last of several.
        told: the text.
        recorded_at: whole microseconds since 1970-01-01 UTC.
    """
    message = audit.canonical([VERSION, head.sequence + 1, subject, row_key, recorded_at, head.mac, told])
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def newest_head(session: Session) -> Head:
    """The last link of the chain; number 0 where there is none."""
    row = session.connection().exec_driver_sql(_HEAD).first()
    return NO_LINK if row is None else Head(row[0], row[1])


_HEAD = "SELECT sequence, mac FROM chain ORDER BY sequence DESC LIMIT 1"
_LAST = "SELECT sequence, mac, subject, row_key, text, recorded_at, previous FROM chain ORDER BY sequence DESC LIMIT 1"
_PENDING = "SELECT id, subject, row_key FROM chain_pending"
_LAST_PENDING = "SELECT max(id) FROM chain_pending"


def last_pending(session: Session) -> int | None:
    """The number of the last row that is noted and not linked. Before a transaction's own writes there is none."""
    found: int | None = session.connection().exec_driver_sql(_LAST_PENDING).scalar_one()
    return found


def key_for_writing(session: Session) -> tuple[bytes, Head]:
    """The key, made now where the chain has no link yet, and the head to go on from.

    Raises:
        DatabaseUnavailable: where the key is missing, or the last link does not bear its seal or cannot be read.
    """
    engine = session.connection().engine
    row = _last_link(session)
    try:
        key = chain_key.read(engine)
        if row is None:
            return key or chain_key.make(engine), NO_LINK
    except chain_key.KeyMissing as error:
        raise DatabaseUnavailable(f"{error} Nothing was changed.") from error
    if key is None:
        raise DatabaseUnavailable(missing_key(engine))
    sequence, mac, subject, row_key, told, recorded_at, previous = row
    due = seal(key, Head(sequence - 1, previous), subject, row_key, told, recorded_at)
    # Compared as bytes: of text it takes ASCII alone, and somebody else may have written this.
    if not hmac.compare_digest(due.encode(), mac.encode()):
        raise DatabaseUnavailable(
            f"Link {sequence} of the record's chain does not bear the seal of this key. Nothing was changed; "
            "`python loam.py verify` says more."
        )
    return key, Head(sequence, mac)


def _last_link(session: Session) -> Any:  # noqa: ANN401  (a row, or None)
    """The newest link.

    Raises:
        DatabaseUnavailable: where it holds something that cannot be read, which is not told.
    """
    try:
        return session.connection().exec_driver_sql(_LAST).first()
    except unreadable.FAULTS as error:
        if not unreadable.is_fault_of_content(error):
            raise
        raise DatabaseUnavailable(
            "The newest link of the record's chain holds something that cannot be read. Nothing was changed; "
            "`python loam.py verify` says more."
        ) from error


def missing_key(engine: Any) -> str:  # noqa: ANN401  (an engine; its address alone is read)
    """What to say where links exist and their key does not."""
    return (
        f"The key of the record is missing: {chain_key.file_of(engine)} is not there, and {chain_key.SETTING} is not "
        "set. Nothing was changed; put the key back."
    )


def can_link(session: Session) -> bool:
    """Whether the key is there and fits the last link."""
    try:
        key_for_writing(session)
    except DatabaseUnavailable:
        return False
    return True


def link_pending(session: Session, *, upgrading: bool = False) -> None:
    """Link the rows that this transaction has written. Costs one small query where there are none.

    Args:
        session: in a writing transaction, at its end.
        upgrading: whether the tables themselves have changed, and rows that were there before get their first link.

    Raises:
        DatabaseUnavailable: as `key_for_writing` does, and where a right was altered past the desk before.
    """
    session.flush()
    connection = session.connection()
    own = connection.exec_driver_sql(f"{_PENDING} {_own(session)} ORDER BY id").all()
    if not own:
        return
    if connection.dialect.name == "postgresql":
        # Taken last, so that nobody waits for a long import; what others linked meanwhile is seen after it.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})")
    key, head = key_for_writing(session)
    by_subject: dict[str, list[str]] = {}
    # A row that changed twice is linked once, as it stands now.
    for subject, row_key in dict.fromkeys((row[1], row[2]) for row in own):
        by_subject.setdefault(subject, []).append(row_key)
    if not upgrading:
        chain_states.require_sealed(session, by_subject)
    _append(session, key, head, _texts(session, by_subject))
    connection.exec_driver_sql(f"DELETE FROM chain_pending {_own(session)}")


def _own(session: Session) -> str:
    """Which notes are of this very transaction.

    On PostgreSQL others may commit meanwhile, so that the number of a note does not tell whose it is.

    Which transaction wrote a row PostgreSQL itself keeps beside it, where nobody can write it.
    """
    if session.connection().dialect.name == "postgresql":
        return "WHERE xmin = pg_current_xact_id()::xid"
    return f"WHERE id > {session.info.get(FROM_OUTSIDE) or 0}"


def _append(session: Session, key: bytes, head: Head, told: Iterable[tuple[str, str, str]]) -> None:
    now = (datetime.now(UTC) - EPOCH) // MICROSECOND
    links = []
    for subject, row_key, body in told:
        mac = seal(key, head, subject, row_key, body, now)
        links.append(
            {"sequence": head.sequence + 1, "subject": subject, "row_key": row_key, "told": body,
             "previous": head.mac, "mac": mac, "recorded_at": now}
        )  # fmt: skip
        head = Head(head.sequence + 1, mac)
    session.execute(_INSERT, links)


_INSERT = text(
    "INSERT INTO chain (sequence, subject, row_key, text, previous, mac, recorded_at) "
    "VALUES (:sequence, :subject, :row_key, :told, :previous, :mac, :recorded_at)"
)


def _texts(session: Session, by_subject: dict[str, list[str]]) -> Iterable[tuple[str, str, str]]:
    """Subject, key and text of each link that is due."""
    for subject, keys in by_subject.items():
        rows = chain_rows.read(session, subject, keys)
        if subject == "shop_branches":
            yield from _branches_of_shops(keys, rows)
            continue
        salted = _salt_people(session, rows) if subject == "people" else {}
        brought = _digests(session, [int(key) for key in keys]) if subject == "import_batches" else {}
        for row_key in keys:
            if row_key not in rows:
                yield subject, row_key, audit.canonical({"state": chain_rows.GONE})
                continue
            told = chain_rows.facts_of(rows[row_key], subject)
            if subject == "people":
                told["personal"] = salted[row_key]
            if subject == "import_batches":
                told["rows"] = brought.get(int(row_key), {})
            yield subject, row_key, audit.canonical(told)


def _branches_of_shops(keys: list[str], rows: dict[str, dict[str, Any]]) -> Iterable[tuple[str, str, str]]:
    """An import brings thousands of shops, so that a link holds the branches of many; None where one is gone."""
    for start in range(0, len(keys), BRANCHES_PER_LINK):
        part = keys[start : start + BRANCHES_PER_LINK]
        told = {key: rows[key]["branch_id"] if key in rows else None for key in part}
        yield "shop_branches", f"{part[0]}-{part[-1]}", audit.canonical(told)


def _salt_people(session: Session, rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    """What stands for the personal data of each person: a digest under a fresh salt, or that it was erased."""
    known = {key: row for key, row in rows.items() if not chain_rows.is_erased("people", row)}
    return dict.fromkeys(rows, chain_rows.ERASED) | chain_rows.salt_anew(session, "people", known.items())


def _digests(session: Session, batches: list[int]) -> dict[int, batch_digests.Digests]:
    shops = session.info.pop(batch_digests.SHOPS, {})
    if all(batch in shops for batch in batches):
        return {batch: batch_digests.of_batch(session, batch, shops[batch]) for batch in batches}
    batch_digests.salt_shops(session)
    return batch_digests.of_all(session)
