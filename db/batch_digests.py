"""What a batch brought in, as one digest per table, for the batch's link.

Payments and orders come by the million, so that none of them gets a link of its own. A replaced row moves to the
history with its batch, so a table and its history together always hold what a batch brought in, and the digest of it
never changes. Daily sales that were rolled up from orders are left out: db.roll_up works them out again.

The database itself writes each row as JSON; that is four times as fast as to bring its columns over one by one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import text
from sqlmodel import Session, SQLModel

from db import audit, chain_rows
from db.tables import HISTORY

ROWS_AT_ONCE = 5_000
# Shops of a batch that are closer than this are read as one range; of more ranges than this, all is read.
CLOSE_SHOPS = 32
MOST_RANGES = 500

Digests = dict[str, list[Any]]
"""Per name of `NAMES` that has rows of the batch: how many, and the SHA-256 over them."""

SHOPS = "loam_shops_of_batch"
"""Under this name a session may hold {batch: numbers of its shops}; for a batch that is not there, all is read."""


class _Hasher(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


def of_batch(session: Session, batch: int, shop_ids: Sequence[int]) -> Digests:
    """The digests of a batch that was stored just now. Only rows of its shops are read, and its shops get salts."""
    found: Digests = {}
    ranges = _ranges(shop_ids)
    for first, last in ranges:
        salt_shops(session, f"id BETWEEN {first} AND {last} AND batch_id = {batch}")
    for name in NAMES:
        count, hasher = 0, hashlib.sha256()
        mine = f"{_batch(name)} = {batch}"
        for first, last in ranges:
            for rows in _texts(session, name, f"{_shop(name)} BETWEEN {first} AND {last} AND {mine}"):
                count += len(rows)
                hasher.update("\n".join(line for _, line in rows).encode() + b"\n")
        if count:
            found[name] = [count, hasher.hexdigest()]
    return found


def of_all(session: Session) -> dict[int, Digests]:
    """The digests of all batches, from one walk through each table and its history."""
    found: dict[int, Digests] = defaultdict(dict)
    for name in NAMES:
        counts: dict[int, int] = defaultdict(int)
        hashers: dict[int, _Hasher] = defaultdict(hashlib.sha256)
        for rows in _texts(session, name, "1 = 1"):
            for batch, lines in _by_batch(rows).items():
                counts[batch] += len(lines)
                hashers[batch].update("\n".join(lines).encode() + b"\n")
        for batch, hasher in hashers.items():
            found[batch][name] = [counts[batch], hasher.hexdigest()]
    return found


def _ranges(shop_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Ranges of numbers that hold all shops, in order."""
    ranges: list[tuple[int, int]] = []
    for shop_id in sorted(shop_ids):
        if ranges and shop_id - ranges[-1][1] < CLOSE_SHOPS:
            ranges[-1] = ranges[-1][0], shop_id
        else:
            ranges.append((shop_id, shop_id))
    return ranges if len(ranges) <= MOST_RANGES else [(ranges[0][0], ranges[-1][1])]


