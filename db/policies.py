"""The versions of the lending policy. The newest is in force; each decision names the one it was made under."""

import functools
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlmodel import Session

from db.tables import PolicyVersion, table_of
from lending import policy

versions = table_of(PolicyVersion)
_NEWEST = select(versions.c.body).order_by(versions.c.version.desc()).limit(1)


def seed(session: Session) -> None:
    """Put the first policy in force where none is."""
    if session.execute(select(versions.c.version).limit(1)).first() is None:
        record(session, policy.FIRST_POLICY.read_text(encoding="utf-8"))


def record(session: Session, body: str) -> policy.Policy:
    """Keep a policy under its version number; it is in force from now on.

    Raises:
        lending.policy.BrokenPolicy: where the text is not a policy.
    """
    loaded = policy.load(body)
    session.execute(
        insert(versions).values(version=loaded.version, body=policy.canonical(body), recorded_at=datetime.now(UTC))
    )
    return loaded


def in_force(session: Session) -> policy.Policy:
    """The policy in force."""
    return _loaded(session.execute(_NEWEST).scalar_one())


@functools.lru_cache(maxsize=4)
def _loaded(body: str) -> policy.Policy:
    return policy.load(body)
