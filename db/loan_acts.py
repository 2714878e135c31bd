"""Steps of a loan's life on record: each exactly once, by somebody who may, with a second person where one is needed.

One call does it in one transaction: rights, retry key, where the loan stands, the rules of lending.loan_life, the row,
what it does to the books, the audit event. A step that waits for a second person moves nothing until he has agreed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, bindparam, insert, select
from sqlmodel import Session

from db import applications, audit, desk_batches, interests, loan_effects, people, turns
from db.engine import open_session
from db.loan_standing import Known, known_application, known_loan
from db.tables import Loan, LoanAct, LoanActAnswer, Person, Repayment, table_of
from db.turns import Turn
from lending import loan_life, restructuring
from lending.errors import ActRefused, KeyConflict
from lending.loan_life import Act
from lending.loan_schedule import ScheduleLine

acts = table_of(LoanAct)
answers = table_of(LoanActAnswer)
loans = table_of(Loan)
repayments = table_of(Repayment)
persons = table_of(Person)

LONGEST_KEY = 100
MOVES_BOOKS = frozenset(loan_life.BOOKING)


@dataclass(frozen=True, slots=True)
class ActRequest:
    """What a form held when its button was pressed: a step of a loan, or of an approved application."""

    request_key: str
    act: Act
    loan_id: int | None = None
    application_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """`check` of a check; `repayment_ref` of a reversal; `term_months` and `annual_rate_ppm` of a restructuring;
    `channel` of a contact."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A step as it stands on record."""

    act_id: int
    waits: bool
    """Whether it waits for a second person."""
    loan_id: int | None


def record(engine: Engine, request: ActRequest, *, person_id: int, today: date) -> Recorded:
    """Record a step; the same request again from the same person records nothing new.

    Raises:
        NotAllowed: the person's role may not, or the person stands too close to the shop.
        UnknownLoan, UnknownApplication: there is none of this number.
        ActRefused: a rule of the loan's life says no.
        KeyConflict: the retry key belongs to another request.
    """
    if not 0 < len(request.request_key) <= LONGEST_KEY:
        raise KeyConflict
    with open_session(engine, write=True) as session:
        right = "keep contact" if request.act.kind in loan_life.NOTES else "book"
        person = people.require(
            session, person_id, right, loan_id=request.loan_id, application_id=request.application_id
        )
        _lock(session, request)
        # Before the rules: a disbursement that stands would be refused as the second one.
        before = _recorded_before(session, request, person.id)
        if before is not None:
            return before
        known = _known(session, request.loan_id, request.application_id, today)
        interests.refuse(session, person, right, shop_id=known.shop_id)
        loan_life.check_act(request.act, known.standing, person_id=person.id, today=today)
        _check_details(session, request, known, today)
        waits = loan_life.needs_second(request.act.kind, day=request.act.day, today=today)
        return _insert(session, request, known, person.id, today, waits=waits)


def _lock(session: Session, request: ActRequest) -> None:
    """Let nobody else take a step of the same loan until this transaction ends, so that their key is found."""
    if request.loan_id is not None:
        session.execute(_LOAN_LOCKED, {"loan": request.loan_id})
    elif request.application_id is not None:
        applications.lock(session, request.application_id)


def _known(session: Session, loan_id: int | None, application_id: int | None, today: date) -> Known:
    if loan_id is not None:
        return known_loan(session, loan_id, today=today)
    if application_id is None:
        raise ActRefused("unknown")
    return known_application(session, application_id, today=today)


def _recorded_before(session: Session, request: ActRequest, person_id: int) -> Recorded | None:
    row = session.execute(select(acts).where(acts.c.request_key == request.request_key)).first()
    if row is None:
        return None
    act, body = request.act, audit.canonical(dict(request.details))
    asked = (act.kind, act.day, act.amount_minor, act.reason, body, person_id)
    if asked != (row.kind, row.day, row.amount_minor, row.reason, row.body, row.person_id) or not _same(request, row):
        raise KeyConflict
    return Recorded(row.id, bool(row.needs_second), row.loan_id)


def _same(request: ActRequest, row: Row[Any]) -> bool:
    """Whether a request is about what a step was about; the loan that a disbursement began was not there before."""
    loan_id = None if row.kind == "disburse" else row.loan_id
    # The application of a loan is noted by the desk, whether or not it was asked for.
    return request.loan_id == loan_id and request.application_id in {row.application_id, None if loan_id else -1}


