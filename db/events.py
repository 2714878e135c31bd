"""What a shop's record holds before a day, as the Arrow tables from which its features are worked out.

Days are the shop's own, so that shops of several zones are read in one pass. What became known only later, such as a
refund of next month, stands in the tables as it is stored: scoring.facts hides it, in one place.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import BigInteger, ColumnElement, Select, func, select, type_coerce
from sqlmodel import Session

from db import batches, consents, loans
from db.tables import (
    Application,
    Day,
    Order,
    Purchase,
    SalesDay,
    Shop,
    UtcTime,
    WalletEntry,
    table_of,
)
from lending.loan_book import FAR, book_of
from lending.moments import midnight
from lending.paid_days import ended_days, paid_days
from scoring.records import EVENTS

sales_days = table_of(SalesDay)

# So few that they are still in the processor's cache when they are turned into columns.
ROWS_AT_ONCE = 1_000
# SQLite takes some 32,000 values in one statement.
SHOPS_AT_ONCE = 10_000


def shop_events(
    session: Session, *, as_of: date, shop_ids: Sequence[int] | None = None, batch_id: int | None = None
) -> dict[str, pa.Table]:
    """All that was on record of some shops before a day.

    Args:
        session: a transaction.
        as_of: only rows of days before it, by each shop's own calendar.
        shop_ids: the shops; all with None.
        batch_id: the last import that counts; the newest with None. The same number gives the same rows for ever.

    Returns:
        The tables of scoring.records.EVENTS: shops, days (daily totals of shops without single orders), orders,
        purchases, wallet, loans and instalments.
    """
    batch = batches.newest(session) if batch_id is None else batch_id
    if shop_ids is None:
        return _events(session, as_of, None, batch)
    starts = range(0, len(shop_ids), SHOPS_AT_ONCE)
    parts = [_events(session, as_of, shop_ids[start : start + SHOPS_AT_ONCE], batch) for start in starts]
    return {
        name: pa.concat_tables([schema.empty_table(), *(part[name] for part in parts)])
        for name, schema in EVENTS.items()
    }


def consented_shop_ids(
    session: Session, *, as_of: date, shop_ids: Sequence[int] | None = None, batch_id: int | None = None
) -> set[int]:
    """Those of some shops (all with None) that may be scored as of a day.

    An application's own consent was given before the day's midnight, a shop's word covers the day itself. What a shop
    took back is gone, whatever the day.
    """
    batch = batches.newest(session) if batch_id is None else batch_id
    shops = batches.after(Shop, ("id", "time_zone"), batch, shop_ids=shop_ids)
    applications = batches.after(Application, ("shop_id", "consented_at"), batch, shop_ids=shop_ids)
    own_us = type_coerce(applications.c.consented_at, BigInteger)
    rows = session.execute(
        select(shops.c.id, shops.c.time_zone, type_coerce(func.min(own_us), applications.c.consented_at.type))
        .join_from(shops, applications, applications.c.shop_id == shops.c.id)
        .where(own_us > consents.taken_back_us(applications.c.shop_id))
        .group_by(shops.c.id, shops.c.time_zone)
    )
    found = {shop_id for shop_id, zone, consented_at in rows if consented_at < midnight(as_of, zone)}
    return found | consents.covered(session, shops, as_of)


def shop_refs(session: Session, *, batch_id: int | None = None) -> dict[int, str]:
    """Every shop's reference by its number, in the order of the references."""
    batch = batches.newest(session) if batch_id is None else batch_id
    shops = batches.after(Shop, ("id", "shop_ref"), batch, shop_ids=None)
    rows = session.execute(select(shops.c.id, shops.c.shop_ref).order_by(shops.c.shop_ref))
    return {row.id: row.shop_ref for row in rows}


def first_day(session: Session) -> date | None:
    """The first day of which any sales are on record; None in an empty record."""
    day: date | None = session.execute(select(func.min(sales_days.c.day))).scalar_one()
    return day


def _events(session: Session, as_of: date, shop_ids: Sequence[int] | None, batch: int) -> dict[str, pa.Table]:
    statements = {
        "shops": _shops(shop_ids, batch),
        "days": _days(as_of, shop_ids, batch),
        "orders": _orders(as_of, shop_ids, batch),
        "purchases": _purchases(as_of, shop_ids, batch),
        "wallet": _wallet(as_of, shop_ids, batch),
    }
    read = {name: _table(session, statement, EVENTS[name]) for name, statement in statements.items()}
    read |= _loans_and_instalments(session, as_of, shop_ids, batch)
    return {name: read[name] for name in EVENTS}


