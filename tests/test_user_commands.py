"""`python loam.py user …`: who is added, and that nobody locks the desk's last door behind them."""

import pytest
from typer.testing import CliRunner

import loam
from db import accounts, people, roster, sign_ins
from db.engine import open_session
from settings import settings
from tests.accounts import PHRASE, add_person, events

pytestmark = pytest.mark.usefixtures("cheap_passphrases")


@pytest.fixture
def user(sqlite_engine, monkeypatch):
    """Runs a command of `user` on an empty record."""
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string())
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(loam.app, ["user", *words])
    settings.cache_clear()


def entry(engine, handle):
    with open_session(engine) as session:
        return roster.by_handle(session, handle)


def add(user, handle="anna", role="officer", *more):
    return user("add", handle, "--name", f"{handle.capitalize()} Madeup", "--role", role, *more)


def test_adding_prints_a_link_that_works(user, sqlite_engine):
    done = add(user, "anna", "administrator", "--email", "anna@example.org", "--at", "https://desk.example.org/")
    assert done.exit_code == 0
    address, token = done.stdout.strip().split("/account/set-up?token=")
    assert address == "https://desk.example.org"
    assert accounts.use_link(sqlite_engine, token, PHRASE)
    assert accounts.sign_in(sqlite_engine, "anna", PHRASE, address=None)
    assert ("person added", None) in [(kind, person) for kind, person, *_ in events(sqlite_engine)]


@pytest.mark.parametrize(
    ("handle", "words", "said"),
    [
        ("Anna", (), "“Signs in as” takes"),
        ("a b", (), "“Signs in as” takes"),
        ("anna", ("--role", "owner"), "no role owner"),
        ("anna", ("--email", "nowhere"), "no e-mail address"),
        ("anna", ("--name", " "), "A name has"),
        ("taken", (), "signs in as taken already"),
        ("anna", ("--email", "TAKEN@example.org"), "has the address"),
    ],
)
def test_what_cannot_be_kept_is_told_and_nothing_is_added(user, sqlite_engine, handle, words, said):
    add_person(sqlite_engine, "taken", phrase=None, email="taken@example.org")
    done = user("add", handle, "--name", "Anna Madeup", "--role", "officer", *words)
    assert done.exit_code == 1
    assert said in done.stderr
    assert entry(sqlite_engine, "anna") is None


def test_a_branch_is_named_and_an_unknown_one_is_wrong_use(user, sqlite_engine):
    assert add(user, "anna", "officer", "--branch", "Head office").exit_code == 0
    assert entry(sqlite_engine, "anna").branch == "Head office"
    assert add(user, "ben", "officer", "--branch", "Nowhere").exit_code == 2
    assert user("branch", "anna").exit_code == 0
    assert entry(sqlite_engine, "anna").branch is None
    assert "already" in user("branch", "anna").stderr


def test_the_list_tells_who_can_sign_in(user, sqlite_engine):
    assert "adds the first" in user("list").stderr
    add(user)
    add_person(sqlite_engine, "ben")
    add(user, "cleo")
    user("disable", "cleo")
    head, *lines = user("list").stdout.splitlines()
    assert head.split("\t") == ["handle", "name", "role", "branch", "can sign in", "last signed in"]
    rows = {line.split("\t")[0]: line.split("\t")[4] for line in lines}
    assert rows == {"anna": "link open", "ben": "enabled", "cleo": "disabled"}


def test_the_list_says_how_many_demo_people_it_leaves_out(user, sqlite_engine):
    with open_session(sqlite_engine, write=True) as session:
        people.seed_demo_people(session)
    add(user)
    done = user("list")
    assert "6 demo people are left out" in done.stderr
    assert "officer\tOlive" not in done.stdout


def test_an_unknown_role_is_told_with_those_that_there_are(user):
    assert "There are officer, manager, auditor and administrator." in add(user, "anna", "boss").stderr


def test_a_new_link_ends_the_old_one(user, sqlite_engine):
    old = add(user).stdout.strip().split("token=")[1]
    new = user("link", "anna").stdout.strip().split("token=")[1]
    assert not accounts.use_link(sqlite_engine, old, PHRASE)
    assert accounts.use_link(sqlite_engine, new, PHRASE)


def test_the_last_administrator_is_neither_disabled_nor_given_another_role(user, sqlite_engine):
    add(user, "anna", "administrator")
    for words in (("disable", "anna"), ("role", "anna", "officer")):
        done = user(*words)
        assert done.exit_code == 1
        assert "only administrator" in done.stderr
    add(user, "ben", "administrator")
    assert user("role", "anna", "officer").exit_code == 0
    assert user("disable", "ben").exit_code == 1
    user("role", "anna", "administrator")
    assert user("disable", "ben").exit_code == 0
    assert user("disable", "anna").exit_code == 1
    assert entry(sqlite_engine, "anna").enabled


def test_a_new_role_holds_at_once_for_who_is_signed_in(user, sqlite_engine):
    anna = add_person(sqlite_engine)
    with open_session(sqlite_engine, write=True) as session:
        token = sign_ins.sign_in(session, anna)
    user("role", "anna", "auditor")
    with open_session(sqlite_engine) as session:
        assert sign_ins.signed_in(session, token).role == "auditor"


def test_signing_out_unlocking_and_enabling_do_what_they_say(user, sqlite_engine):
    anna = add_person(sqlite_engine)
    with open_session(sqlite_engine, write=True) as session:
        token = sign_ins.sign_in(session, anna)
    for _ in range(accounts.MOST_FAILURES):
        accounts.sign_in(sqlite_engine, "anna", "wrong and long enough", address=None)
    assert entry(sqlite_engine, "anna").locked_until is not None
    assert "anna is signed out everywhere: in 1 browser." in user("sign-out", "anna").stderr
    assert "anna was signed in nowhere." in user("sign-out", "anna").stderr
    assert "anna can try again." in user("unlock", "anna").stderr
    assert "anna was not locked." in user("unlock", "anna").stderr
    assert entry(sqlite_engine, "anna").locked_until is None
    with open_session(sqlite_engine) as session:
        assert sign_ins.signed_in(session, token) is None
    user("disable", "anna")
    assert "disabled" in user("link", "anna").stderr
    user("enable", "anna")
    assert accounts.sign_in(sqlite_engine, "anna", PHRASE, address=None)


@pytest.mark.parametrize(
    "words", [("disable",), ("enable",), ("link",), ("unlock",), ("sign-out",), ("branch",), ("role",)]
)
def test_a_handle_that_nobody_has_is_told(user, words):
    more = ("officer",) if words == ("role",) else ()
    done = user(*words, "nobody", *more)
    assert done.exit_code == 1
    assert "Nobody here has this account" in done.stderr
