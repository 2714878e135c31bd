"""The loan book in parts as figures: vintages, roll rates, ageing, concentration, stages, the cash of coming weeks.

Frames of lending.book_view become figures. Nothing is grouped or added up here. Each mark names what it picks.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from components import book_words as words
from components import wording
from components.book_time_charts import HEIGHT, LOWER, UNMOVED, Pickable
from components.figure import (
    BAD,
    COMPARISON,
    GRID,
    HALF,
    LABEL_SIZE,
    MUTED_TEXT,
    OCHRE,
    PAGE,
    SEQUENTIAL,
    SUBJECT,
    TEXT,
    TICK_SIZE,
    WARN,
    Drawing,
    Label,
    Sheet,
    add_labels,
    axis_title,
    money_scale,
    set_value_axis,
    share_scale,
)
from lending.book_picks import RENEGOTIATED, Pick
from lending.festivals import festivals
from lending.rolls import OPENING_STATES, STATES, roll_rates
from lending.shares import FEW
from lending.vintages import Cohorts, by_quarter, month_name

MOST_AGE, MOST_QUARTERS, MOST_ORIGINS, MOST_PARTS = 12, 8, 15, 8
DARK = 0.56
"""Text on a cell is in the colour of the page above this share of the scale."""
# An invisible mark lies on each cell: heat maps can't be chosen from.
CELL = {"symbol": "square", "size": 22, "opacity": 0}
BUCKET_COLOURS = {"1-30": OCHRE, "31-60": WARN, "61-90": BAD, "90+": TEXT, RENEGOTIATED: COMPARISON}


def curves_figure(told: Cohorts) -> Pickable:
    """How loans of each quarter went bad by months on book, the one that stands out in another colour."""
    quarters = by_quarter(told)
    frame = quarters[quarters["shares"].map(len) > 0].tail(MOST_QUARTERS)
    ends = [(name, shares[: MOST_AGE + 1]) for name, shares in zip(frame["quarter"], frame["shares"], strict=True)]
    title = words.vintage_title(frame)
    worst = title.removeprefix("Loans of ")[:7] if title.startswith("Loans of ") else ""
    scale = share_scale(np.array([max((shares[-1] for _, shares in ends), default=0.0)]), least_top=0.02)
    sheet = Sheet(HEIGHT, right=66, bottom=36)
    shades = SEQUENTIAL[9 - len(ends) if len(ends) < 7 else 2 :]
    for number, (name, shares) in enumerate(ends):
        bad = words.quarter(name) == worst
        colour = BAD if bad else shades[min(number, len(shades) - 1)]
        sheet.add_marks(
            x=np.arange(len(shares), dtype="float64"), y=np.array(shares), mode="lines+markers",
            line={"color": colour, "width": 2.4 if bad else 1.5}, marker={"color": colour, "size": 4}, **UNMOVED,
            hovertext=[f"{words.quarter(name)}, {age} months on book: {wording.share(value)}"
                       for age, value in enumerate(shares)],
            hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
    sheet.set_layout(hovermode="closest", hoverdistance=30)
    set_value_axis(sheet, scale)
    sheet.set_across(range=[-0.2, MOST_AGE + 0.2], tickvals=[0, 3, 6, 9, 12], title=axis_title("months on book"))
    _label_ends(sheet, ends, worst, scale.high)
    said = "; ".join(
        f"{words.quarter(name)} {wording.share(shares[-1])} after {len(shares) - 1} months" for name, shares in ends
    )
    picks = tuple(tuple(("origin", name) for _ in shares) for name, shares in ends)
    return Pickable(Drawing(sheet.figure(), title, f"{title}. {said}.", _vintage_table(told)), picks)


def _label_ends(sheet: Sheet, ends: Sequence[tuple[str, list[float]]], worst: str, top: float) -> None:
    """Name the lines at their ends: those that went on to the edge beside the plot, the others where they end."""
    room = 12 * top / max(sheet.room, 1)
    taken: list[tuple[int, float]] = []
    ordered = sorted(ends, key=lambda each: (words.quarter(each[0]) != worst, -len(each[1]), -each[1][-1]))
    for name, shares in ordered:
        age, value = len(shares) - 1, shares[-1]
        if any(abs(age - other) < 1.7 and abs(value - level) < room for other, level in taken):
            continue
        taken.append((age, value))
        bold = words.quarter(name) == worst
        sheet.write(
            f"<b>{words.quarter(name)}</b>" if bold else words.quarter(name), x=age, y=value, xanchor="left", xshift=6,
            yanchor="middle", bgcolor=PAGE + "99" if age < MOST_AGE else None,
            font={"size": TICK_SIZE, "color": BAD if bold else MUTED_TEXT},
        )  # fmt: skip


def triangle_figure(told: Cohorts) -> Pickable:
    """The same by origin month as cells; a month on book that is not over is empty."""
    months = [row for row in range(len(told.loans)) if told.loans[row] and told.over - told.first - row > 0]
    months = months[-MOST_ORIGINS:]
    cells = np.full((len(months), MOST_AGE + 1), np.nan)
    for number, row in enumerate(months):
        ages = min(told.over - told.first - row, MOST_AGE + 1)
        cells[number, :ages] = told.gone_bad[row, :ages] / told.originated[row] if told.originated[row] else np.nan
    names = [_month_said(told.first + row) for row in months]
    sheet = Sheet(max(44 + 17 * len(months), HEIGHT), right=8, top=22, bottom=6)
    _add_cells(sheet, cells, names, [f"{age}" for age in range(MOST_AGE + 1)], percent_sign=False)
    quarters = by_quarter(told)
    title = words.vintage_title(quarters[quarters["shares"].map(len) > 0].tail(MOST_QUARTERS))
    picks: list[Pick | None] = [("origin", month_name(told.first + row)) for row in months for _ in range(MOST_AGE + 1)]
    alt = f"{title}. Share gone bad of each origin month by months on book, in percent."
    return Pickable(Drawing(sheet.figure(), title, alt, _vintage_table(told)), ((), tuple(picks)))


def _month_said(number: int) -> str:
    year, month = month_name(number).split("-")
    return (
        f"{('', 'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec')[int(month)]} {year}"
    )


def _vintage_table(told: Cohorts) -> dict[str, object]:
    rows = [row for row in range(len(told.loans)) if told.loans[row]]
    most = max((told.over - told.first - row for row in rows), default=0)
    table: dict[str, object] = {
        "Paid out in": [month_name(told.first + row) for row in rows],
        "Loans": [int(told.loans[row]) for row in rows],
    }
    for age in range(max(most, 0)):
        table[f"{age} months, %"] = [
            round(100 * float(told.gone_bad[row, age] / told.originated[row]), 2)
            if age < told.over - told.first - row and told.originated[row] else None
            for row in rows
        ]  # fmt: skip
    return table


def rolls_figure(balances: pd.DataFrame, *, currency: str) -> Pickable:
    """Where the balances of one month end were at the next, as shares of each opening balance."""
    shares = roll_rates(balances)
    cells = shares.to_numpy(dtype="float64")
    sheet = Sheet(HEIGHT, right=6, top=22, bottom=6)
    rows, columns = [words.bucket(each) for each in OPENING_STATES], [words.bucket(each) for each in STATES]
    columns = [each.removesuffix(" days") for each in columns]
    _add_cells(sheet, cells, [each.removesuffix(" days") for each in rows], columns, percent_sign=True)
    title = words.roll_title(shares)
    picks: tuple[Pick | None, ...] = tuple(
        ("roll", f"{left}~{reached}") for left in OPENING_STATES for reached in STATES
    )
    said = "; ".join(
        f"{words.bucket(str(left))}: "
        + ", ".join(f"{wording.share(value)} {words.bucket(str(name))}" for name, value in row.items() if value > 0)
        for left, row in shares.iterrows()
        if not row.isna().all()
    )
    unit = wording.minor_units(currency)
    table = {"From": rows, f"Opening balance, {currency}": balances.sum(axis=1).to_numpy() / unit} | {
        f"{name}, %": (shares[state] * 100).round(2).to_numpy() for name, state in zip(columns, STATES, strict=True)
    }
    return Pickable(Drawing(sheet.figure(), title, f"{title}. {said}.", table), ((), picks))


def _add_cells(
    sheet: Sheet, cells: np.ndarray, rows: Sequence[str], columns: Sequence[str], *, percent_sign: bool
) -> None:
    """Coloured cells with their shares; colour grows with the square root. Nought is a dot, a missing one empty."""
    top = float(np.sqrt(np.nanmax(cells, initial=0.0))) or 1.0
    down, across = np.indices(cells.shape)
    sheet.add_cells(
        x=np.arange(len(columns), dtype="float64"), y=np.arange(len(rows), dtype="float64"), z=np.sqrt(cells), zmin=0,
        zmax=top, xgap=1, ygap=1, hoverinfo="skip",
    )  # fmt: skip
    flat = cells.ravel()
    dark = np.sqrt(np.nan_to_num(flat)) > DARK * top
    sheet.add_marks(
        x=across.ravel().astype("float64"), y=down.ravel().astype("float64"), mode="markers+text", marker=CELL,
        text=[_cell_text(value, percent_sign=percent_sign) for value in flat],
        textfont={"size": TICK_SIZE, "color": [PAGE if each else TEXT for each in dark]}, textposition="middle center",
        hovertext=["" if np.isnan(value) else f"{rows[row]} → {columns[column]}: {wording.share(value)}"
                   for value, row, column in zip(flat, down.ravel().tolist(), across.ravel().tolist(), strict=True)],
        hovertemplate="%{hovertext}<extra></extra>", cliponaxis=False,
        selected={"textfont": {}}, unselected={"marker": {"opacity": 0}},
    )  # fmt: skip
    sheet.set_layout(hovermode="closest")
    sheet.set_across(
        range=[-0.5, len(columns) - 0.5], tickvals=np.arange(len(columns)), ticktext=list(columns), side="top",
        ticklabelstandoff=2,
    )  # fmt: skip
    sheet.set_upwards(
        range=[len(rows) - 0.5, -0.5], tickvals=np.arange(len(rows)), ticktext=list(rows), showgrid=False,
        tickfont={"size": TICK_SIZE, "color": TEXT},
    )  # fmt: skip


def _cell_text(value: float, *, percent_sign: bool) -> str:
    if np.isnan(value):
        return ""
    if value < 0.0005:
        return "·"
    text = wording.share(value)
    return text if percent_sign and value >= 0.01 else text.removesuffix("%")


def ageing_figure(frame: pd.DataFrame, *, currency: str) -> Pickable:
    """The outstanding of late loans by days past due, and of renegotiated ones."""
    shown = frame[frame["bucket"] != "current"]
    unit = wording.minor_units(currency)
    amounts = shown["outstanding"].to_numpy(dtype="float64") / unit
    sheet = Sheet(HEIGHT, right=112, top=8, bottom=8)
    names = [words.bucket(each) for each in shown["bucket"]]
    texts = [
        f"{wording.money_short(amount, currency)}, {wording.share(share)}"
        for amount, share in zip(shown["outstanding"], shown["share"], strict=True)
    ]
    _add_rows(sheet, names, amounts, [BUCKET_COLOURS[each] for each in shown["bucket"]], texts)
    _write_beside(sheet, texts)
    title = words.ageing_title(frame, currency)
    said = ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True))
    table = {
        "Days past due": [words.bucket(each) for each in frame["bucket"]],
        "Loans": frame["loans"],
        f"Outstanding, {currency}": frame["outstanding"] / unit,
        "Share, %": (frame["share"] * 100).round(2),
    }
    picks = (tuple(("bucket", each) for each in shown["bucket"]),)
    return Pickable(Drawing(sheet.figure(), title, f"{title}. {said}.", table), picks)


def part_figure(frame: pd.DataFrame, trait: str, *, currency: str, limit: float | None) -> Pickable:
    """The largest groups of a trait by outstanding, against a limit where there is one."""
    shown = frame.head(MOST_PARTS)
    names = [wording.figure_text(words.group(trait, each, currency), 22) for each in shown["group"]]
    shares = shown["share"].to_numpy(dtype="float64")
    colours = [
        _limit_colour(share, limit, picked=bool(picked)) for share, picked in zip(shares, shown["picked"], strict=True)
    ]
    sheet = Sheet(HEIGHT, right=108, top=24, bottom=2)
    texts = [f"{name}: {wording.share(share)}" for name, share in zip(names, shares, strict=True)]
    _add_rows(sheet, names, shares, colours, texts)
    top = max(float(np.nanmax(shares, initial=0.0)), (limit or 0.0) * 1.04) or 1.0
    sheet.set_across(range=[0, top])
    if limit is not None:
        line = {"color": BAD, "width": 1.5, "dash": "dash"}
        sheet.add_line(x0=limit, x1=limit, y0=0, y1=1, yref="paper", line=line)
        font = {"size": TICK_SIZE, "color": BAD}
        anchor = "right" if limit > 0.5 * top else "left"
        sheet.write(
            f"limit {wording.share(limit)}", x=limit, y=1, yref="paper", yanchor="bottom", xanchor=anchor, font=font
        )
    few = shown["loans"].to_numpy() < FEW
    late = [
        words.TOO_FEW.removesuffix(" cases") if each else wording.share(value)
        for each, value in zip(few, shown["par30"], strict=True)
    ]
    for heading, cells, edge, strong in (
        ("share", [wording.share(share) for share in shares], 46, True), ("PAR30", late, 104, False)
    ):  # fmt: skip
        _write_column(sheet, heading, cells, edge, strong=strong)
    title = words.part_title(frame, trait, currency, limit)
    said = ", ".join(f"{name} {wording.share(share)}" for name, share in zip(names, shares, strict=True))
    table = {
        words.TRAITS[trait]: [words.group(trait, each, currency) for each in frame["group"]],
        "Loans": frame["loans"],
        f"Outstanding, {currency}": frame["outstanding"] / wording.minor_units(currency),
        "Share, %": (frame["share"] * 100).round(2),
        "PAR30, %": (frame["par30"] * 100).round(2),
    }
    picks = (tuple((trait, str(each)) for each in shown["group"]),)
    return Pickable(Drawing(sheet.figure(), title, f"{title}. {said}.", table), picks)


def _limit_colour(share: float, limit: float | None, *, picked: bool) -> str:
    if limit is not None and share > limit:
        return BAD
    if limit is not None and share >= words.NEAR_LIMIT * limit:
        return WARN
    return TEXT if picked else SUBJECT


def stage_figure(frame: pd.DataFrame, *, currency: str) -> Pickable:
    """The loss expected of each stage, with its balance and coverage."""
    unit = wording.minor_units(currency)
    names = [words.STAGES[str(each)] for each in frame["stage"]]
    sheet = Sheet(LOWER, right=196, top=24, bottom=8)
    losses = frame["loss"].to_numpy(dtype="float64")
    outstanding = frame["outstanding"].to_numpy(dtype="float64")
    cover = np.divide(losses, outstanding, out=np.full(len(frame), np.nan), where=outstanding > 0)
    texts = [f"{name}: {wording.money_short(loss, currency)} of loss" for name, loss in zip(names, losses, strict=True)]
    _add_rows(sheet, names, losses / unit, [SUBJECT, WARN, BAD], texts)
    _write_column(sheet, "loss", [wording.money_short(each, currency) for each in losses], 60, strong=True)
    _write_column(sheet, "outstanding", [wording.money_short(each, currency) for each in outstanding], 136)
    _write_column(sheet, "covered", [wording.share(each) for each in cover], 192)
    title = words.stage_title(frame, currency)
    table = {
        "Stage": names,
        "Loans": frame["loans"],
        f"Outstanding, {currency}": outstanding / unit,
        f"Expected loss, {currency}": losses / unit,
        "Coverage, %": (pd.Series(cover) * 100).round(2),
    }
    picks = (tuple(("stage", str(each)) for each in frame["stage"]),)
    return Pickable(Drawing(sheet.figure(), title, f"{title}. {'; '.join(texts)}.", table), picks)


def cash_figure(frame: pd.DataFrame, *, currency: str) -> Pickable:
    """What falls due in each of the coming weeks, and what of it is to be expected."""
    unit = wording.minor_units(currency)
    weeks, places = list(frame["week"]), np.arange(len(frame), dtype="float64")
    due, expected = (frame[name].to_numpy(dtype="float64") / unit for name in ("due", "expected"))
    scale = money_scale(due, currency)
    sheet = Sheet(HEIGHT, right=78, top=20, bottom=36)
    for day in festivals(weeks[0], weeks[-1] + timedelta(days=6)):
        at = (day.day - weeks[0]).days / 7 - 0.5
        sheet.add_line(
            type="rect",
            x0=at - 0.5,
            x1=at + 1.5,
            y0=0,
            y1=1,
            yref="paper",
            fillcolor=GRID,
            line={"width": 0},
            layer="below",
        )
        sheet.write(day.name, x=at + 0.5, y=1, yref="paper", yanchor="bottom", xanchor="center")
    for values, name, colour, width in ((due, "due", COMPARISON + HALF, 0.78), (expected, "expected", SUBJECT, 0.48)):
        sheet.add_bars(
            x=places, y=values, width=width, marker={"color": colour}, **UNMOVED,
            hovertext=[f"week from {wording.day(week)}: {wording.money_short(value * unit, currency)} {name}"
                       for week, value in zip(weeks, values, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
    sheet.set_layout(barmode="overlay", hovermode="closest")
    set_value_axis(sheet, scale)
    named = list(range(0, len(weeks), 3))
    sheet.set_across(
        range=[-0.6, len(weeks) - 0.4],
        tickvals=named,
        ticktext=[f"{weeks[each].day} {weeks[each]:%b}" for each in named],
    )
    labels = [Label(f'<span style="color:{COMPARISON + HALF}">■</span> due', due[-1], TEXT)]
    labels.append(Label(f'<span style="color:{SUBJECT}">■</span> expected', expected[-1], TEXT, strong=True))
    add_labels(sheet, labels, scale)
    title = words.cash_title(frame, currency)
    said = ", ".join(
        f"{wording.day(week)} {wording.money_short(value * unit, currency)}"
        for week, value in zip(weeks, expected, strict=True)
    )
    table = {
        "Week from": [wording.day(each) for each in weeks],
        f"Due, {currency}": due,
        f"Expected, {currency}": expected.round(2),
    }
    picks = (tuple(("week", each.isoformat()) for each in weeks),) * 2
    return Pickable(Drawing(sheet.figure(), title, f"{title}. Expected: {said}.", table), picks)


def _add_rows(
    sheet: Sheet, names: Sequence[str], values: np.ndarray, colours: Sequence[str], said: Sequence[str]
) -> None:
    """Horizontal bars from top to bottom, each with its name at the left."""
    places = np.arange(len(names), dtype="float64")
    sheet.add_bars(
        x=values, y=places, orientation="h", width=0.62, marker={"color": list(colours)}, hovertext=list(said),
        hovertemplate="%{hovertext}<extra></extra>", **UNMOVED,
    )  # fmt: skip
    sheet.set_layout(hovermode="closest")
    sheet.set_upwards(
        range=[max(len(names), 3) - 0.5, -0.5], tickvals=places.tolist(), ticktext=list(names), showgrid=False,
        tickfont={"size": LABEL_SIZE, "color": TEXT}, ticklabelstandoff=6,
    )  # fmt: skip
    sheet.set_across(range=[0, float(np.nanmax(values, initial=0.0)) or 1.0], showticklabels=False)


def _write_beside(sheet: Sheet, texts: Sequence[str]) -> None:
    for place, text in enumerate(texts):
        sheet.write(
            text,
            x=1,
            xref="paper",
            xanchor="left",
            xshift=6,
            y=place,
            yanchor="middle",
            font={"size": LABEL_SIZE, "color": TEXT},
        )


def _write_column(sheet: Sheet, heading: str, texts: Sequence[str], edge: int, *, strong: bool = False) -> None:
    at = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": edge}
    sheet.write(heading, y=1, yref="paper", yanchor="bottom", **at)
    for place, text in enumerate(texts):
        font = {"size": LABEL_SIZE, "color": TEXT if strong else MUTED_TEXT}
        sheet.write(f"<b>{text}</b>" if strong else text, y=place, yanchor="middle", font=font, **at)
