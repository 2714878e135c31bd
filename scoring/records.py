"""What goes into a score and what comes out, as it is read, shown, stored and replayed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

EPOCH_DAY = date(1970, 1, 1)

EVENTS: dict[str, pa.Schema] = {
    "shops": pa.schema(
        [
            ("shop_id", pa.int64()),
            ("time_zone", pa.string()),
            ("currency", pa.string()),
            ("opened_day", pa.int32()),
            ("rating_hundredths", pa.int64()),
            ("reviews", pa.int64()),
        ]
    ),
    "days": pa.schema(
        [
            ("shop_id", pa.int64()),
            ("day", pa.int32()),
            ("orders", pa.int64()),
            ("gross_minor", pa.int64()),
            ("refunded_minor", pa.int64()),
        ]
    ),
    "orders": pa.schema(
        [
            ("shop_id", pa.int64()),
            ("order_ref", pa.string()),
            ("placed_at", pa.int64()),
            ("placed_day", pa.int32()),
            ("buyer_ref", pa.string()),
            ("gross_minor", pa.int64()),
            ("refunded_minor", pa.int64()),
            ("refunded_day", pa.int32()),
            ("status", pa.string()),
            ("cancelled_at", pa.int64()),
            ("promised_by", pa.int64()),
            ("delivered_at", pa.int64()),
            ("rating_hundredths", pa.int64()),
            ("reviewed_at", pa.int64()),
        ]
    ),
    "purchases": pa.schema(
        [("shop_id", pa.int64()), ("purchased_day", pa.int32()), ("amount_minor", pa.int64()), ("status", pa.string())]
    ),
    "wallet": pa.schema(
        [
            ("shop_id", pa.int64()),
            ("entry_ref", pa.string()),
            ("booked_at", pa.int64()),
            ("booked_day", pa.int32()),
            ("amount_minor", pa.int64()),
            ("balance_minor", pa.int64()),
            ("kind", pa.string()),
            ("counterparty_ref", pa.string()),
            ("account", pa.string()),
        ]
    ),
    "loans": pa.schema(
        [
            ("shop_id", pa.int64()),
            ("loan_ref", pa.string()),
            ("disbursed_day", pa.int32()),
            ("principal_minor", pa.int64()),
            ("final_due_day", pa.int32()),
            ("closed_day", pa.int32()),
        ]
    ),
    "instalments": pa.schema(
        [("shop_id", pa.int64()), ("loan_ref", pa.string()), ("due_day", pa.int32()), ("paid_day", pa.int32())]
    ),
}
"""The tables that scoring.features.compute reads. Days count from 1970-01-01 in the shop's zone, moments are
microseconds UTC. A loan is closed, and an instalment paid, on the day on which nothing of it was owed any more."""


def days_since_epoch(day: date) -> int:
    """A calendar day as the tables of `EVENTS` count it.

    >>> days_since_epoch(date(1970, 1, 31))
    30
    """
    return (day - EPOCH_DAY).days


@dataclass(frozen=True, slots=True)
class Contribution:
    """The points that one feature gave, beside those of a usual shop."""

    feature: str
    family: str
    unit: str
    value: float | None
    """In the feature's unit; None where it is missing."""
    missing: str | None
    """Why it is missing: a key of scoring.features.MISSING."""
    points: int
    usual_points: int
    usual_value: float | None
    code: str
    """The reason code under which the gap is counted."""
    category: str | None = None
    """The value of a text feature, known to the card or not; None for numbers."""
    seen: bool = True
    """Whether the bin was met when the card was fitted; else its points were not learnt."""

    @property
    def gap(self) -> int:
        """Points above (or, below zero, under) those of a usual shop."""
        return self.points - self.usual_points


@dataclass(frozen=True, slots=True)
class Reason:
    """What lowers, or as a strength lifts, a score: all gaps under one reason code, told by the widest of them."""

    code: str
    gap: int
    """Points; the sum over the features of the code."""
    feature: str
    family: str
    unit: str
    value: float | None
    missing: str | None
    usual_value: float | None
    category: str | None = None


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The score of one shop."""

    points: int
    soundness_points: int
    reputation_points: int
    grade: str
    default_probability_ppm: int
    """Probability of default within twelve months, in millionths."""
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    """Up to four, the heaviest first; below the usual."""
    strengths: tuple[Reason, ...]
    """Up to four, the strongest first; above the usual."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A shop's score with what went into it, ready to be stored."""

    shop_id: int
    features: Mapping[str, object]
    """The shop's row of scoring.features.compute, of its record without the orders that look bought."""
    result: ScoreResult
    manipulation: Mapping[str, object] = field(default_factory=dict)
    """What was found of bought sales, as scoring.manipulation_record.read_manipulation reads it."""
    flagged: bool = False
    """Whether that is enough to only refer the file."""
