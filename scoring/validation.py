"""How well points tell good from bad, how true the probabilities are, and how far two sets of shops lie apart.

Plain numpy. `points` are more where less harm is expected; `bad` is 1 where it came to harm, else 0.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from scoring.card import Card

PARTS = 10
DRAWS = 200
Z95 = 1.959963984540054
EXACT_BELOW = 9.0
"""Below this variance of the number of bad the normal approximation is off, and the exact tail is told too."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GradeCalibration:
    """What a grade forecast, and what came."""

    grade: str
    rows: int
    bad: int
    forecast_share: float
    """Mean forecast probability of default."""
    low_share: float
    """Of the share that went bad, the 95 % interval by Wilson."""
    high_share: float
    z: float | None
    """Bad less expected, in standard deviations; None without variance."""
    exact_share: float | None
    """P(as many bad or more) by the binomial; only where the normal is not good enough."""


@dataclass(frozen=True, slots=True)
class Validation:
    """A card held against outcomes."""

    rows: int
    bad: int
    auc: Interval
    ks: float
    brier: float
    ece: float
    grades: tuple[GradeCalibration, ...]
    psi: float | None
    """Of the points against those of another time; None where none was given."""
    psi_noise: float | None
    """What PSI would be, on average, of two draws from one and the same distribution."""

    def as_json(self) -> dict[str, object]:
        """Plain values, for canonical JSON."""
        return asdict(self)


def validate(
    card: Card, features: pd.DataFrame, bad: pd.Series, *, before: pd.DataFrame | None = None, seed: int = 0
) -> Validation:
    """A card on shops whose outcomes are known.

    Args:
        card: the card.
        features: its features, a row per shop.
        bad: 1 or 0 per row of `features`.
        before: features of another time, to which the points are compared by PSI.
        seed: of the bootstrap.
    """
    scored = card.score(features)
    points, outcome = scored["points"].to_numpy(), bad.to_numpy(dtype=np.int64)
    share = scored["default_probability"].to_numpy()
    psi = noise = None
    if before is not None:
        edges = part_edges(card.score(before)["points"].to_numpy())
        counts = [part_counts(each, edges) for each in (card.score(before)["points"].to_numpy(), points)]
        psi, noise = stability_index(*counts), stability_noise(*counts)
    return Validation(
        rows=len(points),
        bad=int(outcome.sum()),
        auc=auc_interval(points, outcome, seed=seed),
        ks=kolmogorov_smirnov(points, outcome),
        brier=brier(share, outcome),
        ece=calibration_error(share, outcome),
        grades=by_grade([grade for grade, _ in card.grades], scored["grade"].to_numpy(), share, outcome),
        psi=psi,
        psi_noise=noise,
    )


