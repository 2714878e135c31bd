"""The shops of a search as a list to take along: a line per shop. Without consent only its name and number."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lending.records import minor_digits
from reports.lists import Column, Line

COLUMNS = (
    Column("shop_ref", "Number", 14),
    Column("shop", "Shop", 34),
    Column("consent", "Consent", 10),
    Column("category", "Category", 18),
    Column("region", "Region", 18),
    Column("marketplace", "Marketplace", 16),
    Column("grade", "Grade", 7),
    Column("points", "Points", 8),
    Column("month_net_sales", "Net sales of a usual month", 24),
    Column("currency", "Currency", 9),
    Column("generated", "Generated data", 14),
)


def line(row: Mapping[str, Any]) -> Line:
    """One shop, from its row of db.shops.rows."""
    month = row["month_minor"]
    return (
        row["shop_ref"], row["shop_name"], "given" if row["consented"] else "missing", row["category"], row["region"],
        row["marketplace"], row["grade"], row["points"],
        None if month is None else Decimal(month).scaleb(-minor_digits(row["currency"])), row["currency"],
        "generated" if row["generated"] else None,
    )  # fmt: skip
