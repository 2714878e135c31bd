"""Level instalments, to the minor unit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.schedule import annuity, level_instalment_minor, month_later, present_value_minor


def test_the_annuity_of_worked_example_1_is_exact():
    lines = annuity(1_200_000, rate_bps=1200, months=6, disbursed_on=date(2026, 1, 1))
    assert [line.due_on for line in lines] == [date(2026, month, 1) for month in range(2, 8)]
    assert [line.instalment_minor for line in lines] == [207_058] * 6
    assert [line.interest_minor for line in lines] == [12_000, 10_049, 8_079, 6_090, 4_080, 2_050]
    assert [line.principal_minor for line in lines] == [195_058, 197_009, 198_979, 200_968, 202_978, 205_008]
    assert [line.balance_minor for line in lines] == [1_004_942, 807_933, 608_954, 407_986, 205_008, 0]


def test_a_loan_without_interest_is_parted_evenly_and_the_last_instalment_takes_the_remainder():
    lines = annuity(1_000, rate_bps=0, months=3, disbursed_on=date(2026, 1, 1))
    assert [line.instalment_minor for line in lines] == [333, 333, 334]


def test_an_instalment_due_on_the_31st_falls_on_the_last_day_of_a_short_month_and_back_again():
    lines = annuity(1_200_000, rate_bps=1200, months=3, disbursed_on=date(2027, 12, 31))
    assert [line.due_on for line in lines] == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31)]
    assert month_later(date(2026, 3, 31), -1) == date(2026, 2, 28)


@pytest.mark.parametrize(("principal", "rate", "months"), [(0, 1200, 6), (100, -1, 6), (100, 1200, 0)])
def test_an_impossible_loan_has_no_schedule(principal, rate, months):
    with pytest.raises(ValueError, match="no loan"):
        annuity(principal, rate_bps=rate, months=months, disbursed_on=date(2026, 1, 1))


@given(st.integers(1, 10**11), st.integers(0, 6_000), st.integers(1, 120))
def test_principal_sums_to_the_loan_and_the_balance_never_rises(principal, rate, months):
    lines = annuity(principal, rate_bps=rate, months=months, disbursed_on=date(2026, 1, 31))
    assert sum(line.principal_minor for line in lines) == principal
    assert all(line.principal_minor >= 0 and line.interest_minor >= 0 for line in lines)
    balances = [principal, *(line.balance_minor for line in lines)]
    assert balances == sorted(balances, reverse=True)
    assert balances[-1] == 0


@given(st.integers(1, 10**9), st.integers(0, 6_000), st.integers(1, 60))
def test_present_value_undoes_the_level_instalment_up_to_its_rounding(instalment, rate, months):
    worth = present_value_minor(instalment, rate_bps=rate, months=months)
    assert abs(level_instalment_minor(worth, rate_bps=rate, months=months) - instalment) <= 1