def _loans_and_instalments(
    session: Session, as_of: date, shop_ids: Sequence[int] | None, batch: int
) -> dict[str, pa.Table]:
    """Loans and instalments with the days on which they were paid, by the payments dated before a day."""
    if not loans.any_loan(session, shop_ids=shop_ids):
        return {name: EVENTS[name].empty_table() for name in ("loans", "instalments")}
    frames = loans.loan_frames(session, as_of=as_of, batch_id=batch, shop_ids=shop_ids)
    if frames.loans.empty:
        return {name: EVENTS[name].empty_table() for name in ("loans", "instalments")}
    book = book_of(frames.loans, frames.instalments, frames.repayments, frames.waivers)
    lent, lines = ended_days(book), paid_days(book)
    known = frames.loans[["shop_id", "loan_ref", "disbursed_day", "principal_minor"]]
    of_lines = known[["shop_id", "loan_ref"]].take(lines["place"].to_numpy())
    rows = {
        "loans": {**known, "final_due_day": lent["final_due_day"], "closed_day": lent["closed_day"]},
        "instalments": {**of_lines, "due_day": lines["due_day"], "paid_day": lines["paid_day"]},
    }
    return {
        name: pa.table([_cells(columns[field.name], field) for field in EVENTS[name]], EVENTS[name])
        for name, columns in rows.items()
    }


def _cells(column: pd.Series, field: pa.Field) -> pa.Array:
    """A column for Arrow; a day that has not come is missing."""
    if field.type == pa.string():
        return pa.array(column.tolist(), field.type)
    numbers = column.to_numpy()
    return pa.array(numbers, field.type, mask=numbers == FAR if field.name in ("closed_day", "paid_day") else None)


def _shops(shop_ids: Sequence[int] | None, batch: int) -> Select[Any]:
    columns = ("id", "time_zone", "currency", "opened_on", "rating_hundredths", "reviews")
    shops = batches.after(Shop, columns, batch, shop_ids=shop_ids)
    return select(*(_bare(shops.c[name]) for name in columns))


def _days(as_of: date, shop_ids: Sequence[int] | None, batch: int) -> Select[Any]:
    columns = EVENTS["days"].names
    days = batches.after(SalesDay, (*columns, "source"), batch, shop_ids=shop_ids)
    return select(*(_bare(days.c[name]) for name in columns)).where(days.c.day < as_of, days.c.source == "totals")


def _orders(as_of: date, shop_ids: Sequence[int] | None, batch: int) -> Select[Any]:
    columns = EVENTS["orders"].names
    orders = batches.after(Order, columns, batch, shop_ids=shop_ids)
    return select(*(_bare(orders.c[name]) for name in columns)).where(orders.c.placed_day < as_of)


def _purchases(as_of: date, shop_ids: Sequence[int] | None, batch: int) -> Select[Any]:
    columns = ("shop_id", "purchased_on", "amount_minor", "status")
    purchases = batches.after(Purchase, columns, batch, shop_ids=shop_ids)
    return select(*(_bare(purchases.c[name]) for name in columns)).where(purchases.c.purchased_on < as_of)


def _wallet(as_of: date, shop_ids: Sequence[int] | None, batch: int) -> Select[Any]:
    columns = EVENTS["wallet"].names
    entries = batches.after(WalletEntry, columns, batch, shop_ids=shop_ids)
    return select(*(_bare(entries.c[name]) for name in columns)).where(entries.c.booked_day < as_of)


def _bare(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A day or moment as the whole number that is stored, without a Python date for every cell."""
    return type_coerce(column, BigInteger()) if isinstance(column.type, Day | UtcTime) else column


def _table(session: Session, statement: Select[Any], schema: pa.Schema) -> pa.Table:
    result = session.connection().execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    return pa.Table.from_batches(_record_batches(result.partitions(), schema), schema)


def _record_batches(partitions: Iterator[Sequence[Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for rows in partitions:
        columns = zip(*rows, strict=True)
        yield pa.record_batch(
            [pa.array(cells, kind) for cells, kind in zip(columns, schema.types, strict=True)], schema=schema
        )
