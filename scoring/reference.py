"""What a shop is held against: the average of the approved applicants, and what is usual among its peers.

The average is in whole points: each feature's mean, rounded by the largest remainder, so that together they make the
rounded mean of all. So the gaps of a score add up exactly to its distance from the approved applicants' average.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from scoring.explained import Usual
from scoring.features import NAMES

LEAST_APPROVED = 30
"""With fewer approved applicants their average says little, and the card's own usual shop stands in for it."""
LEAST_PEERS = 8
EVERYBODY = ""
"""The group of all shops, where the category of a shop has too few."""


@dataclass(frozen=True, slots=True)
class PeerFigure:
    """What is usual of one feature in a group of shops."""

    median: float
    """In the feature's unit."""
    cases: int
    """Shops of the group that have the figure."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What shops of a day were like."""

    cases: int
    """Approved applicants behind `usual`; 0 where they were too few."""
    usual: Mapping[str, Usual]
    """By feature; empty where the approved applicants were too few."""
    peers: Mapping[str, Mapping[str, PeerFigure]]
    """By category, EVERYBODY among them, and feature."""

    def peer_figure(self, category: str | None, feature: str) -> tuple[str, PeerFigure] | None:
        """The group and what is usual in it: of the category where it has enough shops, else of all; None in none."""
        for group in (category or EVERYBODY, EVERYBODY):
            figure = self.peers.get(group, {}).get(feature)
            if figure is not None:
                return group, figure
        return None


NOTHING_KNOWN = Reference(0, {}, {})


def average(points: Mapping[str, Sequence[int]], values: Mapping[str, Sequence[float]]) -> tuple[int, dict[str, Usual]]:
    """The approved applicants' average: mean points and median value of each feature.

    Args:
        points: for each feature the points of every approved applicant, all as long as one another.
        values: for each feature the values of those who have one.

    Returns:
        How many they are and what is usual, by feature; 0 and nothing where they are fewer than LEAST_APPROVED.

    >>> cases, usual = average({"rating": [1, 2] * 20, "buyers": [2, 1] * 20}, {"rating": [4.0], "buyers": []})
    >>> cases, [each.points for each in usual.values()], usual["buyers"].value
    (40, [1, 2], None)
    """
    cases = min((len(each) for each in points.values()), default=0)
    if cases < LEAST_APPROVED:
        return 0, {}
    means = {name: Fraction(sum(each), cases) for name, each in points.items()}
    whole = _whole(means)
    return cases, {name: Usual(whole[name], _median(values.get(name, ()))) for name in means}


def _whole(means: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers that add up to the rounded sum of all: the largest remainders go up."""
    whole = {name: math.floor(mean) for name, mean in means.items()}
    missing = math.floor(sum(means.values(), Fraction(1, 2))) - sum(whole.values())
    by_remainder = sorted(means, key=lambda name: (whole[name] - means[name], name))
    for name in by_remainder[:missing]:
        whole[name] += 1
    return whole


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(np.asarray(values, dtype=float))) if len(values) else None


def peers_of(features: pd.DataFrame, categories: Sequence[str | None]) -> dict[str, dict[str, PeerFigure]]:
    """What is usual of each feature, in every category and among all.

    Args:
        features: a row per shop: of each feature a column of its name (float, NaN where missing).
        categories: of each shop, in the same order.

    Returns:
        By group and feature the median and how many shops have it; only of LEAST_PEERS or more.
    """
    groups = pd.Series(list(categories), index=features.index, dtype=object).fillna(EVERYBODY)
    columns = [name for name in NAMES if name in features]
    told = {EVERYBODY: _figures(features[columns])}
    for category, rows in features[columns].groupby(groups, sort=True):
        if category != EVERYBODY:
            told[str(category)] = _figures(rows)
    return {group: figures for group, figures in told.items() if figures}


def _figures(rows: pd.DataFrame) -> dict[str, PeerFigure]:
    cases = rows.notna().sum()
    return {
        str(name): PeerFigure(float(rows[name].median()), int(cases[name]))
        for name in rows.columns
        if cases[name] >= LEAST_PEERS
    }
