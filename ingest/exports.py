"""The platforms' exports that can be read: which one a file is, and its records as chunks for the import."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from ingest import taobao
from ingest.delimited import DelimitedFile, Head, HeaderLine, read_head
from ingest.export_records import ExportFormat, Hasher, Reader, Task, Translated
from ingest.loam import read_rows
from ingest.rows import Chunk, Known, ShopTerms
from ingest.text import UnreadableFileError
from lending.records import ORDERS, BadRow, RecordKind

FORMATS: tuple[ExportFormat, ...] = (taobao.ORDERS_EXPORT,)
LEAST_FIT = 0.6
"""A header with fewer of a format's required columns than this share is not taken for that format's."""

Sureness = Literal["certain", "likely"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was found to be, and why."""

    format: ExportFormat
    head: Head
    header: HeaderLine
    sure: Sureness
    why: str
    """A sentence for a person."""


def recognise(path: Path, formats: Sequence[ExportFormat] = FORMATS) -> Recognised | None:
    """Which export a file is, by the names in its header, wherever that stands; None where it is none of them.

    The name of the file counts for nothing. Of several lines or formats that fit, the one with the most required
    columns, then with the most known ones, is taken.
    """
    try:
        head = read_head(path)
    except UnreadableFileError:
        return None
    best: tuple[float, int, Recognised] | None = None
    for header in head.header_lines():
        for candidate in formats:
            fit = candidate.fit(header.names)
            known = sum(name in wordings for name in header.names for wordings in candidate.columns.values())
            if fit >= LEAST_FIT and (best is None or (fit, known) > best[:2]):
                best = fit, known, _recognised(candidate, head, header, fit, known)
    return best[2] if best else None


def _recognised(candidate: ExportFormat, head: Head, header: HeaderLine, fit: float, known: int) -> Recognised:
    why = f"Line {header.line} names {known} of the {len(candidate.columns)} columns that are read of {candidate.title}"
    why += "." if fit == 1 else ", but not all that are needed."
    return Recognised(candidate, head, header, "certain" if fit == 1 else "likely", why)


@dataclass(slots=True)
class Export:
    """One export on its way in. `chunks` reads it; then `summary` tells what it adds up to."""

    path: Path
    name: str
    found: Recognised
    shop_ref: str
    terms: ShopTerms
    hasher: Hasher
    summary: dict[str, Any]

    def chunks(self) -> Iterator[Chunk]:
        """All records, checked and converted. A file that cannot be read further ends with a chunk that says so."""
        form = self.found.format
        file = DelimitedFile(
            self.path, self.name, self.found.head, self.found.header, form.is_note, blank_lines=form.blank_lines
        )
        reader = form.reader(Task(file, self.shop_ref, self.terms.currency, self.terms.time_zone, self.hasher))
        try:
            yield from self._read(file, reader)
        except UnreadableFileError as fault:
            bad_row = BadRow(self.name, fault.line, fault.column, fault.value, fault.problem, whole_file=True)
            yield _chunk_of_faults(ORDERS, self.name, [bad_row])
        self.summary |= reader.summary()

    def _read(self, file: DelimitedFile, reader: Reader) -> Iterator[Chunk]:
        header = self.found.header
        known = Known({self.shop_ref: self.terms}, self.terms.time_zone)
        places = self.found.format.places(header.names, header.line)
        others = tuple(name for place, name in enumerate(header.names) if name and place not in places.values())
        kind = ORDERS
        for raw in file.batches(places):
            count, faults = raw.row_count, list(raw.bad_rows)
            for translated in reader.translate(raw):
                kind = translated.kind
                chunk = self._checked(translated, reader, known, faults)
                yield replace(chunk, row_count=count, share=raw.share, unknown_columns=others)
                count, faults, others = 0, [], ()
            if count:
                yield replace(_chunk_of_faults(kind, self.name, faults), row_count=count, share=raw.share)
        if ending := reader.finish():
            yield replace(_chunk_of_faults(kind, self.name, ending), row_count=0)

    def _checked(self, translated: Translated, reader: Reader, known: Known, faults: list[BadRow]) -> Chunk:
        """The rows of one kind in the units of the record; faults are told in the words of the export."""
        raw = translated.raw
        rows, lines, refused = read_rows(translated.kind, raw, known, self.name)
        reader.count(translated, rows, np.isin(raw.lines, lines, assume_unique=True))
        told = [replace(row, column=translated.columns.get(row.column, row.column)) for row in refused]
        bad_rows = sorted([*faults, *raw.bad_rows, *told], key=lambda row: row.line)
        return Chunk(translated.kind, self.name, rows, lines, raw.row_count, bad_rows, raw.share)


def _chunk_of_faults(kind: RecordKind, name: str, bad_rows: list[BadRow]) -> Chunk:
    return Chunk(kind, name, pa.table({}), np.array([], dtype=np.int64), len(bad_rows), bad_rows, 1.0)
