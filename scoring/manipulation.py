"""Signs of bought sales: a shop's single orders looked through, and its record without those that look bought.

A flag is a reason to look, never an accusation. What is set aside follows from patterns that leap far above the
shop's own past, or from money that went back to its buyers, so that an honest shop keeps its record as it is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from scoring import asking, bought_signs, sign_facts, suspects
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
from scoring.rounding import nine_digits
from scoring.sign_facts import Columns, laid_out, now_and_before

# A file is flagged where so much of the recent sales is set aside: of 30 days, from so many orders on, or of 90.
FLAG_SHARE = 0.2
LEAST_MONTH_ORDERS = 5
MONEY_SUMS = ("month_minor", "month_aside_minor", "recent_minor", "recent_aside_minor", "aside_minor")
SUMS = ("year_orders", "timed", "month_aside_orders", "aside_orders", *MONEY_SUMS)
WEEK_COLUMNS = ("shop_id", "monday", "gross_minor", "aside_minor")

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
SELECT o.shop_id, CAST(o.placed_day - (o.placed_day + 3) % 7 AS BIGINT) AS monday,
    CAST(sum(o.gross_minor) AS BIGINT) AS gross_minor,
    CAST(coalesce(sum(x.gross_minor), 0) AS BIGINT) AS aside_minor
FROM marked m JOIN orders o ON o.place = m.place LEFT JOIN suspects x ON x.place = m.place
WHERE m.quarter < {suspects.QUARTERS} AND m.shop_id IN (SELECT shop_id FROM suspects)
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was seen in the records of some shops."""

    signs: pd.DataFrame
    """One row per shop, index shop_id ascending: the whole numbers of SUMS, `timed`, `flagged`, and per sign of
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
    shop_ids = np.sort(events["shops"]["shop_id"].to_numpy())
    with asking.opened(_numbered(events), as_of=as_of) as cursor:
        began = asking.midnights(events["shops"], as_of=as_of, days=suspects.LOOKED_DAYS)
        cursor.register("midnights", began)
        for name, statement in suspects.TABLES.items():
            asking.ask(cursor, f"CREATE TEMP TABLE {name} AS {statement}")
        facts = _facts(cursor, shop_ids)
        found = cursor.sql(SUSPECT_ROWS).to_arrow_table()
        weeks = (
            cursor.execute(WEEK_ROWS).df()
            if found.num_rows
            else pd.DataFrame(columns=list(WEEK_COLUMNS), dtype=np.int64)
        )
    return Findings(_signs(facts, shop_ids), found, weeks)


def _facts(cursor: duckdb.DuckDBPyConnection, shop_ids: npt.NDArray[np.int64]) -> Columns:
    """The sums of each shop; leaves the orders that look bought in the table `suspects`."""
    quarters = laid_out(cursor, suspects.QUARTER_SUMS, shop_ids)
    back = laid_out(cursor, suspects.PAID_BACK_SUMS, shop_ids)
    bursts = suspects.bursts(laid_out(cursor, suspects.CELLS, shop_ids), quarters["orders"])
    established = suspects.established(back, quarters["gross_minor"])
    _register(cursor, "established", shop_ids, established)
    _register(cursor, "bursts", shop_ids, bursts)
    cursor.execute(f"CREATE TEMP TABLE suspects AS {suspects.SUSPECTS}")
    facts = now_and_before({**quarters, **laid_out(cursor, sign_facts.BUYER_SUMS, shop_ids)})
    for statement in (
        sign_facts.MONTH_FRESH,
        sign_facts.AMOUNTS,
        sign_facts.SEASON,
        sign_facts.WALLETS,
        sign_facts.ASIDE,
    ):
        facts |= laid_out(cursor, statement, shop_ids)
    return facts | {
        "year_orders": quarters["orders"][:, : suspects.QUARTERS].sum(axis=1),
        "timed": laid_out(cursor, "SELECT shop_id, timed FROM timed", shop_ids)["timed"],
        "back_orders": back["orders"][:, 0],
        "back_minor": back["gross_minor"][:, 0],
        "back_established": established[:, 0],
        "bursts": bursts[:, 0].sum(axis=1),
    }


def _register(
    cursor: duckdb.DuckDBPyConnection, name: str, shop_ids: npt.NDArray[np.int64], found: npt.NDArray[np.bool_]
) -> None:
    """Where a pattern was found, as a table: shop_id, quarter, and of bursts the rule with its name."""
    shop, quarter, *rules = np.nonzero(found)
    columns = {"shop_id": pa.array(shop_ids[shop]), "quarter": pa.array(quarter)}
    for rule in rules:
        names = np.array(suspects.BURST_RULES, dtype=object)[rule]
        columns |= {"rule": pa.array(rule), "name": pa.array(names, pa.string())}
    cursor.register(name, pa.table(columns))


def _signs(facts: Columns, shop_ids: npt.NDArray[np.int64]) -> pd.DataFrame:
    """The signs of every shop as Findings has them."""
    index = pd.Index(shop_ids, name="shop_id")
    columns: dict[str, Any] = {name: facts[name] for name in SUMS}
    with np.errstate(divide="ignore", invalid="ignore"):
        for kind in bought_signs.SIGNS:
            unknown = np.full(len(shop_ids), None, dtype=object)
            for condition, reason in reversed(kind.unknown):
                unknown[condition(facts)] = reason
            known = pd.isna(unknown)
            columns |= {
                f"{kind.name}_value": nine_digits(np.where(known, kind.value(facts), np.nan)),
                f"{kind.name}_usual": nine_digits(np.where(known, kind.usual(facts), np.nan)),
                f"{kind.name}_cases": np.where(known, kind.cases(facts), 0),
                f"{kind.name}_fires": known & kind.fires(facts),
                f"{kind.name}_unknown": pd.Series(unknown, index, dtype=object),
            }
    signs = pd.DataFrame(columns, index=index)
    return signs.assign(flagged=_flagged(signs))


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
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in findings.suspects.to_pylist():
        rows.setdefault(row["shop_id"], []).append(row)
    weeks: dict[int, list[Week]] = {}
    for shop_id, monday, gross, aside in findings.weeks.itertuples(index=False, name=None):
        weeks.setdefault(shop_id, []).append(Week(EPOCH_DAY + timedelta(days=int(monday)), int(gross), int(aside)))
    changed, signs = _changed(looked), findings.signs
    sums = signs[["flagged", *SUMS]].rename(columns={"year_orders": "orders"}).drop(columns="month_aside_orders")
    return {
        shop_id: Manipulation(
            **dict(zip(sums.columns, numbers, strict=True)),
            signs=of_shop,
            features=changed.get(shop_id, ()),
            suspects=_largest(rows.get(shop_id, [])),
            days=aside_days(rows.get(shop_id, [])),
            weeks=tuple(weeks.get(shop_id, ())),
        )
        for shop_id, numbers, of_shop in zip(
            signs.index.tolist(), zip(*(sums[name].tolist() for name in sums), strict=True), _told(signs), strict=True
        )
    }


def _told(signs: pd.DataFrame) -> list[tuple[Sign, ...]]:
    """The signs of each shop, in the order of the frame."""
    of_kinds = []
    for kind in bought_signs.SIGNS:
        parts = [signs[f"{kind.name}_{part}"].tolist() for part in ("value", "usual", "cases", "fires", "unknown")]
        of_kinds.append(
            [Sign(kind.name, _known(value), _known(usual), *rest) for value, usual, *rest in zip(*parts, strict=True)]
        )
    return list(zip(*of_kinds, strict=True))


def _largest(rows: list[dict[str, Any]]) -> tuple[SuspectOrder, ...]:
    return tuple(_suspect(row) for row in sorted(rows, key=lambda row: -row["gross_minor"])[:MOST_SUSPECTS])


def _suspect(row: Mapping[str, Any]) -> SuspectOrder:
    return SuspectOrder(
        row["order_ref"], EPOCH_DAY + timedelta(days=row["placed_day"]), row["placed_at"] if row["timed"] else None,
        row["buyer_ref"], row["gross_minor"], row["rule"],
    )  # fmt: skip


def _changed(looked: RawAndCleaned) -> dict[int, tuple[ChangedFeature, ...]]:
    """By shop number the features that are others without the orders set aside."""
    shop_ids = looked.raw.index
    raw, cleaned = (frame.loc[shop_ids, list(NAMES)].to_numpy(dtype=float) for frame in (looked.raw, looked.cleaned))
    return {
        shop_id: tuple(
            ChangedFeature(name, _known(one), _known(other))
            for name, one, other in zip(NAMES, before, after, strict=True)
            if one != other and not (math.isnan(one) and math.isnan(other))
        )
        for shop_id, before, after in zip(shop_ids.tolist(), raw.tolist(), cleaned.tolist(), strict=True)
    }


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


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
