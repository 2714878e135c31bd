"""Versions of the policy: proposed by one person, put in force by another."""

import json

import pytest
from sqlalchemy import insert, select

from db import audit, policies
from db.engine import open_session
from lending.errors import NotAllowed, PolicyRefused
from lending.policy import FIRST_POLICY, BrokenPolicy
from tests.desk import NOW, Desk

MEMBERS = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))


@pytest.fixture
def desk(engine):
    return Desk(engine)


def body(version, **members):
    return json.dumps(MEMBERS | {"version": version} | members)


def propose(desk, text, by="deputy"):
    with open_session(desk.engine, write=True) as session:
        return policies.propose(session, text, desk.id_of(by))


def approve(desk, version, by="manager", note="Agreed", **read):
    with open_session(desk.engine, write=True) as session:
        return policies.approve(session, version, desk.id_of(by), note, **read)


def in_force(desk):
    with open_session(desk.engine) as session:
        return policies.in_force(session).version


def test_a_proposed_version_waits_until_a_second_person_puts_it_in_force(desk):
    propose(desk, body(2, days_to_decide=5))
    assert in_force(desk) == 1
    assert approve(desk, 2).days_to_decide == 5
    assert in_force(desk) == 2


def test_the_first_policy_was_put_in_force_by_the_desk_itself(desk):
    with open_session(desk.engine) as session:
        (first,) = policies.all_versions(session)
    assert (first.in_force, first.maker_name, first.approvals[0].person_name) == (True, None, None)


def test_every_version_tells_who_proposed_and_who_approved_it(desk):
    propose(desk, body(2, days_to_decide=5))
    approve(desk, 2, note="  As the board wants it  ")
    propose(desk, body(3), by="manager")
    with open_session(desk.engine) as session:
        third, second, _ = policies.all_versions(session)
        events = audit.newest(session, kinds=("propose policy", "approve policy"))
    assert (third.maker_name, third.approvals, third.in_force) == ("Morgan Manager", (), False)
    assert (second.maker_name, second.in_force) == ("Denny Deputy", True)
    assert (second.approvals[0].person_name, second.approvals[0].note) == ("Morgan Manager", "As the board wants it")
    told = [json.loads(each) for each in events["body"]]
    assert told[2] == {"members": ["days_to_decide"]}
    assert told[1] == {
        "maker_id": desk.id_of("deputy"), "maker": "Denny Deputy", "instead_of": 1, "note": "As the board wants it",
    }  # fmt: skip
    assert told[0] == {"members": ["days_to_decide"]}


@pytest.mark.parametrize("earlier", [1, 2])
def test_no_manager_alone_puts_an_earlier_version_in_force_again(desk, earlier):
    for number in (2, 3):
        propose(desk, body(number, days_to_decide=number))
        approve(desk, number)
    with pytest.raises(PolicyRefused) as refused:
        approve(desk, earlier)
    assert (refused.value.because, refused.value.version) == ("approved", earlier)
    assert in_force(desk) == 3


def test_an_earlier_version_comes_back_under_the_next_number_by_two_people(desk):
    propose(desk, body(2, days_to_decide=5))
    approve(desk, 2)
    with open_session(desk.engine, write=True) as session:
        again = policies.propose_again(session, 1, desk.id_of("manager"))
    assert (again.version, again.days_to_decide, in_force(desk)) == (3, MEMBERS["days_to_decide"], 2)
    with pytest.raises(PolicyRefused, match="own"):
        approve(desk, 3)
    approve(desk, 3, by="deputy")
    assert in_force(desk) == 3


@pytest.mark.parametrize(("version", "because"), [(1, "in_force"), (9, "unknown")])
def test_what_is_in_force_or_unknown_is_not_proposed_again(desk, version, because):
    with open_session(desk.engine, write=True) as session, pytest.raises(PolicyRefused, match=because):
        policies.propose_again(session, version, desk.id_of("manager"))


@pytest.mark.parametrize(
    ("version", "by", "note", "because"),
    [
        (2, "deputy", "Mine", "own"),
        (2, "manager", " ", "note"),
        (2, "manager", "x" * 2_001, "long"),
        (1, "manager", "Again", "in_force"),
        (7, "manager", "Which", "unknown"),
    ],
)
def test_an_approval_that_is_not_a_second_persons_is_refused(desk, version, by, note, because):
    propose(desk, body(2))
    with pytest.raises(PolicyRefused) as refused:
        approve(desk, version, by, note)
    assert refused.value.because == because
    assert in_force(desk) == 1


@pytest.mark.parametrize("number", [1, 3, 0, -1])
def test_a_version_has_the_next_number(desk, number):
    with pytest.raises(PolicyRefused) as refused:
        propose(desk, body(number))
    assert (refused.value.because, refused.value.version) == ("number", 2)


def test_what_is_no_policy_is_not_kept(desk):
    with pytest.raises(BrokenPolicy):
        propose(desk, body(2, days_to_decide=0))
    with open_session(desk.engine) as session:
        assert len(policies.all_versions(session)) == 1


@pytest.mark.parametrize("who", ["officer", "auditor", "administrator"])
def test_only_managers_propose_and_approve(desk, who):
    with pytest.raises(NotAllowed):
        propose(desk, body(2), by=who)
    propose(desk, body(2))
    with pytest.raises(NotAllowed):
        approve(desk, 2, by=who)


def test_the_database_itself_refuses_an_approval_by_the_maker(desk):
    propose(desk, body(2))
    maker = desk.id_of("deputy")
    row = {"version": 2, "maker_id": maker, "person_id": maker, "note": "", "recorded_at": NOW}
    with pytest.raises(Exception, match="second_person"), open_session(desk.engine, write=True) as session:
        session.execute(insert(policies.approvals).values(row))
    with open_session(desk.engine) as session:
        assert len(session.execute(select(policies.approvals)).all()) == 1


def test_a_version_that_a_later_one_has_overtaken_waits_no_more(desk):
    for number in (2, 3):
        propose(desk, body(number, days_to_decide=number))
    approve(desk, 3)
    with pytest.raises(PolicyRefused) as refused:
        approve(desk, 2)
    assert (refused.value.because, refused.value.version) == ("older", 2)
    assert in_force(desk) == 3


def test_who_read_a_version_against_one_that_is_no_longer_in_force_reads_it_again_first(desk):
    for number in (2, 3):
        propose(desk, body(number, days_to_decide=number))
    approve(desk, 2, instead_of=1)
    # Version 3 says otherwise than 2 what 2 brought in, and who approves it must have seen that.
    with pytest.raises(PolicyRefused) as refused:
        approve(desk, 3, instead_of=1)
    assert (refused.value.because, refused.value.version) == ("moved", 2)
    assert in_force(desk) == 2
    approve(desk, 3, instead_of=2)
    assert in_force(desk) == 3
