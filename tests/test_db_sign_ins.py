"""How long a browser stays signed in, and what ends it."""

import pytest
from sqlalchemy import update

from db import people, roster, sign_ins
from db.engine import open_session
from db.sign_ins import Limits
from tests.accounts import add_person, events, shift_sign_ins

pytestmark = pytest.mark.usefixtures("cheap_passphrases")


@pytest.fixture
def anna(engine):
    return add_person(engine, phrase=None)


def sign_in(engine, person_id):
    with open_session(engine, write=True) as session:
        return sign_ins.sign_in(session, person_id, by="passphrase")


def is_in(engine, token, **limits):
    with open_session(engine) as session:
        return sign_ins.signed_in(session, token, Limits(**limits)) is not None


def seen_at(engine):
    with open_session(engine) as session:
        return session.execute(sign_ins.sign_ins.select()).one().last_seen_at


def note(engine, token):
    with open_session(engine, write=True) as session:
        sign_ins.note_presence(session, token)


def test_each_sign_in_has_a_new_token_of_which_only_the_hash_is_kept(engine, anna):
    tokens = [sign_in(engine, anna) for _ in range(3)]
    assert len(set(tokens)) == 3
    with open_session(engine) as session:
        kept = str(session.execute(sign_ins.sign_ins.select()).all())
    assert not any(token in kept for token in tokens)
    assert not is_in(engine, None)
    assert not is_in(engine, "")
    assert not is_in(engine, tokens[0] + "x")


def test_half_an_hour_without_a_click_is_the_end(engine, anna):
    token = sign_in(engine, anna)
    shift_sign_ins(engine, anna, seen_minutes=29)
    assert is_in(engine, token)
    shift_sign_ins(engine, anna, seen_minutes=1)
    assert not is_in(engine, token)
    assert is_in(engine, token, idle_minutes=31)


def test_whoever_clicks_stays_for_a_working_day_and_no_longer(engine, anna):
    token = sign_in(engine, anna)
    shift_sign_ins(engine, anna, signed_in_minutes=8 * 60 - 1)
    assert is_in(engine, token)
    shift_sign_ins(engine, anna, signed_in_minutes=1)
    assert not is_in(engine, token)
    with open_session(engine) as session:
        assert sign_ins.is_timed_out(session, token)
        assert not sign_ins.is_timed_out(session, "made up")


def test_being_there_is_written_down_once_a_minute_at_most(engine, anna):
    token = sign_in(engine, anna)
    first = seen_at(engine)
    note(engine, token)
    assert seen_at(engine) == first
    shift_sign_ins(engine, anna, seen_minutes=2)
    note(engine, token)
    assert seen_at(engine) > first


def test_a_sign_in_from_before_time_outs_counts_from_its_beginning(engine, anna):
    token = sign_in(engine, anna)
    with open_session(engine, write=True) as session:
        session.execute(update(sign_ins.sign_ins).values(last_seen_at=None))
    assert is_in(engine, token)


def test_demo_people_stay_as_long_as_nobody_has_an_account(engine):
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        olive = people.by_handle(session, "officer").id
    token = sign_in(engine, olive)
    shift_sign_ins(engine, olive, seen_minutes=5_000, signed_in_minutes=5_000)
    assert is_in(engine, token)
    assert not is_in(engine, token, demo=False)
    add_person(engine, phrase=None)
    assert not is_in(engine, token)
    assert is_in(engine, token, demo=True)


def test_a_disabled_person_is_out_at_once_and_stays_out_when_enabled(engine, anna):
    token = sign_in(engine, anna)
    with open_session(engine, write=True) as session:
        roster.disable(session, anna, actor_id=None)
    assert not is_in(engine, token)
    with open_session(engine, write=True) as session:
        roster.enable(session, anna, actor_id=None)
    assert not is_in(engine, token)


def test_signing_out_everywhere_ends_all_or_all_but_this_one(engine, anna):
    other = add_person(engine, "other", phrase=None)
    tokens = [sign_in(engine, anna) for _ in range(3)]
    theirs = sign_in(engine, other)
    with open_session(engine, write=True) as session:
        assert sign_ins.end_all(session, anna, actor_id=anna, but_token=tokens[0]) == 2
    assert [is_in(engine, token) for token in tokens] == [True, False, False]
    with open_session(engine, write=True) as session:
        assert sign_ins.end_all(session, anna, actor_id=other) == 1
    assert not is_in(engine, tokens[0])
    assert is_in(engine, theirs)
    assert [whom for _, _, whom, _ in events(engine, "sign out everywhere")] == [anna, anna]


def test_the_open_sign_ins_are_ones_own_and_one_can_be_ended(engine, anna):
    other = add_person(engine, "other", phrase=None)
    here, there, theirs = sign_in(engine, anna), sign_in(engine, anna), sign_in(engine, other)
    with open_session(engine, write=True) as session:
        listed = [each.key for each in sign_ins.open_of(session, anna)]
        assert sorted(listed) == sorted(map(sign_ins.hash_of, (here, there)))
        assert not sign_ins.end_one(session, anna, sign_ins.hash_of(theirs))
        assert sign_ins.end_one(session, anna, sign_ins.hash_of(there))
        assert not sign_ins.end_one(session, anna, sign_ins.hash_of(there))
    assert [is_in(engine, token) for token in (here, there, theirs)] == [True, False, True]
