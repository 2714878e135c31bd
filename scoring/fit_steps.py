"""Step functions of log-odds on the way to a card: the prior, the blend, fewer bins, whole points.

A step function holds the log-odds of good that one feature gives in each fine bin (or category), the missing bin last.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from scoring.calibration import PER_POINT
from scoring.card import load_expert
from scoring.card_feature import ANY, CardFeature
from scoring.fit_table import ABSENT, LEAST_ROWS, Column
from scoring.validation import auc_of_counts

SPREAD = 1.2
"""Standard deviation of the log-odds of equal weights: what a card of middling worth has (AUC near .80)."""


def expert_feature(name: str) -> CardFeature | None:
    """What the expert card says of a feature; None where it does not know it."""
    return next((each for each in load_expert().features if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed of one feature before any outcome is known."""

    step: np.ndarray
    """Log-odds of good, centred on the mean of the rows."""
    level: float
    """What the centring took off: the mean of the expert card's points, as log-odds; 0 where it says nothing."""


def priors(columns: tuple[Column, ...], bad: np.ndarray) -> list[Prior]:
    """Of a feature that the expert card knows, its points.

    Of others with a sign, equal weights on the ranks made normal (Dawes 1979). Of those without, the direction and the
    weight that the column has by itself: up to that of one with a sign, which it reaches at an AUC of .75.
    """
    equal = {
        each.name: _ranked_steps(each, _weight(each, bad)) for each in columns if expert_feature(each.name) is None
    }
    spread = float(np.std(sum((equal[each.name][each.codes] for each in columns if each.name in equal), np.zeros(1))))
    found = []
    for column in columns:
        expert = expert_feature(column.name)
        if expert is None:
            step = equal[column.name] * (SPREAD / spread if spread > 0 else 0.0)
            found.append(Prior(centred(step, column.counts), 0.0))
        else:
            step = _expert_steps(column, expert)
            level = float(step[0] - centred(step, column.counts)[0])
            found.append(Prior(step - level, level))
    return found


def _expert_steps(column: Column, feature: CardFeature) -> np.ndarray:
    lower = np.array([-math.inf, *column.edges])
    points = np.array(feature.points)[np.searchsorted(np.array(feature.edges), lower, side="right")]
    return np.append(points, feature.missing[ANY]) * PER_POINT


def _weight(column: Column, bad: np.ndarray) -> float:
    if column.sign:
        return float(column.sign)
    if column.categories is not None:
        return 0.0
    value = single_auc(column, bad)
    return 0.0 if math.isnan(value) else max(-1.0, min(1.0, 4 * (value - 0.5)))


def single_auc(column: Column, bad: np.ndarray) -> float:
    """AUC of a column alone, missing values left out: of numbers where more is better, of text by shares of bad."""
    there = column.codes != ABSENT
    rows = np.bincount(column.codes[there], minlength=column.size)
    bads = np.bincount(column.codes[there], weights=bad[there], minlength=column.size)
    if column.categories is not None:
        order = np.argsort(-bads / np.maximum(rows, 1), kind="stable")
        rows, bads = rows[order], bads[order]
    return auc_of_counts(rows - bads, bads)


def _ranked_steps(column: Column, weight: float) -> np.ndarray:
    counts = column.counts[:-1].astype(float)
    middle = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1.0)
    normal = NormalDist()
    scores = [normal.inv_cdf(min(max(each, 1e-6), 1 - 1e-6)) for each in middle]
    return weight * np.array([*scores, 0.0])


