"""What a watchdog and a proxy are told of the desk, and that a stranger is told no more."""

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from db.engine import connect, make_read_only, make_writable
from routes import health
from settings import settings
from tests.asgi import Asked


@pytest.fixture
def desk(monkeypatch):
    """The two checks over a database of a given address."""

    def at(url):
        monkeypatch.setenv("LOAM_DATABASE_URL", url)
        settings.cache_clear()
        return Asked(Starlette(routes=health.routes))

    yield at
    settings.cache_clear()


def answers(client):
    return {path: (client.get(path).status_code, client.get(path).json()) for path in ("/healthz", "/readyz")}


ALIVE = (200, {"status": "ok"})


def test_a_desk_with_its_record_lives_and_is_ready(desk, migrated_url):
    assert answers(desk(migrated_url)) == {"/healthz": ALIVE, "/readyz": ALIVE}


def test_a_record_of_an_older_version_is_not_ready(desk, engine, migrated_url):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert answers(desk(migrated_url)) == {
        "/healthz": ALIVE,
        "/readyz": (503, {"status": "unavailable", "wrong": "migrations"}),
    }


def test_a_record_that_was_altered_is_not_ready_and_a_stranger_is_not_told_where(desk, engine, migrated_url):
    client = desk(migrated_url)
    make_read_only(connect(migrated_url), "Row 7 of decisions was altered.")
    try:
        assert answers(client) == {"/healthz": ALIVE, "/readyz": (503, {"status": "unavailable", "wrong": "chain"})}
    finally:
        make_writable(connect(migrated_url))


@pytest.mark.parametrize("kind", ["no server", "no database file"])
def test_a_process_lives_on_without_its_record_and_says_in_a_word_what_is_wrong(desk, tmp_path, kind):
    url = "postgresql+psycopg://loam@127.0.0.1:1/loam"
    if kind == "no database file":
        (tmp_path / "loam.db").write_text("not a database")
        url = f"sqlite:///{tmp_path / 'loam.db'}"
    assert answers(desk(url)) == {
        "/healthz": ALIVE,
        "/readyz": (503, {"status": "unavailable", "wrong": "database"}),
    }
    connect(url).dispose()


def test_a_stranger_may_ask(tmp_path):
    from tests.server import served

    with served(f"sqlite:///{tmp_path / 'loam.db'}") as address:
        for path in ("/healthz", "/readyz"):
            answer = httpx.get(address + path)
            assert (answer.status_code, answer.json()) == ALIVE
