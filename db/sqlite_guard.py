"""Keeps the registers of a SQLite record from being changed through the desk's own connections.

SQLite asks here about each step of a statement while it is prepared, so that not even a statement that would leave the
triggers aside gets through. Who opens the file with another program is not asked; the chain finds what they changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

import sqlalchemy

from db import tables

SCRATCH_FOLDER, SCRATCH_FILE = "import-", "staging.db"
"""Where an import stages its rows; no other file is attached."""

# The numbers of SQLite's steps, see https://sqlite.org/c3ref/c_alter_table.html.
_CREATE_TEMP_TRIGGER, _CREATE_TRIGGER, _DELETE, _DROP_TABLE = 5, 7, 9, 11
_DROP_TEMP_TRIGGER, _DROP_TRIGGER, _PRAGMA, _UPDATE, _ATTACH, _ALTER_TABLE = 14, 16, 19, 23, 24, 26
_OK, _DENY = 0, 1

_REGISTERS = frozenset(tables.APPEND_ONLY)
# Of these steps the first name is the table's, of those the second.
_NAMED_FIRST = frozenset({_DELETE, _DROP_TABLE, _UPDATE})
_NAMED_SECOND = frozenset({_CREATE_TEMP_TRIGGER, _CREATE_TRIGGER, _DROP_TEMP_TRIGGER, _DROP_TRIGGER, _ALTER_TABLE})
# What would let a register be changed past its triggers.
_RULES = frozenset({"writable_schema", "recursive_triggers", "foreign_keys", "ignore_check_constraints"})


def put_up(connection: Any) -> None:  # noqa: ANN401  (a connection of whichever driver there is)
    """Guard the registers on a connection."""
    connection.set_authorizer(_allow)


def _allow(step: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    if step in _NAMED_FIRST:
        return _DENY if first in _REGISTERS else _OK
    if step in _NAMED_SECOND:
        return _DENY if second in _REGISTERS else _OK
    if step == _ATTACH:
        return _OK if first is not None and _is_scratch(first) else _DENY
    if step == _PRAGMA and second is not None and (first or "").lower() in _RULES:
        return _DENY
    return _OK


def _is_scratch(name: str) -> bool:
    place = PurePath(name)
    return place.name == SCRATCH_FILE and place.parent.name.startswith(SCRATCH_FOLDER)


@contextmanager
def lifted(connection: sqlalchemy.Connection) -> Iterator[None]:
    """Take the guard of one connection away for a while: for migrations, copies, and a demo that is made anew."""
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name != "sqlite":
        yield
        return
    driver.set_authorizer(None)
    try:
        yield
    finally:
        put_up(driver)
