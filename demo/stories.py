"""Three shops with a story, for the README and for a demonstration before people. Their refs never change."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from demo import courses, names, seasons
from demo.categories import category
from demo.shops import Shop, draw


@dataclass(frozen=True, slots=True)
class Story:
    """What a told shop is called, and what there is to see in it."""

    style: str
    thing: str
    category: str
    telling: str


GOOD_SMALL_SHOP = Story(
    "Grey", "Tile", "tea",
    "Twenty months old, rural, nothing to pledge and a loan of a few thousand: a bank would refuse it. Its record: "
    "sales that grow, buyers who come back, parcels on time, hardly a refund, money left in the wallet.",
)  # fmt: skip

DECLINE_BEHIND_A_GOOD_YEAR = Story(
    "Copper", "Wren", "knitwear",
    "Its last twelve months sold as much as the twelve before. But it sold all of that in the first half: since then "
    "it has been falling, its parcels come later and its stars go down.",
)  # fmt: skip

WASH_SELLER = Story(
    "Paper", "Lantern", "shoes",
    "Sales have doubled in ten weeks: at night, in round amounts, by buyers never seen before - and the wallet sends "
    "the money back to those same buyers.",
)  # fmt: skip

LEAST_SHOPS = 12
YEAR_DAYS = 365
FALL = ((150, -0.4), (75, -1.1), (0, -1.25))
"""Days before the end, and log of the level of sales: the last five months of the shop in decline."""
BOOMS, HALVINGS = (0.0, 2.0), 12
STORIES = (GOOD_SMALL_SHOP, DECLINE_BEHIND_A_GOOD_YEAR, WASH_SELLER)


def all_shops(count: int, *, seed: int, as_of: date) -> list[Shop]:
    """The shops of a marketplace: those of the stories, and others to make up the count.

    Raises:
        ValueError: for fewer shops than the stories need and some company, or more than there are names.
    """
    if count < LEAST_SHOPS:
        raise ValueError(f"a marketplace has at least {LEAST_SHOPS} shops, not {count}")
    told = told_shops(seed=seed, as_of=as_of)
    taken = {(story.style, story.thing) for story in STORIES}
    return told + draw(count - len(told), first=len(told) + 1, taken=taken, seed=seed, as_of=as_of)


def told_shops(*, seed: int, as_of: date) -> list[Shop]:
    """The shops of the stories, numbered from 1 in their order."""
    plain = [_plain_shop(number, story, as_of=as_of) for number, story in enumerate(STORIES, start=1)]
    tea, knitwear, shoes = plain
    told = [
        replace(
            tea,
            region="Fujian", city="Anxi", rural=True,
            opened_on=as_of - timedelta(days=610),
            health=1.4, monthly_sales=16_500, ticket=150, growth=0.45, swing=0.10,
            repeat_share=0.62, refund_share=0.005, late_share=0.02, cancelled_share=0.03, star_tilt=0.45,
            buffer_days=24, has_fund=True,
        ),
        replace(
            knitwear,
            region="Hebei", city="Qinghe", rural=True,
            opened_on=as_of - timedelta(days=1_600),
            health=-1.3, monthly_sales=60_000, ticket=520, growth=0.0, swing=0.10,
            repeat_share=0.30, refund_share=0.14, late_share=0.06, star_tilt=-0.05, buffer_days=5,
        ),
        replace(
            shoes,
            region="Fujian", city="Quanzhou", owner_kind="enterprise",
            opened_on=as_of - timedelta(days=1_050),
            health=-1.6, monthly_sales=52_000, ticket=430, growth=-0.12, swing=0.18,
            repeat_share=0.22, refund_share=0.17, late_share=0.09, buffer_days=7, washes=True,
        ),
    ]  # fmt: skip
    return [each if each.category is not knitwear.category else _falling(each, seed=seed, as_of=as_of) for each in told]


def _falling(shop: Shop, *, seed: int, as_of: date) -> Shop:
    """The shop with a boom behind it, just so high that its two years come to the same, whatever their seasons."""
    days = seasons.window(as_of)
    last_year = days >= np.datetime64(as_of, "D") - YEAR_DAYS
    year_before = ~last_year & (days >= np.datetime64(as_of, "D") - 2 * YEAR_DAYS)
    low, high = BOOMS
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tried = replace(shop, turns=((420, 0.0), (345, middle), (230, middle), *FALL))
        (sales,) = courses.expected_sales([tried], days, seed=seed, as_of=as_of)
        low, high = (middle, high) if sales[last_year].sum() < sales[year_before].sum() else (low, middle)
    return tried


def _plain_shop(number: int, story: Story, *, as_of: date) -> Shop:
    """A shop without anything remarkable, for the story to write on."""
    trade = category(story.category)
    return Shop(
        number=number,
        name=names.shop_name(story.style, story.thing, trade.trade, trade.trade_chinese),
        owner=number,
        owner_kind="individual",
        marketplace=names.MARKETPLACES[0],
        category=trade,
        region="Zhejiang",
        city="Hangzhou",
        rural=False,
        opened_on=as_of - timedelta(days=1_000),
        closed_on=None,
        health=0.0,
        monthly_sales=36_000,
        ticket=trade.ticket,
        growth=0.0,
        swing=0.2,
        turns=(),
        repeat_share=0.4,
        trade_buyers=False,
        refund_share=trade.refund_share,
        late_share=0.065,
        cancelled_share=0.05,
        star_tilt=0.0,
        fee_share=0.03,
        buffer_days=9,
        closes_at_new_year=False,
        daily_totals_only=False,
        has_wallet=True,
        has_fund=False,
        has_purchases=True,
        other_lender=False,
        washes=False,
    )