def _by_batch(rows: Sequence[tuple[int, str]]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for batch, line in rows:
        found[batch].append(line)
    return found


NAMES = (*HISTORY, *(history.name for history in HISTORY.values()))
"""What a batch has digests of: the rows that came with it, and under the name of a history which rows it replaced."""

_OF_HISTORY = {history.name: name for name, history in HISTORY.items()}


def _batch(name: str) -> str:
    return "replaced_batch_id" if name in _OF_HISTORY else "batch_id"


def _texts(session: Session, name: str, where: str) -> Iterator[Sequence[tuple[int, str]]]:
    """Batch and text of each row of a table and its history, by shop and key, some thousand at a time."""
    if name == "shops":
        yield from _shop_texts(session, where)
        return
    if name in ("sales_days", "sales_days_history"):
        where += " AND source = 'totals'"
    postgresql = session.connection().dialect.name == "postgresql"
    order = [_shop(name), *(key for key in chain_rows.key_columns(name) if key not in (_shop(name), _batch(name)))]
    # What came is told whole; of what was replaced, which row and whose.
    whole = chain_rows.columns(name) if name in HISTORY else (*order, _batch(name))
    columns = ", ".join(f'"{column}"' for column in whole)
    told = f"CAST(json_build_array({columns}) AS TEXT)" if postgresql else f"json_array({columns})"
    order.append(_batch(name))
    sorted_by = ", ".join(_compared(name, key, postgresql=postgresql) for key in order)
    read = f"SELECT {_batch(name)} AS batch, {told} AS told"
    if not _has_history(session, name, where):
        yield from _partitions(session, f"{read} FROM {name} WHERE {where} ORDER BY {sorted_by}")
        return
    # Both tables lie in this order, so that SQLite merges them; around this a further query would have it sort them.
    keys = ", ".join(f'"{key}"' for key in order)
    both = " UNION ALL ".join(f"{read}, {keys} FROM {table} WHERE {where}" for table in (name, HISTORY[name].name))
    union = f"SELECT * FROM ({both}) AS found ORDER BY {sorted_by}" if postgresql else f"{both} ORDER BY {sorted_by}"
    for rows in _partitions(session, union):
        yield [(row[0], row[1]) for row in rows]


def _has_history(session: Session, name: str, where: str) -> bool:
    if name not in HISTORY:
        return False
    found = session.execute(text(f"SELECT 1 FROM {HISTORY[name].name} WHERE {where} LIMIT 1")).first()
    return found is not None


def _shop(name: str) -> str:
    return "id" if name in ("shops", "shops_history") else "shop_id"


def _compared(name: str, key: str, *, postgresql: bool) -> str:
    """SQLite compares text by its bytes, and so does PostgreSQL under its rule "C"."""
    is_text = SQLModel.metadata.tables[name].c[key].type.__class__.__name__ == "Text"
    return f'"{key}" COLLATE "C"' if is_text and postgresql else f'"{key}"'


def _partitions(session: Session, statement: str) -> Iterator[Sequence[tuple[Any, ...]]]:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # Straight from the driver: rows by the million would else be made twice.
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.execute(statement)
        try:
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield rows
        finally:
            cursor.close()
        return
    streamed = {"stream_results": True, "max_row_buffer": ROWS_AT_ONCE}
    result = session.execute(text(statement), execution_options=streamed)
    try:
        for part in result.partitions(ROWS_AT_ONCE):
            yield [tuple(row) for row in part]
    finally:
        result.close()


# --- Shops, whose names and owners are personal -----------------------------------------------------------------


def shops(session: Session, where: str = "1 = 1") -> Iterator[dict[str, Any]]:
    """Rows of the shops and of their history, by number and batch, as they are stored."""
    columns = chain_rows.columns("shops")
    union = " UNION ALL ".join(
        f"SELECT {', '.join(columns)} FROM {table} WHERE {where}" for table in ("shops", HISTORY["shops"].name)
    )
    for part in _partitions(session, f"{union} ORDER BY id, batch_id"):
        for row in part:
            yield dict(zip(columns, row, strict=True))


def salt_shops(session: Session, where: str = "1 = 1") -> None:
    """Give a salt to each row of a shop that has none yet."""
    keyed = {shop_key(row): row for row in shops(session, where)}
    known = chain_rows.salts(session, "shops", list(keyed))
    chain_rows.salt_anew(session, "shops", ((key, row) for key, row in keyed.items() if key not in known))


def shop_key(row: dict[str, Any]) -> str:
    """Under what the salt of a shop's row is kept: each version of a shop has its own."""
    return f"{row['id']}/{row['batch_id']}"


def _shop_texts(session: Session, where: str) -> Iterator[Sequence[tuple[int, str]]]:
    found = list(shops(session, where))
    known = chain_rows.salts(session, "shops", [shop_key(row) for row in found])
    lines = []
    for row in found:
        _, personal = known.get(shop_key(row), (None, ""))
        told = {**chain_rows.facts_of(row, "shops"), "personal": personal}
        lines.append((row["batch_id"], audit.canonical(told)))
    if lines:
        yield lines
