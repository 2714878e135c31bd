"""Makes a whole marketplace of a seed, some shops after another, and writes it as files that Loam imports."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from demo import files, loan_files, loans, seasons, wallets, wash
from demo.applications import Application, applications_of
from demo.orders import as_known, orders_of
from demo.purchases import purchases_of
from demo.shops import CURRENCY, SEED, TIME_ZONE, Shop
from demo.stories import all_shops
from lending import records

SHOPS_AT_ONCE = 150
BEFORE_THE_DESK, OF_THE_DESK = "L-", "D-"
"""How the references of loans begin that the desk has not decided, and of those that it has."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that the marketplace knows of some shops; each row names its shop by number, in `shop`."""

    shops: Sequence[Shop]
    orders: pd.DataFrame
    """As `demo.orders.as_known` has them; those of shops that give daily totals only are here too."""
    purchases: pd.DataFrame
    wallet_entries: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Part:
    """The records of some shops, ready to be imported."""

    tables: dict[str, pa.Table]
    """By the name of the kind, in the order of `lending.records.RECORD_KINDS`, all columns of the kind in order.

    Money is decimal128(14, 2), times are timestamp[s] without a zone, days date32, counts int32, flags bool, shops'
    ratings decimal128(3, 2), orders' ratings int8, all else text; what is missing is null.
    """
    shops_done: int
    """So many shops are told with this part and those before it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows each file has, and the days that they tell of."""

    as_of: date
    first_day: date
    shops: int
    orders: int
    sales_days: int
    purchases: int
    wallet_entries: int
    applications: int
    loans: int
    instalments: int
    repayments: int
    funding_shares: int


def ledgers(shops: Sequence[Shop], *, seed: int, as_of: date) -> Iterator[Ledger]:
    """The records of the shops, some hundred shops after another, as they are known at the start of `as_of`."""
    for start in range(0, len(shops), SHOPS_AT_ONCE):
        yield _ledger(shops[start : start + SHOPS_AT_ONCE], seed=seed, as_of=as_of)


def _ledger(shops: Sequence[Shop], *, seed: int, as_of: date) -> Ledger:
    days = seasons.window(as_of)
    own = orders_of(shops, days, seed=seed, as_of=as_of)
    bought = wash.bought_orders(shops, own, seed=seed, as_of=as_of)
    back = wash.payments_back(shops, bought, seed=seed, as_of=as_of)
    orders = as_known(pd.concat([own, bought], ignore_index=True), as_of=as_of)
    purchases = purchases_of(shops, orders, days, seed=seed, as_of=as_of)
    return Ledger(shops, orders, purchases, wallets.entries_of(shops, orders, purchases, back, days, seed=seed))


def parts(*, shops: int, seed: int = SEED, as_of: date) -> Iterator[Part]:
    """A generated marketplace as tables, so that it can be imported while it is still being made.

    Each part has all records of its shops; the last part has all applications and loans, and nothing else. A table
    without rows has its columns all the same. Put one behind the other, the tables of a kind are the file that `write`
    makes of it; the same arguments give the same tables.

    Args:
        shops: how many shops, those of the stories among them.
        seed: another one gives another marketplace, with the same stories.
        as_of: the day on which the demo stands; nothing in the tables happened on it or later.

    Raises:
        ValueError: for fewer or more shops than can be made.
    """
    everyone = all_shops(shops, seed=seed, as_of=as_of)
    asked = applications_of(everyone, seed=seed, as_of=as_of)
    book = loans.history(everyone, asked, seed=seed, as_of=as_of)
    asked = loans.asking(book, asked, as_of=as_of)
    lent = loan_files.tables(book, everyone, beginning=BEFORE_THE_DESK)
    nothing = {name: table.slice(0, 0) for name, table in lent.items()}
    done = 0
    for ledger in ledgers(everyone, seed=seed, as_of=as_of):
        done += len(ledger.shops)
        told = _tables(ledger)
        yield Part(told | nothing, done)
    yield Part(
        {name: table.slice(0, 0) for name, table in told.items()} | {"applications": _applications(asked)} | lent, done
    )


