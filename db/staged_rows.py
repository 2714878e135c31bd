"""From the tables in which an import is staged to those of the record, in statements that move many rows at once."""

from sqlalchemy import text
from sqlmodel import Session

from db import comparisons, staging
from db.staging import Staging, Target
from db.tables import HISTORY


def write(session: Session, staged: Staging, target: Target, batch: int, *, generated: bool) -> None:
    """Move replaced rows to the history and put the staged ones in, a range of shops at a time."""
    for first, last in staged.ranges(target):
        values = {"first": first, "last": last, "batch": batch, "generated": int(generated)}
        if batch > 1:
            session.execute(text(_keep_replaced(target)), values)
            for statement in _make_room(target):
                session.execute(text(statement), values)
        session.execute(text(_put_in(target)), values)
    if target.name in staged.left_over_of:
        for statement in _take_out(target):
            session.execute(text(statement), {"batch": batch})


def _take_out(target: Target) -> list[str]:
    """Move rows to the history that the newer files of their loans lack."""
    history = HISTORY[target.name]
    names = [column.name for column in target.table.columns]
    keys = ["shop_id", *target.key[1:]]
    same = " AND ".join(f"t.{name} = g.{name}" for name in keys)
    return [
        f"INSERT INTO {history.name} ({', '.join(names)}, replaced_batch_id) SELECT "
        f"{', '.join(f't.{name}' for name in names)}, CAST(:batch AS BIGINT) FROM left_{target.name} g "
        f"CROSS JOIN {target.name} t WHERE {same}",
        f"DELETE FROM {target.name} WHERE ({', '.join(keys)}) IN (SELECT {', '.join(keys)} FROM left_{target.name}) "
        "AND batch_id <> :batch",
    ]


def _keep_replaced(target: Target) -> str:
    history = HISTORY[target.name]
    names = [column.name for column in target.table.columns]
    kept = ", ".join(f"t.{name}" for name in names)
    return (
        f"INSERT INTO {history.name} ({', '.join(names)}, replaced_batch_id) SELECT {kept}, CAST(:batch AS BIGINT) "
        f"FROM {comparisons.matched(target)} AND s.state = {staging.REPLACED}"
    )


def _make_room(target: Target) -> list[str]:
    """Rows with an id keep it, so they are changed in place; other replaced rows are taken out."""
    found = comparisons.matched(target)
    if not target.numbered:
        names = ["shop_id", *target.key[1:]]
        key, keys = ", ".join(names), ", ".join(f"t.{name}" for name in names)
        return [
            f"DELETE FROM {target.name} WHERE ({key}) IN (SELECT {keys} FROM {found} AND s.state = {staging.REPLACED})"
        ]
    values = [name for name in target.values if name != "shop_no"]
    changes = ", ".join(f"{name} = found.{name}" for name in values)
    staged_values = ", ".join(f"s.{name}" for name in values)
    return [
        f"UPDATE {target.name} SET {changes}, batch_id = :batch "
        f"FROM (SELECT t.id AS found_id, {staged_values} FROM {found} "
        f"AND s.state = {staging.REPLACED}) found WHERE {target.name}.id = found.found_id"
    ]


def _put_in(target: Target) -> str:
    """Insert the staged rows in the order of their key, which is the order in which the table is kept."""
    columns = {name: f"s.{name}" for name in target.columns if name != "shop_no"} | {"batch_id": ":batch"}
    match target.name:
        case "shops":
            columns |= {"id": "m.shop_id", "shop_ref": "m.shop_ref", "generated": ":generated"}
        case "sales_days":
            columns |= {"shop_id": "m.shop_id", "source": "'totals'"}
        case _:
            columns |= {"shop_id": "m.shop_id"}
    if target.name == "sales_days":
        columns["cancelled_orders"] = "0"
    states = str(staging.ADDED) if target.numbered else f"{staging.ADDED}, {staging.REPLACED}"
    order = ", ".join(f"s.{name}" for name in target.key)
    return (
        f"INSERT INTO {target.name} ({', '.join(columns)}) SELECT {', '.join(_typed(v) for v in columns.values())} "
        f"FROM stage_{target.name} s CROSS JOIN stage_refs m WHERE s.shop_no BETWEEN :first AND :last "
        f"AND m.shop_no = s.shop_no AND s.state IN ({states}) ORDER BY {order}"
    )


def _typed(value: str) -> str:
    return f"CAST({value} AS BIGINT)" if value.startswith(":") else value


def write_roll_up(session: Session, batch: int) -> None:
    """Move the daily sales by what the comparison found; a day that no order is left of goes."""
    found = "stage_deltas d CROSS JOIN stage_refs m CROSS JOIN sales_days t WHERE m.shop_no = d.shop_no "
    found += "AND t.shop_id = m.shop_id AND t.day = d.day"
    history = HISTORY["sales_days"].name
    names = ", ".join(column.name for column in HISTORY["sales_days"].columns if column.name != "replaced_batch_id")
    kept = ", ".join(f"t.{name}" for name in names.split(", "))
    measures = ("orders", "cancelled_orders", "gross_minor", "refunded_minor")
    sums = {name: f"d.{name} + coalesce(h.{name}, 0)" for name in measures}
    values = {"batch": batch}
    if batch > 1:
        session.execute(
            text(f"INSERT INTO {history} ({names}, replaced_batch_id) SELECT {kept}, :batch FROM {found}"), values
        )
        session.execute(text(f"DELETE FROM sales_days WHERE (shop_id, day) IN (SELECT t.shop_id, t.day FROM {found})"))
    session.execute(
        text(
            f"INSERT INTO sales_days (shop_id, day, source, {', '.join(measures)}, batch_id) "
            f"SELECT m.shop_id, d.day, 'orders', {', '.join(sums.values())}, CAST(:batch AS BIGINT) "
            f"FROM stage_deltas d JOIN stage_refs m ON m.shop_no = d.shop_no LEFT JOIN {history} h ON "
            "h.shop_id = m.shop_id AND h.day = d.day AND h.replaced_batch_id = :batch WHERE "
            + " OR ".join(f"{value} <> 0" for value in sums.values())
            + " ORDER BY d.shop_no, d.day"
        ),
        values,
    )
