"""What a shop's sales carry."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.errors import NotEnoughHistory
from lending.months import monthly
from lending.stress import (
    FALLS_BPS,
    Stretch,
    bearable_fall,
    coming_months,
    debt_service_cover,
    holdback_days,
    sales_base,
    stress_table,
    worst_stretch,
)


def months(net, *, last="2026-10-01", incomplete=0):
    """Monthly rows that end with `last`; the newest `incomplete` of them are under way."""
    index = pd.date_range(end=last, periods=len(net), freq="MS")
    return pd.DataFrame(
        {"month": index, "net_minor": net, "complete": [True] * (len(net) - incomplete) + [False] * incomplete}
    )


AS_OF = date(2026, 11, 1)


def test_stressed_sales_are_the_coming_months_as_sold_last_year_where_those_were_weaker():
    year = [2_000_000] * 12
    # As of 1 November the six instalments fall from December to May: rows 1 to 6 of a year that begins in November.
    year[1:7] = [1_200_000] * 6
    year[9:] = [2_400_000] * 3
    base = sales_base(months(year), as_of=AS_OF, term_months=6)
    assert base.stressed_minor == 1_200_000
    assert base.median_minor == 1_600_000
    assert base.lowest_minor == 1_200_000
    assert base.complete_months == 12


def test_stressed_sales_are_the_last_three_months_where_those_were_weaker():
    base = sales_base(months([3_000_000] * 9 + [1_000_000, 1_000_000, 1_000_001]), as_of=AS_OF, term_months=6)
    assert base.stressed_minor == 1_000_000


def test_the_median_is_taken_of_the_last_twelve_complete_months():
    base = sales_base(months([9_000_000] * 12 + [100] * 6 + [200] * 6 + [5], incomplete=1), as_of=AS_OF, term_months=3)
    assert base.median_minor == 150
    assert base.complete_months == 24


def test_a_shop_without_a_full_month_has_no_base():
    base = sales_base(months([500], incomplete=1), as_of=AS_OF, term_months=6)
    assert (base.complete_months, base.median_minor, base.stressed_minor, base.lowest_minor) == (0, None, None, None)


def test_instalment_months_begin_after_the_month_of_the_offer_and_repeat_last_year():
    net = list(range(1, 13))
    frame = coming_months(months([each * 100_000 for each in net]), as_of=AS_OF, term_months=3, cash_margin_bps=1500)
    assert frame["month"].dt.strftime("%Y-%m").tolist() == ["2026-12", "2027-01", "2027-02"]
    assert frame["net_minor"].tolist() == [200_000, 300_000, 400_000]
    assert frame["cash_minor"].tolist() == [30_000, 45_000, 60_000]
    assert frame["from_last_year"].all()


def test_a_month_that_is_not_on_record_is_taken_as_the_weakest_that_is():
    frame = coming_months(months([700, 600, 800]), as_of=AS_OF, term_months=9, cash_margin_bps=10_000)
    assert frame["net_minor"].tolist() == [600] * 8 + [700]
    assert frame["from_last_year"].tolist() == [False] * 8 + [True]


def test_without_a_full_month_nothing_is_expected():
    with pytest.raises(NotEnoughHistory):
        coming_months(months([500], incomplete=1), as_of=AS_OF, term_months=3, cash_margin_bps=1500)


def sales(values, *, end="2026-10-31"):
    return pd.DataFrame(
        {"day": pd.date_range(end=end, periods=len(values)), "gross_minor": values, "refunded_minor": 0, "orders": 1}
    )


def test_the_worst_stretch_counts_days_without_sales_as_zero():
    record = sales([1_000] * 60 + [100] * 30 + [0] * 60 + [1_000] * 60)
    without_empty_days = record[record["gross_minor"] > 0]
    worst = worst_stretch(without_empty_days, as_of=AS_OF)
    assert worst.net_minor == 3_000
    assert (worst.last_on - worst.first_on).days == 89
    assert worst.monthly_minor == round(3_000 / 90 * 365 / 12)


def test_the_latest_of_equally_bad_stretches_is_named():
    worst = worst_stretch(sales([100] * 200), as_of=AS_OF)
    assert worst.last_on == date(2026, 10, 31)


def test_ninety_days_need_ninety_days_of_record():
    assert worst_stretch(sales([5] * 90), as_of=AS_OF).net_minor == 450
    with pytest.raises(NotEnoughHistory) as short:
        worst_stretch(sales([5] * 89), as_of=AS_OF)
    assert (short.value.found_days, short.value.needed_days) == (89, 90)
    with pytest.raises(NotEnoughHistory):
        worst_stretch(sales([]), as_of=AS_OF)


def test_days_from_as_of_on_are_in_no_stretch():
    record = sales([100] * 120 + [0] * 90, end="2027-01-29")
    assert worst_stretch(record, as_of=AS_OF).net_minor == 9_000


def test_the_bearable_fall_is_that_of_the_weakest_month():
    assert bearable_fall([40_000, 25_000, 30_000], instalments_minor=20_000) == pytest.approx(0.2)
    assert bearable_fall([10_000], instalments_minor=20_000) == pytest.approx(-1)
    assert bearable_fall([0, 5], instalments_minor=1) == float("-inf")


def test_debt_service_cover_of_worked_example_19_is_of_cash_not_of_sales():
    cover = {"existing_minor": 50_000, "instalment_minor": 207_058}
    assert debt_service_cover(2_000_000, cash_margin_bps=1500, **cover) == pytest.approx(1.167052, abs=5e-7)
    assert debt_service_cover(2_000_000, cash_margin_bps=10_000, **cover) == pytest.approx(7.780345, abs=5e-7)


def test_holdback_days_of_worked_example_23_round_up():
    assert holdback_days(1_100_000, daily_sales_minor=50_000, share_bps=1000) == 220
    assert holdback_days(1_100_000, daily_sales_minor=50_000, share_bps=1000, fall_bps=3000) == 315


def test_months_and_stretch_come_from_the_same_days():
    record = sales([300] * 500)
    frame = monthly(record, as_of=AS_OF, months=12)
    assert frame.loc[frame["complete"], "net_minor"].iloc[-1] == 31 * 300


def stressed(net, *, worst=None, existing=50_000, instalment=207_058, owed=1_100_000):
    coming = pd.DataFrame({"net_minor": net})
    return stress_table(
        coming, cash_margin_bps=1500, existing_minor=existing, instalment_minor=instalment, owed_minor=owed,
        holdback_bps=1000, worst=worst,
    )  # fmt: skip


def test_the_stress_of_worked_example_19_row_by_row():
    # 20,000 of sales leave 3,000 of cash a month, against 500.00 and 2,070.58 of instalments.
    found = stressed([2_000_000] * 6)
    assert found["scenario"].tolist() == ["expected", *["fall"] * 5]
    assert found["fall_share"].tolist() == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert found["cash_minor"].tolist() == [300_000, 270_000, 240_000, 210_000, 180_000, 150_000]
    assert found["cover"].tolist() == pytest.approx(
        [1.167052, 1.050347, 0.933641, 0.816936, 0.700231, 0.583526], abs=5e-7
    )
    assert found["missed"].tolist() == [0, 0, 6, 6, 6, 6]
    assert found["instalments"].tolist() == [6] * 6


def test_the_stress_of_worked_example_23_counts_the_days_of_a_holdback():
    # Twelve even months of a year of 500.00 a day; 11,000 ÷ 50 a day, then ÷ 45, 40, 35, 30 and 25.
    found = stressed([500_00 * 365 // 12] * 12)
    assert found["holdback_days"].tolist() == [220, 245, 275, 315, 367, 440]


def test_the_cover_is_of_the_weakest_month_and_each_month_is_held_against_its_own_instalment():
    found = stressed([2_000_000, 1_800_000, 3_000_000])
    assert found["cash_minor"].iloc[:2].tolist() == [270_000, 243_000]
    assert found["cover"].iloc[0] == pytest.approx(270_000 / 257_058)
    assert found["missed"].tolist() == [0, 1, 2, 2, 2, 3]


def test_at_the_pace_of_the_worst_days_each_month_brings_what_those_did():
    # 1,080 in 90 days are 12.00 a day, and 365.00 a month.
    worst = Stretch(date(2026, 1, 1), date(2026, 3, 31), 108_000)
    found = stressed([73_000, 73_000, 73_000], worst=worst, existing=0, instalment=5_000, owed=15_000).iloc[-1]
    assert (found["scenario"], found["fall_share"], found["cash_minor"]) == ("worst", 0.5, 5_475)
    assert (found["cover"], found["missed"], found["holdback_days"]) == (pytest.approx(1.095), 0, 125)


@pytest.mark.parametrize("net", [0, -40_000])
def test_a_month_without_cash_carries_nothing_in_any_scenario(net):
    found = stressed([net, net])
    assert (found["cover"] <= 0).all()
    assert (found["missed"] == 2).all()
    assert found["holdback_days"].isna().all()
    assert found["cash_minor"].nunique() == 1


def test_a_loan_too_small_for_an_instalment_has_no_cover_and_misses_none():
    found = stressed([100], existing=0, instalment=0)
    assert found["cover"].isna().all()
    assert (found["missed"] == 0).all()


amounts = st.integers(-(10**9), 10**12)


@given(st.lists(amounts, min_size=1, max_size=12), st.integers(1, 10**9), st.integers(0, 10**9))
def test_the_further_sales_fall_the_less_is_covered_and_no_instalment_is_missed_above_the_line(net, new, existing):
    found = stressed(net, instalment=new, existing=existing)
    assert len(found) == 1 + len(FALLS_BPS)
    assert found["cover"].is_monotonic_decreasing
    assert found["missed"].is_monotonic_increasing
    days = found["holdback_days"].dropna()
    assert days.is_monotonic_increasing
    assert ((found["cover"] >= 1) == (found["missed"] == 0)).all()


@given(st.lists(st.integers(10**6, 10**12), min_size=1, max_size=12), st.integers(10_000, 10**9))
def test_the_bearable_fall_lies_between_the_last_fall_that_is_borne_and_the_first_that_is_not(net, instalment):
    found = stressed(net, existing=0, instalment=instalment)
    fall = bearable_fall([each * 1500 // 10_000 for each in net], instalments_minor=instalment)
    borne = found.loc[found["missed"] == 0, "fall_share"]
    missed = found.loc[found["missed"] > 0, "fall_share"]
    # Cash is cut to whole minor units before and after the fall.
    assert borne.empty or borne.max() <= fall + 1e-4
    assert missed.empty or missed.min() >= fall - 1e-4
