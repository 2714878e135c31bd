"""Each feature on a table small enough to work out by hand; money in minor units."""

from datetime import date

import numpy as np
import pytest

from scoring.features import FEATURES, MISSING, NAMES, compute
from scoring.rounding import nine_digits
from tests.events import day, entry, moment, order, purchase, refund, tables, total

AS_OF = date(2026, 7, 1)
MONTHS_2025 = [f"2025-{month:02}-10" for month in range(1, 13)]
MONTHS_2026 = [f"2026-{month:02}-10" for month in range(1, 7)]


def features(as_of=AS_OF, **rows):
    return compute(tables(**rows), as_of=as_of).iloc[0]


def test_monthly_sales_are_the_median_of_the_full_months_since_the_first_sale():
    # First sale on 10 March, so April 100, May 0, June 300 are full months.
    found = features(days=[total("2026-03-10", 900), total("2026-04-10", 100), total("2026-06-10", 300)])
    assert found.median_month_minor == 100


def test_a_first_sale_on_the_first_of_a_month_makes_a_full_month():
    found = features(days=[total("2026-05-01", 500), total("2026-06-10", 300)])
    assert found.median_month_minor == 400


def test_the_month_under_way_is_no_full_month():
    found = features(date(2026, 6, 30), days=[total("2026-05-01", 500), total("2026-06-10", 300)])
    assert found.median_month_minor == 500


def test_each_event_counts_in_its_own_month():
    # W21: April 100.00, May 30.00; the cancelled order counts in neither.
    orders = [
        order("2026-04-01", 0),
        order("2026-04-30", 10_000, refunded_minor=4_000, refunded_day=day("2026-05-03")),
        order("2026-04-29", 5_000, status="cancelled"),
        order("2026-05-02", 8_000),
        refund("2026-05-04", 1_000),
    ]
    assert features(date(2026, 6, 1), orders=orders).median_month_minor == (10_000 + 3_000) / 2
    assert features(date(2026, 5, 1), orders=orders).median_month_minor == 10_000


def test_the_trend_compares_half_a_year_with_the_same_months_a_year_before():
    days = [total("2024-12-01", 50)] + [total(on, 200) for on in MONTHS_2025] + [total(on, 150) for on in MONTHS_2026]
    assert features(days=days).sales_trend == 150 / 200 - 1


def test_the_trend_of_a_young_shop_compares_two_quarters():
    days = [
        total("2026-01-01", 0),
        *(total(on, gross) for on, gross in zip(MONTHS_2026, [100] * 3 + [110] * 3, strict=True)),
    ]
    assert features(days=days).sales_trend == pytest.approx(0.1)


def test_a_trend_beyond_doubling_counts_as_doubling():
    days = [
        total("2026-01-01", 0),
        *(total(on, gross) for on, gross in zip(MONTHS_2026, [1] * 3 + [110] * 3, strict=True)),
    ]
    assert features(days=days).sales_trend == 1


def test_less_than_six_full_months_have_no_trend_and_no_volatility():
    found = features(days=[total(on, 100) for on in MONTHS_2026])
    assert (found.sales_trend_missing, found.sales_volatility_missing) == ("short_history", "short_history")


def test_volatility_is_the_standard_deviation_over_the_mean():
    days = [total("2026-01-01", 0), *(total(on, gross) for on, gross in zip(MONTHS_2026, [100, 300] * 3, strict=True))]
    assert features(days=days).sales_volatility == 0.5


def test_active_days_are_counted_from_the_first_sale_and_over_at_least_ninety_days():
    assert features(days=[total("2026-06-30", 5)]).active_days_share == nine_digits(np.array([1 / 90]))[0]
    assert features(days=[total("2026-03-13", 5), total("2026-06-30", 5)]).active_days_share == pytest.approx(2 / 110)


def test_a_day_of_refunds_alone_is_no_day_of_sales():
    found = features(orders=[order("2026-06-01"), refund("2026-06-20", 100)])
    assert found.last_sale_days == 30
    assert found.active_days_share == pytest.approx(1 / 90)


def test_tenure_counts_from_the_opening_or_an_earlier_sale():
    assert features(shops=[{"opened_day": day("2025-07-01")}]).tenure_months == pytest.approx(365 * 12 / 365.25)
    earlier = features(shops=[{"opened_day": day("2025-07-01")}], days=[total("2024-07-01", 1)])
    assert earlier.tenure_months == pytest.approx(730 * 12 / 365.25)


