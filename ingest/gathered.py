"""All rows of an export at once, for formats whose records stand on several lines or need all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ingest.cells import Mask, Numbers
from ingest.export_rows import ExportRows
from ingest.rows import RawRows


@dataclass(slots=True)
class Gathered:
    """Rows as they come, kept as text until the file has ended."""

    _parts: list[RawRows] = field(default_factory=list)

    def add(self, rows: RawRows) -> None:
        """Keep some rows."""
        self._parts.append(rows)

    def rows(self) -> RawRows:
        """All of them as one."""
        columns = {
            key: pa.chunked_array([part.columns[key] for part in self._parts]).combine_chunks()
            for key in (self._parts[0].columns if self._parts else ())
        }
        lines = np.concatenate([np.zeros(0, dtype=np.int64), *(part.lines for part in self._parts)])
        return RawRows(columns, lines, len(lines), [], 1.0)


@dataclass(frozen=True, slots=True)
class Records:
    """Rows in runs, each of which is one record: where each begins, and to which each row belongs."""

    begins: Numbers
    of_row: Numbers
    """-1 for rows before the first record."""

    @classmethod
    def beginning(cls, first: Mask) -> "Records":
        """Records that begin with the marked rows."""
        return cls(np.flatnonzero(first), np.cumsum(first) - 1)


def refuse_conflicts(work: ExportRows, key: str, amounts: Iterable[Numbers], among: Mask) -> None:
    """Refuse every two of the marked rows that have one id and other amounts."""
    money = list(zip(*(values.tolist() for values in amounts), strict=True))
    seen: dict[str, int] = {}
    ids = work.cells[key].to_pylist()
    for row in np.flatnonzero(among).tolist():
        first = seen.setdefault(ids[row], row)
        if money[first] != money[row]:
            for one, other in ((first, row), (row, first)):
                problem = f"the same as on line {int(work.raw.lines[other])}, with other amounts"
                work.faults.setdefault(one, (key, ids[row], problem))
