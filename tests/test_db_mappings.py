"""Saved columns on both databases, and the command that reads a file by them."""

import json

import pytest
from typer.testing import CliRunner

import loam
from db import audit, mappings, people
from db.engine import connect, open_session
from desk import mapped_files
from lending.errors import MappingRefused, NotAllowed
from settings import settings
from tests.desk import Desk
from tests.test_db_imports import DATA
from tests.test_ingest_mapping import STALL, STALL_COLUMNS

BODY = STALL_COLUMNS.to_json()
OTHER = STALL_COLUMNS.to_json().replace('"DMY"', '"MDY"')


@pytest.fixture
def desk(engine):
    return Desk(engine)


def save(desk, name, body=BODY, *, by="officer", **options):
    with open_session(desk.engine, write=True) as session:
        return mappings.save(session, name, body, person_id=desk.id_of(by), **options)


def kept(desk):
    with open_session(desk.engine) as session:
        return [(row.name, row.body, row.person_name) for row in mappings.every(session)]


def events(desk, kind):
    with open_session(desk.engine) as session:
        return [json.loads(body) for body in audit.newest(session, kinds=(kind,))["body"]]


def test_columns_are_saved_under_a_name_and_the_register_says_by_whom(desk):
    assert save(desk, "  Market   stall ") == "Market stall"
    assert kept(desk) == [("Market stall", BODY, "Olive Officer")]
    assert events(desk, "save mapping") == [{"name": "Market stall", "mapping": BODY, "replaces": False}]


def test_others_under_the_same_name_replace_it_only_once_that_is_confirmed(desk):
    save(desk, "Stall")
    save(desk, "Stall")
    with pytest.raises(MappingRefused) as refused:
        save(desk, "Stall", OTHER)
    assert refused.value.because == "name_taken"
    assert [body for _, body, _ in kept(desk)] == [BODY]
    save(desk, "Stall", OTHER, replaces=True)
    assert [body for _, body, _ in kept(desk)] == [OTHER]
    assert [body["replaces"] for body in events(desk, "save mapping")] == [True, False]


@pytest.mark.parametrize(
    ("name", "because"), [(" ", "name_missing"), ("x" * 41, "name_long"), ("a\u202eb", "name_unprintable")]
)
def test_a_name_that_nobody_could_find_again_is_refused(desk, name, because):
    with pytest.raises(MappingRefused) as refused:
        save(desk, name)
    assert refused.value.because == because


def test_no_more_are_kept_than_can_be_looked_through(desk, monkeypatch):
    monkeypatch.setattr(mappings, "MOST_MAPPINGS", 1)
    save(desk, "one")
    with pytest.raises(MappingRefused) as refused:
        save(desk, "two")
    assert (refused.value.because, refused.value.most) == ("too_many", 1)


def test_whoever_may_not_import_neither_saves_nor_deletes(desk):
    save(desk, "Stall")
    with pytest.raises(NotAllowed):
        save(desk, "Another", by="auditor")
    with pytest.raises(NotAllowed), open_session(desk.engine, write=True) as session:
        mappings.delete(session, "Stall", person_id=desk.id_of("auditor"))
    assert len(kept(desk)) == 1


def test_deleted_ones_are_gone_once(desk):
    save(desk, "Stall")
    for there in (True, False):
        with open_session(desk.engine, write=True) as session:
            assert mappings.delete(session, "Stall", person_id=desk.id_of("officer")) is there
    assert kept(desk) == []
    assert events(desk, "delete mapping") == [{"name": "Stall"}]


def test_what_this_loam_cannot_read_is_left_out(desk):
    save(desk, "Stall")
    save(desk, "Newer", BODY.replace('"version": 1', '"version": 2'))
    saved = mapped_files.saved(desk.engine)
    assert list(saved.formats) == ["mapped:Stall"]
    assert [row.name for row in saved.rows] == ["Newer", "Stall"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the import command on a record of shops that trade in CNY, with the columns of a stall saved."""
    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    settings.cache_clear()

    def run_import(*words):
        done = CliRunner().invoke(loam.app, ["import", *map(str, words)])
        return done.exit_code, json.loads(done.stdout) if "--json" in words and done.stdout else {}, done.stderr

    run_import(DATA / "teashops")
    with open_session(connect(settings().database_url), write=True) as session:
        people.seed_demo_people(session)
        officer = people.by_handle(session, "officer")
        mappings.save(session, "Stall", BODY.replace('"EUR"', '"CNY"'), person_id=officer.id)
    (tmp_path / "stall.csv").write_text(STALL)
    yield run_import
    settings.cache_clear()


def test_a_file_is_imported_by_saved_columns_and_once(run, tmp_path):
    words = (tmp_path / "stall.csv", "--mapping", "Stall", "--json")
    code, told, _ = run(*words, "--dry-run")
    assert (code, told["verdict"], told["format"]) == (0, "would import", "mapped:Stall")
    code, told, _ = run(*words, "--shop", "T1")
    assert (code, told["verdict"], told["orders"]) == (0, "imported", 3)
    assert (told["gross_minor"], told["refunds_minor"]) == ({"CNY": 133446}, {"CNY": 8000})
    code, told, _ = run(*words, "--shop", "T1")
    assert (code, told["files"][0]["unchanged"]) == (0, 3)


def test_an_unknown_file_stays_a_question_that_names_the_saved_columns_that_fit(run, tmp_path):
    code, told, words = run(tmp_path / "stall.csv", "--json")
    assert (code, told["verdict"]) == (3, "ask")
    assert '--mapping "Stall"' in told["note"]
    assert '--mapping "Stall"' in words
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert "--mapping" not in run(tmp_path / "other.csv", "--json")[1]["note"]


def test_a_bad_row_names_the_line_and_the_column_of_the_file(run, tmp_path):
    (tmp_path / "stall.csv").write_text(STALL.replace("0,20;done", "0,20;on hold"))
    words = (tmp_path / "stall.csv", "--mapping", "Stall", "--shop", "T1", "--json")
    code, told, _ = run(*words)
    assert (code, told["verdict"]) == (1, "rejected")
    assert [(row["line"], row["column"], row["value"]) for row in told["bad_rows"]] == [(4, "State", "on hold")]
    code, told, _ = run(*words, "--rest")
    assert (code, told["orders"]) == (0, 2)


def test_wrong_use_of_saved_columns_ends_with_two(run, tmp_path):
    for words in (("--mapping", "Nothing"), ("--mapping", "Stall", "--format", "etsy"), ("--mapping", "Stall")):
        assert run(tmp_path / "stall.csv", *words)[0] == 2, words
    assert "saved: Stall" in run(tmp_path / "stall.csv", "--mapping", "Nothing")[2]


def test_a_file_without_these_columns_is_rejected(run, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    code, told, _ = run(tmp_path / "other.csv", "--mapping", "Stall", "--dry-run", "--json")
    assert (code, told["verdict"]) == (1, "rejected")
    assert "no header with the columns" in told["note"]
