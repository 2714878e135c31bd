"""What all tests of faults share: processes of theirs begin with nothing of another test's."""

import sys
from types import ModuleType

import pytest


@pytest.fixture(autouse=True)
def own_main_module(monkeypatch):
    """AppTest leaves the page that it ran as the main module, which a process begun later would run once more."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
