"""What somebody has entered on a file and not recorded yet: a refresh, another tab or a pause loses none of it.

A draft is its writer's own. It belongs to one round of the file, and is gone once that round is recorded.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session

from db import applications, audit, people, policies
from db.tables import Draft as DraftRow
from db.tables import table_of
from lending.errors import NoteTooLong, Stale
from lending.rounds import Draft

drafts = table_of(DraftRow)

_KEPT = select(drafts.c.body).where(
    drafts.c.application_id == bindparam("application"),
    drafts.c.person_id == bindparam("person"),
    drafts.c.round == bindparam("round"),
)


def keep(session: Session, application_id: int, draft: Draft, *, person_id: int, round_number: int) -> None:
    """Keep what stands in somebody's form, in place of what was kept before.

    Raises:
        NotAllowed: where the person may not decide.
        UnknownApplication: where no application has this number.
        Stale: where another round has begun since.
        NoteTooLong: where the note is longer than the record would take.
    """
    people.require(session, person_id, "decide", application_id=application_id)
    applications.lock(session, application_id)
    recorded = applications.rounds(session, application_id)
    if round_number != len(recorded) + 1 or any(each.final for each in recorded):
        raise Stale("round")
    longest = policies.in_force(session).longest_note
    if len(draft.note) > longest:
        raise NoteTooLong(len(draft.note), longest)
    session.execute(delete(drafts).where(drafts.c.application_id == application_id, drafts.c.person_id == person_id))
    session.execute(
        insert(drafts).values(
            application_id=application_id,
            person_id=person_id,
            round=round_number,
            body=audit.canonical(asdict(draft)),
            saved_at=datetime.now(UTC),
        )
    )


def read(session: Session, application_id: int, *, person_id: int, round_number: int) -> Draft | None:
    """What this person last entered for this round; None where nothing is kept, or it was for another round."""
    asked = {"application": application_id, "person": person_id, "round": round_number}
    body = session.execute(_KEPT, asked).scalar_one_or_none()
    if body is None:
        return None
    fields = json.loads(body)
    return Draft(**fields | {"reasons": tuple(fields["reasons"])})


def drop(session: Session, application_id: int) -> None:
    """Forget what anybody entered on a file: a round of it has just been recorded."""
    session.execute(delete(drafts).where(drafts.c.application_id == application_id))
