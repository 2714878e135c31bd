"""What a shop held on each day, from the entries of its wallet and of its fund.

The wallet's entries name its balance. Those of a fund may not: a platform tells what moved into it and out of it. Then
it held what it held at the last balance that was named, with all that moved since, and before the first one that was
named what leads to that. Where none ever was, it held at first the least with which it never fell below zero, so what
is told is the least that it can have held.
"""

from datetime import date, timedelta

import pandas as pd

# A bank account is not money at hand on the platform: only these two are drawn and tested.
HELD = ("wallet", "fund")


def daily_balances(entries: pd.DataFrame, *, as_of: date, days: int) -> pd.DataFrame:
    """The closing balance of wallet and fund on each of the last days before `as_of`.

    Args:
        entries: a row per entry in the order of booking: booked_day (datetime64), account, balance_minor (a number or
            missing) and amount_minor (by how much it moved). Entries from before the window tell with what it opens;
            those of a fund that names no balance have to be there from its first one on.
        as_of: only entries before it count.
        days: how many days to go back.

    Returns:
        A row per day, oldest first: day (datetime64), wallet_minor and fund_minor (float64, NaN before the first
        balance of that account). Empty where no balance is on record.

    >>> entries = pd.DataFrame({"booked_day": pd.to_datetime(["2026-03-01", "2026-03-03"]), "account": "wallet",
    ...                         "balance_minor": [500, 200], "amount_minor": [500, -300]})
    >>> daily_balances(entries, as_of=date(2026, 3, 5), days=4).wallet_minor.tolist()
    [500.0, 500.0, 200.0, 200.0]
    """
    before = entries[entries["booked_day"] < pd.Timestamp(as_of)]
    known = before.assign(balance_minor=held(before))
    known = known[known["balance_minor"].notna()]
    window = pd.date_range(as_of - timedelta(days=days), as_of - timedelta(days=1), name="day")
    if known.empty:
        window = window[:0]
    closing = {f"{account}_minor": _closing(known, account, window) for account in HELD}
    return pd.DataFrame(closing, index=window).reset_index()


def held(entries: pd.DataFrame) -> pd.Series:
    """What each entry's account held after it, float64; missing for an entry of the wallet that names no balance.

    Args:
        entries: as `daily_balances` takes them, all of them from before its day.

    >>> entries = pd.DataFrame({"account": "fund", "balance_minor": [None, None, 40.0, None], "amount_minor":
    ...                         [50, -80, 0, -10]})
    >>> held(entries).tolist(), held(entries.head(2)).tolist()
    ([120.0, 40.0, 40.0, 30.0], [80.0, 0.0])
    """
    told = entries["balance_minor"].astype("float64")
    fund = entries["account"] == "fund"
    moved = entries["amount_minor"].where(fund, 0).cumsum().astype("float64")
    since = (told - moved).where(fund).ffill().bfill()
    least = max(0.0, -moved[fund].min()) if fund.any() else 0.0
    return told.where(told.notna() | ~fund, moved + since.fillna(least))


def closing_minor(entries: pd.DataFrame) -> int | None:
    """What wallet and fund hold together after the last of some entries; None where no balance is known.

    Args:
        entries: as `daily_balances` takes them.
    """
    known = entries.assign(balance_minor=held(entries)).dropna(subset=["balance_minor"])
    of_held = known[known["account"].isin(HELD)]
    return int(of_held.groupby("account")["balance_minor"].last().sum()) if len(of_held) else None


def _closing(entries: pd.DataFrame, account: str, window: pd.DatetimeIndex) -> pd.Series:
    of_account = entries[entries["account"] == account]
    last = of_account.groupby("booked_day")["balance_minor"].last().astype("float64")
    return last.reindex(last.index.union(window)).ffill().reindex(window)
