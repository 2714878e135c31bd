"""What a shop is held against: the approved applicants' average, and what is usual among its peers."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from scoring.card import load_expert
from scoring.explained import Usual
from scoring.features import NAMES
from scoring.reference import EVERYBODY, LEAST_APPROVED, PeerFigure, Reference, average, peers_of

CARD = load_expert()


def test_the_average_is_rounded_so_that_it_adds_up():
    # Means 1.5, 1.5 and 0.25 make 3.25, so 3: one of the halves goes up, the other down.
    cases, usual = average(
        {"buyers": [1, 2] * 20, "rating": [2, 1] * 20, "late_share": [0, 0, 0, 1] * 10}, {"rating": [4.0, 5.0]}
    )
    assert cases == 40
    assert {name: each.points for name, each in usual.items()} == {"buyers": 2, "rating": 1, "late_share": 0}
    assert usual["rating"].value == 4.5
    assert usual["buyers"].value is None


def test_too_few_approved_applicants_are_no_average():
    assert average({"rating": [1] * (LEAST_APPROVED - 1)}, {}) == (0, {})
    assert average({"rating": [1] * LEAST_APPROVED}, {})[0] == LEAST_APPROVED
    assert average({}, {}) == (0, {})


@given(
    st.integers(LEAST_APPROVED, 60).flatmap(
        lambda cases: st.fixed_dictionaries(
            {name: st.lists(st.integers(-30, 30), min_size=cases, max_size=cases) for name in NAMES[:6]}
        )
    )
)
def test_the_whole_points_add_up_to_the_rounded_mean_of_all(points):
    cases, usual = average(points, {})
    total = sum(sum(each) for each in points.values())
    assert abs(sum(each.points for each in usual.values()) * cases - total) * 2 <= cases
    for name, each in usual.items():
        assert abs(each.points * cases - sum(points[name])) < cases


def test_the_gaps_add_up_to_the_distance_from_the_approved_applicants():
    usual = {each.name: Usual(each.usual_points + place % 3 - 1, None) for place, each in enumerate(CARD.features)}
    frame = pd.DataFrame([{**dict.fromkeys(NAMES), "currency": "CNY", "rating": 4.6, "buyers": 3.0}])
    (result,) = CARD.explain(frame, usual)
    average_points = sum(CARD.base.values()) + sum(each.points for each in usual.values())
    assert sum(each.gap for each in result.contributions) == result.points - average_points


def rows(shares):
    return pd.DataFrame({"refunded_share": shares, "rating": [None] * len(shares)}, dtype="float64")


def test_a_category_with_enough_shops_has_figures_of_its_own():
    features = rows([0.01] * 8 + [0.05] * 7)
    told = peers_of(features, ["tea"] * 8 + ["shoes"] * 6 + [None])
    assert told["tea"] == {"refunded_share": PeerFigure(0.01, 8)}
    assert "shoes" not in told
    assert told[EVERYBODY] == {"refunded_share": PeerFigure(0.01, 15)}


def test_a_shop_is_held_against_its_category_or_else_against_all():
    known = Reference(0, {}, peers_of(rows([0.01] * 8 + [0.05] * 9), ["tea"] * 8 + ["shoes"] * 2 + [None] * 7))
    assert known.peer_figure("tea", "refunded_share") == ("tea", PeerFigure(0.01, 8))
    assert known.peer_figure("shoes", "refunded_share") == (EVERYBODY, PeerFigure(0.05, 17))
    assert known.peer_figure(None, "refunded_share") == (EVERYBODY, PeerFigure(0.05, 17))
    assert known.peer_figure("tea", "rating") is None
