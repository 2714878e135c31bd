"""Passphrases, locks and links: who is let in, after what work, and what the register says of it."""

import threading

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import update

from db import accounts, passphrases, people, roster, sign_ins
from db.engine import open_session
from db.passphrases import PassphraseRefused
from tests.accounts import OTHER_PHRASE, PHRASE, add_person, age_links, events, shift_failures

IN_EARNEST = passphrases.HASHER

pytestmark = pytest.mark.usefixtures("cheap_passphrases")


def try_it(engine, handle="anna", phrase=PHRASE, address=None):
    return accounts.sign_in(engine, handle, phrase, address=address)


def fail(engine, times, handle="anna", **more):
    for _ in range(times):
        assert try_it(engine, handle, "a wrong one, and long", **more) is None


def link_of(engine, person_id):
    with open_session(engine, write=True) as session:
        return accounts.make_link(session, person_id, actor_id=None)


def test_the_right_passphrase_lets_in_and_a_wrong_one_does_not(engine):
    anna = add_person(engine)
    person, token = try_it(engine)
    assert person.id == anna
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, token).handle == "anna"
    assert try_it(engine, phrase=PHRASE + "x") is None
    assert try_it(engine, phrase="") is None
    assert try_it(engine, " Anna ") is not None


def test_what_looks_the_same_is_the_same_passphrase(sqlite_engine):
    add_person(sqlite_engine, phrase="ｃａｆé über allen Gipfeln")  # wide letters
    assert try_it(sqlite_engine, phrase="café u\u0308ber allen Gipfeln") is not None  # a dot pair of its own


def test_only_a_hash_at_argon2id_stands_in_the_record(sqlite_engine):
    add_person(sqlite_engine)
    with open_session(sqlite_engine) as session:
        (row,) = session.execute(people.people.select()).all()
    assert row.password_hash.startswith("$argon2id$")
    assert PHRASE not in str(row)


def test_the_costs_in_earnest_are_those_of_the_cheat_sheet():
    parameters = extract_parameters(IN_EARNEST.hash(PHRASE))
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (47_104, 1, 1)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("fourteen chars", "14 characters"),
        ("a" * 1_001, "more than 1,000"),
        ("aaaaaaaaaaaaaaaaaaaa", "again and again"),
        ("abcabcabcabcabcabc", "again and again"),
        ("heron heron heron heron", "again and again"),
        ("Correct Horse Battery Staple", "first that"),
        ("abcdefghijklmnop", "first that"),
        ("12345678901234567", "first that"),
        ("poiuytrewqpoiuytrewq", "first that"),
        ("Password1234567890", "first that"),
        ("loam-loam-admin-2026", "first that"),
        ("anna madeup 1999", "own name"),
        ("Madeup-Anna-Madeup", "own name"),
    ],
)
def test_what_everybody_would_try_first_is_refused_with_the_reason(phrase, said):
    with pytest.raises(PassphraseRefused, match=said):
        passphrases.check(phrase, about=("anna", "Anna Madeup"))


@pytest.mark.parametrize(
    "phrase",
    [
        PHRASE,
        "日本の秋の川を渡る三羽の鷺と月",
        "x7#kQ!p2vR@9mZ&",
        "anna walks to the blue mill",
        "a" + "bcdef ghijk" * 20,
    ],
)
def test_anything_else_that_is_long_enough_is_taken(phrase):
    passphrases.check(phrase, about=("anna", "Anna Madeup"))


