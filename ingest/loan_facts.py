"""What is known of loans while files about them are read: those on record, and those of the files before."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lending.known_loans import NEVER, LoansOnRecord

Numbers = npt.NDArray[np.int64]


def _numbers() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class LoanFacts:
    """Each known loan at a place of its own, with what its rows are held against. Days count from 1970-01-01."""

    application_shops: dict[str, str] = field(default_factory=dict)
    """The shop_ref of each known application."""
    given: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of each loan of the instalments files the least and the greatest number of its rows."""
    later_schedules: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Loans of the files whose rows were refused, and that are not on record."""
    _places: dict[str, int] = field(default_factory=dict)
    _shops: list[str] = field(default_factory=list)
    _on_record: int = 0
    _own: bytearray = field(default_factory=bytearray)
    _named: set[str] = field(default_factory=set)
    """Loans that the files named so far."""
    disbursed: "array[int]" = field(default_factory=_numbers)
    counts: "array[int]" = field(default_factory=_numbers)
    restructured: "array[int]" = field(default_factory=_numbers)

    @classmethod
    def on_record(cls, known: LoansOnRecord) -> "LoanFacts":
        """The facts before any file was read."""
        return cls(
            application_shops=dict(known.application_shops),
            later_schedules=known.later_schedules,
            _places={ref: place for place, ref in enumerate(known.loan_refs)},
            _shops=list(known.shop_refs),
            _on_record=len(known.loan_refs),
            _own=bytearray(known.own_schedules.astype(np.uint8).tobytes()),
            disbursed=array("q", known.disbursed_days.tolist()),
            counts=array("q", known.counts.tolist()),
            restructured=array("q", known.restructured_days.tolist()),
        )

    def find(self, refs: pa.Array) -> Numbers:
        """The places of loans by their references, -1 for unknown ones."""
        encoded = pc.dictionary_encode(refs)
        places = np.array([self._places.get(ref, -1) for ref in encoded.dictionary.to_pylist()], dtype=np.int64)
        return places[encoded.indices.to_numpy()] if len(places) else np.zeros(0, dtype=np.int64)

    def shop_refs_at(self, places: Numbers) -> pa.Array:
        """The shops of loans at places; an empty text at -1."""
        used, positions = np.unique(places, return_inverse=True)
        shops = pa.array(["" if place < 0 else self._shops[place] for place in used.tolist()], pa.string())
        return shops.take(pa.array(positions))

    def at(self, name: str, places: Numbers) -> Numbers:
        """A fact of the loans at places; that of some loan at -1."""
        values = np.frombuffer(getattr(self, name), dtype=np.int64) if self._shops else np.zeros(1, dtype=np.int64)
        return values[np.maximum(places, 0)]

    def has_own_schedule(self, refs: list[str], counts: Numbers) -> npt.NDArray[np.bool_]:
        """Whether the lender gives the first schedule of loans itself, in these files or on record before.

        Args:
            refs: of the loans.
            counts: their numbers of instalments, 0 where they do not say.
        """
        return np.array(
            [self._has_own(ref, count) for ref, count in zip(refs, counts.tolist(), strict=True)], dtype=bool
        )

    def _has_own(self, ref: str, count: int) -> bool:
        least, _ = self.given.get(ref, (0, 0))
        if least and (not count or least <= count):
            return True
        place = self._places.get(ref, self._on_record)
        return place < self._on_record and bool(self._own[place])

    def note_numbers(self, refs: pa.Array, numbers: pa.Array) -> None:
        """Note which loans rows of an instalments file are of, and their numbers."""
        numbers = pc.if_else(pc.match_substring_regex(numbers, "^[0-9]{1,9}$"), numbers, "1").cast(pa.int64())
        found = pa.table({"ref": refs, "number": numbers}).group_by("ref").aggregate(
            [("number", "min"), ("number", "max")]
        )  # fmt: skip
        rows = (found[name].to_pylist() for name in ("ref", "number_min", "number_max"))
        for ref, least, most in zip(*rows, strict=True):
            before = self.given.get(ref, (least, most))
            self.given[ref] = max(1, min(least, before[0])), max(most, before[1])

    def add(self, rows: pa.Table) -> npt.NDArray[np.bool_]:
        """Take in the good rows of a loans file.

        Returns:
            Which of them are the first of their loan; of two rows that differ both are refused later.
        """
        first = np.zeros(len(rows), dtype=bool)
        counts = filled(rows, "instalments", 0)
        restructured = filled(rows, "restructured_on", NEVER)
        disbursed = filled(rows, "disbursed_on", 0)
        names = (rows[name].to_pylist() for name in ("loan_ref", "shop_ref"))
        for number, (ref, shop) in enumerate(zip(*names, strict=True)):
            if ref in self._named:
                continue
            self._named.add(ref)
            first[number] = True
            place = self._places.get(ref)
            if place is None:
                self._places[ref] = len(self._shops)
                self._shops.append(shop)
                self.disbursed.append(int(disbursed[number]))
                self.counts.append(int(counts[number]))
                self.restructured.append(int(restructured[number]))
            else:
                self._shops[place], self.disbursed[place] = shop, int(disbursed[number])
                self.counts[place], self.restructured[place] = int(counts[number]), int(restructured[number])
        return first


def filled(rows: pa.Table, name: str, filler: int) -> Numbers:
    """A column of whole numbers, missing ones filled; all of them where there is no such column."""
    if name not in rows.column_names:
        return np.full(len(rows), filler, dtype=np.int64)
    return np.asarray(rows[name].fill_null(filler).combine_chunks().to_numpy(zero_copy_only=False), dtype=np.int64)