def write_loans(
    folder: Path, agreed: Sequence[loans.Agreed], *, shops: int, seed: int = SEED, as_of: date
) -> dict[str, int]:
    """Write what became of the loans that the desk has agreed to into the folder, as files of their own.

    Args:
        folder: an existing folder; files of the same names are replaced.
        agreed: what was agreed on applications of the marketplace that `write` makes of the other arguments.
        shops: as for `write`.
        seed: as for `write`.
        as_of: as for `write`.

    Returns:
        How many rows each file has, by the name of the kind.
    """
    everyone = all_shops(shops, seed=seed, as_of=as_of)
    book = loans.of_decisions(everyone, agreed, seed=seed, as_of=as_of)
    tables = loan_files.tables(book, everyone, beginning=OF_THE_DESK)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: table.num_rows for name, table in tables.items()}


def write(folder: Path, *, shops: int, seed: int = SEED, as_of: date, progress: Progress | None = None) -> Summary:
    """Write a generated marketplace into the folder as Parquet files; the same arguments give the same bytes.

    Args:
        folder: an existing folder; files of the same names are replaced.
        shops: how many shops, those of the stories among them.
        seed: another one gives another marketplace, with the same stories.
        as_of: the day on which the demo stands; nothing in the files happened on it or later.
        progress: is told after each part how many shops are done, of how many.

    Raises:
        ValueError: for fewer or more shops than can be made.
    """
    rows: dict[str, int] = {}
    writers: dict[str, pq.ParquetWriter] = {}
    with ExitStack() as stack:
        for part in parts(shops=shops, seed=seed, as_of=as_of):
            for name, table in part.tables.items():
                if name not in writers:
                    file = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
                    writers[name] = stack.enter_context(file)
                if table.num_rows:
                    writers[name].write_table(table)
                rows[name] = rows.get(name, 0) + table.num_rows
            if progress is not None:
                progress(part.shops_done, shops)
    return Summary(as_of=as_of, first_day=seasons.window(as_of)[0].item(), **rows)


def _tables(ledger: Ledger) -> dict[str, pa.Table]:
    totals_only = [shop.number for shop in ledger.shops if shop.daily_totals_only]
    in_totals = ledger.orders["shop"].isin(totals_only)
    return {
        "shops": _shops(ledger),
        "orders": _orders(ledger.orders[~in_totals]),
        "sales_days": _sales_days(ledger.orders[in_totals]),
        "purchases": _purchases(ledger.purchases),
        "wallet_entries": _wallet_entries(ledger.wallet_entries),
        "applications": _applications([]),
    }


def _shops(ledger: Ledger) -> pa.Table:
    shops, rated = ledger.shops, ledger.orders[ledger.orders["rating"] > 0]
    numbers = [shop.number for shop in shops]
    stars = rated.groupby("shop")["rating"].agg(["sum", "size"]).reindex(numbers, fill_value=0)
    mean = np.rint(stars["sum"].to_numpy() * 100 / np.maximum(stars["size"].to_numpy(), 1)).astype(np.int64)
    return files.table(
        records.SHOPS,
        {
            "shop_ref": files.refs("S-", np.array(numbers), 4),
            "name": files.texts([shop.name for shop in shops]),
            "owner_ref": files.refs("O-", np.array([shop.owner for shop in shops]), 4),
            "owner_kind": files.texts([shop.owner_kind for shop in shops]),
            "marketplace": files.texts([shop.marketplace for shop in shops]),
            "category": files.texts([shop.category.name for shop in shops]),
            "region": files.texts([shop.region for shop in shops]),
            "city": files.texts([shop.city for shop in shops]),
            "rural": pa.array([shop.rural for shop in shops]),
            "opened_on": pa.array([shop.opened_on for shop in shops], pa.date32()),
            "time_zone": TIME_ZONE,
            "currency": CURRENCY,
            "rating": files.ratings(mean),
            "reviews": pa.array(stars["size"].to_numpy().astype(np.int32)),
        },
    )


