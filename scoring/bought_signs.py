"""The signs of bought sales: each stated once, its SQL beside its meaning.

A sign is a reason to look, never an accusation. It stands beside what is usual for the shop itself: the quarter of 90
days before as_of beside the up to four quarters before it. The tables are those of scoring.suspects.
"""

import functools
from dataclasses import dataclass
from typing import Literal

from scoring.suspects import COMMON_ORDERS, COMMON_SHARES, LEAST_ORDERS, PAST_QUARTERS, QUARTER_DAYS, QUARTERS, leaps

Unit = Literal["share", "ratio", "count"]

UNKNOWN = {
    "no_sales": "no sales in the last 90 days",
    "totals_only": "only daily totals are known",
    "few_orders": f"fewer than {LEAST_ORDERS} orders in the last 90 days",
    "short_record": "too short a record to compare with",
    "no_times": "only dates are known",
    "no_buyers_named": "too few orders name their buyer",
    "no_wallet": "no wallet on record",
}
"""Why a sign can't be told."""

MONTH_DAYS = 30
YEAR_DAYS = 365
# The year's growth is taken from two quarters in which the month looked at is not, and held within bounds.
GROWTH_FROM, GROWTH_UNTIL = QUARTER_DAYS, 3 * QUARTER_DAYS
LEAST_GROWTH, MOST_GROWTH = 0.5, 2
LARGEST_BUYERS = 5


@dataclass(frozen=True, slots=True)
class SignKind:
    """One question to the record; the expressions are SQL over the columns of `SIGN_FACTS`."""

    name: str
    label: str
    unit: Unit
    sentence: str
    value: str
    usual: str
    """What is usual for the shop, by its own past; of `paid_back` by any honest one."""
    cases: str
    """How many orders the value rests on."""
    fires: str
    unknown: tuple[tuple[str, str], ...]
    """Conditions under which it can't be told, each with its reason; the first that holds counts."""


NO_ORDERS = (
    ("orders = 0 AND recent_totals > 0", "totals_only"),
    ("orders = 0", "no_sales"),
    (f"orders < {LEAST_ORDERS}", "few_orders"),
)
NO_BUYERS = (*NO_ORDERS, ("named * 2 < orders", "no_buyers_named"))
NO_PAST = (f"orders_before < {LEAST_ORDERS}", "short_record")

