"""Where there is no record, a command that needs one makes none; where one was lost, none makes another."""

import json

import pytest
from typer.testing import CliRunner

import loam
from db.engine import connect
from settings import settings
from tests.chain_desk import EXAMPLE

OUTCOMES = ("--outcomes", "outcomes.csv")
READERS = (
    ("verify",), ("daily-report",), ("erase-person", "anna"), ("erase-shop", "S1"), ("database", "grant", "desk"),
    ("backup", "--to", "."), ("portfolio",), ("month-ends",), ("score", "--all"), ("replay", "--all"),
    ("fit", *OUTCOMES, "--out", "card.json"), ("model", "list"),
    ("model", "add", "outcomes.csv", *OUTCOMES, "--by", "anna"),
    ("model", "move", "abc", "approved", "--by", "anna", "--note", "x"), ("model", "report", "abc", "--out", "r.html"),
    ("policy", "list"), ("policy", "show"), ("policy", "approve", "2", "--by", "anna", "--note", "x"),
    ("user", "list"), ("user", "unlock", "anna"), ("user", "disable", "anna"),
    ("branch", "list"), ("branch", "add", "North"),
)  # fmt: skip
MAKERS = (("import", str(EXAMPLE)), ("user", "add", "anna", "--name", "Anna Madeup", "--role", "officer"), ("demo",))


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where a record could lie; neither it nor its folder is there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outcomes.csv").write_text("shop_ref,as_of,bad\nS1,2026-01-01,0\n", encoding="ascii")
    place = tmp_path / "nowhere" / "loam.db"
    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{place}")
    settings.cache_clear()
    yield place
    connect(settings().database_url).dispose()
    settings.cache_clear()


def run(*words):
    return CliRunner().invoke(loam.app, list(words))


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_command_that_needs_a_record_makes_none_and_says_that_there_is_none(place, words):
    done = run(*words)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert f"There is no record {place} yet." in done.stderr
    assert not place.parent.exists()


def test_a_postgresql_without_tables_gets_none_by_a_check(postgresql_server, monkeypatch):
    name = postgresql_server.create()
    monkeypatch.setenv("LOAM_DATABASE_URL", postgresql_server.address(name))
    settings.cache_clear()
    engine = connect(settings().database_url)
    for _ in range(2):
        done = run("verify")
        assert done.exit_code == 1
        assert "There is no record in postgresql" in done.stderr
    engine.dispose()
    settings.cache_clear()
    postgresql_server.drop(name)


@pytest.mark.parametrize("words", [*MAKERS, ("verify",), ("score", "--all")], ids=" ".join)
def test_where_a_record_was_lost_no_command_makes_another(place, words):
    place.parent.mkdir()
    (place.parent / "loam.key").write_text("what a record had")
    done = run(*words)
    assert done.exit_code == 1
    assert "loam.key. A restore may have been broken off." in done.stderr
    assert not place.exists()


def test_an_import_that_finds_a_lost_record_says_so_to_a_program_too(place):
    place.parent.mkdir()
    (place.parent / "loam.heads.log").touch()
    done = run("import", str(EXAMPLE), "--json")
    assert (done.exit_code, json.loads(done.stdout)["verdict"]) == (1, "rejected")


def test_the_first_import_and_the_first_person_make_a_record(place):
    for words in MAKERS[:2]:
        assert run(*words).exit_code == 0
    assert run("verify").exit_code == 0
