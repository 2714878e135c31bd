"""The points that one feature gives to many rows at once.

It says the same as scoring.explained does of a single row; tests hold the two together.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scoring.card_feature import ANY, CardFeature
from scoring.columns import NEW_CATEGORY, NOT_A_NUMBER, OTHER_CURRENCY, bins, categories, foreign, numbers

ROWS_AT_ONCE = 16_384
"""So many values of a column fit a core's cache."""


def feature_points(
    feature: CardFeature, frame: pd.DataFrame, currency: str | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The points of each row (int64), and which rows take a bin that the fit did not see (None: not one)."""
    fresh = abroad = np.zeros(len(frame), dtype=bool)
    if feature.name not in frame:
        points, absent = np.empty(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
    elif feature.categories is None:
        points, absent = _points_of_numbers(feature, numbers(frame[feature.name]))
    else:
        points, absent, fresh = _points_of_categories(feature.categories, categories(frame[feature.name]))
    if feature.unit == "money" and currency is not None:
        abroad = foreign(frame, currency)
        absent, fresh = absent | abroad, fresh & ~abroad
    if not absent.any():
        return points, None
    points[absent] = _missing_points(feature, frame, np.flatnonzero(absent), abroad, fresh)
    return points, fresh if feature.missing_seen else absent


def _points_of_numbers(feature: CardFeature, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points of each value, and which rows hold no finite number."""
    edges, table = np.array(feature.edges), np.array(feature.points, dtype=np.int64)
    points, absent = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=bool)
    for first in range(0, len(values), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        some = np.ascontiguousarray(values[part])
        np.take(table, bins(some, edges), out=points[part], mode="clip")
        np.logical_not(np.isfinite(some), out=absent[part])
    return points, absent


def _points_of_categories(
    known: Mapping[str, int], texts: list[str | None]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points of each text, which rows hold no known one, and which of these hold a new one."""
    points = np.array([0 if text is None else known.get(text, 0) for text in texts], dtype=np.int64)
    absent = np.array([text is None or text not in known for text in texts], dtype=bool)
    empty = np.array([text is None for text in texts], dtype=bool)
    return points, absent, absent & ~empty


def _missing_points(
    feature: CardFeature, frame: pd.DataFrame, rows: np.ndarray, abroad: np.ndarray, fresh: np.ndarray
) -> np.ndarray | int:
    """The points of the rows that have no value, each by its reason."""
    anyhow = feature.missing[ANY]
    if len(feature.missing) == 1:
        return anyhow
    name = f"{feature.name}_missing"
    why = frame[name].to_numpy(dtype=object)[rows] if name in frame else np.full(len(rows), None, dtype=object)
    why[fresh[rows]] = NEW_CATEGORY
    why[abroad[rows]] = OTHER_CURRENCY
    reasons = [reason if isinstance(reason, str) else NOT_A_NUMBER for reason in why]
    return np.array([feature.missing.get(reason, anyhow) for reason in reasons], dtype=np.int64)
