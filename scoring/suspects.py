"""Which single orders look bought, in SQL: each order's marks, who was paid back, and where that leaps.

The orders of two years are cut into quarters of 90 days, counted back from as_of: quarter 0 is the last one. Each of
the last four is held against the up to four before it, so that a shop is measured by its own past. Whole numbers
only, and nothing hangs on the order of rows. Tables: those of scoring.records.EVENTS with what scoring.asking adds,
its `midnights`, and in `orders` and `wallet` the numbers that scoring.manipulation gives to orders and buyers.
"""

QUARTER_DAYS = 90
QUARTERS = 4
PAST_QUARTERS = 4
LOOKED_DAYS = QUARTER_DAYS * (QUARTERS + PAST_QUARTERS)

# From one to six in the morning. The hour after midnight is left out: sales such as 11.11 open with it.
NIGHT_FROM, NIGHT_UNTIL = 1, 6
# A source that knows dates only puts all orders at one moment of the day, or at two where clocks are changed.
LEAST_HOURS = 4
# One digit and then only zeros, from 10.00 on: 20.00, 300.00, 5,000.00.
ROUND_MINOR = ", ".join(str(digit * 10**zeros) for zeros in range(3, 14) for digit in range(1, 10))

# A transfer to a buyer pays an order back if it comes within so many days and is of about its amount.
BACK_DAYS = 45
BACK_KINDS = "'transfer', 'other'"
LEAST_BACK_ORDERS, LEAST_BACK_BUYERS, LEAST_BACK_SHARE = 5, 3, 0.05

# A pattern is established by so many orders on so many days, and by a share so far above the shop's own past. That
# past is drawn towards what is common, as if so many orders had been seen already.
LEAST_ORDERS, LEAST_DAYS, LEAST_AMOUNTS = 10, 4, 3
LEAST_RISE, LEAST_TIMES, LEAST_ERRORS = 0.05, 3, 4
COMMON_ORDERS = 50
COMMON_SHARES = {"night_round_new": 0.01, "night_round": 0.01, "night_new": 0.04, "round_new": 0.05}
"""Share of orders that bear two or three marks at once, by the rule under which they are taken out."""

RULES = {
    "paid_back": "Its buyer was paid about its amount from the wallet within 45 days, outside refunds",
    "night_round_new": "One of a burst of round amounts at night by new buyers",
    "night_round": "One of a burst of round amounts at night",
    "night_new": "One of a burst of night orders by new buyers",
    "round_new": "One of a burst of round amounts by new buyers",
}
"""Why an order is taken out, in a sentence each; the first that holds counts."""

SOLD = """
SELECT o.shop_id, o.place, o.buyer, o.gross_minor, CAST(s.as_of_day - 1 - o.placed_day AS INTEGER) AS age_days,
    CAST((o.placed_at - m.began_at) // 3600000000 AS INTEGER) AS hour
FROM orders o
JOIN shops s ON s.shop_id = o.shop_id
LEFT JOIN midnights m ON m.time_zone = s.time_zone AND m.day = o.placed_day
WHERE o.placed_day < s.as_of_day AND o.status <> 'refund' AND o.gross_minor > 0
    AND NOT (o.status = 'cancelled' AND coalesce(o.cancelled_at < s.as_of_at, TRUE))
"""
# `midnights` reaches as far back as is looked, so older orders have no hour.
TIMED = f"""
SELECT shop_id, count(DISTINCT hour) >= {LEAST_HOURS} AS timed
FROM sold WHERE age_days < {LOOKED_DAYS} GROUP BY shop_id
"""
FIRST_DAYS = "SELECT buyer, max(age_days) AS first_age_days FROM sold WHERE buyer IS NOT NULL GROUP BY buyer"
# A buyer is new on the first day on which it buys at all: that needs no knowledge of what it did later.
MARKED = f"""
SELECT *, CASE
    WHEN night AND round AND fresh THEN 'night_round_new'
    WHEN night AND round THEN 'night_round'
    WHEN night AND fresh THEN 'night_new'
    WHEN round AND fresh THEN 'round_new' END AS rule
FROM (
    SELECT s.shop_id, s.place, s.age_days, s.age_days // {QUARTER_DAYS} AS quarter, s.buyer, s.gross_minor,
        s.gross_minor IN ({ROUND_MINOR}) AS round,
        coalesce(f.first_age_days = s.age_days, FALSE) AS fresh,
        coalesce(t.timed AND s.hour >= {NIGHT_FROM} AND s.hour < {NIGHT_UNTIL}, FALSE) AS night
    FROM sold s
    JOIN timed t ON t.shop_id = s.shop_id
    LEFT JOIN first_days f ON f.buyer = s.buyer
    WHERE s.age_days < {LOOKED_DAYS}
) AS m
"""
QUARTER_SUMS = """
SELECT shop_id, quarter, count(*) AS orders, CAST(sum(gross_minor) AS BIGINT) AS gross_minor, count(buyer) AS named,
    count(*) FILTER (WHERE night) AS night, count(*) FILTER (WHERE round) AS round,
    count(*) FILTER (WHERE fresh) AS fresh, count(rule) AS twice_marked
FROM marked GROUP BY shop_id, quarter
"""
PAID_BACK = f"""
SELECT DISTINCT m.shop_id, m.quarter, m.place, m.buyer, m.gross_minor
FROM marked m
JOIN shops s ON s.shop_id = m.shop_id
JOIN wallet w ON w.buyer = m.buyer
WHERE w.kind IN ({BACK_KINDS}) AND w.booked_day < s.as_of_day
    AND m.age_days - (s.as_of_day - 1 - w.booked_day) BETWEEN 0 AND {BACK_DAYS}
    AND -w.amount_minor * 2 >= m.gross_minor AND -w.amount_minor * 10 <= m.gross_minor * 11
"""
PAID_BACK_SUMS = f"""
SELECT b.shop_id, b.quarter, b.orders, b.gross_minor, b.orders >= {LEAST_BACK_ORDERS}
    AND b.buyers >= {LEAST_BACK_BUYERS} AND b.gross_minor >= {LEAST_BACK_SHARE} * q.gross_minor AS established
FROM (
    SELECT shop_id, quarter, count(*) AS orders, count(DISTINCT buyer) AS buyers,
        CAST(sum(gross_minor) AS BIGINT) AS gross_minor
    FROM paid_back GROUP BY shop_id, quarter
) AS b JOIN quarter_sums q ON q.shop_id = b.shop_id AND q.quarter = b.quarter
"""


