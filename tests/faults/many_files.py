"""A desk with many waiting files, each held and half filled in, and the search for what a fault did to them."""

from collections import Counter
from dataclasses import dataclass, fields
from datetime import timedelta

from sqlalchemy import insert, select

from db import audit, people, policies, tables, verification
from db.decisions import DecisionRequest
from db.engine import open_session
from db.tables import table_of
from tests.desk import NOW, add_batch, add_shop

APPLICATIONS, DECISIONS, EVENTS, HOLDS, DRAFTS = (
    table_of(each) for each in (tables.Application, tables.Decision, tables.AuditEvent, tables.Hold, tables.Draft)
)
OFFICERS = ("officer", "second")


def fill(engine, files):
    """Add this many applications, numbered from 1; those of odd numbers are Olive's, the others Sandy's."""
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        policies.seed(session)
        batch, numbers = add_batch(session), range(1, files + 1)
        shop = add_shop(session, days=1, batch_id=batch)
        asked = {
            "shop_id": shop, "submitted_at": NOW - timedelta(days=1), "amount_minor": 1_500_000, "currency": "CNY",
            "term_months": 6, "batch_id": batch,
        }  # fmt: skip
        session.execute(insert(APPLICATIONS), [{**asked, "application_ref": f"A{number}"} for number in numbers])
        held = [{"application_id": number, "person_id": person_of(number), "taken_at": NOW} for number in numbers]
        session.execute(insert(HOLDS), held)
        entered = {"round": 1, "body": "{}", "saved_at": NOW}
        session.execute(
            insert(DRAFTS),
            [{**entered, "application_id": number, "person_id": person_of(number)} for number in numbers],
        )


def person_of(number):
    """Who holds a file: the demo's officers are the first two people on record."""
    return 2 - number % 2


def request(number, **changes):
    """A decline for want of papers, which needs neither a score nor a second person."""
    plain = {
        "request_key": key_of(number), "application_id": number, "application_batch_id": 1, "round": 1,
        "outcome": "decline", "amount_minor": None, "term_months": None, "rate_bps": None,
        "reasons": ("incomplete_application",), "note": "", "score_run_id": None, "policy_version": 1,
    }  # fmt: skip
    return DecisionRequest(**plain | changes)


def key_of(number):
    """The retry key of a file's form."""
    return f"key-{number}"


@dataclass(frozen=True, slots=True)
class Harm:
    """What a fault did to the record; each number is to be 0."""

    lost: int
    """Decisions that were acknowledged and are not on record."""
    doubled: int
    """Keys with more than one row."""
    halves: int
    """Files of which one of decision, event, hold and draft says another thing than the rest."""
    broken: int
    """References that lead nowhere, faults that the database finds in itself, and a chain that does not fit."""


UNHARMED = Harm(*[0] * len(fields(Harm)))


def harm(engine, acknowledged):
    """Compare what stands on record with the numbers of the files that were acknowledged."""
    with open_session(engine) as session:
        keys = Counter(session.execute(select(DECISIONS.c.request_key)).scalars())
        decided = set(session.execute(select(DECISIONS.c.application_id)).scalars())
        told = list(session.execute(select(EVENTS.c.subject_id).where(EVENTS.c.kind == "decide")).scalars())
        held = set(session.execute(select(HOLDS.c.application_id)).scalars())
        entered = set(session.execute(select(DRAFTS.c.application_id)).scalars())
        every = set(session.execute(select(APPLICATIONS.c.id)).scalars())
    left = every - decided
    return Harm(
        lost=len({key_of(number) for number in acknowledged} - keys.keys()),
        doubled=sum(count > 1 for count in keys.values()),
        halves=len(decided ^ set(told)) + len(told) - len(set(told)) + len(left ^ held) + len(left ^ entered),
        broken=broken_references(engine) + (not verification.verify(engine).whole),
    )


def broken_references(engine):
    """How many references lead nowhere; PostgreSQL lets none be written, so there every index is read instead."""
    with open_session(engine) as session:
        connection = session.connection()
        if engine.dialect.name == "sqlite":
            whole = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
            return len(connection.exec_driver_sql("PRAGMA foreign_key_check").all()) + (not whole)
        orphans = (
            select(DECISIONS.c.id)
            .outerjoin_from(DECISIONS, APPLICATIONS, DECISIONS.c.application_id == APPLICATIONS.c.id)
            .where(APPLICATIONS.c.id.is_(None))
        )
        return len(session.execute(orphans).all())


def canonical_rows(engine, table):
    """A table's rows as text, in the order of its key."""
    with open_session(engine) as session:
        rows = session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        return [audit.canonical({name: str(value) for name, value in row.items()}) for row in rows]
