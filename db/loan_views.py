"""The loan book as the Portfolio page looks at it, read and added up once for each state of the record.

Three readings are kept apart: the tapes (all loans on record), a panel (the same as of a day with its months), a view
(what was picked of it). What a visitor asks for again costs nothing, however many loans there are.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlmodel import Session

from db import batches
from db.loans import LoanFrames, loan_frames
from db.memory import Memory
from db.tables import Loan, MonthEnd, ScoreRun, Shop, table_of
from lending.book_panel import Panel, panel_of
from lending.book_picks import known_picks
from lending.book_rows import Tape
from lending.book_tapes import tapes_of
from lending.book_traits import funding_of, traits_of
from lending.book_view import BookView, Holding, view_of
from lending.expected_loss import loss_parameters
from lending.records import minor_digits

loans = table_of(Loan)
month_ends = table_of(MonthEnd)
shops = table_of(Shop)
score_runs = table_of(ScoreRun)

_CURRENCIES: Memory[tuple[str, ...]] = Memory(4)
# 200,000 loans take some 0.6 GB as tapes, and 0.2 GB more for each day that was looked at.
_TAPES: Memory[tuple[LoanFrames, dict[str, Tape]]] = Memory(2)
_PANELS: Memory[Panel] = Memory(4)
_VIEWS: Memory[BookView] = Memory(64)


def currencies(session: Session, *, until: date) -> tuple[str, ...]:
    """In which currencies loans were paid out by a day, the most frequent one first."""
    counted = select(loans.c.currency).where(loans.c.disbursed_on <= until).group_by(loans.c.currency)
    ordered = counted.order_by(func.count().desc(), loans.c.currency)
    return _CURRENCIES.recall(session, (until,), lambda: tuple(session.execute(ordered).scalars()))


def reported(session: Session, *, as_of: date, currency: str) -> dict[str, Any] | None:
    """The figures of a month end as they were first reported, under the names of portfolio --json; None where none."""
    first = (
        select(month_ends.c.figures)
        .where(month_ends.c.as_of == as_of, month_ends.c.currency == currency)
        .order_by(month_ends.c.id)
        .limit(1)
    )
    told = session.execute(first).scalar_one_or_none()
    return None if told is None else dict(json.loads(told))


def look(
    session: Session, *, as_of: date, until: date, currency: str, wanted: Mapping[str, str], holding: Holding
) -> tuple[Panel, BookView]:
    """The loan book of a currency as of a day, and what the page shows of it.

    Args:
        session: a transaction.
        as_of: only what is dated before it counts.
        until: the last day that may be asked for; one reading of the record serves all days up to it.
        currency: one of `currencies`.
        wanted: what was picked, as the address has it; what means nothing is left out.
        holding: whether loans count whole, or the lender's own share of them.
    """
    question = as_of, until, currency, session.execute(_NEWEST_SCORE).scalar_one()

    def add_up() -> BookView:
        return view_of(book, picks, holding=holding)

    book = _PANELS.recall(session, ("panel", *question), lambda: _lay_out(session, as_of, until, currency))
    picks = known_picks(book, wanted)
    return book, _VIEWS.recall(session, ("view", *question, picks, holding), add_up)


def _lay_out(session: Session, as_of: date, until: date, currency: str) -> Panel:
    frames, tapes = _tapes(session, until)
    tape = tapes[currency]
    own_share = tape.facts["own_share"].to_numpy("float64")
    funding, funders = funding_of(tape.book.loan_id, frames.funding_shares, own_share)
    traits = traits_of(
        tape.facts, tape.book.principal_minor, grades=grades(session, as_of=as_of),
        minor_units=10 ** minor_digits(currency),
    )  # fmt: skip
    return panel_of(
        tape, currency=currency, as_of=as_of, parameters=loss_parameters(), funding=funding,
        traits={**traits, "funder": (np.zeros(len(tape.book), dtype=np.int64), funders)},
    )  # fmt: skip


def _tapes(session: Session, until: date) -> tuple[LoanFrames, dict[str, Tape]]:
    def read() -> tuple[LoanFrames, dict[str, Tape]]:
        frames = loan_frames(session, as_of=until, batch_id=batches.newest(session))
        return frames, tapes_of(frames)

    return _TAPES.recall(session, ("tapes", until), read)


def grades(session: Session, *, as_of: date) -> dict[int, str]:
    """The grade of each shop's newest score as of a day, by the shop's number."""
    newest = select(func.max(score_runs.c.id)).where(score_runs.c.as_of <= as_of).group_by(score_runs.c.shop_id)
    found = select(score_runs.c.shop_id, score_runs.c.grade).where(score_runs.c.id.in_(newest))
    return {row.shop_id: row.grade for row in session.execute(found) if row.grade}


def shop_names(session: Session, shop_ids: Sequence[int]) -> dict[int, str]:
    """The names of some shops."""
    found = select(shops.c.id, shops.c.name).where(shops.c.id.in_(list(dict.fromkeys(shop_ids))))
    return {row.id: row.name for row in session.execute(found)}


_NEWEST_SCORE = select(func.max(score_runs.c.id))
