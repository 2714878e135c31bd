"""The new schedule of a loan that is restructured: what is outstanding in level months, overdue interest first."""

from datetime import date

from lending.errors import ActRefused
from lending.loan_schedule import LoanTerms, ScheduleLine, schedule_of

LONGEST_TERM_MONTHS = 60


def new_schedule(
    *,
    outstanding_minor: int,
    carried_minor: int,
    most_rate_ppm: int,
    term_months: object,
    annual_rate_ppm: object,
    day: date,
) -> tuple[ScheduleLine, ...]:
    """The schedule that a restructuring gives.

    Args:
        outstanding_minor: principal that is still owed.
        carried_minor: fees and interest that are due and unpaid; they fall due with the first new instalment.
        most_rate_ppm: the loan's yearly rate, which no new one exceeds.
        term_months: as it was asked for, 1 to 60.
        annual_rate_ppm: as it was asked for.
        day: from which it holds.

    Raises:
        ActRefused: for a term or rate that makes none.

    >>> lines = new_schedule(outstanding_minor=60_000, carried_minor=500, most_rate_ppm=90_000, term_months=3,
    ...     annual_rate_ppm=0, day=date(2026, 3, 1))
    >>> [(line.due_on.isoformat(), line.due_minor) for line in lines]
    [('2026-04-01', 20500), ('2026-05-01', 20000), ('2026-06-01', 20000)]
    """
    if not isinstance(term_months, int) or not 1 <= term_months <= LONGEST_TERM_MONTHS or outstanding_minor <= 0:
        raise ActRefused("schedule", "restructure")
    if not isinstance(annual_rate_ppm, int) or not 0 <= annual_rate_ppm <= most_rate_ppm:
        raise ActRefused("schedule", "restructure")
    first, *others = schedule_of(LoanTerms(outstanding_minor, "annuity", day, term_months, annual_rate_ppm))
    carried = ScheduleLine(
        1, first.due_on, first.principal_minor, first.interest_minor + carried_minor, first.fee_minor
    )
    return (carried, *others)
