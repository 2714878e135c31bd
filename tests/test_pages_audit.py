"""The register as each role sees it: every act once, newest first, and nothing that anybody could change."""

import pytest

from db import chain, sign_ins
from db.engine import make_read_only, make_writable, open_session
from desk import record_watch
from tests.accounts import add_person
from tests.chain_desk import change_unseen
from tests.screens import AWKWARD_NAMES, everything, press, shown, texts


def rows(screen):
    return screen.dataframe[0].value


@pytest.mark.parametrize("role", ["manager", "auditor", "administrator"])
def test_those_who_watch_read_the_register(screens, role):
    screens.record()
    first = rows(screens.open("audit", by=role)).iloc[0]
    assert first["kind"] == "sign in"
    # An administrator reads of people and files, and of no shop.
    assert ("decide" in list(rows(screens.open("audit", by=role))["kind"])) == (role != "administrator")


def test_an_officer_who_types_the_address_reads_no_register(screens):
    screens.record(by="second")
    seen = everything(screens.open("audit", by="officer"))
    assert "events on record" not in seen
    assert "Sandy Second" not in seen


def test_a_decision_stands_there_with_who_what_and_how_much(screens):
    screens.record(note="Well known")
    screen = screens.open("audit", by="manager")
    row = rows(screen).set_index("kind").loc["decide"]
    assert row["person"] == "Olive Officer"
    assert row["subject"] == "A1, Grey Tile Teas"
    assert "¥15,000" in row["body"]
    assert "Well known" in row["body"]


def test_the_register_can_be_narrowed_to_kinds(screens):
    screens.record()
    screen = screens.open("audit", by="auditor", audit_kinds="decide")
    assert list(rows(screen)["kind"]) == ["decide"]
    assert "1 event on record" in texts(screen)


def test_a_kind_that_never_happened_in_the_address_shows_the_whole_register(screens):
    screen = screens.open("audit", by="auditor", audit_kinds="'; DROP TABLE audit_events; --")
    assert list(rows(screen)["kind"]) == ["sign in"]


def test_a_long_register_can_be_leafed_through(screens):
    for _ in range(60):
        screens.sit_down("officer")
    screen = screens.open("audit", by="auditor")
    assert len(rows(screen)) == 50
    screen.get("pagination")[0].set_value(2)
    assert len(rows(shown(screen))) == 11


def test_a_page_beyond_the_end_shows_the_last(screens):
    screen = screens.open("audit", by="auditor")
    screen.session_state["audit_page"] = 99
    assert len(rows(shown(screen))) == 1


def test_an_awkward_note_stands_in_the_register_as_just_that(screens):
    note = " ".join(AWKWARD_NAMES)
    screens.record(note=note)
    body = rows(screens.open("audit", by="auditor")).set_index("kind").loc["decide", "body"]
    assert f"note: {note}" in body


def test_taking_and_giving_back_leave_their_trace(screens):
    screen = press(screens.open("queue"), "Take the next")
    press(screen, "Give it back")
    kinds = list(rows(screens.open("audit", by="auditor"))["kind"])
    assert {"take", "release"} <= set(kinds)


def test_the_head_of_the_chain_stands_there_with_the_last_check(screens):
    assert "Not checked since the desk was opened" in texts(screens.open("audit", by="auditor"))
    record_watch.check(screens.engine, batches=True)
    screen = screens.open("audit", by="auditor")
    assert "The record is whole" in texts(screen)
    with open_session(screens.engine) as session:
        assert screen.code[0].value == str(chain.newest_head(session))


@pytest.mark.parametrize("role", ["officer", "manager", "auditor", "administrator"])
def test_everybody_is_told_why_nothing_can_be_recorded(screens, role):
    make_read_only(screens.engine, "the record does not fit its chain at decisions 7: is gone.")
    try:
        screens.use(None)
        with open_session(screens.engine, write=True, even_read_only=True) as session:
            screens.use(sign_ins.sign_in(session, screens.desk.id_of(role)))
        screens.sit_down = lambda _: None
        seen = texts(screens.open("audit" if role != "officer" else "queue", by=role))
    finally:
        make_writable(screens.engine)
    assert "decisions 7: is gone" in seen
    assert "Nothing can be recorded since" in seen


def alter_decision(engine):
    """Change a decision past the desk, and check the record."""
    change_unseen(engine, "UPDATE decisions SET note = 'Another one'")
    record_watch.check(engine, batches=False)


def test_an_officer_is_told_in_plain_words_which_application_was_altered_and_whom_to_call(screens):
    screens.record()
    for handle, role in (("keeper", "administrator"), ("anna", "officer")):
        add_person(screens.engine, handle, role=role, phrase=None)
    screen = screens.open("queue", by="anna")
    alter_decision(screens.engine)
    try:
        said = shown(screen).error[0].value
    finally:
        make_writable(screens.engine)
    assert "A decision on application A1 of Grey Tile Teas is not as it was recorded" in said
    assert "until an administrator has looked. Call Keeper Madeup." in said
    assert "docs/record.md" not in said
    assert "decisions 1" not in said


def test_an_administrator_who_sees_no_shop_is_not_told_its_name_by_the_banner(screens):
    screens.record()
    screen = screens.open("audit", by="administrator")
    alter_decision(screens.engine)
    try:
        said = shown(screen).error[0].value
        folded = [each.label for each in screen.expander]
    finally:
        make_writable(screens.engine)
    assert "A decision is not as it was recorded" in said.replace("  ", " ")
    assert "Grey Tile Teas" not in said
    assert any("Broken: the record does not fit its chain" in label for label in folded)
