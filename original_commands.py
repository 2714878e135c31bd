"""Gives back the files of an import as they were brought in, where they were kept."""

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import opened_record
import wrong_use

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from db.originals import Original

LONGEST_NAME = 120
TAKEN_BACK = (
    "The shop took its consent back. Say with --because, in ten letters at least, why its file is read all the same, "
    "such as a court's order; that is kept in the audit."
)


def original(
    batch: Annotated[int, typer.Argument(min=1, help="The number of the import.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    because: Annotated[
        str, typer.Option(metavar="REASON", help="Why, where the shop took its consent back; kept in the audit.")
    ] = "",
) -> None:
    """Give back the files of an import, as they were brought in. Exit code: 1 where none is kept or one was altered."""
    from db import consents, originals
    from db.chain_key import KeyMissing
    from db.engine import open_session
    from db.intake import says_why

    wrong_use.refuse_missing_folder(out, "--out")
    engine = opened_record.existing()
    with open_session(engine) as session:
        found = originals.of_batch(session, batch)
        closed = any(each.shop_id is not None and consents.taken_back(session, each.shop_id) for each in found)
    if not found:
        print(f"Of batch {batch} no file is kept.", file=sys.stderr)
        raise typer.Exit(1)
    if closed and not says_why(because):
        print(TAKEN_BACK, file=sys.stderr)
        raise typer.Exit(1)
    places = [out / name for name in _names(found)]
    for place in places:
        if place.exists():
            raise typer.BadParameter(f"{place} is there already, and is not overwritten.", param_hint="--out")
    try:
        for each, place in zip(found, places, strict=True):
            _give_back(engine, each, place, because)
    except (originals.OriginalUnreadable, KeyMissing) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    except OSError as error:
        print(f"{error.filename or out} could not be written: {error.strerror}.", file=sys.stderr)
        raise typer.Exit(1) from error


def _names(found: "list[Original]") -> list[str]:
    """Names under which the files can lie in one folder, whatever they were named where they came from."""
    names: list[str] = []
    for each in found:
        path = Path(each.name.replace("\\", "/").replace("\0", ""))
        name = path.stem[:LONGEST_NAME] + path.suffix[:LONGEST_NAME] or "original"
        names.append(name if name not in names else f"{each.id}-{name}")
    return names


def _give_back(engine: "Engine", kept: "Original", place: Path, because: str) -> None:
    """Write one file: in full and held against its SHA-256 first, and only then under its name."""
    from db import originals
    from db.engine import open_session

    with open_session(engine, write=True) as session:
        originals.note_reading(session, kept, because)
    handle, draft = tempfile.mkstemp(prefix=".loam-", dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file, open_session(engine) as session:
            for piece in originals.pieces(session, kept):
                file.write(piece)
            file.flush()
            os.fsync(handle)
        # Unlike a renaming it never takes the place of another file.
        os.link(draft, place)
    finally:
        Path(draft).unlink()
    print(place)
    print(f"{kept.name}: {kept.size_bytes:,} bytes, as they were brought in (SHA-256 {kept.sha256}).", file=sys.stderr)
