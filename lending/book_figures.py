"""The portfolio's figures as of a day, each by METRICS.md, under the names that `portfolio --json` gives them.

Ratios are None where there is no case. Money is whole minor units of the tape's one currency.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lending.arrears import BUCKETS, is_active, outstanding
from lending.book_flows import flows
from lending.book_rows import Tape, rows_as_of
from lending.expected_loss import LossParameters
from lending.loan_book import Mask
from lending.months import first_of_month
from lending.rolls import cure_rate, moved, roll_rates
from lending.schedule import month_later
from lending.vintages import month_name, vintages

YEAR_MONTHS = 12
LAG_MONTHS = 6
PAR_DAYS = (30, 60, 90)
CONCENTRATIONS = {"shop": "shop_id", "owner": "owner_key", "category": "category", "region": "region"}


def ratio(part: float, whole: float) -> float | None:
    """Part ÷ whole; None where the whole is nothing.

    >>> ratio(1, 4), ratio(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None


def at_risk(rows: pd.DataFrame, *, more_than_days: int) -> int:
    """Outstanding principal of active loans more than so many days past due: the whole balance of each.

    Source: CGAP, Measuring Results of Microfinance Institutions (2009); worked example W8.
    """
    return _sum(rows, (rows["days_past_due"] > more_than_days).to_numpy())


def _sum(rows: pd.DataFrame, mask: Mask, column: str = "outstanding_minor") -> int:
    return int(rows[column].to_numpy()[mask].sum())


def stock(rows: pd.DataFrame) -> dict[str, Any]:
    """What is told of rows alone: balances, PAR, arrears, NPL, expected loss, buckets.

    Args:
        rows: lending.book_rows.rows_as_of, or some of them.
    """
    active = is_active(rows)
    left, past_due = _sum(rows, active), rows["days_past_due"].to_numpy()
    par30 = past_due > 30
    renegotiated = rows["renegotiated"].to_numpy(dtype=bool)
    bucket = rows["bucket"].to_numpy()
    held = [active & (bucket == place) for place in range(len(BUCKETS))]
    return {
        "active_loans": int(active.sum()),
        "outstanding_minor": left,
        "overdue_minor": _sum(rows, active, "overdue_minor"),
        "arrears_rate": ratio(_sum(rows, active, "overdue_principal_minor"), left),
        "par1": ratio(_sum(rows, active & (past_due >= 1)), left),
        **{f"par{days}": ratio(at_risk(rows, more_than_days=days), left) for days in PAR_DAYS},
        "par30_renegotiated": ratio(_sum(rows, active & (par30 | renegotiated)), left),
        "npl": ratio(_sum(rows, active & rows["defaulted"].to_numpy(dtype=bool)), left),
        "expected_credit_loss_minor": round(float(rows["expected_loss_minor"].sum())),
        "buckets": {
            name: {"loans": int(mask.sum()), "outstanding_minor": _sum(rows, mask)}
            for name, mask in zip(BUCKETS, held, strict=True)
        },
    }


def month_ends(as_of: date, months: int) -> list[date]:
    """A day and the same day of so many months before, oldest first; of the first of a month these are month ends.

    >>> [day.isoformat() for day in month_ends(date(2026, 4, 1), 2)]
    ['2026-02-01', '2026-03-01', '2026-04-01']
    """
    return [month_later(as_of, -months + back) for back in range(months + 1)]


def balance(tape: Tape, *, as_of: date, picked: Mask | None = None) -> int:
    """Outstanding principal as of a day, of all loans or of those picked."""
    left = outstanding(tape.book, as_of=as_of)
    return int(left.sum() if picked is None else left[picked].sum())


def hhi(amounts: npt.NDArray[Any], groups: pd.Series) -> float | None:
    """Herfindahl-Hirschman index of amounts by group: the sum of squared shares; 1 ÷ it is the effective number.

    >>> round(hhi(np.array([50, 30, 20]), pd.Series(["a", "b", "c"])), 2)
    0.38
    """
    whole = float(amounts.sum())
    if not whole:
        return None
    codes, _ = pd.factorize(groups.fillna(""), use_na_sentinel=False)
    shares = np.bincount(codes, amounts.astype("float64")) / whole
    return float((shares**2).sum())


def year_flows(moves: pd.DataFrame, balances: Sequence[int]) -> dict[str, Any]:
    """What twelve months moved, and the ratios to the mean of the thirteen balances at their ends.

    Args:
        moves: lending.book_flows.flows of the twelve months.
        balances: of the thirteen days, in minor units.
    """
    sums = {name: int(moves[name].sum()) for name in moves}
    mean = sum(balances) / len(balances)
    return {
        "written_off_12m_minor": sums["written_off_minor"],
        "write_off_ratio_12m": ratio(sums["written_off_minor"], mean),
        "recovered_12m_minor": sums["recovered_minor"],
        "disbursed_12m_minor": sums["disbursed_minor"],
        "collected_12m_minor": sums["collected_minor"],
        "due_12m_minor": sums["due_minor"],
        "income_12m_minor": sums["income_minor"],
        "portfolio_yield_12m": ratio(sums["income_minor"], mean),
    }


def last_full_month(as_of: date) -> tuple[date, date]:
    """The opening days of the last month that is over as of a day, and of the one after it.

    >>> last_full_month(date(2026, 4, 1)), last_full_month(date(2026, 4, 30))
    ((datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)), (datetime.date(2026, 3, 1), datetime.date(2026, 4, 1)))
    """
    until = first_of_month(as_of)
    return month_later(until, -1), until


def portfolio_figures(tape: Tape, *, as_of: date, parameters: LossParameters) -> dict[str, Any]:
    """All figures of a book of one currency as of a day, as JSON can hold them."""
    rows = rows_as_of(tape, as_of=as_of, parameters=parameters)
    told = stock(rows)
    days = month_ends(as_of, YEAR_MONTHS)
    balances = [balance(tape, as_of=day) for day in days[:-1]] + [told["outstanding_minor"]]
    par30 = at_risk(rows, more_than_days=30)
    active = is_active(rows)
    held = rows[active]
    cohorts = vintages(tape, "late_30", as_of=as_of)
    amounts = held["outstanding_minor"].to_numpy()
    return {
        **told,
        **year_flows(flows(tape, since=days[0], until=as_of), balances),
        "par30_lagged": ratio(par30, balances[-1 - LAG_MONTHS]),
        "risk_coverage": ratio(told["expected_credit_loss_minor"], par30),
        "loss_parameters": parameters.as_json(),
        **{f"hhi_{name}": hhi(amounts, held[column]) for name, column in CONCENTRATIONS.items()},
        "vintages": {
            month_name(origin): list(shares)
            for origin, loans, shares in zip(cohorts["origin"], cohorts["loans"], cohorts["shares"], strict=True)
            if loans
        },
        **_rolls(tape, as_of, rows, parameters),
    }


def _rolls(tape: Tape, as_of: date, rows: pd.DataFrame, parameters: LossParameters) -> dict[str, Any]:
    """Of the last full month: roll_rates (from → to → share of the opening balance; None for a state without any), and
    cure_rate.
    """
    opening, closing = last_full_month(as_of)
    then = rows_as_of(tape, as_of=opening, parameters=parameters)
    now = rows if closing == as_of else rows_as_of(tape, as_of=closing, parameters=parameters)
    balances = moved(then, now)
    rates = {
        str(state): None if row.isna().all() else {str(name): float(share) for name, share in row.items() if share}
        for state, row in roll_rates(balances).iterrows()
    }
    return {"roll_rates": rates, "cure_rate": cure_rate(balances)}
