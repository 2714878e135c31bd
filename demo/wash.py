"""What wash sellers add to their honest orders: empty parcels to their own people, and the money sent back to them."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from demo.orders import DAY, HOUR, NEVER, Moments, choose, later, settle
from demo.seasons import Whole
from demo.shops import DAYS_A_MONTH, Shop, generator, habit

BURST_DAYS = 70
NIGHTS = 16
ROUND_MINOR = np.array([20_000, 30_000, 50_000, 80_000, 100_000])
ROUND_SHARES = (0.2, 0.4, 0.25, 0.05, 0.1)
BACK_SHARE = (0.93, 0.98)
MORE_THAN_HONEST = 1.8
"""Bought sales of the burst against the shop's own usual ones."""


def bought_orders(shops: Sequence[Shop], orders: pd.DataFrame, *, seed: int, as_of: date) -> pd.DataFrame:
    """The orders that the wash sellers among the shops buy from themselves, in a few nights of the last ten weeks.

    Args:
        shops: with consecutive numbers.
        orders: their own, of `demo.orders.orders_of`; the bought buyers are none of those.
        seed: of the marketplace.
        as_of: the day on which the demo stands.

    Returns:
        Rows of the same columns.
    """
    rng = generator(shops, seed, "wash")
    sellers = [shop for shop in shops if shop.washes]
    worth = habit(sellers, "monthly_sales") * (BURST_DAYS / DAYS_A_MONTH * MORE_THAN_HONEST * 100)
    counts = (worth / ROUND_MINOR.mean()).astype(np.int64)
    seller = np.repeat(np.arange(len(sellers)), counts)
    number = np.array([shop.number for shop in sellers], dtype=np.int64)[seller]
    placed_at = _nights(len(sellers), seller, rng, as_of=as_of)
    delivered_at = later(placed_at, rng.integers(DAY, 3 * DAY, len(seller)))
    gross = ROUND_MINOR[choose(rng, len(seller), ROUND_SHARES)]
    newcomers = orders.groupby("shop")["buyer"].max().reindex(number, fill_value=0).to_numpy() + 1
    reviewed = rng.random(len(seller)) < 0.9
    return pd.DataFrame(
        {
            "shop": number,
            "placed_at": placed_at,
            # Most of the bought buyers appear once, some twice.
            "buyer": newcomers + (rng.random(len(seller)) * counts[seller] * 1.6).astype(np.int64),
            "gross_minor": gross,
            "refunded_minor": 0,
            "refunded_at": NEVER,
            "fees_minor": np.rint(gross * habit(sellers, "fee_share")[seller]).astype(np.int64),
            "cancelled_at": NEVER,
            "settled_at": settle(delivered_at, rng),
            "promised_by": (placed_at.astype("datetime64[D]") + 4).astype("datetime64[s]") + (DAY - 1),
            "delivered_at": delivered_at,
            "rating": 5,
            "reviewed_at": np.where(reviewed, later(delivered_at, rng.integers(HOUR, DAY, len(seller))), NEVER),
        }
    )


def _nights(sellers: int, seller: Whole, rng: np.random.Generator, *, as_of: date) -> Moments:
    """Between one and half past four, in nights that each seller has chosen."""
    shuffled = rng.permuted(np.tile(np.arange(2, BURST_DAYS), (sellers, 1)), axis=1)[:, :NIGHTS]
    nights = shuffled[seller, rng.integers(0, NIGHTS, len(seller))]
    return later(np.datetime64(as_of, "D") - nights, rng.integers(HOUR, 9 * HOUR // 2, len(seller)))


def payments_back(shops: Sequence[Shop], bought: pd.DataFrame, *, seed: int, as_of: date) -> pd.DataFrame:
    """One to three days after the platform has paid, most of the money goes back to the buyer, late in the evening.

    Returns:
        A row per payment: `shop` (number), `booked_at` (datetime64), `amount_minor` (negative), `buyer`.
    """
    rng = generator(shops, seed, "back")
    count = len(bought)
    settled_on: Moments = bought["settled_at"].to_numpy().astype("datetime64[D]")
    waited = rng.integers(1, 4, count) * DAY + 21 * HOUR
    back = pd.DataFrame(
        {
            "shop": bought["shop"],
            "booked_at": later(settled_on, waited + rng.integers(0, 2 * HOUR, count)),
            "amount_minor": -np.rint(bought["gross_minor"] * rng.uniform(*BACK_SHARE, count)).astype(np.int64),
            "buyer": bought["buyer"],
        }
    )
    return back[back["booked_at"] < np.datetime64(as_of, "s")].reset_index(drop=True)