def _orders(orders: pd.DataFrame) -> pa.Table:
    shop = orders["shop"].to_numpy()
    reference = files.padded(shop, 4), files.padded(files.counted(shop), 6)
    return files.table(
        records.ORDERS,
        {
            "shop_ref": files.refs("S-", shop, 4),
            "order_ref": files.joined(*reference),
            "placed_at": files.moments(orders["placed_at"].to_numpy()),
            "buyer_ref": files.refs("B-", orders["buyer"].to_numpy(), 5),
            "gross": files.money(orders["gross_minor"].to_numpy()),
            "refunded": files.money(orders["refunded_minor"].to_numpy()),
            "refunded_at": files.moments(orders["refunded_at"].to_numpy()),
            "fees": files.money(orders["fees_minor"].to_numpy()),
            "currency": CURRENCY,
            "status": files.categories(orders["status"]),
            "cancelled_at": files.moments(orders["cancelled_at"].to_numpy()),
            "settled_at": files.moments(orders["settled_at"].to_numpy()),
            "promised_by": files.moments(orders["promised_by"].to_numpy()),
            "delivered_at": files.moments(orders["delivered_at"].to_numpy()),
            "rating": files.stars(orders["rating"].to_numpy()),
            "reviewed_at": files.moments(orders["reviewed_at"].to_numpy()),
        },
    )


def _sales_days(orders: pd.DataFrame) -> pa.Table:
    """The same orders as a marketplace tells them that gives daily totals only."""
    kept = orders[orders["status"] != "cancelled"]
    sold = kept[kept["gross_minor"] > 0]
    totals = sold.groupby(["shop", sold["placed_at"].dt.floor("D").rename("day")])["gross_minor"].agg(["size", "sum"])
    refunded = kept[kept["refunded_minor"] > 0]
    paid_back = refunded.groupby(["shop", refunded["refunded_at"].dt.floor("D").rename("day")])["refunded_minor"].sum()
    told = totals.join(paid_back, how="outer").fillna(0).astype(np.int64).reset_index()
    return files.table(
        records.SALES_DAYS,
        {
            "shop_ref": files.refs("S-", told["shop"].to_numpy(), 4),
            "day": files.days(told["day"].to_numpy()),
            "orders": pa.array(told["size"].to_numpy().astype(np.int32)),
            "gross": files.money(told["sum"].to_numpy()),
            "refunded": files.money(told["refunded_minor"].to_numpy()),
            "currency": CURRENCY,
        },
    )


def _purchases(bought: pd.DataFrame) -> pa.Table:
    shop = bought["shop"].to_numpy()
    return files.table(
        records.PURCHASES,
        {
            "shop_ref": files.refs("S-", shop, 4),
            "purchase_ref": files.refs("P-", files.counted(shop), 5),
            "purchased_on": files.days(bought["purchased_on"].to_numpy()),
            "supplier_ref": files.texts(wallets.supplier_refs(bought["supplier"])),
            "amount": files.money(bought["amount_minor"].to_numpy()),
            "currency": CURRENCY,
            "status": files.texts(np.where(bought["cancelled"], "cancelled", "completed").tolist()),
        },
    )


def _wallet_entries(entries: pd.DataFrame) -> pa.Table:
    shop = entries["shop"].to_numpy()
    return files.table(
        records.WALLET_ENTRIES,
        {
            "shop_ref": files.refs("S-", shop, 4),
            "entry_ref": files.refs("W-", files.counted(shop), 6),
            "booked_at": files.moments(entries["booked_at"].to_numpy()),
            "amount": files.money(entries["amount_minor"].to_numpy()),
            "balance": files.money(entries["balance_minor"].to_numpy()),
            "kind": files.categories(entries["kind"]),
            "counterparty_ref": files.texts(entries["counterparty"].tolist()),
            "account": files.categories(entries["account"]),
            "currency": CURRENCY,
        },
    )


def _applications(asked: list[Application]) -> pa.Table:
    submitted_at = np.array([each.submitted_at for each in asked], "datetime64[s]")
    consented_at = np.where([each.consented for each in asked], submitted_at, np.datetime64("NaT", "s"))
    return files.table(
        records.APPLICATIONS,
        {
            "application_ref": files.texts([each.ref for each in asked]),
            "shop_ref": files.texts([each.shop.ref for each in asked]),
            "submitted_at": files.moments(submitted_at),
            "amount": files.money(np.array([each.amount * 100 for each in asked], dtype=np.int64)),
            "currency": CURRENCY,
            "term_months": pa.array([each.term_months for each in asked], pa.int32()),
            "purpose": files.texts([each.purpose for each in asked]),
            "consented_at": files.moments(consented_at),
        },
    )
