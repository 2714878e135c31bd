"""The points card: W16, exact sums, reasons, and cards that are not whole."""

import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lending.reasons import REASONS
from scoring.card import EXPERT, CardError, canonical, load_expert, read_card
from scoring.features import BY_NAME, MISSING, NAMES, compute
from tests.events import order, tables
from tests.soak import examples

CARD = load_expert()

values = st.none() | st.floats(-1e12, 1e12) | st.sampled_from([edge for each in CARD.features for edge in each.edges])
shops = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, values)), min_size=1, max_size=20)


def frame(rows):
    found = pd.DataFrame([{**dict.fromkeys(NAMES), "currency": "CNY", **row} for row in rows])
    return found.astype(dict.fromkeys(NAMES, float))


@pytest.mark.parametrize(("points", "ppm"), [(580, 62_500), (600, 32_258), (620, 16_393), (640, 8_264)])
def test_twenty_points_double_the_odds(points, ppm):
    assert CARD.probability_ppm(points) == ppm


@pytest.mark.parametrize(
    ("points", "grade"),
    [(640, "A"), (639, "B"), (620, "B"), (619, "C"), (600, "C"), (580, "D"), (579, "E"), (-50, "E")],
)
def test_a_grade_begins_at_its_least_points(points, grade):
    assert CARD.grade(points) == grade


@given(shops)
def test_points_and_gaps_add_up_exactly(rows):
    for result in CARD.explain(frame(rows)):
        assert result.points == result.soundness_points + result.reputation_points
        assert result.points == sum(CARD.base.values()) + sum(each.points for each in result.contributions)
        assert sum(each.gap for each in result.contributions) == result.points - CARD.usual_points


@settings(max_examples=examples(30))
@given(shops)
def test_a_shop_alone_has_the_points_it_has_among_all(rows):
    together = CARD.score(frame(rows))
    for place, row in enumerate(rows):
        assert CARD.score(frame([row])).iloc[0].tolist() == together.iloc[place].tolist()


@given(shops)
def test_reasons_and_strengths_tell_each_story_once(rows):
    for result in CARD.explain(frame(rows)):
        codes = [reason.code for reason in (*result.reasons, *result.strengths)]
        assert len(set(codes)) == len(codes)
        assert set(codes) <= set(REASONS)
        assert len(result.reasons) <= 4
        assert len(result.strengths) <= 4
        assert [reason.gap for reason in result.reasons] == sorted(reason.gap for reason in result.reasons)
        assert all(reason.gap < 0 for reason in result.reasons)
        assert all(strength.gap > 0 for strength in result.strengths)


def test_a_reason_names_its_widest_gap_with_value_and_usual_value():
    result = CARD.explain(frame([{"last_sale_days": 200.0, "sales_trend": -0.3}]))[0]
    falling = next(reason for reason in result.reasons if reason.code == "sales_falling")
    assert (falling.feature, falling.value, falling.unit) == ("last_sale_days", 200.0, "days")
    assert falling.usual_value == next(each.usual_value for each in CARD.features if each.name == "last_sale_days")


def test_a_bin_begins_with_its_lower_edge():
    feature = next(each for each in CARD.features if each.name == "tenure_months")
    edge = feature.edges[0]
    found = CARD.score(frame([{"tenure_months": np.nextafter(edge, 0)}, {"tenure_months": edge}])).tenure_months
    assert found.tolist() == list(feature.points[:2])


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_no_number_takes_the_missing_points(value):
    row = CARD.explain(frame([{"rating": value}]))[0]
    given = next(each for each in row.contributions if each.feature == "rating")
    feature = next(each for each in CARD.features if each.name == "rating")
    assert (given.points, given.value, given.missing) == (feature.missing["any"], None, "not_a_number")


def test_text_where_a_number_belongs_takes_the_missing_points():
    rows = pd.DataFrame({"currency": ["CNY"], "rating": ["good"]})
    assert CARD.score(rows).rating[0] == next(each.missing["any"] for each in CARD.features if each.name == "rating")


def test_sales_in_another_currency_are_missing_for_the_card_and_kept_for_the_officer():
    orders = [order("2026-05-01", 100_000), order("2026-06-10", 100_000)]
    features = compute(tables(shops=[{"currency": "USD"}], orders=orders), as_of=date(2026, 7, 1))
    given = next(each for each in CARD.explain(features)[0].contributions if each.feature == "median_month_minor")
    assert (given.missing, given.code) == ("other_currency", "unable_to_verify")
    assert features.median_month_minor.iloc[0] == 100_000


def test_a_shop_without_any_record_gets_the_last_grade():
    assert CARD.explain(compute(tables(), as_of=date(2026, 7, 1)))[0].grade == "E"


def test_the_expert_card_fits_the_features():
    left_to_fitting = {"median_balance_ratio", "repaid_early_share"}
    assert [each.name for each in CARD.features] == [name for name in NAMES if name not in left_to_fitting]
    for each in CARD.features:
        feature = BY_NAME[each.name]
        assert (each.family, each.unit, each.sign, each.code) == (
            feature.family,
            feature.unit,
            feature.sign,
            feature.reason,
        )
        assert set(each.missing) - {"any"} <= set(MISSING)
        assert {each.code, *each.missing_codes.values()} <= set(REASONS)
    assert CARD.calibration["assumed"] is True


def test_the_hash_hangs_on_the_content_alone():
    content = json.loads(EXPERT.read_text(encoding="utf-8"))
    assert read_card(json.dumps(content, indent=4)).hash == CARD.hash
    content["base"]["soundness"] += 1
    assert read_card(canonical(content)).hash != CARD.hash


def broken(change):
    content = json.loads(EXPERT.read_text(encoding="utf-8"))
    change(content, content["features"][0])
    return json.dumps(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        broken(lambda card, _: card.update(form=3)),
        broken(lambda card, _: card.pop("base")),
        broken(lambda _, feature: feature["points"].pop()),
        broken(lambda _, feature: feature["edges"].reverse()),
        broken(lambda _, feature: feature["points"].__setitem__(0, 1.5)),
        broken(lambda _, feature: feature["points"].reverse()),
        broken(lambda _, feature: feature["missing"].pop("any")),
        broken(lambda _, feature: feature.update(family="luck")),
    ],
)
def test_a_card_that_is_not_whole_is_refused(text):
    with pytest.raises(CardError):
        read_card(text)
