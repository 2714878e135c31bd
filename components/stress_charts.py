"""The drawer of an offer as figures: what falling sales leave for the instalments, and whom a rate turns away.

Nothing is grouped or added up here, so the number drawn is the number decided on.
"""

import numpy as np
import pandas as pd

from components import offer_words, wording
from components.figure import (
    BAD,
    COMPARISON,
    FAINT,
    HALF,
    LABEL_SIZE,
    MUTED_TEXT,
    OCHRE,
    PAGE,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Sheet,
    axis_title,
    set_value_axis,
    share_scale,
)


def stress_figure(frame: pd.DataFrame, *, title: str, currency: str) -> Drawing:
    """How many times the weakest month's cash covers all instalments, as sales fall and in the worst 90 days.

    Args:
        frame: rows of lending.stress.stress_table.
        title: the finding; see offer_words.stress_title.
        currency: of the amounts.
    """
    cover = frame["cover"].to_numpy(dtype="float64")
    missed = frame["missed"].to_numpy() > 0
    worst = (frame["scenario"] == "worst").to_numpy()
    names = offer_words.scenario_names(frame)
    texts = [offer_words.cover_said(each) for each in cover]
    lengths = np.nan_to_num(cover)
    low, high = min(float(lengths.min()), 0.0), max(float(lengths.max()), 1.0)
    cash = [wording.figure_text(wording.money(int(each), currency)) for each in frame["cash_minor"]]
    sheet = Sheet(22 + 23 * len(frame), right=6, top=18, bottom=4)
    colours = np.where(missed, BAD, SUBJECT).astype(object) + np.where(worst, HALF, FAINT).astype(object)
    sheet.add_bars(
        x=lengths, y=np.arange(len(frame)), orientation="h", marker={"color": colours},
        customdata=np.array(
            [f"{name}: {each} in the weakest month, covers {text}"
             for name, each, text in zip(names, cash, texts, strict=True)]
        ),
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    sheet.set_layout(bargap=0.34, hovermode="closest")
    # Room for the figure behind the longest bar, which has the same pixels on a phone.
    sheet.set_across(range=[low * 1.2, low + (high - low) * 1.2], showticklabels=False)
    sheet.set_upwards(
        range=[len(frame) - 0.5, -0.5], tickvals=np.arange(len(frame)), ticktext=names, showgrid=False,
        tickfont={"size": LABEL_SIZE, "color": TEXT},
    )  # fmt: skip
    sheet.add_line(x0=1, x1=1, y0=-0.5, y1=len(frame) - 0.5, line={"color": TEXT, "width": 2})
    sheet.write(
        "<b>all instalments</b>", x=1, y=1, yref="paper", yanchor="bottom",
        xanchor="right" if high < 1.5 else "center", font={"size": LABEL_SIZE, "color": TEXT},
    )  # fmt: skip
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        # On a ground of its own, since the line may run through it.
        sheet.write(
            text, x=max(float(length), 0.0), y=place, xanchor="left", xshift=4, bgcolor=PAGE, borderpad=0,
            font={"size": TICK_SIZE, "color": TEXT},
        )  # fmt: skip
    said = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    unit = wording.minor_units(currency)
    columns = {
        "Sales": names,
        f"Weakest month's cash, {currency}": frame["cash_minor"] / unit,
        "Cash ÷ instalments": cover,
        "Instalments missed": frame["missed"],
        "of": frame["instalments"],
        "Days by a share of sales": frame["holdback_days"],
    }
    return Drawing(sheet.figure(), title, f"{title}. Cash of the weakest month ÷ instalments: {said}.", columns)


def demand_figure(
    frame: pd.DataFrame, *, rate_bps: int, walk_away_share: float, best_bps: int | None, title: str
) -> Drawing:
    """Who walks away at each rate, with the rate at hand and the one that brings most marked.

    Args:
        frame: rows of lending.demand.demand_table.
        rate_bps: the rate at hand.
        walk_away_share: at this rate.
        best_bps: of lending.demand.best_rate_bps.
        title: the finding; see offer_words.demand_title.
    """
    rates = frame["rate_bps"].to_numpy() / 100
    lost = frame["walk_away_share"].to_numpy(dtype="float64")
    scale = share_scale(lost, least_top=0.5, steps=2)
    sheet = Sheet(178, right=14, top=22, bottom=38)
    sheet.add_marks(
        x=rates, y=lost, mode="lines", line={"color": COMPARISON, "width": 2},
        hovertemplate="at %{x:.2f}% %{y:.0%} walk away<extra></extra>",
    )  # fmt: skip
    lowest, highest = min(rates[0], rate_bps / 100), max(rates[-1], rate_bps / 100)
    air = max(highest - lowest, 1) * 0.04
    sheet.set_layout(hovermode="closest")
    ticks = np.arange(np.ceil(lowest), np.floor(highest) + 1)
    sheet.set_across(
        range=[lowest - air, highest + air], tickvals=ticks, ticktext=[f"{tick:.0f}%" for tick in ticks],
        title=axis_title("Rate a year, up to the legal cap"),
    )  # fmt: skip
    set_value_axis(sheet, scale)
    marks = [("<b>this rate</b>", rate_bps, walk_away_share, SUBJECT, 11)]
    if best_bps is not None and best_bps != rate_bps:
        share = float(np.interp(best_bps / 100, rates, lost))
        marks.append(("most margin", best_bps, share, OCHRE, -14))
    for text, bps, share, colour, shift in marks:
        # Above the curve a name ends at its point, below it begins there, so that none lies on the curve.
        inner = (bps / 100 - lowest) / max(highest - lowest, 1e-9)
        side = "right" if inner > (0.15 if shift > 0 else 0.8) else "left"
        sheet.add_marks(
            x=np.array([bps / 100]), y=np.array([share]), mode="markers",
            marker={"size": 11, "color": colour, "line": {"color": PAGE, "width": 2}},
            hovertemplate=f"{wording.rate(bps)}: %{{y:.0%}} walk away<extra></extra>",
        )  # fmt: skip
        sheet.write(
            text, x=bps / 100, y=share, xanchor=side, yshift=shift, xshift=6 if side == "right" else -6,
            font={"size": LABEL_SIZE, "color": SUBJECT if colour == SUBJECT else MUTED_TEXT},
        )  # fmt: skip
    said = ", ".join(f"{wording.rate(bps)} {wording.share(share)}" for _, bps, share, *_ in marks)
    columns = {
        "Rate, % a year": rates,
        "Walk away, of 100": (lost * 100).round(1),
        "Margin, points": frame["margin_bps"] / 100,
        "Margin × who stay, points": (frame["kept_margin_bps"] / 100).round(2),
    }
    return Drawing(sheet.figure(), title, f"{title}. Walk away at {said}.", columns)
