"""What the shops buy from their suppliers: every week or two, by what they have sold since."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from demo.seasons import Days, Whole
from demo.shops import Shop, generator

MOST_SUPPLIERS = 7
DAYS_BETWEEN = (7, 15)
CREDIT_NOTE_SHARE = 0.03
CREDIT_NOTE_DAYS = 5
CANCELLED_SHARE = 0.02


def purchases_of(shops: Sequence[Shop], orders: pd.DataFrame, days: Days, *, seed: int, as_of: date) -> pd.DataFrame:
    """The shops' purchases over the days, by shop and day; none of the shops whose purchases are not known.

    Args:
        shops: with consecutive numbers.
        orders: of `demo.orders`, as known.
        days: over which the purchases are told.
        seed: of the marketplace.
        as_of: the day on which the demo stands.

    Returns:
        A row per purchase: `shop` (number), `purchased_on` (datetime64, day), `supplier` (int), `amount_minor` (int,
        negative for a credit note), `cancelled` (bool).
    """
    rng = generator(shops, seed, "purchases")
    place, day, sold = _sold_since(shops, orders, days, rng)
    costs = np.array([shop.category.cost_share for shop in shops])[place]
    purchases = pd.DataFrame(
        {
            "shop": place + shops[0].number,
            "purchased_on": days[day],
            "supplier": _suppliers(len(shops), place, rng),
            "amount_minor": np.rint(sold * costs * np.exp(0.25 * rng.standard_normal(len(place)))).astype(np.int64),
            "cancelled": rng.random(len(place)) < CANCELLED_SHARE,
        }
    )
    purchases = purchases[np.array([shop.has_purchases for shop in shops])[place]]
    returned = purchases[(rng.random(len(purchases)) < CREDIT_NOTE_SHARE) & ~purchases["cancelled"]].copy()
    returned["amount_minor"] = -(returned["amount_minor"] // 8)
    returned["purchased_on"] += np.timedelta64(CREDIT_NOTE_DAYS, "D")
    purchases = pd.concat([purchases, returned[returned["purchased_on"] < np.datetime64(as_of, "D")]])
    bought = purchases[purchases["amount_minor"] != 0]
    return bought.sort_values(["shop", "purchased_on"], kind="stable", ignore_index=True)


def _sold_since(
    shops: Sequence[Shop], orders: pd.DataFrame, days: Days, rng: np.random.Generator
) -> tuple[Whole, Whole, Whole]:
    """Of each visit to a supplier: the place of the shop, of the day, and the gross sales since the visit before."""
    kept = (orders["status"] != "cancelled").to_numpy()
    day = (orders["placed_at"].to_numpy().astype("datetime64[D]") - days[0]).astype(np.int64)
    cell = (orders["shop"].to_numpy() - shops[0].number) * len(days) + day
    daily = np.bincount(cell[kept], orders["gross_minor"].to_numpy()[kept], len(shops) * len(days))
    before = np.zeros((len(shops), len(days)))
    before[:, 1:] = np.cumsum(daily.reshape(len(shops), -1), axis=1)[:, :-1]
    visits = np.cumsum(rng.integers(*DAYS_BETWEEN, size=(len(shops), len(days) // DAYS_BETWEEN[0])), axis=1)
    told = visits < len(days)
    so_far = np.take_along_axis(before, np.minimum(visits, len(days) - 1), axis=1)
    since = np.diff(so_far, axis=1, prepend=0)
    return np.nonzero(told)[0], visits[told], np.rint(since[told]).astype(np.int64)


def _suppliers(shops: int, place: Whole, rng: np.random.Generator) -> Whole:
    """Which of a few suppliers each purchase goes to: some get most of them."""
    there = np.arange(MOST_SUPPLIERS) < rng.integers(2, MOST_SUPPLIERS + 1, shops)[:, None]
    weights = np.cumsum(rng.exponential(size=there.shape) * there, axis=1)
    drawn = rng.random(len(place)) * weights[place, -1]
    return np.asarray((drawn[:, None] > weights[place, :-1]).sum(axis=1))
