"""The record that a command works on, brought up to date; what only reads or changes a record makes none."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine
    from sqlmodel import Session


def existing() -> "Engine":
    """The record that is there.

    Raises:
        DatabaseUnavailable: where there is none, which `loam.py` tells in a sentence; nothing is made.
    """
    from db import lost_record
    from db.engine import connect, migrate
    from settings import settings

    engine = connect(settings().database_url)
    lost_record.require_there(engine)
    migrate(engine)
    return engine


def existing_or_new() -> "Engine":
    """The record that is there, or a new one where there never was any.

    Raises:
        DatabaseUnavailable: where one has been and is lost; nothing is made.
    """
    from db import lost_record
    from db.engine import connect, migrate
    from settings import settings

    engine = connect(settings().database_url)
    lost_record.require_not_lost(engine)
    migrate(engine)
    return engine


@contextmanager
def transaction(*, write: bool) -> "Iterator[Session]":
    """A transaction on the record that is there; a refusal is told in words, and ends with 1."""
    from components.refusals import sentence
    from db.engine import open_session
    from lending.errors import BrokenRule

    engine = existing()
    try:
        with open_session(engine, write=write) as session:
            yield session
    except BrokenRule as refusal:
        print(sentence(refusal), file=sys.stderr)
        raise typer.Exit(1) from refusal


def today(session: "Session") -> "date":
    """The day at the desk: the configured business date, else the demo's, else that of the calendar."""
    from db import facts
    from settings import local_today, settings

    return local_today(settings().business_date or facts.demo_business_date(session))
