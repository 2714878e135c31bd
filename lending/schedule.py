"""What a loan costs month by month: level instalments, exact to the minor unit.

Interest of a month is the balance times a twelfth of the yearly rate, rounded half up. The level instalment is
rounded half up too, and the last one takes the remainder. Rates are whole basis points a year.
"""

import calendar
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor

from lending.months import first_of_month

BPS_MONTHS = 10_000 * 12


@dataclass(frozen=True, slots=True)
class Instalment:
    """One line of a repayment schedule."""

    number: int
    due_on: date
    instalment_minor: int
    interest_minor: int
    principal_minor: int
    balance_minor: int
    """Principal still owed once this instalment is paid."""


def half_up(value: Fraction) -> int:
    """The nearest whole number; a half goes up."""
    return floor(value + Fraction(1, 2))


def month_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it is shorter.

    >>> month_later(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    first = first_of_month(day, shift=months)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


def annuity_factor(*, rate_bps: int, months: int) -> Fraction:
    """Present value of 1 paid at the end of each of `months` months, at a twelfth of the yearly rate a month.

    Source: S. G. Kellison, The Theory of Interest, 3rd edition, section 3.2.
    """
    if rate_bps == 0:
        return Fraction(months)
    monthly = Fraction(rate_bps, BPS_MONTHS)
    return (1 - (1 + monthly) ** -months) / monthly


def level_instalment_minor(principal_minor: int, *, rate_bps: int, months: int) -> int:
    """The equal monthly instalment that repays a loan, rounded half up (worked example W1).

    >>> level_instalment_minor(1_200_000, rate_bps=1200, months=6)
    207058
    """
    return half_up(principal_minor / annuity_factor(rate_bps=rate_bps, months=months))


def present_value_minor(instalment_minor: int, *, rate_bps: int, months: int) -> int:
    """The loan that an instalment repays, rounded half up (worked example W14).

    >>> present_value_minor(90_000, rate_bps=1200, months=6)
    521593
    """
    return half_up(instalment_minor * annuity_factor(rate_bps=rate_bps, months=months))


def annuity(principal_minor: int, *, rate_bps: int, months: int, disbursed_on: date) -> tuple[Instalment, ...]:
    """The schedule of a loan in level instalments, the first due a month after disbursement (worked example W1).

    Raises:
        ValueError: for a loan that is not positive, a rate below zero or a term without months.

    >>> loan = annuity(1_200_000, rate_bps=1200, months=6, disbursed_on=date(2026, 1, 1))
    >>> [line.interest_minor for line in loan], sum(line.principal_minor for line in loan)
    ([12000, 10049, 8079, 6090, 4080, 2050], 1200000)
    """
    if principal_minor <= 0 or rate_bps < 0 or months < 1:
        raise ValueError(f"no loan of {principal_minor} at {rate_bps} bps for {months} months")
    level = level_instalment_minor(principal_minor, rate_bps=rate_bps, months=months)
    lines = []
    balance = principal_minor
    for number in range(1, months + 1):
        interest = half_up(Fraction(balance * rate_bps, BPS_MONTHS))
        # Of a loan of a few minor units the rounded instalment may repay all before its last month.
        principal = balance if number == months else min(level - interest, balance)
        balance -= principal
        due_on = month_later(disbursed_on, number)
        lines.append(Instalment(number, due_on, interest + principal, interest, principal, balance))
    return tuple(lines)
