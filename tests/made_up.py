"""The whole generated marketplace, made once for all tests that look at it."""

import functools
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from demo import marketplace
from demo.shops import SEED, TIME_ZONE, Shop
from demo.stories import all_shops
from ingest.cells import MICROSECONDS_PER_DAY
from scoring.records import EVENTS, days_since_epoch

AS_OF = date(2026, 11, 2)
SHOPS = 1_200
EIGHT_HOURS = np.timedelta64(8, "h")


@dataclass(frozen=True, slots=True)
class Market:
    """A marketplace of which everything is known, the hidden health of its shops too."""

    shops: dict[int, Shop]
    """By number."""
    orders: pd.DataFrame
    purchases: pd.DataFrame
    entries: pd.DataFrame


@functools.cache
def market(count: int = SHOPS, as_of: date = AS_OF, *, seed: int = SEED, washes: bool = True) -> Market:
    """That many shops and their records, with the category and kind of buyers of each order's shop.

    Without `washes` the wash sellers among them are honest, and all their own orders the same.
    """
    shops = {
        shop.number: shop if washes else replace(shop, washes=False)
        for shop in all_shops(count, seed=seed, as_of=as_of)
    }
    ledgers = list(marketplace.ledgers(list(shops.values()), seed=seed, as_of=as_of))
    orders = pd.concat([ledger.orders for ledger in ledgers], ignore_index=True)
    orders["category"] = orders["shop"].map({shop.number: shop.category.name for shop in shops.values()})
    orders["trade"] = orders["shop"].map({shop.number: shop.trade_buyers for shop in shops.values()})
    purchases = pd.concat([ledger.purchases for ledger in ledgers], ignore_index=True)
    entries = pd.concat([ledger.wallet_entries for ledger in ledgers], ignore_index=True)
    return Market(shops, orders, purchases, entries)


def events(made: Market, numbers: Collection[int]) -> dict[str, pa.Table]:
    """What the score reads of some of the shops, as if all of them gave their single orders."""
    shops = [made.shops[number] for number in numbers]
    orders, purchases, entries = (
        frame[frame["shop"].isin(numbers)] for frame in (made.orders, made.purchases, made.entries)
    )
    columns = {
        "shops": {
            "shop_id": [shop.number for shop in shops],
            "time_zone": [TIME_ZONE] * len(shops),
            "currency": ["CNY"] * len(shops),
            "opened_day": [days_since_epoch(shop.opened_on) for shop in shops],
        },
        "days": {},
        "orders": {
            "shop_id": orders["shop"],
            "order_ref": pc.utf8_lpad(pa.array(np.arange(len(orders))).cast(pa.string()), 7, "0"),
            "placed_at": _moment(orders["placed_at"]),
            "placed_day": _day(orders["placed_at"]),
            "buyer_ref": pa.array(orders["buyer"].to_numpy()).cast(pa.string()),
            "gross_minor": orders["gross_minor"],
            "refunded_minor": orders["refunded_minor"],
            "refunded_day": _day(orders["refunded_at"]),
            "status": orders["status"].astype(object),
            "rating_hundredths": pa.array(orders["rating"].to_numpy() * 100, mask=orders["rating"].to_numpy() == 0),
            **{name: _moment(orders[name]) for name in ("cancelled_at", "promised_by", "delivered_at", "reviewed_at")},
        },
        "purchases": {
            "shop_id": purchases["shop"],
            "purchased_day": _day(purchases["purchased_on"]),
            "amount_minor": purchases["amount_minor"],
            "status": np.where(purchases["cancelled"], "cancelled", "completed").astype(object),
        },
        "wallet": {
            "shop_id": entries["shop"],
            "entry_ref": pc.utf8_lpad(pa.array(np.arange(len(entries))).cast(pa.string()), 7, "0"),
            "booked_at": _moment(entries["booked_at"]),
            "booked_day": _day(entries["booked_at"]),
            "amount_minor": entries["amount_minor"],
            "balance_minor": entries["balance_minor"],
            "kind": entries["kind"].astype(object),
            "counterparty_ref": [
                str(int(party[2:])) if party.startswith("B-") else party for party in entries["counterparty"].tolist()
            ],
            "account": entries["account"].astype(object),
        },
        "loans": {},
        "instalments": {},
    }
    return {name: _table(columns[name], schema) for name, schema in EVENTS.items()}


def _table(columns: dict, schema: pa.Schema) -> pa.Table:
    count = max((len(cells) for cells in columns.values()), default=0)
    return pa.table(
        [
            pa.array(columns[field.name], field.type) if field.name in columns else pa.nulls(count, field.type)
            for field in schema
        ],
        schema=schema,
    )


def _moment(times: pd.Series) -> pa.Array:
    moments = times.to_numpy().astype("datetime64[us]")
    return pa.array((moments - EIGHT_HOURS).astype(np.int64), mask=np.isnat(moments))


def _day(times: pd.Series) -> pa.Array:
    moments = times.to_numpy().astype("datetime64[us]")
    days = moments.astype(np.int64) // MICROSECONDS_PER_DAY
    return pa.array(days.astype(np.int32), mask=np.isnat(moments))
