"""What wallet and fund held day by day, also where the fund names no balance; the score reads it the same way."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lending.balances import closing_minor, daily_balances, held
from scoring.facts import HELD

AS_OF = date(2026, 3, 10)


def entries(*rows):
    """Entries as (day of March, account, balance, amount)."""
    frame = pd.DataFrame(rows, columns=["day", "account", "balance_minor", "amount_minor"])
    days = [pd.Timestamp(2026, 3, day) for day in frame.pop("day")]
    return frame.assign(booked_day=days).astype({"balance_minor": "float64"})


def test_a_fund_that_names_no_balance_held_what_moved_into_it_and_never_less_than_nothing():
    # 60 out of the fund on the 2nd: it held 60 at least. So 100 - 60 + 60 = 100 on the 3rd.
    moves = entries((1, "wallet", 500, 500), (2, "fund", None, -60), (3, "fund", None, 100), (5, "fund", None, -30))
    frame = daily_balances(moves, as_of=date(2026, 3, 7), days=6)
    assert frame["fund_minor"].fillna(-1).tolist() == [-1, 0, 100, 100, 70, 70]
    assert frame["wallet_minor"].tolist() == [500] * 6
    assert closing_minor(moves) == 570


def test_a_balance_that_the_fund_names_tells_what_it_held_before_and_since():
    # 1,000 after 5 came in was 995 before; 200 out of it left 800; 790 is what the fund says itself.
    moves = entries((1, "fund", None, 10), (2, "fund", 1_000, 5), (3, "fund", None, -200), (4, "fund", 790, 0))
    assert held(moves).tolist() == [995, 1_000, 800, 790]


def test_what_a_later_day_shows_changes_nothing_of_an_earlier_one():
    moves = entries((1, "fund", None, 50), (9, "fund", None, -500))
    frame = daily_balances(moves, as_of=date(2026, 3, 5), days=3)
    assert frame["fund_minor"].tolist() == [50, 50, 50]


def test_an_entry_of_the_wallet_without_a_balance_tells_nothing():
    assert held(entries((1, "wallet", None, 50), (2, "bank", None, 7))).isna().all()
    assert closing_minor(entries((1, "wallet", None, 50), (2, "bank", 7, 7))) is None


AMOUNT = st.integers(-1_000, 1_000)
ENTRY = st.tuples(
    st.integers(1, 9), st.sampled_from(["wallet", "fund"]), st.one_of(st.none(), st.integers(0, 2_000)), AMOUNT
)


@settings(max_examples=25)  # a database each
@given(st.lists(ENTRY, min_size=1, max_size=12))
def test_the_score_reads_the_same_balances(rows):
    duckdb = pytest.importorskip("duckdb")
    rows = sorted(rows, key=lambda row: row[0])
    moves = entries(*rows)
    epoch = date(1970, 1, 1)
    as_of_day = (AS_OF - epoch).days
    with duckdb.connect() as base:
        base.execute("CREATE TABLE shops AS SELECT 1 AS shop_id, CAST(? AS BIGINT) AS as_of_day", [as_of_day])
        base.execute(
            "CREATE TABLE wallet (shop_id BIGINT, booked_at BIGINT, booked_day BIGINT, entry_ref TEXT, account TEXT, "
            "balance_minor BIGINT, amount_minor BIGINT)"
        )
        base.executemany(
            "INSERT INTO wallet VALUES (1, ?, ?, ?, ?, ?, ?)",
            [
                (nth, (date(2026, 3, day) - epoch).days, f"{nth:03}", account, balance, amount)
                for nth, (day, account, balance, amount) in enumerate(rows)
            ],
        )
        found = base.execute(f"WITH {HELD} SELECT entry_ref, balance_minor FROM held ORDER BY entry_ref").fetchall()
    expected = held(moves)
    assert [(f"{nth:03}", value) for nth, value in expected.dropna().items()] == found


def test_days_are_drawn_as_far_as_asked():
    frame = daily_balances(entries((1, "fund", None, 50)), as_of=AS_OF, days=3)
    assert [day.date() for day in frame["day"]] == [AS_OF - timedelta(days=back) for back in (3, 2, 1)]
