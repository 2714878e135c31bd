"""Mappings of the columns of files that no reader knows, under the names by which people save them.

They are the whole desk's: a file of the same kind is read in the same way for every shop.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete as delete_from
from sqlalchemy import func, insert, select, update
from sqlmodel import Session

from db import audit, people
from db.tables import ColumnMapping, Person, table_of
from lending.errors import MappingRefused

mappings = table_of(ColumnMapping)
persons = table_of(Person)

RIGHT = "import"
LONGEST_NAME = 40
MOST_MAPPINGS = 100


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping as it stands on record."""

    id: int
    name: str
    body: str
    """JSON: ingest.mapping.Mapping."""
    saved_at: datetime
    person_name: str | None
    """Who saved it last."""


def every(session: Session) -> list[SavedMapping]:
    """All of them, in alphabetical order."""
    rows = session.execute(
        select(mappings.c.id, mappings.c.name, mappings.c.body, mappings.c.saved_at, persons.c.name)
        .select_from(mappings.outerjoin(persons, persons.c.id == mappings.c.person_id))
        .order_by(mappings.c.id)
    )
    return sorted((SavedMapping(*row) for row in rows), key=lambda each: each.name.casefold())


def usable_name(name: str) -> str:
    """A name as it is kept, with single blanks.

    Raises:
        MappingRefused: for none, one that is too long, or one with signs that cannot be seen.
    """
    words = " ".join(name.split())
    if not words:
        raise MappingRefused("name_missing")
    if len(words) > LONGEST_NAME:
        raise MappingRefused("name_long", LONGEST_NAME)
    if not words.isprintable():
        raise MappingRefused("name_unprintable")
    return words


def save(session: Session, name: str, body: str, *, person_id: int, replaces: bool = False) -> str:
    """Save a mapping under a name, and return the name as it is kept.

    Args:
        session: a transaction that writes.
        name: under which it is found again.
        body: JSON: ingest.mapping.Mapping.
        person_id: who saves it.
        replaces: whether it may take the place of another one of the name.

    Raises:
        MappingRefused: as `usable_name` says; "name_taken" for a name that another mapping has; "too_many".
        NotAllowed: where the person may not import.
    """
    people.require(session, person_id, RIGHT)
    name = usable_name(name)
    standing = session.execute(select(mappings.c.id, mappings.c.body).where(mappings.c.name == name)).first()
    kept = {"body": body, "person_id": person_id, "saved_at": datetime.now(UTC)}
    if standing is not None and standing.body == body:
        return name
    if standing is not None:
        if not replaces:
            raise MappingRefused("name_taken")
        session.execute(update(mappings).where(mappings.c.id == standing.id).values(**kept))
    else:
        if session.execute(select(func.count()).select_from(mappings)).scalar_one() >= MOST_MAPPINGS:
            raise MappingRefused("too_many", MOST_MAPPINGS)
        session.execute(insert(mappings).values(name=name, **kept))
    told = {"name": name, "mapping": body, "replaces": standing is not None}
    audit.record(session, person_id, "save mapping", "column_mappings", None, told)
    return name


def delete(session: Session, name: str, *, person_id: int) -> bool:
    """Delete a mapping; False where it is gone already. What was imported by it stays.

    Raises:
        NotAllowed: where the person may not import.
    """
    people.require(session, person_id, RIGHT)
    gone = session.execute(delete_from(mappings).where(mappings.c.name == name).returning(mappings.c.id)).first()
    if gone is not None:
        audit.record(session, person_id, "delete mapping", "column_mappings", None, {"name": name})
    return gone is not None
