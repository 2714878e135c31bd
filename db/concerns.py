"""What a row that does not fit its chain is about, as an officer knows it: an application, a loan, a shop, a person."""

import json
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlmodel import Session

from db import people
from db.tables import Application, Loan, Shop, table_of

applications = table_of(Application)
loans = table_of(Loan)
shops = table_of(Shop)

_RECORDED = text("SELECT text FROM chain WHERE subject = :subject AND row_key = :key ORDER BY sequence DESC LIMIT 1")
_OF_PERSON = re.compile(r"of person (\d+)")


@dataclass(frozen=True, slots=True)
class Concern:
    """Whom a row is about; each None where it is about none, or about one that the reader does not see."""

    application_ref: str | None = None
    loan_ref: str | None = None
    shop_name: str | None = None
    person_name: str | None = None


def of(session: Session, table: str, key: str) -> Concern:
    """Whom a row is about, by what was recorded of it: the row itself may be gone, or say something else by now.

    Args:
        session: of the part of the record that the reader sees.
        table: in which the row stands, or stood.
        key: its key, as db.verification names it.
    """
    told = session.execute(_RECORDED, {"subject": table, "key": key}).scalar()
    facts = json.loads(told) if told else {}
    if table == "audit_events":
        facts = {_SINGULAR.get(str(facts.get("subject")), ""): facts.get("subject_id")}
    elif table in ("shops", "shop_branches") and key.isdigit():
        facts = {"shop_id": int(key)}
    elif table == "people" and key.isdigit():
        facts = {"person": int(key)}
    elif found := _OF_PERSON.fullmatch(key):
        facts = {"person": int(found[1])}
    return _named(session, facts)


_SINGULAR = {"applications": "application_id", "loans": "loan_id", "shops": "shop_id", "people": "person"}


def _named(session: Session, facts: dict[str, Any]) -> Concern:
    if number := facts.get("application_id"):
        row = session.execute(
            select(applications.c.application_ref, shops.c.name)
            .join_from(applications, shops, applications.c.shop_id == shops.c.id)
            .where(applications.c.id == number)
        ).first()
        return Concern() if row is None else Concern(application_ref=row.application_ref, shop_name=row.name)
    if number := facts.get("loan_id"):
        row = session.execute(
            select(loans.c.loan_ref, shops.c.name)
            .join_from(loans, shops, loans.c.shop_id == shops.c.id)
            .where(loans.c.id == number)
        ).first()
        return Concern() if row is None else Concern(loan_ref=row.loan_ref, shop_name=row.name)
    if number := facts.get("shop_id"):
        return Concern(shop_name=session.execute(select(shops.c.name).where(shops.c.id == number)).scalar())
    if number := facts.get("person"):
        named = select(people.people.c.name).where(people.people.c.id == number)
        return Concern(person_name=session.execute(named).scalar())
    return Concern()


def to_call(session: Session) -> list[str]:
    """The names of the administrators who can sign in, in alphabetical order."""
    rows = select(people.people.c.name).where(
        people.people.c.role == "administrator", people.people.c.enabled == 1, people.people.c.demo == 0
    )
    return sorted(session.execute(rows).scalars())
