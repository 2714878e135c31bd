"""Files of every format that came to harm: each is read as far as it is sound, or refused with its line and a word."""

import csv
import io
import itertools
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import imports
from db.engine import open_session
from ingest import export_rows
from ingest.exports import FORMATS, Export, recognise
from tests.exports import HASHER, read_or_refuse
from tests.made_up_exports import ENCODINGS, SOUND
from tests.soak import examples
from tests.test_db_imports import DATA, everything, store

NAMES = [each.name for each in FORMATS]
ELSEWHERE = ("S-1", "America/New_York", "USD")

ODD_CELLS = st.sampled_from(
    ["", " ", '"', '""', "'", "\0", "\t", "\r", "\n", "-", "--", "NULL", "0", "-0", "1e3", "4.9E+18", "9" * 40,
     "-" + "9" * 19, "１２.５０", "٣.00", "1,2", "1.234", "1,234", "1.234,56", "1_000", "NaN", "inf", "12.345", "0.00",
     "(5.00)", "-(5)", "$", "AU $", "€5,00", "元", "0000-00-00", "2026-02-30", "2026-02-30 10:00:00",
     "9999-12-31 23:59:59", "1899-12-31 00:00:00", "2026-03-08 02:30:00", "2026-03-08 02:30:00 -0500",
     "2026-03-01 25:00:00", "31.12.2026", "02/30/26", "Feb 30, 2026", "Foo 1, 2026", "Sep-00-26", "#",
     "#支出合计：1笔，共1.00元", "=", '=""', '="1"', "\ufeff", "\u3000", "é" * 300, "x" * 70_000, "😀", "\u200b",
     "\x1b[31m", "Order", "Refund", "refunded", "交易关闭", "不计收支", "余额宝-自动转入", "EUR", "usd", "XXX"]
)  # fmt: skip


def table_of(path, text):
    """The lines before the table of a sound file, its records, and the delimiter."""
    path.write_text(text, encoding="utf-8")
    header = recognise(path).header
    lines = text.splitlines(keepends=True)
    before, table = "".join(lines[: header.line - 1]), io.StringIO("".join(lines[header.line - 1 :]))
    return before, list(csv.reader(table, delimiter=header.delimiter)), header.delimiter


def with_odd_table(draw, path, text):
    """The same file with cells replaced, rows cut out or doubled, columns dropped, doubled or moved."""
    before, records, delimiter = table_of(path, text)
    width = len(records[0])
    wide = [nth for nth, record in enumerate(records) if len(record) > 2]
    for _ in range(draw(st.integers(1, 3))):
        row = draw(st.sampled_from(wide))
        place = draw(st.integers(0, width - 1))
        match draw(st.sampled_from(["cell"] * 6 + ["cut", "double", "drop column", "double column", "move column"])):
            case "cell":
                records[row][place : place + 1] = [draw(ODD_CELLS)]
            case "cut":
                records[row] = []
            case "double":
                records.insert(row, list(records[row]))
            case "drop column":
                records = [record[:place] + record[place + 1 :] for record in records]
            case "double column":
                records = [record[:place] + record[place : place + 1] + record[place:] for record in records]
            case _:
                records = [record[place:] + record[:place] for record in records]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))).writerows(records)
    return before + out.getvalue()


def with_odd_bytes(draw, content):
    """The same bytes with some flipped, cut off, put in, or written over."""
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["flip", "cut off", "put in", "take out"])):
            case "flip":
                content = content[:place] + bytes([draw(st.integers(0, 255))]) + content[place + 1 :]
            case "cut off":
                content = content[:place]
            case "put in":
                piece = draw(
                    st.sampled_from([b'"', b"\n", b"\r", b"\0", b",", b"\xff", b"\xe4\xb8", b"\x81", b"\xfe\xff"])
                )
                content = content[:place] + piece + content[place:]
            case _:
                content = content[:place] + content[place + draw(st.integers(1, 200)) :]
    return content


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """One file for all examples."""
    return tmp_path_factory.mktemp("spoilt") / "x.csv"


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=examples(12))
@given(st.data())
def test_a_file_that_came_to_harm_is_read_or_refused_with_its_line(path, name, data):
    text = SOUND[name]
    if data.draw(st.booleans()):
        text = with_odd_table(data.draw, path, text)
    content = text.encode(data.draw(st.sampled_from(ENCODINGS)), "replace")
    path.write_bytes(with_odd_bytes(data.draw, content))
    read_or_refuse(path, data.draw(st.sampled_from([None, ELSEWHERE])))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_ends_within_a_letter_of_its_header_has_no_line_behind_it(path, name):
    before, records, delimiter = table_of(path, SOUND[name])
    content = (before + delimiter.join(records[0]).replace('"', "")).encode("utf-16")
    path.write_bytes(content + b"T")
    read_or_refuse(path)


