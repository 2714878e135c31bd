"""The state of the record after a batch, so that what was once seen can be read again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, Table, exists, func, select, union_all
from sqlmodel import Session, SQLModel

from db.tables import HISTORY, ImportBatch, Link, table_of

import_batches = table_of(ImportBatch)
links = table_of(Link)
# A shop that moves to another branch, or says who may use its record, is in no batch; each such step is a link of the
# chain.
_STEPS = select(func.max(links.c.sequence)).where(links.c.subject.in_(("shop_branches", "consents"))).scalar_subquery()
_NEWEST = (
    select(import_batches.c.id, import_batches.c.recorded_at, _STEPS.label("steps"))
    .order_by(import_batches.c.id.desc())
    .limit(1)
)


def newest(session: Session) -> int:
    """The number of the newest batch, 0 before the first import."""
    number: int = session.execute(select(func.coalesce(func.max(import_batches.c.id), 0))).scalar_one()
    return number


def version(session: Session) -> tuple[int, datetime, int | None] | None:
    """What tells one state of the record, of branches and of consents from any other; None before an import.

    The number alone would not: a demo that is made anew begins again at 1.
    """
    row = session.execute(_NEWEST).first()
    return None if row is None else (row.id, row.recorded_at, row.steps)


def after(row: type[SQLModel], columns: Sequence[str], batch_id: int, *, shop_ids: Sequence[int] | None) -> Subquery:
    """The rows of a table as they stood after a batch: those since replaced come from its history.

    Read so, a reader needs no lock: what a later import adds or replaces under his hands changes nothing for him.

    Args:
        row: the table.
        columns: the columns wanted.
        batch_id: the last batch that counts.
        shop_ids: only rows of these shops; all with None.
    """
    now = table_of(row)
    before = HISTORY[now.name]
    stood = before.c.batch_id <= batch_id, before.c.replaced_batch_id > batch_id
    return union_all(
        _of_shops(now, columns, shop_ids).where(now.c.batch_id <= batch_id),
        _of_shops(before, columns, shop_ids).where(*stood),
    ).subquery()


def of_shop(row: type[SQLModel], columns: Sequence[str], shop_id: int, batch_id: int | None) -> Subquery:
    """The rows of one shop: as they stand now with None, else as they stood after a batch."""
    if batch_id is None:
        return _of_shops(table_of(row), columns, [shop_id]).subquery()
    return after(row, columns, batch_id, shop_ids=[shop_id])


def changed_since(session: Session, row: type[SQLModel], shop_id: int, batch_id: int) -> bool:
    """Whether a later import added or replaced rows of a shop; where none did, its rows stand as they stood."""
    if newest(session) <= batch_id:
        return False
    table = table_of(row)
    newer = exists().where(table.c.shop_id == shop_id, table.c.batch_id > batch_id)
    return bool(session.execute(select(newer)).scalar_one())


def _of_shops(table: Table, columns: Sequence[str], shop_ids: Sequence[int] | None) -> Select[Any]:
    statement = select(*(table.c[name] for name in columns))
    if shop_ids is None:
        return statement
    return statement.where((table.c.shop_id if "shop_id" in table.c else table.c.id).in_(shop_ids))