def test_a_hash_at_older_costs_is_made_anew_when_its_owner_comes(sqlite_engine, monkeypatch):
    anna = add_person(sqlite_engine)
    monkeypatch.setattr(passphrases, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    fail(sqlite_engine, 1)
    assert try_it(sqlite_engine) is not None
    with open_session(sqlite_engine) as session:
        kept = session.execute(people.people.select().where(people.people.c.id == anna)).one().password_hash
    assert extract_parameters(kept).time_cost == 2
    assert try_it(sqlite_engine) is not None


@pytest.fixture
def verifications(monkeypatch):
    """The costs at which argon2 was asked to verify something."""
    counted = []
    verify = PasswordHasher.verify

    def counting(hasher, kept, typed):
        counted.append(extract_parameters(kept))
        return verify(hasher, kept, typed)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    return counted


def test_everybody_costs_one_verification_at_the_same_costs(sqlite_engine, verifications):
    add_person(sqlite_engine)
    add_person(sqlite_engine, "no-phrase", phrase=None)
    disabled = add_person(sqlite_engine, "gone")
    add_person(sqlite_engine, "locked")
    fail(sqlite_engine, accounts.MOST_FAILURES, "locked")
    with open_session(sqlite_engine, write=True) as session:
        people.seed_demo_people(session)
        roster.disable(session, disabled, actor_id=None)
    seen = {}
    for handle in ("anna", "nobody", "no-phrase", "gone", "locked", "officer", "", "x" * 5_000):
        verifications.clear()
        assert try_it(sqlite_engine, handle, "a wrong one, and long") is None
        seen[handle] = list(verifications)
    assert {len(each) for each in seen.values()} == {1}
    assert all(each == seen["anna"] for each in seen.values())


def test_a_demo_person_and_a_disabled_one_have_no_passphrase_that_works(engine):
    gone = add_person(engine, "gone")
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        session.execute(
            update(people.people)
            .where(people.people.c.handle == "officer")
            .values(password_hash=passphrases.hashed(PHRASE))
        )
        roster.disable(session, gone, actor_id=None)
    assert try_it(engine, "gone") is None
    assert try_it(engine, "officer") is None


def test_five_failures_lock_a_name_for_a_quarter_of_an_hour_over_a_restart_too(engine):
    add_person(engine)
    fail(engine, accounts.MOST_FAILURES - 1)
    assert try_it(engine) is not None
    fail(engine, 1)
    # Another process would find the same rows.
    assert try_it(engine) is None
    with open_session(engine) as session:
        assert accounts.locked_until(session, "anna") is not None
    shift_failures(engine, minutes=14)
    assert try_it(engine) is None
    shift_failures(engine, minutes=2)
    assert try_it(engine) is not None


def test_a_locked_name_cannot_be_held_locked_by_trying_on(engine):
    add_person(engine)
    fail(engine, accounts.MOST_FAILURES)
    shift_failures(engine, minutes=10)
    fail(engine, 10)
    shift_failures(engine, minutes=6)
    assert try_it(engine) is not None


def test_a_name_that_nobody_has_locks_in_the_same_way(sqlite_engine):
    add_person(sqlite_engine)
    for handle in ("anna", "nobody"):
        fail(sqlite_engine, accounts.MOST_FAILURES + 2, handle)
    told = [(kind, body) for kind, _, _, body in events(sqlite_engine, "sign in failed", "lockout")]
    half = len(told) // 2
    assert [kind for kind, _ in told[:half]] == [kind for kind, _ in told[half:]]
    assert [kind for kind, _ in told].count("lockout") == 2


def test_many_attempts_at_once_are_not_more_than_five(engine):
    add_person(engine)
    wrong, gate = [], threading.Barrier(8)

    def guess(number):
        gate.wait()
        wrong.append(try_it(engine, phrase=f"guess number {number}, long"))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    because = [body for _, _, _, body in events(engine, "sign in failed")]
    assert sum("wrong passphrase" in body for body in because) == accounts.MOST_FAILURES
    assert len(because) == accounts.MOST_FAILURES
    assert wrong == [None] * 8


def test_two_hundred_failures_of_a_name_leave_six_events_and_the_log_tells_the_rest(engine, caplog):
    anna = add_person(engine)
    fail(engine, 200)
    told = [(kind, whom) for kind, _, whom, _ in events(engine, "sign in failed", "lockout")]
    assert told == [*[("sign in failed", anna)] * accounts.MOST_FAILURES, ("lockout", anna)]
    assert sum("not in the register: locked" in each for each in caplog.messages) == 200 - accounts.MOST_FAILURES


def test_a_stranger_with_ever_other_names_adds_no_more_than_the_bound_and_hides_no_failure_of_a_person(engine):
    anna = add_person(engine)
    for number in range(200):
        fail(engine, 1, f"guess{number}")
    assert len(events(engine, "sign in failed", "lockout")) == accounts.MOST_UNKNOWN
    fail(engine, 1)
    assert events(engine, "sign in failed")[-1][2] == anna
    shift_failures(engine, minutes=16)
    fail(engine, 1, "one more")
    assert len(events(engine, "sign in failed")) == accounts.MOST_UNKNOWN + 2


def test_single_sign_on_of_strangers_and_disabled_people_is_noted_up_to_a_bound(engine):
    gone = add_person(engine, "gone", phrase=None, email="gone@example.org")
    with open_session(engine, write=True) as session:
        roster.disable(session, gone, actor_id=None)
        for number in range(accounts.MOST_UNKNOWN + 10):
            for address in ("gone@example.org", f"guess{number}@example.org"):
                assert accounts.sign_in_by_address(session, address, provider="default") is None
    whom = [number for _, _, number, _ in events(engine, "sign in failed")]
    assert (whom.count(gone), whom.count(None)) == (accounts.MOST_FAILURES, accounts.MOST_UNKNOWN)


def test_an_address_from_which_everything_fails_is_held_up_and_others_are_not(sqlite_engine, monkeypatch):
    monkeypatch.setattr(accounts, "MOST_FROM_ADDRESS", 6)
    add_person(sqlite_engine)
    for number in range(6):
        fail(sqlite_engine, 1, f"guess{number}", address="192.0.2.7")
    assert try_it(sqlite_engine, address="192.0.2.7") is None
    assert try_it(sqlite_engine, address="192.0.2.8") is not None


def test_what_lifts_a_lock_leaves_the_register_as_it_was(engine):
    anna = add_person(engine)
    fail(engine, accounts.MOST_FAILURES)
    before = events(engine)
    with open_session(engine, write=True) as session:
        roster.unlock(session, anna, actor_id=None)
    assert try_it(engine) is not None
    after = events(engine)
    assert after[: len(before)] == before
    assert [kind for kind, *_ in after[len(before) :]] == ["unlock", "sign in"]


def test_the_register_tells_each_step_and_nothing_that_was_typed(engine):
    anna = add_person(engine)
    fail(engine, 1, "my secret typed as a name")
    fail(engine, accounts.MOST_FAILURES)
    shift_failures(engine, hours=1)
    _, token = try_it(engine)
    accounts.change_passphrase(engine, anna, old=PHRASE, new=OTHER_PHRASE, token=token)
    told = events(engine)
    kinds = {kind for kind, *_ in told}
    assert kinds >= {
        "person added", "set-up link made", "set-up link used", "sign in failed", "lockout", "sign in",
        "passphrase changed", "sign out everywhere",
    }  # fmt: skip
    text = str(told)
    for secret in (PHRASE, OTHER_PHRASE, "typed as a name", "a wrong one", token):
        assert secret not in text
    assert ("sign in failed", None, None, '{"because":"unknown name"}') in told
    assert ("sign in failed", None, anna, '{"because":"wrong passphrase"}') in told


def test_a_link_works_once_and_only_its_hash_is_kept(engine):
    anna = add_person(engine, phrase=None)
    token = link_of(engine, anna)
    with open_session(engine) as session:
        assert accounts.person_of_link(session, token).handle == "anna"
        assert accounts.person_of_link(session, token + "x") is None
        assert token not in str(session.execute(accounts.links.select()).all())
    assert accounts.use_link(engine, token, PHRASE)
    assert not accounts.use_link(engine, token, OTHER_PHRASE)
    assert try_it(engine) is not None
    assert try_it(engine, phrase=OTHER_PHRASE) is None


def test_a_refused_passphrase_leaves_the_link_good(engine):
    anna = add_person(engine, phrase=None)
    token = link_of(engine, anna)
    with pytest.raises(PassphraseRefused):
        accounts.use_link(engine, token, "too short")
    assert accounts.use_link(engine, token, PHRASE)


def test_a_link_ends_after_a_day_with_a_newer_one_and_with_the_account(engine):
    anna = add_person(engine, phrase=None)
    first = link_of(engine, anna)
    second = link_of(engine, anna)
    assert not accounts.use_link(engine, first, PHRASE)
    with open_session(engine, write=True) as session:
        roster.disable(session, anna, actor_id=None)
    assert not accounts.use_link(engine, second, PHRASE)
    with open_session(engine, write=True) as session:
        roster.enable(session, anna, actor_id=None)
    age_links(engine, seconds=1)
    assert not accounts.use_link(engine, second, PHRASE)


def test_a_new_passphrase_by_link_signs_everybody_out_and_lifts_the_lock(engine):
    anna = add_person(engine)
    _, stolen = try_it(engine)
    fail(engine, accounts.MOST_FAILURES)
    assert accounts.use_link(engine, link_of(engine, anna), OTHER_PHRASE)
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, stolen) is None
    assert try_it(engine, phrase=OTHER_PHRASE) is not None
    assert try_it(engine) is None


