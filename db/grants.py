"""What a PostgreSQL role needs so that the desk can work under it without owning the record.

Such a role adds to the registers and reads them. It can't change them, drop them or switch their triggers off, and
neither can whoever gets hold of its password.
"""

from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from db import tables
from db.engine import DatabaseUnavailable, faults_in_words


def statements(engine: Engine, role: str) -> list[str]:
    """The statements that give a role what the desk needs, and take from it what it must not have.

    Raises:
        DatabaseUnavailable: for a record on SQLite, which knows no roles.
    """
    if engine.dialect.name != "postgresql":
        raise DatabaseUnavailable("Roles are PostgreSQL's; a SQLite file belongs to whoever may write it.")
    quote = engine.dialect.identifier_preparer.quote
    name = quote(role)
    others = [table for table in SQLModel.metadata.tables if table not in tables.APPEND_ONLY]
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"REVOKE CREATE ON SCHEMA public FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT TEMPORARY ON DATABASE {quote(str(engine.url.database))} TO {name}",
        f"GRANT SELECT ON alembic_version TO {name}",
        f"GRANT SELECT, INSERT ON {', '.join(tables.APPEND_ONLY)} TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(others)} TO {name}",
        f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {name}",
    ]


def grant(engine: Engine, role: str) -> None:
    """Run these statements as the owner of the tables, in one transaction.

    Raises:
        DatabaseUnavailable: as `statements` does, for a role that there is not, and for one that owns the record.
    """
    due = statements(engine, role)
    with faults_in_words(), engine.begin() as connection:
        known = connection.execute(_ROLE, {"role": role}).first()
        if known is None:
            raise DatabaseUnavailable(f"PostgreSQL knows no role {role}; CREATE ROLE makes one.")
        if known.rolsuper or known.owns:
            raise DatabaseUnavailable(f"The role {role} owns the record or may do anything; the desk needs another.")
        for statement in due:
            connection.exec_driver_sql(statement)


_ROLE = text(
    "SELECT rolsuper, EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = rolname) AS owns "
    "FROM pg_roles WHERE rolname = :role"
)
