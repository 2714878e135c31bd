"""The score and the shop in words."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from components import sentences
from scoring.features import BY_NAME
from scoring.records import Reason, ScoreResult


def reason(feature, gap, value=0.31, missing=None):
    known = BY_NAME[feature]
    return Reason(known.reason, gap, feature, known.family, known.unit, value, missing, 0.18)


def result(reasons, strengths):
    return ScoreResult(641, 330, 311, "B", 20_000, (), tuple(reasons), tuple(strengths))


def year(net, before=None):
    return pd.DataFrame(
        {
            "net_minor": net,
            "year_before_minor": [float("nan")] * len(net) if before is None else before,
            "complete": True,
        }
    )


def test_one_sentence_says_what_kind_of_shop_it_is():
    strengths = [reason("rating", 12), reason("sales_volatility", 11), reason("buyers", 10)]
    good = result([reason("median_month_minor", -3)], strengths)
    assert sentences.kind_sentence(good, year([111] * 12, [100.0] * 12)) == (
        "A strong shop, sales up 11% on the year: good ratings and even months, but small sales"
    )
    turning = sentences.kind_sentence(good, year([150] * 9 + [36] * 3, [100.0] * 12))
    assert turning.startswith("A strong shop, sales up 22% on the year but down 64% in the last three months: ")
    poor = replace(result([reason("refunded_share", -9), reason("rating", -4, None)], []), grade="E")
    assert sentences.kind_sentence(poor, year([70] * 12, [100.0] * 12)) == (
        "A poor risk, well below the cut-off, sales down 30% on the year: many refunds and rating unknown"
    )
    plain = "A sound shop that needs a second look, 7 full months on record: nothing stands out"
    assert sentences.kind_sentence(replace(result([], []), grade="C"), year([5] * 7)) == plain
    assert "no full month of sales on record" in sentences.kind_sentence(result([], []), year([]))


def test_every_feature_says_something_for_and_against_a_shop():
    assert set(sentences.SPEAKS) == set(BY_NAME)
    assert all(lifts != worries for lifts, worries in sentences.SPEAKS.values())


def asked_before(*rows):
    return pd.DataFrame(rows, columns=["outcome", "final"])


def test_earlier_applications_are_counted_by_what_became_of_them():
    assert sentences.earlier_sentence(asked_before()) == "No other application of this shop is on record"
    assert sentences.earlier_sentence(asked_before(("decline", 1))) == "1 other application: 1 declined"
    several = asked_before(("approve", 1), ("decline", 1), ("approve_less", 1), (None, None), ("decline", 0))
    assert sentences.earlier_sentence(several) == "5 other applications: 1 declined, 2 approved and 2 waiting"


@pytest.mark.parametrize(
    ("known", "received", "received_minor", "repaid_minor", "told"),
    [
        (False, 0, 0, 0, "No wallet is on record, so money from other lenders can't be seen"),
        (True, 0, 0, 0, "No money from other lenders in 12 months"),
        (True, 0, 0, 40_000, "No money from other lenders in 12 months; ¥400 paid back to them"),
        (True, 1, 500_000, 90_000, "¥5k from other lenders in 12 months, ¥900 paid back"),
        (True, 3, 500_000, 0, "¥5k from other lenders in 12 months in 3 payments, ¥0 paid back"),
    ],
)
def test_money_of_other_lenders_is_told_as_far_as_a_wallet_shows_it(
    known, received, received_minor, repaid_minor, told
):
    owner = SimpleNamespace(
        wallet_known=known, received=received, received_minor=received_minor, repaid_minor=repaid_minor
    )
    assert sentences.lenders_sentence(owner, "CNY") == told


def test_a_shop_is_told_in_one_sentence_and_its_own_words_stay_words():
    shop = {"category": "tea", "city": "![](http://x)", "region": None, "marketplace": "NA"}
    told = sentences.shop_sentence(shop, year_net_minor=164_000_000, currency="CNY", since="4 years")
    assert told.replace("\\", "").replace("\u2060", "") == (
        "Tea from ![](http://x); 4 years on NA; ¥1.64 m net sales in 12 months"
    )
    assert "![" not in told
    assert sentences.shop_sentence({}, year_net_minor=None, currency="CNY", since=None) == "A shop"
