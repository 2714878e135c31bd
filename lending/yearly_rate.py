"""What a loan costs a year, from its cash flows: the rate of a period, its nominal and its effective yearly rate.

The nominal yearly rate (periodic rate × periods a year) is the American APR of Regulation Z; the effective one
(compounded) is the European APRC of Directive (EU) 2023/2225, annex III. The simple cost is neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DAYS_A_YEAR = 365
MOST_PER_PERIOD = 1e6
STEPS = 200


@dataclass(frozen=True, slots=True)
class YearlyRate:
    """The cost of a loan as a rate, three ways."""

    periodic: float
    """Internal rate of return of one period."""
    periods_a_year: float
    nominal: float
    """Periodic × periods a year: the American APR."""
    effective: float
    """Compounded over the year: the European APRC."""


def yearly_rate(flows_minor: Sequence[int], *, periods_a_year: float) -> YearlyRate:
    """The rate at which what the borrower pays back is worth what he received.

    Args:
        flows_minor: by period from the lender's side: first below zero (what was paid out), then what comes back.
        periods_a_year: 12 for months, 365 for days, 365 ÷ 7 for weeks.

    Raises:
        ValueError: where nothing is paid out, or less comes back than nothing at any rate above −100 %.

    >>> rate = yearly_rate([-1_000_000] + [5_000] * 220, periods_a_year=365)
    >>> round(rate.periodic, 9), round(rate.nominal, 6), round(rate.effective, 6)
    (0.000876938, 0.320082, 0.377048)
    """
    flows = np.asarray(flows_minor, dtype="float64")
    if len(flows) < 2 or flows[0] >= 0 or flows[1:].sum() <= 0:
        raise ValueError("a loan begins with money paid out and then something comes back")
    periodic = _internal_rate(flows)
    return YearlyRate(periodic, periods_a_year, periodic * periods_a_year, float((1 + periodic) ** periods_a_year - 1))


def _internal_rate(flows: npt.NDArray[np.float64]) -> float:
    """By bisection: the value of what comes back falls as the rate rises, so there is one."""
    periods = np.arange(len(flows))
    low, high = -1 + 1e-9, 1.0
    while high < MOST_PER_PERIOD and float((flows / (1 + high) ** periods).sum()) > 0:
        high *= 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        with np.errstate(over="ignore"):
            above = float((flows / (1 + middle) ** periods).sum()) > 0
        low, high = (middle, high) if above else (low, middle)
    return (low + high) / 2


def daily_flows(dated_minor: Sequence[tuple[int, int]]) -> list[int]:
    """Cash flows by day from dated ones, for a rate of a day.

    Args:
        dated_minor: (day, amount) pairs in any order; days are whole numbers, the earliest is day 0.

    >>> daily_flows([(100, -50), (103, 60)])
    [-50, 0, 0, 60]
    """
    first = min(day for day, _ in dated_minor)
    flows = [0] * (max(day for day, _ in dated_minor) - first + 1)
    for day, amount in dated_minor:
        flows[day - first] += amount
    return flows


def simple_cost(fee_minor: int, advance_minor: int, days: int) -> float:
    """Fee ÷ advance, brought to a year of 365 days: no interest rate, since it ignores when money comes back.

    >>> round(simple_cost(100_000, 1_000_000, 220), 6)
    0.165909
    """
    return fee_minor / advance_minor * DAYS_A_YEAR / days
