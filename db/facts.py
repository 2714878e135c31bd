"""Single facts about this database, such as the business date of its demo."""

from datetime import date

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session

from db.tables import Fact, table_of

facts = table_of(Fact)
DEMO_BUSINESS_DATE = "demo_business_date"
_READ = select(facts.c.value).where(facts.c.name == bindparam("name"))


def read(session: Session, name: str) -> str | None:
    """The value of a fact, or None where it was never written."""
    value: str | None = session.execute(_READ, {"name": name}).scalar_one_or_none()
    return value


def write(session: Session, name: str, value: str) -> None:
    """Set a fact to a value."""
    session.execute(delete(facts).where(facts.c.name == name))
    session.execute(insert(facts).values(name=name, value=value))


def demo_business_date(session: Session) -> date | None:
    """The day on which the demo's records end and its desk stands; None in a database without a demo."""
    value = read(session, DEMO_BUSINESS_DATE)
    return None if value is None else date.fromisoformat(value)
