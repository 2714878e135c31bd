"""What was found in one shop's record, in a form that is stored with its score as JSON, and read again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from scoring.records import EPOCH_DAY

MOST_SUSPECTS = 200
"""So many of the orders that are set aside are kept one by one, the largest first."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of bought sales: a kind of scoring.bought_signs.SIGNS, as it is for one shop."""

    name: str
    value: float | None
    """In the unit of its kind; None where it can't be told."""
    usual: float | None
    cases: int
    fires: bool
    unknown: str | None
    """Why it can't be told: a key of scoring.bought_signs.UNKNOWN."""


@dataclass(frozen=True, slots=True)
class SuspectOrder:
    """One order that is set aside."""

    order_ref: str
    placed_day: date
    placed_at: int | None
    """Microseconds UTC; None where the source knows dates only."""
    buyer_ref: str | None
    gross_minor: int
    rule: str
    """Why: a key of scoring.suspects.RULES."""


@dataclass(frozen=True, slots=True)
class ChangedFeature:
    """A feature that is another without the orders set aside; None where it is missing."""

    name: str
    raw: float | None
    cleaned: float | None


@dataclass(frozen=True, slots=True)
class AsideDay:
    """What is set aside of a day's sales: orders and gross of the day they were placed, refunds of the day made."""

    day: date
    orders: int
    gross_minor: int
    refunded_minor: int


@dataclass(frozen=True, slots=True)
class Week:
    """The sales of a week, and the part of them that is set aside."""

    monday: date
    gross_minor: int
    aside_minor: int

    @property
    def kept_minor(self) -> int:
        """What is not set aside."""
        return self.gross_minor - self.aside_minor


@dataclass(frozen=True, slots=True)
class Manipulation:
    """What was found in one shop's record of the year before as_of."""

    flagged: bool
    orders: int
    """Single orders looked through, of 360 days and without cancelled ones."""
    timed: bool
    """Whether the source knows the time of day of its orders."""
    month_minor: int
    """Gross sales of the last 30 days, daily totals among them."""
    month_aside_minor: int
    recent_minor: int
    """Gross sales of the last 90 days."""
    recent_aside_minor: int
    aside_orders: int
    """All orders that are set aside, those that are not kept one by one too."""
    aside_minor: int
    signs: tuple[Sign, ...]
    features: tuple[ChangedFeature, ...]
    suspects: tuple[SuspectOrder, ...]
    """At most MOST_SUSPECTS, the largest first."""
    days: tuple[AsideDay, ...]
    weeks: tuple[Week, ...]
    """The weeks of the year with sales, oldest first; none where nothing is set aside."""

    @property
    def month_share(self) -> float:
        """Share of the last 30 days' sales that is set aside."""
        return self.month_aside_minor / self.month_minor if self.month_minor else 0.0

    @property
    def recent_share(self) -> float:
        """Share of the last 90 days' sales that is set aside."""
        return self.recent_aside_minor / self.recent_minor if self.recent_minor else 0.0

    @property
    def fired(self) -> tuple[Sign, ...]:
        """The signs that fire."""
        return tuple(sign for sign in self.signs if sign.fires)


SUMS = (
    "flagged", "orders", "timed", "month_minor", "month_aside_minor", "recent_minor", "recent_aside_minor",
    "aside_orders", "aside_minor",
)  # fmt: skip
SIGN_FIELDS = ("name", "value", "usual", "cases", "fires", "unknown")


def plain(found: Manipulation) -> dict[str, Any]:
    """The same as JSON can hold it: rows as lists, days as numbers since 1970-01-01."""
    return {
        **{name: getattr(found, name) for name in SUMS},
        "signs": [[getattr(sign, name) for name in SIGN_FIELDS] for sign in found.signs],
        "features": [[each.name, each.raw, each.cleaned] for each in found.features],
        "suspects": [
            [each.order_ref, _number(each.placed_day), each.placed_at, each.buyer_ref, each.gross_minor, each.rule]
            for each in found.suspects
        ],
        "days": [[_number(each.day), each.orders, each.gross_minor, each.refunded_minor] for each in found.days],
        "weeks": [[_number(each.monday), each.gross_minor, each.aside_minor] for each in found.weeks],
    }


def read_manipulation(told: Mapping[str, Any]) -> Manipulation:
    """What `plain` has told; of an older score that tells nothing, nothing was looked through.

    >>> read_manipulation({}).flagged
    False
    """
    if not told:
        return Manipulation(
            flagged=False, orders=0, timed=False, month_minor=0, month_aside_minor=0, recent_minor=0,
            recent_aside_minor=0, aside_orders=0, aside_minor=0, signs=(), features=(), suspects=(), days=(), weeks=(),
        )  # fmt: skip
    return Manipulation(
        **{name: told[name] for name in SUMS},
        signs=tuple(Sign(*row) for row in told["signs"]),
        features=tuple(ChangedFeature(*row) for row in told["features"]),
        suspects=tuple(SuspectOrder(ref, _day(day), *rest) for ref, day, *rest in told["suspects"]),
        days=tuple(AsideDay(_day(day), *rest) for day, *rest in told["days"]),
        weeks=tuple(Week(_day(day), *rest) for day, *rest in told["weeks"]),
    )


def aside_days(suspects: Sequence[Mapping[str, Any]]) -> tuple[AsideDay, ...]:
    """What a shop's suspects, rows of scoring.manipulation.Findings, add to each day's sales."""
    sums: dict[int, list[int]] = {}
    for row in suspects:
        day = sums.setdefault(row["placed_day"], [0, 0, 0])
        day[0] += 1
        day[1] += row["gross_minor"]
        if row["refunded_minor"]:
            sums.setdefault(row["refunded_day"], [0, 0, 0])[2] += row["refunded_minor"]
    return tuple(AsideDay(_day(number), *sums[number]) for number in sorted(sums))


def _number(day: date) -> int:
    return (day - EPOCH_DAY).days


def _day(number: int) -> date:
    return EPOCH_DAY + timedelta(days=number)
