"""The commands of trust say what they found, in words and in their exit code."""

import csv
import json
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import text, update
from typer.testing import CliRunner

import loam
from db import chain_key, freed_pages, heads, noted_breaks, sign_ins
from db.engine import beside, connect, make_writable, migrate, open_session, read_only
from db.tables import Person, table_of
from desk import record_watch
from settings import settings
from tests.chain_desk import change_unseen, editor
from tests.desk import Desk


@pytest.fixture
def desk(sqlite_engine, monkeypatch):
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    yield Desk(connect(settings().database_url))
    make_writable(connect(settings().database_url))
    settings.cache_clear()


def run(*words):
    return CliRunner().invoke(loam.app, list(words))


def alter(desk):
    with editor(desk.engine) as file:
        file.execute("UPDATE score_runs SET points = points + 1 WHERE id = 1")


def test_a_whole_record_ends_with_0_and_its_head(desk):
    done = run("verify")
    assert done.exit_code == 0
    assert "The record is whole" in done.stdout
    head = heads.noted(desk.engine)[-1]
    assert f"Head: {head}" in done.stdout


def test_an_altered_record_ends_with_1_and_names_the_row(desk):
    alter(desk)
    done = run("verify")
    assert done.exit_code == 1
    assert "First broken row: score_runs 1: is not as it was recorded" in done.stdout
    told = json.loads(run("verify", "--json").stdout)
    assert told["first_broken"] == {"table": "score_runs", "key": "1", "wrong": "is not as it was recorded"}


def test_a_printed_head_that_is_not_in_the_chain_is_told(desk, tmp_path):
    head = f"999:{'0' * 64}"
    assert run("verify", "--head", head).exit_code == 1
    (tmp_path / "printed.txt").write_text(f"2026-11-02T04:00:00Z {head}\n", encoding="ascii")
    assert run("verify", "--heads", str(tmp_path / "printed.txt")).exit_code == 1
    assert run("verify", "--head", "rubbish").exit_code == 2
    assert run("verify", "--heads", str(tmp_path / "none.txt")).exit_code == 2


def test_the_daily_report_has_the_head_and_counts_sign_ins(desk, tmp_path):
    with open_session(desk.engine, write=True) as session:
        for _ in range(2):
            sign_ins.sign_in(session, desk.id_of("officer"))
    report = run("daily-report").stdout
    assert "Olive Officer: 2" in report
    assert "times of Asia/Shanghai" in report
    assert f"Head of the chain: {record_watch.verify_with_notes(desk.engine).head}" in report
    out = tmp_path / "day.csv"
    assert run("daily-report", "--out", str(out)).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["details"] for row in rows if row["part"] == "Sign-ins"] == ["2"]
    assert [row for row in rows if row["what"] == "head"]
    assert run("daily-report", "--day", "2999-01-01").exit_code == 2


def test_the_daily_report_of_an_altered_record_is_printed_and_ends_with_1(desk, tmp_path):
    alter(desk)
    done = run("daily-report")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "Head of the chain: " in done.stdout
    assert "The record was altered. First broken row: score_runs 1" in done.stdout
    out = tmp_path / "day.csv"
    assert run("daily-report", "--out", str(out)).exit_code == 1
    assert "score_runs 1" in out.read_text(encoding="utf-8")


def test_the_watch_closes_an_altered_record_and_opens_it_once_it_is_whole(desk):
    place = desk.engine.url.database
    desk.engine.dispose()
    shutil.copy(place, f"{place}.good")
    alter(desk)
    assert record_watch.check(desk.engine, batches=False).broken is not None
    assert "score_runs 1" in read_only(desk.engine).sentence
    desk.engine.dispose()
    shutil.copy(f"{place}.good", place)
    assert record_watch.check(desk.engine, batches=True).broken is None
    assert read_only(desk.engine) is None


def within(seconds, is_so):
    """Whether something comes to be so in time."""
    for _ in range(int(seconds * 100)):
        if is_so():
            return True
        threading.Event().wait(0.01)
    return False


