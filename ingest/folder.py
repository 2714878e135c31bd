"""A folder of Loam's own files, or one such file, as chunks of records in the order in which they can be stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingest.loam import read_rows
from ingest.loan_facts import LoanFacts, filled
from ingest.parquet import ParquetFile
from ingest.rows import Chunk, Known, RawRows, ShopTerms
from ingest.schedules import worked_out
from ingest.text import TextFile, UnreadableFileError, shown
from lending.known_loans import LoansOnRecord
from lending.records import APPLICATIONS, INSTALMENTS, LOANS, OF_LOANS, RECORD_KINDS, SHOPS, BadRow, RecordKind

SUFFIXES = (".csv", ".csv.gz", ".parquet")


class UnknownFormatError(Exception):
    """Nothing at this place looks like one of Loam's own files; the text says what was looked for."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an import: where it lies, what it holds, and its share of all bytes."""

    path: Path
    name: str
    kind: RecordKind
    share: float


@dataclass(frozen=True, slots=True)
class Source:
    """What an import reads: the files it knows, in order, and the names of those that it leaves alone."""

    files: tuple[SourceFile, ...]
    other_files: tuple[str, ...]

    @property
    def about_loans(self) -> bool:
        """Whether reading it needs to know the loans on record."""
        return any(file.kind in (LOANS, *OF_LOANS) for file in self.files)


def find(path: Path) -> Source:
    """The files of a folder by their names; a single file by its name, or else by its header.

    Raises:
        UnknownFormatError: where there is none, and for a path that does not exist.
    """
    if not path.exists():
        raise UnknownFormatError(f"There is no file or folder {path.name}.")
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    kinds = {found: _kind_by_name(found.name) for found in paths if found.is_file()}
    if path.is_file() and kinds[path] is None:
        kinds[path] = _kind_by_header(path)
    if not any(kinds.values()):
        raise UnknownFormatError(
            f"{path.name} holds none of Loam's own files ({_own_names()}). "
            "Nor has it the header of a platform's export that is read."
        )
    return _source(kinds, {found: found.name for found in kinds})


def find_uploaded(names: Mapping[Path, str]) -> Source:
    """The files of an upload, by the name that each was given and not by the one under which it was put down.

    Raises:
        UnknownFormatError: where none of them is one of Loam's own files.
    """
    kinds = {path: _kind_by_name(name) for path, name in names.items()}
    if not any(kinds.values()):
        raise UnknownFormatError(f"There is none of Loam's own files among these ({_own_names()}).")
    return _source(kinds, names)


def is_own_name(name: str) -> bool:
    """Whether a file goes by the name of one of Loam's own."""
    return _kind_by_name(name) is not None


def _own_names() -> str:
    return ", ".join(kind.name for kind in RECORD_KINDS) + ", as .csv, .csv.gz or .parquet"


def _source(kinds: Mapping[Path, RecordKind | None], names: Mapping[Path, str]) -> Source:
    total = sum(path.stat().st_size for path, kind in kinds.items() if kind is not None) or 1
    files = [
        SourceFile(path, names[path], kind, path.stat().st_size / total)
        for order in RECORD_KINDS
        for path, kind in kinds.items()
        if kind is order
    ]
    return Source(tuple(files), tuple(names[path] for path, kind in kinds.items() if kind is None))


def _kind_by_name(name: str) -> RecordKind | None:
    for kind in RECORD_KINDS:
        if name in {kind.name + suffix for suffix in SUFFIXES}:
            return kind
    return None


def _kind_by_header(path: Path) -> RecordKind | None:
    """The one kind whose required columns a file has all of, if there is exactly one."""
    if not path.name.endswith(SUFFIXES):
        return None
    file = _opened(path, path.name)
    try:
        next(file.batches(), None)
    except UnreadableFileError:
        return None
    fitting = [kind for kind in RECORD_KINDS if set(kind.required) <= set(file.header)]
    return fitting[0] if len(fitting) == 1 else None


def _opened(path: Path, name: str) -> TextFile | ParquetFile:
    return ParquetFile(path, name) if name.endswith(".parquet") else TextFile(path, name)


def first_records(file: SourceFile, count: int = 20) -> pa.Table:
    """The first records of a file in its own words, all columns as text, for a look before importing.

    `.to_pandas()` makes a frame of it. A file that cannot be read gives an empty table; `read` says why.
    """
    reader = _opened(file.path, file.name)
    try:
        batches = [raw.columns for raw in islice(reader.batches(), 1)]
    except UnreadableFileError:
        batches = []
    return pa.table(batches[0] if batches else dict.fromkeys(reader.header, pa.array([], pa.string()))).slice(0, count)