def test_an_opening_after_the_day_is_not_known_yet():
    assert features(shops=[{"opened_day": day("2026-07-01")}]).tenure_months_missing == "short_history"


def test_concentration_is_the_sum_of_squared_shares():
    # W17: shares .5, .3, .2 give .38.
    orders = [order("2026-05-01", gross, buyer_ref=buyer) for buyer, gross in (("a", 500), ("b", 300), ("c", 200))]
    found = features(orders=orders)
    assert found.buyer_concentration == 0.38
    assert found.buyers == 3


def test_the_last_two_buyers_as_one_make_it_one_half():
    orders = [order("2026-05-01", gross, buyer_ref=buyer) for buyer, gross in (("a", 500), ("b", 300), ("b", 200))]
    assert features(orders=orders).buyer_concentration == 0.5


def test_a_buyer_who_was_paid_back_is_no_buyer():
    orders = [
        order("2026-05-01", 500, buyer_ref="a"),
        order("2026-05-01", 300, buyer_ref="b", refunded_minor=300, refunded_day=day("2026-05-05")),
    ]
    assert features(orders=orders).buyers == 1


def test_a_buyer_comes_back_by_buying_on_another_day():
    orders = [order(on, buyer_ref=buyer) for on, buyer in
              (("2026-05-01", "a"), ("2026-05-01", "a"), ("2026-05-01", "b"), ("2026-05-02", "b"))]  # fmt: skip
    assert features(orders=orders).repeat_buyers_share == 0.5


def test_where_most_orders_name_no_buyer_nothing_is_said_of_buyers():
    orders = [order("2026-05-01", buyer_ref="a"), order("2026-05-01"), order("2026-05-02")]
    assert features(orders=orders).buyers_missing == "no_buyers_named"


def test_the_margin_is_what_net_sales_leave_after_purchases():
    rows = {
        "days": [total("2026-05-01", 1_200, 200)],
        "purchases": [
            purchase("2026-05-01", 700),
            purchase("2026-06-30", -100),
            purchase("2026-05-02", 999, status="cancelled"),
            purchase("2025-06-30", 999),
        ],
    }
    assert features(**rows).cash_margin == pytest.approx(0.4)
    assert features(days=rows["days"]).cash_margin_missing == "no_purchases"


def test_the_lowest_balance_adds_wallet_and_fund_after_each_moment():
    days = [total(f"2026-0{month}-01", 1_000) for month in (4, 5, 6)]
    wallet = [
        entry("1", "2026-03-01", 50),  # stands when the ninety days begin
        entry("2", "2026-05-01", 700),
        entry("3", "2026-05-02", 400, hour=9),
        entry("4", "2026-05-02", 300, "fund", hour=9),  # the same moment: money moved, none was spent
        entry("5", "2026-06-01", -999, "bank"),
    ]
    assert features(days=days, wallet=wallet).lowest_balance_ratio == 0.05
    assert features(days=days, wallet=wallet[1:]).lowest_balance_ratio == 0.7
    assert features(days=days).lowest_balance_ratio_missing == "no_wallet_entries"


def test_refunds_are_taken_from_orders_of_thirty_days_and_more():
    orders = [
        *(order("2026-05-01") for _ in range(79)),
        order("2026-05-01", refunded_minor=1, refunded_day=day("2026-06-30")),
        refund("2026-05-02", 10),
        *(order("2026-06-15", refunded_minor=1, refunded_day=day("2026-06-16")) for _ in range(9)),
    ]
    # (2 refunds + 20 cases at .02) / (80 orders + 20 cases)
    assert features(orders=orders).refunded_share == pytest.approx(0.024)


def test_cancelled_orders_are_a_share_of_all_placed():
    orders = [*(order("2026-05-01") for _ in range(76)), *(order("2026-05-01", status="cancelled") for _ in range(4))]
    assert features(orders=orders).cancelled_share == pytest.approx((4 + 20 * 0.06) / 100)