SIGNS = (
    SignKind(
        name="paid_back",
        label="Money back to buyers",
        unit="share",
        sentence="Share of the quarter's sales whose buyers were paid about the same from the wallet within 45 days, "
        "outside refunds.",
        value="back_minor / gross_minor",
        usual="0",
        cases="back_orders",
        fires="back_established",
        unknown=(*NO_BUYERS, ("wallet_entries = 0", "no_wallet")),
    ),
    SignKind(
        name="together",
        label="Night, round amount, new buyer",
        unit="share",
        sentence="Share of the quarter's orders with at least two of the three: at night, a round amount, a new buyer.",
        value="twice_marked / orders",
        usual=f"(twice_marked_before + {COMMON_ORDERS} * {sum(COMMON_SHARES.values()):g})"
        f" / (orders_before + {COMMON_ORDERS})",
        cases="twice_marked",
        fires="bursts > 0",
        unknown=NO_ORDERS,
    ),
    SignKind(
        name="season",
        label="Last 30 days against last year",
        unit="ratio",
        sentence="Sales of the last 30 days over those of the same days a year before, with the shop's growth taken "
        "out. It fires when they have doubled.",
        value="month_minor / (month_before_minor * growth)",
        usual="1",
        cases="month_orders",
        fires=f"month_minor >= 2 * month_before_minor * growth AND month_orders >= {LEAST_ORDERS}",
        unknown=(
            ("recent_sales = 0", "no_sales"),
            (f"first_age_days < {YEAR_DAYS + MONTH_DAYS} OR month_before_minor <= 0", "short_record"),
        ),
    ),
    SignKind(
        name="new_buyers",
        label="Burst of new buyers",
        unit="count",
        sentence="Buyers who came for the first time in the last 30 days, beside 30 days of the time before the "
        "quarter. It fires at 2.5 times as many.",
        value="month_fresh",
        usual=f"fresh_before * {MONTH_DAYS} / days_before",
        cases="month_fresh",
        fires=f"month_fresh >= {2 * LEAST_ORDERS} AND month_fresh * days_before >= 2.5 * fresh_before * {MONTH_DAYS}",
        unknown=(*NO_BUYERS, (f"days_before < {QUARTER_DAYS}", "short_record")),
    ),
    SignKind(
        name="bought_once",
        label="Buyers who bought once",
        unit="share",
        sentence="Share of the quarter's buyers who were new and placed a single order in it.",
        value="once / buyers",
        usual="once_before / buyers_before",
        cases="once",
        fires=leaps("once", "buyers", "once_before", "buyers_before", common="0.6", times=1),
        unknown=(*NO_BUYERS, NO_PAST, ("buyers_before = 0", "short_record")),
    ),
    SignKind(
        name="concentration",
        label="Concentration of buyers",
        unit="share",
        sentence=f"Share of the quarter's sales that its {LARGEST_BUYERS} largest buyers bring. It fires from 30 % on, "
        "at twice the share of the quarters before.",
        value="largest_minor / named_minor",
        usual="largest_before_minor / named_before_minor",
        cases="buyers",
        fires="largest_minor >= 0.3 * named_minor AND CAST(largest_minor AS DOUBLE) * named_before_minor "
        ">= 2.0 * largest_before_minor * named_minor",
        unknown=(*NO_BUYERS, NO_PAST, ("coalesce(named_before_minor, 0) = 0", "short_record")),
    ),
    SignKind(
        name="round_amounts",
        label="Round amounts",
        unit="share",
        sentence="Share of the quarter's orders whose amount is one digit and zeros, from 10.00 on.",
        value="round / orders",
        usual="round_before / orders_before",
        cases="round",
        fires=leaps("round", "orders", "round_before", "orders_before", common="0.05", times=1.5),
        unknown=(*NO_ORDERS, NO_PAST),
    ),
    SignKind(
        name="one_amount",
        label="One amount again and again",
        unit="share",
        sentence="Share of the quarter's orders that are of the amount whose orders grew most.",
        value="amount_orders / orders",
        usual="amount_orders_before / orders_before",
        cases="amount_orders",
        fires=leaps("amount_orders", "orders", "amount_orders_before", "orders_before", common="0.02", times=3),
        unknown=(*NO_ORDERS, NO_PAST),
    ),
    SignKind(
        name="night",
        label="Orders at night",
        unit="share",
        sentence="Share of the quarter's orders placed from one to six in the morning by the shop's clock.",
        value="night / orders",
        usual="night_before / orders_before",
        cases="night",
        fires=leaps("night", "orders", "night_before", "orders_before", common="0.03", times=2),
        unknown=(*NO_ORDERS, ("NOT timed", "no_times"), NO_PAST),
    ),
)
BY_NAME = {kind.name: kind for kind in SIGNS}

BUYER_SUMS = f"""
SELECT shop_id, quarter, count(*) AS buyers, count(*) FILTER (WHERE orders = 1 AND fresh) AS once,
    CAST(sum(gross_minor) AS BIGINT) AS named_minor,
    CAST(list_sum(max(gross_minor, {LARGEST_BUYERS})) AS BIGINT) AS largest_minor
FROM (
    SELECT shop_id, quarter, buyer, count(*) AS orders, bool_or(fresh) AS fresh,
        CAST(sum(gross_minor) AS BIGINT) AS gross_minor
    FROM marked WHERE buyer IS NOT NULL AND quarter <= {PAST_QUARTERS} GROUP BY ALL
) AS b GROUP BY shop_id, quarter
"""
# Of amounts that grew alike the largest; so nothing hangs on the order of rows.
AMOUNTS = f"""
SELECT shop_id, max_by(now, (({PAST_QUARTERS} * now - before), gross_minor)) AS amount_orders,
    max_by(before, (({PAST_QUARTERS} * now - before), gross_minor)) AS amount_orders_before
FROM (
    SELECT shop_id, gross_minor, count(*) FILTER (WHERE quarter = 0) AS now, count(*) FILTER (WHERE quarter > 0)
        AS before
    FROM marked WHERE quarter <= {PAST_QUARTERS} GROUP BY shop_id, gross_minor
) AS a GROUP BY shop_id
"""


