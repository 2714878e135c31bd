"""Records decisions: each exactly once, by somebody who may, on the score and policy that were on the screen.

One call does it all in one transaction: rights, retry key, round, score, policy, content, authority, row, audit
event. "Recorded" is said only after the row has been read back from the committed database.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Engine, delete, func, insert, select
from sqlmodel import Session

from db import applications, audit, offers, people, policies
from db.applications import refuse_if_decided, rounds
from db.engine import open_session
from db.holds import held_by, refuse_if_held_by_another
from db.tables import Application, Decision, Hold, ScoreRun, table_of
from lending.authority import authority, check_decision, is_override, settles
from lending.errors import AlreadyDecided, KeyConflict, NotAllowed, Stale
from lending.policy import LENDING_OUTCOMES
from lending.rounds import Round

asked_for = table_of(Application)
decisions = table_of(Decision)
holds = table_of(Hold)
score_runs = table_of(ScoreRun)

LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What the form held when its button was pressed."""

    request_key: str
    """Made when the form was drawn; the same for however many presses of its button."""
    application_id: int
    round: int
    outcome: str
    amount_minor: int | None
    term_months: int | None
    rate_bps: int | None
    reasons: tuple[str, ...]
    note: str
    score_run_id: int | None
    policy_version: int

    def digest(self, person_id: int) -> str:
        """SHA-256 of the whole request and of who makes it."""
        return hashlib.sha256(audit.canonical({**asdict(self), "person_id": person_id}).encode()).hexdigest()


def record(engine: Engine, request: DecisionRequest, *, person_id: int, decided_on: date) -> Round:
    """Record one round of a decision and return it as it now stands in the database.

    Args:
        engine: the database.
        request: what the form held.
        person_id: who pressed its button.
        decided_on: the business date of the desk.

    The same request again, from the same person, returns the same round: a second click records nothing new.

    Raises:
        NotAllowed: the person may not decide, or took part in an earlier round.
        UnknownApplication: no such application.
        AlreadyDecided: somebody decided this application or this round; says who and when.
        HeldByAnother: somebody else has taken it.
        Stale: the score or the policy on the screen is no longer the newest.
        KeyConflict: the retry key belongs to another request.
        NotADecision: the content breaks a rule of lending; AboveAuthority: so does the person.
    """
    if not 0 < len(request.request_key) <= LONGEST_KEY:
        raise KeyConflict
    with open_session(engine, write=True) as session:
        person = people.require(session, person_id, "decide")
        applications.lock(session, request.application_id)
        earlier = _recorded_before(session, request, person_id)
        if earlier is None:
            _check_round(session, request, person)
            _check_screen(session, request)
            _insert(session, request, person, _judge(session, request, person), decided_on)
    with open_session(engine) as session:
        return _read_back(session, request)


def _recorded_before(session: Session, request: DecisionRequest, person_id: int) -> int | None:
    row = session.execute(
        select(decisions.c.id, decisions.c.request_hash).where(decisions.c.request_key == request.request_key)
    ).first()
    if row is None:
        return None
    if row.request_hash != request.digest(person_id):
        raise KeyConflict
    return int(row.id)


def _check_round(session: Session, request: DecisionRequest, person: people.Person) -> None:
    refuse_if_decided(session, request.application_id)
    before = rounds(session, request.application_id)
    if request.round != len(before) + 1:
        if not before:
            raise Stale("round")
        last = before[-1]
        raise AlreadyDecided(last.person_name, last.recorded_at, last.outcome, final=last.final)
    if any(each.person_id == person.id for each in before):
        raise NotAllowed("same_person", person.role)
    refuse_if_held_by_another(held_by(session, request.application_id), person.id)


def _check_screen(session: Session, request: DecisionRequest) -> None:
    newest = session.execute(
        select(func.max(score_runs.c.id))
        .join_from(asked_for, score_runs, asked_for.c.shop_id == score_runs.c.shop_id)
        .where(asked_for.c.id == request.application_id, asked_for.c.consented_at.is_not(None))
    ).scalar_one()
    if newest != request.score_run_id:
        raise Stale("score")


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What the policy says of a request: under which version, what it needs, and whether it settles the file."""

    policy_version: int
    currency: str
    authority: str
    override: bool
    final: bool


def _judge(session: Session, request: DecisionRequest, person: people.Person) -> _Judgement:
    """Hold a request against the policy in force and the offer that it allows on the score that was seen."""
    case = None
    if request.score_run_id is not None:
        case = offers.case_for(session, request.application_id, request.score_run_id, term_months=request.term_months)
    offer = case.offer if case else None
    policy = policies.in_force(session)
    if policy.version != request.policy_version:
        raise Stale("policy")
    asked = session.execute(
        select(asked_for.c.amount_minor, asked_for.c.currency).where(asked_for.c.id == request.application_id)
    ).one()
    override = offer is not None and is_override(
        policy,
        outcome=request.outcome,
        amount_minor=request.amount_minor,
        grade=offer.grade,
        limit_minor=offer.limit_minor,
        flags=offer.flags,
    )
    check_decision(
        policy,
        outcome=request.outcome,
        asked_minor=asked.amount_minor,
        amount_minor=request.amount_minor,
        term_months=request.term_months,
        rate_bps=request.rate_bps,
        reasons=request.reasons,
        note=request.note,
        override=override,
    )
    if offer is None and request.outcome in LENDING_OUTCOMES:
        raise Stale("no_score" if request.score_run_id is None else "other_currency")
    needed = authority(
        policy,
        outcome=request.outcome,
        amount_minor=request.amount_minor,
        grade=offer.grade if offer else "E",
        flags=offer.flags if offer else (),
        override=override,
    )
    agreed = _agreed_before(session, request)
    final = request.outcome != "refer" and settles(needed, role=person.role, agreed_before=agreed)
    return _Judgement(policy.version, asked.currency, needed, override, final)


def _insert(
    session: Session, request: DecisionRequest, person: people.Person, judgement: _Judgement, decided_on: date
) -> None:
    """Add the decision, give the file back, and note it, in one transaction."""
    decision_id = session.execute(
        insert(decisions)
        .values(
            {
                **asdict(request),
                **asdict(judgement),
                "person_id": person.id,
                "reasons": audit.canonical(list(request.reasons)),
                "override": int(judgement.override),
                "final": int(judgement.final),
                "request_hash": request.digest(person.id),
                "decided_on": decided_on,
                "recorded_at": datetime.now(UTC),
            }
        )
        .returning(decisions.c.id)
    ).scalar_one()
    session.execute(delete(holds).where(holds.c.application_id == request.application_id))
    kind = "decide" if judgement.final else "refer" if request.outcome == "refer" else "propose"
    body = {**asdict(request), **asdict(judgement), "decision_id": decision_id}
    audit.record(session, person.id, kind, "applications", request.application_id, body)


def _agreed_before(session: Session, request: DecisionRequest) -> bool:
    """Whether an earlier round proposed at least this: the same outcome, with no smaller amount."""
    return any(
        each.outcome == request.outcome and (each.amount_minor or 0) >= (request.amount_minor or 0)
        for each in rounds(session, request.application_id)
    )


def _read_back(session: Session, request: DecisionRequest) -> Round:
    for each in rounds(session, request.application_id):
        if each.number == request.round:
            return each
    raise AssertionError("a committed decision could not be read back")