def test_ratings_of_orders_go_before_the_shops_own():
    orders = [order("2026-05-01", rating_hundredths=500) for _ in range(10)]
    assert features(orders=orders, shops=[{"rating_hundredths": 100}]).rating == pytest.approx((50 + 41) / 20)
    assert features(shops=[{"rating_hundredths": 300, "reviews": 30}]).rating == pytest.approx((90 + 41) / 40)
    assert features(shops=[{"rating_hundredths": 300}]).rating == pytest.approx(3.55)
    assert features().rating_missing == "no_ratings"


def test_an_order_is_late_when_it_came_after_the_promise_or_not_at_all():
    promise = moment("2026-05-05T00:00:00")
    orders = [
        *(order("2026-05-01", promised_by=promise, delivered_at=promise) for _ in range(78)),
        order("2026-05-01", promised_by=promise, delivered_at=promise + 1),
        order("2026-05-01", promised_by=promise),
        order("2026-06-29", promised_by=moment("2026-07-09T00:00:00")),
    ]
    assert features(orders=orders).late_share == pytest.approx((2 + 20 * 0.08) / 100)
    assert features(orders=[order("2026-05-01")]).late_share_missing == "no_deliveries"


def test_the_usual_balance_is_that_of_the_median_close_and_low_days_are_counted():
    days = [total(f"2026-0{month}-01", 1_000) for month in (4, 5, 6)]
    # The ninety days begin on 2 April: 29 of them close with 50, 31 with 700, 30 with 400.
    wallet = [entry("1", "2026-03-01", 50), entry("2", "2026-05-01", 700), entry("3", "2026-06-01", 400)]
    found = features(days=days, wallet=wallet)
    assert found.median_balance_ratio == 0.4
    assert found.low_balance_share == pytest.approx(29 / 90)
    assert features(days=days, wallet=wallet[1:]).low_balance_share == 0
    # A balance of a moment that does not stand over midnight is no close.
    moved = [*wallet, entry("2a", "2026-05-10", 1, hour=9), entry("2b", "2026-05-10", 700, hour=10)]
    assert features(days=days, wallet=moved).low_balance_share == found.low_balance_share


def test_an_instalment_is_a_tenth_of_a_usual_month():
    days = [total(f"2026-0{month}-01", 1_000) for month in (4, 5, 6)]
    assert features(days=days, wallet=[entry("1", "2026-03-01", 100)]).low_balance_share == 0
    assert features(days=days, wallet=[entry("1", "2026-03-01", 99)]).low_balance_share == 1


def test_what_is_paid_to_lenders_is_held_against_the_sales_of_the_same_days():
    days = [total("2026-03-31", 9_999), total("2026-04-02", 900), total("2026-06-30", 100)]
    paid = {"kind": "loan_repayment", "amount_minor": -50}
    wallet = [
        {**entry("1", "2026-04-01", 500), **paid},  # the day before the ninety
        {**entry("2", "2026-04-02", 450), **paid},
        {**entry("3", "2026-06-30", 400), **paid},
        {**entry("4", "2026-06-30", 300), "kind": "transfer", "amount_minor": -100},
    ]
    assert features(days=days, wallet=wallet).debt_service_share == 0.1
    assert features(days=days, wallet=[entry("1", "2026-05-01", 5)]).debt_service_share == 0
    assert features(days=days).debt_service_share_missing == "no_wallet_entries"
    assert features(wallet=wallet).debt_service_share_missing == "no_sales"


def test_the_rating_of_late_is_held_against_the_rest_of_the_year():
    orders = [
        *(order("2026-03-01", rating_hundredths=500) for _ in range(10)),
        *(order("2026-06-01", rating_hundredths=300) for _ in range(10)),
    ]
    # (10 x 3 + 10 x 4.1) / 20 - (10 x 5 + 10 x 4.1) / 20
    assert features(orders=orders).rating_trend == pytest.approx(-1)
    assert features(orders=orders[:10]).rating_trend_missing == "no_ratings"
    assert features(orders=orders[10:]).rating_trend_missing == "no_ratings"


def loan(ref, lent, final, closed=None):
    return {
        "loan_ref": ref, "disbursed_day": day(lent), "final_due_day": day(final),
        "closed_day": day(closed) if closed else None,
    }  # fmt: skip


def due(on, paid=None, ref="L1"):
    return {"loan_ref": ref, "due_day": day(on), "paid_day": day(paid) if paid else None}