def _between(first: int, until: int) -> str:
    return f"CAST(coalesce(sum(gross_minor) FILTER (WHERE age_days >= {first} AND age_days < {until}), 0) AS BIGINT)"


# Sales by age, of single orders and daily totals alike.
SEASON = f"""
SELECT shop_id, max(age_days) AS first_age_days,
    {_between(0, MONTH_DAYS)} AS month_minor,
    {_between(0, QUARTER_DAYS)} AS recent_minor,
    CAST(coalesce(sum(orders) FILTER (WHERE age_days < {MONTH_DAYS}), 0) AS BIGINT) AS month_orders,
    CAST(coalesce(sum(orders) FILTER (WHERE age_days < {QUARTER_DAYS}), 0) AS BIGINT) AS recent_sales,
    CAST(coalesce(sum(total) FILTER (WHERE age_days < {QUARTER_DAYS}), 0) AS BIGINT) AS recent_totals,
    {_between(YEAR_DAYS, YEAR_DAYS + MONTH_DAYS)} AS month_before_minor,
    {_between(GROWTH_FROM, GROWTH_UNTIL)} AS half_minor,
    {_between(YEAR_DAYS + GROWTH_FROM, YEAR_DAYS + GROWTH_UNTIL)} AS half_before_minor
FROM (
    SELECT shop_id, age_days, 1 AS orders, 0 AS total, gross_minor FROM sold
    UNION ALL
    SELECT d.shop_id, s.as_of_day - 1 - d.day, d.orders, d.orders, d.gross_minor
    FROM days d JOIN shops s ON s.shop_id = d.shop_id WHERE d.day < s.as_of_day AND d.orders > 0
) AS each GROUP BY shop_id
"""
WALLETS = """
SELECT w.shop_id, count(*) AS wallet_entries
FROM wallet w JOIN shops s ON s.shop_id = w.shop_id WHERE w.booked_day < s.as_of_day GROUP BY w.shop_id
"""
SUSPECT_SUMS = f"""
SELECT shop_id, count(*) AS aside_orders, CAST(sum(gross_minor) AS BIGINT) AS aside_minor,
    count(*) FILTER (WHERE age_days < {MONTH_DAYS}) AS month_aside_orders,
    CAST(coalesce(sum(gross_minor) FILTER (WHERE age_days < {MONTH_DAYS}), 0) AS BIGINT) AS month_aside_minor,
    CAST(coalesce(sum(gross_minor) FILTER (WHERE age_days < {QUARTER_DAYS}), 0) AS BIGINT) AS recent_aside_minor
FROM suspects GROUP BY shop_id
"""
COUNTED = ("orders", "gross_minor", "named", "night", "round", "fresh", "twice_marked")
_NOW = ", ".join(f"CAST(coalesce(sum({name}) FILTER (WHERE quarter = 0), 0) AS BIGINT) AS {name}" for name in COUNTED)
_BEFORE = ", ".join(
    f"CAST(coalesce(sum({name}) FILTER (WHERE quarter > 0), 0) AS BIGINT) AS {name}_before" for name in COUNTED
)
_BUYERS = ", ".join(
    f"CAST(coalesce(sum({name}) FILTER (WHERE quarter {when}), 0) AS BIGINT) AS {told}"
    for name, told in (("buyers", "buyers"), ("once", "once"), ("named_minor", "named"), ("largest_minor", "largest"))
    for when, told in (
        ("= 0", f"{told}_minor" if name.endswith("_minor") else told),
        ("> 0", f"{told}_before_minor" if name.endswith("_minor") else f"{told}_before"),
    )
)
# What is not there counts for nothing.
SIGN_FACTS = f"""
SELECT shop_id, coalesce(timed, FALSE) AS timed, coalesce(back_established, FALSE) AS back_established,
    coalesce(COLUMNS(* EXCLUDE (shop_id, timed, back_established)), 0),
    least(coalesce(first_age_days, 0) + 1, {QUARTER_DAYS * (1 + PAST_QUARTERS)}) - {QUARTER_DAYS} AS days_before,
    CASE WHEN first_age_days >= {YEAR_DAYS + GROWTH_UNTIL} AND half_before_minor > 0
        THEN least(greatest(half_minor / half_before_minor, {LEAST_GROWTH}), {MOST_GROWTH}) ELSE 1 END AS growth
FROM (
    SELECT s.shop_id, q.* EXCLUDE (shop_id), b.* EXCLUDE (shop_id), y.* EXCLUDE (shop_id), t.timed,
        a.amount_orders, a.amount_orders_before, n.month_fresh, w.wallet_entries, c.bursts,
        p.orders AS back_orders, p.gross_minor AS back_minor, p.established AS back_established,
        x.* EXCLUDE (shop_id)
    FROM shops s
    LEFT JOIN (
        SELECT shop_id, {_NOW}, {_BEFORE},
            CAST(coalesce(sum(orders) FILTER (WHERE quarter < {QUARTERS}), 0) AS BIGINT) AS year_orders
        FROM quarter_sums WHERE quarter <= {PAST_QUARTERS} GROUP BY shop_id
    ) AS q ON q.shop_id = s.shop_id
    LEFT JOIN (SELECT shop_id, {_BUYERS} FROM buyer_sums GROUP BY shop_id) AS b ON b.shop_id = s.shop_id
    LEFT JOIN season y ON y.shop_id = s.shop_id
    LEFT JOIN timed t ON t.shop_id = s.shop_id
    LEFT JOIN amounts a ON a.shop_id = s.shop_id
    LEFT JOIN (
        SELECT shop_id, count(DISTINCT buyer) AS month_fresh FROM marked WHERE fresh AND age_days < {MONTH_DAYS}
        GROUP BY shop_id
    ) AS n ON n.shop_id = s.shop_id
    LEFT JOIN wallets w ON w.shop_id = s.shop_id
    LEFT JOIN (SELECT shop_id, count(*) AS bursts FROM bursts WHERE quarter = 0 GROUP BY shop_id) AS c
        ON c.shop_id = s.shop_id
    LEFT JOIN paid_back_sums p ON p.shop_id = s.shop_id AND p.quarter = 0
    LEFT JOIN suspect_sums x ON x.shop_id = s.shop_id
) AS known
"""

