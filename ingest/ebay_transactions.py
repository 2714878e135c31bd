"""eBay's transaction report: what came into the shop's balance, what was kept as fees, given back and paid out.

An order of one item is one row; one of several has a row with the money and no item, and a row for each item with the
fees and no money. Net is gross and fees. Hold and Payout rows are no income. Tax that eBay collects is in neither.

Each row with money is an entry of the shop's balance with eBay, and its fees are one more. Refunds and claims are given
back to buyers, and eBay's order report doesn't tell them: so each is a refund among the orders as well. Rows have no
number of their own; an entry goes by what stands on it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from ingest import export_cells
from ingest.cells import Mask, Numbers
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Distinct, Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered, refuse_conflicts
from ingest.rows import RawRows
from lending.records import ORDERS, WALLET_ENTRIES

FEES = (
    "Final Value Fee - fixed", "Final Value Fee - variable", "Regulatory operating fee",
    'Very high "item not as described" fee', "Below standard performance fee", "International fee", "Charity donation",
    "Deposit processing fee",
)  # fmt: skip
COLUMNS = {
    "booked_on": ("Transaction creation date",),
    "type": ("Type",),
    "order": ("Order number",),
    "buyer": ("Buyer username",),
    "net": ("Net amount",),
    "currency": ("Payout currency",),
    "transaction": ("Transaction ID",),
    "gross": ("Gross transaction amount",),
    "reference": ("Reference ID",),
    "description": ("Description",),
    **{name: (name,) for name in FEES},
}
REQUIRED = ("booked_on", "type", "order", "net", "currency", "gross", "transaction")
MONEY = ("net", "gross", *FEES)
AMOUNTS = export_cells.Locale(before=("", "$", "£", "€"), behind=("", "€"))
KINDS = {
    "order": "sale",
    "refund": "refund",
    "claim": "refund",
    "payment dispute": "refund",
    "payout": "transfer",
    "other fee": "fee",
    "shipping label": "fee",
}
"""What each type is to the shop; holds, adjustments and all others are `other`."""
GIVEN_BACK = ("refund", "claim", "payment dispute")
GROSS = (
    "Gross transaction amount of Type Order (roll-up row, or the row itself for one-item orders); detail rows have -- "
    "there"
)


class EbayTransactions:
    """Reads one transaction report."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = TRANSACTIONS_EXPORT.names_in(task.file.header.names)
        self._gathered = Gathered()
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._buyers = Distinct()
        self._days: list[str] = []

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Nothing yet: the rows of an order may stand in two parts of the file."""
        self._gathered.add(rows)
        self._counts["rows"] += rows.row_count
        return ()

    def remaining(self) -> Sequence[Translated]:
        """The entries, their fees, and what was given back to buyers."""
        work = ExportRows(self._task.file.name, self._gathered.rows(), self._names)
        if not len(work.raw.lines):
            return ()
        work.cells |= {
            key: export_cells.trimmed(cells, placeholders=("--",)) for key, cells in work.raw.columns.items()
        }
        for key in work.cells.keys() & {"order", "transaction"}:
            work.read_ids(key)
            work.cells[key] = export_cells.trimmed(work.cells[key], placeholders=("--",))
        work.cells["booked_on"] = export_cells.named_days(work.cells["booked_on"])
        there = [key for key in MONEY if key in work.cells]
        locale = export_cells.locale_of([work.cells[key] for key in there], AMOUNTS)
        amounts = {key: work.read_amounts(key, locale, below_zero=True) for key in there}
        for key in ("booked_on", "type"):
            work.refuse(~work.has(key), key, "empty, but each row needs it")
        types = np.array([text.lower() for text in work.cells["type"].to_pylist()])
        with_money = work.has("net") | work.has("gross")
        order = types == "order"
        work.refuse(~order & ~with_money, "net", "empty, but only an item of an order has no amount")
        refuse_conflicts(work, "transaction", [amounts["gross"]], order & with_money & work.has("transaction"))
        fees = _fees(work, amounts, order, with_money)
        gross = np.where(work.has("gross"), amounts["gross"], amounts["net"] - fees)
        work.refuse(with_money & work.has("net") & (gross + fees != amounts["net"]), "net", "not gross and fees")
        self._note_rows(work, order, with_money)
        figures = {"type": types, "gross": gross, "fees": fees,
                   "day": np.array(work.cells["booked_on"].to_pylist(), dtype=object)}  # fmt: skip
        return self._translated(work, figures, with_money)

    def _note_rows(self, work: ExportRows, order: Mask, with_money: Mask) -> None:
        """Count orders, and the rows of their items."""
        items = order & ~with_money
        numbers = work.cells["order"].to_pylist()
        of_several = {numbers[row] for row in np.flatnonzero(items)}
        mains = [numbers[row] for row in np.flatnonzero(order & with_money & work.keep())]
        self._counts["orders"] = len(set(mains))
        self._counts["rollups"] = len(of_several & set(mains))
        self._counts["items"] = int(items.sum())
        if "buyer" in work.cells:
            self._buyers.add(self._task.hasher.refs(work.cells["buyer"]))

    def _translated(self, work: ExportRows, figures: dict[str, Any], with_money: Mask) -> list[Translated]:
        types, fees = figures["type"], figures["fees"]
        refs = _refs(work)
        kinds = pa.array([KINDS.get(each, "other") for each in types.tolist()])
        entries = self._entries(work, refs, figures["gross"], kinds, with_money)
        kept = {key: values[work.keep() & with_money] for key, values in figures.items()}
        sources = {own: self._names[key] for own, key in _SOURCES.items()}
        found = [Translated(WALLET_ENTRIES, entries, sources, kept)]
        for kind, raw in (
            (WALLET_ENTRIES, self._entries(work, [f"{ref}-fee" for ref in refs], fees,
                                           pa.repeat("fee", len(refs)), with_money & (fees != 0), told=True)),
            (ORDERS, self._refunds(work, refs, figures["gross"], with_money & np.isin(types, GIVEN_BACK))),
        ):  # fmt: skip
            if len(raw.lines):
                found.append(Translated(kind, raw, sources, worked_out=True))
        return found

    def _entries(
        self, work: ExportRows, refs: Sequence[str], amount: Numbers, kinds: pa.Array, only: Mask, *, told: bool = False
    ) -> RawRows:
        count = len(work.raw.lines)
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "entry_ref": pa.array(refs),
            "booked_at": work.cells["booked_on"],
            "amount": export_cells.money_cells(amount, np.ones(count, dtype=bool)),
            "kind": kinds,
            "account": pa.repeat("wallet", count),
            "currency": work.cells["currency"],
        }
        if "buyer" in work.cells:
            columns["counterparty_ref"] = self._task.hasher.refs(work.cells["buyer"])
        return work.as_records(columns, only, told=told)

    def _refunds(self, work: ExportRows, refs: Sequence[str], gross: Numbers, only: Mask) -> RawRows:
        count = len(work.raw.lines)
        every = np.ones(count, dtype=bool)
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "order_ref": pa.array(
                [f"{order}:{ref}" for order, ref in zip(work.cells["order"].to_pylist(), refs, strict=True)]
            ),
            "placed_at": work.cells["booked_on"],
            "refunded_at": work.cells["booked_on"],
            "gross": export_cells.money_cells(np.zeros(count, dtype=np.int64), every),
            "refunded": export_cells.money_cells(np.maximum(-gross, 0), every),
            "currency": work.cells["currency"],
            "status": pa.repeat("refund", count),
        }
        if "buyer" in work.cells:
            columns["buyer_ref"] = self._task.hasher.refs(work.cells["buyer"])
        return work.as_records(columns, only & (gross < 0), told=True)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up entries that passed all checks; fees and refunds are told with them."""
        if not translated.figures or not rows.num_rows:
            return
        figures = {key: values[keep] for key, values in translated.figures.items()}
        for name in set(figures["type"].tolist()):
            here = figures["type"] == name
            self._sums[name] += int(figures["gross"][here].sum())
            self._sums[f"{name} fees"] += int(figures["fees"][here].sum())
        self._sums["net"] += int((figures["gross"] + figures["fees"]).sum())
        self._days += [min(figures["day"]), max(figures["day"])]

    def finish(self) -> Ending:
        """Nothing: the report has no totals of its own."""
        return Ending()

    def summary(self) -> dict[str, Any]:
        """What the report adds up to."""
        file, sums = self._task.file, self._sums
        returned = sum(sums[f"{name} fees"] for name in GIVEN_BACK)
        return {
            "encoding": "utf-8 with BOM" if file.head.marked else file.head.encoding,
            "line_ending": file.head.line_end,
            "header_line": file.header.line,
            "columns": len(file.header.names),
            "data_rows": self._counts["rows"],
            "orders": self._counts["orders"],
            "order_rollup_rows": self._counts["rollups"],
            "order_item_detail_rows_under_rollup": self._counts["items"],
            "gross_minor": self._money(sums["order"]),
            "gross_definition": GROSS,
            "refunds_minor": self._money(-sums["refund"]),
            "claims_minor": self._money(-sums["claim"] - sums["payment dispute"]),
            "order_fees_minor": self._money(-sums["order fees"]),
            "fee_credits_on_refunds_minor": self._money(returned),
            "other_fees_minor": self._money(-sums["other fee"]),
            "shipping_labels_minor": self._money(-sums["shipping label"]),
            "payouts_minor": self._money(-sums["payout"]),
            "holds_net_minor": self._money(sums["hold"]),
            "cancelled_orders": None,
            "net_all_rows_minor": self._money(sums["net"]),
            "first_date_local": min(self._days, default=None),
            "last_date_local": max(self._days, default=None),
            "first_ts_utc": None,
            "last_ts_utc": None,
            "distinct_buyers": self._buyers.count(),
            "closing_balance_minor": None,
            "invariant": "for Order: net of roll-up = gross + all fees of its detail rows; eBay collected tax is in "
            "neither",
            "recall_only": "wording of the lines before the header",
            "fees_minor": self._money(-sums["order fees"] - returned - sums["other fee"]),
        }

    def _money(self, minor: int) -> dict[str, int]:
        return {self._task.currency: minor}


