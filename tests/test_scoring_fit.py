"""Fitting a card: exact steps, kept signs, honest figures, and records that are refused by name."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.calibration import calibrate
from scoring.card import card_file_text, load_expert, read_card
from scoring.features import BY_NAME, NAMES
from scoring.fit import fit_card, step_functions
from scoring.fit_steps import merged
from scoring.fit_table import (
    AllMissing,
    FitError,
    NoRows,
    OneOutcome,
    WrongColumn,
    WrongLimit,
    WrongOutcome,
    WrongSign,
    short_between,
)
from scoring.validation import auc

SIGNS = {"cash": 1, "debt": -1}


def records(rows=1_500, seed=1):
    """Made-up borrowers: cash helps, debt harms, the middle of `age` is best, one trade is worse."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "cash": chance.normal(size=rows).round(3),
            "debt": chance.exponential(size=rows).round(3),
            "age": chance.integers(18, 80, rows),
            "trade": chance.choice(["tea", "shoes", "hats"], rows, p=[0.5, 0.4, 0.1]),
            "noise": chance.normal(size=rows),
        }
    )
    frame.loc[chance.random(rows) < 0.1, "debt"] = np.nan
    log_odds = (
        1.6 + 0.9 * frame["cash"] - 0.7 * frame["debt"].fillna(2) - ((frame["age"] - 45) / 20) ** 2 / 2
        - 1.2 * (frame["trade"] == "hats")
    )  # fmt: skip
    return frame, pd.Series((chance.random(rows) > 1 / (1 + np.exp(-log_odds))).astype(int), index=frame.index)


FRAME, BAD = records()
CARD = fit_card(FRAME, BAD, SIGNS)


def feature(card, name):
    return next(each for each in card.features if each.name == name)


def test_a_boosting_without_interactions_is_exactly_a_sum_of_steps():
    from sklearn.ensemble import HistGradientBoostingClassifier

    chance = np.random.default_rng(3)
    rows = chance.integers(0, 30, (2_000, 4)).astype(float)
    rows[chance.random((2_000, 4)) < 0.1] = np.nan
    outcome = (chance.random(2_000) < 0.2 + 0.02 * np.nan_to_num(rows[:, 0])).astype(int)
    model = HistGradientBoostingClassifier(interaction_cst="no_interactions", max_leaf_nodes=3, max_iter=200)
    model.fit(rows, outcome)
    fixed, steps = step_functions(model, [np.append(np.arange(30.0), np.nan)] * 4)
    codes = np.where(np.isnan(rows), 30, rows).astype(int)
    total = fixed + sum(step[codes[:, place]] for place, step in enumerate(steps))
    assert np.abs(total - model.decision_function(rows)).max() < 1e-12


def test_a_card_tells_good_from_bad_on_records_it_has_not_seen():
    later, outcome = records(rows=4_000, seed=2)
    assert auc(CARD.score(later)["points"].to_numpy(), outcome.to_numpy()) > 0.74


def test_the_same_records_in_any_order_give_the_same_hash():
    order = np.random.default_rng(5).permutation(len(FRAME))
    again = fit_card(FRAME.iloc[order, ::-1], BAD.iloc[order], SIGNS)
    assert again.hash == CARD.hash


def test_another_seed_holds_out_other_rows_and_leaves_the_points():
    other = fit_card(FRAME, BAD, SIGNS, seed=1)
    assert other.hash != CARD.hash
    assert [each.points for each in other.features] == [each.points for each in CARD.features]


def test_a_fitted_card_survives_its_file():
    assert read_card(card_file_text(CARD), CARD.hash) == CARD


@pytest.mark.parametrize("max_bins", [2, 3, 12])
def test_signs_hold_in_whole_points_and_bins_are_few(max_bins):
    card = fit_card(FRAME, BAD, SIGNS, max_bins=max_bins)
    for name, sign in SIGNS.items():
        points = feature(card, name).points
        assert 1 < len(points) <= max_bins
        assert all((after - before) * sign > 0 for before, after in pairwise(points))


def test_a_sign_against_the_records_leaves_little_more_than_a_flat_line():
    points = feature(fit_card(FRAME, BAD, {"cash": -1}), "cash").points
    assert list(points) == sorted(points, reverse=True)
    assert np.ptp(points) < np.ptp(feature(CARD, "cash").points) / 4


def test_the_weightiest_features_are_kept_and_the_others_named():
    card = fit_card(FRAME, BAD, SIGNS, max_features=3)
    assert "noise" not in [each.name for each in card.features]
    assert len(card.features) == 3
    assert "noise" in card.provenance["dropped"]["light"]


