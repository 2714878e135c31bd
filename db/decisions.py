"""Records decisions: each exactly once, by somebody who may, on the score and policy that were on the screen.

One call does it all in one transaction: rights, retry key, round, score, policy, content, authority, row, audit
event. "Recorded" is said only after the row has been read back from the committed database.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, Row, bindparam, delete, func, insert, select
from sqlmodel import Session

from db import applications, audit, consents, drafts, exposure, interests, offers, people, policies
from db.applications import refuse_if_final, rounds
from db.engine import DatabaseUnavailable, open_session
from db.holds import held_by, refuse_if_held_by_another
from db.tables import Application, Day, Decision, Hold, ScoreRun, table_of
from lending.authority import check_decision
from lending.errors import AlreadyDecided, KeyConflict, NotAllowed, Stale
from lending.judgement import Judgement, judge
from lending.policy import LENDING_OUTCOMES
from lending.rounds import Answer, Round

asked_for = table_of(Application)
decisions = table_of(Decision)
holds = table_of(Hold)
score_runs = table_of(ScoreRun)

# Built once: putting them together takes longer than running them.
_OF_KEY = select(decisions.c.id, decisions.c.request_hash).where(decisions.c.request_key == bindparam("key"))
_NEWEST_SCORE = (
    select(func.max(score_runs.c.id))
    .join_from(asked_for, score_runs, asked_for.c.shop_id == score_runs.c.shop_id)
    .where(
        asked_for.c.id == bindparam("application"), consents.opens_file(asked_for, bindparam("decided_on", type_=Day))
    )
)
_ASKED = select(asked_for.c.amount_minor, asked_for.c.currency, asked_for.c.batch_id).where(
    asked_for.c.id == bindparam("application")
)

LONGEST_KEY = 100
UNCERTAIN = (
    "The answer was sent, but the record could not be read again. Open the application to see whether it stands there; "
    "pressing once more records nothing twice."
)


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """What the form held when its button was pressed."""

    request_key: str
    """Made when the form was drawn; the same for however many presses of its button."""
    application_id: int
    application_batch_id: int
    """The import that brought the application as it was on the screen."""
    round: int
    outcome: str
    amount_minor: int | None
    term_months: int | None
    rate_bps: int | None
    reasons: tuple[str, ...]
    note: str
    score_run_id: int | None
    policy_version: int

    @property
    def answer(self) -> Answer:
        """What is answered, without what it is answered to."""
        return Answer(self.outcome, self.amount_minor, self.term_months, self.rate_bps, self.reasons, self.note)

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
        NotAllowed: the person may not decide, took part in an earlier round, or stands too close to the shop.
        UnknownApplication: no such application.
        AlreadyDecided: somebody decided this application or this round; says who and when.
        HeldByAnother: somebody else has taken it.
        Stale: the score or the policy on the screen is no longer the newest.
        KeyConflict: the retry key belongs to another request.
        NotADecision: the content breaks a rule of lending; AboveAuthority: so does the person.
    """
    with open_session(engine, write=True) as session:
        record_within(session, request, person_id=person_id, decided_on=decided_on)
    try:
        with open_session(engine) as session:
            return _read_back(session, request)
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(UNCERTAIN) from error


def record_within(session: Session, request: DecisionRequest, *, person_id: int, decided_on: date) -> Judgement | None:
    """Record one round as `record` does, in the caller's transaction: it stands once that is committed, or not at all.

    Returns:
        What the round needs and settles; None where the same request stands on record already.

    Raises:
        BrokenRule: as `record` says.
    """
    if not 0 < len(request.request_key) <= LONGEST_KEY:
        raise KeyConflict
    person = people.require(session, person_id, "decide", application_id=request.application_id)
    applications.lock(session, request.application_id)
    if _recorded_before(session, request, person_id) is not None:
        return None
    interests.refuse_file(session, person, request.application_id)
    before = rounds(session, request.application_id)
    _check_round(session, request, person, before)
    asked = _application(session, request)
    _check_screen(session, request, asked, decided_on)
    exposure.take_turn(session, request.application_id)
    judgement = _judge(session, request, person, before, asked)
    _insert(session, request, person, judgement, decided_on, currency=asked.currency)
    return judgement


def _recorded_before(session: Session, request: DecisionRequest, person_id: int) -> int | None:
    row = session.execute(_OF_KEY, {"key": request.request_key}).first()
    if row is None:
        return None
    if row.request_hash != request.digest(person_id):
        raise KeyConflict
    return int(row.id)


def _check_round(session: Session, request: DecisionRequest, person: people.Person, before: tuple[Round, ...]) -> None:
    refuse_if_final(before)
    if request.round != len(before) + 1:
        if not before:
            raise Stale("round")
        last = before[-1]
        raise AlreadyDecided(last.person_name, last.recorded_at, last.outcome, final=last.final)
    if any(each.person_id == person.id for each in before):
        raise NotAllowed("same_person", person.role, person.id, "decide")
    refuse_if_held_by_another(held_by(session, request.application_id), person.id)


def _check_screen(session: Session, request: DecisionRequest, asked: Row[Any], decided_on: date) -> None:
    bound = {"application": request.application_id, "decided_on": decided_on}
    newest = session.execute(_NEWEST_SCORE, bound).scalar_one()
    if newest != request.score_run_id:
        raise Stale("score")
    if asked.batch_id != request.application_batch_id:
        raise Stale("application")


def _judge(
    session: Session, request: DecisionRequest, person: people.Person, before: tuple[Round, ...], asked: Row[Any]
) -> Judgement:
    """Hold a request against the policy in force and the offer that it allows on the score that was seen."""
    case = None
    if request.score_run_id is not None:
        case = offers.case_for(session, request.application_id, request.score_run_id, term_months=request.term_months)
    offer = case.offer if case else None
    policy = policies.in_force(session)
    if policy.version != request.policy_version:
        raise Stale("policy")
    judgement = judge(policy, request.answer, offer=offer, rounds=before, role=person.role)
    check_decision(
        policy,
        asked_minor=asked.amount_minor,
        override=judgement.override,
        **asdict(request.answer),
    )
    if offer is None and request.outcome in LENDING_OUTCOMES:
        raise Stale("no_score" if request.score_run_id is None else "other_currency")
    return judgement


def _application(session: Session, request: DecisionRequest) -> Row[Any]:
    """The application as it stands now: amount_minor, currency, batch_id."""
    return session.execute(_ASKED, {"application": request.application_id}).one()


def _insert(
    session: Session,
    request: DecisionRequest,
    person: people.Person,
    judgement: Judgement,
    decided_on: date,
    *,
    currency: str,
) -> None:
    """Add the decision, give the file back, forget its drafts, and note it, in one transaction."""
    decision_id = session.execute(
        insert(decisions)
        .values(
            {
                **asdict(request.answer),
                **asdict(judgement),
                "application_id": request.application_id,
                "round": request.round,
                "currency": currency,
                "score_run_id": request.score_run_id,
                "policy_version": request.policy_version,
                "request_key": request.request_key,
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
    drafts.drop(session, request.application_id)
    kind = "decide" if judgement.final else "refer" if request.outcome == "refer" else "propose"
    body = {**asdict(request), **asdict(judgement), "currency": currency, "decision_id": decision_id}
    audit.record(session, person.id, kind, "applications", request.application_id, body)


def _read_back(session: Session, request: DecisionRequest) -> Round:
    for each in rounds(session, request.application_id):
        if each.number == request.round:
            return each
    raise AssertionError("a committed decision could not be read back")
