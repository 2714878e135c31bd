"""The expert card knows more than size: of made-up and of real shops."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.studies import borrowers_as_shops, superlender
from db import events, sales
from db.engine import open_session
from lending.months import monthly
from scoring.card import load_expert
from scoring.features import compute
from scoring.shops import score_events
from tests.events import day, order, purchase, tables
from tests.soak import examples

CARD = load_expert()
AS_OF = date(2020, 2, 22)
FRIDAYS = pd.date_range("2018-02-02", "2020-02-14", freq="7D").strftime("%Y-%m-%d").tolist()


def steady(gross):
    """A firm that sells the same each week to twenty buyers in turn, and leaves 40 %."""
    orders = [order(on, gross, buyer_ref=str(place % 20)) for place, on in enumerate(FRIDAYS)]
    return orders, [purchase(on, gross * 6 // 10) for on in FRIDAYS]


def points(orders, purchases):
    return score_events(tables(orders=orders, purchases=purchases), as_of=AS_OF, card=CARD)[0].result.points


def with_void_orders(orders):
    return [*orders, *({**each, "status": "cancelled"} for each in orders[::2])]


def with_one_buyer(orders):
    return [{**each, "buyer_ref": "only"} for each in orders]


def with_falling_sales(orders):
    falls_on = day("2019-06-01")
    return [
        {**each, "gross_minor": each["gross_minor"] // (3 if each["placed_day"] > falls_on else 1)} for each in orders
    ]


def with_a_stop(orders):
    return [each for each in orders if each["placed_day"] < day("2019-11-01")]


@settings(max_examples=examples(3))
@given(st.integers(50_000, 500_000_000))
@pytest.mark.parametrize("trouble", [with_void_orders, with_one_buyer, with_falling_sales, with_a_stop])
def test_of_two_shops_of_one_size_the_troubled_one_has_fewer_points(trouble, gross):
    orders, purchases = steady(gross)
    assert points(trouble(orders), purchases) < points(orders, purchases)


@settings(max_examples=examples(3))
@given(st.integers(50_000, 500_000_000))
def test_buying_more_than_is_sold_costs_points(gross):
    orders, purchases = steady(gross)
    assert points(orders, [{**each, "amount_minor": gross * 2} for each in purchases]) < points(orders, purchases)


@pytest.fixture(scope="module")
def scored(real_invoices):
    with open_session(real_invoices) as session:
        read = events.shop_events(session, as_of=AS_OF)
    features = compute(read, as_of=AS_OF)
    return features.join(CARD.score(features)[["points", "soundness_points", "reputation_points", "grade"]])


@pytest.mark.records
def test_real_firms_spread_over_all_grades_within_each_band_of_size(scored):
    size = scored.median_month_minor.rank()
    assert set(scored.grade) == set("ABCDE")
    assert 0.3 < scored.points.rank().corr(size) < 0.85
    spread = scored.points.groupby(pd.qcut(scored.median_month_minor.rank(method="first"), 3), observed=True).std()
    assert spread.min() > 10


@pytest.mark.records
def test_on_real_loans_of_one_size_it_orders_the_bad_below_the_good_by_their_repayment(shared):
    bands, _ = borrowers_as_shops.by_band(CARD, superlender.current_loans(), superlender.all_earlier_loans())
    assert len(bands) == 3
    assert all(band.holds for band in bands), [(band.name, band.measured) for band in bands]


@pytest.mark.records
def test_what_is_drawn_of_a_real_firm_is_what_is_scored(real_invoices, scored):
    for shop_id, row in scored.iloc[::10].iterrows():
        with open_session(real_invoices) as session:
            months = monthly(sales.sales_days(session, shop_id, as_of=AS_OF), as_of=AS_OF, months=12)
        assert months[months.complete].net_minor.median() == pytest.approx(row.median_month_minor, rel=1e-8), shop_id


@pytest.mark.records
def test_a_real_firm_alone_has_the_score_it_has_among_all(real_invoices, scored):
    for shop_id in scored.index[::25]:
        with open_session(real_invoices) as session:
            read = events.shop_events(session, as_of=AS_OF, shop_ids=[int(shop_id)])
        result = score_events(read, as_of=AS_OF, card=CARD)[0].result
        assert result.points == scored.points[shop_id]
