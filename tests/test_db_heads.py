"""The file of noted heads is read after a crash or a full disk, and a head that cannot be noted whole is not noted."""

import logging

import pytest

from db import heads
from db.chain import Head
from desk import record_watch
from tests.desk import Desk


@pytest.fixture
def noted(sqlite_engine):
    """The file of a record that was checked twice."""
    Desk(sqlite_engine)
    for _ in range(2):
        record_watch.check(sqlite_engine, batches=True)
    return heads.file_of(sqlite_engine)


def test_a_line_that_was_never_finished_keeps_nothing_from_being_checked(sqlite_engine, noted, caplog):
    known = heads.noted(sqlite_engine)
    for half in ("2026-11-28T12:00:00Z 4:ab", "2026", "2026-11-28T12:00:00Z ", "\x00\x00"):
        with noted.open("a") as file:
            file.write(half)
        with caplog.at_level(logging.WARNING, "loam"):
            assert heads.noted(sqlite_engine) == known
        assert "was never finished" in caplog.text
        assert record_watch.check(sqlite_engine, batches=True).whole
        known = heads.noted(sqlite_engine)
        assert noted.read_text().endswith("\n")


def test_a_line_in_the_middle_that_is_no_head_is_still_refused(sqlite_engine, noted):
    noted.write_text(f"2026-11-28T12:00:00Z 4:ab\n{noted.read_text()}")
    with pytest.raises(heads.NoHead):
        heads.noted(sqlite_engine)


def test_a_whole_line_without_an_end_is_a_head(sqlite_engine, noted):
    known = heads.noted(sqlite_engine)
    noted.write_text(noted.read_text().rstrip("\n"))
    assert heads.noted(sqlite_engine) == known
    heads.note(sqlite_engine, known[-1])
    assert heads.noted(sqlite_engine) == [*known, known[-1]]


def test_a_head_that_cannot_be_synced_is_not_noted(sqlite_engine, noted, monkeypatch):
    before = noted.read_bytes()

    def fails(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        heads.note(sqlite_engine, Head(9, "0" * 64))
    assert noted.read_bytes() == before
