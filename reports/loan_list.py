"""The loans behind the figures of the Portfolio page as a list to take along, and any table of that page."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lending.records import minor_digits
from reports.lists import Column, Line, Value

COLUMNS = (
    Column("loan_ref", "Loan", 14),
    Column("shop", "Shop", 34),
    Column("owner", "Owner", 16),
    Column("category", "Category", 18),
    Column("region", "Region", 16),
    Column("grade", "Grade", 7),
    Column("disbursed_on", "Paid out", 12),
    Column("state", "State", 12),
    Column("days_past_due", "Days past due", 12),
    Column("stage", "Stage", 7),
    Column("renegotiated", "Renegotiated", 12),
    Column("currency", "Currency", 9),
    Column("principal", "Lent", 16),
    Column("outstanding", "Outstanding", 16),
    Column("overdue", "Overdue", 16),
    Column("expected_loss", "Expected loss", 16),
    Column("own_share", "Own share", 10),
)
WIDEST = 40


def line(row: Mapping[Any, Any], *, shop: str, currency: str) -> Line:
    """One loan, from its row of lending.book_view.loan_rows."""
    digits = minor_digits(currency)
    lent, outstanding, overdue, loss = (
        Decimal(round(row[f"{name}_minor"])).scaleb(-digits) for name in ("principal", "outstanding", "overdue", "loss")
    )
    return (
        row["loan_ref"], shop, row["owner"], row["category"] or None, row["region"] or None, row["grade"] or None,
        row["disbursed_on"], row["state"].replace("_", " "), int(row["past_due"]), int(row["stage"]) or None,
        "yes" if row["renegotiated"] else None, currency, lent, outstanding, overdue, loss,
        Decimal(str(round(float(row["own_share"]), 6))),
    )  # fmt: skip


def table_columns(headings: Sequence[str]) -> tuple[Column, ...]:
    """The columns of any table, named for programs after their headings.

    >>> table_columns(["PAR30, %"])[0].name
    'par30_percent'
    """
    return tuple(
        Column(
            re.sub(r"[^a-z0-9]+", "_", each.lower().replace("%", "percent")).strip("_"),
            each,
            min(len(each) + 4, WIDEST),
        )
        for each in headings
    )


def table_value(value: object) -> Value:
    """A cell of any table: numbers exact, what is missing empty.

    >>> table_value(0.1), table_value(float("nan")), table_value("=1+1")
    (Decimal('0.1'), None, '=1+1')
    """
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else None
        case int() | str() | date():
            return value
    number = float(str(value))
    if number != number:  # noqa: PLR0124  (only what is not a number differs from itself)
        return None
    return int(number) if number.is_integer() else Decimal(str(round(number, 6)))
