"""The portfolio's figures the plain way, for `benchmarks.book`: numpy and pandas straight over the arrays of the book.

For loans in instalments only, without restructurings, sales-linked loans or early closings: so it does less than Loam.
"""

from typing import Any

import numpy as np
import pandas as pd

MONTH_DAYS = 30


def figures(
    loans: pd.DataFrame, lines: pd.DataFrame, paid: pd.DataFrame, *, day: int, months: list[int]
) -> dict[str, Any]:
    """Ageing, PAR, twelve months' flows, vintages, roll rates and concentration.

    Args:
        loans: a row per loan in the order of its number: principal_minor, disbursed_day, shop_id, owner_key, category,
            region.
        lines: a row per instalment, by loan and due date: place (of the loan), due_day, principal_minor,
            interest_minor, due_minor, in_full_day (when it was paid).
        paid: a row per payment: place, paid_day, amount_minor.
        day: as of which.
        months: thirteen days, the last one `day`.
    """
    standing = {each: _standing(loans, lines, paid, each) for each in months}
    now = standing[day]
    left = now["left"].sum()
    told: dict[str, Any] = {"outstanding": left, "overdue": now["overdue"].sum()}
    for days in (0, 30, 60, 90):
        told[f"par{days}"] = now["left"][now["late"] > days].sum() / left
    told["buckets"] = np.bincount(np.searchsorted([0, 30, 60, 90], now["late"]), now["left"], 5)
    told["mean"] = np.mean([each["left"].sum() for each in standing.values()])
    year = (paid["paid_day"] >= months[0]) & (paid["paid_day"] < day)
    told["collected"] = paid["amount_minor"][year].sum()
    told["due"] = lines["due_minor"][(lines["due_day"] >= months[0]) & (lines["due_day"] < day)].sum()
    told["expected_loss"] = _loss(lines, now, day)
    for name in ("shop_id", "owner_key", "category", "region"):
        shares = pd.Series(now["left"]).groupby(loans[name]).sum() / left
        told[f"hhi_{name}"] = (shares**2).sum()
    told["vintages"] = _vintages(loans, lines, day)
    told["rolls"] = pd.crosstab(
        np.searchsorted([0, 30, 60, 90], standing[months[-2]]["late"]),
        np.searchsorted([0, 30, 60, 90], now["late"]),
        values=standing[months[-2]]["left"], aggfunc="sum", normalize="index",
    )  # fmt: skip
    return told


def _standing(loans: pd.DataFrame, lines: pd.DataFrame, paid: pd.DataFrame, day: int) -> dict[str, np.ndarray]:
    count = len(loans)
    place, due_day = lines["place"].to_numpy(), lines["due_day"].to_numpy()
    due = due_day < day
    before = paid["paid_day"].to_numpy() < day
    received = np.bincount(paid["place"].to_numpy()[before], paid["amount_minor"].to_numpy()[before], count)
    running = lines["running_minor"].to_numpy()
    covered = np.clip(received[place] - running + lines["due_minor"].to_numpy(), 0, lines["due_minor"].to_numpy())
    covered[~due] = 0
    repaid = np.maximum(covered - lines["interest_minor"].to_numpy(), 0)
    started = loans["disbursed_day"].to_numpy() < day
    unpaid = due & (covered < lines["due_minor"].to_numpy())
    oldest = np.full(count, day)
    np.minimum.at(oldest, place[unpaid], due_day[unpaid])
    principal = loans["principal_minor"].to_numpy()
    left = np.where(started, principal - np.bincount(place, repaid, count), 0)
    overdue = np.bincount(place, np.where(due, lines["due_minor"].to_numpy() - covered, 0), count)
    return {"left": left, "overdue": overdue, "late": day - oldest, "open": left > 0}


def _loss(lines: pd.DataFrame, now: dict[str, np.ndarray], day: int) -> float:
    place, due_day = lines["place"].to_numpy(), lines["due_day"].to_numpy()
    ahead = (due_day >= day) & now["open"][place]
    hazard = np.array([0.006, 0.03, 0.12, 0.35, 1.0])[np.searchsorted([0, 30, 60, 90], now["late"])][place[ahead]]
    months = np.minimum(np.ceil((due_day[ahead] - day) / MONTH_DAYS), 12)
    loss = 0.0
    for weight, factor in ((0.6, 1.0), (0.25, 1.6), (0.15, 0.7)):
        moved = np.minimum(hazard * factor, 1)
        loss += weight * (lines["principal_minor"].to_numpy()[ahead] * (1 - (1 - moved) ** months)).sum()
    return loss * 0.7


def _vintages(loans: pd.DataFrame, lines: pd.DataFrame, day: int) -> np.ndarray:
    late_on = lines["due_day"].to_numpy() + 31
    late = (lines["in_full_day"].to_numpy() >= late_on) & (late_on <= day)
    first = np.full(len(loans), day + 1)
    np.minimum.at(first, lines["place"].to_numpy()[late], late_on[late])
    origin = loans["disbursed_day"].to_numpy() // MONTH_DAYS
    age = first // MONTH_DAYS - origin
    origin = origin - origin.min()
    table = np.zeros((origin.max() + 1, max(age.max(), 0) + 1))
    bad = first <= day
    np.add.at(table, (origin[bad], age[bad]), loans["principal_minor"].to_numpy()[bad])
    return table.cumsum(axis=1)
