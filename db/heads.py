"""Heads of the chain that were noted outside the record, one to a line: when, and `number:seal`.

A chain by itself can't show that its end was cut off, or that all of it was sealed anew with another key. A head that
somebody wrote down can.
"""

import errno
import logging
import os
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from sqlalchemy import Engine

from db import chain_key, durable_files
from db.chain import Head

log = logging.getLogger("loam")

UNFINISHED = "the last line of %s was never finished, and is left out"


class NoHead(ValueError):
    """A text is no head; it would be `number:seal`."""


def file_of(engine: Engine) -> Path:
    """The file in which the desk notes heads, beside the key."""
    key = chain_key.file_of(engine)
    return key.with_name(f"{key.stem}.heads.log")


def note(engine: Engine, head: Head) -> None:
    """Add a head to the desk's own file.

    Raises:
        OSError: where the file cannot be written.
    """
    place = file_of(engine)
    place.parent.mkdir(parents=True, exist_ok=True)
    line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {head}\n".encode("ascii")
    # Added to, and never written anew: several processes may note heads in it.
    with place.open("a+b", buffering=0) as file:
        begin = _cut_unfinished(file, place)
        try:
            if file.write(line) < len(line):
                raise OSError(errno.ENOSPC, "not all of the line could be written")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(begin)
            raise
    durable_files.sync(place.parent)


def _cut_unfinished(file: FileIO, place: Path) -> int:
    """Have a file of heads end with a whole line, and return where it ends."""
    file.seek(0)
    told = file.readall()
    whole = told.rfind(b"\n") + 1
    if whole < len(told) and _is_head(told[whole:].decode("ascii", errors="replace")):
        file.write(b"\n")
        return len(told) + 1
    if whole < len(told):
        log.warning(UNFINISHED, place)
        file.truncate(whole)
    return whole


def from_text(text: str) -> Head:
    """A head as it is printed.

    Raises:
        NoHead: for a text that is none.
    """
    number, _, mac = text.strip().partition(":")
    if not number.isascii() or not number.isdigit() or len(mac) != 64 or set(mac) - set("0123456789abcdef"):
        raise NoHead(f"{text.strip()} is no head of the chain; it is a number, a colon and 64 digits from 0 to f.")
    return Head(int(number), mac)


def _is_head(line: str) -> bool:
    try:
        from_text(line.rsplit(maxsplit=1)[-1])
    except (IndexError, NoHead):
        return False
    return True


def _lines(place: Path) -> list[str]:
    """The lines of a file but for empty ones, and for a last one that a crash left unfinished."""
    lines = place.read_text(encoding="ascii", errors="replace").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n") and not _is_head(lines[-1]):
        log.warning(UNFINISHED, place)
        lines.pop()
    return [f"{line.rstrip()}\n" for line in lines if line.strip()]


def read(place: Path) -> list[Head]:
    """The heads of a file; empty lines are left out, and so is a last line that was never finished.

    Raises:
        NoHead: for a line that ends with none.
        OSError: where the file cannot be read.
    """
    return [from_text(line.split()[-1]) for line in _lines(place)]


def noted(engine: Engine) -> list[Head]:
    """The heads that the desk noted itself; none before it did.

    Raises:
        NoHead: for a line that ends with none.
        OSError: where the file cannot be read.
    """
    try:
        return read(file_of(engine))
    except FileNotFoundError:
        return []


def set_later_aside(engine: Engine, head: Head, stamp: str) -> str | None:
    """Forget the heads that the desk noted after this one, since an older copy of the record was put back.

    All of them are kept before any is forgotten, so that a crash loses none.

    Returns:
        The name of the file in which all of them are kept; None where none was later.

    Raises:
        NoHead: for a line that ends with none.
        OSError: where the files cannot be written.
    """
    place = file_of(engine)
    if all(each.sequence <= head.sequence for each in noted(engine)):
        return None
    kept = place.with_name(f"{place.name}.before-{stamp}")
    lines = _lines(place)
    durable_files.write(kept, "".join(lines))
    earlier = [line for line in lines if from_text(line.split()[-1]).sequence <= head.sequence]
    durable_files.write(place, "".join(earlier))
    return kept.name
