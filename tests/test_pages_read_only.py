"""A desk whose record can only be read: everything is there to look at, and nothing that writes can be pressed."""

import contextlib
import json

import pytest

from db import holds, policies
from db.engine import make_read_only, make_writable, open_session
from lending.policy import FIRST_POLICY
from tests.accounts import add_person
from tests.screens import button_of, labels, shown, texts

# What can still be pressed on these pages: it shows something, chooses something, or leads somewhere.
LOOKS = {
    "Keys :gray[?]", "Change person", "Your account", "Numbers", "Look at it", "Next file", "Back to the search",
    "Stress", "Approve", "Less", "Decline", "Refer",
}  # fmt: skip


@contextlib.contextmanager
def only_read(engine):
    make_read_only(engine, "the record does not fit its chain at decisions 7: is gone.")
    try:
        yield
    finally:
        make_writable(engine)


def live(screen):
    return {each.label for each in screen.button if not each.disabled} - LOOKS


def propose(screens):
    body = json.loads(FIRST_POLICY.read_text(encoding="utf-8")) | {"version": 2}
    with open_session(screens.engine, write=True) as session:
        policies.propose(session, json.dumps(body), screens.desk.id_of("deputy"))


@pytest.mark.parametrize(
    ("page", "by", "writes"),
    [
        ("queue", "officer", "Take the next"),
        ("review", "officer", "Take it"),
        ("shops", "officer", "Put it on record"),
        ("policy", "manager", "Put version 2 in force"),
    ],
)
def test_a_button_that_writes_is_dead_while_nothing_can_be_recorded(screens, page, by, writes):
    propose(screens)
    named = {"review": "application", "shops": "shop"}.get(page)
    screen = screens.open(page, by=by, **({named: "1"} if named else {}))
    assert not button_of(screen, writes).disabled or page == "shops"
    with only_read(screens.engine):
        screen = shown(screen)
        assert writes in labels(screen)
        assert live(screen) == set()


@pytest.mark.usefixtures("cheap_passphrases")
def test_nobody_is_added_or_changed_while_nothing_can_be_recorded(empty_screens):
    add_person(empty_screens.engine, "keeper", role="administrator")
    olive = add_person(empty_screens.engine, "olive")
    screen = empty_screens.open("people", by="keeper")
    screen.selectbox(key="person").set_value(olive)
    with only_read(empty_screens.engine):
        screen = shown(screen)
        assert {"Disable", "New link", "Add, and make the link"} <= set(labels(screen))
        assert live(screen) == set()


def test_a_write_that_is_tried_all_the_same_leaves_the_page_standing_and_is_told_once(screens):
    screen = screens.open("queue")
    button_of(screen, "Take the next").click()
    with only_read(screens.engine):
        screen = shown(screen)
        assert "Nothing was recorded just now" in texts(screen)
        assert screen.dataframe
        assert screens.holds() == []
        assert "Nothing was recorded just now" not in texts(shown(screen))


def test_a_draft_and_an_answer_that_cannot_be_kept_leave_the_file_on_the_screen(screens):
    with open_session(screens.engine, write=True) as session:
        holds.take(session, screens.desk.application_id, person_id=screens.desk.id_of("officer"))
    screen = screens.open("review", application=str(screens.desk.application_id))
    note = next(each for each in screen.text_input if each.label == "Note")
    note.set_value("Asked for the papers")
    with only_read(screens.engine):
        seen = texts(shown(screen))
    assert "Nothing was recorded just now" in seen
    assert "Draft not kept." in seen
    assert "Grey Tile Teas" in seen
