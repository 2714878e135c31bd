"""Signs of bought sales: which orders are set aside and why, and that honest shops keep their record."""

import json
from datetime import date, timedelta

import pandas as pd
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import bought_signs, manipulation, suspects
from scoring.card import load_expert
from scoring.features import compute
from scoring.manipulation import clean, look, raw_and_cleaned, tell
from scoring.manipulation_record import MOST_SUSPECTS, plain, read_manipulation
from scoring.records import EVENTS
from scoring.shops import score_events
from tests import made_up
from tests.events import order, refund, tables, total
from tests.test_scoring_features_hold import AS_OF_DAY, answered_as_many, before, later, rows

AS_OF = date(2026, 7, 1)
DAY_US, HOUR_US = 86_400_000_000, 3_600_000_000
SHANGHAI_US = 8 * HOUR_US


def at(day, hour, ref, gross=12_345, buyer="b", **facts):
    """An order placed on the day of that number, at an hour of the shop's clock in Shanghai."""
    return {
        "placed_day": day, "placed_at": day * DAY_US + int(hour * HOUR_US) - SHANGHAI_US, "order_ref": ref,
        "gross_minor": gross, "buyer_ref": buyer, **facts,
    }  # fmt: skip


def steady(days=500):
    """Two orders a day, by day and in the evening, odd amounts, half of them by buyers who come back."""
    placed = []
    for ago in range(1, days + 1):
        day = AS_OF_DAY - ago
        placed += [at(day, 10 + ago % 9, f"d{ago}", 9_870 + ago % 37 * 100, f"regular{ago % 20}"),
                   at(day, 19 + ago % 3, f"e{ago}", 15_990 + ago % 53 * 10, f"once{ago}")]  # fmt: skip
    return placed


def bought(count=60, hour=2.5, amounts=(20_000, 30_000, 50_000), nights=12, buyers=60):
    """Orders of the last seven weeks from a seller's own people."""
    return [
        at(AS_OF_DAY - 3 - each % nights * 4, hour + each % 50 / 60, f"w{each}", amounts[each % len(amounts)],
           f"own{each % buyers}")
        for each in range(count)
    ]  # fmt: skip


def sent_back(orders, days=9, share=0.95, kind="transfer"):
    """A wallet from which so much of each order goes to its buyer so many days later."""
    return [
        {
            "entry_ref": f"back {each['order_ref']}", "booked_day": each["placed_day"] + days,
            "booked_at": (each["placed_day"] + days) * DAY_US, "amount_minor": -round(each["gross_minor"] * share),
            "kind": kind, "counterparty_ref": each["buyer_ref"], "balance_minor": 1,
        }
        for each in orders
    ]  # fmt: skip


def found(**given):
    """What is found in the one shop."""
    (told,) = tell(raw_and_cleaned(tables(**given), as_of=AS_OF)).values()
    return told


def sign(told, name):
    (one,) = (each for each in told.signs if each.name == name)
    return one


def refs(told):
    return {each.order_ref for each in told.suspects}


def test_an_honest_shop_keeps_its_record():
    told = found(orders=steady())
    assert (told.flagged, told.aside_orders, told.fired) == (False, 0, ())
    assert told.features == told.days == told.weeks == ()
    assert told.orders == 720


def test_an_honest_shop_that_triples_keeps_its_record():
    more = [
        {**each, "order_ref": f"{copy} {each['order_ref']}", "buyer_ref": f"{copy} {each['buyer_ref']}"}
        for copy in "ab" for each in steady(60)
    ]  # fmt: skip
    told = found(orders=[*steady(), *more])
    assert {each.name for each in told.fired} == {"season", "new_buyers"}
    assert (told.flagged, told.aside_orders) == (False, 0)


def test_a_burst_of_round_amounts_at_night_by_new_buyers_is_set_aside_and_nothing_else():
    told = found(orders=[*steady(), *bought()])
    assert refs(told) == {f"w{each}" for each in range(60)}
    assert {each.rule for each in told.suspects} == {"night_round_new"}
    assert told.flagged
    assert {"together", "night", "round_amounts"} <= {each.name for each in told.fired}
    assert (sign(told, "night").cases, sign(told, "night").value, sign(told, "night").usual) == (60, 0.25, 0)
    assert told.recent_aside_minor == told.aside_minor == 20 * (20_000 + 30_000 + 50_000)
    assert sum(day.gross_minor for day in told.days) == sum(week.aside_minor for week in told.weeks) == told.aside_minor
    assert all(each.placed_at is not None for each in told.suspects)


