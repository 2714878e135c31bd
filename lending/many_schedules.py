"""The schedules of many loans at once: what lending.loan_schedule says of each, worked out column by column.

Whole numbers throughout. Only the level instalment of an annuity comes from a binary fraction, and where that lies too
near a half to be sure of its rounding, or an amount is too large for 64 bits, the loan is worked out by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from lending.loan_schedule import PPM, LoanTerms, ScheduleLine, interval_days, schedule_of

Numbers = npt.NDArray[np.int64]

EPOCH_DAY = date(1970, 1, 1)
LARGEST = 2**61
"""Products stay below this, so that twice of one fits into 64 bits."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Instalments of several loans, in the order of the loans and then of their numbers."""

    loan: Numbers
    """The place of the loan among those asked for."""
    sequence: Numbers
    due_day: Numbers
    principal_minor: Numbers
    interest_minor: Numbers
    fee_minor: Numbers


@dataclass(frozen=True, slots=True)
class Alike:
    """Loans whose terms differ in amounts, rates and days only. Days count from 1970-01-01."""

    repayment_kind: str
    rate_kind: str
    day_count: str
    interval: str
    instalments: int
    principal_minor: Numbers
    annual_rate_ppm: Numbers
    fee_minor: Numbers
    disbursed_day: Numbers
    first_due_day: Numbers
    """0 where it is one interval after disbursement."""


def schedules_of(loans: Alike) -> Lines:
    """The instalments of loans, each as `lending.loan_schedule.schedule_of` has it.

    Raises:
        ValueError: where that raises one.
    """
    due = _due_days(loans)
    shares, parts = _periods(loans, due)
    principal, interest, sure = _flat(loans, shares, parts) if loans.rate_kind == "flat" else _declining(
        loans, shares, parts
    )  # fmt: skip
    count = loans.instalments
    fee = np.zeros_like(principal)
    fee[:, 0] = loans.fee_minor
    for place in np.flatnonzero(~sure).tolist():
        for line in schedule_of(_terms(loans, place)):
            at = place, line.sequence - 1
            principal[at], interest[at], fee[at] = line.principal_minor, line.interest_minor, line.fee_minor
    number = np.arange(len(due), dtype=np.int64)
    return Lines(
        np.repeat(number, count), np.tile(np.arange(1, count + 1), len(due)), due.ravel(), principal.ravel(),
        interest.ravel(), fee.ravel(),
    )  # fmt: skip


def lines_of(schedules: Iterator[tuple[ScheduleLine, ...]]) -> Lines:
    """Schedules that were worked out one by one, in the same form."""
    rows = [
        (
            place,
            line.sequence,
            (line.due_on - EPOCH_DAY).days,
            line.principal_minor,
            line.interest_minor,
            line.fee_minor,
        )
        for place, lines in enumerate(schedules)
        for line in lines
    ]
    return Lines(*np.array(rows, dtype=np.int64).reshape(-1, 6).T)


def _day(number: int) -> date:
    return EPOCH_DAY + timedelta(days=number)


def _terms(loans: Alike, place: int) -> LoanTerms:
    first = int(loans.first_due_day[place])
    return LoanTerms(
        int(loans.principal_minor[place]), loans.repayment_kind, _day(int(loans.disbursed_day[place])),  # type: ignore[arg-type]
        loans.instalments, int(loans.annual_rate_ppm[place]), loans.interval, _day(first) if first else None,
        loans.rate_kind, loans.day_count, int(loans.fee_minor[place]),  # type: ignore[arg-type]
    )  # fmt: skip


def _due_days(loans: Alike) -> Numbers:
    """Due days, a row for each loan."""
    step = interval_days(loans.interval)
    given = loans.first_due_day != 0
    numbers = np.arange(loans.instalments, dtype=np.int64)
    if step is not None:
        first = np.where(given, loans.first_due_day, loans.disbursed_day + step)
        return np.asarray(first[:, None] + step * numbers, dtype=np.int64)
    anchor = np.where(given, loans.first_due_day, loans.disbursed_day)
    return months_later(anchor[:, None], numbers + np.where(given, 0, 1)[:, None])


