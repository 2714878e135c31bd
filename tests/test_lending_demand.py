"""Who walks away at which rate, and the rate at which an application is worth most."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import demand as study
from lending.demand import DemandCurve, best_rate_bps, demand_table, walk_away_share
from lending.policy import FIRST_POLICY, load

CURVE = load(FIRST_POLICY.read_text(encoding="utf-8")).demand
# How far the one curve of the first policy is from any of the published shares, at most; docs/lending-policy.md.
LARGEST_DEVIATION = 0.051

curves = st.builds(DemandCurve, st.integers(0, 3_000), st.integers(1, 5_000))
rates = st.integers(0, 20_000)


def test_nobody_walks_away_up_to_the_accepted_rate_and_each_halving_halves_those_who_stay():
    curve = DemandCurve(accepted_bps=400, halving_bps=346)
    found = [walk_away_share(curve, rate) for rate in (0, 400, 746, 1092, 1438)]
    assert found == [0, 0, 0.5, 0.75, 0.875]


@given(curves, rates, rates)
def test_a_higher_rate_never_turns_fewer_away_and_the_share_stays_a_share(curve, rate, more):
    low, high = walk_away_share(curve, rate), walk_away_share(curve, rate + more)
    assert 0 <= low <= high <= 1


@given(curves, st.integers(0, 3_000), st.integers(1, 3_000))
def test_the_best_rate_is_where_the_slope_of_the_profit_is_none_or_at_an_end(curve, break_even, cap):
    found = best_rate_bps(curve, break_even_bps=break_even, legal_cap_bps=cap)
    if cap <= break_even:
        assert found is None
        return
    peak = max(break_even + curve.halving_bps / math.log(2), curve.accepted_bps)
    assert found == pytest.approx(min(peak, cap), abs=1)
    assert break_even < found <= cap


def test_the_table_of_a_curve_runs_from_the_accepted_rate_to_the_cap():
    found = demand_table(DemandCurve(400, 300), break_even_bps=700, legal_cap_bps=1010)
    assert found["rate_bps"].iloc[[0, 1, -2, -1]].tolist() == [400, 425, 1000, 1010]
    at = found.set_index("rate_bps").loc[1000]
    assert (at["walk_away_share"], at["margin_bps"], at["kept_margin_bps"]) == (0.75, 300, 75)
    assert found["walk_away_share"].is_monotonic_increasing
    assert demand_table(DemandCurve(400, 300), break_even_bps=0, legal_cap_bps=300)["rate_bps"].tolist() == [300]


@pytest.mark.records
def test_the_curve_of_the_first_policy_is_the_one_that_the_study_fits(shared):
    assert study.fit(study.published(shared / "data" / "rate_churn.csv")) == CURVE


@pytest.mark.records
def test_the_curve_of_the_first_policy_reproduces_the_published_shares(shared):
    published = study.published(shared / "data" / "rate_churn.csv")
    assert len(published) == 29
    assert study.deviations(CURVE, published).abs().to_numpy().max() <= LARGEST_DEVIATION


@pytest.mark.parametrize(("rate", "walked"), [(705, 0.50), (1025, 0.73), (1500, 0.92)])
def test_the_curve_is_near_the_shares_of_grade_a_that_are_told(rate, walked):
    assert walk_away_share(CURVE, rate) == pytest.approx(walked, abs=LARGEST_DEVIATION)
