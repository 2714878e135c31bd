"""Known outcomes of loans: which shop, as of which day, and whether it went bad. One small CSV file, read strictly."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from ingest.cells import DAY_SHAPE
from lending.records import BadRow

COLUMNS = ("shop_ref", "as_of", "bad")


class CsvReader(Protocol):
    """What csv.reader gives, whose own class has no public name."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One loan: its shop, the day before which its record counts, and what became of it."""

    line: int
    shop_ref: str
    as_of: date
    bad: bool


def read_outcomes(path: Path) -> tuple[list[OutcomeRow], list[BadRow]]:
    """The rows of a file of outcomes, and what is wrong with the others.

    A file is UTF-8 with the columns shop_ref, as_of (2026-01-31) and bad (0 or 1), in any order; others are left alone.

    Raises:
        OSError: where it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [BadRow(path.name, 1, "", "", f"not UTF-8: {error.reason}", whole_file=True)]
    if "\0" in text:
        return [], [BadRow(path.name, 1, "", "", "holds a NUL character; this is no text file", whole_file=True)]
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(lines, [])
    except csv.Error as error:
        return [], [BadRow(path.name, 1, "", "", f"not CSV: {error}", whole_file=True)]
    wrong = [name for name in COLUMNS if header.count(name) != 1]
    if wrong:
        problem = f"the header needs {', '.join(COLUMNS)}, each once; {wrong[0]} is not there once"
        return [], [BadRow(path.name, 1, wrong[0], ",".join(header)[:80], problem, whole_file=True)]
    return _read_rows(path.name, lines, header)


def _read_rows(file: str, lines: "CsvReader", header: list[str]) -> tuple[list[OutcomeRow], list[BadRow]]:
    rows: list[OutcomeRow] = []
    bad_rows: list[BadRow] = []
    seen: dict[tuple[str, date], int] = {}
    before = lines.line_num
    try:
        for cells in lines:
            line, before = before + 1, lines.line_num
            if not cells:
                continue
            found = _row(file, line, cells, header)
            if isinstance(found, OutcomeRow):
                first = seen.setdefault((found.shop_ref, found.as_of), line)
                if first != line:
                    problem = f"the same shop and day as line {first}"
                    found = BadRow(file, line, "shop_ref", found.shop_ref, problem)
            (rows if isinstance(found, OutcomeRow) else bad_rows).append(found)  # type: ignore[arg-type]
    except csv.Error as error:
        bad_rows.append(BadRow(file, lines.line_num, "", "", f"not CSV: {error}", whole_file=True))
    return rows, bad_rows


def _row(file: str, line: int, cells: list[str], header: list[str]) -> OutcomeRow | BadRow:
    if len(cells) != len(header):
        return BadRow(file, line, "", "", f"{len(cells)} cells where the header has {len(header)}")
    told = dict(zip(header, cells, strict=True))
    ref, day, bad = (told[name] for name in COLUMNS)
    if not ref.strip() or ref != ref.strip():
        return BadRow(file, line, "shop_ref", ref, "write the shop's reference, without blanks around it")
    as_of = _day(day)
    if as_of is None:
        return BadRow(file, line, "as_of", day, "write a day of the calendar as 2026-01-31")
    if bad not in ("0", "1"):
        return BadRow(file, line, "bad", bad, "write 1 for a loan that went bad, else 0")
    return OutcomeRow(line, ref, as_of, bad == "1")


def _day(text: str) -> date | None:
    if not re.fullmatch(DAY_SHAPE[1:-1], text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