def _check_details(session: Session, request: ActRequest, known: Known, today: date) -> None:
    """The rules that need more of the record than where the loan stands."""
    match request.act.kind:
        case "check" if request.details.get("check") not in loan_life.CHECKS:
            raise ActRefused("check_missing", str(request.details.get("check")))
        case "contact":
            if request.details.get("channel") not in loan_life.CHANNELS:
                raise ActRefused("channel", "contact")
            since = today - timedelta(days=loan_life.CONTACT_DAYS - 1)
            if sum(each.kind == "contact" and each.day >= since for each in known.acts) >= loan_life.MOST_CONTACTS:
                raise ActRefused("too_many_contacts", "contact")
        case "disburse":
            loan_life.check_disbursement(
                accepted=any(each.kind == "accept" for each in known.acts),
                checks={json.loads(each.body).get("check") for each in known.acts if each.kind == "check"},
                score_age_days=known.score_age_days,
                consented=known.consented,
            )
        case "close_case" if not open_cases(known.acts):
            raise ActRefused("no_case", "close_case")
        case "reverse":
            _check_reversal(session, request, known)
        case "restructure":
            new_schedule(known, request.details, day=request.act.day)
    if request.act.kind in loan_life.SECOND_PERSON and any(_waits(each) for each in known.acts):
        raise ActRefused("waiting", request.act.kind)


def _waits(act: Row[Any]) -> bool:
    return bool(act.needs_second) and act.agreed is None


def open_cases(known_acts: tuple[Row[Any], ...]) -> set[str]:
    """The disputes and hardships of a loan that nobody has closed."""
    return loan_life.open_cases(each.kind for each in known_acts)


def _check_reversal(session: Session, request: ActRequest, known: Known) -> None:
    """A reversal names a payment of the loan, takes back all of it, on its day, and once."""
    ref = request.details.get("repayment_ref")
    paid = session.execute(
        select(repayments).where(
            repayments.c.shop_id == known.shop_id, repayments.c.loan_ref == known.loan_ref,
            repayments.c.repayment_ref == ref,
        )
    ).first()  # fmt: skip
    if paid is None or (paid.paid_on, paid.amount_minor) != (request.act.day, request.act.amount_minor):
        raise ActRefused("unknown", "reverse")
    for each in known.acts:
        gone = each.kind == "reverse" and each.agreed != 0 and json.loads(each.body).get("repayment_ref") == ref
        if gone:
            raise ActRefused("reversed", "reverse")


def new_schedule(known: Known, details: Mapping[str, Any], *, day: date) -> tuple[ScheduleLine, ...]:
    """The schedule that a restructuring gives a loan as it stands.

    Raises:
        ActRefused: for a term or rate that makes none.
    """
    return restructuring.new_schedule(
        outstanding_minor=known.standing.outstanding_minor, carried_minor=known.standing.waivable_minor,
        most_rate_ppm=known.annual_rate_ppm, term_months=details.get("term_months"),
        annual_rate_ppm=details.get("annual_rate_ppm"), day=day,
    )  # fmt: skip


def _insert(
    session: Session, request: ActRequest, known: Known, person_id: int, today: date, *, waits: bool
) -> Recorded:
    act = request.act
    batch_id = None
    loan_id = request.loan_id
    if act.kind in MOVES_BOOKS and not waits:
        batch_id = desk_batches.begin(session, person_id=person_id, source=act.kind, shop_id=known.shop_id)
        loan_id = apply(session, act, request.details, known, request.request_key, today, batch_id)
    body = audit.canonical(dict(request.details))
    act_id: int = session.execute(
        insert(acts)
        .values(
            loan_id=loan_id, application_id=known.application_id, kind=act.kind, day=act.day,
            amount_minor=act.amount_minor, body=body, reason=act.reason, person_id=person_id, needs_second=int(waits),
            batch_id=batch_id, booked_on=today, request_key=request.request_key, recorded_at=datetime.now(UTC),
        )
        .returning(acts.c.id)
    ).scalar_one()  # fmt: skip
    _note(session, person_id, act.kind, act_id, loan_id, known, body, waits=waits)
    return Recorded(act_id, waits, loan_id)


def _note(
    session: Session,
    person_id: int,
    kind: str,
    act_id: int,
    loan_id: int | None,
    known: Known,
    body: str,
    *,
    waits: bool,
) -> None:
    told = {"act_id": act_id, "details": json.loads(body), "waits": waits, "loan_ref": known.loan_ref}
    subject = ("applications", known.application_id) if loan_id is None else ("loans", loan_id)
    audit.record(session, person_id, f"loan: {kind}", *subject, told)


