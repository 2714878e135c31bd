"""Exports that overlap: which of two states of an order is the later one.

An order of a platform only goes forward: it is unpaid, then paid; it is open, then completed or cancelled; what was
given back is never taken back. So where two exports tell of the same order, the state that is further on is the truth,
whichever of the two was made, or brought in, last. Where neither is further on, the one brought in last replaces the
other, and within one import they contradict each other. Loam's own files are not exports: there the last import is the
truth.
"""

from db import staging
from db.staging import Staging, Target

ORDERS = staging.TARGETS["orders"]
_KEY = ("shop_no", "order_ref")


def older(row: str, other: str) -> str:
    """A condition: the state in one row comes before that in another, both named by their alias."""
    mine, theirs = _steps(row), _steps(other)
    closed, paid, given_back = (f"{a} < {b}" for a, b in zip(mine, theirs, strict=True))
    same_closed, same_paid = (f"{a} = {b}" for a, b in zip(mine[:2], theirs[:2], strict=True))
    return f"({closed} OR ({same_closed} AND ({paid} OR ({same_paid} AND {given_back}))))"


def _steps(row: str) -> tuple[str, str, str]:
    """How far an order is: settled, paid, and how much was given back."""
    return (
        f"CASE WHEN {row}.status = 'open' THEN 0 ELSE 1 END",
        f"CASE WHEN {row}.gross_minor > 0 THEN 1 ELSE 0 END",
        f"coalesce({row}.refunded_minor, 0)",
    )


def keep_latest(staged: Staging) -> None:
    """Of the states that several files of one import tell of an order, let the latest count; others are unchanged.

    Two rows of one file that differ contradict each other as ever.
    """
    if "orders" not in staged.rows_by_shop:
        return
    stage, again = f"stage_{ORDERS.name}", f"again_{ORDERS.name}"
    if not staged.run(f"SELECT 1 FROM {again} LIMIT 1"):
        return
    _refuse_conflicts(staged, stage, again)
    key = f"{_on_key('s', 'a')} AND s.state = {staging.ADDED} AND a.state = {staging.ADDED}"
    columns = ", ".join((*ORDERS.columns, "place"))
    steps = ", ".join(f"{step} DESC" for step in _steps("a"))
    latest = (
        f"(SELECT {columns}, state, row_number() OVER (PARTITION BY {', '.join(_KEY)} ORDER BY {steps}, place) AS nth "
        f"FROM {again} a)"
    )
    changed = f"{key} AND a.nth = 1 AND {_other_file('s', 'a')} AND {older('s', 'a')}"
    kept = ", ".join(f"s.{name}" for name in (*ORDERS.columns, "place"))
    staged.run(
        f"INSERT INTO {again} ({columns}, state) SELECT {kept}, {staging.UNCHANGED} FROM {stage} s "
        f"CROSS JOIN {latest} a WHERE {changed}"
    )
    values = ", ".join(f"{name} = a.{name}" for name in (*ORDERS.values, "place"))
    staged.run(f"UPDATE {stage} AS s SET {values} FROM {latest} a WHERE {changed}")
    staged.run(f"DELETE FROM {again} WHERE place IN (SELECT s.place FROM {stage} s)")
    staged.run(
        f"UPDATE {again} AS a SET state = {staging.UNCHANGED} FROM {stage} s "
        f"WHERE {key} AND {_other_file('s', 'a')} AND {older('a', 's')}"
    )


def _refuse_conflicts(staged: Staging, stage: str, again: str) -> None:
    """Refuse orders of which one file tells two things: nobody knows which is true, whatever another file says."""
    differ = " OR ".join(
        f"min(coalesce({name}, {nothing})) <> max(coalesce({name}, {nothing}))"
        for name, nothing in (("status", "''"), ("gross_minor", -1), ("refunded_minor", -1), ("fees_minor", -1))
    )
    told = f"status, gross_minor, refunded_minor, fees_minor, place >> {staging.LINE_BITS} AS file"
    keys = ", ".join(_KEY)
    both = f"SELECT {keys}, {told} FROM {stage} UNION ALL SELECT {keys}, {told} FROM {again}"
    repeated = f"({keys}) IN (SELECT {keys} FROM {again})"
    conflicts = f"SELECT {keys} FROM ({both}) told WHERE {repeated} GROUP BY {keys}, file HAVING {differ}"
    for table in (stage, again):
        staged.run(f"UPDATE {table} SET state = {staging.CONTRADICTED} WHERE ({keys}) IN ({conflicts})")


def stays(target: Target) -> str:
    """For the comparison with the record: a condition under which the staged row `s` leaves `t` as it is."""
    return older("s", "t") if target.name == ORDERS.name else "1 = 0"


def _on_key(row: str, other: str) -> str:
    return " AND ".join(f"{row}.{name} = {other}.{name}" for name in _KEY)


def _other_file(row: str, other: str) -> str:
    return f"{row}.place >> {staging.LINE_BITS} <> {other}.place >> {staging.LINE_BITS}"
