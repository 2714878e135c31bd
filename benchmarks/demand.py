"""Fits the curve of who walks away at which rate, and says how far it is from the shares it was fitted to.

`python -m benchmarks.demand` reads the shares that a bank published (`../shared/data/rate_churn.csv`: a yearly rate,
and the share of borrowers of grade A, B and C who walked away at it) and prints the parameters that stand in
`lending/policy_1.json`. Nothing is stored.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from lending.demand import DemandCurve, walk_away_share

PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "data" / "rate_churn.csv"
MOST_HALVING_BPS = 2_000


def published(path: Path) -> pd.DataFrame:
    """The published shares: a row per rate, rate_bps (int64), and the share who walk away by grade (float64)."""
    table = pd.read_csv(path)
    rates = (table.pop("annual_rate") * 10_000).round().astype("int64")
    table.columns = [name.removeprefix("churn_grade_").upper() for name in table.columns]
    table.insert(0, "rate_bps", rates)
    return table


def fit(shares: pd.DataFrame) -> DemandCurve:
    """The curve with the least squares over all grades; it begins at the highest rate that turned nobody away."""
    grades = shares.drop(columns="rate_bps")
    accepted = int(shares.loc[(grades == 0).all(axis=1), "rate_bps"].max())
    curves = [DemandCurve(accepted, halving) for halving in range(1, MOST_HALVING_BPS)]
    return min(curves, key=lambda curve: float((deviations(curve, shares) ** 2).to_numpy().sum()))


def deviations(curve: DemandCurve, shares: pd.DataFrame) -> pd.DataFrame:
    """Fitted less published, by rate and grade, as shares."""
    fitted = np.array([walk_away_share(curve, int(rate)) for rate in shares["rate_bps"]])
    return -shares.drop(columns="rate_bps").sub(fitted, axis=0)


def main() -> int:
    """Fit, and print the parameters and the largest deviation of each grade; 1 without the published shares."""
    if not PUBLISHED.exists():
        print(f"The published shares are not there: {PUBLISHED}", file=sys.stderr)
        return 1
    shares = published(PUBLISHED)
    curve = fit(shares)
    print(f"accepted_bps {curve.accepted_bps}, halving_bps {curve.halving_bps}, over {shares.shape[0]} rates")
    for grade, gaps in deviations(curve, shares).items():
        at = int(gaps.abs().idxmax())
        print(f"grade {grade}: mean {gaps.mean():+.3f}, largest {gaps[at]:+.3f} at {shares['rate_bps'][at]} bps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
