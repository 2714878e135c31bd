"""Every platform's sample is recognised and read to the unit, and every broken one is refused where it is broken."""

import json

import pytest

from ingest.exports import FORMATS
from tests.exports import SAMPLES, read_export

pytestmark = pytest.mark.records

# What is found in a broken file on other lines than the one where it broke: the second of two that contradict each
# other, the rows that hang on a lost one, the sum that a lost row is missing from.
ALSO = {
    ("etsy_sold_orders", "broken_duplicate_id.csv"): {9},
    ("ebay_orders", "broken_duplicate_id.csv"): {4},
    ("ebay_transactions", "broken_duplicate_id.csv"): {26},
    ("ebay_transactions", "broken_shifted_columns.csv"): {29},
    ("shopify_orders", "broken_shifted_columns.csv"): {4, 5},
}
# Found when the rows of a file are held against each other, which the import does; see test_import_command.py.
FOUND_LATER = {("shopify_orders", "broken_duplicate_id.csv")}
# Read, with a word about what is unknown.
READ_ALL_THE_SAME = {("etsy_sold_orders", "broken_missing_column.csv")}
OURS = [each.name for each in FORMATS if each.platform not in ("taobao", "alipay")]


def of_each_format(name, pick):
    """A case for each file of each format; those of Taobao and Alipay are in files of their own."""
    cases = [(form, each) for form in OURS for each in pick(SAMPLES / form)] if SAMPLES.exists() else []
    return pytest.mark.parametrize(("form", name), cases, ids=lambda case: str(getattr(case, "name", case)))


def broken_files(folder):
    files = [each["file"] for each in json.loads((folder / "broken.json").read_text())["files"]]
    return [name for name in files if (folder.name, name) not in FOUND_LATER]


@of_each_format("expected", lambda folder: sorted(folder.glob("expected*.json")))
def test_a_sample_adds_up_to_what_stands_beside_it(form, expected):
    name = expected.stem.removeprefix("expected_") if "_" in expected.stem else "sample"
    (path,) = expected.parent.glob(f"{name}.*")
    rows, bad_rows, told = read_export(path)
    assert bad_rows == []
    assert any(rows.values())
    wanted = json.loads(expected.read_text())
    assert {key: told.get(key, "is missing") for key in wanted} == wanted


@of_each_format("name", broken_files)
def test_a_broken_sample_is_refused_where_it_is_broken(form, name):
    (broken,) = (
        each for each in json.loads((SAMPLES / form / "broken.json").read_text())["files"] if each["file"] == name
    )
    rows, bad_rows, told = read_export(SAMPLES / form / name)
    if (form, name) in READ_ALL_THE_SAME:
        assert (bad_rows, told["refunds_minor"], told["fully_refunded_orders"]) == ([], None, None)
        assert "refunds are unknown" in told["note"]
        return
    assert {row.line for row in bad_rows} == {broken["line"], *ALSO.get((form, name), ())}
    assert all(row.problem for row in bad_rows)
    assert any(row.whole_file for row in bad_rows) == ("missing" in name)
    assert any(rows.values()) != ("missing" in name)
