"""When a loan is to be repaid, and by how much: schedules of every kind of loan, exact to the minor unit.

Conventions (worked examples W1 to W4 and W18):
- Interest of a period is the balance times the yearly rate times the period's part of a year, rounded half up.
- 30/360: a month is a twelfth of a year; other stretches count days by 30E/360. Actual/365: calendar days ÷ 365.
- The level instalment of an annuity is rounded half up; the last instalment takes the remainder.
- A flat rate counts on the whole principal over the whole term; its interest is spread evenly.
- A fee is due with the first instalment; that of a sales-linked loan is spread with its principal.
- A sales-linked loan has milestones: the least that must have been paid by certain days, and the rest at its end.

Source: S. G. Kellison, The Theory of Interest, 3rd edition, chapters 3 and 5; ISDA 2006 Definitions, section 4.16(g)
for 30E/360.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from lending.schedule import half_up, month_later

RepaymentKind = Literal["annuity", "equal_principal", "interest_only", "sales_share"]
RateKind = Literal["declining", "flat"]
DayCount = Literal["30/360", "actual/365"]

REPAYMENT_KINDS: tuple[RepaymentKind, ...] = ("annuity", "equal_principal", "interest_only", "sales_share")
RATE_KINDS: tuple[RateKind, ...] = ("declining", "flat")
DAY_COUNTS: tuple[DayCount, ...] = ("30/360", "actual/365")

PPM = 1_000_000
MOST_INSTALMENTS = 600
MOST_INTERVAL_DAYS = 366


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What was agreed of a loan that is repaid in instalments."""

    principal_minor: int
    repayment_kind: RepaymentKind
    disbursed_on: date
    instalments: int
    annual_rate_ppm: int
    """Yearly rate in millionths: 120,000 is 12 %."""
    interval: str = "month"
    """`month`, `week`, or `days:N`."""
    first_due_on: date | None = None
    """None: one interval after disbursement."""
    rate_kind: RateKind = "declining"
    day_count: DayCount = "30/360"
    fee_minor: int = 0


@dataclass(frozen=True, slots=True)
class SalesTerms:
    """What was agreed of an advance that is repaid by a share of sales."""

    principal_minor: int
    fee_minor: int
    disbursed_on: date
    final_due_on: date
    minimum_share_ppm: int = 0
    """The part of what is owed that must have come in per so many days, counted together; 0 for none."""
    minimum_days: int = 90


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """One instalment: what falls due on a day."""

    sequence: int
    due_on: date
    principal_minor: int
    interest_minor: int
    fee_minor: int

    @property
    def due_minor(self) -> int:
        """All of it: principal, interest and fee."""
        return self.principal_minor + self.interest_minor + self.fee_minor


def schedule_of(terms: LoanTerms | SalesTerms) -> tuple[ScheduleLine, ...]:
    """The instalments of a loan, in the order in which they fall due; their principal adds up to the loan.

    Raises:
        ValueError: for terms that make no loan, such as no principal, or a first due date before disbursement.

    >>> loan = LoanTerms(500_000, "interest_only", date(2026, 1, 1), 4, 180_000)
    >>> [line.due_minor for line in schedule_of(loan)]
    [7500, 7500, 7500, 507500]
    """
    if terms.principal_minor <= 0 or terms.fee_minor < 0:
        raise ValueError(f"no loan of {terms.principal_minor} with a fee of {terms.fee_minor}")
    return _milestones(terms) if isinstance(terms, SalesTerms) else _instalments(terms)


