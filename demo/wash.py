"""What a wash seller adds to its honest orders: empty parcels to its own people, and the money sent back to them."""

from datetime import date

import numpy as np
import pandas as pd

from demo.orders import DAY, HOUR, NEVER, Moments, as_known, later, settle
from demo.seasons import Whole
from demo.shops import DAYS_A_MONTH, Shop

BURST_DAYS = 70
NIGHTS = 16
ROUND_MINOR = np.array([20_000, 30_000, 50_000, 80_000, 100_000])
BACK_SHARE = (0.93, 0.98)


def with_wash_orders(shop: Shop, orders: pd.DataFrame, *, seed: int, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The shop's orders with the bought ones among them, and the payments that return the money.

    Returns:
        The orders as `orders_of` has them, and a row per payment: `booked_at`, `amount_minor` (negative), `buyer`.
    """
    rng = shop.generator(seed, "wash")
    bought = _bought_orders(shop, rng, first_buyer=int(orders["buyer"].to_numpy().max(initial=-1)) + 1, as_of=as_of)
    back = _payments_back(bought, rng, as_of=as_of)
    return as_known(pd.concat([orders, bought], ignore_index=True), as_of=as_of), back


def _bought_orders(shop: Shop, rng: np.random.Generator, *, first_buyer: int, as_of: date) -> pd.DataFrame:
    """Half as much again as the shop sells itself in the same weeks, in a few nights between one and half past four."""
    worth = shop.monthly_sales * BURST_DAYS / DAYS_A_MONTH * 1.6
    count = int(worth * 100 / ROUND_MINOR.mean())
    nights = np.sort(rng.choice(np.arange(2, BURST_DAYS), size=NIGHTS, replace=False))
    night = np.datetime64(as_of, "D") - nights[rng.integers(0, NIGHTS, count)]
    placed_at = np.sort(later(night, rng.integers(HOUR, 9 * HOUR // 2, count)))
    delivered_at = later(placed_at, rng.integers(DAY, 3 * DAY, count))
    gross = rng.choice(ROUND_MINOR, size=count, p=(0.2, 0.4, 0.25, 0.05, 0.1))
    return pd.DataFrame(
        {
            "placed_at": placed_at,
            "buyer": first_buyer + _buyers(count, rng),
            "gross_minor": gross,
            "refunded_minor": 0,
            "refunded_at": NEVER,
            "fees_minor": np.rint(gross * shop.fee_share).astype(np.int64),
            "cancelled_at": NEVER,
            "settled_at": settle(delivered_at, rng),
            "promised_by": (placed_at.astype("datetime64[D]") + 4).astype("datetime64[s]") + (DAY - 1),
            "delivered_at": delivered_at,
            "rating": 5,
            "reviewed_at": np.where(rng.random(count) < 0.9, delivered_at + rng.integers(HOUR, DAY, count), NEVER),
        }
    )


def _buyers(count: int, rng: np.random.Generator) -> Whole:
    """Most of the bought buyers appear once, some twice."""
    return np.sort(rng.integers(0, max(1, int(count * 1.6)), count))


def _payments_back(bought: pd.DataFrame, rng: np.random.Generator, *, as_of: date) -> pd.DataFrame:
    """One to three days after the platform has paid, most of the money goes back to the buyer, late in the evening."""
    settled_on: Moments = bought["settled_at"].to_numpy().astype("datetime64[D]")
    count = len(bought)
    booked_on = (settled_on + rng.integers(1, 4, count)).astype("datetime64[s]")
    back = pd.DataFrame(
        {
            "booked_at": booked_on + (21 * HOUR + rng.integers(0, 2 * HOUR, count)),
            "amount_minor": -np.rint(bought["gross_minor"] * rng.uniform(*BACK_SHARE, count)).astype(np.int64),
            "buyer": bought["buyer"],
        }
    )
    return back[back["booked_at"] < np.datetime64(as_of, "s")].reset_index(drop=True)
