"""A record that is not there, or is gone while what belongs to it is: a restore was broken off, or its file was moved.

Only a record in SQLite can be lost so: on PostgreSQL a restore exchanges two databases in one transaction.
"""

from contextlib import closing
from pathlib import Path

import sqlalchemy
from sqlalchemy import Engine

from db import chain_key, heads
from db.engine import DatabaseUnavailable, faults_in_words

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite


def require_there(engine: Engine) -> None:
    """See that there is a record, and make nothing where there is none.

    Raises:
        DatabaseUnavailable: where there is none, or it was lost; on PostgreSQL also where the server is out of reach.
    """
    require_not_lost(engine)
    if engine.dialect.name == "sqlite":
        there, where = not _is_empty(Path(str(engine.url.database))), engine.url.database
    else:
        with faults_in_words(), engine.connect() as connection:
            there = bool(sqlalchemy.inspect(connection).get_table_names())
        where = f"in {engine.url.render_as_string()}"
    if not there:
        raise DatabaseUnavailable(f"There is no record {where} yet. Nothing was made.")


def require_not_lost(engine: Engine) -> None:
    """See that no new record takes the place of an old one: a restore may have been broken off half-way.

    Raises:
        DatabaseUnavailable: names what lies beside the place of a record that is not there.
    """
    beside = traces(engine)
    if beside:
        raise DatabaseUnavailable(
            f"There is no record in {engine.url.database}, but beside it lies what belongs to one: "
            f"{', '.join(beside)}. "
            "A restore may have been broken off. Restore the backup once more, or move these files away to begin anew. "
            "Nothing was made."
        )


def traces(engine: Engine) -> list[str]:
    """The names of what lies beside a record that is missing or empty: its key, its heads, and what a restore kept.

    None where the record is there, or never was.
    """
    if engine.dialect.name != "sqlite":
        return []
    place = Path(str(engine.url.database)).resolve()
    if not place.parent.is_dir() or not _is_empty(place):
        return []
    own = {chain_key.file_of(engine).name, heads.file_of(engine).name, place.with_suffix(".restoring").name}
    kept = tuple(f"{name}.before-" for name in (place.name, heads.file_of(engine).name))
    return sorted(each.name for each in place.parent.iterdir() if each.name in own or each.name.startswith(kept))


def _is_empty(place: Path) -> bool:
    """Whether there is no file, or one without any table; what a broken-off copy left is undone by opening it."""
    if not place.exists():
        return True
    try:
        with closing(sqlite.connect(str(place), timeout=1)) as connection:
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite.DatabaseError:
        return False  # damaged or in use, which is told where it is opened
    return bool(tables == 0)
