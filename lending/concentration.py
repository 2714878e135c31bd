"""How much of a shop's sales depends on few buyers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

# The points of the curve: of a shop's buyers, the largest first.
CURVE_POINTS = 101


@dataclass(frozen=True, slots=True)
class Concentration:
    """How unevenly the buyers of a shop buy."""

    buyers: int
    effective_buyers: float
    """1 ÷ Σ share²: so many buyers of one size would be as concentrated. 0 without buyers."""
    top_tenth_share: float
    """What the largest tenth of the buyers bring of all sales."""
    curve: npt.NDArray[np.float64]
    """CURVE_POINTS shares of all sales, brought by the largest 0, 1, … 100% of the buyers."""


def concentration(buyers: pd.DataFrame) -> Concentration:
    """The Lorenz curve of a shop's buyers, read from its upper end, with the figures that sum it up.

    Where a share of the buyers is no whole number of them, the next one counts by its part.

    Args:
        buyers: a row per buyer: gross_minor (int, above zero).

    Source: Lorenz, Methods of Measuring the Concentration of Wealth, 1905; HHI: worked example W17.

    >>> found = concentration(pd.DataFrame({"gross_minor": [60, 20, 20]}))
    >>> round(found.effective_buyers, 2), round(found.top_tenth_share, 2), found.curve[100].item()
    (2.27, 0.18, 1.0)
    """
    sold = np.sort(buyers["gross_minor"].to_numpy(dtype="float64"))[::-1]
    if not sold.size:
        return Concentration(0, 0.0, 0.0, np.zeros(CURVE_POINTS))
    shares = sold / sold.sum()
    reached = np.concatenate([[0.0], np.cumsum(shares)])
    reached[-1] = 1.0
    places = np.linspace(0, len(sold), CURVE_POINTS)
    curve = np.interp(places, np.arange(len(sold) + 1), reached)
    return Concentration(len(sold), float(1 / (shares**2).sum()), float(curve[CURVE_POINTS // 10]), curve)


def largest_buyers(buyers: pd.DataFrame, *, most: int = 10) -> pd.DataFrame:
    """The largest buyers, each with its share of the sales of all.

    Args:
        buyers: a row per buyer, the largest first: buyer_ref, orders, gross_minor (int).
        most: how many to keep.

    Returns:
        Up to `most` of the rows, with share (float, 0-1: the buyer's gross ÷ the gross of all buyers).

    Source: the shares behind worked example W17.

    >>> buyers = pd.DataFrame({"buyer_ref": ["a", "b", "c"], "orders": 1, "gross_minor": [50, 30, 20]})
    >>> largest_buyers(buyers, most=2).share.tolist()
    [0.5, 0.3]
    """
    total = int(buyers["gross_minor"].sum())
    kept = buyers.head(most).reset_index(drop=True)
    return kept.assign(share=kept["gross_minor"] / total if total else 0.0)
