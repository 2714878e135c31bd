"""What a card is fitted on: a frame and its outcomes, checked, and cut into fine bins that no outcome has a say in."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from scoring.card import load_expert
from scoring.card_feature import RESERVED
from scoring.card_text import CardError
from scoring.columns import bins, categories, foreign, number, numbers
from scoring.features import BY_NAME, missing_column

FINE_BINS = 32
"""Of about equally many rows; SCORING.md: more of them gain nothing."""
LEAST_ROWS = 20
"""A category, or a missing value, met in fewer rows says nothing."""
MOST_CATEGORIES = 60
ABSENT = -1


class FitError(CardError):
    """No card can be fitted on these records; the text says why."""


class NoRows(FitError):
    """There is no row."""


class OneOutcome(FitError):
    """All rows are good, or all are bad."""


class AllMissing(FitError):
    """No column has a value, or none tells two rows apart."""


class WrongColumn(FitError):
    """A column stands twice, has no text for a name, bears a name of the score's own, or holds dates."""


class WrongOutcome(FitError):
    """An outcome is neither 0 nor 1, or the outcomes are not those of the rows."""


class WrongSign(FitError):
    """A sign is not -1, 0 or 1, or stands for a column that has none."""


class WrongLimit(FitError):
    """Fewer than two bins or one feature are asked for."""


@dataclass(frozen=True, slots=True)
class Column:
    """One feature of the records, as fine bins or categories."""

    name: str
    sign: int
    edges: tuple[float, ...]
    """Lower edges of the fine bins but the first."""
    categories: tuple[str, ...] | None
    """The commonest first; None for numbers."""
    codes: np.ndarray
    """Fine bin or category of each row; ABSENT where there is none, or none that is common enough."""
    usual_value: float | None

    @property
    def size(self) -> int:
        """How many fine bins or categories there are."""
        return len(self.edges) + 1 if self.categories is None else len(self.categories)

    @property
    def counts(self) -> np.ndarray:
        """Rows of each fine bin or category, the missing ones last."""
        return np.bincount(np.where(self.codes == ABSENT, self.size, self.codes), minlength=self.size + 1)


@dataclass(frozen=True, slots=True)
class Table:
    """The records in an order of their own, so that the order in which they came says nothing."""

    columns: tuple[Column, ...]
    bad: np.ndarray
    currency: str | None
    dropped: Mapping[str, tuple[str, ...]]
    """Columns that were left out, by why."""


def read_table(features: pd.DataFrame, bad: pd.Series, signs: Mapping[str, int] | None) -> Table:
    """The records of a fit, checked.

    A column of which most cells are numbers is one of numbers: its other cells count as missing, and so do infinite
    ones. Any other is one of text. Columns without two different values, or without any, are dropped.

    Raises:
        FitError: as its subclasses say.
    """
    _check_names(features)
    outcome = _outcome(features, bad)
    reasons = {missing_column(name) for name in features.columns}
    shop = any(name in BY_NAME for name in features.columns)
    names = [name for name in features.columns if name not in reasons and not (shop and name == "currency")]
    currency = _commonest(features["currency"]) if shop and "currency" in features else None
    given = _signs(names, signs)
    columns, empty, constant = [], [], []
    for name in sorted(names):
        column = _column(name, features, given.get(name), currency)
        counts = column.counts
        if not counts[:-1].any():
            empty.append(name)
        elif np.count_nonzero(counts) < 2:
            constant.append(name)
        else:
            columns.append(column)
    if not columns:
        raise AllMissing("No column has two different values, so there is nothing to learn from.")
    order = _canonical_order(columns, outcome)
    ordered = tuple(_reordered(column, order) for column in columns)
    return Table(ordered, outcome[order], currency, {"all missing": tuple(empty), "constant": tuple(constant)})


def _check_names(features: pd.DataFrame) -> None:
    if not len(features):
        raise NoRows("There is no row to learn from.")
    for name in features.columns:
        if not isinstance(name, str) or not name:
            raise WrongColumn(f"{name!r} is no name of a column: it must be text.")
        if name in RESERVED:
            raise WrongColumn(f"A score has a column of the name {name}; call the feature something else.")
        if isinstance(features[name], pd.DataFrame):
            raise WrongColumn(f"Two columns have the name {name}.")
        if features[name].dtype.kind in "mM":
            raise WrongColumn(f"{name} holds dates or times; count its days or months as of a day.")


