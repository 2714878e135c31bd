"""What is asked of each shop's record before it is scored: every feature stated once, its SQL beside its meaning.

`as_of` means strictly before midnight of that day in the shop's zone. Whole numbers are added up, divided once and
rounded to nine digits, so that a shop has exactly the same features alone and among a hundred thousand.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd
import pyarrow as pa

from scoring import asking, facts
from scoring.rounding import nine_digits

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
FULL_MONTHS = "the last 12 full months, from the first sale on"
NO_SALES_MONTH = ("year_months = 0", "no_sales")
NO_BUYERS = (
    ("kept = 0", "no_orders"),
    ("named * 2 < kept OR buyers = 0", "no_buyers_named"),
)
NO_ORDERS = ("placed = 0", "no_orders")
# A handful of orders says little: shares start from what is common (DEMO.md: refunds 2 %, cancelled 6 %, late 8 %,
# mean rating 4.1) as if so many cases had been seen already.
SMOOTHING_CASES = 20
RATING_CASES = 10
USUAL_RATING = 410
# In SuperLender's records 17 % of the first instalments came late.
INSTALMENT_CASES = 2
NO_LOANS = ("loans = 0", "no_loans")
NO_INSTALMENTS = (NO_LOANS, ("instalments_due = 0", "none_due"))

FEATURES = (
    Feature(
        name="median_month_minor",
        label="Monthly net sales",
        family="soundness",
        theme="sales",
        sign=1,
        unit="money",
        source="orders, daily totals",
        window=FULL_MONTHS,
        reason="sales_too_low",
        sentence="Half of the shop's full months sold more than this, after refunds.",
        value="median_month_minor",
        missing=(NO_SALES_MONTH,),
    ),
    Feature(
        name="sales_trend",
        label="Sales against the season before",
        family="soundness",
        theme="sales",
        sign=1,
        unit="ratio",
        source="orders, daily totals",
        window="six full months against the same months a year before, or else three against the three before",
        reason="sales_falling",
        sentence="Change of net sales; +100 % stands for doubled or more.",
        value="""CASE WHEN months >= 18
            THEN least(half_year_minor / half_year_before_minor - 1, 1)
            ELSE least(quarter_minor / quarter_before_minor - 1, 1) END""",
        missing=(
            ("months = 0", "no_sales"),
            ("months < 6", "short_history"),
            ("(CASE WHEN months >= 18 THEN half_year_before_minor ELSE quarter_before_minor END) <= 0", "no_sales"),
        ),
    ),
    Feature(
        name="sales_volatility",
        label="Ups and downs of monthly sales",
        family="soundness",
        theme="sales",
        sign=-1,
        unit="ratio",
        source="orders, daily totals",
        window=FULL_MONTHS,
        reason="sales_falling",
        sentence="Standard deviation of monthly net sales, as a share of their mean.",
        value="sqrt(CAST(greatest(year_months * months_squares - months_sum_minor * months_sum_minor, 0) AS DOUBLE))"
        " / months_sum_minor",
        missing=(
            ("year_months > 0 AND months_sum_minor <= 0", "no_sales"),
            ("year_months < 6", "short_history"),
        ),
    ),
    Feature(
        name="active_days_share",
        label="Days with a sale",
        family="soundness",
        theme="sales",
        sign=1,
        unit="share",
        source="orders, daily totals",
        window=f"{YEAR}, from the first sale on, at least 90 days",
        reason="sales_too_low",
        sentence="Share of days on which the shop sold something.",
        changeable=True,
        value="active_days / greatest(as_of_day - greatest(first_sale_day, year_ago_day), 90)",
        missing=(("first_sale_day IS NULL", "no_sales"),),
    ),
    Feature(
        name="last_sale_days",
        label="Days since the last sale",
        family="soundness",
        theme="sales",
        sign=-1,
        unit="days",
        source="orders, daily totals",
        window="all",
        reason="sales_falling",
        sentence="Days between the last sale and as_of.",
        value="as_of_day - last_sale_day",
        missing=(("last_sale_day IS NULL", "no_sales"),),
    ),
    Feature(
        name="tenure_months",
        label="Time in trade",
        family="soundness",
        theme="tenure",
        sign=1,
        unit="months",
        source="shops, orders, daily totals",
        window="all",
        reason="short_history",
        sentence="Months since the shop opened, or since its first sale where that is earlier or all that is known.",
        value="(as_of_day - known_since_day) * 12 / 365.25",
        missing=(("known_since_day IS NULL", "short_history"),),
    ),
    Feature(
        name="buyers",
        label="Buyers",
        family="soundness",
        theme="customers",
        sign=1,
        unit="count",
        source="orders",
        window=YEAR,
        reason="buyer_concentration",
        sentence="Buyers who paid more than they were paid back.",
        value="buyers",
        missing=NO_BUYERS,
    ),
    Feature(
        name="buyer_concentration",
        label="Concentration of buyers",
        family="soundness",
        theme="customers",
        sign=-1,
        unit="ratio",
        source="orders",
        window=YEAR,
        reason="buyer_concentration",
        sentence="Sum of the squared shares of all buyers (HHI): 1 is a single buyer, .1 is like ten equal ones.",
        changeable=True,
        value="CAST(buyers_squares AS DOUBLE) / CAST(buyers_sum_minor * buyers_sum_minor AS DOUBLE)",
        missing=NO_BUYERS,
    ),
    Feature(
        name="repeat_buyers_share",
        label="Buyers who came back",
        family="soundness",
        theme="customers",
        sign=1,
        unit="share",
        source="orders",
        window=YEAR,
        reason="buyer_concentration",
        sentence="Share of buyers who bought on two days or more.",
        changeable=True,
        value="repeat_buyers / buyers",
        missing=NO_BUYERS,
    ),
    Feature(
        name="cash_margin",
        label="Left after purchases",
        family="soundness",
        theme="cash",
        sign=0,
        unit="ratio",
        source="orders, daily totals, purchases",
        window=YEAR,
        reason="excess_obligations",
        sentence="1 less purchases over net sales. Close to 1 the purchases are hardly known.",
        changeable=True,
        value="1 - purchases_minor / year_net_minor",
        missing=(("purchases = 0", "no_purchases"), ("year_net_minor <= 0", "no_sales")),
    ),
    Feature(
        name="lowest_balance_ratio",
        label="Lowest balance",
        family="soundness",
        theme="cash",
        sign=1,
        unit="ratio",
        source="wallet entries",
        window=f"{facts.BALANCE_DAYS} days before as_of",
        reason="excess_obligations",
        sentence="Lowest sum of wallet and fund, in median months of sales.",
        changeable=True,
        value="lowest_balance_minor / median_month_minor",
        missing=(
            ("entries = 0", "no_wallet_entries"),
            ("coalesce(median_month_minor, 0) <= 0", "no_sales"),
        ),
    ),
    Feature(
        name="median_balance_ratio",
        label="Usual balance",
        family="soundness",
        theme="cash",
        sign=1,
        unit="ratio",
        source="wallet entries",
        window=f"{facts.BALANCE_DAYS} days before as_of",
        reason="excess_obligations",
        sentence="Wallet and fund at the close of the median day, in median months of sales.",
        changeable=True,
        value="median_balance_minor / median_month_minor",
        missing=(
            ("closed_days = 0", "no_wallet_entries"),
            ("coalesce(median_month_minor, 0) <= 0", "no_sales"),
        ),
    ),
    Feature(
        name="low_balance_share",
        label="Days too low for an instalment",
        family="soundness",
        theme="cash",
        sign=-1,
        unit="share",
        source="wallet entries",
        window=f"{facts.BALANCE_DAYS} days before as_of",
        reason="excess_obligations",
        sentence="Share of days that closed with less in wallet and fund than a tenth of a median month's sales.",
        changeable=True,
        value="low_balance_days / closed_days",
        missing=(
            ("closed_days = 0", "no_wallet_entries"),
            ("coalesce(median_month_minor, 0) <= 0", "no_sales"),
        ),
    ),
    Feature(
        name="debt_service_share",
        label="Paid to lenders",
        family="soundness",
        theme="cash",
        sign=-1,
        unit="share",
        source="wallet entries, orders, daily totals",
        window=f"{facts.BALANCE_DAYS} days before as_of",
        reason="excess_obligations",
        sentence="Loan repayments out of the wallet as a share of net sales.",
        changeable=True,
        value="greatest(repaid_minor, 0) / recent_net_minor",
        missing=(("entries = 0", "no_wallet_entries"), ("recent_net_minor <= 0", "no_sales")),
    ),
    Feature(
        name="refunded_share",
        label="Orders refunded",
        family="reputation",
        theme="quality",
        sign=-1,
        unit="share",
        source="orders",
        window=f"{YEAR}, orders at least {facts.REFUND_DELAY_DAYS} days old, since refunds arrive late",
        reason="high_refunds",
        sentence="Share of orders paid back in part or whole, drawn towards 2 % where orders are few.",
        changeable=True,
        value=f"least((ripe_refunded + {SMOOTHING_CASES} * 0.02) / (ripe + {SMOOTHING_CASES}), 1)",
        missing=(("placed + ripe_rows = 0", "no_orders"), ("ripe_rows = 0", "short_history")),
    ),
    Feature(
        name="cancelled_share",
        label="Orders cancelled",
        family="reputation",
        theme="quality",
        sign=-1,
        unit="share",
        source="orders",
        window=YEAR,
        reason="high_refunds",
        sentence="Share of orders cancelled or void, drawn towards 6 % where orders are few.",
        changeable=True,
        value=f"(cancelled + {SMOOTHING_CASES} * 0.06) / (placed + {SMOOTHING_CASES})",
        missing=(NO_ORDERS,),
    ),
    Feature(
        name="rating",
        label="Rating",
        family="reputation",
        theme="quality",
        sign=1,
        unit="rating",
        source="orders, or else the shop's own figure",
        window=YEAR,
        reason="rating_decline",
        sentence="Mean of the buyers' ratings from 1 to 5, drawn towards 4.1 where they are few.",
        changeable=True,
        value=f"""CASE WHEN ratings > 0
            THEN (ratings_sum + {RATING_CASES * USUAL_RATING}) / (ratings + {RATING_CASES})
            ELSE (rating_hundredths * coalesce(reviews, {RATING_CASES}) + {RATING_CASES * USUAL_RATING})
            / (coalesce(reviews, {RATING_CASES}) + {RATING_CASES}) END / 100""",
        missing=(("ratings = 0 AND rating_hundredths IS NULL", "no_ratings"),),
    ),
    Feature(
        name="late_share",
        label="Orders delivered late",
        family="reputation",
        theme="quality",
        sign=-1,
        unit="share",
        source="orders",
        window=YEAR,
        reason="rating_decline",
        sentence="Share of orders that arrived late or not at all, drawn towards 8 % where orders are few.",
        changeable=True,
        value=f"(late + {SMOOTHING_CASES} * 0.08) / (promised + {SMOOTHING_CASES})",
        missing=(NO_ORDERS, ("delivered = 0 OR promised = 0", "no_deliveries")),
    ),
    Feature(
        name="rating_trend",
        label="Rating of late",
        family="reputation",
        theme="quality",
        sign=1,
        unit="ratio",
        source="orders",
        window=f"orders of the last {facts.RECENT_RATING_DAYS} days against the rest of {YEAR}",
        reason="rating_decline",
        sentence="Mean rating of late less the mean before, each drawn towards 4.1 where ratings are few.",
        changeable=True,
        value=f"""((recent_ratings_sum + {RATING_CASES * USUAL_RATING}) / (recent_ratings + {RATING_CASES})
            - (ratings_sum - recent_ratings_sum + {RATING_CASES * USUAL_RATING})
            / (ratings - recent_ratings + {RATING_CASES})) / 100""",
        missing=(("recent_ratings = 0 OR ratings = recent_ratings", "no_ratings"),),
    ),
    Feature(
        name="late_instalments_share",
        label="Instalments paid late",
        family="reputation",
        theme="repayment",
        sign=-1,
        unit="share",
        source="loans with us",
        window="all",
        reason="poor_repayment",
        sentence="Share of instalments due that were paid after their day or not yet, drawn towards 17 % where few.",
        changeable=True,
        value=f"(instalments_late + {INSTALMENT_CASES} * 0.17) / (instalments_due + {INSTALMENT_CASES})",
        missing=NO_INSTALMENTS,
    ),
    Feature(
        name="worst_late_days",
        label="Worst days late",
        family="reputation",
        theme="repayment",
        sign=-1,
        unit="days",
        source="loans with us",
        window="all",
        reason="poor_repayment",
        sentence="Most days that an instalment was late; one still unpaid counts up to as_of.",
        value="worst_late_days",
        missing=NO_INSTALMENTS,
    ),
    Feature(
        name="last_late_days",
        label="Days late at last",
        family="reputation",
        theme="repayment",
        sign=-1,
        unit="days",
        source="loans with us",
        window="the instalment that fell due last",
        reason="poor_repayment",
        sentence="Days late of the newest instalment due.",
        changeable=True,
        value="last_late_days",
        missing=NO_INSTALMENTS,
    ),
    Feature(
        name="days_on_book",
        label="Days as a borrower",
        family="reputation",
        theme="repayment",
        sign=1,
        unit="days",
        source="loans with us",
        window="all",
        reason="poor_repayment",
        sentence="Days on which loans stood open, over all loans; a row of short ones counts for little.",
        value="days_on_book",
        missing=(NO_LOANS,),
    ),
    Feature(
        name="repaid_early_share",
        label="Loans repaid early",
        family="reputation",
        theme="repayment",
        sign=0,
        unit="share",
        source="loans with us",
        window="all",
        reason="poor_repayment",
        sentence="Share of the repaid loans that ended before their final day; often paid with a new loan.",
        value="loans_repaid_early / loans_repaid",
        missing=(NO_LOANS, ("loans_repaid = 0", "none_repaid")),
    ),
)

NAMES = tuple(feature.name for feature in FEATURES)
BY_NAME = {feature.name: feature for feature in FEATURES}


def missing_column(name: str) -> str:
    """The column that says why a feature is missing."""
    return f"{name}_missing"


@functools.cache
def query() -> str:
    """The one query that answers every feature, for one shop or for all."""
    columns = ["shop_id", "currency"]
    for feature in FEATURES:
        reasons = "".join(f" WHEN {condition} THEN '{reason}'" for condition, reason in feature.missing)
        why = f"CASE{reasons} END" if reasons else "CAST(NULL AS VARCHAR)"
        columns.append(f"CASE WHEN ({why}) IS NULL THEN CAST({feature.value} AS DOUBLE) END AS {feature.name}")
        columns.append(f"{why} AS {missing_column(feature.name)}")
    return f"WITH {','.join(facts.STEPS)}\nSELECT {', '.join(columns)} FROM facts ORDER BY shop_id"


def compute(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date]) -> pd.DataFrame:
    """The features of every shop in `events` as of a day, or each as of a day of its own.

    Args:
        events: the tables of scoring.records.EVENTS. Rows of later than as_of do no harm: nothing of them is read.
        as_of: the day before which a record must be dated, in the shop's own zone; or that of each shop by its number.

    Returns:
        One row per shop, index `shop_id` ascending. `currency` (text); per feature a column of its name (float64, NaN
        where missing, unit as the feature says) and `<name>_missing` (text, a key of `MISSING`, or None).
    """
    with asking.opened(events, as_of=as_of) as cursor:
        frame: pd.DataFrame = cursor.execute(query()).df()
    frame = frame.set_index("shop_id")
    for name in NAMES:
        frame[name] = nine_digits(frame[name].to_numpy(dtype=float))
        why = missing_column(name)
        frame[why] = frame[why].astype(object).where(frame[why].notna(), None)
    return frame
