"""The schedules of loans that come without one: worked out from their terms, as rows beside those of the files."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.cells import EPOCH_DAY, Numbers
from ingest.loan_facts import filled
from ingest.rows import Chunk
from lending.loan_schedule import SalesTerms, schedule_of
from lending.many_schedules import Alike, Lines, lines_of, schedules_of
from lending.records import INSTALMENTS

LINES_AT_ONCE = 200_000
USUAL_COUNT = 12
_ALIKE = ("repayment_kind", "rate_kind", "day_count", "interval", "instalments")


def worked_out(loans: pa.Table, lines: Numbers, file: str, share: float) -> Iterator[Chunk]:
    """The instalments of some loans, in chunks that count no records of the file.

    Args:
        loans: rows of loans without a schedule of the lender's own, as the table has them.
        lines: for each the line on which it stands.
        file: the file of the loans.
        share: of the import that has been read.
    """
    if not len(loans):
        return
    counts = np.maximum(filled(loans, "instalments", USUAL_COUNT), 1)
    parts = np.cumsum(counts) // LINES_AT_ONCE
    starts = [*np.flatnonzero(np.diff(parts, prepend=-1)).tolist(), len(loans)]
    for start, end in pairwise(starts):
        part = loans.slice(start, end - start).combine_chunks()
        found = _in_order([(chosen, _lines(part.take(pa.array(chosen)))) for chosen in _alike(part)])
        at = found.loan
        rows = {name: part[name].combine_chunks().take(pa.array(at)) for name in ("shop_ref", "loan_ref")}
        rows |= {
            "sequence": pa.array(found.sequence),
            "due_on": pa.array(found.due_day),
            "principal_due_minor": pa.array(found.principal_minor),
            "interest_due_minor": pa.array(found.interest_minor),
            "fee_due_minor": pa.array(found.fee_minor),
            "in_force_from": pa.array(filled(part, "disbursed_on", 0)[at]),
            "computed": pa.array(np.ones(len(at), dtype=np.int64)),
        }
        yield Chunk(INSTALMENTS, file, pa.table(rows), lines[start:end][at], 0, [], share)


def _alike(loans: pa.Table) -> list[npt.NDArray[np.int64]]:
    """The places of loans whose schedules can be worked out together."""
    keys = loans.select([name for name in _ALIKE if name in loans.column_names])
    keys = keys.append_column("place", pa.array(np.arange(len(loans))))
    groups = keys.group_by(keys.column_names[:-1]).aggregate([("place", "list")])
    return [np.sort(np.array(places, dtype=np.int64)) for places in groups["place_list"].to_pylist()]


def _lines(loans: pa.Table) -> Lines:
    """The schedules of loans that are alike."""
    first = loans.slice(0, 1).to_pylist()[0]
    principal, disbursed, fee = (
        filled(loans, name, 0) for name in ("principal_minor", "disbursed_on", "fee_total_minor")
    )
    if first["repayment_kind"] == "sales_share":
        final, share, days = (filled(loans, name, 0) for name in ("final_due_on", "minimum_share_ppm", "minimum_days"))
        columns = (each.tolist() for each in (principal, fee, disbursed, final, share, days))
        return lines_of(
            schedule_of(SalesTerms(amount, extra, _day(out), _day(end), least, step))
            for amount, extra, out, end, least, step in zip(*columns, strict=True)
        )
    return schedules_of(
        Alike(
            first["repayment_kind"], first["rate_kind"], first["day_count"], first["interval"], first["instalments"],
            principal, filled(loans, "annual_rate_ppm", 0), fee, disbursed, filled(loans, "first_due_on", 0),
        )
    )  # fmt: skip


def _day(number: int) -> date:
    return EPOCH_DAY + timedelta(days=number)


def _in_order(found: list[tuple[npt.NDArray[np.int64], Lines]]) -> Lines:
    """The lines of several groups as one, in the order of their loans."""
    loan = np.concatenate([chosen[lines.loan] for chosen, lines in found])
    order = np.argsort(loan, kind="stable")
    names = ("sequence", "due_day", "principal_minor", "interest_minor", "fee_minor")
    rest = (np.concatenate([getattr(lines, name) for _, lines in found])[order] for name in names)
    return Lines(loan[order], *rest)
