"""The studies on real outcomes: their figures by hand, and that no row knows its own future."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.results import CannotMeasure
from benchmarks.studies import (
    borrowers_as_shops,
    comparison,
    data_set,
    figures,
    fitting,
    gmsc,
    sba,
    superlender,
    taiwan,
)
from benchmarks.studies.data_set import DataSet
from benchmarks.studies.peers import Fitted
from scoring.features import NAMES


def test_an_auc_by_hand_counts_ties_half():
    # Bad at 3 and 2, good at 2 and 1: of four pairs three are right and one is a tie.
    found = figures.auc([np.array([3, 2, 2, 1])], [np.array([1, 1, 0, 0])])
    assert found.value == pytest.approx(3.5 / 4)


def test_the_auc_of_folds_is_the_mean_of_theirs():
    chance = np.random.default_rng(1)
    scores, bad = [chance.normal(size=200) for _ in range(3)], [chance.integers(0, 2, 200) for _ in range(3)]
    each = [roc_auc_score(outcome, score) for score, outcome in zip(scores, bad, strict=True)]
    assert figures.auc(scores, bad).value == pytest.approx(np.mean(each))


def test_the_interval_of_an_auc_and_of_a_difference_is_that_of_resampling():
    chance = np.random.default_rng(2)
    bad = (chance.random(1_500) < 0.2).astype(int)
    one, other = bad + chance.normal(0, 1.5, 1_500), bad + chance.normal(0, 1.7, 1_500)
    found, gap = figures.auc([one], [bad]), figures.auc_difference([one], [other], [bad])
    drawn = [chance.integers(0, 1_500, 1_500) for _ in range(300)]
    areas = np.array([[roc_auc_score(bad[rows], score[rows]) for score in (one, other)] for rows in drawn])
    for estimate, resampled in ((found, areas[:, 0]), (gap, areas[:, 0] - areas[:, 1])):
        assert estimate.high - estimate.low == pytest.approx(np.ptp(np.quantile(resampled, [0.025, 0.975])), rel=0.15)


def test_a_score_is_no_better_than_itself():
    bad = np.array([1, 0, 1, 0, 0])
    gap = figures.auc_difference([np.arange(5)], [np.arange(5)], [bad])
    assert (gap.value, gap.low, gap.high) == (0, 0, 0)


def test_all_models_are_tested_on_the_same_rows_and_none_on_a_row_that_it_was_fitted_on():
    data = fitting.data_set()
    fitted, tested = zip(*data.folds(), strict=True)
    assert sorted(np.concatenate(tested)) == list(range(len(data.bad)))
    assert all(not set(one) & set(other) for one, other in zip(fitted, tested, strict=True))
    assert [list(rows) for _, rows in data.folds()] == [list(rows) for rows in tested]


def test_a_comparison_holds_each_model_against_the_card(monkeypatch):
    monkeypatch.setattr(comparison, "LAB", {})
    chance = np.random.default_rng(3)
    features = pd.DataFrame({"debt": chance.normal(size=4_000)})
    bad = pd.Series((features.debt + chance.normal(size=4_000) > 1).astype(int))

    def told_by(sign):
        def fit(*_):
            return Fitted(lambda rows: (sign * rows.debt.to_numpy(), np.full(len(rows), 0.2)))

        return fit

    models = {comparison.CARD: told_by(1), comparison.BINNED: told_by(1), comparison.MAIN_EFFECTS: told_by(-1)}
    study = comparison.compare(DataSet("made up", features, bad, {}), {**models, comparison.BOOSTING: told_by(1)})
    assert study.of(comparison.BINNED).lead.value == 0
    assert study.of(comparison.MAIN_EFFECTS).lead.value == pytest.approx(2 * study.of(comparison.CARD).auc.value - 1)
    assert [bar.bar for bar in study.bars()] == ["≥ -0.002", "≥ -0.002", "≥ -0.005"]
    assert all(len(row) == len(comparison.COLUMNS) for row in study.table().rows)


def test_a_study_says_what_it_lacks(monkeypatch, tmp_path):
    monkeypatch.setattr(data_set, "RECORDS", tmp_path)
    with pytest.raises(CannotMeasure, match="sba/loans"):
        sba.data_set()
    monkeypatch.setattr(comparison, "LAB", {"no_such_library": "no-such-library"})
    with pytest.raises(CannotMeasure, match="no-such-library"):
        comparison.compare(fitting.data_set())


LOANS = pd.DataFrame(
    {
        "loanamount": [20_000.0, 10_000.0],
        "good_bad_flag": ["Good", "Bad"],
        "asked_at": pd.Timestamp("2017-07-05 10:00"),
    },
    index=pd.Index(["a", "b"], name="customerid"),
)


def earlier(*rows):
    columns = ["customerid", "approveddate", "firstduedate", "firstrepaiddate", "closeddate"]
    found = pd.DataFrame(rows, columns=columns).assign(systemloanid=range(len(rows)), termdays=30, loanamount=10_000.0)
    for name in columns[1:]:
        found[name] = pd.to_datetime(found[name]).astype("datetime64[us]")
    return found


def test_the_history_by_hand():
    found = superlender.history(
        LOANS,
        earlier(
            ("a", "2017-03-07 10:00", "2017-04-06", "2017-04-10 09:00", "2017-04-10 09:00"),
            ("a", "2017-05-06 10:00", "2017-06-05", "2017-06-01 09:00", "2017-06-05 10:00"),
        ),
    )
    one = found.loc["a"]
    assert (one.earlier_loans, one.late_loans_share, one.early_loans_share) == (2, 0.5, 0.5)
    assert (one.worst_loan_late_days, one.last_loan_late_days, one.mean_loan_late_days) == (4, -4, 0)
    assert (one.days_since_first_loan, one.days_since_last_loan, one.growth, one.largest_repaid) == (120, 30, 2, 10_000)
    assert found.loc["b", "earlier_loans"] == 0
    assert found.loc["b"].drop("earlier_loans").isna().all()


def test_a_loan_that_was_open_when_the_next_was_asked_for_is_not_known():
    known = superlender.repaid_before(
        LOANS,
        earlier(
            ("a", "2017-05-06 10:00", "2017-06-05", "2017-06-01 09:00", "2017-07-05 09:59"),
            ("a", "2017-06-06 10:00", "2017-07-06", "2017-07-05 10:00", "2017-07-05 10:00"),
            ("b", "2017-07-05 10:01", "2017-08-05", "2017-07-06 09:00", "2017-07-06 09:00"),
        ),
    )
    assert known.systemloanid.tolist() == [0]


def test_a_borrower_becomes_a_shop_with_its_loans():
    told = earlier(("b", "2017-05-06 23:00", "2017-06-05", "2017-06-07 09:00", "2017-06-07 10:00"))
    tables = borrowers_as_shops.shop_events(LOANS, told)
    assert tables["shops"]["shop_id"].to_pylist() == [1, 2]
    (loan,), (instalment,) = tables["loans"].to_pylist(), tables["instalments"].to_pylist()
    assert (loan["shop_id"], loan["principal_minor"], loan["final_due_day"] - loan["disbursed_day"]) == (2, 10**6, 30)
    assert (instalment["loan_ref"], instalment["paid_day"] - instalment["due_day"]) == (loan["loan_ref"], 2)


@pytest.mark.records
@pytest.mark.parametrize("study", [gmsc, taiwan, sba, superlender], ids=lambda study: study.__name__)
def test_no_column_of_a_study_is_taken_for_a_shop_feature_of_its_name(shared, study):
    data = study.data_set()
    assert not set(data.features) & set(NAMES)
    assert set(data.signs) <= set(data.features)


@pytest.mark.records
def test_sba_is_fitted_on_older_loans_than_it_is_tested_on_and_reads_no_outcome(shared):
    data = sba.data_set()
    assert not {"Term", "ChgOffDate", "ChgOffPrinGr", "DisbursementDate"} & set(data.features)
    assert (data.fitted_until.sum(), (~data.fitted_until).sum()) == (6_800, 5_781)
    for name in data.features.select_dtypes("number"):
        known = data.features[name].notna()
        assert 0.1 < roc_auc_score(data.bad[known], data.features[name][known]) < 0.9, name
