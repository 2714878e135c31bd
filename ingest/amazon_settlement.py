"""Amazon's settlement report (flat file V2): tabs, a row for each amount, and all of it adds up to what is paid out.

The row below the header has the settlement's own dates, its currency and total-amount, which the amounts of all other
rows must reach. A European file has decimal commas, and dates as `14.03.2023 07:49:55 UTC`; the dates tell which it is,
since an amount alone may not.

Orders are the rows of transaction-type Order; order-id is not always one. The gross is Principal and Shipping without
tax. Fees are ItemFees, and what the shop gave up by promotions counts as one. Refunds may be of orders of an earlier
settlement, so each is a record of its own. Each amount is an entry of the shop's balance with Amazon, and what is paid
out is one more. Reserves are held back or released, and no income.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers, utc_text
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.gathered import Gathered
from ingest.rows import RawRows
from ingest.text import UnreadableFileError
from lending.records import ORDERS, WALLET_ENTRIES, Difference

COLUMNS = {
    "settlement": ("settlement-id",),
    "deposited_at": ("deposit-date",),
    "total": ("total-amount",),
    "currency": ("currency",),
    "type": ("transaction-type",),
    "order": ("order-id",),
    "adjustment": ("adjustment-id",),
    "amount_type": ("amount-type",),
    "description": ("amount-description",),
    "amount": ("amount",),
    "posted_at": ("posted-date-time",),
}
REQUIRED = tuple(key for key in COLUMNS if key not in ("deposited_at", "adjustment"))
DOTS = export_cells.Locale()
COMMAS = export_cells.Locale(decimal=",", group=".")
SALES = ("Principal", "Shipping", "GiftWrap")
GROSS = "Order rows, ItemPrice Principal + Shipping, without tax and promotion"


class AmazonSettlement:
    """Reads one settlement."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = SETTLEMENT.names_in(task.file.header.names)
        self._gathered = Gathered()
        self._counts: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._told: int | None = None
        self._told_line = task.file.header.line
        self._shipment = ""
        self._orders: set[str] = set()
        self._refunded: set[str] = set()
        self._times: list[int] = []

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """Nothing yet: what is paid out stands on the first row, and an order on several."""
        self._gathered.add(rows)
        return ()

    def remaining(self) -> Sequence[Translated]:
        """Orders, refunds, and every entry of the balance."""
        work = ExportRows(self._task.file.name, self._gathered.rows(), self._names)
        if not len(work.raw.lines):
            return ()
        work.cells |= {key: export_cells.trimmed(cells) for key, cells in work.raw.columns.items()}
        for key in ("settlement", "order"):
            work.read_ids(key)
        whole = work.has("total")
        self._refuse_no_summary(work, whole)
        locale = COMMAS if _is_european(work) else DOTS
        for key in ("amount", "total"):
            work.cells[key] = _signed(work.cells[key])
        for key in ("posted_at", "deposited_at"):
            if key in work.cells:
                work.cells[key] = export_cells.offset_times(_iso_days(work.cells[key]))
        amounts = work.read_amounts("amount", locale, below_zero=True)
        totals = work.read_amounts("total", locale, below_zero=True)
        for key in ("type", "amount_type", "amount", "posted_at"):
            work.refuse(~whole & ~work.has(key), key, "empty, but each row needs it")
        work.refuse(whole & (np.cumsum(whole) > 1), "total", "a second settlement; import them one at a time")
        if whole.any():
            self._told, self._told_line = int(totals[whole][0]), int(work.raw.lines[whole][0])
        self._counts["rows"] = int((~whole).sum())
        rows = [
            dict(zip(_KEYS, cells, strict=True)) for cells in zip(*(_texts(work, key) for key in _KEYS), strict=True)
        ]
        found = [self._entries(work, rows, amounts, ~whole), *self._orders_of(work, rows, amounts, whole)]
        return [*found, *self._paid_out(work, whole, totals)]

    def _refuse_no_summary(self, work: ExportRows, whole: Mask) -> None:
        """Without the row that has them nobody knows in which currency the amounts are, or whether all are there.

        Raises:
            UnreadableFileError: where there is none.
        """
        for key in ("total", "currency"):
            if not (whole & work.has(key)).any():
                raise UnreadableFileError(
                    self._task.file.header.line + 1, self._names[key], "",
                    f"no row has the settlement's {self._names[key]}, as the first one should; export it anew",
                )  # fmt: skip

    def _entries(self, work: ExportRows, rows: list[dict[str, str]], amounts: Numbers, only: Mask) -> Translated:
        count = len(rows)
        settlement = rows[0]["settlement"]
        # Counted from the header, above which there may be more lines in another copy of the same settlement.
        places = work.raw.lines - self._task.file.header.line + 1
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "entry_ref": pa.array([f"{settlement}-{place}" for place in places.tolist()]),
            "booked_at": work.cells["posted_at"],
            "amount": export_cells.money_cells(amounts, np.ones(count, dtype=bool)),
            "kind": pa.array([_kind(row) for row in rows]),
            "account": pa.repeat("wallet", count),
            "currency": pa.repeat(self._task.currency, count),
        }
        raw = work.as_records(columns, only)
        kept = work.keep() & only
        figures = {"amount": amounts[kept], "row": np.array(rows, dtype=object)[kept]}
        return Translated(WALLET_ENTRIES, raw, {own: self._names[key] for own, key in _SOURCES.items()}, figures)

    def _orders_of(
        self, work: ExportRows, rows: list[dict[str, str]], amounts: Numbers, whole: Mask
    ) -> list[Translated]:
        """A record for each order and one for each refund, on the line where it begins."""
        found: dict[tuple[str, str, str], _Sums] = defaultdict(_Sums)
        for row in np.flatnonzero(~whole & work.keep()).tolist():
            cells = rows[row]
            if cells["type"] in ("Order", "Refund") and cells["order"]:
                known = found[cells["type"], cells["order"], cells["adjustment"] if cells["type"] == "Refund" else ""]
                known.add(row, cells, int(amounts[row]))
        if not found:
            return []
        sums = list(found.values())
        at = np.array([each.row for each in sums])
        is_refund = np.array([kind == "Refund" for kind, _, _ in found])
        gross = np.array([0 if back else each.sales for each, back in zip(sums, is_refund, strict=True)])
        refunded = np.array([-each.sales if back else 0 for each, back in zip(sums, is_refund, strict=True)])
        fees = np.array([-each.fees for each in sums])
        every = np.ones(len(at), dtype=bool)
        posted = work.cells["posted_at"].take(pa.array(at))
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, len(at)),
            "order_ref": pa.array([order if kind == "Order" else f"{order}:{which}" for kind, order, which in found]),
            "placed_at": posted,
            "refunded_at": pc.if_else(pa.array(is_refund), posted, ""),
            "gross": export_cells.money_cells(gross, every),
            "refunded": export_cells.money_cells(refunded, every),
            "fees": export_cells.money_cells(fees, every),
            "currency": pa.repeat(self._task.currency, len(at)),
            "status": pa.array(["completed", "refund"]).take(pa.array(is_refund.astype(np.int64))),
        }
        raw = RawRows(columns, work.raw.lines[at], len(at), [], 1.0)
        return [Translated(ORDERS, raw, {"gross": self._names["amount"], "order_ref": self._names["order"]})]

    def _paid_out(self, work: ExportRows, whole: Mask, totals: Numbers) -> list[Translated]:
        """What is paid out leaves the balance."""
        if "deposited_at" not in work.cells or not (whole & work.has("deposited_at")).any():
            return []
        count = len(whole)
        columns = {
            "shop_ref": pa.repeat(self._task.shop_ref, count),
            "entry_ref": pa.array([f"{text}-paid" for text in work.cells["settlement"].to_pylist()]),
            "booked_at": work.cells["deposited_at"],
            "amount": export_cells.money_cells(-totals, np.ones(count, dtype=bool)),
            "kind": pa.repeat("transfer", count),
            "account": pa.repeat("wallet", count),
            "currency": pa.repeat(self._task.currency, count),
        }
        raw = work.as_records(columns, whole, told=True)
        return [Translated(WALLET_ENTRIES, raw, {"amount": self._names["total"]})]

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Add up entries that passed all checks."""
        if not translated.figures or not rows.num_rows:
            return
        for cells, minor in zip(
            translated.figures["row"][keep].tolist(), translated.figures["amount"][keep].tolist(), strict=True
        ):
            self._sums["all"] += minor
            self._sums[_meaning(cells)] += minor
            if cells["order"] and not ORDER_ID.fullmatch(cells["order"]):
                self._shipment = self._shipment or cells["order"]
            if cells["type"] == "Order":
                self._orders.add(cells["order"])
            if cells["type"] == "Refund":
                self._refunded.add(cells["order"])
        posted = rows["booked_at"].to_numpy()
        self._times += [int(posted.min()), int(posted.max())]

    def finish(self) -> Ending:
        """Whether the rows reach what the settlement says that it pays."""
        if self._told is None or self._sums["all"] == self._told:
            return Ending()
        file, found = self._task.file, self._sums["all"]
        told = Difference(file.name, self._told_line, self._names["total"], self._told, found, self._task.currency)
        return Ending(differences=(told,))

    def summary(self) -> dict[str, Any]:
        """What the settlement adds up to."""
        file, sums = self._task.file, self._sums
        return {
            "encoding": "utf-8 with BOM" if file.head.marked else file.head.encoding,
            "line_ending": file.head.line_end,
            "delimiter": "TAB",
            "columns": len(file.header.names),
            "data_rows": self._counts["rows"],
            "summary_row": file.header.line + 1,
            "currency": f"{self._task.currency} (only in the summary row)",
            "orders": len(self._orders),
            "refunded_orders": len(self._refunded),
            "cancelled_orders": None,
            "gross_minor": self._money(sums["sale"]),
            "gross_definition": GROSS,
            "promotions_minor": self._money(-sums["promotion"]),
            "refunds_minor": self._money(-sums["refund"]),
            "fees_minor": self._money(-sums["fee"]),
            "tax_collected_minor": self._money(sums["tax"]),
            "tax_withheld_minor": self._money(sums["withheld"]),
            "reimbursements_minor": self._money(sums["reimbursement"]),
            "reserve_released_minor": self._money(sums["released"]),
            "reserve_held_minor": self._money(-sums["held"]),
            "total_amount_minor": self._money(self._told or 0),
            "invariant": "sum of amount over all rows = total-amount of row 2",
            "first_ts_utc": utc_text(min(self._times)) if self._times else None,
            "last_ts_utc": utc_text(max(self._times)) if self._times else None,
            "distinct_buyers": None,
            "closing_balance_minor": None,
            "trap": self._trap(),
        }

    def _trap(self) -> str:
        """What is easily taken for something else in such a file."""
        shipment = f"order-id is not always an order: {self._shipment} is a shipment; " if self._shipment else ""
        return f"{shipment}reserve rows are not income"

    def _money(self, minor: int) -> dict[str, int]:
        return {self._task.currency: minor}


class _Sums:
    """What the rows of one order or refund add up to, and where the first of them stands."""

    def __init__(self) -> None:
        self.row = -1
        self.sales = 0
        self.fees = 0

    def add(self, row: int, cells: dict[str, str], minor: int) -> None:
        """Take in one more of its rows."""
        self.row = row if self.row < 0 else self.row
        meaning = _meaning(cells)
        if meaning in ("sale", "refund"):
            self.sales += minor
        elif meaning in ("fee", "promotion"):
            self.fees += minor


# An order of Amazon, as other rows name a shipment in the same column.
ORDER_ID = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")
_KEYS = ("settlement", "type", "order", "adjustment", "amount_type", "description")
_SOURCES = {"booked_at": "posted_at", "amount": "amount", "kind": "amount_type"}
_WALLET_KINDS = {"sale": "sale", "refund": "refund", "fee": "fee"}


def _texts(work: ExportRows, key: str) -> list[str]:
    return work.cells[key].to_pylist() if key in work.cells else [""] * len(work.raw.lines)


def _kind(cells: dict[str, str]) -> str:
    return _WALLET_KINDS.get(_meaning(cells), "other")


def _meaning(cells: dict[str, str]) -> str:
    """What one amount is, by its types and description."""
    kind, described = cells["amount_type"], cells["description"]
    if kind == "ItemPrice":
        if described not in SALES:
            return "tax"
        return "refund" if cells["type"] == "Refund" else "sale"
    if kind == "ItemWithheldTax":
        return "withheld"
    if kind == "Promotion":
        return "promotion"
    if "Reserve" in described:
        return "released" if described.startswith("Previous") else "held"
    if "Reimbursement" in kind:
        return "reimbursement"
    is_fee = "Fee" in kind or "Fee" in described or cells["type"] == "ServiceFee"
    return "fee" if is_fee else "other"


def _is_european(work: ExportRows) -> bool:
    """Whether days are written with dots, and so amounts with commas."""
    return bool(pc.any(pc.match_substring_regex(work.cells["posted_at"], r"^[0-9]{2}\.[0-9]{2}\.[0-9]{4}")).as_py())


def _iso_days(cells: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(cells, r"^([0-9]{2})\.([0-9]{2})\.([0-9]{4})", r"\3-\2-\1")


def _signed(cells: pa.Array) -> pa.Array:
    """Amounts with a minus instead of brackets around them."""
    return pc.replace_substring_regex(cells, r"^\((.*)\)$", r"-\1")


def _currency(head: Head, header: HeaderLine) -> str:
    return first_cell(head, header, COLUMNS["currency"])


SETTLEMENT = ExportFormat(
    name="amazon_settlement_v2",
    platform="amazon",
    title="Amazon's settlement report",
    currency="USD",
    time_zone="UTC",
    columns=COLUMNS,
    required=REQUIRED,
    reader=AmazonSettlement,
    currency_in=_currency,
)
