"""What an officer does with a file before it is answered: take it, give it back, keep what was entered, go on."""

from datetime import datetime

from sqlalchemy import Engine

from db import drafts, holds, queue
from db.engine import open_session
from lending.rounds import Draft


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


def next_file(engine: Engine, *, person_id: int, now: datetime) -> int | None:
    """The application with the nearest deadline that nobody holds and this person has not answered; None for none."""
    with open_session(engine) as session:
        return queue.next_in_line(session, queue.QueueView(), person_id=person_id, now=now)
