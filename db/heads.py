"""Heads of the chain that were noted outside the record, one to a line: when, and `number:seal`.

A chain by itself can't show that its end was cut off, or that all of it was sealed anew with another key. A head that
somebody wrote down can.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from db import chain_key, durable_files
from db.chain import Head


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
    with place.open("a", encoding="ascii") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {head}\n")


def from_text(text: str) -> Head:
    """A head as it is printed.

    Raises:
        NoHead: for a text that is none.
    """
    number, _, mac = text.strip().partition(":")
    if not number.isascii() or not number.isdigit() or len(mac) != 64 or set(mac) - set("0123456789abcdef"):
        raise NoHead(f"{text.strip()} is no head of the chain; it is a number, a colon and 64 digits from 0 to f.")
    return Head(int(number), mac)


def read(place: Path) -> list[Head]:
    """The heads of a file; empty lines are left out.

    Raises:
        NoHead: for a line that ends with none.
        OSError: where the file cannot be read.
    """
    lines: Iterable[str] = place.read_text(encoding="ascii", errors="replace").splitlines()
    return [from_text(line.split()[-1]) for line in lines if line.strip()]


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
    lines = place.read_text(encoding="ascii").splitlines(keepends=True)
    durable_files.write(kept, "".join(lines))
    earlier = [line for line in lines if line.strip() and from_text(line.split()[-1]).sequence <= head.sequence]
    durable_files.write(place, "".join(earlier))
    return kept.name
