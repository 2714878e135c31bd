"""Makes a whole marketplace of a seed, and writes it into a folder as files that Loam imports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from demo import files, seasons, wallets
from demo.applications import Application, applications_of
from demo.files import Cells, RecordFile
from demo.orders import orders_of
from demo.purchases import purchases_of
from demo.seasons import Days
from demo.shops import BUSINESS_DATE, CURRENCY, SEED, TIME_ZONE, Shop
from demo.stories import all_shops
from demo.wash import with_wash_orders
from lending import records

NOTHING_BACK = pd.DataFrame(
    {"booked_at": np.zeros(0, "datetime64[s]"), "amount_minor": np.zeros(0, np.int64), "buyer": []}
)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that the marketplace knows of one shop; empty frames for what it does not know."""

    shop: Shop
    orders: pd.DataFrame
    purchases: pd.DataFrame
    wallet_entries: pd.DataFrame


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


def ledgers(shops: list[Shop], *, seed: int = SEED, as_of: date = BUSINESS_DATE) -> Iterator[Ledger]:
    """The records of each shop in turn; the same shop has the same ones in any company."""
    days = seasons.window(as_of)
    for shop in shops:
        yield ledger(shop, days, seed=seed, as_of=as_of)


def ledger(shop: Shop, days: Days, *, seed: int, as_of: date) -> Ledger:
    """The records of one shop over the days, as they are known at the start of `as_of`."""
    orders, back = orders_of(shop, days, seed=seed, as_of=as_of), NOTHING_BACK
    if shop.washes:
        orders, back = with_wash_orders(shop, orders, seed=seed, as_of=as_of)
    purchases = purchases_of(shop, orders, days, seed=seed, as_of=as_of)
    if not shop.has_purchases:
        purchases = purchases.iloc[:0]
    entries = wallets.entries_of(shop, orders, purchases, back, days, seed=seed)
    return Ledger(shop, orders, purchases, entries if shop.has_wallet else entries.iloc[:0])


def write(
    folder: Path,
    *,
    shops: int = 60,
    seed: int = SEED,
    as_of: date = BUSINESS_DATE,
    progress: Progress | None = None,
) -> Summary:
    """Write a generated marketplace into the folder; the same arguments give the same bytes.

    Args:
        folder: an existing folder; files of the same names are replaced.
        shops: how many shops, those of the stories among them.
        seed: another one gives another marketplace, with the same stories.
        as_of: the day on which the demo stands; nothing in the files happened on it or later.
        progress: is told after each shop how many are done, of how many.

    Raises:
        ValueError: for fewer or more shops than can be made.
    """
    everyone = all_shops(shops, seed=seed, as_of=as_of)
    asked = applications_of(everyone, seed=seed, as_of=as_of)
    out = {kind.name: RecordFile(folder, kind) for kind in records.RECORD_KINDS}
    for done, each in enumerate(ledgers(everyone, seed=seed, as_of=as_of), start=1):
        _write_ledger(out, each)
        if progress is not None:
            progress(done, len(everyone))
    _write_applications(out["applications"], asked)
    rows = {name: file.rows for name, file in out.items()}
    return Summary(as_of=as_of, first_day=seasons.window(as_of)[0].item(), **rows)


def _write_ledger(out: dict[str, RecordFile], told: Ledger) -> None:
    out["shops"].add(_shop_row(told))
    if told.shop.daily_totals_only:
        out["sales_days"].add(_sales_day_rows(told))
    else:
        out["orders"].add(_order_rows(told))
    out["purchases"].add(_purchase_rows(told))
    out["wallet_entries"].add(_wallet_rows(told))


def _shop_row(told: Ledger) -> dict[str, Cells]:
    shop, stars = told.shop, told.orders["rating"][told.orders["rating"] > 0]
    return {
        "shop_ref": [shop.ref],
        "name": [shop.name],
        "owner_ref": [f"O-{shop.owner:03d}"],
        "owner_kind": [shop.owner_kind],
        "marketplace": [shop.marketplace],
        "category": [shop.category.name],
        "region": [shop.region],
        "city": [shop.city],
        "rural": [int(shop.rural)],
        "opened_on": [shop.opened_on.isoformat()],
        "time_zone": [TIME_ZONE],
        "currency": [CURRENCY],
        "rating": [f"{stars.mean():.2f}" if len(stars) else ""],
        "reviews": [len(stars)],
    }


