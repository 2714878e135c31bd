"""The door over HTTP: passphrases, links, one's own account, and the organisation's own sign-in."""

import json
import re

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from db import accounts, people, roster, sign_ins
from db.engine import connect, migrate, open_session
from routes.door import WRONG
from tests import server
from tests.accounts import OTHER_PHRASE, PHRASE, add_person, events, shift_sign_ins
from tests.identity_provider import COOKIE_SECRET, provider, secrets_for
from tests.server import served


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    engine = connect(f"sqlite:///{tmp_path_factory.mktemp('door') / 'loam.db'}")
    migrate(engine)
    for handle in ("anna", "ben", "cleo", "dora", "emil"):
        add_person(engine, handle)
    add_person(engine, "fred", phrase=None, email="fred@example.org")
    return engine


@pytest.fixture(scope="module")
def identity():
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def address(engine, identity, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    port = server.free_port()
    (home / ".streamlit").mkdir()
    (home / ".streamlit" / "secrets.toml").write_text(secrets_for(identity, port), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setattr(server, "free_port", lambda: port)
        with served(engine.url.render_as_string()) as address:
            yield address


def post(address, path="/account", *, token=None, headers=None, **fields):
    cookies = {sign_ins.COOKIE: token} if token else None
    return httpx.post(address + path, data=fields, cookies=cookies, headers=headers)


def token_of(address, handle, phrase=PHRASE, **more):
    answer = post(address, handle=handle, passphrase=phrase, **more)
    assert answer.status_code == 303, answer.text
    return answer.cookies[sign_ins.COOKIE]


def new_link(engine, handle):
    with open_session(engine, write=True) as session:
        return accounts.make_link(session, roster.by_handle(session, handle).id, actor_id=None)


def number_of(engine, handle):
    with open_session(engine) as session:
        return roster.by_handle(session, handle).id


def test_a_passphrase_leads_to_the_page_that_was_asked_for(address):
    answer = post(address, handle="anna", passphrase=PHRASE, next="/queue?order=shop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue?order=shop")
    inside = httpx.get(f"{address}/queue", cookies={sign_ins.COOKIE: answer.cookies[sign_ins.COOKIE]})
    assert inside.status_code == 200


def test_whatever_is_wrong_the_answer_is_the_same(address):
    answers = [
        post(address, handle=handle, passphrase=phrase)
        for handle, phrase in (("anna", "wrong and long enough"), ("nobody", "wrong and long enough"), ("fred", PHRASE))
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert WRONG in answers[0].text
    assert all("set-cookie" not in answer.headers for answer in answers)


def test_a_locked_name_is_told_the_same_even_with_the_right_passphrase(address, engine):
    for _ in range(accounts.MOST_FAILURES):
        wrong = post(address, handle="ben", passphrase="wrong and long enough")
    right = post(address, handle="ben", passphrase=PHRASE)
    assert (right.status_code, right.text) == (wrong.status_code, wrong.text)
    assert "lockout" in [kind for kind, _, whom, _ in events(engine) if whom == number_of(engine, "ben")]


def test_the_cookie_is_for_this_desk_alone_and_secure_under_tls(address):
    plain = post(address, handle="anna", passphrase=PHRASE).headers["set-cookie"].lower()
    for said in ("httponly", "samesite=strict", "path=/"):
        assert said in plain
    assert "secure" not in plain
    behind = post(address, handle="anna", passphrase=PHRASE, headers={"X-Forwarded-Proto": "https"})
    assert "secure" in behind.headers["set-cookie"].lower()


def test_a_token_that_was_put_there_is_not_taken_over(address, engine):
    token = token_of(address, "anna", token="put-there-by-somebody")
    assert token != "put-there-by-somebody"
    again = token_of(address, "anna", token=token)
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, token) is None
        assert sign_ins.signed_in(session, again).handle == "anna"


def test_demo_people_are_out_once_somebody_has_an_account(address, engine):
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        token = sign_ins.sign_in(session, people.by_handle(session, "officer").id)
    assert post(address, person="officer").status_code == 403
    assert httpx.get(f"{address}/queue", cookies={sign_ins.COOKIE: token}).status_code == 303
    assert "made up" not in httpx.get(f"{address}/account").text


def test_signing_out_ends_it_and_a_mere_address_does_not(address):
    token = token_of(address, "anna")
    httpx.get(f"{address}/auth/logout", cookies={sign_ins.COOKIE: token})
    assert httpx.get(f"{address}/queue", cookies={sign_ins.COOKIE: token}).status_code == 200
    post(address, token=token, person="")
    assert httpx.get(f"{address}/queue", cookies={sign_ins.COOKIE: token}).status_code == 303


@pytest.mark.parametrize("path", ["/account", "/account/set-up", "/account/me"])
def test_a_form_from_another_site_or_a_huge_one_is_refused(address, path):
    for origin in ("https://example.org", "null"):
        assert post(address, path, headers={"Origin": origin}, handle="anna").status_code == 403
    assert post(address, path, handle="a" * 30_000).status_code == 413


def test_a_time_out_leads_to_the_door_which_says_so_and_back(address, engine):
    token = token_of(address, "cleo")
    shift_sign_ins(engine, number_of(engine, "cleo"), seen_minutes=31)
    led = httpx.get(f"{address}/queue", cookies={sign_ins.COOKIE: token})
    assert led.headers["location"] == "/account?next=%2Fqueue"
    door = httpx.get(address + led.headers["location"], cookies={sign_ins.COOKIE: token})
    assert "You were signed out: nothing was clicked for 30 minutes" in door.text
    assert 'value="/queue"' in door.text


def test_opening_a_page_counts_as_being_there_and_what_the_browser_fetches_does_not(address, engine):
    token, dora = token_of(address, "dora"), number_of(engine, "dora")
    shift_sign_ins(engine, dora, seen_minutes=10)
    seen = lambda: sign_ins.sign_ins.select().where(sign_ins.sign_ins.c.person_id == dora)  # noqa: E731
    with open_session(engine) as session:
        before = session.execute(seen()).one().last_seen_at
    client = {"cookies": {sign_ins.COOKIE: token}}
    httpx.get(f"{address}/_stcore/health", **client)
    httpx.get(f"{address}/media/x", **client)
    with open_session(engine) as session:
        assert session.execute(seen()).one().last_seen_at == before
    httpx.get(f"{address}/queue", headers={"Accept": "text/html"}, **client)
    with open_session(engine) as session:
        assert session.execute(seen()).one().last_seen_at > before


def test_a_link_sets_the_passphrase_once(address, engine):
    link = new_link(engine, "emil")
    page = httpx.get(f"{address}/account/set-up", params={"token": link})
    assert "At least 15 characters" in page.text
    assert 'autocomplete="new-password"' in page.text
    assert page.headers["referrer-policy"] == "strict-origin"
    assert page.headers["cache-control"] == "no-store"
    path = "/account/set-up"
    fields = {"token": link}
    for phrase, again, said in (("short", "short", "has 5 characters"), (PHRASE, OTHER_PHRASE, "not the same")):
        answer = httpx.post(address + path, data={**fields, "passphrase": phrase, "again": again})
        assert (answer.status_code, said in answer.text) == (422, True)
    good = {**fields, "passphrase": OTHER_PHRASE, "again": OTHER_PHRASE}
    assert httpx.post(address + path, data=good).status_code == 200
    assert httpx.post(address + path, data=good).status_code == 410
    assert httpx.get(address + path, params={"token": link}).status_code == 410
    assert token_of(address, "emil", OTHER_PHRASE)


def test_a_link_that_never_was_says_no_more_than_one_that_is_over(address):
    for token in ("", "made-up", "x" * 5_000):
        answer = httpx.get(f"{address}/account/set-up", params={"token": token})
        assert answer.status_code == 410
        assert "This link is over" in answer.text


def test_ones_own_account_changes_the_passphrase_and_ends_other_browsers(address, engine):
    here, there, third = (token_of(address, "cleo") for _ in range(3))
    mine = {"cookies": {sign_ins.COOKIE: here}}
    page = httpx.get(f"{address}/account/me", **mine).text
    key = sign_ins.hash_of(there)
    assert key in page
    httpx.post(f"{address}/account/me", data={"do": "end", "key": key}, **mine)
    with open_session(engine) as session:
        alive = [sign_ins.signed_in(session, token) is not None for token in (here, there, third)]
    assert alive == [True, False, True]
    change = {"do": "passphrase", "old": PHRASE, "passphrase": OTHER_PHRASE, "again": OTHER_PHRASE}
    assert "present passphrase is wrong" in httpx.post(
        f"{address}/account/me", data={**change, "old": "wrong and long enough"}, **mine
    ).text  # fmt: skip
    assert "is changed" in httpx.post(f"{address}/account/me", data=change, **mine).text
    with open_session(engine) as session:
        assert sign_ins.signed_in(session, third) is None
    fourth = token_of(address, "cleo", OTHER_PHRASE)
    httpx.post(f"{address}/account/me", data={"do": "everywhere"}, **mine)
    assert httpx.get(f"{address}/queue", cookies={sign_ins.COOKIE: fourth}).status_code == 303


def test_a_stranger_has_no_account_to_look_at(address):
    for answer in (httpx.get(f"{address}/account/me"), post(address, "/account/me", do="everywhere")):
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")


@pytest.fixture
def browser():
    with httpx.Client(follow_redirects=True) as client:
        yield client


def come_by_single_sign_on(browser, address, identity, **claims):
    """Where the browser ends that starts at the door's link."""
    identity.claims = claims
    door = browser.get(f"{address}/account?next=/queue").text
    start = re.search(r'href="(/account/single-sign-on[^"]+)"', door).group(1).replace("&amp;", "&")
    return browser.get(address + start)


def test_the_organisations_sign_in_lets_in_whose_address_it_has_verified(browser, address, identity, engine):
    answer = come_by_single_sign_on(browser, address, identity, email="Fred@example.org", email_verified=True)
    assert "You are signed in" in answer.text
    assert 'content="0;url=/queue"' in answer.text
    assert browser.cookies[sign_ins.COOKIE]
    assert not [name for name in browser.cookies if name.startswith("_streamlit_user")]
    assert browser.get(f"{address}/queue").url.path == "/queue"
    assert "without a passphrase here" in browser.get(f"{address}/account/me").text
    by = [body for kind, _, whom, body in events(engine, "sign in") if whom == number_of(engine, "fred")]
    assert by == ['{"by":"single sign-on (house)"}']
    shift_sign_ins(engine, number_of(engine, "fred"), seen_minutes=31)
    assert browser.get(f"{address}/queue").url.path == "/account"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.org", "email_verified": True},
        {"email": "fred@example.org", "email_verified": False},
        {"email": "fred@example.org"},
        {"email_verified": True},
        {"email": ["fred@example.org"], "email_verified": True},
    ],
)
def test_an_address_that_nobody_has_or_that_is_not_verified_is_turned_away(browser, address, identity, engine, claims):
    answer = come_by_single_sign_on(browser, address, identity, **claims)
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.text
    assert sign_ins.COOKIE not in browser.cookies
    assert not [name for name in browser.cookies if name.startswith("_streamlit_user")]
    kind, _, _, body = events(engine)[-1]
    assert kind == "sign in failed"
    assert "example.org" not in body


