"""The loans behind the charts of the Portfolio page, worst first; and the numbers behind each chart."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from components import book_words as words
from components import cards, wording
from components.figure import Drawing
from lending.arrears import ACTIVE, WRITTEN_OFF
from lending.book_view import BookView

ROWS = 15
ROW_PX = 35
HEAD_PX = 34
PAGER_PX = 40


def page_number(loans: int) -> int:
    """The page of the list that the address names, within those there are."""
    text = st.query_params.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
    return min(max(number, 1), max(-(-loans // ROWS), 1))


def show_loans(
    view: BookView, rows: pd.DataFrame, names: Mapping[int, str], *, leads_to: str, show_menu: Callable[[], None]
) -> int | None:
    """The card with the list; returns the place of the row that was chosen.

    Args:
        view: whose loans they are.
        rows: of lending.book_loans.loan_rows, one page of them.
        names: of their shops.
        leads_to: what choosing a row opens, in words.
        show_menu: draws what can be done with the whole list.
    """
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {wording.plain(words.loans_title(view))}")
        event = st.dataframe(
            shown(rows, names, view.currency), hide_index=True, row_height=ROW_PX,
            height=ROW_PX * len(rows) + HEAD_PX, on_select="rerun", selection_mode="single-row",
            key=f"book_loans_{hash(tuple(rows['place']))}", column_config=COLUMNS,
            alt=f"{len(rows)} loans, worst first",
        )  # fmt: skip
        pages = -(-view.loans // ROWS)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.caption(f"Choose a row to open {leads_to}.", width="content")
                show_menu()
            if pages > 1:
                number = page_number(view.loans)
                key = f"book_pager_{number}_{pages}"
                st.pagination(
                    pages, default=number, key=key, on_change=_turn, args=(key,), width=PAGER_PX * (min(pages, 7) + 2)
                )
    picked = event.selection.rows
    return int(rows["place"].iloc[picked[0]]) if picked and picked[0] < len(rows) else None


def _turn(key: str) -> None:
    st.query_params["page"] = str(st.session_state[key])


COLUMNS: Mapping[str, Any] = {
    "Loan": st.column_config.TextColumn(width=96),
    "Shop": st.column_config.TextColumn(width=190),
    "State": st.column_config.TextColumn(width=120),
    "Outstanding": st.column_config.TextColumn(alignment="right", width=104),
    "Overdue": st.column_config.TextColumn(alignment="right", width=92),
    "Expected loss": st.column_config.TextColumn(alignment="right", width=104),
    "Stage": st.column_config.TextColumn(alignment="right", width=56),
    "Paid out": st.column_config.TextColumn(width=96),
    "Lent": st.column_config.TextColumn(alignment="right", width=96),
}


def shown(rows: pd.DataFrame, names: Mapping[int, str], currency: str) -> pd.DataFrame:
    """The rows as people read them."""
    return pd.DataFrame(
        {
            "Loan": rows["loan_ref"],
            "Shop": [names.get(each, "") for each in rows["shop_id"]],
            "State": [
                state(name, late, renegotiated=changed)
                for name, late, changed in zip(rows["state"], rows["past_due"], rows["renegotiated"], strict=True)
            ],
            "Outstanding": [wording.money(int(each), currency) for each in rows["outstanding_minor"]],
            "Overdue": [wording.money(int(each), currency) if each else "" for each in rows["overdue_minor"]],
            "Expected loss": [wording.money(round(each), currency) if each else "" for each in rows["loss_minor"]],
            "Stage": [str(each) if each else "" for each in rows["stage"]],
            "Category": rows["category"],
            "Region": rows["region"],
            "Paid out": [wording.day(each) for each in rows["disbursed_on"]],
            "Lent": [wording.money(int(each), currency) for each in rows["principal_minor"]],
        }
    )


def state(name: str, past_due: int, *, renegotiated: bool) -> str:
    """How a loan stands, with a mark and a word.

    >>> [state("active", days, renegotiated=days == 0) for days in (62, 12, 0)] + [state("paid", 0, renegotiated=False)]
    ['⚠ 62 d late', '◔ 12 d late', '✓ renegotiated', 'repaid']
    """
    if name == WRITTEN_OFF:
        return "✕ written off"
    if name != ACTIVE:
        return "repaid"
    if past_due:
        return f"{'⚠' if past_due > 30 else '◔'} {past_due} d late"
    return "✓ renegotiated" if renegotiated else "✓ current"


@st.dialog("Numbers behind the charts", width="large", position="right")
def show_numbers(drawn: Mapping[str, Drawing], show_menu: Callable[[str, pd.DataFrame], None]) -> None:
    """The table behind each chart, complete, with what can be done with it."""
    for name, drawing in drawn.items():
        st.markdown(f"**{wording.plain(drawing.title)}**")
        cards.show_table(drawing)
        # Below the table: what Streamlit lays over its upper corner would cover a button there.
        show_menu(name, drawing.table)
