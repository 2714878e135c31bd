"""Who may sign in, what each role may do, and which browser belongs to whom."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session

from db import audit
from db.tables import Person as PersonRow
from db.tables import SignIn, table_of
from lending.errors import NotAllowed

people = table_of(PersonRow)
sign_ins = table_of(SignIn)

COOKIE = "loam_sign_in"

# What each role may open, first page first. A page that is not listed does not exist for the role.
PAGES_OF_ROLE = {
    "officer": ("queue", "review", "score", "shops", "loans", "collections", "imports"),
    "manager": (
        "portfolio",
        "applications",
        "queue",
        "review",
        "score",
        "shops",
        "loans",
        "collections",
        "imports",
        "policy",
        "audit",
    ),
    "auditor": (
        "queue",
        "review",
        "score",
        "shops",
        "loans",
        "collections",
        "portfolio",
        "applications",
        "imports",
        "policy",
        "audit",
    ),
    "administrator": ("imports", "audit"),
}

# What each role may write.
RIGHTS_OF_ROLE = {
    "officer": frozenset({"decide", "score", "import", "book", "keep contact"}),
    "manager": frozenset(
        {
            "decide",
            "score",
            "import",
            "model",
            "approve model",
            "book",
            "keep contact",
            "propose policy",
            "approve policy",
            "keep interests",
        }
    ),
    "auditor": frozenset[str](),
    "administrator": frozenset({"import", "model", "keep interests"}),
}

# Plainly made-up people for the demo.
DEMO_PEOPLE = (
    ("officer", "Olive Officer", "officer"),
    ("second", "Sandy Second", "officer"),
    ("manager", "Morgan Manager", "manager"),
    ("auditor", "Audrey Auditor", "auditor"),
    ("administrator", "Addison Administrator", "administrator"),
    # A policy takes two managers.
    ("deputy", "Denny Deputy", "manager"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, or whose name stands beside a record."""

    id: int
    handle: str
    name: str
    role: str
    demo: bool

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages that this person may open."""
        return PAGES_OF_ROLE[self.role]

    def may(self, right: str) -> bool:
        """Whether this person's role has a right."""
        return right in RIGHTS_OF_ROLE[self.role]


def _person(row: object) -> Person:
    return Person(row.id, row.handle, row.name, row.role, bool(row.demo))  # type: ignore[attr-defined]


def seed_demo_people(session: Session) -> None:
    """Add the demo people that are missing."""
    known = set(session.execute(select(people.c.handle)).scalars())
    for handle, name, role in DEMO_PEOPLE:
        if handle not in known:
            session.execute(insert(people).values(handle=handle, name=name, role=role, enabled=1, demo=1))


def demo_people(session: Session) -> list[Person]:
    """The demo people, in the order in which they were added."""
    chosen = select(people).where(people.c.demo == 1, people.c.enabled == 1).order_by(people.c.id)
    return [_person(row) for row in session.execute(chosen)]


def accounts_exist(session: Session) -> bool:
    """Whether anybody other than the demo people may sign in."""
    return session.execute(select(people.c.id).where(people.c.demo == 0).limit(1)).first() is not None


def by_handle(session: Session, handle: str) -> Person | None:
    """The enabled person with this handle."""
    row = session.execute(select(people).where(people.c.handle == handle, people.c.enabled == 1)).first()
    return None if row is None else _person(row)


def require_enabled(session: Session, person_id: int) -> Person:
    """Read a person again inside the caller's transaction, for what anybody at the desk may write.

    Raises:
        NotAllowed: where the person is unknown or no longer enabled.
    """
    row = session.execute(select(people).where(people.c.id == person_id)).first()
    if row is None or not row.enabled:
        raise NotAllowed("disabled")
    return _person(row)


def require(session: Session, person_id: int, right: str) -> Person:
    """Read a person's role again inside the caller's transaction, and refuse what it does not give.

    Raises:
        NotAllowed: where the person is unknown, no longer enabled, or lacks the right.
    """
    person = require_enabled(session, person_id)
    if not person.may(right):
        raise NotAllowed("role", person.role)
    return person


def require_page(session: Session, person_id: int, page: str) -> Person:
    """Read a person's role again inside the caller's transaction, and refuse a page that it does not open.

    Raises:
        NotAllowed: where the person is unknown, no longer enabled, or may not open the page.
    """
    row = session.execute(select(people).where(people.c.id == person_id)).first()
    if row is None or not row.enabled:
        raise NotAllowed("disabled")
    person = _person(row)
    if page not in person.pages:
        raise NotAllowed("role", person.role)
    return person


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(session: Session, person_id: int) -> str:
    """Record a sign-in and return the browser's token; only its hash is kept here."""
    token = secrets.token_urlsafe(32)
    session.execute(
        insert(sign_ins).values(token_hash=_hash(token), person_id=person_id, signed_in_at=datetime.now(UTC))
    )
    audit.record(session, person_id, "sign in", "people", person_id, {})
    return token


def sign_out(session: Session, token: str) -> None:
    """End the sign-in of a token; an unknown one is left alone."""
    session.execute(
        update(sign_ins)
        .where(sign_ins.c.token_hash == _hash(token), sign_ins.c.ended_at.is_(None))
        .values(ended_at=datetime.now(UTC))
    )


def signed_in(session: Session, token: str | None) -> Person | None:
    """The enabled person whose browser has this token, if it has not been signed out."""
    if not token:
        return None
    row = session.execute(_SIGNED_IN, {"token_hash": _hash(token)}).first()
    return None if row is None else _person(row)


# Asked three times in a run of Review; building it takes longer than running it.
_SIGNED_IN = (
    select(people)
    .join_from(sign_ins, people, sign_ins.c.person_id == people.c.id)
    .where(sign_ins.c.token_hash == bindparam("token_hash"), sign_ins.c.ended_at.is_(None), people.c.enabled == 1)
)
