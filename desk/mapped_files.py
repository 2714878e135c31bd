"""Files that no reader knows, on the Imports page: what stands in them, and what a form makes of them."""

import secrets
from collections.abc import Mapping as Named
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pandas as pd
from sqlalchemy import Engine

from db import mappings as kept
from db.engine import open_session
from desk.platform_files import SHOWN, noting_first
from ingest import column_guesses, mapping, sources
from ingest.currencies import CURRENCIES
from ingest.export_records import ExportFormat, Hasher
from ingest.exports import Export, Recognised
from ingest.loam import is_zone
from ingest.mapped_file import PLATFORM, format_of
from ingest.mapping import STYLES, Mapping, UnusableMapping
from ingest.survey import Survey, survey
from ingest.written_days import ORDERS_OF_DAY
from lending.records import ACCOUNTS, BadRow
from settings import settings

NOT_SAVED = "this form"
SURVEYED = (".csv", ".txt", ".tsv")


@dataclass(frozen=True, slots=True)
class Saved:
    """Columns that people have saved, as they can be used now."""

    formats: Named[str, ExportFormat]
    """By the name of the format."""
    mappings: Named[str, Mapping]
    """By the name of the format."""
    rows: tuple[kept.SavedMapping, ...]

    def named(self, name: str) -> ExportFormat | None:
        """The format of a name."""
        return self.formats.get(f"{PLATFORM}:{' '.join(name.split())}")

    def fitting(self, path: Path) -> tuple[str, ...]:
        """The names of those whose columns a file has all of."""
        each = (sources.mapped(path, (form,)) for form in self.formats.values())
        return tuple(saved_name(found) for found in each if found is not None)

    @property
    def names(self) -> list[str]:
        """Under which names they are saved."""
        return [row.name for row in self.rows]

    @property
    def version(self) -> int:
        """Changes with any of them."""
        return hash(tuple((row.name, row.body) for row in self.rows))


def saved(engine: Engine) -> Saved:
    """All columns that are saved; what an older or newer Loam wrote and this one can't read is left out."""
    with open_session(engine) as session:
        rows = kept.every(session)
    formats, read = {}, {}
    for row in rows:
        try:
            one = Mapping.from_json(row.body)
        except UnusableMapping:
            continue
        form = format_of(one, row.name)
        formats[form.name], read[form.name] = form, one
    return Saved(formats, read, tuple(rows))


def saved_name(found: Recognised) -> str:
    """The name under which the columns of a file are saved."""
    return found.format.name.removeprefix(f"{PLATFORM}:")


def looked_at(names: Named[Path, str], name: str) -> Survey | None:
    """What stands in one file of an upload; None where it is no table."""
    path = next((path for path, given in names.items() if given == name), None)
    return survey(path) if path is not None and name.lower().endswith(SURVEYED) else None


@dataclass(frozen=True, slots=True)
class Offered:
    """What the form has to choose from, for one kind of record."""

    needed: tuple[str, ...]
    more: tuple[str, ...]
    """Columns that may be left out."""
    word_column: str
    """The column whose words need a meaning; empty for daily totals."""
    meanings: tuple[str, ...]
    styles: Named[str, tuple[str, str]]
    """For an amount how it is written: the sign before the decimals, and the one between thousands."""
    days: Named[str, str]
    currencies: tuple[str, ...]
    zones: tuple[str, ...]
    accounts: tuple[str, ...]
    """Empty where a record has none."""
    most_words: int


@cache
def offered(kind: str) -> Offered:
    """What the form offers for one kind of record."""
    needed = mapping.needed(kind)
    said_apart = {*needed, "currency", mapping.WORD_COLUMN.get(kind, "")}
    more = tuple(name for name in mapping.mappable(kind) if name not in said_apart)
    accounts = ACCOUNTS if kind == "wallet_entries" else ()
    return Offered(
        needed, more, mapping.WORD_COLUMN.get(kind, ""), mapping.meanings(kind),
        {style.example: (style.decimal, style.group) for style in STYLES}, ORDERS_OF_DAY, tuple(sorted(CURRENCIES)),
        tuple(sorted(name for name in available_timezones() if is_zone(name))), accounts, mapping.MOST_WORDS,
    )  # fmt: skip


def kind_of(seen: Survey, known: Mapping | None) -> str:
    """What the rows of a file are: as it is saved, or a first guess."""
    return known.kind if known is not None else column_guesses.guess(seen).kind


def start(seen: Survey, kind: str, known: Mapping | None) -> Mapping:
    """What the form begins with for a kind of record: what is saved, or first guesses and the desk's own clock.

    In which currency its amounts are is never guessed: nothing in them tells.

    Args:
        seen: what stands in the file.
        kind: what its rows are.
        known: what is saved; None for a file that nobody knows.
    """
    if known is not None and known.kind == kind:
        return known
    found = column_guesses.guess(seen, kind)
    return replace(
        found, currency="", time_zone=settings().time_zone, account="wallet" if kind == "wallet_entries" else "",
    )  # fmt: skip


def written(seen: Survey, begun: Mapping, known: Mapping | None, columns: Named[str, str]) -> Mapping:
    """What the form suggests of amounts, days and words once its columns are chosen: what is saved, or says itself."""
    return begun if begun is known else column_guesses.written(seen, begun.kind, columns)


@dataclass(frozen=True, slots=True)
class Look:
    """What a form as it stands makes of a file."""

    mapping: Mapping
    lacking: tuple[str, ...]
    """What has not been said yet; with it nothing is read."""
    records: Named[str, pd.DataFrame]
    bad_rows: tuple[BadRow, ...]
    currency: str = ""


def look(names: Named[Path, str], name: str, seen: Survey, chosen: Named[str, Any]) -> Look:
    """Read the first records of a file as a form says.

    Args:
        names: the files of the upload, each with its given name.
        name: which of them.
        seen: what stands in it.
        chosen: the members of a mapping, as the form has them.
    """
    said = Mapping(**chosen)
    if lacks := said.lacking():
        return Look(said, tuple(lacks), {}, ())
    (path,) = (path for path, given in names.items() if given == name)
    found = Recognised(format_of(said, NOT_SAVED), seen.head, seen.header, "likely", "")
    export = Export.of(path, name, found, Hasher(secrets.token_bytes(32)), None)
    first: dict[str, pd.DataFrame] = {}
    bad_rows: list[BadRow] = []
    chunks = noting_first(export.chunks(), export.terms.time_zone, first)
    for chunk in chunks:
        bad_rows += chunk.bad_rows[: SHOWN - len(bad_rows)]
        if chunk.file:
            break  # one part of the file is enough to see how it is understood
    return Look(said, (), first, tuple(bad_rows), found.currency)


def save(engine: Engine, said: Mapping, *, name: str, replaces: bool, person_id: int) -> str:
    """Save what a form says under a name; gives the name as it is kept.

    Raises:
        MappingRefused, NotAllowed: as db.mappings.save says.
    """
    with open_session(engine, write=True) as session:
        return kept.save(session, name, said.to_json(), person_id=person_id, replaces=replaces)


def forget(engine: Engine, name: str, *, person_id: int) -> None:
    """Delete what is saved under a name.

    Raises:
        NotAllowed: as db.mappings.delete says.
    """
    with open_session(engine, write=True) as session:
        kept.delete(session, name, person_id=person_id)
