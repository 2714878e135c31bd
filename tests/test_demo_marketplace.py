"""The demo marketplace is the same for the same seed, and looks like the marketplaces that were measured."""

import csv
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from demo import marketplace, names, seasons
from demo.applications import PROMISED_DAYS, applications_of
from demo.categories import CATEGORIES
from demo.decisions import past
from demo.shops import BUSINESS_DATE, SEED
from demo.stories import STORIES, all_shops
from lending.reasons import REASONS

SHOPS = 150
# The day, and the two weeks before it.
NEW_YEARS = (("2025-01-29", "2025-01-15", "2025-01-28"), ("2026-02-17", "2026-02-03", "2026-02-16"))
TIMES = ("placed_at", "refunded_at", "cancelled_at", "settled_at", "delivered_at", "reviewed_at")


@pytest.fixture(scope="module")
def ledgers():
    return list(marketplace.ledgers(all_shops(SHOPS, seed=SEED, as_of=BUSINESS_DATE)))


@pytest.fixture(scope="module")
def orders(ledgers):
    """All orders, with their shop's number, category and kind of buyers."""
    each = [
        ledger.orders.assign(
            shop=ledger.shop.number, category=ledger.shop.category.name, trade=ledger.shop.trade_buyers
        )
        for ledger in ledgers
    ]
    return pd.concat(each, ignore_index=True)


@pytest.fixture(scope="module")
def kept(orders):
    return orders[orders["status"] != "cancelled"]


@pytest.fixture(scope="module")
def daily(kept):
    return kept.groupby(kept["placed_at"].dt.floor("D"))["gross_minor"].sum()


@pytest.fixture(scope="module")
def months(kept):
    """Gross sales: a row per shop, a column per full month."""
    month = kept["placed_at"].dt.to_period("M")
    return kept.pivot_table(index="shop", columns=month, values="gross_minor", aggfunc="sum").iloc[:, :24]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marketplace")
    marketplace.write(folder, shops=60)
    return folder


def rows(folder, kind):
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(ledgers, story):
    return ledgers[STORIES.index(story)]


# --- The same again ---------------------------------------------------------------------------------------------


def contents(folder, **arguments):
    folder.mkdir()
    marketplace.write(folder, shops=14, **arguments)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    assert contents(tmp_path / "once", seed=7) == contents(tmp_path / "again", seed=7)


def test_another_seed_writes_other_orders_but_keeps_the_stories(tmp_path):
    first, other = contents(tmp_path / "first", seed=7), contents(tmp_path / "other", seed=8)
    assert first["orders.csv"] != other["orders.csv"]
    for story in STORIES:
        beginning = f"{story.style} {story.thing} ".encode()
        assert beginning in first["shops.csv"]
        assert beginning in other["shops.csv"]


def test_a_marketplace_of_another_day_ends_on_that_day(tmp_path):
    as_of = date(2024, 3, 15)
    summary = marketplace.write(tmp_path, shops=12, as_of=as_of)
    placed = [row["placed_at"] for row in rows(tmp_path, "orders")]
    assert summary.first_day == date(2022, 3, 1)
    assert summary.orders == len(placed)
    assert "2024-03-12" < max(placed) < "2024-03-15"


def test_too_few_and_too_many_shops_are_refused():
    with pytest.raises(ValueError, match="at least"):
        all_shops(3, seed=1, as_of=BUSINESS_DATE)
    with pytest.raises(ValueError, match="the lists of names"):
        all_shops(2_000, seed=1, as_of=BUSINESS_DATE)


# --- The facts of real marketplaces -----------------------------------------------------------------------------


def test_shops_differ_in_size_as_on_a_real_marketplace(months):
    assert np.log(months.median(axis=1)).std() == pytest.approx(1.1, abs=0.2)


