"""Taobao's and Tmall's order report (ExportOrderList), one row per order, of 41 to some 71 columns.

What a row means, by status and time of payment:

- 交易关闭 without a time of payment was never paid: a cancelled order. With one it was paid and paid back whole.
- 交易成功 is completed. Where less was paid out to the seller than the smaller of 买家应付货款 and what the buyer paid,
  the rest went back to the buyer. Points count towards 买家应付货款 but not towards what was paid; they are no refund.
- All other statuses are open orders, paid or not.

The gross is what the buyer paid, 买家实际支付金额, of orders that were paid. Commissions are not in this file, so a
record has no fee unless 卖家服务费 is above zero. Buyers go by a keyed hash of their name; addresses, telephones and
messages are not looked at.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers, utc_text
from ingest.export_records import Distinct, Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.rows import RawRows
from lending.records import ORDERS

COLUMNS = {
    "order": ("订单编号", "订单号"),
    "buyer": ("买家会员名", "买家昵称"),
    "goods": ("买家应付货款",),
    "shipping": ("买家应付邮费",),
    "total": ("总金额",),
    "paid": ("买家实际支付金额", "买家实付金额"),
    "status": ("订单状态",),
    "placed_at": ("订单创建时间",),
    "paid_at": ("订单付款时间",),
    "seller_fee": ("卖家服务费",),
    "refund": ("退款金额",),
    "confirmed_at": ("确认收货时间",),
    "paid_out": ("打款商家金额",),
}
REQUIRED = ("order", "paid", "status", "placed_at", "paid_at")
MONEY = ("goods", "shipping", "total", "paid", "seller_fee", "refund", "paid_out")
PLACEHOLDERS = ("NULL", "null", "无退款申请", "--")

UNPAID, OPEN, COMPLETED, CLOSED = range(4)
# The status may hold a half- or a full-width comma; it is compared without commas.
STATUSES = {
    "等待买家付款": UNPAID,
    "没有创建支付宝交易": UNPAID,
    "买家已付款等待卖家发货": OPEN,
    "卖家部分发货": OPEN,
    "卖家已发货等待买家确认": OPEN,
    "等待买家确认收货": OPEN,
    "买家已签收货到付款专用": OPEN,
    "交易成功": COMPLETED,
    "交易关闭": CLOSED,
    "付款以后用户退款成功交易自动关闭": CLOSED,
    "付款以前卖家或买家主动关闭交易": CLOSED,
}
_COMMAS = str.maketrans("", "", ",，()（） \u3000")

GROSS = "sum of 买家实际支付金额 over orders with a 订单付款时间"
FEES = "卖家服务费 only; commissions are not in this file (they are in the Alipay statement)"
ZONE = "Asia/Shanghai (+08:00, no DST)"
QUOTINGS = {
    "equals": '="…" inside a quoted field',
    "apostrophe": "a leading apostrophe",
    "tab": "a tab",
    "plain": "none",
}


class TaobaoOrders:
    """Reads one order report."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = ORDERS_EXPORT.names_in(task.file.header.names)
        self._there: set[str] = set()
        self._quoting = "plain"
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._buyers = Distinct()
        self._paying = Distinct()
        self._first: int | None = None
        self._last: int | None = None

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Orders, with their refunds.

        Raises:
            UnreadableFileError: where a spreadsheet has destroyed the ids.
        """
        self._there |= rows.columns.keys()
        work = ExportRows(self._task.file.name, rows, self._names)
        for key, cells in rows.columns.items():
            if key != "order":
                work.cells[key] = export_cells.trimmed(cells, placeholders=PLACEHOLDERS)
        quoting = work.read_ids("order")
        self._quoting = quoting if quoting != "plain" else self._quoting
        amounts = self._read_amounts(work)
        states = _states(work)
        for key in ("order", "paid", "placed_at"):
            work.refuse(~work.has(key), key, "empty, but each row needs it")
        was_paid = work.has("paid_at")
        refunded = _refunded(work, amounts, states, was_paid)
        figures = {"state": states, "was_paid": was_paid, "refunded": refunded, **amounts}
        return [self._orders(work, amounts, figures)]

    def _read_amounts(self, work: ExportRows) -> dict[str, Numbers]:
        return {key: work.read_amounts(key, export_cells.CNY) for key in MONEY if key in work.cells}

    def _orders(self, work: ExportRows, amounts: dict[str, Numbers], figures: dict[str, Any]) -> Translated:
        """The rows without a fault as orders."""
        count = len(work.raw.lines)
        states, was_paid, refunded = figures["state"], figures["was_paid"], figures["refunded"]
        unpaid_closed = (states == CLOSED) & ~was_paid
        gross = np.where(was_paid, amounts["paid"], 0)
        told = "refund" in amounts or "paid_out" in amounts
        meanings = np.where(unpaid_closed, 2, (states == OPEN) | (states == UNPAID))
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "order_ref": work.cells["order"],
            "placed_at": export_cells.clock_times(work.cells["placed_at"]),
            "gross": export_cells.money_cells(gross, np.ones(count, dtype=bool)),
            "refunded": export_cells.money_cells(refunded, (refunded > 0) | told),
            "currency": pa.repeat(self._task.currency, count),
            "status": pa.array(["completed", "open", "cancelled"]).take(pa.array(meanings)),
        }
        if "buyer" in work.cells:
            columns["buyer_ref"] = self._task.hasher.refs(work.cells["buyer"])
        if "seller_fee" in amounts and amounts["seller_fee"].any():
            columns["fees"] = export_cells.money_cells(amounts["seller_fee"], amounts["seller_fee"] > 0)
        if "confirmed_at" in work.cells:
            settled = export_cells.clock_times(work.cells["confirmed_at"])
            columns["settled_at"] = pc.if_else(pa.array(states == COMPLETED), settled, "")
        raw = work.as_records(columns)
        kept = {key: values[work.keep()] for key, values in figures.items()}
        return Translated(ORDERS, raw, {own: self._names[key] for own, key in _SOURCES.items()}, kept)

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up orders that passed all checks."""
        if not rows.num_rows:
            return
        figures = {key: values[keep] for key, values in translated.figures.items()}
        state, was_paid, refunded = figures["state"], figures["was_paid"], figures["refunded"]
        closed, completed = state == CLOSED, state == COMPLETED
        whole = refunded >= figures["paid"]
        for name, mask in {
            "orders": np.ones(len(state), dtype=bool),
            "paid_orders": was_paid,
            "cancelled_orders": closed,
            "cancelled_unpaid_orders": closed & ~was_paid,
            "closed_after_full_refund_orders": closed & was_paid,
            "awaiting_payment_orders": (state == UNPAID) & ~was_paid,
            "completed_orders": completed,
            "in_transit_orders": was_paid & ~completed & ~closed,
            "partially_refunded_orders": ~closed & (refunded > 0) & ~whole,
            "completed_but_fully_refunded_orders": completed & (refunded > 0) & whole,
        }.items():
            self._counts[name] += int(mask.sum())
        self._sums["gross"] += int(figures["paid"][was_paid].sum())
        self._sums["refunded"] += int(refunded.sum())
        for key in ("total", "paid_out", "seller_fee"):
            self._sums[key] += int(figures[key].sum()) if key in figures else 0
        self._sums["shipping"] += int(figures["shipping"][was_paid].sum()) if "shipping" in figures else 0
        if "buyer_ref" in rows.column_names:
            buyers = rows["buyer_ref"].combine_chunks()
            self._buyers.add(buyers)
            self._paying.add(buyers.filter(pa.array(was_paid)))
        placed = rows["placed_at"].to_numpy()
        first, last = int(placed.min()), int(placed.max())
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)

    def remaining(self) -> Sequence[Translated]:
        """Nothing: each row is an order."""
        return ()

    def finish(self) -> Ending:
        """Nothing: the report has no totals of its own."""
        return Ending()

    def summary(self) -> dict[str, Any]:
        """What the report adds up to; what it has no column for is None."""
        told = {"refund", "paid_out"} & self._there
        counts: dict[str, int | None] = dict(self._counts) or dict.fromkeys(_COUNTS, 0)
        if not told:
            counts |= dict.fromkeys(("partially_refunded_orders", "completed_but_fully_refunded_orders"))
        return {
            "currency": self._task.currency,
            "timezone": ZONE if self._task.time_zone == "Asia/Shanghai" else self._task.time_zone,
            **counts,
            "gross_minor": self._by_currency("gross"),
            "gross_definition": GROSS,
            "sum_total_all_rows_minor": self._by_currency("total", "total"),
            "refunds_minor": self._by_currency("refunded"),
            "shipping_charged_paid_orders_minor": self._by_currency("shipping", "shipping"),
            "fees_minor": self._by_currency("seller_fee", "seller_fee"),
            "fees_note": FEES,
            "paid_out_to_seller_minor": self._by_currency("paid_out", "paid_out"),
            "first_ts_utc": None if self._first is None else utc_text(self._first),
            "last_ts_utc": None if self._last is None else utc_text(self._last),
            "ts_definition": "订单创建时间",
            "distinct_buyers": self._buyers.count() if "buyer" in self._there else None,
            "distinct_paying_buyers": self._paying.count() if "buyer" in self._there else None,
            "closing_balance_minor": None,
            **self._shape(),
        }

    def _by_currency(self, name: str, column: str = "") -> dict[str, int] | None:
        return {self._task.currency: self._sums[name]} if not column or column in self._there else None

    def _shape(self) -> dict[str, Any]:
        """How the file is written."""
        file = self._task.file
        encoding = {"gb18030": "gbk (decode as gb18030)", "utf-8": "utf-8"}.get(file.head.encoding, file.head.encoding)
        notes = ["UTF-8 with BOM"] if file.head.marked and file.head.encoding == "utf-8" else []
        if self._quoting == "apostrophe":
            notes.append("ids start with an apostrophe")
        if not notes and file.broken_lines:
            many = "one record holds a line break" if file.broken_lines == 1 else "records hold line breaks"
            notes.append(f"{many} inside quotes, so physical lines > records")
        return {
            "note": ", ".join(notes),
            "encoding": encoding,
            "line_ending": file.head.line_end,
            "id_quoting": QUOTINGS[self._quoting],
            "columns": len(file.header.names),
        }


