"""Olist's tables held against each other: one order for each order and seller, with what the other tables say of it."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Numbers
from ingest.export_records import Hasher
from ingest.olist_tables import Table

MOST_ROUNDING_MINOR = 5
"""Payments that are no farther from their items differ by rounding."""


class Joined:
    """The tables of one folder. Records are numbered by their order, then by their seller."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._orders, self._items = tables["orders"], tables["items"]
        self._order_rows = self._orders.kept()
        self._order_ids = self._orders.column("order", self._order_rows)
        self._refuse_items_without_order()
        sellers = pc.dictionary_encode(self._items.work.cells["seller"])
        self._refuse_halves(sellers.indices.to_numpy().astype(np.int64))
        rows = self._items.kept()
        self._rows, self._of_order = rows, self._places(self._items.column("order", rows))
        of_seller = sellers.indices.to_numpy().astype(np.int64)[rows]
        pair = self._of_order * max(len(sellers.dictionary), 1) + of_seller
        _, begins, self._of_record = np.unique(pair, return_index=True, return_inverse=True)
        self._order_of, self._seller_of = self._of_order[begins], of_seller[begins]
        self._seller_refs = sellers.dictionary
        self._amounts = (self._items.amounts["price"] + self._items.amounts["freight"])[rows]
        self.lines: Numbers = self._items.work.raw.lines[rows[begins]]
        """For each record the line of its first item."""
        self.sellers: list[str] = self._seller_refs.take(pa.array(np.unique(of_seller))).to_pylist()
        """Those of good items."""
        self.reviews_without_order = 0

    def _places(self, ids: pa.Array) -> Numbers:
        """Where the orders of these numbers stand among the good ones; -1 where they don't."""
        found: Numbers = pc.fill_null(pc.index_in(ids, self._order_ids), -1).to_numpy().astype(np.int64)
        return found

    def _refuse_items_without_order(self) -> None:
        work = self._items.work
        lost = self._places(work.cells["order"]) < 0
        if not lost.any():
            return
        refused = pc.is_in(work.cells["order"], self._orders.work.cells["order"]).to_numpy(zero_copy_only=False)
        work.refuse(lost & refused, "order", f"the row of this order in {self._orders.work.file} was refused")
        work.refuse(lost, "order", f"no order with this number in {self._orders.work.file}, so it has no day")

    def _refuse_halves(self, of_seller: Numbers) -> None:
        """Refuse the items beside a refused one of the same order and seller."""
        work = self._items.work
        if not work.faults:
            return
        orders = pc.dictionary_encode(work.cells["order"]).indices.to_numpy().astype(np.int64)
        pair = orders * (of_seller.max() + 1) + of_seller
        bad = np.array(sorted(work.faults), dtype=np.int64)
        pairs, first = np.unique(pair[bad], return_index=True)
        beside = np.isin(pair, pairs) & work.keep()
        for row in np.flatnonzero(beside).tolist():
            line = int(work.raw.lines[bad[first[np.searchsorted(pairs, pair[row])]]])
            problem = f"another item of this order was refused, on line {line}"
            work.faults[row] = ("order", work.cells["order"][row].as_py(), problem)

    def order_columns(self, hasher: Hasher) -> dict[str, pa.Array]:
        """The records under the columns of Loam's own orders.csv."""
        count = len(self.lines)
        gross = np.zeros(count, dtype=np.int64)
        np.add.at(gross, self._of_record, self._amounts)
        rows = self._order_rows[self._order_of]
        columns = {
            "shop_ref": self._seller_refs.take(pa.array(self._seller_of)),
            "order_ref": self._orders.column("order", rows),
            "gross": export_cells.money_cells(gross, np.ones(count, dtype=bool)),
            "currency": pa.repeat("BRL", count),
            "status": self._orders.column("state", rows),
            "buyer_ref": hasher.refs(self._buyers(self._orders.column("customer", rows))),
        }
        for name in ("placed_at", "delivered_at", "promised_by"):
            columns[name] = self._orders.column(name, rows)
        return columns | self._reviews()

    def _buyers(self, customers: pa.Array) -> pa.Array:
        """Who bought, as far as the tables tell."""
        table = self._tables.get("customers")
        if table is None:
            return customers
        rows = table.kept()
        people = table.column("person", rows).take(pc.index_in(customers, table.column("customer", rows)))
        return pc.coalesce(people, customers)

    def _reviews(self) -> dict[str, pa.Array]:
        """For each record the rating of its order and when it was given."""
        table = self._tables.get("reviews")
        if table is None:
            empty = pa.repeat("", len(self.lines))
            return {"rating": empty, "reviewed_at": empty}
        rows = table.kept()
        order = self._places(table.column("order", rows))
        self.reviews_without_order = int((order < 0).sum())
        newest = np.lexsort((rows, table.moments["reviewed_at"][rows], order))
        row_of = np.full(len(self._order_rows) + 1, -1, dtype=np.int64)
        # Of several values for one place numpy keeps the last; what belongs to no order falls on the last place.
        row_of[order[newest]] = rows[newest]
        row_of[-1] = -1
        found = row_of[self._order_of]
        places = pa.array(found, mask=found < 0)
        cells = table.work.cells
        return {name: pc.fill_null(cells[name].take(places), "") for name in ("rating", "reviewed_at")}

    def categories(self) -> dict[str, str]:
        """For each seller the category that it sells most of; in English where the tables translate it."""
        products = self._tables.get("products")
        if products is None or "product" not in self._items.work.cells:
            return {}
        rows = products.kept()
        place = pc.index_in(self._items.column("product", self._rows), products.column("product", rows))
        names = pc.dictionary_encode(pc.fill_null(products.column("category", rows).take(place), ""))
        words = self._in_english(names.dictionary)
        of_item = names.indices.to_numpy().astype(np.int64)
        pair, which = np.unique(self._seller_of[self._of_record] * len(words) + of_item, return_inverse=True)
        sums = np.zeros(len(pair), dtype=np.int64)
        np.add.at(sums, which, self._amounts)
        found: dict[str, str] = {}
        for each in np.argsort(sums, kind="stable").tolist():
            if word := words[int(pair[each]) % len(words)]:
                found[self._seller_refs[int(pair[each]) // len(words)].as_py()] = word.replace("_", " ")
        return found

    def _in_english(self, names: pa.Array) -> list[str]:
        table = self._tables.get("translation")
        told: list[str] = names.to_pylist()
        if table is None:
            return told
        rows = table.kept()
        known = dict(zip(*(table.column(key, rows).to_pylist() for key in ("category", "english")), strict=True))
        return [known.get(name, name) for name in told]

    def orders_without_items(self) -> Counter[str]:
        """How many good orders have no item at all, by Olist's own word for what became of them."""
        has_any = pc.is_in(self._order_ids, self._items.work.cells["order"]).to_numpy(zero_copy_only=False)
        alone = self._order_rows[~has_any]
        return Counter(self._orders.column("status", alone).to_pylist())

    def payment_warnings(self) -> list[str]:
        """What was paid for whole orders, held against the sums of their items."""
        table = self._tables.get("payments")
        if table is None:
            return []
        rows = table.kept()
        order = self._places(table.column("order", rows))
        count = len(self._order_rows) + 1
        paid, owed = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        np.add.at(paid, order, table.amounts["paid"][rows])
        np.add.at(owed, self._of_order, self._amounts)
        has_payment = np.isin(np.arange(count - 1), order)
        has_items = np.isin(np.arange(count - 1), self._of_order)
        apart = np.where(has_payment & has_items, paid[:-1] - owed[:-1], 0)
        more, less = apart[apart > MOST_ROUNDING_MINOR], apart[apart < -MOST_ROUNDING_MINOR]
        unpaid = int((has_items & ~has_payment).sum())
        said = []
        if len(more):
            said.append(
                f"{_orders(len(more))} paid with {_brl(more)} more than the items, as instalments with interest."
            )
        if len(less):
            said.append(f"{_orders(len(less))} paid with {_brl(-less)} less than the items.")
        if unpaid:
            said.append(f"{_orders(unpaid)} in no row of the payments' table.")
        return said


def _orders(count: int) -> str:
    return f"{count:,} orders are" if count != 1 else "1 order is"


def _brl(amounts: Numbers) -> str:
    return f"BRL {int(amounts.sum()) / 100:,.2f}"