def test_few_shops_make_most_of_the_sales(months):
    sales = months.iloc[:, -12:].sum(axis=1).sort_values().to_numpy()
    place = np.arange(1, len(sales) + 1)
    gini = ((2 * place - len(sales) - 1) * sales).sum() / (len(sales) * sales.sum())
    assert gini == pytest.approx(0.57, abs=0.08)
    assert 0.38 < sales[-len(sales) // 10 :].sum() / sales.sum() < 0.58


def test_months_of_a_shop_swing_as_on_a_real_marketplace(months):
    year = months.iloc[:, -12:].dropna()
    assert (year.std(axis=1) / year.mean(axis=1)).median() == pytest.approx(0.43, abs=0.1)
    worst_quarter = year.T.rolling(3).sum().min() / (year.sum(axis=1) / 4)
    assert worst_quarter.median() == pytest.approx(0.66, abs=0.1)
    assert (year.max(axis=1) / year.median(axis=1)).median() == pytest.approx(1.7, abs=0.25)


def test_the_eleventh_of_november_towers_over_an_ordinary_day(daily):
    ordinary = daily["2025-09-15":"2025-10-15"].mean()
    assert 3 < daily["2025-11-11"] / ordinary < 8
    assert 1.25 < daily["2025-11"].sum() / daily["2025-10"].sum() < 1.8
    assert daily["2025-10-23":"2025-10-31"].mean() < ordinary


def test_new_year_is_quiet_and_a_fifth_of_the_shops_close(kept, ledgers):
    counts = kept.groupby(kept["placed_at"].dt.floor("D")).size()
    days = [counts[day] / counts[before:last].mean() for day, before, last in NEW_YEARS]
    assert np.mean(days) == pytest.approx(0.65, abs=0.12)
    assert counts["2026-03-08":"2026-03-21"].mean() > 0.75 * counts["2026-02-03":"2026-02-16"].mean()
    assert np.mean([ledger.shop.closes_at_new_year for ledger in ledgers]) == pytest.approx(0.19, abs=0.08)


def test_weekends_sell_a_little_more(daily):
    quiet = daily["2026-03":"2026-05"]
    by_weekday = quiet.groupby(quiet.index.day_of_week).mean()
    assert 1.03 < by_weekday[[5, 6]].mean() / by_weekday[[0, 1, 2, 3]].mean() < 1.35


REFUNDS = {"tea": (0, 0.04), "snacks": (0, 0.04), "honey": (0, 0.04), "pet food": (0, 0.04), "linen": (0.01, 0.06),
           "ceramics": (0.01, 0.06), "tools": (0.01, 0.06), "phone parts": (0.03, 0.06), "knitwear": (0.1, 0.3),
           "shoes": (0.1, 0.3), "women's clothing": (0.1, 0.4)}  # fmt: skip


@pytest.mark.parametrize("category", [category.name for category in CATEGORIES])
def test_refunds_are_those_of_the_category(kept, category):
    sold = kept[kept["category"] == category]
    least, most = REFUNDS[category]
    assert least < sold["refunded_minor"].sum() / sold["gross_minor"].sum() < most


def test_half_of_the_dresses_bought_on_11_11_come_back_weeks_later(kept):
    dresses = kept[kept["category"] == "women's clothing"]
    festival = dresses[dresses["placed_at"].dt.strftime("%m-%d") == "11-11"]
    assert 0.35 < festival["refunded_minor"].sum() / festival["gross_minor"].sum() < 0.65
    waited = (festival["refunded_at"] - festival["placed_at"]).dt.days.median()
    assert 10 < waited < 22


def test_stars_are_many_fives_and_some_ones_and_late_parcels_earn_the_ones(orders):
    rated = orders[orders["rating"] > 0]
    late = rated["delivered_at"] > rated["promised_by"]
    shares = rated["rating"].value_counts(normalize=True)
    assert shares[5] == pytest.approx(0.60, abs=0.06)
    assert shares[1] == pytest.approx(0.115, abs=0.03)
    assert shares[5] > shares[4] > shares[1] > shares[3] > shares[2]
    assert rated["rating"][late].mean() == pytest.approx(2.5, abs=0.2)
    assert rated["rating"][~late].mean() == pytest.approx(4.3, abs=0.1)
    assert (rated["rating"][late] <= 2).mean() == pytest.approx(0.57, abs=0.06)
    assert (rated["rating"][~late] <= 2).mean() == pytest.approx(0.10, abs=0.03)


def test_some_parcels_are_late_and_some_orders_cancelled(orders):
    delivered = orders[orders["delivered_at"].notna()]
    assert (delivered["delivered_at"] > delivered["promised_by"]).mean() == pytest.approx(0.08, abs=0.025)
    assert 0.03 < (orders["status"] == "cancelled").mean() < 0.08


def test_trade_shops_have_few_buyers_and_others_many(kept):
    year = kept[kept["placed_at"] >= "2025-11-01"]
    bought = year.groupby(["trade", "shop", "buyer"])["gross_minor"].sum()
    weights = bought / bought.groupby(["trade", "shop"]).transform("sum")
    concentration = (weights**2).groupby(["trade", "shop"]).sum().groupby("trade").median()
    assert 0.08 < concentration[True] < 0.25
    assert concentration[False] < 0.02


def test_hidden_health_is_felt_everywhere_and_told_nowhere(ledgers):
    shops = [ledger.shop for ledger in ledgers[len(STORIES) :]]
    health = [shop.health for shop in shops]
    habits = {
        "growth": [shop.growth for shop in shops],
        "steadiness": [-np.log(shop.swing) for shop in shops],
        "kept": [-np.log(shop.refund_share / shop.category.refund_share) for shop in shops],
        "in time": [-np.log(shop.late_share) for shop in shops],
        "buffer": [np.log(shop.buffer_days) for shop in shops],
    }
    felt = {name: np.corrcoef(health, habit)[0, 1] for name, habit in habits.items()}
    assert all(0.1 < correlation < 0.7 for correlation in felt.values()), felt


# --- What the files hold ----------------------------------------------------------------------------------------


def test_nothing_in_the_files_happened_on_the_business_date_or_later(folder):
    end = BUSINESS_DATE.isoformat()
    columns = {
        "orders": TIMES, "sales_days": ("day",), "purchases": ("purchased_on",), "wallet_entries": ("booked_at",),
        "applications": ("submitted_at", "consented_at"), "shops": ("opened_on",),
    }  # fmt: skip
    for kind, names_of_times in columns.items():
        for row in rows(folder, kind):
            assert all(row[name] < end for name in names_of_times), (kind, row)


def test_sixty_shops_stay_a_small_file_and_two_years_of_orders(folder):
    orders = rows(folder, "orders")
    assert len(rows(folder, "shops")) == 60
    assert 60_000 <= len(orders) <= 120_000
    assert min(row["placed_at"] for row in orders) < "2024-11-03"


def test_a_shop_has_orders_or_daily_totals_and_a_few_have_totals_only(folder):
    by_orders = {row["shop_ref"] for row in rows(folder, "orders")}
    by_totals = {row["shop_ref"] for row in rows(folder, "sales_days")}
    assert not by_orders & by_totals
    assert 1 <= len(by_totals) <= 8


def test_each_balance_is_the_one_before_and_the_entry_and_none_is_below_nothing(folder):
    balances = {}
    for row in rows(folder, "wallet_entries"):
        account = (row["shop_ref"], row["account"])
        balances[account] = balances.get(account, 0) + round(float(row["amount"]) * 100)
        assert balances[account] == round(float(row["balance"]) * 100), row
        assert balances[account] >= 0, row
    assert {account for _, account in balances} == {"wallet", "fund"}


def test_what_the_marketplace_pays_out_is_what_its_orders_say(ledgers):
    told_of = [ledger for ledger in ledgers if len(ledger.wallet_entries)]
    assert len(told_of) > SHOPS / 2
    for ledger in told_of:
        settled = ledger.orders[ledger.orders["settled_at"].notna()]
        refunded_before = settled["refunded_minor"].where(settled["refunded_at"] < settled["settled_at"], 0)
        entries = ledger.wallet_entries
        assert entries.loc[entries["kind"] == "sale", "amount_minor"].sum() == (
            settled["gross_minor"].sum() - refunded_before.sum()
        )


def test_an_order_is_refunded_after_it_was_delivered_and_never_by_more_than_it_cost(orders):
    refunded = orders[(orders["refunded_minor"] > 0) & (orders["status"] != "refund")]
    assert len(refunded) > 1_000
    assert (refunded["refunded_minor"] <= refunded["gross_minor"]).all()
    assert (refunded["refunded_at"].dt.floor("D") > refunded["delivered_at"].dt.floor("D")).all()
    assert (orders.loc[orders["status"] == "refund", "gross_minor"] == 0).all()
    cancelled = orders[orders["status"] == "cancelled"]
    assert (cancelled["cancelled_at"] > cancelled["placed_at"]).all()
    assert cancelled["delivered_at"].isna().all()


def test_every_name_is_made_of_the_lists():
    trades = {category.trade for category in CATEGORIES}
    shops = all_shops(1_200, seed=SEED, as_of=BUSINESS_DATE)
    for shop in shops:
        style, thing, *rest = shop.name.split(" ")
        assert style in names.STYLES
        assert thing in names.THINGS
        assert " ".join(word for word in rest if word.isascii()) in trades
    assert len({shop.name for shop in shops}) == 1_200


def test_shops_of_one_owner_agree_on_what_the_owner_is():
    shops = all_shops(300, seed=SEED, as_of=BUSINESS_DATE)
    kinds = {(shop.owner, shop.owner_kind) for shop in shops}
    assert len(kinds) == len({shop.owner for shop in shops}) < 300


# --- The stories ------------------------------------------------------------------------------------------------


def test_the_good_small_shop_is_too_young_and_small_for_a_bank_and_has_a_fine_record(ledgers, months):
    shop = told(ledgers, STORIES[0])
    orders = shop.orders
    assert (BUSINESS_DATE - shop.shop.opened_on).days < 730
    assert shop.shop.rural
    assert months.loc[1].iloc[-12:].median() < 1_500_000
    assert months.loc[1].iloc[-6:].sum() > 1.4 * months.loc[1].iloc[-18:-12].sum()
    assert orders["refunded_minor"].sum() / orders["gross_minor"].sum() < 0.015
    assert (orders["delivered_at"] > orders["promised_by"]).mean() < 0.05
    assert orders["rating"][orders["rating"] > 0].mean() > 4.5
    assert orders["buyer"].duplicated().mean() > 0.5


def test_the_declining_shop_sold_as_much_as_last_year_and_has_lost_most_of_its_season(ledgers, months):
    sales = months.loc[2]
    assert sales.iloc[-12:].sum() == pytest.approx(sales.iloc[:12].sum(), rel=0.1)
    assert sales.iloc[-4:].sum() < 0.5 * sales.iloc[-16:-12].sum()
    orders = told(ledgers, STORIES[1]).orders
    late = orders["delivered_at"] > orders["promised_by"]
    recent = orders["placed_at"] >= "2026-08-01"
    before = orders["placed_at"] < "2025-11-01"
    assert late[recent].mean() > 1.5 * late[before].mean()
    stars = orders["rating"].where(orders["rating"] > 0)
    assert stars[recent].mean() < stars[before].mean() - 0.2


def test_the_wash_seller_sells_at_night_to_new_buyers_and_sends_the_money_back(ledgers, months):
    shop = told(ledgers, STORIES[2])
    assert months.loc[3].iloc[-2:].mean() > 1.6 * months.loc[3].iloc[-10:-4].mean()
    orders = shop.orders
    first_bought = orders.groupby("buyer")["placed_at"].transform("min")
    recent = orders["placed_at"] >= "2026-08-25"
    bought = orders[recent & orders["placed_at"].dt.hour.isin([1, 2, 3, 4]) & (orders["gross_minor"] % 10_000 == 0)]
    assert len(bought) > 100
    assert (first_bought[bought.index] >= "2026-08-20").mean() > 0.95
    entries = shop.wallet_entries
    from demo.wallets import buyer_refs

    sent = entries[(entries["kind"] == "transfer") & entries["counterparty"].isin(buyer_refs(orders["buyer"]))]
    assert -sent["amount_minor"].sum() > 0.6 * bought["gross_minor"].sum()
    honest = told(ledgers, STORIES[0])
    transfers = honest.wallet_entries[honest.wallet_entries["kind"] == "transfer"]
    assert not transfers["counterparty"].isin(buyer_refs(honest.orders["buyer"])).any()


# --- Applications and past decisions ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def applications():
    return applications_of(all_shops(60, seed=SEED, as_of=BUSINESS_DATE), seed=SEED, as_of=BUSINESS_DATE)


def test_twenty_applications_wait_two_without_consent_and_one_overdue(applications):
    waiting = [each for each in applications if each.decided_days_ago is None]
    assert len(waiting) == 20
    assert len({each.shop.ref for each in waiting}) == 20
    assert sum(not each.consented for each in waiting) == 2
    today = datetime.combine(BUSINESS_DATE, datetime.min.time())
    due = [each.submitted_at + timedelta(days=PROMISED_DAYS) for each in waiting]
    assert sum(moment < today for moment in due) == 1
    assert sum(today <= moment < today + timedelta(days=1) for moment in due) >= 2
    assert {each.shop.number for each in waiting if each.consented} >= {1, 2, 3}


def test_no_shop_applies_before_it_has_sold_for_two_months_or_after_it_has_closed(applications):
    for each in applications:
        assert (each.submitted_at.date() - each.shop.opened_on).days > 60
        assert each.shop.closed_on is None


def test_past_decisions_answer_the_earlier_applications(applications):
    decided = {each.ref: each for each in applications if each.decided_days_ago is not None}
    decisions = past()
    assert {each.application_ref for each in decisions} == set(decided)
    assert 25 <= len(decisions) <= 30
    outcomes = pd.Series([each.outcome for each in decisions]).value_counts(normalize=True)
    assert 0.4 < outcomes["approve"] < 0.6
    assert 0.25 < outcomes["decline"] < 0.4
    for each in decisions:
        application = decided[each.application_ref]
        decided_on = BUSINESS_DATE - timedelta(days=each.days_ago)
        assert timedelta(0) < decided_on - application.submitted_at.date() < timedelta(days=PROMISED_DAYS)
        assert set(each.reasons) <= set(REASONS)
        assert (each.amount_minor is None) == (each.outcome == "decline")
        assert bool(each.reasons) == (each.outcome != "approve")
        if each.outcome == "approve_less":
            assert 0 < each.amount_minor < each.asked_minor
    assert {each.officer for each in decisions} == {0, 1}


def test_a_window_is_two_years_of_whole_months_and_the_days_since():
    days = seasons.window(date(2026, 11, 2))
    assert (days[0].item(), days[-1].item()) == (date(2024, 11, 1), date(2026, 11, 1))
