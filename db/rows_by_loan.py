"""Reads whole numbers of millions of rows, a loan at a time.

What a database hands over costs by the row and by the cell, far more than the numbers in it. So all rows of a loan come
as one, each column as a text of numbers with commas between, which numpy reads at once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Table, Text, cast, func, select
from sqlmodel import Session, SQLModel

from db.tables import HISTORY, table_of

Numbers = npt.NDArray[np.int64]

LOANS_AT_ONCE = 500


def rows_by_loan(
    session: Session,
    row: type[SQLModel],
    wanted: Callable[[Table], Mapping[str, ColumnElement[Any]]],
    *,
    batch_id: int,
    shop_ids: Sequence[int] | None,
    loans: Mapping[str, int],
    before: tuple[str, date],
) -> dict[str, Numbers]:
    """Columns of the rows of some loans as they stood after a batch (see db.batches.after), in no order.

    Args:
        session: a transaction.
        row: the table; its rows are those of loans.
        wanted: the expressions to read from it or from its history, by name; whole numbers, never missing.
        batch_id: the last batch that counts.
        shop_ids: only rows of these shops; all with None.
        loans: number of each loan by its loan_ref; rows of others are left out.
        before: a day of the row, and the day before which it must lie.

    Returns:
        loan_id and the wanted columns.
    """
    now = table_of(row)
    history = HISTORY[now.name]
    parts: list[list[Numbers]] = []
    for table, stood in ((now, ()), (history, (history.c.replaced_batch_id > batch_id,))):
        columns = wanted(table)
        joined = (func.aggregate_strings(cast(column, Text), ",") for column in columns.values())
        statement = select(table.c.loan_ref, func.count(), *joined).group_by(table.c.shop_id, table.c.loan_ref)
        statement = statement.where(table.c.batch_id <= batch_id, table.c[before[0]] < before[1], *stood)
        if shop_ids is not None:
            statement = statement.where(table.c.shop_id.in_(shop_ids))
        result = session.connection().execute(statement, execution_options={"yield_per": LOANS_AT_ONCE})
        parts += (_numbers(rows, loans) for rows in result.partitions())
    names = ["loan_id", *columns]
    nothing = np.zeros(0, dtype=np.int64)
    return {name: np.concatenate([nothing, *(part[place] for part in parts)]) for place, name in enumerate(names)}


def _numbers(rows: Sequence[Sequence[Any]], loans: Mapping[str, int]) -> list[Numbers]:
    """The columns of some loans, each loan's number first."""
    refs, counts, *texts = zip(*rows, strict=True)
    number = np.repeat([loans.get(ref, -1) for ref in refs], counts)
    columns = [number, *(np.fromstring(",".join(text), dtype=np.int64, sep=",") for text in texts)]
    return columns if (number >= 0).all() else [column[number >= 0] for column in columns]
