"""A whole list as a file: XLSX for people, CSV for programs. Rows come one by one, and none is left out.

Both say of which list they are: the filters, the day, who made it and when, how many rows, and whether the data are
generated. In XLSX this stands on a sheet "About". In CSV it stands in the last columns of each row: a first line of
comment would break every program that reads the file, and a file's name is soon changed.

Text that a spreadsheet could take for a formula is marked as text: in CSV by the given `cell`, in XLSX by the type of
the cell and the mark that Excel itself puts before such a text.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

# What Excel opens on one sheet, less the row of titles; further rows stand on further sheets.
ROWS_PER_SHEET = 1_048_575

# Money is a Decimal in whole units with all decimals of its currency, which stands in a column of its own; a moment is
# on the desk's clock, with its zone.
Value = str | int | Decimal | date | datetime | None
Line = Sequence[Value]
Cell = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list."""

    name: str
    """For programs: the first line of a CSV file."""
    title: str
    """For people: the first row of a sheet."""
    width: int = 14
    """In characters."""


@dataclass(frozen=True, slots=True)
class About:
    """Of which list the rows are; told in each file."""

    list_name: str
    as_of: date
    filters: Sequence[tuple[str, str]]
    made_by: str
    made_at: datetime
    """On the desk's clock."""
    rows: int
    data: str
    """Whether the data are real or generated, in words."""

    def lines(self) -> list[tuple[str, str]]:
        """Each fact with its name."""
        return [
            ("List", self.list_name),
            ("As of", self.as_of.isoformat()),
            *self.filters,
            ("Rows", f"{self.rows}"),
            ("Made by", self.made_by),
            ("Made at", f"{self.made_at:%Y-%m-%d %H:%M %Z}".strip()),
            ("Data", self.data),
        ]


# The last columns of a CSV file.
ABOUT_COLUMNS = ("list_as_of", "list_filters", "list_rows", "list_made_by", "list_made_at", "list_data")


def write(file_format: str, columns: Sequence[Column], lines: Iterable[Line], about: About, cell: Cell) -> BinaryIO:
    """A list as a file in memory, read from its beginning.

    Args:
        file_format: "xlsx" or "csv".
        columns: what each value of a line is.
        lines: the rows, each read once.
        about: what the file says of itself.
        cell: makes a text safe for spreadsheets, which take `=1+1` for a formula.
    """
    made = io.BytesIO()
    if file_format == "xlsx":
        _write_xlsx(made, columns, lines, about, cell)
    else:
        _write_csv(made, columns, lines, about, cell)
    made.seek(0)
    return made


def _write_csv(file: BinaryIO, columns: Sequence[Column], lines: Iterable[Line], about: About, cell: Cell) -> None:
    # The mark at the beginning tells Excel that the text is UTF-8.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([*(column.name for column in columns), *ABOUT_COLUMNS])
    filters = "; ".join(f"{name}: {value}" for name, value in about.filters)
    told = (about.as_of, filters, about.rows, about.made_by, about.made_at.isoformat(timespec="seconds"), about.data)
    last = [_as_text(value, cell) for value in told]
    writer.writerows([*(_as_text(value, cell) for value in line), *last] for line in lines)
    text.detach()


def _as_text(value: Value, cell: Cell) -> str:
    match value:
        case None:
            return ""
        case str():
            return cell(value)
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)


def _write_xlsx(file: BinaryIO, columns: Sequence[Column], lines: Iterable[Line], about: About, cell: Cell) -> None:
    # Rows leave the memory as they are written.
    book = xlsxwriter.Workbook(file, {"constant_memory": True})
    styles = _Styles(book)
    rest: Iterator[Line] | None = iter(lines)
    number = 1
    while rest is not None:
        name = about.list_name if number == 1 else f"{about.list_name} {number}"
        rest = _write_sheet(book.add_worksheet(name), columns, rest, styles, cell)
        number += 1
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 60)
    for row, (name, value) in enumerate(about.lines()):
        sheet.write_string(row, 0, name, styles.title)
        sheet.write_string(row, 1, value, styles.of_text(value, cell))
    book.close()


def _write_sheet(
    sheet: Worksheet, columns: Sequence[Column], lines: Iterator[Line], styles: "_Styles", cell: Cell
) -> Iterator[Line] | None:
    """Write as many rows as a sheet takes; the rows that are left, or None."""
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.title, styles.title)
    row = 0
    for row, line in enumerate(islice(lines, ROWS_PER_SHEET), start=1):
        for place, value in enumerate(line):
            _write_cell(sheet, row, place, value, styles, cell)
    sheet.autofilter(0, 0, row, len(columns) - 1)
    first_left = next(lines, None)
    return None if first_left is None else chain([first_left], lines)


def _write_cell(sheet: Worksheet, row: int, place: int, value: Value, styles: "_Styles", cell: Cell) -> None:
    match value:
        case None:
            return
        case str():
            sheet.write_string(row, place, value, styles.of_text(value, cell))
        case datetime():
            # A sheet knows no zones: the time stands there as the desk's clock shows it.
            sheet.write_datetime(row, place, value.replace(tzinfo=None), styles.moment)
        case date():
            sheet.write_datetime(row, place, value, styles.day)
        case Decimal():
            sheet.write_number(row, place, float(value), styles.of_money(value))
        case _:
            sheet.write_number(row, place, value, styles.number)


class _Styles:
    """The formats of one workbook."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.title = book.add_format({"bold": True, "text_wrap": False, "bottom": 1})
        self.number = book.add_format({"num_format": "#,##0"})
        self.day = book.add_format({"num_format": "d mmm yyyy"})
        self.moment = book.add_format({"num_format": "d mmm yyyy hh:mm"})
        self._marked = book.add_format({"quote_prefix": True})
        self._money = {
            decimals: book.add_format({"num_format": "#,##0" + ("." + "0" * decimals if decimals else "")})
            for decimals in range(5)
        }

    def of_money(self, value: Decimal) -> Format:
        """As many decimals as the currency has."""
        return self._money[max(0, -int(value.as_tuple().exponent))]

    def of_text(self, value: str, cell: Cell) -> Format | None:
        """The mark of a text that would be a formula."""
        return self._marked if cell(value) != value else None
