"""Reads comma-separated text, strictly: each record with the physical line on which it begins.

Blocks without a quote are cut by Arrow, which is eight times as fast; a block with a quote or any oddity goes
through the csv module record by record, where each fault finds its line.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv

from ingest.rows import RawRows
from lending.records import BadRow

BLOCK_BYTES = 2 * 1024 * 1024
LONGEST_LINE_BYTES = 1024 * 1024
MOST_MISSHAPEN = 20_000
"""So many records without the right number of fields, and the file is not what its name says."""
SHOWN_CHARACTERS = 200

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
_RECORD = re.compile(r'(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*')
_BLANK_LINES = re.compile(rb"\n+|(?:\r\n)+")

LONGEST_CELL = 131_072
csv.field_size_limit(LONGEST_CELL)


class UnreadableFileError(Exception):
    """The rest of a file cannot be read; nobody can say which records it holds."""

    def __init__(self, line: int, column: str, value: str, problem: str) -> None:
        super().__init__(problem)
        self.line, self.column, self.value, self.problem = line, column, value, problem


def shown(value: str) -> str:
    """A value as a report quotes it, cut where it is long."""
    return value if len(value) <= SHOWN_CHARACTERS else value[:SHOWN_CHARACTERS] + "…"


@dataclass(slots=True)
class TextFile:
    """A comma-separated file that is being read: its header, then its records block by block."""

    path: Path
    name: str
    header: list[str] = field(default_factory=list)
    _blocks: Iterator[bytes] = field(init=False)
    _line: int = 0
    """Physical lines that have been read."""
    _blank_from: int = 0
    """The first of the blank lines just read, or 0; they are an error only where another record follows."""
    _misshapen: int = 0

    @property
    def _compressed(self) -> bool:
        return self.name.endswith(".gz")

    def batches(self) -> Iterator[RawRows]:
        """All records of the file in order.

        Raises:
            UnreadableFileError: where the rest of the file cannot be read.
        """
        try:
            yield from self._batches()
        except OSError as error:  # no right to read it, or a fault of the disk
            raise UnreadableFileError(1, "", "", f"the file cannot be read: {error.strerror or error}") from error

    def _batches(self) -> Iterator[RawRows]:
        with self.path.open("rb") as stored, gzip.open(stored) if self._compressed else nullcontext(stored) as stream:
            size = max(self.path.stat().st_size, 1)
            self._blocks = _whole_lines(cast("IO[bytes]", stream))
            self._read_header()
            for block in self._blocks:
                batch = self._read_block(block, stored.tell() / size)
                if batch.row_count:
                    yield batch

    def _read_header(self) -> None:
        first = next(self._blocks, b"")
        if first.startswith(_OTHER_ENCODINGS):
            raise UnreadableFileError(1, "", "", "saved as UTF-16; save it as UTF-8")
        first = first.removeprefix(_BYTE_ORDER_MARK)
        if not first.strip():
            raise UnreadableFileError(1, "", "", "the file is empty; it needs a header row")
        line, _, rest = first.partition(b"\n")
        if b"\0" in line:
            raise UnreadableFileError(1, "", "", "the header holds NUL bytes; save the file as UTF-8")
        try:
            text = line.decode().removesuffix("\r")
            (self.header,) = csv.reader([text], strict=True)
        except (UnicodeDecodeError, csv.Error, ValueError) as error:
            raise UnreadableFileError(
                1, "", shown(repr(line)), "the header row cannot be read as UTF-8 text"
            ) from error
        repeated = next((name for name in self.header if self.header.count(name) > 1), None)
        if repeated is not None:
            raise UnreadableFileError(1, repeated, repeated, "the header names this column twice")
        self._line = 1
        self._blocks = _chain(rest, self._blocks)

    def _read_block(self, block: bytes, share: float) -> RawRows:
        if not self._blank_from and (quick := self._read_quickly(block)) is not None:
            lines = np.arange(self._line + 1, self._line + 1 + len(quick), dtype=np.int64)
            self._line += len(quick)
            return RawRows(dict(zip(self.header, quick.columns, strict=True)), lines, len(quick), [], share)
        return self._read_slowly(block, share)

    def _read_quickly(self, block: bytes) -> pa.RecordBatch | None:
        """The records of a block in which every physical line is one plain record, else None."""
        if b'"' in block or b"\0" in block or block.startswith((b"\n", b"\r", _BYTE_ORDER_MARK)) or b"\n\n" in block:
            return None
        if b"\r" in block and (block.count(b"\r") != block.count(b"\r\n") or b"\n\r" in block):
            return None
        if len(self.header) < 2:
            return None
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(block),
                pyarrow.csv.ReadOptions(column_names=self.header, use_threads=False, block_size=len(block) + 1),
                pyarrow.csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(self.header, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:  # not UTF-8, or a row too short or too long: the slow way says which
            return None
        return table.combine_chunks().to_batches()[0]

    def _read_slowly(self, block: bytes, share: float) -> RawRows:
        bad_rows: list[BadRow] = []
        records: list[list[str]] = []
        lines: list[int] = []
        count = 0
        for line, record, problem in self._records(block):
            if not record and not problem:
                self._blank_from = self._blank_from or line
                continue
            if self._blank_from:
                bad_rows.append(self._blank_lines(line))
                count += 1
            count += 1
            if not problem and len(record) != len(self.header):
                problem = f"{len(record)} fields where the header names {len(self.header)}"  # noqa: PLW2901
            if problem:
                bad_rows.append(BadRow(self.name, line, "", shown(",".join(record)), problem))
                self._count_misshapen(line)
            else:
                records.append(record)
                lines.append(line)
        columns = zip(*records, strict=True) if records else ([] for _ in self.header)
        arrays = {name: pa.array(cells, pa.string()) for name, cells in zip(self.header, columns, strict=True)}
        return RawRows(arrays, np.array(lines, dtype=np.int64), count, bad_rows, share)

    def _blank_lines(self, next_line: int) -> BadRow:
        first, self._blank_from = self._blank_from, 0
        until = f" to line {next_line - 1}" if next_line - 1 > first else ""
        self._count_misshapen(first)
        return BadRow(self.name, first, "", "", f"a blank line between records{until}; take it out")

    def _count_misshapen(self, line: int) -> None:
        self._misshapen += 1
        if self._misshapen >= MOST_MISSHAPEN:
            raise UnreadableFileError(
                line, "", "", f"{MOST_MISSHAPEN:,} records do not have the shape of the header; reading stopped here"
            )

    def _records(self, block: bytes) -> Iterator[tuple[int, list[str], str]]:
        """The records of a block, and of the next ones as far as a quoted line break reaches: line, fields, fault."""
        lines = _Lines(block, self._blocks, self._line)
        reader = csv.reader(lines, strict=True)
        while lines.more():
            line = lines.begin_record()
            if lines.skip_blank():
                yield line, [], ""
                continue
            try:
                record = next(reader)
            except csv.Error as error:
                self._refuse_if_endless(lines, line, str(error))
                yield line, [lines.record_text()], "a quote inside a field; double it, and put the field in quotes"
                continue
            problem = lines.problem
            if not problem and any('"' in cell for cell in record) and not _RECORD.fullmatch(lines.record_text()):
                problem = "a quote inside a field; double it, and put the field in quotes"
            yield line, record, problem
        self._line = lines.number

    @staticmethod
    def _refuse_if_endless(lines: "_Lines", line: int, error: str) -> None:
        """After a broken quote, go on only where its line surely ends the record."""
        text = lines.record_text()
        if "field larger" in error or "unexpected end" in error or text.count('"') % 2:
            raise UnreadableFileError(line, "", shown(text), "a quote is opened in this record and never closed")


class _Lines:
    """Physical lines as text for the csv module, counted, with what is wrong with those of the record at hand."""

    def __init__(self, block: bytes, blocks: Iterator[bytes], number: int) -> None:
        self._block, self._position, self._blocks = block, 0, blocks
        self.number = number
        self.problem = ""
        self._record: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def more(self) -> bool:
        return self._position < len(self._block)

    def skip_blank(self) -> bool:
        """Pass over a run of blank lines, in one step however many they are."""
        found = _BLANK_LINES.match(self._block, self._position)
        if found is not None:
            self._position = found.end()
            self.number += found.group().count(b"\n")
        return found is not None

    def begin_record(self) -> int:
        """Forget the last record; returns the line on which the next one begins."""
        self.problem = ""
        self._record.clear()
        return self.number + 1

    def record_text(self) -> str:
        return "".join(self._record).removesuffix("\n").removesuffix("\r")

    def __next__(self) -> str:
        if not self.more():
            self._block, self._position = next(self._blocks), 0
        end = self._block.find(b"\n", self._position) + 1 or len(self._block)
        raw, self._position = self._block[self._position : end], end
        self.number += 1
        text = self._decoded(raw)
        self._record.append(text)
        return text

    def _decoded(self, raw: bytes) -> str:
        if b"\0" in raw:
            self.problem = "a NUL byte; take it out"
            raw = raw.replace(b"\0", b"?")
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            self.problem = "not UTF-8; save the file as UTF-8"
            text = raw.decode(errors="replace")
        body = text.removesuffix("\n").removesuffix("\r")
        if "\r" in body:
            self.problem = "a carriage return inside a line; end lines with LF or CR LF"
            text = body.replace("\r", "�") + "\n"
        return text


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _whole_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The file in blocks that end with a line."""
    carried = b""
    lines = 0
    try:
        while read := stream.read(BLOCK_BYTES):
            block = carried + read
            end = block.rfind(b"\n") + 1
            carried = block[end:]
            lines += block.count(b"\n")
            if len(carried) > LONGEST_LINE_BYTES:
                raise UnreadableFileError(
                    lines + 1, "", "", "a line of more than a million bytes; this is no table of records"
                )
            if end:
                yield block[:end]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFileError(lines + 1, "", "", "the compressed file is damaged or cut off") from error
    if carried:
        yield carried
