"""Olist's tables one by one: what each is known by, and its rows, checked as far as one table alone tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers, explain_moment, moments, ratings
from ingest.delimited import DelimitedFile, Head, HeaderLine, read_head
from ingest.export_records import Layout
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered
from ingest.rows import RawRows
from ingest.text import UnreadableFileError
from lending.records import BadRow

TIME_ZONE = "America/Sao_Paulo"
AMOUNTS = export_cells.Locale(group="")
LEAST_FIT = 0.6
"""As in ingest.exports: a header with fewer of a table's columns is not taken for that table's."""


def _table(name: str, title: str, needed: Mapping[str, str], others: Mapping[str, str] | None = None) -> Layout:
    columns = {key: (column,) for key, column in {**needed, **(others or {})}.items()}
    return Layout(name=name, title=title, columns=columns, required=tuple(needed))


ORDERS = _table(
    "orders", "Olist's orders",
    {
        "order": "order_id", "customer": "customer_id", "status": "order_status",
        "placed_at": "order_purchase_timestamp",
    },
    {"delivered_at": "order_delivered_customer_date", "promised_by": "order_estimated_delivery_date"},
)  # fmt: skip
ITEMS = _table(
    "items", "Olist's items of orders",
    {
        "order": "order_id", "item": "order_item_id", "seller": "seller_id", "price": "price",
        "freight": "freight_value",
    },
    {"product": "product_id"},
)  # fmt: skip
PAYMENTS = _table(
    "payments", "Olist's payments", {"order": "order_id", "number": "payment_sequential", "paid": "payment_value"}
)
REVIEWS = _table(
    "reviews", "Olist's reviews",
    {"review": "review_id", "order": "order_id", "rating": "review_score", "reviewed_at": "review_answer_timestamp"},
)  # fmt: skip
CUSTOMERS = _table("customers", "Olist's customers", {"customer": "customer_id", "person": "customer_unique_id"})
SELLERS = _table("sellers", "Olist's sellers", {"seller": "seller_id", "city": "seller_city", "state": "seller_state"})
PRODUCTS = _table("products", "Olist's products", {"product": "product_id", "category": "product_category_name"})
TRANSLATION = _table(
    "translation", "Olist's names of categories",
    {"category": "product_category_name", "english": "product_category_name_english"},
)  # fmt: skip
TABLES = (ORDERS, ITEMS, PAYMENTS, REVIEWS, CUSTOMERS, SELLERS, PRODUCTS, TRANSLATION)

# By which columns a row is known; two rows of one key must be equal.
KEYS = {
    "orders": ("order",), "items": ("order", "item"), "payments": ("order", "number"), "reviews": ("review", "order"),
    "customers": ("customer",), "sellers": ("seller",), "products": ("product",), "translation": ("category",),
}  # fmt: skip
MONEY = ("price", "freight", "paid")
TIMES = ("placed_at", "delivered_at", "promised_by", "reviewed_at")
MAY_BE_EMPTY = ("delivered_at", "promised_by", "product", "city", "state", "category")
STATES = {
    "delivered": "completed",
    **dict.fromkeys(("created", "approved", "invoiced", "processing", "shipped"), "open"),
    **dict.fromkeys(("canceled", "cancelled", "unavailable"), "cancelled"),
}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file that is one of the tables, by its given name."""

    path: Path
    name: str
    layout: Layout
    head: Head
    header: HeaderLine

    @property
    def certain(self) -> bool:
        """Whether it has all the columns that are needed."""
        return self.layout.fit(self.header.names) == 1


def recognise(path: Path, name: str) -> TableFile | None:
    """Which of the tables a file is, by the names in its header; None where it is none of them."""
    try:
        head = read_head(path)
    except UnreadableFileError:
        return None
    fitting = [
        (layout.fit(header.names), layout.known(header.names), TableFile(path, name, layout, head, header))
        for header in head.header_lines()
        for layout in TABLES
        if not {"order_id", "customer_id", "seller_id", "product_category_name"}.isdisjoint(header.names)
    ]
    fit, _, best = max(fitting, key=lambda each: each[:2], default=(0.0, 0, None))
    return best if fit >= LEAST_FIT else None


