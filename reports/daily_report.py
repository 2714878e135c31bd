"""What was done at the desk in a day, with the head of the chain, to be printed and kept away from the record."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Cell = Callable[[str], str]

DECISIONS, LOANS, IMPORTS, REFUSED, OTHERS = "Decisions", "Loan steps", "Imports", "Refused attempts", "Others"
PARTS = (DECISIONS, LOANS, IMPORTS, REFUSED, OTHERS)
_DECIDING = ("decide", "propose", "refer")
SIGN_IN = "sign in"
CSV_COLUMNS = ("day", "part", "number", "recorded_at", "who", "what", "on", "details")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the register, in words."""

    sequence: int
    recorded_at: str
    """On the clock of the desk."""
    person: str
    kind: str
    subject: str
    details: str

    @property
    def part(self) -> str:
        """The part of the report in which it stands."""
        if self.kind in _DECIDING:
            return DECISIONS
        if self.kind.startswith("loan"):
            return LOANS
        if self.kind.startswith("import"):
            return IMPORTS
        return REFUSED if self.kind.startswith("refuse") else OTHERS


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the register, and what was found when it was checked."""

    day: date
    time_zone: str
    """On whose clock its times are."""
    events: Sequence[Event]
    """All but sign-ins, in the order in which they were recorded."""
    sign_ins: Mapping[str, int]
    """How often each person signed in."""
    head: str
    """The chain's, as number:seal, when the report was made."""
    checked: str
    """In words, what the check found."""


def as_text(told: Day) -> str:
    """The report as plain text, one event to a line."""
    lines = [f"Loam, daily report of {told.day.isoformat()}, times of {told.time_zone}", ""]
    lines += [f"Head of the chain: {told.head}", told.checked, ""]
    for part in PARTS:
        events = [each for each in told.events if each.part == part]
        lines.append(f"{part}: {len(events)}")
        lines += [
            f"  {each.sequence:>7}  {each.recorded_at}  {each.person}  {each.kind}  {each.subject}  {each.details}"
            for each in events
        ]
        lines.append("")
    lines.append(f"Sign-ins: {sum(told.sign_ins.values())}")
    lines += [f"  {person}: {count}" for person, count in sorted(told.sign_ins.items())]
    return "\n".join(lines) + "\n"


def as_csv(told: Day, cell: Cell) -> str:
    """The report for programs: a line per event, one per person who signed in, and last the head of the chain.

    Args:
        told: the day.
        cell: makes a text safe for spreadsheets.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    day = told.day.isoformat()
    rows: list[tuple[Any, ...]] = [
        (day, each.part, each.sequence, each.recorded_at, each.person, each.kind, each.subject, each.details)
        for each in told.events
    ]
    rows += [
        (day, "Sign-ins", "", "", person, SIGN_IN, "", str(count)) for person, count in sorted(told.sign_ins.items())
    ]
    rows.append((day, "Chain", "", "", "", "head", "", told.head))
    rows.append((day, "Chain", "", "", "", "check", "", told.checked))
    writer.writerows([cell(value) if isinstance(value, str) else value for value in row] for row in rows)
    return out.getvalue()
