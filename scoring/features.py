"""What is asked of each shop's record before it is scored, and the answers: one query, put together from the questions.

`as_of` means strictly before midnight of that day in the shop's zone. Whole numbers are added up, divided once and
rounded to nine digits, so that a shop has exactly the same features alone and among a hundred thousand.
"""

import functools
from collections.abc import Mapping
from datetime import date

import pandas as pd
import pyarrow as pa

from scoring import asking, facts, reputation, soundness
from scoring.feature import MISSING, Feature

__all__ = ["BY_NAME", "FEATURES", "MISSING", "NAMES", "Feature", "compute", "missing_column", "query"]

FEATURES = (*soundness.FEATURES, *reputation.FEATURES)
NAMES = tuple(feature.name for feature in FEATURES)
BY_NAME = {feature.name: feature for feature in FEATURES}


def missing_column(name: str) -> str:
    """The column that says why a feature is missing."""
    return f"{name}_missing"


WHYS = [missing_column(name) for name in NAMES]


@functools.cache
def query() -> str:
    """The one query that answers every feature, for one shop or for all."""
    columns = ["shop_id", "currency"]
    for feature in FEATURES:
        reasons = "".join(f" WHEN {condition} THEN '{reason}'" for condition, reason in feature.missing)
        why = f"CASE{reasons} END" if reasons else "CAST(NULL AS VARCHAR)"
        columns.append(f"CASE WHEN ({why}) IS NULL THEN CAST({feature.value} AS DOUBLE) END AS {feature.name}")
        columns.append(f"{why} AS {missing_column(feature.name)}")
    return f"WITH {','.join(facts.STEPS)}\nSELECT {', '.join(columns)} FROM facts ORDER BY shop_id"


def compute(events: Mapping[str, pa.Table], *, as_of: date | Mapping[int, date]) -> pd.DataFrame:
    """The features of every shop in `events` as of a day, or each as of a day of its own.

    Args:
        events: the tables of scoring.records.EVENTS. Rows of later than as_of do no harm: nothing of them is read.
        as_of: the day before which a record must be dated, in the shop's own zone; or that of each shop by its number.

    Returns:
        One row per shop, index `shop_id` ascending. `currency` (text); per feature a column of its name (float64, NaN
        where missing, unit as the feature says) and `<name>_missing` (text, a key of `MISSING`, or None).
    """
    with asking.opened(events, as_of=as_of) as cursor:
        return asking.by_shop(asking.ask(cursor, query()), numbers=list(NAMES), texts=WHYS)
