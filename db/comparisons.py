"""Holds the staged rows of an import against each other and against the record: new, unchanged, replaced, refused.

All of it happens before the write transaction, a range of shops at a time; what it found holds as long as no
other import has been stored since, which the highest batch number tells.
"""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import text

from db import loan_comparisons, order_states, staging
from db.staging import Staging, Target
from db.tables import EPOCH_DAY
from lending.records import BadRow

# States of rows that would change the record.
CHANGING = f"({staging.ADDED}, {staging.REPLACED})"

# The columns that a refused row is reported under, and what is wrong with it.
_REFUSALS = {
    staging.SHOPLESS: ("shop_ref", "the rows of this shop in the shops file contradict each other"),
    staging.ON_TOTALS_DAY: (
        "placed_at",
        "the shop's sales of this day (or of its refund) are on record as a daily total",
    ),
    staging.ON_ORDERS_DAY: ("day", "the shop's sales of this day come from orders; a day has one or the other"),
    staging.DECIDED: (
        "application_ref",
        "a decision on this application is on record, so it can no longer be replaced",
    ),
    staging.MOVED: ("shop_ref", "it is on record for another shop"),
}


def resolve_repetitions(staged: Staging, *, forward_only: bool = False) -> None:
    """Refuse all rows of a key whose rows differ within this import; equal repetitions are left as they are.

    Args:
        staged: everything, read to its end.
        forward_only: whether orders only go forward; see db.order_states.
    """
    if forward_only:
        order_states.keep_latest(staged)
    for target in staged.targets():
        stage, again = f"stage_{target.name}", f"again_{target.name}"
        key = " AND ".join(f"s.{name} = a.{name}" for name in target.key)
        same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM a.{name}" for name in target.values)
        staged.run(
            f"UPDATE {stage} AS s SET state = {staging.CONTRADICTED} FROM {again} a "
            f"WHERE {key} AND NOT ({same}) AND a.state = {staging.ADDED}"
        )
        staged.run(
            f"UPDATE {again} AS a SET state = {staging.CONTRADICTED} FROM {stage} s "
            f"WHERE {key} AND s.state = {staging.CONTRADICTED} AND a.state = {staging.ADDED}"
        )
        staged.run(f"UPDATE {again} SET state = {staging.UNCHANGED} WHERE state = {staging.ADDED}")


def newest_batch(staged: Staging) -> int:
    """The highest batch number, 0 before the first import."""
    return int(staged.run("SELECT coalesce(max(id), 0) FROM import_batches")[0][0])


def compare(staged: Staging, *, forward_only: bool = False) -> int:
    """Decide for each staged row what is to become of it, and by what it moves the daily sales.

    Args:
        staged: what is to be stored.
        forward_only: whether orders only go forward; see db.order_states.

    Returns:
        The highest batch number before the comparison began; while it stands, the outcome holds.
    """
    batch = newest_batch(staged)
    _number_shops(staged)
    for target in staged.targets():
        staged.run(
            f"UPDATE stage_{target.name} SET state = {staging.ADDED} "
            f"WHERE state NOT IN ({staging.ADDED}, {staging.CONTRADICTED})"
        )
        for first, last in staged.ranges(target):
            stays = order_states.stays(target) if forward_only else "1 = 0"
            _compare_range(staged, target, first, last, recorded=batch > 0, stays=stays)
    _refuse_days_of_totals(staged)
    _roll_up(staged)
    _refuse_days_of_orders(staged)
    _refuse_applications(staged)
    loan_comparisons.refuse(staged)
    loan_comparisons.find_left_over(staged, recorded=batch > 0)
    return batch


def _number_shops(staged: Staging) -> None:
    """Give every shop its id: that on record, or for a new one the next free ids in the order of the import."""
    staged.run(
        "UPDATE stage_refs SET shop_id = (SELECT id FROM shops WHERE shops.shop_ref = stage_refs.shop_ref), "
        "currency = (SELECT currency FROM shops WHERE shops.shop_ref = stage_refs.shop_ref)"
    )
    if "shops" not in staged.rows_by_shop:
        return
    new = staged.run(
        "SELECT r.shop_no, s.currency FROM stage_refs r JOIN stage_shops s ON s.shop_no = r.shop_no "
        f"WHERE r.shop_id IS NULL AND s.state <> {staging.CONTRADICTED} ORDER BY r.shop_no"
    )
    if not new:
        return
    highest = staged.run("SELECT coalesce(max(id), 0) FROM shops")[0][0]
    rows = [{"number": row[0], "id": highest + 1 + nth, "currency": row[1]} for nth, row in enumerate(new)]
    with staged.connection.begin():
        staged.connection.execute(
            text("UPDATE stage_refs SET shop_id = :id, currency = :currency WHERE shop_no = :number"), rows
        )


