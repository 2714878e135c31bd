"""How well a score ranks and how true its probability is.

AUC, its interval and the interval of a difference follow DeLong, DeLong and Clarke-Pearson 1988, in the fast form of
Sun and Xu 2014. Over folds the AUC is the mean of the folds', each of one model alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

CERTAINTY = 0.95
ECE_BINS = 10
WIDTH = float(norm.ppf((1 + CERTAINTY) / 2))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval of 95 %, over the rows that were tested."""

    value: float
    low: float
    high: float


def auc(scores: Sequence[np.ndarray], bad: Sequence[np.ndarray]) -> Estimate:
    """Area under the curve of scores that are higher where the risk is higher, one array for each fold."""
    folds = [_delong(np.vstack([score]), outcome) for score, outcome in zip(scores, bad, strict=True)]
    return _estimate([areas[0] for areas, _ in folds], [spread[0, 0] for _, spread in folds])


def auc_difference(one: Sequence[np.ndarray], other: Sequence[np.ndarray], bad: Sequence[np.ndarray]) -> Estimate:
    """The AUC of one score less that of another over the same rows."""
    folds = [_delong(np.vstack(pair), outcome) for *pair, outcome in zip(one, other, bad, strict=True)]
    variances = [spread[0, 0] + spread[1, 1] - 2 * spread[0, 1] for _, spread in folds]
    return _estimate([areas[0] - areas[1] for areas, _ in folds], variances)


def _estimate(values: Sequence[float], variances: Sequence[float]) -> Estimate:
    value = float(np.mean(values))
    half = WIDTH * float(np.sqrt(max(sum(variances), 0.0))) / len(values)
    return Estimate(value, value - half, value + half)


def _delong(scores: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas of the scores (one a row) and their covariance; ties count half."""
    is_bad = bad.astype(bool)
    bads, goods = int(is_bad.sum()), int((~is_bad).sum())
    among_all = rankdata(scores, axis=1)
    of_bad = (among_all[:, is_bad] - rankdata(scores[:, is_bad], axis=1)) / goods
    of_good = 1 - (among_all[:, ~is_bad] - rankdata(scores[:, ~is_bad], axis=1)) / bads
    return of_bad.mean(axis=1), np.atleast_2d(np.cov(of_bad)) / bads + np.atleast_2d(np.cov(of_good)) / goods


def ks(scores: np.ndarray, bad: np.ndarray) -> float:
    """Kolmogorov-Smirnov: the widest gap between the shares of bad and of good up to a score."""
    order = np.argsort(scores, kind="stable")
    last_of_tie = np.append(np.diff(scores[order]) > 0, True)
    share_bad = np.cumsum(bad[order]) / bad.sum()
    share_good = np.cumsum(1 - bad[order]) / (1 - bad).sum()
    return float(np.abs(share_bad - share_good)[last_of_tie].max())


def brier(probability: np.ndarray, bad: np.ndarray) -> float:
    """Mean square of the probability's distance from the outcome."""
    return float(np.mean((probability - bad) ** 2))


def ece(probability: np.ndarray, bad: np.ndarray) -> float:
    """Expected calibration error: in ten bins of about as many rows, the mean gap of probability and share of bad."""
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, ECE_BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, probability, side="left")
    gaps = np.bincount(bins, weights=probability - bad)
    return float(np.abs(gaps).sum() / len(bad))
