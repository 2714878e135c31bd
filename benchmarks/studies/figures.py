"""How well a score ranks, and how much better than another over the same rows, with intervals of 95 %.

They follow DeLong, DeLong and Clarke-Pearson 1988, in the fast form of Sun and Xu 2014. Over folds the AUC is the mean
of the folds', each of one model alone.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from scoring.validation import Z95, Interval


def auc(scores: Sequence[np.ndarray], bad: Sequence[np.ndarray]) -> Interval:
    """Area under the curve of scores that are higher where the risk is higher, one array for each fold."""
    folds = [_delong(np.vstack([score]), outcome) for score, outcome in zip(scores, bad, strict=True)]
    return _interval([areas[0] for areas, _ in folds], [spread[0, 0] for _, spread in folds])


def auc_difference(one: Sequence[np.ndarray], other: Sequence[np.ndarray], bad: Sequence[np.ndarray]) -> Interval:
    """The AUC of one score less that of another over the same rows."""
    folds = [_delong(np.vstack(pair), outcome) for *pair, outcome in zip(one, other, bad, strict=True)]
    variances = [spread[0, 0] + spread[1, 1] - 2 * spread[0, 1] for _, spread in folds]
    return _interval([areas[0] - areas[1] for areas, _ in folds], variances)


def _interval(values: Sequence[float], variances: Sequence[float]) -> Interval:
    value = float(np.mean(values))
    half = Z95 * float(np.sqrt(max(sum(variances), 0.0))) / len(values)
    return Interval(value, value - half, value + half)


def _delong(scores: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Areas of the scores (one a row) and their covariance; ties count half."""
    is_bad = bad.astype(bool)
    bads, goods = int(is_bad.sum()), int((~is_bad).sum())
    among_all = rankdata(scores, axis=1)
    of_bad = (among_all[:, is_bad] - rankdata(scores[:, is_bad], axis=1)) / goods
    of_good = 1 - (among_all[:, ~is_bad] - rankdata(scores[:, ~is_bad], axis=1)) / bads
    return of_bad.mean(axis=1), np.atleast_2d(np.cov(of_bad)) / bads + np.atleast_2d(np.cov(of_good)) / goods
