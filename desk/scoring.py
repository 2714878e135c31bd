"""Scoring shops: read their record, score it with the card in force, keep the score. Models in shadow score beside."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import pandas as pd
from sqlalchemy import Engine
from sqlmodel import Session

from db import batches, events, people, references, register, scores
from db.engine import open_session
from lending.errors import NoConsent
from scoring.card import Card
from scoring.challenger import ChallengerUnavailable, read_challenger
from scoring.explained import Usual
from scoring.records import Scored
from scoring.shops import score_events

log = logging.getLogger("loam")

# Shops that are scored in one pass: some hundred thousand orders in memory.
SHOPS_AT_ONCE = 300


def score_shop(engine: Engine, shop_id: int, *, as_of: date, person_id: int) -> int:
    """Score a shop on what is on record before a day, and keep the score.

    Returns:
        The number of the score.

    Raises:
        NoConsent: where the shop had not consented before that day.
        NotAllowed: where the person may not score.
    """
    with open_session(engine) as session:
        batch_id = batches.newest(session)
        if shop_id not in events.consented_shop_ids(session, as_of=as_of, shop_ids=[shop_id], batch_id=batch_id):
            raise NoConsent
        card = register.champion(session)
        reference_id, reference = references.newest(session, card.hash)
    (scored,) = read_and_score(engine, {shop_id: as_of}, batch_id=batch_id, card=card, usual=reference.usual)
    with open_session(engine, write=True) as session:
        people.require(session, person_id, "score", shop_id=shop_id)
        number = scores.save(
            session, scored, as_of=as_of, batch_id=batch_id, card=card, reference_id=reference_id, person_id=person_id
        )
        _score_in_shadow(session, [number], [scored])
        return number


def score_shops(
    engine: Engine, shop_ids: Sequence[int], *, as_of: date, batch_id: int, store: bool
) -> Iterator[list[Scored]]:
    """Score many shops part by part, so that memory does not grow with their number; store each part as it is done.

    What later scores are held against is worked out anew when all are stored. The caller decides who may be scored;
    nobody in person does it.
    """
    with open_session(engine) as session:
        card = register.champion(session)
        reference_id, reference = references.newest(session, card.hash)
    if store and shop_ids:
        with open_session(engine, write=True) as session:
            scores.record_run(session, shops=len(shop_ids), as_of=as_of, batch_id=batch_id, card=card, person_id=None)
    for start in range(0, len(shop_ids), SHOPS_AT_ONCE):
        part = dict.fromkeys(shop_ids[start : start + SHOPS_AT_ONCE], as_of)
        scored = read_and_score(engine, part, batch_id=batch_id, card=card, usual=reference.usual)
        if store:
            with open_session(engine, write=True) as session:
                keep(session, scored, as_of=as_of, batch_id=batch_id, card=card, reference_id=reference_id)
        yield scored
    if store and shop_ids:
        with open_session(engine, write=True) as session:
            references.make(session, card_hash=card.hash, as_of=as_of)


def keep(
    session: Session, scored: Sequence[Scored], *, as_of: date, batch_id: int, card: Card, reference_id: int | None
) -> None:
    """Store a part of a run over many shops, and what the models in shadow say of it."""
    numbers = scores.append(
        session, scored, as_of=as_of, batch_id=batch_id, card=card, reference_id=reference_id, person_id=None
    )
    _score_in_shadow(session, numbers, scored)


def read_and_score(
    engine: Engine, as_of: Mapping[int, date], *, batch_id: int, card: Card, usual: Mapping[str, Usual]
) -> list[Scored]:
    """The score of each shop, by ascending number, as of the day that stands beside its number; nothing is kept."""
    with open_session(engine) as session:
        found = events.shop_events(session, as_of=max(as_of.values()), shop_ids=list(as_of), batch_id=batch_id)
    return score_events(found, as_of=as_of, card=card, usual=usual)


def _score_in_shadow(session: Session, numbers: Sequence[int], scored: Sequence[Scored]) -> None:
    """Keep what each model in shadow says of shops that were just scored, from the same features."""
    beside = register.in_shadow(session)
    if not beside or not scored:
        return
    features = pd.DataFrame([each.features for each in scored])
    for standing, body in beside:
        try:
            ppm = _shadow_ppm(standing, body, features)
        except ChallengerUnavailable as error:
            log.warning("%s did not score in shadow: %s", standing.name, error)
            continue
        register.keep_shadow_scores(session, standing.model_hash, zip(numbers, ppm, strict=True))


def _shadow_ppm(standing: register.Standing, body: str, features: pd.DataFrame) -> list[int]:
    model = register.card_of(body, standing.model_hash) if standing.kind == "card" else read_challenger(body)
    found: list[int] = model.score(features)["default_probability_ppm"].tolist()
    return found
