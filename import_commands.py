"""Importing on the command line: Loam's own files, and the exports of platforms as they are."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import consent_commands
import opened_record
import wrong_use
from progress import progress_bar

if TYPE_CHECKING:
    from datetime import date

    from db.consents import BroughtIn
    from db.import_reports import ImportReport
    from ingest.export_records import ExportFormat
    from ingest.exports import NewShop
    from ingest.sources import Sources
    from lending.records import BadRow

FORMATS = ("loam", "taobao", "alipay", "shopify", "etsy", "ebay", "amazon", "olist")
EXIT_CODES = {"imported": 0, "would import": 0, "rejected": 1, "ask": 3}
BAD_ROWS_PRINTED = 20
SAY_COLUMNS = " What the columns of a table hold can be said on the Imports page, and saved for the next time."
MOST_UNPACKED_BYTES = 4 * 1024**3
"""More than this in one packed file is taken for a trap."""


@dataclass(frozen=True, slots=True)
class _How:
    """What was said of an import beside what is imported."""

    shop: str | None
    new_shop: str
    """The name of a shop that is not on record yet."""
    consent: "_Consent | None"
    dry_run: bool
    rest: bool
    accepted_because: str


@dataclass(frozen=True, slots=True)
class _Consent:
    """The shop's consent as it was typed; see consent_commands.given."""

    see: str
    by: str
    on: datetime | None
    until: datetime | None
    sharing: bool


def import_files(
    path: Annotated[Path, typer.Argument(help="A folder of files, one file, or a ZIP file.")],
    format_name: Annotated[str | None, typer.Option("--format", help=f"Whose files: {', '.join(FORMATS)}.")] = None,
    mapping: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read the columns as they were saved under this name.")
    ] = None,
    shop: Annotated[str | None, typer.Option(help="The shop of a platform's export; Loam's own files name it.")] = None,
    new_shop: Annotated[
        str, typer.Option(metavar="NAME", help="The name of a shop that comes onto the record with this export.")
    ] = "",
    consent: Annotated[
        str, typer.Option(metavar="FORM", help="The shop has consented; where that can be looked up.")
    ] = "",
    consent_by: consent_commands.By = "owner",
    consent_on: consent_commands.On = None,
    consent_until: consent_commands.Until = None,
    consent_sharing: consent_commands.Sharing = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")] = False,
    rest: Annotated[bool, typer.Option("--rest", help="Leave bad rows out and import the rest.")] = False,
    accept_differences: Annotated[
        str, typer.Option(metavar="REASON", help="Import it though its own totals differ from its rows; say why.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Write every refused row to this CSV file.")] = None,
) -> None:
    """Import Loam's own files, or platforms' exports. Exit code: 0 imported, 1 rejected, 2 wrong use, 3 a question."""
    from components.refusals import sentence
    from components.wording import cell
    from db.chain_key import KeyMissing
    from db.engine import DatabaseUnavailable
    from db.import_reports import rejected_whole
    from ingest.packed import UnusableZip
    from lending.errors import ConsentRefused
    from reports.bad_rows import bad_row_file
    from settings import BadSettings

    _refuse_wrong_use(path, format_name, shop, rejected)
    _refuse_no_reason(accept_differences)
    said = _Consent(consent, consent_by, consent_on, consent_until, consent_sharing) if consent else None
    how = _How(shop, new_shop, said, dry_run, rest, accept_differences)
    try:
        columns = _saved_columns(mapping, format_name)
        format_name = format_name if columns is None else columns.name
        with _sorted_out(path, format_name, columns) as found:
            _refuse_wrong_shop(found, format_name, how)
            with bad_row_file(rejected, cell) if rejected is not None else nullcontext() as note_bad_row:
                report = _imported(path, format_name, found, how, note_bad_row)
    except UnusableZip as error:
        report = rejected_whole(str(error), format_name or "")
    except ConsentRefused as refusal:
        report = rejected_whole(sentence(refusal), format_name or "")
    except (BadSettings, DatabaseUnavailable, KeyMissing) as error:
        report = rejected_whole(str(error))
    _print_report(report)
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    raise typer.Exit(EXIT_CODES[report.verdict])


def _refuse_wrong_use(path: Path, format_name: str | None, shop: str | None, rejected: Path | None) -> None:
    """Wrong use: nothing there to import, a format that is not read, a shop where the files name theirs."""
    from ingest import exports

    wrong_use.refuse_unreadable(path)
    if format_name not in (None, *FORMATS, *(each.name for each in exports.FORMATS)):
        raise typer.BadParameter(f"{format_name} is none of {', '.join(FORMATS)}.", param_hint="--format")
    if shop is not None and format_name in ("loam", "olist"):
        raise typer.BadParameter("these files name the shop in each row.", param_hint="--shop")
    if rejected is not None:
        wrong_use.refuse_unwritable(rejected, "--rejected")