STEPS = {
    "buyer_sums": BUYER_SUMS,
    "amounts": AMOUNTS,
    "season": SEASON,
    "wallets": WALLETS,
    "suspect_sums": SUSPECT_SUMS,
    "sign_facts": SIGN_FACTS,
}
"""Tables by name, each made of those before it and of scoring.suspects."""


SUMS = (
    "year_orders", "month_minor", "recent_minor", "aside_orders", "aside_minor", "month_aside_orders",
    "month_aside_minor", "recent_aside_minor", "timed",
)  # fmt: skip
"""What is told of every shop beside its signs: orders and sales of single orders, and those that are set aside."""


@functools.cache
def query() -> str:
    """The one question for all signs: a row per shop, and per sign its value, usual, cases, fires and unknown."""
    columns, whys = ["shop_id", *SUMS], []
    for kind in SIGNS:
        unknown = f"{kind.name}_unknown"
        reasons = "".join(f" WHEN {condition} THEN '{reason}'" for condition, reason in kind.unknown)
        whys.append(f"CASE{reasons} END AS {unknown}")
        columns += [
            f"CASE WHEN {unknown} IS NULL THEN CAST({kind.value} AS DOUBLE) END AS {kind.name}_value",
            f"CASE WHEN {unknown} IS NULL THEN CAST({kind.usual} AS DOUBLE) END AS {kind.name}_usual",
            f"CASE WHEN {unknown} IS NULL THEN {kind.cases} ELSE 0 END AS {kind.name}_cases",
            f"CASE WHEN {unknown} IS NULL THEN {kind.fires} ELSE FALSE END AS {kind.name}_fires",
            unknown,
        ]
    told = f"SELECT *, {', '.join(whys)} FROM sign_facts"
    return f"SELECT {', '.join(columns)} FROM ({told}) ORDER BY shop_id"