@dataclass(frozen=True, slots=True)
class Table:
    """One table, read and checked: `work.keep()` are its good rows."""

    work: ExportRows
    misshapen: list[BadRow]
    """Rows that could not be cut into their fields."""
    row_count: int
    amounts: Mapping[str, Numbers]
    """Minor units."""
    moments: Mapping[str, Numbers]
    """Microseconds since 1970-01-01 UTC, 0 where there is none."""
    first: Mask
    """The rows that are not the same as one before them."""
    others: tuple[str, ...]
    """Names of columns that are left alone."""

    @property
    def bad_rows(self) -> list[BadRow]:
        """All rows that are refused, in the order of the file."""
        return sorted([*self.misshapen, *self.work.bad_rows()], key=lambda row: row.line)

    def kept(self) -> Numbers:
        """The places of the rows that count."""
        return np.flatnonzero(self.work.keep() & self.first)

    def column(self, key: str, rows: Numbers) -> pa.Array:
        """Some rows of a column; empty texts, if the file lacks it."""
        cells = self.work.cells.get(key)
        return pa.repeat("", len(rows)) if cells is None else cells.take(pa.array(rows))


def read(file: TableFile) -> Table:
    """All rows of a table.

    Raises:
        UnreadableFileError: where it cannot be read to its end.
    """
    table = DelimitedFile(file.path, file.name, file.head, file.header)
    places = file.layout.places(file.header.names, file.header.line)
    gathered, misshapen, count = Gathered(), [], 0
    for raw in table.batches(places):
        gathered.add(raw)
        misshapen += raw.bad_rows
        count += raw.row_count
    rows = gathered.rows()
    columns = rows.columns or {key: pa.array([], pa.string()) for key in places}
    work = ExportRows(
        file.name, RawRows(columns, rows.lines, count, [], 1.0), file.layout.names_in(file.header.names)
    )  # fmt: skip
    work.cells |= {key: export_cells.trimmed(cells) for key, cells in columns.items()}
    for key in KEYS[file.layout.name]:
        work.read_ids(key)
    for key in file.layout.required:
        if key not in MAY_BE_EMPTY:
            work.refuse(~work.has(key), key, "empty, but each row needs it")
    amounts = {key: work.read_amounts(key, AMOUNTS) for key in MONEY if key in work.cells}
    times = {key: _read_times(work, key) for key in TIMES if key in work.cells}
    if "status" in work.cells:
        _read_states(work)
    if "rating" in work.cells:
        stars = ratings(work.cells["rating"])
        work.refuse(stars.wrong, "rating", stars.explain)
    others = tuple(name for at, name in enumerate(file.header.names) if name and at not in places.values())
    return Table(work, misshapen, count, amounts, times, _first_of_equals(work, KEYS[file.layout.name]), others)


def _read_times(work: ExportRows, key: str) -> Numbers:
    cells = export_cells.clock_times(work.cells[key])
    if key == "promised_by":
        # A day, which all tables write as its first moment: what comes in the course of it is in time.
        cells = pc.replace_substring_regex(cells, "^([0-9-]{10})( 00:00(:00)?)?$", r"\1 23:59:59")
    work.cells[key] = cells
    found = moments(cells, np.zeros(len(cells), dtype=np.int64), [TIME_ZONE])
    work.refuse(found.cells.wrong, key, explain_moment)
    return found.cells.values


def _read_states(work: ExportRows) -> None:
    """Olist's words for what became of an order; `state` has Loam's."""
    words = pc.dictionary_encode(work.cells["status"])
    state = [STATES.get(word, "") for word in words.dictionary.to_pylist()]
    work.cells["state"] = pa.array(state, pa.string()).take(words.indices)
    work.refuse(~work.has("state"), "status", f"no status that is known; these are {', '.join(STATES)}")


def _first_of_equals(work: ExportRows, keys: Sequence[str]) -> Mask:
    """Marks the first row of each key, and refuses two of one key that are not equal."""
    codes = _codes([work.cells[key] for key in keys])
    _, begins = np.unique(codes, return_index=True)
    before = begins[codes] if len(codes) else codes
    first = before == np.arange(len(codes))
    if not first.all():
        whole = _codes(list(work.cells.values()))
        key = keys[-1]
        for row in np.flatnonzero(whole != whole[before]).tolist():
            for one, other in ((int(before[row]), row), (row, int(before[row]))):
                problem = f"the same key as on line {int(work.raw.lines[other])}, with other values"
                work.faults.setdefault(one, (key, work.cells[key][one].as_py(), problem))
    return np.asarray(first, dtype=bool)


def _codes(cells: list[pa.Array]) -> Numbers:
    """A number for each row, equal for rows that are equal in these columns, by the order in which they come."""
    texts = pc.binary_join_element_wise(*cells, "\x1f") if len(cells) > 1 else cells[0]
    codes: Numbers = pc.dictionary_encode(texts).indices.to_numpy().astype(np.int64)
    return codes
