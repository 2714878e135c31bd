"""Frames become figures. Nothing is grouped or added up here, so the number drawn is the number scored."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components import sentences, wording
from components.figure import (
    BAD,
    COMPARISON,
    FAINT,
    GOOD,
    HALF,
    LABEL_SIZE,
    MUTED_TEXT,
    PAGE,
    SEQUENTIAL,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Label,
    add_labels,
    mid_month,
    money_scale,
    new_figure,
    set_month_axis,
    set_value_axis,
    share_scale,
)
from lending.festivals import Festival
from lending.pricing import Price


def monthly_sales_figure(frame: pd.DataFrame, *, currency: str, festivals: Sequence[Festival] = ()) -> Drawing:
    """Net sales by month, the year before behind them.

    Args:
        frame: rows of lending.months.beside_year_before; a month that is not complete is left out of the line.
        currency: of the sales.
        festivals: days to mark.
    """
    unit = wording.minor_units(currency)
    x = _mid_months(frame["month"])
    net = _complete(frame, "net_minor") / unit
    before = frame["year_before_minor"].to_numpy(dtype="float64") / unit
    scale = money_scale(np.concatenate([net, before]), currency)
    figure = new_figure(206, right=96, top=24, bottom=36)
    _add_line(figure, x, before, COMPARISON, 1.5, "a year before", currency, dash="dot")
    _add_line(figure, x, net, SUBJECT, 2.4, "this shop", currency)
    set_value_axis(figure, scale)
    set_month_axis(figure, frame["month"])
    for festival in festivals:
        _mark_festival(figure, festival)
    labels = [Label("this shop", _last(net), SUBJECT, strong=True)]
    if not np.isnan(before).all():
        labels.append(Label("a year before", _last(before)))
    add_labels(figure, labels, scale)
    whole = frame[frame["complete"]]
    alt = f"{sentences.sales_title(frame)}. Net sales by month: {_months_said(whole, 'net_minor', currency)}."
    table = pd.DataFrame(
        {
            "Month": [wording.month(month) for month in frame["month"]],
            f"Net sales, {currency}": frame["net_minor"] / unit,
            f"A year before, {currency}": frame["year_before_minor"] / unit,
            "Orders": frame["orders"],
            "Full month": frame["complete"],
        }
    )
    return Drawing(figure, sentences.sales_title(frame), alt, table)


def refunds_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The share of each month's gross sales that was refunded in it.

    Args:
        frame: rows of lending.months.beside_year_before.
        currency: of the sales.
    """
    unit = wording.minor_units(currency)
    shares = _complete(frame, "refund_share")
    scale = share_scale(shares, least_top=0.03)
    figure = new_figure(132, right=96, bottom=36)
    figure.add_bar(
        x=_mid_months(frame["month"]),
        y=shares,
        marker={"color": _last_in_colour(shares)},
        hovertemplate="%{y:.1%} refunded<extra></extra>",
    )
    figure.update_layout(bargap=0.34)
    set_value_axis(figure, scale)
    set_month_axis(figure, frame["month"])
    figure.update_xaxes(range=_padded_months(frame["month"]))
    known = shares[~np.isnan(shares)]
    if known.size:
        add_labels(figure, [Label(f"{wording.share(known[-1])}<br>last month", known[-1], SUBJECT, strong=True)], scale)
    title = sentences.refunds_title(frame)
    said = ", ".join(
        f"{wording.month(month)} {wording.share(value)}"
        for month, value in zip(frame["month"], shares, strict=True)
        if not np.isnan(value)
    )
    table = pd.DataFrame(
        {
            "Month": [wording.month(month) for month in frame["month"]],
            f"Gross sales, {currency}": frame["gross_minor"] / unit,
            f"Refunded, {currency}": frame["refunded_minor"] / unit,
            "Share refunded, %": (frame["refund_share"] * 100).round(2),
        }
    )
    return Drawing(figure, title, f"{title}. Share of sales refunded by month: {said or 'none on record'}.", table)


