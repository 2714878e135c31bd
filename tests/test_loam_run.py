"""`python loam.py run` opens the desk, or says in a sentence why not."""

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing

import httpx
import pytest
import sqlalchemy
from typer.testing import CliRunner

import loam
from db.engine import connect, migrate, open_session
from settings import WOULD_BE_RIGHT, settings
from tests.server import ROOT, free_port


def run(tmp_path, *, seconds=30, **values):
    named = {f"LOAM_{name.upper()}": str(value) for name, value in values.items()}
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LOAM_")}
    return subprocess.run(
        [sys.executable, "loam.py", "run"],
        cwd=ROOT,
        env=bare | {"LOAM_DATABASE_URL": f"sqlite:///{tmp_path / 'loam.db'}"} | named,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7"])
def test_the_demo_does_not_start_where_others_can_reach_it(tmp_path, host):
    done = run(tmp_path, host=host)
    assert done.returncode == 1
    assert "demo people sign in without a password" in done.stderr
    assert not (tmp_path / "loam.db").exists()


@pytest.mark.parametrize(
    "beside", ["loam.key", "loam.heads.log", "loam.db.before-20261128T031500123Z", "loam.heads.log.before-1"]
)
@pytest.mark.parametrize("emptied", [False, True])
def test_no_demo_takes_the_place_of_a_record_that_a_broken_off_restore_left_missing(
    tmp_path, monkeypatch, beside, emptied
):
    (tmp_path / beside).write_text("what a record had")
    if emptied:
        (tmp_path / "loam.db").touch()
    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{tmp_path / 'loam.db'}")
    monkeypatch.setenv("LOAM_PORT", str(free_port()))
    settings.cache_clear()
    for command in ("run", "demo"):
        done = CliRunner().invoke(loam.app, [command])
        assert done.exit_code == 1
        assert beside in done.stderr
        assert "Restore the backup once more, or move these files away to begin anew." in done.stderr
    settings.cache_clear()
    assert emptied is (tmp_path / "loam.db").exists()


def test_the_desk_is_said_to_be_open_once_it_answers(sqlite_engine):
    port = free_port()
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LOAM_")}
    address = sqlite_engine.url.render_as_string()
    named = {"LOAM_DATABASE_URL": address, "LOAM_PORT": str(port), "LOAM_DEMO": "false"}
    with subprocess.Popen(
        [sys.executable, "loam.py", "run"], cwd=ROOT, env=bare | named, stderr=subprocess.PIPE, text=True
    ) as desk:
        try:
            assert any(f"The desk is open at http://127.0.0.1:{port} " in line for line in desk.stderr)
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
        finally:
            desk.terminate()


def test_a_taken_port_is_named_and_nothing_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run(tmp_path, port=taken.getsockname()[1])
    assert done.returncode == 1
    assert "LOAM_PORT" in done.stderr
    assert not (tmp_path / "loam.db").exists()


@pytest.mark.parametrize("url", ["mysql://somewhere/loam", "sqlite://"])
def test_a_database_that_cannot_be_used_is_named(tmp_path, url):
    done = run(tmp_path, database_url=url, port=free_port())
    assert done.returncode == 1
    assert "LOAM_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_zone", "Nowhere"),
        ("time_zone", "America"),
        ("time_zone", "/etc/passwd"),
        ("currency", "yuan"),
        ("currency", "ZZZ"),
        ("port", "x"),
        ("port", "99999"),
        ("business_date", "2020-13-01"),
        ("business_date", "20201101"),
        ("max_upload_mb", "0"),
        ("demo", "perhaps"),
        ("log_level", "LOUD"),
        ("database_url", "foo"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named_with_what_would_be_right(monkeypatch, name, value):
    monkeypatch.setenv(f"LOAM_{name.upper()}", value)
    settings.cache_clear()
    done = CliRunner().invoke(loam.app, ["settings"])
    settings.cache_clear()
    assert done.exit_code == 1
    assert done.stderr == f"LOAM_{name.upper()} is {value}; right would be {WOULD_BE_RIGHT[name]}.\n"


def test_each_wrong_setting_has_its_sentence_for_each_command(monkeypatch):
    monkeypatch.setenv("LOAM_PORT", "x")
    monkeypatch.setenv("LOAM_DATABASE_URL", "postgresql://loam:secret@host:x/loam")
    for words in (["settings"], ["run"], ["demo"], ["score", "--all"]):
        settings.cache_clear()
        done = CliRunner().invoke(loam.app, words)
        assert done.exit_code == 1
        assert [line.split(" is ")[0] for line in done.stderr.splitlines()] == ["LOAM_DATABASE_URL", "LOAM_PORT"]
        assert "secret" not in done.stderr
    settings.cache_clear()


@pytest.fixture
def faulty(request, tmp_path):
    """The address of a database that cannot be used, and what is wrong with it."""
    place = tmp_path / "loam.db"
    match request.param:
        case "noise":
            place.write_bytes(b"no database" * 1000)
        case "cut off":
            engine = connect(f"sqlite:///{place}")
            migrate(engine)
            engine.dispose()
            connect.cache_clear()
            os.truncate(place, 20_000)
        case "a folder":
            place.mkdir()
        case "another program's":
            with closing(sqlite3.connect(place)) as other:
                other.execute("CREATE TABLE songs (title TEXT)")
        case "unreachable":
            return f"postgresql://127.0.0.1:{free_port()}/loam"
    return f"sqlite:///{place}"


FAULTS = {
    "noise": "is damaged",
    "cut off": "is damaged",
    "a folder": "cannot be opened",
    "another program's": "another program's tables (songs",
    "unreachable": "cannot be reached",
}


@pytest.mark.parametrize(("faulty", "sentence"), FAULTS.items(), indirect=["faulty"], ids=FAULTS)
def test_a_faulty_database_is_told_in_a_sentence_and_gets_no_tables(faulty, sentence, tmp_path, monkeypatch):
    place = tmp_path / "loam.db"
    monkeypatch.setenv("LOAM_DATABASE_URL", faulty)
    settings.cache_clear()
    done = CliRunner().invoke(loam.app, ["demo"])
    settings.cache_clear()
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    if "songs" in sentence:
        with closing(sqlite3.connect(place)) as other:
            assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]


@pytest.mark.parametrize(
    "statement", ["SELECT sum(9223372036854775807) FROM (SELECT 1 UNION ALL SELECT 2)", "SELECT x"]
)
def test_a_statement_that_the_database_refuses_is_not_told_as_one_out_of_reach(sqlite_engine, statement):
    with pytest.raises(sqlalchemy.exc.OperationalError), open_session(sqlite_engine) as session:
        session.execute(sqlalchemy.text(statement))


def test_settings_are_printed_each_with_its_sentence(tmp_path):
    done = subprocess.run([sys.executable, "loam.py", "settings"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "LOAM_DATABASE_URL=" in done.stdout
    assert "LOAM_BUSINESS_DATE=None" in done.stdout