def due_dates(terms: LoanTerms) -> tuple[date, ...]:
    """The days on which instalments fall due. Months keep the day of the first one where they have it.

    >>> loan = LoanTerms(100, "annuity", date(2026, 1, 1), 3, 0, first_due_on=date(2026, 1, 31))
    >>> [day.isoformat() for day in due_dates(loan)]
    ['2026-01-31', '2026-02-28', '2026-03-31']
    """
    step = interval_days(terms.interval)
    if step is None:
        first = terms.first_due_on or month_later(terms.disbursed_on, 1)
        # The second of a loan paid out on the 31st and first due on the 28th falls on the 31st again.
        anchor = first if terms.first_due_on else terms.disbursed_on
        shift = 0 if terms.first_due_on else 1
        return tuple(month_later(anchor, number + shift) for number in range(terms.instalments))
    first = terms.first_due_on or terms.disbursed_on + timedelta(days=step)
    return tuple(first + timedelta(days=step * number) for number in range(terms.instalments))


def interval_days(interval: str) -> int | None:
    """Days between two instalments; None for months, which differ.

    Raises:
        ValueError: for anything but `month`, `week` and `days:N` with N from 1 to 366.

    >>> interval_days("month"), interval_days("week"), interval_days("days:10")
    (None, 7, 10)
    """
    if interval == "month":
        return None
    if interval == "week":
        return 7
    name, _, number = interval.partition(":")
    if name != "days" or not number.isdecimal() or not 1 <= int(number) <= MOST_INTERVAL_DAYS:
        raise ValueError(f"no interval between instalments: {interval!r}")
    return int(number)


def year_share(start: date, end: date, day_count: DayCount) -> Fraction:
    """The part of a year from one day to another.

    >>> year_share(date(2026, 1, 31), date(2026, 2, 28), "30/360"), year_share(date(2026, 1, 1), date(2026, 2, 1),
    ...     "actual/365")
    (Fraction(7, 90), Fraction(31, 365))
    """
    if day_count == "actual/365":
        return Fraction((end - start).days, 365)
    days = 360 * (end.year - start.year) + 30 * (end.month - start.month) + min(end.day, 30) - min(start.day, 30)
    return Fraction(days, 360)


def _periods(terms: LoanTerms, due: Sequence[date]) -> tuple[Fraction, ...]:
    """Each period's part of a year. A regular month is a twelfth by 30/360, however many days it has."""
    starts = (terms.disbursed_on, *due[:-1])
    if terms.interval != "month" or terms.day_count != "30/360":
        return tuple(year_share(start, end, terms.day_count) for start, end in zip(starts, due, strict=True))
    regular = due[0] == month_later(terms.disbursed_on, 1)
    first = Fraction(1, 12) if regular else year_share(terms.disbursed_on, due[0], terms.day_count)
    return (first, *(Fraction(1, 12) for _ in due[1:]))


def _instalments(terms: LoanTerms) -> tuple[ScheduleLine, ...]:
    if not 1 <= terms.instalments <= MOST_INSTALMENTS or terms.annual_rate_ppm < 0:
        raise ValueError(f"no loan in {terms.instalments} instalments at {terms.annual_rate_ppm} millionths a year")
    due = due_dates(terms)
    if due[0] <= terms.disbursed_on:
        raise ValueError(f"first due on {due[0]}, but paid out on {terms.disbursed_on}")
    periods = _periods(terms, due)
    parts = _flat(terms, periods) if terms.rate_kind == "flat" else _declining(terms, periods)
    return tuple(
        ScheduleLine(number, day, principal, interest, terms.fee_minor if number == 1 else 0)
        for number, (day, (principal, interest)) in enumerate(zip(due, parts, strict=True), start=1)
    )


def _declining(terms: LoanTerms, periods: Sequence[Fraction]) -> Iterator[tuple[int, int]]:
    """Principal and interest of each instalment, with interest on what is still owed."""
    rates = [Fraction(terms.annual_rate_ppm, PPM) * period for period in periods]
    level = _level_minor(terms, periods)
    even = terms.principal_minor // terms.instalments if terms.repayment_kind == "equal_principal" else 0
    balance = terms.principal_minor
    for number, rate in enumerate(rates, start=1):
        interest = half_up(balance * rate)
        if number == terms.instalments:
            principal = balance
        elif terms.repayment_kind == "annuity":
            # Of a loan of a few minor units the rounded instalment may repay all before its last month.
            principal = min(max(level - interest, 0), balance)
        else:
            principal = even
        balance -= principal
        yield principal, interest


