"""The coming weeks of a shop's sales with a band, and the instalments that fall due in them.

Nothing is grouped or added up here, so the number drawn is the number foretold.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components import cash_flow_words, wording
from components.charts import mark_festival
from components.figure import (
    BLUE,
    GRID,
    MUTED_TEXT,
    PAGE,
    SUBJECT,
    Drawing,
    Label,
    Scale,
    Sheet,
    add_labels,
    hover_amount,
    money_scale,
    set_value_axis,
)
from lending.festivals import Festival

BAR_MS = 4.5 * 86_400_000
MOST_MONTH_NAMES = 7
# A band that reaches further up than so many times what is expected is cut: its upper end matters least here.
MOST_OF_EXPECTED = 2.5


def cash_flow_figure(rows: pd.DataFrame, *, currency: str, festivals: Sequence[Festival] = ()) -> Drawing:
    """Expected net sales by week with their band, and the instalments of each week as bars.

    Args:
        rows: of lending.due_weeks.dues_beside_sales.
        currency: of all of them.
        festivals: days to mark.
    """
    unit = wording.minor_units(currency)
    week = rows["week"].to_numpy().astype("datetime64[D]")
    low, expected, high, existing, offered = (
        rows[f"{name}_minor"].to_numpy(dtype="float64") / unit
        for name in ("low", "expected", "high", "existing", "offered")
    )
    due = existing + offered
    shown = np.minimum(high, highest_shown(rows) / unit)
    scale = money_scale(np.concatenate([shown, due]), currency)
    sheet = Sheet(206, right=96, top=24, bottom=36)
    amount = hover_amount(scale, currency)
    _add_band(sheet, week, low, high, amount)
    sheet.add_marks(x=week, y=expected, mode="lines", line={"color": SUBJECT, "width": 2.4},
        hovertemplate=f"{amount} expected<extra></extra>",
    )  # fmt: skip
    for values, fill, edge, name in (
        (existing, PAGE, MUTED_TEXT, "owed already"), (offered, BLUE, BLUE, "on offer")
    ):  # fmt: skip
        if values.any():
            drawn = np.flatnonzero(values)
            sheet.add_bars(x=week[drawn], y=values[drawn], width=BAR_MS, yaxis="y2",
                marker={"color": fill, "line": {"color": edge, "width": 1.5}},
                hovertemplate=f"{amount} instalments {name}<extra></extra>",
            )  # fmt: skip
    # An axis of its own lays the bars over the band; below it they could not be seen.
    over = {"overlaying": "y", "range": [scale.low, scale.high], "visible": False, "fixedrange": True}
    sheet.set_layout(barmode="stack", yaxis2=over)
    set_value_axis(sheet, scale)
    _set_week_axis(sheet, week)
    for festival in festivals:
        mark_festival(sheet, festival, named=True)
    _label(sheet, float(shown[-1]), float(expected[-1]), due, scale)
    title = cash_flow_words.title(rows)
    return Drawing(sheet.figure(), title, _alt(rows, title, currency), _columns(rows, currency))


def highest_shown(rows: pd.DataFrame) -> float:
    """Up to where the chart reaches, in minor units: a band that goes further up is cut there."""
    due = (rows["existing_minor"] + rows["offered_minor"]).max()
    return max(float(rows["expected_minor"].max()) * MOST_OF_EXPECTED, float(due) * 1.1)


def _add_band(sheet: Sheet, week: np.ndarray, low: np.ndarray, high: np.ndarray, amount: str) -> None:
    none = {"width": 0, "color": GRID}
    sheet.add_marks(x=week, y=low, mode="lines", line=none, hoverinfo="skip")
    sheet.add_marks(x=week, y=high, mode="lines", line=none, fill="tonexty", fillcolor=GRID, customdata=low,
        hovertemplate=f"{amount.replace('{y', '{customdata')} to {amount} in 8 of 10 weeks<extra></extra>",
    )  # fmt: skip


def _label(sheet: Sheet, high: float, expected: float, due: np.ndarray, scale: Scale) -> None:
    labels = [Label("expected", expected, SUBJECT, strong=True), Label("80% band", (high + expected) / 2)]
    if due.any():
        labels.append(Label("instalments", float(due.max()) / 2, MUTED_TEXT))
    add_labels(sheet, labels, scale)


def _set_week_axis(sheet: Sheet, week: np.ndarray) -> None:
    """Name the first days of months, with the year below its first one."""
    months = np.unique(week.astype("datetime64[M]"))
    firsts = [pd.Timestamp(month) for month in months if month.astype("datetime64[D]") >= week[0]]
    named = firsts[:: -(-len(firsts) // MOST_MONTH_NAMES) or 1]
    texts, years = [], set()
    for first in named:
        below = "" if first.year in years else f"<br>{first.year}"
        years.add(first.year)
        texts.append(f"{first:%b}{below}")
    ends = week[0] - np.timedelta64(4, "D"), week[-1] + np.timedelta64(4, "D")
    sheet.set_across(
        range=[str(end) for end in ends], tickvals=[f"{first:%Y-%m-%d}" for first in named], ticktext=texts,
        hoverformat="week of %-d %b %Y",
    )  # fmt: skip


def _alt(rows: pd.DataFrame, title: str, currency: str) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    ends = [
        f"week of {wording.day(row['week'])} {wording.money_short(row['expected_minor'], currency)}, between "
        f"{wording.money_short(row['low_minor'], currency)} and {wording.money_short(row['high_minor'], currency)}"
        for row in (first, last)
    ]
    dues = [
        f"{wording.day(row['week'])} {wording.money(int(row['existing_minor'] + row['offered_minor']), currency)}"
        for row in rows.to_dict("records")
        if row["existing_minor"] + row["offered_minor"]
    ]
    due = f" Instalments by week: {', '.join(dues)}." if dues else ""
    return f"{title}. Expected net sales: {'; '.join(ends)}.{due}"


def _columns(rows: pd.DataFrame, currency: str) -> dict[str, object]:
    unit = wording.minor_units(currency)
    return {
        "Week of": [wording.day(week) for week in rows["week"]],
        f"A tenth of weeks bring less than, {currency}": rows["low_minor"] / unit,
        f"Expected, {currency}": rows["expected_minor"] / unit,
        f"A tenth bring more than, {currency}": rows["high_minor"] / unit,
        f"Owed already, {currency}": rows["existing_minor"] / unit,
        f"On offer, {currency}": rows["offered_minor"] / unit,
        "Instalments, % of four weeks' sales": (rows["share"] * 100).round(1),
    }
