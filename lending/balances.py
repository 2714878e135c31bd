"""What a shop held on each day, from the entries that name a balance."""

from datetime import date, timedelta

import pandas as pd

# A bank account is not money at hand on the platform: only these two are drawn and tested.
HELD = ("wallet", "fund")


def daily_balances(entries: pd.DataFrame, *, as_of: date, days: int) -> pd.DataFrame:
    """The closing balance of wallet and fund on each of the last days before `as_of`.

    Args:
        entries: a row per entry in the order of booking: booked_day (datetime64), account, balance_minor (a number or
            missing). Entries from before the window tell with what it opens.
        as_of: only entries before it count.
        days: how many days to go back.

    Returns:
        A row per day, oldest first: day (datetime64), wallet_minor and fund_minor (float64, NaN before the first
        balance of that account). Empty where no balance is on record.

    >>> entries = pd.DataFrame({"booked_day": pd.to_datetime(["2026-03-01", "2026-03-03"]), "account": "wallet",
    ...                         "balance_minor": [500, 200]})
    >>> daily_balances(entries, as_of=date(2026, 3, 5), days=4).wallet_minor.tolist()
    [500.0, 500.0, 200.0, 200.0]
    """
    known = entries[entries["balance_minor"].notna() & (entries["booked_day"] < pd.Timestamp(as_of))]
    window = pd.date_range(as_of - timedelta(days=days), as_of - timedelta(days=1), name="day")
    if known.empty:
        window = window[:0]
    closing = {f"{account}_minor": _closing(known, account, window) for account in HELD}
    return pd.DataFrame(closing, index=window).reset_index()


def _closing(entries: pd.DataFrame, account: str, window: pd.DatetimeIndex) -> pd.Series:
    of_account = entries[entries["account"] == account]
    last = of_account.groupby("booked_day")["balance_minor"].last().astype("float64")
    return last.reindex(last.index.union(window)).ffill().reindex(window)
