"""What a fault of SQLite or PostgreSQL means to a person."""

import sqlalchemy

# What SQLite and PostgreSQL say, and what it means to a person.
_CAUSES: dict[tuple[str, ...], str | None] = {
    ("could not decode to utf-8",): None,  # what else it says is the text of a cell
    ("locked", "is busy", "lock timeout", "deadlock"): (
        "The record is busy with a long import. Nothing was changed; try again in a minute."
    ),
    ("disk is full", "no space left"): "The disk that holds the record is full. Nothing was changed.",
    ("readonly", "read-only"): "The record can only be read at the moment. Nothing was changed.",
    ("unable to open",): "The database file cannot be opened.",
    ("disk i/o error",): "The disk that holds the record could not be read or written. Nothing was changed.",
    ("not a database", "malformed", "unsupported file format"): (
        "The database file is damaged, or is no SQLite file. Nothing was changed; put a copy of it back."
    ),
}
IN_DOUBT = (
    "The connection to the database was lost while this was being recorded. Look whether it stands on record before "
    "you do it again; pressing the same button once more records nothing twice."
)
# Classes of PostgreSQL's codes: no connection, not let in, no such database, too little of something, shut down.
_OUT_OF_REACH = ("08", "28", "3D", "53", "57P")


def plain_cause(error: sqlalchemy.exc.DBAPIError) -> str | None:
    """What keeps the database from working, in words for a person; None where a statement is at fault."""
    if isinstance(error, sqlalchemy.exc.IntegrityError | sqlalchemy.exc.DataError | sqlalchemy.exc.ProgrammingError):
        return None
    said = str(error.orig).lower()
    for signs, words in _CAUSES.items():
        if any(sign in said for sign in signs):
            return words
    return "The database cannot be reached. Nothing was changed." if is_out_of_reach(error) else None


def is_out_of_reach(error: sqlalchemy.exc.DBAPIError) -> bool:
    """Whether no server answers any more, or none that lets the desk in."""
    # psycopg's errors alone have a state; where no server answered, it is None.
    state = getattr(error.orig, "sqlstate", "")
    return error.connection_invalidated or state is None or state.startswith(_OUT_OF_REACH)
