"""Scores: appended and never changed, each with all that it takes to work it out again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, bindparam, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from db import audit, consents
from db.tables import ScoreCard, ScoreRun, UtcTime, table_of
from scoring.card import Card
from scoring.manipulation_record import Manipulation, read_manipulation
from scoring.records import Contribution, Reason, Scored, ScoreResult

score_cards = table_of(ScoreCard)
score_runs = table_of(ScoreRun)

_STANDING = select(
    *(score_runs.c[name] for name in ("shop_id", "points", "soundness_points", "reputation_points", "grade"))
).where(
    score_runs.c.id.in_(
        select(func.max(score_runs.c.id)).where(score_runs.c.as_of <= bindparam("as_of")).group_by(score_runs.c.shop_id)
    ),
    # A consent may have been taken back since, or be over.
    consents.opens(score_runs.c.shop_id, bindparam("now", type_=UtcTime)),
)

OUTCOME = (
    "features", "points", "soundness_points", "reputation_points", "grade", "default_probability_ppm", "contributions",
    "manipulation",
)  # fmt: skip
METHOD = 3
"""How scores are made now: see ScoreRun.method."""

ON_CONFLICT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class StoredScore:
    """A score as it stands on record."""

    id: int
    shop_id: int
    as_of: date
    batch_id: int
    card_hash: str
    features: Mapping[str, object]
    """By name: the value, or None; `currency`; and `<name>_missing` where there is a reason for a missing value."""
    result: ScoreResult
    person_id: int | None
    recorded_at: datetime
    manipulation: Manipulation | None
    """The signs of bought sales; None for a score that was made before they were looked for."""
    reference_id: int | None
    """What its gaps were measured against, see db.references; None for the card's own usual shop."""


def save(
    session: Session,
    scored: Scored,
    *,
    as_of: date,
    batch_id: int,
    card: Card,
    reference_id: int | None = None,
    person_id: int | None,
) -> int:
    """Append one score with its audit event, inside the caller's transaction.

    Args:
        session: a transaction that writes.
        scored: the shop with its features, its score and the signs of bought sales.
        as_of: the day of the features.
        batch_id: the highest import that the score saw.
        card: the card that scored; its text is kept once, under its hash.
        reference_id: what the gaps were measured against; None for the card's own usual shop.
        person_id: who asked for it.

    Returns:
        The number of the score.
    """
    now = datetime.now(UTC)
    _keep_card(session, card, now)
    row = _row(scored, as_of, batch_id, card, reference_id, person_id, now)
    number: int = session.execute(insert(score_runs).values(row).returning(score_runs.c.id)).scalar_one()
    about = {"shop": scored.shop_id, "points": scored.result.points, "grade": scored.result.grade}
    audit.record(session, person_id, "score", "score_runs", number, {**_run(as_of, batch_id, card), **about})
    return number


def record_run(session: Session, *, shops: int, as_of: date, batch_id: int, card: Card, person_id: int | None) -> None:
    """Tell the register of a run over many shops, before its scores are appended part by part."""
    body = {**_run(as_of, batch_id, card), "shops": shops}
    audit.record(session, person_id, "score", "score_runs", None, body)


def append(
    session: Session,
    scored: Sequence[Scored],
    *,
    as_of: date,
    batch_id: int,
    card: Card,
    reference_id: int | None = None,
    person_id: int | None,
) -> list[int]:
    """Append the scores of one part of a run, and return their numbers in the same order; `record_run` has told it."""
    if not scored:
        return []
    now = datetime.now(UTC)
    _keep_card(session, card, now)
    rows = [_row(each, as_of, batch_id, card, reference_id, person_id, now) for each in scored]
    added = insert(score_runs).returning(score_runs.c.id, sort_by_parameter_order=True)
    return list(session.execute(added, rows).scalars())


def latest(session: Session, shop_id: int, *, as_of: date | None = None) -> StoredScore | None:
    """The newest score of a shop, or of those made as of a day or an earlier one; None without any."""
    newest = select(score_runs).where(score_runs.c.shop_id == shop_id).order_by(score_runs.c.id.desc()).limit(1)
    return _one(session, newest if as_of is None else newest.where(score_runs.c.as_of <= as_of))


def get(session: Session, score_run_id: int) -> StoredScore | None:
    """The score of a number; None where there is none."""
    return _one(session, select(score_runs).where(score_runs.c.id == score_run_id))


@dataclass(frozen=True, slots=True)
class RunKey:
    """What a stored score was made of."""

    id: int
    shop_id: int
    as_of: date
    batch_id: int
    card_hash: str
    method: int
    reference_id: int | None


