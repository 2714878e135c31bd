"""Questions to the bytes of a whole text column, which take a tenth of the time of a pattern for each cell."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]


def _buffers(cells: pa.Array) -> tuple[Places, Bytes]:
    """Where each cell begins in the bytes of a column, with the end of the last one, and these bytes."""
    if not len(cells):
        return np.zeros(1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    offsets = np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return offsets, np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)


def filled_part(cells: pa.Array) -> Bytes:
    """The bytes of all cells, one behind the other.

    >>> filled_part(pa.array(["ab", "", "c"])[1:]).tobytes()
    b'c'
    """
    offsets, data = _buffers(cells)
    return data[offsets[0] : offsets[-1]]


def cut_out(data: bytes, begins: Places, ends: Places) -> pa.Array:
    """The texts that stand between places of some UTF-8, one after the other.

    >>> cut_out(b"ab..c", np.array([0, 3, 4]), np.array([2, 3, 5])).to_pylist()
    ['ab', '', 'c']
    """
    # Every second cell is what stands between two of them.
    places = pa.py_buffer(np.column_stack([begins, ends]).astype(np.int32))
    both = pa.Array.from_buffers(pa.string(), max(2 * len(begins) - 1, 0), [None, places, pa.py_buffer(data)])
    return both.take(pa.array(np.arange(0, 2 * len(begins), 2)))


def are_between(cells: pa.Array, before: str, behind: str) -> bool:
    """Whether each cell of a column begins with some ASCII letters, ends with others, and has more between them.

    >>> are_between(pa.array(['="1"', '="2"']), '="', '"'), are_between(pa.array(['="']), '="', '"')
    (True, False)
    """
    offsets, data = _buffers(cells)
    if (np.diff(offsets) <= len(before) + len(behind)).any():
        return False
    begins = all((data[offsets[:-1] + place] == ord(letter)).all() for place, letter in enumerate(before))
    return begins and all(
        (data[offsets[1:] - place] == ord(letter)).all() for place, letter in enumerate(reversed(behind), start=1)
    )


def lengths(cells: pa.Array) -> Places:
    """How many bytes each cell has.

    >>> lengths(pa.array(["ab", "", "é"])).tolist()
    [2, 0, 2]
    """
    return np.diff(_buffers(cells)[0])


def outer_bytes(cells: pa.Array) -> tuple[Bytes, Bytes, Bytes]:
    """The first, the last but one and the last byte of each cell that has any."""
    offsets, data = _buffers(cells)
    filled = offsets[1:] > offsets[:-1]
    begins, ends = offsets[:-1][filled], offsets[1:][filled]
    return data[begins], data[np.maximum(ends - 2, 0)], data[ends - 1]


def holds(cells: pa.Array, *letters: str) -> bool:
    """Whether any of these ASCII letters stands somewhere in a column.

    >>> holds(pa.array(["ab", "c"]), "x", "c")
    True
    """
    part = filled_part(cells).tobytes()
    return any(letter.encode() in part for letter in letters)


def lengths_of_visible(cells: pa.Array) -> Places | None:
    """The length of each cell where a whole column is visible ASCII without a blank, as nearly all references are.

    >>> lengths_of_visible(pa.array(["ab", "c-1"])).tolist(), lengths_of_visible(pa.array(["a b"]))
    ([2, 3], None)
    """
    part = filled_part(cells)
    if len(part) and (part.min() < ord("!") or part.max() > ord("~")):
        return None
    return lengths(cells)


_CLOCK_LENGTH = len("2026-01-03 09:05:07")
_CLOCK_DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
# Where the two digits of month, day, hour, minute and second begin, and between which numbers each lies.
_CLOCK_PARTS = ((5, 1, 12), (8, 1, 31), (11, 0, 23), (14, 0, 59), (17, 0, 59))


def are_clock_times(cells: pa.Array) -> bool:
    """Whether each cell of a column is empty or a time such as `2026-01-03 09:05:07`, on a day that some month has.

    >>> are_clock_times(pa.array(["2026-01-03 09:05:07", ""])), are_clock_times(pa.array(["2026-01-03 24:05:07"]))
    (True, False)
    """
    offsets, data = _buffers(cells)
    if not np.isin(np.diff(offsets), (0, _CLOCK_LENGTH)).all():
        return False
    times = data[offsets[0] : offsets[-1]].reshape(-1, _CLOCK_LENGTH)
    digits = times[:, _CLOCK_DIGITS]
    between = (times[:, [4, 7]] == ord("-")).all() and (times[:, [13, 16]] == ord(":")).all()
    if not between or not (times[:, 10] == ord(" ")).all() or ((digits < ord("0")) | (digits > ord("9"))).any():
        return False
    for place, least, most in _CLOCK_PARTS:
        part = (times[:, place] - ord("0")) * 10 + times[:, place + 1] - ord("0")
        if ((part < least) | (part > most)).any():
            return False
    return True
