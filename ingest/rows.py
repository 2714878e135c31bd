"""What the readers hand on: chunks of records in the units of the record, beside the rows they had to refuse."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.loan_facts import LoanFacts
from lending.records import BadRow, RecordKind


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records of one file, checked and converted, in the order of the file."""

    kind: RecordKind
    file: str
    rows: pa.Table
    """The good rows: columns as the tables of the record name them, with `shop_ref` in place of the shop's id."""
    lines: npt.NDArray[np.int64]
    """For each good row the physical line on which its record begins."""
    row_count: int
    """Records read, good and bad."""
    bad_rows: list[BadRow]
    share: float
    """Share of all files of this import that has been read, 0 to 1."""
    unknown_columns: tuple[str, ...] = ()


class TooManyRowsError(ValueError):
    """An import has more records than it may; the text says how many it may have."""


def at_most(chunks: Iterable[Chunk], rows: int) -> Iterator[Chunk]:
    """The same chunks, for as long as they have together no more than so many records, good and bad.

    Raises:
        TooManyRowsError: at the chunk that would be one too many; nothing after it is read.
    """
    read = 0
    for chunk in chunks:
        read += chunk.row_count
        if read > rows:
            raise TooManyRowsError(
                f"These files have more than {rows:,} records, which is the most for one upload. Bring in fewer at a "
                "time, or use the import command."
            )
        yield chunk


@dataclass(frozen=True, slots=True)
class RawRows:
    """Some records of a file as text, before any cell is looked at. Each column has one value per record.

    Amounts that a reader of exports has worked out are exact decimals, null where there is none.
    """

    columns: dict[str, pa.Array]
    lines: npt.NDArray[np.int64]
    row_count: int
    bad_rows: list[BadRow]
    share: float
    """Share of this file that has been read."""


@dataclass(frozen=True, slots=True)
class ShopTerms:
    """What the readers must know of a shop before they can read its records."""

    time_zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the readers know when they come to a row: from the record, and from the files read before."""

    shops: Mapping[str, ShopTerms]
    """The zone and currency of every shop that a row may name; for `shops` itself those on record."""
    default_zone: str
    """The zone of a new shop whose row names none."""
    loans: LoanFacts = field(default_factory=LoanFacts)
