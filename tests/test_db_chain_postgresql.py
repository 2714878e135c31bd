"""On PostgreSQL the chain finds what its owner changed, and the role of the desk can change no register at all."""

import json
from contextlib import contextmanager

import pytest
import sqlalchemy
from sqlalchemy import make_url, text
from sqlmodel import Session, SQLModel

from db import audit, chain_key, chain_rows, grants, imports, loan_acts, sign_ins, tables, verification
from db.engine import DatabaseUnavailable, connect, migrate, open_session
from db.verification import verify
from ingest import folder
from lending.policy import FIRST_POLICY
from tests import chain_desk
from tests.loan_desk import WHY, LoanDesk, later

REGISTERS = tuple(name for name in tables.APPEND_ONLY if name != "chain")
ROLE = "loam_desk"


@pytest.fixture
def owner(postgresql_server, tmp_path, monkeypatch):
    """An engine of whoever owns the tables."""
    monkeypatch.setattr(chain_key, "FOLDER", tmp_path)
    name = postgresql_server.create(postgresql_server.migrated)
    engine = connect(postgresql_server.address(name))
    yield engine
    engine.dispose()
    postgresql_server.drop(name)


def test_what_the_owner_changes_past_the_triggers_is_found(owner):
    chain_desk.make(owner)
    assert verify(owner).broken is None
    with owner.connect() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")  # no trigger, no reference
        connection.commit()
        for table in (*REGISTERS, *tables.RIGHTS, *tables.HISTORY, "chain"):
            columns = SQLModel.metadata.tables[table].columns
            column = next(each for each in reversed(list(columns)) if not each.nullable and not each.primary_key)
            word = column.type.__class__.__name__ == "Text"
            other = f"{column.name} || ' '" if word else f"{column.name} + 1"
            key = ", ".join(chain_rows.key_columns(table))
            chosen = f"SELECT {key} FROM {table}"
            if table == "sales_days":
                chosen += " WHERE source = 'totals'"
            change = f"UPDATE {table} SET {column.name} = {other} WHERE ({key}) IN ({chosen} LIMIT 1)"
            changed = connection.exec_driver_sql(change)
            assert changed.rowcount == 1, table
            broken = _seen_inside(connection)
            connection.rollback()
            assert broken is not None, table
            assert broken.table == table, (table, broken)


def _seen_inside(connection):
    """What a check finds that reads what this connection has not committed."""

    @contextmanager
    def view(_engine):
        yield Session(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "_one_view", view)
        return verify(connection.engine).broken


@pytest.fixture
def desk_role(owner):
    """An engine under a role that was given what the desk needs."""
    with owner.begin() as connection:
        connection.execute(text(f"DROP ROLE IF EXISTS {ROLE}"))
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN"))
    grants.grant(owner, ROLE)
    engine = connect(make_url(str(owner.url)).set(username=ROLE).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with owner.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {ROLE}"))
        connection.execute(text(f"DROP ROLE {ROLE}"))


def test_the_desk_works_under_its_role_and_its_record_is_whole(desk_role):
    desk = LoanDesk(desk_role)
    desk.disburse()
    desk.act("pay", today=later(20), amount_minor=100_000)
    asked = desk.act("write_off", today=later(200), reason=WHY)
    loan_acts.answer(
        desk_role, asked.act_id, agrees=True, note="Seen", person_id=desk.id_of("deputy"), today=later(200)
    )
    desk.put_in_force(json.dumps(json.loads(FIRST_POLICY.read_text()) | {"version": 2, "days_to_decide": 5}))
    chunks = folder.read(folder.find(chain_desk.EXAMPLE), shops={}, default_zone="Asia/Shanghai")
    assert imports.store(desk_role, chunks, person_id=None, source="example").verdict == "imported"
    with open_session(desk_role, write=True) as session:
        sign_ins.sign_out(session, sign_ins.sign_in(session, desk.id_of("officer")))
    migrate(desk_role)
    assert verify(desk_role).broken is None


REFUSED = (
    "UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE", "DROP TABLE {0} CASCADE",
    "ALTER TABLE {0} ADD COLUMN x INT", "ALTER TABLE {0} DISABLE TRIGGER ALL", "DROP TRIGGER {0}_no_change ON {0}",
    "ALTER TABLE {0} OWNER TO CURRENT_USER", "CREATE TRIGGER sly BEFORE INSERT ON {0} EXECUTE FUNCTION refuse_change()",
    "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT ({1}) DO UPDATE SET {1} = excluded.{1}",
)  # fmt: skip


def test_the_role_of_the_desk_can_change_no_register(desk_role):
    with open_session(desk_role, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})
    for table in tables.APPEND_ONLY:
        for change in REFUSED:
            with pytest.raises(sqlalchemy.exc.ProgrammingError, match=r"permission denied|must be owner|ON CONFLICT"):
                _run(desk_role, change.format(table, chain_rows.key_columns(table)[0]))
    for sly in (
        "SET session_replication_role = replica",
        "DROP FUNCTION refuse_change() CASCADE",
        f"ALTER ROLE {ROLE} SUPERUSER",
    ):
        with pytest.raises(sqlalchemy.exc.ProgrammingError, match=r"permission denied|must be owner|must be superuser"):
            _run(desk_role, sly)
    assert verify(desk_role).broken is None


def _run(engine, statement):
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_role_that_is_not_there_or_owns_the_record_is_refused_in_words(owner):
    with pytest.raises(DatabaseUnavailable, match="knows no role nobody"):
        grants.grant(owner, "nobody")
    with pytest.raises(DatabaseUnavailable, match="owns the record"):
        grants.grant(owner, "postgres")
