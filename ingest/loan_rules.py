"""What rows about loans must keep to beyond their single cells, and what the record adds to them."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.cells import EPOCH_DAY, Mask, Numbers
from ingest.checked import Batch
from lending.known_loans import NEVER
from lending.loan_schedule import MOST_INSTALMENTS

USUAL_RATE_KIND, USUAL_DAY_COUNT, USUAL_INTERVAL, USUAL_MINIMUM_DAYS = "declining", "30/360", "month", 90

_IN_INSTALMENTS = ("annual_rate",)
_BY_SALES = ("fee_total", "holdback_share", "final_due_on")
_ONLY_IN_INSTALMENTS = ("annual_rate", "instalments", "interval", "first_due_on")
_ONLY_BY_SALES = ("holdback_share", "minimum_share", "minimum_days")
# What an amount needs beside it, to say when.
_DATED = (("waived_amount", "closed_on", "closed"), ("written_off_amount", "written_off_on", "written off"))


def day_text(day: int) -> str:
    """A stored day as ISO 8601 has it."""
    return (EPOCH_DAY + timedelta(days=int(day))).isoformat()


def loans(batch: Batch) -> None:
    """Refuse loans whose columns contradict each other, or that name an application that is not theirs."""
    _applications(batch)
    by_sales = pc.equal(batch.texts["repayment_kind"], "sales_share").to_numpy(zero_copy_only=False)
    _columns_of_the_kind(batch, by_sales)
    _days(batch)
    for amount, day, word in _DATED:
        batch.refuse(
            batch.present(amount) & ~batch.present(day),
            amount,
            f"an amount, but the loan was not {word}: {day} is empty",
        )
    if "refinances_loan_ref" in batch.texts:
        itself = pc.equal(batch.texts["refinances_loan_ref"], batch.texts["loan_ref"]).to_numpy(zero_copy_only=False)
        batch.refuse(itself, "refinances_loan_ref", "a loan cannot refinance itself")


def _applications(batch: Batch) -> None:
    if "application_ref" not in batch.texts:
        return
    encoded = pc.dictionary_encode(batch.texts["application_ref"])
    known = batch.known.loans.application_shops
    shops = pa.array([known.get(ref, "") for ref in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)
    named = batch.present("application_ref")
    unknown = named & pc.equal(shops, "").to_numpy(zero_copy_only=False)
    batch.refuse(unknown, "application_ref", "no application with this application_ref is known")
    other = named & pc.not_equal(shops, batch.texts["shop_ref"]).to_numpy(zero_copy_only=False)
    batch.refuse_each(other, "application_ref", lambda row: f"this application is that of shop {shops[row].as_py()}")


def _columns_of_the_kind(batch: Batch, by_sales: Mask) -> None:
    for name in _IN_INSTALMENTS:
        batch.refuse(~by_sales & ~batch.present(name), name, "empty, but a loan of this repayment_kind needs it")
    for name in _BY_SALES:
        batch.refuse(by_sales & ~batch.present(name), name, "empty, but repayment_kind sales_share needs it")
    for name in _ONLY_IN_INSTALMENTS:
        batch.refuse(by_sales & batch.present(name), name, "a loan with repayment_kind sales_share has none")
    for name in _ONLY_BY_SALES:
        batch.refuse(~by_sales & batch.present(name), name, "only a loan with repayment_kind sales_share has one")
    own = batch.known.loans.has_own_schedule(batch.texts["loan_ref"].to_pylist(), batch.values("instalments"))
    batch.refuse(
        ~by_sales & ~own & ~batch.present("instalments"),
        "instalments",
        "empty, and no schedule of this loan is in instalments.csv; one of the two is needed",
    )
    step = np.where(batch.present("minimum_days"), batch.values("minimum_days"), USUAL_MINIMUM_DAYS)
    long = batch.values("final_due_on") - batch.values("disbursed_on") > MOST_INSTALMENTS * step
    batch.refuse(
        by_sales & long & ~own,
        "minimum_days",
        f"more than {MOST_INSTALMENTS} times until final_due_on; write more days",
    )


def _days(batch: Batch) -> None:
    """Refuse what happened to a loan before it was paid out."""
    disbursed = batch.values("disbursed_on")

    def until(row: int) -> str:
        return day_text(disbursed[row])

    for name in ("first_due_on", "final_due_on"):
        early = batch.present(name) & (batch.values(name) <= disbursed)
        batch.refuse_each(
            early, name, lambda row: f"due before the morning after the loan was paid out on {until(row)}"
        )
    early = batch.present("restructured_on") & (batch.values("restructured_on") <= disbursed)
    batch.refuse_each(early, "restructured_on", lambda row: f"not after the day on which it was paid out, {until(row)}")
    for name in ("closed_on", "written_off_on"):
        early = batch.present(name) & (batch.values(name) < disbursed)
        batch.refuse_each(early, name, lambda row: f"before the loan was paid out on {until(row)}")


def add_usual_terms(batch: Batch, keep: Mask, columns: dict[str, pa.Array]) -> None:
    """Put the usual terms where a loan says nothing, so that it keeps them whatever is usual later."""
    kinds = batch.texts["repayment_kind"].filter(pa.array(keep))
    by_sales = pc.equal(kinds, "sales_share")
    nothing = pa.nulls(len(kinds), pa.string())
    for name, usual in (("rate_kind", USUAL_RATE_KIND), ("day_count", USUAL_DAY_COUNT), ("interval", USUAL_INTERVAL)):
        found = columns.get(name, nothing)
        columns[name] = pc.if_else(by_sales, pa.scalar(None, pa.string()), found.fill_null(usual))
    days = columns.get("minimum_days", pa.nulls(len(kinds), pa.int64()))
    columns["minimum_days"] = pc.if_else(by_sales, days.fill_null(USUAL_MINIMUM_DAYS), pa.scalar(None, pa.int64()))


def _in_force_from(batch: Batch) -> tuple[Numbers, Mask]:
    """Since when each row of a schedule holds, and which rows belong to a later schedule than the first."""
    known = batch.known.loans
    disbursed, counts, restructured = (known.at(name, batch.loans) for name in ("disbursed", "counts", "restructured"))
    number, due = batch.values("sequence"), batch.values("due_on")
    later = np.where(counts > 0, number > counts, due > restructured)
    days = np.where(later, restructured, disbursed)
    if known.later_schedules:
        _keep_former(batch, later, restructured, days)
    return days, later


def _keep_former(batch: Batch, later: Mask, restructured: Numbers, days: Numbers) -> None:
    """Rows of a schedule on record keep its day where a loan was restructured once more and the file goes beyond it."""
    known = batch.known.loans
    refs, numbers = batch.texts["loan_ref"], batch.values("sequence")
    for row in np.flatnonzero(later).tolist():
        ref = refs[row].as_py()
        if ref in known.later_schedules:
            day, last = known.later_schedules[ref]
            if day < restructured[row] and numbers[row] <= last < known.given.get(ref, (0, 0))[1]:
                days[row] = day


def instalments(batch: Batch) -> None:
    """Refuse instalments beyond those agreed of a loan that was never restructured, and those due too early."""
    days, later = _in_force_from(batch)
    known = batch.known.loans
    counts, restructured = known.at("counts", batch.loans), known.at("restructured", batch.loans)
    batch.refuse_each(
        later & (restructured == NEVER),
        "sequence",
        lambda row: f"the loan has {counts[row]} instalments and no restructured_on, so there is no such one",
    )
    due = batch.values("due_on")
    batch.refuse_each(
        (due <= days) & ~later,
        "due_on",
        lambda row: f"due before the morning after the loan was paid out on {day_text(days[row])}",
    )
    batch.refuse_each(
        (due < days) & later,
        "due_on",
        lambda row: f"an instalment of the new schedule, due before the loan was restructured on {day_text(days[row])}",
    )


def add_schedule(batch: Batch, keep: Mask, columns: dict[str, pa.Array]) -> None:
    """The day since which each row of the lender's own schedule holds, and what it leaves out."""
    days, _ = _in_force_from(batch)
    columns["in_force_from"] = pa.array(days[keep])
    columns["computed"] = pa.array(np.zeros(int(keep.sum()), dtype=np.int64))
    for name in ("interest_due", "fee_due"):
        columns[name + "_minor"] = pa.array(batch.values(name)[keep])


def repayments(batch: Batch) -> None:
    """Refuse payments before the loan was paid out, and those that were known before they were made."""
    disbursed = batch.known.loans.at("disbursed", batch.loans)
    paid = batch.values("paid_on")
    batch.refuse_each(
        paid < disbursed, "paid_on", lambda row: f"before the loan was paid out on {day_text(disbursed[row])}"
    )
    booked = batch.local_days.get("booked_at", paid)
    batch.refuse(
        batch.present("booked_at") & (booked < paid), "booked_at", "booked on a day before that of the payment, paid_on"
    )
