"""The list of keys says what the pages take, neither less nor more."""

import ast
from pathlib import Path

import pytest
from streamlit.elements.lib.shortcut_utils import normalize_shortcut

from components import keys

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def keys_in(path):
    """The keys that the buttons of a file take."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "shortcut":
            assert isinstance(node.value, ast.Constant), f"{path.name} line {node.value.lineno} hides its key"
            yield normalize_shortcut(node.value.value)


def components_of(path, known=frozenset()):
    """The files of components that a file draws with, and those that they draw with."""
    found = {
        ROOT / "components" / f"{name.name}.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "components"
        for name in node.names
    } - known
    for each in found:
        known |= {each} | components_of(each, known | found)
    return known


@pytest.mark.parametrize("page", PAGES)
def test_the_list_names_each_key_of_a_page_and_no_other(page):
    path = ROOT / "pages" / f"{page}.py"
    taken = {key for each in (path, *components_of(path)) for key in keys_in(each)}
    assert {normalize_shortcut(key.name) for key in keys.KEYS_OF_PAGE.get(page, ())} == taken


def test_every_list_belongs_to_a_page():
    assert set(keys.KEYS_OF_PAGE) <= set(PAGES)


def test_no_key_stands_twice_in_a_list():
    for page in keys.KEYS_OF_PAGE.values():
        names = [key.name for key in (*page, *keys.KEYS_OF_DESK)]
        assert len(names) == len(set(names))


def test_streamlit_still_refuses_the_question_mark():
    # Once it takes it, the script of ADR 6 can go.
    with pytest.raises(Exception, match="single character"):
        normalize_shortcut("?")
