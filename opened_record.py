"""The record that a command works on, brought up to date; what only reads or changes a record makes none."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine


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
