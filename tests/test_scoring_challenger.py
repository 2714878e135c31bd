"""The challenger: monotone trees that a row alone and among all gets the same from, kept as text with a hash."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from scoring.card_text import BrokenTable, CardError, NewerForm, NotACard, WrongHash, canonical
from scoring.challenger import ChallengerUnavailable, challenger_file_text, fit_challenger, read_challenger
from scoring.fit_table import AllMissing, NoRows, OneOutcome, WrongSign

ROWS = 3_000
SIGNS = {"refunded_share": -1, "tenure_months": 1}


@pytest.fixture(scope="module")
def outcomes():
    """Made-up shops: refunds and a short time in trade go with trouble, as does the sale of phones."""
    chance = np.random.default_rng(5)
    features = pd.DataFrame(
        {
            "refunded_share": chance.beta(1, 12, ROWS),
            "tenure_months": chance.gamma(2, 20, ROWS),
            "rating": chance.normal(4.2, 0.3, ROWS),
            "category": chance.choice(["tea", "phones", "shoes"], ROWS),
        }
    )
    features.loc[chance.random(ROWS) < 0.2, "rating"] = np.nan
    risk = 9 * features.refunded_share - 0.03 * features.tenure_months + (features.category == "phones") - 1.2
    bad = pd.Series((chance.random(ROWS) < 1 / (1 + np.exp(-risk))).astype(int))
    return features, bad


@pytest.fixture(scope="module")
def challenger(outcomes):
    return fit_challenger(*outcomes, SIGNS, seed=3)


def ppm(challenger, features):
    return challenger.score(features).default_probability_ppm


def test_a_second_fit_in_another_order_gives_the_same_hash_and_another_seed_another(outcomes, challenger):
    features, bad = outcomes
    turned = features[features.columns[::-1]].iloc[::-1]
    assert fit_challenger(turned, bad.iloc[::-1], SIGNS, seed=3).hash == challenger.hash
    assert fit_challenger(features, bad, SIGNS, seed=4).hash != challenger.hash


def test_records_that_do_not_do_are_refused_as_for_a_card(outcomes):
    features, bad = outcomes
    for broken, error in (
        ((features.head(0), bad.head(0)), NoRows),
        ((features, bad * 0), OneOutcome),
        ((features[["rating"]] * np.nan, bad), AllMissing),
        ((features, bad, {"category": 1}), WrongSign),
    ):
        with pytest.raises(error):
            fit_challenger(*broken)


def test_sales_in_another_currency_are_missing_as_they_are_for_a_card(outcomes):
    _, bad = outcomes
    sales = pd.DataFrame({"median_month_minor": 1e6 * (2.0 - bad) + np.arange(ROWS), "currency": "CNY"})
    found = fit_challenger(sales, bad)
    assert (found.currency, found.signs) == ("CNY", {"median_month_minor": 1})
    abroad = found.score(sales.head(1).assign(currency="USD"))
    assert abroad.unseen.tolist() == ["median_month_minor"]
    assert abroad.default_probability_ppm.equals(found.score(sales.head(1)[["currency"]]).default_probability_ppm)


def test_a_row_alone_has_the_probability_it_has_among_all(outcomes, challenger):
    features, _ = outcomes
    together = challenger.score(features)
    for place in range(0, ROWS, 97):
        pd.testing.assert_frame_equal(challenger.score(features.iloc[[place]]), together.iloc[[place]])
    turned = challenger.score(features.iloc[::-1])
    pd.testing.assert_frame_equal(turned.iloc[::-1], together)


@pytest.mark.parametrize(("name", "sign"), SIGNS.items())
def test_more_of_a_signed_feature_never_turns_the_probability_round(outcomes, challenger, name, sign):
    features, _ = outcomes
    steps = np.linspace(features[name].min(), features[name].max(), 60)
    for place in range(0, ROWS, 500):
        same = features.iloc[[place] * len(steps)].reset_index(drop=True).assign(**{name: steps})
        assert (np.diff(ppm(challenger, same)) * sign <= 0).all()


def test_bad_shops_are_told_from_good_ones(outcomes, challenger):
    features, bad = outcomes
    found = ppm(challenger, features)
    assert found[bad == 1].mean() > found[bad == 0].mean() + 50_000
    assert found.mean() == pytest.approx(bad.mean() * 1_000_000, rel=0.05)


def test_text_keeps_all_of_it(outcomes, challenger):
    features, _ = outcomes
    again = read_challenger(challenger_file_text(challenger), challenger.hash)
    assert again == challenger
    assert ppm(again, features).equals(ppm(challenger, features))
    assert again.provenance["rows"] == ROWS


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, None, "many"])
def test_a_value_that_was_never_missing_at_the_fit_counts_as_the_worst_and_is_named(outcomes, challenger, value):
    features, _ = outcomes
    row = features.head(1).astype(object)
    scored = challenger.score(row.assign(refunded_share=value))
    worst = challenger.score(row.assign(refunded_share=features.refunded_share.max()))
    assert scored.unseen.tolist() == ["refunded_share"]
    assert scored.default_probability_ppm.equals(worst.default_probability_ppm)


def test_a_missing_value_that_the_fit_knew_is_not_named(outcomes, challenger):
    row = outcomes[0].head(1)
    assert challenger.score(row.assign(rating=np.nan)).unseen.tolist() == [""]
    assert challenger.score(row.drop(columns="rating")).unseen.tolist() == [""]


def test_a_new_category_is_named(outcomes, challenger):
    scored = challenger.score(outcomes[0].head(2).assign(category=["boats", "tea"]))
    assert scored.unseen.tolist() == ["category", ""]


def test_no_rows_give_no_rows(outcomes, challenger):
    scored = challenger.score(outcomes[0].head(0))
    assert len(scored) == 0
    assert scored.default_probability_ppm.dtype == np.int64


# A challenger by hand, which needs no LightGBM: the reading of its text is not LightGBM's.
BY_HAND = {
    "form": 1,
    "kind": "challenger",
    "currency": None,
    "features": ["rating"],
    "signs": {"rating": 1},
    "categories": {},
    "never_missing": {"rating": 1.0},
    "trees": "tree\nversion=v4\nmax_feature_idx=0\n",
    "provenance": {},
}


def test_a_challenger_is_read_and_hashed_without_lightgbm(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    found = read_challenger(canonical(BY_HAND))
    assert read_challenger(json.dumps(BY_HAND, indent=2)).hash == found.hash
    with pytest.raises(ChallengerUnavailable, match="needs LightGBM"):
        found.score(pd.DataFrame({"rating": [4.0]}))
    with pytest.raises(ChallengerUnavailable):
        fit_challenger(pd.DataFrame({"rating": [4.0, 1.0]}), pd.Series([0, 1]))


def changed(**members):
    return canonical({**BY_HAND, **members})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", NotACard),
        ("[]", NotACard),
        (changed(kind="card"), NotACard),
        (changed(form=2), NotACard),
        (changed(form=99), NewerForm),
        (changed(hash="0" * 64), WrongHash),
        (changed(features=[]), BrokenTable),
        (changed(features=["rating", "rating"]), BrokenTable),
        (changed(signs={"size": 1}), BrokenTable),
        (changed(signs={"rating": 2}), BrokenTable),
        (changed(never_missing={"rating": "low"}), BrokenTable),
        (changed(trees="no tree"), BrokenTable),
        (changed(trees="tree\nmax_feature_idx=4\n"), BrokenTable),
        (changed(trees=None), BrokenTable),
        (canonical({name: value for name, value in BY_HAND.items() if name != "provenance"}), BrokenTable),
    ],
)
def test_a_challenger_that_is_not_whole_is_refused(text, error):
    with pytest.raises(error) as refused:
        read_challenger(text)
    assert isinstance(refused.value, CardError)


def test_another_challenger_than_the_one_asked_for_is_refused():
    with pytest.raises(WrongHash):
        read_challenger(canonical(BY_HAND), "0" * 64)


def test_trees_that_lightgbm_cannot_read_are_a_named_error():
    with pytest.raises(BrokenTable):
        read_challenger(canonical(BY_HAND)).score(pd.DataFrame({"rating": [4.0]}))
