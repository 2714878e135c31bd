"""Who works at the desk, and what each role may do."""

import string
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, insert, select
from sqlmodel import Session

from db.scope import SEES
from db.tables import Application, Loan, ShopBranch, table_of
from db.tables import Person as PersonRow
from lending.errors import NotAllowed

people = table_of(PersonRow)
applications = table_of(Application)
loans = table_of(Loan)
shop_branches = table_of(ShopBranch)

# A person as the desk knows them; the columns of `Person`.
PERSON = (
    people.c.id, people.c.handle, people.c.name, people.c.role, people.c.demo, people.c.enabled, people.c.branch_id,
    SEES.label("sees"),
)  # fmt: skip

# What each role may open, first page first. A page that is not listed does not exist for the role.
PAGES_OF_ROLE = {
    "officer": ("queue", "review", "approvals", "score", "shops", "loans", "collections", "imports"),
    "manager": (
        "portfolio",
        "applications",
        "queue",
        "review",
        "approvals",
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
        "approvals",
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
    "administrator": ("imports", "people", "audit"),
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
    "administrator": frozenset({"import", "model", "keep branches", "keep people", "keep interests"}),
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
    branch_id: int | None = None
    """The branch whose shops this person works on; None for all."""
    sees: int | None = None
    """The part of the record that this person reads, for db.scope.engine_for."""

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages that this person may open."""
        return PAGES_OF_ROLE[self.role]

    def may(self, right: str) -> bool:
        """Whether this person's role has a right."""
        return right in RIGHTS_OF_ROLE[self.role]


def person_of(row: Row[Any]) -> Person:
    """The person of a row with the columns of `PERSON`."""
    return Person(row.id, row.handle, row.name, row.role, bool(row.demo), row.branch_id, row.sees)


def seed_demo_people(session: Session) -> None:
    """Add the demo people that are missing."""
    known = set(session.execute(select(people.c.handle)).scalars())
    for handle, name, role in DEMO_PEOPLE:
        if handle not in known:
            session.execute(insert(people).values(handle=handle, name=name, role=role, enabled=1, demo=1))


def demo_people(session: Session) -> list[Person]:
    """The demo people, in the order in which they were added."""
    chosen = select(*PERSON).where(people.c.demo == 1, people.c.enabled == 1).order_by(people.c.id)
    return [person_of(row) for row in session.execute(chosen)]


def folded_address(email: str) -> str:
    """An e-mail address as it is kept and compared: capital letters of ASCII as small ones, and all else as it is.

    Unicode's own folding would take straße for strasse, which is another domain and another owner's.
    """
    return email.translate(_SMALL_LETTERS)


_SMALL_LETTERS = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def accounts_exist(session: Session) -> bool:
    """Whether anybody other than the demo people may sign in."""
    return session.execute(select(people.c.id).where(people.c.demo == 0).limit(1)).first() is not None


def by_handle(session: Session, handle: str) -> Person | None:
    """The enabled person with this handle."""
    row = session.execute(select(*PERSON).where(people.c.handle == handle, people.c.enabled == 1)).first()
    return None if row is None else person_of(row)


def of_id(session: Session, person_id: int) -> Person:
    """The person of a number that is on record, whether enabled or not."""
    return person_of(session.execute(_OF_ID, {"id": person_id}).one())


def require(
    session: Session,
    person_id: int,
    right: str,
    *,
    shop_id: int | None = None,
    application_id: int | None = None,
    loan_id: int | None = None,
) -> Person:
    """Read a person again inside the caller's transaction, and refuse what their role and branch do not give.

    Args:
        session: the transaction that is about to write.
        person_id: who acts.
        right: one of RIGHTS_OF_ROLE.
        shop_id: the shop that is acted on, or
        application_id: the application of one, or
        loan_id: the loan of one; an unknown number is left to the caller, who says what is missing.

    Raises:
        NotAllowed: where the person is unknown, no longer enabled, lacks the right, or belongs to another branch.
    """
    person = require_enabled(session, person_id, right)
    if not person.may(right):
        raise NotAllowed("role", person.role, person_id, right)
    if person.branch_id is not None:
        of_shop = _branch_of(session, shop_id, application_id, loan_id)
        if of_shop not in (None, person.branch_id):
            raise NotAllowed("scope", person.role, person_id, right)
    return person


def require_page(session: Session, person_id: int, page: str) -> Person:
    """Read a person again inside the caller's transaction, and refuse a page that their role does not open.

    Raises:
        NotAllowed: where the person is unknown, no longer enabled, or may not open the page.
    """
    person = require_enabled(session, person_id, page)
    if page not in person.pages:
        raise NotAllowed("role", person.role, person_id, page)
    return person


def require_enabled(session: Session, person_id: int, right: str) -> Person:
    """Read a person again inside the caller's transaction, whatever their role; `right` is what they are about to do.

    Raises:
        NotAllowed: where the person is unknown or no longer enabled.
    """
    row = session.execute(_OF_ID, {"id": person_id}).first()
    if row is None or not row.enabled:
        raise NotAllowed("disabled", "", None if row is None else person_id, right)
    return person_of(row)


def _branch_of(session: Session, shop_id: int | None, application_id: int | None, loan_id: int | None) -> int | None:
    """The branch of whatever is named; None where nothing is, or it does not exist."""
    if shop_id is not None:
        found = session.execute(_BRANCH_OF_SHOP, {"id": shop_id})
    elif application_id is not None:
        found = session.execute(_BRANCH_OF_APPLICATION, {"id": application_id})
    elif loan_id is not None:
        found = session.execute(_BRANCH_OF_LOAN, {"id": loan_id})
    else:
        return None
    branch: int | None = found.scalar_one_or_none()
    return branch


_OF_ID = select(*PERSON).where(people.c.id == bindparam("id"))
_BRANCH_OF_SHOP = select(shop_branches.c.branch_id).where(shop_branches.c.shop_id == bindparam("id"))
_BRANCH_OF_APPLICATION = (
    select(shop_branches.c.branch_id)
    .join(applications, applications.c.shop_id == shop_branches.c.shop_id)
    .where(applications.c.id == bindparam("id"))
)
_BRANCH_OF_LOAN = (
    select(shop_branches.c.branch_id)
    .join(loans, loans.c.shop_id == shop_branches.c.shop_id)
    .where(loans.c.id == bindparam("id"))
)
