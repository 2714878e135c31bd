"""The rows that the chain holds, as text: read as they are stored, by one way for linking and for checking.

A column without a value is left out, so that a column that a later version adds changes nothing of an old text. Long
columns stand there as their SHA-256. Personal data stands there as a digest, salted from `personal_salts`.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, text
from sqlmodel import Session, SQLModel

from db import audit, tables

LONGEST_TEXT = 200
ROWS_AT_ONCE = 500

PERSONAL = {"people": ("handle", "name", "email", "password_hash"), "shops": ("name", "owner_ref", "city")}
ERASED = "erased"
GONE = "deleted"

Key = tuple[str, ...]


def subjects() -> list[str]:
    """The tables that the chain holds row by row."""
    return [*(name for name in tables.APPEND_ONLY if name != "chain"), *tables.RIGHTS]


@cache
def key_columns(subject: str) -> tuple[str, ...]:
    """The columns of a table's key."""
    return tuple(column.name for column in SQLModel.metadata.tables[subject].primary_key.columns)


@cache
def columns(subject: str) -> tuple[str, ...]:
    """The columns of a table, in the order in which they are read."""
    return tuple(column.name for column in SQLModel.metadata.tables[subject].columns)


@cache
def _stored(subject: str) -> str:
    """A query for rows as they are stored: no column is turned into what the code takes it for."""
    return f"SELECT {', '.join(columns(subject))} FROM {subject}"


def row_key(subject: str, row: dict[str, Any]) -> str:
    """The key of a row, as the triggers write it."""
    return "/".join(str(row[name]) for name in key_columns(subject))


def read(session: Session, subject: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The rows of some keys; those that are gone are missing."""
    names = key_columns(subject)
    numbered = {name: _is_number(subject, name) for name in names}
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(keys), ROWS_AT_ONCE):
        part = [key.split("/") if len(names) > 1 else [key] for key in keys[start : start + ROWS_AT_ONCE]]
        values = [
            tuple(int(cell) if numbered[name] else cell for name, cell in zip(names, cells, strict=True))
            for cells in part
        ]
        statement = text(f"{_stored(subject)} WHERE ({', '.join(names)}) IN :keys")
        chosen = values if len(names) > 1 else [cell for (cell,) in values]
        if len(names) == 1:
            statement = text(f"{_stored(subject)} WHERE {names[0]} IN :keys")
        rows = session.execute(statement.bindparams(bindparam("keys", expanding=True)), {"keys": chosen})
        for row in rows:
            told = dict(zip(columns(subject), row, strict=True))
            found[row_key(subject, told)] = told
    return found


def read_all(session: Session, subject: str) -> Iterator[dict[str, Any]]:
    """All rows of a table, in the order of their key."""
    names = columns(subject)
    order = ", ".join(key_columns(subject))
    result = session.connection().exec_driver_sql(f"{_stored(subject)} ORDER BY {order}")
    for part in result.partitions(ROWS_AT_ONCE):
        for row in part:
            yield dict(zip(names, row, strict=True))


def _is_number(subject: str, column: str) -> bool:
    return SQLModel.metadata.tables[subject].c[column].type.__class__.__name__ != "Text"


def shortened(value: Any) -> Any:  # noqa: ANN401  (a stored value is a number or a text)
    """A value, or what stands for a long text."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return value


def facts_of(row: dict[str, Any], subject: str) -> dict[str, Any]:
    """What the text of a row says, but for its personal data."""
    hidden = PERSONAL.get(subject, ())
    return {name: shortened(value) for name, value in row.items() if value is not None and name not in hidden}


# --- Personal data ----------------------------------------------------------------------------------------------


def erased_values(subject: str, number: int) -> dict[str, str | None]:
    """What stands in the personal columns of a person or shop that was erased."""
    if subject == "people":
        return {"handle": f"erased-{number}", "name": f"Erased person {number}", "email": None, "password_hash": None}
    return {"name": f"Erased shop {number}", "owner_ref": None, "city": None}


def is_erased(subject: str, row: dict[str, Any]) -> bool:
    """Whether all personal columns of a row say that it was erased."""
    return all(row[name] == value for name, value in erased_values(subject, row["id"]).items())


def personal(row: dict[str, Any], salt: str | None, kept: str) -> str:
    """What a link tells of a person's personal data; nothing where salt and kept digest don't belong together."""
    if salt is None:
        return ERASED if is_erased("people", row) else ""
    found = digest("people", row, salt)
    return found if found == kept else ""


def digest(subject: str, row: dict[str, Any], salt: str) -> str:
    """The salted digest of a row's personal data."""
    told = audit.canonical([salt, *(row[name] for name in PERSONAL[subject])])
    return hashlib.sha256(told.encode()).hexdigest()


def salts(session: Session, subject: str, keys: Sequence[str]) -> dict[str, tuple[str | None, str]]:
    """Salt and digest of rows that have personal data, by the key under which they are kept."""
    if not keys:
        return {}
    statement = "SELECT row_key, salt, digest FROM personal_salts WHERE subject = :subject"
    if len(keys) > ROWS_AT_ONCE:
        rows = session.execute(text(statement), {"subject": subject}).all()
    else:
        few = text(f"{statement} AND row_key IN :keys").bindparams(bindparam("keys", expanding=True))
        rows = session.execute(few, {"subject": subject, "keys": keys}).all()
    return {key: (salt, told) for key, salt, told in rows}


def salt_anew(session: Session, subject: str, rows: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, str]:
    """Give each row a fresh salt and return its digest, by the key under which it is kept."""
    kept = []
    for key, row in rows:
        salt = secrets.token_hex(16)
        kept.append({"subject": subject, "key": key, "salt": salt, "digest": digest(subject, row, salt)})
    if kept:
        session.execute(
            text(
                "INSERT INTO personal_salts (subject, row_key, salt, digest) VALUES (:subject, :key, :salt, :digest) "
                "ON CONFLICT (subject, row_key) DO UPDATE SET salt = excluded.salt, digest = excluded.digest"
            ),
            kept,
        )
    return {each["key"]: each["digest"] for each in kept}
