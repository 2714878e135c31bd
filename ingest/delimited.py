"""A platform's export as text: what its bytes are, where its header stands, and its records with physical lines.

Loam's own files are read by ingest.text, which knows beforehand that they are UTF-8 with the header on line 1. Here
the encoding, the delimiter and the line of the header are found, words may stand before and after the table, and only
the columns that a reader asks for are decoded. In GB18030 no second, third or fourth byte of a character is a line
break, a tab, a quote, a comma or a semicolon, so a file is cut into fields as bytes, by Arrow; UTF-16 is turned into
UTF-8 first. A part with any oddity is cut record by record instead, where each fault finds its line.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from ingest.encodings import Encoding, decoded, found_encoding, opened
from ingest.pieces import LONGEST_RECORD_BYTES, Piece, Shape, cut_exactly, cut_quickly
from ingest.rows import RawRows
from ingest.text import LONGEST_LINE_BYTES, MOST_MISSHAPEN, UnreadableFileError
from lending.records import BadRow

BLOCK_BYTES = 8 * 1024 * 1024
QUICK_BYTES = 2 * 1024 * 1024
"""So much is cut at once where all is well: it stays in the processor's cache, which takes a sixth off the time."""
EXACT_BYTES = 64 * 1024
"""So much is cut record by record at a time, around an oddity."""
HEAD_BYTES = 256 * 1024
HEADER_WITHIN_LINES = 40
DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Note:
    """A line that is no record: a word before the table, or a comment or total behind it."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """A line that may be the header: where it stands, how it is cut, and its names without blanks around them."""

    line: int
    delimiter: str
    names: tuple[str, ...]
    end: int = field(repr=False)
    """How many bytes of the file, as it is read, end with it."""


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file, as far as it tells what the file is."""

    encoding: Encoding
    marked: bool
    """Whether the file says its encoding itself, by a byte order mark."""
    line_end: Literal["CRLF", "LF"]
    """How the last of these lines ends."""
    lines: tuple[str, ...]
    returns: tuple[bool, ...]
    """For each of them whether a carriage return stands at its end."""
    ends: tuple[int, ...] = field(repr=False)

    def header_lines(self) -> Iterator[HeaderLine]:
        """Every line in each way of cutting it that gives two names or more."""
        for number, (text, end) in enumerate(zip(self.lines, self.ends, strict=True), start=1):
            for delimiter in DELIMITERS:
                names = _names(text, delimiter)
                if sum(map(bool, names)) > 1:
                    yield HeaderLine(number, delimiter, names, end)


def first_cell(head: Head, header: HeaderLine, names: Sequence[str]) -> str:
    """What the first sound row that has anything there holds in the first of these columns; empty where none does."""
    place = next((header.names.index(name) for name in names if name in header.names), None)
    if place is None:
        return ""
    rows = (_names(text, header.delimiter) for text in head.lines[header.line :])
    sound = (row for row in rows if len(row) == len(header.names))
    return next((row[place] for row in sound if row[place]), "")


def read_head(path: Path) -> Head:
    """The first lines of a file, and its encoding.

    The encoding is told by the byte order mark, else it is UTF-8 where the text is, else GB18030. A file whose
    beginning is plain ASCII is looked through up to its first other byte.

    Raises:
        UnreadableFileError: for an empty file, and one that is neither.
    """
    try:
        encoding, marked = found_encoding(path)
        with path.open("rb") as stored:
            begin = opened(stored, encoding, marked=marked).read(HEAD_BYTES)
    except OSError as error:
        raise UnreadableFileError(1, "", "", f"the file cannot be read: {error.strerror or error}") from error
    if not begin.strip():
        raise UnreadableFileError(1, "", "", "the file is empty; it needs a header row")
    raw = begin.splitlines(keepends=True) if b"\n" not in begin else [line + b"\n" for line in begin.split(b"\n")]
    raw = raw[:HEADER_WITHIN_LINES]
    texts = [line.rstrip(b"\r\n").decode("gb18030" if encoding == "gb18030" else "utf-8", "replace") for line in raw]
    ends = np.minimum(np.cumsum([len(line) for line in raw]), len(begin)).tolist()
    line_end: Literal["CRLF", "LF"] = "CRLF" if any(line.endswith(b"\r\n") for line in raw[-2:]) else "LF"
    returns = tuple(line.endswith(b"\r\n") for line in raw)
    return Head(encoding, marked, line_end, tuple(texts), returns, tuple(ends))


def _names(text: str, delimiter: str) -> tuple[str, ...]:
    """The names on a line; none where it is no line of a table."""
    if delimiter not in text:
        return ()
    try:
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return ()
    return tuple(cell.strip() for cell in cells)


def nothing_is_a_note(_fields: Sequence[str]) -> bool:
    """For formats whose table goes to the end of the file."""
    return False


