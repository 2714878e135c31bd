"""Making the demo: a made-up marketplace comes in by the import, and the desk decides its past."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine

from db import batches, decisions, demo, events, facts, imports, offers, people, policies, scores
from db.engine import open_session
from demo import marketplace
from demo.decisions import PastDecision, answer, past
from desk.scoring import score_shops
from ingest import folder
from scoring.card import Card, load_expert
from scoring.shops import score_events

Tell = Callable[[str, float], None]
"""Called with the step at hand and the share of it that is done."""


def make(engine: Engine, *, shops: int, seed: int, as_of: date, default_zone: str, tell: Tell) -> None:
    """Fill an empty record with a demo. Its day comes last: a demo without one was broken off, and is made anew.

    Args:
        engine: a record without shops, on its newest tables.
        shops: how many shops.
        seed: of the marketplace.
        as_of: the day on which the demo stands.
        default_zone: as `ingest.folder.read` takes it.
        tell: is told how far it is.
    """
    with open_session(engine, write=True) as session:
        policies.seed(session)
        people.seed_demo_people(session)
    _import_marketplace(engine, shops, seed, as_of, default_zone, tell)
    _decide_past(engine, past(shops=shops, seed=seed, as_of=as_of), as_of, tell)
    _score_consented(engine, as_of, tell)
    with open_session(engine, write=True) as session:
        facts.write(session, facts.DEMO_BUSINESS_DATE, as_of.isoformat())


def _import_marketplace(engine: Engine, shops: int, seed: int, as_of: date, default_zone: str, tell: Tell) -> None:
    """Write the demo's files into a folder and import them as any others, but marked as generated."""
    with tempfile.TemporaryDirectory(prefix="loam-demo-") as place:
        marketplace.write(
            Path(place), shops=shops, seed=seed, as_of=as_of,
            progress=lambda done, count: tell("making up shops", done / count),
        )  # fmt: skip
        chunks = folder.read(folder.find(Path(place)), shops={}, default_zone=default_zone)
        report = imports.store(engine, chunks, person_id=None, source="demo", generated=True, progress=tell)
    if report.verdict != "imported":
        raise RuntimeError(f"the demo's own files were {report.verdict}: {report.bad_rows[:3]}")


def _decide_past(engine: Engine, told: list[PastDecision], as_of: date, tell: Tell) -> None:
    """Score each earlier application as of its day and record what the desk answered, oldest first."""
    card = load_expert()
    with open_session(engine) as session:
        numbers, batch = demo.application_numbers(session), batches.newest(session)
        desk = [person.id for person in people.demo_people(session) if person.may("decide")]
    for done, each in enumerate(told, start=1):
        day = as_of - timedelta(days=each.days_ago)
        application_id, shop_id = numbers[each.application_ref]
        score_run_id = _score_one(engine, shop_id, day, batch, card)
        _record_rounds(engine, each, application_id, score_run_id, desk, day)
        tell("recording earlier decisions", done / len(told))


def _score_one(engine: Engine, shop_id: int, as_of: date, batch: int, card: Card) -> int:
    """Score a shop as of a day and store it; the number of the score."""
    with open_session(engine) as session:
        found = events.shop_events(session, as_of=as_of, shop_ids=[shop_id], batch_id=batch)
    (scored,) = score_events(found, as_of=as_of, card=card)
    with open_session(engine, write=True) as session:
        return scores.save(
            session, shop_id=shop_id, as_of=as_of, batch_id=batch, card=card, features=scored.features,
            result=scored.result, person_id=None,
        )  # fmt: skip


def _record_rounds(
    engine: Engine, told: PastDecision, application_id: int, score_run_id: int, desk: list[int], decided_on: date
) -> None:
    """Record the answer of the first officer, and of the second or the manager where it needs one of them."""
    with open_session(engine) as session:
        case = offers.case_for(session, application_id, score_run_id, term_months=told.term_months)
        score = scores.get(session, score_run_id)
        batch_id = batches.newest(session)
    if case is None:
        raise RuntimeError("the demo asks in another currency than its policy lends in")
    against = tuple(reason.code for reason in score.result.reasons) if score else ()
    content = asdict(answer(told, case.offer, case.policy, score_reasons=against))
    *officers, manager = desk
    first, second = officers[told.officer], officers[1 - told.officer]
    person_id = first
    for number in (1, 2):
        request = decisions.DecisionRequest(
            request_key=f"demo-{told.application_ref}-{number}", application_id=application_id,
            application_batch_id=batch_id, round=number, score_run_id=score_run_id,
            policy_version=case.policy.version, **content,
        )  # fmt: skip
        recorded = decisions.record(engine, request, person_id=person_id, decided_on=decided_on)
        if recorded.final:
            return
        person_id = second if recorded.authority == "second_officer" else manager


def _score_consented(engine: Engine, as_of: date, tell: Tell) -> None:
    """Score every shop that consented, and store the scores."""
    with open_session(engine) as session:
        batch = batches.newest(session)
        waiting = sorted(events.consented_shop_ids(session, as_of=as_of, batch_id=batch))
    done = 0
    for scored in score_shops(engine, waiting, as_of=as_of, batch_id=batch, store=True):
        done += len(scored)
        tell("scoring", done / len(waiting))
