"""Cards that Review and the dossier share: a finding as title, its chart, and its numbers one click away."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import Literal, Protocol

import pandas as pd
import streamlit as st

from components import charts, findings, shop_charts, wording
from components.figure import CONFIG, Drawing
from lending.concentration import Concentration
from lending.festivals import festivals
from lending.peers import Peers
from lending.signs import LEAST_CASES, Sign
from lending.week import Week


class Record(Protocol):
    """What of a shop's record is drawn; see db.record.ShopRecord."""

    as_of: date
    year: pd.DataFrame
    peers: Peers | None
    signs: tuple[Sign, ...]
    ratings: pd.DataFrame
    deliveries: pd.DataFrame
    buyers: pd.DataFrame
    concentration: Concentration
    balances: pd.DataFrame
    moved_minor: Mapping[str, int]
    week: Week


MOVED = {
    "sale": "sales", "refund": "given back", "purchase": "purchases", "fee": "fees",
    "transfer": "transfers and payouts", "fund_in": "into the fund", "fund_out": "out of the fund",
    "loan_in": "loans paid out", "loan_repayment": "instalments", "other": "other",
}  # fmt: skip
"""Kinds of entries of the wallet, within a sentence."""
WEEK_CAPTION = "Orders of twelve months by the shop's own clock. The stronger the colour, the more orders."


Height = Literal["content", "stretch"]


def show_drawing(
    drawing: Drawing,
    *,
    key: str,
    badge: str = "",
    about: str | None = None,
    caption: str = "",
    height: Height = "content",
) -> Drawing:
    """A card with a chart; returns it for `show_numbers`.

    Args:
        drawing: what to draw.
        key: of the chart on its page.
        badge: Markdown put before the title.
        about: what a question mark behind the title tells.
        caption: a sentence below the chart.
        height: "stretch" makes the card as high as the one beside it.
    """
    with st.container(border=True, gap="xsmall", height=height):
        st.markdown(f"##### {badge}{wording.plain(drawing.title)}", help=about)
        show_figure(drawing, key=key)
        if caption:
            st.caption(wording.plain(caption))
    return drawing


def show_nothing(title: str, why: str, *, height: Height = "content") -> None:
    """A card that says why there is no chart."""
    with st.container(border=True, gap="xsmall", height=height):
        st.markdown(f"##### {title}")
        st.caption(why)


# Cards that stand in pairs are as high as one another.
_drawing_beside = partial(show_drawing, height="stretch")
_nothing_beside = partial(show_nothing, height="stretch")


def show_figure(drawing: Drawing, *, key: str) -> None:
    """A chart alone. Its colours are put in when it is mounted, so light and dark are two charts."""
    st.plotly_chart(
        drawing.figure, key=f"{key}_{st.context.theme.type}", config=CONFIG, alt=drawing.alt, height="content"
    )


@st.dialog("Numbers behind the charts", width="large", position="right")
def show_numbers(drawings: Sequence[Drawing | None]) -> None:
    """The tables behind the charts of a page, in their order, in a drawer."""
    for drawing in drawings:
        if drawing is not None:
            st.markdown(f"**{wording.plain(drawing.title)}**")
            show_table(drawing)


def show_table(drawing: Drawing) -> None:
    """The numbers of one chart."""
    table = drawing.table
    numbers = {str(name): st.column_config.NumberColumn(format="localized") for name in table.select_dtypes("number")}
    st.dataframe(table, hide_index=True, height=min(35 * (len(table) + 1) + 3, 420), column_config=numbers)