def test_a_burst_below_a_fifth_of_the_sales_is_set_aside_and_raises_no_flag():
    told = found(orders=[*steady(), *bought(amounts=(3_000, 4_000, 5_000), nights=10)])
    assert told.aside_orders == 60
    assert told.recent_share < manipulation.FLAG_SHARE
    assert not told.flagged


def test_the_first_hour_of_a_day_is_no_night():
    told = found(orders=[*steady(), *bought(hour=0.1, amounts=(12_340, 45_670))])
    assert sign(told, "night").cases == 0
    assert told.aside_orders == 0


def test_a_few_nights_are_no_burst():
    assert found(orders=[*steady(), *bought(nights=3)]).aside_orders == 0


def test_a_shop_that_has_always_sold_so_keeps_its_record():
    always = [at(AS_OF_DAY - ago, 3, f"n{ago}", 20_000, f"sleepless{ago}") for ago in range(1, 500)]
    told = found(orders=[*steady(), *always])
    assert (told.flagged, told.aside_orders) == (False, 0)


def test_a_new_product_at_a_round_price_is_not_set_aside():
    by_day = bought(hour=14, amounts=(20_000,))
    assert found(orders=[*steady(), *by_day]).aside_orders == 0
    assert found(orders=[*steady(), *bought(hour=14)]).aside_orders == 60, "three such prices are a pattern"


@pytest.mark.parametrize("hours", [(0,), (8,), (1, 2)])
def test_a_source_that_knows_only_dates_has_no_night(hours):
    dated = [
        {**each, "placed_at": each["placed_day"] * DAY_US + hours[each["placed_day"] % len(hours)] * HOUR_US}
        for each in [*steady(), *bought(amounts=(12_340, 45_670))]
    ]
    told = found(orders=dated, shops=[{"time_zone": "UTC"}])
    assert (sign(told, "night").unknown, sign(told, "night").value) == ("no_times", None)
    assert (told.timed, told.aside_orders) == (False, 0)


def test_money_back_to_buyers_takes_their_orders_out_without_any_other_mark():
    own = bought(hour=15, amounts=(12_340, 45_670, 7_890), buyers=20)
    told = found(orders=[*steady(), *own], wallet=sent_back(own, days=2))
    assert refs(told) == {each["order_ref"] for each in own}
    assert {each.rule for each in told.suspects} == {"paid_back"}
    assert told.flagged
    assert sign(told, "paid_back").cases == 60


@pytest.mark.parametrize(
    "wallet",
    [
        {"kind": "refund"},
        {"kind": "purchase"},
        {"share": 0.3},
        {"share": 1.3},
        {"days": 60},
        {"days": -2},
    ],
    ids=str,
)
def test_a_refund_a_purchase_another_amount_or_another_time_pays_no_order_back(wallet):
    own = bought(hour=15, amounts=(12_340, 45_670, 7_890), buyers=20)
    told = found(orders=[*steady(), *own], wallet=sent_back(own, **wallet))
    assert (sign(told, "paid_back").fires, told.aside_orders) == (False, 0)


@pytest.mark.parametrize(("orders", "buyers"), [(4, 4), (40, 2)])
def test_a_few_payments_or_few_people_are_no_pattern(orders, buyers):
    own = bought(orders, hour=15, amounts=(123_456,), buyers=buyers)
    assert found(orders=[*steady(), *own], wallet=sent_back(own)).aside_orders == 0


def test_without_a_wallet_the_best_sign_is_named_as_unknown():
    assert sign(found(orders=steady()), "paid_back").unknown == "no_wallet"


