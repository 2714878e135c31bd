"""Dumps a PostgreSQL record by its own programs while others write to it, and puts a dump back in its place."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from db.engine import connect, faults_in_words
from db.refused_backup import BackupRefused

# Where Debian and its kin keep the programs of each version.
BESIDE_PATH = Path("/usr/lib/postgresql")
FIRST_DATABASE = "postgres"
TRIES, BETWEEN_TRIES_S = 20, 0.1
IN_USE = (
    "The record is in use: {} connections to the database {} are open. Nothing was changed; end every desk and command "
    "that uses it first, and then restore."
)

Tell = Callable[[str, float], None]
Found = TypeVar("Found")


def dump(engine: Engine, place: Path, contents: Callable[[Connection], Found], tell: Tell) -> Found:
    """Dump the record as it stands at this moment into one compressed file, and say what it holds.

    Raises:
        BackupRefused: where pg_dump is missing, too old, or fails.
        DatabaseUnavailable: where the record cannot be read.
    """
    with faults_in_words(), engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        # What is counted and what is dumped is one and the same view of the record.
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        tell("Dumping", 0.0)
        options = ["--format=custom", f"--snapshot={snapshot}", f"--file={place}"]
        _run("pg_dump", _version(connection), engine, options, database=str(engine.url.database))
        tell("Checking", 0.0)
        # Reads and unpacks every row of it.
        _run("pg_restore", _version(connection), engine, [f"--file={os.devnull}", str(place)])
        return contents(connection)


def put_back(engine: Engine, dumped: Path, stamp: str, check: Callable[[Engine], object], tell: Tell) -> str | None:
    """Restore a dump into a new database, check it, and give it the name of the record in one transaction.

    Returns:
        The name of the database that holds what was there; None where there was none.

    Raises:
        BackupRefused: where somebody uses the record, the programs are missing, or the role may make no database.
    """
    name, fresh, kept = str(engine.url.database), f"loam_restoring_{stamp.lower()}", f"before_{stamp.lower()}"
    kept = f"{name}_{kept}"
    engine.dispose()
    with _maintenance(engine) as connection:
        _refuse_in_use(connection, name)
        version = connection.info.server_version // 10_000
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(fresh)))
        try:
            tell("Restoring", 0.0)
            options = ["--exit-on-error", "--single-transaction", "--no-owner", str(dumped)]
            _run("pg_restore", version, engine, options, database=fresh)
            check(_engine_of(fresh, engine))
            return _exchange(connection, name, fresh, kept)
        except BaseException:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
            raise


def _engine_of(database: str, record: Engine) -> Engine:
    """The engine of a copy of a record, which is sealed with the record's key."""
    address = record.url.set(database=database).render_as_string(hide_password=False)
    return connect(address).execution_options(loam_key_of=record.url)


def _exchange(connection: psycopg.Connection, name: str, fresh: str, kept: str) -> str | None:
    """Give the old database another name and the new one its name, both or neither."""
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    with connection.transaction():
        if there:
            connection.execute(rename.format(sql.Identifier(name), sql.Identifier(kept)))
        connection.execute(rename.format(sql.Identifier(fresh), sql.Identifier(name)))
    return kept if there else None


@contextmanager
def _maintenance(engine: Engine) -> Iterator[psycopg.Connection]:
    """A connection beside the record, which cannot be renamed by one to itself."""
    try:
        with psycopg.connect(**_options_of(engine.url.set(database=FIRST_DATABASE)), autocommit=True) as connection:
            yield connection
    except psycopg.errors.ObjectInUse as error:
        raise BackupRefused(IN_USE.format("some", engine.url.database)) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupRefused(
            f"{engine.url.username} may not do this: {_first_line(error)}. Nothing was changed; restore as the "
            "owner of the database, who has to have the right CREATEDB."
        ) from error
    except psycopg.OperationalError as error:
        raise BackupRefused(f"The server cannot be reached: {_first_line(error)}.") from error


def _refuse_in_use(connection: psycopg.Connection, name: str) -> None:
    """Refuse while somebody is connected; one who has just left is seen for a moment yet."""
    count = sql.SQL("SELECT count(*) FROM pg_stat_activity WHERE datname = {}").format(sql.Literal(name))
    for _ in range(TRIES):
        (there,) = connection.execute(count).fetchone() or (0,)
        if there == 0:
            return
        time.sleep(BETWEEN_TRIES_S)
    raise BackupRefused(IN_USE.format(there, name))


def _version(connection: Connection) -> int:
    version = connection.dialect.server_version_info
    if version is None:
        raise sqlalchemy.exc.InvalidRequestError("the server did not say its version")
    return int(version[0])


def _run(program: str, version: int, engine: Engine, options: list[str], *, database: str | None = None) -> None:
    """Run a program of PostgreSQL on a database; its password never stands on the command line."""
    known = _options_of(engine.url)
    password = known.pop("password", None)
    if database is not None:
        options = [f"--dbname={psycopg.conninfo.make_conninfo(**known | {'dbname': database})}", *options]
    done = subprocess.run(  # noqa: S603  (found by its name, and called without a shell)
        [_find(program, version), "--no-password", *options] if database else [_find(program, version), *options],
        env=os.environ | ({"PGPASSWORD": str(password)} if password else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        if "No space left" in done.stderr:
            raise BackupRefused("The disk is full. Nothing was changed.")
        raise BackupRefused(f"{program} failed: {said[0]}")


def _options_of(address: URL) -> dict[str, Any]:
    """An address as PostgreSQL's own programs take it."""
    return {**address.translate_connect_args(username="user", database="dbname"), **address.query}


def _find(program: str, version: int) -> str:
    """A program of PostgreSQL that is no older than the server.

    Raises:
        BackupRefused: where there is none.
    """
    folders = [Path(each) for each in os.get_exec_path()]
    folders += [path / "bin" for path in sorted(BESIDE_PATH.glob("*"))] if BESIDE_PATH.is_dir() else []
    found = []
    for folder in folders:
        place = shutil.which(program, path=str(folder))
        if place is None:
            continue
        said = subprocess.run([place, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        numbers = re.search(r"\d+", said)
        if numbers and int(numbers[0]) >= version:
            return place
        found += [numbers[0]] if numbers else []
    older = f" (there is {', '.join(dict.fromkeys(found))})" if found else ""
    raise BackupRefused(
        f"The server is PostgreSQL {version}, and no {program} of that version or a newer one is on the PATH{older}. "
        f"Nothing was changed; install PostgreSQL's client programs of version {version}."
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
