"""Reads a Parquet file as text, so that its cells pass the same checks as those of a comma-separated one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.rows import RawRows
from ingest.text import LONGEST_CELL, UnreadableFileError

ROWS_AT_ONCE = 20_000
PART_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class ParquetFile:
    """A Parquet file that is being read. The line of a record is the number of its row, from 1."""

    path: Path
    name: str
    header: list[str] = field(default_factory=list)

    def batches(self) -> Iterator[RawRows]:
        """All records of the file in order, as text.

        Raises:
            UnreadableFileError: where it is no Parquet file, or a column holds what no cell can.
        """
        try:
            yield from self._batches()
        except (pa.ArrowException, OSError) as error:
            raise UnreadableFileError(1, "", "", "not a Parquet file that can be read") from error

    def _batches(self) -> Iterator[RawRows]:
        with pq.ParquetFile(self.path) as file:
            self.header = list(file.schema_arrow.names)
            rows_at_once, total, done = _rows_at_once(file.metadata), max(file.metadata.num_rows, 1), 0
            kinds = {field.name: field.type for field in file.schema_arrow}
        repeated = next((name for name in self.header if self.header.count(name) > 1), None)
        if repeated is not None:
            raise UnreadableFileError(1, repeated, repeated, "the file names this column twice")
        for name, kind in kinds.items():
            _refuse_kind(name, kind.value_type if pa.types.is_dictionary(kind) else kind)
        # Each text comes once, with the rows that have it: a file of 300 bytes may hold a long one a million times.
        texts = [name for name, kind in kinds.items() if _is_text(kind)]
        with pq.ParquetFile(self.path, read_dictionary=texts) as file:
            for batch in file.iter_batches(rows_at_once, use_threads=False):
                for part in _parts(batch, done):
                    columns = {
                        name: as_text(column) for name, column in zip(part.schema.names, part.columns, strict=True)
                    }
                    lines = np.arange(done + 1, done + 1 + part.num_rows, dtype=np.int64)
                    done += part.num_rows
                    yield RawRows(columns, lines, part.num_rows, [], done / total)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _rows_at_once(metadata: pq.FileMetaData) -> int:
    """So many rows that their pages, as the file itself gives their size, take `PART_BYTES` or little more."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    row_bytes = max((group.total_byte_size // max(group.num_rows, 1) for group in groups), default=0)
    return max(1, min(ROWS_AT_ONCE, PART_BYTES // max(row_bytes, 1)))


def _parts(batch: pa.RecordBatch, done: int) -> Iterator[pa.RecordBatch]:
    """A batch cut so that the texts of a part take `PART_BYTES` or little more once they are written out.

    Raises:
        UnreadableFileError: for a cell that is too long; `done` rows come before the batch.
    """
    sizes = np.zeros(batch.num_rows, dtype=np.int64)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
            lengths = pc.fill_null(pc.utf8_length(column.dictionary).take(column.indices), 0).to_numpy()
            if (lengths > LONGEST_CELL).any():
                line = done + 1 + int((lengths > LONGEST_CELL).argmax())
                raise UnreadableFileError(line, name, "", f"a value has more than {LONGEST_CELL:,} characters")
            sizes += pc.fill_null(pc.binary_length(column.dictionary).take(column.indices), 0).to_numpy()
    part_of_row = np.cumsum(sizes) // PART_BYTES
    starts = [0, *(np.flatnonzero(np.diff(part_of_row)) + 1).tolist(), batch.num_rows]
    for start, end in pairwise(starts):
        yield batch.slice(start, end - start)


def _refuse_kind(name: str, kind: pa.DataType) -> None:
    """Refuse a column before any of it is read.

    Raises:
        UnreadableFileError: for binary fractions, which cannot hold money exactly, for bytes, and for nested values.
    """
    bytes_alone = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    if pa.types.is_floating(kind) or pa.types.is_nested(kind) or any(each(kind) for each in bytes_alone):
        raise UnreadableFileError(
            1, name, str(kind), "a column of this type is not read; write it as text, whole numbers, decimals or times"
        )


def as_text(column: pa.Array) -> pa.Array:
    """A column as the texts that a comma-separated file would hold; missing values are empty."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz))
        # A cast writes a clock time ten times as fast, with a blank in place of the T; an offset it would leave out.
        column = pc.strftime(column, "%Y-%m-%dT%H:%M:%S%z") if kind.tz else column.cast(pa.string())
    return pc.fill_null(column.cast(pa.string()), "")
