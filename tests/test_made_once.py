"""What is made once is made by one process only, and the others find it whole or are told that it failed."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from tests.made_once import made_once


@pytest.fixture
def factory(tmp_path, monkeypatch):
    """Stands for pytest's own; its folder is that of one process of a run."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    return SimpleNamespace(getbasetemp=lambda: tmp_path / "gw0")


def test_of_several_who_ask_at_once_one_makes_it_and_all_find_it_whole(factory):
    made = []

    def make(folder):
        made.append(folder)
        time.sleep(0.3)
        (folder / "file").write_text("whole", encoding="utf-8")

    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: made_once(factory, "thing", make), range(4)))
    assert len(made) == 1
    assert {(folder / "file").read_text(encoding="utf-8") for folder in folders} == {"whole"}


def test_who_asks_after_it_failed_is_told_so(factory):
    def make(folder):
        raise ValueError("no disk")

    with pytest.raises(ValueError, match="no disk"):
        made_once(factory, "thing", make)
    with pytest.raises(RuntimeError, match="was not made"):
        made_once(factory, "thing", make)
