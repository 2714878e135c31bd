"""The rows that an import refused, as a CSV file to correct them by."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lending.records import BadRow

COLUMNS = ("file", "line", "column", "value", "problem")


@contextmanager
def bad_row_file(path: Path, cell: Callable[[str], str]) -> Iterator[Callable[[BadRow], None]]:
    """Open the file; the block gets a function that adds one row.

    Args:
        path: the file; an earlier one is overwritten.
        cell: makes a text safe for spreadsheets, which take `=1+1` for a formula.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        yield lambda row: writer.writerow(
            (cell(row.file), row.line, cell(row.column), cell(row.value), cell(row.problem))
        )
