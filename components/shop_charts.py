"""How a shop serves and who buys as figures: vital signs, ratings, deliveries, buyers and hours.

Frames become figures. Nothing is grouped or added up here, so the number drawn is the number scored.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from components import findings, wording
from components.figure import BAD, GOOD, MUTED_TEXT, Drawing, Sheet, mid_month
from lending.signs import Sign

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
