"""The one way in which every chart is made: theme slots for colours, margins, fixed ranges, direct labels.

A colour is the name of a slot. Streamlit puts the theme's own colour in its place when the chart is mounted, so one
figure serves light and dark. No streamlit here.
"""

import base64
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

from components import wording
from lending.records import minor_digits

# chartCategoricalColors of .streamlit/config.toml, in its order: roles, not a rainbow.
SUBJECT = "#000001"
COMPARISON = "#000002"
GRID = "#000003"
GOOD = "#000004"
WARN = "#000005"
BAD = "#000006"
BLUE = "#000007"
OCHRE = "#000008"
MUTED_TEXT = "#000009"
TEXT = "#000010"
# chartSequentialColors: 0 is nearest to the page, 9 furthest.
SEQUENTIAL = tuple(f"#0000{slot}" for slot in range(11, 21))
PAGE = "#000038"
# Two hex digits of opacity, put behind a slot.
FAINT = "59"
HALF = "99"

LABEL_SIZE = 12
TICK_SIZE = 11
LINE_HEIGHT = 15
HEADROOM = 1.08
# What the browser needs besides the figure.
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}


class Finished(go.Figure):  # type: ignore[misc]  # Plotly is untyped
    """A figure that nobody changes any more: it only keeps its parts and gives them out.

    Plotly would check, wrap and copy each member twice, which took a third of a rerun of Review. Streamlit wants no
    more of a figure than `to_dict`; whoever wants to look into it asks for it `checked`.
    """

    def __init__(self, data: list[dict[str, Any]], layout: dict[str, Any]) -> None:
        # Plotly's own __init__ is left out on purpose; its __setattr__ lets names with an underscore through.
        self._parts = data, layout

    def to_dict(self) -> dict[str, Any]:
        """The parts as they are sent to the browser, with the template that is in force."""
        data, layout = self._parts
        sent = [{name: _sent(member) for name, member in trace.items()} for trace in data]
        return {"data": sent, "layout": {**layout, "template": _template(pio.templates.default)}}

    def checked(self) -> go.Figure:
        """The same as Plotly's own figure; raises ValueError for a member that Plotly does not know."""
        data, layout = self._parts
        return go.Figure(data=data, layout=layout)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with what belongs to it."""

    figure: Finished
    title: str
    """The finding, as plain text."""
    alt: str
    """What somebody hears who does not see the chart: its figures."""
    columns: Mapping[str, Any]
    """The numbers drawn, under headings with their units."""

    @property
    def table(self) -> pd.DataFrame:
        """The numbers as a frame, made only when somebody looks at them."""
        return pd.DataFrame(self.columns)


@dataclass(frozen=True, slots=True)
class Label:
    """A word at the right of the plot, level with the value it names."""

    text: str
    value: float
    colour: str = MUTED_TEXT
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """A value axis: its range, its ticks and their words."""

    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]


class Sheet:
    """A figure while it is put together: plain parts, made into a Figure once.

    Each change of a Figure costs milliseconds: a chart made by ten of them took 30 ms, one made at once 3.
    """

    def __init__(self, height: int, *, right: int, left: int = 4, top: int = 8, bottom: int = 22) -> None:
        self.room = height - top - bottom
        """Pixels from the bottom to the top of the plot."""
        self._traces: list[dict[str, Any]] = []
        self._shapes: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []
        tick = {"size": TICK_SIZE, "color": MUTED_TEXT}
        axis = {
            "zeroline": False,
            "showline": False,
            "ticks": "",
            "fixedrange": True,
            "automargin": True,
            "tickfont": tick,
        }
        self._across: dict[str, Any] = {**axis, "showgrid": False, "tickangle": 0}
        self._upwards: dict[str, Any] = {**axis, "gridcolor": GRID, "gridwidth": 1, "ticklabelstandoff": 3}
        self._layout: dict[str, Any] = {
            "height": height,
            "margin": {"l": left, "r": right, "t": top, "b": bottom, "pad": 0},
            "showlegend": False,
            "dragmode": False,
            "hovermode": "x unified",
            "hoverlabel": {"font": {"size": LABEL_SIZE}},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": LABEL_SIZE, "color": TEXT},
            "title": {"text": ""},
        }

    def add_bars(self, **members: object) -> None:
        """Add bars; `members` are those of Plotly's bar trace."""
        self._traces.append({"type": "bar", **members})

    def add_marks(self, **members: object) -> None:
        """Add a line or points; `members` are those of Plotly's scatter trace."""
        self._traces.append({"type": "scatter", **members})

    def add_cells(self, **members: object) -> None:
        """Add a grid of coloured cells; `members` are those of Plotly's heatmap trace."""
        scale = [[place / (len(SEQUENTIAL) - 1), colour] for place, colour in enumerate(SEQUENTIAL)]
        self._traces.append({"type": "heatmap", "colorscale": scale, "showscale": False, **members})

    def add_line(self, **members: object) -> None:
        """Add a straight line that is no data; `members` are those of Plotly's shapes."""
        self._shapes.append({"type": "line", **members})

    def write(self, text: str, **members: object) -> None:
        """Add a text; `members` are those of Plotly's annotations."""
        small = {"size": TICK_SIZE, "color": MUTED_TEXT}
        self._annotations.append({"text": text, "showarrow": False, "font": small, **members})

    def set_layout(self, **members: object) -> None:
        """Set members of Plotly's layout."""
        self._layout.update(members)

    def set_across(self, **members: object) -> None:
        """Set members of the x axis."""
        self._across.update(members)

    def set_upwards(self, **members: object) -> None:
        """Set members of the y axis."""
        self._upwards.update(members)

    def keep_below(self, share: float, *, y_range: Sequence[float]) -> None:
        """Keep the lower share of the plot for bars over the same months; their trace names the axis y2."""
        air = 0.08
        self.room = round(self.room * (1 - share - air))
        self.set_upwards(domain=[share + air, 1])
        bare = {"visible": False, "fixedrange": True, "anchor": "x", "domain": [0, share], "range": list(y_range)}
        self.set_across(anchor="y2")
        self.set_layout(yaxis2=bare)

    def add_panel(
        self, number: int, *, across: tuple[float, float], x_range: Sequence[object], y_range: Sequence[float]
    ) -> None:
        """Give a place of its own, in shares of the width, to a line that is only a shape: no ticks and no grid.

        Its trace names these axes by their number, as x2 and y2; the first ones are x and y.
        """
        bare = {"visible": False, "fixedrange": True}
        x_axis = {**bare, "domain": list(across), "range": list(x_range), "hoverformat": "%B %Y"}
        y_axis = {**bare, "range": list(y_range)}
        if number == 1:
            self.set_across(**x_axis)
            self.set_upwards(**y_axis)
        else:
            y_axis["anchor"] = f"x{number}"
            self.set_layout(**{f"xaxis{number}": {**x_axis, "anchor": f"y{number}"}, f"yaxis{number}": y_axis})

    def figure(self) -> Finished:
        """The finished figure."""
        return Finished(
            data=self._traces,
            layout={
                **self._layout,
                "xaxis": self._across,
                "yaxis": self._upwards,
                "shapes": self._shapes,
                "annotations": self._annotations,
            },
        )


