"""Who holds which application: while somebody does, nobody else can decide it."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session

from db import audit, interests, people
from db.applications import lock, refuse_if_decided
from db.tables import Hold, Person, table_of
from lending.errors import HeldByAnother

holds = table_of(Hold)
holders = table_of(Person).alias("holders")

# Built once: putting it together takes longer than running it.
_HOLDER = (
    select(holds.c.person_id, holders.c.name, holds.c.taken_at)
    .join_from(holds, holders, holds.c.person_id == holders.c.id)
    .where(holds.c.application_id == bindparam("application"))
)


def take(session: Session, application_id: int, *, person_id: int) -> None:
    """Assign an application to a person; taking one's own again changes nothing.

    Raises:
        HeldByAnother: where somebody else holds it.
        AlreadyDecided: where it is decided.
        UnknownApplication: where no application has this number.
        NotAllowed: where the person may not decide, or stands too close to the shop.
    """
    person = people.require(session, person_id, "decide", application_id=application_id)
    lock(session, application_id)
    interests.refuse_file(session, person, application_id)
    refuse_if_decided(session, application_id)
    holder = held_by(session, application_id)
    if holder is not None:
        refuse_if_held_by_another(holder, person_id)
        return
    session.execute(
        insert(holds).values(application_id=application_id, person_id=person_id, taken_at=datetime.now(UTC))
    )
    audit.record(session, person_id, "take", "applications", application_id, {})


def release(session: Session, application_id: int, *, person_id: int) -> None:
    """Give an application back to the queue; a manager may do so for somebody else.

    Raises:
        HeldByAnother: where somebody else holds it and the person is no manager.
        NotAllowed: where the person may not decide.
    """
    person = people.require(session, person_id, "decide", application_id=application_id)
    holder = held_by(session, application_id)
    if holder is None:
        return
    if person.role != "manager":
        refuse_if_held_by_another(holder, person_id)
    session.execute(delete(holds).where(holds.c.application_id == application_id))
    audit.record(session, person_id, "release", "applications", application_id, {"holder_id": holder[0]})


def held_by(session: Session, application_id: int) -> tuple[int, str, datetime] | None:
    """Who holds an application: number, name, since when."""
    row = session.execute(_HOLDER, {"application": application_id}).first()
    return None if row is None else (row.person_id, row.name, row.taken_at)


def refuse_if_held_by_another(holder: tuple[int, str, datetime] | None, person_id: int) -> None:
    """Raise HeldByAnother where the holder is somebody else."""
    if holder is not None and holder[0] != person_id:
        raise HeldByAnother(holder[1], holder[2])