def show_sales(year: pd.DataFrame, *, currency: str, peers: Peers | None = None) -> Drawing | None:
    """Net sales of the last two years, with the year before and the peers behind them.

    Args:
        year: of lending.months.beside_year_before.
        currency: of the sales.
        peers: of lending.peers.find_peers, over the same months.
    """
    whole = year[year["complete"]]
    if year.empty:
        show_nothing("Net sales", "No sales are on record before this day.")
    elif whole.empty:
        sold = wording.plain(wording.money(int(year["net_minor"].sum()), currency))
        orders = wording.count(int(year["orders"].sum()), "order")
        show_nothing("Net sales", f"No full month is on record yet. So far {sold} came from {orders}.")
    elif not whole["gross_minor"].any() and not whole["net_minor"].any():
        nothing = f"Nothing was sold in {wording.count(len(whole), 'full month')}."
        show_nothing("Net sales", f"{nothing}{_sold_in_part(year, currency)}")
    else:
        days = festivals(whole["month"].iloc[0].date(), whole["month"].iloc[-1].date() + timedelta(days=30))
        return show_drawing(
            charts.monthly_sales_figure(year, currency=currency, festivals=days, peers=peers), key="sales"
        )
    return None


def show_signs(shop: Record, *, currency: str, height: Height = "content") -> Drawing:
    """The vital signs: refunds, rating, late deliveries and wallet, each with its change on the year and its line."""
    drawing = shop_charts.signs_figure(shop.signs, currency=currency)
    with st.container(border=True, gap="xsmall", height=height):
        close = wording.day(shop.as_of - timedelta(days=1))
        st.markdown(
            f"##### {wording.plain(drawing.title)}",
            help="Refunds, rating and late deliveries of the last twelve full months against the twelve before: share "
            "of sales refunded, mean rating by buyers, share of promised deliveries that came late. "
            f"Wallet and fund together at the close of {close}, against a year earlier. "
            f"A share or mean of fewer than {LEAST_CASES} cases is not shown.",
        )
        with st.grid(len(shop.signs), wrap=False, min_column_width=68, gap="small"):
            for sign in shop.signs:
                _show_sign(sign, currency)
        show_figure(drawing, key="signs")
    return drawing


def _show_sign(sign: Sign, currency: str) -> None:
    way, changed = findings.direction(sign), findings.sign_change(sign, currency)
    st.metric(
        shop_charts.SIGN_LABELS[sign.name],
        wording.plain(findings.sign_value(sign, currency)),
        wording.for_metric(changed),
        delta_color="off" if way == 0 else "inverse" if sign.name in findings.LOWER_IS_BETTER else "normal",
        delta_arrow="auto" if any(digit in changed for digit in "123456789") and sign.change is not None else "off",
    )


def show_peers(peers: Peers | None, *, currency: str) -> None:
    """Where the shop stands among its peers, as a small table."""
    if peers is None:
        _nothing_beside("No peers to compare with", findings.peers_sentence(None))
        return
    with st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"##### {wording.plain(findings.peers_title(peers))}", help=findings.peers_sentence(peers))
        st.dataframe(
            findings.peers_rows(peers, currency),
            hide_index=True,
            column_config={
                name: st.column_config.TextColumn(alignment="right", width=width)
                for name, width in (("This shop", 78), ("Peers' median", 98), ("Peers", 52))
            },
        )


def _sold_in_part(year: pd.DataFrame, currency: str) -> str:
    """What the months brought that are on record in part, as a further sentence; nothing where they brought nothing."""
    part = year[~year["complete"]]
    if not part["gross_minor"].any():
        return ""
    sold = wording.plain(wording.money(int(part["net_minor"].sum()), currency))
    return f" Months on record in part brought {sold} from {wording.count(int(part['orders'].sum()), 'order')}."


def show_refunds(year: pd.DataFrame, *, currency: str) -> Drawing | None:
    """The refunded share of each month's sales; `year` is of lending.months.beside_year_before."""
    if not year["refunded_minor"].any():
        sold = "Nothing was refunded in the last twelve months." if year["gross_minor"].any() else "Nothing was sold."
        _nothing_beside("No refunds", sold)
        return None
    if year["refund_share"].where(year["complete"]).isna().all():
        paid = wording.plain(wording.money(int(year["refunded_minor"].sum()), currency))
        _nothing_beside("Refunds", f"{paid} was refunded, but no full month has sales to hold it against.")
        return None
    return _drawing_beside(charts.refunds_figure(year, currency=currency), key="refunds")


