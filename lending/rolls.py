"""How loans moved between buckets of lateness from one day to another: roll rates and cure rates, by opening balance.

Source: METRICS.md; worked example W11. A restructured loan that is not late has a state of its own, since its days
past due were set back and not made good; new loans are in no row.
"""

import numpy as np
import pandas as pd

from lending.arrears import BUCKETS, PAID, WRITTEN_OFF, is_active
from lending.loan_book import Whole

RESTRUCTURED = "restructured"
STATES = (*BUCKETS, RESTRUCTURED, PAID, WRITTEN_OFF)
OPENING_STATES = (*BUCKETS, RESTRUCTURED)
LATE_STATES = BUCKETS[1:]


def state_places(rows: pd.DataFrame) -> Whole:
    """The place of each row's state in STATES."""
    bucket = rows["bucket"].to_numpy()
    set_back = (rows["restructured"] & (rows["days_past_due"] == 0)).to_numpy()
    ended = np.where(rows["state"] == PAID, STATES.index(PAID), STATES.index(WRITTEN_OFF))
    return np.where(is_active(rows), np.where(set_back, STATES.index(RESTRUCTURED), bucket), ended).astype(np.int64)


def moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Opening balance by state then and state now.

    Args:
        before: lending.book_rows.rows_as_of of the opening day.
        after: the same of a later day.

    Returns:
        Index OPENING_STATES, columns STATES; whole minor units of the opening balance.
    """
    now = np.full(int(max(before["place"].max(), after["place"].max())) + 1 if len(before) else 0, -1, dtype=np.int64)
    if len(before):
        now[after["place"].to_numpy()] = state_places(after)
    opening = is_active(before)
    from_place = state_places(before)[opening]
    to_place = now[before["place"].to_numpy()[opening]] if len(before) else np.zeros(0, dtype=np.int64)
    balance = before["outstanding_minor"].to_numpy()[opening]
    sums = np.zeros((len(OPENING_STATES), len(STATES)), dtype=np.int64)
    np.add.at(sums, (from_place, to_place), balance)
    return pd.DataFrame(sums, index=list(OPENING_STATES), columns=list(STATES))


def roll_rates(balances: pd.DataFrame) -> pd.DataFrame:
    """Shares of each opening balance by where it went; a row without a balance is missing.

    >>> table = pd.DataFrame([[750, 250], [0, 0]], index=["current", "1-30"], columns=["current", "1-30"])
    >>> roll_rates(table).loc["current"].tolist(), roll_rates(table).loc["1-30"].isna().all()
    ([0.75, 0.25], np.True_)
    """
    whole = balances.sum(axis=1)
    return balances.astype("float64").div(whole.where(whole > 0), axis=0)


def cure_rate(balances: pd.DataFrame) -> float | None:
    """Of the balance that was late at the opening, the share that is current now; None where nothing was late.

    What was restructured is not cured, and what was repaid whole is not counted as cured either.
    """
    late = balances.loc[list(LATE_STATES)]
    whole = int(late.to_numpy().sum())
    return int(late["current"].sum()) / whole if whole else None
