"""The demo marketplace is the same for the same seed and day, and looks like the marketplaces that were measured."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from demo import marketplace, names, seasons
from demo.categories import CATEGORIES
from demo.orders import settle
from demo.shops import WINDOW_DAYS
from demo.stories import STORIES, all_shops
from ingest import folder as import_folder
from lending.records import RECORD_KINDS
from tests import made_up
from tests.made_up import AS_OF, SHOPS

KINDS = [kind for kind in RECORD_KINDS if kind.name in marketplace.Summary.__slots__]

# The day, and the two weeks before it.
NEW_YEARS = (("2025-01-29", "2025-01-15", "2025-01-28"), ("2026-02-17", "2026-02-03", "2026-02-16"))
TIMES = ("placed_at", "refunded_at", "cancelled_at", "settled_at", "delivered_at", "reviewed_at")


@pytest.fixture(scope="module")
def shops():
    return list(made_up.market().shops.values())


@pytest.fixture(scope="module")
def orders():
    return made_up.market().orders


@pytest.fixture(scope="module")
def entries():
    return made_up.market().entries


@pytest.fixture(scope="module")
def kept(orders):
    return orders[orders["status"] != "cancelled"]


@pytest.fixture(scope="module")
def daily(kept):
    return kept.groupby(kept["placed_at"].dt.floor("D"))["gross_minor"].sum()


@pytest.fixture(scope="module")
def months(kept):
    """Gross sales: a row per shop, a column per full month."""
    month = kept["placed_at"].to_numpy().astype("datetime64[M]").astype("datetime64[s]")
    return kept.groupby(["shop", month])["gross_minor"].sum().unstack().iloc[:, :24]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("marketplace")
    marketplace.write(folder, shops=60, as_of=AS_OF)
    return folder


def rows(folder, kind):
    return pq.read_table(folder / f"{kind}.parquet").to_pandas()


# --- The same again ---------------------------------------------------------------------------------------------


def contents(folder, **arguments):
    folder.mkdir()
    marketplace.write(folder, **{"shops": 14, "as_of": AS_OF, **arguments})
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_and_day_write_the_same_bytes(tmp_path):
    assert contents(tmp_path / "once", seed=7) == contents(tmp_path / "again", seed=7)


def test_another_seed_writes_other_orders_but_keeps_the_stories(tmp_path):
    first, other = contents(tmp_path / "first", seed=7), contents(tmp_path / "other", seed=8)
    assert first["orders.parquet"] != other["orders.parquet"]
    for place in ("first", "other"):
        told = rows(tmp_path / place, "shops")["name"].tolist()
        assert all(name.startswith(f"{story.style} {story.thing}") for name, story in zip(told, STORIES, strict=False))


def test_a_marketplace_of_another_day_ends_on_that_day_and_has_the_same_shops(tmp_path, folder):
    as_of = date(2024, 3, 15)
    summary = marketplace.write(tmp_path, shops=60, as_of=as_of)
    placed = rows(tmp_path, "orders")["placed_at"]
    assert summary.first_day == date(2022, 3, 1)
    assert summary.orders == len(placed)
    assert pd.Timestamp("2024-03-14") < placed.max() < pd.Timestamp("2024-03-15")
    same = ["shop_ref", "name", "owner_ref", "category", "city"]
    assert rows(tmp_path, "shops")[same].equals(rows(folder, "shops")[same])


def test_the_parts_are_the_files_piece_by_piece_and_the_applications_come_last(folder):
    parts = list(marketplace.parts(shops=60, as_of=AS_OF))
    assert [part.tables["applications"].num_rows > 0 for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].shops_done == 60
    for kind in KINDS:
        made = pa.concat_tables([part.tables[kind.name] for part in parts])
        assert made.column_names == [column.name for column in kind.columns]
        assert pq.read_table(folder / f"{kind.name}.parquet").cast(made.schema).equals(made)


def test_progress_is_told_up_to_the_last_shop(tmp_path):
    told = []
    marketplace.write(tmp_path, shops=170, as_of=AS_OF, progress=lambda done, count: told.append((done, count)))
    assert told == [(150, 170), (170, 170), (170, 170)]


def test_too_few_and_too_many_shops_are_refused():
    with pytest.raises(ValueError, match="at least"):
        all_shops(3, seed=1, as_of=AS_OF)
    with pytest.raises(ValueError, match="the lists of names"):
        all_shops(2_000, seed=1, as_of=AS_OF)


# --- The facts of real marketplaces -----------------------------------------------------------------------------


def test_the_whole_marketplace_has_half_a_million_orders_and_few_enough_entries(orders, entries):
    assert 480_000 < len(orders) < 550_000
    assert 200_000 < len(entries) <= 300_000


def test_shops_differ_in_size_as_on_a_real_marketplace(months):
    assert np.log(months.median(axis=1)).std() == pytest.approx(1.1, abs=0.1)


def test_few_shops_make_most_of_the_sales(months):
    sales = months.iloc[:, -12:].sum(axis=1).sort_values().to_numpy()
    sales = sales[sales > 0]
    place = np.arange(1, len(sales) + 1)
    gini = ((2 * place - len(sales) - 1) * sales).sum() / (len(sales) * sales.sum())
    assert gini == pytest.approx(0.57, abs=0.04)
    assert 0.43 < sales[-len(sales) // 10 :].sum() / sales.sum() < 0.56
    assert sales[-len(sales) // 100 :].sum() / sales.sum() == pytest.approx(0.11, abs=0.03)


def test_months_of_a_shop_swing_as_on_a_real_marketplace(months):
    year = months.iloc[:, -12:].dropna()
    variation = year.std(axis=1) / year.mean(axis=1)
    assert variation.median() == pytest.approx(0.43, abs=0.05)
    assert variation.quantile([0.1, 0.9]).tolist() == pytest.approx([0.28, 0.74], abs=0.06)
    worst_quarter = year.T.rolling(3).sum().min() / (year.sum(axis=1) / 4)
    assert worst_quarter.quantile([0.1, 0.5]).tolist() == pytest.approx([0.36, 0.66], abs=0.06)
    # Measured were local shops, which 11.11 hardly lifts: 1.6.
    assert 1.6 < (year.max(axis=1) / year.median(axis=1)).median() < 2.0


def test_the_eleventh_of_november_towers_over_an_ordinary_day(daily):
    ordinary = daily["2025-09-15":"2025-10-15"].mean()
    assert 3 < daily["2025-11-11"] / ordinary < 8
    assert 1.3 < daily["2025-11-01":"2025-11-30"].sum() / daily["2025-10-01":"2025-10-31"].sum() < 1.8
    assert daily["2025-10-23":"2025-10-31"].mean() < ordinary


def test_new_year_is_quiet_and_a_fifth_of_the_shops_close(kept, shops):
    counts = kept.groupby(kept["placed_at"].dt.floor("D")).size()
    days = [counts[day] / counts[before:last].mean() for day, before, last in NEW_YEARS]
    assert np.mean(days) == pytest.approx(0.65, abs=0.08)
    assert counts["2026-03-08":"2026-03-21"].mean() > 0.75 * counts["2026-02-03":"2026-02-16"].mean()
    assert np.mean([shop.closes_at_new_year for shop in shops]) == pytest.approx(0.19, abs=0.04)


def test_weekends_sell_a_little_more(daily):
    quiet = daily["2026-03":"2026-05"]
    by_weekday = quiet.groupby(quiet.index.day_of_week).mean()
    assert 1.05 < by_weekday[[5, 6]].mean() / by_weekday[[0, 1, 2, 3]].mean() < 1.27


REFUNDS = {"tea": (0.01, 0.04), "snacks": (0.01, 0.04), "honey": (0.01, 0.04), "pet food": (0.01, 0.04),
           "linen": (0.01, 0.05), "ceramics": (0.01, 0.05), "tools": (0.01, 0.05), "phone parts": (0.03, 0.06),
           "knitwear": (0.1, 0.3), "shoes": (0.1, 0.3), "women's clothing": (0.1, 0.3)}  # fmt: skip


@pytest.mark.parametrize("category", [category.name for category in CATEGORIES])
def test_refunds_are_those_of_the_category(kept, category):
    sold = kept[kept["category"] == category]
    least, most = REFUNDS[category]
    assert least < sold["refunded_minor"].sum() / sold["gross_minor"].sum() < most


def test_half_of_the_dresses_bought_on_11_11_come_back_weeks_later(kept):
    dresses = kept[kept["category"] == "women's clothing"]
    festival = dresses[dresses["placed_at"].dt.strftime("%m-%d") == "11-11"]
    assert 0.4 < festival["refunded_minor"].sum() / festival["gross_minor"].sum() < 0.6
    waited = (festival["refunded_at"] - festival["placed_at"]).dt.days.median()
    assert 10 < waited < 22


def test_stars_are_many_fives_and_some_ones_and_late_parcels_earn_the_ones(orders):
    rated = orders[orders["rating"] > 0]
    late = rated["delivered_at"] > rated["promised_by"]
    shares = rated["rating"].value_counts(normalize=True)
    assert shares[5] == pytest.approx(0.60, abs=0.05)
    assert shares[1] == pytest.approx(0.115, abs=0.015)
    assert shares[5] > shares[4] > shares[1] > shares[3] > shares[2]
    assert rated["rating"][late].mean() == pytest.approx(2.5, abs=0.15)
    assert rated["rating"][~late].mean() == pytest.approx(4.3, abs=0.05)
    assert (rated["rating"][late] <= 2).mean() == pytest.approx(0.57, abs=0.04)
    assert (rated["rating"][~late] <= 2).mean() == pytest.approx(0.10, abs=0.02)


def test_some_parcels_are_late_and_some_orders_cancelled(orders):
    delivered = orders[orders["delivered_at"].notna()]
    assert (delivered["delivered_at"] > delivered["promised_by"]).mean() == pytest.approx(0.08, abs=0.01)
    assert 0.03 < (orders["status"] == "cancelled").mean() < 0.08


def test_trade_shops_have_few_buyers_and_others_many(kept):
    year = kept[kept["placed_at"] >= "2025-11-01"]
    bought = year.groupby(["trade", "shop", "buyer"])["gross_minor"].sum()
    weights = bought / bought.groupby(["trade", "shop"]).transform("sum")
    concentration = (weights**2).groupby(["trade", "shop"]).sum().groupby("trade").median()
    assert concentration[True] == pytest.approx(0.15, abs=0.04)
    # A shop of this marketplace has some 150 orders a year; with more of them it would fall below .01.
    assert concentration[False] < 0.03


def test_a_quarter_of_new_shops_close_in_their_first_year_and_an_eighth_of_old_ones_in_any(shops):
    ages = [(AS_OF - shop.opened_on).days for shop in shops]
    lives = [((shop.closed_on or AS_OF) - shop.opened_on).days for shop in shops]
    new = [life < 365 for age, life in zip(ages, lives, strict=True) if 365 <= age <= WINDOW_DAYS]
    assert np.mean(new) == pytest.approx(0.275, abs=0.05)
    old = [(shop, life - age) for shop, age, life in zip(shops, ages, lives, strict=True) if age > 1_095 + WINDOW_DAYS]
    years_seen = sum(WINDOW_DAYS + left for _, left in old) / 365
    assert sum(shop.closed_on is not None for shop, _ in old) / years_seen == pytest.approx(0.125, abs=0.04)


def test_three_in_a_hundred_wash_and_one_in_twelve_belongs_to_an_owner_of_several(shops):
    assert sum(shop.washes for shop in shops) == pytest.approx(0.03 * SHOPS, abs=1)
    assert 1 - len({shop.owner for shop in shops}) / SHOPS == pytest.approx(1 / 12, abs=0.02)
    assert np.mean([shop.rural for shop in shops]) == pytest.approx(0.4, abs=0.05)


def test_hidden_health_is_felt_everywhere_and_told_nowhere(shops):
    untold = shops[len(STORIES) :]
    health = [shop.health for shop in untold]
    habits = {
        "size": [np.log(shop.monthly_sales) for shop in untold],
        "growth": [shop.growth for shop in untold],
        "steadiness": [-np.log(shop.swing) for shop in untold],
        "kept": [-np.log(shop.refund_share / shop.category.refund_share) for shop in untold],
        "not cancelled": [-np.log(shop.cancelled_share) for shop in untold],
        "in time": [-np.log(shop.late_share) for shop in untold],
        "stars": [shop.star_tilt for shop in untold],
        "buffer": [np.log(shop.buffer_days) for shop in untold],
    }
    felt = {name: np.corrcoef(health, habit)[0, 1] for name, habit in habits.items()}
    assert all(0.2 < correlation < 0.75 for correlation in felt.values()), felt
    assert not any("health" in column.name for kind in KINDS for column in kind.columns)


# --- What the files hold ----------------------------------------------------------------------------------------


def test_the_import_takes_every_row(folder):
    chunks = list(import_folder.read(import_folder.find(folder), shops={}, default_zone="Asia/Shanghai"))
    assert sum(len(chunk.bad_rows) for chunk in chunks) == 0
    read = {kind.name: 0 for kind in KINDS}
    for chunk in chunks:
        read[chunk.kind.name] += chunk.row_count
    assert read == {kind.name: pq.read_metadata(folder / f"{kind.name}.parquet").num_rows for kind in KINDS}


def test_nothing_in_the_files_happened_on_the_business_date_or_later(folder):
    columns = {
        "orders": TIMES, "sales_days": ("day",), "purchases": ("purchased_on",), "wallet_entries": ("booked_at",),
        "applications": ("submitted_at", "consented_at"), "shops": ("opened_on",),
    }  # fmt: skip
    for kind, names_of_times in columns.items():
        told = rows(folder, kind)
        for name in names_of_times:
            assert pd.to_datetime(told[name]).max() < pd.Timestamp(AS_OF), (kind, name)


def test_sixty_shops_stay_a_small_file_and_two_years_of_orders(folder):
    orders = rows(folder, "orders")
    assert len(rows(folder, "shops")) == 60
    assert 60_000 <= len(orders) <= 120_000
    assert orders["placed_at"].min() < pd.Timestamp("2024-11-03")


def test_a_shop_has_orders_or_daily_totals_and_a_few_have_totals_only(folder):
    by_orders, by_totals = (set(rows(folder, kind)["shop_ref"]) for kind in ("orders", "sales_days"))
    assert not by_orders & by_totals
    assert 1 <= len(by_totals) <= 8


def test_daily_totals_are_the_sums_of_the_orders_they_stand_for(kept, shops):
    part = next(marketplace.parts(shops=SHOPS, as_of=AS_OF))
    numbers = [shop.number for shop in shops[: part.shops_done] if shop.daily_totals_only]
    told, own = part.tables["sales_days"].to_pandas(), kept[kept["shop"].isin(numbers)]
    assert set(told["shop_ref"]) == {f"S-{number:04d}" for number in own["shop"]}
    assert int(sum(told["gross"]) * 100) == own["gross_minor"].sum()
    assert int(sum(told["refunded"]) * 100) == own["refunded_minor"].sum()
    assert told["orders"].sum() == (own["gross_minor"] > 0).sum()


def test_each_balance_is_the_one_before_and_the_entry_and_none_is_below_nothing(entries):
    so_far = entries.groupby(["shop", "account"], observed=True)["amount_minor"].cumsum()
    assert (so_far == entries["balance_minor"]).all()
    assert (entries["balance_minor"] >= 0).all()
    assert set(entries["account"]) == {"wallet", "fund"}
    assert (entries["booked_at"].diff().dt.total_seconds() >= 0)[entries["shop"].diff() == 0].all()


def test_what_the_marketplace_pays_out_is_what_its_orders_say(orders, entries):
    settled = orders[orders["settled_at"].notna()]
    refunded_before = settled["refunded_minor"].where(settled["refunded_at"] < settled["settled_at"], 0)
    owed = (settled["gross_minor"] - refunded_before).groupby(settled["shop"]).sum()
    paid = entries[entries["kind"] == "sale"].groupby("shop")["amount_minor"].sum()
    assert len(paid) > SHOPS / 2
    assert (owed[paid.index] == paid).all()


def test_the_platform_pays_on_tuesdays_and_fridays_after_the_buyer_has_confirmed():
    delivered_at = np.datetime64("2026-10-01T15:00:00") + np.arange(14).astype("timedelta64[D]")
    paid_at = settle(np.repeat(delivered_at, 50), np.random.default_rng(1))
    assert set(seasons.weekday(paid_at.astype("datetime64[D]"))) == {1, 4}
    waited = (paid_at - np.repeat(delivered_at, 50)) / np.timedelta64(1, "D")
    assert 1 <= waited.min() < waited.max() <= 12


def test_an_order_is_refunded_after_it_was_delivered_and_never_by_more_than_it_cost(orders):
    refunded = orders[(orders["refunded_minor"] > 0) & (orders["status"] != "refund")]
    assert len(refunded) > 10_000
    assert (refunded["refunded_minor"] <= refunded["gross_minor"]).all()
    assert (refunded["refunded_at"].dt.floor("D") > refunded["delivered_at"].dt.floor("D")).all()
    assert (orders.loc[orders["status"] == "refund", "gross_minor"] == 0).all()
    cancelled = orders[orders["status"] == "cancelled"]
    assert (cancelled["cancelled_at"] > cancelled["placed_at"]).all()
    assert cancelled["delivered_at"].isna().all()


def test_nothing_is_sold_before_a_shop_opens_or_after_it_closes(orders, shops):
    sold = orders[orders["status"] != "refund"].groupby("shop")["placed_at"].agg(["min", "max"])
    for shop in shops:
        if shop.number in sold.index:
            assert sold["min"][shop.number].date() >= shop.opened_on
            assert shop.closed_on is None or sold["max"][shop.number].date() < shop.closed_on


def test_every_name_is_made_of_the_lists(shops):
    trades = {category.trade for category in CATEGORIES}
    for shop in shops:
        style, thing, *rest = shop.name.split(" ")
        assert style in names.STYLES
        assert thing in names.THINGS
        assert " ".join(word for word in rest if word.isascii()) in trades
    assert len({shop.name for shop in shops}) == SHOPS
    assert any(not shop.name.isascii() for shop in shops)


def test_shops_of_one_owner_agree_on_what_the_owner_is(shops):
    kinds = {(shop.owner, shop.owner_kind) for shop in shops}
    assert len(kinds) == len({shop.owner for shop in shops})


def test_a_window_is_two_years_of_whole_months_and_the_days_since():
    days = seasons.window(date(2026, 11, 2))
    assert (days[0].item(), days[-1].item()) == (date(2024, 11, 1), date(2026, 11, 1))
