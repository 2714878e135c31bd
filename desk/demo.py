"""Making the demo: a made-up marketplace comes in by the import, and the desk decides its past."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from db import (
    batches,
    decisions,
    demo,
    events,
    facts,
    imports,
    known_loans,
    offers,
    people,
    policies,
    queue,
    references,
    register,
    scores,
)
from db.engine import connect, open_session
from db.import_reports import ImportReport
from demo import marketplace
from demo.decisions import PastDecision, answer, past, proposal, referral
from demo.loans import Agreed
from demo.policies import next_version
from desk import month_ends
from desk.scoring import keep, read_and_score
from desk.workers import workers
from ingest import folder
from scoring.card import Card, load_expert
from scoring.records import Scored
from scoring.shops import against

DECISIONS_AT_ONCE = 60
SHOPS_AT_ONCE = 150
MONTHS = 13
LEFT_TO_VISITORS, WAITING = 12, 3
"""So many in line nobody has answered, and so many of the others wait for a second person."""

# What is done, and when it begins, as a share of the whole time; the import names its three steps itself.
MAKING, DECIDING, SCORING = "making up shops", "deciding the past", "scoring"
BEGINS = {MAKING: 0.0, "reading": 0.12, "comparing": 0.36, "storing": 0.42, DECIDING: 0.55, SCORING: 0.96}

Tell = Callable[[str, float], None]
"""Called with the step at hand and the share of the whole that is done."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """Whose past it is: its record, its people, and the numbers of its applications and their shops."""

    engine: Engine
    batch_id: int
    officers: Sequence[int]
    manager: int
    other_manager: int
    numbers: dict[str, tuple[int, int]]
    as_of: date
    card: Card

    def day(self, told: PastDecision) -> date:
        """The day of an earlier decision."""
        return self.as_of - timedelta(days=told.days_ago)

    def shop_id(self, told: PastDecision) -> int:
        """The shop that it is about."""
        return self.numbers[told.application_ref][1]


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
    told = _of_the_whole(tell)
    with open_session(engine, write=True) as session:
        policies.seed(session)
        register.seed(session)
        people.seed_demo_people(session)
    with workers(_ready) as others:
        _import_marketplace(engine, shops, seed, as_of, default_zone, told)
        told(DECIDING, 0.0)
        desk = _open(engine, as_of)
        earlier = list(_parts(desk, past(shops=shops, seed=seed, as_of=as_of)))
        scored_then = [
            _hand_on(desk, others, {desk.shop_id(each): desk.day(each) for each in part}) for part in earlier
        ]
        _decide_past(desk, earlier, scored_then, told)
        brought_by = desk.batch_id
        desk = _lend(desk, shops=shops, seed=seed, default_zone=default_zone)
        consented = _consented(desk)
        scored_now = [_hand_on(desk, others, dict.fromkeys(part, as_of)) for part in consented]
        # The desk has reported each month end of its year; done here, while others score.
        month_ends.close(engine, month_ends.days_to_close(engine, until=as_of, again=False)[-MONTHS:], person_id=None)
        _keep_scores(desk, sum(map(len, consented)), scored_now, told)
    _leave_waiting(desk, brought_by)
    with open_session(engine, write=True) as session:
        facts.write(session, facts.DEMO_BUSINESS_DATE, as_of.isoformat())


def _of_the_whole(tell: Tell) -> Tell:
    """Tells of the whole what it is told of a step."""
    ends = dict(zip(BEGINS, [*list(BEGINS.values())[1:], 1.0], strict=True))
    return lambda step, share: tell(step, BEGINS[step] + share * (ends[step] - BEGINS[step]))


def _import_marketplace(engine: Engine, shops: int, seed: int, as_of: date, default_zone: str, tell: Tell) -> None:
    """Write the demo's files into a folder and import them as any others, but marked as generated."""
    tell(MAKING, 0.0)
    with tempfile.TemporaryDirectory(prefix="loam-demo-") as place:
        marketplace.write(
            Path(place), shops=shops, seed=seed, as_of=as_of, progress=lambda done, count: tell(MAKING, done / count)
        )
        tell("reading", 0.0)
        chunks = folder.read(folder.find(Path(place)), shops={}, default_zone=default_zone)
        _imported(imports.store(engine, chunks, person_id=None, source="demo", generated=True, progress=tell))