def months_later(days: Numbers, months: Numbers) -> Numbers:
    """The same day of later months, or their last days where they are shorter; as `lending.schedule.month_later`.

    >>> months_later(np.array([30]), np.array([1])).tolist()  # 1970-01-31
    [58]
    """
    month = days.astype("datetime64[D]").astype("datetime64[M]")
    of_month = days - month.astype("datetime64[D]").astype(np.int64)
    later = month + months
    first = later.astype("datetime64[D]").astype(np.int64)
    length = (later + 1).astype("datetime64[D]").astype(np.int64) - first
    return np.asarray(first + np.minimum(of_month, length - 1), dtype=np.int64)


def _days_360(start: Numbers, end: Numbers) -> Numbers:
    """Days by 30E/360."""
    counted = [
        360 * month.astype("datetime64[Y]").astype(np.int64) + 30 * (month.astype(np.int64) % 12)
        + np.minimum(days - month.astype("datetime64[D]").astype(np.int64) + 1, 30)
        for days, month in ((each, each.astype("datetime64[D]").astype("datetime64[M]")) for each in (start, end))
    ]  # fmt: skip
    return np.asarray(counted[1] - counted[0], dtype=np.int64)


def _periods(loans: Alike, due: Numbers) -> tuple[Numbers, int]:
    """Each period's part of a year: days of a year of so many."""
    starts = np.column_stack([loans.disbursed_day, due[:, :-1]])
    if loans.day_count != "30/360":
        return due - starts, 365
    if loans.interval != "month":
        return _days_360(starts, due), 360
    regular = due[:, 0] == months_later(loans.disbursed_day, np.ones(1, dtype=np.int64))
    shares = np.full_like(due, 30)
    shares[:, 0] = np.where(regular, 30, _days_360(loans.disbursed_day, due[:, 0]))
    return shares, 360


def _fits(loans: Alike, shares: Numbers) -> npt.NDArray[np.bool_]:
    """Where the products stay within 64 bits."""
    most = loans.principal_minor.astype(float) * loans.annual_rate_ppm * shares.max(axis=1)
    return np.asarray(most < LARGEST, dtype=bool)


def _half_up(above: Numbers, below: int) -> Numbers:
    return np.asarray((2 * above + below) // (2 * below), dtype=np.int64)


def _declining(loans: Alike, shares: Numbers, year: int) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    sure = _fits(loans, shares)
    rate = np.where(sure, loans.annual_rate_ppm, 0)
    level, known = _level(loans, shares, year) if loans.repayment_kind == "annuity" else (rate, sure)
    even = loans.principal_minor // loans.instalments if loans.repayment_kind == "equal_principal" else rate * 0
    balance = loans.principal_minor.copy()
    principal, interest = np.zeros_like(shares), np.zeros_like(shares)
    for place in range(loans.instalments):
        interest[:, place] = _half_up(balance * rate * shares[:, place], PPM * year)
        if place == loans.instalments - 1:
            principal[:, place] = balance
        elif loans.repayment_kind == "annuity":
            principal[:, place] = np.minimum(np.maximum(level - interest[:, place], 0), balance)
        else:
            principal[:, place] = even
        balance -= principal[:, place]
    return principal, interest, sure & known


def _level(loans: Alike, shares: Numbers, year: int) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """The level instalment, and where its rounding is beyond doubt."""
    yearly = loans.annual_rate_ppm / PPM
    worth = np.zeros(len(yearly))
    for place in range(loans.instalments - 1, -1, -1):
        worth = (1 + worth) / (1 + yearly * shares[:, place] / year)
    exact = loans.principal_minor / worth
    # Each step of the loop errs by a few units in the 53rd binary place.
    doubt = exact * (loans.instalments + 4) * 1e-15 + 1e-9
    return np.floor(exact + 0.5).astype(np.int64), np.abs(exact - np.floor(exact) - 0.5) > doubt


def _flat(loans: Alike, shares: Numbers, year: int) -> tuple[Numbers, Numbers, npt.NDArray[np.bool_]]:
    count = loans.instalments
    days = shares.sum(axis=1)
    sure = _fits(loans, days[:, None])
    total = _half_up(loans.principal_minor * np.where(sure, loans.annual_rate_ppm, 0) * days, PPM * year)
    each = loans.principal_minor // count if loans.repayment_kind != "interest_only" else total * 0
    parts = []
    for whole, part in ((loans.principal_minor, each), (total, total // count)):
        table = np.repeat(part[:, None], count, axis=1)
        table[:, -1] = whole - part * (count - 1)
        parts.append(table)
    return parts[0], parts[1], sure
