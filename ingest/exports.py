"""The platforms' exports that can be read: which one a file is, and its records as chunks for the import."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from ingest import (
    alipay_fund_flow,
    alipay_personal,
    alipay_statement,
    amazon_settlement,
    ebay_orders,
    ebay_transactions,
    etsy,
    export_cells,
    shopify_orders,
    shopify_payments,
    taobao,
)
from ingest.cells import Numbers
from ingest.delimited import DelimitedFile, Head, HeaderLine, read_head
from ingest.export_records import Ending, ExportFormat, Hasher, Reader, Task, Translated
from ingest.loam import read_rows
from ingest.rows import Chunk, Known, RawRows, ShopTerms
from ingest.text import UnreadableFileError
from lending.records import ORDERS, SHOPS, BadRow, Difference, RecordKind

FORMATS: tuple[ExportFormat, ...] = (
    taobao.ORDERS_EXPORT,
    alipay_statement.STATEMENT,
    alipay_fund_flow.FUND_FLOW,
    alipay_personal.PERSONAL,
    shopify_orders.ORDERS_EXPORT,
    shopify_payments.TRANSACTIONS_EXPORT,
    etsy.ORDERS_EXPORT,
    ebay_orders.ORDERS_EXPORT,
    ebay_transactions.TRANSACTIONS_EXPORT,
    amazon_settlement.SETTLEMENT,
)
PLATFORMS = tuple(dict.fromkeys(each.platform for each in FORMATS))
LEAST_FIT = 0.6
"""A header with fewer of a format's required columns than this share is not taken for that format's."""

MOST_COLUMNS = 1_000

UNENDED = (
    "No line end stands behind the last line: hold its last row against the shop's own, since more may be missing."
)
NO_SHOP = "(no shop named)"
IN_NO_FILE = ""

Sureness = Literal["certain", "likely"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file was found to be, and why."""

    format: ExportFormat
    head: Head
    header: HeaderLine
    sure: Sureness
    why: str
    """A sentence for a person."""
    rivals: tuple[ExportFormat, ...] = ()
    """Other formats that the header fits as well: only a person can know which it is."""

    @property
    def currency(self) -> str:
        """In which its amounts are."""
        return self.format.currency_of(self.head, self.header)


def recognise(path: Path, formats: Sequence[ExportFormat] = FORMATS) -> Recognised | None:
    """Which export a file is, by the names in its header, wherever that stands; None where it is none of them.

    The name of the file counts for nothing. Of several lines or formats that fit, the one with the most required
    columns, then with the most known ones, is taken.
    """
    try:
        head = read_head(path)
    except UnreadableFileError:
        return None
    fitting = [
        (candidate.fit(header.names), candidate.known(header.names), candidate, header)
        for header in head.header_lines()
        for candidate in (formats if len(header.names) <= MOST_COLUMNS else ())
    ]
    fit, known, best, header = max(fitting, key=lambda each: each[:2], default=(0.0, 0, None, None))
    if best is None or header is None or fit < LEAST_FIT:
        return None
    even = {each[2].name: each[2] for each in fitting if each[:2] == (fit, known) and each[2] is not best}
    why = f"Line {header.line} names {known} of the {len(best.columns)} columns that are read of {best.title}"
    why += "." if fit == 1 else ", but not all that are needed."
    if even:
        why += f" It fits {' and '.join(each.title for each in even.values())} as well."
    sure: Sureness = "certain" if fit == 1 and not even else "likely"
    return Recognised(best, head, header, sure, why, tuple(even.values()))


@dataclass(frozen=True, slots=True)
class NewShop:
    """A shop that comes onto the record with its first export. Clock and currency are those of the export."""

    ref: str
    name: str

    def check(self) -> None:
        """Hold number and name against the rules for shops.csv.

        Raises:
            UnusableShop: where one of them breaks a rule; the text says which.
        """
        cells = {"shop_ref": self.ref, "name": self.name, "currency": "CNY"}
        raw = RawRows({name: pa.array([cell]) for name, cell in cells.items()}, np.array([1]), 1, [], 1.0)
        _rows, _lines, refused = read_rows(SHOPS, raw, Known({}, "UTC"), IN_NO_FILE)
        if refused:
            what = "number" if refused[0].column == "shop_ref" else "name"
            raise UnusableShop(f"The {what} of the new shop can't be kept: {refused[0].problem}.")


