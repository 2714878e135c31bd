"""The three told stories of the demo hold on whichever day it is made."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from demo.applications import applications_of
from demo.shops import SEED
from demo.stories import STORIES, all_shops
from demo.wallets import buyer_refs
from lending import policy
from lending.months import monthly
from lending.offer import assess
from lending.stress import sales_base
from scoring.card import load_expert
from scoring.shops import score_events
from tests import made_up
from tests.made_up import AS_OF

POLICY = policy.load(policy.FIRST_POLICY.read_text(encoding="utf-8"))
COMPANY = 12
DAYS = (AS_OF, date(2027, 1, 20), date(2027, 2, 28), date(2027, 6, 1), date(2028, 2, 29))


def days_of(made, number):
    """A row per day with sales or refunds, as the offer reads them."""
    kept = made.orders[(made.orders["shop"] == number) & (made.orders["status"] != "cancelled")]
    sold = kept[kept["gross_minor"] > 0].groupby(kept["placed_at"].dt.floor("D"))["gross_minor"].agg(["sum", "size"])
    back = kept[kept["refunded_minor"] > 0]
    back = back.groupby(back["refunded_at"].dt.floor("D"))["refunded_minor"].sum()
    days = sold.set_axis(["gross_minor", "orders"], axis=1).join(back, how="outer")
    return days.fillna(0).astype("int64").rename_axis("day").sort_index().reset_index()


def offer_to(made, number, as_of):
    """What the policy offers on the story's own application, and the score under it."""
    (scored,) = score_events(made_up.events(made, [number]), as_of=as_of, card=load_expert())
    asked = next(
        each
        for each in applications_of(list(made.shops.values()), seed=SEED, as_of=as_of)
        if each.shop.number == number
    )
    months = monthly(days_of(made, number), as_of=as_of, months=24)
    return assess(
        POLICY,
        grade=scored.result.grade,
        default_probability_ppm=scored.result.default_probability_ppm,
        sales=sales_base(months, as_of=as_of, term_months=asked.term_months),
        asked_minor=asked.amount * 100,
        term_months=asked.term_months,
    )


def own_orders(made, number):
    return made.orders[made.orders["shop"] == number]


def sales_between(made, number, as_of, days_ago, until_days_ago=0):
    placed = own_orders(made, number)
    first, last = (pd.Timestamp(as_of - timedelta(days=days)) for days in (days_ago, until_days_ago))
    return placed.loc[placed["placed_at"].between(first, last, inclusive="left"), "gross_minor"].sum()


@pytest.fixture(params=DAYS, ids=str)
def as_of(request):
    return request.param


@pytest.fixture
def made(as_of):
    return made_up.market(COMPANY, as_of)


def test_the_good_small_shop_is_too_young_and_small_for_a_bank_and_has_a_fine_record(made, as_of):
    shop, orders = made.shops[1], own_orders(made, 1)
    assert (as_of - shop.opened_on).days < 730
    assert shop.rural
    assert sales_between(made, 1, as_of, 365) / 12 < 2_500_000
    assert sales_between(made, 1, as_of, 183) > 1.2 * sales_between(made, 1, as_of, 548, 365)
    assert orders["refunded_minor"].sum() / orders["gross_minor"].sum() < 0.015
    assert (orders["delivered_at"] > orders["promised_by"]).mean() < 0.05
    assert orders["rating"][orders["rating"] > 0].mean() > 4.5
    assert orders["buyer"].duplicated().mean() > 0.5
    offer = offer_to(made, 1, as_of)
    assert (offer.recommended, offer.authority) == ("approve", "officer")


def test_the_declining_shop_sold_as_much_as_last_year_and_has_lost_most_of_its_season(made, as_of):
    assert sales_between(made, 2, as_of, 365) == pytest.approx(sales_between(made, 2, as_of, 730, 365), rel=0.12)
    assert sales_between(made, 2, as_of, 122) < 0.6 * sales_between(made, 2, as_of, 487, 365)
    orders = own_orders(made, 2)
    late = orders["delivered_at"] > orders["promised_by"]
    recent = orders["placed_at"] >= pd.Timestamp(as_of - timedelta(days=92))
    before = orders["placed_at"] < pd.Timestamp(as_of - timedelta(days=365))
    assert late[recent].mean() > 1.3 * late[before].mean()
    stars = orders["rating"].where(orders["rating"] > 0)
    assert stars[recent].mean() < stars[before].mean() - 0.15
    offer = offer_to(made, 2, as_of)
    assert 0 < offer.limit_minor < 0.75 * offer.asked_minor
    assert offer.recommended == "approve_less"


def test_the_wash_seller_sells_at_night_to_new_buyers_and_sends_the_money_back(made, as_of):
    # Less than double where New Year lies in those weeks.
    assert sales_between(made, 3, as_of, 70) / 70 > 1.4 * sales_between(made, 3, as_of, 280, 90) / 190
    orders = own_orders(made, 3)
    first_bought = orders.groupby("buyer")["placed_at"].transform("min")
    recent = orders["placed_at"] >= pd.Timestamp(as_of - timedelta(days=70))
    bought = orders[recent & orders["placed_at"].dt.hour.isin([1, 2, 3, 4]) & (orders["gross_minor"] % 10_000 == 0)]
    assert len(bought) > 100
    assert (first_bought[bought.index] >= pd.Timestamp(as_of - timedelta(days=75))).mean() > 0.95
    assert np.median(made.entries.loc[made.entries["shop"] == 3, "balance_minor"]) >= 0
    assert sent_to_buyers(made, 3) > 0.6 * bought["gross_minor"].sum()
    assert sent_to_buyers(made, 1) == 0


def sent_to_buyers(made, number):
    """What a shop's wallet paid to its own buyers by transfer, in minor units."""
    entries = made.entries[(made.entries["shop"] == number) & (made.entries["kind"] == "transfer")]
    buyers = set(buyer_refs(own_orders(made, number)["buyer"]))
    return -int(entries.loc[entries["counterparty"].isin(buyers), "amount_minor"].sum())


def test_names_and_numbers_of_the_whole_marketplace_are_the_same_on_each_day():
    told = []
    for as_of in (*DAYS, date(2027, 7, 31), date(2030, 12, 15)):
        shops = all_shops(made_up.SHOPS, seed=SEED, as_of=as_of)
        asked = applications_of(shops, seed=SEED, as_of=as_of)
        told.append(
            (
                [shop.name for shop in shops],
                [(each.ref, each.shop.number, each.term_months, each.decided_days_ago) for each in asked],
            )
        )
    assert all(each == told[0] for each in told)
    assert all(
        name.startswith(f"{story.style} {story.thing} ") for name, story in zip(told[0][0], STORIES, strict=False)
    )
