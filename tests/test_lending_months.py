"""Days put together into months."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lending.balances import daily_balances
from lending.festivals import NEW_YEAR, festivals
from lending.months import beside_year_before, change_on_year, first_of_month, monthly


def days(*rows):
    """Rows of (day, gross, refunded)."""
    frame = pd.DataFrame(rows, columns=["day", "gross_minor", "refunded_minor"])
    return frame.assign(day=pd.to_datetime(frame["day"]), orders=1)


W21 = days(("2026-04-30", 10_000, 0), ("2026-05-02", 8_000, 0), ("2026-05-03", 0, 4_000), ("2026-05-04", 0, 1_000))


def test_net_sales_count_each_event_at_its_own_time_as_in_worked_example_21():
    assert monthly(W21, as_of=date(2026, 6, 1), months=2)["net_minor"].tolist() == [10_000, 3_000]
    assert monthly(W21, as_of=date(2026, 5, 1), months=2)["net_minor"].tolist() == [10_000]


def test_as_of_itself_is_not_seen():
    assert monthly(W21, as_of=date(2026, 5, 3), months=2)["net_minor"].tolist() == [10_000, 8_000]
    assert monthly(W21, as_of=date(2026, 4, 30), months=2).empty


def test_the_month_under_way_and_the_one_in_which_the_record_begins_are_not_complete():
    frame = monthly(W21, as_of=date(2026, 6, 15), months=12)
    assert frame["month"].dt.month.tolist() == [4, 5, 6]
    assert frame["complete"].tolist() == [False, True, False]


def test_a_month_is_complete_on_the_first_day_of_the_next():
    record = days(("2026-04-01", 5, 0), ("2026-05-20", 5, 0))
    assert monthly(record, as_of=date(2026, 6, 1), months=12)["complete"].tolist() == [True, True]
    assert monthly(record, as_of=date(2026, 5, 31), months=12)["complete"].tolist() == [True, False]


def test_a_month_without_sales_inside_the_record_is_a_true_zero():
    record = days(("2026-01-01", 500, 0), ("2026-04-02", 700, 0))
    frame = monthly(record, as_of=date(2026, 5, 1), months=12)
    assert frame["net_minor"].tolist() == [500, 0, 0, 700]
    assert frame["complete"].all()


def test_no_more_finished_months_come_than_were_asked_for():
    record = days(*((f"2025-{month:02}-01", month, 0) for month in range(1, 13)))
    assert monthly(record, as_of=date(2026, 1, 1), months=3)["net_minor"].tolist() == [10, 11, 12]
    assert monthly(record, as_of=date(2025, 12, 20), months=3)["net_minor"].tolist() == [9, 10, 11, 12]


def test_a_shop_without_days_has_no_months():
    frame = monthly(days(), as_of=date(2026, 1, 1), months=12)
    assert frame.empty
    assert list(frame.columns) == ["month", "gross_minor", "refunded_minor", "net_minor", "orders", "complete"]
    assert beside_year_before(frame, months=12).empty


def test_each_month_stands_beside_the_same_month_a_year_before():
    record = days(*((f"{year}-{month:02}-01", year + month, 0) for year in (2024, 2025) for month in range(1, 13)))
    frame = beside_year_before(monthly(record, as_of=date(2026, 1, 1), months=24), months=12)
    assert frame["year_before_minor"].tolist() == [2024 + month for month in range(1, 13)]
    assert change_on_year(frame) == pytest.approx(12 / sum(2024 + month for month in range(1, 13)))


def test_there_is_no_year_before_where_the_record_does_not_reach_back():
    record = days(*((f"2025-{month:02}-01", 100, 5) for month in range(1, 13)))
    frame = beside_year_before(monthly(record, as_of=date(2026, 1, 1), months=24), months=12)
    assert frame["year_before_minor"].isna().all()
    assert change_on_year(frame) is None
    assert frame["refund_share"].tolist() == [0.05] * 12


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(1, 36))
def test_days_from_as_of_on_change_no_month(as_of, months):
    record = days(("2025-01-01", 100, 0), ("2025-06-30", 300, 20), ("2026-02-28", 50, 0))
    later = days((as_of.isoformat(), 9_999, 1), ("2028-01-01", 7, 7))
    alone, together = (monthly(each, as_of=as_of, months=months) for each in (record, pd.concat([record, later])))
    pd.testing.assert_frame_equal(alone, together)


def test_new_year_is_listed_once_a_year_in_january_or_february():
    assert [day.year for day in NEW_YEAR] == list(range(2015, 2036))
    assert all(date(day.year, 1, 21) <= day <= date(day.year, 2, 20) for day in NEW_YEAR)
    assert [each.name for each in festivals(date(2026, 1, 1), date(2026, 12, 31))] == ["New Year", "11.11"]


def test_months_move_across_years():
    assert first_of_month(date(2026, 2, 15), shift=-14) == date(2024, 12, 1)
    assert first_of_month(date(2026, 11, 30), shift=2) == date(2027, 1, 1)


def test_a_balance_stands_until_the_next_entry_and_is_unknown_before_the_first():
    entries = pd.DataFrame(
        {
            "booked_day": pd.to_datetime(["2026-03-02", "2026-03-02", "2026-03-04", "2026-03-05"]),
            "account": ["wallet", "wallet", "fund", "wallet"],
            "balance_minor": [100, 80, 7, 999],
            "amount_minor": [100, -20, 7, 919],
        }
    )
    frame = daily_balances(entries, as_of=date(2026, 3, 5), days=4)
    assert frame["day"].dt.day.tolist() == [1, 2, 3, 4]
    assert frame["wallet_minor"].fillna(-1).tolist() == [-1, 80, 80, 80]
    assert frame["fund_minor"].fillna(-1).tolist() == [-1, -1, -1, 7]


def test_without_a_balance_on_record_there_are_no_days_to_draw():
    entries = pd.DataFrame(
        {
            "booked_day": pd.to_datetime(["2026-03-02"]),
            "account": ["wallet"],
            "balance_minor": [None],
            "amount_minor": [5],
        }
    )
    assert daily_balances(entries, as_of=date(2026, 3, 5), days=4).empty