def _open(engine: Engine, as_of: date) -> _Desk:
    with open_session(engine) as session:
        sitting = people.demo_people(session)
        officers = [person.id for person in sitting if person.role == "officer"]
        manager, other_manager = (person.id for person in sitting if person.role == "manager")
        numbers, card = demo.application_numbers(session), register.champion(session)
        return _Desk(engine, batches.newest(session), officers, manager, other_manager, numbers, as_of, card)


def _decide_past(desk: _Desk, parts: list[list[PastDecision]], scored: list[Future[list[Scored]]], tell: Tell) -> None:
    """Record what the desk answered, oldest first, each on the shop's score as of its day."""
    for done, (part, coming) in enumerate(zip(parts, scored, strict=True), start=1):
        by_shop = {each.shop_id: each for each in coming.result()}
        with open_session(desk.engine, write=True) as session:
            for each in part:
                _record_rounds(session, desk, each, by_shop[desk.shop_id(each)])
        tell(DECIDING, done / len(parts))


def _lend(desk: _Desk, *, shops: int, seed: int, default_zone: str) -> _Desk:
    """Import what became of the loans that the desk has agreed to; the desk that knows of them too.

    They are a batch of their own: the scores that they were decided on have not seen them.
    """
    with open_session(desk.engine) as session:
        agreed = [Agreed(**row) for row in demo.agreed(session)]
        known, on_record = imports.known_shops(session), known_loans.on_record(session)
    if not agreed:
        return desk
    with tempfile.TemporaryDirectory(prefix="loam-demo-") as place:
        marketplace.write_loans(Path(place), agreed, shops=shops, seed=seed, as_of=desk.as_of)
        chunks = folder.read(folder.find(Path(place)), shops=known, default_zone=default_zone, loans=on_record)
        report = _imported(imports.store(desk.engine, chunks, person_id=None, source="demo", generated=True))
    return replace(desk, batch_id=report.batch or desk.batch_id)


def _imported(report: ImportReport) -> ImportReport:
    if report.verdict != "imported":
        raise RuntimeError(f"the demo's own files were {report.verdict}: {report.bad_rows[:3]}")
    return report


def _parts(desk: _Desk, told: list[PastDecision]) -> Iterator[list[PastDecision]]:
    """Some decisions after another, none of them about a shop that has one in the same part already."""
    part: dict[int, PastDecision] = {}
    for each in told:
        if desk.shop_id(each) in part or len(part) == DECISIONS_AT_ONCE:
            yield list(part.values())
            part = {}
        part[desk.shop_id(each)] = each
    if part:
        yield list(part.values())


def _record_rounds(session: Session, desk: _Desk, told: PastDecision, scored: Scored) -> None:
    """Keep the score, and record the answer of the first officer and of whoever else it needs."""
    decided_on = desk.day(told)
    application_id, _ = desk.numbers[told.application_ref]
    score_run_id = scores.save(
        session, scored, as_of=decided_on, batch_id=desk.batch_id, card=desk.card, person_id=None
    )
    case = offers.case_for(session, application_id, score_run_id, term_months=told.term_months)
    if case is None:
        raise RuntimeError("the demo asks in another currency than its policy lends in")
    against = tuple(reason.code for reason in scored.result.reasons)
    given = answer(told, case.offer, case.policy, score_reasons=against)
    passed_on = referral(told, case.offer)
    person_id, second = desk.officers[told.officer], desk.officers[1 - told.officer]
    for number, content in enumerate((given, given) if passed_on is None else (passed_on, given), start=1):
        request = decisions.DecisionRequest(
            request_key=f"demo-{told.application_ref}-{number}", application_id=application_id,
            application_batch_id=desk.batch_id, round=number, score_run_id=score_run_id,
            policy_version=case.policy.version, **asdict(content),
        )  # fmt: skip
        judgement = decisions.record_within(session, request, person_id=person_id, decided_on=decided_on)
        if judgement is None or judgement.final:
            return
        person_id = second if judgement.authority == "second_officer" else desk.manager


