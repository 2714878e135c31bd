"""The Score page in words, rows and charts: every point adds up, and nothing is told that the card does not say."""

import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components import (
    bin_words,
    calibration_chart,
    calibration_words,
    figure,
    score_page_charts,
    score_rows,
    score_words,
)
from components.reason_words import NOBODY, Company
from scoring.card import load_expert
from scoring.explained import Usual
from scoring.features import BY_NAME
from scoring.reference import EVERYBODY, NOTHING_KNOWN, PeerFigure, Reference
from tests.cards import card, numeric, textual

EXPERT = load_expert()
BY_CARD = {each.name: each for each in EXPERT.features}
AVERAGE = Reference(312, {"rating": Usual(4, 4.3)}, {})
TEAS = Company(Reference(312, {}, {"Tea": {"rating": PeerFigure(4.4, 64)}, EVERYBODY: {}}), "Tea")
OBSERVED = [
    {"grade": "A", "rows": 900, "bad": 0, "low_ppm": 0, "high_ppm": 4_250},
    {"grade": "B", "rows": 120, "bad": 31, "low_ppm": 188_000, "high_ppm": 343_000},
]
FITTED = card(
    numeric("thing", [1.0], [-5, 5], family="reputation"),
    calibration={"assumed": False, "a": 0.1, "b": 0.8, "rows": 1_020, "bad": 31, "note": "Level and slope."},
    provenance={"made": "Fitted to outcomes.", "rows": 5_000, "bad": 240, "grades": OBSERVED},
)


def expert_result(usual=None, **features):
    return EXPERT.explain_row({"currency": "CNY", **features}, usual)


def rows_of(result, whose=EXPERT, company=NOBODY):
    return score_rows.point_rows(result, whose, "CNY", company)


def contribution(result, feature):
    return next(each for each in result.contributions if each.feature == feature)


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("active_days_share", ["under 1%", "1% to 3%", "3% to 8%", "8% to 20%", "20% to 50%", "50% and more"]),
        ("buyers", ["under 2", "2", "3 to 5", "6 to 10", "11 to 30", "31 to 100", "101 and more"]),
        ("last_late_days", ["under 1 day", "1 to 7 days", "8 to 30 days", "31 days and more"]),
        ("rating_trend", ["under −0.30", "−0.30 to −0.10", "−0.10 to 0.10", "0.10 to 0.30", "0.30 and more"]),
    ],
)
def test_bins_read_as_people_say_them(feature, words):
    assert bin_words.bins_in_words(BY_CARD[feature], "CNY") == words


@pytest.mark.parametrize("feature", EXPERT.features, ids=lambda feature: feature.name)
def test_no_two_bins_of_the_card_read_alike_and_each_has_its_points(feature):
    words = [*bin_words.bins_in_words(feature, "CNY"), *bin_words.missing_bins(feature)]
    assert len(set(words)) == len(words)
    assert len(bin_words.points_of_bins(feature)) == len(feature.points)


def test_edges_that_would_read_alike_are_told_finer():
    close = card(numeric("thing", [0.0121, 0.0122], [1, 2, 3], unit="share")).features[0]
    assert bin_words.bins_in_words(close, "CNY") == ["under 1.21%", "1.21% to 1.22%", "1.22% and more"]
    ratio = card(numeric("thing", [-0.121, -0.1211 + 0.0002], [1, 2, 3])).features[0]
    assert bin_words.bins_in_words(ratio, "CNY")[0] == "under −0.121"
    assert bin_words.bins_in_words(card(numeric("thing", [], [4])).features[0], "CNY") == ["any value"]


@pytest.mark.parametrize(("value", "place"), [(0.0, 0), (0.01, 1), (0.029, 1), (0.5, 5), (1.0, 5)])
def test_a_bin_holds_its_lower_edge_and_not_its_upper_one(value, place):
    feature = BY_CARD["active_days_share"]
    assert bin_words.place_of(feature, value) == place
    given = contribution(expert_result(active_days_share=value), "active_days_share")
    assert bin_words.bin_of(feature, given, "CNY") == bin_words.bins_in_words(feature, "CNY")[place]
    assert given.points == feature.points[place]


def test_a_missing_value_says_why_in_place_of_a_bin():
    result = expert_result(lowest_balance_ratio_missing="no_wallet_entries")
    (row,) = rows_of(result).query("feature == 'lowest_balance_ratio'").to_dict("records")
    assert (row["shop"], row["bin"]) == ("none", "missing: no wallet entries with a balance")