def axis_title(text: str) -> dict[str, Any]:
    """What an axis measures, with its unit."""
    return {"text": text, "font": {"size": TICK_SIZE, "color": MUTED_TEXT}, "standoff": 4}


def money_scale(values: Sequence[float] | np.ndarray, currency: str, *, steps: int = 3) -> Scale:
    """An axis of money in major units that shows zero, with at most `steps` even steps above it."""
    unit = wording.minor_units(currency)
    low, high, ticks = _reach(values, 0.0, steps, least_step=1 / unit)
    return Scale(low, high, ticks, tuple(wording.money_short(tick * unit, currency) for tick in ticks))


def hover_amount(scale: Scale, currency: str) -> str:
    """How plotly.js writes an amount of the y axis: minor units where the axis holds less than a hundred."""
    digits = 0 if max(scale.high, -scale.low) >= 100 else minor_digits(currency)
    sign = wording.figure_text(wording.sign_of(currency))
    return f"{sign}{' ' if sign == currency else ''}%{{y:,.{digits}f}}"


def share_scale(values: Sequence[float] | np.ndarray, *, least_top: float, steps: int = 3) -> Scale:
    """An axis of shares from zero, to `least_top` at least."""
    low, high, ticks = _reach(values, least_top, steps)
    return Scale(low, high, ticks, tuple(wording.share(tick) for tick in ticks))


def rating_scale(values: np.ndarray) -> Scale:
    """An axis of ratings, from the whole point below the lowest one up to 5."""
    low = min(math.floor(float(np.nanmin(values, initial=4.0))), 4)
    ticks = tuple(float(tick) for tick in range(low, 6))
    return Scale(low - 0.1, 5.1, ticks, tuple(f"{tick:.0f}" for tick in ticks))


def set_value_axis(sheet: Sheet, scale: Scale) -> None:
    """Fix the y axis to a scale."""
    sheet.set_upwards(range=[scale.low, scale.high], tickvals=list(scale.ticks), ticktext=list(scale.texts))


