"""The validation report of a model: one page in HTML that opens without a network, charts by Plotly.

Kept in the register without Plotly's own script, which is put in when the page is written to a file.
"""

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

SCRIPT = "<!-- plotly -->"
SUBJECT, COMPARISON, BAD, GRID = "#1F5C4D", "#8C857A", "#A8240F", "#E9E3D5"
HEIGHT_PX = 320
STYLE = (
    "body{font:15px/1.5 sans-serif;color:#191713;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{padding:.25rem .9rem;border-bottom:1px solid #DDD7CB;"
    "text-align:right}td:first-child,th:first-child{text-align:left}caption,.note{color:#655F55;text-align:left}"
)


def page(name: str, kind: str, model_hash: str, told: dict[str, Any], curves: dict[str, Any]) -> str:
    """The report of a model, without Plotly's script.

    Args:
        name: of the model.
        kind: "card" or "boosting".
        model_hash: SHA-256 of its text.
        told: its validation as JSON has it: rows, bad, auc {value, low, high}, ks, brier, ece, and of a card grades.
        curves: `roc` (two lists of shares), `good` and `bad` (default probabilities of the loans of each kind).
    """
    figures = [
        ("How well it tells bad loans from good ones", _roc(curves["roc"], told["auc"])),
        ("Default probabilities of good and of bad loans", _spread(curves["good"], curves["bad"])),
    ]
    if told.get("grades"):
        figures.insert(1, ("Forecast and outcome by grade", _calibration(told["grades"])))
    body = [
        f"<h1>{html.escape(name)}</h1>",
        f'<p class="note">{html.escape(kind)}, {html.escape(model_hash)}</p>',
        f"<p>{told['rows']:,} loans, {told['bad']:,} of them bad. Only loans that were made are known: of those that "
        "were declined nobody knows how they would have gone.</p>",
        _headline(told),
        *(f"<h2>{title}</h2>{to_html(figure, include_plotlyjs=False, full_html=False)}" for title, figure in figures),
        _grades(told.get("grades", [])),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(name)}</title>'
        f"<style>{STYLE}</style>{SCRIPT}</head><body>{''.join(body)}</body></html>"
    )


def whole_page(report: str) -> str:
    """The report with Plotly's script in it, so that it needs no network."""
    return report.replace(SCRIPT, f"<script>{get_plotlyjs()}</script>")


def _headline(told: dict[str, Any]) -> str:
    auc = told["auc"]
    rows = [
        ("AUC", f"{auc['value']:.3f} ({auc['low']:.3f}–{auc['high']:.3f})"),
        ("KS", f"{told['ks']:.3f}"),
        ("Brier", f"{told['brier']:.4f}"),
        ("ECE", f"{told['ece']:.4f}"),
    ]
    if told.get("psi") is not None:
        rows.append(("PSI against the fit (its noise)", f"{told['psi']:.3f} ({told['psi_noise']:.3f})"))
    return _table(("figure", "value"), rows)


def _grades(grades: Sequence[dict[str, Any]]) -> str:
    if not grades:
        return ""
    rows = [
        (
            each["grade"], f"{each['rows']:,}", f"{each['bad']:,}", f"{each['forecast_share']:.1%}",
            f"{each['low_share']:.1%}–{each['high_share']:.1%}",
            "–" if each["z"] is None else f"{each['z']:.2f}",
            "–" if each["exact_share"] is None else f"{each['exact_share']:.3f}",
        )
        for each in grades
    ]  # fmt: skip
    heads = ("grade", "loans", "bad", "forecast", "bad share, 95%", "z", "chance of so many or more")
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{html.escape(str(each))}</th>" for each in heads)
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{lines}</table>"


def _roc(roc: tuple[list[float], list[float]], auc: dict[str, float]) -> go.Figure:
    figure = _figure("share of good loans below", "share of bad loans below")
    figure.add_scatter(x=roc[0], y=roc[1], mode="lines", line={"color": SUBJECT}, name=f"AUC {auc['value']:.3f}")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": COMPARISON, "dash": "dot"}, name="chance")
    return figure


def _calibration(grades: Sequence[dict[str, Any]]) -> go.Figure:
    known = [each for each in grades if each["rows"]]
    observed = np.array([each["bad"] / each["rows"] for each in known])
    low, high = (np.array([each[name] for each in known]) for name in ("low_share", "high_share"))
    figure = _figure("grade", "share of bad loans")
    names = [each["grade"] for each in known]
    figure.add_scatter(
        x=names, y=observed, mode="markers", name="outcome", marker={"color": SUBJECT, "size": 9},
        error_y={"type": "data", "symmetric": False, "array": high - observed, "arrayminus": observed - low},
    )  # fmt: skip
    figure.add_scatter(
        x=names, y=[each["forecast_share"] for each in known], mode="markers", name="forecast",
        marker={"color": BAD, "symbol": "line-ew-open", "size": 16},
    )  # fmt: skip
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def _spread(good: Sequence[float], bad: Sequence[float]) -> go.Figure:
    figure = _figure("default probability", "share of loans")
    for name, values, colour in (("good", good, COMPARISON), ("bad", bad, BAD)):
        counts, edges = np.histogram(values, bins=30, range=(0, max([*good, *bad, 0.01])))
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2, y=counts / max(len(values), 1), mode="lines", name=name,
            line={"color": colour, "shape": "hvh"},
        )  # fmt: skip
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    return figure


def _figure(across: str, upwards: str) -> go.Figure:
    figure = go.Figure()
    figure.update_layout(
        height=HEIGHT_PX, template="none", margin={"l": 60, "r": 10, "t": 10, "b": 45}, plot_bgcolor="white",
        legend={"orientation": "h", "y": 1.12},
    )  # fmt: skip
    figure.update_xaxes(title=across, gridcolor=GRID, zeroline=False)
    figure.update_yaxes(title=upwards, gridcolor=GRID, zeroline=False)
    return figure