def test_a_worse_trade_has_fewer_points_and_a_new_one_is_named():
    trades = feature(CARD, "trade").categories
    assert trades["hats"] < min(trades["tea"], trades["shoes"])
    scored = CARD.score(FRAME.head(1).assign(trade="boats"))
    assert (scored["unseen"].iloc[0], scored["trade"].iloc[0]) == ("trade", min(trades.values()))


def test_a_missing_bin_that_was_not_seen_takes_the_worst_bin():
    cash, debt = feature(CARD, "cash"), feature(CARD, "debt")
    assert (cash.missing_seen, cash.missing["any"]) == (False, min(cash.points))
    assert debt.missing_seen
    assert CARD.score(FRAME.drop(columns="cash").head(1))["unseen"].iloc[0] == "cash"


def test_the_points_say_the_probability_that_came():
    points = CARD.score(FRAME)
    assert abs(points["default_probability"].mean() - BAD.mean()) < 0.01
    assert CARD.calibration["assumed"] is False


def test_the_card_tells_how_it_was_made():
    told = CARD.provenance
    assert (told["rows"], told["bad"], told["seed"]) == (len(FRAME), BAD.sum(), 0)
    assert told["auc"]["low"] < told["auc"]["value"] < told["auc"]["high"]
    assert sum(each["rows"] for each in told["grades"]) == told["auc"]["rows"] == len(FRAME)
    assert told["alarms"] == []


def test_a_column_that_knows_the_outcome_raises_an_alarm():
    told = fit_card(FRAME.assign(charged_off=BAD * 3.0), BAD).provenance
    assert told["alarms"] == [{"feature": "charged_off", "auc": 1.0}]


def test_columns_that_tell_nothing_are_dropped_and_named():
    card = fit_card(FRAME.assign(same=1.0, empty=np.nan, endless=np.inf, words=None), BAD)
    assert card.provenance["dropped"]["constant"] == ["same"]
    assert card.provenance["dropped"]["all missing"] == ["empty", "endless", "words"]


def test_numbers_as_text_truth_values_and_nullable_numbers_are_learnt_alike():
    plain = fit_card(FRAME[["cash", "debt"]].assign(old=FRAME["age"] > 50), BAD)
    other = FRAME[["cash", "debt"]].assign(old=(FRAME["age"] > 50).astype("boolean"))
    other = other.assign(cash=other["cash"].astype(str), debt=other["debt"].astype("Float64"))
    assert fit_card(other, BAD.astype(bool)).hash == plain.hash


def test_infinite_values_and_stray_words_count_as_missing():
    odd = FRAME[["cash", "debt"]].copy()
    odd["cash"] = odd["cash"].astype(object)
    odd.loc[odd.index[:30], "cash"] = "unknown"
    odd.loc[odd.index[30:60], "debt"] = np.inf
    card = fit_card(odd, BAD)
    assert feature(card, "cash").missing_seen
    assert feature(card, "cash").categories is None


@pytest.mark.parametrize(
    ("error", "frame", "bad", "more"),
    [
        (NoRows, FRAME.head(0), BAD.head(0), {}),
        (OneOutcome, FRAME, BAD * 0, {}),
        (OneOutcome, FRAME, BAD * 0 + 1, {}),
        (AllMissing, FRAME[[]], BAD, {}),
        (AllMissing, FRAME[["cash"]] * np.nan, BAD, {}),
        (AllMissing, FRAME[["cash"]] * 0, BAD, {}),
        (WrongColumn, FRAME.rename(columns={"cash": "debt"}), BAD, {}),
        (WrongColumn, FRAME.rename(columns={"cash": "points"}), BAD, {}),
        (WrongColumn, FRAME.rename(columns={"cash": 3}), BAD, {}),
        (WrongColumn, FRAME.assign(on=pd.Timestamp("2026-01-01")), BAD, {}),
        (WrongOutcome, FRAME, BAD.head(10), {}),
        (WrongOutcome, FRAME, BAD.iloc[::-1], {}),
        (WrongOutcome, FRAME, BAD + 1, {}),
        (WrongOutcome, FRAME, BAD.where(BAD == 0), {}),
        (WrongOutcome, FRAME, BAD.astype(str).replace("1", "yes"), {}),
        (WrongSign, FRAME, BAD, {"signs": {"income": 1}}),
        (WrongSign, FRAME, BAD, {"signs": {"cash": 2}}),
        (WrongSign, FRAME, BAD, {"signs": {"trade": 1}}),
        (WrongLimit, FRAME, BAD, {"max_bins": 1}),
        (WrongLimit, FRAME, BAD, {"max_features": 0}),
    ],
)
def test_records_from_which_nothing_can_be_learnt_are_refused_by_name(error, frame, bad, more):
    with pytest.raises(error) as caught:
        fit_card(frame, bad, **more)
    assert isinstance(caught.value, FitError)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("bads", [1, 2, 5])
