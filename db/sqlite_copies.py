"""Copies a SQLite record while others write to it, and puts a copy back in its place.

All is done by SQLite itself: whoever copies or renames the file of an open database can tear it in two, since its
newest rows stand in the -wal file beside it.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from db.engine import connect, faults_in_words
from db.refused_backup import BackupRefused

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # as in db.engine: two libraries on one file would take each other's locks away
    import sqlite3 as sqlite

PAGES_AT_ONCE = 2_048
IN_USE = (
    "The record is in use: a desk or another command has {} open. Nothing was changed; end it first, and then restore."
)
BESIDE = ("-wal", "-shm", "-journal")

Tell = Callable[[str, float], None]


def engine_of(place: Path, record: Engine) -> Engine:
    """The engine of a copy of a record, which is sealed with the record's key."""
    address = URL.create("sqlite", database=str(place)).render_as_string()
    return connect(address).execution_options(loam_key_of=record.url)


def copy(engine: Engine, place: Path, tell: Tell) -> None:
    """Copy the record as it stands at this moment; who writes meanwhile neither waits nor is waited for.

    Raises:
        BackupRefused: where the copy cannot be written.
        DatabaseUnavailable: where the record cannot be read.
    """
    with faults_in_words(), engine.connect() as connection:
        # A view of this one moment is held to the end, or each commit meanwhile would have the copy begin anew.
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        with _faults_of_copy(place), closing(sqlite.connect(str(place))) as target:
            _copy_pages(connection.connection.driver_connection, target, "Copying", tell)


def make_one_file(place: Path) -> None:
    """Bring all of a copy into its one file, with nothing beside it."""
    with _faults_of_copy(place), closing(sqlite.connect(str(place))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()


def check(connection: Connection) -> None:
    """Have SQLite look at every page, index and reference of a copy.

    Raises:
        BackupRefused: where one of them is wrong.
    """
    said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if said != "ok":
        raise BackupRefused(f"The copy is damaged, as is perhaps the record: {said}.")
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise BackupRefused(f"The copy is not whole: a row of {lost[0]} refers to one of {lost[2]} that is not there.")


def put_back(part: Path, place: Path, kept_name: str, tell: Tell) -> str | None:
    """Put a checked copy in the place of the record, in one transaction of SQLite: a kill leaves the old or the new.

    Returns:
        The name under which what was there is kept; None where nothing was.

    Raises:
        BackupRefused: where somebody has the record open.
    """
    kept = place.with_name(kept_name)
    moved = _move_damaged_away(place, kept)
    with _faults_of_copy(place), closing(_open_alone(place)) as target:
        old = None
        if target.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            old = kept
            with closing(sqlite.connect(str(kept))) as keeper:
                _copy_pages(target, keeper, "Keeping", tell)
        with closing(sqlite.connect(str(part))) as source:
            _copy_pages(source, target, "Restoring", tell)
    return kept.name if old or moved else None


def _open_alone(place: Path) -> Any:  # noqa: ANN401  (a connection of either of the two libraries)
    """A connection that nobody can have beside it, until it is closed.

    Whoever has a record in WAL mode open keeps it from being changed to another mode, however idle he is.
    """
    connection = sqlite.connect(str(place), timeout=1, isolation_level=None)
    try:
        for rule in ("PRAGMA synchronous = EXTRA", "PRAGMA journal_mode = DELETE", "PRAGMA locking_mode = EXCLUSIVE"):
            connection.execute(rule).fetchone()
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
    except sqlite.OperationalError as error:
        connection.close()
        if "locked" in str(error):
            raise BackupRefused(IN_USE.format(place.name)) from error
        raise
    return connection


def _copy_pages(source: Any, target: Any, step: str, tell: Tell) -> None:  # noqa: ANN401  (as _open_alone)
    def progress(_status: int, left: int, every: int) -> None:
        tell(step, 1 - left / max(every, 1))

    source.backup(target, pages=PAGES_AT_ONCE, progress=progress)


def _move_damaged_away(place: Path, kept: Path) -> bool:
    """Give a file that SQLite cannot read another name, with all that lies beside it; a sound one is left alone."""
    if not place.exists():
        return False
    with closing(sqlite.connect(str(place), timeout=1)) as connection:
        try:
            if connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                return False
        except sqlite.DatabaseError as error:
            if "locked" in str(error):
                raise BackupRefused(IN_USE.format(place.name)) from error
    _refuse_locked(place)
    for ending in ("", *BESIDE):
        there = place.with_name(place.name + ending)
        if there.exists():
            there.rename(kept.with_name(kept.name + ending))
    return True


def _refuse_locked(place: Path) -> None:
    """Refuse where another process has a lock on a file that SQLite itself cannot read any more.

    On Windows a file that is open cannot be renamed, which says the same.
    """
    try:
        import fcntl  # noqa: PLC0415  (Windows has none)
    except ImportError:
        return
    with place.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BackupRefused(IN_USE.format(place.name)) from error


@contextmanager
def _faults_of_copy(place: Path) -> Iterator[None]:
    """Say in words what keeps a copy from being written or read."""
    try:
        yield
    except sqlite.DatabaseError as error:
        if "full" in str(error):
            raise BackupRefused(f"The disk of {place.parent} is full. Nothing was changed.") from error
        raise BackupRefused(f"{place.name} cannot be written or read: {error}.") from error
