"""The loan book over time as figures: arrears, what hides behind growth, own money, first payments, money out and in.

Frames of lending.book_view become figures. Nothing is grouped or added up here. Each mark names what it picks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from components import book_words as words
from components import wording
from components.figure import (
    BAD,
    BLUE,
    COMPARISON,
    FAINT,
    HALF,
    SUBJECT,
    TEXT,
    WARN,
    Drawing,
    Label,
    Sheet,
    add_labels,
    money_scale,
    set_value_axis,
    share_scale,
)
from lending.book_picks import Pick
from lending.book_view import BookView
from lending.shares import FEW, Share

HEIGHT = 252
LOWER = 214
# Charts for a chosen mark look like the others: what was picked stands above the page.
UNMOVED = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
DOT = 7
NAMED_MONTHS = (1, 4, 7, 10)
# Of more months only these are named, or the names would meet on a phone.
FEW_NAMED_MONTHS, MANY_MONTHS = (1, 7), 24
MOST_MONTHS = 24
# A month of few loans must not squeeze the others.
MOST_MISSED = 0.1


@dataclass(frozen=True, slots=True)
class Pickable:
    """A chart whose marks pick the loans behind them."""

    drawing: Drawing
    picks: tuple[tuple[Pick | None, ...], ...]
    """By trace, then by point."""


def par_figure(frame: pd.DataFrame) -> Pickable:
    """PAR by lateness at each month end, with renegotiated loans, and what was written off in each month."""
    days = list(frame["day"])
    closes = _closes(days)
    lines = (
        ("renegotiated", "30+ and renegotiated", COMPARISON, 1.5, "dot"),
        ("par30", "30+", WARN, 2.4, "solid"),
        ("par60", "60+", BAD, 1.8, "solid"),
        ("par90", "90+", TEXT, 1.8, "solid"),
    )
    owed, lost = (frame[name].to_numpy(dtype="float64") for name in ("outstanding", "written_off"))
    lost = np.divide(lost, owed, out=np.zeros(len(frame)), where=owed > 0)
    # A share above any line would be of a book that hardly existed.
    drawn = frame[["renegotiated", "par30"]].where(frame["active"] >= FEW, axis=0) if _enough(frame) else frame
    top = np.nanmax(np.append(drawn["renegotiated"].to_numpy(), lost), initial=0.0)
    scale = share_scale(np.array([top]), least_top=0.02)
    sheet = Sheet(HEIGHT, right=168, bottom=36)
    sheet.add_bars(
        x=closes, y=lost, width=12 * 86_400_000, marker={"color": BLUE}, **UNMOVED,
        hovertext=[f"{day - timedelta(days=1):%B %Y}: {wording.share(value)} written off"
                   for day, value in zip(days, lost, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    for name, label, colour, width, dash in lines:
        values = frame[name].to_numpy(dtype="float64")
        sheet.add_marks(
            x=closes, y=values, mode="lines+markers", line={"color": colour, "width": width, "dash": dash},
            marker={"color": colour, "size": 4}, **UNMOVED,
            hovertext=[f"{words.close_of(day)}: {label} {wording.share(value)}"
                       for day, value in zip(days, values, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
    sheet.set_layout(hovermode="closest", hoverdistance=30)
    set_value_axis(sheet, scale)
    _set_close_axis(sheet, days)
    last = frame.iloc[-1]
    labels = [
        Label(f'<span style="color:{colour}">●</span> {label} <b>{wording.share(last[name])}</b>', last[name], TEXT)
        for name, label, colour, *_ in lines
        if np.isfinite(last[name])
    ]
    labels.append(Label(f'<span style="color:{BLUE}">■</span> written off', float(lost[-1]), TEXT))
    add_labels(sheet, labels, scale)
    title = words.par_title(frame)
    said = ", ".join(
        f"{words.close_of(day)} {wording.share(value)}" for day, value in zip(days, frame["par30"], strict=True)
    )
    table = {
        "Close of": [words.close_of(day) for day in days],
        "Active loans": frame["active"],
        **{f"PAR{late}, %": _percent(frame[f"par{late}"]) for late in (30, 60, 90)},
        "PAR30 and renegotiated, %": _percent(frame["renegotiated"]),
        "NPL, %": _percent(frame["npl"]),
        "Written off in the month, % of outstanding": _percent(lost),
        "Written off in 12 months, %": _percent(frame["write_off"]),
    }
    stood = [tuple(("stood", f"{day.isoformat()}~{name}") for day in days) for name, *_ in lines]
    gone = tuple(("lost", f"{day - timedelta(days=1):%Y-%m}") for day in days)
    return Pickable(Drawing(sheet.figure(), title, f"{title}. PAR30 at the close of {said}.", table), (gone, *stood))


def _enough(frame: pd.DataFrame) -> bool:
    return bool((frame["active"] >= FEW).any())


def lag_figure(frame: pd.DataFrame) -> Pickable:
    """PAR30 against today's balance and against that of six months before."""
    days, closes = list(frame["day"]), _closes(list(frame["day"]))
    shown = frame.where(frame["active"] >= FEW) if _enough(frame) else frame
    scale = share_scale(shown[["par30", "par30_lagged"]].to_numpy(dtype="float64").ravel(), least_top=0.02)
    sheet = Sheet(LOWER, right=128, bottom=36)
    lines = (("par30", "PAR30", WARN, 2.4, "solid"), ("par30_lagged", "lagged", BAD, 1.8, "dash"))
    for name, label, colour, width, dash in lines:
        values = shown[name].to_numpy(dtype="float64")
        sheet.add_marks(
            x=closes, y=values, mode="lines+markers", line={"color": colour, "width": width, "dash": dash},
            marker={"color": colour, "size": 4}, hovertemplate="%{hovertext}<extra></extra>", **UNMOVED,
            hovertext=[f"{words.close_of(day)}: {label} {wording.share(value)}"
                       for day, value in zip(days, values, strict=True)],
        )  # fmt: skip
    sheet.set_layout(hovermode="closest", hoverdistance=30)
    set_value_axis(sheet, scale)
    _set_close_axis(sheet, days)
    last = frame.iloc[-1]
    names = {"par30": "of today's book", "par30_lagged": "of that before"}
    add_labels(
        sheet,
        [
            Label(
                f'<span style="color:{colour}">●</span> <b>{wording.share(last[name])}</b> {names[name]}',
                last[name],
                TEXT,
            )
            for name, _, colour, *_ in lines
            if np.isfinite(last[name])
        ],
        scale,
    )
    title = words.lag_title(frame)
    table = {
        "Close of": [words.close_of(day) for day in days],
        "PAR30, %": _percent(frame["par30"]),
        "PAR30 ÷ outstanding six months before, %": _percent(frame["par30_lagged"]),
    }
    picks = tuple(tuple(("stood", f"{day.isoformat()}~lagged") for day in days) for _ in lines)
    alt = f"{title}. At the last close {wording.share(last['par30'])} and {wording.share(last['par30_lagged'])}."
    return Pickable(Drawing(sheet.figure(), title, alt, table), picks)


