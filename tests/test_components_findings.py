"""Titles that say what a shop's record shows, and their neutral forms."""

import numpy as np
import pandas as pd
import pytest

from components import findings
from lending.concentration import concentration
from lending.peers import Peers, Standing
from lending.signs import Sign
from lending.week import week_of


def months(net, before=None, refunded=0, complete=True, orders=50):
    return pd.DataFrame(
        {
            "month": pd.date_range(end="2026-10-01", periods=len(net), freq="MS"),
            "net_minor": net,
            "gross_minor": net,
            "refunded_minor": refunded,
            "orders": orders,
            "year_before_minor": [float("nan")] * len(net) if before is None else before,
            "complete": complete,
        }
    )


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (months([111] * 12, [100.0] * 12), "Sales are up 11% on the year"),
        (months([70] * 12, [100.0] * 12), "Sales are down 30% on the year"),
        (months([101] * 12, [100.0] * 12), "Sales are level with the year before"),
        (months([100, 190, *[100] * 10], [100.0] * 12), "Sales are up 7.5% on the year and peak in December"),
        (
            months([150] * 9 + [36] * 3, [100.0] * 12),
            "Sales are up 22% on the year, but down 64% in the last three months",
        ),
        (
            months([100] * 9 + [160] * 3, [120.0] * 12),
            "Sales are down 4.2% on the year, but up 33% in the last three months",
        ),
        (
            months([109] * 9 + [74] * 3, [100.0] * 12),
            "Sales are level with the year before, but down 26% in the last three months",
        ),
        (months([110] * 9 + [90] * 3, [100.0] * 12), "Sales are up 5% on the year"),
        (
            months([100] * 9 + [156] * 3, [105.0] * 12),
            "Sales are up 8.6% on the year, and up 49% in the last three months",
        ),
        (months([40] * 9 + [90] * 3, [100.0] * 12), "Sales are down 48% on the year and peak in August"),
        (months([100, 190, *[100] * 10]), "Net sales, 12 full months; peak in December"),
        (months([5] * 7), "Net sales, 7 full months"),
        (months([5], complete=False), "Net sales, 0 full months"),
    ],
)
def test_the_title_of_the_sales_says_the_change_and_the_peak(frame, title):
    assert findings.sales_title(frame) == title


@pytest.mark.parametrize(
    ("refunded", "title"),
    [
        ([2] * 12, "Refunds hold at 2% of sales"),
        ([2] * 9 + [5] * 3, "Refunds are 5% of sales, up from 2%"),
        ([9] * 9 + [5] * 3, "Refunds are 5% of sales, down from 9%"),
    ],
)
def test_the_title_of_the_refunds_says_their_way(refunded, title):
    assert findings.refunds_title(months([100] * 12, refunded=refunded)) == title


def test_the_title_of_the_refunds_of_a_young_or_silent_shop_is_neutral():
    assert findings.refunds_title(months([100] * 2, refunded=[1, 1])) == "Refunds, share of sales"
    assert findings.refunds_title(months([0] * 12)) == "Refunds, share of sales"
    assert findings.refunds_title(months([100] * 12, refunded=2, orders=9)) == "Refunds, share of sales"
    assert findings.refunds_title(months([100] * 5, refunded=2)) == "Refunds are 2% of sales in three months"


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        ([0.2, 0.15], "Two buyers bring 35% of sales"),
        ([0.9], "One buyer brings 90% of sales"),
        ([0.005] * 10, "The top ten buyers bring only 5% of sales"),
        ([], "Buyers, share of sales"),
    ],
)
def test_the_title_of_the_buyers_says_what_the_largest_bring(shares, title):
    assert findings.buyers_title(pd.DataFrame({"share": pd.Series(shares, dtype="float64")})) == title


def test_the_title_of_the_balances_names_the_lowest_day():
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2026-10-01", periods=3),
            "wallet_minor": [500_000.0, 100_000.0, 4_600_000.0],
            "fund_minor": float("nan"),
        }
    )
    assert findings.wallet_title(frame, "CNY") == "Wallet and fund hold ¥46k; least ¥1k on 2 Oct 2026"
    assert findings.wallet_title(frame.tail(1), "CNY") == "Wallet and fund hold ¥46k"


