"""The register of who did what. Rows are only ever added."""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, insert, select
from sqlmodel import Session

from db import audit_names
from db.engine import UNLINKED
from db.tables import Application, AuditEvent, Person, Shop, table_of

log = logging.getLogger("loam")
events = table_of(AuditEvent)
people = table_of(Person)
applications = table_of(Application)
shops = table_of(Shop)


def canonical(body: object) -> str:
    """JSON with sorted keys and no spare blanks: the same content always gives the same text."""
    return _ENCODER.encode(body)


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def record(
    session: Session,
    person_id: int | None,
    kind: str,
    subject: str,
    subject_id: int | None,
    body: Mapping[str, object],
) -> None:
    """Add an event inside the caller's transaction, so that it stands or falls with what it tells.

    Where nothing can be linked to the chain, people still sign in and out; that then stands in the log alone.
    """
    if session.info.get(UNLINKED):
        log.warning("not in the register, which can't be written: %s by person %s", kind, person_id)
        return
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
        A row per event: sequence, recorded_at (UTC), person, kind, subject, subject_id, subject_name (of a person or
        branch, the reference of a loan), application_ref, shop_name where it is about a shop, body (JSON text, with
        the names of db.audit_names).
    """
    rows = _chosen(_told(), kinds, person_id)
    page_of_rows = rows.order_by(events.c.sequence.desc()).limit(size).offset((page - 1) * size)
    return _frame(session, page_of_rows)


def between(session: Session, start: datetime, end: datetime) -> pd.DataFrame:
    """All events recorded from a moment on and before another, oldest first; columns as in `newest`."""
    rows = _told().where(events.c.recorded_at >= start, events.c.recorded_at < end).order_by(events.c.sequence)
    return _frame(session, rows)


def parts(session: Session, *, kinds: tuple[str, ...] = (), size: int = 1_000) -> Iterator[pd.DataFrame]:
    """The whole register, newest first, some events at a time; columns as in `newest`."""
    rows, last = _chosen(_told(), kinds, None).order_by(events.c.sequence.desc()).limit(size), None
    while True:
        part = _frame(session, rows if last is None else rows.where(events.c.sequence < last))
        if part.empty:
            return
        yield part
        last = int(part["sequence"].iloc[-1])


def _told() -> Select[Any]:
    """Events with the names of whom and what they are about."""
    return select(
        events.c.sequence, events.c.recorded_at, people.c.name.label("person"), events.c.kind, events.c.subject,
        events.c.subject_id, audit_names.SUBJECT_NAME.label("subject_name"), applications.c.application_ref,
        shops.c.name.label("shop_name"), events.c.body,
    ).select_from(audit_names.joined(events.outerjoin(people, events.c.person_id == people.c.id)))  # fmt: skip


def _frame(session: Session, rows: Select[Any]) -> pd.DataFrame:
    found = pd.DataFrame(session.execute(rows).mappings().all(), columns=list(rows.selected_columns.keys()))
    found["body"] = audit_names.with_names(session, found["body"])
    return found.astype({"subject_id": "Int64", "body": object})


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
