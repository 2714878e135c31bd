"""The queue as it is shown: its headline, its table, and what stands there when it is empty."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from components import wording
from lending.records import minor_digits

STATES = {
    "all": "Anything",
    "new": "A first decision",
    "proposed": "A second person",
    "referred": "Referred",
    "not scored": "A score",
    "no consent": "The shop's consent",
}
ORDERS = {
    "deadline": "Deadline, then delay",
    "delay": "Cost of delay",
    "amount": "Amount",
    "points": "Points",
    "shop": "Shop",
}
HOLDERS = {"all": "All", "nobody": "Nobody's", "mine": "Mine"}

ROW_PX = 35

# A row of the table by the names of db.queue.waiting. A dozen are read faster one by one than as columns.
Row = Mapping[str, Any]


def title(waiting: int, overdue: int, due_soon: int) -> str:
    """The headline: how many wait, and how many are late or nearly so."""
    if waiting == 0:
        return "Nothing waits for a decision"
    parts = [f"{overdue:,} {'is' if overdue == 1 else 'are'} overdue" if overdue else ""]
    parts.append(f"{due_soon:,} due within 24 hours" if due_soon else "")
    rest = ", ".join(filter(None, parts)) or "none is due within 24 hours"
    return f"{wording.count(waiting, 'application')} {'waits' if waiting == 1 else 'wait'}; {rest}"


def caption(shown: int, total: int, waiting: int) -> str:
    """How many rows of how many stand in the table, and what its order and delay mean."""
    part = f"{shown:,} of {total:,}" if total == waiting else f"{shown:,} of {total:,} chosen, {waiting:,} in all"
    return f"{part}. Delay is days waiting × amount, in millions: neither age nor size alone decides"


def delay_millions(row: Row, now: datetime) -> float:
    """Cost of delay in major units x days, in millions; by the currency's own minor digits."""
    days: float = (now - row["submitted_at"]).total_seconds() / 86_400
    major: float = row["amount_minor"] / 10 ** minor_digits(row["currency"])
    return days * major / 1_000_000


def waits_for(row: Row) -> str:
    """Why a row is not decided yet, in the words of the table."""
    match row["state"]:
        case "proposed":
            return f"{row['proposed_by']} proposes; {wording.NEEDS[row['authority']]}"
        case "referred":
            return f"Referred by {row['proposed_by']}"
        case "not scored":
            return "Not scored yet"
        case "no consent":
            return "No consent: nothing is scored"
        case _:
            return "First decision"


def next_on_page(rows: pd.DataFrame) -> int | None:
    """The first row that nobody holds, where nobody has answered it yet either; None where that has to be looked up."""
    free = rows[rows["holder_id"].isna()]
    if free.empty or free["state"].iloc[0] in ("proposed", "referred"):
        return None
    return int(free["application_id"].iloc[0])


def show_table(
    rows: pd.DataFrame, spark: pd.DataFrame, *, now: datetime, promised: timedelta, chosen_id: int | None
) -> int | None:
    """Draw the table and return the application chosen in it.

    Streamlit keeps a selection by position. The key holds the numbers of the rows, so that other rows mean another
    table, and the chosen one is then looked up again by its number.
    """
    numbers = [int(number) for number in rows["application_id"]]
    default: Any = {"selection": {"rows": [numbers.index(chosen_id)]}} if chosen_id in numbers else None
    event = st.dataframe(
        _shown(rows, spark, now=now, promised=promised),
        key=f"queue_{hash(tuple(numbers))}",
        hide_index=True,
        row_height=ROW_PX,
        height=ROW_PX * (len(rows) + 1) + 3,
        on_select="rerun",
        selection_mode="single-row",
        selection_default=default,
        column_config=_columns(),
        alt=f"{len(rows)} waiting applications",
    )
    picked = event.selection.rows
    return numbers[picked[0]] if picked and picked[0] < len(numbers) else None


def _shown(rows: pd.DataFrame, spark: pd.DataFrame, *, now: datetime, promised: timedelta) -> pd.DataFrame:
    """The rows as text and figures; `spark` has a row per shop_id and month with net_minor."""
    by_shop: dict[int, list[int]] = {}
    for shop_id, net_minor in zip(spark["shop_id"].tolist(), spark["net_minor"].tolist(), strict=True):
        by_shop.setdefault(shop_id, []).append(net_minor)
    told = {str(name): rows[name].tolist() for name in rows.columns}
    records = [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]
    return pd.DataFrame(
        {
            "left": [wording.clock(row["submitted_at"] + promised, now) for row in records],
            "shop": [row["shop_name"] for row in records],
            "amount": [wording.money(row["amount_minor"], row["currency"]) for row in records],
            "grade": [[row["grade"]] if isinstance(row["grade"], str) else [] for row in records],
            "points": [wording.MISSING if pd.isna(row["points"]) else f"{row['points']:.0f}" for row in records],
            "sales": [by_shop[row["shop_id"]] if row["state"] != "no consent" else [] for row in records],
            "state": [waits_for(row) for row in records],
            "holder": [
                row["holder_name"] if isinstance(row["holder_name"], str) else wording.MISSING for row in records
            ],
            "delay": [delay_millions(row, now) for row in records],
            "number": [row["application_ref"] for row in records],
        },
        dtype=object,
    )


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "left": column.TextColumn("Time left", width=92, help="Until the time promised to the shop for an answer"),
        "shop": column.TextColumn("Shop", width=168),
        "amount": column.TextColumn("Amount", width=84, alignment="right"),
        "grade": column.MultiselectColumn(
            "Grade", width=58, options=list("ABCDE"), color=list(wording.GRADE_CHIPS.values())
        ),
        "points": column.TextColumn(
            "Points", width=62, alignment="right", help="Of the newest score; 600 is odds of 30 to 1"
        ),
        "sales": column.AreaChartColumn("Net sales, 24 months", width=128, color="#1F5C4D"),
        "state": column.TextColumn("Waits for", width=220),
        "holder": column.TextColumn("Held by", width=120),
        "delay": column.NumberColumn("Delay", width=62, format="%.2f", help="Days waiting × amount, in millions"),
        "number": column.TextColumn("Number", width=100),
    }
