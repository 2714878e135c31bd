"""A file that waits for a second person: what the first one answered, and what has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine
from sqlmodel import Session

from db import applications, approvals, interests, offers, policies, scores, wallets
from db.applications import Dossier
from db.approvals import Imported, InLine
from db.engine import open_session
from lending.authority import Ground
from lending.balances import closing_minor
from lending.judgement import grounds_of
from lending.offer import Offer
from lending.policy import Policy
from lending.rounds import Answer, Round
from scoring.records import ScoreResult


@dataclass(frozen=True, slots=True)
class Line:
    """Everything that waits for a second person to answer an application, and what the reader may not answer."""

    files: list[InLine]
    answered: dict[int, set[int]]
    """By application: who took part."""
    barred: dict[int, str]
    """By shop: why the reader decides nothing of it."""
    policy: Policy
    """In force."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What an answer rests on, at one time."""

    policy: Policy
    score_id: int | None
    score: ScoreResult | None
    offer: Offer | None
    """None without a score or consent, and in another currency."""
    asked_minor: int
    term_months: int
    balance_minor: int | None
    """Of the wallet; None where no balance is on record."""


@dataclass(frozen=True, slots=True)
class Approval:
    """A file with its last answer, what that needs and why, and what it rested on then and would rest on now."""

    dossier: Dossier
    answer: Round
    grounds: tuple[Ground, ...]
    then: Stand
    now: Stand
    imported: Imported


def read_line(engine: Engine, *, person_id: int, now: datetime) -> Line:
    """The applications that wait for a second person, the nearest deadline first."""
    with open_session(engine) as session:
        files = approvals.waiting(session, now=now)
        took_part = approvals.answered(session, [each.application_id for each in files])
        return Line(files, took_part, interests.barred(session, person_id), policies.in_force(session))


def imported_for(engine: Engine, files: list[InLine]) -> Mapping[int, Imported]:
    """What imports changed since for the shops of a page of files."""
    since: dict[int, int] = {}
    for each in files:
        since[each.shop_id] = min(each.batch_then, since.get(each.shop_id, each.batch_then))
    with open_session(engine) as session:
        return approvals.imported_since(session, since)


def open_approval(engine: Engine, line: InLine, *, today: date, now: datetime) -> Approval:
    """Read one of the files that wait.

    Raises:
        UnknownApplication: where it is gone.
    """
    with open_session(engine) as session:
        dossier = applications.dossier(session, line.application_id, now=now)
        answer = dossier.rounds[-1]
        found = policies.of_versions(session, {answer.policy_version})
        seen = offers.Seen(found[answer.policy_version], line.batch_then, answer.recorded_at)
        then = _stand(session, dossier, line, answer.score_run_id, today, seen)
        newest = scores.latest(session, dossier.shop_id, as_of=today)
        present = _stand(session, dossier, line, newest.id if newest else None, today, None)
        since = approvals.imported_since(session, {line.shop_id: line.batch_then})
    given = Answer(
        answer.outcome, answer.amount_minor, answer.term_months, answer.rate_bps, answer.reasons, answer.note
    )
    grounds = grounds_of(then.policy, given, offer=then.offer, override=answer.override)
    return Approval(dossier, answer, grounds, then, present, since.get(line.shop_id, Imported()))


def _stand(
    session: Session, dossier: Dossier, line: InLine, score_id: int | None, today: date, seen: offers.Seen | None
) -> Stand:
    consented = dossier.consented_at is not None
    score = scores.get(session, score_id) if score_id and consented else None
    # Both offers are for the term that was answered, so that what differs is not the term.
    term = dossier.rounds[-1].term_months
    case = offers.case_for(session, dossier.application_id, score.id, term_months=term, seen=seen) if score else None
    batch = seen.batch_id if seen else None
    asked = approvals.asked_then(session, dossier.application_id, line.batch_then) if seen else None
    amount, months = asked or (dossier.amount_minor, dossier.term_months)
    balance = None
    if consented:
        entries = wallets.balance_entries(session, dossier.shop_id, as_of=today, days=1, batch_id=batch)
        balance = closing_minor(entries)
    policy = seen.policy if seen else policies.in_force(session)
    return Stand(
        policy, score.id if score else None, score.result if score else None, case.offer if case else None, amount,
        months, balance,
    )  # fmt: skip
