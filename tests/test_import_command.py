"""`python loam.py import`: its exit codes, its one JSON object, and the file of refused rows."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

DATA = Path(__file__).parent / "data"
FILE_KEYS = {"file", "rows", "added", "unchanged", "replaced", "rejected"}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command on an empty record; gives the exit code, standard output and standard error."""
    import loam
    from settings import settings

    monkeypatch.setenv("LOAM_DATABASE_URL", f"sqlite:///{tmp_path / 'command.db'}")
    settings.cache_clear()

    def run_import(*arguments):
        result = CliRunner().invoke(loam.app, ["import", *map(str, arguments)])
        return result.exit_code, result.stdout, result.stderr

    yield run_import
    settings.cache_clear()


def test_a_good_folder_is_imported_with_one_json_object_on_standard_output(run):
    code, output, words = run(DATA / "teashops", "--json")
    report = json.loads(output)
    assert code == 0
    assert (report["verdict"], report["batch"], report["format"]) == ("imported", 1, "loam")
    assert all(set(file) == FILE_KEYS for file in report["files"])
    assert report["bad_row_count"] == 0
    assert "orders.csv: 6 rows, 6 added" in words


def test_a_dry_run_says_what_would_be_and_stores_nothing(run):
    code, output, _ = run(DATA / "teashops", "--dry-run", "--json")
    assert (code, json.loads(output)["verdict"]) == (0, "would import")
    code, output, _ = run(DATA / "teashops", "--json")
    assert json.loads(output)["batch"] == 1


def test_bad_rows_end_with_one_and_are_written_to_a_file(run, tmp_path):
    code, output, words = run(DATA / "broken", "--json", "--rejected", tmp_path / "bad.csv")
    report = json.loads(output)
    assert (code, report["verdict"], report["bad_row_count"]) == (1, "rejected", 8)
    assert all(set(row) == {"file", "line", "column", "value", "problem"} for row in report["bad_rows"])
    assert "line 4, column gross" in words
    with (tmp_path / "bad.csv").open(newline="") as file:
        assert [int(row["line"]) for row in csv.DictReader(file)] == [row["line"] for row in report["bad_rows"]]


def test_the_rest_is_imported_where_one_asks_for_it(run):
    code, output, _ = run(DATA / "broken", "--rest", "--json")
    assert (code, json.loads(output)["verdict"], json.loads(output)["bad_row_count"]) == (0, "imported", 8)


def test_more_than_a_thousand_bad_rows_are_counted_but_not_all_shown(run, tmp_path):
    (tmp_path / "shops.csv").write_text("shop_ref,name,currency\n" + "".join(f"S{n},Tea,XXX\n" for n in range(1500)))
    code, output, _ = run(tmp_path / "shops.csv", "--json", "--rejected", tmp_path / "bad.txt")
    report = json.loads(output)
    assert (code, report["bad_row_count"], len(report["bad_rows"])) == (1, 1500, 1000)
    assert len((tmp_path / "bad.txt").read_text().splitlines()) == 1501


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("LOAM_DATABASE_URL", "mysql://somewhere/loam", "SQLite or PostgreSQL"),
        ("LOAM_DATABASE_URL", "foo", "LOAM_DATABASE_URL is foo"),
        ("LOAM_TIME_ZONE", "Nowhere", "LOAM_TIME_ZONE is Nowhere"),
    ],
)
def test_where_nothing_can_be_stored_the_one_json_object_says_why(run, monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    code, output, words = run(DATA / "teashops", "--json")
    report = json.loads(output)
    assert (code, report["verdict"], report["batch"], report["format"]) == (1, "rejected", None, "loam")
    assert (report["files"], report["bad_rows"], report["bad_row_count"]) == ([], [], 0)
    assert sentence in report["note"]
    assert sentence in words


def test_a_folder_that_may_not_be_looked_into_is_wrong_use(run, tmp_path, monkeypatch):
    def refuse(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    code, output, words = run(tmp_path)
    assert (code, output) == (2, "")
    assert "Permission denied" in words


@pytest.mark.parametrize(
    "arguments",
    [
        ["x" * 300],
        [DATA / "teashops", "--rejected", DATA],
        [DATA / "teashops", "--rejected", ""],
        [DATA / "teashops", "--rejected", "/dev/full"],
        ["nowhere"],
        [DATA / "teashops", "--format", "excel"],
        [DATA / "teashops", "--format", "taobao"],
        [DATA / "teashops", "--shop", "T1"],
        [DATA / "teashops", "--rejected", "no/such/folder/bad.csv"],
    ],
)
def test_wrong_use_ends_with_two(run, arguments):
    code, output, words = run(*arguments)
    assert (code, output) == (2, "")
    assert "Traceback" not in words


def test_files_that_nobody_knows_are_a_question_back_unless_the_format_was_given(run, tmp_path):
    (tmp_path / "export.csv").write_text("a,b\n1,2\n")
    code, output, _ = run(tmp_path, "--json")
    assert (code, json.loads(output)["verdict"]) == (3, "ask")
    code, output, _ = run(tmp_path, "--json", "--format", "loam")
    assert (code, json.loads(output)["verdict"]) == (1, "rejected")
