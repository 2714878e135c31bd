"""All loans as a list: its filters, its columns, and what stands below it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import list_address, list_table, loan_words, wording
from components.list_address import Filter
from lending.arrears import BUCKETS
from lending.loan_book import FAR, day_of

STATES = {"active": "Running", "paid": "Repaid", "written_off": "Written off", "all": "All"}
ORDERS = {"late": "Days past due", "outstanding": "Outstanding", "newest": "Newest", "next": "Next bucket"}
ORDERED = {
    "late": "first the longest overdue",
    "outstanding": "first the largest balance",
    "newest": "first the newest",
    "next": "first those soonest in the next bucket",
}
LATE = {"all": "Any", "current": "Not late", **{code: f"{code.replace('-', '–')} days" for code in BUCKETS[1:]}}
FILTERS = (
    Filter("state", tuple(STATES)),
    Filter("late", tuple(LATE)),
    Filter("order", tuple(ORDERS)),
    Filter("search"),
)
PAGE = "loans"
# So many days late a loan is in the first bucket still.
SLIGHT_DAYS = 30

Values = Mapping[str, object]


def show_filters() -> None:
    """What narrows the list of running loans."""
    of = list_address.widget
    st.selectbox("State", list(STATES), format_func=STATES.__getitem__, width=130, **of("loans", "state"))
    st.selectbox("Days past due", list(LATE), format_func=LATE.__getitem__, width=140, **of("loans", "late"))
    st.selectbox("Sorted by", list(ORDERS), format_func=ORDERS.__getitem__, width=150, **of("loans", "order"))
    st.text_input("Shop or loan", placeholder="Search", type="search", live=True, width=170, **of("loans", "search"))


def narrowed(rows: pd.DataFrame, told: Values) -> pd.DataFrame:
    """The rows that the filters leave."""
    if told["state"] != "all":
        rows = rows[rows["state"] == told["state"]]
    if told["late"] != "all":
        place = BUCKETS.index(str(told["late"]))
        rows = rows[(rows["bucket"] == place) & (rows["state"] == "active")]
    return searched(rows, str(told["search"]))


def searched(rows: pd.DataFrame, search: str) -> pd.DataFrame:
    """The rows whose shop or loan number has these words in it."""
    sought = search.casefold()
    if not sought:
        return rows
    names = (rows["shop_name"] + "\n" + rows["loan_ref"] + "\n" + rows["shop_ref"]).str.casefold()
    return rows[names.str.contains(sought, regex=False).to_numpy(dtype=bool)]


def unfiltered(told: Values) -> bool:
    """Whether nothing narrows the list."""
    return told["state"] == "active" and told["late"] == "all" and not told["search"]


def show_table(rows: pd.DataFrame, *, pick: Callable[[int | None], None]) -> None:
    """A page of the list."""
    records = rows.to_dict("records")
    shown = pd.DataFrame(
        {
            "shop": [row["shop_name"] for row in records],
            "outstanding": [wording.money(row["outstanding_minor"], row["currency"]) for row in records],
            "late": [_late(row) for row in records],
            "overdue": [_amount(row, "overdue_minor") for row in records],
            "stage": [str(row["stage"]) if row["stage"] else wording.MISSING for row in records],
            "next": [_next(row) for row in records],
            "lent": [wording.money(row["principal_minor"], row["currency"]) for row in records],
            "since": [wording.day(day_of(row["disbursed_day"])) for row in records],
            "state": [_state(row) for row in records],
            "number": [row["loan_ref"] for row in records],
        },
        dtype=object,
    )
    list_table.show("loans", rows["loan_id"].tolist(), shown, _columns(), alt="loans", pick=pick)


def _late(row: Mapping[Any, Any]) -> str:
    days: int = row["days_past_due"]
    return f"{'⚠' if days > SLIGHT_DAYS else '◔'} {wording.count(days, 'day')}" if days else wording.MISSING


def _amount(row: Mapping[Any, Any], name: str) -> str:
    return wording.money(row[name], row["currency"]) if row[name] else wording.MISSING


def _next(row: Mapping[Any, Any]) -> str:
    if row["next_due_day"] >= FAR:
        return wording.MISSING
    due = wording.money(row["next_due_minor"], row["currency"])
    return f"{due}, {wording.day(day_of(row['next_due_day']))}"


def _state(row: Mapping[Any, Any]) -> str:
    if row["new_today"]:
        return "Paid out today"
    return "Restructured" if row["restructured"] and row["state"] == "active" else loan_words.STATES[row["state"]]


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "shop": column.TextColumn("Shop", width=176),
        "outstanding": column.TextColumn("Outstanding", width=84, alignment="right"),
        "late": column.TextColumn("Past due", width=84),
        "overdue": column.TextColumn("Overdue", width=80, alignment="right"),
        "stage": column.TextColumn("Stage", width=44, alignment="right"),
        "next": column.TextColumn("Next instalment", width=160, alignment="right"),
        "lent": column.TextColumn("Lent", width=84, alignment="right"),
        "since": column.TextColumn("Paid out", width=88),
        "state": column.TextColumn("State", width=92),
        "number": column.TextColumn("Loan", width=72),
    }


def caption(shown: int, total: int, told: Values, *, today: date, new_today: int) -> str:
    """Below the table: how many of how many, in which order, as of when."""
    fresh = f"; {wording.count(new_today, 'loan')} paid out today counts from tomorrow" if new_today else ""
    if new_today > 1:
        fresh = fresh.replace("counts", "count")
    order = ORDERED[str(told["order"])]
    return f"{shown} of {wording.count(total, 'loan')}, {order}, as of {wording.day(today)}{fresh}"


def show_empty(on_record: int) -> None:
    """What stands in the table's place: why it is empty, and what helps."""
    if not on_record:
        st.caption("No loan is on record yet. Loans come by import, or when an approved application is paid out.")
        return
    st.caption(f"None of the {wording.count(on_record, 'loan')} on record fits these filters.")
    st.button("Clear filters", on_click=list_address.clear, args=("loans", FILTERS))


def owed(rows: pd.DataFrame) -> dict[int, tuple[int, int]]:
    """(outstanding, all that the schedule still asks for) by loan, with what was booked today."""
    columns = (rows[name].tolist() for name in ("later_outstanding_minor", "later_owed_minor"))
    return dict(zip(rows["loan_id"].tolist(), zip(*columns, strict=True), strict=True))
