"""Etsy's sold orders: one row per order, with dates alone, amounts as charged first, and as adjusted later.

The gross is what the shop sells for: value and shipping less discounts, without sales tax, which Etsy keeps. What went
back is Order Total less Adjusted Order Total. That one is 0.00 both where nothing was adjusted and after a full refund:
only Status tells which. In a file without Status a full refund is unknown, and is no zero.

Dates are month, day and year; a date is that day where the shop is. Fees are the card's alone, as first charged: the
listing and transaction fees are in Etsy's statement. Buyers go by a keyed hash of their user id.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Distinct, Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered, refuse_conflicts
from ingest.rows import RawRows
from lending.records import ORDERS

COLUMNS = {
    "placed_on": ("Sale Date",),
    "order": ("Order ID",),
    "buyer": ("Buyer User ID",),
    "currency": ("Currency",),
    "value": ("Order Value",),
    "discount": ("Discount Amount",),
    "shipping_discount": ("Shipping Discount",),
    "shipping": ("Shipping", "Postage", "Delivery"),
    "tax": ("Sales Tax",),
    "total": ("Order Total",),
    "status": ("Status",),
    "fees": ("Card Processing Fees",),
    "adjusted": ("Adjusted Order Total",),
}
REQUIRED = ("placed_on", "order", "currency", "value", "discount", "shipping", "total", "adjusted")
MONEY = ("value", "discount", "shipping_discount", "shipping", "tax", "total", "fees", "adjusted")
SIGNS = {"USD": ("$", "US$"), "GBP": ("£",), "EUR": ("€",), "CAD": ("$", "CA$"), "AUD": ("$", "AU$")}
"""What may stand before an amount of a currency; another one's sign is refused."""
CANCELLED = ("canceled", "cancelled")
GIVEN_BACK = (*CANCELLED, "refunded")

GROSS = "Order Value - Discount Amount - Shipping Discount + Shipping, all rows, without Sales Tax (Etsy keeps it)"
REFUNDS = "Order Total - Adjusted Order Total where Status says refunded/cancelled or Adjusted Order Total > 0"
FEES = "Card Processing Fees as first charged; listing and transaction fees are only in the Etsy statement"
TRAP = (
    "Adjusted Order Total is 0.00 both when nothing was adjusted and after a full refund: Status decides; without it "
    "the answer is unknown"
)
UNKNOWN_REFUNDS = "There is no Status column, so full refunds are unknown; ask for an export that has it."


