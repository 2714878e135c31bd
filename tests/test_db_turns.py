"""Where only one at a time may look and write, the second one sees what the first has written."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from db import decisions, policies, register
from db.engine import open_session
from lending import policy
from lending.errors import AlreadyDecided, BrokenRule, PolicyRefused
from tests.desk import AS_OF, Desk, add_application, add_score, add_shop
from tests.test_db_register import add, another_card, move, stages

LIMIT_MINOR = 2_000_000


@pytest.fixture
def desk(engine):
    """A desk whose officers settle little alone."""
    made = Desk(engine)
    body = json.loads(policy.FIRST_POLICY.read_text()) | {"version": 2}
    body["authority"]["officer_limit_minor"] = LIMIT_MINOR
    made.put_in_force(json.dumps(body))
    return made


def at_once(desk, *acts):
    """What each act gives in a transaction of its own, or the rule that it broke; all begin at the same moment."""
    together = threading.Barrier(len(acts))

    def run(act):
        together.wait()
        try:
            with open_session(desk.engine, write=True) as session:
                given = act(session)
                # Long enough for the other to have looked, if it did not wait.
                threading.Event().wait(0.3)
                return given
        except BrokenRule as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def policy_of(version, **members):
    return json.dumps(json.loads(policy.FIRST_POLICY.read_text()) | {"version": version} | members)


def test_two_files_of_one_owner_that_are_answered_at_once_count_together(desk):
    with open_session(desk.engine, write=True) as session:
        session.execute(text("UPDATE shops SET owner_ref = 'O9'"))
        shop_id = add_shop(session, "S9", name="Second shop", owner_ref="O9")
        other, score = add_application(session, shop_id, "A9"), add_score(session, shop_id)
    first = desk.request(request_key="first", policy_version=2)
    both = [first, replace(first, request_key="second", application_id=other, score_run_id=score)]
    found = at_once(
        desk,
        *(
            lambda session, each=each: decisions.record_within(
                session, each, person_id=desk.id_of("officer"), decided_on=AS_OF
            )
            for each in both
        ),
    )
    alone = [each for each in found if isinstance(each, decisions.Judgement) and each.final]
    assert len(alone) == 1, found


def test_of_two_answers_to_one_file_at_once_one_stands_and_the_other_is_told_whose(desk):
    first = desk.request(request_key="first", policy_version=2, outcome="decline", amount_minor=None, term_months=None,
                         rate_bps=None, reasons=("sales_falling",), note="Sales fall.")  # fmt: skip
    found = at_once(
        desk,
        *(
            lambda session, key=key, handle=handle: decisions.record_within(
                session, replace(first, request_key=key), person_id=desk.id_of(handle), decided_on=AS_OF
            )
            for key, handle in (("first", "officer"), ("second", "second"))
        ),
    )
    assert {type(each) for each in found} == {AlreadyDecided, decisions.Judgement}, found
    with open_session(desk.engine) as session:
        assert len(decisions.rounds(session, desk.application_id)) == 1


def test_of_two_versions_approved_at_once_on_the_same_reading_one_comes_in_force(desk):
    with open_session(desk.engine, write=True) as session:
        for version, days in ((3, 5), (4, 6)):
            policies.propose(session, policy_of(version, days_to_decide=days), desk.id_of("deputy"))
    found = at_once(
        desk,
        *(
            lambda session, version=version: policies.approve(
                session, version, desk.id_of("manager"), "Agreed", instead_of=2
            )
            for version in (3, 4)
        ),
    )
    (refusal,) = (each for each in found if isinstance(each, PolicyRefused))
    assert refusal.because in {"moved", "older"}
    with open_session(desk.engine) as session:
        assert [each.in_force for each in policies.all_versions(session)].count(True) == 1
        assert len(policies.all_versions(session)) == 4
        approved = [each.policy.version for each in policies.all_versions(session) if each.approvals]
        assert len(approved) == 3


def test_of_two_cards_that_become_champion_at_once_one_is_champion_and_the_other_retired(desk):
    cards = [another_card(name, base) for name, base in (("north", 300), ("south", 310))]
    with open_session(desk.engine, write=True) as session:
        register.seed(session)
    for card in cards:
        add(desk, card)
        move(desk, card, "shadow")
    found = at_once(
        desk,
        *(
            lambda session, card=card, handle=handle: register.move(
                session, card.hash, "champion", person_id=desk.id_of(handle), note="Better."
            )
            for card, handle in zip(cards, ("manager", "deputy"), strict=True)
        ),
    )
    assert found == [None, None]
    assert sorted(stages(desk).values()) == ["champion", "retired", "retired"]
    with open_session(desk.engine) as session:
        steps = session.execute(text("SELECT model_hash FROM model_stages WHERE stage = 'retired'")).scalars().all()
    assert len(steps) == len(set(steps)) == 2
