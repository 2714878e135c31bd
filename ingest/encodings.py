"""The encoding of an export, found on the file itself, and its bytes as UTF-8 or GB18030."""

import codecs
from pathlib import Path
from typing import IO, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cells import Mask
from ingest.letters import cut_out
from ingest.text import UnreadableFileError

Encoding = Literal["utf-8", "gb18030", "utf-16-le", "utf-16-be"]

_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOK_BYTES = 1024 * 1024
# So many characters beyond ASCII in a row that are right in an encoding are in no other by chance.
_CONVINCING_LETTERS = 6


class Source(Protocol):
    """Bytes that are read in order."""

    def read(self, size: int, /) -> bytes: ...


def found_encoding(path: Path) -> tuple[Encoding, bool]:
    """How a file is encoded, and whether it says so itself by a byte order mark.

    Without a mark it is UTF-8 where the first part with any other byte than ASCII is, else GB18030.

    Raises:
        UnreadableFileError: where that part is neither.
        OSError: where the file cannot be read.
    """
    with path.open("rb") as stored:
        part = stored.read(_LOOK_BYTES)
        for mark, encoding in _MARKS:
            if part.startswith(mark):
                return encoding, True
        before = b""
        while part.isascii() and (following := stored.read(_LOOK_BYTES)):
            before, part = part[-1024:], following
    if _reads_as(part, "utf-8"):
        return "utf-8", False
    if _reads_as(part, "gb18030") or _reads_as(before + part, "gb18030"):
        return "gb18030", False
    raise UnreadableFileError(1, "", "", "neither UTF-8 nor GB18030; export the file anew, or save it as UTF-8")


def _reads_as(part: bytes, encoding: str) -> bool:
    """Whether bytes are text, but for a character that is cut off at the end, or a fault after many good ones."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(part)
    except UnicodeDecodeError as error:
        good = part[: error.start].decode(encoding, "ignore")
        return len(good) - len(good.encode("ascii", "ignore")) >= _CONVINCING_LETTERS
    return True


def opened(stored: IO[bytes], encoding: Encoding, *, marked: bool) -> Source:
    """The bytes of a file behind its mark; those of UTF-16 as UTF-8."""
    mark = next((mark for mark, known in _MARKS if known == encoding), b"") if marked else b""
    stored.seek(len(mark))
    return _Transcoded(stored, encoding) if encoding.startswith("utf-16") else stored


class _Transcoded:
    """UTF-16 as UTF-8, read part by part."""

    def __init__(self, stored: IO[bytes], encoding: str) -> None:
        self._stored = stored
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int, /) -> bytes:
        """Some next bytes, none at the end; about so many characters of the file."""
        while part := self._stored.read(2 * size):
            # A letter that is cut off at the end of the file belongs to its last line.
            if text := self._decoder.decode(part, final=len(part) < 2 * size):
                return text.encode("utf-8", "replace")
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return text.encode("utf-8", "replace")


def decoded(cells: pa.Array, encoding: str) -> tuple[pa.Array, Mask | None]:
    """Fields as text, and where they are none; None where all are.

    Fields of ASCII alone, such as amounts and times, need no codec. The others are decoded once for each that differs.
    """
    first, last = cells.offset, cells.offset + len(cells)
    ends = np.frombuffer(cells.buffers()[1], dtype=np.int32)[[first, last]] if len(cells) else (0, 0)
    data = np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[1]]
    if not len(data) or data.max() < 128:
        return cells.cast(pa.string()), None
    if encoding == "utf-8":
        try:
            return cells.cast(pa.string()), None
        except pa.ArrowInvalid:
            pass
    encoded = pc.dictionary_encode(cells)
    at_once = _decoded_at_once(encoded.dictionary, encoding)
    if at_once is not None:
        return at_once.take(encoded.indices), None
    texts = [_text(value, encoding) for value in encoded.dictionary.to_pylist()]
    good = np.array([text is not None for text in texts], dtype=bool)
    column = pa.array([text or "" for text in texts], pa.string()).take(encoded.indices)
    return column, None if good.all() else ~good[encoded.indices.to_numpy()]


def _decoded_at_once(cells: pa.Array, encoding: str) -> pa.Array | None:
    """All cells as text, with line feeds between them, in a fifth of the time; None where one holds one, or no text.

    No byte of a longer character is a line feed in these encodings, so that a faulty cell spoils none beside it.
    """
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(cells)], cells), b"\n")[0].as_py()
    try:
        text = whole.decode(encoding).encode()
    except UnicodeDecodeError:
        return None
    feeds = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
    if len(feeds) != len(cells) - 1:
        return None
    return cut_out(text, np.concatenate([[0], feeds + 1]), np.concatenate([feeds, [len(text)]]))


def _text(value: bytes, encoding: str) -> str | None:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return None