def _leave_waiting(desk: _Desk, brought_by: int) -> None:
    """Have an officer propose what a second person settles, and a manager another version of the policy."""
    now = datetime.combine(desk.as_of, time(), UTC)
    with open_session(desk.engine, write=True) as session:
        numbers = queue.line(session, queue.QueueView(), person_id=0, now=now)
        # The first in line are left to whoever opens the demo.
        in_line = queue.rows(session, numbers[LEFT_TO_VISITORS:], now=now)
        proposed = (each for each in in_line.itertuples() if _propose(session, desk, each, brought_by))
        for _ in islice(proposed, WAITING):
            continue
        policies.propose(session, next_version(policies.in_force(session).version + 1), desk.other_manager)


def _propose(session: Session, desk: _Desk, file: Any, brought_by: int) -> bool:  # noqa: ANN401  (a row of the queue)
    """Record the first answer on a file that the policy would lend on, and say whether a second person is needed."""
    score = scores.latest(session, file.shop_id)
    case = score and offers.case_for(session, file.application_id, score.id)
    content = proposal(case.offer) if case else None
    if not score or not case or content is None:
        return False
    request = decisions.DecisionRequest(
        request_key=f"demo-{file.application_ref}-1", application_id=file.application_id,
        application_batch_id=brought_by, round=1, score_run_id=score.id, policy_version=case.policy.version,
        **asdict(content),
    )  # fmt: skip
    decisions.record_within(session, request, person_id=desk.officers[-1], decided_on=desk.as_of)
    return True


def _consented(desk: _Desk) -> list[list[int]]:
    """The numbers of the shops that consented, part by part."""
    with open_session(desk.engine) as session:
        shop_ids = sorted(events.consented_shop_ids(session, as_of=desk.as_of, batch_id=desk.batch_id))
    return [shop_ids[start : start + SHOPS_AT_ONCE] for start in range(0, len(shop_ids), SHOPS_AT_ONCE)]


def _keep_scores(desk: _Desk, shops: int, scored: list[Future[list[Scored]]], tell: Tell) -> None:
    """Store today's scores of all who consented, as one run, held against those whom the desk has approved."""
    tell(SCORING, 0.0)
    card, as_of, batch_id = desk.card, desk.as_of, desk.batch_id
    with open_session(desk.engine, write=True) as session:
        reference_id = references.make(session, card_hash=card.hash, as_of=as_of)
        usual = references.get(session, reference_id).usual
        scores.record_run(session, shops=shops, as_of=as_of, batch_id=batch_id, card=card, person_id=None)
    for done, coming in enumerate(scored, start=1):
        part = [against(each, card, usual) for each in coming.result()]
        with open_session(desk.engine, write=True) as session:
            keep(session, part, as_of=as_of, batch_id=batch_id, card=card, reference_id=reference_id)
        tell(SCORING, done / len(scored))
    with open_session(desk.engine, write=True) as session:
        # Peers as they are today, for whoever looks at a file.
        references.make(session, card_hash=card.hash, as_of=as_of)


def _ready() -> None:
    """Nothing to do: to find it here, the other process has brought into memory all that this module needs."""


def _hand_on(desk: _Desk, others: Executor, as_of: dict[int, date]) -> Future[list[Scored]]:
    """Let another process read and score some shops."""
    address = desk.engine.url.render_as_string(hide_password=False)
    return others.submit(_read_and_score, address, as_of, desk.batch_id)


def _read_and_score(address: str, as_of: dict[int, date], batch_id: int) -> list[Scored]:
    # What a score is held against is only known once the past is decided.
    return read_and_score(connect(address), as_of, batch_id=batch_id, card=load_expert(), usual={})
