"""The signs of bought sales: each stated once, its formula beside its meaning.

A sign is a reason to look, never an accusation. It stands beside what is usual for the shop itself: the quarter of 90
days before as_of beside the up to four quarters before it. The sums are whole numbers, divided once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.suspects import (
    COMMON_ORDERS,
    COMMON_SHARES,
    LEAST_ORDERS,
    PAST_QUARTERS,
    QUARTER_DAYS,
    leaps,
)

Unit = Literal["share", "ratio", "count"]
Facts = Mapping[str, npt.NDArray[Any]]
"""Sums of each shop by name, as scoring.manipulation adds them up: of the last quarter, those of the quarters before it
with `_before`; of the last 30 days with `month_`."""
Formula = Callable[[Facts], Any]

UNKNOWN = {
    "no_sales": "nothing was sold in the last 90 days",
    "totals_only": "only daily totals are known",
    "few_orders": f"fewer than {LEAST_ORDERS} orders came in the last 90 days",
    "short_record": "the record is too short to compare with",
    "no_times": "only dates are known",
    "no_buyers_named": "too few orders name their buyer",
    "no_wallet": "no wallet is on record",
}
"""Why a sign can't be told."""

MONTH_DAYS = 30
YEAR_DAYS = 365
# The year's growth is taken from two quarters in which the month looked at is not, and held within bounds.
GROWTH_FROM, GROWTH_UNTIL = QUARTER_DAYS, 3 * QUARTER_DAYS
LEAST_GROWTH, MOST_GROWTH = 0.5, 2.0
LARGEST_BUYERS = 5
LARGEST_SHARE = 0.3
LARGEST_AMOUNT_SHARE = 0.2
LEAP_OF_SEASON, LEAP_OF_BUYERS, LEAP_OF_LARGEST = 2, 2.5, 2


@dataclass(frozen=True, slots=True)
class SignKind:
    """One question to the record."""

    name: str
    label: str
    unit: Unit
    sentence: str
    value: Formula
    usual: Formula
    """What is usual for the shop, by its own past; of `paid_back` by any honest one."""
    cases: Formula
    """How many orders or buyers the value rests on."""
    fires: Formula
    unknown: tuple[tuple[Formula, str], ...]
    """Conditions under which it can't be told, each with its reason; the first that holds counts."""


def growth(facts: Facts) -> npt.NDArray[np.float64]:
    """How much the shop sells against a year ago, from the half year before the quarter; 1 where that is unknown."""
    known = (facts["first_age_days"] >= YEAR_DAYS + GROWTH_UNTIL) & (facts["half_before_minor"] > 0)
    grown = facts["half_minor"] / np.maximum(facts["half_before_minor"], 1)
    return np.where(known, np.clip(grown, LEAST_GROWTH, MOST_GROWTH), 1.0)


def days_before(facts: Facts) -> npt.NDArray[np.int64]:
    """Days of the shop's record before the quarter, of those that are looked at."""
    seen = np.minimum(facts["first_age_days"] + 1, QUARTER_DAYS * (1 + PAST_QUARTERS))
    return np.asarray(seen - QUARTER_DAYS)


def _leaps(name: str, of: str, *, common: float, times: float) -> Formula:
    return lambda f: leaps(f[name], f[of], f[f"{name}_before"], f[f"{of}_before"], common=common, times=times)


NO_ORDERS: tuple[tuple[Formula, str], ...] = (
    (lambda f: (f["orders"] == 0) & (f["recent_totals"] > 0), "totals_only"),
    (lambda f: f["orders"] == 0, "no_sales"),
    (lambda f: f["orders"] < LEAST_ORDERS, "few_orders"),
)
NO_BUYERS = (*NO_ORDERS, (lambda f: f["named"] * 2 < f["orders"], "no_buyers_named"))
NO_PAST: tuple[Formula, str] = (lambda f: f["orders_before"] < LEAST_ORDERS, "short_record")

