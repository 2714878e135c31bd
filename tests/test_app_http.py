"""Nobody reaches anything without a sign-in, whatever they type into the address bar of a fresh server."""

import asyncio

import httpx
import pytest
import websockets
import websockets.exceptions
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from db import people, sign_ins
from db.engine import connect, open_session
from tests.desk import Desk
from tests.server import served, sign_in

SECRET = "Grey Tile Teas"
EVERY_PATH = ["/", *(f"/{page}" for pages in people.PAGES_OF_ROLE.values() for page in pages)]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    from db.engine import migrate

    url = f"sqlite:///{tmp_path_factory.mktemp('http') / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    Desk(engine)
    with served(url) as address:
        yield address


def texts_of(address, cookie, page, query=""):
    """Everything that the server sends over a live connection for one page."""
    from streamlit.util import calc_hash

    async def listen():
        headers = {"Cookie": f"{sign_ins.COOKIE}={cookie}"} if cookie else {}
        async with websockets.connect(
            f"ws{address.removeprefix('http')}/_stcore/stream",
            subprotocols=["streamlit"],
            additional_headers=headers,
            origin=address,
            max_size=None,
        ) as socket:
            message = BackMsg()
            message.rerun_script.page_name = page
            message.rerun_script.query_string = query
            message.rerun_script.page_script_hash = calc_hash(page)
            await socket.send(message.SerializeToString())
            seen = []
            while True:
                answer = ForwardMsg()
                answer.ParseFromString(await asyncio.wait_for(socket.recv(), 30))
                seen.append(str(answer))
                if answer.WhichOneof("type") == "script_finished":
                    return "\n".join(seen)

    return asyncio.run(listen())


@pytest.mark.parametrize("path", sorted(set(EVERY_PATH)))
def test_a_stranger_is_sent_to_the_door(address, path):
    answer = httpx.get(address + path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/account")
    assert SECRET not in answer.text


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/media/x", "/component/x", "/_stcore/script-health-check"])
def test_a_stranger_gets_none_of_the_servers_own_paths(address, path):
    assert httpx.get(address + path).status_code in {401, 404}


def test_a_stranger_uploads_nothing(address):
    assert httpx.put(f"{address}/_stcore/upload_file/a/b", files={"f": b"x"}).status_code == 401


def test_a_stranger_gets_no_live_connection(address):
    with pytest.raises(websockets.exceptions.WebSocketException):
        texts_of(address, None, "queue")
    with pytest.raises(websockets.exceptions.WebSocketException):
        texts_of(address, "made-up-token", "queue")


def test_an_officer_sees_the_queue(address):
    cookie = sign_in(address, "officer")
    assert SECRET in texts_of(address, cookie, "queue")


def test_a_page_that_is_not_of_the_role_is_not_served(address):
    cookie = sign_in(address, "administrator")
    for page in ("queue", "review", "shops"):
        assert SECRET not in texts_of(address, cookie, page)


def test_signing_out_ends_the_session_everywhere(address):
    cookie = sign_in(address, "officer")
    httpx.post(f"{address}/account", data={"person": ""}, cookies={sign_ins.COOKIE: cookie})
    with pytest.raises(websockets.exceptions.WebSocketException):
        texts_of(address, cookie, "queue")


def test_the_door_leads_only_to_paths_of_this_desk(address):
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"):
        answer = httpx.post(f"{address}/account", data={"person": "officer", "next": elsewhere})
        assert answer.headers["location"] == "/"


def test_the_way_out_leads_to_the_door_and_back_to_the_page(address):
    for came_from, back in {
        f"{address}/review?application=5": "/review?application=5",
        f"{address}/account?next=%2Fqueue%3Forder%3DShop": "/queue?order=Shop",
        f"{address}/account": "/",
        "https://example.org/queue": "/",
    }.items():
        answer = httpx.get(f"{address}/auth/logout", headers={"Referer": came_from})
        assert answer.status_code == 303
        location = httpx.URL(answer.headers["location"])
        assert (location.path, location.params["next"]) == ("/account", back)


def test_the_way_out_signs_nobody_out_by_itself(address):
    cookie = sign_in(address, "officer")
    httpx.get(f"{address}/auth/logout", cookies={sign_ins.COOKIE: cookie})
    assert SECRET in texts_of(address, cookie, "queue")


@pytest.fixture(scope="module")
def officer(address):
    cookies = {sign_ins.COOKIE: sign_in(address, "officer")}
    with httpx.Client(base_url=address, cookies=cookies, headers={"Accept": "text/html"}) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/nosuch", "/review/1", "/queue/x/y", "/Queue", "/<script>", "/app.py", "/..%2fapp.py"]
)
def test_an_address_without_a_page_says_so_and_leads_on(officer, path):
    answer = officer.get(path)
    assert answer.status_code == 404
    assert "There is no page at this address" in answer.text
    assert 'href="/queue"' in answer.text
    assert "<script" not in answer.text


def test_a_page_of_another_role_says_so_and_leads_on(officer):
    answer = officer.get("/audit")
    assert answer.status_code == 403
    assert "not part of your role" in answer.text
    assert "Olive Officer" in answer.text
    assert 'href="/queue"' in answer.text
    assert 'href="/audit"' not in answer.text


@pytest.mark.parametrize("path", ["/", "/queue", "/queue?order=Shop", "/review?application=1"])
def test_a_page_of_the_role_is_served(officer, path):
    assert officer.get(path).status_code == 200


def test_who_signs_in_is_not_led_to_a_page_of_another_role(address):
    for handle, lands in {"officer": "/review?application=5", "administrator": "/"}.items():
        answer = httpx.post(f"{address}/account", data={"person": handle, "next": "/review?application=5"})
        assert answer.headers["location"] == lands


def test_a_form_from_another_site_is_refused(address):
    answer = httpx.post(f"{address}/account", data={"person": "officer"}, headers={"Origin": "https://example.org"})
    assert answer.status_code == 403


def test_the_demo_is_shut_under_another_host_name(address):
    answer = httpx.post(f"{address}/account", data={"person": "officer"}, headers={"Host": "desk.example.org"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_without_the_demo_nobody_signs_in(tmp_path):
    with served(f"sqlite:///{tmp_path / 'loam.db'}", demo="false") as address:
        assert httpx.post(f"{address}/account", data={"person": "officer"}).status_code == 403


def test_scripts_in_the_browser_cannot_read_the_cookie(address):
    cookie = httpx.post(f"{address}/account", data={"person": "officer"}).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_every_answer_forbids_other_hosts_and_frames(address):
    headers = httpx.get(f"{address}/account").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]


def test_a_sign_in_is_kept_as_a_hash_only(address, tmp_path):
    cookie = sign_in(address, "officer")
    assert cookie
    engine = connect(f"sqlite:///{tmp_path / 'other.db'}")
    from db.engine import migrate

    migrate(engine)
    with open_session(engine, write=True) as session:
        people.seed_demo_people(session)
        token = sign_ins.sign_in(session, people.by_handle(session, "officer").id)
        assert session.execute(sign_ins.sign_ins.select()).one().token_hash != token
        assert sign_ins.signed_in(session, token).name == "Olive Officer"
        assert sign_ins.signed_in(session, token + "x") is None
