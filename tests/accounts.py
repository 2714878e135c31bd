"""People with an account for tests: all made up, with one passphrase among them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from db import accounts, roster, sign_ins, token_seals
from db.engine import open_session

PHRASE = "seven quiet herons wade"
OTHER_PHRASE = "copper lanterns over rain"


def add_person(engine, handle="anna", *, role="officer", name=None, phrase=PHRASE, **facts):
    """Somebody with a passphrase, chosen by a link; their number."""
    with open_session(engine, write=True) as session:
        number = roster.add(
            session, actor_id=None, handle=handle, name=name or f"{handle.capitalize()} Madeup", role=role, **facts
        )
        token = accounts.make_link(session, number, actor_id=None) if phrase else None
    if phrase:
        assert accounts.use_link(engine, token, phrase)
    return number


def shift_sign_ins(engine, person_id, *, seen_minutes=0, signed_in_minutes=0):
    """Let all sign-ins of a person lie further back, instead of waiting."""
    rows = sign_ins.sign_ins
    with open_session(engine, write=True) as session:
        for row in session.execute(rows.select().where(rows.c.person_id == person_id)).all():
            since = row.signed_in_at - timedelta(minutes=signed_in_minutes)
            session.execute(
                update(rows)
                .where(rows.c.token_hash == row.token_hash)
                .values(
                    last_seen_at=row.last_seen_at - timedelta(minutes=seen_minutes),
                    signed_in_at=since,
                    seal=token_seals.seal_now(session, "sign_ins", row.token_hash, person_id, since),
                )
            )


def shift_failures(engine, **ago):
    """Let all failures lie further back."""
    rows = accounts.failures
    with open_session(engine, write=True) as session:
        for row in session.execute(rows.select()).all():
            session.execute(update(rows).where(rows.c.id == row.id).values(failed_at=row.failed_at - timedelta(**ago)))


def age_links(engine, **ago):
    """Let all links lie further back."""
    with open_session(engine, write=True) as session:
        session.execute(update(accounts.links).values(expires_at=datetime.now(UTC) - timedelta(**ago)))


def events(engine, *kinds):
    """The register's events of some kinds, or all: (kind, person, whom, details)."""
    from db import audit

    with open_session(engine) as session:
        rows = session.execute(audit.events.select().order_by(audit.events.c.sequence)).all()
    return [(row.kind, row.person_id, row.subject_id, row.body) for row in rows if not kinds or row.kind in kinds]
