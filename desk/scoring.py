"""Scoring shops: read their record, score it, keep the score."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from sqlalchemy import Engine

from db import batches, events, people, scores
from db.engine import open_session
from lending.errors import NoConsent
from scoring.card import load_expert
from scoring.records import Scored
from scoring.shops import score_events

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
    (scored,) = read_and_score(engine, {shop_id: as_of}, batch_id=batch_id)
    with open_session(engine, write=True) as session:
        people.require(session, person_id, "score")
        return scores.save(
            session, shop_id=shop_id, as_of=as_of, batch_id=batch_id, card=load_expert(), features=scored.features,
            result=scored.result, person_id=person_id,
        )  # fmt: skip


def score_shops(
    engine: Engine, shop_ids: Sequence[int], *, as_of: date, batch_id: int, store: bool
) -> Iterator[list[Scored]]:
    """Score many shops part by part, so that memory does not grow with their number; store each part as it is done.

    The caller decides who may be scored; nobody in person does it.
    """
    card = load_expert()
    if store and shop_ids:
        with open_session(engine, write=True) as session:
            scores.record_run(session, shops=len(shop_ids), as_of=as_of, batch_id=batch_id, card=card, person_id=None)
    for start in range(0, len(shop_ids), SHOPS_AT_ONCE):
        part = dict.fromkeys(shop_ids[start : start + SHOPS_AT_ONCE], as_of)
        scored = read_and_score(engine, part, batch_id=batch_id)
        if store:
            with open_session(engine, write=True) as session:
                scores.append(session, scored, as_of=as_of, batch_id=batch_id, card=card, person_id=None)
        yield scored


def read_and_score(engine: Engine, as_of: Mapping[int, date], *, batch_id: int) -> list[Scored]:
    """The score of each shop, by ascending number, as of the day that stands beside its number; nothing is kept."""
    with open_session(engine) as session:
        found = events.shop_events(session, as_of=max(as_of.values()), shop_ids=list(as_of), batch_id=batch_id)
    return score_events(found, as_of=as_of, card=load_expert())
