"""Shares of counted cases, each with its count and the range in which chance would leave it."""

import math
from dataclasses import dataclass

import numpy as np

# Below this many cases a share is told with its range, or called too few to tell.
FEW = 30
# The two-sided 95 % point of the normal distribution.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Part ÷ whole, 0-1; None without a case."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % range of the share; None without a case."""
        if not self.whole:
            return None
        low, high = wilson(np.array([self.part]), np.array([self.whole]))
        return float(low[0]), float(high[0])

    @property
    def too_few(self) -> bool:
        """Whether there are too few cases to tell a share by itself."""
        return self.whole < FEW


def wilson(part: np.ndarray, whole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % score interval of each share part ÷ whole: (p + z²/2n ± z·√(p·(1 − p)/n + z²/4n²)) ÷ (1 + z²/n).

    Args:
        part: how many cases have it, 0 to whole.
        whole: how many cases there are.

    Returns:
        Low and high end, 0-1; NaN where there is no case.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212; the examples are those of
    R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3.

    >>> low, high = wilson(np.array([81, 15, 0]), np.array([263, 148, 20]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.0624, 0.0], [0.3662, 0.1605, 0.1611])
    """
    cases = np.where(whole > 0, whole, np.nan).astype("float64")
    share, square = part / cases, _Z * _Z
    middle = share + square / (2 * cases)
    reach = _Z * np.sqrt(share * (1 - share) / cases + square / (4 * cases * cases))
    under = 1 + square / cases
    # Rounding could leave 0 of n a hair below nought.
    return np.clip((middle - reach) / under, 0.0, 1.0), np.clip((middle + reach) / under, 0.0, 1.0)


def least_reaching(values: np.ndarray, share: float) -> float | None:
    """The smallest of the values that at least this share of them does not exceed; None without one.

    It is always one of the values, so money stays whole. Half gives the median, the lower one of an even number.

    Source: the nearest-rank percentile; R. J. Hyndman and Y. Fan, The American Statistician 50 (1996), definition 1.

    >>> least_reaching(np.array([40, 10, 30, 20]), 0.5), least_reaching(np.array([40, 10, 30, 20]), 0.9)
    (20.0, 40.0)
    """
    if not len(values):
        return None
    rank = max(math.ceil(share * len(values) - 1e-9), 1)
    return float(np.sort(values)[rank - 1])