class EtsyOrders:
    """Reads one list of sold orders."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = ORDERS_EXPORT.names_in(task.file.header.names)
        self._has_status = not set(COLUMNS["status"]).isdisjoint(task.file.header.names)
        self._gathered = Gathered()
        self._rows = 0
        self._with_sign = False
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._buyers = Distinct()
        self._days: list[str] = []

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Nothing yet: of two rows of one order with other amounts, both are refused."""
        self._gathered.add(rows)
        self._rows += rows.row_count
        return ()

    def remaining(self) -> Sequence[Translated]:
        """Orders, with their refunds."""
        work = ExportRows(self._task.file.name, self._gathered.rows(), self._names)
        if not len(work.raw.lines):
            return ()
        work.cells |= {key: export_cells.trimmed(cells) for key, cells in work.raw.columns.items()}
        work.read_ids("order")
        work.cells["placed_on"] = export_cells.american_days(work.cells["placed_on"])
        currency = self._task.currency
        locale = export_cells.Locale(before=("", currency, *SIGNS.get(currency, ())))
        amounts = {key: work.read_amounts(key, locale) for key in MONEY if key in work.cells}
        self._with_sign |= bool(pc.any(pc.starts_with(work.cells["total"], "$")).as_py())
        for key in ("placed_on", "order", "currency", "value", "total"):
            work.refuse(~work.has(key), key, "empty, but each row needs it")
        refuse_conflicts(work, "order", amounts.values(), np.ones(len(work.raw.lines), dtype=bool))
        return [self._orders(work, amounts)]

    def _orders(self, work: ExportRows, amounts: dict[str, Numbers]) -> Translated:
        count = len(work.raw.lines)
        nothing = np.zeros(count, dtype=np.int64)
        gross = amounts["value"] - amounts["discount"] - amounts.get("shipping_discount", nothing) + amounts["shipping"]
        work.refuse(gross < 0, "discount", "more than the order's value and shipping")
        refunded, known, words = self._refunded(work, amounts)
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "order_ref": work.cells["order"],
            "placed_at": work.cells["placed_on"],
            "gross": export_cells.money_cells(gross, np.ones(count, dtype=bool)),
            # A buyer gets the tax back as well, which never was the shop's.
            "refunded": export_cells.money_cells(np.minimum(refunded, np.maximum(gross, 0)), known),
            "currency": work.cells["currency"],
            "status": pa.repeat("completed", count),
        }
        if "buyer" in work.cells:
            columns["buyer_ref"] = self._task.hasher.refs(work.cells["buyer"])
        if "fees" in amounts:
            columns["fees"] = export_cells.money_cells(amounts["fees"], work.has("fees"))
        raw = work.as_records(columns)
        figures = {
            "day": np.array(work.cells["placed_on"].to_pylist(), dtype=object), "gross": gross, "refunded": refunded,
            "words": words, "total": amounts["total"], "tax": amounts.get("tax", nothing),
            "fees": amounts.get("fees", nothing),
        }  # fmt: skip
        kept = {key: values[work.keep()] for key, values in figures.items()}
        return Translated(ORDERS, raw, {own: self._names[key] for own, key in _SOURCES.items()}, kept)

    def _refunded(self, work: ExportRows, amounts: dict[str, Numbers]) -> tuple[Numbers, Mask, np.ndarray[Any, Any]]:
        """What went back to each buyer, where that is known, and each order's status in small letters."""
        words = (
            np.array([text.lower() for text in work.cells["status"].to_pylist()])
            if "status" in work.cells
            else np.full(len(work.raw.lines), "")
        )
        adjusted = amounts["adjusted"]
        back = (adjusted > 0) | np.isin(words, GIVEN_BACK)
        work.refuse(adjusted > amounts["total"], "adjusted", "more than Order Total")
        refunded = np.where(back, amounts["total"] - adjusted, 0)
        return refunded, back | (words != ""), words

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up orders that passed all checks."""
        if not rows.num_rows:
            return
        figures = {key: values[keep] for key, values in translated.figures.items()}
        back, cancelled = figures["refunded"], np.isin(figures["words"], CANCELLED)
        whole = (back > 0) & (back >= figures["total"])
        self._counts["orders"] += len(back)
        self._counts["cancelled_orders"] += int(cancelled.sum())
        self._counts["fully_refunded_orders"] += int(whole.sum())
        self._counts["partially_refunded_orders"] += int(((back > 0) & ~whole).sum())
        for key in ("gross", "total", "tax", "refunded", "fees"):
            self._sums[key] += int(figures[key].sum())
        if "buyer_ref" in rows.column_names:
            self._buyers.add(rows["buyer_ref"].combine_chunks())
        self._days += [min(figures["day"]), max(figures["day"])]

    def finish(self) -> Ending:
        """Nothing: the list has no totals of its own."""
        return Ending()

    def summary(self) -> dict[str, Any]:
        """What the list adds up to; what it has no column for is None."""
        file = self._task.file
        there = set(file.header.names)
        told: dict[str, Any] = {
            "encoding": "utf-8 with BOM" if file.head.marked else file.head.encoding,
            "line_ending": file.head.line_end,
            "columns": len(file.header.names),
            "data_rows": self._rows,
            **{name: self._counts[name] for name in _COUNTS},
            "gross_minor": self._by_currency("gross"),
            "gross_definition": GROSS,
            "order_total_minor": self._by_currency("total"),
            "sales_tax_minor": self._by_currency("tax") if "Sales Tax" in there else None,
            "refunds_minor": self._by_currency("refunded"),
            "refunds_definition": REFUNDS,
            "fees_minor": self._by_currency("fees") if "Card Processing Fees" in there else None,
            "fees_note": FEES,
            "first_date_local": min(self._days, default=None),
            "last_date_local": max(self._days, default=None),
            "first_ts_utc": None,
            "last_ts_utc": None,
            "ts_note": "dates only, mm/dd/yy, shop zone unknown",
            "distinct_buyers": self._buyers.count() if {*COLUMNS["buyer"]} & there else None,
            "closing_balance_minor": None,
            "trap": TRAP,
            "recall_only": "the Status words Refunded, Canceled, Paid, Completed",
        }
        if not self._has_status:
            unknown = ("cancelled_orders", "fully_refunded_orders", "refunds_minor")
            return {**told, **dict.fromkeys(unknown), "note": UNKNOWN_REFUNDS}
        return {**told, "note": "amounts as $1,234.56"} if self._with_sign else told

    def _by_currency(self, name: str) -> dict[str, int]:
        return {self._task.currency: self._sums[name]}


_COUNTS = ("orders", "cancelled_orders", "fully_refunded_orders", "partially_refunded_orders")
_SOURCES = {
    "order_ref": "order",
    "placed_at": "placed_on",
    "gross": "value",
    "refunded": "adjusted",
    "fees": "fees",
    "currency": "currency",
    "buyer_ref": "buyer",
}


def _currency(head: Head, header: HeaderLine) -> str:
    return first_cell(head, header, COLUMNS["currency"])


ORDERS_EXPORT = ExportFormat(
    name="etsy_sold_orders",
    platform="etsy",
    title="Etsy's sold orders",
    lacks="It tells card fees alone; listing and transaction fees are in Etsy's statement, which Loam does not read.",
    currency="USD",
    time_zone="UTC",
    columns=COLUMNS,
    required=REQUIRED,
    reader=EtsyOrders,
    currency_in=_currency,
)
