"""Loans of the demo as columns of numbers, and what falls due of them, to the unit as `lending.loan_schedule` has it.

Days are whole numbers since 1970-01-01, money is whole minor units, rates and shares are millionths.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from demo.seasons import Whole

Mask = npt.NDArray[np.bool_]

ANNUITY, EQUAL_PRINCIPAL, INTEREST_ONLY, SALES_SHARE = range(4)
MONTH, WEEK = range(2)
DAYS_A_WEEK, DAYS_A_YEAR, MONTHS_A_YEAR = 7, 365, 12
PPM = 1_000_000
MINIMUM_DAYS = 90
MOST_MILESTONES = 5
NEVER = 2**40
"""A day that does not come."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of the same length."""

    def take(self, rows: Whole | Mask) -> Self:
        """Some of the rows."""
        return replace(self, **{each.name: getattr(self, each.name)[rows] for each in fields(self)})

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, one behind the other."""
        return cls(**{each.name: np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class Lent(Columns):
    """What was agreed: a row per loan."""

    shop: Whole
    """The place of the shop in the marketplace, from 0."""
    number: Whole
    """Which loan of its shop it is, from 1."""
    disbursed_on: Whole
    principal_minor: Whole
    kind: Whole
    interval: Whole
    instalments: Whole
    rate_ppm: Whole
    """Yearly; 0 for a share of sales."""
    fee_minor: Whole
    holdback_ppm: Whole
    minimum_ppm: Whole
    final_due_on: Whole
    """Of a share of sales; NEVER for the others."""

    def __len__(self) -> int:
        return len(self.shop)


@dataclass(frozen=True, slots=True)
class Schedules(Columns):
    """A row per loan, a column per instalment; beyond a loan's last one there is no due day (NEVER) and no money."""

    due_on: Whole
    principal_minor: Whole
    interest_minor: Whole
    fee_minor: Whole

    @property
    def due_minor(self) -> Whole:
        """All that falls due with each instalment."""
        return self.principal_minor + self.interest_minor + self.fee_minor


def schedules(lent: Lent) -> Schedules:
    """What falls due of loans in instalments; none of them a share of sales."""
    most = int(lent.instalments.max(initial=1))
    number = np.arange(1, most + 1)
    given = number <= lent.instalments[:, None]
    monthly = months_later(lent.disbursed_on[:, None], number)
    weekly = lent.disbursed_on[:, None] + DAYS_A_WEEK * number
    due_on = np.where(given, np.where(lent.interval[:, None] == MONTH, monthly, weekly), NEVER)
    principal, interest = _amortised(lent, given)
    fee = np.zeros_like(principal)
    fee[:, 0] = lent.fee_minor
    return Schedules(due_on, principal, interest, fee)


def _amortised(lent: Lent, given: Mask) -> tuple[Whole, Whole]:
    """Principal and interest of each instalment: months by 30/360, weeks by actual/365, rounded half up."""
    monthly = lent.interval == MONTH
    parts = lent.rate_ppm * np.where(monthly, 1, DAYS_A_WEEK)
    whole = np.where(monthly, MONTHS_A_YEAR, DAYS_A_YEAR) * PPM
    rate = np.maximum(parts, 1) / whole
    level = np.floor(lent.principal_minor * rate / (1 - (1 + rate) ** -lent.instalments.astype(float)) + 0.5)
    even = lent.principal_minor // lent.instalments
    balance = lent.principal_minor.copy()
    principal, interest = np.zeros(given.shape, np.int64), np.zeros(given.shape, np.int64)
    for place in range(given.shape[1]):
        interest[:, place] = owed = (2 * balance * parts + whole) // (2 * whole)
        paid = np.select(
            [lent.instalments == place + 1, lent.kind == ANNUITY, lent.kind == EQUAL_PRINCIPAL],
            [balance, np.clip(level.astype(np.int64) - owed, 0, balance), even],
        )
        principal[:, place] = np.where(given[:, place], paid, 0)
        balance = balance - principal[:, place]
    return principal, np.where(given, interest, 0)


def milestones(lent: Lent) -> tuple[Whole, Whole]:
    """Of loans repaid by a share of sales: days by which so much must have come in, all counted together.

    Returns:
        The days and the amounts: a row per loan, a column per milestone, the last one again where there are fewer.
    """
    step = np.arange(1, MOST_MILESTONES + 1)
    owed = (lent.principal_minor + lent.fee_minor)[:, None]
    least = np.minimum(owed, (2 * owed * lent.minimum_ppm[:, None] * step + PPM) // (2 * PPM))
    due_on = np.minimum(lent.disbursed_on[:, None] + MINIMUM_DAYS * step, lent.final_due_on[:, None])
    return due_on, np.where(due_on == lent.final_due_on[:, None], owed, least)


def principal_repaid(lent: Lent, paid_minor: Whole) -> Whole:
    """The part of what came in of a share of sales that repays the advance, rounded half up."""
    owed = lent.principal_minor + lent.fee_minor
    return np.asarray((2 * np.minimum(paid_minor, owed) * lent.principal_minor + owed) // (2 * owed))


def principal_allocated(due: Schedules, paid_minor: Whole) -> Whole:
    """The principal that payments of so much have repaid: instalment by instalment, in each fee and interest first."""
    before = np.cumsum(due.due_minor, axis=1) - due.due_minor
    left = paid_minor[:, None] - before - due.fee_minor - due.interest_minor
    return np.asarray(np.clip(left, 0, due.principal_minor).sum(axis=1))


def months_later(days: Whole, months: Whole) -> Whole:
    """The same day of a later month, or that month's last day where it is shorter.

    >>> months_later(np.array([30]), np.array([1])).astype("datetime64[D]").tolist()
    [datetime.date(1970, 2, 28)]
    """
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    later = month + months.astype("timedelta64[M]")
    last = (later + 1).astype("datetime64[D]") - 1
    same = later.astype("datetime64[D]") + (day - month.astype("datetime64[D]"))
    return np.asarray(np.minimum(same, last).astype(np.int64))
