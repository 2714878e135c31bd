"""The register as a list to take along: a line per event."""

from datetime import datetime

from reports.lists import Column, Line


def columns(time_zone: str) -> tuple[Column, ...]:
    """The columns, of which one is a time on the clock of this zone."""
    return (
        Column("number", "Number", 9),
        Column("recorded_at", f"Recorded, {time_zone}", 26),
        Column("who", "Who", 22),
        Column("what", "What", 18),
        Column("on", "On", 34),
        Column("details", "Details", 80),
    )


def line(number: int, recorded_at: datetime, who: str, what: str, on: str, details: str) -> Line:
    """One event, in the words of the Audit page."""
    return number, f"{recorded_at:%Y-%m-%d %H:%M:%S}", who, what, on, details