def leaps(marked: str, orders: str, marked_before: str, orders_before: str, *, common: str, times: float) -> str:
    """SQL that says whether a share of orders stands far above the same share of the shop's own past.

    The past share is (marked_before + 50 × common) ÷ (orders_before + 50). It is left behind if the share is at least
    `times` as high, 5 points higher, and 4 standard errors of the difference of two shares above it.

    Source: the pooled test of two proportions, with the past for the pool.
    """
    seen = f"({orders_before} + {COMMON_ORDERS})"
    usual = f"(({marked_before} + {COMMON_ORDERS} * {common}) / {seen})"
    share = f"({marked} / greatest({orders}, 1))"
    error = f"sqrt({usual} * (1 - {usual}) * (1 / greatest({orders}, 1) + 1 / {seen}))"
    return (
        f"({marked} >= {LEAST_ORDERS} AND {share} >= {times} * {usual} AND {share} >= {usual} + {LEAST_RISE}"
        f" AND {share} >= {usual} + {LEAST_ERRORS} * {error})"
    )


_COMMON = " ".join(f"WHEN '{rule}' THEN {share}" for rule, share in COMMON_SHARES.items())
_LEAPS = leaps("c.orders", "q.orders", "c.orders_before", "q.orders_before", common="c.common", times=LEAST_TIMES)
# A round price that many new buyers pay can be a new product's; three such amounts are none.
BURSTS = f"""
SELECT c.shop_id, c.quarter, c.rule
FROM (
    SELECT a.shop_id, a.quarter, a.rule, a.orders, a.days, a.amounts, CASE a.rule {_COMMON} END AS common,
        CAST(coalesce(sum(b.orders), 0) AS BIGINT) AS orders_before
    FROM cells a LEFT JOIN cells b ON b.shop_id = a.shop_id AND b.rule = a.rule
        AND b.quarter BETWEEN a.quarter + 1 AND a.quarter + {PAST_QUARTERS}
    GROUP BY ALL
) AS c JOIN (
    SELECT a.shop_id, a.quarter, a.orders, CAST(coalesce(sum(b.orders), 0) AS BIGINT) AS orders_before
    FROM quarter_sums a LEFT JOIN quarter_sums b ON b.shop_id = a.shop_id
        AND b.quarter BETWEEN a.quarter + 1 AND a.quarter + {PAST_QUARTERS}
    GROUP BY ALL
) AS q ON q.shop_id = c.shop_id AND q.quarter = c.quarter
WHERE c.quarter < {QUARTERS} AND c.days >= {LEAST_DAYS} AND {_LEAPS}
    AND (c.rule <> 'round_new' OR c.amounts >= {LEAST_AMOUNTS})
"""
CELLS = """
SELECT shop_id, quarter, rule, count(*) AS orders, count(DISTINCT age_days) AS days,
    count(DISTINCT gross_minor) AS amounts
FROM marked WHERE rule IS NOT NULL GROUP BY ALL
"""
SUSPECTS = f"""
SELECT m.shop_id, m.place, m.age_days, m.gross_minor,
    CASE WHEN p.place IS NOT NULL THEN 'paid_back' ELSE m.rule END AS rule
FROM marked m
LEFT JOIN (
    SELECT b.place FROM paid_back b JOIN paid_back_sums e ON e.shop_id = b.shop_id AND e.quarter = b.quarter
    WHERE e.established
) AS p ON p.place = m.place
LEFT JOIN bursts c ON c.shop_id = m.shop_id AND c.quarter = m.quarter AND c.rule = m.rule
WHERE m.quarter < {QUARTERS} AND (p.place IS NOT NULL OR c.rule IS NOT NULL)
"""

STEPS = {
    "sold": SOLD,
    "timed": TIMED,
    "first_days": FIRST_DAYS,
    "marked": MARKED,
    "quarter_sums": QUARTER_SUMS,
    "paid_back": PAID_BACK,
    "paid_back_sums": PAID_BACK_SUMS,
    "cells": CELLS,
    "bursts": BURSTS,
    "suspects": SUSPECTS,
}
"""Tables by name, each made of those before it."""
