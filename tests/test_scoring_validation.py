"""Figures of a validation, worked by hand or held against another way to work them out."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.validation import (
    auc,
    auc_interval,
    binomial_tail,
    brier,
    by_grade,
    calibration_error,
    grade_test,
    kolmogorov_smirnov,
    part_counts,
    part_edges,
    share_interval,
    stability_index,
    stability_noise,
    validate,
)
from tests import cards

pairs = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1)), min_size=2, max_size=40)


@given(pairs)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    bad = [points for points, outcome in rows if outcome]
    good = [points for points, outcome in rows if not outcome]
    found = auc(np.array([points for points, _ in rows]), np.array([outcome for _, outcome in rows]))
    if not bad or not good:
        assert math.isnan(found)
    else:
        right = sum((one > two) + (one == two) / 2 for one in good for two in bad)
        assert found == pytest.approx(right / (len(good) * len(bad)), abs=1e-12)


@given(pairs)
def test_ks_is_the_widest_gap_of_the_two_curves(rows):
    points, outcome = (np.array(each) for each in zip(*rows, strict=True))
    found = kolmogorov_smirnov(points, outcome)
    if outcome.min() == outcome.max():
        assert math.isnan(found)
    else:
        gaps = [abs((points[outcome == 1] <= at).mean() - (points[outcome == 0] <= at).mean()) for at in range(10)]
        assert found == pytest.approx(max(gaps), abs=1e-12)


def test_the_interval_holds_the_value_and_hangs_on_the_seed_alone():
    chance = np.random.default_rng(4)
    bad = (chance.random(2_000) < 0.1).astype(int)
    points = chance.normal(600 - 20 * bad, 20).round().astype(int)
    found = auc_interval(points, bad, seed=1)
    assert found == auc_interval(points, bad, seed=1) != auc_interval(points, bad, seed=2)
    # Hanley and McNeil's standard error for an AUC near .76 with 200 bad is about .018.
    assert found.low < found.value < found.high
    assert (found.high - found.low) / (2 * 1.96) == pytest.approx(0.018, abs=0.005)


def test_an_interval_of_one_outcome_is_no_number():
    assert math.isnan(auc_interval(np.array([1, 2]), np.array([0, 0]), seed=0).low)


def test_brier_is_the_mean_squared_distance():
    assert brier(np.array([0.2, 0.4, 1.0]), np.array([0, 1, 1])) == pytest.approx((0.04 + 0.36 + 0) / 3)


def test_ece_weighs_each_part_by_its_rows():
    # Ten rows forecast .1, of which two went bad, and ten forecast .5, of which five: half of .1 and half of nothing.
    share = np.repeat([0.1, 0.5], 10)
    bad = np.array([1, 1, *[0] * 8, *[1] * 5, *[0] * 5])
    assert calibration_error(share, bad) == pytest.approx(0.05)


def test_a_grade_of_400_loans_as_worked_by_hand():
    z, exact = grade_test(400, 18, 0.03)
    assert (round(z, 6), exact) == (1.758631, None)
    assert round(binomial_tail(400, 18, 0.03), 6) == 0.060065


def test_the_exact_tail_is_told_where_the_variance_is_below_nine():
    assert grade_test(100, 2, 0.01)[1] == pytest.approx(1 - 0.99**100 - 100 * 0.01 * 0.99**99)
    assert grade_test(100, 0, 0.0) == (None, 1.0)


@pytest.mark.parametrize(
    ("rows", "bad", "share", "tail"),
    [(10, 0, 0.3, 1.0), (10, 11, 0.3, 0.0), (10, 1, 0.0, 0.0), (10, 10, 1.0, 1.0), (3, 3, 0.5, 0.125)],
)
def test_the_ends_of_the_binomial(rows, bad, share, tail):
    assert binomial_tail(rows, bad, share) == pytest.approx(tail)


@given(st.integers(1, 60), st.data())
def test_the_tail_is_a_sum_of_binomial_terms(rows, data):
    bad, share = data.draw(st.integers(0, rows)), data.draw(st.floats(0.01, 0.99))
    exact = sum(math.comb(rows, each) * share**each * (1 - share) ** (rows - each) for each in range(bad, rows + 1))
    assert binomial_tail(rows, bad, share) == pytest.approx(exact, rel=1e-9)


def test_the_interval_of_a_share_is_wilsons():
    # Newcombe 1998, table I: 81 of 263, and 0 of 20.
    assert [round(each, 4) for each in share_interval(81, 263)] == [0.2553, 0.3662]
    assert [round(each, 4) for each in share_interval(0, 20)] == [0.0, 0.1611]
    assert share_interval(0, 0) == (0.0, 1.0)


def test_psi_of_equal_counts_is_nothing_and_its_noise_falls_with_the_rows():
    counts = np.array([10, 20, 30])
    assert stability_index(counts, counts) == 0
    assert stability_noise(counts, counts) == pytest.approx(2 * 2 / 60)


def test_psi_of_two_draws_from_one_distribution_is_about_its_noise():
    chance = np.random.default_rng(8)
    found, noise = [], 0.0
    for _ in range(200):
        before, after = chance.normal(size=1_000), chance.normal(size=500)
        edges = part_edges(before)
        counts = part_counts(before, edges), part_counts(after, edges)
        found.append(stability_index(*counts))
        noise = stability_noise(*counts)
    assert np.mean(found) == pytest.approx(noise, rel=0.15)


def test_grades_without_a_row_are_left_out():
    found = by_grade(["A", "B"], np.array(["B", "B"]), np.array([0.5, 0.5]), np.array([1, 0]))
    assert [(each.grade, each.rows, each.bad, each.z) for each in found] == [("B", 2, 1, 0.0)]


def test_a_card_is_held_against_outcomes_and_told_as_json():
    card = cards.card(cards.numeric("size", [0.0], [-20, 20]))
    frame = pd.DataFrame({"size": np.repeat([-1.0, 1.0], 50)})
    bad = pd.Series(np.concatenate([np.repeat([1, 0], [10, 40]), np.repeat([1, 0], [1, 49])]))
    found = validate(card, frame, bad, before=frame.tail(60), seed=3)
    # Of 11 x 89 pairs 10 x 49 are in order and 10 x 40 + 1 x 49 are ties.
    assert found.auc.value == pytest.approx((10 * 49 + (10 * 40 + 49) / 2) / (11 * 89))
    assert found.ks == pytest.approx(10 / 11 - 40 / 89)
    # 580 and 620 points are 1 / 16 and 1 / 61, against 10 and 1 of 50.
    assert found.ece == pytest.approx((abs(0.2 - 0.0625) + abs(0.02 - 0.016393)) / 2)
    assert [each.rows for each in found.grades] == [50, 50]
    assert found.psi > found.psi_noise > 0
    assert json.loads(json.dumps(found.as_json()))["grades"][1]["bad"] == 10