class UnusableShop(Exception):
    """The number or the name of a new shop can't be kept; the text says why."""


@dataclass(slots=True)
class Export:
    """One export on its way in. `chunks` reads it; then `told` has what it adds up to."""

    path: Path
    name: str
    found: Recognised
    hasher: Hasher
    shop_ref: str
    terms: ShopTerms
    on_record: bool
    """Whether the shop is; else it comes along: a new one, or one that is made up for a look before anybody has said
    whose the file is.
    """
    shop_name: str = NO_SHOP
    _reader: Reader | None = None
    _names: Mapping[str, str] = field(default_factory=dict)
    """For a column of Loam's records the export's own name."""
    _ending: Ending = field(default_factory=Ending)
    _unended: bool = False
    _left_out: Numbers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def of(
        cls, path: Path, name: str, found: Recognised, hasher: Hasher, shop: tuple[str, str, str] | NewShop | None
    ) -> "Export":
        """An export of a shop on record, named with its time zone and currency, of a new one, or of none yet."""
        if isinstance(shop, tuple):
            return cls(path, name, found, hasher, shop[0], ShopTerms(*shop[1:]), on_record=True)
        terms = ShopTerms(found.format.time_zone, found.currency)
        if shop is None:
            return cls(path, name, found, hasher, NO_SHOP, terms, on_record=False)
        return cls(path, name, found, hasher, shop.ref, terms, on_record=False, shop_name=shop.name)

    @property
    def format(self) -> str:
        """The name of its format."""
        return self.found.format.name

    def told(self, left_out: Sequence[int] = ()) -> dict[str, Any]:
        """What the export adds up to, after it was read; nothing where it could not be read to its end.

        Args:
            left_out: lines of rows that do not count, such as the second of two equal ones. With some of them the file
                is read once more, since nothing is kept of single rows.
        """
        if self._reader is None:
            return {}
        if not left_out:
            return self._reader.summary()
        again = replace(self, _left_out=np.array(left_out, dtype=np.int64))
        for _chunk in again.chunks():
            pass
        return again.told()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Totals that the export names itself and its rows don't come to, after it was read."""
        return self._ending.differences

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the export and what blocks nothing, after it was read."""
        return (*self._ending.warnings, *([UNENDED] if self._unended else ()))

    def named(self, row: BadRow) -> BadRow:
        """A bad row under the export's own name of the column."""
        return replace(row, column=self._names.get(row.column, row.column))

    def chunks(self) -> Iterator[Chunk]:
        """All records, checked and converted. A file that cannot be read further ends with a chunk that says so."""
        form = self.found.format
        file = DelimitedFile(
            self.path, self.name, self.found.head, self.found.header, form.is_note, blank_lines=form.blank_lines
        )
        self._reader = form.reader(Task(file, self.shop_ref, self.found.currency, form.time_zone, self.hasher))
        if not self.on_record:
            yield _shop_along(self.shop_ref, self.shop_name, self.terms)
        try:
            yield from self._read(file, self._reader)
        except UnreadableFileError as fault:
            bad_row = BadRow(self.name, fault.line, fault.column, fault.value, fault.problem, whole_file=True)
            yield _chunk_of_faults(ORDERS, self.name, [bad_row])
            self._reader = None

    def _read(self, file: DelimitedFile, reader: Reader) -> Iterator[Chunk]:
        header = self.found.header
        known = Known({self.shop_ref: self.terms}, self.terms.time_zone)
        places = self.found.format.places(header.names, header.line)
        others = tuple(name for place, name in enumerate(header.names) if name and place not in places.values())
        kind, any_read = ORDERS, False
        for raw in _read_ahead(file.batches(places)):
            count, faults, any_read = raw.row_count, list(raw.bad_rows), True
            for translated in reader.translate(raw):
                if translated.worked_out:
                    yield self._worked_out(translated, known)
                    continue
                kind = translated.kind
                chunk = self._checked(translated, reader, known, faults)
                yield replace(chunk, row_count=count, share=raw.share, unknown_columns=others)
                count, faults, others = 0, [], ()
            if count:
                yield replace(_chunk_of_faults(kind, self.name, faults), row_count=count, share=raw.share)
        for translated in reader.remaining():
            if translated.worked_out:
                yield self._worked_out(translated, known)
                continue
            kind, any_read = translated.kind, True
            yield replace(self._checked(translated, reader, known, []), row_count=0, share=1.0)
        self._ending = reader.finish()
        self._unended = file.unended and not file.cut_off
        # A file without any row is named in the report as well.
        if self._ending.bad_rows or not any_read:
            yield replace(_chunk_of_faults(kind, self.name, list(self._ending.bad_rows)), row_count=0)

    def _checked(self, translated: Translated, reader: Reader, known: Known, faults: list[BadRow]) -> Chunk:
        """The rows of one kind in the units of the record; faults are told in the words of the export."""
        raw = self._on_the_platforms_clock(translated)
        rows, lines, refused = read_rows(translated.kind, raw, known, self.name)
        self._names = translated.columns
        counted = np.isin(lines, self._left_out, invert=True)
        kept = rows if counted.all() else rows.filter(pa.array(counted))
        reader.count(translated, kept, np.isin(raw.lines, lines[counted], assume_unique=True))
        told = [self.named(row) for row in refused]
        bad_rows = sorted([*faults, *raw.bad_rows, *told], key=lambda row: row.line)
        return Chunk(translated.kind, self.name, rows, lines, raw.row_count, bad_rows, raw.share)

    def _worked_out(self, translated: Translated, known: Known) -> Chunk:
        """Rows that stand in no file. What is wrong with one is told of the row from which it follows."""
        raw = self._on_the_platforms_clock(translated)
        rows, lines, _refused = read_rows(translated.kind, raw, known, IN_NO_FILE)
        return Chunk(translated.kind, IN_NO_FILE, rows, lines, 0, [], raw.share)

    def _on_the_platforms_clock(self, translated: Translated) -> RawRows:
        """The rows with times that mean the same to a shop in another zone."""
        zone = self.found.format.time_zone
        if self.terms.time_zone == zone:
            return translated.raw
        times = {column.name for column in translated.kind.columns if column.kind == "time"}
        columns = {
            name: export_cells.placed_in(cells, zone) if name in times else cells
            for name, cells in translated.raw.columns.items()
        }
        return replace(translated.raw, columns=columns)


def _shop_along(ref: str, name: str, terms: ShopTerms) -> Chunk:
    """A shop that stands in no file: a new one, or one that is made up for records that are only looked at."""
    row = {"shop_ref": ref, "name": name, "time_zone": terms.time_zone, "currency": terms.currency}
    rows = pa.table({name: pa.array([value]) for name, value in row.items()})
    return Chunk(SHOPS, IN_NO_FILE, rows, np.array([1]), 0, [], 0.0)


def _read_ahead(batches: Iterator[RawRows]) -> Iterator[RawRows]:
    """The same rows, the next ones cut by a second thread while these are translated."""
    with ThreadPoolExecutor(max_workers=1) as cutter:
        following = cutter.submit(next, batches, None)
        while (rows := following.result()) is not None:
            following = cutter.submit(next, batches, None)
            yield rows


def _chunk_of_faults(kind: RecordKind, name: str, bad_rows: list[BadRow]) -> Chunk:
    return Chunk(kind, name, pa.table({}), np.array([], dtype=np.int64), len(bad_rows), bad_rows, 1.0)
