"""The search for shops as it is shown: its headline, its filters and its table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from components import list_address, list_table, wording
from components.list_address import Filter

CONSENTS = {"all": "Any", "given": "Given", "missing": "Missing"}
ORDERS = {"name": "Name", "points": "Points", "sales": "Net sales"}
ORDERED = {
    "name": "by name",
    "points": "first the most points",
    "sales": "first the highest net sales of a usual month",
}


class Choices(Protocol):
    """What the shops on record can be narrowed to; see db.shops."""

    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def regions(self) -> tuple[str, ...]: ...
    @property
    def marketplaces(self) -> tuple[str, ...]: ...


def filters(choices: Choices) -> tuple[Filter, ...]:
    """The filters of the search; an empty code stands for any."""
    return (
        Filter("search"),
        Filter("category", ("", *choices.categories)),
        Filter("region", ("", *choices.regions)),
        Filter("marketplace", ("", *choices.marketplaces)),
        Filter("grade", tuple(wording.GRADES), several=True),
        Filter("consent", tuple(CONSENTS)),
        Filter("order", tuple(ORDERS)),
    )


def title(fitting: int, on_record: int, *, filtered: bool) -> str:
    """The headline of the search."""
    shops = wording.count(on_record, "shop")
    if not filtered:
        return f"{shops} on record"
    return f"{fitting:,} of {shops} {'fits' if fitting == 1 else 'fit'}"


def caption(shown: int, fitting: int, order: str) -> str:
    """How many rows of how many stand in the table, and in what order."""
    return f"{shown:,} of {fitting:,}, {ORDERED[order]}"


def show_filters(choices: Choices) -> None:
    """The widgets of the filters; `list_address` knows what they say."""
    of = list_address.widget
    st.text_input("Shop or number", placeholder="Search", type="search", live=True, width=150, **of("shops", "search"))
    st.selectbox("Category", ("", *choices.categories), format_func=_or_any, width=132, **of("shops", "category"))
    st.selectbox("Region", ("", *choices.regions), format_func=_or_any, width=132, **of("shops", "region"))
    st.selectbox(
        "Marketplace", ("", *choices.marketplaces), format_func=_or_any, width=128, **of("shops", "marketplace")
    )
    st.pills(
        "Grade", list(wording.GRADES), format_func=":gray[{}]".format, selection_mode="multi", **of("shops", "grade")
    )
    st.selectbox("Consent", list(CONSENTS), format_func=CONSENTS.__getitem__, width=100, **of("shops", "consent"))
    st.selectbox("Sorted by", list(ORDERS), format_func=ORDERS.__getitem__, width=112, **of("shops", "order"))


def _or_any(code: str) -> str:
    return code or "Any"


def show_table(found: pd.DataFrame, *, pick: Callable[[int | None], None]) -> None:
    """Draw the rows of db.shops.rows; a click on one picks its shop."""
    shown = pd.DataFrame(
        {
            "shop": found["shop_name"],
            "grade": [[grade] if grade else [] for grade in found["grade"]],
            "points": [wording.MISSING if points is None else str(points) for points in found["points"]],
            "month": [
                wording.money(month, currency)
                for month, currency in zip(found["month_minor"], found["currency"], strict=True)
            ],
            "category": [name or wording.MISSING for name in found["category"]],
            "region": [name or wording.MISSING for name in found["region"]],
            "marketplace": [name or wording.MISSING for name in found["marketplace"]],
            "consent": ["✓ given" if given else "– missing" for given in found["consented"]],
            "number": found["shop_ref"],
        },
        dtype=object,
    )
    list_table.show("shops", found["shop_id"].tolist(), shown, _columns(), alt="shops", pick=pick)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "shop": column.TextColumn("Shop", width=196),
        "grade": column.MultiselectColumn(
            "Grade", width=48, options=list("ABCDE"), color=list(wording.GRADE_CHIPS.values())
        ),
        "points": column.TextColumn(
            "Points", width=50, alignment="right", help="Of the newest score; 600 is odds of 30 to 1"
        ),
        "month": column.TextColumn(
            "Usual month", width=90, alignment="right",
            help="Net sales of the median full month, as the newest score read it: half of the months sold more",
        ),
        "category": column.TextColumn("Category", width=110),
        "region": column.TextColumn("Region", width=100),
        "marketplace": column.TextColumn("Marketplace", width=100),
        "consent": column.TextColumn("Consent", width=76),
        "number": column.TextColumn("Number", width=76),
    }  # fmt: skip


def filters_in_words(values: Mapping[str, object]) -> Sequence[tuple[str, str]]:
    """The filters and the order of a list, for the first sheet of its export."""
    grades = values["grade"] if isinstance(values["grade"], tuple) else ()
    return (
        ("Search", str(values["search"]) or "None"),
        *((name.capitalize(), str(values[name]) or "Any") for name in ("category", "region", "marketplace")),
        ("Grade", ", ".join(grades) or "Any"),
        ("Consent", CONSENTS[str(values["consent"])]),
        ("Sorted by", ORDERS[str(values["order"])]),
    )
