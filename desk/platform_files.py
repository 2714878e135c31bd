"""The exports of platforms on the Imports page: what an upload holds, what each file is, and how it is brought in."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from db import buyer_key, imports
from db.engine import open_session
from db.import_reports import ImportReport
from ingest import exports, folder
from ingest.export_records import ExportFormat, Hasher
from ingest.exports import Recognised
from ingest.rows import Chunk, at_most

SHOWN = 20
"""Records that are shown of each kind before anything is stored."""
MOST_MEMBERS = 24
TIMES = {"placed_at", "booked_at"}
PIECE_BYTES = 1024 * 1024
FORMATS = {each.name: each for each in exports.FORMATS}


class UnusableZip(Exception):
    """A ZIP file that can't be taken apart; the text says why."""


@dataclass(frozen=True, slots=True)
class PlatformFile:
    """One file of an upload that is a platform's export, by its given name."""

    name: str
    found: Recognised


@dataclass(frozen=True, slots=True)
class Upload:
    """What an upload holds, by given names."""

    exports: tuple[PlatformFile, ...]
    own: tuple[str, ...]
    """Those that go by the names of Loam's own files."""
    unknown: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many files there are."""
        return len(self.exports) + len(self.own) + len(self.unknown)


def taken_apart(names: Mapping[Path, str], place: Path, *, most_bytes: int) -> dict[Path, str]:
    """The files of an upload, with those that lie in ZIP files in their place.

    Args:
        names: each file's given name.
        place: an empty folder, for the files of ZIP files.
        most_bytes: how much all that lies in one ZIP file may be.

    Raises:
        UnusableZip: for one that is broken, has a password, or holds too much.
    """
    apart: dict[Path, str] = {}
    for path, name in names.items():
        if name.lower().endswith(".zip"):
            apart |= _members(path, name, place / path.name, most_bytes)
        else:
            apart[path] = name
    return apart


def _members(path: Path, name: str, place: Path, most_bytes: int) -> dict[Path, str]:
    place.mkdir(parents=True)
    try:
        with zipfile.ZipFile(path) as packed:
            members = [each for each in packed.infolist() if not each.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise UnusableZip(
                    f"{name} holds {len(members)} files; at most {MOST_MEMBERS} can be looked at at once."
                )
            found, left = {}, most_bytes
            for number, member in enumerate(members):
                # Under a number, since a name in a ZIP file may lead anywhere.
                put_down = place / str(number)
                left -= _unpacked(packed, member, put_down, left, name)
                found[put_down] = Path(_named(member)).name or str(number)
            return found
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise UnusableZip(f"{name} is no whole ZIP file; download it anew.") from error
    except RuntimeError as error:  # what zipfile says of a member with a password
        raise UnusableZip(f"{name} has a password; unpack it, and bring in the files.") from error


def _named(member: zipfile.ZipInfo) -> str:
    """A member's name; those that Chinese platforms pack have it in GBK, which ZIP takes for code page 437."""
    is_utf8 = member.flag_bits & 0x800
    try:
        return member.filename if is_utf8 else member.filename.encode("cp437").decode("gbk")
    except UnicodeError:
        return member.filename


def _unpacked(packed: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, most_bytes: int, name: str) -> int:
    """Write a member to a file, as long as it stays within what is left; how many bytes it has."""
    size = 0
    with packed.open(member) as inside, path.open("wb") as outside:
        while piece := inside.read(PIECE_BYTES):
            size += len(piece)
            if size > most_bytes:
                raise UnusableZip(f"{name} holds more than one upload may have; bring in its files one by one.")
            outside.write(piece)
    return size


def sorted_out(names: Mapping[Path, str], said: Mapping[str, str]) -> Upload:
    """Which files of an upload are platforms' exports.

    Args:
        names: each file's given name. One by the name of Loam's own files is one of those.
        said: for a file's given name the name of the format that a person says it has. Where its header does not
            name enough of that format's columns, it is unknown.
    """
    found, own, unknown = [], [], []
    for path, name in names.items():
        formats: tuple[ExportFormat, ...] = (FORMATS[said[name]],) if name in said else exports.FORMATS
        if folder.is_own_name(name):
            own.append(name)
        elif recognised := exports.recognise(path, formats):
            found.append(PlatformFile(name, recognised))
        else:
            unknown.append(name)
    return Upload(tuple(found), tuple(own), tuple(unknown))


def bring_in(
    engine: Engine,
    path: Path,
    file: PlatformFile,
    shop_ref: str | None,
    *,
    person_id: int,
    most_rows: int,
    dry_run: bool = False,
    rest: bool = False,
    progress: imports.Progress | None = None,
) -> tuple[ImportReport, dict[str, pd.DataFrame]]:
    """Store an export as the records of a shop, or look at what that would do.

    Args:
        engine: the database.
        path: where the export lies.
        file: what it is.
        shop_ref: whose it is; None for a look before anybody has said so.
        person_id: who imports.
        most_rows: how many records the file may have.
        dry_run: store nothing.
        rest: leave the bad rows out.
        progress: called while it runs.

    Returns:
        The report, and of each kind of record the first ones as they were understood.

    Raises:
        TooManyRowsError: where the file has more records.
        KeyMissing: where the key of the record is gone.
        DatabaseUnavailable, NotAllowed: as db.imports.store says.
    """
    with open_session(engine) as session:
        known = imports.known_shops(session)
    hasher = Hasher(buyer_key.of(engine, needed=not dry_run))
    shop = None if shop_ref is None else (shop_ref, *known[shop_ref])
    export = exports.Export.of(path, file.name, file.found, hasher, shop)
    first: dict[str, pd.DataFrame] = {}
    report = imports.store(
        engine, at_most(_noting_first(export, first), most_rows), person_id=person_id, source=file.name,
        format=file.found.format.name, rest=rest, dry_run=dry_run, progress=progress, export=export,
    )  # fmt: skip
    return report, first


def _noting_first(export: exports.Export, first: dict[str, pd.DataFrame]) -> Iterator[Chunk]:
    """An export's chunks; the first records of each kind are put aside, with times where the shop is."""
    for chunk in export.chunks():
        kind, known = chunk.kind.name, first.get(chunk.kind.name)
        if chunk.file and chunk.rows.num_columns and (known is None or len(known) < SHOWN):
            rows = chunk.rows.slice(0, SHOWN - (0 if known is None else len(known))).to_pandas()
            for name in TIMES & set(rows):
                rows[name] = pd.to_datetime(rows[name], unit="us", utc=True).dt.tz_convert(export.terms.time_zone)
            first[kind] = rows if known is None else pd.concat([known, rows], ignore_index=True)
        yield chunk
