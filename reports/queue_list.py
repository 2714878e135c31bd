"""The queue as a list to take along: a line per waiting application. Without consent only its name and its state."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from lending.records import minor_digits
from reports.lists import Column, Line

COLUMNS = (
    Column("application_ref", "Number", 12),
    Column("shop", "Shop", 34),
    Column("shop_ref", "Shop's number", 14),
    Column("waits_for", "Waits for", 34),
    Column("held_by", "Held by", 18),
    Column("submitted_at", "Submitted", 18),
    Column("due_at", "Due", 18),
    Column("days_waiting", "Days waiting", 12),
    Column("amount", "Amount", 16),
    Column("currency", "Currency", 9),
    Column("term_months", "Term in months", 14),
    Column("grade", "Grade", 7),
    Column("points", "Points", 8),
    Column("amount_days", "Amount × days", 18),
    Column("generated", "Generated data", 14),
)
TENTH = Decimal("0.1")


def line(
    row: Mapping[str, Any],
    *,
    now: datetime,
    promised: timedelta,
    zone: str,
    waits_for: Callable[[Mapping[str, Any]], str],
) -> Line:
    """One application, from its row of db.queue.rows.

    Args:
        row: the row.
        now: the moment to which days are counted.
        promised: the time in which an answer is promised.
        zone: the desk's time zone.
        waits_for: what it waits for, in words.
    """
    days = Decimal((now - row["submitted_at"]) // timedelta(minutes=1)) / (24 * 60)
    amount, delay = None, None
    consented = row["state"] != "no-consent"
    if consented:
        amount = Decimal(row["amount_minor"]).scaleb(-minor_digits(row["currency"]))
        delay = (days * amount).quantize(amount)
    submitted_at = row["submitted_at"].astimezone(ZoneInfo(zone))
    return (
        row["application_ref"], row["shop_name"], row["shop_ref"] if consented else None, waits_for(row),
        row["holder_name"], submitted_at, submitted_at + promised, days.quantize(TENTH),
        amount, row["currency"] if consented else None, row["term_months"], row["grade"], row["points"], delay,
        "generated" if row["generated"] else None,
    )  # fmt: skip