_COUNTS = (
    "orders", "paid_orders", "cancelled_orders", "cancelled_unpaid_orders", "closed_after_full_refund_orders",
    "awaiting_payment_orders", "completed_orders", "in_transit_orders", "partially_refunded_orders",
    "completed_but_fully_refunded_orders",
)  # fmt: skip
# From which column of the report each column of an order comes.
_SOURCES = {
    "order_ref": "order",
    "placed_at": "placed_at",
    "gross": "paid",
    "refunded": "refund",
    "fees": "seller_fee",
    "buyer_ref": "buyer",
    "settled_at": "confirmed_at",
    "status": "status",
}


def _states(work: ExportRows) -> Numbers:
    """What each status means; unknown ones are refused."""
    encoded = pc.dictionary_encode(work.cells["status"])
    meanings = [STATUSES.get(text.translate(_COMMAS), -1) for text in encoded.dictionary.to_pylist()]
    states: Numbers = np.array(meanings, dtype=np.int64)[encoded.indices.to_numpy()]
    work.refuse(states < 0, "status", "no known status of an order, such as 交易成功 or 交易关闭")
    return states


def _refunded(work: ExportRows, amounts: dict[str, Numbers], states: Numbers, was_paid: Mask) -> Numbers:
    """What went back to the buyer: all of a closed order that was paid, else what the report or the payout says."""
    paid = amounts["paid"]
    refunded = np.zeros(len(paid), dtype=np.int64)
    if "refund" in amounts:
        refunded = np.where(was_paid, amounts["refund"], 0)
    if "paid_out" in amounts:
        due = np.minimum(amounts.get("goods", paid), paid)
        short = (states == COMPLETED) & work.has("paid_out") & (amounts["paid_out"] < due)
        refunded = np.where(short & (refunded == 0), paid - amounts["paid_out"], refunded)
    return np.where((states == CLOSED) & was_paid, paid, refunded)


ORDERS_EXPORT = ExportFormat(
    name="taobao_orders",
    platform="taobao",
    title="Taobao's and Tmall's order report",
    lacks="It tells no commissions and no balance: bring in Alipay's statement as well.",
    currency="CNY",
    time_zone="Asia/Shanghai",
    columns=COLUMNS,
    required=REQUIRED,
    reader=TaobaoOrders,
)
