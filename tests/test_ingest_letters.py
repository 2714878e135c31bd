"""Questions to the bytes of a column answer what a pattern for each cell would."""

import re

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ingest import cells, letters

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
