"""A file on an officer's desk: read whole, taken, given back, drafted on, and followed by the next."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Engine
from sqlmodel import Session

from db import (
    applications,
    decisions,
    drafts,
    exposure,
    holds,
    interests,
    offers,
    policies,
    queue,
    record,
    references,
    register,
    scores,
)
from db.engine import open_session
from lending.policy import Policy
from lending.rounds import Answer, Draft
from scoring.card import Card
from scoring.reference import Reference


@dataclass(frozen=True, slots=True)
class File:
    """Everything that is on record of one application, as one person may see it."""

    dossier: applications.Dossier
    policy: Policy
    """In force."""
    as_of: date
    """The record is shown before this day: today, or that of the score by which the file was decided."""
    score: scores.StoredScore | None
    shop: record.ShopRecord | None
    """None without consent."""
    others: pd.DataFrame | None
    """Of db.scores.map_points; None without a score."""
    earlier: pd.DataFrame
    """Of db.applications.of_shop: the shop's other applications."""
    owner: exposure.Exposure | None
    """None without consent."""
    card: Card | None
    """The card that made the score; None without one."""
    held_against: Reference
    """What the score's gaps were measured against."""
    company: Reference
    """What shops were like on the day of `as_of`."""
    offered: offers.OfferCase | None
    """For the term asked for; None without a score, and where the policy lends in another currency."""
    barred: str | None
    """Why this person stands too close to the shop, own_file or own_referral; None where they don't."""
    draft: Draft | None
    """What this person has entered for the round at hand."""


def open_file(engine: Engine, application_id: int, *, person_id: int, today: date, now: datetime) -> File:
    """Read a file.

    Raises:
        UnknownApplication: where no application has this number.
    """
    with open_session(engine) as session:
        dossier = applications.dossier(session, application_id, now=now)
        policy = policies.in_force(session)
        consented = dossier.consented_at is not None
        score = _score_of(session, dossier, today) if consented else None
        # A decided file shows the record that its score rests on, whatever came in later.
        as_of, batch_id = (score.as_of, score.batch_id) if score and dossier.decided else (today, None)
        shop = record.shop_record(session, dossier.shop_id, as_of=as_of, batch_id=batch_id) if consented else None
        earlier = applications.of_shop(session, dossier.shop_id, now=now)
        return File(
            dossier,
            policy,
            as_of,
            score,
            shop,
            others=scores.map_points(session, as_of=as_of, now=now) if score else None,
            earlier=earlier[earlier["application_id"] != application_id],
            owner=exposure.exposure_of(
                session, application_id, as_of=as_of, currency=policy.currency, batch_id=batch_id
            )
            if shop
            else None,
            card=register.card_of(scores.card_body(session, score.card_hash), score.card_hash) if score else None,
            held_against=references.get(session, score.reference_id if score else None),
            company=references.known_on(session, as_of),
            offered=offers.case_for(session, application_id, score.id) if score else None,
            barred=interests.barred(session, person_id).get(dossier.shop_id),
            draft=drafts.read(session, application_id, person_id=person_id, round_number=dossier.round),
        )


def _score_of(session: Session, dossier: applications.Dossier, today: date) -> scores.StoredScore | None:
    """The score that settled the file, or else the shop's newest."""
    if not dossier.decided:
        return scores.latest(session, dossier.shop_id, as_of=today)
    settled_by = dossier.rounds[-1].score_run_id
    return scores.get(session, settled_by) if settled_by else None


def offer_for(engine: Engine, file: File, *, term_months: int | None) -> offers.OfferCase | None:
    """The offer for a term; the one already read where it is for that term."""
    if file.score is None or (file.offered and term_months in (None, file.offered.offer.term_months)):
        return file.offered
    with open_session(engine) as session:
        return offers.case_for(session, file.dossier.application_id, file.score.id, term_months=term_months)


def change_hold(engine: Engine, application_id: int, *, person_id: int, take: bool) -> None:
    """Take an application, or give it back to the queue.

    Raises:
        BrokenRule: as db.holds.take and db.holds.release say.
    """
    change = holds.take if take else holds.release
    with open_session(engine, write=True) as session:
        change(session, application_id, person_id=person_id)


def keep_draft(engine: Engine, application_id: int, draft: Draft, *, person_id: int, round_number: int) -> None:
    """Keep what stands in somebody's form.

    Raises:
        BrokenRule: as db.drafts.keep says.
    """
    with open_session(engine, write=True) as session:
        drafts.keep(session, application_id, draft, person_id=person_id, round_number=round_number)


def record_answer(
    engine: Engine, file: File, answer: Answer, *, request_key: str, person_id: int, decided_on: date
) -> None:
    """Record the answer with the score and the policy that are on the screen.

    Raises:
        BrokenRule: as db.decisions.record says.
    """
    dossier = file.dossier
    request = decisions.DecisionRequest(
        request_key=request_key,
        application_id=dossier.application_id,
        application_batch_id=dossier.batch_id,
        round=dossier.round,
        score_run_id=file.score.id if file.score else None,
        policy_version=file.policy.version,
        **asdict(answer),
    )
    decisions.record(engine, request, person_id=person_id, decided_on=decided_on)


def next_file(engine: Engine, *, person_id: int, now: datetime) -> int | None:
    """The application with the nearest deadline that nobody holds and this person has not answered; None for none."""
    with open_session(engine) as session:
        return queue.next_in_line(session, queue.QueueView(), person_id=person_id, now=now)
