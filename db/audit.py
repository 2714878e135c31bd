"""The register of who did what. Rows are only ever added."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, insert, select
from sqlmodel import Session

from db.tables import Application, AuditEvent, Person, Shop, table_of

events = table_of(AuditEvent)
people = table_of(Person)
applications = table_of(Application)
shops = table_of(Shop)


def canonical(body: object) -> str:
    """JSON with sorted keys and no spare blanks: the same content always gives the same text."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def record(
    session: Session,
    person_id: int | None,
    kind: str,
    subject: str,
    subject_id: int | None,
    body: Mapping[str, object],
) -> None:
    """Add an event inside the caller's transaction, so that it stands or falls with what it tells."""
    session.execute(
        insert(events).values(
            recorded_at=datetime.now(UTC),
            person_id=person_id,
            kind=kind,
            subject=subject,
            subject_id=subject_id,
            body=canonical(body),
        )
    )


def record_refusal(session: Session, person_id: int | None, right: str, because: str) -> None:
    """Add that somebody tried what their role or branch does not give.

    Args:
        session: a transaction of its own, since the refused one is undone.
        person_id: who tried.
        right: the right, or the page.
        because: as in lending.errors.NotAllowed.
    """
    record(session, person_id, "refused", "people", person_id, {"right": right, "because": because})


def kinds(session: Session) -> list[str]:
    """The kinds of event that stand in the register."""
    return list(session.execute(select(events.c.kind).distinct().order_by(events.c.kind)).scalars())


def newest(
    session: Session, *, kinds: tuple[str, ...] = (), person_id: int | None = None, page: int = 1, size: int = 50
) -> pd.DataFrame:
    """One page of the register, newest first.

    Returns:
        A row per event: sequence, recorded_at (UTC), person, kind, subject, subject_id, application_ref and shop_name
        where it is about an application, body (JSON text).
    """
    about_application = (events.c.subject == "applications") & (events.c.subject_id == applications.c.id)
    rows = _chosen(
        select(
            events.c.sequence, events.c.recorded_at, people.c.name.label("person"), events.c.kind, events.c.subject,
            events.c.subject_id, applications.c.application_ref, shops.c.name.label("shop_name"), events.c.body,
        )
        .outerjoin_from(events, people, events.c.person_id == people.c.id)
        .outerjoin(applications, about_application)
        .outerjoin(shops, applications.c.shop_id == shops.c.id),
        kinds,
        person_id,
    )  # fmt: skip
    page_of_rows = rows.order_by(events.c.sequence.desc()).limit(size).offset((page - 1) * size)
    found = pd.DataFrame(session.execute(page_of_rows).mappings().all(), columns=list(rows.selected_columns.keys()))
    return found.astype({"subject_id": "Int64"})


def count(session: Session, *, kinds: tuple[str, ...] = (), person_id: int | None = None) -> int:
    """How many events `newest` has with the same choice."""
    counted: int = session.execute(_chosen(select(func.count()).select_from(events), kinds, person_id)).scalar_one()
    return counted


def _chosen(statement: Select[Any], kinds: tuple[str, ...], person_id: int | None) -> Select[Any]:
    if kinds:
        statement = statement.where(events.c.kind.in_(kinds))
    if person_id is not None:
        statement = statement.where(events.c.person_id == person_id)
    return statement
