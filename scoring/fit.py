"""Fits a points card to outcomes: boosted main effects, drawn towards a prior, in few bins and whole points.

A boosting of stumps that may not interact is a sum of one step function per feature, so it is a points card
(Lou, Caruana and Gehrke 2012; SCORING.md). Signs are kept in each split and survive blending, merging and rounding.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scoring.calibration import base_points
from scoring.card import Card
from scoring.fit_steps import Learnt, centred, in_whole_points, points_of, priors
from scoring.fit_table import ABSENT, Column, Table, WrongLimit, read_table
from scoring.fitted_card import fitted_card

FOLDS = 5
PRIOR_BADS = 40
"""The prior weighs as much as so many bad do. `python -m benchmarks.few_bads` measured it on real borrowers, and beside
it a boosting that learns from rows of the prior too. That reached a little more with 10 and 20 bad, but it takes three
times as long, and does not give back the expert card where nothing is learnt."""
SOME_BADS, MANY_BADS = 500, 1_000
"""From 500 on it learns for longer; from 1,000 on a fifth of the rows is enough to hold out."""
ROUNDS = ((SOME_BADS, 100, 0.1), (MANY_BADS, 200, 0.1), (5_000, 120, 0.15), (None, 200, 0.2))
"""Below so many bad: rounds of boosting, and how much each learns. More bad bear more learning."""
CATEGORY_BADS = 2
"""A category starts from the mean of all rows as if so many bad had been seen in it already."""


def fit_card(
    features: pd.DataFrame,
    bad: pd.Series,
    signs: dict[str, int] | None = None,
    *,
    max_bins: int = 12,
    max_features: int = 15,
    seed: int = 0,
) -> Card:
    """A points card learnt from outcomes.

    Args:
        features: a row per loan or shop; the columns of scoring.features.compute, or any others. Numbers, truth values
            and text are read, see scoring.fit_table.read_table.
        bad: 1 (or True) where the row went bad, else 0, with the index of `features`.
        signs: per column 1 where more is better, -1 where less is, 0 where either may be. A shop feature that is not
            named has its own sign; others are free.
        max_bins: of each feature of numbers, the missing bin not counted.
        max_features: the weightiest are kept.
        seed: of the parts held out, and of the bootstrap.

    Returns:
        The card. The same records, in any order, and the same seed give the same hash. `provenance` tells rows and
        bad, what was dropped, alarms, how sure the card is, and what its points reached on records held out.

    Raises:
        scoring.fit_table.FitError: its subclasses name what is wrong with the records.
    """
    if max_bins < 2 or max_features < 1:
        raise WrongLimit("A card has at least two bins and one feature.")
    table = read_table(features, bad, signs)
    limits = (max_bins, max_features)
    learnt = _learn(table.columns, table.bad, *limits)
    base = base_points(points_of(learnt, table.columns), table.bad)
    return fitted_card(table, learnt, base, *_held_out(table, limits, seed), seed=seed)


def _learn(columns: tuple[Column, ...], bad: np.ndarray, max_bins: int, max_features: int) -> list[Learnt]:
    """The points of the weightiest features, from the rows that the columns hold."""
    steps = boost(columns, bad)
    if len(columns) > max_features:
        weight = [
            float((centred(step, column.counts) ** 2 * column.counts).sum())
            for step, column in zip(steps, columns, strict=True)
        ]
        kept = sorted(np.argsort(weight, kind="stable")[::-1][:max_features])
        columns = tuple(columns[place] for place in kept)
        steps = boost(columns, bad)
    share = int(bad.sum()) / (int(bad.sum()) + PRIOR_BADS)
    return [
        in_whole_points(
            column, share * centred(step, column.counts) + (1 - share) * prior.step + prior.level, max_bins, share
        )
        for column, step, prior in zip(columns, steps, priors(columns, bad), strict=True)
    ]


def boost(columns: tuple[Column, ...], bad: np.ndarray) -> list[np.ndarray]:
    """One step function of log-odds of good per column; flat ones where all rows are good, or all bad."""
    if not 0 < bad.sum() < len(bad):
        return [np.zeros(column.size + 1) for column in columns]
    probes = [_probe_values(column, bad) for column in columns]
    rows = np.column_stack([_seen_values(column, bad) for column in columns])
    signs = [1 if column.categories is not None else column.sign for column in columns]
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    # One thread: the last digits of a sum never hang on how many cores there are, and threads that wait for one
    # another on a busy machine made the fit five times as slow.
    with threadpool_limits(1, user_api="openmp"):
        model = booster(int(bad.sum()), len(bad), signs).fit(rows, 1 - bad)
        return step_functions(model, probes)[1]


def booster(bads: int, rows: int, signs: list[int]) -> Any:  # noqa: ANN401
    """The additive booster for so many rows with so many bad."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    rounds, rate = next((many, each) for below, many, each in ROUNDS if below is None or bads < below)
    return HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        max_leaf_nodes=3,
        learning_rate=rate,
        max_iter=rounds,
        min_samples_leaf=5 if bads < MANY_BADS else max(20, rows // 1000),
        l2_regularization=5.0,
        max_bins=255,
        early_stopping=False,
        monotonic_cst=signs,
        random_state=0,
    )