def run_keys(session: Session) -> list[RunKey]:
    """Every stored score by what it was made of, in the order of storing."""
    columns = [score_runs.c[name] for name in RunKey.__slots__]
    return [RunKey(*row) for row in session.execute(select(*columns).order_by(score_runs.c.id))]


def stored_outcomes(session: Session, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
    """What is stored of some scores: shop_id and the columns of `outcome`."""
    columns = [score_runs.c[name] for name in ("shop_id", *OUTCOME)]
    rows = session.execute(select(*columns).where(score_runs.c.id.in_(numbers)))
    return [dict(row._mapping) for row in rows]


def card_body(session: Session, card_hash: str) -> str:
    """The canonical JSON of a card that has scored.

    Raises:
        sqlalchemy.exc.NoResultFound: for a hash under which no card is kept.
    """
    body: str = session.execute(select(score_cards.c.body).where(score_cards.c.card_hash == card_hash)).scalar_one()
    return body


def map_points(session: Session, *, as_of: date, now: datetime) -> pd.DataFrame:
    """Where every shop that consents stands: its newest score that was made as of a day or an earlier one.

    Returns:
        A row per shop: shop_id, points, soundness_points, reputation_points (int64), grade (text).
    """
    rows = session.execute(_STANDING, {"as_of": as_of, "now": now})
    # Plain tuples: pandas would ask each row of SQLAlchemy for members that it does not have.
    return pd.DataFrame([tuple(row) for row in rows], columns=list(rows.keys()))


def _row(
    scored: Scored,
    as_of: date,
    batch_id: int,
    card: Card,
    reference_id: int | None,
    person_id: int | None,
    now: datetime,
) -> dict[str, object]:
    return {
        "shop_id": scored.shop_id,
        "as_of": as_of,
        "batch_id": batch_id,
        "card_hash": card.hash,
        "reference_id": reference_id,
        "method": METHOD,
        "person_id": person_id,
        "recorded_at": now,
        **outcome(scored),
    }


def outcome(scored: Scored) -> dict[str, object]:
    """What came out of a score, in the columns in which it is kept; a replay compares these."""
    result = scored.result
    told = {
        "contributions": [_told(each) for each in result.contributions],
        "reasons": [_told(each) for each in result.reasons],
        "strengths": [_told(each) for each in result.strengths],
    }
    return {
        "features": audit.canonical(_plain(scored.features)),
        "points": result.points,
        "soundness_points": result.soundness_points,
        "reputation_points": result.reputation_points,
        "grade": result.grade,
        "default_probability_ppm": result.default_probability_ppm,
        "contributions": audit.canonical(told),
        "manipulation": audit.canonical(scored.manipulation),
    }


def _told(part: Contribution | Reason) -> dict[str, object]:
    """The fields by name. They are plain values, and dataclasses.asdict would copy each of them with care."""
    return {name: getattr(part, name) for name in part.__slots__}


def _plain(features: Mapping[str, object]) -> dict[str, object]:
    """Features as JSON can hold them: a missing value is null, and only missing values carry a reason."""
    return {
        name: None if pd.isna(value) else value  # type: ignore[call-overload]
        for name, value in features.items()
        if not (name.endswith("_missing") and value is None)
    }


def _keep_card(session: Session, card: Card, now: datetime) -> None:
    # Two first scores of a new card may come at the same time.
    insert_once = ON_CONFLICT[session.connection().dialect.name](score_cards).on_conflict_do_nothing()
    session.execute(insert_once.values(card_hash=card.hash, name=card.name, body=card.body, recorded_at=now))


def _run(as_of: date, batch_id: int, card: Card) -> dict[str, object]:
    return {"as_of": as_of.isoformat(), "batch": batch_id, "card": card.hash}


def _one(session: Session, statement: Select[Any]) -> StoredScore | None:
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    told = json.loads(row.contributions)
    return StoredScore(
        id=row.id,
        shop_id=row.shop_id,
        as_of=row.as_of,
        batch_id=row.batch_id,
        card_hash=row.card_hash,
        features=json.loads(row.features),
        result=ScoreResult(
            points=row.points,
            soundness_points=row.soundness_points,
            reputation_points=row.reputation_points,
            grade=row.grade,
            default_probability_ppm=row.default_probability_ppm,
            contributions=tuple(Contribution(**each) for each in told["contributions"]),
            reasons=tuple(Reason(**each) for each in told["reasons"]),
            strengths=tuple(Reason(**each) for each in told["strengths"]),
        ),
        person_id=row.person_id,
        recorded_at=row.recorded_at,
        manipulation=None if row.manipulation is None else read_manipulation(json.loads(row.manipulation)),
        reference_id=row.reference_id,
    )
