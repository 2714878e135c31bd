"""Who works at the desk, and what each role may do."""

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlmodel import Session

from db.tables import Person as PersonRow
from db.tables import table_of
from lending.errors import NotAllowed

people = table_of(PersonRow)

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
        "audit",
    ),
    "administrator": ("imports", "people", "audit"),
}

# What each role may write.
RIGHTS_OF_ROLE = {
    "officer": frozenset({"decide", "score", "import", "book", "keep contact"}),
    "manager": frozenset({"decide", "score", "import", "model", "approve model", "book", "keep contact"}),
    "auditor": frozenset[str](),
    "administrator": frozenset({"import", "model", "keep people"}),
}

# Plainly made-up people for the demo.
DEMO_PEOPLE = (
    ("officer", "Olive Officer", "officer"),
    ("second", "Sandy Second", "officer"),
    ("manager", "Morgan Manager", "manager"),
    ("auditor", "Audrey Auditor", "auditor"),
    ("administrator", "Addison Administrator", "administrator"),
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


def person_of(row: object) -> Person:
    """The person of a row of the table."""
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
    return [person_of(row) for row in session.execute(chosen)]


def accounts_exist(session: Session) -> bool:
    """Whether anybody other than the demo people may sign in."""
    return session.execute(select(people.c.id).where(people.c.demo == 0).limit(1)).first() is not None


def by_handle(session: Session, handle: str) -> Person | None:
    """The enabled person with this handle."""
    row = session.execute(select(people).where(people.c.handle == handle, people.c.enabled == 1)).first()
    return None if row is None else person_of(row)


def require(session: Session, person_id: int, right: str) -> Person:
    """Read a person's role again inside the caller's transaction, and refuse what it does not give.

    Raises:
        NotAllowed: where the person is unknown, no longer enabled, or lacks the right.
    """
    row = session.execute(select(people).where(people.c.id == person_id)).first()
    if row is None or not row.enabled:
        raise NotAllowed("disabled")
    person = person_of(row)
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
    person = person_of(row)
    if page not in person.pages:
        raise NotAllowed("role", person.role)
    return person
