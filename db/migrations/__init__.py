"""Migrations by alembic, run from code: `db.engine.migrate` is the only way in."""

from pathlib import Path

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlmodel import Session

from db import sqlite_guard

# Any number will do, as long as nothing else on the database takes a lock by it.
MIGRATING = 20_261_128


def config() -> Config:
    """alembic's configuration; there is no alembic.ini."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    return settings


def upgrade(engine: Engine) -> None:
    """Run the missing migrations in one transaction, on a connection of their own.

    Raises:
        db.engine.DatabaseUnavailable: where the database's version is unknown here, or it is another program's.
    """
    from db import chain  # noqa: PLC0415  (db.chain imports db.engine, which imports this module)
    from db.engine import DatabaseUnavailable  # noqa: PLC0415

    scripts = ScriptDirectory.from_config(config())
    with engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
        tables = sqlalchemy.inspect(connection).get_table_names()
        connection.rollback()
    if version == scripts.get_current_head():
        return
    if version is not None and version not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseUnavailable(f"This database was made by a newer Loam (version {version}). Nothing was changed.")
    if tables and "alembic_version" not in tables:
        raise DatabaseUnavailable(
            f"This database holds another program's tables ({tables[0]}, for one). Nothing was changed; "
            "LOAM_DATABASE_URL has to name one of Loam's own, or a new one."
        )
    with engine.connect().execution_options(loam_writes=True) as connection, sqlite_guard.lifted(connection):
        if connection.dialect.name == "sqlite":
            # A table that is made anew would drag its children along; checked by hand before the commit instead.
            _set_foreign_keys(connection, on=False)
        settings = config()
        settings.attributes["connection"] = connection
        try:
            with connection.begin():
                _wait_for_others(connection)
                session = Session(connection)
                if "chain_pending" in tables:
                    # What came past the desk before is not linked by an upgrade either.
                    session.info[chain.FROM_OUTSIDE] = chain.last_pending(session)
                command.upgrade(settings, "head")
                _check_references(connection)
                # What a migration adds to a register belongs to the chain like anything else.
                chain.link_pending(session, upgrading=True)
        finally:
            # The connection goes back to the others, after a migration that failed too.
            if connection.dialect.name == "sqlite":
                _set_foreign_keys(connection, on=True)


def _wait_for_others(connection: sqlalchemy.Connection) -> None:
    """Let another process that migrates finish first; alembic reads anew afterwards what is left to do.

    On SQLite a writing transaction is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")


def _set_foreign_keys(connection: sqlalchemy.Connection, *, on: bool) -> None:
    # PRAGMA foreign_keys does nothing inside a transaction, and SQLAlchemy begins one with each statement.
    raw = connection.connection.driver_connection
    if raw is None:
        raise sqlalchemy.exc.InvalidRequestError("the connection was closed")
    raw.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}").close()


def _check_references(connection: sqlalchemy.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise sqlalchemy.exc.IntegrityError("PRAGMA foreign_key_check", {}, ValueError(str(broken[:5])))
