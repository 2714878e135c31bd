"""The challenger: gradient boosting that runs in shadow beside the card, and is never shown to an officer.

It knows pairs of features, which a card does not, and so tells how much a card leaves behind. LightGBM's own text of
the trees is kept as canonical JSON with a hash. LightGBM is not among what the desk runs on: it is imported here alone,
and late, and where it is missing that is said by name.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from scoring.card_text import BrokenTable, NotACard, canonical, file_text, hash_of, parse
from scoring.columns import categories, foreign, numbers
from scoring.features import BY_NAME
from scoring.fit_table import read_table

FORM = 1
KIND = "challenger"
PPM = 1_000_000
PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 8,
    "min_data_in_leaf": 50,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "cat_smooth": 50,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
ROUNDS = 200
"""With eight leaves the best of nine settings tried in the studies' own folds, which flatters boosting a little there:
a card that is held against it has the harder test."""


class ChallengerUnavailable(Exception):
    """LightGBM, or the library of threads that it needs, is not installed on this machine."""


@dataclass(frozen=True, slots=True)
class Challenger:
    """Boosted trees over named features."""

    currency: str | None
    """That of features of unit money; None where there are none."""
    features: tuple[str, ...]
    signs: Mapping[str, int]
    """1 where more is better, -1 where less is better, 0 where either may be."""
    categories: Mapping[str, tuple[str, ...]]
    """The categories of each feature of text that were known at the fit."""
    never_missing: Mapping[str, float]
    """For each feature that was always there at the fit, what stands in for it where it is missing: its worst value,
    the middle one of a feature that is free, a middling category. LightGBM itself would silently take it for zero."""
    trees: str
    """LightGBM's own text."""
    provenance: Mapping[str, Any]
    """How it was made: rows, bad ones, seed, parameters and LightGBM's version."""
    body: str
    """All of it as canonical JSON, without its hash."""

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hash_of(self.body)

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """The probability of default of many shops at once; a shop has the same alone and among all.

        Args:
            features: a column per feature. A column that is not there counts as missing; so does what is not finite,
                text where a number belongs, and a category that the fit did not know.

        Returns:
            A frame with the same index: `default_probability_ppm` (int64), and `unseen` (text: the features that are
            missing here and never were at the fit, or hold a new category, joined by commas).

        Raises:
            ChallengerUnavailable: where LightGBM is not installed.
        """
        read = [self._column(name, features) for name in self.features]
        shares = np.zeros(0)
        if len(features):
            shares = _predict(self.trees)(np.column_stack([values for values, _ in read]))
        fresh = np.column_stack([fresh for _, fresh in read])
        unseen = np.full(len(features), "", dtype=object)
        for row in np.flatnonzero(fresh.any(axis=1)):
            unseen[row] = ", ".join(name for name, new in zip(self.features, fresh[row], strict=True) if new)
        columns = {
            "default_probability_ppm": np.rint(shares * PPM).astype(np.int64),
            "unseen": unseen,
        }
        return pd.DataFrame(columns, index=features.index)

    def _column(self, name: str, features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """What the trees read of a feature, and where they never saw the like."""
        values = _read(name, features, self.categories.get(name), self.currency)
        absent = np.isnan(values)
        fresh = np.zeros(len(values), dtype=bool)
        if name in self.categories and name in features:
            fresh = absent & np.array([each is not None for each in categories(features[name])], dtype=bool)
        if name in self.never_missing:
            fresh |= absent
            values = np.where(absent, self.never_missing[name], values)
        return values, fresh


def fit_challenger(
    features: pd.DataFrame, bad: pd.Series, signs: Mapping[str, int] | None = None, *, seed: int = 0
) -> Challenger:
    """Fit boosted trees that go with the signs.

    Args:
        features: a column per feature, of numbers or of text; empty where missing.
        bad: 1 where the loan went bad, 0 where it was repaid; the index of `features`.
        signs: 1 where more is better, -1 where less is better. A shop feature that is not named has its own sign;
            others are free.
        seed: of the rows and columns that each tree draws. The same records, in any order, and the same seed give the
            same trees.

    Raises:
        ChallengerUnavailable: where LightGBM is not installed.
        scoring.fit_table.FitError: where the records do not do, as for `scoring.fit.fit_card`.
    """
    lightgbm = _lightgbm()
    table = read_table(features, bad, signs)
    names = [column.name for column in table.columns]
    known = {column.name: column.categories for column in table.columns if column.categories is not None}
    read = np.column_stack([_read(name, features, known.get(name), table.currency) for name in names])
    outcome = numbers(bad)
    # Each tree draws rows by their place, so that the order in which they came must say nothing.
    order = np.lexsort([outcome, *read.T])
    rows = lightgbm.Dataset(
        read[order], outcome[order], categorical_feature=[place for place, name in enumerate(names) if name in known]
    )
    given = {column.name: column.sign for column in table.columns}
    parameters = {**PARAMETERS, "seed": seed, "monotone_constraints": [-given[name] for name in names]}
    booster = lightgbm.train(parameters, rows, num_boost_round=ROUNDS)
    whole = [place for place in range(len(names)) if not np.isnan(read[:, place]).any()]
    content = {
        "form": FORM,
        "kind": KIND,
        "currency": table.currency,
        "features": names,
        "signs": given,
        "categories": known,
        "never_missing": {names[place]: _worst(read[:, place], given[names[place]]) for place in whole},
        "trees": booster.model_to_string(),
        "provenance": {
            "rows": len(outcome),
            "bad": int(outcome.sum()),
            "seed": seed,
            "parameters": {**PARAMETERS, "rounds": ROUNDS},
            "lightgbm": lightgbm.__version__,
        },
    }
    return read_challenger(canonical(content))


def challenger_file_text(challenger: Challenger) -> str:
    """The challenger as a JSON file with its hash; `read_challenger` gives back the same challenger."""
    return file_text(challenger.body)


def read_challenger(text: str, expected_hash: str | None = None) -> Challenger:
    """The challenger of a JSON text; LightGBM is not needed for that.

    Args:
        text: the challenger. If it says its own hash, that is checked.
        expected_hash: the hash under which the caller knows it.

    Raises:
        CardError: NotACard where the text is no challenger; NewerForm where it comes from a newer version; WrongHash
            where it is not the one that it, or the caller, names; BrokenTable where its parts do not belong together.
    """
    content = parse(text, expected_hash)
    if content.get("kind") != KIND or content["form"] != FORM:
        raise NotACard("This is no challenger.")
    try:
        challenger = Challenger(
            currency=content["currency"],
            features=tuple(content["features"]),
            signs=content["signs"],
            categories={name: tuple(known) for name, known in content["categories"].items()},
            never_missing=content["never_missing"],
            trees=content["trees"],
            provenance=content["provenance"],
            body=canonical(content),
        )
        _check(challenger)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BrokenTable(f"The challenger is not whole: {error}.") from error
    return challenger


def _check(challenger: Challenger) -> None:
    names = set(challenger.features)
    if not names or len(names) != len(challenger.features):
        raise BrokenTable("The challenger names no feature, or one twice.")
    if not {*challenger.signs, *challenger.categories, *challenger.never_missing} <= names:
        raise BrokenTable("The challenger tells of a feature that it does not name.")
    if not set(challenger.signs.values()) <= {-1, 0, 1}:
        raise BrokenTable("A sign is -1, 0 or 1.")
    if not all(type(value) in (int, float) for value in challenger.never_missing.values()):
        raise BrokenTable("What stands in for a missing value is a number.")
    last = re.match(r"tree\n(?:.*\n)*?max_feature_idx=(\d+)\n", challenger.trees)
    if last is None or int(last[1]) + 1 != len(names):
        raise BrokenTable("The trees are not LightGBM's, or not of these features.")


def _read(name: str, features: pd.DataFrame, known: tuple[str, ...] | None, currency: str | None) -> np.ndarray:
    """A feature as the trees know it: a number, or the place of a category among the known ones; NaN where missing."""
    if name not in features:
        return np.full(len(features), np.nan)
    if known is not None:
        places = {each: float(place) for place, each in enumerate(known)}
        found = [np.nan if each is None else places.get(each, np.nan) for each in categories(features[name])]
        return np.array(found, dtype=np.float64)
    values = numbers(features[name])
    values = np.where(np.isfinite(values), values, np.nan)
    if currency is not None and name in BY_NAME and BY_NAME[name].unit == "money":
        values = np.where(foreign(features, currency), np.nan, values)
    return values


def _worst(values: np.ndarray, sign: int) -> float:
    return float(np.median(values) if sign == 0 else values.min() if sign > 0 else values.max())


@functools.lru_cache(maxsize=4)
def _predict(trees: str) -> Callable[[np.ndarray], np.ndarray]:
    """What tells the probability of bad of each row of numbers."""
    lightgbm = _lightgbm()
    try:
        booster = lightgbm.Booster(model_str=trees)
    except lightgbm.basic.LightGBMError as error:
        raise BrokenTable(f"LightGBM cannot read these trees: {error}.") from error
    return functools.partial(booster.predict, num_threads=1)


def _lightgbm() -> ModuleType:
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        # An OSError where libgomp or libomp is missing, which its wheel does not bring.
        raise ChallengerUnavailable(f"The challenger needs LightGBM, see requirements-lab.txt: {error}.") from error
    module: ModuleType = lightgbm
    return module