def test_a_handful_of_bad_is_enough_for_a_card_that_says_how_unsure_it_is(bads):
    rows = pd.concat([BAD[BAD == 1].head(bads), BAD[BAD == 0].head(200)]).index
    card = fit_card(FRAME.loc[rows], BAD.loc[rows], SIGNS)
    assert card.provenance["sure"] == "prior"
    points = feature(card, "cash").points
    assert list(points) == sorted(points)


def test_points_that_tell_nothing_leave_the_share_of_bad_as_the_probability():
    bad = np.repeat([1, 0], [300, 700])
    a, b = calibrate(np.full(1_000, 600), bad, slope=True)
    assert 1 / (1 + np.exp(a + b * np.log(30))) == pytest.approx(0.3, abs=1e-4)


def test_a_calibration_finds_the_line_by_which_outcomes_were_drawn():
    chance = np.random.default_rng(6)
    points = chance.normal(560, 30, 200_000).round()
    log_odds = 0.3 + 0.8 * (np.log(30) + (points - 600) * np.log(2) / 20)
    bad = (chance.random(len(points)) > 1 / (1 + np.exp(-log_odds))).astype(int)
    assert calibrate(points, bad, slope=True) == pytest.approx((0.3, 0.8), abs=0.03)
    assert calibrate(points, bad, slope=False)[1] == 1


def shop_records(rows, bads):
    chance = np.random.default_rng(11)
    frame = pd.DataFrame({name: chance.gamma(1.5, 1.0, rows) for name in BY_NAME})
    frame["median_month_minor"] = chance.lognormal(15, 2, rows).round()
    frame["rating"] = chance.uniform(2, 5, rows)
    frame.loc[chance.random(rows) < 0.2, "rating"] = np.nan
    frame["rating_missing"] = np.where(frame["rating"].isna(), "no_ratings", None)
    frame["currency"] = "CNY"
    bad = pd.Series(0, index=frame.index)
    bad.iloc[chance.choice(rows, bads, replace=False)] = 1
    return frame, bad


def test_with_a_single_bad_a_card_of_shop_features_is_nearly_the_expert_card():
    frame, bad = shop_records(400, 1)
    card = fit_card(frame, bad, max_features=99)
    ours, expert = card.score(frame), load_expert().score(frame)
    for each in load_expert().features:
        assert (ours[each.name] - expert[each.name]).abs().max() <= 1, each.name
    assert (card.currency, feature(card, "rating").unit) == ("CNY", "rating")
    assert feature(card, "rating").missing_codes == {"no_ratings": "unable_to_verify"}


def test_two_rows_are_learnt_from_as_far_as_they_go_and_a_bare_array_is_refused():
    card = fit_card(FRAME.iloc[:2], pd.Series([0, 1], index=FRAME.index[:2]))
    assert card.provenance["rows"] == 2
    with pytest.raises(WrongOutcome):
        fit_card(FRAME, BAD.to_numpy())


def test_money_in_another_currency_is_missing_in_the_fit_too():
    frame, bad = shop_records(400, 40)
    frame.loc[frame.index[:100], "currency"] = "USD"
    frame.loc[frame.index[:100], "median_month_minor"] = 1.0
    card = fit_card(frame, bad, max_features=len(NAMES))
    assert card.currency == "CNY"
    assert feature(card, "median_month_minor").usual_value > 1_000


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9), st.integers(2, 5))
def test_no_other_grouping_loses_less(values, most):
    values = np.array(values)

    def loss(starts):
        return sum(((part - part.mean()) ** 2).sum() for part in np.split(values, starts[1:]))

    found = merged(values, np.ones(len(values)), most)
    others = [(0, *cut) for size in range(most) for cut in combinations(range(1, len(values)), size)]
    assert len(found) <= most
    assert loss(found) <= min(loss(np.array(other)) for other in others) + 1e-9


@settings(max_examples=300)
@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_a_short_edge_parts_the_two_values(one, two):
    low, high = min(one, two), max(one, two)
    if low < high:
        assert low < short_between(low, high) <= high