def _counts(points: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Good and bad at each value of the points, ascending."""
    known, place = np.unique(points, return_inverse=True)
    bads = np.bincount(place, weights=bad, minlength=len(known))
    return np.bincount(place, minlength=len(known)) - bads, bads


def auc(points: np.ndarray, bad: np.ndarray) -> float:
    """Chance that a good one has more points than a bad one, a tie counting half; NaN without both.

    Source: Hanley and McNeil 1982; Mann and Whitney's U divided by the number of pairs.

    >>> auc(np.array([1, 2, 2, 3]), np.array([1, 1, 0, 0]))
    0.875
    """
    return auc_of_counts(*_counts(points, bad))


def auc_of_counts(good: np.ndarray, bad: np.ndarray) -> float:
    """The same from the good and the bad at each number of points, ascending."""
    pairs = good.sum() * bad.sum()
    below = np.cumsum(bad, axis=-1) - bad
    return float((good * (below + bad / 2)).sum() / pairs) if pairs else math.nan


def auc_interval(points: np.ndarray, bad: np.ndarray, *, seed: int, draws: int = DRAWS) -> Interval:
    """AUC with the bootstrap's 95 % interval: good and bad drawn anew, each from its own.

    Source: Efron and Tibshirani 1993, percentile interval. The draws are of counts per value of the points, which is
    the same as drawing rows, and fast.
    """
    good, bads = _counts(points, bad)
    value = auc_of_counts(good, bads)
    if math.isnan(value):
        return Interval(value, value, value)
    chance = np.random.default_rng(seed)
    found = [
        auc_of_counts(
            chance.multinomial(int(good.sum()), good / good.sum()),
            chance.multinomial(int(bads.sum()), bads / bads.sum()),
        )
        for _ in range(draws)
    ]
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def kolmogorov_smirnov(points: np.ndarray, bad: np.ndarray) -> float:
    """Largest distance between the shares of bad and of good at or below any number of points.

    >>> kolmogorov_smirnov(np.array([1, 2, 2, 3]), np.array([1, 1, 0, 0]))
    0.5
    """
    good, bads = _counts(points, bad)
    if not good.sum() or not bads.sum():
        return math.nan
    return float(np.abs(np.cumsum(bads) / bads.sum() - np.cumsum(good) / good.sum()).max())


def brier(share: np.ndarray, bad: np.ndarray) -> float:
    """Mean squared distance of forecast and outcome. Source: Brier 1950.

    >>> brier(np.array([0.5, 0.0]), np.array([1, 0]))
    0.125
    """
    return float(np.mean((share - bad) ** 2))


def calibration_error(share: np.ndarray, bad: np.ndarray) -> float:
    """Mean distance of forecast and outcome over ten parts of equally many rows, weighted by their rows (ECE).

    Rows of one forecast stay in one part. Source: Naeini, Cooper and Hauskrecht 2015, with equal-mass parts.
    """
    ordered = np.sort(share)
    edges = np.unique(ordered[[len(ordered) * part // PARTS for part in range(1, PARTS)]])
    place = np.searchsorted(edges, share, side="right")
    distance = np.bincount(place, weights=share - bad, minlength=len(edges) + 1)
    return float(np.abs(distance).sum() / len(share))


def by_grade(
    grades: Sequence[str], grade: np.ndarray, share: np.ndarray, bad: np.ndarray
) -> tuple[GradeCalibration, ...]:
    """Forecast and outcome of each grade that has a row, in the order of `grades`."""
    found = []
    for name in grades:
        here = grade == name
        rows, bads = int(here.sum()), int(bad[here].sum())
        if not rows:
            continue
        forecast = float(share[here].mean())
        low, high = share_interval(bads, rows)
        z, exact = grade_test(rows, bads, forecast)
        found.append(GradeCalibration(name, rows, bads, forecast, low, high, z, exact))
    return tuple(found)


def grade_test(rows: int, bad: int, forecast_share: float) -> tuple[float | None, float | None]:
    """The distance of the bad from the expected in standard deviations, and the exact P(as many or more).

    The second is told where the variance n * PD * (1 - PD) is below 9. Source: WORKED.md, W24.

    >>> z, exact = grade_test(400, 18, 0.03)
    >>> round(z, 6), exact
    (1.758631, None)
    """
    variance = rows * forecast_share * (1 - forecast_share)
    z = (bad - rows * forecast_share) / math.sqrt(variance) if variance > 0 else None
    return z, binomial_tail(rows, bad, forecast_share) if variance < EXACT_BELOW else None


def binomial_tail(rows: int, bad: int, share: float) -> float:
    """P(D >= bad) of a binomial with so many rows.

    Source: WORKED.md, W24.

    >>> round(binomial_tail(400, 18, 0.03), 6)
    0.060065
    """
    if bad <= 0:
        return 1.0
    if share <= 0 or bad > rows:
        return 0.0
    if share >= 1:
        return 1.0
    logs = (
        math.lgamma(rows + 1) - math.lgamma(each + 1) - math.lgamma(rows - each + 1)
        + each * math.log(share) + (rows - each) * math.log1p(-share)
        for each in range(bad, rows + 1)
    )  # fmt: skip
    return min(math.fsum(math.exp(each) for each in logs), 1.0)


def share_interval(bad: int, rows: int) -> tuple[float, float]:
    """95 % interval of a share. Source: Wilson 1927.

    >>> [round(each, 4) for each in share_interval(1, 10)]
    [0.0179, 0.4042]
    """
    if not rows:
        return 0.0, 1.0
    share, z2 = bad / rows, Z95**2
    middle = share + z2 / (2 * rows)
    half = Z95 * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows**2))
    return max((middle - half) / (1 + z2 / rows), 0.0), min((middle + half) / (1 + z2 / rows), 1.0)


def part_edges(points: np.ndarray) -> np.ndarray:
    """The edges that cut points into up to ten parts of about equally many rows."""
    ordered = np.sort(points)
    return np.unique(ordered[[len(ordered) * part // PARTS for part in range(1, PARTS)]])


def part_counts(points: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Rows below the first edge, from it on, and so on."""
    return np.bincount(np.searchsorted(edges, points, side="right"), minlength=len(edges) + 1)


def stability_index(before: np.ndarray, after: np.ndarray) -> float:
    """Population stability index of two rows of counts; half a row is added to each, so that none is empty.

    Source: Siddiqi 2006: sum of (after - before) * ln(after / before) over the shares.

    >>> round(stability_index(np.array([499.5, 499.5]), np.array([699.5, 299.5])), 6)
    0.16946
    """
    one, two = (before + 0.5) / (before + 0.5).sum(), (after + 0.5) / (after + 0.5).sum()
    return float(((two - one) * np.log(two / one)).sum())


def stability_noise(before: np.ndarray, after: np.ndarray) -> float:
    """The index that two draws from one distribution have on average: (parts - 1) * (1 / n + 1 / m).

    Source: Yurdakul and Naranjo 2020: PSI is nearly chi-squared with parts - 1 degrees of freedom, times 1/n + 1/m.

    >>> stability_noise(np.array([50, 50]), np.array([100, 100]))
    0.015
    """
    return (len(before) - 1) * (1 / float(before.sum()) + 1 / float(after.sum()))
