"""The register as a list to take along: a line per event."""

from datetime import datetime

from reports.lists import Column, Line

COLUMNS = (
    Column("number", "Number", 9),
    Column("recorded_at", "Recorded, UTC", 20),
    Column("who", "Who", 22),
    Column("what", "What", 16),
    Column("on", "On", 34),
    Column("details", "Details", 80),
)


def line(number: int, recorded_at: datetime, who: str, what: str, on: str, details: str) -> Line:
    """One event, in the words of the Audit page."""
    return number, f"{recorded_at:%Y-%m-%d %H:%M:%S}", who, what, on, details