def set_month_axis(sheet: Sheet, months: pd.Series) -> None:
    """Name every third month on the x axis, with the year below its first one. Points stand in mid-month."""
    stamps = list(pd.DatetimeIndex(months))
    every = 3 if len(stamps) > 9 else 1
    named = [stamp for stamp in stamps if (stamp.month - 1) % every == 0]
    texts: list[str] = []
    years: set[int] = set()
    for stamp in named:
        below = f"<br>{stamp.year}" if stamp.year not in years else ""
        years.add(stamp.year)
        texts.append(f"{stamp:%b}{below}")
    sheet.set_across(
        range=[_iso(mid_month(stamps[0]) - pd.Timedelta(days=20)), _iso(mid_month(stamps[-1]) + pd.Timedelta(days=4))],
        tickvals=[_iso(mid_month(stamp)) for stamp in named],
        ticktext=texts,
        hoverformat="%B %Y",
    )


def mid_month(month: date) -> pd.Timestamp:
    """Where a month's figure stands on the axis: in its middle, so that 11.11 falls on November's point."""
    return pd.Timestamp(month) + pd.Timedelta(days=14)


def add_labels(sheet: Sheet, labels: Sequence[Label], scale: Scale) -> None:
    """Put words at the right end of the plot, level with their values and a line's height apart."""
    per_pixel = (scale.high - scale.low) / max(sheet.room, 1)
    wanted = [(label.value - scale.low) / per_pixel for label in labels]
    heights = [LINE_HEIGHT * (label.text.count("<br>") + 1) for label in labels]
    for label, pixel in zip(labels, _apart(wanted, heights, sheet.room), strict=True):
        text = f"<b>{label.text}</b>" if label.strong else label.text
        font = {"size": LABEL_SIZE, "color": label.colour}
        write_beside(sheet, text, y=scale.low + pixel * per_pixel, xshift=7, font=font)


def write_beside(sheet: Sheet, text: str, *, y: float, xshift: int, **members: object) -> None:
    """Write a text to the right of the plot."""
    placed = {
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": xshift,
        "y": y,
        "yanchor": "middle",
        "align": "left",
    }
    sheet.write(text, **{**placed, **members})


def months_said(frame: pd.DataFrame, column: str, currency: str) -> str:
    """Each month of a frame with its amount, in words."""
    said = [
        f"{wording.month(month)} {wording.money_short(value, currency)}"
        for month, value in zip(frame["month"], frame[column], strict=True)
    ]
    return ", ".join(said) or "none on record"


def _apart(wanted: Sequence[float], heights: Sequence[int], room: float) -> list[float]:
    """Places near the wanted ones, so far apart that no two touch, and inside the plot as far as there is room."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places = list(wanted)
    floor = -LINE_HEIGHT / 2
    for index in order:
        places[index] = max(wanted[index], floor + heights[index] / 2)
        floor = places[index] + heights[index] / 2
    ceiling = room + LINE_HEIGHT / 2
    for index in reversed(order):
        places[index] = min(places[index], ceiling - heights[index] / 2)
        ceiling = places[index] - heights[index] / 2
    return places


def _reach(
    values: Sequence[float] | np.ndarray, least_top: float, steps: int, *, least_step: float = 0.0
) -> tuple[float, float, tuple[float, ...]]:
    """Low and high end of an axis that holds all values and zero with a little air, and its ticks."""
    top = float(np.nanmax(values, initial=least_top))
    least = float(np.nanmin(values, initial=0.0))
    if top <= 0 <= least:
        # Nothing but zeros: an axis that named another value would tell of one.
        return 0.0, 1.0, (0.0,)
    step = max(_step(max(top, -least), steps), least_step)
    low, high = least * HEADROOM, top * HEADROOM or step
    places = range(math.ceil(low / step), math.floor(high / step) + 1)
    return low, high, tuple(step * place for place in places)


def _step(top: float, steps: int) -> float:
    """The least round step of which `steps` reach the top."""
    if top <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(top / steps))
    return next(size * each for each in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if size * each * steps >= top * (1 - 1e-9))


@functools.cache
def _template(name: str) -> dict[str, Any]:
    template: dict[str, Any] = pio.templates[name].to_plotly_json()
    return template


def _sent(member: object) -> object:
    """An array as plotly.js reads it fastest, days as text; anything else as it is."""
    if not isinstance(member, np.ndarray):
        return member
    match member.dtype.kind:
        case "M":
            return np.datetime_as_string(member, unit="D").tolist()
        case "f" | "i":
            whole = {"dtype": "f8", "bdata": base64.b64encode(member.astype("<f8").tobytes()).decode("ascii")}
            return whole if member.ndim == 1 else {**whole, "shape": ", ".join(map(str, member.shape))}
        case _:
            return member.tolist()


def _iso(stamp: pd.Timestamp) -> str:
    return stamp.strftime("%Y-%m-%d")
