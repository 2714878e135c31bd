"""How much of a shop's sales depends on few buyers."""

import pandas as pd


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
