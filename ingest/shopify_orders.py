"""Shopify's order export: one row per line item, with the fields of the order on its first row only.

What an order is, by its Financial Status:

- paid, partially_paid, partially_refunded and refunded were captured: the gross is Total, and Refunded Amount went
  back.
- voided was never captured: a cancelled order, from Cancelled at on.
- pending, authorized, unpaid and expired are open orders on which nothing was paid; where Cancelled at is filled they
  are cancelled.

All amounts stand on the first row: where another one is lost, the order is whole; where the first one is, the others
are refused with it. Names begin with `#`, which is no comment. Fees are not in this file; Shopify's payment
transactions have them. Buyers go by a keyed hash of their address; names, addresses and telephones are not looked at.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers, utc_text
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Distinct, Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered, Records
from ingest.rows import RawRows
from lending.records import ORDERS

COLUMNS = {
    "order": ("Name",),
    "email": ("Email",),
    "state": ("Financial Status",),
    "currency": ("Currency",),
    "shipping": ("Shipping",),
    "taxes": ("Taxes",),
    "total": ("Total",),
    "discount": ("Discount Amount",),
    "placed_at": ("Created at",),
    "cancelled_at": ("Cancelled at", "Canceled at"),
    "refunded": ("Refunded Amount",),
}
REQUIRED = ("order", "state", "currency", "total", "placed_at", "refunded")
MONEY = ("shipping", "taxes", "total", "discount", "refunded")
CAPTURED, WAITING, VOIDED = range(3)
STATES = {
    "paid": CAPTURED,
    "partially_paid": CAPTURED,
    "partially_refunded": CAPTURED,
    "refunded": CAPTURED,
    "pending": WAITING,
    "authorized": WAITING,
    "unpaid": WAITING,
    "expired": WAITING,
    "voided": VOIDED,
}
# In rupees the thousands are followed by groups of two.
AMOUNTS = export_cells.Locale(group="")
GROSS = "Total of orders whose Financial Status is paid, partially_paid, partially_refunded or refunded"


class ShopifyOrders:
    """Reads one order export."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = ORDERS_EXPORT.names_in(task.file.header.names)
        self._gathered = Gathered()
        self._rows = 0
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._buyers = Distinct()
        self._times: list[int] = []
        self._offsets: set[str] = set()

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Nothing yet: the rows of an order may stand in two parts of the file."""
        self._gathered.add(rows)
        self._rows += rows.row_count
        return ()

    def remaining(self) -> Sequence[Translated]:
        """All orders."""
        work = ExportRows(self._task.file.name, self._gathered.rows(), self._names)
        if not len(work.raw.lines):
            return ()
        work.cells |= {key: export_cells.trimmed(cells) for key, cells in work.raw.columns.items()}
        self._offsets |= {text[-5:] for text in pc.unique(work.cells["placed_at"]).to_pylist() if text}
        work.cells |= {key: _plain_numbers(work.cells[key], self._task.currency) for key in MONEY if key in work.cells}
        first = work.has("state")
        records = Records.beginning(first)
        work.refuse(~first & ~_follows(work, records), "order", "no first row of this order stands before this one")
        amounts = {key: work.read_amounts(key, AMOUNTS) for key in MONEY if key in work.cells}
        states = _states(work, first)
        for key in ("currency", "total", "placed_at"):
            work.refuse(first & ~work.has(key), key, "empty, but the first row of each order needs it")
        return [self._orders(work, amounts, states, first)]

    def _orders(self, work: ExportRows, amounts: dict[str, Numbers], states: Numbers, first: Mask) -> Translated:
        count = len(states)
        captured = states == CAPTURED
        has_end = work.has("cancelled_at")
        cancelled = (states == VOIDED) | (has_end & ~captured)
        gross = np.where(captured, amounts["total"], 0)
        refunded = np.where(captured, amounts["refunded"], 0)
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "order_ref": work.cells["order"],
            "placed_at": export_cells.offset_times(work.cells["placed_at"]),
            "gross": export_cells.money_cells(gross, np.ones(count, dtype=bool)),
            "refunded": export_cells.money_cells(refunded, np.ones(count, dtype=bool)),
            "currency": work.cells["currency"],
            "status": pa.array(["completed", "open", "cancelled"]).take(pa.array(np.where(cancelled, 2, ~captured))),
        }
        if "email" in work.cells:
            columns["buyer_ref"] = self._task.hasher.refs(pc.utf8_lower(work.cells["email"]))
        if "cancelled_at" in work.cells:
            ended = export_cells.offset_times(work.cells["cancelled_at"])
            columns["cancelled_at"] = pc.if_else(pa.array(cancelled), ended, "")
        raw = work.as_records(columns, first)
        figures = {"state": states, "ended": has_end, "refunded": refunded, **amounts}
        kept = {key: values[work.keep() & first] for key, values in figures.items()}
        return Translated(ORDERS, raw, {own: self._names[key] for own, key in _SOURCES.items()}, kept)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up orders that passed all checks."""
        if not rows.num_rows:
            return
        figures = {key: values[keep] for key, values in translated.figures.items()}
        captured = figures["state"] == CAPTURED
        self._counts["orders"] += len(captured)
        self._counts["captured_orders"] += int(captured.sum())
        self._counts["cancelled_orders"] += int(figures["ended"].sum())
        self._counts["voided_orders"] += int((figures["state"] == VOIDED).sum())
        self._counts["pending_or_authorized_orders"] += int((figures["state"] == WAITING).sum())
        self._sums["all"] += int(figures["total"].sum())
        self._sums["refunded"] += int(figures["refunded"].sum())
        for key in ("total", "shipping", "taxes", "discount"):
            self._sums[key] += int(figures[key][captured].sum()) if key in figures else 0
        if "buyer_ref" in rows.column_names:
            buyers = rows["buyer_ref"].combine_chunks()
            self._buyers.add(buyers)
            self._counts["orders_without_email"] += buyers.null_count
        placed = rows["placed_at"].to_numpy()
        self._times += [int(placed.min()), int(placed.max())]

    def finish(self) -> Ending:
        """Nothing: the export has no totals of its own."""
        return Ending()

    def summary(self) -> dict[str, Any]:
        """What the export adds up to; what it has no column for is None."""
        there = set(self._task.file.header.names)
        has_email = not there.isdisjoint(COLUMNS["email"])
        return {
            **{name: self._counts[name] for name in _COUNTS},
            "gross_minor": self._by_currency("total"),
            "gross_definition": GROSS,
            "sum_total_all_orders_minor": self._by_currency("all"),
            "refunds_minor": self._by_currency("refunded"),
            "shipping_minor_captured": self._by_currency("shipping") if "Shipping" in there else None,
            "taxes_minor_captured": self._by_currency("taxes") if "Taxes" in there else None,
            "discounts_minor_captured": self._by_currency("discount") if "Discount Amount" in there else None,
            "fees_minor": None,
            "fees_note": "no fees in this file",
            "first_ts_utc": utc_text(min(self._times)) if self._times else None,
            "last_ts_utc": utc_text(max(self._times)) if self._times else None,
            "ts_definition": f"Created at, with its own offset{_OFFSETS.get(len(self._offsets), '')}",
            "distinct_buyers": self._buyers.count() if has_email else None,
            "orders_without_email": self._counts["orders_without_email"] if has_email else None,
            "closing_balance_minor": None,
            "trap": "names start with #: they are not comments",
            "encoding": f"utf-8 {'with' if self._task.file.head.marked else 'without'} BOM",
            "line_ending": self._task.file.head.line_end,
            "columns": len(self._task.file.header.names),
            "data_rows": self._rows,
        }

    def _by_currency(self, name: str) -> dict[str, int]:
        return {self._task.currency: self._sums[name]}


