"""Frames as they come: odd types, absent columns, new categories, and the same answer alone and among all."""

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.card import CardError, Usual, load_expert
from scoring.card_feature import RESERVED
from scoring.columns import number, numbers
from tests import cards
from tests.soak import examples

SIZE = cards.numeric("size", [0.0, 1.0, 2.0], [-5, -1, 1, 5], missing={"any": -7, "no_sales": -9, "new_category": 4})
SALES = cards.numeric("sales", [100.0], [0, 10], unit="money", missing_seen=False, code="sales_too_low")
MANY = cards.numeric("many", [float(edge) for edge in range(40)], list(range(41)), family="reputation")
TRADE = cards.textual("trade", {"tea": 3, "shoes": -2, "3": 1}, missing={"any": -7, "new_category": -8})
CARD = cards.card(SIZE, SALES, MANY, TRADE, currency="CNY", calibration={"assumed": False, "a": 0.2, "b": 0.9})

cells = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 45), st.integers(), st.floats(), st.decimals(),
    st.sampled_from(["", "1", " 2.5 ", "1_0", "inf", "nan", "0x1", "tea", " shoes", "hats", "3", "1e999", "٣"]),
    st.sampled_from([pd.NA, pd.NaT, np.float32(0.1), np.int8(1), date(2026, 1, 1), pd.Timestamp(0), (1, 2)]),
)  # fmt: skip
rows = st.fixed_dictionaries(
    {"size": cells, "sales": cells, "many": cells, "trade": cells, "currency": st.sampled_from(["CNY", "USD", None])},
    optional={"size_missing": st.sampled_from([None, "no_sales", "other", np.nan])},
)


def frame(shops, columns=None):
    names = columns or list(dict.fromkeys(name for row in shops for name in row))
    return pd.DataFrame({name: pd.Series([row.get(name) for row in shops], dtype=object) for name in names})


def told(result):
    names = {
        "points": result.points,
        "soundness_points": result.soundness_points,
        "reputation_points": result.reputation_points,
        "grade": result.grade,
        "default_probability_ppm": result.default_probability_ppm,
        "default_probability": result.default_probability_ppm / 1_000_000,
        "unseen": ", ".join(each.feature for each in result.contributions if not each.seen),
    }
    return {**names, **{each.feature: each.points for each in result.contributions}}


@settings(max_examples=examples(60))
@given(st.lists(rows, min_size=1, max_size=12))
def test_a_row_alone_and_explained_scores_as_it_does_among_all(shops):
    together = CARD.score(frame(shops))
    among = CARD.explain(frame(shops))
    for place, row in enumerate(shops):
        expected = together.iloc[place].to_dict()
        assert told(CARD.explain_row(row)) == expected
        assert told(among[place]) == expected
        assert CARD.score(frame([row])).iloc[0].to_dict() == expected


@given(st.lists(st.fixed_dictionaries({"size": cells, "many": cells}), min_size=1), st.integers(-9, 9))
def test_the_gaps_add_up_to_the_points_beyond_any_usual_shop(shops, points):
    usual = {"size": Usual(points, 0.5), "trade": Usual(-points, None)}
    for result in CARD.explain(frame(shops), usual):
        expected = 600 + points - points
        assert sum(each.gap for each in result.contributions) == result.points - expected
    shown = {each.feature: (each.usual_points, each.usual_value) for each in result.contributions}
    assert shown == {"size": (points, 0.5), "sales": (0, None), "many": (0, None), "trade": (-points, None)}


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, 0, 2]),
        pd.Series([True, False, True]),
        pd.Series([1, 0, 2], dtype="Int64"),
        pd.Series([1.0, 0.0, 2.0], dtype="Float32"),
        pd.Series([1, 0, 2], dtype="uint8"),
        pd.Series(["1", "0", "2.0"]),
        pd.Series(["1", "0", "2"], dtype="string"),
        pd.Series(["1", "0", "2"], dtype="category"),
        pd.Series([Decimal(1), Decimal(0), Decimal(2)]),
        pd.Series([1, 0, 2], dtype="int64[pyarrow]"),
        pd.Series([1, 0, 2], dtype="Int8"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_number_counts_however_it_is_kept(column):
    expected = [1, -1, 1] if column.dtype == bool else [1, -1, 5]
    assert CARD.score(pd.DataFrame({"size": column}))["size"].tolist() == expected


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([None, 1], dtype="Int64"),
        pd.Series([np.inf, 1]),
        pd.Series([-np.inf, 1]),
        pd.Series([np.nan, 1]),
        pd.Series(["many", "1"]),
        pd.Series([None, True], dtype="boolean"),
        pd.Series([10**400, 1], dtype=object),
        pd.Series([Decimal("sNaN"), 1], dtype=object),
    ],
)
def test_what_is_no_number_takes_the_missing_bin_with_a_reason(column):
    assert CARD.score(pd.DataFrame({"size": column}))["size"].tolist() == [-7, 1]
    assert CARD.explain(pd.DataFrame({"size": column}))[0].contributions[0].missing == "not_a_number"


