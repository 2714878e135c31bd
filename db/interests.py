"""Who stands too close to a shop to decide about it: as its owner or family, or because they brought it in.

Rows are only ever added. An interest holds until somebody else has found that it is over.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, or_, select
from sqlmodel import Session

from db import audit, people
from db.tables import INTEREST_KINDS, Application, Interest, InterestEnd, Person, Shop, table_of
from lending.errors import InterestRefused, NotAllowed

interests = table_of(Interest)
ends = table_of(InterestEnd)
shops = table_of(Shop)
applications = table_of(Application)
persons = table_of(Person)
noters = table_of(Person).alias("noters")

BECAUSE = {"own": "own_file", "referred": "own_referral"}
RIGHT = "keep interests"
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Known:
    """An interest that holds."""

    id: int
    person_id: int
    person_name: str
    kind: str
    """own or referred."""
    note: str
    noted_by: str
    at: datetime


def _holds() -> ColumnElement[bool]:
    return interests.c.id.not_in(select(ends.c.interest_id))


def _meets(shop: Any = shops) -> ColumnElement[bool]:  # noqa: ANN401  (a table or its alias)
    """Whether an interest is in a shop: of one's own, in every shop of the same owner."""
    own_shop = shops.alias("own_shop")
    owner_now = select(own_shop.c.owner_ref).where(own_shop.c.id == interests.c.shop_id).scalar_subquery()
    same_owner = or_(shop.c.owner_ref == interests.c.owner_ref, shop.c.owner_ref == owner_now)
    return or_(interests.c.shop_id == shop.c.id, and_(interests.c.kind == "own", same_owner))


# Built once: putting them together takes longer than running them.
_KINDS_OF = (
    select(interests.c.kind)
    .join_from(interests, shops, _meets())
    .where(interests.c.person_id == bindparam("person"), shops.c.id == bindparam("shop"), _holds())
    .order_by(interests.c.kind)
)
_BARRED = (
    select(shops.c.id, func.min(interests.c.kind).label("kind"))
    .join_from(interests, shops, _meets())
    .where(interests.c.person_id == bindparam("person"), _holds())
    .group_by(shops.c.id)
)
_OF_SHOP = (
    select(interests, persons.c.name, noters.c.name.label("noter"))
    .join_from(interests, shops, _meets())
    .join(persons, persons.c.id == interests.c.person_id)
    .join(noters, noters.c.id == interests.c.noted_by)
    .where(shops.c.id == bindparam("shop"), _holds())
    .order_by(interests.c.id)
)


def declare(session: Session, shop_id: int, *, kind: str, note: str, person_id: int, about: int | None = None) -> None:
    """Note that somebody stands close to a shop.

    Args:
        session: a transaction that writes.
        shop_id: the shop.
        kind: own (theirs or their family's) or referred (they brought it in).
        note: what there is to say; may be empty about oneself.
        person_id: who says so.
        about: of whom; oneself with None.

    Raises:
        NotAllowed: where the person is no longer enabled, or may not say so of somebody else.
        InterestRefused: for an unknown shop, person or kind, for what holds already, and for a missing or long note.
    """
    about = person_id if about is None else about
    if about == person_id:
        # Whoever knows a shop of another branch says so too.
        people.require_enabled(session, person_id, RIGHT)
    else:
        people.require(session, person_id, RIGHT, shop_id=shop_id)
    shop = session.execute(select(shops.c.owner_ref).where(shops.c.id == shop_id)).first()
    known = session.execute(select(persons.c.id).where(persons.c.id == about)).first()
    if shop is None or known is None or kind not in INTEREST_KINDS:
        raise InterestRefused("unknown")
    _check_note(note, needed=about != person_id)
    if kind in session.execute(_KINDS_OF, {"person": about, "shop": shop_id}).scalars().all():
        raise InterestRefused("known")
    number = session.execute(
        insert(interests)
        .values(
            person_id=about, kind=kind, shop_id=shop_id, owner_ref=shop.owner_ref if kind == "own" else None,
            note=note.strip(), noted_by=person_id, recorded_at=datetime.now(UTC),
        )
        .returning(interests.c.id)
    ).scalar_one()  # fmt: skip
    body = {"interest": number, "about": about, "kind": kind, "note": note.strip()}
    audit.record(session, person_id, "note interest", "shops", shop_id, body)


def end(session: Session, interest_id: int, *, note: str, person_id: int) -> None:
    """Note that an interest is over.

    Raises:
        NotAllowed: where the person may not.
        InterestRefused: where it is unknown, over already or the person's own, or the note is missing or long.
    """
    row = session.execute(select(interests).where(interests.c.id == interest_id)).first()
    people.require(session, person_id, RIGHT, shop_id=row.shop_id if row else None)
    if row is None:
        raise InterestRefused("unknown")
    if row.person_id == person_id:
        raise InterestRefused("own")
    _check_note(note, needed=True)
    if session.execute(select(ends.c.interest_id).where(ends.c.interest_id == interest_id)).first() is not None:
        raise InterestRefused("ended")
    now = datetime.now(UTC)
    session.execute(
        insert(ends).values(interest_id=interest_id, ended_by=person_id, note=note.strip(), recorded_at=now)
    )
    body = {"interest": interest_id, "about": row.person_id, "kind": row.kind, "note": note.strip()}
    audit.record(session, person_id, "end interest", "shops", row.shop_id, body)


def _check_note(note: str, *, needed: bool) -> None:
    if needed and not note.strip():
        raise InterestRefused("note")
    if len(note) > LONGEST_NOTE:
        raise InterestRefused("long")


def of_shop(session: Session, shop_id: int) -> list[Known]:
    """The interests in a shop that hold, the oldest first."""
    return [
        Known(row.id, row.person_id, row.name, row.kind, row.note, row.noter, row.recorded_at)
        for row in session.execute(_OF_SHOP, {"shop": shop_id})
    ]


def barred(session: Session, person_id: int) -> dict[int, str]:
    """The shops about which a person decides nothing, each with why: own_file or own_referral."""
    return {row.id: BECAUSE[row.kind] for row in session.execute(_BARRED, {"person": person_id})}


def barred_shops(person_id: int) -> Select[int]:
    """The same shops, for a list that leaves them out."""
    return select(shops.c.id).join_from(interests, shops, _meets()).where(interests.c.person_id == person_id, _holds())


def refuse(session: Session, person: people.Person, right: str, *, shop_id: int) -> None:
    """Raise NotAllowed, own_file or own_referral, where a person stands too close to a shop to use a right on it."""
    kind = session.execute(_KINDS_OF, {"person": person.id, "shop": shop_id}).scalars().first()
    if kind is not None:
        raise NotAllowed(BECAUSE[kind], person.role, person.id, right)


def refuse_file(session: Session, person: people.Person, application_id: int) -> None:
    """The same for the shop of an application."""
    shop_id = session.execute(_SHOP_OF, {"application": application_id}).scalar_one()
    refuse(session, person, "decide", shop_id=shop_id)


_SHOP_OF = select(applications.c.shop_id).where(applications.c.id == bindparam("application"))
