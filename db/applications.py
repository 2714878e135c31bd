"""Applications: everything known about one of them.

Without consent only its shop's name and its own state are given out.
"""

import functools
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, bindparam, case, func, select
from sqlmodel import Session

from db import consents
from db.tables import Application, Decision, Hold, Person, Shop, UtcTime, table_of
from lending.errors import AlreadyDecided, UnknownApplication
from lending.rounds import Round

applications = table_of(Application)
shops = table_of(Shop)
holds = table_of(Hold)
decisions = table_of(Decision)
holders = table_of(Person).alias("holders")

# Built once: putting them together takes longer than running them.
_ROUNDS = (
    select(decisions, holders.c.name.label("person_name"))
    .join_from(decisions, holders, decisions.c.person_id == holders.c.id)
    .where(decisions.c.application_id == bindparam("application"))
    .order_by(decisions.c.round)
)
_LOCK = select(applications.c.id).where(applications.c.id == bindparam("application")).with_for_update()

# Columns of the shop: what anybody sees of it, and what only its consent opens.
ALWAYS_SEEN = ("shop_ref", "time_zone", "generated")
SEEN_WITH_CONSENT = (
    "category", "region", "city", "rural", "marketplace", "owner_ref", "owner_kind", "opened_on",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dossier:
    """One application with its shop: what Review shows at the top.

    Without consent `consented_at` is None, and the shop's columns other than its name are left empty.
    """

    application_id: int
    application_ref: str
    shop_id: int
    shop_ref: str
    shop_name: str
    category: str | None
    region: str | None
    city: str | None
    rural: int | None
    marketplace: str | None
    owner_ref: str | None
    owner_kind: str | None
    opened_on: date | None
    time_zone: str
    generated: bool
    submitted_at: datetime
    amount_minor: int
    currency: str
    term_months: int
    purpose: str | None
    consented_at: datetime | None
    """None where the shop has not consented, or only from a later moment on."""
    batch_id: int
    """The import that brought the application as it stands."""
    holder_id: int | None
    holder_name: str | None
    taken_at: datetime | None
    rounds: tuple[Round, ...]

    @property
    def decided(self) -> bool:
        """Whether a final decision exists."""
        return any(each.final for each in self.rounds)

    @property
    def round(self) -> int:
        """The number of the round that would be decided next."""
        return len(self.rounds) + 1


def dossier(session: Session, application_id: int, *, now: datetime) -> Dossier:
    """One application, its shop, its holder and its rounds so far.

    Raises:
        UnknownApplication: where no application has this number.
    """
    row = session.execute(
        select(
            applications,
            consents.given_at(applications, now).label("given_at"),
            shops.c.name.label("shop_name"),
            *(shops.c[name] for name in (*ALWAYS_SEEN, *SEEN_WITH_CONSENT)),
            holds.c.person_id.label("holder_id"),
            holders.c.name.label("holder_name"),
            holds.c.taken_at,
        )
        .join_from(applications, shops, applications.c.shop_id == shops.c.id)
        .outerjoin(holds, holds.c.application_id == applications.c.id)
        .outerjoin(holders, holders.c.id == holds.c.person_id)
        .where(applications.c.id == application_id)
    ).first()
    if row is None:
        raise UnknownApplication
    consented = row.given_at is not None
    seen = {name: row._mapping[name] if consented else None for name in (*SEEN_WITH_CONSENT, "purpose")}
    return Dossier(
        application_id=row.id,
        application_ref=row.application_ref,
        shop_id=row.shop_id,
        shop_ref=row.shop_ref,
        shop_name=row.shop_name,
        time_zone=row.time_zone,
        generated=bool(row.generated),
        submitted_at=row.submitted_at,
        amount_minor=row.amount_minor,
        currency=row.currency,
        term_months=row.term_months,
        batch_id=row.batch_id,
        holder_id=row.holder_id,
        holder_name=row.holder_name,
        taken_at=row.taken_at,
        rounds=rounds(session, application_id),
        consented_at=row.given_at,
        **seen,
    )


def rounds(session: Session, application_id: int) -> tuple[Round, ...]:
    """The decisions of an application, oldest first."""
    return tuple(
        Round(
            decision_id=row.id,
            number=row.round,
            person_id=row.person_id,
            person_name=row.person_name,
            outcome=row.outcome,
            amount_minor=row.amount_minor,
            term_months=row.term_months,
            rate_bps=row.rate_bps,
            reasons=tuple(json.loads(row.reasons)),
            note=row.note,
            authority=row.authority,
            override=bool(row.override),
            final=bool(row.final),
            score_run_id=row.score_run_id,
            policy_version=row.policy_version,
            decided_on=row.decided_on,
            recorded_at=row.recorded_at,
        )
        for row in session.execute(_ROUNDS, {"application": application_id})
    )


def of_shop(session: Session, shop_id: int, *, now: datetime) -> pd.DataFrame:
    """A shop's applications with their last round, newest first.

    Returns:
        A row per application: application_id, application_ref, submitted_at, amount_minor, currency, term_months,
        consented_at, outcome, decided_amount_minor, final, recorded_at. Both amounts and the term are missing for an
        application that no consent opens.
    """
    rows = session.execute(_of_shop(), {"shop_id": shop_id, "now": now})
    # As objects: a missing amount would turn the others into fractions.
    return pd.DataFrame(rows.all(), columns=list(rows.keys()), dtype=object)


@functools.cache
def _of_shop() -> Select[Any]:
    given_at = consents.given_at(applications, bindparam("now", type_=UtcTime))
    consented = given_at.is_not(None)
    return (
        select(
            applications.c.id.label("application_id"),
            applications.c.application_ref,
            applications.c.submitted_at,
            case((consented, applications.c.amount_minor)).label("amount_minor"),
            applications.c.currency,
            case((consented, applications.c.term_months)).label("term_months"),
            given_at.label("consented_at"),
            decisions.c.outcome,
            case((consented, decisions.c.amount_minor)).label("decided_amount_minor"),
            decisions.c.final,
            decisions.c.recorded_at,
        )
        .outerjoin_from(applications, decisions, decisions.c.id == latest_round())
        .where(applications.c.shop_id == bindparam("shop_id"))
        .order_by(applications.c.submitted_at.desc())
    )


def latest_round() -> ColumnElement[int]:
    """The number of an application's newest decision row, for a join on `decisions`."""
    newest = decisions.alias("newest_round")
    return select(func.max(newest.c.id)).where(newest.c.application_id == applications.c.id).scalar_subquery()


def lock(session: Session, application_id: int) -> None:
    """Let nobody else write about an application until this transaction ends; UnknownApplication for none.

    On PostgreSQL its row is locked. On SQLite a writing transaction is alone anyway.
    """
    if session.execute(_LOCK, {"application": application_id}).first() is None:
        raise UnknownApplication


def refuse_if_decided(session: Session, application_id: int) -> None:
    """Raise AlreadyDecided for a decided application."""
    refuse_if_final(rounds(session, application_id))


def refuse_if_final(before: tuple[Round, ...]) -> None:
    """Raise AlreadyDecided where one of the rounds is final."""
    for each in before:
        if each.final:
            raise AlreadyDecided(each.person_name, each.recorded_at, each.outcome, final=True)
