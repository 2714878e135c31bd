"""The Policy page: who settles what, and how a version comes into force."""

import json

from components.wording import plain
from db import policies
from db.engine import open_session
from lending.policy import FIRST_POLICY
from tests.screens import everything, labels, press, texts

MEMBERS = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))


def propose(screens, by="deputy", **members):
    with open_session(screens.engine, write=True) as session:
        policies.propose(session, json.dumps(MEMBERS | {"version": 2} | members), screens.desk.id_of(by))


def in_force(screens):
    with open_session(screens.engine) as session:
        return policies.in_force(session).version


def test_the_matrix_stands_there_with_its_amounts_and_that_no_version_waits(screens):
    seen = everything(screens.open("policy", by="manager"))
    assert plain("up to ¥100,000") in seen
    assert plain("above ¥250,000") in seen
    assert "Lending on a flagged file and any answer against the policy need a manager at least." in seen
    assert "No version waits for a second manager." in seen
    assert "The desk itself put it in force" in seen


def test_a_second_manager_sees_what_changes_and_puts_the_version_in_force(screens):
    propose(screens, rate=MEMBERS["rate"] | {"margin_bps": 300})
    screen = screens.open("policy", by="manager")
    assert plain("Margin: 2.5% → 3%") in texts(screen)
    assert "1 change against version 1" in texts(screen)
    screen = press(screen, "Put version 2 in force")
    assert "Say why version 2 is put in force" in texts(screen)
    screen.text_input(key="approve_note_2").input("As the board wants it")
    screen = press(screen, "Put version 2 in force")
    assert "This changes everybody's authority" in texts(screen)
    assert in_force(screens) == 1
    screen = press(screen, "Yes, put it in force")
    assert in_force(screens) == 2
    assert "Version 2 is in force now." in texts(screen)
    assert "Morgan Manager put it in force" in texts(screen)


def test_who_proposed_a_version_sees_why_somebody_else_approves_it(screens):
    propose(screens)
    screen = screens.open("policy", by="deputy")
    assert "You proposed it yourself." in texts(screen)
    assert "Put version 2 in force" not in labels(screen)


def test_an_auditor_reads_and_approves_nothing(screens):
    propose(screens)
    screen = screens.open("policy", by="auditor")
    assert "Your role reads the policy and approves none." in texts(screen)
    assert "Put version 2 in force" not in labels(screen)


def test_an_earlier_version_is_proposed_again_and_waits_for_a_second_manager(screens):
    screens.desk.put_in_force(json.dumps(MEMBERS | {"version": 2, "days_to_decide": 5}))
    screen = screens.open("policy", by="deputy")
    assert plain("Days to an answer: 5 → 3") in texts(screen)
    screen = press(screen, "Propose version 1 again")
    assert "Version 3 says what version 1 says. Another manager approves it." in texts(screen)
    assert "You proposed it yourself." in texts(screen)
    assert in_force(screens) == 2
    assert "Put version 3 in force" in labels(screens.open("policy", by="manager"))


def test_an_officer_has_no_such_page(screens):
    assert plain("up to ¥100,000") not in everything(screens.open("policy"))


def test_who_goes_back_from_the_question_has_changed_nothing(screens):
    propose(screens)
    screen = screens.open("policy", by="manager")
    screen.text_input(key="approve_note_2").input("As the board wants it")
    screen = press(press(screen, "Put version 2 in force"), "Back")
    assert in_force(screens) == 1
    assert "Put version 2 in force" in labels(screen)


def test_a_version_with_other_days_to_an_answer_says_beforehand_how_many_files_become_overdue(screens):
    screens.add("Blue Tile Teas", ref="2", days_ago=2)
    propose(screens, days_to_decide=1)
    assert "1 file is overdue at once, instead of 0" in texts(screens.open("policy", by="manager"))
