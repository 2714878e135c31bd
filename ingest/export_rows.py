"""Rows of an export while a reader translates them: their cells, and the first fault of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ingest.cells import Mask, Numbers, present_mask
from ingest.export_cells import Amounts, Locale, amounts, ids
from ingest.rows import RawRows
from ingest.text import UnreadableFileError, shown
from lending.records import BadRow

MOST_REFUSED = 100_000
"""So many rows of those read at once, when they are the most of them, are told as one fault of the whole file."""


@dataclass(slots=True)
class ExportRows:
    """Some rows of one export. Columns go by the keys of its format."""

    file: str
    raw: RawRows
    names: Mapping[str, str]
    """For each key the name that the file gives the column."""
    cells: dict[str, pa.Array] = field(default_factory=dict)
    """The cells as far as the reader has made them clean."""
    faults: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    """Row → the key of the column, the value, the problem."""

    def has(self, key: str) -> Mask:
        """Where a column holds something; nowhere, if the file lacks it."""
        if key not in self.cells:
            return np.zeros(len(self.raw.lines), dtype=bool)
        return present_mask(self.cells[key])

    def refuse(self, rows: Mask, key: str, problem: str | Callable[[str], str]) -> None:
        """Note a fault for all marked rows that have none yet: the same words, or made of the value.

        Raises:
            UnreadableFileError: where that is the most of many rows; to name each would help nobody.
        """
        new = [row for row in np.flatnonzero(rows).tolist() if row not in self.faults]
        count, of = len(self.faults) + len(new), len(self.raw.lines)
        if count > max(MOST_REFUSED, of // 2):
            value = self.cells[key][new[0]].as_py()
            first = problem if isinstance(problem, str) else problem(value)
            raise UnreadableFileError(
                int(self.raw.lines[new[0]]), self.names[key], shown(value),
                f"{first}; {count:,} of {of:,} rows read at once have this or another fault; reading stopped here",
            )  # fmt: skip
        # A file may be wrong in every row: values are taken out all at once, and equal ones explained once.
        values = self.cells[key].take(pa.array(new, pa.int64())).to_pylist()
        words = {value: problem if isinstance(problem, str) else problem(value) for value in set(values)}
        for row, value in zip(new, values, strict=True):
            self.faults[row] = (key, value, words[value])

    def read_ids(self, key: str) -> str:
        """Put the ids of a column among the cells; returns how they were written, as ingest.export_cells.Ids has it.

        Raises:
            UnreadableFileError: where a spreadsheet has destroyed one of them.
        """
        found = ids(self.raw.columns[key])
        if found.lost.any():
            row = int(np.flatnonzero(found.lost)[0])
            raise UnreadableFileError(
                int(self.raw.lines[row]), self.names[key], shown(found.texts[row].as_py()),
                "a spreadsheet took this id for a number and its last digits are lost; export the file anew",
            )  # fmt: skip
        self.cells[key] = found.texts
        return found.quoting

    def read_amounts(self, key: str, locale: Locale, *, below_zero: bool = False) -> Numbers:
        """The amounts of a column in minor units, 0 where there is none; wrong ones are refused."""
        found: Amounts = amounts(self.cells[key], locale)
        self.refuse(found.wrong, key, found.explain)
        if not below_zero:
            self.refuse(found.values < 0, key, "an amount below zero; this column takes none")
        return found.values

    def keep(self) -> Mask:
        """The rows without a fault."""
        good = np.ones(len(self.raw.lines), dtype=bool)
        good[list(self.faults)] = False
        return good

    def as_records(self, columns: Mapping[str, pa.Array], only: Mask | None = None, *, told: bool = False) -> RawRows:
        """The rows without a fault under Loam's own columns, and the others as bad rows.

        Args:
            columns: a value for each row.
            only: a mask over the rows that are records of their own; None for all.
            told: whether the faults are told with other records of the same rows.
        """
        raw = self.raw
        if not self.faults and only is None:
            return RawRows(dict(columns), raw.lines, raw.row_count, [], raw.share)
        keep = self.keep() if only is None else self.keep() & only
        kept = {name: cells.filter(pa.array(keep)) for name, cells in columns.items()}
        return RawRows(kept, raw.lines[keep], raw.row_count, [] if told else self.bad_rows(), raw.share)

    def bad_rows(self) -> list[BadRow]:
        """The rows with a fault, in the order of the file."""
        return [
            BadRow(self.file, int(self.raw.lines[row]), self.names[key], shown(value), problem)
            for row, (key, value, problem) in sorted(self.faults.items())
        ]
