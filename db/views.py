"""Views of a list that people keep under a name: its filters and its order, as they stand in the address.

Each person sees only their own, and only of pages that are open to them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete as delete_from
from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from db import people
from db.tables import SavedView as SavedViewRow
from db.tables import table_of
from lending.errors import ViewRefused

views = table_of(SavedViewRow)

LONGEST_NAME = 40
MOST_VIEWS = 20


@dataclass(frozen=True, slots=True)
class SavedView:
    """One view of one person."""

    id: int
    name: str
    query: str
    """What stands in the address behind the question mark."""


def of_person(session: Session, person_id: int, page: str) -> list[SavedView]:
    """The views that a person keeps of a page, in alphabetical order."""
    mine = views.c.person_id == person_id, views.c.page == page
    rows = session.execute(select(views.c.id, views.c.name, views.c.query).where(*mine))
    return sorted((SavedView(*row) for row in rows), key=lambda view: view.name.casefold())


def save(session: Session, *, person_id: int, page: str, name: str, query: str) -> int:
    """Keep a view under a name; one that has the name already is replaced.

    Returns:
        The number of the view.

    Raises:
        ViewRefused: for no name, too long a one, or where the person keeps as many views as there may be.
        NotAllowed: where the page is not open to the person.
    """
    people.require_page(session, person_id, page)
    name = _usable(name)
    kept = {"query": query, "saved_at": datetime.now(UTC)}
    standing = _named(session, person_id, page, name)
    if standing is not None:
        session.execute(update(views).where(views.c.id == standing).values(**kept))
        return standing
    mine = views.c.person_id == person_id, views.c.page == page
    if session.execute(select(func.count()).select_from(views).where(*mine)).scalar_one() >= MOST_VIEWS:
        raise ViewRefused("too_many", MOST_VIEWS)
    number: int = session.execute(
        insert(views).values(person_id=person_id, page=page, name=name, **kept).returning(views.c.id)
    ).scalar_one()
    return number


def rename(session: Session, view_id: int, *, person_id: int, page: str, name: str) -> None:
    """Give a person's view another name; one that is gone, or somebody else's, is left alone.

    Raises:
        ViewRefused: for no name, too long a one, or one that another view of theirs has.
        NotAllowed: where the page is not open to the person.
    """
    people.require_page(session, person_id, page)
    name = _usable(name)
    if _named(session, person_id, page, name) not in (None, view_id):
        raise ViewRefused("name_taken")
    session.execute(update(views).where(views.c.id == view_id, views.c.person_id == person_id).values(name=name))


def delete(session: Session, view_id: int, *, person_id: int) -> SavedView | None:
    """Delete a person's view and return it, so that it can be saved again; None where it is gone or not theirs.

    Raises:
        NotAllowed: where the person may not sign in any more.
    """
    people.require_enabled(session, person_id, "delete a view")
    theirs = views.c.id == view_id, views.c.person_id == person_id
    row = session.execute(delete_from(views).where(*theirs).returning(views.c.id, views.c.name, views.c.query)).first()
    return None if row is None else SavedView(*row)


def _usable(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise ViewRefused("name_missing")
    if len(words) > LONGEST_NAME:
        raise ViewRefused("name_long", LONGEST_NAME)
    return words


def _named(session: Session, person_id: int, page: str, name: str) -> int | None:
    this = views.c.person_id == person_id, views.c.page == page, views.c.name == name
    number: int | None = session.execute(select(views.c.id).where(*this)).scalar()
    return number
