"""Level instalments, to the minor unit."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from lending.schedule import level_instalment_minor, month_later, present_value_minor


def test_the_31st_falls_on_the_last_day_of_a_short_month():
    assert month_later(date(2026, 3, 31), -1) == date(2026, 2, 28)


@given(st.integers(1, 10**9), st.integers(0, 6_000), st.integers(1, 60))
def test_present_value_undoes_the_level_instalment_up_to_its_rounding(instalment, rate, months):
    worth = present_value_minor(instalment, rate_bps=rate, months=months)
    assert abs(level_instalment_minor(worth, rate_bps=rate, months=months) - instalment) <= 1
