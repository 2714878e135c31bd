"""A shop's record as figures: sales, refunds, buyers and balances.

Frames become figures. Nothing is grouped or added up here, so the number drawn is the number scored.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components import findings, wording
from components.figure import (
    COMPARISON,
    GRID,
    HALF,
    MUTED_TEXT,
    SUBJECT,
    Drawing,
    Label,
    Sheet,
    add_labels,
    hover_amount,
    mid_month,
    money_scale,
    months_said,
    set_month_axis,
    set_value_axis,
    share_scale,
    write_beside,
)
from lending.festivals import Festival
from lending.peers import Peers


def monthly_sales_figure(
    frame: pd.DataFrame, *, currency: str, festivals: Sequence[Festival] = (), peers: Peers | None = None
) -> Drawing:
    """Net sales by month, the year before and the middle half of the peers behind them.

    Args:
        frame: rows of lending.months.beside_year_before, one of them complete at least; the month under way is told in
            the numbers and not drawn.
        currency: of the sales.
        festivals: days to mark.
        peers: its band has the same months; see lending.peers.find_peers.
    """
    unit = wording.minor_units(currency)
    drawn = frame.loc[: frame.index[frame["complete"]].max()]
    x = _mid_months(drawn["month"])
    net = _complete(drawn, "net_minor") / unit
    before = drawn["year_before_minor"].to_numpy(dtype="float64") / unit
    band = None if peers is None else peers.band.head(len(drawn))
    tops = [] if band is None else [band["high_minor"].to_numpy() / unit]
    scale = money_scale(np.concatenate([net, before, *tops]), currency)
    amount = hover_amount(scale, currency)
    sheet = Sheet(206, right=96, top=24, bottom=36)
    labels = [Label("this shop", _last(net), SUBJECT, strong=True)]
    if band is not None:
        _add_band(sheet, x, band[["low_minor", "high_minor"]].to_numpy() / unit, amount)
    # Over the band the grey of comparisons would be too faint.
    _add_line(sheet, x, before, MUTED_TEXT, 1.5, f"{amount} a year before", dash="dot")
    _add_line(sheet, x, net, SUBJECT, 2.4, f"{amount} this shop")
    if not np.isnan(before).all():
        labels.append(Label("a year before", _last(before)))
    if band is not None:
        labels.append(Label("peers'<br>middle half", _last(band["middle_minor"].to_numpy()) / unit))
    set_value_axis(sheet, scale)
    set_month_axis(sheet, drawn["month"])
    # On a phone the words of two years would meet.
    latest = {festival.name: festival.day for festival in festivals}
    for festival in festivals:
        mark_festival(sheet, festival, named=festival.day == latest[festival.name])
    add_labels(sheet, labels, scale)
    title = findings.sales_title(frame, band=band)
    alt = f"{title}. Net sales by month: {months_said(drawn[drawn['complete']], 'net_minor', currency)}."
    columns = {
        "Month": [wording.month(month) for month in frame["month"]],
        f"Net sales, {currency}": frame["net_minor"] / unit,
        f"A year before, {currency}": frame["year_before_minor"] / unit,
        **({} if peers is None else _peers_columns(peers, currency)),
        "Orders": frame["orders"],
        "Full month": frame["complete"],
    }
    return Drawing(sheet.figure(), title, f"{alt} {findings.peers_sentence(peers)}", columns)


def refunds_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The share of each month's gross sales that was refunded in it.

    Args:
        frame: rows of lending.months.beside_year_before.
        currency: of the sales.
    """
    unit = wording.minor_units(currency)
    shares = _complete(frame, "refund_share")
    scale = share_scale(shares, least_top=0.03)
    sheet = Sheet(176, right=96, bottom=36)
    sheet.add_bars(
        x=_mid_months(frame["month"]),
        y=shares,
        marker={"color": _last_in_colour(shares)},
        hovertemplate="%{y:.1%} refunded<extra></extra>",
    )
    sheet.set_layout(bargap=0.34)
    set_value_axis(sheet, scale)
    set_month_axis(sheet, frame["month"])
    sheet.set_across(range=_padded_months(frame["month"]))
    known = shares[~np.isnan(shares)]
    if known.size:
        add_labels(sheet, [Label(f"{wording.share(known[-1])}<br>last month", known[-1], SUBJECT, strong=True)], scale)
    title = findings.refunds_title(frame)
    said = ", ".join(
        f"{wording.month(month)} {wording.share(value)}"
        for month, value in zip(frame["month"], shares, strict=True)
        if not np.isnan(value)
    )
    columns = {
        "Month": [wording.month(month) for month in frame["month"]],
        f"Gross sales, {currency}": frame["gross_minor"] / unit,
        f"Refunded, {currency}": frame["refunded_minor"] / unit,
        "Share refunded, %": (frame["refund_share"] * 100).round(2),
    }
    return Drawing(
        sheet.figure(), title, f"{title}. Share of sales refunded by month: {said or 'none on record'}.", columns
    )