def centred(step: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The step function less its mean over the rows."""
    return step - float((step * counts).sum() / counts.sum())


def merged(values: np.ndarray, weights: np.ndarray, most: int) -> np.ndarray:
    """The first fine bin of each of at most `most` neighbouring groups that lose least, in squares.

    Exact, by dynamic programming: Fisher 1958, "On grouping for maximum homogeneity".

    >>> merged(np.array([0.0, 0.1, 1.0, 1.1, 5.0]), np.ones(5), 3).tolist()
    [0, 2, 4]
    """
    size, most = len(values), min(most, len(values))
    sums = [np.concatenate([[0.0], np.cumsum(weights * values**power)]) for power in (0, 1, 2)]
    # loss[i, j] is that of one group from bin i up to, not including, bin j.
    weight, first, second = (each[None, :] - each[:, None] for each in sums)
    loss = np.where(np.tri(size + 1, dtype=bool), np.inf, second - first**2 / np.where(weight > 0, weight, 1.0))
    best = loss[0].copy()
    cuts = []
    for _ in range(most - 1):
        through = best[:, None] + loss
        cuts.append(through.argmin(axis=0))
        best = through.min(axis=0)
    starts, end = [], size
    for cut in reversed(cuts):
        end = int(cut[end])
        starts.append(end)
    return np.unique([0, *starts])


def grouped(values: np.ndarray, weights: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The weighted mean of each group of fine bins."""
    return np.add.reduceat(weights * values, starts) / np.add.reduceat(weights, starts)


def weights_of(counts: np.ndarray) -> np.ndarray:
    """Rows of the fine bins; one without any still has a say in where the groups begin."""
    return counts[:-1] + 1e-6


def missing_points(column: Column, learnt: int, points: np.ndarray, share: float) -> tuple[dict[str, int], bool]:
    """Points of the missing bin by reason, and whether the fit saw it.

    Where too few rows were missing, the expert card's points are taken, else those of the feature's worst bin. Where
    enough were, what the expert card says beyond its `any` is kept by as much as the fit holds to it.

    Args:
        column: the feature.
        learnt: points of the missing rows.
        points: of the other bins.
        share: of the blend that was learnt, the rest being prior.
    """
    expert = expert_feature(column.name)
    if column.counts[-1] < LEAST_ROWS:
        return (dict(expert.missing) if expert is not None else {ANY: int(points.min())}), False
    others = {} if expert is None else {why: each - expert.missing[ANY] for why, each in expert.missing.items()}
    shifted = {why: learnt + round((1 - share) * each) for why, each in others.items()}
    return {ANY: learnt, **shifted}, True


@dataclass(frozen=True, slots=True)
class Learnt:
    """Whole points of one feature, by fine bin or category."""

    column: Column
    starts: np.ndarray
    """First fine bin of each bin of the card."""
    points: np.ndarray
    """Of each bin of the card, or category."""
    missing: Mapping[str, int]
    missing_seen: bool

    @property
    def by_code(self) -> np.ndarray:
        """Points of each fine bin or category, the missing bin last, where ABSENT finds it."""
        if self.column.categories is not None:
            return np.append(self.points, self.missing["any"])
        group = np.searchsorted(self.starts, np.arange(self.column.size), side="right") - 1
        return np.append(self.points[group], self.missing["any"])


def in_whole_points(column: Column, step: np.ndarray, max_bins: int, share: float) -> Learnt:
    """The step function in few bins and whole points."""
    if column.categories is None:
        weights = weights_of(column.counts)
        starts = merged(step[:-1], weights, max_bins)
        points = np.round(grouped(step[:-1], weights, starts) / PER_POINT).astype(np.int64)
        different = np.concatenate([[True], np.diff(points) != 0])
        starts, points = starts[different], points[different]
    else:
        starts, points = np.arange(column.size), np.round(step[:-1] / PER_POINT).astype(np.int64)
    missing, seen = missing_points(column, round(float(step[-1]) / PER_POINT), points, share)
    return Learnt(column, starts, points, missing, seen)


def points_of(learnt: list[Learnt], columns: tuple[Column, ...]) -> np.ndarray:
    """Sum of the points of the rows of `columns`, without the base."""
    codes = {column.name: column.codes for column in columns}
    total = np.zeros(len(columns[0].codes), dtype=np.int64)
    for each in learnt:
        total += each.by_code[codes[each.column.name]]
    return total
