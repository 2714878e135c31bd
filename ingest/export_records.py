"""What a reader of a platform's exports is: how its files are known, and what it makes of their rows.

A reader translates rows into the text columns of Loam's own record kinds, so that everything behind it (the checks of
ingest.loam, the comparison with the record, `--rest`, replaced rows) goes one way for all sources.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cells import Mask
from ingest.delimited import DelimitedFile, Head, HeaderLine, nothing_is_a_note
from ingest.letters import filled_part
from ingest.rows import RawRows
from ingest.text import UnreadableFileError, shown
from lending.records import BadRow, Difference, RecordKind

REF_LETTERS = 32
MOST_WAITING = 1_000_000


@dataclass(frozen=True, slots=True)
class Hasher:
    """Turns names of buyers and counterparties into references that only the holder of the key can make again.

    It is BLAKE2b with a key (RFC 7693, section 2.9), which takes half the time of HMAC-SHA256 over a short name.
    """

    key: bytes = field(repr=False)
    """From 16 to 64 bytes."""

    def refs(self, names: pa.Array) -> pa.Array:
        """A reference of 32 hexadecimal digits for each name; none for an empty one.

        The same name gives the same reference in every file of every platform under one key.
        """
        encoded = pc.dictionary_encode(names)
        texts = encoded.dictionary.cast(pa.binary()).to_pylist()
        digests = b"".join(self._digests(texts))
        ends = np.cumsum([REF_LETTERS if text else 0 for text in texts], dtype=np.int32)
        offsets = pa.py_buffer(np.concatenate([np.zeros(1, dtype=np.int32), ends]))
        refs = pa.Array.from_buffers(pa.string(), len(texts), [None, offsets, pa.py_buffer(digests.hex().encode())])
        return refs.take(encoded.indices)

    def _digests(self, texts: list[bytes]) -> Iterator[bytes]:
        # To copy a hash that has the key already takes two thirds of the time of making one.
        keyed = blake2b(digest_size=REF_LETTERS // 2, key=self.key)
        for text in filter(None, texts):
            each = keyed.copy()
            each.update(text)
            yield each.digest()


@dataclass(slots=True)
class Distinct:
    """Counts how many different references there are, by the first 64 bits of each."""

    _seen: list[npt.NDArray[np.uint64]] = field(default_factory=list)
    _waiting: int = 0

    def add(self, refs: pa.Array) -> None:
        """Take note of references that a `Hasher` made; empty and missing ones count for nothing."""
        digits = filled_part(refs.drop_null()).tobytes().decode()
        self._seen.append(np.frombuffer(bytes.fromhex(digits), dtype=np.uint64)[:: REF_LETTERS // 16].copy())
        self._waiting += len(self._seen[-1])
        if self._waiting > MOST_WAITING:
            self._seen, self._waiting = [self._sorted()], 0

    def _sorted(self) -> npt.NDArray[np.uint64]:
        # np.unique looks each number up in a table, which takes ten times as long.
        numbers = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *self._seen]))
        first = np.ones(min(len(numbers), 1), dtype=bool)
        different: npt.NDArray[np.uint64] = numbers[np.concatenate([first, numbers[1:] != numbers[:-1]])]
        return different

    def count(self) -> int:
        """How many different ones there were."""
        return len(self._sorted())


@dataclass(frozen=True, slots=True)
class Translated:
    """Rows of an export as one of Loam's record kinds, in text; amounts may be decimals."""

    kind: RecordKind
    raw: RawRows
    """Its bad rows are those that the translation refused; the base's own are added by `ingest.exports`."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """For a column of the record kind the name of the export's column from which it comes, for bad rows."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What the reader wants to know of these rows when it counts them: arrays with one value per row of `raw`."""
    worked_out: bool = False
    """Whether these follow from rows that are translated already: they stand in no file, and are not counted."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What only a whole file shows."""

    bad_rows: tuple[BadRow, ...] = ()
    """Rows that nobody could refuse before; `--rest` leaves them out."""
    differences: tuple[Difference, ...] = ()
    """Totals of the file that its rows don't come to: they block, `--rest` or not, until somebody accepts them."""
    warnings: tuple[str, ...] = ()
    """Sentences for a person; they block nothing."""


