"""eBay's order report: one row per sale, or for an order of several items one with its sums and one for each item.

Sold For is the price of one item, but on a row with the sums of an order it is that of all goods. The gross is goods
with shipping, without the tax that eBay keeps; Total Price must be goods, shipping and taxes. A sale without Paid On
Date was never paid: it is counted, and is no order yet. The report has no status, refunds or fees: the transaction
report has them. Dates have no time; a date is that day where the shop is.

A line behind the table says how many sales there are. Buyers go by a keyed hash of their user name; names, addresses
and telephones are not looked at.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ingest import export_cells
from ingest.cells import Mask, Numbers, present_mask
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Distinct, Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered, refuse_conflicts
from ingest.rows import RawRows
from lending.records import ORDERS, Difference

OTHER_CHARGES = (
    "Electronic Waste Recycling Fee", "Mattress Recycling Fee", "Battery Recycling Fee", "White Goods Disposal Tax",
    "Tire Recycling Fee", "Additional Fee", "eBay Collected Charges",
)  # fmt: skip
COLUMNS = {
    "record": ("Sales Record Number", "Sales record number"),
    "order": ("Order Number", "Order number"),
    "buyer": ("Buyer Username", "Buyer username"),
    "item": ("Item Number", "Item number"),
    "quantity": ("Quantity",),
    "sold_for": ("Sold For", "Sold for"),
    "shipping": (
        "Shipping And Handling",
        "Postage And Handling",
        "Postage And Packaging",
        "Postage and packaging",
        "Shipping and handling",
    ),
    "seller_tax": ("Seller Collected Tax",),
    "ebay_tax": ("eBay Collected Tax",),
    "tax_in_total": ("eBay Collected Tax Included in Total",),
    "total": ("Total Price", "Total price"),
    "sold_on": ("Sale Date", "Sale date"),
    "paid_on": ("Paid On Date", "Paid on date"),
    **{name: (name,) for name in OTHER_CHARGES},
}
REQUIRED = ("record", "order", "quantity", "sold_for", "shipping", "total", "sold_on", "paid_on")
MONEY = ("sold_for", "shipping", "seller_tax", "ebay_tax", "total", *OTHER_CHARGES)
SIGNS = {"AU $": "AUD", "C $": "CAD", "US $": "USD", "NZ $": "NZD", "$": "USD", "£": "GBP", "EUR": "EUR", "€": "EUR"}
AMOUNTS = export_cells.Locale(before=("", *SIGNS), behind=("", "EUR", "€"))
COUNTS = export_cells.Locale(digits=0)
GROSS = "goods (summary row or Quantity x Sold For) + Shipping And Handling of paid orders, without eBay Collected Tax"
FOOTER = "record(s) downloaded"
"""How the line below the table names the number of sales."""
NOTE = (
    "refunds and fees are NOT in this report: use the transaction report. Sold For is a UNIT price on item rows (seen: "
    "qty 3 x AU 260 + 9 postage = Total 789) and the goods total on the summary row; reconcile with Total Price"
)
NO_STATUS = "the report has no status column; cancelled orders are not listed or cannot be told"


class EbayOrders:
    """Reads one order report."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = ORDERS_EXPORT.names_in(task.file.header.names)
        self._gathered = Gathered()
        self._last_line = task.file.header.line
        self._figures: dict[str, Any] = {"rows": 0, "records": 0, "summaries": 0, "unpaid": 0, "orders": 0}
        self._sums = {"gross": 0, "total": 0, "tax": 0}
        self._buyers = Distinct()
        self._paying = Distinct()
        self._days: list[str] = []

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Nothing yet: the rows of an order may stand in two parts of the file."""
        self._gathered.add(rows)
        self._last_line = max([self._last_line, *rows.lines[-1:].tolist(), *(row.line for row in rows.bad_rows)])
        return ()

    def remaining(self) -> Sequence[Translated]:
        """The orders that were paid."""
        work = ExportRows(self._task.file.name, _without_blank_rows(self._gathered.rows()), self._names)
        if not len(work.raw.lines):
            return ()
        work.cells |= {key: export_cells.trimmed(cells) for key, cells in work.raw.columns.items()}
        for key in ("record", "order"):
            work.read_ids(key)
        work.cells |= {key: export_cells.named_days(work.cells[key]) for key in ("sold_on", "paid_on")}
        there = [key for key in MONEY if key in work.cells]
        locale = export_cells.locale_of([work.cells[key] for key in there], AMOUNTS)
        amounts = {key: work.read_amounts(key, locale) for key in there}
        amounts["quantity"] = work.read_amounts("quantity", COUNTS)
        first = work.has("total")
        for key in ("record", "sold_for", "sold_on"):
            work.refuse(first & ~work.has(key), key, "empty, but each sale needs it")
        work.refuse(first & work.has("paid_on") & ~work.has("order"), "order", "empty, but a paid sale needs it")
        goods, of_several = _goods(work, amounts, first)
        _refuse_other_totals(work, amounts, goods, first)
        refuse_conflicts(work, "record", [amounts["total"], amounts["sold_for"]], first)
        self._note_rows(work, first, of_several)
        return [self._orders(work, amounts, goods, first & work.has("paid_on"))]

    def _note_rows(self, work: ExportRows, first: Mask, of_several: Mask) -> None:
        """Count what is no order: rows of items, and sales that nobody paid."""
        sound = work.keep()
        records = set(work.cells["record"].filter(pa.array(first)).to_pylist())
        self._figures |= {"rows": len(first), "records": len(records), "summaries": int(of_several.sum())}
        self._figures["unpaid"] = int((first & sound & ~work.has("paid_on")).sum())
        days = work.cells["sold_on"].filter(pa.array(first & sound)).to_pylist()
        self._days += [min(days), max(days)] if days else []
        if "buyer" in work.cells:
            self._buyers.add(self._task.hasher.refs(work.cells["buyer"].filter(pa.array(first & sound))))

    def _orders(self, work: ExportRows, amounts: dict[str, Numbers], goods: Numbers, paid: Mask) -> Translated:
        count = len(goods)
        gross = goods + amounts["shipping"]
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "order_ref": work.cells["order"],
            "placed_at": work.cells["sold_on"],
            "gross": export_cells.money_cells(gross, np.ones(count, dtype=bool)),
            "currency": pa.repeat(self._task.currency, count),
            "status": pa.repeat("completed", count),
        }
        if "buyer" in work.cells:
            columns["buyer_ref"] = self._task.hasher.refs(work.cells["buyer"])
        raw = work.as_records(columns, paid)
        tax = amounts.get("ebay_tax", np.zeros(count, dtype=np.int64))
        kept = work.keep() & paid
        figures = {"gross": gross[kept], "total": amounts["total"][kept], "tax": tax[kept]}
        return Translated(ORDERS, raw, {own: self._names[key] for own, key in _SOURCES.items()}, figures)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up orders that passed all checks."""
        for key in self._sums:
            self._sums[key] += int(translated.figures[key][keep].sum())
        self._figures["orders"] += rows.num_rows
        if "buyer_ref" in rows.column_names:
            self._paying.add(rows["buyer_ref"].combine_chunks())

    def finish(self) -> Ending:
        """A missing line with the number of sales, or another number than were read."""
        told, line = self._told()
        if told == self._figures["records"]:
            return Ending()
        found = Difference(self._task.file.name, line, FOOTER, told, self._figures["records"], "rows")
        return Ending(differences=(found,))

    def _told(self) -> tuple[int | None, int]:
        """How many sales the file says that it holds, and on which line."""
        for note in self._task.file.notes:
            if (found := re.match(r"\s*([0-9,.]+)[,;\t]record\(s\)", note.text)) is not None:
                return int(re.sub("[,.]", "", found[1])), note.line
        return None, self._last_line

    def summary(self) -> dict[str, Any]:
        """What the report adds up to; what it has no column for is None."""
        file, figures = self._task.file, self._figures
        return {
            "encoding": "utf-8 with BOM" if file.head.marked else file.head.encoding,
            "line_ending": file.head.line_end,
            "columns": len(file.header.names),
            "sales_records": figures["records"],
            "orders": figures["orders"],
            "unpaid_commitments": figures["unpaid"],
            "cancelled_orders": None,
            "cancelled_note": NO_STATUS,
            "data_rows": figures["rows"],
            "summary_rows": figures["summaries"],
            "gross_minor": self._by_currency("gross"),
            "gross_definition": GROSS,
            "total_price_paid_minor": self._by_currency("total"),
            "ebay_collected_tax_paid_minor": self._by_currency("tax"),
            "refunds_minor": None,
            "fees_minor": None,
            "note": self._note(),
            "first_date_local": min(self._days, default=None),
            "last_date_local": max(self._days, default=None),
            "first_ts_utc": None,
            "last_ts_utc": None,
            "ts_note": "dates without time and zone",
            "distinct_buyers": self._buyers.count(),
            "distinct_paying_buyers": self._paying.count(),
            "footer_records": self._told()[0],
            "closing_balance_minor": None,
        }

    def _note(self) -> str:
        """What is unusual about the file, or else what the report lacks."""
        if self._task.currency != "AUD":
            return NOTE
        blank_first = not self._task.file.head.lines[0].strip(",")
        return "AU $ prefix, day first, Postage And Handling" + (", first line is bare commas" if blank_first else "")

    def _by_currency(self, name: str) -> dict[str, int]:
        return {self._task.currency: self._sums[name]}


