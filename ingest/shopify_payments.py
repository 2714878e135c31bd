"""Shopify's payment transactions: what it took in for the shop, gave back, kept as fees, and pays out.

Each row is an entry of the shop's balance with Shopify, and each fee is one more: Net = Amount - Fee. Orders are in
Shopify's order export, so none is made of these rows. Amount is signed; Presentment Amount is not, and is left alone.
Rows have no number of their own: an entry goes by its time, type, order, checkout and amounts, which stay the same when
a pending row is paid out later.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from ingest import export_cells
from ingest.cells import Mask, utc_text
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered
from ingest.rows import RawRows
from lending.records import WALLET_ENTRIES

COLUMNS = {
    "booked_at": ("Transaction Date",),
    "type": ("Type",),
    "order": ("Order",),
    "payout_status": ("Payout Status",),
    "amount": ("Amount",),
    "fee": ("Fee",),
    "net": ("Net",),
    "checkout": ("Checkout",),
    "currency": ("Currency",),
}
REQUIRED = ("booked_at", "type", "order", "amount", "fee", "net")
MONEY = ("amount", "fee", "net")
AMOUNTS = export_cells.Locale(before=("", "$"))
KINDS = {"charge": "sale", "refund": "refund", "payout": "transfer"}
"""What each type is to the shop; chargebacks, adjustments and all others are `other`."""


class ShopifyPayments:
    """Reads one list of transactions."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = TRANSACTIONS_EXPORT.names_in(task.file.header.names)
        self._gathered = Gathered()
        self._rows = 0
        self._sums: Counter[str] = Counter()
        self._orders: set[str] = set()
        self._times: list[int] = []

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Nothing yet: equal rows are told apart by counting them."""
        self._gathered.add(rows)
        self._rows += rows.row_count
        return ()

    def remaining(self) -> Sequence[Translated]:
        """The entries: the amounts, then the fees."""
        work = ExportRows(self._task.file.name, self._gathered.rows(), self._names)
        if not len(work.raw.lines):
            return ()
        work.cells |= {key: export_cells.trimmed(cells) for key, cells in work.raw.columns.items()}
        amounts = {key: work.read_amounts(key, AMOUNTS, below_zero=True) for key in MONEY}
        for key in ("booked_at", "type", "amount"):
            work.refuse(~work.has(key), key, "empty, but each row needs it")
        net = amounts["amount"] - amounts["fee"]
        work.refuse(work.has("net") & (amounts["net"] != net), "net", "not the amount less the fee")
        refs = _refs(work)
        types = [text.lower() for text in work.cells["type"].to_pylist()]
        every = np.ones(len(types), dtype=bool)
        kinds = pa.array([KINDS.get(each, "other") for each in types])
        entries = self._entries(work, refs, amounts["amount"], kinds, every)
        figures = {"type": np.array(types), "amount": amounts["amount"], "fee": amounts["fee"],
                   "order": np.array(work.cells["order"].to_pylist())}  # fmt: skip
        kept = {key: values[work.keep()] for key, values in figures.items()}
        said = Translated(WALLET_ENTRIES, entries, {own: self._names[key] for own, key in _SOURCES.items()}, kept)
        charged = work.keep() & (amounts["fee"] != 0)
        fee_kinds = pa.repeat("fee", len(types))
        fees = self._entries(work, [f"{ref}-fee" for ref in refs], -amounts["fee"], fee_kinds, charged, told=True)
        return (
            [said, Translated(WALLET_ENTRIES, fees, {"amount": self._names["fee"]}, worked_out=True)]
            if charged.any()
            else [said]
        )

    def _entries(
        self,
        work: ExportRows,
        refs: Sequence[str],
        amount: np.ndarray[Any, Any],
        kinds: pa.Array,
        only: Mask,
        *,
        told: bool = False,
    ) -> RawRows:
        count = len(work.raw.lines)
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "entry_ref": pa.array(refs),
            "booked_at": export_cells.offset_times(export_cells.clock_times(work.cells["booked_at"])),
            "amount": export_cells.money_cells(amount, np.ones(count, dtype=bool)),
            "kind": kinds,
            "account": pa.repeat("wallet", count),
            "currency": work.cells["currency"] if "currency" in work.cells else pa.repeat(self._task.currency, count),
        }
        return work.as_records(columns, only, told=told)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up entries that passed all checks; each fee is told with its amount."""
        if not translated.figures or not rows.num_rows:
            return
        figures = {key: values[keep] for key, values in translated.figures.items()}
        for name in ("charge", "refund", "chargeback"):
            self._sums[name] += int(figures["amount"][figures["type"] == name].sum())
        self._sums["fee"] += int(figures["fee"].sum())
        self._sums["net"] += int((figures["amount"] - figures["fee"]).sum())
        self._orders |= set(figures["order"][figures["type"] == "charge"].tolist())
        booked = rows["booked_at"].to_numpy()
        self._times += [int(booked.min()), int(booked.max())]

    def finish(self) -> Ending:
        """Nothing: the list has no totals of its own."""
        return Ending()

    def summary(self) -> dict[str, Any]:
        """What the list adds up to."""
        return {
            "orders": len(self._orders),
            "gross_minor": self._by_currency("charge"),
            "refunds_minor": self._by_currency("refund", -1),
            "chargebacks_minor": self._by_currency("chargeback", -1),
            "fees_minor": self._by_currency("fee"),
            "net_minor": self._by_currency("net"),
            "first_ts_utc": utc_text(min(self._times)) if self._times else None,
            "last_ts_utc": utc_text(max(self._times)) if self._times else None,
            "cancelled_orders": None,
            "distinct_buyers": None,
            "closing_balance_minor": None,
            "note": "Presentment Amount is unsigned in refund rows (seen); use Amount. "
            "Fee is positive and is subtracted: Net = Amount - Fee",
            "encoding": "utf-8 with BOM" if self._task.file.head.marked else "utf-8",
            "line_ending": self._task.file.head.line_end,
            "data_rows": self._rows,
        }

    def _by_currency(self, name: str, sign: int = 1) -> dict[str, int]:
        return {self._task.currency: sign * self._sums[name]}


_SOURCES = {"booked_at": "booked_at", "amount": "amount", "kind": "type", "currency": "currency"}


def _refs(work: ExportRows) -> list[str]:
    """A reference for each row, of what stays the same of it, with a number where several rows are equal."""
    told = [work.cells[key].to_pylist() for key in ("booked_at", "type", "order", "amount", "fee")]
    seen: defaultdict[str, int] = defaultdict(int)
    refs = []
    for cells in zip(*told, strict=True):
        ref = blake2b("\x1f".join(cells).encode(), digest_size=12).hexdigest()
        seen[ref] += 1
        refs.append(ref if seen[ref] == 1 else f"{ref}-{seen[ref]}")
    return refs


def _currency(head: Head, header: HeaderLine) -> str:
    return first_cell(head, header, COLUMNS["currency"])


TRANSACTIONS_EXPORT = ExportFormat(
    name="shopify_payments_transactions",
    platform="shopify",
    title="Shopify's payment transactions",
    lacks="It tells money and no orders: bring in Shopify's order export as well.",
    currency="USD",
    time_zone="UTC",
    columns=COLUMNS,
    required=REQUIRED,
    reader=ShopifyPayments,
    currency_in=_currency,
)