SIGNS = (
    SignKind(
        name="paid_back",
        label="Money back to buyers",
        unit="share",
        sentence="Share of the quarter's sales whose buyers were paid about the same from the wallet within 45 days, "
        "outside refunds.",
        value=lambda f: f["back_minor"] / f["gross_minor"],
        usual=lambda f: 0 * f["orders"],
        cases=lambda f: f["back_orders"],
        fires=lambda f: f["back_established"],
        unknown=(*NO_BUYERS, (lambda f: f["wallet_entries"] == 0, "no_wallet")),
    ),
    SignKind(
        name="together",
        label="Night, round amount, new buyer",
        unit="share",
        sentence="Share of the quarter's orders with at least two of the three: at night, a round amount, a new buyer.",
        value=lambda f: f["twice_marked"] / f["orders"],
        usual=lambda f: (
            (f["twice_marked_before"] + COMMON_ORDERS * sum(COMMON_SHARES.values()))
            / (f["orders_before"] + COMMON_ORDERS)
        ),
        cases=lambda f: f["twice_marked"],
        fires=lambda f: f["bursts"] > 0,
        unknown=NO_ORDERS,
    ),
    SignKind(
        name="season",
        label="Last 30 days against last year",
        unit="ratio",
        sentence="Sales of the last 30 days over those of the same days a year before, with the shop's growth taken "
        "out. It fires when they have doubled.",
        value=lambda f: f["month_minor"] / (f["month_before_minor"] * growth(f)),
        usual=lambda f: 1 + 0 * f["orders"],
        cases=lambda f: f["month_orders"],
        fires=lambda f: (
            (f["month_minor"] >= LEAP_OF_SEASON * f["month_before_minor"] * growth(f))
            & (f["month_orders"] >= LEAST_ORDERS)
        ),
        unknown=(
            (lambda f: f["recent_orders"] == 0, "no_sales"),
            (
                lambda f: (f["first_age_days"] < YEAR_DAYS + MONTH_DAYS) | (f["month_before_minor"] <= 0),
                "short_record",
            ),
        ),
    ),
    SignKind(
        name="new_buyers",
        label="Burst of new buyers",
        unit="count",
        sentence="Buyers who came for the first time in the last 30 days, beside 30 days of the time before the "
        "quarter. It fires at 2.5 times as many, and twenty.",
        value=lambda f: f["month_fresh"],
        usual=lambda f: f["fresh_buyers_before"] * MONTH_DAYS / np.maximum(days_before(f), 1),
        cases=lambda f: f["month_fresh"],
        fires=lambda f: (
            (f["month_fresh"] >= 2 * LEAST_ORDERS)
            & (f["month_fresh"] * days_before(f) >= LEAP_OF_BUYERS * f["fresh_buyers_before"] * MONTH_DAYS)
        ),
        unknown=(*NO_BUYERS, (lambda f: days_before(f) < QUARTER_DAYS, "short_record")),
    ),
    SignKind(
        name="bought_once",
        label="Buyers who bought once",
        unit="share",
        sentence="Share of the quarter's buyers who were new and placed a single order in it.",
        value=lambda f: f["once"] / f["buyers"],
        usual=lambda f: f["once_before"] / f["buyers_before"],
        cases=lambda f: f["once"],
        fires=_leaps("once", "buyers", common=0.6, times=1),
        unknown=(*NO_BUYERS, NO_PAST, (lambda f: f["buyers_before"] == 0, "short_record")),
    ),
    SignKind(
        name="concentration",
        label="Concentration of buyers",
        unit="share",
        sentence=f"Share of the quarter's sales that its {LARGEST_BUYERS} largest buyers bring. It fires from 30 % on, "
        "at twice the share of the quarters before.",
        value=lambda f: f["largest_minor"] / f["named_minor"],
        usual=lambda f: f["largest_minor_before"] / f["named_minor_before"],
        cases=lambda f: f["buyers"],
        fires=lambda f: (
            (f["largest_minor"] >= LARGEST_SHARE * f["named_minor"])
            & (
                f["largest_minor"] / f["named_minor"]
                >= LEAP_OF_LARGEST * (f["largest_minor_before"] / f["named_minor_before"])
            )
        ),
        unknown=(*NO_BUYERS, NO_PAST, (lambda f: f["named_minor_before"] == 0, "short_record")),
    ),
    SignKind(
        name="round_amounts",
        label="Round amounts",
        unit="share",
        sentence="Share of the quarter's orders whose amount is one digit and zeros, from 10.00 on.",
        value=lambda f: f["round"] / f["orders"],
        usual=lambda f: f["round_before"] / f["orders_before"],
        cases=lambda f: f["round"],
        fires=_leaps("round", "orders", common=0.05, times=1.5),
        unknown=(*NO_ORDERS, NO_PAST),
    ),
    SignKind(
        name="one_amount",
        label="One amount again and again",
        unit="share",
        sentence="Share of the quarter's orders that are of the amount whose orders grew most. It fires from 20 % on.",
        value=lambda f: f["amount_orders"] / f["orders"],
        usual=lambda f: f["amount_orders_before"] / f["orders_before"],
        cases=lambda f: f["amount_orders"],
        fires=lambda f: (
            _leaps("amount_orders", "orders", common=0.02, times=3)(f)
            & (f["amount_orders"] >= LARGEST_AMOUNT_SHARE * f["orders"])
        ),
        unknown=(*NO_ORDERS, NO_PAST),
    ),
    SignKind(
        name="night",
        label="Orders at night",
        unit="share",
        sentence="Share of the quarter's orders placed from one to six in the morning by the shop's clock.",
        value=lambda f: f["night"] / f["orders"],
        usual=lambda f: f["night_before"] / f["orders_before"],
        cases=lambda f: f["night"],
        fires=_leaps("night", "orders", common=0.03, times=2),
        unknown=(*NO_ORDERS, (lambda f: ~f["timed"], "no_times"), NO_PAST),
    ),
)
BY_NAME = {kind.name: kind for kind in SIGNS}
