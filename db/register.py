"""The register of models: each whole under its hash, with its report, and every step of its life with who approved it.

One card is champion and scores; models in shadow score beside it, unseen. What stands here is never changed: a step is
a further row.
"""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Row, bindparam, func, insert, select
from sqlmodel import Session

from db import audit, people, turns
from db.tables import Model, ModelStage, Person, ShadowScore, table_of
from db.turns import Turn
from lending.errors import ModelRefused
from scoring.card import Card, load_expert, read_card

models = table_of(Model)
stages = table_of(ModelStage)
shadow_scores = table_of(ShadowScore)
persons = table_of(Person)

Stage = Literal["draft", "shadow", "champion", "retired"]

# From where a model may go where. A champion steps down when another takes its place.
STEPS: Mapping[str, tuple[Stage, ...]] = {
    "draft": ("shadow", "retired"),
    "shadow": ("champion", "retired"),
    "champion": ("retired",),
    "retired": (),
}
FIRST_NOTE = "The card that Loam comes with."
SUCCEEDED = "Another card took its place."

_newest_stage = select(func.max(stages.c.id)).group_by(stages.c.model_hash).scalar_subquery()
_STEPS = (
    select(
        models.c.model_hash,
        models.c.kind,
        models.c.name,
        models.c.person_id.label("added_by"),
        models.c.recorded_at.label("added_at"),
        stages.c.stage,
        stages.c.note,
        stages.c.recorded_at,
        persons.c.name.label("approver"),
    )
    .join_from(models, stages, stages.c.model_hash == models.c.model_hash)
    .outerjoin(persons, persons.c.id == stages.c.person_id)
    .order_by(models.c.recorded_at, models.c.model_hash)
)
_STANDING = _STEPS.where(stages.c.id.in_(_newest_stage))
_IN_FORCE = (
    _STEPS.where(models.c.model_hash == bindparam("model_hash"), stages.c.stage == "champion")
    .order_by(None)
    .order_by(stages.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a model stands."""

    model_hash: str
    kind: str
    """"card" or "boosting"."""
    name: str
    stage: Stage
    added_by: int | None
    added_at: datetime
    approver: str | None
    """Who made the newest step; None for the desk itself."""
    note: str
    since: datetime


def seed(session: Session) -> None:
    """Put the card that Loam comes with in force where there is no model."""
    if session.execute(select(models.c.model_hash).limit(1)).first() is None:
        card = load_expert()
        _insert(session, card.hash, "card", card.name, card.body, "{}", "", None)
        for stage in ("draft", "shadow", "champion"):
            _step(session, card.hash, stage, None, FIRST_NOTE)


def add(
    session: Session,
    *,
    kind: str,
    model_hash: str,
    name: str,
    body: str,
    validation: str,
    report: str,
    person_id: int,
) -> None:
    """Take a model into the register, as a draft.

    Args:
        session: a transaction that writes.
        kind: "card" or "boosting".
        model_hash: SHA-256 of `body`.
        name: as it is listed.
        body: the whole model as text.
        validation: JSON, how it did on known outcomes.
        report: the same in HTML.
        person_id: who adds it; somebody else approves it later.

    Raises:
        NotAllowed: where the person may not keep models.
        ModelRefused: where it is there already.
    """
    people.require(session, person_id, "model")
    if _standing(session, model_hash) is not None:
        raise ModelRefused("known", name)
    _insert(session, model_hash, kind, name, body, validation, report, person_id)
    _step(session, model_hash, "draft", person_id, "")


def move(session: Session, model_hash: str, stage: str, *, person_id: int, note: str) -> None:
    """Let a model take its next step, approved by a person who did not add it.

    A new champion retires the one before in the same transaction. A boosting never becomes champion: its score has no
    table that an officer could read.

    Raises:
        NotAllowed: where the person may not approve models, or added this one.
        ModelRefused: for an unknown model, a step that does not follow, a champion without a report, or no reason.
    """
    person = people.require(session, person_id, "approve model")
    turns.take(session, Turn.MODELS)
    found = _standing(session, model_hash)
    if found is None:
        raise ModelRefused("unknown", model_hash)
    if stage not in STEPS[found.stage]:
        raise ModelRefused("step", f"{found.stage} to {stage}")
    if found.added_by == person_id and stage != "retired":
        raise ModelRefused("own", found.name)
    if not note.strip():
        raise ModelRefused("note", found.name)
    if stage == "champion":
        _refuse_champion(session, found)
        before = champion_standing(session)
        if before is not None:
            _step(session, before.model_hash, "retired", person_id, SUCCEEDED)
    elif found.stage == "champion":
        raise ModelRefused("last", found.name)
    _step(session, model_hash, stage, person.id, note)


def _refuse_champion(session: Session, found: Standing) -> None:
    if found.kind != "card":
        raise ModelRefused("kind", found.name)
    if validation_of(session, found.model_hash) == ("{}", ""):
        raise ModelRefused("report", found.name)


def all_standing(session: Session) -> list[Standing]:
    """Every model with where it stands, the oldest first."""
    return [_told(row) for row in session.execute(_STANDING)]


def champion_standing(session: Session) -> Standing | None:
    """The card in force; None where the register is empty."""
    return next((each for each in all_standing(session) if each.stage == "champion"), None)


def came_in_force(session: Session, model_hash: str) -> Standing | None:
    """The step by which a card became champion, whatever it is now; None for one that never did."""
    row = session.execute(_IN_FORCE, {"model_hash": model_hash}).first()
    return None if row is None else _told(row)


def champion(session: Session) -> Card:
    """The card in force; the one that Loam comes with where the register is empty."""
    found = champion_standing(session)
    if found is None:
        return load_expert()
    return card_of(body_of(session, found.model_hash), found.model_hash)


@functools.lru_cache(maxsize=16)
def card_of(body: str, card_hash: str) -> Card:
    """The card of a text that is kept under a hash.

    Raises:
        scoring.card_text.CardError: where the text is not that of the hash.
    """
    return read_card(body, expected_hash=card_hash)


def in_shadow(session: Session) -> list[tuple[Standing, str]]:
    """The models that score beside the champion, each with its text."""
    found = [each for each in all_standing(session) if each.stage == "shadow"]
    return [(each, body_of(session, each.model_hash)) for each in found]


def body_of(session: Session, model_hash: str) -> str:
    """The text of a model.

    Raises:
        sqlalchemy.exc.NoResultFound: for an unknown one.
    """
    body: str = session.execute(select(models.c.body).where(models.c.model_hash == model_hash)).scalar_one()
    return body


def validation_of(session: Session, model_hash: str) -> tuple[str, str]:
    """How a model did on known outcomes: as JSON, and as a page in HTML."""
    row = session.execute(select(models.c.validation, models.c.report).where(models.c.model_hash == model_hash)).one()
    return str(row.validation), str(row.report)


def keep_shadow_scores(session: Session, model_hash: str, ppm_by_run: Iterable[tuple[int, int]]) -> None:
    """Keep what a model in shadow says: the number of each score with its default probability in millionths."""
    now = datetime.now(UTC)
    rows = [
        {"score_run_id": run, "model_hash": model_hash, "default_probability_ppm": ppm, "recorded_at": now}
        for run, ppm in ppm_by_run
    ]
    if rows:
        session.execute(insert(shadow_scores), rows)


def _standing(session: Session, model_hash: str) -> Standing | None:
    row = session.execute(_STANDING.where(models.c.model_hash == model_hash)).first()
    return None if row is None else _told(row)


def _told(row: Row[Any]) -> Standing:
    return Standing(
        row.model_hash, row.kind, row.name, row.stage, row.added_by, row.added_at, row.approver, row.note,
        row.recorded_at,
    )  # fmt: skip


def _insert(
    session: Session, model_hash: str, kind: str, name: str, body: str, validation: str, report: str, by: int | None
) -> None:
    row = {
        "model_hash": model_hash, "kind": kind, "name": name, "body": body, "validation": validation, "report": report,
        "person_id": by, "recorded_at": datetime.now(UTC),
    }  # fmt: skip
    session.execute(insert(models).values(row))
    audit.record(session, by, "model", "models", None, {"model": model_hash, "name": name, "kind": kind})


def _step(session: Session, model_hash: str, stage: str, by: int | None, note: str) -> None:
    row = {
        "model_hash": model_hash, "stage": stage, "person_id": by, "note": note, "recorded_at": datetime.now(UTC),
    }  # fmt: skip
    session.execute(insert(stages).values(row))
    audit.record(session, by, "model", "models", None, {"model": model_hash, "stage": stage, "note": note})
