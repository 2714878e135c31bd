"""The queue as it is shown: its headline, its filters, its table, and the chosen row in words."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from components import list_address, list_table, wording
from components.choices import in_gray
from components.list_address import Filter

HOLDERS = {"all": "All", "nobody": "Nobody's", "mine": "Mine"}
DUE = {"all": "Any time", "late": "Overdue", "soon": "Next 24 hours"}
STATES = {
    "all": "Anything",
    "new": "First decision",
    "proposed": "Second person",
    "referred": "Referred",
    "not-scored": "Score",
    "no-consent": "Consent",
}
ORDERS = {
    "deadline": "Deadline",
    "delay": "Amount × days",
    "amount": "Amount",
    "points": "Points",
    "shop": "Shop",
}
ANSWERERS = {"officer": "An officer", "second_officer": "A second officer", "manager": "A manager"}
# What the order means in the caption; amounts of different currencies are never held against each other.
ORDERED = {
    "deadline": "first the deadline, then the amount",
    "delay": "first what costs most to let wait: the amount × the days that it has waited",
    "amount": "first the largest amount",
    "points": "first the most points",
    "shop": "by the shops' names",
}

FILTERS = (
    Filter("holder", tuple(HOLDERS)),
    Filter("grade", tuple(wording.GRADES), several=True),
    Filter("due", tuple(DUE)),
    Filter("state", tuple(STATES)),
    Filter("order", tuple(ORDERS)),
    Filter("search"),
)
VIEWS = {
    "Overdue": "due=late",
    "Due within 24 hours": "due=soon",
    "Mine": "holder=mine",
    "Nobody's, strongest first": "holder=nobody&grade=AB&order=points",
    "Second answers": "state=proposed",
    "Referred": "state=referred",
}

# A row of the table by the names of db.queue.rows. A dozen are read faster one by one than as columns.
Row = Mapping[str, Any]


def title(waiting: int, overdue: int, due_soon: int) -> str:
    """The headline: how many wait, and how many are late or nearly so."""
    if waiting == 0:
        return "Nothing waits for a decision"
    parts = [f"{overdue:,} {'is' if overdue == 1 else 'are'} overdue" if overdue else ""]
    parts.append(f"{due_soon:,} due within 24 hours" if due_soon else "")
    rest = ", ".join(filter(None, parts)) or "none is due within 24 hours"
    return f"{wording.count(waiting, 'application')} {'waits' if waiting == 1 else 'wait'}; {rest}"


def caption(shown: int, total: int, waiting: int, order: str) -> str:
    """How many rows of how many stand in the table, and in what order."""
    part = f"{shown:,} of {total:,}" if total == waiting else f"{shown:,} of {total:,} that fit, {waiting:,} in all"
    return f"{part}, {ORDERED[order]}"


def show_filters() -> None:
    """The widgets of the filters; `list_address` knows what they say."""
    chosen = list_address.widget
    st.segmented_control(
        "Holder", list(HOLDERS), format_func=in_gray(HOLDERS), required=True, **chosen("queue", "holder")
    )
    st.pills(
        "Grade",
        list(wording.GRADES),
        format_func=":gray[{}]".format,
        selection_mode="multi",
        **chosen("queue", "grade"),
    )
    st.selectbox("Deadline", list(DUE), format_func=DUE.__getitem__, width=122, **chosen("queue", "due"))
    st.selectbox("Waits for", list(STATES), format_func=STATES.__getitem__, width=128, **chosen("queue", "state"))
    st.selectbox("Sorted by", list(ORDERS), format_func=ORDERS.__getitem__, width=132, **chosen("queue", "order"))
    st.text_input(
        "Shop or number", placeholder="Search", type="search", live=True, width=142, **chosen("queue", "search")
    )


def delay_minor(row: Row, now: datetime) -> float | None:
    """What it costs to let an application wait: its amount x the days since it was submitted; None without consent.

    Source: weighted shortest job first, with every decision taken to last as long as any other.
    """
    if pd.isna(row["amount_minor"]):
        return None
    days: float = (now - row["submitted_at"]).total_seconds() / 86_400
    return days * int(row["amount_minor"])


def waits_for(row: Row) -> str:
    """Why a row is not decided yet, in the words of the table."""
    match row["state"]:
        case "proposed":
            return ANSWERERS[row["authority"]]
        case "referred":
            return f"Referred by {row['proposed_by']}"
        case "not-scored":
            return "Not scored yet"
        case "no-consent":
            return "No consent, no score"
        case _:
            return "First decision"


def in_words(row: Row) -> str:
    """The chosen application beside its buttons, safe for Markdown."""
    name = f"**{wording.plain(wording.shortened(row['shop_name'], 28))}**"
    if pd.isna(row["amount_minor"]):
        return f"{name}, no consent"
    amount = wording.plain(wording.money(int(row["amount_minor"]), row["currency"]))
    parts = [name, f"{amount} for {wording.count(int(row['term_months']), 'month')}"]
    if row["state"] == "proposed":
        parts.append(f"{wording.plain(row['proposed_by'])} proposes")
    if row["holder_name"]:
        parts.append(f"held by {wording.plain(row['holder_name'])}")
    return ", ".join(parts)


def next_on_page(rows: pd.DataFrame, barred: Collection[int] = ()) -> int | None:
    """The first row that nobody holds, where nobody has answered it yet either; None where that has to be looked up.

    Args:
        rows: of db.queue.rows.
        barred: shops about which the reader decides nothing.
    """
    free = rows[rows["holder_id"].isna() & ~rows["shop_id"].isin(list(barred))]
    if free.empty or free["state"].iloc[0] in ("proposed", "referred"):
        return None
    return int(free["application_id"].iloc[0])


def show_table(rows: pd.DataFrame, spark: pd.DataFrame, *, now: datetime, promised: timedelta) -> None:
    """Draw the table; `spark` has a row per shop_id and month with net_minor."""
    shown = _shown(rows, spark, now=now, promised=promised)
    list_table.show("queue", rows["application_id"].tolist(), shown, _columns(), alt="waiting applications")


def _shown(rows: pd.DataFrame, spark: pd.DataFrame, *, now: datetime, promised: timedelta) -> pd.DataFrame:
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
            "grade": [[row["grade"]] if row["grade"] else [] for row in records],
            "points": [wording.MISSING if row["points"] is None else str(row["points"]) for row in records],
            "sales": [by_shop[row["shop_id"]] if row["state"] != "no-consent" else [] for row in records],
            "state": [waits_for(row) for row in records],
            "holder": [row["holder_name"] or wording.MISSING for row in records],
            "delay": [wording.money_short(delay_minor(row, now), row["currency"]) for row in records],
            "number": [row["application_ref"] for row in records],
        },
        dtype=object,
    )


def _columns() -> dict[str, Any]:
    # The first three fill a phone; where there is more room, each column grows by the same width.
    column = st.column_config
    return {
        "left": column.TextColumn("Time left", width=84, help="Until the time promised to the shop for an answer"),
        "shop": column.TextColumn("Shop", width=176),
        "amount": column.TextColumn("Amount", width=70, alignment="right"),
        "grade": column.MultiselectColumn(
            "Grade", width=40, options=list("ABCDE"), color=list(wording.GRADE_CHIPS.values())
        ),
        "points": column.TextColumn(
            "Points", width=44, alignment="right", help="Of the newest score; 600 is odds of 30 to 1"
        ),
        "sales": column.AreaChartColumn("Net sales, 24 months", width=92, color="primary"),
        "state": column.TextColumn("Waits for", width=116),
        "holder": column.TextColumn("Held by", width=70),
        "delay": column.TextColumn(
            "Amount × days", width=76, alignment="right",
            help="What it costs to let it wait: ¥46k is ¥23,000 for two days, or ¥4,600 for ten",
        ),
        "number": column.TextColumn("Number", width=52),
    }  # fmt: skip


def filters_in_words(values: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    """The filters and the order of a list, for the first sheet of its export."""
    grades = values["grade"] if isinstance(values["grade"], tuple) else ()
    return (
        ("Holder", HOLDERS[str(values["holder"])]),
        ("Grade", ", ".join(grades) or "Any"),
        ("Deadline", DUE[str(values["due"])]),
        ("Waits for", STATES[str(values["state"])]),
        ("Search", str(values["search"]) or "None"),
        ("Sorted by", ORDERS[str(values["order"])]),
    )
