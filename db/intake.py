"""What a reader yields on its way into staging, and the count of the rows that were refused."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from db import comparisons
from db.import_reports import BAD_ROWS_SHOWN, FileCounts, ImportReport, count_outcomes, totals
from db.staging import Chunk, Staging
from lending.records import BadRow, Difference

DIFFERS = (
    "Nothing was changed: the file's own totals differ from its rows, so a row may be missing, changed or twice. "
    "Export it anew, or accept the differences and say why."
)


DIFFERS_AS_WELL = "The file's own totals differ from its rows as well; accepting that needs a reason."
REASON_LETTERS = 10


def says_why(reason: str) -> bool:
    """Whether a reason has at least so many letters.

    >>> says_why("the bank confirmed it"), says_why("because")
    (True, False)
    """
    return sum(letter.isalnum() for letter in reason) >= REASON_LETTERS


class Export(Protocol):
    """A platform's export; `ingest.exports.Export` is one."""

    def told(self, left_out: Sequence[int]) -> dict[str, Any]:
        """What it adds up to by its own terms, without the rows on these lines."""
        ...

    @property
    def differences(self) -> Sequence[Difference]:
        """Totals that it names itself and its rows don't come to."""
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """What a person should know of it and what blocks nothing."""
        ...

    def named(self, row: BadRow) -> BadRow:
        """A bad row under the export's own name of the column."""
        ...


class Intake:
    """Takes in what a reader yields, and keeps count of the rows that it refused."""

    def __init__(self, on_bad_row: Callable[[BadRow], None] | None, export: Export | None) -> None:
        self.files: dict[str, FileCounts] = {}
        self.bad_rows: list[BadRow] = []
        self.bad_row_count = 0
        self.unreadable: list[str] = []
        self.unknown_columns: list[dict[str, str]] = []
        self._on_bad_row = on_bad_row
        self._export = export
        self._told: set[tuple[str, int]] = set()

    def take(self, chunk: Chunk, staged: Staging) -> None:
        """Stage the good rows of a chunk and note the bad ones."""
        counts = self.files.setdefault(chunk.file, FileCounts(chunk.file))
        counts.rows += chunk.row_count
        counts.rejected += len(chunk.bad_rows)
        self.unknown_columns += [{"file": chunk.file, "column": column} for column in chunk.unknown_columns]
        self.unreadable += [row.file for row in chunk.bad_rows if row.whole_file]
        self.bad_row_count += len(chunk.bad_rows)
        self.bad_rows += chunk.bad_rows[: BAD_ROWS_SHOWN - len(self.bad_rows)]
        if self._on_bad_row is not None:
            for row in chunk.bad_rows:
                self._on_bad_row(row)
        staged.add(chunk)

    def report(
        self, staged: Staging, format_name: str, other_files: Sequence[str], *, rest: bool, accepted_because: str
    ) -> ImportReport:
        """The report of what was staged, after it was compared."""
        # A chunk without a file is what the reader made up: a shop that nobody has named yet, or what an entry shows.
        files = {name: replace(counts) for name, counts in self.files.items()}
        count_outcomes(staged, files)
        bad_rows, count = list(self.bad_rows), self.bad_row_count
        for found in comparisons.refused(staged):
            if not found.file:
                continue  # it was worked out of a row that is refused as well
            row = found if self._export is None else self._export.named(found)
            count += 1
            if len(bad_rows) < BAD_ROWS_SHOWN:
                bad_rows.append(row)
            if self._on_bad_row is not None and (row.file, row.line) not in self._told:
                self._told.add((row.file, row.line))
                self._on_bad_row(row)
        differences = [] if self._export is None else list(self._export.differences)
        accepted = bool(differences) and says_why(accepted_because)
        differs = bool(differences) and not accepted
        rejected = bool(self.unreadable) or (count > 0 and not rest) or differs
        summed = totals(staged)
        told = {} if self._export is None else self._export.told(comparisons.left_out(staged))
        if "" in files:
            summed.pop("shops", None)
        kept = sum(file.added + file.replaced for file in files.values()) + summed.get("taken_out", 0)
        readable = sum(file.added + file.replaced for file in files.values() if file.file)
        return ImportReport(
            verdict="rejected" if rejected else "imported",
            batch=None,
            format=format_name,
            files=[file for file in files.values() if file.file],
            bad_rows=bad_rows,
            bad_row_count=count,
            totals=summed | {name: value for name, value in told.items() if name != "note"},
            unknown_columns=self.unknown_columns,
            other_files=list(other_files),
            note=self._note(count, readable, rest=rest, differs=differs)
            or _note_of(files.values(), kept, told.get("note", "")),
            unreadable=tuple(sorted(set(self.unreadable))),
            differences=differences,
            accepted_because=accepted_because.strip() if accepted else "",
            warnings=[] if self._export is None else list(self._export.warnings),
        )

    def _note(self, count: int, kept: int, *, rest: bool, differs: bool) -> str:
        if self.unreadable:
            return f"Nothing was changed: {', '.join(sorted(set(self.unreadable)))} cannot be read to its end."
        if count and not rest:
            rows, them = ("1 bad row", "it") if count == 1 else (f"{count:,} bad rows", "them")
            left = "1 record that is" if kept == 1 else f"{kept:,} records that are"
            said = f"Nothing was changed, because of {rows}. Correct {them}" + (
                f", or import the rest without {them}: {left} new or changed." if kept else "."
            )
            return f"{said} {DIFFERS_AS_WELL}" if differs else said
        return DIFFERS if differs else ""


def _note_of(files: Iterable[FileCounts], kept: int, told: str) -> str:
    """What the export says of itself, unless there was something in it and nothing of that was new."""
    read = any(file.rows for file in files)
    return told if kept or (told and not read) else "Nothing was new, so no batch was made."
