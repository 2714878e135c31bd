"""A full disk, a file that can only be read, and a record that another program keeps locked are told in words.

Nothing that was called recorded is lost by them, and the desk goes on by itself once they are over.
"""

import os
import resource
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
import sqlalchemy

import db.engine
from db.engine import DatabaseUnavailable, connect, open_session
from tests.faults import deciders
from tests.faults.many_files import UNHARMED, fill, harm

FILES = 400
FULL = "The disk that holds the record is full. Nothing was changed."
NOBODY = 65534


@pytest.fixture
def engine(migrated_file, tmp_path):
    engine = connect(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'loam.db')}")
    fill(engine, FILES)
    yield engine
    engine.dispose()


def decide_until_refused(engine, numbers):
    """Decide files until the database refuses one: the files that were decided, and what was said of the next."""
    done = []
    for number in numbers:
        try:
            deciders.decide(engine, number)
        except DatabaseUnavailable as refusal:
            return done, str(refusal)
        done.append(number)
    raise AssertionError("nothing was refused")


def test_a_file_that_may_not_grow_refuses_in_words_and_goes_on_when_it_may(engine):
    def allow(pages):
        with engine.connect() as connection:
            return connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar_one()

    # The pool hands out the one connection that it has, so the rule holds for the decisions too.
    allow(1)
    done, said = decide_until_refused(engine, range(1, FILES + 1))
    assert said == FULL
    assert harm(engine, done) == UNHARMED
    allow(2**30)
    deciders.decide(engine, len(done) + 1)
    assert harm(engine, [*done, len(done) + 1]) == UNHARMED


def fill_the_disk(url, said):
    """As a process whose files may not grow past what they are now, until that is taken back."""
    engine = connect(url)
    deciders.decide(engine, 1)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (Path(engine.url.database).stat().st_size, hard))
    done, refusal = decide_until_refused(engine, range(2, FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    deciders.decide(engine, done[-1] + 1)
    Path(said).write_text(f"{done[-1] + 1} {refusal}")


def test_a_write_that_the_system_refuses_half_way_harms_nothing(engine, tmp_path):
    process = deciders.PROCESSES.Process(target=fill_the_disk, args=(address(engine), tmp_path / "said"))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    last, refusal = (tmp_path / "said").read_text().split(" ", 1)
    assert refusal == "The disk that holds the record could not be read or written. Nothing was changed."
    assert harm(engine, range(1, int(last) + 1)) == UNHARMED


def decide_as_nobody(url, said):
    """As somebody who may read the file and not write it: root's own rights are given up first."""
    if os.getuid() == 0:
        os.setuid(NOBODY)
    engine = connect(url)
    try:
        deciders.decide(engine, 1)
    except DatabaseUnavailable as refusal:
        Path(said).write_text(str(refusal))


@pytest.mark.parametrize("may_write_folder", [True, False])
def test_a_file_that_can_only_be_read_is_told_so_and_works_once_it_can_be_written(migrated_file, may_write_folder):
    with tempfile.TemporaryDirectory() as name:
        place, said = Path(name) / "record" / "loam.db", Path(name) / "said"
        place.parent.mkdir()
        engine = connect(f"sqlite:///{shutil.copy(migrated_file, place)}")
        fill(engine, 2)
        engine.dispose()
        Path(name).chmod(0o777)
        place.parent.chmod(0o777 if may_write_folder else 0o555)
        for path in place.parent.iterdir():
            path.chmod(0o444)
        process = deciders.PROCESSES.Process(target=decide_as_nobody, args=(address(engine), said))
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert said.read_text() in {
            "The record can only be read at the moment. Nothing was changed.",
            "The database file cannot be opened.",
        }
        for path in (place.parent, place, *place.parent.iterdir()):
            path.chmod(0o777)
        deciders.decide(engine, 1)
        assert harm(engine, [1]) == UNHARMED
        engine.dispose()


def hold_the_record(url, statements, held, let_go):
    """As another program that has the record or a file of it locked."""
    with connect(url).connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        held.set()
        let_go.wait(60)


def test_a_record_that_another_program_keeps_locked_is_told_so_in_time(migrated_url, monkeypatch):
    engine = connect(migrated_url)
    fill(engine, 2)
    engine.dispose()
    connect.cache_clear()
    monkeypatch.setattr(db.engine, "BUSY_TIMEOUT_MS", 300)
    engine = connect(migrated_url)
    locking = ("UPDATE people SET enabled = enabled", "UPDATE applications SET purpose = purpose")
    held, let_go = deciders.PROCESSES.Event(), deciders.PROCESSES.Event()
    process = deciders.start(hold_the_record, migrated_url, locking, held, let_go)
    assert held.wait(60)
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match="The record is busy"):
        deciders.decide(engine, 1)
    assert time.monotonic() - began < 5
    let_go.set()
    process.join()
    deciders.decide(engine, 1)
    assert harm(engine, [1]) == UNHARMED
    engine.dispose()
    connect.cache_clear()


def test_a_database_that_takes_no_more_writes_is_told_so(postgresql_server):
    name = postgresql_server.create(postgresql_server.migrated)
    engine = connect(postgresql_server.address(name))
    fill(engine, 2)
    postgresql_server.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    engine.dispose()
    with pytest.raises(DatabaseUnavailable, match="can only be read"):
        deciders.decide(engine, 1)
    postgresql_server.run(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    engine.dispose()
    deciders.decide(engine, 1)
    assert harm(engine, [1]) == UNHARMED
    engine.dispose()
    postgresql_server.drop(name)


def test_more_people_than_connections_are_told_to_try_again(postgresql_server, monkeypatch):
    name = postgresql_server.create(postgresql_server.migrated)
    engine = connect(postgresql_server.address(name))
    monkeypatch.setattr(engine.pool, "_timeout", 0.1)
    taken = []
    with suppress(sqlalchemy.exc.TimeoutError):
        while True:
            taken.append(engine.connect())
    with pytest.raises(DatabaseUnavailable, match="at once"), open_session(engine):
        pass
    for each in taken:
        each.close()
    with open_session(engine) as session:
        session.connection()
    engine.dispose()
    postgresql_server.drop(name)


def address(engine):
    return engine.url.render_as_string(hide_password=False).replace("sqlite+pysqlite", "sqlite")
