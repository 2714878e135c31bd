"""Credit-card clients in Taiwan, and whether they did not pay the month after.

All columns are used because a study compares fits, not policies: no lender may score sex or marriage, and no feature of
Loam knows them. The amounts billed are left free: a large bill is a good client's as often as a bad one's.
"""

from benchmarks.results import Part
from benchmarks.studies.comparison import compare
from benchmarks.studies.data_set import DataSet, read

KINDS_OF_CLIENT = ["sex", "education", "marriage"]
PAYMENT_STATES = ["pay_0", "pay_2", "pay_3", "pay_4", "pay_5", "pay_6"]
SIGNS = {
    "limit_bal": 1,
    **dict.fromkeys(PAYMENT_STATES, -1),
    **{f"pay_amt{month}": 1 for month in range(1, 7)},
}


def data_set() -> DataSet:
    """30,000 clients, 22 % of them bad: twenty numbers and three kinds, which are codes without an order."""
    rows = read("taiwan_card.csv.gz")
    features = rows.drop(columns="has_default").astype(float)
    features[KINDS_OF_CLIENT] = ("code " + rows[KINDS_OF_CLIENT].astype(str)).astype(object)
    return DataSet("Taiwan", features, rows["has_default"].astype(int), SIGNS)


def measure() -> Part:
    """Five folds of all models; takes some three minutes."""
    study = compare(data_set())
    return Part(study.bars(), (study.table(),))
