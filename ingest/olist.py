"""Olist's tables: a marketplace's own record of orders, items, payments, reviews, customers and sellers, as one import.

Each item names its seller, so one folder brings in the records of many shops, and makes the shops that are not on
record yet. A shop that is on record stays as it is, since a person may have said more of it.

- An order of several sellers is one order for each of them, under the same number. Its `gross` is price and freight of
  that seller's items: what the buyer pays, less the interest of instalments, which is not the seller's.
- Payments are of the whole order. They are held against the sum of all its items and decide nothing. In real tables
  they are above it by the interest, and apart from it by a cent or two of rounding; so a difference is a warning.
- delivered is a completed order, canceled and unavailable a cancelled one, and the others are open. Nothing says when
  an order was cancelled, what went back, what Olist kept, or when the seller got the money: order_approved_at is when
  the buyer's payment was approved. So those stay empty.
- order_estimated_delivery_date is a day. What is delivered in the course of it is in time.
- Of several reviews of an order the one that was answered last counts; each seller of the order has it. What the buyer
  wrote is not looked at.
- customer_id is a new one for each order. Only the customers' table tells who came twice; without it the reference of
  a buyer is a keyed hash of customer_id, and a warning says what that hides.
- An order without items names no seller (usual for unavailable and canceled ones): it is counted and told, and is
  nobody's. An item without its order has no day, and is refused. Where one item of an order is refused, so are the
  others of that seller, lest the order stand with half its amount.

Times have no zone: they are São Paulo's clock. A seller's category is the one with the highest sales in these tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells, olist_tables
from ingest.cells import Numbers
from ingest.export_records import Hasher
from ingest.loam import read_rows
from ingest.olist_orders import Joined
from ingest.olist_tables import TIME_ZONE, Table, TableFile
from ingest.rows import Chunk, Known, RawRows, ShopTerms
from ingest.text import UnreadableFileError
from lending.records import ORDERS, SHOPS, BadRow, Difference, RecordKind

NAME = "olist"
CURRENCY = "BRL"
IN_NO_FILE = ""
ROWS_AT_ONCE = 100_000
NAME_LETTERS = 8
NEEDED = ("orders", "items")
NAMES = {
    "order_ref": "order_id", "shop_ref": "seller_id", "gross": "price", "placed_at": "order_purchase_timestamp",
    "region": "seller_state", "city": "seller_city",
}  # fmt: skip


class UnusableTables(Exception):
    """Tables that make no record together; the text says what is missing or there twice."""


@dataclass(slots=True)
class OlistTables:
    """The tables of one folder on their way in. `chunks` reads them; then the rest tells what they add up to."""

    files: Mapping[str, TableFile]
    hasher: Hasher
    shops: Mapping[str, tuple[str, str]]
    """Zone and currency of each shop on record, by its shop_ref."""
    _counts: dict[str, Any] = field(default_factory=dict)
    _warnings: list[str] = field(default_factory=list)
    _refused: set[str] = field(default_factory=set)
    """Sellers whose own row was refused."""

    @classmethod
    def of(cls, files: Sequence[TableFile], hasher: Hasher, shops: Mapping[str, tuple[str, str]]) -> "OlistTables":
        """The tables among these files.

        Raises:
            UnusableTables: where orders or items are missing, or two files are the same table.
        """
        found: dict[str, TableFile] = {}
        for file in files:
            if (other := found.setdefault(file.layout.name, file)) is not file:
                raise UnusableTables(
                    f"{other.name} and {file.name} are both {file.layout.title}; bring in one of them at a time."
                )
        missing = [layout for layout in olist_tables.TABLES if layout.name in NEEDED and layout.name not in found]
        if missing:
            lacking = " and ".join(
                f"{each.title} (a table with {', '.join(each.columns[key][0] for key in each.required)})"
                for each in missing
            )
            there = ", ".join(file.layout.title for file in found.values())
            raise UnusableTables(f"There is {there} here, but not {lacking}. Bring them in together.")
        return cls(found, hasher, shops)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """None: no table names a total of another that must be met."""
        return ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the tables, after they were read."""
        return tuple(self._warnings)

    def told(self, _left_out: Sequence[int] = ()) -> dict[str, Any]:
        """What the tables say beside the sums of the records, after they were read."""
        return dict(self._counts)

    def named(self, row: BadRow) -> BadRow:
        """A bad row under the tables' own name of the column."""
        return replace(row, column=NAMES.get(row.column, row.column))

    def chunks(self) -> Iterator[Chunk]:
        """Shops, then orders. Tables that cannot be read to their end give chunks that say so, and no records."""
        self._counts, self._warnings = {}, []
        tables, faults = {}, []
        for name, file in self.files.items():
            try:
                tables[name] = olist_tables.read(file)
            except UnreadableFileError as fault:
                row = BadRow(file.name, fault.line, fault.column, fault.value, fault.problem, whole_file=True)
                faults.append(_without_records(file.name, 1, [row], ()))
        if faults:
            yield from faults
            return
        parts = Joined(tables)
        yield from self._shops(parts, tables)
        yield from self._orders(parts, tables)
        self._tell(parts, tables)

    def _shops(self, parts: Joined, tables: Mapping[str, Table]) -> Iterator[Chunk]:
        """The sellers that are not on record, of their table, or else of the items."""
        named: set[str] = set()
        unread: set[str] = set()
        categories = parts.categories()
        if (table := tables.get("sellers")) is not None:
            rows = table.kept()
            refs = table.column("seller", rows).to_pylist()
            named = set(table.work.cells["seller"].to_pylist())
            new = np.array([ref not in self.shops for ref in refs], dtype=bool)
            raw = _shop_rows(table.column("seller", rows[new]), categories, {
                "region": table.column("state", rows[new]), "city": _cities(table.column("city", rows[new])),
            })  # fmt: skip
            yield self._checked(SHOPS, self.files["sellers"].name, raw, table.work.raw.lines[rows[new]], table)
            unread = named - set(refs)
        sellers = [ref for ref in parts.sellers if ref not in named and ref not in self.shops]
        if sellers:
            made = _shop_rows(pa.array(sellers, pa.string()), categories, {})
            yield self._checked(SHOPS, IN_NO_FILE, made, np.arange(1, len(sellers) + 1))
            self._warnings.append(
                f"{len(sellers):,} sellers are made of their items alone, without region and city: "
                + ("the sellers' table lacks them." if named else "there is no sellers' table.")
            )
        self._counts["shops"] = len(set(parts.sellers) | named - unread)
        self._refused = unread

    def _orders(self, parts: Joined, tables: Mapping[str, Table]) -> Iterator[Chunk]:
        items = tables["items"]
        terms = {ref: ShopTerms(TIME_ZONE, CURRENCY) for ref in parts.sellers if ref not in self._refused}
        terms |= {ref: ShopTerms(*self.shops[ref]) for ref in parts.sellers if ref in self.shops}
        columns = parts.order_columns(self.hasher)
        if any(each.time_zone != TIME_ZONE for each in terms.values()):
            times = ("placed_at", "delivered_at", "promised_by", "reviewed_at")
            columns |= {name: export_cells.placed_in(columns[name], TIME_ZONE) for name in times}
        first: Table | None = items
        for begin in range(0, max(len(parts.lines), 1), ROWS_AT_ONCE):
            part = {name: cells.slice(begin, ROWS_AT_ONCE) for name, cells in columns.items()}
            lines = parts.lines[begin : begin + ROWS_AT_ONCE]
            yield self._checked(ORDERS, self.files["items"].name, part, lines, first, terms)
            first = None
        for name, table in tables.items():
            if name not in ("items", "sellers"):
                yield _without_records(self.files[name].name, table.row_count, table.bad_rows, table.others)

    def _checked(
        self,
        kind: RecordKind,
        file: str,
        columns: dict[str, pa.Array],
        lines: Numbers,
        table: Table | None = None,
        terms: Mapping[str, ShopTerms] | None = None,
    ) -> Chunk:
        """Records in the units of the record, beside the bad rows of the table in whose file they stand."""
        known = Known(terms or {}, TIME_ZONE)
        rows, good, refused = read_rows(kind, RawRows(columns, lines, len(lines), [], 1.0), known, file)
        bad_rows = [*(table.bad_rows if table else []), *(self.named(row) for row in refused)]
        count = table.row_count if table else 0
        bad_rows.sort(key=lambda row: row.line)
        return Chunk(kind, file, rows, good, count, bad_rows, 1.0, table.others if table else ())

    def _tell(self, parts: Joined, tables: Mapping[str, Table]) -> None:
        """Count and say what is no record."""
        # No table has a column of it: unknown, and no zero.
        self._counts["refunds_minor"] = None
        alone = parts.orders_without_items()
        self._counts["orders_without_items"] = dict(sorted(alone.items()))
        if alone:
            each = ", ".join(f"{count:,} {status}" for status, count in alone.most_common())
            self._warnings.append(
                f"{alone.total():,} orders have no items, so nobody can tell whose they are; they are left out: {each}."
            )
        if "customers" not in tables:
            self._warnings.append(
                "There is no customers' table. customer_id is a new one for each order, so nobody can see whether a "
                "buyer came twice."
            )
        self._warnings += parts.payment_warnings()
        if parts.reviews_without_order:
            self._warnings.append(f"{parts.reviews_without_order:,} reviews are of orders that are not among these.")


def _without_records(file: str, row_count: int, bad_rows: list[BadRow], others: tuple[str, ...]) -> Chunk:
    return Chunk(ORDERS, file, pa.table({}), np.array([], dtype=np.int64), row_count, bad_rows, 1.0, others)


def _shop_rows(refs: pa.Array, categories: Mapping[str, str], more: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Sellers as shops. No table has a name of theirs, so each is called by the beginning of its number."""
    names = pc.binary_join_element_wise("Seller", pc.utf8_slice_codeunits(refs, 0, NAME_LETTERS), " ")
    category = pa.array([categories.get(ref, "") for ref in refs.to_pylist()], pa.string())
    fixed = {"marketplace": "Olist", "time_zone": TIME_ZONE, "currency": CURRENCY}
    repeated = {name: pa.repeat(value, len(refs)) for name, value in fixed.items()}
    return {"shop_ref": refs, "name": names, "category": category, **repeated, **more}


def _cities(cells: pa.Array) -> pa.Array:
    """Cities without those that are an address for mail, a telephone or a postal code, as some sellers wrote."""
    return pc.if_else(pc.match_substring_regex(cells, "[@0-9]"), "", cells)
