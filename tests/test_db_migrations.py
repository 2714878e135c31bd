"""The migrations make exactly the tables that the code describes, and the registers refuse change."""

import threading
from contextlib import closing

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from db import audit, tables
from db.engine import (
    BUSY_TIMEOUT_MS,
    DatabaseUnavailable,
    connect,
    has_newest_tables,
    migrate,
    open_session,
    sqlite,
    wal_is_safe,
)


def test_the_migrations_make_the_tables_that_the_code_describes(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_twice_changes_nothing(engine):
    migrate(engine)
    with open_session(engine) as session:
        assert session.execute(sqlalchemy.text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_the_newest_tables_are_known_by_the_number_of_the_last_migration(engine):
    assert has_newest_tables(engine)
    with open_session(engine, write=True) as session:
        session.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '0001'"))
    assert not has_newest_tables(engine)


def test_a_database_of_a_newer_loam_is_refused_and_left_alone(engine):
    with open_session(engine, write=True) as session:
        session.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnavailable, match="newer Loam"):
        migrate(engine)


@pytest.mark.parametrize(
    "change", ["UPDATE audit_events SET kind = 'other'", "DELETE FROM audit_events", "TRUNCATE audit_events"]
)
def test_a_register_refuses_to_be_changed(engine, change):
    with open_session(engine, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})
    if engine.dialect.name == "sqlite" and change.startswith("TRUNCATE"):
        change = "REPLACE INTO audit_events (sequence, recorded_at, kind, subject, body) VALUES (1, 1, 'x', 'x', '{}')"
    with (
        pytest.raises(sqlalchemy.exc.DBAPIError, match=r"never changed|not authorized"),
        open_session(engine, write=True) as session,
    ):
        session.execute(sqlalchemy.text(change))
    with open_session(engine) as session:
        assert audit.newest(session)["kind"].tolist() == ["start"]


def test_every_register_has_its_triggers(sqlite_engine):
    with open_session(sqlite_engine) as session:
        names = session.execute(sqlalchemy.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
        refusing = {f"{table}_no_{action}" for table in tables.APPEND_ONLY for action in ("update", "delete")}
        noting = {f"{table}_to_chain" for table in (*tables.APPEND_ONLY, *tables.RIGHTS) if table != "chain"}
        noting |= {f"{table}_{change}_to_chain" for table in tables.RIGHTS for change in ("change", "end")}
        assert set(names) == refusing | noting | {"shops_to_branch", "chain_in_turn"}


def test_every_constraint_has_a_name():
    for table in SQLModel.metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name} has a constraint without a name"


def test_sqlite_runs_under_the_rules_of_the_house(sqlite_engine):
    rules = {"foreign_keys": 1, "recursive_triggers": 1, "journal_mode": "wal", "synchronous": 2}
    with sqlite_engine.connect() as connection:
        for rule, value in rules.items():
            assert connection.exec_driver_sql(f"PRAGMA {rule}").scalar_one() == value


def test_a_new_file_that_another_process_writes_to_is_opened_once_that_is_done(tmp_path):
    with closing(sqlite.connect(tmp_path / "loam.db", isolation_level=None, check_same_thread=False)) as other:
        # SQLite would not wait here: the file is still journalled as new files are.
        other.execute("BEGIN IMMEDIATE")
        ends = threading.Timer(0.2, lambda: other.execute("COMMIT"))
        ends.start()
        engine = connect(f"sqlite:///{tmp_path / 'loam.db'}")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == BUSY_TIMEOUT_MS
        ends.join()
    engine.dispose()


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 53, 4), True), ((3, 51, 3), True), ((3, 51, 2), False), ((3, 50, 7), True), ((3, 50, 6), False),
     ((3, 44, 6), True), ((3, 40, 1), False)],
)  # fmt: skip
def test_a_sqlite_that_can_lose_commits_in_wal_mode_is_known(version, safe):
    assert wal_is_safe(version) is safe


@pytest.mark.parametrize("url", ["mysql://somewhere/loam", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_cannot_keep_a_record_is_refused_in_words(url):
    with pytest.raises(DatabaseUnavailable, match="LOAM_DATABASE_URL"):
        connect(url)