def _refuse_no_reason(reason: str) -> None:
    """Wrong use: differences that are accepted for no reason."""
    from db.intake import REASON_LETTERS, says_why

    if reason and not says_why(reason):
        raise typer.BadParameter(
            f"say why, in {REASON_LETTERS} letters at least, for whoever asks later.", param_hint="--accept-differences"
        )


def _saved_columns(mapping: str | None, format_name: str | None) -> "ExportFormat | None":
    """The format of the columns that are saved under a name; None where none was said.

    Raises:
        DatabaseUnavailable: where there is no record.
    """
    from desk import mapped_files

    if mapping is None:
        return None
    if format_name is not None:
        raise typer.BadParameter("say either a format or saved columns.", param_hint="--mapping")
    saved = mapped_files.saved(opened_record.existing())
    if (found := saved.named(mapping)) is None:
        names = ", ".join(row.name for row in saved.rows) or "none are"
        raise typer.BadParameter(f"no columns are saved as {mapping}; saved: {names}.", param_hint="--mapping")
    return found


def _named_for(paths: "Sequence[Path]") -> str:
    """Which saved columns some files have all of, for a person to choose; empty where they have none."""
    from db.engine import DatabaseUnavailable
    from desk import mapped_files
    from settings import BadSettings

    try:
        saved = mapped_files.saved(opened_record.existing())
    except (BadSettings, DatabaseUnavailable):
        return ""
    names = dict.fromkeys(name for path in paths for name in saved.fitting(path))
    flags = " or ".join(f'--mapping "{name}"' for name in names)
    return f" Its columns are those saved as {' and '.join(names)}: say {flags}." if names else SAY_COLUMNS


@contextmanager
def _sorted_out(path: Path, format_name: str | None, columns: "ExportFormat | None" = None) -> "Iterator[Sources]":
    """What lies at a place, with what lies in packed files there, for as long as it is read.

    Only what was said is looked for; with `--format loam` nothing is taken apart either.

    Raises:
        UnusableZip: as ingest.packed.taken_apart says.
    """
    from ingest import packed, sources

    found = sorted(path.iterdir()) if path.is_dir() else [path]
    names = {each: each.name for each in found if each.is_file()}
    with tempfile.TemporaryDirectory(prefix="loam-unpacked-") as place:
        if format_name != "loam":
            names = packed.taken_apart(names, Path(place), most_bytes=MOST_UNPACKED_BYTES)
        formats = sources.formats_of(format_name) if columns is None else (columns,)
        said = {} if format_name is None else dict.fromkeys(names.values(), formats)
        yield sources.sorted_out(names, said, tables=format_name in (None, "olist"))


def _refuse_wrong_shop(found: "Sources", format_name: str | None, how: "_How") -> None:
    """Wrong use: a shop where the files name theirs, none where it has to be said."""
    if how.shop is not None and not found.exports and (format_name is None or found.tables):
        raise typer.BadParameter(
            "this is no export of a platform that is read; Loam's own files and Olist's tables name the shop in each "
            f"row.{_named_for(found.unknown)}",
            param_hint="--shop",
        )
    if found.exports and how.shop is None and not how.dry_run and not found.question():
        titles = " and ".join(dict.fromkeys(each.format.title for each in found.exports.values()))
        raise typer.BadParameter(
            f"this is {titles}; say whose it is with --shop, or look at it with --dry-run.", param_hint="--shop"
        )


def _imported(
    path: Path,
    format_name: str | None,
    found: "Sources",
    how: "_How",
    on_bad_row: "Callable[[BadRow], None] | None",
) -> "ImportReport":
    """Read and store what was found, with a bar on standard error; what nobody knows is a question back."""
    from db import import_reports
    from ingest import left_alone, mapped_file

    if question := found.question():
        return import_reports.asked(question)
    if found.exports:
        return _import_exports(path, found, how, on_bad_row)
    if found.tables:
        return _import_tables(path, found, how, on_bad_row)
    if len(found.unknown) == len(found.names) == 1 and (what := left_alone.why(found.unknown[0])):
        return import_reports.not_recognised(format_name, f"{path.name} is {what}.")
    if format_name in (None, "loam"):
        return _import_own(path, format_name, found, how, on_bad_row)
    said = f"{path.name} has no header of an export of {format_name} that is read."
    if format_name.startswith(mapped_file.PLATFORM):
        said = f"{path.name} has no header with the columns of {format_name}."
    return import_reports.not_recognised(format_name, said)