def _outcome(features: pd.DataFrame, bad: pd.Series) -> np.ndarray:
    if not isinstance(bad, pd.Series):
        raise WrongOutcome("The outcomes are a pandas Series with the index of the rows.")
    if len(bad) != len(features):
        raise WrongOutcome(f"There are {len(bad)} outcomes for {len(features)} rows.")
    if not bad.index.equals(features.index):
        raise WrongOutcome("The outcomes have another index than the rows.")
    found = numbers(bad)
    if not np.isin(found, (0, 1)).all():
        raise WrongOutcome("An outcome is 0 or 1; there are others, or some are missing.")
    if found.min() == found.max():
        raise OneOutcome(f"All rows are {'bad' if found[0] else 'good'}; a card tells good from bad.")
    return found.astype(np.int64)


def _signs(names: list[str], signs: Mapping[str, int] | None) -> dict[str, int]:
    for name, sign in (signs or {}).items():
        if name not in names:
            raise WrongSign(f"There is no column {name} to which a sign could belong.")
        if sign not in (-1, 0, 1):
            raise WrongSign(f"The sign of {name} is -1, 0 or 1, not {sign!r}.")
    known = {name: BY_NAME[name].sign for name in names if name in BY_NAME}
    return {**known, **{name: int(sign) for name, sign in (signs or {}).items()}}


def _column(name: str, features: pd.DataFrame, sign: int | None, currency: str | None) -> Column:
    values = numbers(features[name])
    values = np.where(np.isfinite(values), values, np.nan)
    if name in BY_NAME:
        if BY_NAME[name].unit == "money" and currency is not None:
            values = np.where(foreign(features, currency), np.nan, values)
        return _column_of_numbers(name, values, sign or 0)
    texts = [] if is_numeric_dtype(features[name].dtype) else categories(features[name])
    if sum(text is not None and math.isnan(number(text)) for text in texts) > np.isfinite(values).sum():
        if sign:
            raise WrongSign(f"{name} is text, which has no order; its sign can only be 0.")
        return _column_of_text(name, texts)
    return _column_of_numbers(name, values, sign or 0)


def _column_of_numbers(name: str, values: np.ndarray, sign: int) -> Column:
    there = ~np.isnan(values)
    own = [edge for each in load_expert().features if each.name == name for edge in each.edges]
    edges = np.unique([*_fine_edges(values[there]), *own])
    codes = np.where(there, bins(values, edges).astype(np.int64), ABSENT)
    usual = float(np.median(values[there])) if there.any() else None
    return Column(name, sign, tuple(edges.tolist()), None, codes, usual)


def _column_of_text(name: str, texts: list[str | None]) -> Column:
    known, counts = np.unique([text for text in texts if text is not None], return_counts=True)
    common = sorted(zip((-counts).tolist(), known.tolist(), strict=True))[:MOST_CATEGORIES]
    kept = tuple(text for count, text in common if -count >= LEAST_ROWS)
    place = {text: code for code, text in enumerate(kept)}
    codes = np.array([place.get(text, ABSENT) if text is not None else ABSENT for text in texts], dtype=np.int64)
    return Column(name, 0, (), kept, codes, None)


def _fine_edges(values: np.ndarray) -> list[float]:
    """Edges that part the values into bins of about equally many rows, each a short number between two values.

    Of few values, such as counts, each is a bin: the rare ones tell most, and the fit guards itself against few rows.
    """
    known, counts = np.unique(values, return_counts=True)
    if len(known) < 2:
        return []
    before = np.cumsum(counts)[:-1]
    if len(known) <= 2 * FINE_BINS:
        places = np.arange(len(before))
    else:
        wanted = len(values) * np.arange(1, FINE_BINS) / FINE_BINS
        after = np.clip(np.searchsorted(before, wanted), 0, len(before) - 1)
        nearer = (after > 0) & (wanted - before[after - 1] < before[after] - wanted)
        places = np.unique(after - nearer)
    return [short_between(float(known[place]), float(known[place + 1])) for place in places]


def short_between(low: float, high: float) -> float:
    """The number with the fewest digits above `low` and at or below `high`, near their middle.

    Between whole numbers it is one too.

    >>> [short_between(0.3333, 0.35), short_between(4.0, 5.0), short_between(0.1, 0.1 + 2**-56)]
    [0.34, 5.0, 0.10000000000000002]
    """
    middle = low + (high - low) / 2
    if low.is_integer() and high.is_integer():
        middle = math.ceil(middle)
    for digits in range(1, 17):
        for each in (middle, high):
            found = float(f"{each:.{digits}g}")
            if low < found <= high:
                return found
    return high


def _commonest(currencies: pd.Series) -> str | None:
    known = sorted((-count, str(name)) for name, count in currencies.value_counts().items())
    return known[0][1] if known else None


def _canonical_order(columns: list[Column], bad: np.ndarray) -> np.ndarray:
    """An order of the rows that hangs on their content alone."""
    return np.lexsort([bad, *(column.codes for column in columns)])


def _reordered(column: Column, order: np.ndarray) -> Column:
    return Column(column.name, column.sign, column.edges, column.categories, column.codes[order], column.usual_value)