_COUNTS = (
    "orders", "captured_orders", "cancelled_orders", "voided_orders", "pending_or_authorized_orders"
)  # fmt: skip
_SOURCES = {
    "order_ref": "order",
    "placed_at": "placed_at",
    "gross": "total",
    "refunded": "refunded",
    "currency": "currency",
    "buyer_ref": "email",
    "cancelled_at": "cancelled_at",
    "status": "state",
}
# Said of a file whose times have so many of them.
_OFFSETS = {2: " (two offsets in this file: DST)"}
_GROUPED = r"^-?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]+)?$"


def _plain_numbers(cells: pa.Array, currency: str) -> pa.Array:
    """Amounts without the code of the file's own currency, and without commas between thousands, lakhs and crores.

    A comma anywhere else stays, as does the code of another currency, to be refused.
    """
    cells = pc.replace_substring_regex(cells, f"^{re.escape(currency)} ?", "")
    return pc.if_else(pc.match_substring_regex(cells, _GROUPED), pc.replace_substring(cells, ",", ""), cells)


def _follows(work: ExportRows, records: Records) -> Mask:
    """Where a row names the order whose first row stands before it."""
    if not len(records.begins):
        return np.zeros(len(work.raw.lines), dtype=bool)
    names = work.cells["order"]
    before = names.take(pa.array(records.begins[np.maximum(records.of_row, 0)]))
    return np.asarray(pc.equal(names, before)) & (records.of_row >= 0)


def _states(work: ExportRows, first: Mask) -> Numbers:
    """What each status means; unknown ones are refused."""
    encoded = pc.dictionary_encode(work.cells["state"])
    meanings = [STATES.get(text.lower(), -1) for text in encoded.dictionary.to_pylist()]
    states: Numbers = np.array(meanings, dtype=np.int64)[encoded.indices.to_numpy()]
    work.refuse(first & (states < 0), "state", "no known status of a payment, such as paid or refunded")
    return states


def _currency(head: Head, header: HeaderLine) -> str:
    return first_cell(head, header, COLUMNS["currency"])


ORDERS_EXPORT = ExportFormat(
    name="shopify_orders",
    platform="shopify",
    title="Shopify's order export",
    lacks="It tells no fees and no payouts: bring in Shopify's payment transactions as well.",
    currency="USD",
    time_zone="UTC",
    columns=COLUMNS,
    required=REQUIRED,
    reader=ShopifyOrders,
    currency_in=_currency,
)