def step_functions(model: Any, probes: list[np.ndarray]) -> tuple[float, list[np.ndarray]]:  # noqa: ANN401
    """An additive model as a constant and one step function per column.

    Without interactions, moving one column moves the prediction by that column's step function alone, whatever the
    others are. So the model is asked at one row, and at that row with each value of each column in turn.

    Args:
        model: a fitted HistGradientBoostingClassifier without interactions.
        probes: per column the values asked for, the missing one last; the first stands in the row held fast.
    """
    fixed = np.array([values[0] for values in probes])
    rows = np.tile(fixed, (1 + sum(len(values) for values in probes), 1))
    first = 1
    for place, values in enumerate(probes):
        rows[first : first + len(values), place] = values
        first += len(values)
    found = model.decision_function(rows)
    ends = np.cumsum([len(values) for values in probes])
    return float(found[0]), np.split(found[1:] - found[0], ends[:-1])


def _probe_values(column: Column, bad: np.ndarray) -> np.ndarray:
    """What the booster knows each fine bin or category by, the missing one last."""
    if column.categories is None:
        return np.append(np.arange(column.size, dtype=float), np.nan)
    return np.append(_category_log_odds(column.codes, bad, column.size), np.nan)


def _seen_values(column: Column, bad: np.ndarray) -> np.ndarray:
    """What the booster sees of each row. A category's log-odds are those of the other folds: a row does not see its
    own outcome, or each rare category would seem to tell it.
    """
    if column.categories is None:
        return np.where(column.codes == ABSENT, np.nan, column.codes.astype(float))
    found = np.full(len(bad), np.nan)
    fold = np.arange(len(bad)) % FOLDS
    for each in range(FOLDS):
        there, others = fold == each, fold != each
        log_odds = np.append(_category_log_odds(column.codes[others], bad[others], column.size), np.nan)
        found[there] = log_odds[column.codes[there]]
    return found


def _category_log_odds(codes: np.ndarray, bad: np.ndarray, size: int) -> np.ndarray:
    """Log-odds of good of each category, drawn towards those of all rows."""
    share = (bad.sum() + 0.5) / (len(bad) + 1)
    known = codes != ABSENT
    rows = np.bincount(codes[known], minlength=size)
    bads = np.bincount(codes[known], weights=bad[known], minlength=size)
    drawn = (bads + CATEGORY_BADS) / (rows + CATEGORY_BADS / share)
    log_odds: np.ndarray = np.log((1 - drawn) / drawn)
    return log_odds


def _held_out(table: Table, limits: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points of rows that had no say in them, and their outcomes: of a fifth where bad are many, else of all."""
    chance = np.random.default_rng(seed)
    fold = np.empty(len(table.bad), dtype=np.int64)
    for outcome in (0, 1):
        here = np.flatnonzero(table.bad == outcome)
        # Good and bad begin at another fold each, so that of two rows one is left to learn from.
        fold[chance.permutation(here)] = (np.arange(len(here)) + outcome) % FOLDS
    points, bad = [], []
    for each in range(1 if table.bad.sum() >= MANY_BADS else FOLDS):
        rest, held = np.flatnonzero(fold != each), np.flatnonzero(fold == each)
        if not len(held):
            continue
        columns = _of_rows(table.columns, rest)
        learnt = _learn(columns, table.bad[rest], *limits)
        base = base_points(points_of(learnt, columns), table.bad[rest])
        points.append(base + points_of(learnt, _of_rows(table.columns, held)))
        bad.append(table.bad[held])
    return np.concatenate(points), np.concatenate(bad)


def _of_rows(columns: tuple[Column, ...], rows: np.ndarray) -> tuple[Column, ...]:
    return tuple(replace(column, codes=column.codes[rows]) for column in columns)
