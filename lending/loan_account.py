"""One loan as its page shows it: where it stands, each schedule it ever had, and when each instalment was paid."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lending.arrears import account_positions
from lending.book_rows import Tape
from lending.expected_loss import LossParameters
from lending.loan_book import FAR, Book, day_number, day_of
from lending.loan_cases import case_rows

MARKS = ("on_time", "late", "unpaid", "coming", "carried", "replaced", "given_up")


@dataclass(frozen=True, slots=True)
class Line:
    """One instalment of a schedule."""

    number: int
    due_on: date
    principal_minor: int
    interest_minor: int
    fee_minor: int
    open_minor: int
    """What of it is not paid yet."""
    paid_on: date | None
    """The day of the payment that completed it, or on which it was carried over or given up."""
    days_late: int
    """Of one still unpaid, so far; 0 of one to come."""
    mark: str
    """One of MARKS: paid on time, paid late, fallen due and unpaid, to come, carried over unpaid into the next
    schedule, never due since that took its place, or to come when the loan was written off."""

    @property
    def due_minor(self) -> int:
        """All of it."""
        return self.principal_minor + self.interest_minor + self.fee_minor


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instalments that held from a day on."""

    begins_on: date
    in_force: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Where a loan stands."""

    today: date
    new_today: bool
    """Paid out today: it stands as it will tomorrow."""
    state: str
    outstanding_minor: int
    written_off_minor: int
    overdue_minor: int
    unapplied_minor: int
    days_past_due: int
    stage: int
    expected_loss_minor: int
    next_due_on: date | None
    next_due_minor: int
    next_bucket_days: int
    schedules: tuple[Schedule, ...]
    """The one in force first."""


def account_of(tape: Tape, *, today: date, parameters: LossParameters) -> Account:
    """Where the only loan of a tape stands.

    Args:
        tape: of this loan, with what is dated today.
        today: as of which; what is dated on it counts from tomorrow.
        parameters: of the expected loss.
    """
    row = case_rows({"": tape}, today=today, parameters=parameters).iloc[0]
    day = day_number(today + timedelta(days=1) if row["new_today"] else today)
    numbers = (
        "outstanding_minor", "written_off_minor", "overdue_minor", "unapplied_minor", "days_past_due", "stage",
        "expected_loss_minor", "next_due_minor", "next_bucket_days",
    )  # fmt: skip
    return Account(
        today=today,
        new_today=bool(row["new_today"]),
        state=str(row["state"]),
        next_due_on=None if row["next_due_day"] >= FAR else day_of(row["next_due_day"]),
        schedules=schedules_of(tape.book, day=day),
        **{name: int(row[name]) for name in numbers},
    )


def schedules_of(book: Book, *, day: int) -> tuple[Schedule, ...]:
    """The schedules of the only loan of a book that had begun before a day, the newest first."""
    begun = [account for account in range(len(book.account_loan)) if account == 0 or book.begins_day[account] < day]
    return tuple(_schedule(book, account, day, in_force=account == begun[-1]) for account in reversed(begun))


def _schedule(book: Book, account: int, day: int, *, in_force: bool) -> Schedule:
    first, until = (int(book.lines.first[account + step]) for step in (0, 1))
    ends = int(book.ends_day[account])
    # Of a schedule that is over, payments up to its end count, and nothing is late after it.
    last = min(day, ends, int(book.written_off_day[0]) + 1, int(book.closed_day[0]) + 1)
    paid = int(account_positions(book, np.array([account]), last).paid_minor[0])
    start = int(book.lines.before[first])
    settled = min(int(book.closed_day[0]), ends)
    lines = []
    for number, at in enumerate(range(first, until), start=1):
        due_day, owed = int(book.lines.day[at]), int(book.lines.before[at + 1]) - start
        amount = int(book.lines.before[at + 1] - book.lines.before[at])
        in_full_day = int(book.paid_in_full_day[at]) or due_day
        paid_day = min(in_full_day, settled)
        principal = int(book.line_principal_before[at + 1] - book.line_principal_before[at])
        is_paid = paid_day < day
        carried = in_full_day > settled == ends
        mark, days_late = _mark(
            due_day, paid_day, carried=carried, day=day, last=last, ends=ends, gone=int(book.written_off_day[0])
        )
        lines.append(
            Line(
                number, day_of(due_day), principal, int(book.line_interest[at]), int(book.line_fee[at]),
                0 if is_paid or mark == "replaced" else min(max(owed - paid, 0), amount),
                day_of(paid_day) if is_paid and mark != "replaced" else None, days_late, mark,
            )
        )  # fmt: skip
    return Schedule(day_of(int(book.begins_day[account])), in_force, tuple(lines))


def _mark(due_day: int, paid_day: int, *, carried: bool, day: int, last: int, ends: int, gone: int) -> tuple[str, int]:
    """How one instalment was kept as of a day, and the days that it was late."""
    if due_day >= ends and ends < day:
        return "replaced", 0
    if paid_day < day:
        late = max(paid_day - due_day, 0)
        return ("carried" if carried else "late" if late else "on_time"), late
    if due_day >= last:
        return ("given_up" if gone < day else "coming"), 0
    return "unpaid", last - due_day
