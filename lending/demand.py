"""How many borrowers a rate turns away, and at which rate an application is worth most to the lender.

Information for whoever sets a rate: nothing here sets one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

# Of the rates at which a curve is drawn; it bends so little that straight lines between them stay on it.
STEP_BPS = 25


@dataclass(frozen=True, slots=True)
class DemandCurve:
    """Those who stay halve with each further step of the rate: two figures describe it."""

    accepted_bps: int
    """Up to this yearly rate nobody walks away."""
    halving_bps: int
    """Each so many basis points above it halve those who stay."""


def walk_away_share(curve: DemandCurve, rate_bps: int) -> float:
    """The share of approved borrowers who do not take the loan at a yearly rate, from 0 to 1; it never falls.

    One curve for all grades, since a bank's published shares hardly tell them apart; see docs/lending-policy.md.

    Source: an exponential survival curve, the simplest that starts at no loss and ends at all; its parameters are
    fitted by `python -m benchmarks.demand`.

    >>> curve = DemandCurve(accepted_bps=400, halving_bps=300)
    >>> walk_away_share(curve, 350), walk_away_share(curve, 700), walk_away_share(curve, 1000)
    (0.0, 0.5, 0.75)
    """
    return 1.0 - float(_staying(curve, np.array([rate_bps]))[0])


def best_rate_bps(curve: DemandCurve, *, break_even_bps: int, legal_cap_bps: int) -> int | None:
    """The yearly rate up to the cap at which an application brings most: share who stay × margin over break-even.

    Who walks away is taken to be as good a risk as who stays. In life the better ones walk first, so the rate at
    which most is earned lies lower, if anything.

    Returns:
        Whole basis points, the lowest of equally good ones; None where no rate under the cap leaves a margin.

    Source: the maximum of 2^(−(r − accepted) ÷ halving) × (r − break-even), which lies halving ÷ ln 2 above
    break-even unless the cap or the accepted rate cut it off; found by trying each basis point.

    >>> best_rate_bps(DemandCurve(400, 346), break_even_bps=500, legal_cap_bps=1200)
    999
    """
    rates = np.arange(break_even_bps + 1, legal_cap_bps + 1)
    if not rates.size:
        return None
    return int(rates[np.argmax(_staying(curve, rates) * (rates - break_even_bps))])


def demand_table(curve: DemandCurve, *, break_even_bps: int, legal_cap_bps: int) -> pd.DataFrame:
    """The curve from the accepted rate to the legal cap.

    Returns:
        A row per rate, rising: rate_bps (int64), walk_away_share (float64, 0-1), margin_bps (int64: the rate over
        break-even), kept_margin_bps (float64: that margin × the share who stay, per application).
    """
    lowest = min(curve.accepted_bps, legal_cap_bps)
    rates = np.unique(np.append(np.arange(lowest, legal_cap_bps, STEP_BPS), legal_cap_bps)).astype("int64")
    staying, margin = _staying(curve, rates), rates - break_even_bps
    return pd.DataFrame(
        {
            "rate_bps": rates,
            "walk_away_share": 1.0 - staying,
            "margin_bps": margin,
            "kept_margin_bps": staying * margin,
        }
    )


def _staying(curve: DemandCurve, rates_bps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    above = np.maximum(rates_bps - curve.accepted_bps, 0)
    staying: npt.NDArray[np.float64] = np.exp2(-above / curve.halving_bps)
    return staying
