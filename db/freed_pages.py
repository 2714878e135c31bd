"""Rids a SQLite record of what was overwritten: SQLite frees the place of an old value and leaves its bytes there.

So after an erasure the file is written anew, with what is still in it and nothing else. That rids it of earlier states
too, which `PRAGMA secure_delete` would not: it overwrites only what is freed from then on, and at each import.
"""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from db.engine import BUSY_TIMEOUT_MS, DatabaseUnavailable

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # as in db.engine
    import sqlite3 as sqlite


def wipe(engine: Engine) -> None:
    """Write the file of a record anew; on PostgreSQL nothing is done, whose own VACUUM reuses the place in time.

    Nobody can write meanwhile. It needs as much room again as the record takes.

    Raises:
        DatabaseUnavailable: where somebody reads or writes for too long, or the disk is full. The record is whole then,
            and what was overwritten may still be in its file.
    """
    if engine.dialect.name != "sqlite":
        return
    place = Path(str(engine.url.database))
    try:
        # A connection of its own: the desk's own refuse to attach another file, as SQLite does here for itself.
        with closing(sqlite.connect(str(place), timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            in_use, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite.OperationalError as error:
        raise DatabaseUnavailable(_LEFT.format(place, error)) from error
    if in_use:
        raise DatabaseUnavailable(_LEFT.format(place, "somebody reads it"))


_LEFT = (
    "What was overwritten may still be in the file {}, which could not be written anew: {}. "
    "Run the command once more when nobody uses the record."
)