def _import_own(
    path: Path,
    format_name: str | None,
    found: "Sources",
    how: "_How",
    on_bad_row: "Callable[[BadRow], None] | None",
) -> "ImportReport":
    """Loam's own files."""
    from db import import_reports, imports, known_loans
    from db.engine import open_session
    from ingest import folder
    from settings import settings

    try:
        # One file is known by its header too, whatever its name.
        source = folder.find_uploaded(found.names) if found.own else folder.find(path)
    except folder.UnknownFormatError as error:
        return import_reports.not_recognised(format_name, str(error) + _named_for(found.unknown))
    engine = opened_record.existing_or_new()
    with open_session(engine) as session:
        shops = imports.known_shops(session)
        loans = known_loans.on_record(session) if source.about_loans else None
    chunks = folder.read(source, shops=shops, default_zone=settings().time_zone, loans=loans)
    with progress_bar() as tell:
        return imports.store(
            engine, chunks, person_id=None, source=path.resolve().name, rest=how.rest, dry_run=how.dry_run,
            other_files=source.other_files, on_bad_row=on_bad_row, progress=tell,
        )  # fmt: skip


def _import_exports(
    path: Path, found: "Sources", how: "_How", on_bad_row: "Callable[[BadRow], None] | None"
) -> "ImportReport":
    """Platforms' exports, as the records of one shop: several are one batch."""
    from db import buyer_key, imports
    from db.engine import open_session
    from ingest.export_batch import ExportBatch
    from ingest.export_records import Hasher
    from ingest.exports import Export
    from settings import settings

    engine = opened_record.existing_or_new()
    with open_session(engine) as session:
        shops, today = imports.known_shops(session), opened_record.today(session)
    shop, consent = _shop_of(how, shops), _consent_of(how, today)
    hasher = Hasher(buyer_key.of(engine, needed=not how.dry_run))
    exports = [Export.of(each, found.names[each], known, hasher, shop) for each, known in found.exports.items()]
    export = exports[0] if len(exports) == 1 else ExportBatch.of(exports)
    with progress_bar() as tell:
        return imports.store(
            engine, export.chunks(), person_id=None, source=path.resolve().name, format=export.format, rest=how.rest,
            dry_run=how.dry_run, other_files=found.left_alone(list(found.exports)), on_bad_row=on_bad_row,
            progress=tell, export=export, accepted_because=how.accepted_because, consent=consent,
            keep=[(found.names[each], each) for each in found.exports] if settings().keep_originals else (),
        )  # fmt: skip


def _shop_of(how: "_How", known: "Mapping[str, tuple[str, str]]") -> "tuple[str, str, str] | NewShop | None":
    """Whose export it is, on record or new; wrong use where that does not fit the record."""
    from ingest.exports import NewShop, UnusableShop

    if how.shop is None:
        return None
    if how.new_shop and how.shop in known:
        raise typer.BadParameter(f"there is a shop {how.shop} on record already.", param_hint="--new-shop")
    if how.new_shop:
        shop = NewShop(how.shop, how.new_shop)
        try:
            shop.check()
        except UnusableShop as error:
            raise typer.BadParameter(str(error), param_hint="--new-shop") from error
        return shop
    if how.shop not in known:
        raise typer.BadParameter(
            f"there is no shop {how.shop} on record; --new-shop NAME brings it in.", param_hint="--shop"
        )
    return how.shop, *known[how.shop]


def _consent_of(how: "_How", today: "date") -> "BroughtIn | None":
    """The shop's consent, if one was typed."""
    from db.consents import BroughtIn
    from settings import settings

    if how.consent is None or how.shop is None:
        return None
    typed = how.consent
    given = consent_commands.given(
        typed.see, by=typed.by, on=typed.on, until=typed.until, sharing=typed.sharing, today=today
    )
    return BroughtIn(how.shop, given, today, settings().time_zone)


def _import_tables(
    path: Path, found: "Sources", how: "_How", on_bad_row: "Callable[[BadRow], None] | None"
) -> "ImportReport":
    """Olist's tables, as the records of all shops that they name."""
    from db import buyer_key, import_reports, imports
    from db.engine import open_session
    from ingest import olist
    from ingest.export_records import Hasher
    from settings import settings

    engine = opened_record.existing_or_new()
    with open_session(engine) as session:
        shops = imports.known_shops(session)
    try:
        tables = olist.OlistTables.of(found.tables, Hasher(buyer_key.of(engine, needed=not how.dry_run)), shops)
    except olist.UnusableTables as error:
        return import_reports.rejected_whole(str(error), olist.NAME)
    with progress_bar() as tell:
        return imports.store(
            engine, tables.chunks(), person_id=None, source=path.resolve().name, format=olist.NAME, rest=how.rest,
            dry_run=how.dry_run, other_files=found.left_alone([file.path for file in found.tables]),
            on_bad_row=on_bad_row, progress=tell, export=tables,
            keep=[(file.name, file.path) for file in found.tables] if settings().keep_originals else (),
        )  # fmt: skip


def _print_report(report: "ImportReport") -> None:
    """Say on standard error what became of each file, and what is wrong with the first bad rows."""
    print(*report.lines(bad_rows=BAD_ROWS_PRINTED), sep="\n", file=sys.stderr)
