"""Tapes by currency: worked example W20, owners, and what is carried into them."""

from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lending.book_figures import stock
from lending.book_rows import rows_as_of
from lending.book_tapes import tapes_of
from lending.expected_loss import loss_parameters
from lending.loan_book import FAR, day_number

DAY = date(2026, 4, 1)


def frames(loans):
    """Frames of loans given as (number, currency, outstanding, days past due)."""
    start = day_number(DAY) - 200
    rows = pd.DataFrame(
        {
            "loan_id": [number for number, *_ in loans], "loan_ref": [f"L{number}" for number, *_ in loans],
            "shop_id": [number for number, *_ in loans], "owner_ref": "", "refinances_loan_ref": "",
            "currency": pd.Categorical([currency for _, currency, *_ in loans]),
            "principal_minor": [left for *_, left, _ in loans], "sales_linked": False, "disbursed_day": start,
            "closed_day": FAR, "written_off_day": FAR, "unlikely_day": FAR, "waived_amount_minor": 0,
            "expected_daily_minor": np.nan, "category": "tea", "region": "Fujian",
        }
    )  # fmt: skip
    lines = pd.DataFrame(
        [(number, start, 1, day_number(DAY) - past if past else day_number(DAY) + 30, left, 0, 0)
         for number, _, left, past in loans],
        columns=["loan_id", "in_force_day", "sequence", "due_day", "principal_minor", "interest_minor", "fee_minor"],
    )  # fmt: skip
    nothing = pd.DataFrame({"loan_id": [], "paid_day": [], "booked_day": [], "amount_minor": []}, dtype="int64")
    funding = pd.DataFrame({"loan_id": [], "share_ppm": [], "funder_ref": []})
    return SimpleNamespace(loans=rows, instalments=lines, repayments=nothing, waivers=nothing, funding_shares=funding)


def test_w20_two_currencies_are_two_figures_and_never_one_sum():
    tapes = tapes_of(frames([(1, "CNY", 95_000_000, 0), (2, "CNY", 5_000_000, 40), (3, "USD", 9_000_000, 0),
                             (4, "USD", 1_000_000, 40)]))  # fmt: skip
    told = {
        currency: stock(rows_as_of(tape, as_of=DAY, parameters=loss_parameters())) for currency, tape in tapes.items()
    }
    assert {currency: each["outstanding_minor"] for currency, each in told.items()} == {
        "CNY": 100_000_000, "USD": 10_000_000,
    }  # fmt: skip
    assert {currency: each["par30"] for currency, each in told.items()} == {
        "CNY": pytest.approx(0.05), "USD": pytest.approx(0.10),
    }  # fmt: skip


def test_an_owner_nobody_knows_is_the_shop_itself():
    tape = tapes_of(frames([(1, "CNY", 100, 0), (2, "CNY", 100, 0)]))["CNY"]
    assert tape.facts["owner_key"].tolist() == ["shop 1", "shop 2"]
    assert tape.facts["own_share"].tolist() == [1.0, 1.0]
