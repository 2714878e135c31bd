"""Weekly sales with the part that is set aside. Nothing is added up here: the weeks are those that were looked at."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from components import wording
from components.figure import (
    COMPARISON,
    LABEL_SIZE,
    TEXT,
    WARN,
    Drawing,
    Sheet,
    hover_amount,
    money_scale,
    set_value_axis,
)
from lending.records import minor_digits
from scoring.manipulation_record import Week

HEIGHT = 206
MIDWEEK = timedelta(days=3)


def weeks_figure(weeks: Sequence[Week], *, currency: str, title: str) -> Drawing:
    """Gross sales of each week: what is kept, and on top of it what is set aside.

    Args:
        weeks: at least one, oldest first; a week without sales may be left out.
        currency: of the sales.
        title: the finding; see signs_words.title.
    """
    unit = 10 ** minor_digits(currency)
    mondays = [week.monday for week in weeks]
    middles = np.array([monday + MIDWEEK for monday in mondays], dtype="datetime64[D]")
    kept, aside, gross = (
        np.array([getattr(week, name) for week in weeks], dtype="float64") / unit
        for name in ("kept_minor", "aside_minor", "gross_minor")
    )
    scale = money_scale(gross, currency)
    sheet = Sheet(HEIGHT, right=8, top=26)
    amount = hover_amount(scale, currency)
    sheet.add_bars(x=middles, y=kept, marker={"color": COMPARISON}, hovertemplate=f"kept {amount}<extra></extra>")
    sheet.add_bars(x=middles, y=aside, marker={"color": WARN}, hovertemplate=f"set aside {amount}<extra></extra>")
    sheet.set_layout(barmode="stack", bargap=0.28)
    set_value_axis(sheet, scale)
    _set_week_axis(sheet, mondays[0], mondays[-1])
    font = {"size": LABEL_SIZE, "color": TEXT}
    legend = f"<span style='color:{WARN}'>■</span> set aside   <span style='color:{COMPARISON}'>■</span> kept"
    sheet.write(legend, x=0, xref="paper", xanchor="left", y=1, yref="paper", yanchor="bottom", yshift=6, font=font)
    columns = {
        "Week from": [wording.day(monday) for monday in mondays],
        f"Kept ({currency})": kept,
        f"Set aside ({currency})": aside,
    }
    said = [
        f"week of {wording.day(week.monday)} {wording.money_short(week.aside_minor, currency)} of "
        f"{wording.money_short(week.gross_minor, currency)}"
        for week in weeks
        if week.aside_minor
    ]
    return Drawing(sheet.figure(), title, f"{title}. Set aside: {', '.join(said) or 'nothing'}.", columns)


def _set_week_axis(sheet: Sheet, first: date, last: date) -> None:
    """Name every third month at its first day, with the year below its first one."""
    begin, end = pd.Timestamp(first), pd.Timestamp(last) + timedelta(days=7)
    starts = [month for month in pd.date_range(begin.replace(day=1), end, freq="MS") if month >= begin]
    every = 3 if len(starts) > 9 else 1
    named = [month for month in starts if (month.month - 1) % every == 0]
    years: set[int] = set()
    texts = []
    for month in named:
        texts.append(f"{month:%b}" if month.year in years else f"{month:%b}<br>{month.year}")
        years.add(month.year)
    sheet.set_across(
        type="date", range=[f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}"], ticktext=texts,
        tickvals=[f"{month:%Y-%m-%d}" for month in named], hoverformat="week around %-d %b %Y",
    )  # fmt: skip