def test_changing_the_passphrase_needs_the_old_one_and_keeps_this_browser_alone(engine):
    anna = add_person(engine)
    _, here = try_it(engine)
    _, there = try_it(engine)
    assert not accounts.change_passphrase(engine, anna, old="something else, long", new=OTHER_PHRASE, token=here)
    assert accounts.change_passphrase(engine, anna, old=PHRASE, new=OTHER_PHRASE, token=here)
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, here) is not None
        assert sign_ins.signed_in(session, there) is None
    assert try_it(engine, phrase=OTHER_PHRASE) is not None


def test_the_old_passphrase_cannot_be_guessed_from_an_open_browser(sqlite_engine):
    anna = add_person(sqlite_engine)
    _, here = try_it(sqlite_engine)
    for _ in range(accounts.MOST_FAILURES):
        assert not accounts.change_passphrase(
            sqlite_engine, anna, old="wrong and long enough", new=OTHER_PHRASE, token=here
        )
    assert not accounts.change_passphrase(sqlite_engine, anna, old=PHRASE, new=OTHER_PHRASE, token=here)


def test_a_verified_address_lets_in_whoever_has_it_and_nobody_else(engine):
    anna = add_person(engine, phrase=None, email="Anna@Example.org")
    gone = add_person(engine, "gone", phrase=None, email="gone@example.org")
    with open_session(engine, write=True) as session:
        roster.disable(session, gone, actor_id=None)
        person, _ = accounts.sign_in_by_address(session, "ANNA@example.org", provider="default")
        assert person.id == anna
        for address in ("gone@example.org", "nobody@example.org", "", None):
            assert accounts.sign_in_by_address(session, address, provider="default") is None
    failed = [body for _, _, _, body in events(engine, "sign in failed")]
    assert len(failed) == 4
    assert "nobody@" not in str(failed)


def test_an_address_that_only_looks_alike_lets_nobody_in(sqlite_engine):
    add_person(sqlite_engine, phrase=None, email="anna@strasse.example")
    other = add_person(sqlite_engine, "other", phrase=None, email="Anna@straße.example")
    with open_session(sqlite_engine, write=True) as session:
        person, _ = accounts.sign_in_by_address(session, "anna@straße.example", provider="default")
        assert person.id == other
        for address in (
            "anna@ſtrasse.example",
            "anna@STRAẞE.example",
            "ann\uff41@strasse.example",
            " anna@strasse.example",
        ):
            assert accounts.sign_in_by_address(session, address, provider="default") is None