def matched(target: Target, *, in_range: bool = True) -> str:
    """The FROM and WHERE that join staged rows `s` to the rows on record `t`; `m` gives the shop's id."""
    if target.name == "shops":
        on_record = "t.id = m.shop_id"
    else:
        shop = ["t.shop_id = m.shop_id"] if "shop_no" in target.key else []
        on_record = " AND ".join([*shop, *(f"t.{name} = s.{name}" for name in target.key if name != "shop_no")])
    # CROSS JOIN keeps SQLite from starting at the table on record.
    return (
        f"stage_{target.name} s CROSS JOIN stage_refs m CROSS JOIN {target.name} t "
        f"WHERE {'s.shop_no BETWEEN :first AND :last AND ' if in_range else ''}m.shop_no = s.shop_no AND {on_record}"
    )


def _compare_range(staged: Staging, target: Target, first: int, last: int, *, recorded: bool, stays: str) -> None:
    stage = f"stage_{target.name}"
    if any_shopless(staged):
        staged.run(
            f"UPDATE {stage} SET state = {staging.SHOPLESS} WHERE state = {staging.ADDED} AND shop_no BETWEEN :first "
            "AND :last AND shop_no IN (SELECT shop_no FROM stage_refs WHERE shop_id IS NULL)",
            first=first, last=last,
        )  # fmt: skip
    if not recorded:
        return
    values = [name for name in target.values if name != "shop_no"]
    same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM t.{name}" for name in values)
    key = " AND ".join(f"found.{name} = {stage}.{name}" for name in target.key)
    keys = ", ".join(f"s.{name}" for name in target.key)
    staged.run(
        f"UPDATE {stage} SET state = found.state FROM (SELECT {keys}, CASE WHEN {same} OR {stays} "
        f"THEN {staging.UNCHANGED} ELSE {staging.REPLACED} END AS state FROM {matched(target)} "
        f"AND s.state = {staging.ADDED}) found WHERE {key}",
        first=first, last=last,
    )  # fmt: skip


def any_shopless(staged: Staging) -> bool:
    """Whether some shop of this import has no row that could be taken."""
    return bool(staged.run("SELECT 1 FROM stage_refs WHERE shop_id IS NULL LIMIT 1"))


def _refuse_days_of_totals(staged: Staging) -> None:
    """Refuse orders placed or refunded on a day that the record has as a daily total."""
    if "orders" not in staged.rows_by_shop:
        return
    totals = staged.run(
        "SELECT 1 FROM stage_refs m CROSS JOIN sales_days t WHERE t.shop_id = m.shop_id AND t.source = 'totals' LIMIT 1"
    )
    if not totals:
        return
    for day in ("placed_day", "refunded_day"):
        staged.run(
            f"UPDATE stage_orders SET state = {staging.ON_TOTALS_DAY} WHERE state IN {CHANGING} "
            "AND EXISTS (SELECT 1 FROM stage_refs m CROSS JOIN sales_days t WHERE m.shop_no = stage_orders.shop_no "
            f"AND t.shop_id = m.shop_id AND t.day = stage_orders.{day} AND t.source = 'totals')"
        )


def _roll_up(staged: Staging) -> None:
    """Per shop and day, by how much this import moves the daily sales: its rows, less those that they replace."""
    staged.run("DELETE FROM stage_deltas")
    if "orders" not in staged.rows_by_shop:
        return
    target = staging.TARGETS["orders"]
    new = f"stage_orders s WHERE s.shop_no BETWEEN :first AND :last AND s.state IN {CHANGING}"
    old = f"{matched(target)} AND s.state = {staging.REPLACED}"
    measures = ("orders", "cancelled_orders", "gross_minor", "refunded_minor")
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in measures)
    for first, last in staged.ranges(target):
        staged.run(
            f"INSERT INTO stage_deltas SELECT shop_no, day, {sums} FROM "
            f"({_sales('s', new, 1)} UNION ALL {_sales('t', old, -1)}) moved GROUP BY shop_no, day",
            first=first, last=last,
        )  # fmt: skip


def _sales(row: str, source: str, sign: int) -> str:
    """What each order adds to its day's sales, and each refund to its own; a cancelled order adds itself only."""
    return (
        f"SELECT s.shop_no, {row}.placed_day AS day, "
        f"CASE WHEN {row}.status = 'cancelled' THEN 0 ELSE {sign} END AS orders, "
        f"CASE WHEN {row}.status = 'cancelled' THEN {sign} ELSE 0 END AS cancelled_orders, "
        f"CASE WHEN {row}.status = 'cancelled' THEN 0 ELSE {sign} * {row}.gross_minor END AS gross_minor, "
        f"0 AS refunded_minor FROM {source} AND {row}.status <> 'refund' UNION ALL "
        f"SELECT s.shop_no, {row}.refunded_day, 0, 0, 0, {sign} * {row}.refunded_minor FROM {source} "
        f"AND {row}.status <> 'cancelled' AND {row}.refunded_minor <> 0"
    )


