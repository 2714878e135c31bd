"""The table of a list, in which a row is chosen: by its number, never by its position."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from components import list_address
from components.list_address import Filter

ROW_PX = 35
# The titles of the columns, with the border.
HEAD_PX = 34
# One number of the pager, or one of its arrows.
PAGER_PX = 40
# From this many pages on one is also turned to by its number.
PAGES_IN_REACH = 20


def show(
    page: str,
    numbers: Sequence[int],
    shown: pd.DataFrame,
    columns: Mapping[str, Any],
    *,
    alt: str,
    pick: Callable[[int | None], None] | None = None,
) -> None:
    """Draw a row per number; the one that `list_address` has as chosen is ticked, whatever its place is now.

    Streamlit keeps a selection by position. The key holds the numbers, so that other rows mean another table, and what
    is picked in it is turned into a number by the rows that stood there.

    Args:
        page: whose list.
        numbers: of the rows.
        shown: what stands in them.
        columns: how each column is drawn.
        alt: what a row is, for those who don't see the table.
        pick: what a click on a row does, with its number, or None for a second click; chooses the row by default.
    """
    key = f"{page}_rows_{hash(tuple(numbers))}"
    chosen = list_address.chosen(page)
    ticked = [numbers.index(chosen)] if chosen in numbers else []
    if _picked(key) != ticked:
        st.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        row_height=ROW_PX,
        height=ROW_PX * len(numbers) + HEAD_PX,
        on_select=partial(_pick, key, tuple(numbers), pick or partial(list_address.choose, page)),
        selection_mode="single-row",
        column_config=columns,
        alt=f"{len(numbers)} {alt}",
    )


def _picked(key: str) -> list[int]:
    return list(st.session_state[key]["selection"]["rows"]) if key in st.session_state else []


def _pick(key: str, numbers: Sequence[int], pick: Callable[[int | None], None]) -> None:
    picked = _picked(key)
    pick(numbers[picked[0]] if picked and picked[0] < len(numbers) else None)


def show_foot(
    page: str, filters: Sequence[Filter], caption: str, pages: int, *, filtered: bool, show_menu: Callable[[], None]
) -> None:
    """Below the table: how many of how many rows, the way back to all of them, what can be done with all, the pager."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.caption(caption, width="content")
            if filtered:
                st.button("Clear filters", type="tertiary", on_click=list_address.clear, args=(page, filters))
            show_menu()
        show_pager(page, pages)


def show_pager(page: str, pages: int) -> None:
    """Turn the pages of a list, by number; nothing where there is only one."""
    if pages <= 1:
        return
    number, of = list_address.page_number(page), f"{page}_pager"
    times = st.session_state.setdefault(of, 0)
    if st.session_state.get(f"{of}_{times}", number) != number:
        # The list was turned otherwise than by this pager, which knows its own page only: another takes its place.
        times = st.session_state[of] = times + 1
    key = f"{of}_{times}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.pagination(
            pages, default=number, key=key, on_change=_turn, args=(page, key), width=PAGER_PX * (min(pages, 7) + 2)
        )
        if pages >= PAGES_IN_REACH:
            st.number_input(
                "Page", 1, pages, None, key=f"{of}_number", placeholder=f"Page, to {pages:,}", width=130,
                label_visibility="collapsed", on_change=_turn, args=(page, f"{of}_number"),
            )  # fmt: skip


def _turn(page: str, key: str) -> None:
    wanted = st.session_state[key]
    if wanted is not None:
        list_address.turn_to(page, int(wanted))
