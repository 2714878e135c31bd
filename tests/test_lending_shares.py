"""Shares with their ranges, and the value that so many reach: against published figures, and always in order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.shares import FEW, Share, least_reaching, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_ranges_are_those_that_newcombe_published(part, whole, low, high):
    assert Share(part, whole).interval == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_without_a_case_there_is_neither_a_share_nor_a_range():
    assert (Share(0, 0).value, Share(0, 0).interval, Share(0, 0).too_few) == (None, None, True)
    low, high = wilson(np.array([0]), np.array([0]))
    assert np.isnan([low[0], high[0]]).all()


def test_thirty_cases_are_enough_and_twenty_nine_are_not():
    assert FEW == 30
    assert [Share(1, whole).too_few for whole in (29, 30)] == [True, False]


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_the_range_holds_its_share_and_stays_between_none_and_all(part, whole):
    share = Share(min(part, whole), whole)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1


@pytest.mark.parametrize(("share", "value"), [(0.25, 10), (0.5, 20), (0.51, 30), (0.75, 30), (0.9, 40), (1, 40)])
def test_the_least_value_that_a_share_does_not_exceed_is_found_by_rank(share, value):
    assert least_reaching(np.array([30, 10, 40, 20]), share) == value


def test_nothing_reaches_nothing():
    assert least_reaching(np.array([]), 0.5) is None


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=60), st.floats(0, 1))
def test_it_is_one_of_the_values_and_enough_of_them_do_not_exceed_it(values, share):
    found = least_reaching(np.array(values), share)
    assert found in values
    assert np.mean(np.array(values) <= found) >= share - 1e-9