def show_ratings(ratings: pd.DataFrame) -> Drawing | None:
    """What buyers gave the shop, by month; `ratings` is of lending.service.monthly_ratings."""
    if not ratings["reviews"].any():
        _nothing_beside("Ratings and reviews", "The orders of two years carry no ratings.")
        return None
    return _drawing_beside(shop_charts.ratings_figure(ratings), key="ratings")


def show_deliveries(deliveries: pd.DataFrame) -> Drawing | None:
    """What came late and what was cancelled, by month; `deliveries` is of lending.service.monthly_deliveries."""
    enough = (deliveries["promised"] >= shop_charts.FEW) | (
        (deliveries["placed"] >= shop_charts.FEW) & deliveries["cancelled_share"].notna()
    )
    if not enough.any():
        few = (
            f"No month has {shop_charts.FEW} orders, or deliveries with a promised day: their shares would tell little."
        )
        _nothing_beside("Late and cancelled orders", few)
        return None
    return _drawing_beside(shop_charts.deliveries_figure(deliveries), key="deliveries")


def show_buyers(buyers: pd.DataFrame, *, currency: str, found: Concentration | None = None) -> Drawing | None:
    """How sales spread over the buyers: the curve of all, or the largest where they are few.

    Args:
        buyers: of lending.concentration.largest_buyers.
        currency: of the sales.
        found: of lending.concentration.concentration; without it the largest are shown.
    """
    if buyers.empty:
        _nothing_beside(
            "Buyers", "The sales of the last twelve full months name no buyers: concentration can't be told."
        )
        return None
    if found is None or found.buyers < LEAST_CASES:
        return _drawing_beside(charts.buyers_figure(buyers, currency=currency), key="buyers")
    drawing = shop_charts.concentration_figure(found, buyers, currency=currency)
    return _drawing_beside(drawing, key="buyers", caption=findings.concentration_sentence(found))


def show_week(week: Week) -> Drawing | None:
    """When orders come; `week` is of lending.week.week_of."""
    if not week.orders:
        _nothing_beside("Orders by weekday and hour", "No single orders of the last twelve months are on record.")
    elif not week.has_hours:
        _nothing_beside("Orders by weekday and hour", "All orders stand at one hour, as where days alone are known.")
    else:
        return _drawing_beside(shop_charts.week_figure(week), key="week", caption=WEEK_CAPTION)
    return None


def show_wallet(balances: pd.DataFrame, moved_minor: Mapping[str, int], *, currency: str) -> Drawing | None:
    """Balances of wallet and fund over the year; where none is named, what moved in it."""
    if balances.empty and moved_minor:
        told = wording.listed(
            [f"{MOVED[kind]} {wording.money(minor, currency)}" for kind, minor in moved_minor.items()]
        )
        sentence = f"{told[0].upper()}{told[1:]}. No entry names a balance."
        _nothing_beside("What moved in the wallet in twelve months", wording.plain(sentence))
        return None
    if balances.empty:
        _nothing_beside("Wallet and fund", "No balances are on record. Import wallet_entries.csv to see them.")
        return None
    return _drawing_beside(charts.wallet_figure(balances, currency=currency), key="wallet")


def show_more(shop: Record, *, currency: str) -> list[Drawing | None]:
    """The further charts of a shop's record, two beside each other; returns what was drawn."""
    pairs: tuple[tuple[Callable[[], Drawing | None], Callable[[], Drawing | None]], ...] = (
        (lambda: show_refunds(shop.year, currency=currency), lambda: show_ratings(shop.ratings)),
        (
            lambda: show_deliveries(shop.deliveries),
            lambda: show_wallet(shop.balances, shop.moved_minor, currency=currency),
        ),
        (lambda: show_buyers(shop.buyers, currency=currency, found=shop.concentration), lambda: show_week(shop.week)),
    )
    drawn = []
    for pair in pairs:
        for column, show in zip(st.columns(2, gap="small"), pair, strict=True):
            with column:
                drawn.append(show())
    return drawn