def test_the_title_of_the_sales_says_whether_its_peers_peak_in_the_same_month():
    net = [100, 190, 250, *[100] * 9]
    frame = months(net, [100.0] * 12).assign(month=pd.date_range("2025-09-01", periods=12, freq="MS"))
    band = frame[["month"]].assign(middle_minor=[1, 1, 9.0, *[1] * 9])
    assert findings.sales_title(frame, band=band) == "Sales are up 20% on the year and peak at 11.11, as its peers do"
    for other in ([1, 9.0, 1, *[1] * 9], [1.0] * 12, [float("nan")] * 12):
        unlike = findings.sales_title(frame, band=band.assign(middle_minor=other))
        assert unlike == "Sales are up 20% on the year and peak at 11.11"


def test_who_the_peers_are_is_told():
    assert findings.peers_sentence(None) == "Fewer than eight shops are like it: no peers are shown."


def sign(name, value, before, cases=60):
    return Sign(name, value, before, cases, (), np.array([]))


@pytest.mark.parametrize(
    ("name", "value", "before", "way", "change"),
    [
        ("refunds", 0.019, 0.025, 1, "−0.6 pt"),
        ("refunds", 0.025, 0.019, -1, "+0.6 pt"),
        ("refunds", 0.019, 0.023, 0, "−0.4 pt"),
        ("late", 0.046, 0.067, 1, "−2.1 pt"),
        ("late", 0.067, 0.046, -1, "+2.1 pt"),
        ("rating", 4.76, 4.68, 1, "+0.08"),
        ("rating", 4.60, 4.68, -1, "−0.08"),
        ("rating", 4.70, 4.68, 0, "+0.02"),
        ("wallet", 4_600_000, 3_700_000, 1, "+¥9k"),
        ("wallet", 3_700_000, 4_700_000, -1, "−¥10k"),
        ("wallet", 4_600_000, 4_500_000, 0, "+¥1k"),
        ("wallet", 100, 0, 1, "+¥1"),
        ("refunds", 0.02, None, 0, "too little before"),
        ("refunds", None, None, 0, "few orders"),
    ],
)
def test_a_sign_is_better_or_worse_only_beyond_its_threshold(name, value, before, way, change):
    found = sign(name, value, before)
    assert findings.direction(found) == way
    assert findings.sign_change(found, "CNY") == change


def test_a_sign_without_any_case_says_what_is_missing():
    missing = {name: findings.sign_change(sign(name, None, None, 0), "CNY") for name in findings.SIGN_NAMES}
    assert missing == {"refunds": "no orders", "rating": "no ratings", "late": "no promises", "wallet": "no balances"}
    assert findings.sign_value(sign("late", None, None), "CNY") == "–"


@pytest.mark.parametrize(
    ("values", "title"),
    [
        ({"refunds": (0.01, 0.03), "rating": (4.8, 4.6), "late": (0.04, 0.07)}, "Refunds, rating and dispatch improve"),
        ({"refunds": (0.01, 0.03)}, "Refunds improve"),
        ({"rating": (4.4, 4.6)}, "Rating worsens"),
        (
            {"late": (0.04, 0.07), "refunds": (0.05, 0.02), "rating": (4.4, 4.6)},
            "Dispatch improves; refunds and rating worsen",
        ),
        ({"rating": (4.6, 4.6)}, "Service and wallet are much as a year before"),
        ({"rating": (4.6, None)}, "Service and wallet"),
        ({}, "Service and wallet"),
    ],
)
def test_the_title_of_the_signs_names_what_is_better_and_what_is_worse(values, title):
    signs = [sign(name, *values.get(name, (None, None))) for name in ("refunds", "rating", "late", "wallet")]
    assert findings.signs_title(signs) == title


def ratings(values, reviews=20):
    return pd.DataFrame({"rating": values, "reviews": reviews})


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (ratings([4.8] * 12 + [4.6] * 3), "Rating is 4.60, down from 4.80"),
        (ratings([4.5] * 12 + [4.6] * 3), "Rating is 4.60, up from 4.50"),
        (ratings([4.62] * 15), "Rating holds at 4.62"),
        (ratings([4.62] * 8), "Rating is 4.62 in three months"),
        (ratings([4.62] * 15, reviews=9), "Ratings and reviews"),
        (ratings([4.62] * 2), "Ratings and reviews"),
    ],
)
def test_the_title_of_the_ratings_says_their_way(frame, title):
    assert findings.ratings_title(frame) == title


