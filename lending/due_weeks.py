"""Instalments beside the sales of the weeks in which they fall due."""

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from lending.forecast import week_number
from lending.loan_schedule import LoanTerms, schedule_of

SPAN_WEEKS = 4
PPM_IN_BPS = 100


def level_dues(principal_minor: int, *, rate_bps: int, months: int, disbursed_on: date) -> list[tuple[date, int]]:
    """Day and amount of each instalment of a loan in level instalments, as an offer has them (worked example W1).

    >>> level_dues(1_200_000, rate_bps=1200, months=6, disbursed_on=date(2026, 1, 1))[-1]
    (datetime.date(2026, 7, 1), 207058)
    """
    terms = LoanTerms(principal_minor, "annuity", disbursed_on, months, rate_bps * PPM_IN_BPS)
    return [(line.due_on, line.due_minor) for line in schedule_of(terms)]


def dues_beside_sales(
    forecast: pd.DataFrame, existing: Iterable[tuple[date, int]], offered: Iterable[tuple[date, int]]
) -> pd.DataFrame:
    """The weeks of a forecast with what falls due in each.

    An instalment that is due once a month is paid from more than its own week, so its weight is told over four: those
    up to and with the week, the first four weeks together. What is overdue falls in the first week.

    Args:
        forecast: of lending.forecast.weekly_forecast.
        existing: day and amount of each instalment that is owed already.
        offered: the same of the loan that is offered.

    Returns:
        The rows of the forecast, with existing_minor and offered_minor (int64: falling due in the week) and
        share (float64: what falls due in four weeks ÷ the sales expected in them; NaN where none are expected).
    """
    if forecast.empty:
        return forecast.assign(existing_minor=0, offered_minor=0, share=np.nan)
    first = week_number(forecast["week"].iloc[0].date())
    rows = forecast.assign(
        existing_minor=_by_week(existing, first, len(forecast)), offered_minor=_by_week(offered, first, len(forecast))
    )
    due = _over_four_weeks((rows["existing_minor"] + rows["offered_minor"]).to_numpy())
    sales = _over_four_weeks(rows["expected_minor"].to_numpy())
    return rows.assign(share=np.divide(due, sales, out=np.full(len(rows), np.nan), where=sales > 0))


def heaviest_week(rows: pd.DataFrame) -> tuple[date, float] | None:
    """The week up to which four weeks' instalments take the largest share of their expected sales; None for none.

    Args:
        rows: of `dues_beside_sales`.
    """
    known = rows["share"].fillna(0)
    if rows.empty or known.max() <= 0:
        return None
    place = int(known.to_numpy().argmax())
    return rows["week"].iloc[place].date(), float(known.iloc[place])


def _by_week(dues: Iterable[tuple[date, int]], first: int, weeks: int) -> np.ndarray:
    sums = np.zeros(weeks, dtype=np.int64)
    for due_on, amount in dues:
        place = max(week_number(due_on) - first, 0)
        if place < weeks:
            sums[place] += amount
    return sums


def _over_four_weeks(amounts: np.ndarray) -> np.ndarray:
    """Sums of each four weeks in a row; the first three have that of the first four."""
    span = min(SPAN_WEEKS, len(amounts))
    sums = np.convolve(amounts.astype(np.float64), np.ones(span), mode="valid")
    return np.concatenate([np.full(span - 1, sums[0]), sums])
