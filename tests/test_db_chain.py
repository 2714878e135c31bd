"""Whatever is changed in the record past the desk is found, and the first row of it is named."""

import itertools
import json
import random
import shutil

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from db import audit, chain, chain_key, chain_rows, heads, sqlite_guard, tables
from db.engine import DatabaseUnavailable, connect, make_read_only, make_writable, migrate, open_session, read_only
from db.verification import verify
from tests import chain_desk
from tests.chain_desk import editor

ROWS_OF_IMPORTS = (*tables.HISTORY, *(f"{name}_history" for name in tables.HISTORY))
REGISTERS = tuple(name for name in tables.APPEND_ONLY if name != "chain")
CHECKED = ("chain", *REGISTERS, *tables.RIGHTS, "personal_salts", *ROWS_OF_IMPORTS)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The desk of tests/chain_desk.py, to be copied."""
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('chain') / 'loam.db'}")
    migrate(engine)
    chain_desk.make(engine)
    heads.note(engine, verify(engine).head)
    engine.dispose()
    return engine


@pytest.fixture
def engine(made, tmp_path):
    """A copy with its key and its noted heads; whoever changes it leaves the others theirs."""
    with made.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    engine = connect(f"sqlite:///{shutil.copy(made.url.database, tmp_path / 'loam.db')}")
    shutil.copy(chain_key.file_of(made), chain_key.file_of(engine))
    shutil.copy(heads.file_of(made), heads.file_of(engine))
    yield engine
    make_writable(engine)
    engine.dispose()


def found(engine, **how):
    return verify(engine, heads=heads.noted(engine), **how).broken


def other(value):
    """Another value of the same kind."""
    if value is None:
        return 1_000_003
    return value + 1_000_003 if isinstance(value, int) else value + "x"


def cells(file, table):
    """Each cell of a table as (condition and values that find its row, column, value)."""
    columns = [column[1] for column in file.execute(f"PRAGMA table_info({table})")]
    key = [column[1] for column in file.execute(f"PRAGMA table_info({table})") if column[5]]
    kinds = {column[1]: column[2] for column in file.execute(f"PRAGMA table_info({table})")}
    rolled_up = " WHERE source = 'totals'" if table.startswith("sales_days") else ""
    for row in file.execute(f"SELECT * FROM {table}{rolled_up}").fetchall():
        told = dict(zip(columns, row, strict=True))
        place = " AND ".join(f'"{name}" = ?' for name in key), [told[name] for name in key]
        for column in columns:
            new = other(told[column]) if told[column] is not None or kinds[column] == "INTEGER" else "x"
            yield place, column, told, new, key


def names_it(broken, table, told):
    """Whether what was found is the row that was changed, or the batch that it came with."""
    if table == "personal_salts":
        return broken.table == told["subject"]
    if table in ROWS_OF_IMPORTS:
        return broken.table == table.removesuffix("_history")
    if broken.table != table:
        return False
    if table == "chain":
        return True
    return broken.key == chain_rows.row_key(table, told)


def try_all(engine, chosen):
    """Change cell by cell and put each back; the number of changes, and those that were not found."""
    missed, count = [], 0
    with editor(engine) as file:
        for table in CHECKED:
            for place, column, told, new, key in chosen(list(cells(file, table))):
                where, values = place
                file.execute(f'UPDATE {table} SET "{column}" = ? WHERE {where}', [new, *values])
                broken = found(engine, file=False)
                moved = [new if name == column else told[name] for name in key]
                file.execute(f'UPDATE {table} SET "{column}" = ? WHERE {where}', [told[column], *moved])
                count += 1
                if broken is None or not (column in key or names_it(broken, table, told)):
                    missed.append((table, column, told, str(broken)))
        assert found(engine) is None
    return count, missed


def test_the_desk_of_these_tests_has_rows_in_every_register_and_is_whole(engine):
    assert found(engine) is None
    with engine.connect() as connection:
        for table in (*REGISTERS, *tables.RIGHTS, *tables.HISTORY):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one(), table


def test_a_change_of_any_column_of_any_table_is_found_and_its_row_is_named(engine):
    def one_row_each(rows):
        random.seed(len(rows))
        by_column = {}
        for row in rows:
            by_column.setdefault(row[1], []).append(row)
        return [random.choice(each) for each in by_column.values()]

    count, missed = try_all(engine, one_row_each)
    assert missed == []
    assert count > 200


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_change_of_any_column_of_any_row_is_found_and_its_row_is_named(engine):
    count, missed = try_all(engine, lambda rows: rows)
    print(f"{count} changes, {len(missed)} not found")
    assert missed == []


def rows_of(file, table):
    """The rows of a table with the names of its columns, but for daily sales that can be worked out again."""
    columns = [column[1] for column in file.execute(f"PRAGMA table_info({table})")]
    rolled_up = " WHERE source = 'totals'" if table.startswith("sales_days") else ""
    return columns, [dict(zip(columns, row, strict=True)) for row in file.execute(f"SELECT * FROM {table}{rolled_up}")]


def put(file, table, row, verb="INSERT"):
    names = ", ".join(f'"{name}"' for name in row)
    file.execute(f"{verb} INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def take(file, table, row):
    given = {name: value for name, value in row.items() if value is not None}
    file.execute(f"DELETE FROM {table} WHERE " + " AND ".join(f'"{name}" = ?' for name in given), list(given.values()))


@pytest.mark.parametrize("table", CHECKED)
def test_a_row_that_was_deleted_is_found(engine, table):
    with editor(engine) as file:
        _, rows = rows_of(file, table)
        for row in rows if len(rows) < 80 else rows[:2] + rows[-2:]:
            take(file, table, row)
            broken = found(engine)
            put(file, table, row)
            assert broken is not None
            assert names_it(broken, table, row) or table == "chain", (row, broken)
        assert found(engine) is None


@pytest.mark.parametrize("table", CHECKED)
def test_two_rows_that_change_places_are_found(engine, table):
    with editor(engine) as file:
        key = [column[1] for column in file.execute(f"PRAGMA table_info({table})") if column[5]]
        _, rows = rows_of(file, table)
        rest = [name for name in rows[0] if name not in key] if rows else []
        pairs = [pair for pair in itertools.pairwise(rows) if any(pair[0][name] != pair[1][name] for name in rest)]
        for one, two in pairs[:20]:
            swapped = [{**one, **{name: two[name] for name in rest}}, {**two, **{name: one[name] for name in rest}}]
            for old in (one, two):
                take(file, table, old)
            for new in swapped:
                put(file, table, new)
            broken = found(engine)
            for new in swapped:
                take(file, table, new)
            for old in (one, two):
                put(file, table, old)
            assert broken is not None, (one, two)
        assert found(engine) is None


@pytest.mark.parametrize("table", REGISTERS)
def test_a_row_that_was_replaced_or_added_past_the_desk_is_found(engine, table):
    with editor(engine) as file:
        columns, rows = rows_of(file, table)
        row = rows[0]
        plain = [name for name in columns if name not in chain_rows.key_columns(table)]
        put(file, table, {**row, plain[-1]: other(row[plain[-1]])}, verb="REPLACE")
        assert found(engine).table == table
        put(file, table, row, verb="REPLACE")
        assert found(engine) is None
        first = chain_rows.key_columns(table)[0]
        added = {**row, first: other(row[first])}
        for name in {"request_key", "application_id"} & set(plain):
            added[name] = other(row[name])
        put(file, table, added)
        assert (found(engine).table, found(engine).key) == (table, chain_rows.row_key(table, added))


def test_a_row_added_past_the_desk_under_its_triggers_is_never_linked(engine):
    with editor(engine, triggers=True) as file:
        file.execute("INSERT INTO audit_events (recorded_at, kind, subject, body) VALUES (1, 'x', 'x', '{}')")
    assert found(engine).table == "audit_events"
    with pytest.raises(DatabaseUnavailable, match="past the desk"), open_session(engine, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})
    with open_session(engine, write=True, even_read_only=True) as session:
        audit.record(session, None, "sign in", "desk", None, {})
    assert found(engine).table == "audit_events"


def _record_half(engine):
    with open_session(engine, write=True) as session:
        for body in ({}, {"shops": object()}):
            audit.record(session, None, "start", "desk", None, body)


def _record_start(engine):
    with open_session(engine, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})


# --- The end of the chain ---------------------------------------------------------------------------------------


def cut(file, links):
    """Cut the last links off, with the rows that they are about."""
    for sequence, subject, key in file.execute(
        f"SELECT sequence, subject, row_key FROM chain ORDER BY sequence DESC LIMIT {links}"
    ).fetchall():
        names = chain_rows.key_columns(subject)
        where = " AND ".join(f"CAST({name} AS TEXT) = ?" for name in names)
        file.execute(f"DELETE FROM {subject} WHERE {where}", key.split("/") if len(names) > 1 else [key])
        file.execute("DELETE FROM chain WHERE sequence = ?", [sequence])


def test_a_tail_that_was_cut_is_found_by_a_head_that_was_noted(engine):
    with open_session(engine, write=True) as session:
        for _ in range(3):
            audit.record(session, None, "start", "desk", None, {})
    head = verify(engine).head
    with editor(engine) as file:
        cut(file, 2)
    assert verify(engine).broken is None
    broken = verify(engine, heads=[head]).broken
    assert (broken.table, broken.key) == ("chain", str(head.sequence))
    assert "is gone" in broken.wrong


def reseal(engine, file, key, *, start):
    """Seal the chain anew from a link on, each link with the text that its row now has."""
    mac = file.execute("SELECT mac FROM chain WHERE sequence = ?", [start - 1]).fetchone()[0]
    head = chain.Head(start - 1, mac)
    rows = file.execute("SELECT subject, row_key, text, recorded_at FROM chain WHERE sequence >= ?", [start]).fetchall()
    for subject, row_key, told, recorded_at in rows:
        if subject == "audit_events":
            told = told.replace("sign in", "sign off")  # noqa: PLW2901
        mac = chain.seal(key, head, subject, row_key, told, recorded_at)
        file.execute(
            "UPDATE chain SET text = ?, previous = ?, mac = ? WHERE sequence = ?",
            [told, head.mac, mac, head.sequence + 1],
        )
        head = chain.Head(head.sequence + 1, mac)


@pytest.mark.parametrize("start", [2, 20, 50])
def test_a_suffix_sealed_anew_with_another_key_is_found_at_its_first_link(engine, start):
    with editor(engine, noting=True) as file:
        reseal(engine, file, b"another key than that of the desk", start=start)
    broken = found(engine)
    assert (broken.table, broken.key) == ("chain", str(start))
    with pytest.raises(DatabaseUnavailable, match="seal"), open_session(engine, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})


def test_a_suffix_sealed_anew_by_whoever_has_the_key_is_found_by_a_head_that_was_noted(engine):
    head = verify(engine).head
    with editor(engine) as file:
        file.execute("UPDATE audit_events SET body = '{}' WHERE sequence = 5")
        told = dict(
            zip(
                ("key", "text"),
                file.execute(
                    "SELECT sequence, text FROM chain WHERE subject = 'audit_events' AND row_key = '5'"
                ).fetchone(),
                strict=True,
            )
        )
        body = json.loads(told["text"]) | {"body": "{}"}
        file.execute("UPDATE chain SET text = ? WHERE sequence = ?", [audit.canonical(body), told["key"]])
        reseal(engine, file, chain_key.read(engine), start=told["key"])
    assert verify(engine).broken is None
    broken = verify(engine, heads=[head]).broken
    assert (broken.table, broken.key) == ("chain", str(head.sequence))


def test_a_file_with_broken_pages_is_found(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.exec_driver_sql(
            "SELECT rootpage FROM sqlite_master WHERE name = 'ix_orders_shop_id_placed_day'"
        )
        place = (page.scalar_one() - 1) * 4096
    engine.dispose()
    with open(engine.url.database, "r+b") as file:  # noqa: PTH123
        file.seek(place)
        file.write(b"\x0a" + b"\x00" * 100)
    assert found(engine).table == "the file"


# --- The key ----------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_may_read_it(engine):
    place = chain_key.file_of(engine)
    assert place.stat().st_mode & 0o777 == 0o600
    with engine.connect() as connection:
        dump = "".join(str(row) for name in SQLModel.metadata.tables
                       for row in connection.exec_driver_sql(f"SELECT * FROM {name}"))  # fmt: skip
    assert place.read_text(encoding="ascii") not in dump


def test_without_its_key_the_record_is_read_only_and_no_new_key_is_made(engine):
    chain_key.file_of(engine).unlink()
    assert "is missing" in str(found(engine))
    with pytest.raises(DatabaseUnavailable, match="key of the record is missing"):
        _record_start(engine)
    with open_session(engine, write=True, even_read_only=True) as session:
        audit.record(session, None, "sign in", "desk", None, {})
    with open_session(engine) as session:
        assert session.execute(text("SELECT count(*) FROM chain_pending")).scalar_one() == 0
    assert not chain_key.file_of(engine).exists()


def test_another_key_is_refused_before_anything_is_linked_with_it(engine, monkeypatch):
    monkeypatch.setenv(chain_key.SETTING, "a passphrase that nobody has used yet")
    assert found(engine).table == "chain"
    with pytest.raises(DatabaseUnavailable, match="seal of this key"), open_session(engine, write=True) as session:
        audit.record(session, None, "start", "desk", None, {})


def test_a_record_that_was_altered_takes_nothing_but_who_comes_and_goes(engine):
    make_read_only(engine, "the record does not fit its chain at decisions 1: is gone.")
    with pytest.raises(DatabaseUnavailable, match="decisions 1"), open_session(engine, write=True):
        pass
    with open_session(engine, write=True, even_read_only=True) as session:
        audit.record(session, None, "sign in", "desk", None, {})
    assert read_only(engine).sentence.endswith("is gone.")


# --- Through the desk's own connection --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE decisions SET note = 'x'", "DELETE FROM decisions", "DROP TABLE decisions",
        "ALTER TABLE decisions ADD COLUMN x", "DROP TRIGGER decisions_no_update", "DROP TRIGGER decisions_to_chain",
        "CREATE TRIGGER sly BEFORE INSERT ON decisions BEGIN SELECT 1; END", "UPDATE chain SET mac = ''",
        "ATTACH '/tmp/other.db' AS other", "PRAGMA recursive_triggers = OFF", "PRAGMA writable_schema = ON",
        "REPLACE INTO chain SELECT * FROM chain WHERE sequence = 3", "DELETE FROM chain",
        "INSERT INTO decisions SELECT * FROM decisions WHERE true ON CONFLICT (id) DO UPDATE SET note = 'x'",
        "INSERT INTO chain SELECT 999, 'x', 'x', 'x', 'x', mac, 1 FROM chain WHERE sequence = 1",
        "REPLACE INTO decisions SELECT * FROM decisions",
    ],
)  # fmt: skip
def test_a_register_is_not_changed_through_the_desks_own_connection(engine, change):
    with (
        pytest.raises(Exception, match=r"not authorized|never changed|follows the last"),
        open_session(engine, write=True) as session,
    ):
        session.connection().exec_driver_sql(change)
    assert found(engine) is None


def test_what_the_desk_needs_goes_on_under_the_guard(engine, tmp_path):
    with open_session(engine, write=True) as session:
        session.connection().exec_driver_sql("CREATE TABLE odds (id INTEGER PRIMARY KEY, a TEXT)")
        for _ in range(2):
            session.connection().exec_driver_sql(
                "INSERT INTO odds VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET a = 'y'"
            )
        session.connection().exec_driver_sql("DROP TABLE odds")
    copied = tmp_path / "copy.db"
    with engine.connect() as connection, sqlite_guard.lifted(connection):
        connection.connection.driver_connection.execute(f"VACUUM INTO '{copied}'")
    assert copied.exists()
    assert found(engine) is None


def test_the_link_of_a_transaction_that_failed_is_gone_with_it(engine):
    before = verify(engine).head
    with pytest.raises(TypeError):
        _record_half(engine)
    assert verify(engine).head == before