values = st.one_of(st.none(), st.floats(-2, 400, allow_nan=False))


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(sorted(BY_NAME)), values), st.booleans())
def test_the_points_of_the_table_add_up_to_the_score_and_the_average_to_what_it_is_held_against(features, averaged):
    usual = {each.name: Usual(each.usual_points + 1, None) for each in EXPERT.features} if averaged else None
    result = expert_result(usual, **features)
    rows = rows_of(result)
    single = rows[(rows["figure"] != score_rows.TOGETHER) & (rows["figure"] != score_rows.BOTH)]
    sums = rows[rows["figure"] == score_rows.TOGETHER]
    last = rows.iloc[-1]
    for column in ("points", "usual", "gap"):
        assert single[column].sum() == sums[column].sum() == last[column]
    assert sums["points"].tolist() == [result.soundness_points, result.reputation_points]
    assert last["points"] == result.points
    assert last["usual"] == EXPERT.usual_points + (len(EXPERT.features) if averaged else 0)
    assert set(rows["feature"]) - {""} == set(BY_CARD)


def test_the_rows_of_a_family_stand_by_theme():
    parts = rows_of(expert_result())["part"].tolist()
    shown = [part for place, part in enumerate(parts) if place == 0 or parts[place - 1] != part]
    assert shown == [
        "Soundness", "Sales", "Customers", "Time in trade", "Cash", "Soundness",
        "Reputation", "Quality", "Repayment", "Reputation", "Score",
    ]  # fmt: skip


def test_a_feature_that_is_no_question_to_a_shop_stands_among_the_others():
    rows = rows_of(FITTED.explain_row({"thing": 2.0}), FITTED)
    assert rows["part"].tolist() == ["Soundness", "Soundness", "Reputation", "Other", "Reputation", "Score"]
    assert rows["figure"].tolist()[3] == "Thing"


def test_beside_a_figure_stands_what_half_of_the_peers_reach_and_how_many_they_are():
    rows = rows_of(expert_result(rating=4.73), company=TEAS).set_index("feature")
    assert rows.loc["rating", ["shop", "bin", "peers", "cases"]].tolist() == [
        "4.73", "4.50 and more", "4.40 or more", "64",
    ]  # fmt: skip
    assert rows.loc["buyers", ["peers", "cases"]].tolist() == ["–", ""]


def test_amounts_in_another_currency_are_held_against_nobody():
    abroad = EXPERT.explain_row({"currency": "JPY", "median_month_minor": 500_000.0})
    company = Company(Reference(1, {}, {EVERYBODY: {"median_month_minor": PeerFigure(1e7, 90)}}))
    row = score_rows.point_rows(abroad, EXPERT, "JPY", company).set_index("feature").loc["median_month_minor"]
    assert (row["shop"], row["peers"], row["cases"]) == ("none", "–", "")
    assert "another currency" in row["bin"]


def test_points_are_shown_with_their_sign_and_sums_without():
    shown = score_rows.shown_rows(rows_of(expert_result(rating=4.73)))
    assert shown["Points"].iloc[0] == "306"
    assert shown.set_index("Figure").loc["Rating", ["Points", "Average", "Gap"]].tolist() == ["+7", "−1", "+8"]


def others(*points):
    return pd.DataFrame({"points": list(points), "grade": ["A"] * len(points)})


@pytest.mark.parametrize(
    ("others", "title"),
    [
        (others(), "663 points; no other shop is scored"),
        (others(662, 663, 664), "663 points, more than 1 of 3 other shops"),
        (others(700), "663 points, more than 0 of 1 other shop"),
    ],
)
def test_the_title_of_the_map_counts_who_has_fewer_points(others, title):
    assert score_words.standing_title(FakeResult(663), others) == title


class FakeResult:
    def __init__(self, points, ppm=4_000):
        self.points, self.default_probability_ppm = points, ppm


@pytest.mark.parametrize(
    ("gaps", "title"),
    [
        ([3, 4, -1], "2 figures lift it by 7 points; 1 figure lowers it by 1 point"),
        ([0], "No figure lifts it; no figure lowers it"),
        ([-1, -2], "No figure lifts it; 2 figures lower it by 3 points"),
    ],
)
def test_the_title_of_the_points_weighs_both_sides(gaps, title):
    assert score_words.features_title(pd.DataFrame({"feature": ["x"] * len(gaps), "gap": gaps})) == title


def test_a_feature_tells_its_question_its_source_and_its_time_with_the_day_itself():
    result = expert_result(rating=4.73)
    told = score_words.feature_sentences(contribution(result, "rating"), TEAS, date(2026, 11, 2))
    assert told[0].endswith("drawn towards 4.1 where they are few. More is better.")
    assert told[1] == "From orders, or else the shop's own figure; 12 months before 2 Nov 2026."
    assert told[2] == "Peers: 64 scored shops of Tea that have the figure; half of them reach the median."
    for each in result.contributions:
        said = " ".join(score_words.feature_sentences(each, NOBODY, date(2026, 11, 2)))
        assert "as_of" not in said
        assert " %" not in said


