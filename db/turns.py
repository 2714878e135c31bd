"""Whose turn it is where only one at a time may look and write: whoever comes second on PostgreSQL waits for the first.

On SQLite a writing transaction is alone anyway. The rows in question are a register's, or of several tables; to lock a
row takes the right to change it, which the desk's role has on no register.
"""

from enum import IntEnum

from sqlalchemy import text
from sqlmodel import Session


class Turn(IntEnum):
    """What is done in turn; the numbers are locks of their own, apart from those that are named by one number."""

    LOAN_STEP = 1
    POLICY = 2
    MODELS = 3
    OWNER = 4


def take(session: Session, turn: Turn, about: str = "") -> None:
    """Wait until nobody else has this turn; it is given back at the end of the transaction.

    Args:
        session: a transaction that writes.
        turn: what is done.
        about: to what it is done; two things that share a number wait for each other without need.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(_TAKE, {"turn": turn.value, "about": about})


_TAKE = text("SELECT pg_advisory_xact_lock(:turn, hashtext(:about))")