def test_without_buyers_their_signs_are_named_as_unknown():
    told = found(orders=[{**each, "buyer_ref": None} for each in steady()])
    unknown = {each.name for each in told.signs if each.unknown == "no_buyers_named"}
    assert unknown == {"paid_back", "new_buyers", "bought_once", "concentration"}


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({}, "no_sales"),
        ({"orders": [refund("2026-06-01", 500)]}, "no_sales"),
        ({"orders": [order("2026-06-01", status="cancelled", order_ref="x")]}, "no_sales"),
        ({"days": [total("2026-06-01", 5_000), total("2025-06-01", 5_000)]}, "totals_only"),
        ({"orders": [order("2026-06-01", order_ref="x")]}, "few_orders"),
    ],
)
def test_a_shop_without_single_orders_has_a_named_reason_for_each_sign(rows, why):
    told = found(**rows)
    assert {each.unknown for each in told.signs if each.name != "season"} == {why}
    assert (told.flagged, told.aside_orders, told.fired) == (False, 0, ())


def test_sales_that_doubled_against_last_year_are_told_of_daily_totals_too():
    days = [total(str(AS_OF - timedelta(days=ago)), 30_000 if ago <= 30 else 10_000) for ago in range(1, 700)]
    season = sign(found(days=days), "season")
    assert (season.value, season.usual, season.fires) == (3, 1, True)


def test_the_growth_of_the_shop_is_no_leap():
    days = [total(str(AS_OF - timedelta(days=ago)), 20_000 if ago <= 270 else 10_000) for ago in range(1, 700)]
    season = sign(found(days=days), "season")
    assert (season.value, season.fires) == (1, False)


def test_each_sign_and_rule_is_told_in_words_and_each_reason_is_known():
    reasons = {reason for kind in bought_signs.SIGNS for _, reason in kind.unknown}
    assert reasons == set(bought_signs.UNKNOWN)
    assert set(suspects.RULES) == {"paid_back", *suspects.COMMON_SHARES}


def test_what_is_stored_reads_as_what_was_found():
    own = bought(250, buyers=250)
    events = tables(orders=[*steady(), *own], wallet=sent_back(own))
    (told,) = tell(raw_and_cleaned(events, as_of=AS_OF)).values()
    assert read_manipulation(json.loads(json.dumps(plain(told)))) == told
    assert (told.aside_orders, len(told.suspects)) == (250, MOST_SUSPECTS)
    assert told.suspects[0].gross_minor >= told.suspects[-1].gross_minor


def test_the_score_rests_on_the_cleaned_record_and_carries_what_was_found():
    honest, washed = steady(), [*steady(), *bought()]
    (plainly,) = score_events(tables(orders=honest), as_of=AS_OF, card=load_expert())
    (scored,) = score_events(tables(orders=washed), as_of=AS_OF, card=load_expert())
    assert scored.result == plainly.result
    assert (scored.flagged, plainly.flagged) == (True, False)
    told = read_manipulation(scored.manipulation)
    (month,) = (each for each in told.features if each.name == "buyers")
    assert (month.raw, month.cleaned) == (445, 385)
    assert scored.features["buyers"] == 385


# A seller whose patterns are all there, so that the laws below have something to break.
SELLER = [("orders", {"shop_id": 1, **each}) for each in [*steady(200), *bought()]]
SELLER += [("wallet", {"shop_id": 1, **each}) for each in sent_back(bought(30))]


@st.composite
def known_rows(draw, days):
    """One record as of tests.test_scoring_features_hold, with what signs read besides."""
    kind, row = draw(rows(days))
    if kind == "orders":
        second = draw(st.integers(0, 86_399))
        row |= {"order_ref": str(draw(st.uuids())), "placed_at": row["placed_day"] * DAY_US + second * 1_000_000}
    if kind == "wallet":
        row |= {"kind": draw(st.sampled_from(["transfer", "refund", "sale"])),
                "counterparty_ref": draw(st.sampled_from(["a", "own1", "own2"])),
                "amount_minor": draw(st.integers(-60_000, 10_000))}  # fmt: skip
    return kind, row


def record(chosen):
    kinds = {name: [row for kind, row in chosen if kind == name] for name in EVENTS if name != "shops"}
    return tables(shops=[{"shop_id": 1}, {"shop_id": 2, "time_zone": "UTC"}, {"shop_id": 3}], **kinds)


