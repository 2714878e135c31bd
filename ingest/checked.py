"""The rows of one file while they are being checked: their texts, what these became, and the first fault of each."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import cells
from ingest.cells import Mask, Numbers
from ingest.rows import Known, RawRows
from ingest.text import shown
from lending.records import BadRow, RecordKind, minor_digits


@dataclass(slots=True)
class Batch:
    """The rows of one file that are being checked: their texts, what they became, and the first fault of each."""

    kind: RecordKind
    raw: RawRows
    texts: dict[str, pa.Array]
    known: Known
    converted: dict[str, cells.Cells] = field(default_factory=dict)
    local_days: dict[str, Numbers] = field(default_factory=dict)
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Row number → column and problem."""
    loans: Numbers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """For rows of a loan its place among the known ones, -1 for an unknown loan; see `find_loans`."""
    shops_of_loans: pa.Array | None = None

    @property
    def shop_refs(self) -> pa.Array:
        """Whose rows they are: as they say it themselves, or as their loans do."""
        return self.texts["shop_ref"] if self.shops_of_loans is None else self.shops_of_loans

    def find_loans(self) -> None:
        """Look up the loans that the rows name; rows of unknown loans are refused."""
        known = self.known.loans
        self.loans = known.find(self.texts["loan_ref"])
        self.shops_of_loans = known.shop_refs_at(self.loans)
        unknown = (self.loans < 0) & self.present("loan_ref")
        for row in np.flatnonzero(unknown).tolist():
            refused = self.texts["loan_ref"][row].as_py() in known.refused
            problem = "the row of this loan was refused" if refused else "no loan with this loan_ref is known"
            self.faults.setdefault(row, ("loan_ref", problem))

    def refuse(self, rows: Mask, column: str, problem: str) -> None:
        """Note the same fault for all marked rows that have none yet."""
        for row in np.flatnonzero(rows).tolist():
            self.faults.setdefault(row, (column, problem))

    def refuse_each(self, rows: Mask, column: str, problem: Callable[[int], str]) -> None:
        """Note a fault for all marked rows that have none yet, in words of its own for each."""
        for row in np.flatnonzero(rows).tolist():
            if row not in self.faults:
                self.faults[row] = (column, problem(row))

    def values(self, name: str) -> Numbers:
        """The converted numbers of a column; zeros where the file lacks it."""
        found = self.converted.get(name)
        return np.zeros(len(self.raw.lines), dtype=np.int64) if found is None else found.values

    def present(self, name: str) -> Mask:
        """Where a column holds something; nowhere, if the file lacks it."""
        found = self.texts.get(name)
        return np.zeros(len(self.raw.lines), dtype=bool) if found is None else cells.present_mask(found)

    def keep(self) -> Mask:
        """The rows without a fault."""
        good = np.ones(len(self.raw.lines), dtype=bool)
        good[list(self.faults)] = False
        return good

    def bad_rows(self, file: str) -> list[BadRow]:
        """The rows with a fault, in the order of the file."""
        return [
            BadRow(file, int(self.raw.lines[row]), column, self._value(row, column), problem)
            for row, (column, problem) in sorted(self.faults.items())
        ]

    def _value(self, row: int, column: str) -> str:
        texts = self.texts.get(column)
        if texts is None or not texts[row].is_valid:
            return ""
        return shown(str(texts[row].as_py()))


@dataclass(frozen=True, slots=True)
class Terms:
    """For each row the zone and currency of its shop, as positions in lists."""

    zones: npt.NDArray[np.int64]
    zone_names: list[str]
    currencies: npt.NDArray[np.int64]
    currency_codes: list[str]

    def digits(self) -> npt.NDArray[np.int64]:
        """Decimal digits of each row's currency."""
        return np.array([minor_digits(code) for code in self.currency_codes] or [2])[self.currencies]