def buyers_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The largest buyers, each with its share of sales.

    Args:
        frame: a row per buyer, the largest first, at most ten: buyer_ref, orders (int), gross_minor (int), share (of
            all sales of the same time, 0-1).
        currency: of the sales.
    """
    shares = frame["share"].to_numpy(dtype="float64")
    ranks = np.arange(1, len(frame) + 1)
    scale = share_scale(shares, least_top=0.05)
    texts = [
        f"<b>{wording.share(each)}</b>  {wording.money_short(minor, currency)}"
        for each, minor in zip(shares, frame["gross_minor"], strict=True)
    ]
    sheet = Sheet(206, right=96, bottom=6)
    sheet.add_bars(
        x=shares,
        y=ranks,
        orientation="h",
        marker={"color": SUBJECT},
        customdata=np.array([wording.figure_text(ref, 24) for ref in frame["buyer_ref"]]),
        hovertemplate="%{customdata}: %{x:.1%} of sales<extra></extra>",
    )
    sheet.set_layout(bargap=0.34, hovermode="closest")
    sheet.set_across(range=[0, scale.high], showticklabels=False)
    sheet.set_upwards(
        range=[len(frame) + 0.5, 0.5],
        tickvals=ranks,
        ticktext=["Largest" if rank == 1 else f"{rank}." for rank in ranks],
        showgrid=False,
    )
    for rank, text in zip(ranks, texts, strict=True):
        write_beside(sheet, text, y=int(rank), xshift=7)
    title = findings.buyers_title(frame)
    said = ", ".join(wording.share(each) for each in shares)
    alt = f"{title}. Shares of the largest buyers: {said or 'none on record'}."
    return Drawing(sheet.figure(), title, alt, buyers_columns(frame, currency))


def buyers_columns(frame: pd.DataFrame, currency: str) -> dict[str, pd.Series]:
    """The numbers of the largest buyers; `frame` is of lending.concentration.largest_buyers."""
    return {
        "Buyer": frame["buyer_ref"],
        "Orders": frame["orders"],
        f"Sales, {currency}": frame["gross_minor"] / wording.minor_units(currency),
        "Share of sales, %": (frame["share"] * 100).round(2),
    }


def wallet_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The closing balance of wallet and fund, day by day.

    Args:
        frame: rows of lending.balances.daily_balances; not empty.
        currency: of the balances.
    """
    unit = wording.minor_units(currency)
    known = frame[["wallet_minor", "fund_minor"]].notna().any(axis=1)
    frame = frame.loc[known.idxmax() :]
    wallet = frame["wallet_minor"].to_numpy(dtype="float64") / unit
    fund = frame["fund_minor"].to_numpy(dtype="float64") / unit
    scale = money_scale(np.concatenate([wallet, fund]), currency)
    amount = hover_amount(scale, currency)
    sheet = Sheet(176, right=96, bottom=36)
    x = frame["day"].to_numpy()
    labels = []
    if not np.isnan(fund).all():
        _add_line(sheet, x, fund, COMPARISON, 1.5, f"{amount} fund", shape="hv")
        labels.append(Label("fund", _last(fund)))
    if not np.isnan(wallet).all():
        _add_line(sheet, x, wallet, SUBJECT, 1.8, f"{amount} wallet", shape="hv")
        labels.append(Label("wallet", _last(wallet), SUBJECT, strong=True))
    set_value_axis(sheet, scale)
    firsts = frame.loc[frame["day"].dt.day == 1, "day"]
    set_month_axis(sheet, firsts if len(firsts) else frame["day"].head(1))
    sheet.set_across(
        range=[f"{frame['day'].iloc[0]:%Y-%m-%d}", f"{frame['day'].iloc[-1]:%Y-%m-%d}"], hoverformat="%-d %b %Y"
    )
    add_labels(sheet, labels, scale)
    title = findings.wallet_title(frame, currency)
    columns = {"Day": frame["day"].dt.date, f"Wallet, {currency}": wallet, f"Fund, {currency}": fund}
    alt = (
        f"{title}. Closing balances from {wording.day(frame['day'].iloc[0])} to {wording.day(frame['day'].iloc[-1])}: "
        f"wallet {_span_said(frame['wallet_minor'], currency)}; fund {_span_said(frame['fund_minor'], currency)}."
    )
    return Drawing(sheet.figure(), title, alt, columns)


