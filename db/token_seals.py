"""The seal on a sign-in or a set-up link: whoever writes a row past the desk is not let in by it.

HMAC-SHA256 under the key of the chain, which lies outside the record, over what the row opens. It is checked at each
click without a further query. While nothing can be linked to the chain, as where its key is missing, a row gets an
empty seal; people then go on to sign in, and such a row opens nothing any more once the key is back.
"""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from db import audit, chain, chain_key
from db.engine import UNLINKED
from db.tables import EPOCH, MICROSECOND

TABLES = {"sign_ins": "signed_in_at", "setup_links": "made_at"}
"""Each table of tokens, with its column that says since when."""

NO_SEAL = ""


def seal(key: bytes, table: str, token_hash: str, person_id: int, since_us: int) -> str:
    """The seal of a row.

    Args:
        key: the chain's.
        table: one of `TABLES`.
        token_hash: of the browser's or the link's token.
        person_id: whom it lets in.
        since_us: since when, in whole microseconds since 1970-01-01 UTC.
    """
    told = audit.canonical([table, token_hash, person_id, since_us])
    return hmac.new(key, told.encode(), hashlib.sha256).hexdigest()


def seal_now(session: Session, table: str, token_hash: str, person_id: int, since: datetime) -> str:
    """The seal of a row that is about to be written; empty where nothing can be linked."""
    if session.info.get(UNLINKED):
        return NO_SEAL
    key, _ = chain.key_for_writing(session)
    return seal(key, table, token_hash, person_id, _microseconds(since))


def bears_seal(session: Session, table: str, row: Row[Any]) -> bool:
    """Whether the desk itself wrote a row with token_hash, person_id, seal and the time of `TABLES`.

    Without its key the desk is read-only and can't tell; it lets in whoever was in.
    """
    if row.seal is None:
        return False
    if row.seal == NO_SEAL:
        return not chain.can_link(session)
    try:
        key = chain_key.read(session.connection().engine)
    except chain_key.KeyMissing:
        key = None
    if key is None:
        return True
    since = _microseconds(getattr(row, TABLES[table]))
    # Compared as bytes: of text it takes ASCII alone, and somebody else may have written this.
    return hmac.compare_digest(seal(key, table, row.token_hash, row.person_id, since).encode(), row.seal.encode())


def open_rows(session: Session) -> Iterator[tuple[str, Row[Any]]]:
    """The rows that might let somebody in, with their table: token_hash, person_id, since (microseconds), seal."""
    for table, still_open in (("sign_ins", "ended_at IS NULL"), ("setup_links", "used_at IS NULL")):
        columns = f"token_hash, person_id, {TABLES[table]} AS since, seal"
        rows = session.connection().exec_driver_sql(f"SELECT {columns} FROM {table} WHERE {still_open}")
        yield from ((table, row) for row in rows)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND
