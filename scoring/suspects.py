"""Which single orders look bought: in SQL each order's marks and who was paid back, and where that leaps.

The orders of two years are cut into quarters of 90 days, counted back from as_of: quarter 0 is the last one. Each of
the last four is held against the up to four before it, so that a shop is measured by its own past. Whole numbers
only, and nothing hangs on the order of rows. Tables: those of scoring.records.EVENTS with what scoring.asking adds,
its `midnights`, and in `orders` and `wallet` the numbers that scoring.manipulation gives to orders and buyers.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64] | float

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
LEAST_ORDERS, LEAST_DAYS = 10, 4
LEAST_RISE, LEAST_TIMES, LEAST_ERRORS = 0.05, 3, 4
COMMON_ORDERS = 50
COMMON_SHARES = {"night_round_new": 0.01, "night_round": 0.01, "night_new": 0.04, "round_new": 0.05}
"""Share of orders that bear two or three marks at once, by the rule under which they are taken out."""
BURST_RULES = tuple(COMMON_SHARES)
# By day, round amounts and new buyers can be a new product, or a large order in many invoices. So there must be several
# amounts, as many buyers as orders in a pattern, and a larger share.
BY_DAY = BURST_RULES.index("round_new")
BY_DAY_AMOUNTS, BY_DAY_BUYERS, BY_DAY_RISE = 3, 10, 0.2

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
    WHEN night AND round AND fresh THEN 0 WHEN night AND round THEN 1 WHEN night AND fresh THEN 2
    WHEN round AND fresh THEN 3 END AS rule
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
PAID_BACK = f"""
SELECT DISTINCT m.shop_id, m.quarter, m.place, m.buyer, m.gross_minor
FROM marked m
JOIN shops s ON s.shop_id = m.shop_id
JOIN wallet w ON w.buyer = m.buyer
WHERE w.kind IN ({BACK_KINDS}) AND w.booked_day < s.as_of_day
    AND m.age_days - (s.as_of_day - 1 - w.booked_day) BETWEEN 0 AND {BACK_DAYS}
    AND -w.amount_minor * 2 >= m.gross_minor AND -w.amount_minor * 10 <= m.gross_minor * 11
"""
TABLES = {"sold": SOLD, "timed": TIMED, "first_days": FIRST_DAYS, "marked": MARKED, "paid_back": PAID_BACK}
"""Each made of those before it. In `marked`, a row per order, `rule` is a place in BURST_RULES."""

QUARTER_SUMS = """
SELECT shop_id, quarter, count(*) AS orders, CAST(sum(gross_minor) AS BIGINT) AS gross_minor, count(buyer) AS named,
    count(*) FILTER (WHERE night) AS night, count(*) FILTER (WHERE round) AS round,
    count(*) FILTER (WHERE fresh) AS fresh, count(rule) AS twice_marked
FROM marked GROUP BY shop_id, quarter
"""
CELLS = """
SELECT shop_id, quarter, rule, count(*) AS orders, count(DISTINCT age_days) AS days,
    count(DISTINCT gross_minor) AS amounts, count(DISTINCT buyer) AS buyers
FROM marked WHERE rule IS NOT NULL GROUP BY shop_id, quarter, rule
"""
PAID_BACK_SUMS = """
SELECT shop_id, quarter, count(*) AS orders, count(DISTINCT buyer) AS buyers,
    CAST(sum(gross_minor) AS BIGINT) AS gross_minor
FROM paid_back GROUP BY shop_id, quarter
"""
# `established` and `bursts` say in which quarters of which shops a pattern is established.
SUSPECTS = """
SELECT m.shop_id, m.place, m.age_days, m.gross_minor,
    CASE WHEN p.place IS NOT NULL THEN 'paid_back' ELSE c.name END AS rule
FROM marked m
LEFT JOIN (
    SELECT b.place FROM paid_back b JOIN established e ON e.shop_id = b.shop_id AND e.quarter = b.quarter
) AS p ON p.place = m.place
LEFT JOIN bursts c ON c.shop_id = m.shop_id AND c.quarter = m.quarter AND c.rule = m.rule
WHERE p.place IS NOT NULL OR c.name IS NOT NULL
"""


def leaps(
    marked: Counts,
    orders: Counts,
    marked_before: Counts,
    orders_before: Counts,
    *,
    common: Shares,
    times: float,
    rise: Shares = LEAST_RISE,
) -> npt.NDArray[np.bool_]:
    """Whether a share of orders stands far above the same share of the shop's own past.

    The past share is (marked_before + 50 × common) ÷ (orders_before + 50). It is left behind if the share is at least
    `times` as high, by `rise` higher, and 4 standard errors of the difference of two shares above it, by ten orders or
    more.

    Source: the pooled test of two proportions, with the past for the pool.

    >>> of_hundred = np.array([5, 9, 40])
    >>> leaps(of_hundred, np.array(100), np.array(20), np.array(400), common=0.05, times=2).tolist()
    [False, False, True]
    """
    orders, seen = np.maximum(orders, 1), orders_before + COMMON_ORDERS
    usual = (marked_before + COMMON_ORDERS * common) / seen
    share = marked / orders
    error = np.sqrt(usual * (1 - usual) * (1 / orders + 1 / seen))
    far = (share >= times * usual) & (share >= usual + rise) & (share >= usual + LEAST_ERRORS * error)
    return np.asarray(far & (marked >= LEAST_ORDERS))


def bursts(cells: Mapping[str, Counts], orders: Counts) -> npt.NDArray[np.bool_]:
    """In which quarters which rule's orders leap far above those of the shop's own quarters before.

    Args:
        cells: orders, and different days, amounts and buyers, of each shop, quarter and rule.
        orders: all orders of each shop and quarter.

    Returns:
        Shops × the last four quarters × rules.
    """
    common = np.array(list(COMMON_SHARES.values()))
    rises = np.where(np.arange(len(BURST_RULES)) == BY_DAY, BY_DAY_RISE, LEAST_RISE)
    found = np.zeros((len(orders), QUARTERS, len(BURST_RULES)), dtype=bool)
    for quarter in range(QUARTERS):
        past = slice(quarter + 1, quarter + 1 + PAST_QUARTERS)
        marked_before, orders_before = cells["orders"][:, past].sum(axis=1), orders[:, past].sum(axis=1)[:, None]
        found[:, quarter] = leaps(
            cells["orders"][:, quarter], orders[:, quarter, None], marked_before, orders_before,
            common=common, times=LEAST_TIMES, rise=rises,
        )  # fmt: skip
    found &= cells["days"][:, :QUARTERS] >= LEAST_DAYS
    by_day = (cells["amounts"][:, :QUARTERS, BY_DAY] >= BY_DAY_AMOUNTS) & (
        cells["buyers"][:, :QUARTERS, BY_DAY] >= BY_DAY_BUYERS
    )
    found[:, :, BY_DAY] &= by_day
    return found


def established(back: Mapping[str, Counts], gross_minor: Counts) -> npt.NDArray[np.bool_]:
    """In which of the last four quarters so many buyers were paid back that it is no accident: shops × quarters."""
    enough = (back["orders"] >= LEAST_BACK_ORDERS) & (back["buyers"] >= LEAST_BACK_BUYERS)
    return np.asarray(enough & (back["gross_minor"] >= LEAST_BACK_SHARE * gross_minor))[:, :QUARTERS]
