"""Rows of an import on their way in: sorted, compared and counted in tables of their own, before anything is locked.

On SQLite these tables lie in a scratch file that is attached to the connection (a temporary table would lie in
memory, and writes to it do not lock the record); on PostgreSQL they are temporary tables, filled by COPY. Their
statements are the same on both. Shops go by a number of this import, given in the order in which they come.
"""

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import Connection, Engine, Table, text
from sqlmodel import SQLModel

from db import sqlite_guard, tables
from db.engine import faults_in_words, whole
from lending.records import BadRow, RecordKind

# What is to become of a staged row: the first three are good, each of the others is refused for a reason of its own.
ADDED, UNCHANGED, REPLACED, CONTRADICTED, SHOPLESS, ON_TOTALS_DAY, ON_ORDERS_DAY, DECIDED, MOVED = range(9)
# The reasons of the loan book, see db.loan_comparisons.
NO_APPLICATION, NO_FORMER_LOAN, NO_SCHEDULE, OTHER_SCHEDULE, EARLIER_ROWS = range(9, 14)
LOANLESS, PRINCIPAL_SUM, DUE_ORDER, SHARE_SUM = range(14, 18)

LINE_BITS = 40
"""A row's place is its file's number shifted by so many bits, plus its line: one whole number that sorts."""

ROWS_AT_ONCE = 100_000

NOTHING = -(1 << 62)
"""Stands for a missing number on its way into SQLite, whose driver takes ten times as long over a None: no amount or
moment comes near it. A missing text travels as an empty one, which no column holds."""

SCRATCH = sqlite_guard.SCRATCH_FOLDER
LEFTOVER_AFTER_S = 86_400


