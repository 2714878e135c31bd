"""An offer as figures: the rate and the interest in parts, and the instalments against cash.

Nothing is grouped or added up here, so the number drawn is the number decided on.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from components import offer_words, wording
from components.figure import (
    BAD,
    FAINT,
    PAGE,
    SEQUENTIAL,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    Drawing,
    Label,
    Sheet,
    add_labels,
    hover_amount,
    money_scale,
    months_said,
    set_value_axis,
)
from lending.pricing import InterestParts, Price

MOST_MONTH_NAMES = 9
_PART_COLOURS = {
    "funding": (SEQUENTIAL[8], PAGE),
    "risk": (SEQUENTIAL[6], PAGE),
    "handling": (SEQUENTIAL[3], TEXT),
    "margin": (SEQUENTIAL[1], TEXT),
}


def rate_parts_figure(price: Price, parts: InterestParts, currency: str) -> Drawing:
    """A yearly rate in its parts: funding, risk, handling and margin, with what each is in money on hover.

    Where the legal cap does not cover the cost, a line stands at the cap.
    """
    yearly = dict(
        zip(_PART_COLOURS, (price.funding_bps, price.risk_bps, price.work_bps, price.margin_bps), strict=True)
    )
    money = dict(zip(_PART_COLOURS, _in_order(parts), strict=True))
    exact = {name: wording.figure_text(wording.exact_money(minor, currency)) for name, minor in money.items()}
    sheet = _stacked(
        yearly,
        inside={name: f"{bps / 100:,.1f}" for name, bps in yearly.items()},
        hover={
            name: f"{name} {wording.rate(bps)} a year: {exact[name]} of the interest" for name, bps in yearly.items()
        },
    )
    title = f"{wording.rate(price.rate_bps)} a year in parts"
    said = ", ".join(f"{name} {wording.rate(bps)}" for name, bps in yearly.items())
    columns = {
        "Part": list(yearly),
        "Per year, %": [bps / 100 for bps in yearly.values()],
        f"Over the loan, {currency}": [minor / wording.minor_units(currency) for minor in money.values()],
    }
    return Drawing(sheet.figure(), title, f"{title}: {said}.", columns)


def interest_figure(parts: InterestParts, *, title: str, currency: str) -> Drawing:
    """The interest of a loan in money, by what it pays for.

    Args:
        parts: of the loan's own life.
        title: the finding; see offer_words.parts_title.
        currency: of the loan.
    """
    money = dict(zip(_PART_COLOURS, _in_order(parts), strict=True))
    said = {name: wording.exact_money(minor, currency) for name, minor in money.items()}
    sheet = _stacked(
        money,
        inside={name: wording.figure_text(wording.money(minor, currency)) for name, minor in money.items()},
        hover={name: f"{name} {wording.figure_text(words)}" for name, words in said.items()},
    )
    unit = wording.minor_units(currency)
    columns = {"Part": list(money), f"Over the loan, {currency}": [minor / unit for minor in money.values()]}
    alt = f"{title}. To the last unit: {', '.join(f'{name} {words}' for name, words in said.items())}."
    return Drawing(sheet.figure(), title, alt, columns)


def offer_figure(
    frame: pd.DataFrame, *, instalment_minor: int, worst_month_minor: int | None, fall: float, currency: str,
    several: bool = False,
) -> Drawing:  # fmt: skip
    """The instalment against the cash of each month in which one falls due, and of the shop's worst 90 days.

    Args:
        frame: rows of lending.stress.coming_months.
        instalment_minor: all instalments of a month.
        worst_month_minor: a month's cash at the pace of the worst 90 days; None where the record is too short.
        fall: how far sales may fall; see lending.stress.bearable_fall.
        currency: of all of them.
        several: whether something is owed already, so that a month has more than one instalment.
    """
    unit = wording.minor_units(currency)
    cash = frame["cash_minor"].to_numpy(dtype="float64") / unit
    due, name = instalment_minor / unit, "instalments" if several else "instalment"
    lines = [(due, TEXT, "solid", Label(name, due, TEXT, strong=True))]
    if worst_month_minor is not None:
        worst = worst_month_minor / unit
        lines.append((worst, BAD, "dash", Label("worst 90 days", worst, BAD)))
    scale = money_scale(np.append(cash, [value for value, *_ in lines]), currency, steps=2)
    sheet = Sheet(86, right=92)
    # Twelve names of three letters do not fit beside one another, and letters alone could be two months.
    every = -(-len(frame) // MOST_MONTH_NAMES)
    named = np.arange(0, len(frame), every)
    sheet.add_bars(
        x=np.arange(len(frame)), y=cash, marker={"color": SUBJECT + FAINT},
        customdata=np.array([wording.month(month) for month in frame["month"]]),
        hovertemplate=f"%{{customdata}}: {hover_amount(scale, currency)} cash expected<extra></extra>",
    )  # fmt: skip
    sheet.set_layout(bargap=0.34, hovermode="closest")
    sheet.set_across(
        range=[-0.6, len(frame) - 0.4], tickvals=named, ticktext=[f"{month:%b}" for month in frame["month"].iloc[named]]
    )
    for value, colour, dash, _ in lines:
        sheet.add_line(x0=-0.5, x1=len(frame) - 0.5, y0=value, y1=value,
            line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
        )  # fmt: skip
    set_value_axis(sheet, scale)
    add_labels(sheet, [Label("expected cash", float(cash[-1])), *(label for *_, label in lines)], scale)
    title = offer_words.fall_title(fall, instalment_minor, currency)
    said = months_said(frame, "cash_minor", currency)
    pace = (
        ""
        if worst_month_minor is None
        else f" At the pace of the worst 90 days {wording.money(worst_month_minor, currency)}."
    )
    alt = f"{title}. Cash expected by month: {said}; instalment {wording.money(instalment_minor, currency)}.{pace}"
    columns = {
        "Month": [wording.month(month) for month in frame["month"]],
        f"Net sales expected, {currency}": frame["net_minor"] / unit,
        f"Cash expected, {currency}": frame["cash_minor"] / unit,
        f"Instalment, {currency}": instalment_minor / unit,
        "As sold last year": frame["from_last_year"],
    }
    return Drawing(sheet.figure(), title, alt, columns)


def _in_order(parts: InterestParts) -> tuple[int, ...]:
    """The parts in the order of the bar."""
    return parts.funding_minor, parts.expected_loss_minor, parts.work_minor, parts.margin_minor


def _stacked(parts: Mapping[str, int], *, inside: Mapping[str, str], hover: Mapping[str, str]) -> Sheet:
    """One bar of parts beside each other, named below; a part of nothing, or less, is left out.

    Where one is less than nothing, a line stands where the sum of all ends.
    """
    drawn = {name: value for name, value in parts.items() if value > 0}
    whole = max(sum(drawn.values()), 1)
    sheet = Sheet(42, right=2, left=2, top=0, bottom=18)
    lacking = min(parts.values()) < 0
    if lacking:
        end = sum(parts.values())
        sheet.add_line(x0=end, x1=end, y0=-0.5, y1=0.5, line={"color": BAD, "width": 3})
    start = 0
    for name, value in drawn.items():
        fill, ink = _PART_COLOURS[name]
        wide = value / whole > 0.1
        sheet.add_bars(
            x=np.array([value]), y=np.array([0]), base=start, orientation="h",
            marker={"color": fill, "line": {"color": PAGE, "width": 1}},
            text=f"<b>{inside[name]}</b>" if wide else "", textposition="inside",
            insidetextanchor="start" if lacking else "middle",
            textangle=0, textfont={"size": TICK_SIZE, "color": ink}, constraintext="none",
            hovertemplate=f"{hover[name]}<extra></extra>",
        )  # fmt: skip
        start += value
    sheet.set_layout(bargap=0, barmode="overlay", hovermode="closest")
    sheet.set_across(range=[0, whole], showticklabels=False)
    sheet.set_upwards(range=[-0.5, 0.5], showticklabels=False, showgrid=False)
    for name, middle in _part_middles(drawn, whole) if drawn else ():
        text = name if drawn[name] / whole > 0.1 else f"{name} {inside[name]}"
        sheet.write(text, x=middle, xref="paper", xanchor="center", y=0, yref="paper", yanchor="top")
    return sheet


def _part_middles(parts: Mapping[str, int], whole: int) -> list[tuple[str, float]]:
    """Where the names of the parts stand, as shares of the width: under their middles, but never on each other."""
    least = 0.21
    middles, start = [], 0
    for bps in parts.values():
        middles.append((start + bps / 2) / whole)
        start += bps
    # A name about the left edge would be cut there.
    middles[0] = max(middles[0], least / 2)
    for index in range(1, len(middles)):
        middles[index] = max(middles[index], middles[index - 1] + least)
    ceiling = 1 - least / 2
    for index in reversed(range(len(middles))):
        middles[index] = min(middles[index], ceiling)
        ceiling = middles[index] - least
    return list(zip(parts, middles, strict=True))
