"""Importing on the command line: Loam's own files, and the exports of platforms as they are."""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import opened_record
import wrong_use
from progress import progress_bar

if TYPE_CHECKING:
    from db.import_reports import ImportReport
    from ingest.exports import Recognised
    from lending.records import BadRow

FORMATS = ("loam", "taobao", "alipay", "shopify", "etsy", "ebay", "amazon")
EXIT_CODES = {"imported": 0, "would import": 0, "rejected": 1, "ask": 3}
BAD_ROWS_PRINTED = 20


def import_files(
    path: Annotated[Path, typer.Argument(help="A folder of files, or one file.")],
    format_name: Annotated[str | None, typer.Option("--format", help=f"Whose files: {', '.join(FORMATS)}.")] = None,
    shop: Annotated[str | None, typer.Option(help="The shop of a platform's export; Loam's own files name it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")] = False,
    rest: Annotated[bool, typer.Option("--rest", help="Leave bad rows out and import the rest.")] = False,
    accept_differences: Annotated[
        str, typer.Option(metavar="REASON", help="Import it though its own totals differ from its rows; say why.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Write every refused row to this CSV file.")] = None,
) -> None:
    """Import Loam's own files, or a platform's export. Exit code: 0 imported, 1 rejected, 2 wrong use, 3 a question."""
    from components.wording import cell
    from db.chain_key import KeyMissing
    from db.engine import DatabaseUnavailable
    from db.import_reports import rejected_whole
    from reports.bad_rows import bad_row_file
    from settings import BadSettings

    _refuse_wrong_use(path, format_name, shop, rejected)
    _refuse_no_reason(accept_differences)
    found = _recognised(path, format_name)
    _refuse_wrong_shop(found, format_name, shop, dry_run=dry_run)
    try:
        with bad_row_file(rejected, cell) if rejected is not None else nullcontext() as note_bad_row:
            if found is None:
                report = _import_own(path, format_name, dry_run=dry_run, rest=rest, on_bad_row=note_bad_row)
            else:
                report = _import_export(
                    path, found, shop, accepted_because=accept_differences, dry_run=dry_run, rest=rest,
                    on_bad_row=note_bad_row,
                )  # fmt: skip
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
    if format_name not in (None, *FORMATS):
        raise typer.BadParameter(f"{format_name} is none of {', '.join(FORMATS)}.", param_hint="--format")
    if format_name in exports.PLATFORMS and path.is_dir():
        raise typer.BadParameter("a platform's export is one file, not a folder.", param_hint="--format")
    if shop is not None and format_name == "loam":
        raise typer.BadParameter("Loam's own files name the shop in each row.", param_hint="--shop")
    if rejected is not None:
        wrong_use.refuse_unwritable(rejected, "--rejected")


def _refuse_no_reason(reason: str) -> None:
    """Wrong use: differences that are accepted for no reason."""
    from db.intake import REASON_LETTERS, says_why

    if reason and not says_why(reason):
        raise typer.BadParameter(
            f"say why, in {REASON_LETTERS} letters at least, for whoever asks later.", param_hint="--accept-differences"
        )


def _recognised(path: Path, format_name: str | None) -> "Recognised | None":
    """Which platform's export a file is; None for Loam's own, for what nobody knows, and for another than was said."""
    from ingest import exports

    if format_name == "loam" or not path.is_file():
        return None
    found = exports.recognise(path)
    return found if found is not None and format_name in (None, found.format.platform) else None


def _refuse_wrong_shop(found: "Recognised | None", format_name: str | None, shop: str | None, *, dry_run: bool) -> None:
    """Wrong use: a shop where the files name theirs, none where it has to be said."""
    if found is None and shop is not None and format_name is None:
        raise typer.BadParameter(
            "this is no export of a platform that is read; Loam's own files name the shop in each row.",
            param_hint="--shop",
        )
    if found is not None and shop is None and not dry_run:
        raise typer.BadParameter(
            f"this is {found.format.title}; say whose it is with --shop, or look at it with --dry-run.",
            param_hint="--shop",
        )


def _import_own(
    path: Path,
    format_name: str | None,
    *,
    dry_run: bool,
    rest: bool,
    on_bad_row: "Callable[[BadRow], None] | None",
) -> "ImportReport":
    """Read and store, with a bar on standard error; files that nobody knows are a question back."""
    from db import import_reports, imports, known_loans
    from db.engine import open_session
    from ingest import exports, folder, left_alone
    from settings import settings

    if path.is_file() and (what := left_alone.why(path)):
        return import_reports.not_recognised(format_name, f"{path.name} is {what}.")
    if format_name in exports.PLATFORMS:
        said = f"{path.name} has no header of an export of {format_name} that is read."
        return import_reports.not_recognised(format_name, said)
    try:
        source = folder.find(path)
    except folder.UnknownFormatError as error:
        return import_reports.not_recognised(format_name, str(error))
    engine = opened_record.existing_or_new()
    with open_session(engine) as session:
        shops = imports.known_shops(session)
        loans = known_loans.on_record(session) if source.about_loans else None
    chunks = folder.read(source, shops=shops, default_zone=settings().time_zone, loans=loans)
    with progress_bar() as tell:
        return imports.store(
            engine, chunks, person_id=None, source=path.resolve().name, rest=rest, dry_run=dry_run,
            other_files=source.other_files, on_bad_row=on_bad_row, progress=tell,
        )  # fmt: skip


def _import_export(
    path: Path,
    found: "Recognised",
    shop: str | None,
    *,
    accepted_because: str,
    dry_run: bool,
    rest: bool,
    on_bad_row: "Callable[[BadRow], None] | None",
) -> "ImportReport":
    """Read a platform's export and store it as the records of a shop, with a bar on standard error."""
    from db import buyer_key, imports
    from db.engine import open_session
    from ingest.export_records import Hasher
    from ingest.exports import Export

    engine = opened_record.existing_or_new()
    with open_session(engine) as session:
        shops = imports.known_shops(session)
    if shop is not None and shop not in shops:
        raise typer.BadParameter(f"there is no shop {shop} on record; import its shops.csv first.", param_hint="--shop")
    hasher = Hasher(buyer_key.of(engine, needed=not dry_run))
    export = Export.of(path, path.name, found, hasher, None if shop is None else (shop, *shops[shop]))
    with progress_bar() as tell:
        return imports.store(
            engine, export.chunks(), person_id=None, source=path.resolve().name, format=found.format.name, rest=rest,
            dry_run=dry_run, on_bad_row=on_bad_row, progress=tell, export=export, accepted_because=accepted_because,
        )  # fmt: skip


def _print_report(report: "ImportReport") -> None:
    """Say on standard error what became of each file, and what is wrong with the first bad rows."""
    print(*report.lines(bad_rows=BAD_ROWS_PRINTED), sep="\n", file=sys.stderr)