@pytest.mark.records
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=examples(3))
@given(st.data())
def test_a_platforms_own_file_that_came_to_harm_is_read_or_refused_with_its_line(path, shared, name, data):
    (sample,) = (shared / "formats" / name).glob("sample.*")
    path.write_bytes(with_odd_bytes(data.draw, sample.read_bytes()))
    read_or_refuse(path, data.draw(st.sampled_from([None, ELSEWHERE])))


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_of_a_file_that_is_rejected_nothing_is_stored(path, sqlite_engine, data):
    if not known(sqlite_engine):
        store(sqlite_engine, DATA / "teashops")
    name = data.draw(st.sampled_from(NAMES))
    path.write_bytes(with_odd_table(data.draw, path, SOUND[name]).encode("gb18030", "replace"))
    found = recognise(path)
    if found is None:
        return
    before = everything(sqlite_engine)
    export = Export.of(path, path.name, found, HASHER, ("T1", *known(sqlite_engine)["T1"]))
    options = {"person_id": None, "source": path.name, "format": found.format.name, "export": export}
    report = imports.store(sqlite_engine, export.chunks(), **options)
    assert report.verdict in ("imported", "rejected")
    assert (report.verdict == "rejected") == bool(report.bad_rows or report.differences)
    if report.verdict == "rejected":
        assert everything(sqlite_engine) == before


def known(engine):
    """The zone and currency of each shop on record."""
    with open_session(engine) as session:
        return {ref: tuple(terms) for ref, terms in imports.known_shops(session).items()}


MEGABYTES = 20_000_000
NONSENSE = {
    "quotes": lambda _delimiter: '"' * MEGABYTES,
    "quoted delimiters": lambda delimiter: f'"{delimiter}' * (MEGABYTES // 2),
    "lines of a quote": lambda _delimiter: '"\n' * (MEGABYTES // 2),
    "delimiters": lambda delimiter: delimiter * MEGABYTES,
    "a line without an end": lambda _delimiter: "x" * MEGABYTES,
}


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (NAMES[0], "quotes"),
        *(pytest.param(*case, marks=pytest.mark.soak) for case in itertools.product(NAMES, NONSENSE)),
    ],
)
def test_a_header_before_twenty_megabytes_of_nonsense_comes_to_an_end(path, name, body):
    before, records, delimiter = table_of(path, SOUND[name])
    header = io.StringIO()
    csv.writer(header, delimiter=delimiter).writerow(records[0])
    path.write_text(before + header.getvalue() + NONSENSE[body](delimiter), encoding="utf-8")
    began = time.process_time()
    _export, chunks = read_or_refuse(path)
    assert time.process_time() - began < 5
    assert any(row.whole_file for chunk in chunks for row in chunk.bad_rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_wrong_in_every_row_tells_each_of_them_once(path, name):
    before, records, delimiter = table_of(path, SOUND[name])
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter).writerows([records[0], *[["?"] * len(records[0])] * 500])
    path.write_text(before + table.getvalue(), encoding="utf-8")
    _export, chunks = read_or_refuse(path)
    lines = [row.line for chunk in chunks for row in chunk.bad_rows]
    assert sorted(lines) == list(range(min(lines), min(lines) + 500))


@pytest.mark.parametrize(
    "name", [each if each == NAMES[5] else pytest.param(each, marks=pytest.mark.soak) for each in NAMES]
)
def test_twenty_megabytes_of_empty_rows_come_to_an_end(path, name):
    before, records, delimiter = table_of(path, SOUND[name])
    row = delimiter * (len(records[0]) - 1) + "\n"
    path.write_text(before + delimiter.join(records[0]) + "\n" + row * (MEGABYTES // len(row)), encoding="utf-8")
    began = time.process_time()
    read_or_refuse(path)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_wrong_in_most_of_very_many_rows_is_refused_whole_with_the_first_of_them(
    path, name, monkeypatch
):
    monkeypatch.setattr(export_rows, "MOST_REFUSED", 20)
    before, records, delimiter = table_of(path, SOUND[name])
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter).writerows([records[0], *[["?"] * len(records[0])] * 21])
    path.write_text(before + table.getvalue(), encoding="utf-8")
    export, ((row,),) = read_and_refused(path)
    assert row.whole_file
    assert row.line == before.count("\n") + 2
    assert row.column in records[0]
    assert row.value == "?"
    assert "; 21 of 21 rows read at once have this or another fault; reading stopped here" in row.problem
    assert export.told() == {}


@pytest.mark.parametrize(("wrong", "whole_file"), [(10, False), (11, True)])
def test_rows_are_named_one_by_one_until_they_are_the_most(path, wrong, whole_file, monkeypatch):
    monkeypatch.setattr(export_rows, "MOST_REFUSED", 5)
    before, records, delimiter = table_of(path, SOUND["taobao_orders"])
    table = io.StringIO()
    sound = [records[1]] * (20 - wrong)
    csv.writer(table, delimiter=delimiter).writerows([records[0], *sound, *[["?"] * len(records[0])] * wrong])
    path.write_text(before + table.getvalue(), encoding="utf-8")
    _export, refused = read_and_refused(path)
    assert [row.whole_file for rows in refused for row in rows] == [whole_file] * (1 if whole_file else wrong)


def read_and_refused(path):
    """The export, and the refused rows of each part that has any."""
    export, chunks = read_or_refuse(path)
    return export, [chunk.bad_rows for chunk in chunks if chunk.bad_rows]
