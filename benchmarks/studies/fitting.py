"""How long a fit, a score and an explained row take, on 50,000 made-up borrowers with ten columns.

Beside Loam's card stand the peers of the studies, where requirements-lab.txt is installed.
"""

from statistics import median

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.results import Part, Result, at_least, at_most
from benchmarks.studies import peers
from benchmarks.studies.comparison import CARD, MODELS, explain_ms, missing_libraries, score_seconds, seconds_of
from benchmarks.studies.data_set import DataSet

ROWS, FITS = 50_000, 5
MOST_FIT_SECONDS, LEAST_ROWS_PER_SECOND, MOST_EXPLAIN_MS = 1, 3_000_000, 0.3
SIGNS = {"used": -1, "age": 1, "late_30": -1, "late_60": -1, "late_90": -1, "income": 1, "dependents": -1}


def data_set() -> DataSet:
    """Made-up borrowers that spread as those of GMSC: heavy tails, many zeros, a fifth of the incomes missing."""
    chance = np.random.default_rng(11)
    trouble = chance.normal(size=ROWS)
    features = pd.DataFrame(
        {
            "used": np.exp(chance.normal(-1.8, 1.6, ROWS) + 0.5 * trouble),
            "age": chance.normal(52, 15, ROWS).clip(21, 100).round(),
            "late_30": chance.poisson(np.exp(trouble - 2)),
            "debt": np.exp(chance.normal(-1, 1.5, ROWS)),
            "income": np.exp(chance.normal(8.6, 0.7, ROWS) - 0.1 * trouble).round(),
            "lines": chance.poisson(8, ROWS),
            "late_90": chance.poisson(np.exp(trouble - 3)),
            "estate": chance.poisson(1, ROWS),
            "late_60": chance.poisson(np.exp(trouble - 3.2)),
            "dependents": chance.poisson(0.8, ROWS),
        }
    ).astype(float)
    features.loc[chance.random(ROWS) < 0.2, "income"] = np.nan
    features.loc[chance.random(ROWS) < 0.03, "dependents"] = np.nan
    risk = 1.4 * trouble + 0.3 * np.log(features["used"]) - 0.02 * features["age"] - 2.6
    bad = pd.Series((chance.random(ROWS) < 1 / (1 + np.exp(-risk))).astype(int), name="bad")
    return DataSet("made up", features, bad, SIGNS)


def measure() -> Part:
    """Fit, score and explain with the card, then with each peer; takes half a minute."""
    data = data_set()
    with threadpool_limits(peers.THREADS):
        results = _of_card(data)
        if not missing_libraries():
            results += [figure for name in MODELS if name != CARD for figure in _of_peer(data, name)]
    return Part(results)


def _of_card(data: DataSet) -> list[Result]:
    fit, score, explain = _measured(data, MODELS[CARD], fits=FITS)
    return [
        at_most(f"fit of {ROWS:,} rows and ten columns, {CARD}", fit, MOST_FIT_SECONDS, "s"),
        at_least(f"score, {CARD}", score, LEAST_ROWS_PER_SECOND, "rows/s"),
        at_most(f"one explained row, {CARD}", explain, MOST_EXPLAIN_MS, "ms"),
    ]


def _of_peer(data: DataSet, name: str) -> list[Result]:
    fit, score, explain = _measured(data, MODELS[name], fits=1)
    units = {"fit": (fit, "s"), "score": (score, "rows/s"), "one explained row": (explain, "ms")}
    return [Result(f"{what}, {name}", value, "", unit) for what, (value, unit) in units.items() if value is not None]


def _measured(data: DataSet, fit: peers.Fit, *, fits: int) -> tuple[float, float, float | None]:
    """Seconds of a fit, rows scored in a second, milliseconds of an explained row."""
    seconds = median(seconds_of(lambda: fit(data.features, data.bad, data.signs)) for _ in range(fits))
    model = fit(data.features, data.bad, data.signs)
    return seconds, ROWS / score_seconds(model, data.features), explain_ms(model, data.features)
