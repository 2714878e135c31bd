"""Ranges of money-weighted ratios, by drawing borrowers again with replacement.

A ratio of sums over loans is no share of independent cases: one large borrower moves it, and two loans of one owner go
bad together. So whole borrowers are drawn. Where there are very many they are first dealt at random into groups.

Source: B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), sections 8.5 and 13.3; the grouping is the
method of random groups, K. Wolter, Introduction to Variance Estimation (2007), chapter 2.
"""

import functools
from collections.abc import Mapping

import numpy as np

from lending.loan_book import Whole

DRAWS = 1_000
MOST_GROUPS = 2_000
ENDS = (0.025, 0.975)
SEED = 20_261_031


def ratio_intervals(
    owner: Whole, columns: Mapping[str, np.ndarray], ratios: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[float, float] | None]:
    """The 95 % range of each ratio of two sums; None where fewer than two borrowers have a part in it.

    Args:
        owner: code of each loan's owner.
        columns: amounts by loan.
        ratios: by name, the columns above and below the line.

    >>> even = {"part": np.array([1.0, 0.0] * 50), "whole": np.ones(100)}
    >>> low, high = ratio_intervals(np.arange(100), even, {"ratio": ("part", "whole")})["ratio"]
    >>> 0.38 < low < 0.43 and 0.57 < high < 0.62
    True
    """
    names = list(columns)
    _, group = np.unique(owner, return_inverse=True)
    owners = int(group.max(initial=-1)) + 1
    if owners < 2:
        return dict.fromkeys(ratios)
    if owners > MOST_GROUPS:
        dealt = np.random.default_rng(SEED).permutation(owners) % MOST_GROUPS
        group, owners = dealt[group], MOST_GROUPS
    sums = np.column_stack([np.bincount(group, columns[name], owners) for name in names])
    # A single precision would lose minor units of a large book; the counts are small and go into it exactly.
    drawn = _counts(owners) @ (sums / np.maximum(np.abs(sums).max(axis=0), 1)).astype(np.float32)
    scale = dict(zip(names, np.maximum(np.abs(sums).max(axis=0), 1), strict=True))
    found: dict[str, tuple[float, float] | None] = {}
    for name, (part, whole) in ratios.items():
        above, below = drawn[:, names.index(part)] * scale[part], drawn[:, names.index(whole)] * scale[whole]
        some = sums[:, names.index(part)] != 0
        values = above[below > 0] / below[below > 0]
        low, high = np.quantile(values, ENDS) if len(values) else (0.0, 0.0)
        found[name] = (float(low), float(high)) if some.sum() > 1 else None
    return found


@functools.lru_cache(maxsize=4)
def _counts(owners: int) -> np.ndarray:
    """How often each borrower comes in each draw."""
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(0, owners, (DRAWS, owners)) + owners * np.arange(DRAWS)[:, None]
    return np.bincount(drawn.ravel(), minlength=DRAWS * owners).reshape(DRAWS, owners).astype(np.float32)