@dataclass(slots=True)
class DelimitedFile:
    """An export that is being read.

    `batches` gives the records; when it has come to its end, `notes` holds the lines behind the header that are no
    records, and `cut_off` says whether the file ends within a record.
    """

    path: Path
    name: str
    head: Head
    header: HeaderLine
    is_note: Callable[[Sequence[str]], bool] = nothing_is_a_note
    """Tells, of the fields of a line that has another number of them than the header, whether it is no record."""
    blank_lines: bool = False
    """Whether blank lines may stand between records."""
    notes: list[Note] = field(default_factory=list)
    cut_off: bool = False
    unended: bool = False
    """Whether no line end stands behind the last line; then nobody can tell whether more of it is missing."""
    broken_lines: int = 0
    """Line breaks inside quotes, so far: physical lines beyond the number of records."""
    _line: int = 0
    _misshapen: int = 0

    @property
    def preamble(self) -> tuple[Note, ...]:
        """The lines before the header."""
        before = self.head.lines[: self.header.line - 1]
        return tuple(Note(number, text) for number, text in enumerate(before, start=1))

    def batches(self, places: Mapping[str, int]) -> Iterator[RawRows]:
        """All records in order, with the asked columns as text, exactly as it stands in the file.

        Args:
            places: position of each asked column in the header, from 0, by the name under which it is handed on.

        Raises:
            UnreadableFileError: where the rest of the file cannot be read.
        """
        try:
            yield from self._batches(places)
        except OSError as error:
            raise UnreadableFileError(1, "", "", f"the file cannot be read: {error.strerror or error}") from error

    def _batches(self, places: Mapping[str, int]) -> Iterator[RawRows]:
        shape = Shape(self.header.delimiter, len(self.header.names), tuple(sorted(set(places.values()))))
        self._line = self.header.line
        size = max(self.path.stat().st_size, 1)
        with self.path.open("rb") as stored:
            stream = opened(stored, self.head.encoding, marked=self.head.marked)
            block = stream.read(HEAD_BYTES)[self.header.end :]
            final = False
            while not final:
                read = stream.read(BLOCK_BYTES)
                self.unended = not (read or block).endswith(b"\n") if read or block else self.unended
                final, block = not read, block + read
                pieces, used = self._cut(block, shape, final=final)
                block = block[used:]
                if any(piece.count for piece in pieces):
                    yield self._rows(pieces, places, stored.tell() / size)

    def _cut(self, block: bytes, shape: Shape, *, final: bool) -> tuple[list[Piece], int]:
        """Cut a block into fields as far as its records go: quickly where all is well, exactly around an oddity."""
        pieces: list[Piece] = []
        position, window, whole = 0, QUICK_BYTES, False
        # Behind the last whole record of a block is the beginning of one that the next block ends.
        while position < len(block) and (final or not whole or len(block) - position > LONGEST_RECORD_BYTES):
            quick = cut_quickly(block, position, position + window, shape, self._line, final=final)
            if quick is not None:
                piece, used = quick
                whole = position + window >= len(block)
                window = min(window * 4, QUICK_BYTES)
            elif window > EXACT_BYTES:
                window = max(window // 8, EXACT_BYTES)
                continue
            else:
                piece, used = cut_exactly(block, position, position + EXACT_BYTES, shape, self._line, final=final)
                self._take_odd(piece)
            if used == position:
                break
            self._line += piece.feeds
            position = used
            pieces.append(piece)
        if len(block) - position > LONGEST_LINE_BYTES + LONGEST_RECORD_BYTES and not final:
            raise UnreadableFileError(
                self._line + 1, "", "", "a line of more than a million bytes; this is no table of records"
            )
        return pieces, position

    def _take_odd(self, piece: Piece) -> None:
        """Judge what is no sound record: a note, a blank line that may stand there, or a fault."""
        faults = []
        for fault in piece.faults:
            texts = [each.encode("latin-1").decode(self._inner, "replace") for each in fault.fields]
            if texts and fault.fields_only and self.is_note(texts):
                self.notes.append(Note(fault.line, self.header.delimiter.join(texts)))
                piece.count -= 1
            elif fault.blank and (self.blank_lines or fault.last):
                piece.count -= 1
            else:
                faults.append(fault)
                self.cut_off |= fault.cut_off
        piece.faults = faults
        self._misshapen += len(faults)
        if self._misshapen >= MOST_MISSHAPEN:
            raise UnreadableFileError(
                faults[-1].line, "", "",
                f"{MOST_MISSHAPEN:,} records do not have the shape of the header; reading stopped here",
            )  # fmt: skip

    @property
    def _inner(self) -> str:
        """The encoding of the bytes as they are cut."""
        return "gb18030" if self.head.encoding == "gb18030" else "utf-8"

    def _rows(self, pieces: list[Piece], places: Mapping[str, int], share: float) -> RawRows:
        lines = np.concatenate([piece.lines for piece in pieces])
        count = sum(piece.count for piece in pieces)
        # No value of a misshapen record is told: it may hold a buyer's name or address.
        bad_rows = [BadRow(self.name, fault.line, "", "", fault.problem) for piece in pieces for fault in piece.faults]
        self.broken_lines += sum(piece.broken_lines for piece in pieces)
        columns: dict[str, pa.Array] = {}
        good = np.ones(len(lines), dtype=bool)
        for key, place in places.items():
            parts = [piece.columns[place] for piece in pieces if len(piece.lines)]
            cells = pa.concat_arrays(parts or [pa.array([], pa.binary())]) if len(parts) != 1 else parts[0]
            columns[key], wrong = decoded(cells, self._inner)
            for row in np.flatnonzero(wrong & good).tolist() if wrong is not None else ():
                good[row] = False
                bad_rows.append(
                    BadRow(
                        self.name, int(lines[row]), self.header.names[place], "", f"no text in {self._inner.upper()}"
                    )
                )
        if not good.all():
            columns = {key: cells.filter(pa.array(good)) for key, cells in columns.items()}
        bad_rows.sort(key=lambda bad_row: bad_row.line)
        return RawRows(columns, lines[good], count, bad_rows, share)
