"""Backup and restore on the command line: one command each."""

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import wrong_use
from progress import progress_bar

if TYPE_CHECKING:
    from db.backups import Backup


def backup(
    to: Annotated[Path | None, typer.Option("--to", help="The folder for the copy. Default: var/backups.")] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Delete all but this many of the folder's newest backups.")
    ] = None,
) -> None:
    """Copy the whole record while the desk runs, check the copy, and print its name."""
    from db import backups
    from db.engine import connect
    from settings import ROOT, settings

    folder = to or ROOT / "var" / "backups"
    if to is None:
        folder.mkdir(parents=True, exist_ok=True)
    wrong_use.refuse_missing_folder(folder, "--to")
    engine = connect(settings().database_url)
    with _refusals_in_words(), progress_bar() as tell:
        made = backups.take(engine, folder, loam=_version(), keep=keep, tell=tell)
    print(made.path)
    print(f"Backed up and checked: {_told(made)}.", file=sys.stderr)


def restore(
    file: Annotated[Path, typer.Argument(help="The backup, with its .json beside it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Take a copy of an older Loam too, whose rows no seal vouches for.")
    ] = False,
) -> None:
    """Put a backup in the place of the record. What is there now is kept under another name."""
    from db import backups
    from db.engine import connect
    from settings import settings

    engine = connect(settings().database_url)
    with _refusals_in_words():
        chosen = backups.read(file)
    shown = engine.url.render_as_string()
    print(f"{file.name}: {_told(chosen)}. It takes the place of what is in {shown}.", file=sys.stderr)
    if not yes and not _agreed():
        print("Nothing was changed.", file=sys.stderr)
        raise typer.Exit(1)
    with _refusals_in_words(), progress_bar() as tell:
        kept = backups.restore(engine, chosen, unchecked=unchecked, tell=tell)
    print(f"Restored and checked: {_told(chosen)}.", file=sys.stderr)
    if kept:
        print(f"What was there before is kept as {' and '.join(kept)}.", file=sys.stderr)


def _agreed() -> bool:
    """Ask once; no answer is none."""
    try:
        agreed = typer.confirm("Restore it?", err=True)
    except typer.Abort:
        agreed = False
        print(file=sys.stderr)
    else:
        if not sys.stdin.isatty():
            print(file=sys.stderr)  # an answer that came through a pipe was not typed, and broke no line
    return agreed


def _told(made: "Backup") -> str:
    """What is in a backup, in words."""
    counts = made.contents.counts
    rows = f"{counts['decisions']:,} decisions, {counts['applications']:,} applications, {counts['loans']:,} loans"
    last = made.contents
    until = f"up to event {last.last_event:,} of {last.last_event_at}" if last.last_event else "without any event yet"
    return f"the record of {made.taken_at}, {rows}, {until}"


def _version() -> str:
    from settings import ROOT

    told: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return told


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    """Say why nothing was backed up or restored, and end with 1."""
    from db.refused_backup import BackupRefused

    try:
        yield
    except BackupRefused as refusal:
        print(refusal, file=sys.stderr)
        raise typer.Exit(1) from refusal