def _level_minor(terms: LoanTerms, periods: Sequence[Fraction]) -> int:
    if terms.repayment_kind != "annuity":
        return 0
    return half_up(terms.principal_minor / _present_value_of_one(terms.annual_rate_ppm, tuple(periods)))


@functools.lru_cache(maxsize=4096)
def _present_value_of_one(annual_rate_ppm: int, periods: tuple[Fraction, ...]) -> Fraction:
    """What 1 at the end of each period is worth at the start."""
    yearly = Fraction(annual_rate_ppm, PPM)
    if len(set(periods)) == 1:
        rate = yearly * periods[0]
        return (1 - (1 + rate) ** -len(periods)) / rate if rate else Fraction(len(periods))
    worth = Fraction(0)
    for period in reversed(periods):
        worth = (1 + worth) / (1 + yearly * period)
    return worth


def _flat(terms: LoanTerms, periods: Sequence[Fraction]) -> Iterator[tuple[int, int]]:
    """Principal and interest of each instalment, with interest on the whole loan to the end."""
    count = terms.instalments
    interest = half_up(terms.principal_minor * Fraction(terms.annual_rate_ppm, PPM) * sum(periods))
    in_parts = terms.repayment_kind != "interest_only"
    each = terms.principal_minor // count if in_parts else 0
    for number in range(1, count + 1):
        last = number == count
        principal = terms.principal_minor - each * (count - 1) if last else each
        yield principal, interest - interest // count * (count - 1) if last else interest // count


def _milestones(terms: SalesTerms) -> tuple[ScheduleLine, ...]:
    """What must have come in by each milestone beyond the one before, and the rest at the end."""
    if terms.final_due_on <= terms.disbursed_on:
        raise ValueError(f"all due on {terms.final_due_on}, but paid out on {terms.disbursed_on}")
    if not 0 <= terms.minimum_share_ppm <= PPM or terms.minimum_days < 1:
        raise ValueError(f"no minimum of {terms.minimum_share_ppm} millionths per {terms.minimum_days} days")
    if (terms.final_due_on - terms.disbursed_on).days > MOST_INSTALMENTS * terms.minimum_days:
        raise ValueError(f"no loan with more than {MOST_INSTALMENTS} milestones")
    owed = terms.principal_minor + terms.fee_minor
    reached: list[tuple[date, int]] = []
    day, step = terms.disbursed_on + timedelta(days=terms.minimum_days), 1
    while terms.minimum_share_ppm and day < terms.final_due_on:
        least = min(owed, half_up(Fraction(owed * terms.minimum_share_ppm * step, PPM)))
        if least == owed:
            break
        reached.append((day, least))
        day, step = day + timedelta(days=terms.minimum_days), step + 1
    reached.append((day if terms.minimum_share_ppm and day < terms.final_due_on else terms.final_due_on, owed))
    before = (terms.disbursed_on, 0)
    lines = []
    for sequence, ((_, paid), (due_on, least)) in enumerate(pairwise([before, *reached]), start=1):
        principal = principal_of(terms, least) - principal_of(terms, paid)
        lines.append(ScheduleLine(sequence, due_on, principal, 0, least - paid - principal))
    return tuple(lines)


def principal_of(terms: SalesTerms, paid_minor: int) -> int:
    """The part of what has come in that repays the advance: split as advance to fee, on the sum, rounded half up.

    >>> principal_of(SalesTerms(1_000_000, 100_000, date(2026, 1, 1), date(2027, 1, 1)), 90_000)
    81818
    """
    owed = terms.principal_minor + terms.fee_minor
    return half_up(Fraction(min(paid_minor, owed) * terms.principal_minor, owed))
