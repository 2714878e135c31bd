"""Ratings, deliveries and vital signs by month: tables worked by hand, and what too few cases leave out."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from lending.concentration import concentration
from lending.months import first_of_month
from lending.service import monthly_deliveries, monthly_ratings
from lending.signs import vital_signs

AS_OF = date(2026, 11, 1)
MONTHS = [first_of_month(AS_OF, shift=shift) for shift in range(-24, 0)]


def days(*, day, **columns):
    return pd.DataFrame({"day": pd.to_datetime(day), **columns})


def test_ratings_count_in_the_month_in_which_they_were_given():
    given = days(
        day=["2026-08-31", "2026-09-01", "2026-09-30", "2024-01-01"], reviews=[2, 3, 1, 9],
        rating_hundredths=[1000, 1200, 300, 900],
    )  # fmt: skip
    frame = monthly_ratings(given, months=MONTHS[-3:])
    assert frame["reviews"].tolist() == [2, 4, 0]
    # 10 ÷ 2, (12 + 3) ÷ 4, and nothing.
    assert frame["rating"].tolist()[:2] == [5.0, 3.75]
    assert np.isnan(frame["rating"].iloc[2])


def test_late_are_those_of_the_promised_and_cancelled_those_of_the_placed():
    promises = days(day=["2026-09-01", "2026-09-15"], promised=[6, 4], late=[1, 2])
    sales = days(day=["2026-09-02", "2026-10-03"], orders=[19, 8], cancelled_orders=[1, 0])
    frame = monthly_deliveries(promises, sales, months=MONTHS[-2:], single_orders=True)
    assert frame["late_share"].tolist()[0] == 0.3
    assert np.isnan(frame["late_share"].iloc[1])
    assert frame["cancelled_share"].tolist() == [0.05, 0]
    assert (frame["placed"].tolist(), frame["cancelled"].tolist()) == ([20, 8], [1, 0])
    totals = monthly_deliveries(promises, sales, months=MONTHS[-2:], single_orders=False)
    assert totals["cancelled_share"].isna().all()


def signs(*, refunded=2, before=3, orders=10, reviews=5, rating=4.5, promised=10, months=MONTHS, balances=None):
    """Two years of even months; refunds of 3% in the first and 2% in the second."""
    year = pd.DataFrame(
        {
            "month": pd.to_datetime(months), "gross_minor": 100, "orders": orders, "complete": True,
            "refunded_minor": ([before] * 12 + [refunded] * 12)[24 - len(months) :],
        }
    )  # fmt: skip
    ratings = pd.DataFrame({"month": year["month"], "reviews": reviews, "rating": rating})
    deliveries = pd.DataFrame({"month": year["month"], "late": promised // 5, "promised": promised})
    held = pd.DataFrame({"day": pd.DatetimeIndex([]), "wallet_minor": [], "fund_minor": []})
    held = held if balances is None else balances
    return {each.name: each for each in vital_signs(year, ratings, deliveries, held, as_of=AS_OF)}


def test_each_sign_is_a_year_against_the_year_before():
    found = signs()
    assert (found["refunds"].value, found["refunds"].before) == (0.02, 0.03)
    assert found["refunds"].change == pytest.approx(-0.01)
    assert found["refunds"].line.tolist() == [0.03] * 12 + [0.02] * 12
    assert (found["rating"].value, found["rating"].cases) == (4.5, 60)
    assert (found["late"].value, found["late"].before) == (0.2, 0.2)


def test_fewer_than_thirty_cases_give_no_figure():
    found = signs(orders=2, reviews=2, promised=0)
    assert [found[name].value for name in ("refunds", "rating", "late")] == [None] * 3
    assert [found[name].cases for name in ("refunds", "rating", "late")] == [24, 24, 0]


def test_a_short_year_before_gives_no_change():
    assert signs(months=MONTHS[-17:])["refunds"].before is None
    assert signs(months=MONTHS[-18:])["refunds"].before == 0.03
    assert signs(months=MONTHS[-3:])["refunds"].value == 0.02
    assert signs(months=[])["refunds"].value is None


def test_the_wallet_is_wallet_and_fund_at_the_close_of_the_last_day_and_a_year_before():
    day = pd.date_range("2025-10-30", "2026-10-31")
    balances = pd.DataFrame({"day": day, "wallet_minor": np.arange(len(day)) + 100.0, "fund_minor": 50.0})
    wallet = signs(balances=balances)["wallet"]
    # 366 days later, 31 October 2026; 365 days earlier, 31 October 2025.
    assert (wallet.value, wallet.before, wallet.change) == (100 + 366 + 50, 100 + 1 + 50, 365)
    assert wallet.line[-1] == 516
    assert np.isnan(wallet.line[:11]).all()
    one = balances.assign(fund_minor=np.nan)
    assert signs(balances=one)["wallet"].value == 466
    assert signs()["wallet"].value is None


def test_the_curve_of_the_buyers_is_read_from_the_largest():
    # Ten buyers: one brings 55, nine 5 each.
    found = concentration(pd.DataFrame({"gross_minor": [5] * 9 + [55]}))
    assert found.buyers == 10
    assert found.top_tenth_share == pytest.approx(0.55)
    assert found.curve[[0, 10, 20, 55, 100]] == pytest.approx([0, 0.55, 0.60, 0.775, 1])
    # 1 ÷ (0.55² + 9 × 0.05²) = 1 ÷ 0.325
    assert found.effective_buyers == pytest.approx(1 / 0.325)


def test_equal_buyers_lie_on_the_straight_line_and_no_buyers_on_none():
    even = concentration(pd.DataFrame({"gross_minor": [7] * 40}))
    assert even.curve == pytest.approx(np.linspace(0, 1, 101))
    assert (even.effective_buyers, even.top_tenth_share) == (pytest.approx(40), pytest.approx(0.1))
    assert concentration(pd.DataFrame({"gross_minor": []})).buyers == 0
