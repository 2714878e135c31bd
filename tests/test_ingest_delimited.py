"""Exports as text: what their bytes are, where their header stands, and each record with its physical line."""

import csv
import io
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest import delimited, pieces
from ingest.delimited import DelimitedFile, read_head
from ingest.text import UnreadableFileError

NAMES = ("编号", "金额", "留言")


def opened(path, content, *, names=NAMES, **options):
    """The file with these bytes, under the header that has these names."""
    path.write_bytes(content)
    head = read_head(path)
    header = next(line for line in head.header_lines() if set(names) <= set(line.names))
    return DelimitedFile(path, path.name, head, header, **options)


def read(path, content, *, names=NAMES, **options):
    """All records as tuples under their lines, the faults, and the file."""
    file = opened(path, content, names=names, **options)
    found, faults, count = {}, [], 0
    for rows in file.batches({name: file.header.names.index(name) for name in names}):
        cells = zip(*(rows.columns[name].to_pylist() for name in names), strict=True)
        found |= dict(zip(rows.lines.tolist(), cells, strict=True))
        faults += [(row.line, row.column, row.problem) for row in rows.bad_rows]
        count += rows.row_count
    assert count == len(found) + len(faults)
    return found, faults, file


TABLE = "编号,金额,留言\r\n1,2.00,你好\r\n2,3.00,\r\n"


@pytest.mark.parametrize(
    ("content", "encoding", "marked"),
    [
        (TABLE.encode(), "utf-8", False),
        (TABLE.encode("utf-8-sig"), "utf-8", True),
        (TABLE.encode("gb18030"), "gb18030", False),
        (TABLE.encode("utf-16"), "utf-16-le", True),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16-be", True),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encoding_delimiter_and_header_are_found_on_the_file(tmp_path, content, encoding, marked, delimiter):
    codec = "utf-16" if encoding == "utf-16-le" else encoding
    if delimiter != ",":
        text = content.decode("utf-8-sig" if encoding == "utf-8" else "utf-16" if "16" in encoding else codec)
        content = text.replace(",", delimiter).encode(codec)
        content = b"\xfe\xff" + content.removeprefix(b"\xfe\xff") if encoding == "utf-16-be" else content
        content = content.removeprefix("\ufeff".encode()) if encoding == "utf-8" else content
        content = b"\xef\xbb\xbf" + content if encoding == "utf-8" and marked else content
    found, faults, file = read(tmp_path / "x.csv", content)
    assert (file.head.encoding, file.head.marked, file.header.delimiter) == (encoding, marked, delimiter)
    assert (file.head.line_end, faults) == ("CRLF", [])
    assert found == {2: ("1", "2.00", "你好"), 3: ("2", "3.00", "")}


def test_a_header_further_down_is_found_and_what_stands_before_and_behind_is_handed_on(tmp_path):
    text = '#账单\n\n"共 2, 笔"\n编号 ,\t金额, 留言\n1,2,3\n#合计：1笔\n'
    found, faults, file = read(
        tmp_path / "x.csv", text.encode("gb18030"), is_note=lambda fields: fields[0].startswith("#")
    )
    assert [note.text for note in file.preamble] == ["#账单", "", '"共 2, 笔"']
    assert [(note.line, note.text) for note in file.notes] == [(6, "#合计：1笔")]
    assert (found, faults) == ({5: ("1", "2", "3")}, [])


HEADER = "编号,金额,留言\n"


@pytest.mark.parametrize(
    ("text", "good", "faults"),
    [
        ("1,2,3\n1,2\n4,5,6\n", [2, 4], [(3, "2 fields where the header names 3")]),
        ("1,2,3,4\n4,5,6\n", [3], [(2, "4 fields where the header names 3")]),
        ('1,2,"a\nb"\n1,2\n', [2], [(4, "2 fields")]),
        ("1,2,3\n\n\n4,5,6\n", [2, 5], [(3, "a blank line between records to line 4")]),
        ("1,2,3\n\n\n", [2], []),
        ("1,2,3\n4,\0,6\n7,8,9\n", [2, 4], [(3, "a NUL byte")]),
        ('1,2,5" pipe\n4,5,6\n7,8,6" pipe\n1,1,1\n', [3, 5], [(2, "a quote inside a field"), (4, "a quote inside")]),
        ('1,2,"a"b\n4,5,6\n', [3], [(2, "a quote inside a field")]),
        ('1,2,3\n4,"5,6\n7,8,9\n', [2, 4], [(3, "never closed")]),
        ('1,2,3\n4,5,"6\n', [2], [(3, "the file ends within this record, in a quote")]),
        ('1,2,3\n4,5,"6\nseven', [2], [(3, "the file ends within this record, in a quote")]),
        ("1,2,3\n4,5", [2], [(3, "the file ends within this record, after 2 of 3 fields")]),
        ("1,2,3\r4,5,6\n7,8,9\n", [3], [(2, "a carriage return inside a line")]),
        ('1,2,"a\rb"\n7,8,9\n', [2, 3], []),
        ('"1","2","say ""hi"", twice"\n', [2], []),
    ],
)
def test_each_fault_has_its_line_and_leaves_the_others(tmp_path, text, good, faults):
    found, told, _ = read(tmp_path / "x.csv", (HEADER + text).encode())
    assert list(found) == good
    assert [line for line, _, _ in told] == [line for line, _ in faults]
    assert all(expected in problem for (_, _, problem), (_, expected) in zip(told, faults, strict=True))


def test_a_fault_does_not_tell_what_stands_in_the_record(tmp_path):
    path = tmp_path / "x.csv"
    file = opened(path, (HEADER + "1,2,Made Up Street 5,6\n").encode())
    (rows,) = file.batches({"a": 0})
    assert [row.value for row in rows.bad_rows] == [""]


def test_bytes_that_are_no_text_are_refused_by_line_and_column_and_only_where_they_are_asked_for(tmp_path):
    content = HEADER.encode() + b"1,2,\xff\xfe\n3,4,5\n"
    found, faults, _ = read(tmp_path / "x.csv", content)
    assert (list(found), faults) == ([3], [(2, "留言", "no text in UTF-8")])
    assert list(read(tmp_path / "x.csv", content, names=NAMES[:2])[0]) == [2, 3]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path, content):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(UnreadableFileError, match="empty"):
        read_head(tmp_path / "x.csv")


def test_bytes_in_no_known_encoding_are_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"a,b\n\xff\xff\xff\x80\x80\n")
    with pytest.raises(UnreadableFileError, match="neither UTF-8 nor GB18030"):
        read_head(tmp_path / "x.csv")