def _add_line(
    sheet: Sheet, x: np.ndarray, y: np.ndarray, colour: str, width: float, said: str, *,
    dash: str = "solid", shape: str = "linear",
) -> None:  # fmt: skip
    # A month between two that are missing has no line to its neighbours: it needs a point to be seen.
    known = ~np.isnan(y)
    alone = known & ~np.append(known[1:], values=False) & ~np.append(False, known[:-1])
    sheet.add_marks(
        x=x, y=y, mode="lines+markers" if alone.any() else "lines",
        line={"color": colour, "width": width, "dash": dash, "shape": shape},
        marker={"color": colour, "size": np.where(alone, 6, 0)}, hovertemplate=f"{said}<extra></extra>",
    )  # fmt: skip


def _add_band(sheet: Sheet, x: np.ndarray, edges: np.ndarray, amount: str) -> None:
    """A band from the first column of the edges up to the second; months without it stand before those with it."""
    known = ~np.isnan(edges).any(axis=1)
    low, high = edges[known, 0], edges[known, 1]
    none = {"width": 0, "color": GRID}
    sheet.add_marks(x=x[known], y=low, mode="lines", line=none, hoverinfo="skip")
    sheet.add_marks(
        x=x[known], y=high, mode="lines", line=none, fill="tonexty", fillcolor=GRID, customdata=low,
        hovertemplate=f"{amount.replace('{y', '{customdata')} to {amount} middle half of its peers<extra></extra>",
    )  # fmt: skip


def _peers_columns(peers: Peers, currency: str) -> dict[str, pd.Series]:
    unit = wording.minor_units(currency)
    return {
        f"Peers' lower quartile, {currency}": (peers.band["low_minor"] / unit).round(2),
        f"Peers' upper quartile, {currency}": (peers.band["high_minor"] / unit).round(2),
        "Peers": peers.band["peers"],
    }


def mark_festival(sheet: Sheet, festival: Festival, *, named: bool) -> None:
    """A dotted line on the day, with its word above the plot where it is to be named."""
    day = festival.day.isoformat()
    sheet.add_line(x0=day, x1=day, y0=0, y1=1, yref="paper", layer="below",
        line={"color": COMPARISON, "width": 1, "dash": "dot"},
    )  # fmt: skip
    if not named:
        return
    before = festival.name == "11.11"
    lean = {"xanchor": "right", "xshift": 3} if before else {"xanchor": "left", "xshift": -3}
    sheet.write(festival.name, x=day, y=1, yref="paper", yanchor="bottom", **lean)


def _mid_months(months: pd.Series) -> np.ndarray:
    return np.array([mid_month(month) for month in months], dtype="datetime64[D]")


def _padded_months(months: pd.Series) -> list[str]:
    first, last = mid_month(months.iloc[0]), mid_month(months.iloc[-1])
    return [f"{first - pd.Timedelta(days=18):%Y-%m-%d}", f"{last + pd.Timedelta(days=18):%Y-%m-%d}"]


def _complete(frame: pd.DataFrame, column: str) -> np.ndarray:
    return frame[column].where(frame["complete"]).to_numpy(dtype="float64")


def _last(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known[-1]) if known.size else 0.0


def _last_in_colour(values: np.ndarray) -> np.ndarray:
    known = np.flatnonzero(~np.isnan(values))
    colours = np.full(len(values), COMPARISON + HALF, dtype=object)
    if known.size:
        colours[known[-1]] = SUBJECT
    return colours


def _span_said(values: pd.Series, currency: str) -> str:
    known = values.dropna()
    if known.empty:
        return "not on record"
    least, most = (wording.money_short(each, currency) for each in (known.min(), known.max()))
    return f"{least} to {most}, at the end {wording.money_short(known.iloc[-1], currency)}"
