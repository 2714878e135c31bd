"""A batch of the desk's own: what somebody books by hand changes the record as an import does, and is numbered so.

A score names the highest batch that it saw; a payment booked later therefore changes nothing of it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Table, func, insert, select, text, update
from sqlmodel import Session

from db import batch_digests
from db.imports import IMPORT_LOCK
from db.tables import HISTORY, ImportBatch, table_of

import_batches = table_of(ImportBatch)

FORMAT = "desk"


def begin(session: Session, *, person_id: int, source: str, shop_id: int) -> int:
    """Open a batch inside a write transaction and return its number; no import commits before that transaction does.

    Args:
        session: a transaction that writes.
        person_id: who books.
        source: what is booked, in a word.
        shop_id: the shop whose books are moved.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": IMPORT_LOCK})
    number: int = session.execute(select(func.coalesce(func.max(import_batches.c.id), 0) + 1)).scalar_one()
    session.execute(
        insert(import_batches).values(
            id=number, recorded_at=datetime.now(UTC), person_id=person_id, source=source, format=FORMAT, report="{}"
        )
    )
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT setval(pg_get_serial_sequence('import_batches', 'id'), :id)"), {"id": number})
    session.info.setdefault(batch_digests.SHOPS, {})[number] = [shop_id]
    return number


def change(session: Session, table: Table, row_id: int, batch_id: int, values: Mapping[str, object]) -> None:
    """Change a row in place and keep what it was in the table's history, under the batch that replaced it."""
    history = HISTORY[table.name]
    names = [column.name for column in table.columns]
    before = session.execute(select(table).where(table.c.id == row_id)).mappings().one()
    session.execute(insert(history).values({**{name: before[name] for name in names}, "replaced_batch_id": batch_id}))
    session.execute(update(table).where(table.c.id == row_id).values({**values, "batch_id": batch_id}))
