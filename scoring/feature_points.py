"""The points that one feature gives to many rows at once.

It says the same as scoring.explained does of a single row; tests hold the two together.
"""

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
    fresh = abroad = None
    if feature.name not in frame:
        points = np.full(len(frame), feature.missing[ANY], dtype=np.int64)
        absent = np.ones(len(frame), dtype=bool)
    elif feature.categories is None:
        points, absent = _points_of_numbers(feature, numbers(frame[feature.name]))
    else:
        points, absent, fresh = _points_of_categories(feature, categories(frame[feature.name]))
    if feature.unit == "money" and currency is not None:
        abroad = foreign(frame, currency)
        points[abroad] = feature.missing[ANY]
        absent, fresh = absent | abroad, None if fresh is None else fresh & ~abroad
    if len(feature.missing) > 1:
        rows = np.flatnonzero(absent)
        points[rows] = [
            feature.missing.get(why, feature.missing[ANY]) for why in _why(feature, frame, rows, abroad, fresh)
        ]
    return points, fresh if feature.missing_seen else absent


def _points_of_numbers(feature: CardFeature, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points of each value, and which rows hold no finite number; these get the points of `any`."""
    edges = np.array(feature.edges)
    table = np.array([*feature.points, feature.missing[ANY]], dtype=np.int64)
    points, absent = np.empty(len(values), dtype=np.int64), np.empty(len(values), dtype=bool)
    for first in range(0, len(values), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        some = np.ascontiguousarray(values[part])
        found = bins(some, edges)
        np.logical_not(np.isfinite(some), out=absent[part])
        found[absent[part]] = len(edges) + 1
        np.take(table, found, out=points[part], mode="clip")
    return points, absent


def _points_of_categories(feature: CardFeature, texts: list[str | None]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The points of each text, which rows hold no known one (these get those of `any`), and which of them a new one."""
    known = {} if feature.categories is None else feature.categories
    place = {text: code for code, text in enumerate(known)}
    fresh, empty = len(place), len(place) + 1
    codes = np.array([empty if text is None else place.get(text, fresh) for text in texts], dtype=np.int64)
    table = np.array([*known.values(), feature.missing[ANY], feature.missing[ANY]], dtype=np.int64)
    return table[codes], codes >= fresh, codes == fresh


def _why(
    feature: CardFeature, frame: pd.DataFrame, rows: np.ndarray, abroad: np.ndarray | None, fresh: np.ndarray | None
) -> list[str]:
    """Why each of these rows has no value."""
    name = f"{feature.name}_missing"
    why = frame[name].to_numpy(dtype=object)[rows] if name in frame else np.full(len(rows), None, dtype=object)
    if fresh is not None:
        why[fresh[rows]] = NEW_CATEGORY
    if abroad is not None:
        why[abroad[rows]] = OTHER_CURRENCY
    return [reason if isinstance(reason, str) else NOT_A_NUMBER for reason in why]