class Chunk(Protocol):
    """What a reader hands over; `ingest.rows.Chunk` is one."""

    @property
    def kind(self) -> RecordKind: ...
    @property
    def file(self) -> str: ...
    @property
    def rows(self) -> pa.Table: ...
    @property
    def lines(self) -> npt.NDArray[np.int64]: ...
    @property
    def row_count(self) -> int: ...
    @property
    def bad_rows(self) -> list[BadRow]: ...
    @property
    def share(self) -> float: ...
    @property
    def unknown_columns(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Target:
    """A table that an import fills: by what a staged row is known, and what else it holds."""

    table: Table
    key: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the table, and of the file."""
        return self.table.name

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of a staged row but its place and state."""
        return self.key + self.values

    @property
    def numbered(self) -> bool:
        """Whether its rows have an id, which they keep when they are replaced."""
        return "id" in self.table.columns


def _target(model: type[SQLModel], key: tuple[str, ...], *, without: tuple[str, ...] = ()) -> Target:
    table = tables.table_of(model)
    kept = ("id", "shop_id", "batch_id", *key, *without)
    shop = () if "shop_no" in key else ("shop_no",)
    return Target(table, key, shop + tuple(column.name for column in table.columns if column.name not in kept))


TARGETS = {
    target.name: target
    for target in (
        _target(tables.Shop, ("shop_no",), without=("shop_ref", "generated")),
        _target(tables.Order, ("shop_no", "order_ref")),
        _target(tables.SalesDay, ("shop_no", "day"), without=("source", "cancelled_orders")),
        _target(tables.Purchase, ("shop_no", "purchase_ref")),
        _target(tables.WalletEntry, ("shop_no", "entry_ref")),
        _target(tables.Application, ("application_ref",)),
        _target(tables.Loan, ("loan_ref",)),
        _target(tables.Instalment, ("shop_no", "loan_ref", "sequence")),
        _target(tables.Repayment, ("shop_no", "loan_ref", "repayment_ref")),
        _target(tables.FundingShare, ("shop_no", "loan_ref", "funder_ref")),
    )
}


@dataclass(slots=True)
class Staging:
    """The staged rows of one import, and the connection on which they live."""

    connection: Connection
    numbers: dict[str, int] = field(default_factory=dict)
    """Number of each shop that came up, by its shop_ref."""
    files: list[str] = field(default_factory=list)
    rows_by_shop: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    """Per target, how many rows each shop number has."""
    left_over_of: list[str] = field(default_factory=list)
    """Targets for which a table of left over keys exists."""

    @property
    def sqlite(self) -> bool:
        """Whether the record is kept in SQLite."""
        return self.connection.dialect.name == "sqlite"

    def run(self, statement: str, **values: int) -> list[Any]:
        """Run one statement in a transaction of its own; returns its rows, if it has any."""
        with self.connection.begin():
            result = self.connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    def targets(self) -> list[Target]:
        """The targets for which rows were staged, shops first."""
        return [target for name, target in TARGETS.items() if name in self.rows_by_shop]

    def ranges(self, target: Target) -> list[tuple[int, int]]:
        """Ranges of shop numbers, each of some hundred thousand rows, so that no statement sorts more than that."""
        counts = self.rows_by_shop[target.name]
        if not len(counts):
            return []
        part = np.cumsum(counts) // ROWS_AT_ONCE
        starts = np.flatnonzero(np.diff(part, prepend=-1)).tolist()
        return list(zip(starts, [start - 1 for start in starts[1:]] + [len(counts) - 1], strict=True))

    def add(self, chunk: Chunk) -> None:
        """Stage the good rows of a chunk."""
        if chunk.file not in self.files:
            self.files.append(chunk.file)
        target = TARGETS[chunk.kind.name]
        if not len(chunk.lines):
            return
        if target.name not in self.rows_by_shop:
            self._create(target)
        shops = self._shop_numbers(chunk.rows["shop_ref"])
        counts = np.bincount(shops, minlength=len(self.numbers))
        counts[: len(self.rows_by_shop[target.name])] += self.rows_by_shop[target.name]
        self.rows_by_shop[target.name] = counts
        place = chunk.lines + (self.files.index(chunk.file) << LINE_BITS)
        columns = {"shop_no": pa.array(shops), "place": pa.array(place)}
        for name in target.columns:
            if name in chunk.rows.column_names and chunk.rows[name].null_count < len(place):
                columns[name] = chunk.rows[name].combine_chunks()
        if self.sqlite:
            self._insert(target, columns)
        else:
            self._copy(target, columns)

    def _shop_numbers(self, refs: pa.ChunkedArray) -> npt.NDArray[np.int64]:
        encoded = pc.dictionary_encode(refs.combine_chunks())
        numbers = [self.numbers.setdefault(ref, len(self.numbers)) for ref in encoded.dictionary.to_pylist()]
        positions: npt.NDArray[np.int32] = encoded.indices.to_numpy()
        return np.array(numbers, dtype=np.int64)[positions]

    def _create(self, target: Target) -> None:
        self.rows_by_shop[target.name] = np.array([], dtype=np.int64)
        for table in (f"stage_{target.name}", f"again_{target.name}"):
            columns = ", ".join(f"{name} {_type(target, name)}" for name in target.columns)
            self._create_table(
                table,
                f"{columns}, place BIGINT, state INTEGER DEFAULT {ADDED}",
                key=target.key if self.sqlite and table.startswith("stage") else (),
            )

    def _create_table(self, name: str, columns: str, key: tuple[str, ...] = ()) -> None:
        primary = f", PRIMARY KEY ({', '.join(key)})" if key else ""
        if self.sqlite:
            self.run(f"CREATE TABLE staging.{name} ({columns}{primary}){' WITHOUT ROWID' if key else ''}")
        else:
            self.run(f"CREATE TEMPORARY TABLE {name} ({columns}{primary})")

    def _insert(self, target: Target, columns: Mapping[str, pa.Array]) -> None:
        """Insert into the sorted table; rows whose key is there already go to the table of repetitions."""
        rows = list(zip(*(_python_values(column) for column in columns.values()), strict=True))
        names, marks = ", ".join(columns), ", ".join(_mark(column) for column in columns.values())
        with self.connection.begin():
            run = self.connection.exec_driver_sql
            insert = f"INSERT OR IGNORE INTO stage_{target.name} ({names}) VALUES ({marks})"
            if run(insert, rows).rowcount == len(rows):
                return
            last = run(f"SELECT coalesce(max(rowid), 0) FROM again_{target.name}").scalar_one()
            run(f"INSERT INTO again_{target.name} ({names}) VALUES ({marks})", rows)
            keys = " AND ".join(f"s.{name} = again_{target.name}.{name}" for name in target.key)
            run(
                f"DELETE FROM again_{target.name} WHERE rowid > {last} AND EXISTS (SELECT 1 FROM stage_{target.name} s "
                f"WHERE {keys} AND s.place = again_{target.name}.place)"
            )

    def _copy(self, target: Target, columns: Mapping[str, pa.Array]) -> None:
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(pa.table(dict(columns)), sink, pyarrow.csv.WriteOptions(include_header=False))
        with self.connection.begin():
            cursor = self.connection.connection.cursor()
            with cursor.copy(f"COPY stage_{target.name} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copy:
                copy.write(sink.getvalue())

    def finish(self) -> None:
        """After the last chunk: the shops by number, and on PostgreSQL the repetitions sorted out."""
        self._create_table(
            "stage_refs", "shop_no BIGINT, shop_ref TEXT, shop_id BIGINT, currency TEXT", key=("shop_no",)
        )
        counts = "orders BIGINT, cancelled_orders BIGINT, gross_minor BIGINT, refunded_minor BIGINT"
        self._create_table("stage_deltas", f"shop_no BIGINT, day BIGINT, {counts}", key=("shop_no", "day"))
        if self.numbers:
            with self.connection.begin():
                self.connection.execute(
                    text("INSERT INTO stage_refs (shop_no, shop_ref) VALUES (:number, :ref)"),
                    [{"number": number, "ref": ref} for ref, number in self.numbers.items()],
                )
        for target in self.targets():
            self.rows_by_shop[target.name] = np.pad(
                self.rows_by_shop[target.name], (0, len(self.numbers) - len(self.rows_by_shop[target.name]))
            )
            if not self.sqlite:
                self._sort_out_repetitions(target)

    def left_over(self, name: str, columns: str) -> None:
        """An empty table for the keys of rows on record that their newer files lack."""
        if name in self.left_over_of:
            self.run(f"DELETE FROM left_{name}")
            return
        self._create_table(f"left_{name}", columns)
        self.left_over_of.append(name)

    def write_back(self) -> None:
        """Move what was committed from SQLite's log into its file; others read and write meanwhile."""
        if self.sqlite:
            driver = self.connection.connection.dbapi_connection
            driver.cursor().execute("PRAGMA main.wal_checkpoint(PASSIVE)").fetchall()  # type: ignore[union-attr]

    def _sort_out_repetitions(self, target: Target) -> None:
        key = ", ".join(target.key)
        stage, again = f"stage_{target.name}", f"again_{target.name}"
        self.run(
            f"INSERT INTO {again} SELECT {', '.join(target.columns)}, place, state FROM (SELECT *, row_number() OVER "
            f"(PARTITION BY {key} ORDER BY place) AS nth FROM {stage}) numbered WHERE nth > 1"
        )
        self.run(f"DELETE FROM {stage} USING {again} a WHERE a.place = {stage}.place")
        self.run(f"ALTER TABLE {stage} ADD PRIMARY KEY ({key})")
        self.run(f"ANALYZE {stage}")


def _type(target: Target, column: str) -> str:
    if column == "shop_no":
        return "BIGINT"
    return "TEXT" if target.table.c[column].type.__class__.__name__ == "Text" else "BIGINT"


def _mark(column: pa.Array) -> str:
    """What stands for a column's value in an INSERT."""
    if not column.null_count:
        return "?"
    return f"nullif(?, {NOTHING})" if pa.types.is_integer(column.type) else "nullif(?, '')"


def _python_values(column: pa.Array) -> list[Any]:
    if not pa.types.is_integer(column.type):
        return column.fill_null("").to_pylist()  # type: ignore[no-any-return]
    return column.cast(pa.int64()).fill_null(NOTHING).to_numpy(zero_copy_only=False).tolist()  # type: ignore[no-any-return]


@contextmanager
def staged(engine: Engine) -> Iterator[Staging]:
    """A place to stage rows, gone with its connection at the end of the block.

    Raises:
        DatabaseUnavailable: where the disk is full or the database cannot be reached.
    """
    parent = _scratch_parent(engine)
    if parent is not None:
        _clear_leftovers(parent)
    scratch = tempfile.mkdtemp(prefix=SCRATCH, dir=parent)
    try:
        with faults_in_words(), whole(engine).connect() as connection:
            connection.detach()  # closed for good at the end, so that nothing staged outlives it
            if connection.dialect.name == "sqlite":
                _attach(connection, Path(scratch) / sqlite_guard.SCRATCH_FILE)
            yield Staging(connection)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _scratch_parent(engine: Engine) -> Path | None:
    """Beside the record, where its disk has room for what comes in; PostgreSQL keeps its own."""
    return Path(str(engine.url.database)).parent if engine.dialect.name == "sqlite" else None


def _clear_leftovers(parent: Path) -> None:
    """Throw away what imports left behind that were killed; none runs for a day."""
    for folder in parent.glob(f"{SCRATCH}*"):
        if folder.is_dir() and time.time() - folder.stat().st_mtime > LEFTOVER_AFTER_S:
            shutil.rmtree(folder, ignore_errors=True)


def _attach(connection: Connection, path: Path) -> None:
    driver = connection.connection.dbapi_connection
    if driver is None:
        raise RuntimeError("the connection was closed before it was used")
    # Written out, since the guard of the registers has to see what is attached.
    quoted = str(path).replace("'", "''")
    driver.cursor().execute(f"ATTACH '{quoted}' AS staging")
    # Nothing here has to survive a crash.
    for rule in ("page_size = 16384", "journal_mode = OFF", "synchronous = OFF", "cache_size = -65536"):
        driver.cursor().execute(f"PRAGMA staging.{rule}").fetchall()
    # The log of a large import is written back after its commit, when nobody waits (see Staging.write_back).
    driver.cursor().execute("PRAGMA main.wal_autocheckpoint = 0").fetchall()