class Earlier(TimestampSigner):
    """Signs as six minutes ago."""

    def get_timestamp(self):
        return super().get_timestamp() - 360


@pytest.mark.parametrize(("signer", "status"), [(TimestampSigner, 200), (Earlier, 403)])
def test_streamlits_cookie_is_taken_while_it_is_fresh_alone(address, signer, status):
    said = json.dumps({"email": "fred@example.org", "email_verified": True, "provider": "house"})
    cookie = URLSafeTimedSerializer(COOKIE_SECRET, salt="_streamlit_user", signer=signer).dumps(said)
    answer = httpx.get(f"{address}/account/single-sign-on/back", cookies={"_streamlit_user": cookie})
    assert answer.status_code == status
    assert (sign_ins.COOKIE in answer.cookies) == (status == 200)


def test_a_cookie_of_streamlits_that_was_made_up_opens_nothing(address):
    answer = httpx.get(f"{address}/account/single-sign-on/back", cookies={"_streamlit_user": "made.up.value"})
    assert answer.status_code == 403
    assert sign_ins.COOKIE not in answer.cookies


def test_a_provider_that_is_not_configured_leads_back_to_the_door(address):
    answer = httpx.get(f"{address}/account/single-sign-on", params={"provider": "elsewhere"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


def test_a_page_of_another_role_leads_a_real_account_to_itself_and_not_to_another_person(address):
    answer = httpx.get(
        address + "/audit", cookies={sign_ins.COOKIE: token_of(address, "anna")}, headers={"accept": "text/html"}
    )
    assert answer.status_code == 403
    assert "Change person" not in answer.text
    assert '<a href="/account">Your account</a>' in answer.text
