"""Whether the daily sales that were rolled up are still the sums of the orders on record.

An import moves both in one transaction, so that they agree whenever anybody looks. Read some shops at a time: the
database never sorts more than their days.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session

from db.tables import EPOCH_DAY

SHOPS_AT_ONCE = 200
FIGURES = ("orders", "cancelled_orders", "gross_minor", "refunded_minor")


def first_difference(session: Session) -> str | None:
    """Number of the shop / the first day that is not the sum of its orders; None where all are."""
    shop_ids = session.connection().exec_driver_sql("SELECT id FROM shops ORDER BY id").scalars().all()
    for start in range(0, len(shop_ids), SHOPS_AT_ONCE):
        part = shop_ids[start : start + SHOPS_AT_ONCE]
        found = session.execute(_DIFFERENCE, {"first": part[0], "last": part[-1]}).first()
        if found is not None:
            return f"{found.shop_id}/{_day(found.day)}"
    return None


def _day(days: int) -> str:
    """A day by its number since 1970-01-01; the number where an editor wrote one that no calendar has."""
    try:
        return str(EPOCH_DAY + timedelta(days=days))
    except OverflowError:
        return str(days)


# Each order counts on its day and a refund on its own, as db.comparisons rolls them up; 1 in `rolled` says that a day
# has a row, and 1 in `single` that it is due one. `+ 0` keeps SQLite from the index of the days, which would lead it to
# the orders one by one.
_IN_RANGE = "shop_id BETWEEN :first AND :last"
_DAYS = f"""
    SELECT shop_id, day, 1 AS rolled, 0 AS single, {", ".join(FIGURES)}
    FROM sales_days WHERE source = 'orders' AND {_IN_RANGE}
    UNION ALL SELECT shop_id, placed_day + 0, 0, 1,
        -sum(CASE WHEN status = 'cancelled' THEN 0 ELSE 1 END), -sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END),
        -sum(CASE WHEN status = 'cancelled' THEN 0 ELSE gross_minor END), 0
    FROM orders WHERE status <> 'refund' AND {_IN_RANGE} GROUP BY shop_id, placed_day + 0
    UNION ALL SELECT shop_id, refunded_day, 0, 1, 0, 0, 0, -sum(refunded_minor)
    FROM orders WHERE status <> 'cancelled' AND refunded_minor <> 0 AND {_IN_RANGE} GROUP BY shop_id, refunded_day
"""
_DIFFERENCE = text(
    f"SELECT shop_id, day FROM ({_DAYS}) AS told GROUP BY shop_id, day HAVING max(rolled) <> max(single) OR "
    + " OR ".join(f"sum({name}) <> 0" for name in FIGURES)
    + " ORDER BY shop_id, day LIMIT 1"
)
