"""Titles that say the finding, and their neutral forms."""

import pandas as pd
import pytest

from components import sentences
from lending.offer import assess
from lending.policy import FIRST_POLICY, load
from lending.stress import SalesBase
from scoring.features import BY_NAME
from scoring.records import Reason, ScoreResult

POLICY = load(FIRST_POLICY.read_text(encoding="utf-8"))


def months(net, before=None, refunded=0, complete=True):
    return pd.DataFrame(
        {
            "month": pd.date_range(end="2026-10-01", periods=len(net), freq="MS"),
            "net_minor": net,
            "gross_minor": net,
            "refunded_minor": refunded,
            "year_before_minor": [float("nan")] * len(net) if before is None else before,
            "complete": complete,
        }
    )


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (months([111] * 12, [100.0] * 12), "Sales are up 11% on the year"),
        (months([70] * 12, [100.0] * 12), "Sales are down 30% on the year"),
        (months([101] * 12, [100.0] * 12), "Sales are level with the year before"),
        (months([100, 190, *[100] * 10], [100.0] * 12), "Sales are up 7.5% on the year and peak in December"),
        (months([100, 190, *[100] * 10]), "Net sales, 12 full months; peak in December"),
        (months([5] * 7), "Net sales, 7 full months"),
        (months([5], complete=False), "Net sales, 0 full months"),
    ],
)
def test_the_title_of_the_sales_says_the_change_and_the_peak(frame, title):
    assert sentences.sales_title(frame) == title


@pytest.mark.parametrize(
    ("refunded", "title"),
    [
        ([2] * 12, "Refunds hold at 2% of sales"),
        ([2] * 9 + [5] * 3, "Refunds are 5% of sales, up from 2%"),
        ([9] * 9 + [5] * 3, "Refunds are 5% of sales, down from 9%"),
    ],
)
def test_the_title_of_the_refunds_says_their_way(refunded, title):
    assert sentences.refunds_title(months([100] * 12, refunded=refunded)) == title


def test_the_title_of_the_refunds_of_a_young_or_silent_shop_is_neutral():
    assert sentences.refunds_title(months([100] * 2, refunded=[1, 1])) == "Refunds, share of sales"
    assert sentences.refunds_title(months([0] * 12)) == "Refunds, share of sales"


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        ([0.2, 0.15], "Two buyers bring 35% of sales"),
        ([0.9], "One buyer brings 90% of sales"),
        ([0.005] * 10, "The top ten buyers bring only 5% of sales"),
        ([], "Buyers, share of sales"),
    ],
)
def test_the_title_of_the_buyers_says_what_the_largest_bring(shares, title):
    assert sentences.buyers_title(pd.DataFrame({"share": pd.Series(shares, dtype="float64")})) == title


def test_the_title_of_the_balances_names_the_lowest_day():
    frame = pd.DataFrame(
        {
            "day": pd.date_range("2026-10-01", periods=3),
            "wallet_minor": [500_000.0, 100_000.0, 4_600_000.0],
            "fund_minor": float("nan"),
        }
    )
    assert sentences.wallet_title(frame, "CNY") == "Wallet and fund hold ¥46k; least ¥1k on 2 Oct 2026"
    assert sentences.wallet_title(frame.tail(1), "CNY") == "Wallet and fund hold ¥46k"


def reason(feature, gap, value=0.31, missing=None):
    known = BY_NAME[feature]
    return Reason(known.reason, gap, feature, known.family, known.unit, value, missing, 0.18)


def result(reasons, strengths):
    return ScoreResult(641, 330, 311, "B", 20_000, (), tuple(reasons), tuple(strengths))


def test_every_feature_has_a_short_name():
    assert set(sentences.FACTORS) == set(BY_NAME)
    assert all(len(name) <= 20 for name in sentences.FACTORS.values())


