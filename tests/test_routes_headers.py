"""The headers of every answer, what an error tells, and what the log keeps of all that: over HTTP, on a served desk."""

import json
import re
import sqlite3
import time

import httpx
import pytest
import websockets.exceptions

from db import sign_ins
from db.engine import connect, migrate
from routes.headers import CONTENT_POLICY
from tests.desk import Desk
from tests.server import served, sign_in
from tests.test_app_http import SECRET, texts_of

INSIDE = re.compile(r"Traceback|site-packages|\.py\b|SELECT|sqlite|/work|/home|/tmp", re.IGNORECASE)
TYPED = "Typed Secret Words"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("headers")


@pytest.fixture(scope="module")
def log(place):
    return place / "log"


@pytest.fixture(scope="module")
def address(place, log):
    url = f"sqlite:///{place / 'loam.db'}"
    engine = connect(url)
    migrate(engine)
    Desk(engine)
    engine.dispose()
    with served(url, log_path=log, log_format="json", max_upload_mb=1) as address:
        yield address


@pytest.fixture(scope="module")
def officer(address):
    cookies = {sign_ins.COOKIE: sign_in(address, "officer")}
    with httpx.Client(base_url=address, cookies=cookies) as client:
        yield client


def lines_of(log):
    """What the desk logged; the first lines are the server's, from before the desk was opened."""
    return [json.loads(line) for line in log.read_text().splitlines() if not line.startswith("INFO:  ")]


def lines_about(log, reference, message="answered"):
    """The lines with a reference, once that of an answer is there: it is written after the answer was sent."""
    for _attempt in range(100):
        found = [line for line in lines_of(log) if line.get("reference") == reference]
        if message in [line["message"] for line in found]:
            return found
        time.sleep(0.05)
    raise AssertionError(reference)


def test_the_policy_names_no_host_and_lets_nobody_frame_the_desk():
    sources = {source for part in CONTENT_POLICY.split("; ") for source in part.split()[1:]}
    assert sources == {"'self'", "'unsafe-inline'", "'none'", "data:", "blob:"}
    assert "frame-ancestors 'none'" in CONTENT_POLICY


@pytest.mark.parametrize("path", ["/", "/queue", "/account", "/nosuch", "/media/x", "/healthz"])
def test_every_answer_has_the_headers_and_is_kept_by_nobody(officer, path):
    headers = officer.get(path).headers
    assert headers["content-security-policy"].startswith("default-src")
    assert headers["permissions-policy"].startswith("camera=()")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


def test_what_is_the_same_for_everybody_may_be_kept(officer):
    (script,) = re.findall(r'src="\.?(/static/js/index[^"]+)"', officer.get("/").text)
    assert "no-store" not in officer.get(script).headers["cache-control"]


def test_only_under_tls_the_browser_is_told_to_stay_with_it(officer):
    headers = officer.get("/account", headers={"X-Forwarded-Proto": "https"}).headers
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/media/nosuch", 404),
        ("GET", "/component/nosuch/x", 404),
        ("POST", "/queue", 405),
        ("DELETE", "/account", 405),
        ("PUT", "/_stcore/upload_file/a/b", 403),
        ("POST", "/account", 413),
    ],
)
def test_a_refused_request_is_answered_in_words_with_a_reference_that_the_log_has(officer, log, method, path, status):
    content = bytes(2 * 1024 * 1024) if status == 413 else b""
    answer = officer.request(method, path, content=content)
    assert answer.status_code == status
    assert not INSIDE.search(answer.text.split("</style>")[-1])
    (reference,) = re.findall("Reference ([0-9A-F]{8}) is in the log", answer.text)
    (line,) = lines_about(log, reference)
    assert (line["status"], line["method"]) == (status, method)


def test_a_file_beyond_the_limit_is_refused_by_the_server(officer):
    answer = officer.put("/_stcore/upload_file/a/b", content=bytes(3 * 1024 * 1024))
    assert answer.status_code == 413


def test_a_fault_on_a_page_shows_a_sentence_and_a_reference_and_no_more(officer, place, log, address):
    # A table that is gone makes a statement fail: a fault of ours, with SQL and values in its words.
    with sqlite3.connect(place / "loam.db") as connection:
        connection.execute("ALTER TABLE drafts RENAME TO gone")
    try:
        seen = texts_of(address, officer.cookies[sign_ins.COOKIE], "review", query="application=1")
    finally:
        with sqlite3.connect(place / "loam.db") as connection:
            connection.execute("ALTER TABLE gone RENAME TO drafts")
    (reference,) = set(re.findall("Reference ([0-9A-F]{8}) is in the log", seen))
    assert not re.search(r"Traceback|OperationalError|no such table|SELECT|drafts", seen)
    (line,) = lines_about(log, reference, "failed")
    assert "OperationalError" in line["error"]
    assert "db/drafts.py" in line["error"]


def test_a_fault_behind_a_route_is_answered_in_the_desks_look(officer, place, log):
    with sqlite3.connect(place / "loam.db") as connection:
        connection.execute("ALTER TABLE people RENAME TO gone")
    try:
        answer = officer.get("/queue", headers={"Accept": "text/html"})
    finally:
        with sqlite3.connect(place / "loam.db") as connection:
            connection.execute("ALTER TABLE gone RENAME TO people")
    assert answer.status_code == 500
    assert "<h1>Something went wrong here</h1>" in answer.text
    assert "content-security-policy" in answer.headers
    assert not INSIDE.search(answer.text.split("</style>")[-1])
    (reference,) = re.findall("Reference ([0-9A-F]{8}) is in the log", answer.text)
    assert {line["message"] for line in lines_about(log, reference)} == {"failed", "answered"}


def test_the_log_knows_numbers_and_neither_names_nor_tokens_nor_what_was_typed(officer, address, log):
    token = officer.cookies[sign_ins.COOKIE]
    officer.get(f"/queue?search={TYPED}")
    officer.get(f"/{TYPED}", headers={"Accept": "text/html"})
    httpx.post(f"{address}/account", data={"handle": TYPED, "passphrase": TYPED})
    httpx.get(f"{address}/account/set-up/{TYPED}")
    assert SECRET in texts_of(address, token, "queue", query=f"search={SECRET}&note={TYPED}")
    with pytest.raises(websockets.exceptions.WebSocketException):
        texts_of(address, TYPED.replace(" ", ""), "queue")
    text = log.read_text()
    for secret in (TYPED, TYPED.replace(" ", "%20"), SECRET, "Olive", token, "search="):
        assert secret not in text, secret
    assert "Traceback" not in text
    assert "SELECT" not in text
    told = lines_of(log)
    page = next(line for line in told if line.get("path") == "/queue" and line["status"] == 200)
    assert page.keys() == {
        "time", "level", "logger", "message", "reference", "method", "path", "status", "milliseconds", "person_id",
    }  # fmt: skip
    live = [line["status"] for line in told if line.get("path") == "/_stcore/stream"]
    assert {101, 403} <= set(live)
