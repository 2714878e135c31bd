"""What would bring a shop to the next grade."""

from dataclasses import replace

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.card import load_expert
from scoring.counterfactual import MOST_BINS, MOST_FIGURES, Counterfactual, to_next_grade
from scoring.features import BY_NAME, NAMES

CARD = load_expert()
RANK = {grade: place for place, (grade, _) in enumerate(CARD.grades)}

values = st.none() | st.floats(-1e6, 1e12) | st.sampled_from([edge for each in CARD.features for edge in each.edges])
shops = st.fixed_dictionaries(dict.fromkeys(NAMES, values))


def scored(**row):
    frame = pd.DataFrame([{**dict.fromkeys(NAMES), "currency": "CNY", **row}]).astype(dict.fromkeys(NAMES, float))
    return CARD.explain(frame)[0]


def moved(row, change):
    """The row with the change made: just at the target where more is better, else just below it."""
    return {**row, change.feature: change.target if change.more else change.target - 1e-9}


def test_one_figure_that_reaches_the_grade_is_chosen_before_two():
    row = {"median_month_minor": 5e6, "last_sale_days": 1.0, "tenure_months": 30.0, "cancelled_share": 0.12}
    result = scored(**row)
    assert result.points == 598
    # From the bin of -5 points to that of 0: below 10 %.
    found = to_next_grade(CARD, result)
    assert (found.grade, found.needed_points) == ("C", 2)
    (only,) = found.changes
    assert (only.feature, only.value, only.target, only.more, only.points) == ("cancelled_share", 0.12, 0.1, False, 5)
    assert scored(**moved(row, only)).grade == "C"


def test_the_best_grade_has_no_next():
    assert to_next_grade(CARD, replace(scored(), points=700, grade="A")) is None


def test_where_nothing_believable_reaches_the_grade_that_is_said():
    assert to_next_grade(CARD, replace(scored(), points=400, grade="E")) == Counterfactual("D", 180, ())


@settings(max_examples=150)
@given(shops)
def test_the_change_reaches_the_next_grade_and_touches_only_what_a_shop_can_change(row):
    result = scored(**row)
    found = to_next_grade(CARD, result)
    if found is None or not found.changes:
        return
    assert RANK[found.grade] == RANK[result.grade] - 1
    assert len(found.changes) <= MOST_FIGURES
    changed = row
    for each in found.changes:
        assert BY_NAME[each.feature].changeable
        assert each.bins <= MOST_BINS
        assert (each.target > each.value) if each.more else (each.target <= each.value)
        changed = moved(changed, each)
    assert scored(**changed).points - result.points == sum(each.points for each in found.changes)
    assert RANK[scored(**changed).grade] <= RANK[found.grade]
    # None of them could be left out.
    if len(found.changes) > 1:
        assert all(each.points < found.needed_points for each in found.changes)