@pytest.mark.parametrize(
    ("features", "reference", "title"),
    [
        ({"rating": 4.73}, AVERAGE, "Rating 4.73: +7 points, 8 above the average"),
        ({"rating": 3.6}, NOTHING_KNOWN, "Rating 3.60: −3 points, 2 below a usual shop"),
        ({}, NOTHING_KNOWN, "Rating missing: −1 points, as usual"),
    ],
)
def test_the_title_of_a_feature_says_value_points_and_gap(features, reference, title):
    assert score_words.step_title(contribution(expert_result(**features), "rating"), "CNY", reference) == title


def test_the_card_made_by_hand_says_that_nobody_has_counted():
    result = FakeResult(663)
    assert calibration_words.calibration_title(result, EXPERT) == "Default 0.4% at 663 points, assumed"
    said = calibration_words.calibration_sentence(EXPERT, ())
    assert "Nobody has counted defaults for this card yet" in said
    assert "600 points stand for odds of 30 good shops to 1 bad one, and 20 more double them." in said
    assert calibration_words.observed_of(EXPERT) == ()
    assert score_words.card_title(EXPERT) == f"Card {EXPERT.name}, made by hand"


def test_a_fitted_card_says_on_what_it_was_counted():
    observed = calibration_words.observed_of(FITTED)
    assert [(each.grade, each.bad, each.rows) for each in observed] == [("A", 0, 900), ("B", 31, 120)]
    assert calibration_words.calibration_title(FakeResult(600, 20_000), FITTED) == (
        "Default 2% at 600 points, by 31 counted defaults"
    )
    said = calibration_words.calibration_sentence(FITTED, observed)
    # 20 points of the scale, drawn out by the slope of 0.8.
    assert said.startswith("25 more points double the odds of being good. Counted on 1,020 records with 31 defaults.")
    assert "Level and slope. Marks are the shares" in said
    assert score_words.card_title(FITTED) == "Card by hand, learnt from 5,000 records with 240 defaults"
    table = calibration_words.grade_table(FITTED, ["A", "A"], observed)
    assert table["Went bad"].tolist() == ["0 of 900: 0% (0–0.4)", "31 of 120: 26% (19–34)"]


@pytest.mark.parametrize(
    "told",
    [
        None, {}, "grades", [None], [{"grade": "A"}], [{**OBSERVED[0], "rows": 0}], [{**OBSERVED[0], "bad": "1"}],
        [{**OBSERVED[0], "bad": 901}], [{**OBSERVED[0], "grade": 1}],
    ],
)  # fmt: skip
def test_what_a_card_says_of_its_grades_in_another_form_is_left_out(told):
    odd = card(numeric("thing", [1.0], [-5, 5]), provenance={"grades": told})
    assert calibration_words.observed_of(odd) == ()


def test_the_grades_are_told_with_least_points_probability_and_shops():
    table = calibration_words.grade_table(EXPERT, ["A", "C", "C"], ())
    assert table["From points"].tolist() == ["640", "620", "600", "580", "–"]
    assert table["Default there"].tolist() == ["0.8%", "1.6%", "3.2%", "6.3%", "from 6.5%"]
    assert table["Shops today"].tolist() == [1, 0, 2, 0, 0]
    assert "Went bad" not in table


@pytest.mark.parametrize(
    ("known", "last"),
    [
        ({"since": None, "approver": None, "replaced": False}, "The register does not say when it came into force."),
        (
            {"since": "3 May 2026", "approver": None, "replaced": False},
            "Champion since 3 May 2026, put in force with Loam itself.",
        ),
        (
            {"since": "3 May 2026", "approver": "Ann", "replaced": True},
            "Champion from 3 May 2026, approved by Ann. Another card is in force by now: "
            "score the shop again to have its points.",
        ),
    ],
)
def test_the_card_says_since_when_it_is_in_force_and_by_whom(known, last):
    told = score_words.card_sentences(EXPERT, **known)
    assert told[0] == f"Hash {EXPERT.hash[:12]}, {len(EXPERT.features)} figures."
    assert told[-1] == last


def test_the_bars_are_the_points_and_the_marks_the_average_what_lowers_most_first():
    rows = rows_of(expert_result(rating=4.73, cancelled_share=0.3))
    drawing = score_page_charts.features_figure(rows, title="Title", held_against="a usual shop of the card")
    bars, marks = drawing.figure.checked().data
    ordered = rows[rows["feature"] != ""].sort_values("gap", kind="stable")
    assert bars.x.tolist() == ordered["points"].tolist()
    assert marks.x.tolist() == ordered["usual"].tolist()
    gaps = ordered["gap"].to_numpy()
    wanted = np.where(gaps < 0, figure.BAD, np.where(gaps > 0, figure.GOOD, figure.COMPARISON))
    assert list(bars.marker.color) == wanted.tolist()
    assert "Rating 4.73: +7 points, average −1" in drawing.alt
    assert drawing.table["Gap"].tolist() == gaps.tolist()


