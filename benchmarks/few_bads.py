"""How a card should lean on a prior while bad are few: `python -m benchmarks.few_bads [SEEDS]`.

Draws samples with 10 to 500 bad from the borrowers of `gmsc` in the real records beside the project, at their natural
share, learns from each in several ways, and prints the mean AUC on 15,000 borrowers that the sample does not hold.
Once with the signs of the columns known, once without. It holds step functions against each other, before they are cut
into bins and points.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from scoring.fit import boost, booster
from scoring.fit_steps import centred, priors
from scoring.fit_table import ABSENT, Table, read_table
from scoring.validation import auc

RECORDS = Path(__file__).resolve().parents[2] / "shared" / "data" / "gmsc" / "borrowers.csv.gz"
OUTCOME = "SeriousDlqin2yrs"
SIGNS = {
    "RevolvingUtilizationOfUnsecuredLines": -1,
    "age": 1,
    "NumberOfTime30-59DaysPastDueNotWorse": -1,
    "NumberOfTimes90DaysLate": -1,
    "NumberOfTime60-89DaysPastDueNotWorse": -1,
    "NumberOfDependents": -1,
}
BADS = (10, 20, 50, 100, 200, 500)
WEIGHTS = (10, 20, 40, 80, 160)
HELD_OUT = 15_000

Steps = list[np.ndarray]


def ways(table: Table) -> Iterator[tuple[str, Steps]]:
    """The step functions of each way to learn from a sample."""
    bads = int(table.bad.sum())
    learnt = [centred(step, column.counts) for step, column in zip(boost(table.columns, table.bad), table.columns,
                                                                   strict=True)]  # fmt: skip
    before = [prior.step for prior in priors(table.columns, table.bad)]
    yield "prior alone", before
    yield "boosting alone", learnt
    for weight in WEIGHTS:
        share = bads / (bads + weight)
        yield (
            f"blend, prior as {weight} bad",
            [share * one + (1 - share) * two for one, two in zip(learnt, before, strict=True)],
        )
    for weight in (40, 80):
        yield f"boosting with rows of the prior, {weight} bad", with_rows_of_the_prior(table, before, weight)


def with_rows_of_the_prior(table: Table, before: Steps, weight: int) -> Steps:
    """Boosting on the sample and on the same rows again, good and bad as the prior thinks, at little weight."""
    codes = np.column_stack([np.where(each.codes == ABSENT, np.nan, each.codes) for each in table.columns])
    log_odds = sum(step[each.codes] for step, each in zip(before, table.columns, strict=True))
    share = table.bad.mean()
    bad = 1 / (1 + np.exp(log_odds + np.log((1 - share) / share)))
    rows, good = np.tile(codes, (3, 1)), np.repeat([0, 0, 1], len(bad))
    good[: len(bad)] = 1 - table.bad
    times = weight / bad.sum()
    weights = np.concatenate([np.ones(len(bad)), times * bad, times * (1 - bad)])
    signs = [each.sign for each in table.columns]
    with threadpool_limits(1, user_api="openmp"):
        model = booster(int(table.bad.sum()), len(bad), signs).fit(rows, good, sample_weight=weights)
        return [_steps_of(model.decision_function, table, place) for place in range(len(table.columns))]


def _steps_of(predict: Callable[[np.ndarray], Any], table: Table, place: int) -> np.ndarray:
    rows = np.zeros((table.columns[place].size + 1, len(table.columns)))
    rows[:, place] = [*range(table.columns[place].size), np.nan]
    found: np.ndarray = predict(rows)
    return found - found[0]


def measure(frame: pd.DataFrame, bad: pd.Series, signs: dict[str, int] | None, seeds: int) -> pd.DataFrame:
    """Mean AUC of each way (rows) by the number of bad (columns)."""
    found = []
    for bads in BADS:
        for seed in range(seeds):
            chance = np.random.default_rng([bads, seed])
            goods = round(bads * (bad == 0).sum() / bad.sum())
            drawn = [chance.choice(np.flatnonzero(bad == each), many, replace=False)
                     for each, many in ((1, bads), (0, goods))]  # fmt: skip
            sample = np.concatenate(drawn)
            rest = chance.choice(np.setdiff1d(np.arange(len(bad)), sample), HELD_OUT, replace=False)
            table = read_table(frame.iloc[sample], bad.iloc[sample], signs)
            codes = [_codes(each.edges, frame[each.name].to_numpy(dtype=float)[rest]) for each in table.columns]
            for way, steps in ways(table):
                log_odds = sum(step[code] for step, code in zip(steps, codes, strict=True))
                found.append((way, bads, auc(log_odds, bad.to_numpy()[rest])))
    told = pd.DataFrame(found, columns=["way", "bad", "auc"])
    return told.pivot_table(index="way", columns="bad", values="auc", sort=False)


def _codes(edges: tuple[float, ...], values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), np.searchsorted(np.array(edges), values, side="right"), len(edges) + 1)


if __name__ == "__main__":
    borrowers = pd.read_csv(RECORDS)
    outcome = borrowers.pop(OUTCOME)
    borrowers = borrowers.drop(columns="row")
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    for title, known in (("with signs", SIGNS), ("without signs", None)):
        print(f"{title}, mean of {many} samples")
        print(measure(borrowers, outcome, known, many).round(4).to_string(), "\n")