def apply(
    session: Session, act: Act, details: Mapping[str, Any], known: Known, key: str, booked_on: date, batch_id: int
) -> int | None:
    """Move the books by a step that stands; returns the loan's number, also of one that has just begun."""
    standing = known.standing
    if act.kind == "disburse":
        return loan_effects.disburse(session, known.application_id or 0, known.decision, day=act.day, batch_id=batch_id)
    loan = known.loan
    amount = act.amount_minor or 0
    match act.kind:
        case "pay" | "recover":
            loan_effects.pay(
                session, loan, ref=f"desk-{key}", day=act.day, booked_on=booked_on, amount_minor=amount,
                batch_id=batch_id,
            )  # fmt: skip
        case "settle":
            if amount:
                loan_effects.pay(
                    session, loan, ref=f"desk-{key}", day=act.day, booked_on=booked_on, amount_minor=amount,
                    batch_id=batch_id,
                )  # fmt: skip
            waived = max(standing.owed_minor - amount, 0)
            loan_effects.settle(session, loan, day=act.day, waived_minor=waived, batch_id=batch_id)
        case "write_off":
            loan_effects.write_off(
                session, loan, day=act.day, amount_minor=standing.outstanding_minor, batch_id=batch_id
            )
        case "restructure":
            lines = new_schedule(known, details, day=act.day)
            loan_effects.restructure(session, loan, lines, day=act.day, batch_id=batch_id)
    return int(loan.id)


def answer(engine: Engine, act_id: int, *, agrees: bool, note: str, person_id: int, today: date) -> Recorded:
    """Answer a step that waits for a second person; agreed, it moves the books now.

    Raises:
        NotAllowed: the person's role may not, or the person stands too close to the shop.
        ActRefused: the step is unknown or answered, the person asked for it or approved the loan, a manager is needed,
            or the loan no longer stands as the step needs it.
    """
    with open_session(engine, write=True) as session:
        turns.take(session, Turn.LOAN_STEP, str(act_id))
        row = session.execute(_ACT, {"act": act_id}).first()
        about = {} if row is None else {"loan_id": row.loan_id, "application_id": row.application_id}
        person = people.require(session, person_id, "book", **about)
        if row is None:
            raise ActRefused("unknown")
        if not row.needs_second or session.get(LoanActAnswer, act_id) is not None:
            raise ActRefused("answered", row.kind)
        known = _known(session, row.loan_id, row.application_id, today)
        interests.refuse(session, person, "book", shop_id=known.shop_id)
        maker = session.execute(select(persons.c.role).where(persons.c.id == row.person_id)).scalar_one()
        loan_life.check_answer(
            row.kind, maker_id=row.person_id, maker_role=maker, person_id=person.id, role=person.role,
            approvers=known.standing.approvers, agrees=agrees,
        )  # fmt: skip
        batch_id = _agree(session, row, known, person.id, today) if agrees else None
        session.execute(
            insert(answers).values(
                act_id=act_id, maker_id=row.person_id, person_id=person.id, agreed=int(agrees), note=note,
                batch_id=batch_id, booked_on=today, recorded_at=datetime.now(UTC),
            )
        )  # fmt: skip
        told = {"act_id": act_id, "kind": row.kind, "agreed": agrees, "loan_ref": known.loan_ref}
        audit.record(session, person.id, "loan: second person", "loans", row.loan_id, told)
        return Recorded(act_id, waits=False, loan_id=row.loan_id)


def _agree(session: Session, row: Row[Any], known: Known, person_id: int, today: date) -> int:
    """Move the books by a step that was asked for before, if the loan still stands as it needs."""
    # A new schedule and a write-off rest on where the loan stands now, not when they were asked for.
    day = today if row.kind in loan_life.FROM_AGREEMENT else row.day
    act = Act(row.kind, day, row.amount_minor, row.reason)
    loan_life.check_act(act, known.standing, person_id=row.person_id, today=today)
    batch_id = desk_batches.begin(session, person_id=person_id, source=row.kind, shop_id=known.shop_id)
    apply(session, act, json.loads(row.body), known, row.request_key, today, batch_id)
    return batch_id


_LOAN_LOCKED = select(loans.c.id).where(loans.c.id == bindparam("loan")).with_for_update()
_ACT = select(acts).where(acts.c.id == bindparam("act"))
