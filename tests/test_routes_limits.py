"""What is too large, or too much, is refused before it fills the memory of the desk."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from routes import access, failures, limits
from settings import settings
from tests.asgi import Asked

UPLOAD = "/_stcore/upload_file/session/file"


class Somebody:
    """Stands where the sign-in stands: the person is the one whom a header names."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            scope[access.PERSON] = int(dict(scope["headers"]).get(b"x-person", b"1"))
        await self.app(scope, receive, send)


async def take(request: Request):
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setenv("LOAM_MAX_UPLOAD_MB", "2")
    monkeypatch.setenv("LOAM_UPLOAD_QUOTA_MB", "5")
    settings.cache_clear()
    app = Starlette(
        routes=[Route("/{rest:path}", take, methods=["PUT", "POST"])],
        middleware=[
            Middleware(access.AccessLog),
            Middleware(failures.FailuresInWords),
            Middleware(limits.BodyLimits),
            Middleware(Somebody),
            Middleware(limits.UploadQuota),
        ],
        exception_handlers=failures.handlers,
    )
    yield Asked(app)
    settings.cache_clear()


def pieces(megabytes):
    """A body that does not say how long it is; it counts what was asked of it."""
    for number in range(megabytes * 4):
        pieces.given = number + 1
        yield bytes(limits.MB // 4)


def test_a_file_of_the_largest_size_is_taken(desk):
    assert desk.request("PUT", UPLOAD, content=bytes(2 * limits.MB)).text == str(2 * limits.MB)


def test_a_body_that_says_it_is_too_large_is_not_read(desk):
    answer = desk.request("PUT", UPLOAD, content=b"", headers={"Content-Length": str(200 * limits.MB)})
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_a_body_that_does_not_say_so_is_read_up_to_the_limit(desk):
    answer = desk.request("PUT", UPLOAD, content=pieces(40))
    assert answer.status_code == 413


def test_a_form_is_held_to_less_than_a_file(desk):
    assert desk.request("POST", "/account", content=bytes(limits.MB)).status_code == 200
    answer = desk.request("POST", "/account", content=bytes(limits.MB + 1))
    assert answer.status_code == 413
    assert "<h1>This is too large</h1>" in answer.text


def test_more_than_the_quota_in_an_hour_is_refused_in_a_sentence_and_only_to_that_person(desk, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    for _file in range(2):
        assert desk.request("PUT", UPLOAD, content=bytes(2 * limits.MB)).status_code == 200
    answer = desk.request("PUT", UPLOAD, content=bytes(2 * limits.MB))
    assert answer.status_code == 429
    assert "You may send 5 MB in an hour" in answer.text
    assert desk.request("PUT", UPLOAD, content=pieces(2)).status_code == 200  # within the frame that files come in
    assert desk.request("PUT", UPLOAD, content=pieces(2)).status_code == 429
    assert desk.request("PUT", UPLOAD, content=bytes(2 * limits.MB), headers={"X-Person": "2"}).status_code == 200
    now[0] += limits.HOUR_SECONDS + 1
    assert desk.request("PUT", UPLOAD, content=bytes(2 * limits.MB)).status_code == 200