def test_a_reason_names_its_value_and_what_is_usual():
    assert sentences.reason_sentence(reason("refunded_share", -14), "CNY") == "Orders refunded is 31%; usual is 18%"
    unknown = reason("lowest_balance_ratio", -5, None, "no_wallet_entries")
    assert sentences.reason_sentence(unknown, "CNY").startswith("Lowest balance: no wallet entries with a balance;")


def test_reasons_come_before_strengths_with_their_values_as_text():
    rows = sentences.reason_rows(
        result([reason("lowest_balance_ratio", -5, None, "no_wallet_entries")], [reason("sales_trend", 17, 0.11)]),
        "CNY",
    )
    assert rows.to_dict("list") == {
        "factor": ["Lowest balance", "Sales trend"],
        "gap": [-5, 17],
        "shop": ["none", "+11%"],
        "usual": ["0.18", "+18%"],
    }
    assert sentences.reason_rows(result([], []), "CNY").empty


@pytest.mark.parametrize(
    ("against", "strong", "title"),
    [
        ([("rating", -3)], [("buyers", 5), ("sales_trend", 4)], "Number of buyers outweighs rating"),
        ([("rating", -3)], [("late_share", 5), ("sales_trend", 4)], "Delivered late and sales trend outweigh rating"),
        ([("rating", -9)], [("buyers", 5)], "Rating outweighs number of buyers"),
        ([], [("buyers", 5)], "Nothing stands out against it"),
        ([("buyers", -5)], [], "Nothing stands out for it"),
        ([], [], "Points of the score"),
    ],
)
def test_the_title_of_the_reasons_names_what_weighs_more(against, strong, title):
    rows = sentences.reason_rows(result([reason(*each) for each in against], [reason(*each) for each in strong]), "CNY")
    assert sentences.points_title(rows) == title


def offer(**changes):
    case = {
        "grade": "B",
        "default_probability_ppm": 20_000,
        "sales": SalesBase(24, 10_000_000, 10_000_000, 1),
        "asked_minor": 5_000_000,
        "term_months": 6,
    }
    return assess(POLICY, **{**case, **changes})


def test_the_title_of_the_offer_says_amount_term_and_rate_and_the_caption_what_binds():
    found = offer()
    # The price is that of the amount asked for, so the title says which amount it is for.
    assert sentences.offer_title(found, "CNY").startswith("Offer: up to ¥57,900; ¥50,000 at ")
    more = offer(asked_minor=9_000_000)
    assert sentences.offer_title(more, "CNY").startswith("Offer: up to ¥57,900 for 6 months at ")
    assert (
        sentences.offer_caption(found, "CNY")
        == "Affordability binds; product allows ¥300k and grade multiple allows ¥150k."
    )


def test_no_offer_says_which_cap_leaves_no_room():
    none = offer(sales=SalesBase(24, 10_000_000, 0, 1))
    assert sentences.offer_title(none, "CNY") == "No offer: affordability leaves no room"


def test_the_title_of_the_stress_says_when_some_months_are_short_as_they_are():
    assert sentences.fall_title(0.314, 1_886_100, "CNY") == "Sales may fall 31% before ¥18,861 is missed"
    assert sentences.fall_title(-0.2, 1_886_100, "CNY") == "Some months would not carry ¥18,861"
    assert sentences.fall_title(float("-inf"), 1_886_100, "CNY") == "Some months would not carry ¥18,861"


def test_a_shop_is_told_in_one_sentence_and_its_own_words_stay_words():
    shop = {"category": "tea", "city": "![](http://x)", "region": None, "marketplace": "NA"}
    told = sentences.shop_sentence(shop, year_net_minor=164_000_000, currency="CNY", since="4 years")
    assert told.replace("\\", "").replace("\u2060", "") == (
        "Tea from ![](http://x); 4 years on NA; ¥1.64 m net sales in 12 months"
    )
    assert "![" not in told
    assert sentences.shop_sentence({}, year_net_minor=None, currency="CNY", since=None) == "A shop"