def _refuse_days_of_orders(staged: Staging) -> None:
    """Refuse daily totals of days that have orders, in this import or on record."""
    if "sales_days" not in staged.rows_by_shop:
        return
    staged.run(
        f"UPDATE stage_sales_days SET state = {staging.ON_ORDERS_DAY} WHERE state <= {staging.REPLACED} "
        "AND (EXISTS (SELECT 1 FROM stage_deltas d WHERE d.shop_no = stage_sales_days.shop_no AND d.day = "
        "stage_sales_days.day) OR EXISTS (SELECT 1 FROM stage_refs m CROSS JOIN sales_days t WHERE m.shop_no = "
        "stage_sales_days.shop_no AND t.shop_id = m.shop_id AND t.day = stage_sales_days.day AND t.source = 'orders'))"
    )


def _refuse_applications(staged: Staging) -> None:
    """Refuse changes to an application that somebody has decided, and applications and loans of another shop."""
    for name in ("applications", "loans"):
        if name in staged.rows_by_shop:
            target = staging.TARGETS[name]
            staged.run(
                f"UPDATE stage_{name} SET state = {staging.MOVED} WHERE {target.key[0]} IN (SELECT s.{target.key[0]} "
                f"FROM {matched(target, in_range=False)} AND s.state IN ({staging.REPLACED}, {staging.UNCHANGED}) "
                "AND t.shop_id <> m.shop_id)"
            )
    if "applications" not in staged.rows_by_shop:
        return
    target = staging.TARGETS["applications"]
    staged.run(
        f"UPDATE stage_applications SET state = {staging.DECIDED} WHERE application_ref IN "
        f"(SELECT s.application_ref FROM {matched(target, in_range=False)} AND s.state = {staging.REPLACED} "
        "AND EXISTS (SELECT 1 FROM decisions d WHERE d.application_id = t.id))"
    )


def refused(staged: Staging) -> Iterator[BadRow]:
    """All staged rows that were refused, file by file as far as one table goes."""
    for target in staged.targets():
        yield from _contradicted(staged, target)
        if target.name in loan_comparisons.TARGETS:
            for place, *told in loan_comparisons.refused(staged, target):
                yield _bad_row(staged, place, *told)
        key = target.key[-1]
        day = {"orders": "s.placed_day", "sales_days": "s.day"}.get(target.name, "NULL")
        rows = staged.run(
            f"SELECT s.place, s.state, s.{key}, r.shop_ref, {day} FROM stage_{target.name} s CROSS JOIN stage_refs r "
            f"WHERE r.shop_no = s.shop_no AND s.state > {staging.CONTRADICTED} "
            f"AND s.state < {staging.NO_APPLICATION}{loan_comparisons.given(target)} ORDER BY s.place"
        )
        for place, state, ref, shop_ref, number in rows:
            column, problem = _REFUSALS[state]
            value = _day_text(number) if column in ("placed_at", "day") else shop_ref if column == "shop_ref" else ref
            yield _bad_row(staged, place, column, value, problem)


def left_out(staged: Staging) -> list[int]:
    """The lines of a single file whose rows count for nothing: refused ones, and all but the first of equal ones."""
    line = f"place & {(1 << staging.LINE_BITS) - 1}"
    lines: set[int] = set()
    for target in staged.targets():
        for rows in (
            f"stage_{target.name} WHERE state > {staging.REPLACED}",
            f"again_{target.name}",
        ):
            lines.update(row[0] for row in staged.run(f"SELECT {line} FROM {rows}"))
    return sorted(lines)


def _contradicted(staged: Staging, target: Target) -> Iterator[BadRow]:
    key = " AND ".join(f"s.{name} = a.{name}" for name in target.key)
    shown, column = f"a.{target.key[-1]}", target.key[-1]
    if target.name == "shops":
        shown, column = "(SELECT shop_ref FROM stage_refs r WHERE r.shop_no = a.shop_no)", "shop_ref"
    stage, again = f"stage_{target.name}", f"again_{target.name}"
    pairs = staged.run(
        f"SELECT s.place, min(a.place), min({shown}) FROM {stage} s JOIN {again} a ON {key} "
        f"WHERE s.state = {staging.CONTRADICTED} GROUP BY s.place UNION ALL "
        f"SELECT a.place, s.place, {shown} FROM {again} a JOIN {stage} s ON {key} "
        f"WHERE a.state = {staging.CONTRADICTED} ORDER BY 1"
    )
    for place, other, value in pairs:
        shown_value = _day_text(value) if column == "day" else str(value)
        file, line = _file_and_line(staged, other)
        where = f"line {line}" if file == _file_and_line(staged, place)[0] else f"line {line} of {file}"
        yield _bad_row(staged, place, column, shown_value, f"the same key as {where}, with other values")


def _day_text(day: int) -> str:
    return (EPOCH_DAY + timedelta(days=day)).isoformat()


def _file_and_line(staged: Staging, place: int) -> tuple[str, int]:
    return staged.files[place >> staging.LINE_BITS], place & ((1 << staging.LINE_BITS) - 1)


def _bad_row(staged: Staging, place: int, column: str, value: str, problem: str) -> BadRow:
    file, line = _file_and_line(staged, place)
    return BadRow(file, line, column, value, problem)
