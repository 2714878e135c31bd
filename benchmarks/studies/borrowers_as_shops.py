"""SuperLender's borrowers as shops whose only record is their earlier loans, for the features and the expert card.

The expert card has seen no outcome. On loans of one band of size it has to order the bad below the good, by what the
repayment of earlier loans alone says.
"""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.results import Result, Table
from benchmarks.studies import figures
from scoring.card import Card
from scoring.features import compute
from scoring.records import EVENTS

TIME_ZONE, CURRENCY = "Africa/Lagos", "NGN"
BANDS = ((0, 10_000), (10_000, 20_000), (20_000, 60_000))
"""Amounts in naira, above the first and up to the second."""
EPOCH = pd.Timestamp(1970, 1, 1)
COLUMNS = ("loans of", "rows", "bad", "AUC of the expert card's points", "points, good", "points, bad")


def shop_events(loans: pd.DataFrame, earlier: pd.DataFrame) -> dict[str, pa.Table]:
    """The tables of scoring.records.EVENTS: one shop per current loan, numbered in its order from 1.

    Args:
        loans: the current loans; index `customerid`.
        earlier: all their earlier loans as filed, with dates. One instalment each: the first due and first paid day.
    """
    numbers = pd.Series(np.arange(1, len(loans) + 1), index=loans.index)
    shop_ids = earlier["customerid"].map(numbers)
    disbursed = _day(earlier["approveddate"])
    refs = earlier["systemloanid"].astype(str)
    tables = {
        "shops": pd.DataFrame({"shop_id": numbers, "time_zone": TIME_ZONE, "currency": CURRENCY}),
        "loans": pd.DataFrame(
            {
                "shop_id": shop_ids,
                "loan_ref": refs,
                "disbursed_day": disbursed,
                "principal_minor": (earlier["loanamount"] * 100).astype(int),
                "final_due_day": disbursed + earlier["termdays"],
                "closed_day": _day(earlier["closeddate"]),
            }
        ),
        "instalments": pd.DataFrame(
            {
                "shop_id": shop_ids,
                "loan_ref": refs,
                "due_day": _day(earlier["firstduedate"]),
                "paid_day": _day(earlier["firstrepaiddate"]),
            }
        ),
    }
    return {name: _table(tables.get(name, pd.DataFrame()), schema) for name, schema in EVENTS.items()}


def days_asked(loans: pd.DataFrame) -> dict[int, date]:
    """The day on which each current loan was asked for, by the number of its shop; of that day nothing is read."""
    return dict(enumerate(loans["asked_at"].dt.date, start=1))


def by_band(card: Card, loans: pd.DataFrame, earlier: pd.DataFrame) -> tuple[list[Result], Table]:
    """How a card orders good and bad loans within each band of amount."""
    points = card.score(compute(shop_events(loans, earlier), as_of=days_asked(loans)))["points"].to_numpy()
    bad = (loans["good_bad_flag"] == "Bad").to_numpy(dtype=int)
    results, rows = [], []
    for above, up_to in BANDS:
        within = ((loans["loanamount"] > above) & (loans["loanamount"] <= up_to)).to_numpy()
        band = f"{above:,} to {up_to:,}" if above else f"up to {up_to:,}"
        found = figures.auc([-points[within]], [bad[within]])
        name = f"expert card on loans of {band}: AUC, lower end of its interval"
        results.append(Result(name, found.low, "> 0.5", "", found.low > 0.5))
        means = [f"{points[within & (bad == kind)].mean():.1f}" for kind in (0, 1)]
        auc = f"{found.value:.4f} [{found.low:.4f}, {found.high:.4f}]"
        rows.append((band, f"{within.sum():,}", f"{bad[within].sum():,}", auc, *means))
    caption = (
        "The expert card, which no outcome has touched, on borrowers as shops whose only record is their earlier loans."
    )
    return results, Table(caption, COLUMNS, tuple(rows))


def _day(moments: pd.Series) -> pd.Series:
    return (moments.dt.normalize() - EPOCH).dt.days


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(frame.reindex(columns=schema.names), schema=schema, preserve_index=False)
