"""A first look at a table that nobody knows: its columns, what stands in them, and how that is written."""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.delimited import DelimitedFile, Head, HeaderLine, read_head
from ingest.mapped_file import SIGNS, evened
from ingest.mapping import STYLES, Style
from ingest.text import UnreadableFileError
from ingest.written_days import ORDERS_OF_DAY, iso_day

SAMPLES = 3
MOST_VALUES = 5_000
MOST_COLUMNS = 200
Way = TypeVar("Way")


@dataclass(frozen=True, slots=True)
class Seen:
    """One column as far as it was looked at."""

    name: str
    values: tuple[str, ...]
    """What stands in it, each value once, in the order of the file; empty cells are left out."""

    @property
    def samples(self) -> tuple[str, ...]:
        """The first few values."""
        return self.values[:SAMPLES]


@dataclass(frozen=True, slots=True)
class Survey:
    """A table that nobody knows."""

    head: Head
    header: HeaderLine
    columns: tuple[Seen, ...]
    """Those with a name of their own; of a name that stands there twice nobody can say which is meant."""
    named_twice: tuple[str, ...]

    def column(self, name: str) -> Seen | None:
        """The column of a name."""
        return next((each for each in self.columns if each.name == name), None)


def survey(path: Path) -> Survey | None:
    """Look at the first records of a file; None where it is no table with a header."""
    try:
        head = read_head(path)
    except UnreadableFileError:
        return None
    header = header_of(head)
    if header is None:
        return None
    names = [name for name in header.names if name]
    twice = tuple(dict.fromkeys(name for name in names if names.count(name) > 1))
    places = {name: place for place, name in enumerate(header.names) if name and name not in twice}
    file = DelimitedFile(path, path.name, head, header, blank_lines=True)
    try:
        rows = next(file.batches(places), None)
    except UnreadableFileError:
        rows = None
    found = {} if rows is None else rows.columns
    columns = tuple(Seen(name, _values(found.get(name, pa.array([], pa.string())))) for name in places)
    return Survey(head, header, columns, twice)


def header_of(head: Head) -> HeaderLine | None:
    """The line like which most of the following are cut; of equals the one with the most columns, then the first."""
    best: tuple[int, int, HeaderLine] | None = None
    for header in head.header_lines():
        if len(header.names) > MOST_COLUMNS or _is_data(header.names):
            continue
        alike = sum(_width(text, header.delimiter) == len(header.names) for text in head.lines[header.line :])
        if best is None or (alike, len(header.names)) > best[:2]:
            best = alike, len(header.names), header
    return best[2] if best else None


def _is_data(names: Sequence[str]) -> bool:
    """Whether a line is no header, since numbers stand in it."""
    return any(re.fullmatch(r"[-+]?[0-9][0-9.,:/ -]*", name) for name in names)


def _width(text: str, delimiter: str) -> int:
    try:
        (cells,) = csv.reader([text], delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return 0
    return len(cells)


def _values(cells: pa.Array) -> tuple[str, ...]:
    kept = pc.unique(export_cells.trimmed(cells)).to_pylist()
    return tuple(islice((text for text in kept if text), MOST_VALUES))


# --- How amounts and days are written ---------------------------------------------------------------------------


def style_of(values: Iterable[str]) -> Style | None:
    """How amounts are written, where they allow one reading; None where they allow several, or none.

    >>> style_of(["1.234,56", "80,00"]), style_of(["1.234"]), style_of(["12"])
    (Style(decimal=',', group='.'), None, Style(decimal='.', group=','))
    """
    texts = [_bare(text) for text in evened(pa.array(list(values), pa.string())).to_pylist()]
    return _only(STYLES, lambda style: [_amount(text, style) for text in texts])


def order_of(values: Iterable[str]) -> str | None:
    """In which order days are written, where they allow one reading; None where they allow several, or none.

    >>> order_of(["03/04/2026", "13/04/2026"]), order_of(["03/04/2026"]), order_of(["2026-04-03"])
    ('DMY', None, 'YMD')
    """
    texts = list(values)
    return _only(tuple(ORDERS_OF_DAY), lambda order: [iso_day(text, order) for text in texts])


def _only(ways: Sequence[Way], read: Callable[[Way], Sequence[object]]) -> Way | None:
    """The first way that reads all values, unless another one reads them all as something else."""
    readings = [(way, found) for way in ways if None not in (found := read(way))]
    return readings[0][0] if readings and all(found == readings[0][1] for _, found in readings) else None


def _bare(text: str) -> str:
    """An amount without the signs of a currency."""
    for sign in sorted(SIGNS, key=len, reverse=True):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return re.sub(r"^(-?)[A-Z]{3} ?| ?[A-Z]{3}$", r"\1", text)


def _amount(text: str, style: Style) -> Decimal | None:
    """An amount in one style, with any number of decimals: what too many of them mean is for a person to say."""
    group, decimal = re.escape(style.group), re.escape(style.decimal)
    if not re.fullmatch(rf"-?([0-9]+|[0-9]{{1,3}}({group}[0-9]{{3}})+)({decimal}[0-9]+)?", text):
        return None
    return Decimal(text.replace(style.group, "").replace(style.decimal, "."))
