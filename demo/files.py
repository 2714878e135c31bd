"""Writes the demo's records as Loam's own import files: money as decimal text, times on the shop's own clock."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from demo.orders import Moments
from demo.seasons import Whole
from demo.shops import CURRENCY
from lending.records import RecordKind, minor_digits

Cells = str | Sequence[object]


class RecordFile:
    """One import file that grows shop by shop, with the columns of its kind in their order."""

    def __init__(self, folder: Path, kind: RecordKind) -> None:
        """Begin the file with its header row."""
        self.path = folder / f"{kind.name}.csv"
        self.columns = [column.name for column in kind.columns]
        self.rows = 0
        self.path.write_text(",".join(self.columns) + "\n", encoding="utf-8", newline="")

    def add(self, rows: dict[str, Cells]) -> None:
        """Append rows, given as columns: one text stands for all of them, and a column that is not given stays empty.

        Raises:
            ValueError: where two columns are of different lengths, or one is not a column of this file.
        """
        if unknown := set(rows) - set(self.columns):
            raise ValueError(f"{self.path.name} has no column {', '.join(sorted(unknown))}")
        count = max(len(cells) for cells in rows.values() if not isinstance(cells, str))
        columns = [rows.get(name, "") for name in self.columns]
        each = [[cells] * count if isinstance(cells, str) else cells for cells in columns]
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(zip(*each, strict=True))
        self.rows += count


def money(amounts_minor: Whole) -> list[str]:
    """Decimal text of amounts in minor units of the demo's currency.

    >>> money(np.array([1234, -5]))
    ['12.34', '-0.05']
    """
    digits = minor_digits(CURRENCY)
    unit = 10**digits
    return [
        f"{'-' if amount < 0 else ''}{abs(amount) // unit}.{abs(amount) % unit:0{digits}d}"
        for amount in amounts_minor.tolist()
    ]


def moments(times: Moments) -> list[str]:
    """ISO 8601 to the second, empty where the time is missing."""
    return _text(times.astype("datetime64[s]"))


def days(values: Moments) -> list[str]:
    """ISO 8601 days, empty where missing."""
    return _text(values.astype("datetime64[D]"))


def known(values: Whole) -> list[str]:
    """Whole numbers as text, empty where there is none (0)."""
    return ["" if value == 0 else str(value) for value in values.tolist()]


def _text(values: Moments) -> list[str]:
    text = np.datetime_as_string(values)
    text[np.isnat(values)] = ""
    return list(text.tolist())
