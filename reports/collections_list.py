"""The loans to be collected as a list to take along: a line per loan. Without consent no sales."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lending.arrears import BUCKETS
from lending.records import minor_digits
from reports.lists import Column, Line

COLUMNS = (
    Column("loan_ref", "Loan", 14),
    Column("shop", "Shop", 34),
    Column("shop_ref", "Shop's number", 14),
    Column("days_past_due", "Days past due", 13),
    Column("bucket", "Bucket", 9),
    Column("days_to_next_bucket", "Days to next bucket", 18),
    Column("next_due_in_days", "Oldest unpaid due in days", 22),
    Column("overdue", "Overdue", 16),
    Column("due_soon", "Due within 7 days", 16),
    Column("outstanding", "Outstanding", 16),
    Column("expected_loss", "Expected loss", 16),
    Column("currency", "Currency", 9),
    Column("stage", "Stage", 7),
    Column("last_contact", "Last contact", 13),
    Column("contacted_by", "Contacted by", 20),
    Column("contacts_7_days", "Contacts in 7 days", 16),
    Column("promised", "Promised", 16),
    Column("promised_for", "Promised for", 13),
    Column("promise", "Promise", 9),
    Column("broken_promises", "Broken promises", 15),
    Column("dispute", "Dispute", 9),
    Column("hardship", "Hardship", 9),
    Column("waits_for_second", "Waits for a second person", 22),
    Column("net_sales_30_days", "Net sales, 30 days", 18),
    Column("net_sales_30_before", "Net sales, 30 days before", 22),
    Column("last_sale", "Last sale in these days", 20),
    Column("generated", "Generated data", 14),
)


def line(row: Mapping[Any, Any], *, currency: str) -> Line:
    """One loan, from its row of db.collecting.Work."""
    digits = minor_digits(currency)

    def money(name: str) -> Decimal | None:
        return None if row[name] is None else Decimal(int(row[name])).scaleb(-digits)

    def day(name: str) -> date | None:
        found: date | None = row[name]
        return found

    left = int(row["next_bucket_days"])
    return (
        row["loan_ref"], row["shop_name"], row["shop_ref"], int(row["days_past_due"]), BUCKETS[int(row["bucket"])],
        left if left >= 0 else None, int(row["due_in_days"]), money("overdue_minor"), money("soon_minor"),
        money("outstanding_minor"), money("expected_loss_minor"), currency, int(row["stage"]), day("contact_on"),
        row["contact_by"], int(row["contacts"]), money("promise_minor"), day("promise_on"), row["promise_state"],
        int(row["broken_promises"]), "open" if row["dispute"] else None, "open" if row["hardship"] else None,
        row["waits"] and row["waits"].replace("_", " "), money("net_minor"), money("net_before_minor"), day("sold_on"),
        "generated" if row["generated"] else None,
    )  # fmt: skip
