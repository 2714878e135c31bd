"""Working stored scores out again: from the record as it stood, with the card and the reference that they name.

A score that comes out otherwise tells that the record, the card or the code was changed under it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from db import events, references, register, scores
from db.engine import open_session
from scoring.shops import score_events

AT_ONCE = 200
WHOLE = ("points", "soundness_points", "reputation_points", "grade", "default_probability_ppm")


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored score that did not come out again."""

    score_run_id: int
    shop_id: int
    what: str
    stored: object
    replayed: object


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a replay."""

    replayed: int
    differences: tuple[Difference, ...]
    """At most one for each score."""


def replay_all(engine: Engine, *, tell: Callable[[int, int], None]) -> Replay:
    """Work out every stored score again and compare it with what is stored; nothing is changed.

    Args:
        engine: the database.
        tell: is told after each part how many scores are done, of how many.
    """
    with open_session(engine) as session:
        stored = scores.run_keys(session)
    found: list[Difference] = []
    done = 0
    for part in _parts(stored):
        found += _replay(engine, part)
        done += len(part)
        tell(done, len(stored))
    return Replay(done, tuple(found))


def _parts(stored: Sequence[scores.RunKey]) -> Iterator[list[scores.RunKey]]:
    """Scores of one batch, card, method and reference, some at a time; none of them of a shop that is there already."""
    waiting: dict[object, dict[int, scores.RunKey]] = {}
    for each in stored:
        made = each.batch_id, each.card_hash, each.method, each.reference_id
        part = waiting.setdefault(made, {})
        if each.shop_id in part or len(part) == AT_ONCE:
            yield list(part.values())
            part = waiting[made] = {}
        part[each.shop_id] = each
    yield from (list(part.values()) for part in waiting.values() if part)


def _replay(engine: Engine, part: Sequence[scores.RunKey]) -> Iterator[Difference]:
    first = part[0]
    as_of = {each.shop_id: each.as_of for each in part}
    with open_session(engine) as session:
        card = register.card_of(scores.card_body(session, first.card_hash), first.card_hash)
        usual = references.get(session, first.reference_id).usual
        kept = {row["shop_id"]: row for row in scores.stored_outcomes(session, [each.id for each in part])}
        found = events.shop_events(session, as_of=max(as_of.values()), shop_ids=sorted(as_of), batch_id=first.batch_id)
    scored = score_events(
        found, as_of=as_of, card=card, usual=usual, clean=first.method > 1, follow_fund=first.method > 2
    )
    fresh = {each.shop_id: scores.outcome(each) for each in scored}
    for each in part:
        difference = _compared(each, kept[each.shop_id], fresh.get(each.shop_id, {}))
        if difference is not None:
            yield difference


def _compared(run: scores.RunKey, kept: Mapping[str, object], fresh: Mapping[str, object]) -> Difference | None:
    """The first thing in which a score differs; features that did not exist when it was made are no difference."""
    for name in WHOLE:
        if kept[name] != fresh.get(name):
            return Difference(run.id, run.shop_id, name, kept[name], fresh.get(name))
    for name in ("features", "contributions", "manipulation"):
        before, after = json.loads(str(kept[name] or "{}")), json.loads(str(fresh.get(name) or "{}"))
        if not _holds(before, after):
            return Difference(run.id, run.shop_id, name, before, after)
    return None


def _holds(before: object, after: object) -> bool:
    """Whether all that was stored is there again; a newer Loam may tell more."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(
            name in after and _holds(each, after[name]) for name, each in before.items()
        )
    if isinstance(before, list):
        return isinstance(after, list) and len(before) == len(after) and all(map(_holds, before, after))
    return before == after