@pytest.mark.parametrize(
    ("late", "promised", "title"),
    [
        ([4] * 12 + [2] * 3, 50, "Late deliveries are 4%, down from 8%"),
        ([2] * 15, 50, "Late deliveries hold at 4%"),
        ([2] * 15, 9, "Late and cancelled orders"),
    ],
)
def test_the_title_of_the_deliveries_says_their_way(late, promised, title):
    assert findings.deliveries_title(pd.DataFrame({"late": late, "promised": promised})) == title


def test_the_title_of_the_curve_says_what_the_largest_tenth_brings_unless_it_is_even():
    uneven = concentration(pd.DataFrame({"gross_minor": [5] * 27 + [55] * 3}))
    assert findings.concentration_title(uneven) == "The top tenth of the buyers bring 55% of sales"
    even = concentration(pd.DataFrame({"gross_minor": [5] * 30}))
    assert findings.concentration_title(even) == "Sales are spread evenly over 30 buyers"
    assert findings.concentration_sentence(even) == (
        "If all 30 bought the same, a tenth would bring 10%. Sales are as concentrated as with 30 equal buyers."
    )


def week(cells, times=1):
    return week_of(
        pd.DataFrame(cells, columns=["weekday", "hour", "orders"]).assign(orders=lambda each: each["orders"] * times)
    )


EVEN = [(day, hour, 1) for day in range(7) for hour in range(24)]


@pytest.mark.parametrize(
    ("cells", "times", "title"),
    [
        ([*EVEN, *[(4, hour, 9) for hour in range(18, 24)]], 1, "Orders peak on Fridays and in the evening"),
        ([*EVEN, *[(day, 9, 9) for day in range(7)]], 1, "Orders peak in the morning"),
        ([*EVEN, *[(6, hour, 1) for hour in range(24)]], 4, "Orders peak on Sundays"),
        (EVEN, 9, "Orders by weekday and hour"),
        ([(4, 20, 60), (5, 21, 30)], 1, "Orders by weekday and hour"),
    ],
)
def test_the_title_of_the_hours_names_what_stands_out_by_more_than_chance(cells, times, title):
    summed = pd.DataFrame(cells).groupby([0, 1], as_index=False).sum().to_numpy().tolist()
    assert findings.week_title(week(summed, times)) == title


def test_orders_at_one_hour_only_were_dated_and_not_timed():
    assert not week([(day, 13, 40) for day in range(7)]).has_hours
    assert week([(0, 13, 40), (1, 14, 1)]).has_hours
    assert not week([]).has_hours


def peers(change, refunded, rating):
    standings = [Standing(*each, 20) for each in ((1_000.0, 2_000.0), change, refunded, rating)]
    return Peers("category", 43, pd.DataFrame(), *standings)


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (peers((0.2, 0.1), (0.01, 0.03), (4.7, 4.5)), "Better in sales, refunds and rating than its 43 peers"),
        (peers((0.0, 0.1), (0.01, 0.03), (4.5, 4.5)), "Better in refunds; worse in sales than its 43 peers"),
        (peers((None, 0.1), (0.05, 0.03), (4.5, None)), "Worse in refunds than its 43 peers"),
        (peers((0.1, 0.1), (None, None), (4.5, 4.5)), "Beside 43 peers"),
    ],
)
def test_the_title_of_the_comparison_names_where_the_shop_is_better_or_worse(found, title):
    assert findings.peers_title(found) == title


def test_the_comparison_has_each_figure_with_the_number_of_peers_that_have_it():
    rows = findings.peers_rows(peers((None, 0.1), (0.05, 0.03), (4.5, None)), "CNY")
    assert rows["This shop"].tolist() == ["¥10", "–", "5%", "4.50"]
    assert rows["Peers' median"].tolist() == ["¥20", "+10%", "3%", "–"]
    assert rows["Peers"].tolist() == ["20"] * 4
