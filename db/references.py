"""What scores are held against, worked out from the record and kept, so that a score can be explained again."""

import functools
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Row, bindparam, func, insert, select
from sqlmodel import Session

from db import audit
from db.tables import Decision, ScoreReference, ScoreRun, Shop, table_of
from lending.policy import LENDING_OUTCOMES
from scoring.explained import Usual
from scoring.features import NAMES
from scoring.reference import NOTHING_KNOWN, PeerFigure, Reference, average, peers_of

references = table_of(ScoreReference)
score_runs = table_of(ScoreRun)
decisions = table_of(Decision)
shops = table_of(Shop)

ROWS_AT_ONCE = 5_000

# Once approved, an applicant belongs to the average by the score on which it was approved.
_APPROVED = (
    select(score_runs.c.contributions)
    .join_from(decisions, score_runs, decisions.c.score_run_id == score_runs.c.id)
    .where(
        decisions.c.final == 1,
        decisions.c.outcome.in_(LENDING_OUTCOMES),
        score_runs.c.card_hash == bindparam("card_hash"),
        score_runs.c.as_of <= bindparam("as_of"),
    )
    .order_by(decisions.c.id)
)
_NEWEST_RUNS = (
    select(func.max(score_runs.c.id)).where(score_runs.c.as_of <= bindparam("as_of")).group_by(score_runs.c.shop_id)
)
_FEATURES = (
    select(score_runs.c.shop_id, shops.c.category, score_runs.c.features)
    .join_from(score_runs, shops, shops.c.id == score_runs.c.shop_id)
    .where(score_runs.c.id.in_(_NEWEST_RUNS))
    .order_by(score_runs.c.shop_id)
)
_NEWEST = (
    select(references.c.id, references.c.body)
    .where(references.c.card_hash == bindparam("card_hash"))
    .order_by(references.c.id.desc())
    .limit(1)
)
_KNOWN_ON = (
    select(references.c.id, references.c.body)
    .where(references.c.as_of <= bindparam("as_of"))
    .order_by(references.c.id.desc())
    .limit(1)
)


def make(session: Session, *, card_hash: str, as_of: date) -> int:
    """Work out what shops are like as of a day, from the scores on record, and keep it.

    Args:
        session: a transaction that writes.
        card_hash: of the card whose points are averaged; it has scored.
        as_of: only scores of this day or an earlier one.

    Returns:
        The number under which it is kept.
    """
    cases, usual = _approved(session, card_hash, as_of)
    told = {
        "cases": cases,
        "usual": {name: [each.points, each.value] for name, each in usual.items()},
        "peers": {
            group: {name: [each.median, each.cases] for name, each in figures.items()}
            for group, figures in _peers(session, as_of).items()
        },
    }
    row = {
        "card_hash": card_hash, "as_of": as_of, "cases": cases, "body": audit.canonical(told),
        "recorded_at": datetime.now(UTC),
    }  # fmt: skip
    number: int = session.execute(insert(references).values(row).returning(references.c.id)).scalar_one()
    return number


def newest(session: Session, card_hash: str) -> tuple[int | None, Reference]:
    """The newest reference of a card with its number; nothing known, and no number, before the first."""
    row = session.execute(_NEWEST, {"card_hash": card_hash}).first()
    return (None, NOTHING_KNOWN) if row is None else (int(row.id), _read(row))


def known_on(session: Session, as_of: date) -> Reference:
    """The newest reference that was made as of a day or an earlier one, whatever card it was for."""
    row = session.execute(_KNOWN_ON, {"as_of": as_of}).first()
    return NOTHING_KNOWN if row is None else _read(row)


def get(session: Session, reference_id: int | None) -> Reference:
    """The reference of a number; nothing known under None."""
    if reference_id is None:
        return NOTHING_KNOWN
    statement = select(references.c.id, references.c.body).where(references.c.id == reference_id)
    return _read(session.execute(statement).one())


def _read(row: Row[Any]) -> Reference:
    return _from_text(str(row.body))


@functools.lru_cache(maxsize=32)
def _from_text(body: str) -> Reference:
    told = json.loads(body)
    usual = {name: Usual(points, value) for name, (points, value) in told["usual"].items()}
    peers = {
        group: {name: PeerFigure(median, cases) for name, (median, cases) in figures.items()}
        for group, figures in told["peers"].items()
    }
    return Reference(int(told.get("cases", 0)), usual, peers)


def _approved(session: Session, card_hash: str, as_of: date) -> tuple[int, dict[str, Usual]]:
    points: dict[str, list[int]] = {}
    values: dict[str, list[float]] = {}
    for body in session.execute(_APPROVED, {"card_hash": card_hash, "as_of": as_of}).scalars():
        for given in json.loads(body)["contributions"]:
            points.setdefault(given["feature"], []).append(given["points"])
            if given["value"] is not None:
                values.setdefault(given["feature"], []).append(given["value"])
    return average(points, values)


def _peers(session: Session, as_of: date) -> Mapping[str, Mapping[str, PeerFigure]]:
    result = session.execute(_FEATURES, {"as_of": as_of}, execution_options={"yield_per": ROWS_AT_ONCE})
    categories: list[str | None] = []
    rows: list[list[float | None]] = []
    for _, category, body in result:
        told = json.loads(body)
        categories.append(category)
        rows.append([told.get(name) for name in NAMES])
    return peers_of(pd.DataFrame(rows, columns=list(NAMES), dtype="float64"), categories)
