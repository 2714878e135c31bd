"""A break that one process has found, noted beside the key for the others: not in the record, which may be broken.

Whoever has a desk open looks whether the note has changed, and then checks the record itself. So nobody believes the
note: whoever writes it can have the record checked, and nothing else.
"""

from pathlib import Path

from sqlalchemy import Engine

from db import chain_key, durable_files


def file_of(engine: Engine) -> Path:
    """The note's file, beside the key."""
    key = chain_key.file_of(engine)
    return key.with_name(f"{key.stem}.broken.txt")


def note(engine: Engine, found: str | None) -> None:
    """Note what was found; None, where the record is whole, takes an earlier note away. The same again is no change.

    Raises:
        OSError: where the note cannot be written.
    """
    place = file_of(engine)
    if found is None:
        place.unlink(missing_ok=True)
        return
    text = f"{found}\n"
    if place.exists() and place.read_text(encoding="utf-8", errors="replace") == text:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    durable_files.write(place, text)


def state(engine: Engine) -> tuple[int, int] | None:
    """What changes whenever the note does; None where there is no note. Costs one look at the file's name."""
    try:
        told = file_of(engine).stat()
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino
