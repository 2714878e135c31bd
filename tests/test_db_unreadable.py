"""What an editor wrote so that nobody can read it is found and named, closes the desk, and is never quoted."""

import threading

import pytest

from db import backups, chain_key, heads, sign_ins
from db.engine import DatabaseUnavailable, make_writable, open_session, read_only
from db.refused_backup import BackupRefused
from db.verification import verify
from desk import record_watch
from tests import chain_desk
from tests.test_db_chain import engine as engine
from tests.test_db_chain import made as made
from tests.test_trust_commands import run

NO_TEXT = "CAST(x'6c6f636b6564ff' AS TEXT)"  # "locked" and a byte that no UTF-8 has
CHANGES = {
    "decisions 1": f"UPDATE decisions SET note = {NO_TEXT} WHERE id = 1",
    "shops 1": f"UPDATE shops SET name = {NO_TEXT} WHERE id = 1",
    "chain 3": f"UPDATE chain SET text = {NO_TEXT} WHERE sequence = 3",
    "personal_salts people/1": f"UPDATE personal_salts SET salt = {NO_TEXT} WHERE subject = 'people'",
    "purchases": f"UPDATE purchases SET supplier_ref = {NO_TEXT}",
    "orders": f"UPDATE orders SET order_ref = {NO_TEXT} WHERE order_ref = (SELECT min(order_ref) FROM orders)",
    "sales_days": "UPDATE sales_days SET gross_minor = -9223372036854775807 - 1 WHERE source = 'orders'",
}


@pytest.mark.parametrize("broken", CHANGES)
def test_what_cannot_be_read_is_a_break_that_names_its_row(engine, broken):
    chain_desk.change_unseen(engine, CHANGES[broken])
    found = verify(engine).broken
    assert str(found).startswith(broken)
    assert found.wrong == "holds something that cannot be read"


def test_a_sum_of_a_day_that_no_calendar_has_is_a_break(engine):
    far = "INSERT INTO sales_days SELECT 1, 2000000000, 'orders', 1, 0, 5, 0, 1"
    chain_desk.change_unseen(engine, far)
    assert verify(engine).broken.key.endswith("/2000000000")


def test_the_command_names_what_cannot_be_read_and_does_not_quote_it(engine, monkeypatch):
    chain_desk.change_unseen(engine, CHANGES["purchases"])
    monkeypatch.setattr("opened_record.existing", lambda: engine)
    done = run("verify")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "purchases" in done.stdout
    assert "locked" not in done.output


NEWEST = [
    ("chain", f"mac = {NO_TEXT} WHERE sequence = (SELECT max(sequence) FROM chain)"),
    ("chain", "mac = '\u00e9' WHERE sequence = (SELECT max(sequence) FROM chain)"),
    ("chain", f"text = {NO_TEXT} WHERE sequence = (SELECT max(sequence) FROM chain)"),
    ("audit_events", f"body = {NO_TEXT} WHERE sequence = (SELECT max(sequence) FROM audit_events)"),
    ("audit_events", "body = 'no JSON' WHERE sequence = (SELECT max(sequence) FROM audit_events)"),
    ("people", f"name = {NO_TEXT}"),
]


@pytest.mark.parametrize(("table", "change"), NEWEST)
def test_where_a_newest_row_cannot_be_read_the_report_ends_with_1_and_people_sign_in_to_read(
    engine, monkeypatch, table, change
):
    chain_desk.change_unseen(engine, f"UPDATE {table} SET {change}")
    monkeypatch.setattr("opened_record.existing", lambda: engine)
    done = run("daily-report")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.exception
    assert f"The record was altered. First broken row: {table}" in done.stderr
    assert record_watch.check(engine, batches=False).broken is not None
    assert f"the record does not fit its chain at {table}" in read_only(engine).sentence
    with open_session(engine, write=True, even_read_only=True) as session:
        assert sign_ins.sign_in(session, 1)
    with pytest.raises(DatabaseUnavailable, match="Nothing can be recorded"), open_session(engine, write=True):
        pass


@pytest.mark.parametrize("broken", ["decisions 1", "purchases"])
def test_no_backup_is_made_of_what_cannot_be_read(engine, tmp_path, broken):
    chain_desk.change_unseen(engine, CHANGES[broken])
    (tmp_path / "copies").mkdir()
    with pytest.raises(BackupRefused, match=broken) as refused:
        backups.take(engine, tmp_path / "copies", loam="1", keep=3, tell=lambda *_: None)
    assert "locked" not in str(refused.value)


def test_a_check_that_fails_in_a_way_nobody_foresaw_closes_the_desk_and_the_watch_goes_on(engine, monkeypatch):
    checked = []

    def fails(*_args, **_how):
        checked.append(1)
        raise RuntimeError("locked")

    monkeypatch.setattr(record_watch, "verify_with_notes", fails)
    monkeypatch.setattr(record_watch, "EVERY_S", 0.01)
    over = threading.Event()
    watch = threading.Thread(target=record_watch._watch, args=(engine, over))
    watch.start()
    try:
        for _ in range(500):
            if len(checked) > 2:
                break
            threading.Event().wait(0.01)
        assert watch.is_alive()
        assert "its check failed" in read_only(engine).sentence
    finally:
        over.set()
        watch.join()
        make_writable(engine)
    assert heads.noted(engine)
    assert chain_key.read(engine)
