"""The balance of a wallet, followed through the rows of a statement whichever end of time comes first."""

from typing import Literal

import numpy as np

from ingest.cells import Numbers
from lending.records import Difference

Order = Literal["newest first", "oldest first"]
MOST_AT_ONE_MOMENT = 10_000
_Ends = tuple[int, int]


class Balances:
    """Holds the balance behind each row against the rows before it, and the last one against all rows together.

    Alipay does not promise that the balance follows from row to row: rows of one moment may stand in another order
    than they were booked in. So a break between two rows is told and blocks nothing. But what a wallet held at first,
    with all rows added, is what it held at last, and if no order of the rows of the first and of the last moment has
    that, something is missing or wrong.
    """

    def __init__(self) -> None:
        self._sum = 0
        self._first_row: tuple[int, int, int, int] | None = None
        self._last_row: tuple[int, int, int, int] | None = None
        self._breaks = {"newest first": (0, 0), "oldest first": (0, 0)}
        self._openings: tuple[int, set[int]] = (0, set())
        self._closings: tuple[int, set[int]] = (0, set())

    def add(self, moments: Numbers, amounts: Numbers, balances: Numbers, lines: Numbers) -> None:
        """Add rows in the order of the file: when, by how much, what the wallet held then, and the physical line."""
        if not len(moments):
            return
        self._sum += int(amounts.sum())
        self._note_ends(moments, amounts, balances)
        rows = np.stack([moments, amounts, balances, lines], axis=1).astype(np.int64)
        if self._last_row is not None:
            rows = np.concatenate([np.array([self._last_row], dtype=np.int64), rows])
        amount, balance, line = rows[:, 1], rows[:, 2], rows[:, 3]
        before, after = slice(None, -1), slice(1, None)
        self._note_breaks("newest first", line[after][balance[before] - amount[before] != balance[after]])
        self._note_breaks("oldest first", line[after][balance[after] - amount[after] != balance[before]])
        self._first_row = self._first_row or _as_row(rows[0])
        self._last_row = _as_row(rows[-1])

    def _note_ends(self, moments: Numbers, amounts: Numbers, balances: Numbers) -> None:
        first, last = int(moments.min()), int(moments.max())
        earliest, latest = moments == first, moments == last
        before = (balances - amounts)[earliest][:MOST_AT_ONE_MOMENT].tolist()
        behind = balances[latest][:MOST_AT_ONE_MOMENT].tolist()
        if self._first_row is None or first < self._openings[0]:
            self._openings = first, set()
        if self._first_row is None or last > self._closings[0]:
            self._closings = last, set()
        if first == self._openings[0]:
            self._openings[1].update(before)
        if last == self._closings[0]:
            self._closings[1].update(behind)

    def _note_breaks(self, order: Order, lines: Numbers) -> None:
        count, first = self._breaks[order]
        self._breaks[order] = count + len(lines), first or (int(lines[0]) if len(lines) else 0)

    @property
    def order(self) -> Order | None:
        """Which end of time comes first; None where no two rows tell."""
        if self._first_row is None or self._last_row is None or self._first_row[3] == self._last_row[3]:
            return None
        if self._first_row[0] != self._last_row[0]:
            return "newest first" if self._first_row[0] > self._last_row[0] else "oldest first"
        return "newest first" if self._breaks["newest first"] <= self._breaks["oldest first"] else "oldest first"

    def ends(self) -> _Ends | None:
        """What the wallet held before the first and after the last row in time; None without any row."""
        if self._first_row is None or self._last_row is None:
            return None
        oldest, newest = self._first_row, self._last_row
        if self.order == "newest first":
            oldest, newest = newest, oldest
        by_place = oldest[2] - oldest[1], newest[2]
        fitting = [(at, at + self._sum) for at in sorted(self._openings[1]) if at + self._sum in self._closings[1]]
        return by_place if by_place in fitting or not fitting else fitting[0]

    def differences(self, file: str, name: str, unit: str) -> list[Difference]:
        """The last balance, where it is not the first one with all rows added.

        Args:
            file: the name of the file.
            name: what the file calls the balance.
            unit: the currency.
        """
        ends = self.ends()
        if ends is None or self._first_row is None or self._last_row is None or ends[0] + self._sum == ends[1]:
            return []
        newest = self._first_row if self.order == "newest first" else self._last_row
        return [Difference(file, newest[3], name, ends[1], ends[0] + self._sum, unit)]

    def warnings(self) -> list[str]:
        """A sentence where balances do not follow from row to row."""
        count, line = self._breaks[self.order or "newest first"]
        if not count:
            return []
        where = f"on line {line}" if count == 1 else f"on {count:,} lines, first on line {line}"
        return [f"The balance does not follow from the row beside it {where}. Alipay does not promise that it does."]


def _as_row(row: Numbers) -> tuple[int, int, int, int]:
    moment, amount, balance, line = row.tolist()
    return moment, amount, balance, line