_SOURCES = {"booked_at": "booked_on", "amount": "net", "kind": "type", "currency": "currency"}


def _fees(work: ExportRows, amounts: dict[str, Numbers], order: Mask, with_money: Mask) -> Numbers:
    """The fees of each row; those of the items of an order stand on the row with its money."""
    own = sum((amounts[name] for name in FEES if name in amounts), np.zeros(len(order), dtype=np.int64))
    numbers = work.cells["order"].to_pylist()
    main = {numbers[row]: row for row in np.flatnonzero(order & with_money).tolist()}
    fees = np.where(with_money, own, 0)
    missing = np.zeros(len(order), dtype=bool)
    for row in np.flatnonzero(order & ~with_money).tolist():
        if numbers[row] in main:
            fees[main[numbers[row]]] += own[row]
        else:
            missing[row] = True
    work.refuse(missing, "order", "there is no row with the money of this order")
    return fees


def _refs(work: ExportRows) -> list[str]:
    """A reference for each row, of what stands on it, with a number where several rows are equal."""
    keys = [key for key in ("booked_on", "type", "order", "transaction", "net", "reference", "description")
            if key in work.cells]  # fmt: skip
    seen: defaultdict[str, int] = defaultdict(int)
    refs = []
    for cells in zip(*(work.cells[key].to_pylist() for key in keys), strict=True):
        ref = blake2b("\x1f".join(cells).encode(), digest_size=12).hexdigest()
        seen[ref] += 1
        refs.append(ref if seen[ref] == 1 else f"{ref}-{seen[ref]}")
    return refs


def _currency(head: Head, header: HeaderLine) -> str:
    return first_cell(head, header, COLUMNS["currency"])


TRANSACTIONS_EXPORT = ExportFormat(
    name="ebay_transactions",
    platform="ebay",
    title="eBay's transaction report",
    lacks="It tells money and refunds, and no orders: bring in eBay's order report as well.",
    currency="USD",
    time_zone="UTC",
    columns=COLUMNS,
    required=REQUIRED,
    reader=EbayTransactions,
    blank_lines=True,
    currency_in=_currency,
)
