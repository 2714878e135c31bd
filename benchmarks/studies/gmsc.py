"""Give Me Some Credit: borrowers, and whether they were 90 days late within two years.

The counts of late payments hold 96 and 98, which are codes and stay as they are. A debt ratio without an income is an
amount, so that its direction is left free, and so are the numbers of lines and of real estate loans.
"""

from benchmarks.results import Part, at_least, at_most
from benchmarks.studies.comparison import CARD, compare
from benchmarks.studies.data_set import DataSet, read

SIGNS = {
    "RevolvingUtilizationOfUnsecuredLines": -1,
    "age": 1,
    "NumberOfTime30-59DaysPastDueNotWorse": -1,
    "NumberOfTime60-89DaysPastDueNotWorse": -1,
    "NumberOfTimes90DaysLate": -1,
    "MonthlyIncome": 1,
    "NumberOfDependents": -1,
}


def data_set() -> DataSet:
    """50,318 borrowers, 6.7 % of them bad, ten numbers each."""
    rows = read("gmsc/borrowers.csv.gz")
    bad = rows["SeriousDlqin2yrs"].astype(int)
    return DataSet("GMSC", rows.drop(columns=["row", "SeriousDlqin2yrs"]).astype(float), bad, SIGNS)


def measure() -> Part:
    """Five folds of all models; takes some three minutes."""
    study = compare(data_set())
    card = study.of(CARD)
    bars = [
        at_least("GMSC: AUC of Loam's card", card.auc.value, 0.857, ""),
        at_most("GMSC: ECE of Loam's card", card.ece, 0.01, ""),
        *study.bars(),
    ]
    return Part(bars, (study.table(),))