def steps(feature, result, **given):
    return score_rows.step_rows(
        BY_CARD[feature], contribution(result, feature), **{"currency": "CNY", "peers_median": None, **given}
    )


def test_the_bin_of_the_shop_and_that_of_the_peers_median_are_marked():
    frame = steps("rating", expert_result(rating=4.73), peers_median=4.4)
    assert frame["points"].tolist() == [*BY_CARD["rating"].points, BY_CARD["rating"].missing["any"]]
    assert frame["bin"][frame["mine"]].tolist() == ["4.50 and more"]
    assert frame["bin"][frame["peers"]].tolist() == ["4.20 to 4.50"]
    drawing = score_page_charts.step_figure(frame, title="Rating 4.73")
    (bars,) = drawing.figure.checked().data
    assert bars.x.tolist() == frame["points"].tolist()
    assert list(bars.marker.color).count(figure.SUBJECT) == 1
    assert drawing.alt.endswith("This shop falls into 4.50 and more. The peers' median falls into 4.20 to 4.50.")
    words = [each.text for each in drawing.figure.checked().layout.annotations]
    assert [each for each in words if each] == ["peers", "<b>this shop</b>"]


def test_a_missing_value_has_its_own_bin_and_one_stands_for_every_reason_not_named():
    named = expert_result(median_month_minor_missing="no_sales")
    assert steps("median_month_minor", named).query("mine")["bin"].tolist() == ["no sales in the time looked at"]
    other = expert_result()
    assert steps("median_month_minor", other).query("mine")["bin"].tolist() == ["missing otherwise"]
    assert steps("rating", other).query("mine")["bin"].tolist() == ["missing"]


def test_categories_are_bins_of_their_own():
    kinds = card(textual("kind", {"<b>tea</b>": 5, "shoes": -2}))
    feature = kinds.features[0]
    result = kinds.explain_row({"kind": "shoes"})
    frame = score_rows.step_rows(feature, result.contributions[0], currency="CNY", peers_median=1.0)
    assert frame["bin"].tolist() == ["<b>tea</b>", "shoes", "missing"]
    assert frame["mine"].tolist() == [False, True, False]
    assert not frame["peers"].any()
    assert "<b>tea" not in str(score_page_charts.step_figure(frame, title="Kind").figure.to_dict())
    new = kinds.explain_row({"kind": "hats"})
    found = score_rows.step_rows(feature, new.contributions[0], currency="CNY", peers_median=None)
    assert found["mine"].tolist() == [False, False, True]
    assert rows_of(new, kinds)["bin"].iloc[1] == "missing: a category that the card does not know"


def test_the_curve_is_the_cards_own_at_every_point():
    result = expert_result(rating=4.73)
    drawing = calibration_chart.calibration_figure(EXPERT, result, (), title="Default")
    curve, shop = drawing.figure.checked().data
    wanted = [math.log10(EXPERT.probability_ppm(int(each)) / 1e6) for each in curve.x]
    assert curve.y.tolist() == pytest.approx(wanted)
    assert shop.x.tolist() == [result.points]
    assert shop.y.tolist() == pytest.approx([math.log10(result.default_probability_ppm / 1e6)])
    layout = drawing.figure.checked().layout
    assert [each.x0 for each in layout.shapes] == [580, 600, 620, 640]
    assert [each.text for each in layout.annotations][:5] == ["E", "D", "C", "B", "A"]
    assert "600 points 3.2%" in drawing.alt


@pytest.mark.parametrize("points", [120, 600, 900])
def test_a_shop_far_from_the_others_still_stands_in_the_chart(points):
    base = {"soundness": points - 300, "reputation": 300}
    far = card(numeric("thing", [1.0], [0, 0]), base=base)
    layout = calibration_chart.calibration_figure(far, far.explain_row({}), (), title="Far").figure.checked().layout
    assert layout.xaxis.range[0] < points < layout.xaxis.range[1]


def test_what_was_observed_stands_in_its_grades_with_its_range_and_without_a_share_of_zero():
    result = FITTED.explain_row({"thing": 2.0})
    observed = calibration_words.observed_of(FITTED)
    drawing = calibration_chart.calibration_figure(FITTED, result, observed, title="Default")
    _, range_a, range_b, mark_b, _ = drawing.figure.checked().data
    assert range_a.y[1] == pytest.approx(math.log10(0.00425))
    assert range_b.y.tolist() == pytest.approx([math.log10(0.188), math.log10(0.343)])
    assert mark_b.y.tolist() == pytest.approx([math.log10(31 / 120)])
    assert "grade A: 0 of 900 went bad, 0% (0–0.4); grade B: 31 of 120 went bad, 26% (19–34)" in drawing.alt
