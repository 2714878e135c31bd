"""What a shop buys from its suppliers: every week or two, by what it has sold since."""

from datetime import date

import numpy as np
import pandas as pd

from demo.seasons import Days
from demo.shops import Shop

SUPPLIERS = (2, 8)
DAYS_BETWEEN = (7, 15)
CREDIT_NOTE_SHARE = 0.03
CANCELLED_SHARE = 0.02


def purchases_of(shop: Shop, orders: pd.DataFrame, days: Days, *, seed: int, as_of: date) -> pd.DataFrame:
    """The shop's purchases over the days, by day.

    Returns:
        A row per purchase: `purchased_on` (datetime64, day), `supplier` (int), `amount_minor` (int, negative for a
        credit note), `status`.
    """
    rng = shop.generator(seed, "purchases")
    edges = days[0] + np.cumsum(rng.integers(*DAYS_BETWEEN, size=len(days) // DAYS_BETWEEN[0]))
    edges = edges[edges < np.datetime64(as_of, "D")]
    kept = orders[orders["status"] != "cancelled"]
    sold = np.histogram(
        kept["placed_at"].to_numpy().astype("datetime64[D]").astype(np.int64),
        bins=np.concatenate([days[:1], edges]).astype(np.int64),
        weights=kept["gross_minor"].to_numpy(),
    )[0]
    amount = np.rint(sold * shop.category.cost_share * np.exp(0.25 * rng.standard_normal(len(edges)))).astype(np.int64)
    suppliers = rng.dirichlet(np.ones(rng.integers(*SUPPLIERS)))
    purchases = pd.DataFrame(
        {
            "purchased_on": edges,
            "supplier": rng.choice(len(suppliers), size=len(edges), p=suppliers),
            "amount_minor": amount,
            "status": np.where(rng.random(len(edges)) < CANCELLED_SHARE, "cancelled", "completed"),
        }
    )
    returned = purchases[(rng.random(len(edges)) < CREDIT_NOTE_SHARE) & (purchases["status"] == "completed")].copy()
    returned["amount_minor"] = -(returned["amount_minor"] // 8)
    returned["purchased_on"] += np.timedelta64(5, "D")
    purchases = pd.concat([purchases, returned[returned["purchased_on"] < np.datetime64(as_of, "D")]])
    bought = purchases[purchases["amount_minor"] != 0]
    return bought.sort_values("purchased_on", kind="stable", ignore_index=True)
