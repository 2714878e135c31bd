"""Days and times as people write them, by a declared order of day, month and year."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cells import Mask
from ingest.export_cells import MONTHS

ORDERS_OF_DAY = {"YMD": "2026-03-31", "DMY": "31/03/2026", "MDY": "03/31/2026"}
"""Each order of year, month and day, and a day written so."""

_SEPARATOR = "[-/. ]"
_NUMBERS = {
    "YMD": r"(?P<y>[0-9]{4})(?:[-/.]|年)(?P<m>[0-9]{1,2})(?:[-/.]|月)(?P<d>[0-9]{1,2})日?",
    "DMY": rf"(?P<d>[0-9]{{1,2}}){_SEPARATOR}(?P<m>[0-9]{{1,2}}){_SEPARATOR}(?P<y>[0-9]{{4}}|[0-9]{{2}})",
    "MDY": rf"(?P<m>[0-9]{{1,2}}){_SEPARATOR}(?P<d>[0-9]{{1,2}}){_SEPARATOR}(?P<y>[0-9]{{4}}|[0-9]{{2}})",
}
# A month in letters leaves nothing open.
_LETTERS = (
    r"(?P<d>[0-9]{1,2})[- ](?P<m>[A-Za-z]{3})[a-z]*\.?[- ](?P<y>[0-9]{4})",
    r"(?P<m>[A-Za-z]{3})[a-z]*\.? (?P<d>[0-9]{1,2}),? (?P<y>[0-9]{4})",
)
_CLOCK = (
    r"(?:(?:T|,? +)(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2}(?:\.[0-9]{1,6})?))?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)? ?(?P<zone>Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_PATTERNS = {
    order: tuple(re.compile(f"{day}{_CLOCK}") for day in (numbers, *_LETTERS)) for order, numbers in _NUMBERS.items()
}


@dataclass(frozen=True, slots=True)
class WrittenDays:
    """One column: the texts as ISO 8601 has them, where one is no such day, and what would be right there."""

    texts: pa.Array
    wrong: Mask
    right: str


def iso_days(cells: pa.Array, order: str, *, day_alone: bool) -> WrittenDays:
    """Times, or days alone, as ISO 8601 has them. Each text that differs is read once.

    >>> iso_days(pa.array(["31/03/2026 9:05 pm", "1.4.26", ""]), "DMY", day_alone=False).texts.to_pylist()
    ['2026-03-31T21:05:00', '2026-04-01', '']
    """
    encoded = pc.dictionary_encode(cells)
    texts = encoded.dictionary.to_pylist()
    read = [iso_day(text, order, day_alone=day_alone) if text else "" for text in texts]
    wrong = np.array([each is None for each in read], dtype=bool)[encoded.indices.to_numpy()]
    what = "day" if day_alone else "day or time"
    right = f"no {what} as this file is said to write them; right would be such as {ORDERS_OF_DAY[order]}"
    return WrittenDays(pa.array([each or "" for each in read], pa.string()).take(encoded.indices), wrong, right)


def iso_day(text: str, order: str, *, day_alone: bool = False) -> str | None:
    """One time as ISO 8601 has it; None where it is none in this order of day, month and year.

    >>> iso_day("03/04/2026", "DMY"), iso_day("03/04/2026", "MDY"), iso_day("31/04/2026", "DMY")
    ('2026-04-03', '2026-03-04', None)
    """
    found = next((match for pattern in _PATTERNS[order] if (match := pattern.fullmatch(text))), None)
    if found is None:
        return None
    month = found["m"]
    if month.isalpha() and month.lower() not in MONTHS:
        return None
    number = MONTHS.index(month.lower()) + 1 if month.isalpha() else int(month)
    try:
        day = date(int(found["y"]) + (2000 if len(found["y"]) == 2 else 0), number, int(found["d"])).isoformat()
    except ValueError:
        return None
    clock = _clock(found)
    if clock is None:
        return None
    if day_alone:
        return day if clock in ("", "T00:00:00") else None
    return day + clock


def _clock(found: re.Match[str]) -> str | None:
    """The time of day, empty where there is none; None for one that no clock shows."""
    if found["H"] is None:
        return ""
    hour, second = int(found["H"]), found["S"] or "00"
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0)
    if hour > 23 or int(found["M"]) > 59 or float(second) >= 60:
        return None
    zone = found["zone"] or ""
    zone = "+00:00" if zone in ("Z", "UTC") else zone
    return f"T{hour:02}:{found['M']}:{second}{zone}"
