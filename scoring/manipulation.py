"""Signs of bought sales: a shop's single orders looked through, and its record without those that look bought.

A flag is a reason to look, never an accusation. What is set aside follows from patterns that leap far above the
shop's own past, or from money that went back to its buyers, so that an honest shop keeps its record as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scoring import asking, bought_signs, suspects
from scoring.features import NAMES, compute
from scoring.manipulation_record import (
    MOST_SUSPECTS,
    ChangedFeature,
    Manipulation,
    Sign,
    SuspectOrder,
    Week,
    aside_days,
)
from scoring.records import EPOCH_DAY

# A file is flagged where so much of the recent sales is set aside: of 30 days, from so many orders on, or of 90.
FLAG_SHARE = 0.2
LEAST_MONTH_ORDERS = 5
VALUES = [f"{kind.name}_{part}" for kind in bought_signs.SIGNS for part in ("value", "usual")]
UNKNOWNS = [f"{kind.name}_unknown" for kind in bought_signs.SIGNS]
MONEY_SUMS = ("month_minor", "month_aside_minor", "recent_minor", "recent_aside_minor", "aside_minor")

SUSPECT_ROWS = """
SELECT x.shop_id, o.order_ref, o.placed_at, o.placed_day, o.buyer_ref, o.gross_minor,
    CASE WHEN o.refunded_day < s.as_of_day THEN o.refunded_minor ELSE 0 END AS refunded_minor,
    CASE WHEN o.refunded_day < s.as_of_day THEN o.refunded_day END AS refunded_day, x.rule, t.timed
FROM suspects x
JOIN orders o ON o.place = x.place
JOIN shops s ON s.shop_id = x.shop_id
JOIN timed t ON t.shop_id = x.shop_id
ORDER BY x.shop_id, o.placed_day, o.placed_at, o.order_ref
"""
# Weeks begin on Mondays; day 0 was a Thursday.
WEEK_ROWS = f"""
SELECT o.shop_id, o.placed_day - (o.placed_day + 3) % 7 AS monday, CAST(sum(o.gross_minor) AS BIGINT) AS gross_minor,
    CAST(coalesce(sum(x.gross_minor), 0) AS BIGINT) AS aside_minor
FROM marked m JOIN orders o ON o.place = m.place LEFT JOIN suspects x ON x.place = m.place
WHERE m.quarter < {suspects.QUARTERS} AND m.shop_id IN (SELECT shop_id FROM suspects)
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was seen in the records of some shops."""

    signs: pd.DataFrame
    """One row per shop, index shop_id: the sums of scoring.bought_signs.SUMS, `flagged`, and per sign of
    scoring.bought_signs.SIGNS the columns `<name>_value`, `_usual` (float64), `_cases` (int), `_fires` (bool) and
    `_unknown` (a key of UNKNOWN, or None)."""
    suspects: pa.Table
    """The orders that are set aside: shop_id, order_ref, placed_at (microseconds UTC), placed_day, buyer_ref,
    gross_minor, refunded_minor and refunded_day as known, rule (a key of scoring.suspects.RULES), timed."""
    weeks: pd.DataFrame
    """Of shops with such orders, a row per week of the last year with sales: shop_id, monday, gross_minor,
    aside_minor."""


@dataclass(frozen=True, slots=True)
class RawAndCleaned:
    """Features with and without the orders that look bought."""

    cleaned: pd.DataFrame
    """Of every shop, as scoring.features.compute gives them; these are scored."""
    raw: pd.DataFrame
    """The same of the record as it is, of the shops with orders set aside only."""
    findings: Findings


def look(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date]) -> Findings:
    """Look for signs of bought sales in the record of every shop in `events` before a day.

    Args:
        events: the tables of scoring.records.EVENTS. Rows of later than as_of do no harm.
        as_of: the day before which a record must be dated, in the shop's own zone; or that of each shop by its number.
    """
    with asking.opened(_numbered(events), as_of=as_of) as cursor:
        began = asking.midnights(events["shops"], as_of=as_of, days=suspects.LOOKED_DAYS)
        cursor.register("midnights", began)
        for name, statement in {**suspects.STEPS, **bought_signs.STEPS}.items():
            asking.ask(cursor, f"CREATE TEMP TABLE {name} AS {statement}")
        signs = asking.by_shop(asking.ask(cursor, bought_signs.query()), numbers=VALUES, texts=UNKNOWNS)
        found = cursor.sql(SUSPECT_ROWS).to_arrow_table()
        weeks = asking.ask(cursor, WEEK_ROWS).df()
    return Findings(signs.assign(flagged=_flagged(signs)), found, weeks)


def clean(events: Mapping[str, pa.Table], findings: Findings) -> dict[str, pa.Table]:
    """The same tables without the orders that look bought."""
    keys = ["shop_id", "order_ref"]
    kept = events["orders"].join(findings.suspects.select(keys), keys, join_type="left anti")
    return {**events, "orders": kept.select(events["orders"].column_names)}


def raw_and_cleaned(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date]) -> RawAndCleaned:
    """The features of every shop, worked out again without the orders that look bought where there are any."""
    findings = look(events, as_of=as_of)
    features = compute(events, as_of=as_of)
    numbers = pc.unique(findings.suspects["shop_id"])
    if not len(numbers):
        return RawAndCleaned(features, features.iloc[:0], findings)
    theirs = {name: table.filter(pc.is_in(table["shop_id"], numbers)) for name, table in events.items()}
    again = compute(clean(theirs, findings), as_of=as_of)
    changed = features.index.isin(again.index)
    return RawAndCleaned(pd.concat([features[~changed], again]).sort_index(), features[changed], findings)


def tell(looked: RawAndCleaned) -> dict[int, Manipulation]:
    """What was found in each shop's record, by shop number."""
    findings = looked.findings
    suspects_of: dict[int, list[dict[str, Any]]] = {}
    for row in findings.suspects.to_pylist():
        suspects_of.setdefault(row["shop_id"], []).append(row)
    weeks_of: dict[int, list[Week]] = {}
    for shop_id, monday, gross, aside in findings.weeks.itertuples(index=False, name=None):
        weeks_of.setdefault(shop_id, []).append(Week(EPOCH_DAY + timedelta(days=int(monday)), int(gross), int(aside)))
    return {
        row["shop_id"]: _told(row, suspects_of.get(row["shop_id"], []), tuple(weeks_of.get(row["shop_id"], ())), looked)
        for row in findings.signs.reset_index().to_dict("records")
    }


