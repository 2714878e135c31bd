"""The worked example of docs/adding-a-reader.md does what the document says."""

import re
import types

import pytest

from ingest.exports import FORMATS, Export, recognise
from tests.exports import HASHER
from tests.server import ROOT

GUIDE = (ROOT / "docs" / "adding-a-reader.md").read_text(encoding="utf-8")


def block(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def sales():
    """The format of the example, made of its text."""
    module = types.ModuleType("corner_market")
    exec(compile(block("python"), "adding-a-reader.md", "exec"), module.__dict__)
    return module.SALES


def read(path, sales):
    found = recognise(path, (*FORMATS, sales))
    export = Export.of(path, path.name, found, HASHER, None)
    chunks = [chunk for chunk in export.chunks() if chunk.file]
    rows = [row for chunk in chunks if chunk.rows.num_columns for row in chunk.rows.to_pylist()]
    return found, rows, [row for chunk in chunks for row in chunk.bad_rows], export.told()


def test_the_example_is_recognised_among_all_formats_and_read_to_the_unit(tmp_path, sales):
    path = tmp_path / "any name.txt"
    path.write_text(block("csv"), encoding="utf-8")
    found, rows, bad_rows, told = read(path, sales)
    assert (found.format.name, found.sure, bad_rows) == ("corner_market_sales", "certain", [])
    assert [(row["order_ref"], row["gross_minor"], row["fees_minor"], row["refunded_minor"]) for row in rows] == [
        ("7001", 123_450, 1_235, 0), ("7002", 8_000, 80, 8_000), ("7003", 1_990, 20, 0),
    ]  # fmt: skip
    assert rows[0]["buyer_ref"] == rows[2]["buyer_ref"] != rows[1]["buyer_ref"]
    assert told["orders"] == 3
    assert told["gross_minor"] == {"EUR": 133_440}


def test_an_amount_with_the_other_decimal_sign_is_refused_by_its_line(tmp_path, sales):
    path = tmp_path / "sales.csv"
    path.write_text(block("csv").replace("80,00;0,80", "80.00;0,80"), encoding="utf-8")
    _, rows, bad_rows, _ = read(path, sales)
    assert [(row.line, row.column, row.value) for row in bad_rows] == [(3, "Total", "80.00")]
    assert [row["order_ref"] for row in rows] == ["7001", "7003"]
