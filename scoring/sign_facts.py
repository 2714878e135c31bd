"""The sums of which the signs of bought sales are made: added up in SQL, laid out by shop and quarter in arrays."""

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from scoring import suspects
from scoring.bought_signs import (
    GROWTH_FROM,
    GROWTH_UNTIL,
    LARGEST_BUYERS,
    MONTH_DAYS,
    YEAR_DAYS,
)
from scoring.suspects import PAST_QUARTERS, QUARTER_DAYS, QUARTERS

BUYER_SUMS = f"""
SELECT shop_id, quarter, count(*) AS buyers, count(*) FILTER (WHERE orders = 1 AND fresh) AS once,
    count(*) FILTER (WHERE fresh) AS fresh_buyers, CAST(sum(gross_minor) AS BIGINT) AS named_minor,
    CAST(list_sum(max(gross_minor, {LARGEST_BUYERS})) AS BIGINT) AS largest_minor
FROM (
    SELECT shop_id, quarter, buyer, count(*) AS orders, bool_or(fresh) AS fresh,
        CAST(sum(gross_minor) AS BIGINT) AS gross_minor
    FROM marked WHERE buyer IS NOT NULL AND quarter <= {PAST_QUARTERS} GROUP BY shop_id, quarter, buyer
) AS b GROUP BY shop_id, quarter
"""
MONTH_FRESH = f"""
SELECT shop_id, count(DISTINCT buyer) AS month_fresh FROM marked WHERE fresh AND age_days < {MONTH_DAYS}
GROUP BY shop_id
"""
# Of amounts that grew alike the largest counts, so that nothing hangs on the order of rows.
AMOUNTS = f"""
SELECT shop_id, max_by(now, ({PAST_QUARTERS} * now - before, gross_minor)) AS amount_orders,
    max_by(before, ({PAST_QUARTERS} * now - before, gross_minor)) AS amount_orders_before
FROM (
    SELECT shop_id, gross_minor, count(*) FILTER (WHERE quarter = 0) AS now,
        count(*) FILTER (WHERE quarter > 0) AS before
    FROM marked WHERE quarter <= {PAST_QUARTERS} GROUP BY shop_id, gross_minor
) AS a GROUP BY shop_id
"""


def _sum(column: str, first: int, until: int) -> str:
    return f"CAST(coalesce(sum({column}) FILTER (WHERE age_days >= {first} AND age_days < {until}), 0) AS BIGINT)"


# Sales by age, of single orders and daily totals alike.
SEASON = f"""
SELECT shop_id, max(age_days) AS first_age_days,
    {_sum("gross_minor", 0, MONTH_DAYS)} AS month_minor,
    {_sum("gross_minor", 0, QUARTER_DAYS)} AS recent_minor,
    {_sum("orders", 0, MONTH_DAYS)} AS month_orders,
    {_sum("orders", 0, QUARTER_DAYS)} AS recent_orders,
    {_sum("totals", 0, QUARTER_DAYS)} AS recent_totals,
    {_sum("gross_minor", YEAR_DAYS, YEAR_DAYS + MONTH_DAYS)} AS month_before_minor,
    {_sum("gross_minor", GROWTH_FROM, GROWTH_UNTIL)} AS half_minor,
    {_sum("gross_minor", YEAR_DAYS + GROWTH_FROM, YEAR_DAYS + GROWTH_UNTIL)} AS half_before_minor
FROM (
    SELECT shop_id, age_days, 1 AS orders, 0 AS totals, gross_minor FROM sold
    UNION ALL
    SELECT d.shop_id, s.as_of_day - 1 - d.day, d.orders, d.orders, d.gross_minor
    FROM days d JOIN shops s ON s.shop_id = d.shop_id WHERE d.day < s.as_of_day AND d.orders > 0
) AS each GROUP BY shop_id
"""
WALLETS = """
SELECT w.shop_id, count(*) AS wallet_entries
FROM wallet w JOIN shops s ON s.shop_id = w.shop_id WHERE w.booked_day < s.as_of_day GROUP BY w.shop_id
"""
ASIDE = f"""
SELECT shop_id, count(*) AS aside_orders, CAST(sum(gross_minor) AS BIGINT) AS aside_minor,
    count(*) FILTER (WHERE age_days < {MONTH_DAYS}) AS month_aside_orders,
    {_sum("gross_minor", 0, MONTH_DAYS)} AS month_aside_minor,
    {_sum("gross_minor", 0, QUARTER_DAYS)} AS recent_aside_minor
FROM suspects GROUP BY shop_id
"""

Columns = dict[str, npt.NDArray[Any]]


def laid_out(cursor: duckdb.DuckDBPyConnection, statement: str, shop_ids: npt.NDArray[np.int64]) -> Columns:
    """The columns of a statement by shop, and where it names them by quarter and rule; zero where it has no row."""
    columns = cursor.execute(statement).fetchnumpy()
    places = [np.searchsorted(shop_ids, columns.pop("shop_id"))]
    shape = [len(shop_ids)]
    for axis, size in (("quarter", QUARTERS + PAST_QUARTERS), ("rule", len(suspects.BURST_RULES))):
        if axis in columns:
            places.append(columns.pop(axis))
            shape.append(size)
    laid: Columns = {}
    for name, values in columns.items():
        laid[name] = np.zeros(shape, dtype=values.dtype)
        laid[name][tuple(places)] = values
    return laid


def now_and_before(sums: Mapping[str, npt.NDArray[np.int64]]) -> Columns:
    """Of sums by quarter those of the last one, and of the quarters before it together."""
    now = {name: values[:, 0] for name, values in sums.items()}
    past = slice(1, 1 + PAST_QUARTERS)
    return now | {f"{name}_before": values[:, past].sum(axis=1) for name, values in sums.items()}