def _told(
    row: Mapping[Any, Any], rows: list[dict[str, Any]], weeks: tuple[Week, ...], looked: RawAndCleaned
) -> Manipulation:
    signs = tuple(
        Sign(
            kind.name, _known(row[f"{kind.name}_value"]), _known(row[f"{kind.name}_usual"]),
            int(row[f"{kind.name}_cases"]), bool(row[f"{kind.name}_fires"]), row[f"{kind.name}_unknown"],
        )
        for kind in bought_signs.SIGNS
    )  # fmt: skip
    largest = sorted(rows, key=lambda each: -each["gross_minor"])[:MOST_SUSPECTS]
    return Manipulation(
        flagged=bool(row["flagged"]),
        orders=int(row["year_orders"]),
        timed=bool(row["timed"]),
        **{name: int(row[name]) for name in MONEY_SUMS},
        aside_orders=int(row["aside_orders"]),
        signs=signs,
        features=_changed(row["shop_id"], looked) if rows else (),
        suspects=tuple(_suspect(each) for each in largest),
        days=aside_days(rows),
        weeks=weeks,
    )


def _suspect(row: Mapping[str, Any]) -> SuspectOrder:
    return SuspectOrder(
        row["order_ref"], EPOCH_DAY + timedelta(days=row["placed_day"]), row["placed_at"] if row["timed"] else None,
        row["buyer_ref"], row["gross_minor"], row["rule"],
    )  # fmt: skip


def _changed(shop_id: int, looked: RawAndCleaned) -> tuple[ChangedFeature, ...]:
    raw, cleaned = (frame.loc[shop_id, list(NAMES)].to_numpy(dtype=float) for frame in (looked.raw, looked.cleaned))
    pairs = [(name, _known(before), _known(after)) for name, before, after in zip(NAMES, raw, cleaned, strict=True)]
    return tuple(ChangedFeature(*pair) for pair in pairs if pair[1] != pair[2])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _flagged(signs: pd.DataFrame) -> "pd.Series[bool]":
    month = signs["month_aside_minor"] >= FLAG_SHARE * signs["month_minor"]
    recent = signs["recent_aside_minor"] >= FLAG_SHARE * signs["recent_minor"]
    return (
        (month & (signs["month_aside_orders"] >= LEAST_MONTH_ORDERS))
        | (recent & (signs["recent_aside_minor"] > 0))
        | signs["paid_back_fires"]
    )


def _numbered(events: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables with a number for each order and for each buyer of each shop: they join much sooner than texts."""
    orders, wallet = events["orders"], events["wallet"]
    names = pc.unique(orders["buyer_ref"].drop_null())
    buyers, paid = (
        pc.add(pc.multiply(shop_id, len(names)), pc.index_in(ref, value_set=names).cast(pa.int64()))
        for shop_id, ref in ((orders["shop_id"], orders["buyer_ref"]), (wallet["shop_id"], wallet["counterparty_ref"]))
    )
    numbered = orders.append_column("place", pa.array(np.arange(orders.num_rows))).append_column("buyer", buyers)
    return {**events, "orders": numbered, "wallet": wallet.append_column("buyer", paid)}
