"""The loans to be collected as they are shown: the headline, the filters, the table."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from components import list_address, list_table, wording
from components.choices import in_gray
from components.list_address import Filter
from lending.arrears import BUCKETS
from lending.collecting import SOON_DAYS, CollectionsView, Summary

PAGE = "collections"
# A letter for each bucket in the address.
BUCKET_CODES = ("0", "1", "3", "6", "9")
BUCKET_NAMES = (f"Due in {SOON_DAYS} days", *(name.replace("-", "–") for name in BUCKETS[1:]))
FLAGS = {
    "all": "Anything",
    "dispute": "Dispute",
    "hardship": "Hardship",
    "neither": "No open case",
    "waits": "Waits for a second person",
}
PROMISES = {"all": "Any", "broken": "Broken", "open": "Open", "kept": "Kept", "none": "None"}
ORDERS = {
    "loss": "Expected loss",
    "overdue": "Overdue",
    "days": "Days past due",
    "bucket": "Next bucket",
    "contact": "Last contact",
}
ORDERED = {
    "loss": "first the largest expected loss",
    "overdue": "first the largest overdue amount",
    "days": "first the longest past due",
    "bucket": "first whoever gets into the next bucket soonest",
    "contact": "first whoever was contacted least lately",
}
# The steps that wait for a second person, as a table has room for them.
WAITING = {
    "pay": "Back-dated payment",
    "reverse": "Reversal",
    "waive": "Waiver",
    "settle": "Settlement",
    "restructure": "New schedule",
    "write_off": "Write-off",
    "unlikely": "Unlikely to be repaid",
    "recover": "Back-dated recovery",
}
PROMISE_MARKS = {"kept": "✓ kept", "broken": "⚠ broken", "open": "◔ open"}
CHIPS = {"Dispute": "violet", "Hardship": "orange"}
SOON_TO_ROLL_DAYS = 3


def filters(currencies: Sequence[str]) -> tuple[Filter, ...]:
    """The filters of the list; the currency is one of those in which something was lent."""
    return (
        Filter("bucket", BUCKET_CODES, several=True),
        Filter("flag", tuple(FLAGS)),
        Filter("promise", tuple(PROMISES)),
        Filter("order", tuple(ORDERS)),
        Filter("search"),
        Filter("currency", tuple(currencies) or ("",)),
    )


def view_of(values: Mapping[str, Any]) -> CollectionsView:
    """What the filters say."""
    flag, promise = str(values["flag"]), str(values["promise"])
    return CollectionsView(
        buckets=tuple(BUCKET_CODES.index(code) for code in values["bucket"]),
        flag=None if flag == "all" else flag,
        promise=None if promise == "all" else promise,
        search=str(values["search"]),
        order=str(values["order"]),
    )


def title(told: Summary, currency: str | None) -> str:
    """The headline, safe for Markdown: how much is overdue on how many loans, and the promises that were broken.

    >>> title(Summary(105, 74, 18_940_000, 12, 0, (31, 50, 10, 4, 10)), "CNY")
    '¥189k is overdue on 74 loans; 12 promises were broken'
    """
    soon = told.loans - told.overdue_loans
    due = f"{wording.count(soon, 'loan')} {'falls' if soon == 1 else 'fall'} due within {SOON_DAYS} days"
    if not told.overdue_loans:
        return (
            f"No loan is overdue; {due}" if soon else f"No loan is overdue, and none falls due within {SOON_DAYS} days"
        )
    amount = wording.plain(wording.money_short(told.overdue_minor, currency or ""))
    overdue = f"{amount} is overdue on {wording.count(told.overdue_loans, 'loan')}"
    if told.broken:
        return f"{overdue}; {wording.count(told.broken, 'promise')} {'was' if told.broken == 1 else 'were'} broken"
    return f"{overdue}; {due}" if soon else overdue


def caption(shown: int, total: int, listed: int, order: str) -> str:
    """How many rows of how many stand in the table, in what order, and of when its figures are."""
    part = f"{shown:,} of {total:,}" if total == listed else f"{shown:,} of {total:,} that fit, {listed:,} in all"
    return f"{part}, {ORDERED[order]}"


def show_filters(by_bucket: Sequence[int], currencies: Sequence[str]) -> None:
    """The widgets of the filters; `list_address` knows what they say."""
    widget = list_address.widget
    named = {
        code: f"{name} · {count:,}" for code, name, count in zip(BUCKET_CODES, BUCKET_NAMES, by_bucket, strict=True)
    }
    st.pills("Days past due", list(named), format_func=in_gray(named), selection_mode="multi", **widget(PAGE, "bucket"))
    st.selectbox("Case", list(FLAGS), format_func=FLAGS.__getitem__, width=130, **widget(PAGE, "flag"))
    st.selectbox("Promise", list(PROMISES), format_func=PROMISES.__getitem__, width=96, **widget(PAGE, "promise"))
    st.selectbox("Sorted by", list(ORDERS), format_func=ORDERS.__getitem__, width=136, **widget(PAGE, "order"))
    st.text_input("Shop or loan", placeholder="Search", type="search", live=True, width=142, **widget(PAGE, "search"))
    if len(currencies) > 1:
        st.selectbox("Currency", list(currencies), width=90, **widget(PAGE, "currency"))


def show_table(rows: pd.DataFrame, currency: str, *, today: date) -> None:
    """Draw the table of some rows of db.collecting.Work."""
    records = rows.to_dict("records")
    shown = pd.DataFrame([_cells(row, currency, today) for row in records], dtype=object)
    list_table.show(PAGE, rows["loan_id"].tolist(), shown, _columns(), alt="loans that are late or fall due soon")


def _cells(row: Mapping[Any, Any], currency: str, today: date) -> dict[str, Any]:
    return {
        "late": lateness(row),
        "shop": row["shop_name"],
        "overdue": wording.money(row["overdue_minor"], currency) if row["overdue_minor"] else wording.MISSING,
        "loss": wording.money(row["expected_loss_minor"], currency),
        "next": next_bucket(row),
        "promise": promise(row, currency),
        "contact": contact(row, today),
        "flags": flags(row),
        "waits": WAITING.get(row["waits"], wording.MISSING),
        "sales": sales_change(row),
        "outstanding": wording.money(row["outstanding_minor"], currency),
        "loan": row["loan_ref"],
    }


def lateness(row: Mapping[Any, Any]) -> str:
    """How late a loan is, or when it falls due.

    >>> lateness({"overdue_minor": 5, "days_past_due": 34}), lateness({"overdue_minor": 0, "due_in_days": 0})
    ('34 days', 'due today')
    """
    if row["overdue_minor"]:
        return wording.count(int(row["days_past_due"]), "day")
    return "due today" if row["due_in_days"] == 0 else f"due in {int(row['due_in_days'])} d"


def next_bucket(row: Mapping[Any, Any]) -> str:
    """How long until the loan gets into the next bucket; marked where that is near.

    >>> next_bucket({"next_bucket_days": 2, "bucket": 1}), next_bucket({"next_bucket_days": -1, "bucket": 4})
    ('◔ 2 d to 31–60', '–')
    """
    days = int(row["next_bucket_days"])
    if days < 0:
        return wording.MISSING
    mark = "◔ " if days <= SOON_TO_ROLL_DAYS else ""
    return f"{mark}{days} d to {BUCKET_NAMES[int(row['bucket']) + 1]}"


def promise(row: Mapping[Any, Any], currency: str) -> str:
    """The newest promise: whether it was kept, of how much, for which day."""
    if row["promise_state"] is None:
        return wording.MISSING
    amount = wording.money(row["promise_minor"], currency)
    return f"{PROMISE_MARKS[row['promise_state']]}: {amount}, {short_day(row['promise_on'])}"


def contact(row: Mapping[Any, Any], today: date) -> str:
    """When the borrower was contacted last, and by whom."""
    if row["contact_on"] is None:
        return wording.MISSING
    return f"{days_ago(row['contact_on'], today)}, {row['contact_by']}"


def days_ago(day: date, today: date) -> str:
    """A day as seen from today.

    >>> days_ago(date(2026, 3, 1), date(2026, 3, 1)), days_ago(date(2026, 3, 1), date(2026, 3, 4))
    ('today', '3 d ago')
    """
    days = (today - day).days
    return f"{days} d ago" if days else "today"


def short_day(day: date) -> str:
    """A day within a year."""
    return f"{day.day} {day:%b}"


def flags(row: Mapping[Any, Any]) -> list[str]:
    """The open cases of a loan."""
    return [name for name in CHIPS if row[name.lower()]]


def sales_change(row: Mapping[Any, Any]) -> str:
    """Net sales of the last 30 days against the 30 before, in words where there is nothing to hold them against.

    >>> sales_change({"net_minor": 80, "net_before_minor": 100, "consented": True})
    '−20%'
    >>> sales_change({"net_minor": None, "net_before_minor": None, "consented": False})
    'no consent'
    """
    if not row["consented"]:
        return "no consent"
    if row["net_before_minor"] <= 0:
        return "none" if row["net_minor"] <= 0 else "began anew"
    return wording.change(row["net_minor"] / row["net_before_minor"] - 1)


def _columns() -> dict[str, Any]:
    # The first three fill a phone; where there is more room, each column grows by the same width.
    column = st.column_config
    return {
        "late": column.TextColumn(
            "Past due", width=70, help="Days since the oldest unpaid instalment fell due, as of this morning"
        ),
        "shop": column.TextColumn("Shop", width=158),
        "overdue": column.TextColumn(
            "Overdue", width=74, help="What makes the loan current; what came in today is taken off", alignment="right"
        ),
        "loss": column.TextColumn(
            "Expected loss",
            width=80,
            help="As of this morning, by the table of loss parameters in force",
            alignment="right",
        ),
        "next": column.TextColumn("Next bucket", width=86),
        "promise": column.TextColumn("Promise", width=150),
        "contact": column.TextColumn("Last contact", width=132),
        "flags": column.MultiselectColumn("Case", width=76, options=list(CHIPS), color=list(CHIPS.values())),
        "waits": column.TextColumn("Waits", width=70, help="A step that waits for a second person"),
        "sales": column.TextColumn(
            "Sales since",
            width=68,
            help="The shop's net sales of the last 30 days against the 30 before",
            alignment="right",
        ),
        "outstanding": column.TextColumn(
            "Outstanding", width=78, help="Principal, as of this morning", alignment="right"
        ),
        "loan": column.TextColumn("Loan", width=58),
    }


def filters_in_words(values: Mapping[str, Any], currency: str) -> Sequence[tuple[str, str]]:
    """The filters and the order of the list, for its export."""
    names = [name for code, name in zip(BUCKET_CODES, BUCKET_NAMES, strict=True) if code in values["bucket"]]
    return (
        ("Days past due", ", ".join(names) or "Any"),
        ("Case", FLAGS[str(values["flag"])]),
        ("Promise", PROMISES[str(values["promise"])]),
        ("Search", str(values["search"]) or "None"),
        ("Sorted by", ORDERS[str(values["order"])]),
        ("Currency", currency),
    )
