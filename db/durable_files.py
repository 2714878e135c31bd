"""Small files that are whole after a crash: either as they were, or as they were to become."""

import os
from pathlib import Path


def write(place: Path, text: str) -> None:
    """Put a text in the place of a file, or make it; a crash leaves the old one or the new one.

    Raises:
        OSError: where it cannot be written.
    """
    draft = place.with_name(f".{place.name}.part")
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    os.replace(draft, place)  # noqa: PTH105  (what faults are tried on)
    sync(place.parent)


def sync(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows writes the names of a folder by itself
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
