"""The score, the offer and the shop in words."""

import pytest

from components import sentences
from lending.offer import assess
from lending.policy import FIRST_POLICY, load
from lending.stress import SalesBase
from scoring.features import BY_NAME
from scoring.records import Reason, ScoreResult

POLICY = load(FIRST_POLICY.read_text(encoding="utf-8"))


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
