"""What is installed is what was looked at: pinned, with hashes, complete, and used."""

import re

import pytest

from tests.test_house import ROOMS, ROOT, files, imported_rooms, pins

LOCKS = {
    "requirements.lock": ("requirements.txt",),
    "requirements-dev.lock": ("requirements.txt", "requirements-dev.txt"),
}
# What nothing imports by its own name, and why the desk needs it.
NOT_IMPORTED = {
    "authlib": "streamlit's st.login speaks with the organisation's sign-in through it",
    "httpx": "authlib asks the organisation's sign-in through it",
    "psycopg-binary": "psycopg, compiled",
    "tzdata": "zoneinfo reads it where the system has no zones of its own, as on Windows",
    "websockets": "uvicorn's live connections",
}
# What is installed on one system alone.
ONE_SYSTEM = {
    "atheris": "platform_machine == 'x86_64' and sys_platform == 'linux'",
    "colorama": "sys_platform == 'win32'",
}
# The library of a module, where its name is another one.
LIBRARY_OF = {"argon2": "argon2-cffi", "sklearn": "scikit-learn"}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name):
    """Each requirement of a lock: its name, version, the platform it is for if not all, and its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        said, *hashes = line.split("--hash=")
        library, version = said.split(";")[0].strip().split("==")
        yield plain(library), version, said.partition(";")[2].strip(), [each.strip() for each in hashes]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_the_pins_and_nothing_else_but_what_another_system_needs(name):
    wanted = {plain(library): version for part in LOCKS[name] for library, version in pins(part).items()}
    found = {library: version for library, version, platform, _ in locked(name) if not platform or library in wanted}
    assert found == wanted
    assert {library: platform for library, _, platform, _ in locked(name) if platform}.items() <= ONE_SYSTEM.items()


@pytest.mark.parametrize("name", [*LOCKS, "requirements-checks.lock"])
def test_each_library_is_locked_by_its_hashes_and_no_index_is_named(name):
    for library, _, _, hashes in locked(name):
        assert hashes, library
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", each) for each in hashes), library
    assert "//" not in (ROOT / name).read_text(encoding="utf-8")


def test_what_checks_the_libraries_is_locked_too():
    wanted = {plain(library): version for library, version in pins("requirements-checks.txt").items()}
    assert wanted.items() <= {library: version for library, version, _, _ in locked("requirements-checks.lock")}.items()


def test_every_library_that_is_asked_for_is_used():
    asked = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("# Needed by the above")[0]
    code = [*files(*ROOMS), *ROOT.glob("*.py")]
    modules = {module for path in code for module in imported_rooms(path)}
    used = {plain(LIBRARY_OF.get(module, module)) for module in modules}
    unused = {plain(name) for name in re.findall(r"^([\w.-]+)==", asked, re.MULTILINE)} - used
    assert unused == NOT_IMPORTED.keys()
