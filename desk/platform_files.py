"""The exports of platforms on the Imports page: what an upload holds, what each file is, and how it is brought in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from db import buyer_key, imports
from db.consents import BroughtIn
from db.engine import open_session
from db.import_reports import ImportReport, rejected_whole
from ingest import exports, left_alone, olist, olist_tables, sources
from ingest.export_records import ExportFormat, Hasher
from ingest.exports import NewShop, Recognised, UnusableShop
from ingest.rows import Chunk, TooManyRowsError, at_most
from lending.consent import Given
from settings import settings

SHOWN = 20
"""Records that are shown of each kind before anything is stored."""
TIMES = {"placed_at", "booked_at"}
FORMATS = {each.name: each for each in exports.FORMATS}


@dataclass(frozen=True, slots=True)
class PlatformFile:
    """One file of an upload that is a platform's export, by its given name."""

    name: str
    found: Recognised

    @property
    def title(self) -> str:
        """What it is, in words."""
        return self.found.format.title


@dataclass(frozen=True, slots=True)
class PlatformTable:
    """One file of an upload that is one of Olist's tables."""

    name: str
    title: str
    encoding: str
    certain: bool
    """Whether it has all the columns that are needed."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload holds, by given names."""

    exports: tuple[PlatformFile, ...]
    tables: tuple[PlatformTable, ...]
    own: tuple[str, ...]
    """Those that go by the names of Loam's own files."""
    unknown: tuple[str, ...]
    left_alone: Mapping[str, str]
    """Files that are known and hold nothing for the record, each with what it is."""

    @property
    def count(self) -> int:
        """How many files there are."""
        return len(self.exports) + len(self.tables) + len(self.own) + len(self.unknown) + len(self.left_alone)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose export it is, and what that shop consented to."""

    shop_ref: str
    new_name: str = ""
    """The name of a shop that is not on record yet."""
    consent: Given | None = None

    def shop(self, known: Mapping[str, tuple[str, str]]) -> tuple[str, str, str] | NewShop:
        """As ingest.exports.Export.of takes it.

        Args:
            known: of db.imports.known_shops.

        Raises:
            UnusableShop: where a new one has the number of one on record, or its number or name can't be kept.
        """
        if not self.new_name:
            return self.shop_ref, *known[self.shop_ref]
        if self.shop_ref in known:
            raise UnusableShop(f"There is a shop with the number {self.shop_ref} on record already.")
        shop = NewShop(self.shop_ref, self.new_name)
        shop.check()
        return shop


def sorted_out(
    names: Mapping[Path, str], said: Mapping[str, str], saved: Mapping[str, ExportFormat] | None = None
) -> Upload:
    """Which files of an upload are platforms' exports.

    Args:
        names: each file's given name. One by the name of Loam's own files is one of those.
        said: for a file's given name the name of the format that a person says it has. Where its header does not
            name enough of that format's columns, it is unknown.
        saved: by name, the formats whose columns people have said themselves.
    """
    known = {**FORMATS, **(saved or {})}
    formats = {name: (known[form],) for name, form in said.items() if form in known}
    found = sources.sorted_out(names, formats, saved=list((saved or {}).values()))
    alone = {path: why for path in found.unknown if (why := left_alone.why(path))}
    return Upload(
        tuple(PlatformFile(names[path], each) for path, each in found.exports.items()),
        tuple(PlatformTable(file.name, file.layout.title, file.head.encoding, file.certain) for file in found.tables),
        found.named(found.own),
        found.named([path for path in found.unknown if path not in alone]),
        {names[path]: why for path, why in alone.items()},
    )


def bring_in(
    engine: Engine,
    path: Path,
    file: PlatformFile,
    whose: Whose | None,
    *,
    person_id: int,
    today: date,
    time_zone: str,
    most_rows: int,
    dry_run: bool = False,
    rest: bool = False,
    accepted_because: str = "",
    progress: imports.Progress | None = None,
) -> tuple[ImportReport, dict[str, pd.DataFrame]]:
    """Store an export as the records of a shop, or look at what that would do.

    Args:
        engine: the database.
        path: where the export lies.
        file: what it is.
        whose: the shop, on record or new; None for a look before anybody has said so.
        person_id: who imports.
        today: the day at the desk, for the consent.
        time_zone: of the desk, for the same.
        most_rows: how many records the file may have.
        dry_run: store nothing.
        rest: leave the bad rows out.
        accepted_because: why it is stored though its own totals differ from its rows.
        progress: called while it runs.

    Returns:
        The report, and of each kind of record the first ones as they were understood.

    Raises:
        KeyMissing: where the key of the record is gone.
        UnusableShop: as `Whose.shop` says.
        DatabaseUnavailable, NotAllowed, ConsentRefused: as db.imports.store says.
    """
    with open_session(engine) as session:
        known = imports.known_shops(session)
    hasher = Hasher(buyer_key.of(engine, needed=not dry_run))
    export = exports.Export.of(path, file.name, file.found, hasher, None if whose is None else whose.shop(known))
    consent = (
        None if whose is None or whose.consent is None else BroughtIn(whose.shop_ref, whose.consent, today, time_zone)
    )
    first: dict[str, pd.DataFrame] = {}
    chunks = noting_first(export.chunks(), export.terms.time_zone, first)
    try:
        report = imports.store(
            engine, at_most(chunks, most_rows), person_id=person_id, source=file.name, format=export.format, rest=rest,
            dry_run=dry_run, progress=progress, export=export, accepted_because=accepted_because,
            consent=consent, keep=[(file.name, path)] if settings().keep_originals else (),
        )  # fmt: skip
    except TooManyRowsError as error:
        return rejected_whole(str(error)), {}
    return report, first


def noting_first(chunks: Iterable[Chunk], time_zone: str, first: dict[str, pd.DataFrame]) -> Iterator[Chunk]:
    """The same chunks; the first records of each kind are put aside, with times where the shop is."""
    for chunk in chunks:
        kind, known = chunk.kind.name, first.get(chunk.kind.name)
        if chunk.file and chunk.rows.num_columns and (known is None or len(known) < SHOWN):
            rows = chunk.rows.slice(0, SHOWN - (0 if known is None else len(known))).to_pandas()
            for name in TIMES & set(rows):
                rows[name] = pd.to_datetime(rows[name], unit="us", utc=True).dt.tz_convert(time_zone)
            first[kind] = rows if known is None else pd.concat([known, rows], ignore_index=True)
        yield chunk


def bring_in_tables(
    engine: Engine,
    names: Mapping[Path, str],
    *,
    person_id: int,
    source: str,
    most_rows: int,
    dry_run: bool = False,
    rest: bool = False,
    progress: imports.Progress | None = None,
) -> tuple[ImportReport, dict[str, pd.DataFrame]]:
    """Store Olist's tables as the records of the shops that they name, or look at what that would do.

    Args:
        engine: the database.
        names: the files of the upload, each with its given name; those that are no tables are left alone.
        person_id: who imports.
        source: where the tables come from, in a word.
        most_rows: how many rows they may have.
        dry_run: store nothing.
        rest: leave the bad rows out.
        progress: called while it runs.

    Returns:
        The report, and of each kind of record the first ones as they were understood.

    Raises:
        KeyMissing: where the key of the record is gone.
        DatabaseUnavailable, NotAllowed: as db.imports.store says.
    """
    found = sources.sorted_out(names, {})
    with open_session(engine) as session:
        known = imports.known_shops(session)
    try:
        tables = olist.OlistTables.of(found.tables, Hasher(buyer_key.of(engine, needed=not dry_run)), known)
    except olist.UnusableTables as error:
        return rejected_whole(str(error), olist.NAME), {}
    first: dict[str, pd.DataFrame] = {}
    chunks = noting_first(tables.chunks(), olist_tables.TIME_ZONE, first)
    try:
        report = imports.store(
            engine, at_most(chunks, most_rows), person_id=person_id, source=source, format=olist.NAME, rest=rest,
            dry_run=dry_run, progress=progress, export=tables,
            keep=[(each.name, each.path) for each in found.tables] if settings().keep_originals else (),
        )  # fmt: skip
    except TooManyRowsError as error:
        return rejected_whole(str(error)), {}
    # What went back is unknown, and no zero.
    return report, {kind: rows.drop(columns="refunded_minor", errors="ignore") for kind, rows in first.items()}
