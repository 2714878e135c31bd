"""The log tells how the desk fares, and nothing of who is served, by name, or of any shop."""

import json
import logging
import sys

import pytest

from routes.access import told_path
from routes.log import Lines, set_up

SECRET = "Grey Tile Teas"


def raise_from_below():
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(f"no shop {SECRET}") from error


def record(message, *values, name="loam", error=False, **facts):
    found = None
    if error:
        try:
            raise_from_below()
        except ValueError:
            found = sys.exc_info()
    made = logging.LogRecord(name, logging.INFO, __file__, 1, message, values, found)
    made.__dict__.update(facts)
    return made


@pytest.mark.parametrize("kind", ["text", "json"])
def test_an_event_is_one_line_whatever_it_says(kind):
    assert "\n" not in Lines(kind).format(record("two\nlines\r\n%s", "and\nmore", error=True))


def test_a_line_of_json_has_the_facts_under_their_names():
    facts = json.loads(
        Lines("json").format(record("answered", reference="AB12CD34", path="/queue", status=200, person_id=3))
    )
    assert facts["time"].endswith("+00:00")
    del facts["time"]
    assert facts == {
        "level": "INFO", "logger": "loam", "message": "answered", "reference": "AB12CD34", "path": "/queue",
        "status": 200, "person_id": 3,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["text", "json"])
def test_an_error_is_told_by_kind_and_place_and_not_by_its_words(kind):
    line = Lines(kind).format(record("failed", error=True))
    assert "ValueError < tests/test_log.py:" in line
    assert "KeyError < tests/test_log.py:" in line
    assert "raise_from_below" in line
    assert SECRET not in line


def test_what_a_library_says_is_kept_with_its_gaps_unfilled():
    line = Lines("text").format(record("GET %s failed", f"/queue?search={SECRET}", name="streamlit.web"))
    assert "GET %s failed" in line
    assert SECRET not in line


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "/"), ("/queue", "/queue"), ("/account", "/account"), ("/account/set-up/5e884898", "/account/…"),
        ("/_stcore/stream", "/_stcore/stream"), ("/_stcore/upload_file/5e88/4898", "/_stcore/upload_file/…"),
        ("/media/5e884898.csv", "/media/…"), (f"/{SECRET}", "/…"), ("/queue/x", "/…"), ("/healthz", "/healthz"),
    ],
)  # fmt: skip
def test_a_path_is_told_only_as_far_as_the_desk_made_it(path, told):
    assert told_path(path) == told


def test_everything_goes_through_our_lines_and_no_address_through_anybody_elses(capsys, monkeypatch):
    kept = {name: logging.getLogger(name) for name in ("uvicorn.access", "uvicorn.error", "streamlit.runtime")}
    before = {name: (list(each.handlers), each.propagate, each.level) for name, each in kept.items()}
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        set_up("INFO", "json")
        kept["uvicorn.access"].info("%s %s", "GET", f"/queue?search={SECRET}")
        kept["streamlit.runtime"].warning("careful: %s", SECRET)
        logging.getLogger("loam").info("hello")
        said = capsys.readouterr().err
        assert SECRET not in said
        assert [json.loads(line)["message"] for line in said.splitlines()] == ["careful: %s", "hello"]
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, (old, propagate, old_level) in before.items():
            kept[name].handlers[:] = old
            kept[name].propagate, kept[name].level = propagate, old_level
