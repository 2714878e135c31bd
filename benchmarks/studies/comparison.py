"""All models in the same folds of one data set, as rows of a table with Loam's card among them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.results import CannotMeasure, Result, Table, at_least
from benchmarks.studies import figures, peers
from benchmarks.studies.data_set import FOLDS, DataSet
from scoring.validation import Interval, brier, calibration_error, kolmogorov_smirnov

CARD, BINNED, MAIN_EFFECTS, BOOSTING = "Loam's card", "optbinning", "boosted main effects", "LightGBM with signs"
MODELS: Mapping[str, peers.Fit] = {
    CARD: peers.loam_card,
    "logistic regression": peers.logistic,
    BINNED: peers.binned_card,
    MAIN_EFFECTS: peers.main_effects,
    BOOSTING: peers.boosting,
    "LightGBM without signs": peers.free_boosting,
}
LAB = {"lightgbm": "lightgbm", "interpret": "interpret-core", "optbinning": "optbinning"}
"""The libraries of requirements-lab.txt that the models import, and what they are installed as."""
REPEATS, EXPLAINED_ROWS = 3, 20
MANY_BADS = 500
"""From so many bad outcomes on, boosting has enough to learn pairs from."""
ADDITIVE_MARGIN, BOOSTING_MARGIN = -0.002, -0.005
COLUMNS = ("model", "AUC", "Loam's card less this one", "KS", "Brier", "ECE", "fit s", "rows/s", "one explained row ms")


@dataclass(frozen=True, slots=True)
class Row:
    """One model's figures."""

    name: str
    auc: Interval
    lead: Interval | None
    """The AUC of Loam's card less this model's; None for the card itself."""
    ks: float
    brier: float
    ece: float
    fit_seconds: float
    rows_per_second: float
    explain_ms: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All models on one data set."""

    name: str
    caption: str
    bads: int
    """Bad outcomes that were fitted, in the mean of the folds."""
    rows: tuple[Row, ...]

    def of(self, name: str) -> Row:
        """The figures of one model."""
        return next(row for row in self.rows if row.name == name)

    def bars(self) -> list[Result]:
        """What Loam's card is held against: the peers' AUC less what a card may cost."""
        margins = {BINNED: ADDITIVE_MARGIN, MAIN_EFFECTS: ADDITIVE_MARGIN}
        if self.bads > MANY_BADS:
            margins[BOOSTING] = BOOSTING_MARGIN
        return [
            at_least(f"{self.name}: AUC of {CARD} less {name}", self.of(name).lead.value, bar, "")
            for name, bar in margins.items()
        ]

    def table(self) -> Table:
        """A row for each model."""
        return Table(self.caption, COLUMNS, tuple(_cells(row) for row in self.rows))


@dataclass(frozen=True, slots=True)
class _Tested:
    """What a model said about the tested rows of each fold."""

    risks: list[np.ndarray]
    probabilities: list[np.ndarray]
    fit_seconds: float
    rows_per_second: float
    explain_ms: float | None


def compare(data: DataSet, models: Mapping[str, peers.Fit] = MODELS) -> Comparison:
    """Fit and test all models in the same folds, on one thread.

    Raises:
        CannotMeasure: where the peers' libraries are not installed.
    """
    if missing := missing_libraries():
        raise CannotMeasure(f"{', '.join(missing)} not installed: `make studies` sets up requirements-lab.txt.")
    outcomes = [data.bad.iloc[tested].to_numpy() for _, tested in data.folds()]
    with threadpool_limits(peers.THREADS):
        tested = {name: _tested(data, fit) for name, fit in models.items()}
    rows = tuple(_row(name, each, tested[CARD], outcomes) for name, each in tested.items())
    bads = sum(int(data.bad.iloc[fitted].sum()) for fitted, _ in data.folds()) // len(outcomes)
    return Comparison(data.name, _caption(data, outcomes), bads, rows)


def _tested(data: DataSet, fit: peers.Fit) -> _Tested:
    risks, probabilities, seconds = [], [], []
    for fitted, tested in data.folds():
        started = time.process_time()
        model = fit(data.features.iloc[fitted], data.bad.iloc[fitted], data.signs)
        seconds.append(time.process_time() - started)
        risk, probability = model.score(data.features.iloc[tested])
        risks.append(risk)
        probabilities.append(probability)
    speed = len(data.features) / score_seconds(model, data.features)
    return _Tested(risks, probabilities, median(seconds), speed, explain_ms(model, data.features))


def missing_libraries() -> list[str]:
    """What of requirements-lab.txt is not installed."""
    return [package for module, package in LAB.items() if find_spec(module) is None]


def score_seconds(model: peers.Fitted, features: pd.DataFrame) -> float:
    """How long all rows take at once, the fastest of three."""
    return min(seconds_of(lambda: model.score(features)) for _ in range(REPEATS))


def explain_ms(model: peers.Fitted, features: pd.DataFrame) -> float | None:
    """How long one row takes with what each column gave, the middle of twenty; None for a model that does not say."""
    explain = model.explain
    if explain is None:
        return None
    rows = [features.iloc[[place]] for place in range(EXPLAINED_ROWS)]
    return median(seconds_of(lambda row=row: explain(row)) for row in rows) * 1000


def seconds_of(work: Callable[[], object]) -> float:
    """The processor's time for a piece of work on one thread: other work on the machine does not count."""
    started = time.process_time()
    work()
    return time.process_time() - started


def _row(name: str, tested: _Tested, card: _Tested, outcomes: list[np.ndarray]) -> Row:
    probability, bad = np.concatenate(tested.probabilities), np.concatenate(outcomes)
    return Row(
        name,
        auc=figures.auc(tested.risks, outcomes),
        lead=None if name == CARD else figures.auc_difference(card.risks, tested.risks, outcomes),
        ks=kolmogorov_smirnov(-probability, bad),
        brier=brier(probability, bad),
        ece=calibration_error(probability, bad),
        fit_seconds=tested.fit_seconds,
        rows_per_second=tested.rows_per_second,
        explain_ms=tested.explain_ms,
    )


def _caption(data: DataSet, outcomes: list[np.ndarray]) -> str:
    rows, bads = sum(map(len, outcomes)), int(sum(each.sum() for each in outcomes))
    how = f"{FOLDS} folds" if data.fitted_until is None else f"out of time, fitted on {data.fitted_until.sum():,} rows"
    return (
        f"{data.name}: {rows:,} rows tested, {bads:,} of them bad, {data.features.shape[1]} columns, {how}, "
        f"{', '.join(f'{package} {version(package)}' for package in ('scikit-learn', *LAB.values()))}, "
        "one thread, the processor's time. In brackets the interval of 95 % over the tested rows."
    )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        f"{row.auc.value:.4f} [{row.auc.low:.4f}, {row.auc.high:.4f}]",
        f"{row.lead.value:+.4f} [{row.lead.low:+.4f}, {row.lead.high:+.4f}]" if row.lead else "",
        f"{row.ks:.3f}",
        f"{row.brier:.4f}",
        f"{row.ece:.4f}",
        f"{row.fit_seconds:.2f}",
        f"{row.rows_per_second:,.0f}",
        f"{row.explain_ms:.2f}" if row.explain_ms is not None else "",
    )
