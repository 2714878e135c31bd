"""Single facts about this database, such as the business date of its demo.

The chain does not hold them, so nothing that is real may hang on one.
"""

from datetime import date

from sqlalchemy import bindparam, delete, exists, insert, select
from sqlmodel import Session

from db.tables import Fact, Person, Shop, table_of

facts = table_of(Fact)
shops = table_of(Shop)
people = table_of(Person)
DEMO_BUSINESS_DATE = "demo_business_date"
_READ = select(facts.c.value).where(facts.c.name == bindparam("name"))
# One query, since each click asks. People come first: on a real desk they answer before any shop is read.
_NOTHING_REAL = (
    ~exists().where(people.c.demo == 0).correlate(None),
    ~exists().where(shops.c.generated == 0).correlate(None),
)
_READ_OF_DEMO = _READ.where(*_NOTHING_REAL)


def read(session: Session, name: str) -> str | None:
    """The value of a fact, or None where it was never written."""
    value: str | None = session.execute(_READ, {"name": name}).scalar_one_or_none()
    return value


def write(session: Session, name: str, value: str) -> None:
    """Set a fact to a value."""
    session.execute(delete(facts).where(facts.c.name == name))
    session.execute(insert(facts).values(name=name, value=value))


def demo_business_date(session: Session) -> date | None:
    """The day on which the demo's records end and its desk stands.

    None in a database without a demo, and where a shop or an account is real: an editor who wrote the fact there would
    move the desk's day unseen.
    """
    value: str | None = session.execute(_READ_OF_DEMO, {"name": DEMO_BUSINESS_DATE}).scalar_one_or_none()
    return None if value is None else date.fromisoformat(value)
