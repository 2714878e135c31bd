"""Opens the database: SQLite for a laptop, PostgreSQL for a team, with one set of rules for both.

Writers begin with BEGIN IMMEDIATE and readers with BEGIN, so that no transaction finds out half-way that it
may not write. Inside a transaction nothing is drawn and nothing waits for a person.
"""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, make_url
from sqlmodel import Session

from db import fault_words, sqlite_guard, sqlite_turns
from lending.errors import NotAllowed

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this platform: the standard library's, checked below
    import sqlite3 as sqlite

BUSY_TIMEOUT_MS = 10_000
MIGRATIONS = Path(__file__).parent / "migrations" / "versions"

# In WAL mode two connections could lose a commit in SQLite 3.7.0 to 3.51.2; the fix came in 3.51.3 and in
# 3.50.7 and 3.44.6. See https://sqlite.org/wal.html, "the WAL-reset bug".
SAFE_WAL_FROM = (3, 51, 3)
SAFE_WAL_PATCHES: dict[tuple[int, ...], int] = {(3, 44): 6, (3, 50): 7}

# SQLite has one writer at a time and lets waiters race for it; a lock in front hands it out in turn.
_writers: dict[int, threading.Lock] = {}


class DatabaseUnavailable(Exception):
    """The database cannot be opened as it is configured; the text says why in words for a person."""


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Why nothing can be recorded, since when, and which row does not fit: its table, its key, and what is wrong."""

    since: datetime
    sentence: str
    row: tuple[str, str, str] | None = None


_read_only: dict[int, ReadOnly] = {}


def make_read_only(engine: Engine, sentence: str, row: tuple[str, str, str] | None = None) -> None:
    """Let nothing be recorded from now on but who signs in and out; said once, it stays with the first reason."""
    _read_only.setdefault(id(whole(engine)), ReadOnly(datetime.now(UTC), sentence, row))


def make_writable(engine: Engine) -> None:
    """Let the record be written again, after it was checked and found whole."""
    _read_only.pop(id(whole(engine)), None)


def read_only(engine: Engine) -> ReadOnly | None:
    """Why nothing can be recorded at the moment; None where all is well."""
    return _read_only.get(id(whole(engine)))


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite version keeps every commit in WAL mode with several connections."""
    patch = SAFE_WAL_PATCHES.get(version[:2])
    return version >= SAFE_WAL_FROM or (patch is not None and version[2] >= patch)


@functools.cache
def connect(url: str) -> Engine:
    """The engine of a database address, one for the whole process.

    Raises:
        DatabaseUnavailable: for what is no address, and is neither SQLite nor PostgreSQL.
    """
    try:
        address = make_url(url)
    except (sqlalchemy.exc.ArgumentError, ValueError) as error:
        raise DatabaseUnavailable("LOAM_DATABASE_URL is no address of a database.") from error
    match address.get_backend_name():
        case "sqlite":
            return _connect_sqlite(address)
        case "postgresql":
            return _connect_postgresql(address)
        case other:
            raise DatabaseUnavailable(f"LOAM_DATABASE_URL names {other}; the record is kept in SQLite or PostgreSQL.")


def part_of(engine: Engine) -> Engine:
    """A further engine on the same database, for connections that hold only a part of its rows; see db.scope.

    Whatever is written through it goes to the whole record, where the writer's rights are checked row by row.
    """
    connect_to = _connect_sqlite if engine.dialect.name == "sqlite" else _connect_postgresql
    # PostgreSQL would let a simple view be written, and with it the row behind.
    part = connect_to(engine.url, loam_whole=engine, postgresql_readonly=True)
    event.listen(engine, "engine_disposed", lambda _engine: part.dispose())
    return part


@functools.cache
def beside(engine: Engine) -> Engine:
    """An engine on the same database that keeps no connections, so that nobody has to wait for one of them."""
    connect_to = _connect_sqlite if engine.dialect.name == "sqlite" else _connect_postgresql
    return connect_to(engine.url, pool=sqlalchemy.NullPool)


def whole(engine: Engine) -> Engine:
    """The engine of the whole record, which an engine of a part belongs to; itself, where it is that one."""
    of: Engine = engine.get_execution_options().get("loam_whole", engine)
    return of