def test_an_instalment_is_late_from_the_day_after_it_was_due():
    instalments = [
        due("2026-03-01", "2026-03-01"),
        due("2026-04-01", "2026-04-11"),
        due("2026-05-01", "2026-04-20"),
        due("2026-06-01"),
        due("2026-07-01"),  # due today is not late
    ]
    found = features(loans=[loan("L1", "2026-02-01", "2026-07-01")], instalments=instalments)
    assert found.late_instalments_share == pytest.approx((2 + 2 * 0.17) / (4 + 2))
    assert found.worst_late_days == 30
    assert found.last_late_days == 30
    assert found.days_on_book == 150


def test_a_payment_of_later_is_not_known_yet():
    instalments, lent = [due("2026-06-01", "2026-07-01")], [loan("L1", "2026-05-01", "2026-06-01", "2026-07-01")]
    found = features(loans=lent, instalments=instalments)
    assert (found.worst_late_days, found.days_on_book) == (30, 61)
    assert found.repaid_early_share_missing == "none_repaid"


def test_loans_repaid_before_their_final_day_are_early():
    lent = [
        loan("L1", "2026-01-01", "2026-02-01", "2026-01-31"),
        loan("L2", "2026-02-01", "2026-03-01", "2026-03-01"),
        loan("L3", "2026-03-01", "2026-09-01"),
        loan("L4", "2026-07-01", "2026-09-01"),
    ]
    found = features(loans=lent)
    assert found.repaid_early_share == 0.5
    assert found.days_on_book == 30 + 28 + 122
    assert found.late_instalments_share_missing == "none_due"
    assert features(loans=lent[3:]).days_on_book_missing == "no_loans"


LATER = moment("2026-06-30T16:00:00")  # midnight of 1 July in Shanghai


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (order("2026-05-01"), order("2026-05-01", refunded_minor=9_000, refunded_day=day("2026-07-01"))),
        (order("2026-05-01"), order("2026-05-01", status="cancelled", cancelled_at=LATER)),
        (order("2026-05-01"), order("2026-05-01", rating_hundredths=100, reviewed_at=LATER)),
        (order("2026-05-01"), order("2026-05-01", delivered_at=LATER)),
    ],
    ids=["refund", "cancellation", "rating", "delivery"],
)
def test_what_became_known_later_changes_nothing(then, now):
    assert features(orders=[then] * 3).equals(features(orders=[now] * 3))


def test_a_cancellation_just_before_midnight_in_the_shops_zone_counts():
    shanghai = [order("2026-05-01", status="cancelled", cancelled_at=LATER - 1)]
    assert features(orders=shanghai).cancelled_share > features(orders=[order("2026-05-01")]).cancelled_share
    london = features(
        shops=[{"time_zone": "Europe/London"}], orders=[order("2026-05-01", status="cancelled", cancelled_at=LATER)]
    )
    assert london.cancelled_share > features(orders=[order("2026-05-01")]).cancelled_share


@pytest.mark.parametrize(
    "rows",
    [
        {},
        {"days": [total("2026-06-30", 100)]},
        {"orders": [order("2026-06-30")]},
        {"orders": [refund("2026-05-01", 100)]},
        {"orders": [order("2026-05-01", status="cancelled")]},
        {"days": [total("2026-05-01", 0, 500, orders=0)]},
        {"orders": [order("2026-05-01", 0, buyer_ref="a")]},
        {"wallet": [entry("1", "2026-06-30", 0)]},
        {"loans": [{"disbursed_day": day("2026-06-30"), "final_due_day": day("2026-07-30")}]},
    ],
    ids=[
        "nothing",
        "one day",
        "one order",
        "only refunds",
        "only cancelled",
        "only refunded totals",
        "free order",
        "only a wallet",
        "only a loan",
    ],
)
def test_a_thin_record_has_each_feature_or_a_named_reason(rows):
    found = features(**rows)
    for name in NAMES:
        why = found[f"{name}_missing"]
        assert (why in MISSING) if np.isnan(found[name]) else why is None, name


def test_29_february_has_a_year_before_it():
    found = features(date(2024, 2, 29), orders=[order("2023-02-27"), order("2023-02-28")])
    assert found.cancelled_share == pytest.approx(1.2 / 21)


def test_each_feature_says_what_it_is():
    assert len(set(NAMES)) == len(NAMES)
    for feature in FEATURES:
        assert feature.label
        assert feature.sentence.endswith(".")
        assert {why for _, why in feature.missing} <= set(MISSING)