@pytest.mark.parametrize("dtype", ["datetime64[ns]", "timedelta64[ns]", "complex128"])
def test_times_and_the_like_are_no_numbers(dtype):
    assert np.isnan(numbers(pd.Series([1, 2]).astype(dtype))).all()


@given(st.floats() | st.integers() | st.booleans())
def test_a_cell_and_a_column_hold_the_same_number(value):
    alone, among = number(value), numbers(pd.Series([value], dtype=object))[0]
    assert alone == among or (np.isnan(alone) and np.isnan(among))


def test_a_new_category_takes_the_missing_bin_and_is_named():
    shops = pd.DataFrame({"size": 1.0, "many": 1.0, "sales": 200.0, "currency": "CNY", "trade": ["tea", "hats", None]})
    scored = CARD.score(shops)
    assert scored["trade"].tolist() == [3, -8, -7]
    assert scored["unseen"].tolist() == ["", "trade", ""]
    given = [result.contributions[3] for result in CARD.explain(shops)]
    assert [(each.category, each.missing) for each in given] == [
        ("tea", None),
        ("hats", "new_category"),
        (None, "not_a_number"),
    ]


def test_a_missing_bin_that_the_fit_did_not_see_is_named_together_with_the_others():
    scored = CARD.score(pd.DataFrame({"size": [1.0, 1.0], "trade": ["hats", 3], "currency": "CNY", "sales": [None, 1]}))
    assert scored["unseen"].tolist() == ["sales, trade", ""]


def test_a_frame_without_any_column_is_scored_from_what_is_missing():
    scored = CARD.score(pd.DataFrame(index=[7, 9]))
    assert scored["points"].tolist() == [600 - 7 * 4] * 2
    assert scored.index.tolist() == [7, 9]
    assert [result.points for result in CARD.explain(pd.DataFrame(index=[7, 9]))] == [572, 572]


def test_a_frame_without_any_row_has_a_score_without_any_row():
    scored = CARD.score(pd.DataFrame({"size": []}))
    assert scored.empty
    assert set(RESERVED) < set(scored.columns)


def test_money_is_not_read_where_no_currency_is_named():
    assert CARD.explain(pd.DataFrame({"sales": [200.0]}))[0].contributions[1].missing == "other_currency"
    anywhere = cards.card(SALES)
    assert anywhere.score(pd.DataFrame({"sales": [200.0]}))["sales"].tolist() == [10]


def test_the_columns_of_a_score_have_the_types_they_promise():
    scored = CARD.score(pd.DataFrame({"size": [0.5]}, index=["S-1"]))
    whole = ["points", "soundness_points", "reputation_points", "default_probability_ppm", "size", "trade"]
    assert set(scored[whole].dtypes) == {np.dtype("int64")}
    assert scored["default_probability"].dtype == np.float64
    assert scored.index.tolist() == ["S-1"]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(CardError, match="two columns"):
        CARD.score(pd.DataFrame([[1.0, 2.0]], columns=["size", "size"]))


def test_more_rows_than_are_read_at_once_score_as_one_by_one():
    values = np.tile([np.nan, -1.0, 0.0, 0.5, 1.5, np.inf, 9.0], 6_000)
    scored = CARD.score(pd.DataFrame({"size": values}))["size"]
    assert scored.tolist() == [-7, -5, -1, -1, 1, -7, 5] * 6_000


def test_a_stored_contribution_of_before_still_loads():
    result = load_expert().explain_row({"rating": 4.0})
    old = {name: getattr(result.contributions[0], name) for name in result.contributions[0].__slots__[:9]}
    assert type(result.contributions[0])(**old).seen
