"""Expected credit loss: what loans that stand today are expected to lose, by stage, and the table that it rests on.

Source: IFRS 9, 5.5.3 to 5.5.5 (stages), 5.5.11 and B5.5.37 (30 and 90 days past due), B5.5.44 (discounting at the
effective rate); worked example W12.
"""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lending.arrears import BUCKETS
from lending.loan_book import Book, Mask, Whole

Real = npt.NDArray[np.float64]

DAYS_A_MONTH = 365 / 12
YEAR_MONTHS = 12
NEWTON_STEPS = 12
HIGHEST_DAILY_RATE = 0.05


@dataclass(frozen=True, slots=True)
class Scenario:
    """One future: how likely it is, and by what it moves the hazards."""

    name: str
    weight: float
    hazard_factor: float


@dataclass(frozen=True, slots=True)
class LossParameters:
    """A version of the table behind expected losses."""

    version: int
    source: str
    loss_given_default_share: float
    monthly_hazard: dict[str, float]
    """Probability of default in a month, by bucket of days past due."""
    raised_risk_hazard: float
    """The least hazard of a loan in stage 2 for another reason than its days past due."""
    scenarios: tuple[Scenario, ...]

    def as_json(self) -> dict[str, Any]:
        """The table as it is printed with each figure."""
        return {
            "version": self.version,
            "source": self.source,
            "loss_given_default_share": self.loss_given_default_share,
            "monthly_hazard": dict(self.monthly_hazard),
            "raised_risk_hazard": self.raised_risk_hazard,
            "scenarios": [
                {"name": each.name, "weight": each.weight, "hazard_factor": each.hazard_factor}
                for each in self.scenarios
            ],
        }


@functools.cache
def loss_parameters(version: int = 1) -> LossParameters:
    """The table of a version.

    Raises:
        FileNotFoundError: where there is no such version.
    """
    told = json.loads((Path(__file__).parent / f"loss_parameters_{version}.json").read_text())
    scenarios = tuple(Scenario(**each) for each in told.pop("scenarios"))
    return LossParameters(**told, scenarios=scenarios)


def expected_loss(
    exposures: Sequence[float], hazards: Sequence[float], *, loss_given_default_share: float, periodic_rate: float
) -> float:
    """Loss expected over some periods: marginal probability × exposure × loss given default, discounted.

    Args:
        exposures: what is outstanding at the start of each period.
        hazards: probability of default within each period, of loans that stand at its start.
        loss_given_default_share: 0-1.
        periodic_rate: the loan's effective rate of a period. A default counts at the end of its period.

    >>> round(expected_loss([3000, 2000, 1000], [.01] * 3, loss_given_default_share=.75, periodic_rate=.01), 2)
    43.97
    """
    hazard = np.asarray(hazards, dtype="float64")
    alive = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    discount = (1 + periodic_rate) ** -np.arange(1, len(hazard) + 1)
    return float((alive * hazard * np.asarray(exposures) * discount).sum() * loss_given_default_share)


def stages(*, days_past_due: Whole, defaulted: Mask, raised_risk: Mask) -> npt.NDArray[np.int64]:
    """Stage of each loan: 3 in default, 2 more than 30 days past due or at a raised risk, else 1.

    >>> stages(days_past_due=np.array([0, 30, 31]), defaulted=np.zeros(3, bool), raised_risk=np.zeros(3, bool)).tolist()
    [1, 1, 2]
    """
    return np.select([defaulted, (days_past_due > 30) | raised_risk], [3, 2], 1).astype(np.int64)


def daily_rates(book: Book) -> Real:
    """Effective daily rate of each loan: that at which its first schedule is worth what was paid out.

    By Newton's method from the rate that an even repayment suggests; 0 where no more comes back than was paid out.
    """
    accounts = book.first_account[:-1]
    first, until = book.lines.first[accounts], book.lines.first[accounts + 1]
    if not len(accounts):
        return np.zeros(0)
    original = np.ones(len(book.account_loan), dtype=bool)
    original[1:] = np.diff(book.account_loan) != 0
    picked = original[book.line_account]
    starts = np.concatenate([[0], np.cumsum(until - first)[:-1]])
    amount = np.diff(book.lines.before)[picked].astype("float64")
    loan = book.account_loan[book.line_account[picked]]
    days = (book.lines.day[picked] - book.disbursed_day[loan]).astype("float64")
    paid_out = book.principal_minor.astype("float64")
    total = np.add.reduceat(amount, starts)
    mean_days = np.add.reduceat(amount * days, starts) / np.maximum(total, 1)
    growth = np.log(np.maximum(total / np.maximum(paid_out, 1), 1)) / np.maximum(mean_days, 1)
    for _ in range(NEWTON_STEPS):
        worth = amount * np.exp(-growth[loan] * days)
        gap = np.add.reduceat(worth, starts) - paid_out
        slope = np.add.reduceat(worth * days, starts)
        step = gap / np.maximum(slope, 1e-9)
        growth = np.clip(growth + step, 0, HIGHEST_DAILY_RATE)
        if float(np.abs(step).max()) < 1e-10:
            break
    return np.asarray(np.expm1(growth))