def same(left, right):
    pd.testing.assert_frame_equal(left.signs, right.signs, check_exact=True)
    pd.testing.assert_frame_equal(left.weeks, right.weeks, check_exact=True)
    assert left.suspects.equals(right.suspects)


@settings(max_examples=15)
@given(st.lists(known_rows(before), max_size=20), st.lists(known_rows(later), min_size=1, max_size=10))
def test_a_record_dated_at_or_after_the_day_changes_no_sign(known, to_come):
    seen = look(record([*SELLER, *known]), as_of=AS_OF)
    assert seen.signs.flagged[1]
    same(seen, look(record([*SELLER, *known, *to_come]), as_of=AS_OF))


@settings(max_examples=15)
@given(st.lists(known_rows(before), max_size=20), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_sign(known, chance):
    shuffled = [*SELLER, *known]
    chance.shuffle(shuffled)
    same(look(record([*SELLER, *known]), as_of=AS_OF), look(record(shuffled), as_of=AS_OF))


@settings(max_examples=15)
@given(st.lists(known_rows(before), max_size=40), st.integers(1, 3))
def test_a_shop_alone_has_the_signs_it_has_among_all(known, shop_id):
    events = record([*SELLER, *known])
    alone = {name: table.filter(pc.equal(table["shop_id"], shop_id)) for name, table in events.items()}
    with answered_as_many():
        among = look(events, as_of=AS_OF)
    theirs = manipulation.Findings(
        among.signs.loc[[shop_id]],
        among.suspects.filter(pc.equal(among.suspects["shop_id"], shop_id)).combine_chunks(),
        among.weeks[among.weeks["shop_id"] == shop_id].reset_index(drop=True),
    )
    same(look(alone, as_of=AS_OF), theirs)


def test_a_shop_looked_at_on_a_day_of_its_own_has_the_signs_of_that_day():
    events = record([*SELLER, *((kind, {**row, "shop_id": 2}) for kind, row in SELLER)])
    days = {1: AS_OF, 2: AS_OF - timedelta(days=40), 3: AS_OF}
    together = look(events, as_of=days)
    for shop_id, day in days.items():
        pd.testing.assert_frame_equal(
            together.signs.loc[[shop_id]], look(events, as_of=day).signs.loc[[shop_id]], check_exact=True
        )


def test_cleaning_takes_out_the_suspects_and_nothing_else():
    events = record(SELLER)
    seen = look(events, as_of=AS_OF)
    kept = clean(events, seen)
    assert kept["orders"].num_rows == events["orders"].num_rows - seen.suspects.num_rows
    assert kept["orders"].schema == events["orders"].schema
    assert look(kept, as_of=AS_OF).suspects.num_rows == 0


@pytest.fixture(scope="module")
def market():
    return made_up.market()


@pytest.fixture(scope="module")
def looked(market):
    return raw_and_cleaned(made_up.events(market, market.shops), as_of=made_up.AS_OF)


def test_most_wash_sellers_of_the_demo_are_flagged_and_hardly_an_honest_shop(market, looked):
    washes = pd.Series({number: shop.washes for number, shop in market.shops.items()})
    flagged = looked.findings.signs.flagged
    assert flagged[washes].mean() >= 0.8
    assert flagged[~washes].mean() <= 0.05


def test_without_the_suspects_a_wash_seller_has_the_features_of_its_own_sales(market, looked):
    sellers = [number for number, shop in market.shops.items() if shop.washes]
    honest = compute(made_up.events(made_up.market(washes=False), sellers), as_of=made_up.AS_OF)
    cleaned, raw = looked.cleaned.loc[sellers], looked.raw.loc[sellers]
    for name in ("median_month_minor", "buyers", "rating", "refunded_share", "cancelled_share", "late_share"):
        away = (cleaned[name] / honest[name] - 1).abs()
        assert away.quantile(0.8) <= 0.01, name
        assert (raw[name] / honest[name] - 1).abs().median() > 0.1, name


def test_an_honest_shop_of_the_demo_is_scored_as_before(market, looked):
    events = made_up.events(market, market.shops)
    features = compute(events, as_of=made_up.AS_OF)
    honest = ~features.index.isin(looked.raw.index)
    pd.testing.assert_frame_equal(looked.cleaned[honest], features[honest], check_exact=True)