def read(
    source: Source,
    *,
    shops: Mapping[str, tuple[str, str]],
    default_zone: str,
    loans: LoansOnRecord | None = None,
) -> Iterator[Chunk]:
    """All records of a source, checked and converted, in chunks of some ten thousand.

    Args:
        source: what `find` found.
        shops: zone and currency of each shop on record, by its shop_ref.
        default_zone: IANA zone of a new shop whose row names none.
        loans: the loans on record; needed where the source is about loans (`about_loans`).

    Yields:
        Chunks in the order of lending.records.RECORD_KINDS. After each chunk of loans come the instalments of those
        for which the lender gives none, under the loans' own file and lines. A file that cannot be read further ends
        with a chunk whose last bad row has `whole_file`.
    """
    terms = {ref: ShopTerms(*each) for ref, each in shops.items()}
    known = Known(terms, default_zone, LoanFacts.on_record(loans or LoansOnRecord()))
    for file in source.files:
        if file.kind is INSTALMENTS:
            _note_numbers(file, known.loans)
    done = 0.0
    for file in source.files:
        for chunk in _chunks_of(file, known, terms):
            yield _at_share(chunk, done + chunk.share * file.share)
        done += file.share


def _at_share(chunk: Chunk, share: float) -> Chunk:
    return Chunk(
        chunk.kind, chunk.file, chunk.rows, chunk.lines, chunk.row_count, chunk.bad_rows, share, chunk.unknown_columns
    )


def _chunks_of(file: SourceFile, known: Known, terms: dict[str, ShopTerms]) -> Iterator[Chunk]:
    if file.kind is SHOPS:
        yield from _read_shops(file, known, terms)
    elif file.kind is LOANS:
        yield from _read_loans(file, known)
    else:
        for chunk in _read(file, known):
            if file.kind is APPLICATIONS and len(chunk.lines):
                refs = (chunk.rows[name].to_pylist() for name in ("application_ref", "shop_ref"))
                known.loans.application_shops.update(zip(*refs, strict=True))
            yield chunk


def _read(file: SourceFile, known: Known) -> Iterator[Chunk]:
    reader = _opened(file.path, file.name)
    try:
        first = True
        for raw in reader.batches():
            if first:
                _refuse_missing_columns(file.kind, reader.header)
            yield _chunk(file, raw, known, _unknown(file.kind, reader.header) if first else ())
            first = False
        if first:
            _refuse_missing_columns(file.kind, reader.header)
            yield _empty(file, _unknown(file.kind, reader.header))
    except UnreadableFileError as fault:
        bad_row = BadRow(file.name, fault.line, fault.column, fault.value, fault.problem, whole_file=True)
        yield Chunk(file.kind, file.name, pa.table({}), np.array([], dtype=np.int64), 1, [bad_row], 1.0)


def _chunk(file: SourceFile, raw: RawRows, known: Known, unknown: tuple[str, ...]) -> Chunk:
    rows, lines, bad_rows = read_rows(file.kind, raw, known, file.name)
    if file.kind is LOANS and bad_rows:
        known.loans.refused.update(set(raw.columns["loan_ref"].to_pylist()) - set(rows["loan_ref"].to_pylist()))
    both = sorted(raw.bad_rows + bad_rows, key=lambda bad_row: bad_row.line) if raw.bad_rows else bad_rows
    return Chunk(file.kind, file.name, rows, lines, raw.row_count, both, raw.share, unknown)


def _empty(file: SourceFile, unknown: tuple[str, ...]) -> Chunk:
    return Chunk(file.kind, file.name, pa.table({}), np.array([], dtype=np.int64), 0, [], 1.0, unknown)


def _refuse_missing_columns(kind: RecordKind, header: list[str]) -> None:
    if missing := [name for name in kind.required if name not in header]:
        raise UnreadableFileError(
            1, missing[0], shown(",".join(header)), f"the file lacks the column {' and '.join(missing)}"
        )


def _unknown(kind: RecordKind, header: list[str]) -> tuple[str, ...]:
    known = {column.name for column in kind.columns}
    return tuple(name for name in header if name not in known)


def _read_shops(file: SourceFile, known: Known, terms: dict[str, ShopTerms]) -> Iterator[Chunk]:
    """Shops in one piece, since the terms of a shop that is listed twice must be settled before its orders are read."""
    chunks = list(_read(file, Known(dict(terms), known.default_zone)))
    for chunk in chunks:
        if not len(chunk.lines):
            continue
        names = ("shop_ref", "time_zone", "currency")
        for ref, zone, currency in zip(*(chunk.rows[name].to_pylist() for name in names), strict=True):
            # Two rows with different terms are refused when they are compared; until then the first one holds.
            terms.setdefault(ref, ShopTerms(zone, currency))
    yield from chunks


def _read_loans(file: SourceFile, known: Known) -> Iterator[Chunk]:
    """Loans, and after each chunk of them the schedules that the lender does not give itself."""
    for chunk in _read(file, known):
        yield chunk
        if not len(chunk.lines):
            continue
        rows = chunk.rows
        own = known.loans.has_own_schedule(rows["loan_ref"].to_pylist(), filled(rows, "instalments", 0))
        wanted = known.loans.add(rows) & ~own
        yield from worked_out(rows.filter(pa.array(wanted)), chunk.lines[wanted], file.name, chunk.share)


def _note_numbers(file: SourceFile, facts: LoanFacts) -> None:
    """Look through an instalments file for the loans that it is about, before these are read."""
    reader = _opened(file.path, file.name)
    try:
        for raw in reader.batches():
            if {"loan_ref", "sequence"} <= raw.columns.keys() and len(raw.lines):
                facts.note_numbers(raw.columns["loan_ref"], raw.columns["sequence"])
    except UnreadableFileError:
        return  # the reading proper says why
