"""Reads a file by a mapping of its columns, as a reader of a platform's exports reads its own."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers
from ingest.currencies import CURRENCIES
from ingest.delimited import Head, HeaderLine, first_cell
from ingest.export_records import Ending, ExportFormat, Task, Translated
from ingest.export_rows import ExportRows
from ingest.mapping import PAID_BACK, WORD_COLUMN, Mapping, Style, UnusableMapping, mappable
from ingest.rows import RawRows
from ingest.written_days import iso_days
from lending.records import ORDERS, WALLET_ENTRIES, Column, minor_digits

PLATFORM = "mapped"
TITLES = {"orders": "Orders", "wallet_entries": "Entries of an account", "sales_days": "Daily totals"}
HASHED = ("buyer_ref", "counterparty_ref")
SIGNS = ("¥", "￥", "CN¥", "RMB", "元", "$", "US$", "€", "£", "R$", "kr", "zł")


def format_of(mapping: Mapping, name: str) -> ExportFormat:
    """A mapping as a format of exports, under the name by which it is saved.

    Raises:
        UnusableMapping: where something has not been said yet.
    """
    if lacks := mapping.lacking():
        raise UnusableMapping(f"The mapping does not say {', '.join(lacks)}.")
    currency_column = mapping.columns.get("currency")
    return ExportFormat(
        name=f"{PLATFORM}:{name}",
        platform=PLATFORM,
        title=f"{TITLES[mapping.kind]}, by the columns saved as {name}",
        currency=mapping.currency,
        time_zone=mapping.time_zone,
        columns={key: (column,) for key, column in mapping.columns.items()},
        required=tuple(mapping.columns),
        reader=partial(MappedFile, mapping),
        currency_in=partial(_currency_in, currency_column) if currency_column else None,
    )


def _currency_in(column: str, head: Head, header: HeaderLine) -> str:
    code = first_cell(head, header, (column,))
    return code if code in CURRENCIES else "CNY"


class MappedFile:
    """Reads one file by a mapping."""

    def __init__(self, mapping: Mapping, task: Task) -> None:
        self._mapping = mapping
        self._task = task
        digits, code = minor_digits(task.currency), task.currency
        self._locale = export_cells.Locale(
            decimal=mapping.decimal, group=mapping.group, before=("", *SIGNS, code), behind=("", *SIGNS, code),
            digits=digits,
        )  # fmt: skip

    def translate(self, rows: RawRows) -> Sequence[Translated]:
        """One record from each row."""
        mapping, task, count = self._mapping, self._task, len(rows.lines)
        work = ExportRows(task.file.name, rows, mapping.columns)
        work.cells |= {key: export_cells.trimmed(cells) for key, cells in rows.columns.items()}
        columns = {"shop_ref": pa.repeat(task.shop_ref, count)}
        minor: dict[str, Numbers] = {}
        for key, column in mappable(mapping.kind).items():
            if key not in work.cells:
                continue
            if column.kind == "money":
                minor[key] = self._amounts(work, key)
                columns[key] = export_cells.money_cells(minor[key], work.has(key), self._locale.digits)
            elif column.kind != "choice":
                columns[key] = self._texts(work, column)
        if "currency" not in columns:
            columns["currency"] = pa.repeat(task.currency, count)
        if mapping.kind == WALLET_ENTRIES.name:
            columns |= {"kind": self._meanings(work), "account": pa.repeat(mapping.account, count)}
        if mapping.kind == ORDERS.name:
            columns |= self._settled(work, self._meanings(work), minor)
        return [Translated(mapping.record_kind, work.as_records(columns), mapping.columns)]

    def _texts(self, work: ExportRows, column: Column) -> pa.Array:
        """The cells of a column that holds no money and no words with meanings, as Loam's own files have them."""
        key = column.name
        if key in HASHED:
            return self._task.hasher.refs(work.cells[key])
        if column.kind == "ref":
            work.read_ids(key)
        elif column.kind in ("time", "day"):
            days = iso_days(work.cells[key], self._mapping.dates, day_alone=column.kind == "day")
            work.refuse(days.wrong, key, days.right)
            return days.texts
        elif column.kind == "count":
            return pc.replace_substring(work.cells[key], self._mapping.group, "")
        elif column.kind == "rating":
            return pc.replace_substring(work.cells[key], self._mapping.decimal, ".")
        return work.cells[key]

    def _amounts(self, work: ExportRows, key: str) -> Numbers:
        """A column of amounts in minor units; fees as what the marketplace kept."""
        work.cells[key] = evened(work.cells[key])
        found = export_cells.amounts(work.cells[key], self._locale)
        example = Style(self._mapping.decimal, self._mapping.group).example
        if not self._locale.digits:
            example = example.removesuffix(f"{self._mapping.decimal}50")
        work.refuse(found.wrong, key, f"no amount as this file is said to write them; right would be such as {example}")
        if key == "fees" and (found.values < 0).any():
            if not self._mapping.negative_fees:
                problem = "a fee below zero, and it is not said whether the marketplace kept it or gave it back"
                work.refuse(found.values < 0, key, problem)
            return -found.values if self._mapping.negative_fees == "kept" else found.values
        return found.values

    def _meanings(self, work: ExportRows) -> pa.Array:
        """For each row what its word means."""
        mapping, key = self._mapping, WORD_COLUMN[self._mapping.kind]
        if key not in work.cells:
            return pa.repeat(mapping.every_row, len(work.raw.lines))
        encoded = pc.dictionary_encode(work.cells[key])
        texts = encoded.dictionary.to_pylist()
        known = np.array([not text or text in mapping.words for text in texts], dtype=bool)
        rows = encoded.indices.to_numpy()
        work.refuse(~known[rows], key, lambda word: f"nobody has said what {word} means here; say it, or correct it")
        return pa.array([mapping.words.get(text, "") for text in texts], pa.string()).take(encoded.indices)

    def _settled(self, work: ExportRows, status: pa.Array, minor: dict[str, Numbers]) -> dict[str, pa.Array]:
        """Status, gross and refunded of orders: a refund by itself is no sale, one in full gives all of it back."""
        digits, gross = self._locale.digits, minor["gross"]
        by_itself, in_full = (_is(status, word) for word in ("refund", PAID_BACK))
        # A refund is a magnitude, whichever sign the file gives it.
        told = np.abs(minor["refunded"]) if "refunded" in minor else np.zeros(len(gross), dtype=np.int64)
        refunded = np.where((by_itself | in_full) & (told == 0), np.abs(gross), told)
        work.refuse((gross < 0) & ~by_itself, "gross", "an amount below zero; only a refund may have one")
        return {
            "status": pc.if_else(pa.array(in_full), "completed", status),
            "gross": export_cells.money_cells(np.where(by_itself, 0, gross), work.has("gross") | by_itself, digits),
            "refunded": export_cells.money_cells(refunded, refunded != 0, digits),
        }

    def count(self, translated: Translated, rows: pa.Table, keep: Mask) -> None:
        """Nothing: the import counts its records itself."""

    def remaining(self) -> Sequence[Translated]:
        """Nothing: each row is a record."""
        return ()

    def finish(self) -> Ending:
        """Nothing: nobody knows what a last line of such a file says."""
        return Ending()

    def summary(self) -> dict[str, Any]:
        """Nothing besides what the import counts itself."""
        return {}


def evened(cells: pa.Array) -> pa.Array:
    """Amounts with plain blanks, apostrophes and minus signs, without a plus.

    >>> evened(pa.array(["+1\u202f234,50", "\u22127", "1’000"])).to_pylist()
    ['1 234,50', '-7', "1'000"]
    """
    cells = pc.replace_substring_regex(cells, "[\u00a0\u202f\u2009]", " ")
    cells = pc.replace_substring_regex(cells, "[\u2212\u2013]", "-")
    return pc.replace_substring_regex(pc.replace_substring(cells, "’", "'"), r"^\+", "")


def _is(cells: pa.Array, word: str) -> Mask:
    return np.asarray(pc.equal(cells, word).to_numpy(zero_copy_only=False), dtype=bool)
