"""The newest score of a shop with all that explains it: the card, whom it is held against, and where others stand."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Engine

from db import applications, references, register, scores, shops
from db.engine import open_session
from scoring.card import Card
from scoring.reference import Reference


@dataclass(frozen=True, slots=True)
class Explained:
    """A score and what it came from."""

    score: scores.StoredScore
    card: Card
    """That made the score."""
    in_force: register.Standing | None
    """How the card became champion; None for one that never did."""
    replaced: bool
    """Whether another card is in force by now."""
    held_against: Reference
    """What the gaps were measured against; nothing known where that was the card's own usual shop."""
    company: Reference
    """What shops were like on the day looked at: whose medians stand beside the figures."""
    others: pd.DataFrame
    """Of db.scores.map_points, without this shop."""


@dataclass(frozen=True, slots=True)
class ShopScore:
    """A shop as far as it may be seen, with its newest score."""

    facts: shops.ShopFacts
    asked: pd.DataFrame
    """Of db.applications.of_shop; empty without consent."""
    explained: Explained | None
    """None without consent, and where the shop is not scored."""


def open_score(engine: Engine, shop_id: int, *, today: date, now: datetime) -> ShopScore | None:
    """Read the newest score that a shop has as of today; None where no shop has this number."""
    with open_session(engine) as session:
        facts = shops.facts(session, shop_id, now=now)
        if facts is None:
            return None
        asked = applications.of_shop(session, shop_id, now=now)
        score = scores.latest(session, shop_id, as_of=today) if facts.consented else None
        if score is None:
            return ShopScore(facts, asked if facts.consented else asked.head(0), None)
        others = scores.map_points(session, as_of=today, now=now)
        champion = register.champion_standing(session)
        explained = Explained(
            score,
            card=register.card_of(scores.card_body(session, score.card_hash), score.card_hash),
            in_force=register.came_in_force(session, score.card_hash),
            replaced=champion is not None and champion.model_hash != score.card_hash,
            held_against=references.get(session, score.reference_id),
            company=references.known_on(session, today),
            others=others[others["shop_id"] != shop_id],
        )
        return ShopScore(facts, asked, explained)
