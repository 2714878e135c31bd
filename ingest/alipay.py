"""What the readers of Alipay's statements share: the kinds of movements, and the entries that they become.

A movement between the wallet and Yu'ebao (余额宝), Alipay's money fund, becomes two entries: that of the file, and its
other side in the fund, whose number is that of the first with `-fund` behind it. None of these files tells what the
fund holds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest import export_cells
from ingest.cells import Mask, Numbers, utc_text
from ingest.delimited import DelimitedFile
from ingest.export_records import Task, Translated
from ingest.export_rows import ExportRows
from lending.records import WALLET_ENTRIES

CURRENCY, TIME_ZONE = "CNY", "Asia/Shanghai"
OTHER = "other"
# What a movement is, and the kind of entry that it becomes.
KINDS = {
    OTHER: "other",
    "sale": "sale",
    "refund": "refund",
    "purchase": "purchase",
    "fee": "fee",
    "fee_back": "fee",
    "fund_in": "fund_in",
    "fund_out": "fund_out",
    "loan_in": "loan_in",
    "loan_out": "loan_repayment",
    "withdrawal": "transfer",
    "top_up": "transfer",
    "deposit_margin": "transfer",
}
_PLACES = {name: place for place, name in enumerate(KINDS)}
_NAMES = tuple(KINDS)
WALLET, FUND, ELSEWHERE = range(3)
# A card or a credit is kept as a bank account is: neither drawn nor scored.
_ACCOUNTS = pa.array(["wallet", "fund", "bank"])
LONGEST_NUMBER = 100
# The columns of an entry that have a column of the file behind them.
_SOURCES = {
    "entry_ref": "entry",
    "booked_at": "time",
    "amount": "income",
    "balance": "balance",
    "counterparty_ref": "counterparty",
}


def kinds_of(rules: Sequence[tuple[str, Mask]], count: int) -> Numbers:
    """The kind of each row as its place in `KINDS`: that of the first rule that holds, else other."""
    masks = [np.broadcast_to(mask, count) for _, mask in rules]
    found: Numbers = np.select(masks, [np.int64(_PLACES[name]) for name, _ in rules], np.int64(_PLACES[OTHER]))
    return found


def is_kind(kinds: Numbers, *names: str) -> Mask:
    """Where rows are of one of these kinds."""
    return np.isin(kinds, [_PLACES[name] for name in names])


def name_of(kind: int) -> str:
    """The name of a kind by its place."""
    return _NAMES[kind]


def says(cells: pa.Array, pattern: str) -> Mask:
    """Where a cell holds what a pattern (RE2) describes."""
    return np.asarray(pc.match_substring_regex(cells, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def cleaned(rows: ExportRows) -> ExportRows:
    """The same rows with their numbers read, and all other cells free of blanks and tabs.

    Raises:
        UnreadableFileError: where a spreadsheet has destroyed a number.
    """
    for key, cells in rows.raw.columns.items():
        if key != "entry":
            rows.cells[key] = export_cells.trimmed(cells)
    rows.read_ids("entry")
    rows.refuse(~rows.has("entry"), "entry", "empty, but each row needs it")
    long = pc.greater(pc.utf8_length(rows.cells["entry"]), LONGEST_NUMBER).to_numpy(zero_copy_only=False)
    rows.refuse(long, "entry", f"longer than {LONGEST_NUMBER} characters")
    rows.refuse(~rows.has("time"), "time", "empty, but each row needs it")
    return rows


def amounts_of(rows: ExportRows) -> tuple[Numbers, Mask]:
    """What each row moved, from a column for what came in and one for what went out, and where the latter has a minus.

    What went out is written with a minus in some files and without one in others. An empty side is blank or zero.
    """
    income = rows.read_amounts("income", export_cells.CNY)
    expense = rows.read_amounts("expense", export_cells.CNY, below_zero=True)
    rows.refuse((income != 0) & (expense != 0), "expense", "both an income and an expense; a row is one of them")
    rows.refuse(~rows.has("income") & ~rows.has("expense"), "income", "neither an income nor an expense")
    return income - np.abs(expense), expense < 0


def counterparties(rows: ExportRows, name: str, account: str) -> pa.Array:
    """Who was on the other side, as the merchant's statement writes it: the name, with the account in brackets.

    Args:
        rows: the rows.
        name: key of the column of names.
        account: key of that of accounts; a slash stands for none.
    """
    blank = pa.array([""] * len(rows.raw.lines), pa.string())
    names, accounts = rows.cells.get(name, blank), rows.cells.get(account, blank)
    accounts = pc.if_else(pc.is_in(accounts, pa.array(["/", "-"])), "", accounts)
    alone = pc.if_else(pc.equal(names, ""), accounts, names)
    both = pc.binary_join_element_wise(names, "(", accounts, ")", "")
    return pc.if_else(pc.or_(pc.equal(names, ""), pc.equal(accounts, "")), alone, both)


@dataclass(frozen=True, slots=True)
class Movements:
    """What the rows of a file moved, one value per row."""

    kinds: Numbers
    """Places in `KINDS`."""
    amounts: Numbers
    """In minor units; what came in is above zero."""
    accounts: Numbers
    """WALLET, FUND or ELSEWHERE."""
    counterparties: pa.Array
    balances: Numbers | None = None
    known: Mask | None = None
    """Where it is known what a row moved, if not everywhere; the others become no entries."""
    figures: Mapping[str, Numbers] = field(default_factory=dict)
    """What the reader wants to know when it counts the entries, beside their kinds and amounts."""


def entries(task: Task, rows: ExportRows, moved: Movements) -> list[Translated]:
    """Rows without a fault as entries, with the other side of those that moved money into the fund or out of it.

    The figures of the entries are `kind` and `amount`, and those of the movements.
    """
    all_rows = np.ones(len(rows.raw.lines), dtype=bool)
    raw = rows.as_records(_columns(task, rows, moved, all_rows))
    known = (all_rows if moved.known is None else moved.known)[rows.keep()]
    columns = {name: cells.filter(pa.array(known)) for name, cells in raw.columns.items()}
    raw = replace(raw, columns=columns, lines=raw.lines[known])
    figures = {"kind": moved.kinds, "amount": moved.amounts, "account": moved.accounts, **moved.figures}
    figures = {name: values[rows.keep()][known] for name, values in figures.items()}
    names = {own: rows.names[key] for own, key in _SOURCES.items() if key in rows.names}
    found = [Translated(WALLET_ENTRIES, raw, names, figures)]
    mirrored = is_kind(figures["kind"], "fund_in", "fund_out") & (figures["account"] != FUND)
    if mirrored.any():
        found.append(_other_side(found[0], mirrored))
    return found


def _columns(task: Task, rows: ExportRows, moved: Movements, all_rows: Mask) -> dict[str, pa.Array]:
    count = len(all_rows)
    columns = {
        "shop_ref": pa.repeat(task.shop_ref, count),
        "entry_ref": rows.cells["entry"],
        "booked_at": export_cells.clock_times(rows.cells["time"]),
        "amount": export_cells.money_cells(moved.amounts, all_rows),
        "kind": pa.array(list(KINDS.values())).take(pa.array(moved.kinds)),
        "account": _ACCOUNTS.take(pa.array(moved.accounts)),
        "counterparty_ref": task.hasher.refs(moved.counterparties),
        "currency": pa.repeat(task.currency, count),
    }
    if moved.balances is not None:
        columns["balance"] = export_cells.money_cells(moved.balances, all_rows)
    return columns


def _other_side(entry: Translated, mirrored: Mask) -> Translated:
    """In the fund what the marked entries moved into it or out of it."""
    rows = entry.raw
    columns = {name: cells.filter(pa.array(mirrored)) for name, cells in rows.columns.items()}
    amounts = -entry.figures["amount"][mirrored]
    count = len(amounts)
    columns |= {
        "entry_ref": pc.binary_join_element_wise(columns["entry_ref"], "fund", "-"),
        "amount": export_cells.money_cells(amounts, np.ones(count, dtype=bool)),
        "account": pa.repeat("fund", count),
        "counterparty_ref": pa.repeat("", count),
    }
    columns.pop("balance", None)
    raw = replace(rows, columns=columns, lines=rows.lines[mirrored], bad_rows=[])
    return Translated(WALLET_ENTRIES, raw, worked_out=True)


class Sums:
    """What entries add up to by their kind, and the first and the last moment."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.rows_in = 0
        self.rows_out = 0
        self._in: Counter[str] = Counter()
        self._out: Counter[str] = Counter()
        self._first: int | None = None
        self._last: int | None = None

    def add(self, kinds: Numbers, amounts: Numbers, moments: Numbers) -> None:
        """Add entries."""
        if not len(kinds):
            return
        for place in np.unique(kinds).tolist():
            of_kind = amounts[kinds == place]
            name = name_of(place)
            self.rows[name] += len(of_kind)
            self._in[name] += int(of_kind[of_kind > 0].sum())
            self._out[name] -= int(of_kind[of_kind < 0].sum())
        self.rows_in += int((amounts > 0).sum())
        self.rows_out += int((amounts < 0).sum())
        first, last = int(moments.min()), int(moments.max())
        self._first = first if self._first is None else min(self._first, first)
        self._last = last if self._last is None else max(self._last, last)

    @property
    def count(self) -> int:
        """How many entries there are."""
        return self.rows.total()

    def came_in(self, *names: str) -> dict[str, int]:
        """What came in by entries of these kinds."""
        return {CURRENCY: sum(self._in[name] for name in names)}

    def went_out(self, *names: str) -> dict[str, int]:
        """What went out by them, as a number above zero."""
        return {CURRENCY: sum(self._out[name] for name in names)}

    def span(self) -> dict[str, str | None]:
        """The first and the last moment."""
        return {
            "first_ts_utc": None if self._first is None else utc_text(self._first),
            "last_ts_utc": None if self._last is None else utc_text(self._last),
        }


def is_comment(fields: Sequence[str]) -> bool:
    """Whether a line that has another number of fields than the header is one of Alipay's own words."""
    return fields[0].lstrip().startswith("#")


def line_ending(file: DelimitedFile) -> str:
    """How the lines of a file end, in words."""
    place = file.header.line - 1
    before, after = file.head.returns[:place], file.head.returns[place:]
    words = {True: "CRLF", False: "LF"}
    if all(before) and before and not any(after):
        return "CRLF in the preamble, LF from the header on"
    return words[any(after)]
