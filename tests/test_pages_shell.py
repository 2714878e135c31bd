"""The frame around each page: who looks, that a demo is a demo, and the way out."""

import dataclasses

import pytest

from components import guard, wording
from db import people, sign_ins
from db.engine import open_session
from db.people import PAGES_OF_ROLE
from lending.errors import NotAllowed
from tests.desk import AS_OF, NOW
from tests.screens import button_of, labels, press, shown, texts

PAGES = sorted({page for pages in PAGES_OF_ROLE.values() for page in pages})


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_whose_rights_these_are_and_that_it_is_a_demo(screens, page):
    screen = screens.open(page, by="auditor")
    assert "Demo" in texts(screen)
    assert "You are **Audrey Auditor**, auditor, on 2 Nov 2026." in texts(screen)
    assert labels(screen)[-2:] == ["Change person", "Keys :gray[?]"]


def test_the_footer_stands_below_a_page_that_stops_early_too(screens):
    assert "You are **Olive Officer**" in texts(screens.open("review"))


def test_the_keys_of_the_page_are_listed_with_those_of_the_desk(screens):
    screen = press(screens.open("queue"), "Keys :gray[?]")
    assert "`N`" in texts(screen)
    assert "`?`" in texts(screen)
    assert "Ctrl" not in texts(screen)


def test_a_signed_out_tab_says_so_and_leads_to_the_door(screens):
    screen = screens.open("queue")
    screens.use("no longer valid")
    screen.run()
    assert "You are signed out." in texts(screen)
    assert button_of(screen, "Sign in again")


def test_what_runs_apart_from_its_page_is_refused_once_somebody_else_sits_in_the_browser(screens):
    screens.sit_down("manager")
    with open_session(screens.engine, write=True) as session:
        manager = sign_ins.signed_in(session, screens.token)
        other = sign_ins.sign_in(session, people.by_handle(session, "administrator").id)
    visit = guard.Visit(manager, screens.engine, AS_OF, NOW, demo_data=True)
    guard.refuse_signed_out(visit, screens.token)
    with open_session(screens.engine, write=True) as session:
        sign_ins.sign_out(session, screens.token)
    for token in (screens.token, other, None):
        with pytest.raises(NotAllowed):
            guard.refuse_signed_out(visit, token)


def test_what_runs_apart_from_its_page_is_refused_once_its_person_sees_another_part(screens):
    screens.sit_down("officer")
    with open_session(screens.engine) as session:
        officer = sign_ins.signed_in(session, screens.token)
    of_another_branch = dataclasses.replace(officer, sees=7)
    visit = guard.Visit(of_another_branch, screens.engine, AS_OF, NOW, demo_data=True)
    with pytest.raises(NotAllowed):
        guard.refuse_signed_out(visit, screens.token)


def test_a_full_run_asks_once_who_is_there(screens, monkeypatch):
    asked = []
    signed_in = sign_ins.signed_in
    monkeypatch.setattr(
        sign_ins, "signed_in", lambda session, token, limits: asked.append(token) or signed_in(session, token, limits)
    )
    screen = screens.open("queue")
    # The address led in through the default page, whose run ended early.
    asked.clear()
    shown(screen)
    assert len(asked) == 1


def test_a_fragment_and_a_callback_ask_for_themselves(screens, monkeypatch):
    screen = screens.open("review", application=str(screens.desk.application_id))
    asked = []
    signed_in = sign_ins.signed_in
    monkeypatch.setattr(
        sign_ins, "signed_in", lambda session, token, limits: asked.append(token) or signed_in(session, token, limits)
    )
    press(screen, "Take it")
    # The callback, the shell, and the form's fragment.
    assert len(asked) >= 3


def test_the_desk_names_its_time_zone_once_on_every_page_and_no_page_has_another_clock(screens):
    seen = texts(screens.open("audit", by="auditor"))
    assert seen.count(wording.plain("Asia/Shanghai")) == 1
    assert "UTC" not in seen
