"""A database that an older Loam made comes up whole under this one, and a broken migration leaves it as it was.

`data/older/version_0001.json` holds every row of a small made-up desk as the Loam of migration 0001 itself stored it.
"""

import json
import shutil

import pytest
import sqlalchemy
from alembic import command
from sqlalchemy import MetaData, func, select
from typer.testing import CliRunner

import loam
from db import migrations, sqlite_guard
from db.engine import connect, migrate, open_session
from desk.replay import replay_all
from settings import settings
from tests.desk import AS_OF
from tests.screens import Screens, everything, press, texts
from tests.server import ROOT, free_port

OLDER = json.loads((ROOT / "tests" / "data" / "older" / "version_0001.json").read_text(encoding="utf-8"))
DECIDED, REFERRED, SILENT = 1, 2, 3
HALF_WAY = '''
"""A migration that fails half-way"""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = depends_on = None


def upgrade():
    op.create_table("half_made", sa.Column("id", sa.Integer(), nullable=False))
    op.add_column("orders", sa.Column("half_made", sa.Text()))
    op.execute("DELETE FROM orders")
    op.execute("UPDATE no_such_table SET x = 1")
'''


def upgrade_to(engine, version):
    """Run the migrations up to a version, as that version's own Loam did."""
    connected = engine.connect().execution_options(loam_writes=True)
    with connected as connection, sqlite_guard.lifted(connection), connection.begin():
        config = migrations.config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def rows_of(engine):
    """Every row of the tables that the older version had, in the order of their first columns."""
    with engine.connect() as connection:
        found = {}
        for name, table in OLDER.items():
            columns = sqlalchemy.text(f"SELECT {', '.join(table['columns'])} FROM {name}")
            found[name] = sorted((list(row) for row in connection.execute(columns)), key=repr)
        return found


def version_of(engine):
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar_one()


@pytest.fixture
def older(database_url):
    """A database as migration 0001 and the Loam of its day left it."""
    engine = connect(database_url)
    upgrade_to(engine, "0001")
    tables = MetaData()
    tables.reflect(engine)
    with engine.execution_options(loam_writes=True).begin() as connection:
        for table in tables.sorted_tables:
            if table.name not in OLDER:
                continue
            stored = OLDER[table.name]
            connection.execute(
                table.insert(), [dict(zip(stored["columns"], row, strict=True)) for row in stored["rows"]]
            )
            if engine.dialect.name == "postgresql" and "id" in table.c:
                number = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(number, len(stored["rows"]))))
        if engine.dialect.name == "postgresql":
            number = func.pg_get_serial_sequence("audit_events", "sequence")
            connection.execute(select(func.setval(number, len(OLDER["audit_events"]["rows"]))))
    assert version_of(engine) == "0001"
    yield engine
    engine.dispose()


@pytest.fixture
def screens(older, monkeypatch):
    """The desk's pages over the older database, brought up by this Loam."""
    migrate(older)
    monkeypatch.setenv("LOAM_DATABASE_URL", older.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LOAM_BUSINESS_DATE", AS_OF.isoformat())
    settings.cache_clear()
    yield Screens(older, monkeypatch)
    settings.cache_clear()


def test_every_row_of_an_older_database_is_still_there(older):
    migrate(older)
    assert version_of(older) != "0001"
    stored = {name: sorted(table["rows"], key=repr) for name, table in OLDER.items()}
    assert rows_of(older) == stored


def test_the_scores_of_an_older_database_come_out_again_to_the_same_integers(older):
    migrate(older)
    found = replay_all(older, tell=lambda *_: None)
    assert (found.replayed, found.differences) == (len(OLDER["score_runs"]["rows"]), ())


def test_the_registers_of_an_older_database_still_refuse_change(older):
    migrate(older)
    for register in ("decisions", "score_runs", "score_cards", "audit_events", "policy_versions", "import_batches"):
        for change in (f"DELETE FROM {register}", f"UPDATE {register} SET {OLDER[register]['columns'][1]} = NULL"):
            with (
                pytest.raises(sqlalchemy.exc.DBAPIError, match=r"never changed|not authorized"),
                open_session(older, write=True) as session,
            ):
                session.execute(sqlalchemy.text(change))


def test_the_pages_open_on_an_older_database_and_say_what_was_decided(screens):
    decided = everything(screens.open("review", application=str(DECIDED)))
    assert "Olive Officer approved: **¥9\\,000 for 6 months at 10.35%**" in decided
    assert "Sells well" in decided
    assert "Ask for its orders" in everything(screens.open("review", by="second", application=str(REFERRED)))
    assert "青瓦茶铺" in everything(screens.open("queue"))
    assert "Hill Honey" in everything(screens.open("shops", by="auditor", shop="2"))
    assert "older" in everything(screens.open("imports"))
    assert "events on record" in texts(screens.open("audit", by="auditor"))


def test_work_goes_on_where_an_older_database_stopped(screens):
    screen = press(screens.open("review", application=str(SILENT)), "Take it")
    assert "Yours" in texts(screen)
    assert (SILENT, 1) in screens.holds()


def test_a_migration_that_fails_half_way_leaves_the_older_database_as_it_was(older, tmp_path, monkeypatch):
    before = rows_of(older)
    scripts = shutil.copytree(ROOT / "db" / "migrations", tmp_path / "migrations")
    head = migrations.ScriptDirectory.from_config(migrations.config()).get_current_head()
    (scripts / "versions" / "9999_half_way.py").write_text(HALF_WAY.format(head=head))
    whole = migrations.config()
    whole.set_main_option("script_location", str(scripts))
    monkeypatch.setattr(migrations, "config", lambda: whole)
    with pytest.raises(sqlalchemy.exc.DBAPIError, match="no_such_table"):
        migrate(older)
    assert version_of(older) == "0001"
    assert rows_of(older) == before
    names = sqlalchemy.inspect(older).get_table_names()
    assert "half_made" not in names
    assert "drafts" not in names
    if older.dialect.name == "sqlite":
        with older.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    monkeypatch.undo()
    migrate(older)
    assert rows_of(older) == before


@pytest.mark.parametrize("command_line", [["run"], ["score", "--all"], ["demo"], ["import", "docs/example"]])
def test_a_command_on_a_database_of_a_newer_loam_ends_with_a_sentence(sqlite_engine, monkeypatch, command_line):
    with open_session(sqlite_engine, write=True) as session:
        session.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LOAM_PORT", str(free_port()))
    monkeypatch.chdir(ROOT)
    settings.cache_clear()
    ended = CliRunner().invoke(loam.app, command_line)
    settings.cache_clear()
    assert ended.exit_code == 1
    assert isinstance(ended.exception, SystemExit)
    assert "made by a newer Loam (version 9999). Nothing was changed." in ended.output
