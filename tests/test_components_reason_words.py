"""Reasons, strengths and what would change the grade, in words."""

import pytest

from components import factor_words, reason_words
from components.reason_words import Company
from scoring.counterfactual import Change, Counterfactual
from scoring.features import BY_NAME
from scoring.records import Contribution, Reason, ScoreResult
from scoring.reference import EVERYBODY, PeerFigure, Reference


def reason(feature, gap, value=0.31, missing=None):
    known = BY_NAME[feature]
    return Reason(known.reason, gap, feature, known.family, known.unit, value, missing, 0.18)


def result(reasons, strengths):
    given = tuple(
        Contribution(each.feature, each.family, each.unit, each.value, each.missing, each.gap, 0, None, each.code)
        for each in (*reasons, *strengths)
    )
    return ScoreResult(641, 330, 311, "B", 20_000, given, tuple(reasons), tuple(strengths))


def test_every_feature_has_a_short_name():
    assert set(factor_words.FACTORS) == set(BY_NAME)
    assert all(len(name) <= 20 for name in factor_words.FACTORS.values())


def test_a_reason_names_its_value_and_what_is_usual():
    assert reason_words.reason_sentence(reason("refunded_share", -14), "CNY") == "Orders refunded 31%; usual is 18%"
    unknown = reason("lowest_balance_ratio", -5, None, "no_wallet_entries")
    assert reason_words.reason_sentence(unknown, "CNY").startswith("Lowest balance: no wallet entries with a balance;")


def test_reasons_come_before_strengths_with_their_values_as_text():
    rows = reason_words.reason_rows(
        result([reason("lowest_balance_ratio", -5, None, "no_wallet_entries")], [reason("sales_trend", 17, 0.11)]),
        "CNY",
    )
    assert rows.to_dict("list") == {
        "factor": ["Lowest balance", "Sales trend"],
        "gap": [-5, 17],
        "shop": ["none", "+11%"],
        "usual": ["0.18", "+18%"],
        "said": [
            "Lowest balance: no wallet entries with a balance; usual is 0.18",
            "Sales trend +11%; usual is +18%",
        ],
    }
    assert reason_words.reason_rows(result([], []), "CNY").empty


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
    rows = reason_words.reason_rows(
        result([reason(*each) for each in against], [reason(*each) for each in strong]), "CNY"
    )
    assert reason_words.points_title(rows) == title


TEAS = Company(
    Reference(
        312,
        {},
        {
            "Tea": {"refunded_share": PeerFigure(0.03, 64)},
            EVERYBODY: {"refunded_share": PeerFigure(0.05, 1200), "rating": PeerFigure(4.4, 900)},
        },
    ),
    "Tea",
)


def test_a_reason_is_held_against_shops_of_its_kind_where_there_are_enough():
    said = reason_words.reason_sentence(reason("refunded_share", -14, 0.09), "CNY", TEAS)
    assert said == "Orders refunded 9%; half of 64 shops of tea stay at 3% or under"
    said = reason_words.reason_sentence(reason("rating", -3, 3.9), "CNY", TEAS)
    assert said == "Rating 3.90; half of all 900 shops have 4.40 or more"


def test_beside_a_bar_stands_what_half_of_the_peers_have():
    rows = reason_words.reason_rows(result([reason("refunded_share", -14, 0.09)], []), "CNY", TEAS)
    assert rows["usual"].tolist() == ["3%"]


def test_what_is_left_beside_the_reasons_stands_in_a_row_of_its_own_so_that_all_adds_up():
    told = result([reason("rating", -9)], [reason("buyers", 5)])
    quiet = Contribution("late_share", "reputation", "share", 0.1, None, 3, 0, None, "rating_decline")
    rows = reason_words.reason_rows(
        ScoreResult(641, 330, 311, "B", 20_000, (*told.contributions, quiet), told.reasons, told.strengths), "CNY"
    )
    assert rows[["factor", "gap"]].to_numpy().tolist() == [
        ["Rating", -9], ["Number of buyers", 5], [reason_words.OTHERS, 3],
    ]  # fmt: skip
    assert reason_words.points_title(rows) == "Rating outweighs number of buyers"


def test_the_gap_says_against_whom_it_is_measured():
    told = result([reason("rating", -9)], [reason("buyers", 5)])
    said = reason_words.gap_sentence(told, TEAS.reference)
    assert said == "Together −4 points against the average of 312 approved applicants, 645"
    assert reason_words.gap_sentence(told, Reference(0, {}, {})).endswith("against a usual shop of the card, 645")


def test_the_way_to_the_next_grade_names_each_change_with_what_is_now():
    change = Change("cancelled_share", "share", 0.12, 0.1, more=False, points=5, bins=1)
    rating = Change("rating", "rating", 4.1, 4.2, more=True, points=3, bins=1)
    said = reason_words.next_grade_sentence(Counterfactual("B", 7, (change, rating)), "CNY")
    assert said == "Grade B is 7 points away: orders cancelled under 10%, now 12% and rating at least 4.20, now 4.10."
    assert reason_words.next_grade_sentence(None, "CNY") is None
    assert "it needs 40 points" in reason_words.next_grade_sentence(Counterfactual("B", 40, ()), "CNY")
