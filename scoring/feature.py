"""One question to a shop's record: what it asks, in SQL and in words, and why there may be no answer."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["soundness", "reputation"]
Theme = Literal["sales", "customers", "tenure", "cash", "quality", "repayment"]
Unit = Literal["money", "share", "count", "days", "months", "rating", "ratio"]

# Why a feature can be missing, for the officer; the code of the reason it gives stands in scoring.reasons.
MISSING = {
    "no_sales": "no sales in the time looked at",
    "short_history": "too short a history",
    "no_buyers_named": "too few orders name a buyer who paid",
    "no_purchases": "no purchases on record",
    "no_wallet_entries": "no wallet entries with a balance",
    "no_orders": "no single orders in the time looked at",
    "no_ratings": "no ratings",
    "no_deliveries": "no promised or actual deliveries on record",
    "no_loans": "no earlier loan on record",
    "none_due": "no instalment has fallen due yet",
    "none_repaid": "no loan was repaid yet",
    "other_currency": "sales in another currency than the card's",
    "not_a_number": "not a number",
    "new_category": "a category that the card does not know",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One question to a shop's record."""

    name: str
    label: str
    family: Family
    theme: Theme
    """What of the shop it asks about; the themes of a family make it up."""
    sign: int
    """1 where more is better, -1 where less is better, 0 where the middle is best."""
    unit: Unit
    source: str
    window: str
    reason: str
    """The reason code of a decision that this feature can give."""
    sentence: str
    value: str
    """SQL over the columns of `facts`; read only where nothing is missing."""
    changeable: bool = False
    """Whether a shop that wants to can change it within a year or so."""
    missing: tuple[tuple[str, str], ...] = ()
    """SQL conditions under which there is no value, each with its reason; the first that holds counts."""


YEAR = "12 months before as_of"
NO_ORDERS = ("placed = 0", "no_orders")
