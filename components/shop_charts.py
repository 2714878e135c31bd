"""How a shop serves and who buys as figures: vital signs, ratings, deliveries, buyers and hours.

Frames become figures. Nothing is grouped or added up here, so the number drawn is the number scored.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from components import findings, wording
from components.charts import buyers_columns
from components.figure import (
    BAD,
    COMPARISON,
    GOOD,
    HALF,
    HEADROOM,
    LABEL_SIZE,
    MUTED_TEXT,
    PAGE,
    SUBJECT,
    Drawing,
    Label,
    Sheet,
    add_labels,
    axis_title,
    mid_month,
    rating_scale,
    set_month_axis,
    set_value_axis,
    share_scale,
    write_beside,
)
from lending.concentration import Concentration
from lending.signs import Sign
from lending.week import Week

# A month with fewer cases is drawn pale or not at all.
FEW = 10
SIGN_LABELS = {"refunds": "Refunds", "rating": "Rating", "late": "Sent late", "wallet": "Wallet"}
SIGN_COLOURS = {1: GOOD, 0: MUTED_TEXT, -1: BAD}
# The room of a small line and of the gap beside it, as shares of the width of four.
LINE_WIDTH, LINE_GAP = 0.226, 0.032
DAYS = timedelta(days=5)


def signs_figure(signs: Sequence[Sign], *, currency: str) -> Drawing:
    """The vital signs of two years as small lines side by side, each on a scale of its own, to stand below its figure.

    Args:
        signs: of lending.signs.vital_signs.
        currency: of the wallet.
    """
    unit = wording.minor_units(currency)
    sheet = Sheet(44, right=0, left=0, top=4, bottom=4)
    for number, sign in enumerate(signs, start=1):
        line = sign.line / unit if sign.name == "wallet" else sign.line
        axes = {} if number == 1 else {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        said = [f"{wording.month(month)}: {_sign_text(sign, value, currency)}"
                for month, value in zip(sign.months, sign.line, strict=True)]  # fmt: skip
        sheet.add_marks(
            x=_middles(sign.months), y=line, mode="lines", connectgaps=True, **axes,
            line={"color": SIGN_COLOURS[findings.direction(sign)], "width": 1.8},
            customdata=np.array(said, dtype=object), hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
        left = (number - 1) * (LINE_WIDTH + LINE_GAP)
        sheet.add_panel(
            number, across=(left, min(left + LINE_WIDTH, 1)), x_range=_reach(sign.months), y_range=_span(line)
        )
    sheet.set_layout(hovermode="x")
    title = findings.signs_title(signs)
    told = "; ".join(_sign_said(sign, currency) for sign in signs)
    columns = {
        "Month": [wording.month(month) for month in signs[0].months],
        "Refunds, % of sales": (signs[0].line * 100).round(2),
        "Rating, 1-5": signs[1].line.round(2),
        "Late, % of promised": (signs[2].line * 100).round(2),
        f"Wallet and fund at the close, {currency}": signs[3].line / unit,
    }
    return Drawing(sheet.figure(), title, f"{title}. {told}.", columns)


def ratings_figure(frame: pd.DataFrame) -> Drawing:
    """The mean rating of each month above the number of reviews; a month with few reviews is a pale point.

    Args:
        frame: rows of lending.service.monthly_ratings, one of them with reviews at least.
    """
    x, reviews = _middles(list(frame["month"])), frame["reviews"].to_numpy()
    rating = frame["rating"].to_numpy()
    enough = reviews >= FEW
    scale = rating_scale(rating)
    sheet = Sheet(176, right=96, bottom=36)
    sheet.keep_below(0.26, y_range=(0, float(reviews.max()) * HEADROOM))
    sheet.add_bars(x=x, y=reviews, yaxis="y2", marker={"color": COMPARISON + HALF},
        hovertemplate="%{y:,} reviews<extra></extra>",
    )  # fmt: skip
    sheet.add_marks(x=x, y=np.where(enough, rating, np.nan), mode="lines+markers",
        line={"color": SUBJECT, "width": 2.4}, marker={"color": SUBJECT, "size": 4},
        hovertemplate="rated %{y:.2f}<extra></extra>",
    )  # fmt: skip
    sheet.add_marks(x=x, y=np.where(enough, np.nan, rating), mode="markers",
        marker={"color": COMPARISON + HALF, "size": 6}, hovertemplate="rated %{y:.2f}, by few<extra></extra>",
    )  # fmt: skip
    set_value_axis(sheet, scale)
    set_month_axis(sheet, frame["month"])
    sheet.set_layout(bargap=0.34)
    last = int(np.flatnonzero(reviews > 0)[-1])
    add_labels(sheet, [Label(f"{rating[last]:.2f}<br>mean rating", float(rating[last]), SUBJECT, strong=True)], scale)
    write_beside(sheet, "reviews", y=0.1, xshift=7, yref="paper", font={"size": LABEL_SIZE, "color": MUTED_TEXT})
    title = findings.ratings_title(frame)
    told = ", ".join(
        f"{wording.month(month)} {value:.2f} of {count:,}"
        for month, value, count in zip(frame["month"], rating, reviews, strict=True)
        if count
    )
    columns = {
        "Month": [wording.month(month) for month in frame["month"]],
        "Mean rating, 1-5": frame["rating"].round(2),
        "Reviews": frame["reviews"],
    }
    few = f" Months with fewer than {FEW} reviews are pale points."
    return Drawing(sheet.figure(), title, f"{title}. Mean rating and reviews by month: {told}.{few}", columns)


def deliveries_figure(frame: pd.DataFrame) -> Drawing:
    """What came late of the deliveries promised for each month, and what was cancelled of the orders placed in it.

    Args:
        frame: rows of lending.service.monthly_deliveries, one of the shares known in one of them at least. A share of
            few cases is told in the numbers and not drawn.
    """
    x = _middles(list(frame["month"]))
    late = np.where(frame["promised"] >= FEW, frame["late_share"], np.nan)
    cancelled = np.where(frame["placed"] >= FEW, frame["cancelled_share"], np.nan)
    scale = share_scale(np.concatenate([late, cancelled]), least_top=0.06)
    sheet = Sheet(176, right=96, bottom=36)
    labels = []
    for values, count, colour, width, dash, name in (
        (cancelled, frame["placed"], COMPARISON, 1.5, "dot", "cancelled"),
        (late, frame["promised"], SUBJECT, 2.4, "solid", "late"),
    ):
        known = np.flatnonzero(~np.isnan(values))
        if not known.size:
            continue
        said = "of %{customdata:,} orders cancelled" if name == "cancelled" else "of %{customdata:,} deliveries late"
        sheet.add_marks(x=x, y=values, mode="lines+markers", customdata=count.to_numpy(),
            line={"color": colour, "width": width, "dash": dash}, marker={"color": colour, "size": 4},
            hovertemplate=f"%{{y:.1%}} {said}<extra></extra>",
        )  # fmt: skip
        value = float(values[known[-1]])
        labels.append(Label(f"{wording.share(value)} {name}", value, colour if name == "late" else MUTED_TEXT,
                            strong=name == "late"))  # fmt: skip
    set_value_axis(sheet, scale)
    set_month_axis(sheet, frame["month"])
    add_labels(sheet, labels, scale)
    title = findings.deliveries_title(frame)
    columns = {
        "Month": [wording.month(month) for month in frame["month"]],
        "Promised for the month": frame["promised"],
        "Late": frame["late"],
        "Late, %": (frame["late_share"] * 100).round(2),
        "Orders placed": frame["placed"],
        "Cancelled": frame["cancelled"],
        "Cancelled, %": (frame["cancelled_share"] * 100).round(2),
    }
    told = ", ".join(
        f"{wording.month(month)} {wording.share(one)} late and {wording.share(other)} cancelled"
        for month, one, other in zip(frame["month"], late, cancelled, strict=True)
    )
    few = f" Months with fewer than {FEW} cases are left out."
    return Drawing(sheet.figure(), title, f"{title}. By month: {told}.{few}", columns)


def concentration_figure(found: Concentration, buyers: pd.DataFrame, *, currency: str) -> Drawing:
    """The curve of the buyers: what share of sales the largest of them bring; straight if all bought the same.

    Args:
        found: of lending.concentration.concentration.
        buyers: of lending.concentration.largest_buyers: the rows of the numbers.
        currency: of the sales.
    """
    across = np.linspace(0, 1, len(found.curve))
    sheet = Sheet(206, right=96, bottom=38)
    ends = np.array([0.0, 1.0])
    sheet.add_marks(x=ends, y=ends, mode="lines", hoverinfo="skip",
        line={"color": COMPARISON, "width": 1.5, "dash": "dot"},
    )  # fmt: skip
    sheet.add_marks(x=across, y=found.curve, mode="lines", line={"color": SUBJECT, "width": 2.4},
        hovertemplate="the top %{x:.0%} of the buyers bring %{y:.0%} of sales<extra></extra>",
    )  # fmt: skip
    tenth = np.array([0.1]), np.array([found.top_tenth_share])
    sheet.add_marks(x=tenth[0], y=tenth[1], mode="markers", hoverinfo="skip",
        marker={"color": SUBJECT, "size": 9, "line": {"color": PAGE, "width": 2}},
    )  # fmt: skip
    quarters = (0, 0.25, 0.5, 0.75, 1)
    percent = [f"{quarter:.0%}" for quarter in quarters]
    sheet.set_layout(hovermode="closest")
    sheet.set_across(range=[-0.01, 1.01], tickvals=quarters, ticktext=percent,
        title=axis_title("Buyers, the largest first →"),
    )  # fmt: skip
    sheet.set_upwards(range=[-0.01, 1.04], tickvals=quarters, ticktext=percent)
    sheet.write(f"<b>top tenth: {wording.share(found.top_tenth_share)}</b>", x=0.1, y=found.top_tenth_share,
        xanchor="left", xshift=9, yshift=-12, font={"size": LABEL_SIZE, "color": SUBJECT}, bgcolor=PAGE + "cc",
        borderpad=1,
    )  # fmt: skip
    write_beside(sheet, "if all bought<br>the same", y=0.94, xshift=7)
    title = findings.concentration_title(found)
    half = f"The top half bring {wording.share(float(found.curve[len(found.curve) // 2]))}."
    alt = f"{title}; if all bought the same it would be 10%. {half} {findings.concentration_sentence(found)}"
    return Drawing(sheet.figure(), title, alt, buyers_columns(buyers, currency))


def week_figure(week: Week) -> Drawing:
    """Orders by weekday and hour, as cells whose colour grows with the square root of their number.

    Args:
        week: of lending.week.week_of, with orders at more than one hour.
    """
    sheet = Sheet(206, right=60, bottom=24)
    said = [
        [f"{day}, {hour}:00 to {hour + 1}:00: {wording.count(int(number), 'order')}" for hour, number in enumerate(row)]
        for day, row in zip(findings.WEEKDAYS, week.grid, strict=True)
    ]
    sheet.add_cells(
        x=np.arange(24), y=np.arange(7), z=np.sqrt(week.grid), zmin=0, zmax=float(np.sqrt(week.grid.max())),
        xgap=1, ygap=1, customdata=np.array(said, dtype=object), hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    sheet.set_layout(hovermode="closest")
    sheet.set_across(range=[-0.5, 23.5], tickvals=(0, 6, 12, 18), ticktext=["0:00", "6:00", "12:00", "18:00"])
    sheet.set_upwards(range=[6.5, -0.5], tickvals=np.arange(7), ticktext=[day[:3] for day in findings.WEEKDAYS],
        showgrid=False,
    )  # fmt: skip
    for day, share in enumerate(week.day_shares):
        busiest = day == int(week.day_shares.argmax())
        text = wording.share(float(share))
        write_beside(sheet, f"<b>{text}</b>" if busiest else text, y=day, xshift=7)
    title = findings.week_title(week)
    days = ", ".join(
        f"{day} {wording.share(float(share))}" for day, share in zip(findings.WEEKDAYS, week.day_shares, strict=True)
    )
    parts = ", ".join(
        f"{wording.share(float(share))} {part}"
        for part, share in zip(findings.PARTS_OF_DAY, week.part_shares, strict=True)
    )
    columns = {"Hour": [f"{hour}:00" for hour in range(24)]} | {
        day: week.grid[place] for place, day in enumerate(findings.WEEKDAYS)
    }
    alt = f"{title}. {wording.count(week.orders, 'order')} of twelve months: {days}; {parts}."
    return Drawing(sheet.figure(), title, alt, columns)


def _sign_said(sign: Sign, currency: str) -> str:
    value = findings.sign_value(sign, currency)
    return f"{SIGN_LABELS[sign.name]} {value} ({findings.sign_change(sign, currency)} on the year)"


def _sign_text(sign: Sign, value: float, currency: str) -> str:
    """What one point of a small line says."""
    if np.isnan(value):
        return wording.MISSING
    match sign.name:
        case "refunds":
            return f"{wording.share(value)} of sales refunded"
        case "rating":
            return f"rated {value:.2f}"
        case "late":
            return f"{wording.share(value)} late"
        case _:
            return f"{wording.money_short(value, currency)} at its close"


def _middles(months: Sequence[date]) -> np.ndarray:
    return np.array([mid_month(month) for month in months], dtype="datetime64[D]")


def _reach(months: Sequence[date]) -> list[str]:
    """The range of an axis that just holds these months."""
    if not months:
        return ["2000-01-01", "2000-02-01"]
    return [f"{mid_month(months[0]) - DAYS:%Y-%m-%d}", f"{mid_month(months[-1]) + DAYS:%Y-%m-%d}"]


def _span(line: np.ndarray) -> tuple[float, float]:
    """The range of an axis that just holds a line."""
    known = line[~np.isnan(line)]
    if not known.size:
        return 0.0, 1.0
    air = max(float(known.max() - known.min()), abs(float(known.max())) * 0.05, 1e-9) * 0.1
    return float(known.min()) - air, float(known.max()) + air
