"""The ways to score that are compared, each with the signs of the study where it takes them."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from scoring.challenger import fit_challenger
from scoring.fit import fit_card

THREADS = 1


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model: what a study asks of it."""

    score: Callable[[pd.DataFrame], tuple[np.ndarray, np.ndarray]]
    """For each row what ranks it, higher where the risk is higher, and the probability of bad."""
    explain: Callable[[pd.DataFrame], object] | None = None
    """What each column gave, for a frame of one row."""


Fit = Callable[[pd.DataFrame, pd.Series, Mapping[str, int]], Fitted]


def text_columns(features: pd.DataFrame) -> list[str]:
    """The columns that hold kinds."""
    return [name for name in features if not pd.api.types.is_numeric_dtype(features[name])]


def logistic(features: pd.DataFrame, bad: pd.Series, _signs: Mapping[str, int]) -> Fitted:
    """Logistic regression on standardised numbers, medians for what is missing, and one column a kind."""
    kinds = text_columns(features)
    numbers = [name for name in features if name not in kinds]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("kinds", OneHotEncoder(handle_unknown="ignore", min_frequency=20), kinds),
        ]
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(features, bad)
    return _ranked_by(lambda frame: model.predict_proba(frame)[:, 1])


def binned_card(features: pd.DataFrame, bad: pd.Series, signs: Mapping[str, int]) -> Fitted:
    """optbinning's scorecard: optimal monotone bins, weights of evidence, logistic regression.

    Its own probability ranks the rows; whole points would only lose by rounding.
    """
    from optbinning import BinningProcess, Scorecard

    trends = {1: "descending", -1: "ascending", 0: "auto"}
    kinds = text_columns(features)
    process = BinningProcess(
        list(features),
        categorical_variables=kinds,
        binning_fit_params={name: {"monotonic_trend": trends[sign]} for name, sign in signs.items()},
        n_jobs=THREADS,
    )
    card = Scorecard(
        process,
        LogisticRegression(max_iter=1000),
        scaling_method="pdo_odds",
        scaling_method_params={"pdo": 20, "odds": 30, "scorecard_points": 600},
    )
    card.fit(features, bad.to_numpy(), metric_missing="empirical")
    return _ranked_by(
        lambda frame: card.predict_proba(frame)[:, 1],
        lambda row: card.binning_process_.transform(row, metric="woe", metric_missing="empirical"),
    )


def main_effects(features: pd.DataFrame, bad: pd.Series, signs: Mapping[str, int]) -> Fitted:
    """interpret's boosted main effects: one step function a column, no pairs."""
    from interpret.glassbox import ExplainableBoostingClassifier

    kinds = text_columns(features)
    model = ExplainableBoostingClassifier(
        interactions=0,
        monotone_constraints=[-signs.get(name, 0) for name in features],
        feature_types=["nominal" if name in kinds else "continuous" for name in features],
        n_jobs=THREADS,
        random_state=0,
    )
    with warnings.catch_warnings():
        # Its plots leave out what is missing; nothing is plotted here.
        warnings.filterwarnings("ignore", message="Missing values detected")
        model.fit(features, bad)
    return _ranked_by(lambda frame: model.predict_proba(frame)[:, 1], model.explain_local)


def boosting(features: pd.DataFrame, bad: pd.Series, signs: Mapping[str, int]) -> Fitted:
    """LightGBM with the signs as constraints: the challenger that runs in shadow."""
    challenger = fit_challenger(features, bad, signs)
    return _ranked_by(lambda frame: challenger.score(frame)["default_probability_ppm"].to_numpy() / 1_000_000)


def free_boosting(features: pd.DataFrame, bad: pd.Series, _signs: Mapping[str, int]) -> Fitted:
    """The same without constraints."""
    return boosting(features, bad, {})


def _ranked_by(
    probability: Callable[[pd.DataFrame], np.ndarray], explain: Callable[[pd.DataFrame], object] | None = None
) -> Fitted:
    def score(features: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        found = probability(features)
        return found, found

    return Fitted(score, explain)


def loam_card(features: pd.DataFrame, bad: pd.Series, signs: Mapping[str, int]) -> Fitted:
    """Loam's fitted card, ranked by its whole points."""
    card = fit_card(features, bad, dict(signs))

    def score(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        scored = card.score(frame)
        return -scored["points"].to_numpy(), scored["default_probability_ppm"].to_numpy() / 1_000_000

    return Fitted(score, card.explain)
