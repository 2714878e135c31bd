"""Originals on both databases: kept with what was stored or not at all, sealed, and given back to the byte."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import loam
from db import audit, backups, chain_key, erasure, imports, originals
from db.engine import connect, open_session
from db.scope import engine_for
from ingest.export_records import Hasher
from ingest.exports import Export, recognise
from settings import settings
from tests.test_db_imports import DATA, rows, store

ETSY = (
    "Sale Date,Order ID,Currency,Order Value,Discount Amount,Shipping,Order Total,Status,Adjusted Order Total,"
    "Full Name\n"
    "10/01/20,33001,CNY,100.00,0.00,5.00,105.00,Completed,0.00,Plainly Made Up\n"
)
HOLDS = {"originals": 1, "original_parts": 1}
NOTHING = {"originals": 0, "original_parts": 0}


@pytest.fixture
def bring(engine, tmp_path, monkeypatch):
    """Imports an export for shop T1 and keeps the file."""
    monkeypatch.setattr(chain_key, "FOLDER", tmp_path / "keys")
    store(engine, DATA / "teashops")

    def import_export(content=ETSY, *, shop="T1", **options):
        path = tmp_path / "export.csv"
        path.write_text(content)
        with open_session(engine) as session:
            shops = imports.known_shops(session)
        export = Export.of(path, path.name, recognise(path), Hasher(b"x" * 32), (shop, *shops[shop]))
        options = {"person_id": None, "source": path.name, "export": export, "keep": [(path.name, path)]} | options
        return imports.store(engine, export.chunks(), **options)

    return import_export


def held(engine):
    return {name: rows(engine, f"SELECT count(*) FROM {name}")[0][0] for name in HOLDS}


def read(engine, batch):
    with open_session(engine) as session:
        (kept,) = originals.of_batch(session, batch)
        return kept, b"".join(originals.pieces(session, kept))


def keep(engine, content, place, *, batch=1, shop_id=1):
    place.write_bytes(content)
    with originals.Waiting([(place.name, place)]) as files, open_session(engine, write=True) as session:
        originals.keep(session, files.packed(), batch_id=batch, shop_id=shop_id)


def test_a_file_is_kept_with_its_batch_and_comes_back_to_the_byte(engine, bring):
    report = bring()
    kept, content = read(engine, report.batch)
    assert content == ETSY.encode()
    assert (kept.name, kept.size_bytes, kept.sha256) == ("export.csv", len(ETSY), hashlib.sha256(content).hexdigest())
    assert rows(engine, "SELECT s.shop_ref FROM originals o JOIN shops s ON s.id = o.shop_id") == [("T1",)]


def test_what_is_rejected_or_looked_at_or_nothing_new_keeps_nothing(engine, bring):
    assert bring(dry_run=True).verdict == "would import"
    assert bring(ETSY.replace("105.00", "eighty")).verdict == "rejected"
    assert held(engine) == NOTHING
    bring()
    assert bring().batch is None
    assert held(engine) == HOLDS


def test_an_import_that_fails_at_its_end_keeps_nothing(engine, bring, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError

    monkeypatch.setattr(imports, "_advance_sequences", fail)
    with pytest.raises(RuntimeError):
        bring()
    assert held(engine) == NOTHING


def test_no_clear_text_of_the_file_stands_in_the_database(sqlite_engine, tmp_path):
    store(sqlite_engine, DATA / "teashops")
    keep(sqlite_engine, (ETSY + "Plainly Made Up\n" * 2000).encode(), tmp_path / "export.csv")
    sqlite_engine.dispose()
    place = Path(sqlite_engine.url.database)
    stored = b"".join(each.read_bytes() for each in place.parent.glob(f"{place.name}*"))
    assert b"export.csv" in stored
    for word in (b"Plainly", b"33001", b"Adjusted"):
        assert word not in stored


@pytest.fixture
def long_original(engine, bring, tmp_path, monkeypatch):
    """An original of three pieces."""
    monkeypatch.setattr(originals, "PIECE_BYTES", 1000)
    content = os.urandom(2500)
    keep(engine, content, tmp_path / "long.csv")
    assert held(engine)["original_parts"] == 3
    assert read(engine, 1)[1] == content
    return engine


HARM = {
    "one bit of a piece": "UPDATE original_parts SET sealed = {flipped} WHERE part = 1",
    "two pieces in each other's place": "UPDATE original_parts SET part = CASE part WHEN 0 THEN 11 ELSE 10 END "
    "WHERE part < 2; UPDATE original_parts SET part = part - 10 WHERE part > 9",
    "the last piece cut off": "DELETE FROM original_parts WHERE part = 2",
    "a piece in the middle taken out": "DELETE FROM original_parts WHERE part = 1",
    "all of them taken out": "DELETE FROM original_parts",
    "the first piece once more behind the last": "INSERT INTO original_parts SELECT original_id, 3, sealed "
    "FROM original_parts WHERE part = 0",
    "another name": "UPDATE originals SET name = 'other.csv'",
    "another shop": "UPDATE originals SET shop_id = 2",
    "another size": "UPDATE originals SET size_bytes = 2499",
    "another digest": "UPDATE originals SET sha256 = 'x'",
    "a piece without a nonce": "UPDATE original_parts SET sealed = {short} WHERE part = 1",
}


def test_an_original_that_was_altered_is_refused_in_a_sentence(long_original):
    sqlite = long_original.dialect.name == "sqlite"
    flipped = (
        "CAST(substr(sealed, 1, 20) || x'00' || substr(sealed, 22) AS BLOB)" if sqlite
        else "set_byte(sealed, 20, 255 - get_byte(sealed, 20))"
    )  # fmt: skip
    short = "x'00'" if sqlite else "'\\x00'::bytea"
    with open_session(long_original, write=True) as session:
        for name, harm in HARM.items():
            undone = session.begin_nested()
            for statement in harm.format(flipped=flipped, short=short).split("; "):
                session.connection().exec_driver_sql(statement)
            (kept,) = originals.of_batch(session, 1)
            with pytest.raises(originals.OriginalUnreadable, match="not as it was sealed"):
                pytest.fail(f"{name}: {len(list(originals.pieces(session, kept)))} pieces were given out")
            undone.rollback()


def test_the_pieces_of_another_file_of_the_same_batch_are_no_pieces_of_this_one(long_original, tmp_path):
    keep(long_original, os.urandom(2500), tmp_path / "long.csv")
    with open_session(long_original, write=True) as session:
        session.execute(text("DELETE FROM original_parts WHERE original_id = 1 AND part = 1"))
        session.execute(text("UPDATE original_parts SET original_id = 1 WHERE original_id = 2 AND part = 1"))
        first, _ = originals.of_batch(session, 1)
    with open_session(long_original) as session, pytest.raises(originals.OriginalUnreadable):
        list(originals.pieces(session, first))


def test_a_file_that_shrinks_a_thousandfold_is_given_out_in_small_pieces(engine, bring, tmp_path):
    keep(engine, b"0" * 20_000_000, tmp_path / "zeros.csv")
    with open_session(engine) as session:
        (kept,) = originals.of_batch(session, 1)
        sizes = [len(piece) for piece in originals.pieces(session, kept)]
    assert sum(sizes) == 20_000_000
    assert max(sizes) <= originals.PIECE_BYTES


def test_without_the_key_nothing_is_given_back(engine, bring):
    batch = bring().batch
    chain_key.file_of(engine).unlink()
    with pytest.raises(chain_key.KeyMissing):
        read(engine, batch)


def test_erasing_a_shop_deletes_its_files_and_those_of_several_but_of_no_other_shop(engine, bring, tmp_path):
    bring()
    keep(engine, b"of several", tmp_path / "several.csv", shop_id=None)
    (other,) = rows(engine, "SELECT id FROM shops WHERE shop_ref <> 'T1' LIMIT 1")
    keep(engine, b"of another", tmp_path / "another.csv", shop_id=other[0])
    with open_session(engine, write=True) as session:
        erasure.erase_shop(session, "T1", by=None)
    assert rows(engine, "SELECT name FROM originals") == [("another.csv",)]
    assert held(engine) == HOLDS
    assert rows(engine, "SELECT body FROM audit_events WHERE kind = 'erase'") == [('{"files":2}',)]


def test_a_branch_reads_no_file_of_another_ones_shop(engine, bring):
    batch = bring().batch
    with open_session(engine, write=True) as session:
        session.execute(text("INSERT INTO branches (id, name) VALUES (77, 'Elsewhere')"))
    with open_session(engine_for(engine, 77)) as session:
        assert originals.of_batch(session, batch) == []
        assert session.execute(text("SELECT count(*) FROM original_parts")).scalar_one() == 0


def test_a_backup_holds_the_originals(sqlite_engine, tmp_path):
    store(sqlite_engine, DATA / "teashops")
    keep(sqlite_engine, ETSY.encode(), tmp_path / "export.csv")
    (tmp_path / "copies").mkdir()
    made = backups.take(sqlite_engine, tmp_path / "copies", loam="0", tell=lambda *_: None)
    other = connect(f"sqlite:///{tmp_path / 'elsewhere' / 'loam.db'}")
    chain_key.file_of(other).parent.mkdir()
    shutil.copy(chain_key.file_of(sqlite_engine), chain_key.file_of(other))
    backups.restore(other, backups.read(made.path), tell=lambda *_: None)
    assert read(other, 1)[1] == ETSY.encode()
    other.dispose()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command on a record of its own, with the setting on."""
    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    monkeypatch.setenv("LOAM_KEEP_ORIGINALS", "true")
    settings.cache_clear()

    def run_command(*words):
        done = CliRunner().invoke(loam.app, list(map(str, words)))
        return done.exit_code, done.stdout, done.stderr

    run_command("import", DATA / "teashops")
    (tmp_path / "etsy.csv").write_text(ETSY)
    (tmp_path / "back").mkdir()
    yield run_command
    settings.cache_clear()


