"""The portfolio's figures of each month end as they were reported: rows that are only ever added.

A month end that is closed again, after a back-dated payment, gets a further row; the newest one holds, and the first
one still tells what was reported then.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, insert, select
from sqlmodel import Session

from db import audit
from db.tables import Loan, MonthEnd, table_of

loans = table_of(Loan)
month_ends = table_of(MonthEnd)

COLUMNS = ["as_of", "currency", "batch_id", "figures", "recorded_at"]


def store(
    session: Session,
    told: Mapping[date, Mapping[str, Mapping[str, Any]]],
    *,
    batch_id: int,
    person_id: int | None,
) -> int:
    """Add the figures of some month ends inside the caller's transaction: all of them, or none.

    Args:
        session: a transaction that writes.
        told: by day and currency, as lending.book_figures.portfolio_figures gives them.
        batch_id: the last batch that they rest on.
        person_id: who closed them; None for the command line.

    Returns:
        How many rows were added.
    """
    rows = [
        {
            "as_of": as_of,
            "currency": currency,
            "batch_id": batch_id,
            "figures": audit.canonical(figures),
            "recorded_at": datetime.now(UTC),
        }
        for as_of, by_currency in told.items()
        for currency, figures in by_currency.items()
    ]
    if rows:
        session.execute(insert(month_ends), rows)
        days = [day.isoformat() for day in told]
        audit.record(session, person_id, "close month", "month_ends", None, {"days": days, "batch_id": batch_id})
    return len(rows)


def reported(session: Session, *, currency: str | None = None, first: bool = False) -> pd.DataFrame:
    """The month ends on record, oldest first: of each day the newest closing, or the first one.

    Returns:
        A row per day and currency: as_of (date), currency, batch_id, figures (a dict), recorded_at (UTC).
    """
    chosen = func.min(month_ends.c.id) if first else func.max(month_ends.c.id)
    which = select(chosen).group_by(month_ends.c.as_of, month_ends.c.currency).scalar_subquery()
    statement = select(*(month_ends.c[name] for name in COLUMNS)).where(month_ends.c.id.in_(which))
    if currency is not None:
        statement = statement.where(month_ends.c.currency == currency)
    rows = session.execute(statement.order_by(month_ends.c.as_of, month_ends.c.currency)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=COLUMNS)
    return frame.assign(figures=[json.loads(body) for body in frame["figures"]])


def closed_days(session: Session) -> set[date]:
    """The month ends that are on record."""
    return set(session.execute(select(month_ends.c.as_of).distinct()).scalars())


def first_disbursement(session: Session) -> date | None:
    """The day on which the first loan was paid out; None without loans."""
    day: date | None = session.execute(select(func.min(loans.c.disbursed_on))).scalar_one()
    return day