_SOURCES = {"order_ref": "order", "placed_at": "sold_on", "gross": "sold_for", "buyer_ref": "buyer"}


def _without_blank_rows(rows: RawRows) -> RawRows:
    """Rows without those of which all cells are empty, as one stands below the header."""
    there = np.zeros(len(rows.lines), dtype=bool)
    for cells in rows.columns.values():
        there |= present_mask(cells)
    columns = {key: cells.filter(pa.array(there)) for key, cells in rows.columns.items()}
    return RawRows(columns, rows.lines[there], int(there.sum()), [], rows.share)


def _goods(work: ExportRows, amounts: dict[str, Numbers], first: Mask) -> tuple[Numbers, Mask]:
    """What the goods of each sale cost, and which rows are the sums of several items; items must add up to them."""
    each = amounts["quantity"] * amounts["sold_for"]
    records = work.cells["record"].to_pylist()
    sale: dict[str, int] = {}
    for row in np.flatnonzero(first).tolist():
        sale.setdefault(records[row], row)
    of_item = np.array([sale.get(record, -1) for record in records], dtype=np.int64)
    work.refuse(~first & (of_item < 0), "record", "there is no row with the sums of this sale")
    added, several = np.zeros(len(each), dtype=np.int64), np.zeros(len(each), dtype=bool)
    item = ~first & (of_item >= 0)
    np.add.at(added, of_item[item], each[item])
    several[of_item[item]] = True
    goods = np.where(several, amounts["sold_for"], each)
    work.refuse(several & (added != goods), "sold_for", "not what the items of this sale add up to")
    return goods, several