def loan_losses(
    book: Book,
    *,
    accounts: Whole,
    outstanding_minor: Whole,
    day: int,
    stage: Whole,
    bucket: Whole,
    daily_rate: Real,
    parameters: LossParameters,
) -> Real:
    """Expected loss of each active loan in minor units, weighted over the scenarios.

    An instalment that falls due in the n-th month from now is exposed for n months, or for twelve in stage 1 where
    that is less; overdue principal is exposed as long as the last instalment, at least a month.

    Args:
        book: the book.
        accounts: the account of each loan that is in force.
        outstanding_minor: of each.
        day: as of which, in days since 1970-01-01.
        stage: 1 to 3.
        bucket: place in BUCKETS.
        daily_rate: effective rate of each.
        parameters: the table.
    """
    hazard = np.array([parameters.monthly_hazard[name] for name in BUCKETS])[bucket]
    hazard = np.where(stage == 2, np.maximum(hazard, parameters.raised_risk_hazard), hazard)
    monthly = (1 + daily_rate) ** DAYS_A_MONTH - 1
    horizon = np.where(stage == 1, YEAR_MONTHS, np.iinfo(np.int32).max)
    ahead = _ahead(book, accounts, outstanding_minor, day, horizon)
    loss = np.zeros(len(accounts))
    for scenario in parameters.scenarios:
        moved = np.minimum(hazard * scenario.hazard_factor, 1.0)
        worth = _unit_loss(moved[ahead.row], monthly[ahead.row], ahead.months)
        loss += scenario.weight * np.bincount(ahead.row, ahead.principal * worth, minlength=len(accounts))
    # In stage 3 default has happened.
    whole = np.where(stage == 3, outstanding_minor.astype("float64"), loss)
    return np.asarray(whole * parameters.loss_given_default_share)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Principal still to come, a row per instalment: of which loan, how much, for how many months."""

    row: Whole
    principal: Real
    months: Real


def _ahead(book: Book, accounts: Whole, outstanding: Whole, day: int, horizon: Whole) -> _Ahead:
    row_of = np.full(len(book.account_loan), -1, dtype=np.int64)
    row_of[accounts] = np.arange(len(accounts))
    row = row_of[book.line_account]
    kept = np.flatnonzero((row >= 0) & (book.lines.day >= day))
    row = row[kept]
    months = np.maximum(np.ceil((book.lines.day[kept] - day) / DAYS_A_MONTH), 1)
    principal = np.diff(book.line_principal_before)[kept].astype("float64")
    scheduled = np.bincount(row, principal, minlength=len(accounts))
    last = np.ones(len(accounts))
    np.maximum.at(last, row, months)
    # What is overdue goes to the end; what was repaid ahead of the schedule comes off it in proportion.
    over = np.maximum(outstanding - scheduled, 0)
    shrunk = np.where(scheduled > 0, np.minimum(outstanding / np.maximum(scheduled, 1), 1), 0)
    rows = np.concatenate([row, np.arange(len(accounts))])
    return _Ahead(
        rows,
        np.concatenate([principal * shrunk[row], over]),
        np.minimum(np.concatenate([months, last]), horizon[rows]),
    )


def _unit_loss(hazard: Real, monthly_rate: Real, months: Real) -> Real:
    """Sum over the months of surviving × hazard, discounted, for an exposure of 1: a geometric series."""
    discount = 1 / (1 + monthly_rate)
    kept = (1 - hazard) * discount
    series = np.where(kept < 1, (1 - kept**months) / np.maximum(1 - kept, 1e-15), months)
    return np.asarray(hazard * discount * series)