def buyers_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The largest buyers, each with its share of sales.

    Args:
        frame: a row per buyer, the largest first, at most ten: buyer_ref, orders (int), gross_minor (int), share (of
            all sales of the same time, 0-1).
        currency: of the sales.
    """
    unit = wording.minor_units(currency)
    shares = frame["share"].to_numpy(dtype="float64")
    ranks = np.arange(1, len(frame) + 1)
    scale = share_scale(shares, least_top=0.05)
    texts = [
        f"<b>{wording.share(each)}</b>  {wording.money_short(minor, currency)}"
        for each, minor in zip(shares, frame["gross_minor"], strict=True)
    ]
    figure = new_figure(206, right=96, bottom=6)
    figure.add_bar(
        x=shares,
        y=ranks,
        orientation="h",
        marker={"color": SUBJECT},
        customdata=np.array([wording.figure_text(ref, 24) for ref in frame["buyer_ref"]]),
        hovertemplate="%{customdata}: %{x:.1%} of sales<extra></extra>",
    )
    figure.update_layout(bargap=0.34, hovermode="closest")
    figure.update_xaxes(range=[0, scale.high], showticklabels=False)
    figure.update_yaxes(
        range=[len(frame) + 0.5, 0.5],
        tickvals=ranks,
        ticktext=["Largest" if rank == 1 else f"{rank}." for rank in ranks],
        ticksuffix=" ",
        showgrid=False,
    )
    for rank, text in zip(ranks, texts, strict=True):
        _write(figure, text, x=1, y=int(rank), xshift=7)
    title = sentences.buyers_title(frame)
    said = ", ".join(wording.share(each) for each in shares)
    table = pd.DataFrame(
        {
            "Buyer": frame["buyer_ref"],
            "Orders": frame["orders"],
            f"Sales, {currency}": frame["gross_minor"] / unit,
            "Share of sales, %": (frame["share"] * 100).round(2),
        }
    )
    return Drawing(figure, title, f"{title}. Shares of the largest buyers: {said or 'none on record'}.", table)


def wallet_figure(frame: pd.DataFrame, *, currency: str) -> Drawing:
    """The closing balance of wallet and fund, day by day.

    Args:
        frame: rows of lending.balances.daily_balances; not empty.
        currency: of the balances.
    """
    unit = wording.minor_units(currency)
    wallet = frame["wallet_minor"].to_numpy(dtype="float64") / unit
    fund = frame["fund_minor"].to_numpy(dtype="float64") / unit
    scale = money_scale(np.concatenate([wallet, fund]), currency)
    figure = new_figure(160, right=96, bottom=36)
    x = frame["day"].to_numpy()
    labels = []
    if not np.isnan(fund).all():
        _add_line(figure, x, fund, COMPARISON, 1.5, "fund", currency, shape="hv")
        labels.append(Label("fund", _last(fund)))
    if not np.isnan(wallet).all():
        _add_line(figure, x, wallet, SUBJECT, 1.8, "wallet", currency, shape="hv")
        labels.append(Label("wallet", _last(wallet), SUBJECT, strong=True))
    set_value_axis(figure, scale)
    firsts = frame.loc[frame["day"].dt.day == 1, "day"]
    set_month_axis(figure, firsts if len(firsts) else frame["day"].head(1))
    figure.update_xaxes(
        range=[f"{frame['day'].iloc[0]:%Y-%m-%d}", f"{frame['day'].iloc[-1]:%Y-%m-%d}"], hoverformat="%-d %b %Y"
    )
    add_labels(figure, labels, scale)
    title = sentences.wallet_title(frame, currency)
    table = pd.DataFrame({"Day": frame["day"].dt.date, f"Wallet, {currency}": wallet, f"Fund, {currency}": fund})
    alt = (
        f"{title}. Closing balances from {wording.day(frame['day'].iloc[0])} to {wording.day(frame['day'].iloc[-1])}: "
        f"wallet {_span_said(frame['wallet_minor'], currency)}; fund {_span_said(frame['fund_minor'], currency)}."
    )
    return Drawing(figure, title, alt, table)


def points_figure(frame: pd.DataFrame) -> Drawing:
    """What lowers and what lifts the score, in points against a usual shop.

    Args:
        frame: rows of sentences.reason_rows.
    """
    gaps = frame["gap"].to_numpy(dtype="int64")
    places = np.arange(len(frame))
    lowest, highest = int(gaps.min(initial=0)), int(gaps.max(initial=0))
    air = max(highest - lowest, 10) * 0.24
    figure = new_figure(30 + 27 * max(len(frame), 1), right=118, top=24, bottom=4)
    figure.add_bar(
        x=gaps,
        y=places,
        orientation="h",
        marker={"color": np.where(gaps < 0, BAD, GOOD)},
        text=[wording.points(gap) for gap in gaps],
        textposition="outside",
        textfont={"size": TICK_SIZE, "color": TEXT},
        constraintext="none",
        cliponaxis=False,
        customdata=frame["factor"].to_numpy(dtype=object),
        hovertemplate="%{customdata}: %{text} points<extra></extra>",
    )
    figure.update_layout(bargap=0.4, hovermode="closest")
    figure.update_xaxes(
        range=[lowest - (air if lowest < 0 else 1), highest + (air if highest > 0 else 1)],
        showticklabels=False, zeroline=True, zerolinecolor=COMPARISON, zerolinewidth=1,
    )  # fmt: skip
    figure.update_yaxes(
        range=[len(frame) - 0.5, -0.5], tickvals=places, ticktext=list(frame["factor"]), showgrid=False,
        tickfont={"size": LABEL_SIZE, "color": TEXT}, ticksuffix=" ",
    )  # fmt: skip
    figure.add_annotation(
        x=0, xref="x", y=1, yref="paper", yanchor="bottom", text="points", showarrow=False,
        font={"size": TICK_SIZE, "color": MUTED_TEXT},
    )  # fmt: skip
    _write(figure, "<b>shop</b>, usual", x=1, y=1, xshift=12, yref="paper", yanchor="bottom")
    for place, shop, usual in zip(places, frame["shop"], frame["usual"], strict=True):
        _write(figure, f"<b>{shop}</b>  {usual}", x=1, y=int(place), xshift=12)
    title = sentences.points_title(frame)
    said = "; ".join(
        f"{factor} {wording.points(gap)} points, {shop} against {usual}"
        for factor, gap, shop, usual in zip(frame["factor"], gaps, frame["shop"], frame["usual"], strict=True)
    )
    table = frame.rename(columns={"factor": "Factor", "gap": "Points", "shop": "This shop", "usual": "Usual"})
    return Drawing(figure, title, f"{title}. {said or 'No factor stands out'}.", table)


def map_figure(
    frame: pd.DataFrame, *, soundness_points: int, reputation_points: int, grade_edges: Mapping[str, int], title: str
) -> Drawing:
    """This shop among all: financial soundness to the right, credit reputation upwards, grades as diagonals.

    Args:
        frame: a row per other shop, at most a few thousand: soundness_points, reputation_points (int), grade.
        soundness_points: of this shop.
        reputation_points: of this shop.
        grade_edges: the least points of each grade above the lowest.
        title: the finding; see sentences.score_title.
    """
    x = frame["soundness_points"].to_numpy(dtype="int64")
    y = frame["reputation_points"].to_numpy(dtype="int64")
    across = _reach(np.append(x, soundness_points))
    upwards = _reach(np.append(y, reputation_points))
    figure = new_figure(272, right=14, bottom=38)
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"size": 4.5, "color": COMPARISON + FAINT},
        customdata=frame["grade"].to_numpy(dtype=object),
        hovertemplate="grade %{customdata}: soundness %{x}, reputation %{y}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=np.array([soundness_points]), y=np.array([reputation_points]), mode="markers",
        marker={"size": 13, "color": SUBJECT, "line": {"color": PAGE, "width": 2}},
        hovertemplate="this shop: soundness %{x}, reputation %{y}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(range=list(across), title={"text": "Financial soundness, points →"}, tickvals=_fifties(across))
    figure.update_yaxes(
        range=list(upwards), title={"text": "Credit reputation, points →"}, tickvals=_fifties(upwards), showgrid=False
    )
    _draw_grades(figure, grade_edges, across, upwards)
    right_half = soundness_points > (across[0] + across[1]) / 2
    figure.add_annotation(
        x=soundness_points, y=reputation_points, text="<b>this shop</b>", showarrow=False, yshift=14,
        xanchor="right" if right_half else "left", font={"size": LABEL_SIZE, "color": SUBJECT},
        bgcolor=PAGE + "cc", borderpad=1,
    )  # fmt: skip
    alt = (
        f"{title}. This shop has {soundness_points} points for soundness and {reputation_points} for reputation, "
        f"among {wording.count(len(frame), 'other shop')}."
    )
    table = pd.DataFrame(
        {
            "Shop": ["this shop", *["another"] * len(frame)],
            "Soundness, points": np.concatenate([[soundness_points], x]),
            "Reputation, points": np.concatenate([[reputation_points], y]),
        }
    )
    return Drawing(figure, title, alt, table)


def rate_parts_figure(price: Price) -> Drawing:
    """A yearly rate in its parts: what funding, risk and work cost, and the margin."""
    parts = {"funding": price.funding_bps, "risk": price.risk_bps, "work": price.work_bps, "margin": price.margin_bps}
    drawn = {name: bps for name, bps in parts.items() if bps > 0}
    whole = max(sum(drawn.values()), 1)
    figure = new_figure(42, right=2, left=2, top=0, bottom=18)
    start = 0
    for name, bps in drawn.items():
        fill, ink = _PART_COLOURS[name]
        wide = bps / whole > 0.1
        figure.add_bar(
            x=np.array([bps]), y=np.array([0]), base=start, orientation="h",
            marker={"color": fill, "line": {"color": PAGE, "width": 1}},
            text=f"<b>{bps / 100:.1f}</b>" if wide else "", textposition="inside", insidetextanchor="middle",
            textangle=0, textfont={"size": TICK_SIZE, "color": ink}, constraintext="none",
            hovertemplate=f"{name} {wording.rate(bps)} a year<extra></extra>",
        )  # fmt: skip
        start += bps
    figure.update_layout(bargap=0, barmode="overlay", hovermode="closest")
    figure.update_xaxes(range=[0, whole], showticklabels=False)
    figure.update_yaxes(range=[-0.5, 0.5], showticklabels=False, showgrid=False)
    for name, middle in _part_middles(drawn, whole):
        text = name if drawn[name] / whole > 0.1 else f"{name} {drawn[name] / 100:.1f}"
        figure.add_annotation(
            x=middle, xref="paper", y=0, yref="paper", yanchor="top", text=text, showarrow=False,
            font={"size": TICK_SIZE, "color": MUTED_TEXT},
        )  # fmt: skip
    title = f"{wording.rate(price.rate_bps)} a year in parts"
    said = ", ".join(f"{name} {wording.rate(bps)}" for name, bps in parts.items())
    table = pd.DataFrame({"Part": list(parts), "Per year, %": [bps / 100 for bps in parts.values()]})
    return Drawing(figure, title, f"{title}: {said}.", table)


def offer_figure(
    frame: pd.DataFrame, *, instalment_minor: int, worst_month_minor: int | None, fall: float, currency: str
) -> Drawing:
    """The instalment against the cash of each month in which one falls due, and of the shop's worst 90 days.

    Args:
        frame: rows of lending.stress.coming_months.
        instalment_minor: all instalments of a month.
        worst_month_minor: a month's cash at the pace of the worst 90 days; None where the record is too short.
        fall: how far sales may fall; see lending.stress.bearable_fall.
        currency: of all of them.
    """
    unit = wording.minor_units(currency)
    cash = frame["cash_minor"].to_numpy(dtype="float64") / unit
    lines = [(instalment_minor / unit, TEXT, "solid", Label("instalment", instalment_minor / unit, TEXT, strong=True))]
    if worst_month_minor is not None:
        worst = worst_month_minor / unit
        lines.append((worst, BAD, "dash", Label("worst 90 days", worst, BAD)))
    scale = money_scale(np.append(cash, [value for value, *_ in lines]), currency, steps=2)
    figure = new_figure(112, right=92)
    months = [f"{month:%b}" for month in frame["month"]]
    figure.add_bar(
        x=np.arange(len(frame)),
        y=cash,
        marker={"color": SUBJECT + FAINT},
        customdata=np.array([wording.month(month) for month in frame["month"]]),
        hovertemplate="%{customdata}: %{y:,.0f} cash expected<extra></extra>",
    )
    figure.update_layout(bargap=0.34, hovermode="closest")
    figure.update_xaxes(range=[-0.6, len(frame) - 0.4], tickvals=np.arange(len(frame)), ticktext=months)
    for value, colour, dash, _ in lines:
        figure.add_shape(
            type="line", x0=-0.5, x1=len(frame) - 0.5, y0=value, y1=value,
            line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
        )  # fmt: skip
    set_value_axis(figure, scale)
    add_labels(figure, [Label("expected cash", float(cash[-1])), *(label for *_, label in lines)], scale)
    title = sentences.fall_title(fall, instalment_minor, currency)
    said = _months_said(frame, "cash_minor", currency)
    pace = (
        ""
        if worst_month_minor is None
        else f" At the pace of the worst 90 days {wording.money(worst_month_minor, currency)}."
    )
    alt = f"{title}. Cash expected by month: {said}; instalment {wording.money(instalment_minor, currency)}.{pace}"
    table = pd.DataFrame(
        {
            "Month": [wording.month(month) for month in frame["month"]],
            f"Net sales expected, {currency}": frame["net_minor"] / unit,
            f"Cash expected, {currency}": frame["cash_minor"] / unit,
            f"Instalment, {currency}": instalment_minor / unit,
            "As sold last year": frame["from_last_year"],
        }
    )
    return Drawing(figure, title, alt, table)


_PART_COLOURS = {
    "funding": (SEQUENTIAL[8], PAGE),
    "risk": (SEQUENTIAL[6], PAGE),
    "work": (SEQUENTIAL[3], TEXT),
    "margin": (SEQUENTIAL[1], TEXT),
}


def _part_middles(parts: Mapping[str, int], whole: int) -> list[tuple[str, float]]:
    """Where the names of the parts stand, as shares of the width: under their middles, but never on each other."""
    least = 0.2
    middles, start = [], 0
    for bps in parts.values():
        middles.append((start + bps / 2) / whole)
        start += bps
    for index in range(1, len(middles)):
        middles[index] = max(middles[index], middles[index - 1] + least)
    ceiling = 1 - least / 2
    for index in reversed(range(len(middles))):
        middles[index] = min(middles[index], ceiling)
        ceiling = middles[index] - least
    return list(zip(parts, middles, strict=True))


def _add_line(
    figure: go.Figure,
    x: np.ndarray,
    y: np.ndarray,
    colour: str,
    width: float,
    name: str,
    currency: str,
    *,
    dash: str = "solid",
    shape: str = "linear",
) -> None:
    sign = wording.figure_text(wording.sign_of(currency))
    figure.add_scatter(
        x=x, y=y, mode="lines", line={"color": colour, "width": width, "dash": dash, "shape": shape},
        hovertemplate=f"{sign}%{{y:,.0f}} {name}<extra></extra>",
    )  # fmt: skip


def _mark_festival(figure: go.Figure, festival: Festival) -> None:
    day = festival.day.isoformat()
    figure.add_shape(
        type="line", x0=day, x1=day, y0=0, y1=1, yref="paper", layer="below",
        line={"color": COMPARISON, "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_annotation(
        x=day, y=1, yref="paper", yanchor="bottom", text=festival.name, showarrow=False,
        xanchor="right" if festival.name == "11.11" else "left", xshift=3 if festival.name == "11.11" else -3,
        font={"size": TICK_SIZE, "color": MUTED_TEXT},
    )  # fmt: skip


def _write(
    figure: go.Figure, text: str, *, x: float, y: float, xshift: int, yref: str = "y", yanchor: str = "middle"
) -> None:
    figure.add_annotation(
        x=x, xref="paper", xanchor="left", xshift=xshift, y=y, yref=yref, yanchor=yanchor, text=text, align="left",
        showarrow=False, font={"size": TICK_SIZE, "color": MUTED_TEXT},
    )  # fmt: skip


def _draw_grades(
    figure: go.Figure, edges: Mapping[str, int], across: tuple[int, int], upwards: tuple[int, int]
) -> None:
    """Diagonals of equal points, with each grade's letter where its band meets the right or lower edge."""
    ordered = sorted(edges.items(), key=lambda edge: edge[1])
    for _, edge in ordered:
        figure.add_shape(
            type="line", x0=across[0], x1=across[1], y0=edge - across[0], y1=edge - across[1], layer="below",
            line={"color": COMPARISON + HALF, "width": 1},
        )  # fmt: skip
    names = ["E", *(grade for grade, _ in ordered)]
    bounds = [edge for _, edge in ordered]
    middles = [
        bounds[0] - 12,
        *((low + high) / 2 for low, high in itertools.pairwise(bounds)),
        bounds[-1] + 12,
    ]
    inset_x, inset_y = (across[1] - across[0]) * 0.04, (upwards[1] - upwards[0]) * 0.05
    for name, total in zip(names, middles, strict=True):
        x = min(across[1] - inset_x, total - upwards[0] - inset_y)
        if x > across[0] and total - x < upwards[1]:
            figure.add_annotation(
                x=x, y=total - x, text=name, showarrow=False, font={"size": LABEL_SIZE, "color": MUTED_TEXT}
            )


def _reach(values: np.ndarray) -> tuple[int, int]:
    """The range of an axis of points: all of them, with some air, in whole tens."""
    return int(np.floor((values.min() - 6) / 10) * 10), int(np.ceil((values.max() + 6) / 10) * 10)


def _fifties(reach: tuple[int, int]) -> list[int]:
    return [tick for tick in range(reach[0] + 1, reach[1]) if tick % 50 == 0]


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


def _months_said(frame: pd.DataFrame, column: str, currency: str) -> str:
    said = [
        f"{wording.month(month)} {wording.money_short(value, currency)}"
        for month, value in zip(frame["month"], frame[column], strict=True)
    ]
    return ", ".join(said) or "none on record"


def _span_said(values: pd.Series, currency: str) -> str:
    known = values.dropna()
    if known.empty:
        return "not on record"
    least, most = (wording.money_short(each, currency) for each in (known.min(), known.max()))
    return f"{least} to {most}, at the end {wording.money_short(known.iloc[-1], currency)}"
