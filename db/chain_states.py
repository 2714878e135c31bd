"""What stood there before a transaction: a right that was altered past the desk must not be sealed as if it were due.

A link of a right says how its row stands now. Before it is made, the state from which the row came is held against the
newest link; that state is read over a connection of its own, which sees only what is committed. Nothing that is in the
record itself, such as a note of the triggers, is trusted for it.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from db import audit, chain_rows, tables
from db.engine import DatabaseUnavailable, beside, open_session

LINKS_AT_ONCE = 100


def require_sealed(session: Session, by_subject: dict[str, list[str]]) -> None:
    """See that each right came from the state that its newest link tells; costs nothing where no right has changed.

    Args:
        session: the transaction, which holds the lock of the chain and the locks of the rows that it changed.
        by_subject: the keys of the rows that are about to be linked, by their table.

    Raises:
        DatabaseUnavailable: names the first row that was altered past the desk.
    """
    changed = {subject: keys for subject, keys in by_subject.items() if subject in tables.RIGHTS}
    if not changed:
        return
    with open_session(beside(session.connection().engine)) as before:
        for subject, keys in changed.items():
            altered = (
                _altered_branches(session, before, keys)
                if subject == "shop_branches"
                else _altered(session, before, subject, keys)
            )
            if altered is not None:
                raise DatabaseUnavailable(
                    f"Nothing was changed: {subject} {altered} was altered past the desk. "
                    "`python loam.py verify` says more."
                )


def _altered(session: Session, before: Session, subject: str, keys: Sequence[str]) -> str | None:
    """The first row whose state before is not that of its newest link."""
    rows = chain_rows.read(before, subject, keys)
    salts = chain_rows.salts(before, subject, keys) if subject == "people" else {}
    for key in keys:
        linked = session.connection().exec_driver_sql(_NEWEST[session.get_bind().dialect.name], (subject, key)).scalar()
        if key not in rows:
            fits = linked in (None, _GONE)
        else:
            told = chain_rows.facts_of(rows[key], subject)
            if subject == "people":
                told["personal"] = chain_rows.personal(rows[key], *salts.get(key, (None, "")))
            fits = linked == audit.canonical(told)
        if not fits:
            return key
    return None


_GONE = audit.canonical({"state": chain_rows.GONE})
_NEWEST = {
    name: f"SELECT text FROM chain WHERE subject = {mark} AND row_key = {mark} ORDER BY sequence DESC LIMIT 1"
    for name, mark in (("sqlite", "?"), ("postgresql", "%s"))
}


def _altered_branches(session: Session, before: Session, keys: Sequence[str]) -> str | None:
    """The first shop whose branch before is not that of its newest link; a shop that is new had none."""
    rows = chain_rows.read(before, "shop_branches", keys)
    linked = _newest_branches(session, set(rows))
    for key in keys:
        if key in rows and linked.get(key) != rows[key]["branch_id"]:
            return key
    return None


def _newest_branches(session: Session, keys: set[str]) -> dict[str, Any]:
    """The branch of each shop by its newest link, read from the end of the chain until all are found."""
    found: dict[str, Any] = {}
    if not keys:
        return found
    links = session.connection().exec_driver_sql(
        "SELECT text FROM chain WHERE subject = 'shop_branches' ORDER BY sequence DESC"
    )
    for part in links.partitions(LINKS_AT_ONCE):
        for (told,) in part:
            found = {key: value for key, value in json.loads(told).items() if key in keys} | found
        if len(found) == len(keys):
            break
    links.close()
    return found
