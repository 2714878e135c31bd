"""What all tests share: an empty database of each kind, and the real records where they lie beside the project."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

# PostgreSQL's server files want a private run folder; a bare machine names none.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loam-run-"))
# The desk under test never reads a person's own settings.
for name in [name for name in os.environ if name.startswith("LOAM_")]:
    del os.environ[name]

ROOT = Path(__file__).resolve().parents[1]

# Files in the order in which pytest's processes take them; those that are not named come last. The browser's go to one
# process, which has one Chromium and one demo for them all; then the longest, so that no process ends up alone.
BROWSER = "browser/"
FIRST = (
    BROWSER, "test_pages_review.py", "test_db_imports.py", "test_demo_command.py", "test_scoring_ranks.py",
    "faults/", "test_pages_", "test_odd_shops.py", "test_db_", "test_scoring_", "test_desk_replay.py",
)  # fmt: skip


def pytest_configure(config):
    """Have xdist keep the order below, where it would begin with the files that hold the most tests."""
    config.option.loadscopereorder = False
    # How long an example takes says how busy the machine is.
    hypothesis.settings.register_profile("desk", deadline=None)
    hypothesis.settings.load_profile("desk")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each process a file at a time, and the browser's files to one process."""
    from xdist.scheduler import LoadScopeScheduling

    class OneBrowser(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return BROWSER if file.startswith(f"tests/{BROWSER}") else file

    return OneBrowser(config, log)


def pytest_collection_modifyitems(items):
    """Sort the files by `FIRST`, and leave the order within a file."""
    places = {}
    for item in items:
        name = item.path.relative_to(ROOT / "tests").as_posix() if item.path.is_relative_to(ROOT / "tests") else ""
        places[item] = next((at for at, first in enumerate(FIRST) if name.startswith(first)), len(FIRST))
    items.sort(key=places.__getitem__)


@pytest.fixture(scope="session")
def shared():
    """The folder of real records; tests that need it are marked `records`."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the real records do not lie beside the project")
    return folder


@pytest.fixture(scope="session")
def real_invoices(shared, tmp_path_factory):
    """An engine on a record that holds the real invoices of 302 small firms; nothing may be changed in it."""
    from db.engine import connect
    from tests.made_once import made_once

    def bring_in(folder):
        subprocess.run(
            [sys.executable, "loam.py", "import", shared / "data" / "sme_invoices"], cwd=ROOT, check=True,
            env=os.environ | {"LOAM_DATABASE_URL": f"sqlite:///{folder / 'loam.db'}"},
        )  # fmt: skip

    engine = connect(f"sqlite:///{made_once(tmp_path_factory, 'invoices', bring_in) / 'loam.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory):
    """A real PostgreSQL, started once for all tests of a process."""
    from tests.postgresql import PostgreSQL

    server = PostgreSQL(tmp_path_factory.mktemp("postgresql"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """A SQLite file with all tables and no row, to be copied: that is ten times as fast as to migrate."""
    from tests.postgresql import make_tables

    place = tmp_path_factory.mktemp("migrated") / "loam.db"
    make_tables(f"sqlite:///{place}")
    return place


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The address of an empty database: once a SQLite file, once a PostgreSQL database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'loam.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = server.create()
    yield server.address(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request, tmp_path):
    """The address of a database with all tables and no row, of each kind."""
    if request.param == "sqlite":
        place = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "loam.db")
        yield f"sqlite:///{place}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = server.create(server.migrated)
    yield server.address(name)
    server.drop(name)


@pytest.fixture
def engine(migrated_url):
    """An engine on an empty database with all tables."""
    from db.engine import connect

    engine = connect(migrated_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(migrated_file, tmp_path):
    """Like `engine`, where the kind of database does not matter."""
    from db.engine import connect

    engine = connect(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'loam.db')}")
    yield engine
    engine.dispose()


@pytest.fixture
def cheap_passphrases(monkeypatch):
    """Passphrases at costs that would be far too small in earnest: a test makes dozens of them."""
    from argon2 import PasswordHasher

    from db import passphrases

    monkeypatch.setattr(passphrases, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


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
