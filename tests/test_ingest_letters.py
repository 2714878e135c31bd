"""Questions to the bytes of a column answer what a pattern for each cell would."""

import re
from hashlib import blake2b

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest import cells, encodings, export_cells, letters
from ingest.export_records import Distinct, Hasher

CLOCK = re.compile(cells.LOCAL_SHAPE.replace("$", r"\Z"), re.ASCII)
times = st.one_of(
    st.just(""),
    st.just("2026-01-03 09:05:07"),
    st.from_regex(r"[0-9]{4}-[0-3][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True),
    st.text("0123456789-: T.é", max_size=20),
)
texts = st.lists(st.text("ab ~\t\x7fé", max_size=4), max_size=5)


@given(st.lists(times, max_size=4), st.integers(0, 2))
def test_what_is_taken_for_times_has_the_shape_of_times(values, skipped):
    column = pa.array(values, pa.string()).slice(skipped)
    if letters.are_clock_times(column):
        assert all(not text or (CLOCK.match(text) and len(text) == 19) for text in column.to_pylist())
    else:
        assert not all(
            not text or (CLOCK.match(text) and len(text) == 19 and " " in text) for text in column.to_pylist()
        )


@given(texts, st.integers(0, 2))
def test_lengths_letters_and_ends_are_those_of_the_cells(values, skipped):
    column = pa.array(values, pa.string()).slice(skipped)
    raw = [text.encode() for text in column.to_pylist()]
    assert letters.lengths(column).tolist() == [len(cell) for cell in raw]
    assert letters.holds(column, "a", " ") == any(b"a" in cell or b" " in cell for cell in raw)
    first, _, last = letters.outer_bytes(column)
    assert first.tolist() == [cell[0] for cell in raw if cell]
    assert last.tolist() == [cell[-1] for cell in raw if cell]
    visible = all(b"!"[0] <= byte <= b"~"[0] for cell in raw for byte in cell)
    assert (letters.lengths_of_visible(column) is not None) == visible


@given(st.lists(st.text('="1é', max_size=5), max_size=4), st.integers(0, 2))
def test_cells_are_between_signs_where_each_begins_and_ends_with_them(values, skipped):
    column = pa.array(values, pa.string()).slice(skipped)
    expected = all(re.fullmatch('=".+"', text, re.DOTALL) for text in column.to_pylist())
    assert letters.are_between(column, '="', '"') == expected


def cell_by_cell(cell, encoding):
    try:
        return cell.decode(encoding)
    except UnicodeDecodeError:
        return None


@example([b"", "元".encode("gb18030")], "gb18030", 0)
@example(["一\n二".encode("gb18030"), b"c", b""], "gb18030", 1)
@example([b"\x81", b"\x30\x81\x30", "元".encode("gb18030")], "gb18030", 0)
@given(
    st.lists(
        st.one_of(st.text("a1\n元丂🦊", max_size=4).map(lambda text: text.encode("gb18030")), st.binary(max_size=3))
    ),
    st.sampled_from(["gb18030", "utf-8"]),
    st.integers(0, 2),
)
def test_a_column_is_decoded_as_each_of_its_cells_alone(values, encoding, skipped):
    column = pa.array(values, pa.binary()).slice(skipped)
    texts, wrong = encodings.decoded(column, encoding)
    expected = [cell_by_cell(cell, encoding) for cell in column.to_pylist()]
    assert texts.type == pa.string()
    assert texts.to_pylist() == [text or "" for text in expected]
    assert (wrong.tolist() if wrong is not None else [False] * len(texts)) == [text is None for text in expected]


def test_a_reference_is_the_keyed_hash_of_its_name_alone():
    key = bytes(range(32))
    names = ["样例买家_1", "", "b", "样例买家_1"]
    expected = [blake2b(name.encode(), digest_size=16, key=key).hexdigest() if name else "" for name in names]
    refs = Hasher(key).refs(pa.array(["left out", *names])[1:])
    assert refs.to_pylist() == expected
    seen = Distinct()
    seen.add(refs[1:])
    seen.add(pa.array([None, expected[0]]))
    assert seen.count() == 2


@pytest.mark.parametrize(
    "values", [["7", "7", " 7"], [" 7", " 7"], ["7", None], ["7" * 201] * 2, ["7", "7"], [], ["\t"]]
)
def test_references_are_judged_one_by_one_also_where_all_are_the_same(values):
    wrong = [value is not None and (value != value.strip() or len(value) > 200) for value in values]
    assert cells.wrong_refs(pa.array(values, pa.string())).tolist() == wrong


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["12.50", ""], ["12.50", ""]),
        (["12.50", " 7"], ["12.50", "7"]),
        (["12.50", "--"], ["12.50", ""]),
        (["1\u3000", "-5"], ["1", "-5"]),
    ],
)
def test_blanks_and_placeholders_go_also_where_most_cells_are_numbers(values, expected):
    assert export_cells.trimmed(pa.array(values), placeholders=("--",)).to_pylist() == expected
