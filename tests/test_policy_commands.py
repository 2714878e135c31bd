"""The commands about the lending policy, on a desk with its people."""

import json

import pytest
from typer.testing import CliRunner

import loam
from lending.policy import FIRST_POLICY
from settings import settings
from tests.desk import Desk

MEMBERS = json.loads(FIRST_POLICY.read_text(encoding="utf-8"))


@pytest.fixture
def run(sqlite_engine, monkeypatch):
    Desk(sqlite_engine)
    monkeypatch.setenv("LOAM_DATABASE_URL", sqlite_engine.url.render_as_string(hide_password=False))
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(loam.app, ["policy", *words])
    settings.cache_clear()


@pytest.fixture
def file(tmp_path):
    def write(**members):
        place = tmp_path / "policy.json"
        place.write_text(json.dumps(MEMBERS | members), encoding="utf-8")
        return str(place)

    return write


def test_a_version_is_proposed_shown_approved_and_listed_with_both_names(run, file):
    limits = {"officer_minor": 5_000_000, "second_officer_minor": 25_000_000}
    matrix = {"A": limits, "B": limits, "C": {"second_officer_minor": 25_000_000}, "D": {}, "E": {}}
    told = run("propose", file(version=2, authority={"limits": matrix}), "--by", "deputy")
    assert told.exit_code == 0
    assert "  One officer up to, grade A: ¥100,000 → ¥50,000\n" in told.stdout
    assert told.stdout.count("→") == 2
    shown = run("show", "--version", "2").stdout
    assert "  2  waits" in shown
    assert "A      up to ¥50,000         up to ¥250,000        above ¥250,000\n" in shown
    assert "E      not at all            not at all            any amount\n" in shown
    assert "One officer up to, grade B: ¥100,000 → ¥50,000" in shown
    assert run("approve", "2", "--by", "manager", "--note", "As agreed").exit_code == 0
    listed = run("list").stdout.splitlines()
    assert "in force" in listed[0]
    assert "proposed by Denny Deputy" in listed[0]
    assert "approved by Morgan Manager" in listed[0]
    assert "approved before" in listed[1]
    assert "approved by the desk itself" in listed[1]
    assert "Against" not in run("show").stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("approve", "2", "--by", "deputy", "--note", "Mine"), 1, "You proposed version 2 yourself"),
        (("approve", "2", "--by", "officer", "--note", "Please"), 1, "not open to your role"),
        (("approve", "9", "--by", "manager", "--note", "Which"), 1, "There is no version 9"),
        (("approve", "2", "--by", "nobody", "--note", "Who"), 2, "nobody has the handle"),
        (("show", "--version", "9"), 1, "There is no version 9"),
    ],
)
def test_what_is_refused_is_told_in_words(run, file, words, code, said):
    run("propose", file(version=2), "--by", "deputy")
    told = run(*words)
    assert told.exit_code == code
    assert said in told.stderr


def test_an_earlier_version_is_proposed_again_and_not_approved_again(run, file):
    run("propose", file(version=2, days_to_decide=5), "--by", "deputy")
    run("approve", "2", "--by", "manager", "--note", "As agreed")
    told = run("approve", "1", "--by", "manager", "--note", "Back")
    assert (told.exit_code, "Version 1 was in force once. Propose it again" in told.stderr) == (1, True)
    told = run("propose-again", "1", "--by", "manager")
    assert (told.exit_code, "Version 3 waits until another manager approves it." in told.stderr) == (0, True)
    assert "Days to an answer: 5 → 3" in told.stdout
    assert "in force" in run("list").stdout.splitlines()[1]


@pytest.mark.parametrize(
    ("members", "said"),
    [({"version": 4}, "Give it that number"), ({"version": 2, "days_to_decide": 0}, "days_to_decide")],
)
def test_a_file_that_is_no_next_version_is_refused(run, file, members, said):
    told = run("propose", file(**members), "--by", "deputy")
    assert (told.exit_code, said in told.stderr) == (1, True)