def _order_rows(told: Ledger) -> dict[str, Cells]:
    orders = told.orders
    refs = [f"{told.shop.number:04d}-{number:06d}" for number in range(1, len(orders) + 1)]
    return {
        "shop_ref": told.shop.ref,
        "order_ref": refs,
        "placed_at": files.moments(orders["placed_at"].to_numpy()),
        "buyer_ref": wallets.buyer_refs(orders["buyer"]),
        "gross": files.money(orders["gross_minor"].to_numpy()),
        "refunded": files.money(orders["refunded_minor"].to_numpy()),
        "refunded_at": files.moments(orders["refunded_at"].to_numpy()),
        "fees": files.money(orders["fees_minor"].to_numpy()),
        "currency": CURRENCY,
        "status": orders["status"].tolist(),
        "cancelled_at": files.moments(orders["cancelled_at"].to_numpy()),
        "settled_at": files.moments(orders["settled_at"].to_numpy()),
        "promised_by": files.moments(orders["promised_by"].to_numpy()),
        "delivered_at": files.moments(orders["delivered_at"].to_numpy()),
        "rating": files.known(orders["rating"].to_numpy()),
        "reviewed_at": files.moments(orders["reviewed_at"].to_numpy()),
    }


def _sales_day_rows(told: Ledger) -> dict[str, Cells]:
    """The same orders as a marketplace tells them that gives daily totals only."""
    orders = told.orders[told.orders["status"] != "cancelled"]
    placed_on = orders["placed_at"].dt.floor("D")
    sold = orders[orders["gross_minor"] > 0].groupby(placed_on)["gross_minor"].agg(["size", "sum"])
    refunded = orders[orders["refunded_minor"] > 0]
    paid_back = refunded.groupby(refunded["refunded_at"].dt.floor("D"))["refunded_minor"].sum()
    totals = sold.join(paid_back, how="outer").fillna(0).astype(np.int64)
    return {
        "shop_ref": told.shop.ref,
        "day": files.days(totals.index.to_numpy()),
        "orders": totals["size"].tolist(),
        "gross": files.money(totals["sum"].to_numpy()),
        "refunded": files.money(totals["refunded_minor"].to_numpy()),
        "currency": CURRENCY,
    }


def _purchase_rows(told: Ledger) -> dict[str, Cells]:
    bought = told.purchases
    return {
        "shop_ref": told.shop.ref,
        "purchase_ref": [f"P-{number:05d}" for number in range(1, len(bought) + 1)],
        "purchased_on": files.days(bought["purchased_on"].to_numpy()),
        "supplier_ref": wallets.supplier_refs(bought["supplier"]),
        "amount": files.money(bought["amount_minor"].to_numpy()),
        "currency": CURRENCY,
        "status": bought["status"].tolist(),
    }


def _wallet_rows(told: Ledger) -> dict[str, Cells]:
    entries = told.wallet_entries
    return {
        "shop_ref": told.shop.ref,
        "entry_ref": [f"W-{number:06d}" for number in range(1, len(entries) + 1)],
        "booked_at": files.moments(entries["booked_at"].to_numpy()),
        "amount": files.money(entries["amount_minor"].to_numpy()),
        "balance": files.money(entries["balance_minor"].to_numpy()),
        "kind": entries["kind"].tolist(),
        "counterparty_ref": entries["counterparty"].tolist(),
        "account": entries["account"].tolist(),
        "currency": CURRENCY,
    }


def _write_applications(out: RecordFile, asked: list[Application]) -> None:
    out.add(
        {
            "application_ref": [each.ref for each in asked],
            "shop_ref": [each.shop.ref for each in asked],
            "submitted_at": [each.submitted_at.isoformat() for each in asked],
            "amount": [f"{each.amount}.00" for each in asked],
            "currency": CURRENCY,
            "term_months": [each.term_months for each in asked],
            "purpose": [each.purpose for each in asked],
            "consented_at": [each.submitted_at.isoformat() if each.consented else "" for each in asked],
        }
    )