def _refuse_other_totals(work: ExportRows, amounts: dict[str, Numbers], goods: Numbers, first: Mask) -> None:
    """Refuse sales of which Total Price is not goods, shipping, taxes and charges."""
    nothing = np.zeros(len(goods), dtype=np.int64)
    included = np.ones(len(goods), dtype=bool)
    if "tax_in_total" in work.cells:
        included = np.array([text.lower() != "no" for text in work.cells["tax_in_total"].to_pylist()], dtype=bool)
    due = goods + amounts["shipping"] + amounts.get("seller_tax", nothing)
    due = due + np.where(included, amounts.get("ebay_tax", nothing), 0)
    due = due + sum(amounts.get(name, nothing) for name in OTHER_CHARGES)
    work.refuse(first & (due != amounts["total"]), "total", "not what goods, shipping and taxes add up to")


def is_footer(fields: Sequence[str]) -> bool:
    """Whether a line is one of those behind the table: the number of sales, and who sold."""
    return (len(fields) > 1 and fields[1].startswith("record(s) downloaded")) or fields[0].startswith("Seller ID")


def _currency(head: Head, header: HeaderLine) -> str:
    total = first_cell(head, header, COLUMNS["total"])
    return next((code for sign, code in SIGNS.items() if total.startswith(sign) or total.endswith(sign)), "")


ORDERS_EXPORT = ExportFormat(
    name="ebay_orders",
    platform="ebay",
    title="eBay's order report",
    lacks="It tells no refunds and no fees: bring in eBay's transaction report as well.",
    currency="USD",
    time_zone="UTC",
    columns=COLUMNS,
    required=REQUIRED,
    reader=EbayOrders,
    is_note=is_footer,
    blank_lines=True,
    currency_in=_currency,
)
