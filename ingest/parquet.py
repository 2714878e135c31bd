"""Reads a Parquet file as text, so that its cells pass the same checks as those of a comma-separated one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.rows import RawRows
from ingest.text import UnreadableFileError

ROWS_AT_ONCE = 20_000


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
            repeated = next((name for name in self.header if self.header.count(name) > 1), None)
            if repeated is not None:
                raise UnreadableFileError(1, repeated, repeated, "the file names this column twice")
            total, done = max(file.metadata.num_rows, 1), 0
            for batch in file.iter_batches(ROWS_AT_ONCE, use_threads=False):
                columns = {
                    name: as_text(name, column) for name, column in zip(batch.schema.names, batch.columns, strict=True)
                }
                lines = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
                done += batch.num_rows
                yield RawRows(columns, lines, batch.num_rows, [], done / total)


def as_text(name: str, column: pa.Array) -> pa.Array:
    """A column as the texts that a comma-separated file would hold; missing values are empty.

    Raises:
        UnreadableFileError: for binary fractions, which cannot hold money exactly, and for nested values.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_floating(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise UnreadableFileError(
            1, name, str(kind), "a column of this type is not read; write it as text, whole numbers, decimals or times"
        )
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz))
        # A cast writes a clock time ten times as fast, with a blank in place of the T; an offset it would leave out.
        column = pc.strftime(column, "%Y-%m-%dT%H:%M:%S%z") if kind.tz else column.cast(pa.string())
    return pc.fill_null(column.cast(pa.string()), "")
