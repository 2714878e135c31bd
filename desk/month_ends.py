"""Closing months: the portfolio's figures of each month end, with what was booked by then, kept for good."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Engine

from db import batches, loans, month_ends
from db.engine import open_session
from db.loans import LoanFrames
from lending.book_figures import portfolio_figures
from lending.book_rows import Tape
from lending.book_tapes import tapes_of
from lending.expected_loss import LossParameters, loss_parameters
from lending.loan_book import day_number
from lending.months import first_of_month
from lending.schedule import month_later

Tell = Callable[[float], None]
"""Called with the share of the work that is done."""

COMPARED = (
    "active_loans", "outstanding_minor", "overdue_minor", "par30", "par60", "par90", "par30_renegotiated", "npl",
    "written_off_12m_minor", "recovered_12m_minor", "collected_12m_minor",
)  # fmt: skip
"""Figures that are held against what was reported; the others follow from the same rows."""


def figures_as_of(engine: Engine, *, as_of: date, reported: bool = False) -> dict[str, dict[str, Any]]:
    """The portfolio's figures of a day by currency, from the record as it stands.

    Args:
        engine: the database.
        as_of: only what is dated before this day counts.
        reported: leave out what was booked on the day or later.
    """
    with open_session(engine) as session:
        frames = loans.loan_frames(session, as_of=as_of)
    return _figures(tapes_of(booked_by(frames, as_of) if reported else frames), as_of, loss_parameters())


def booked_by(frames: LoanFrames, day: date) -> LoanFrames:
    """The frames without payments and waivers that were booked on a day or later, whatever day they are dated."""
    number = day_number(day)
    known = {
        name: rows[rows["booked_day"].to_numpy() < number].reset_index(drop=True)
        for name, rows in (("repayments", frames.repayments), ("waivers", frames.waivers))
    }
    return replace(frames, **known)


def booked_late(frames: LoanFrames, day: date) -> bool:
    """Whether anything that is dated before a day was booked on it or later."""
    number = day_number(day)
    return any(
        bool(((rows["paid_day"] < number) & (rows["booked_day"] >= number)).any())
        for rows in (frames.repayments, frames.waivers)
    )


def _figures(tapes: Mapping[str, Tape], as_of: date, parameters: LossParameters) -> dict[str, dict[str, Any]]:
    """The figures of each currency in which something had been lent by the day."""
    number = day_number(as_of)
    return {
        currency: portfolio_figures(tape, as_of=as_of, parameters=parameters)
        for currency, tape in tapes.items()
        if (tape.book.disbursed_day < number).any()
    }


def days_to_close(engine: Engine, *, until: date, again: bool) -> list[date]:
    """The month ends up to a day that are not on record yet; all of them, where they are to be closed again."""
    with open_session(engine) as session:
        first = month_ends.first_disbursement(session)
        closed = month_ends.closed_days(session)
    if first is None:
        return []
    day, days = month_later(first_of_month(first), 1), []
    while day <= until:
        if again or day not in closed:
            days.append(day)
        day = month_later(day, 1)
    return days


def close(engine: Engine, days: Sequence[date], *, person_id: int | None, tell: Tell | None = None) -> int:
    """Work out the figures of some month ends and store them in one transaction; returns how many rows were added.

    Each month end counts what was booked before it. One that is closed again counts what is booked by now, since
    that is what a further closing is for.
    """
    if not days:
        return 0
    with open_session(engine) as session:
        batch = batches.newest(session)
        already = month_ends.closed_days(session)
        # What is dated later changes no figure of a day, so the book is read once for all of them.
        frames = loans.loan_frames(session, as_of=max(days), batch_id=batch)
    restated = tapes_of(frames)
    told = {}
    for number, day in enumerate(days):
        late = day not in already and booked_late(frames, day)
        tapes = tapes_of(booked_by(frames, day)) if late else restated
        told[day] = _figures(tapes, day, loss_parameters())
        if tell is not None:
            tell((number + 1) / len(days))
    with open_session(engine, write=True) as session:
        return month_ends.store(session, told, batch_id=batch, person_id=person_id)


@dataclass(frozen=True, slots=True)
class Restated:
    """A figure of a month end that is not what was reported."""

    as_of: date
    currency: str
    name: str
    reported: float | int | None
    restated: float | int | None


def restatements(engine: Engine, days: Sequence[date]) -> list[Restated]:
    """Where the record as it stands tells another past than the first closing of some month ends reported."""
    with open_session(engine) as session:
        first = month_ends.reported(session, first=True)
    found: list[Restated] = []
    for day in days:
        of_day = first[first["as_of"] == day]
        if of_day.empty:
            continue
        now = figures_as_of(engine, as_of=day)
        for currency, then in zip(of_day["currency"], of_day["figures"], strict=True):
            found += _differences(day, currency, then, now.get(currency, {}))
    return found


def _differences(day: date, currency: str, then: dict[str, Any], now: dict[str, Any]) -> list[Restated]:
    return [
        Restated(day, currency, name, then.get(name), now.get(name))
        for name in COMPARED
        if then.get(name) != now.get(name)
    ]
