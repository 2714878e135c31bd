"""When in the week a shop's orders come."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

DAYS, HOURS = 7, 24
# Night to 6, morning to 12, afternoon to 18, evening to 24.
PART_HOURS = 6


@dataclass(frozen=True, slots=True)
class Week:
    """Orders by weekday and hour of the shop's own clock."""

    orders: int
    grid: npt.NDArray[np.int64]
    """Orders, weekdays (Monday first) × hours."""
    day_shares: npt.NDArray[np.float64]
    """Of all orders, by weekday; zeros without orders."""
    part_shares: npt.NDArray[np.float64]
    """Of all orders, by night, morning, afternoon and evening."""

    @property
    def has_hours(self) -> bool:
        """Whether the source names hours: orders that all stand at one hour of the day were dated, not timed."""
        return int((self.grid.sum(axis=0) > 0).sum()) > 1


def week_of(hours: pd.DataFrame) -> Week:
    """Orders put into the hours of a week.

    Args:
        hours: of db.hours.orders_by_hour: weekday, hour, orders.

    >>> week = week_of(pd.DataFrame({"weekday": [4, 4, 5], "hour": [20, 21, 9], "orders": [2, 1, 1]}))
    >>> week.orders, week.grid[4, 20].item(), week.day_shares[4].item(), week.part_shares.tolist()
    (4, 2, 0.75, [0.0, 0.25, 0.0, 0.75])
    """
    grid = np.zeros((DAYS, HOURS), dtype="int64")
    grid[hours["weekday"].to_numpy(dtype="int64"), hours["hour"].to_numpy(dtype="int64")] = hours["orders"]
    total = int(grid.sum())
    parts = grid.sum(axis=0).reshape(-1, PART_HOURS).sum(axis=1)
    return Week(total, grid, grid.sum(axis=1) / max(total, 1), parts / max(total, 1))
