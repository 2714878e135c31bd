"""Finds the row of a SQLite record that no reader can take: text that is no UTF-8, or a value of another kind.

SQLite keeps whatever bytes an editor writes, in any column. The driver then refuses a whole page of rows, and its
message quotes the cell; so the rows are gone through once more, and what is in them is never told.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy
from sqlmodel import Session, SQLModel

from db import chain_rows

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # as in db.engine
    import sqlite3 as sqlite

FAULTS = (sqlalchemy.exc.DBAPIError, sqlite.Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading may raise where the content is at fault, as `is_fault_of_content` tells."""

_STATEMENT_FAILED = 1
_NOT_TEXT = object()


def is_fault_of_content(error: Exception) -> bool:
    """Whether one of `FAULTS` comes from what is in a record, and not from a record that is out of reach."""
    cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if isinstance(cause, sqlite.Error):
        # The driver's own refusals have no code of SQLite; its code 1 is a statement that met what it cannot take.
        return getattr(cause, "sqlite_errorcode", _STATEMENT_FAILED) == _STATEMENT_FAILED
    return not isinstance(error, sqlalchemy.exc.DBAPIError) or isinstance(
        error, sqlalchemy.exc.DataError | sqlalchemy.exc.ProgrammingError
    )


def first_row(session: Session, tables: Iterable[str]) -> tuple[str, str] | None:
    """Table and key of the first row that cannot be read; the key is empty where it is what cannot be read.

    Args:
        session: of a record in SQLite; on PostgreSQL a column holds its own kind alone, and nothing is found.
        tables: where to look, in this order.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return None
    driver: Any = connection.connection.dbapi_connection
    before, driver.text_factory = driver.text_factory, _text
    try:
        for table in tables:
            columns = SQLModel.metadata.tables[table].columns
            kinds = [int if column.type.__class__.__name__ != "Text" else str for column in columns]
            names = ", ".join(f'"{column.name}"' for column in columns)
            for row in driver.execute(f"SELECT {names} FROM {table}"):
                if not all(value is None or isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)):
                    return table, _key(table, row)
    finally:
        driver.text_factory = before
    return None


def _text(raw: bytes) -> object:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return _NOT_TEXT


def _key(table: str, row: tuple[Any, ...]) -> str:
    told = dict(zip(chain_rows.columns(table), row, strict=True))
    values = [told[name] for name in chain_rows.key_columns(table)]
    return "/".join(map(str, values)) if all(isinstance(value, int | str) for value in values) else ""