class Reader(Protocol):
    """Reads one file of a format; it is made anew for each."""

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Translate some rows. The columns are named by the keys of `ExportFormat.columns`; those that the file lacks
        are absent. A row that is refused is left out and named among the bad rows.
        """
        ...

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Take note of rows that passed all checks.

        Args:
            translated: as `translate` gave it.
            rows: those that passed, in the units of the record, as ingest.loam.read_rows has them.
            keep: a mask over the rows of `translated`, True for those.
        """
        ...

    def remaining(self) -> Sequence[Translated]:
        """What could only be translated once all rows were there; called once, after them. Nothing, as a rule."""
        ...

    def finish(self) -> Ending:
        """What only the whole file shows, such as totals that its rows don't come to; called once, after all rows."""
        ...

    def summary(self) -> dict[str, Any]:
        """What the file adds up to, under the names of FORMATS.md; called after `finish`."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """What a reader is told of the file that it reads."""

    file: DelimitedFile
    shop_ref: str
    currency: str
    time_zone: str
    hasher: Hasher


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The columns by whose names a table is known."""

    name: str
    """As reports name it, such as taobao_orders."""
    title: str
    """In words for a person."""
    columns: Mapping[str, tuple[str, ...]]
    """For each column that is read the wordings of its name, the usual one first. Others are left alone."""
    required: tuple[str, ...]
    """Keys of the columns without which a file is refused."""

    def fit(self, names: Sequence[str]) -> float:
        """How much of a header looks like this one: the share of the required columns that it has."""
        there = set(names)
        return sum(not there.isdisjoint(self.columns[key]) for key in self.required) / len(self.required)

    def known(self, names: Sequence[str]) -> int:
        """How many of the columns that are read a header has."""
        there = set(names)
        return sum(not there.isdisjoint(wordings) for wordings in self.columns.values())

    def names_in(self, names: Sequence[str]) -> dict[str, str]:
        """What a header calls each column; the usual wording of those that it lacks."""
        return {
            key: next((name for name in names if name in wordings), wordings[0])
            for key, wordings in self.columns.items()
        }

    def places(self, names: Sequence[str], line: int) -> dict[str, int]:
        """Where in a header each column stands that is read.

        Raises:
            UnreadableFileError: where a required one is missing, or one of them is there twice.
        """
        found: dict[str, int] = {}
        for key, wordings in self.columns.items():
            at = [place for place, name in enumerate(names) if name in wordings]
            if len(at) > 1:
                name = names[at[0]]
                raise UnreadableFileError(line, name, name, "the header names this column twice")
            if at:
                found[key] = at[0]
        missing = [self.columns[key][0] for key in self.required if key not in found]
        if missing:
            raise UnreadableFileError(
                line, missing[0], shown(",".join(names)),
                f"the file lacks the column {' and '.join(missing)}; export it again with all columns",
            )  # fmt: skip
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat(Layout):
    """One kind of file that a platform exports."""

    platform: str
    """As `--format` names it."""
    currency: str
    """In which its amounts are, where the file does not say."""
    time_zone: str
    """Whose clock its times follow, where they don't say."""
    reader: Callable[[Task], Reader]
    is_note: Callable[[Sequence[str]], bool] = nothing_is_a_note
    """As in ingest.delimited.DelimitedFile."""
    blank_lines: bool = False
    currency_in: Callable[[Head, HeaderLine], str] | None = None
    """Finds the currency in the first lines of a file that says it; empty where they don't."""
    lacks: str = ""
    """What a lender needs that these files don't hold, and which file beside them does: a sentence for a person."""

    def currency_of(self, head: Head, header: HeaderLine) -> str:
        """In which a file's amounts are."""
        return (self.currency_in(head, header) if self.currency_in else "") or self.currency
