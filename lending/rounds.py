"""One round of deciding an application, as it stands on record."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Round:
    """Who answered, what, under which authority, and whether that settled the file."""

    decision_id: int
    number: int
    person_id: int
    person_name: str
    outcome: str
    amount_minor: int | None
    term_months: int | None
    rate_bps: int | None
    reasons: tuple[str, ...]
    """Reason codes."""
    note: str
    authority: str
    override: bool
    final: bool
    score_run_id: int | None
    policy_version: int
    decided_on: date
    """The business date of the desk."""
    recorded_at: datetime
    """The wall clock."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answers to an application, before it is recorded."""

    outcome: str
    amount_minor: int | None
    term_months: int | None
    rate_bps: int | None
    reasons: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in somebody's form and is not recorded yet. Unlike in an answer, each field keeps its value."""

    outcome: str
    amount_minor: int | None
    """The amount looked at, whatever the outcome; None where nothing can be lent."""
    term_months: int | None
    reasons: tuple[str, ...]
    note: str
