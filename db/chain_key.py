"""The key of the chain. It lies outside the record, so that whoever can write the record alone cannot reseal it."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from sqlalchemy import Engine

SETTING = "LOAM_AUDIT_KEY"
LEAST_LETTERS = 32
FOLDER = Path(__file__).resolve().parents[1] / "var"
"""Where the key of a record on PostgreSQL lies, which has no folder of its own here."""


class KeyMissing(Exception):
    """There is no key where there should be one, or it cannot be read; the text says so in words."""


def file_of(engine: Engine) -> Path:
    """The file of the key where the setting names none: beside a SQLite record, else under `var`.

    A copy that is being checked bears the seals of the record that it was made of, whose address the engine's option
    `loam_key_of` names.
    """
    address = engine.get_execution_options().get("loam_key_of", engine.url)
    name = Path(str(address.database))
    return name.with_suffix(".key") if engine.dialect.name == "sqlite" else FOLDER / f"{name.name}.key"


def read(engine: Engine) -> bytes | None:
    """The key by the setting, which every process that writes has to be given, or by the file; None without either.

    Raises:
        KeyMissing: for a setting that is too short, or a file that cannot be read.
    """
    given = os.environ.get(SETTING)
    if given:
        return from_text(given)
    place = file_of(engine)
    try:
        return from_text(place.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyMissing(f"The key of the record, {place}, cannot be read.") from error


def from_text(text: str) -> bytes:
    """The key that a text stands for: 64 hexadecimal digits or more, or a passphrase.

    Raises:
        KeyMissing: for a text that is too short.
    """
    if len(text) < LEAST_LETTERS:
        raise KeyMissing(f"The key of the record is too short; {LEAST_LETTERS} characters are the least.")
    if len(text) >= 2 * LEAST_LETTERS:
        with contextlib.suppress(ValueError):
            return bytes.fromhex(text)
    return text.encode()


def make(engine: Engine) -> bytes:
    """Make the key of a record that has no link yet; where another process has just made it, theirs.

    Raises:
        KeyMissing: where the file cannot be written.
    """
    place = file_of(engine)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        # Written elsewhere first, so that nobody ever reads half a key; only its owner may read it.
        handle, draft = tempfile.mkstemp(prefix=f"{place.name}-", dir=place.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(LEAST_LETTERS))
                file.flush()
                os.fsync(handle)
            with contextlib.suppress(FileExistsError):
                os.link(draft, place)
        finally:
            Path(draft).unlink()
    except OSError as error:
        raise KeyMissing(f"The key of the record cannot be kept in {place}: {error.strerror}.") from error
    key = read(engine)
    if key is None:
        raise KeyMissing(f"The key of the record, {place}, is gone.")
    return key