def funding_figure(frame: pd.DataFrame, *, currency: str) -> Pickable:
    """The managed book, and what of it is the lender's own money."""
    unit = wording.minor_units(currency)
    days, closes = list(frame["day"]), _closes(list(frame["day"]))
    own, managed = (frame[name].to_numpy(dtype="float64") / unit for name in ("own", "managed"))
    scale = money_scale(managed, currency)
    sheet = Sheet(LOWER, right=118, bottom=36)
    for name, base, values, colour in (
        ("own", 0.0, own, SUBJECT),
        ("of partners", own, managed - own, COMPARISON + HALF),
    ):
        sheet.add_bars(
            x=closes, y=values, base=base, width=24 * 86_400_000, marker={"color": colour}, **UNMOVED,
            hovertext=[f"{words.close_of(day)}: {wording.money_short(value * unit, currency)} {name}"
                       for day, value in zip(days, values, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
    sheet.set_layout(barmode="overlay", hovermode="closest")
    set_value_axis(sheet, scale)
    _set_close_axis(sheet, days)
    labels = [
        Label(f"own <b>{wording.money_short(own[-1] * unit, currency)}</b>", own[-1] / 2, SUBJECT),
        Label(f"managed <b>{wording.money_short(managed[-1] * unit, currency)}</b>", managed[-1], TEXT),
    ]
    add_labels(sheet, labels, scale)
    title = words.funding_title(frame, currency)
    table = {
        "Close of": [words.close_of(day) for day in days],
        f"Managed, {currency}": managed,
        f"Own, {currency}": own,
    }
    picks = tuple(tuple(("stood", f"{day.isoformat()}~active") for day in days) for _ in range(2))
    return Pickable(Drawing(sheet.figure(), title, f"{title}. Own and managed book at each month end.", table), picks)


def first_figure(frame: pd.DataFrame, told: Share) -> Pickable:
    """First-payment default by the month paid out; the last two years."""
    frame = frame[frame["first_told"] > 0].tail(MOST_MONTHS)
    months = list(frame["month"])
    cases = frame["first_told"].to_numpy(dtype="float64")
    shares = frame["first_late"].to_numpy(dtype="float64") / np.maximum(cases, 1)
    few = cases < FEW
    scale = share_scale(np.minimum(shares, MOST_MISSED), least_top=0.02)
    sheet = Sheet(LOWER, right=96, bottom=36)
    places = np.arange(len(months), dtype="float64")
    sheet.add_bars(
        x=places, y=np.minimum(shares, scale.high), width=0.64, **UNMOVED,
        marker={"color": [COMPARISON + FAINT if each else BAD for each in few]},
        hovertext=[f"{month:%B %Y}: {_share_said(late, whole)} missed the first payment" for month, late, whole in
                   zip(months, frame["first_late"], frame["first_told"], strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip
    if told.value is not None and not told.too_few:
        line = {"color": COMPARISON, "width": 1.5, "dash": "dot"}
        sheet.add_line(x0=0, x1=1, xref="paper", y0=told.value, y1=told.value, line=line)
        add_labels(sheet, [Label(f"12 months<br><b>{wording.share(told.value)}</b>", told.value, TEXT)], scale)
    sheet.set_layout(hovermode="closest")
    set_value_axis(sheet, scale)
    set_months(sheet, months)
    title = words.first_title(told)
    table = {
        "Paid out in": [wording.month(month) for month in months],
        "First payments told": frame["first_told"],
        "Missed by more than 30 days": frame["first_late"],
        "Share, %": _percent(shares),
    }
    picks = (tuple(("origin", f"{month:%Y-%m}") for month in months),)
    said = ", ".join(f"{month:%b %Y} {late} of {whole}" for month, late, whole in
                     zip(months, frame["first_late"], frame["first_told"], strict=True))  # fmt: skip
    return Pickable(Drawing(sheet.figure(), title, f"{title}. By month paid out: {said}.", table), picks)


def _share_said(late: int, whole: int) -> str:
    counted = f"{late:,} of {whole:,}"
    return f"{counted} (too few for a share)" if whole < FEW else f"{wording.share(late / whole)}, {counted},"


def lent_figure(view: BookView, *, plan_minor: int | None, under_way: bool) -> Pickable:
    """What was lent in each month, against the plan, or without one against the same month a year before."""
    frame, currency = view.by_month.tail(MOST_MONTHS), view.currency
    unit = wording.minor_units(currency)
    months = list(frame["month"])
    lent = frame["disbursed"].to_numpy(dtype="float64") / unit
    beside = (
        np.full(len(frame), plan_minor / unit) if plan_minor else frame["disbursed_before"].to_numpy("float64") / unit
    )
    scale = money_scale(np.append(lent, beside), currency)
    sheet = Sheet(LOWER, right=104, bottom=36)
    name = "plan" if plan_minor else "a year before"
    _add_pair(sheet, months, (beside, name), (lent, "lent"), currency)
    set_value_axis(sheet, scale)
    set_months(sheet, months)
    add_labels(sheet, _pair_labels((beside, name), (lent, "lent")), scale)
    title = words.lent_title(view.by_month, currency, plan_minor, under_way=under_way)
    table = {
        "Month": [wording.month(month) for month in months],
        f"Lent, {currency}": lent,
        f"{name.capitalize()}, {currency}": beside,
    }
    picks = (tuple(("origin", f"{month:%Y-%m}") for month in months),) * 2
    return Pickable(
        Drawing(sheet.figure(), title, f"{title}. {_money_said(months, lent, unit, currency)}", table), picks
    )


def due_figure(view: BookView) -> Pickable:
    """What was collected in each month, against what fell due."""
    frame, currency = view.by_month.tail(MOST_MONTHS), view.currency
    unit = wording.minor_units(currency)
    months = list(frame["month"])
    due, collected = (frame[name].to_numpy(dtype="float64") / unit for name in ("due", "collected"))
    scale = money_scale(np.append(due, collected), currency)
    sheet = Sheet(LOWER, right=104, bottom=36)
    _add_pair(sheet, months, (due, "due"), (collected, "collected"), currency)
    set_value_axis(sheet, scale)
    set_months(sheet, months)
    add_labels(sheet, _pair_labels((due, "due"), (collected, "collected")), scale)
    title = words.due_title(view.now.ratios["collected"])
    table = {
        "Month": [wording.month(month) for month in months],
        f"Due, {currency}": due,
        f"Collected, {currency}": collected,
        "Collected of due, %": _percent(np.divide(collected, due, out=np.full(len(due), np.nan), where=due > 0)),
    }
    picks = (tuple(("due", f"{month:%Y-%m}") for month in months),) * 2
    said = _money_said(months, collected, unit, currency)
    return Pickable(Drawing(sheet.figure(), title, f"{title}. Collected: {said}", table), picks)


Named = tuple[np.ndarray, str]


def _add_pair(sheet: Sheet, months: Sequence[date], behind: Named, front: Named, currency: str) -> None:
    """Wide pale bars of what was to be, narrow strong ones of what is."""
    places, unit = np.arange(len(months), dtype="float64"), wording.minor_units(currency)
    for (values, name), colour, width in ((behind, COMPARISON + HALF, 0.78), (front, SUBJECT, 0.48)):
        sheet.add_bars(
            x=places, y=values, width=width, marker={"color": colour}, **UNMOVED,
            hovertext=[f"{month:%B %Y}: {wording.money_short(value * unit, currency)} {name}"
                       for month, value in zip(months, values, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
    sheet.set_layout(barmode="overlay", hovermode="closest")


def _pair_labels(behind: Named, front: Named) -> list[Label]:
    """What each kind of bar is, level with the last ones."""
    ends = [(values[np.isfinite(values)], name) for values, name in (behind, front)]
    colours = (COMPARISON + HALF, SUBJECT)
    return [
        Label(f'<span style="color:{colour}">■</span> {name}', float(values[-1]), TEXT, strong=name == front[1])
        for (values, name), colour in zip(ends, colours, strict=True)
        if len(values)
    ]


def _money_said(months: Sequence[date], values: np.ndarray, unit: int, currency: str) -> str:
    said = (
        f"{month:%b %Y} {wording.money_short(value * unit, currency)}"
        for month, value in zip(months, values, strict=True)
    )
    return f"{', '.join(said)}."


def set_months(sheet: Sheet, months: Sequence[date]) -> None:
    """Name months on the x axis whose places are whole numbers: every third, with the year below its first."""
    every = [place for place, month in enumerate(months) if len(months) <= 8 or month.month in NAMED_MONTHS]
    texts, years = [], set()
    for place in every:
        month = months[place]
        texts.append(f"{month:%b}" + ("" if month.year in years else f"<br>{month.year}"))
        years.add(month.year)
    sheet.set_across(range=[-0.6, max(len(months), 1) - 0.4], tickvals=every, ticktext=texts)


def _closes(days: Sequence[date]) -> np.ndarray:
    return np.array([np.datetime64(day - timedelta(days=1), "D") for day in days])


def _set_close_axis(sheet: Sheet, days: Sequence[date]) -> None:
    """Name every third month end on the x axis."""
    closes = [day - timedelta(days=1) for day in days]
    months = FEW_NAMED_MONTHS if len(days) > MANY_MONTHS else NAMED_MONTHS
    named = [close for day, close in zip(days, closes, strict=True)
             if day.day == 1 and (len(days) <= 8 or close.month in months)] or closes[-1:]  # fmt: skip
    texts, years = [], set()
    for close in named:
        texts.append(f"{close:%b}" + ("" if close.year in years else f"<br>{close.year}"))
        years.add(close.year)
    ends = (closes[0] - timedelta(days=16), closes[-1] + timedelta(days=12))
    sheet.set_across(
        range=[each.isoformat() for each in ends], tickvals=[close.isoformat() for close in named], ticktext=texts
    )


def _percent(values: object) -> pd.Series:
    return (pd.Series(np.asarray(values, dtype="float64")) * 100).round(2)
