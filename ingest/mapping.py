"""Files that no reader knows: how a person says that their columns are read.

Nothing is guessed here: how amounts and days are written, and what each word means, is declared. What contradicts that
is a bad row; ingest.mapped_file reads a file so.
"""

import json
from collections import abc
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ingest.currencies import CURRENCIES
from ingest.loam import is_zone
from ingest.written_days import ORDERS_OF_DAY
from lending.records import ACCOUNTS, ORDERS, SALES_DAYS, WALLET_ENTRIES, Column, RecordKind

KINDS = {kind.name: kind for kind in (ORDERS, WALLET_ENTRIES, SALES_DAYS)}
WORD_COLUMN = {"orders": "status", "wallet_entries": "kind"}
"""The column of each kind whose words need a meaning."""
PAID_BACK = "refunded"
"""A meaning besides Loam's own statuses: a sale whose whole amount went back."""
NOT_MAPPED = ("shop_ref", "account")
"""Said once for the whole file."""
MOST_WORDS = 40
VERSION = 1


class UnusableMapping(ValueError):
    """A mapping cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Style:
    """A way to write amounts: the sign before the decimals, and the one between thousands, which may be left out."""

    decimal: str
    group: str

    @property
    def example(self) -> str:
        """An amount written so.

        >>> Style(",", ".").example
        '1.234,50'
        """
        return f"1{self.group}234{self.decimal}50"


STYLES = (Style(".", ","), Style(",", "."), Style(",", " "), Style(".", " "), Style(".", "'"))


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the columns of a file mean. Empty texts are what nobody has said yet; see `lacking`."""

    kind: str
    """orders, wallet_entries or sales_days."""
    columns: abc.Mapping[str, str] = field(default_factory=dict)
    """For Loam's column the name of the file's."""
    currency: str = ""
    """Declared, where no column holds it."""
    decimal: str = ""
    group: str = ""
    dates: str = ""
    """The order of a day's numbers: YMD, DMY or MDY."""
    time_zone: str = ""
    words: abc.Mapping[str, str] = field(default_factory=dict)
    """For each word of the file's status or kind what it means."""
    every_row: str = ""
    """What every row is, where no column says it."""
    account: str = ""
    """Of entries: wallet, fund or bank."""
    negative_fees: str = ""
    """What fees below zero are: kept by the marketplace, or back to the shop. Empty where none are."""

    @property
    def record_kind(self) -> RecordKind:
        """The kind of record that a row becomes."""
        return KINDS[self.kind]

    @property
    def meanings(self) -> tuple[str, ...]:
        """What a word of its status or kind may mean."""
        return meanings(self.kind)

    def lacking(self) -> list[str]:
        """What has to be said before a file can be read so, as names of columns and of this record's own fields."""
        lacks = [name for name in needed(self.kind) if name not in self.columns]
        if "currency" not in self.columns and self.currency not in CURRENCIES:
            lacks.append("currency")
        if Style(self.decimal, self.group) not in STYLES:
            lacks.append("decimal")
        if self.dates not in ORDERS_OF_DAY:
            lacks.append("dates")
        if not is_zone(self.time_zone):
            lacks.append("time_zone")
        word_column = WORD_COLUMN.get(self.kind)
        if word_column and word_column not in self.columns and self.every_row not in self.meanings:
            lacks.append("every_row")
        if self.kind == WALLET_ENTRIES.name and self.account not in ACCOUNTS:
            lacks.append("account")
        return lacks

    def to_json(self) -> str:
        """As text with sorted names; the same mapping always gives the same text."""
        return json.dumps({"version": VERSION, **asdict(self)}, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Mapping":
        """The mapping of such a text.

        Raises:
            UnusableMapping: where it is none, is of another version, or lacks something.
        """
        try:
            body = json.loads(text)
            version = body.pop("version")
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
            raise UnusableMapping("This is no mapping of columns.") from error
        if version != VERSION:
            raise UnusableMapping(f"This mapping is of version {version}; this Loam reads version {VERSION}.")
        if body.keys() != {each.name for each in fields(cls)} or not _has_right_values(body):
            raise UnusableMapping("This is no mapping of columns.")
        mapping = cls(**body)
        if lacks := mapping.lacking():
            raise UnusableMapping(f"The mapping does not say {', '.join(lacks)}.")
        return mapping


def _has_right_values(body: dict[str, Any]) -> bool:
    """Whether the members of a mapping's JSON are of the right kinds, and name only columns and meanings there are."""
    columns, words = body.pop("columns"), body.pop("words")
    texts = [*body.values(), *(value for each in (columns, words) if isinstance(each, dict) for value in each.values())]
    right = isinstance(columns, dict) and isinstance(words, dict) and all(isinstance(text, str) for text in texts)
    right = right and body["kind"] in KINDS and body["negative_fees"] in ("", "kept", "back")
    right = right and set(columns) <= set(mappable(body["kind"])) and set(words.values()) <= set(meanings(body["kind"]))
    body |= {"columns": columns, "words": words}
    return bool(right)


def mappable(kind: str) -> dict[str, Column]:
    """The columns of a kind that may come from a column of the file, by name, in order."""
    return {column.name: column for column in KINDS[kind].columns if column.name not in NOT_MAPPED}


def needed(kind: str) -> tuple[str, ...]:
    """Those without which a file of this kind cannot be read."""
    said_otherwise = ("currency", WORD_COLUMN.get(kind))
    return tuple(name for name, column in mappable(kind).items() if column.required and name not in said_otherwise)


def meanings(kind: str) -> tuple[str, ...]:
    """What a word of the status or kind may mean."""
    word_column = WORD_COLUMN.get(kind)
    if word_column is None:
        return ()
    choices = mappable(kind)[word_column].choices
    return (*choices, PAID_BACK) if kind == ORDERS.name else choices
