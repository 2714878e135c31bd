"""The report of an import: per file what became of its rows, which were refused, and what the records add up to."""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from db import loan_comparisons, staging
from db.staging import Staging
from lending.records import BadRow, Difference

BAD_ROWS_SHOWN = 1_000

Verdict = Literal["imported", "would import", "rejected", "ask"]


@dataclass(slots=True)
class FileCounts:
    """What became of the records of one file."""

    file: str
    rows: int = 0
    added: int = 0
    unchanged: int = 0
    replaced: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of an import, as FORMATS.md has it; `as_json` gives its one JSON object."""

    verdict: Verdict
    batch: int | None
    """The batch's number; None where nothing was stored."""
    format: str
    files: list[FileCounts]
    bad_rows: list[BadRow]
    """At most 1,000 of them."""
    bad_row_count: int
    totals: dict[str, Any] = field(default_factory=dict)
    """As far as they apply: shops, orders, cancelled_orders, gross_minor … closing_balance_minor."""
    unknown_columns: list[dict[str, str]] = field(default_factory=list)
    other_files: list[str] = field(default_factory=list)
    note: str = ""
    """A sentence for a person: why it was rejected, or that nothing was new."""
    unreadable: tuple[str, ...] = ()
    """Files that cannot be read to their end; with one of them not even the rest can be imported."""
    differences: list[Difference] = field(default_factory=list)
    """Totals that a file names itself and its rows don't come to; they block until they are accepted."""
    accepted_because: str = ""
    """Why they were accepted."""
    warnings: list[str] = field(default_factory=list)
    """Sentences for a person that block nothing."""

    def without_values(self) -> "ImportReport":
        """The report as it is stored: in a row that is shifted, a buyer's name may stand where an amount should."""
        return replace(self, bad_rows=[replace(row, value="") for row in self.bad_rows])

    def as_json(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        bad_rows = [
            {"file": row.file, "line": row.line, "column": row.column, "value": row.value, "problem": row.problem}
            for row in self.bad_rows
        ]
        return {
            "verdict": self.verdict,
            "batch": self.batch,
            "format": self.format,
            "files": [asdict(counts) for counts in self.files],
            "bad_rows": bad_rows,
            "bad_row_count": self.bad_row_count,
            "differences": [asdict(difference) for difference in self.differences],
            "accepted_because": self.accepted_because,
            "warnings": self.warnings,
            **self.totals,
            "unknown_columns": self.unknown_columns,
            "other_files": self.other_files,
            "note": self.note,
        }

    def lines(self, *, bad_rows: int) -> list[str]:
        """The report for a terminal: what became of each file, the first so many bad rows, and the outcome."""
        said = [
            f"{file.file}: {file.rows:,} rows, {file.added:,} added, {file.unchanged:,} unchanged, "
            f"{file.replaced:,} replaced, {file.rejected:,} rejected"
            for file in self.files
        ]
        for row in self.bad_rows[:bad_rows]:
            where = f"{row.file}, line {row.line}" + (f", column {row.column}" if row.column else "")
            said.append(f"{where}: {row.value!r}: {row.problem}")
        if self.bad_row_count > bad_rows:
            said.append(f"… and {self.bad_row_count - bad_rows:,} more bad rows")
        said += [f"{each.file}, line {each.line}: {each.in_words()}" for each in self.differences]
        said += self.warnings
        batch = f" as batch {self.batch}" if self.batch else ""
        return [*said, f"{self.verdict}{batch}. {self.note}".strip()]

    @property
    def changes(self) -> int:
        """Rows added, replaced or taken out."""
        found = sum(counts.added + counts.replaced for counts in self.files)
        return found + int(self.totals.get("taken_out", 0))


def not_recognised(format_name: str | None, note: str) -> ImportReport:
    """The report on files that nobody knows: a question back, or a rejection where the format was given."""
    return ImportReport("ask" if format_name is None else "rejected", None, format_name or "", [], [], 0, note=note)


def asked(question: str) -> ImportReport:
    """The report that is a question back, which a person answers with another call."""
    return ImportReport("ask", None, "", [], [], 0, note=question)


def rejected_whole(note: str, format_name: str = "loam") -> ImportReport:
    """The report on an import that did not come to its files; the note says why."""
    return ImportReport("rejected", None, format_name, [], [], 0, note=note)


def count_outcomes(staged: Staging, files: dict[str, FileCounts]) -> None:
    """Add up, per file, what became of the staged rows; those that were worked out here stand in no file."""
    outcomes: Counter[tuple[int, int]] = Counter()
    for target in staged.targets():
        own = loan_comparisons.given(target)
        parts = [f"stage_{target.name} s WHERE s.shop_no BETWEEN {a} AND {b}{own}" for a, b in staged.ranges(target)]
        for part in (*parts, f"again_{target.name} s WHERE 1 = 1{own}"):
            rows = staged.run(f"SELECT place >> {staging.LINE_BITS}, state, count(*) FROM {part} GROUP BY 1, 2")
            for number, state, count in rows:
                outcomes[number, state] += count
    for (number, state), count in outcomes.items():
        counts = files[staged.files[number]]
        name = {staging.ADDED: "added", staging.UNCHANGED: "unchanged", staging.REPLACED: "replaced"}.get(
            state, "rejected"
        )
        setattr(counts, name, getattr(counts, name) + count)


def totals(staged: Staging) -> dict[str, Any]:
    """What the accepted records of an import add up to, per currency; cancelled orders are left out of the sums."""
    found: dict[str, Any] = {}
    names = staged.rows_by_shop
    if "shops" in names:
        found["shops"] = staged.run(f"SELECT count(*) FROM stage_shops WHERE state <= {staging.REPLACED}")[0][0]
    sums = _order_sums(staged) if "orders" in names else {}
    if "sales_days" in names:
        _add_day_sums(staged, sums)
    if sums:
        found["orders"] = sum(row["orders"] for row in sums.values())
        found["cancelled_orders"] = sum(row["cancelled_orders"] for row in sums.values())
        for name in ("gross_minor", "refunds_minor", "fees_minor"):
            # Fees that no file tells are unknown, not zero.
            known = {
                currency: row[name] for currency, row in sorted(sums.items()) if name != "fees_minor" or row["fees"]
            }
            found |= {name: known} if known else {}
    found |= _time_span(staged)
    if "orders" in names:
        found["distinct_buyers"] = staged.run(
            f"SELECT count(DISTINCT buyer_ref) FROM stage_orders WHERE state <= {staging.REPLACED}"
        )[0][0]
    if "wallet_entries" in names and (balances := _closing_balances(staged)):
        found["closing_balance_minor"] = balances
    return found | _loan_sums(staged)


def _loan_sums(staged: Staging) -> dict[str, Any]:
    """Loans and what was paid out, payments and what came back, and rows on record that newer files lack."""
    found: dict[str, Any] = {}
    for target, label, amount in (("loans", "disbursed_minor", "principal"), ("repayments", "repaid_minor", "amount")):
        if target not in staged.rows_by_shop:
            continue
        rows = staged.run(
            f"SELECT r.currency, count(*), CAST(sum(s.{amount}_minor) AS BIGINT) FROM stage_{target} s CROSS JOIN "
            f"stage_refs r WHERE r.shop_no = s.shop_no AND s.state <= {staging.REPLACED} GROUP BY r.currency ORDER BY 1"
        )
        found[target] = sum(row[1] for row in rows)
        found |= {label: {row[0]: row[2] for row in rows}} if rows else {}
    left = sum(staged.run(f"SELECT count(*) FROM left_{name}")[0][0] for name in staged.left_over_of)
    return found | ({"taken_out": left} if left else {})


def _order_sums(staged: Staging) -> dict[str, Counter[str]]:
    kept = "CASE WHEN s.status = 'cancelled' THEN 0 ELSE"
    sums: dict[str, Counter[str]] = {}
    for first, last in staged.ranges(staging.TARGETS["orders"]):
        rows = staged.run(
            "SELECT r.currency, sum(CASE WHEN s.status = 'refund' THEN 0 ELSE 1 END), "
            "sum(CASE WHEN s.status = 'cancelled' THEN 1 ELSE 0 END), "
            f"sum({kept} s.gross_minor END), sum({kept} s.refunded_minor END), "
            f"sum({kept} coalesce(s.fees_minor, 0) END), count(s.fees_minor) "
            "FROM stage_orders s CROSS JOIN stage_refs r WHERE s.shop_no BETWEEN :first AND :last "
            f"AND r.shop_no = s.shop_no AND s.state <= {staging.REPLACED} GROUP BY r.currency",
            first=first, last=last,
        )  # fmt: skip
        for currency, *numbers in rows:
            _add(sums, currency, numbers)
    return sums


def _add_day_sums(staged: Staging, sums: dict[str, Counter[str]]) -> None:
    rows = staged.run(
        "SELECT r.currency, sum(s.orders), sum(s.gross_minor), sum(s.refunded_minor) FROM stage_sales_days s "
        f"CROSS JOIN stage_refs r WHERE r.shop_no = s.shop_no AND s.state <= {staging.REPLACED} GROUP BY r.currency"
    )
    for currency, orders, gross, refunded in rows:
        _add(sums, currency, [orders, 0, gross, refunded, 0, 0])


def _add(sums: dict[str, Counter[str]], currency: str, numbers: list[Any]) -> None:
    names = ("orders", "cancelled_orders", "gross_minor", "refunds_minor", "fees_minor", "fees")
    row = sums.setdefault(currency, Counter(dict.fromkeys(names, 0)))
    for name, number in zip(names, numbers, strict=True):
        row[name] += int(number)  # PostgreSQL sums whole numbers as decimals


def _time_span(staged: Staging) -> dict[str, str]:
    """The first and last moment of orders and wallet entries."""
    moments: list[int] = []
    for target, column in (("orders", "placed_at"), ("wallet_entries", "booked_at")):
        if target in staged.rows_by_shop:
            row = staged.run(
                f"SELECT min({column}), max({column}) FROM stage_{target} WHERE state <= {staging.REPLACED}"
            )[0]
            moments += [moment for moment in row if moment is not None]
    if not moments:
        return {}
    return {"first_ts_utc": _utc_text(min(moments)), "last_ts_utc": _utc_text(max(moments))}


def _closing_balances(staged: Staging) -> dict[str, int]:
    """Per currency the sum of the last known balances, one of each account of each shop."""
    rows = staged.run(
        "SELECT r.currency, CAST(sum(last.balance_minor) AS BIGINT) FROM (SELECT shop_no, balance_minor, row_number() "
        "OVER (PARTITION BY shop_no, account ORDER BY booked_at DESC, place DESC) AS nth FROM stage_wallet_entries "
        f"WHERE balance_minor IS NOT NULL AND state <= {staging.REPLACED}) last CROSS JOIN stage_refs r "
        "WHERE last.nth = 1 AND r.shop_no = last.shop_no GROUP BY r.currency ORDER BY r.currency"
    )
    return {row[0]: row[1] for row in rows}


def _utc_text(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