def test_the_command_gives_the_file_back_once_and_the_register_says_so(run, tmp_path):
    assert run("import", tmp_path / "etsy.csv", "--shop", "T1")[0] == 0
    code, output, words = run("original", 2, "--out", tmp_path / "back")
    assert (code, output) == (0, f"{tmp_path / 'back' / 'etsy.csv'}\n")
    assert "as they were brought in" in words
    assert (tmp_path / "back" / "etsy.csv").read_text() == ETSY
    code, output, words = run("original", 2, "--out", tmp_path / "back")
    assert (code, output) == (2, "")
    with open_session(connect(settings().database_url)) as session:
        events = audit.newest(session, kinds=("read original",))
    assert list(events["body"]) == ['{"file":"etsy.csv","original":1}']
    assert [each.name for each in (tmp_path / "back").iterdir()] == ["etsy.csv"]


def test_a_file_of_a_shop_that_took_its_consent_back_needs_a_reason(run, tmp_path):
    run("import", tmp_path / "etsy.csv", "--shop", "T1")
    run("consent", "withdraw", "T1", "--see", "letter")
    for because in ((), ("--because", "just so")):
        code, _, words = run("original", 2, "--out", tmp_path / "back", *because)
        assert (code, "took its consent back" in words, list((tmp_path / "back").iterdir())) == (1, True, [])
    code, _, _ = run("original", 2, "--out", tmp_path / "back", "--because", "asked for by a court")
    assert (code, [each.name for each in (tmp_path / "back").iterdir()]) == (0, ["etsy.csv"])
    with open_session(connect(settings().database_url)) as session:
        events = audit.newest(session, kinds=("read original",))
    assert "asked for by a court" in events["body"][0]


def test_the_command_refuses_an_altered_file_and_writes_nothing(run, tmp_path):
    run("import", tmp_path / "etsy.csv", "--shop", "T1")
    engine = connect(settings().database_url)
    with open_session(engine, write=True) as session:
        session.execute(text("UPDATE originals SET name = '../../out.csv'"))
    code, _, words = run("original", 2, "--out", tmp_path / "back")
    assert code == 1
    assert "not as it was sealed" in words
    assert list((tmp_path / "back").iterdir()) == []


def test_where_the_setting_is_off_or_nothing_is_known_no_file_is_kept(run, tmp_path, monkeypatch):
    monkeypatch.setenv("LOAM_KEEP_ORIGINALS", "false")
    settings.cache_clear()
    run("import", tmp_path / "etsy.csv", "--shop", "T1")
    for batch in (1, 2, 999):
        code, _, words = run("original", batch)
        assert (code, words) == (1, f"Of batch {batch} no file is kept.\n")
    assert run("original", 2, "--out", tmp_path / "nowhere")[0] == 2
    assert run("original", "x")[0] == 2