MEGABYTES = 20_000_000


@pytest.mark.parametrize(
    "body",
    [
        '"' * MEGABYTES,
        ('"' * 79 + "\n") * (MEGABYTES // 80),
        ('"' * 80 + "\n") * (MEGABYTES // 81),
        '1,2,"\n' * (MEGABYTES // 6),
        '1,2,3\n1,"2,3\n' * (MEGABYTES // 14),
        '"\n' * (MEGABYTES // 2),
        '1,2,3\n"' + "x\n" * (MEGABYTES // 2),
        "\n" * MEGABYTES,
        "," * MEGABYTES,
    ],
    ids=[
        "one line",
        "odd lines",
        "even lines",
        "open at the end",
        "open in each",
        "bare",
        "open once",
        "blank",
        "commas",
    ],
)
def test_twenty_megabytes_of_nonsense_come_to_an_end(tmp_path, body):
    began = time.process_time()
    try:
        found, _, _ = read(tmp_path / "x.csv", (HEADER + body).encode(), blank_lines=False)
    except UnreadableFileError:
        found = {}
    assert time.process_time() - began < 5
    assert len(found) < MEGABYTES // 6


cells = st.text(st.sampled_from("a\"\n,;元丂 '="), max_size=6)


@given(
    st.lists(st.lists(cells, min_size=3, max_size=3), max_size=12),
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(40, 200),
    st.integers(20, 400),
)
def test_what_the_csv_module_writes_is_read_back_with_its_lines(
    tmp_path_factory, records, codec, quoting, ends, window, quick
):
    records = [record for record in records if any(record)]
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator=ends)
    writer.writerow(NAMES)
    lines = []
    for record in records:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(record)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "EXACT_BYTES", window)
        patch.setattr(delimited, "BLOCK_BYTES", 2 * window)
        patch.setattr(delimited, "QUICK_BYTES", quick)
        found, faults, _ = read(tmp_path_factory.mktemp("x") / "x.csv", text.getvalue().encode(codec))
    assert faults == []
    assert found == dict(zip(lines, map(tuple, records), strict=True))


@given(st.binary(max_size=300), st.integers(20, 120), st.integers(20, 400))
def test_no_bytes_bring_the_reading_down(tmp_path_factory, body, window, quick):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "EXACT_BYTES", window)
        patch.setattr(delimited, "BLOCK_BYTES", window)
        patch.setattr(delimited, "QUICK_BYTES", quick)
        patch.setattr(pieces, "LONGEST_RECORD_BYTES", 100)
        try:
            found, faults, _ = read(tmp_path_factory.mktemp("x") / "x.csv", HEADER.encode("gb18030") + body)
        except UnreadableFileError:
            return
    lines = sorted([*found, *(line for line, _, _ in faults)])
    assert all(1 < line <= body.count(b"\n") + 2 for line in lines)


def fields_by_line(piece):
    first, second = (piece.columns[place].to_pylist() for place in (0, 1))
    return dict(zip(piece.lines.tolist(), zip(first, second, strict=True), strict=True))


@example('""a,""')
@example('","a,')
@given(st.text(st.sampled_from('ab",\n\r'), max_size=60))
def test_quick_and_exact_cutting_agree(text):
    shape = pieces.Shape(",", 2, (0, 1))
    block = text.encode()
    quick = pieces.cut_quickly(block, 0, len(block), shape, 0, final=True)
    if quick is None:
        return
    piece, end = quick
    exact, used = pieces.cut_exactly(block, 0, end, shape, 0, final=end == len(block))
    assert used == end
    told, found = fields_by_line(exact), fields_by_line(piece)
    assert (told, exact.faults) == (found, [])


@pytest.mark.parametrize(("end", "unended"), [(b"\n", False), (b"\r\n", False), (b"", True)])
def test_a_last_line_without_an_end_is_told(tmp_path, end, unended):
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n1,2\n3,4" + end)
    head = read_head(path)
    file = DelimitedFile(path, path.name, head, next(head.header_lines()))
    assert sum(rows.row_count for rows in file.batches({"a": 0})) == 2
    assert (file.unended, file.cut_off) == (unended, False)