def test_a_desk_that_is_open_turns_read_only_once_verify_finds_a_break_and_opens_once_it_finds_none(
    engine, tmp_path, monkeypatch
):
    monkeypatch.setattr(chain_key, "FOLDER", tmp_path)
    monkeypatch.setattr(record_watch, "LOOK_S", 0.02)
    # What the command reads is another process's: nothing but the record and the files beside its key is shared.
    monkeypatch.setattr("opened_record.existing", lambda: beside(engine))
    Desk(engine)
    over = record_watch.open_record(engine)
    try:
        assert within(10, lambda: record_watch.last(engine).whole_record)  # the first check of everything is done
        change_unseen(engine, "UPDATE score_runs SET points = points + 1 WHERE id = 1")
        assert not within(0.2, lambda: read_only(engine))
        done = run("verify")
        assert done.exit_code == 1
        assert "A desk that is open on this machine checks the record within a minute" in done.stderr
        assert "docs/record.md" in done.stderr
        assert within(10, lambda: read_only(engine))
        assert "score_runs 1" in read_only(engine).sentence
        change_unseen(engine, "UPDATE score_runs SET points = points - 1 WHERE id = 1")
        assert run("verify").exit_code == 0
        assert within(10, lambda: read_only(engine) is None)
    finally:
        over.set()
        make_writable(engine)


def test_a_break_that_cannot_be_noted_is_told_with_what_to_do_instead(desk):
    alter(desk)
    noted_breaks.file_of(desk.engine).mkdir()
    assert "restart it, and it opens read-only" in run("verify").stderr


def test_heads_that_the_desk_does_not_know_close_no_desk_and_verify_says_so(desk):
    assert "does not know the heads that you gave" in run("verify", "--head", f"999:{'0' * 64}").stderr


def test_a_first_check_that_fails_in_a_way_nobody_foresaw_opens_the_desk_read_only(desk, monkeypatch):
    def fails(*_args, **_how):
        raise RuntimeError("nobody foresaw it")

    monkeypatch.setattr(record_watch, "verify_with_notes", fails)
    over = record_watch.open_record(desk.engine)
    over.set()
    assert "its check failed" in read_only(desk.engine).sentence


def test_the_key_is_printed_nowhere(desk, monkeypatch):
    monkeypatch.setenv("LOAM_AUDIT_KEY", "correct horse battery staple and more")
    settings.cache_clear()
    assert "horse" not in run("settings").stdout
    monkeypatch.setenv("LOAM_AUDIT_KEY", "too short horse")
    settings.cache_clear()
    done = run("settings")
    assert done.exit_code == 1
    assert done.stderr.startswith("LOAM_AUDIT_KEY is too short; right would be")
    monkeypatch.delenv("LOAM_AUDIT_KEY")
    settings.cache_clear()


def test_people_and_shops_are_erased_by_command(desk):
    assert run("erase-person", "second").exit_code == 1
    assert run("erase-shop", "S1").exit_code == 0
    assert run("erase-shop", "S1").exit_code == 1
    assert run("verify").exit_code == 0


def files_of(desk):
    """All that lies beside the record and in it, in one row of bytes; the record stays open."""
    return b"".join(each.read_bytes() for each in Path(desk.engine.url.database).parent.iterdir() if each.is_file())


def test_an_erased_name_is_in_no_byte_of_the_record_or_beside_it(desk):
    person = table_of(Person)
    names = (b"Sandy Second", b"Sandra Formerly", b"sandy@example.org", b"First shop")
    for name in ("Sandra Formerly", "Sandy Second"):  # earlier states leave their bytes in the file too
        with open_session(desk.engine, write=True) as session:
            values = {"name": name, "email": "sandy@example.org", "enabled": 0}
            session.execute(update(person).where(person.c.handle == "second").values(**values))
            session.execute(text("UPDATE shops SET name = 'First shop' WHERE shop_ref = 'S1'"))
    before = files_of(desk)
    assert all(name in before for name in names)
    assert run("erase-person", "second").exit_code == 0
    assert run("erase-shop", "S1").exit_code == 0
    after = files_of(desk)
    assert [name for name in names if name in after] == []
    assert run("verify").exit_code == 0


def test_where_somebody_reads_meanwhile_it_is_said_that_bytes_may_be_left_and_once_more_rids_of_them(desk, monkeypatch):
    monkeypatch.setattr(freed_pages, "BUSY_TIMEOUT_MS", 50)
    name = b"Grey Tile Teas"
    assert name in files_of(desk)
    with desk.engine.connect() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM people").scalar_one()
        done = run("erase-shop", "S1")
    assert done.exit_code == 1
    assert "Erased." in done.stderr
    assert "may still be in the file" in done.stderr
    assert "was erased already" in run("erase-shop", "S1").stderr
    assert name not in files_of(desk)


def test_a_role_is_granted_on_postgresql_alone(desk):
    done = run("database", "grant", "somebody", "--show")
    assert done.exit_code == 1
    assert "PostgreSQL's" in done.stderr


def test_the_key_of_a_record_lies_beside_it(desk):
    assert chain_key.file_of(desk.engine).name == "loam.key"
    migrate(desk.engine)
