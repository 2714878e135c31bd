"""Level instalments by the month, exact to the minor unit, and the calendar that they keep.

A month bears a twelfth of the yearly rate. Rates are whole basis points a year. Whole schedules: lending.loan_schedule.
"""

import calendar
from datetime import date
from fractions import Fraction
from math import floor

from lending.months import first_of_month

BPS_MONTHS = 10_000 * 12


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