def _connect_sqlite(address: URL, pool: type[sqlalchemy.Pool] | None = None, **options: object) -> Engine:
    if address.database in (None, "", ":memory:"):
        raise DatabaseUnavailable("LOAM_DATABASE_URL names no file; a record kept in memory would be lost at the end.")
    engine = sqlalchemy.create_engine(
        address.set(drivername="sqlite"),
        module=sqlite,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        execution_options=options,
        poolclass=pool,
    )
    safe = wal_is_safe(sqlite.sqlite_version_info)
    rules = (
        "PRAGMA foreign_keys = ON",
        f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
        "PRAGMA recursive_triggers = ON",
        # NORMAL would not sync at each commit in WAL mode.
        f"PRAGMA synchronous = {'FULL' if safe else 'EXTRA'}",
        "PRAGMA temp_store = FILE",
        "PRAGMA cache_size = -32768",
    )

    @event.listens_for(engine, "connect")
    def _set_rules(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event below says BEGIN, the driver never does
        for rule in rules:
            connection.execute(rule).close()
        sqlite_turns.set_journal_mode(connection, "WAL" if safe else "DELETE", longest_ms=BUSY_TIMEOUT_MS)
        sqlite_guard.put_up(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: sqlalchemy.Connection) -> None:
        if not connection.get_execution_options().get("loam_writes", False):
            connection.exec_driver_sql("BEGIN")
            return
        sqlite_turns.begin_writing(
            connection.connection.dbapi_connection,
            lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"),
            longest_ms=BUSY_TIMEOUT_MS,
        )

    return engine


def _connect_postgresql(address: URL, pool: type[sqlalchemy.Pool] | None = None, **options: object) -> Engine:
    engine = sqlalchemy.create_engine(
        address.set(drivername="postgresql+psycopg"), pool_pre_ping=True, execution_options=options, poolclass=pool
    )

    @event.listens_for(engine, "connect")
    def _set_rules(connection: Any, _record: object) -> None:
        # Without it a row that another program keeps locked would be waited for without end.
        connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    return engine


@contextmanager
def open_session(
    engine: Engine, *, write: bool = False, on: sqlalchemy.Connection | None = None, even_read_only: bool = False
) -> Iterator[Session]:
    """A session in one transaction, committed at the end of the block and rolled back on any exception.

    What it added to the registers is linked to the chain right before the commit.

    Args:
        engine: the database, or a part of it.
        write: whether it may write, which is always to the whole; writers come one after the other.
        on: a connection to use in place of a fresh one; an import has staged its rows there.
        even_read_only: for signing in and out, which go on where the chain is broken or its key is missing.

    Raises:
        DatabaseUnavailable: where the database cannot be reached, is locked for too long, full, read-only or damaged,
            and for a writer where the record was altered.
    """
    engine = whole(engine) if write else engine
    if write and not even_read_only and (found := read_only(engine)) is not None:
        raise DatabaseUnavailable(f"Nothing can be recorded: {found.sentence}")
    try:
        with (
            _turn_to_write(engine, write=write),
            faults_in_words(),
            nullcontext(on) if on is not None else engine.connect() as connection,
            Session(connection.execution_options(loam_writes=write)) as session,
        ):
            if write:
                _begin_linked(session, even_read_only=even_read_only)
            yield session
            if write:
                _end_linked(session)
            _commit(session, write=write)
    except NotAllowed as refusal:
        if write:
            _note_refusal(engine, refusal)
        raise


def _note_refusal(engine: Engine, refusal: NotAllowed) -> None:
    """Tell the register who tried what, once the transaction in which they were refused is undone."""
    from db import audit  # noqa: PLC0415  (the register is written through this module)

    with open_session(engine, write=True, even_read_only=True) as session:
        audit.record_refusal(session, refusal.person_id, refusal.right, refusal.because)


UNLINKED = "loam_unlinked"
"""Under this name a session says that it may add to no register, since nothing could be linked."""


def _begin_linked(session: Session, *, even_read_only: bool) -> None:
    """See that no row of a register waits for its link: it would have come past the desk."""
    from db import chain  # noqa: PLC0415  (db.chain imports this module)

    outside = chain.last_pending(session)
    session.info[chain.FROM_OUTSIDE] = outside
    if even_read_only:
        session.info[UNLINKED] = not chain.can_link(session)
    elif outside is not None:
        raise DatabaseUnavailable(
            "Nothing can be recorded: rows were added to the record's registers past the desk. "
            "`python loam.py verify` names the first."
        )


def _end_linked(session: Session) -> None:
    """Link what was added; where nothing can be linked, nothing may have been added."""
    from db import chain  # noqa: PLC0415  (db.chain imports this module)

    if not session.info.get(UNLINKED):
        chain.link_pending(session)
    elif (chain.last_pending(session) or 0) > (session.info[chain.FROM_OUTSIDE] or 0):
        chain.key_for_writing(session)  # says why not


@contextmanager
def open_unguarded(engine: Engine) -> Iterator[sqlalchemy.Connection]:
    """A connection in one transaction that may change and drop registers: for making a demo anew, and nothing else.

    Raises:
        DatabaseUnavailable: as `open_session` does.
    """
    with (
        _turn_to_write(engine, write=True),
        faults_in_words(),
        engine.connect().execution_options(loam_writes=True) as connection,
        sqlite_guard.lifted(connection),
        connection.begin(),
    ):
        yield connection


def _commit(session: Session, *, write: bool) -> None:
    """Commit; where the connection is lost meanwhile nobody can tell whether it was, so nothing else is said."""
    try:
        session.commit()
    except sqlalchemy.exc.DBAPIError as error:
        if write and fault_words.is_out_of_reach(error):
            raise DatabaseUnavailable(fault_words.IN_DOUBT) from error
        raise


@contextmanager
def _turn_to_write(engine: Engine, *, write: bool) -> Iterator[None]:
    if not write or engine.dialect.name != "sqlite":
        yield
        return
    lock = _writers.setdefault(id(engine), threading.Lock())
    if not lock.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
        raise DatabaseUnavailable("The record is busy with a long import. Nothing was changed; try again in a minute.")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def faults_in_words() -> Iterator[None]:
    """Say in words what keeps a database from working; a statement that it refuses is a fault of ours, and crashes.

    Raises:
        DatabaseUnavailable: as `open_session` does.
    """
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        words = fault_words.plain_cause(error)
        if words is None:
            raise
        raise DatabaseUnavailable(words) from error
    except sqlalchemy.exc.TimeoutError as error:
        words = "Too many people use the record at once. Nothing was changed; try again in a moment."
        raise DatabaseUnavailable(words) from error


def migrate(engine: Engine) -> None:
    """Bring the database to the newest version of the tables; an up-to-date one is left alone.

    Raises:
        DatabaseUnavailable: where the database was made by a newer Loam than this one or by another program, lies in a
            folder that cannot be made, and as `open_session` does.
    """
    _make_folder(engine)
    with faults_in_words():
        if _names_newest(engine):
            return
        # Imported here: alembic costs 0.2 s that no later start or command has to pay.
        from db.migrations import upgrade  # noqa: PLC0415

        upgrade(engine)


def _make_folder(engine: Engine) -> None:
    """Make the folder of a SQLite record. To connect makes none, so that to look for a record leaves nothing behind."""
    if engine.dialect.name != "sqlite":
        return
    place = Path(str(engine.url.database))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(f"The folder of {place} cannot be made: {error.strerror}.") from error


def has_newest_tables(engine: Engine) -> bool:
    """Whether the database is at the newest version of the tables.

    Raises:
        DatabaseUnavailable: as `open_session` does.
    """
    with faults_in_words():
        return _names_newest(engine)


def _names_newest(engine: Engine) -> bool:
    """Whether the database names the newest of the migrations."""
    with engine.connect() as connection:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return False
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [
            newest_migration()
        ]


def newest_migration() -> str:
    """The number of the newest migration; their files begin with it."""
    return max(path.name for path in MIGRATIONS.glob("[0-9]*.py")).split("_")[0]
