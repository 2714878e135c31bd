"""What a study works on: rows with an outcome, the sign expected of each column, the rows to fit and to test."""

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from benchmarks.results import CannotMeasure

RECORDS = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDS, SEED = 5, 20_261_128


@dataclass(frozen=True, slots=True)
class DataSet:
    """Rows with a known outcome."""

    name: str
    features: pd.DataFrame
    """Numbers, or text where a column holds kinds; NaN and None where missing. No column has the name of a shop
    feature: Loam's fit would lean on the expert card's points for it."""
    bad: pd.Series
    """1 where the loan went bad, 0 where it was repaid; the index of `features`."""
    signs: Mapping[str, int]
    """1 where more is better, -1 where less is better; a column that is not named is free. The same for all models."""
    fitted_until: np.ndarray | None = None
    """True for the rows that are fitted, where the rest is tested out of time; None for five folds."""

    def folds(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Places of the rows to fit and to test: five times, or once out of time."""
        if self.fitted_until is not None:
            yield np.flatnonzero(self.fitted_until), np.flatnonzero(~self.fitted_until)
            return
        yield from StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(self.features, self.bad)

    def only(self, columns: list[str], *, name: str) -> "DataSet":
        """The same rows and folds with some of the columns."""
        signs = {column: sign for column, sign in self.signs.items() if column in columns}
        return DataSet(name, self.features[columns], self.bad, signs, self.fitted_until)


def read(name: str) -> pd.DataFrame:
    """A table of the real records.

    Raises:
        CannotMeasure: where the folder is not there.
    """
    path = RECORDS / name
    if not path.exists():
        raise CannotMeasure(f"../shared/data/{name} does not lie beside the project.")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return pd.read_csv(file, low_memory=False)
