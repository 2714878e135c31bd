"""Cards that Review and the dossier share: a finding as title, its chart, and its numbers one click away."""

import pandas as pd
import streamlit as st

from components import charts, wording
from components.figure import CONFIG, Drawing
from lending.concentration import largest_buyers
from lending.festivals import festivals
from lending.months import beside_year_before

MONTHS_SHOWN = 12


def show_drawing(drawing: Drawing, *, key: str, badge: str = "") -> None:
    """A card with a chart. `badge` is Markdown put before the title."""
    with st.container(border=True, gap="xsmall"):
        show_title(drawing.title, drawing.table, badge=badge)
        show_figure(drawing, key=key)


def show_title(title: str, table: pd.DataFrame, *, badge: str = "") -> None:
    """A card's title, with its numbers as a table behind a small button."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False):
        st.markdown(f"##### {badge}{wording.plain(title)}")
        with st.popover("Numbers", type="tertiary", width="content"):
            st.dataframe(table, hide_index=True, height=min(35 * (len(table) + 1) + 3, 420))


def show_figure(drawing: Drawing, *, key: str) -> None:
    """A chart alone. Its colours are put in when it is mounted, so light and dark are two charts."""
    st.plotly_chart(
        drawing.figure, key=f"{key}_{st.context.theme.type}", config=CONFIG, alt=drawing.alt, height="content"
    )


def show_sales(months: pd.DataFrame, *, currency: str) -> None:
    """Net sales of the last year, the year before behind them."""
    frame = beside_year_before(months, months=MONTHS_SHOWN)
    if frame.empty:
        show_nothing("Net sales", "No sales are on record before this day.")
        return
    first, last = frame["month"].iloc[0].date(), frame["month"].iloc[-1].date()
    days = festivals(first, last)
    show_drawing(charts.monthly_sales_figure(frame, currency=currency, festivals=days), key="sales")


def show_refunds(months: pd.DataFrame, *, currency: str) -> None:
    """The refunded share of each month's sales."""
    frame = beside_year_before(months, months=MONTHS_SHOWN)
    if not frame["refunded_minor"].any():
        sold = "Nothing was refunded in the last twelve months." if frame["gross_minor"].any() else "Nothing was sold."
        show_nothing("No refunds", sold)
        return
    show_drawing(charts.refunds_figure(frame, currency=currency), key="refunds")


def show_buyers(buyers: pd.DataFrame, *, currency: str) -> None:
    """The ten largest buyers."""
    if buyers.empty:
        show_nothing("Buyers", "The source gives daily totals, or names no buyers: concentration can't be told.")
        return
    show_drawing(charts.buyers_figure(largest_buyers(buyers), currency=currency), key="buyers")


def show_wallet(balances: pd.DataFrame, *, currency: str) -> None:
    """Balances of wallet and fund over the year."""
    if balances.empty:
        show_nothing("Wallet and fund", "No balances are on record. Import wallet_entries.csv to see them.")
        return
    show_drawing(charts.wallet_figure(balances, currency=currency), key="wallet")


def show_nothing(title: str, why: str) -> None:
    """A card that says why there is no chart."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"##### {title}")
        st.caption(why)
