"""The forecast of weekly sales: worked by hand, and held against shops whose later weeks are known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lending import forecast
from lending.errors import NotEnoughHistory
from lending.forecast import bands_in_use, course, monday_of, week_number, weekly_forecast

AS_OF = date(2026, 11, 28)


def days(weekly_minor, *, as_of=AS_OF):
    """A sale every Wednesday of the weeks before that of as_of."""
    first = week_number(as_of) - len(weekly_minor)
    wednesdays = [pd.Timestamp(monday_of(first + place)) + pd.Timedelta(days=2) for place in range(len(weekly_minor))]
    monday = {"day": pd.Timestamp(monday_of(first)), "gross_minor": 0, "refunded_minor": 0}
    sold = pd.DataFrame({"day": wednesdays, "gross_minor": weekly_minor, "refunded_minor": 0})
    return pd.concat([pd.DataFrame([monday]), sold], ignore_index=True)


def test_a_shop_that_sells_the_same_each_week_is_expected_to_go_on():
    rows, kind = weekly_forecast(days([10_000] * 30), as_of=AS_OF, weeks=4)
    assert (kind, rows["expected_minor"].tolist()) == ("level", [10_000] * 4)
    # Its own spread is nothing, so that of a usual shop is all there is: it counts for 12 weeks of 26 + 12.
    spread = 0.3 * (12 / 38) ** 0.5
    low, high = bands_in_use().low, bands_in_use().high
    assert rows["low_minor"].iloc[3] == pytest.approx(10_000 * np.exp(spread * (low[0] + 2 * low[1])), rel=0.01)
    assert rows["high_minor"].iloc[3] == pytest.approx(10_000 * np.exp(spread * (high[0] + 2 * high[1])), rel=0.01)


def test_the_first_week_is_that_of_the_day_and_nothing_of_it_or_later_counts():
    told = days([10_000] * 30)
    later = pd.DataFrame({"day": [pd.Timestamp(AS_OF)], "gross_minor": [10**9], "refunded_minor": [0]})
    rows, _ = weekly_forecast(pd.concat([told, later]), as_of=AS_OF, weeks=2)
    assert rows["week"].dt.date.tolist() == [date(2026, 11, 23), date(2026, 11, 30)]
    assert rows["expected_minor"].tolist() == [10_000, 10_000]


def test_twelve_whole_weeks_are_too_few_and_thirteen_suffice():
    with pytest.raises(NotEnoughHistory) as refused:
        weekly_forecast(days([10_000] * 12), as_of=AS_OF, weeks=13)
    assert (refused.value.found_days, refused.value.needed_days) == (84, 91)
    assert len(weekly_forecast(days([10_000] * 13), as_of=AS_OF, weeks=13)[0]) == 13
    with pytest.raises(NotEnoughHistory):
        weekly_forecast(days([]), as_of=AS_OF, weeks=13)


def test_a_shop_that_sells_every_fourth_week_gets_its_mean_and_the_spread_of_its_weeks():
    rows, kind = weekly_forecast(days([0, 0, 0, 40_000] * 10), as_of=AS_OF, weeks=3)
    assert kind == "lumpy"
    assert rows[["low_minor", "expected_minor", "high_minor"]].to_numpy().tolist() == [[0, 10_000, 40_000]] * 3


def two_years(peak):
    """Sales of 10,000 a week and twice that in the weeks of 11.11 of 2024 and 2025, before 5 October 2026."""
    last = week_number(date(2026, 10, 5))
    net = np.full(110, 10_000.0)
    for year in (2024, 2025):
        net[week_number(date(year, 11, 11)) - (last - 110)] *= peak
    return net, last


def test_a_festival_of_both_years_is_expected_in_its_own_week_again():
    net, last = two_years(peak=2)
    found = course(net, first_week=last - 110, weeks=12)
    assert found.kind == "season"
    assert int(found.expected.argmax()) + last == week_number(date(2026, 11, 11))
    assert found.expected.max() > 1.2 * np.median(found.expected)


def test_new_year_is_aligned_with_new_year_whatever_its_week():
    # 29 January 2025 and 17 February 2026: 55 weeks apart.
    week = np.array([week_number(date(2026, 2, 17)) + off for off in (-3, 0, 3)])
    assert (forecast._aligned(week, 1) - week).tolist() == [-55, -55, -55]
    usual = np.array([week_number(date(2026, 6, 15))])
    assert (forecast._aligned(usual, 1) - usual).tolist() == [-52]


def test_the_band_holds_the_line_and_goes_with_the_unit_of_money():
    chance = np.random.default_rng(3)
    net = np.exp(chance.normal(9, 0.4, 90))
    small, large = (course(net * unit, first_week=2_900, weeks=52) for unit in (1, 1000))
    assert (small.low <= small.expected).all()
    assert (small.expected <= small.high).all()
    assert large.high == pytest.approx(1000 * small.high)
    assert course(net, first_week=2_900, weeks=26).low == pytest.approx(small.low[:26])


@pytest.mark.records
@pytest.mark.usefixtures("shared")
def test_the_band_held_eight_of_ten_weeks_that_its_quantiles_never_saw():
    from benchmarks.studies import forecast as study

    shops = study.koubei()
    few = study.Shops(shops.net[::8], shops.first_week, shops.begins[::8])
    cases = study.foretold(few, study.by_bands(bands_in_use()), study.STARTS, weeks=30)
    share, low, high = study.held(cases)
    assert low < 0.807 < high
    assert 0.75 <= share <= 0.85
    assert study.below(cases) < 0.06
