"""Schedules and yearly rates: the worked examples W1 to W4, W15 and W18, published ones, and what always holds."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.loan_schedule import (
    DAY_COUNTS,
    RATE_KINDS,
    LoanTerms,
    SalesTerms,
    due_dates,
    principal_of,
    schedule_of,
    year_share,
)
from lending.yearly_rate import daily_flows, simple_cost, yearly_rate

JANUARY = date(2026, 1, 1)
W1 = LoanTerms(1_200_000, "annuity", JANUARY, 6, 120_000)
W4 = SalesTerms(1_000_000, 100_000, JANUARY, date(2027, 12, 31), minimum_share_ppm=100_000, minimum_days=90)


def test_w1_an_annuity_is_rounded_half_up_and_its_principal_adds_up():
    lines = schedule_of(W1)
    assert [(line.due_on.isoformat(), line.due_minor, line.interest_minor, line.principal_minor) for line in lines] == [
        ("2026-02-01", 207_058, 12_000, 195_058),
        ("2026-03-01", 207_058, 10_049, 197_009),
        ("2026-04-01", 207_058, 8_079, 198_979),
        ("2026-05-01", 207_058, 6_090, 200_968),
        ("2026-06-01", 207_058, 4_080, 202_978),
        ("2026-07-01", 207_058, 2_050, 205_008),
    ]
    assert sum(line.interest_minor for line in lines) == 42_348


def test_w2_equal_principal_leaves_the_remainder_to_the_last_instalment():
    lines = schedule_of(LoanTerms(1_000_000, "equal_principal", JANUARY, 3, 120_000))
    assert [line.principal_minor for line in lines] == [333_333, 333_333, 333_334]
    assert [line.due_minor for line in lines] == [343_333, 340_000, 336_667]


def test_w3_interest_only_pays_all_principal_at_the_end_by_either_day_count():
    lines = schedule_of(LoanTerms(500_000, "interest_only", JANUARY, 4, 180_000))
    assert [line.due_minor for line in lines] == [7_500, 7_500, 7_500, 507_500]
    by_days = schedule_of(LoanTerms(500_000, "interest_only", JANUARY, 4, 180_000, day_count="actual/365"))
    assert [line.interest_minor for line in by_days[:2]] == [7_644, 6_904]


def test_w4_a_sales_linked_advance_has_milestones_counted_together():
    lines = schedule_of(W4)
    assert [(line.due_on.isoformat(), line.due_minor) for line in lines[:2]] == [
        ("2026-04-01", 110_000),
        ("2026-06-30", 110_000),
    ]
    assert sum(line.due_minor for line in lines) == 1_100_000
    assert sum(line.principal_minor for line in lines) == 1_000_000
    assert lines[-1].due_on == date(2027, 12, 31)


def test_w4_without_an_early_end_a_tenth_per_90_days_runs_900_days_and_a_twentieth_1800():
    for share_ppm, days in ((100_000, 900), (50_000, 1_800)):
        terms = SalesTerms(1_000_000, 100_000, JANUARY, date(2040, 1, 1), share_ppm, 90)
        assert (schedule_of(terms)[-1].due_on - JANUARY).days == days


def test_w4_what_comes_in_is_split_as_advance_to_fee():
    assert 1_000_000 - principal_of(W4, 90_000) == 918_182
    assert principal_of(W4, 5_000_000) == 1_000_000


def test_w15_a_flat_fee_advance_costs_more_than_its_simple_cost():
    rate = yearly_rate([-1_000_000] + [5_000] * 220, periods_a_year=365)
    assert rate.periodic == pytest.approx(0.000876938, abs=5e-10)
    assert rate.nominal == pytest.approx(0.320082, abs=5e-7)
    assert rate.effective == pytest.approx(0.377048, abs=5e-7)
    assert simple_cost(100_000, 1_000_000, 220) == pytest.approx(0.165909, abs=5e-7)


def test_w15_money_kept_back_at_disbursement_makes_the_loan_dearer():
    rate = yearly_rate([-1_200_000 + 24_000, *(line.due_minor for line in schedule_of(W1))], periods_a_year=12)
    assert rate.periodic == pytest.approx(0.01591028, abs=5e-9)
    assert (rate.nominal, rate.effective) == (pytest.approx(0.190923, abs=5e-7), pytest.approx(0.208549, abs=5e-7))


def test_w18_a_flat_rate_counts_on_the_whole_loan():
    lines = schedule_of(LoanTerms(1_200_000, "annuity", JANUARY, 6, 120_000, rate_kind="flat"))
    assert {line.due_minor for line in lines} == {212_000}
    assert sum(line.interest_minor for line in lines) == 72_000
    rate = yearly_rate([-1_200_000, *(line.due_minor for line in lines)], periods_a_year=12)
    assert (rate.nominal, rate.effective) == (pytest.approx(0.202880, abs=5e-7), pytest.approx(0.222850, abs=5e-7))


def test_the_example_of_regulation_z_comes_to_its_published_rate():
    # 12 CFR 1026, appendix J, (c)(1)(i): 5,000 repaid in 24 monthly payments of 230 is 9.69 % a year.
    assert round(yearly_rate([-5_000_00] + [230_00] * 24, periods_a_year=12).nominal, 4) == 0.0969


def test_a_mortgage_of_the_textbooks_has_its_published_instalment():
    # S. J. Garrett, An Introduction to the Mathematics of Finance; the figure stands in every table of mortgages:
    # 200,000 at 6 % over 30 years is 1,199.10 a month.
    lines = schedule_of(LoanTerms(20_000_000, "annuity", JANUARY, 360, 60_000))
    assert lines[0].due_minor == 119_910
    assert lines[0].interest_minor == 100_000


def test_an_irregular_first_period_bears_interest_for_its_own_days():
    first = schedule_of(LoanTerms(1_200_000, "annuity", JANUARY, 6, 120_000, first_due_on=date(2026, 2, 16)))[0]
    # 45 days of 360 at 12 % on 12,000.00.
    assert first.interest_minor == 18_000


def test_a_fee_is_due_with_the_first_instalment():
    fees = [line.fee_minor for line in schedule_of(LoanTerms(1_200_000, "annuity", JANUARY, 6, 120_000, fee_minor=20))]
    assert fees == [20, 0, 0, 0, 0, 0]


def test_a_loan_without_interest_is_parted_evenly():
    assert [line.due_minor for line in schedule_of(LoanTerms(1_000, "annuity", JANUARY, 3, 0))] == [333, 333, 334]


def test_months_keep_the_day_of_disbursement_where_they_have_it():
    days = due_dates(LoanTerms(100, "annuity", date(2027, 12, 31), 3, 0))
    assert [day.isoformat() for day in days] == ["2028-01-31", "2028-02-29", "2028-03-31"]


def test_weeks_by_30_360_bear_no_more_than_a_year_of_interest_in_a_year():
    days = due_dates(LoanTerms(100, "annuity", JANUARY, 52, 0, interval="week"))
    # The 52nd falls on 31 December, which counts as the 30th.
    assert year_share(JANUARY, days[-1], "30/360") == Fraction(359, 360)


@pytest.mark.parametrize(
    "terms",
    [
        LoanTerms(0, "annuity", JANUARY, 6, 120_000),
        LoanTerms(100, "annuity", JANUARY, 0, 120_000),
        LoanTerms(100, "annuity", JANUARY, 6, -1),
        LoanTerms(100, "annuity", JANUARY, 6, 0, interval="days:0"),
        LoanTerms(100, "annuity", JANUARY, 6, 0, interval="fortnight"),
        LoanTerms(100, "annuity", JANUARY, 6, 0, first_due_on=JANUARY),
        SalesTerms(100, 10, JANUARY, JANUARY),
        SalesTerms(100, -1, JANUARY, date(2027, 1, 1)),
        SalesTerms(100, 1, JANUARY, date(2030, 1, 1), minimum_days=1),
        SalesTerms(100, 1, JANUARY, date(2027, 1, 1), minimum_share_ppm=2_000_000),
    ],
)
def test_terms_that_make_no_loan_are_refused(terms):
    with pytest.raises(ValueError, match=r"no loan|first due|all due|no minimum|no interval"):
        schedule_of(terms)


@pytest.mark.parametrize("flows", [[], [-100], [100, 50], [-100, 0], [-100, -50]])
def test_flows_that_are_no_loan_have_no_rate(flows):
    with pytest.raises(ValueError, match="a loan begins with money paid out"):
        yearly_rate(flows, periods_a_year=12)


def test_dated_flows_become_days():
    assert daily_flows([(12, 3), (10, -5), (12, 4)]) == [-5, 0, 7]


ANY_LOAN = st.builds(
    LoanTerms,
    principal_minor=st.integers(1, 10**12),
    repayment_kind=st.sampled_from(["annuity", "equal_principal", "interest_only"]),
    disbursed_on=st.dates(date(2015, 1, 1), date(2035, 12, 31)),
    instalments=st.integers(1, 60),
    annual_rate_ppm=st.integers(0, 3_000_000),
    interval=st.sampled_from(["month", "week", "days:1", "days:45"]),
    rate_kind=st.sampled_from(RATE_KINDS),
    day_count=st.sampled_from(DAY_COUNTS),
    fee_minor=st.integers(0, 10**6),
)
ANY_ADVANCE = st.builds(
    SalesTerms,
    principal_minor=st.integers(1, 10**12),
    fee_minor=st.integers(0, 10**10),
    disbursed_on=st.dates(date(2015, 1, 1), date(2025, 12, 31)),
    final_due_on=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    minimum_share_ppm=st.integers(0, 1_000_000),
    minimum_days=st.integers(20, 400),
)


@given(ANY_LOAN | ANY_ADVANCE)
def test_every_schedule_repays_the_loan_to_the_unit_in_rising_days(terms):
    lines = schedule_of(terms)
    assert sum(line.principal_minor for line in lines) == terms.principal_minor
    assert sum(line.fee_minor for line in lines) == terms.fee_minor
    assert all(part >= 0 for line in lines for part in (line.principal_minor, line.interest_minor, line.fee_minor))
    days = [terms.disbursed_on, *(line.due_on for line in lines)]
    assert days == sorted(set(days))
    assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))


@given(st.integers(10**4, 10**9), st.integers(1, 48), st.integers(1, 1_000_000))
def test_an_annuity_costs_a_year_what_its_contract_says(principal_minor, instalments, annual_rate_ppm):
    lines = schedule_of(LoanTerms(principal_minor, "annuity", JANUARY, instalments, annual_rate_ppm))
    flows = [-principal_minor, *(line.due_minor for line in lines)]
    if sum(flows) > instalments:
        # Rounding moves each instalment by half a unit at most.
        tolerance = 12 * instalments / principal_minor + 1e-9
        rate = yearly_rate(flows, periods_a_year=12)
        assert rate.nominal == pytest.approx(annual_rate_ppm / 1e6, abs=tolerance)
