"""What became of the applications: worked by hand on a dozen rows, and true of any."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lending import decided, outcomes
from lending.decided import Group
from lending.overview import overview_of

ZONE = "Asia/Shanghai"
AS_OF = date(2026, 11, 3)
PROMISED = timedelta(days=3)
NAMES = {1: "Olive Officer", 2: "Sandy Second", 3: "Morgan Manager"}


def told(number, days_ago, outcome=None, hours=None, **changes):
    """One application: submitted at ten on the desk's clock so many days before AS_OF, answered so many hours later."""
    at = datetime(2026, 11, 3, 2, tzinfo=UTC) - timedelta(days=days_ago)
    person = changes.pop("person", 1 if outcome else None)
    return {
        "application_id": number,
        "submitted_at": at,
        "currency": "CNY",
        "consented": True,
        "scored": True,
        "amount_minor": 1_000,
        "category": "tea",
        "region": "Fujian",
        "grade": "B" if outcome else None,
        "outcome": outcome,
        "final": outcome is not None,
        "override": False,
        "approved_minor": {"approve": 1_000, "approve_less": 400}.get(outcome, 0),
        "person_id": person,
        "person_name": NAMES.get(person),
        "reasons": (),
        "answered_at": pd.NaT if outcome is None else at + timedelta(hours=hours or 0),
    } | changes


def frame(records):
    rows = pd.DataFrame(records)
    rows["person_id"] = rows["person_id"].astype("Int64")
    for name in ("submitted_at", "answered_at"):
        rows[name] = pd.to_datetime(rows[name], utc=True)
    return decided.prepare(rows, time_zone=ZONE)


@pytest.fixture
def rows():
    """Twelve applications: four approved, two of them less; two declined; six that wait, each in another state."""
    return frame(
        [
            told(1, 40, "approve", 10),
            told(2, 40, "approve", 30, person=2, grade="A", category="shoes"),
            told(3, 35, "approve_less", 50, person=2),
            told(4, 20, "approve_less", 80, override=True, person=3),
            told(5, 20, "decline", 20, reasons=("sales_falling", "short_history"), grade="D"),
            # An incomplete file: settled without consent and without a score.
            told(6, 10, "decline", 72, reasons=("sales_falling",), consented=False, scored=False, amount_minor=0,
                 grade=None, category=None, region=None),
            told(7, 9, consented=False, scored=False, amount_minor=0),
            told(8, 8, scored=False),
            told(9, 7),
            told(10, 6, "approve", 5, final=False, approved_minor=0),
            told(11, 5, "refer", 5, final=False),
            told(12, 4, "refer", 5, final=False, consented=False, scored=False, amount_minor=0),
        ]
    )  # fmt: skip


def test_each_application_is_in_one_state(rows):
    assert rows["state"].tolist() == [
        "approve", "approve", "approve_less", "approve_less", "decline", "decline",
        "no-consent", "not-scored", "new", "proposed", "referred", "no-consent",
    ]  # fmt: skip
    assert decided.waiting_states(rows) == {"no-consent": 2, "not-scored": 1, "new": 1, "proposed": 1, "referred": 1}


def test_the_funnel_counts_who_got_how_far(rows):
    funnel = decided.funnel(rows).set_index("step")
    assert funnel["applications"].to_dict() == {
        "received": 12, "consented": 10, "scored": 9, "answered": 8, "settled": 6,
        "approve": 2, "approve_less": 2, "decline": 2,
    }  # fmt: skip
    assert funnel["amount_minor"].tolist() == [9_000, 9_000, 8_000, 7_000, 5_000, 2_000, 2_000, 1_000]
    assert funnel.loc["scored", "share"] == 0.9
    assert funnel.loc["decline", "share"] == pytest.approx(1 / 3)
    assert decided.unscored(rows) == 1


def test_the_summary_adds_up_what_is_settled(rows):
    found = decided.summary(rows, promised=PROMISED)
    assert (found.received, found.asked_minor, found.settled, found.settled_asked_minor) == (12, 9_000, 6, 5_000)
    assert (found.approved_minor, found.approved_of_asked) == (2_800, 0.56)
    assert (found.full_share.part, found.approved_share.part) == (2, 4)
    # 10, 20, 30, 50, 72 and 80 hours: the third is the lower middle one; nine tenths of six are all six.
    assert (found.median_hours, found.nine_tenths_hours, found.in_time) == (30.0, 80.0, 5)
    assert (found.overrides, found.override_share.whole) == (1, 6)


def test_exactly_the_promised_time_is_within_it():
    for hours, in_time in ((72, 1), (72.001, 0)):
        assert decided.summary(frame([told(1, 9, "approve", hours)]), promised=PROMISED).in_time == in_time


def test_a_clock_that_went_back_takes_no_time():
    assert frame([told(1, 9, "approve", -5)])["hours"].tolist() == [0.0]


def test_answers_are_counted_by_grade_and_the_unscored_stand_last(rows):
    grades = outcomes.by_grade(rows)
    assert grades["group"].tolist() == ["A", "B", "D", ""]
    assert grades[["approve", "approve_less", "decline", "settled"]].to_numpy().tolist() == [
        [1, 0, 0, 1], [1, 2, 0, 3], [0, 0, 1, 1], [0, 0, 1, 1],
    ]  # fmt: skip
    assert grades["share"].tolist() == [1, 1, 0, 0]


def test_people_stand_by_name_with_what_they_settled(rows):
    people = outcomes.by_person(rows)
    assert people["person_name"].tolist() == ["Morgan Manager", "Olive Officer", "Sandy Second"]
    assert people["settled"].tolist() == [1, 3, 2]
    assert people["overrides"].tolist() == [1, 0, 0]
    assert people["median_hours"].tolist() == [80, 20, 30]


def test_two_people_of_one_name_are_two(rows):
    alike = rows.assign(person_name="Kim Lee")
    assert outcomes.by_person(alike)["settled"].tolist() == [3, 2, 1]


def test_traits_hold_those_whose_trait_may_be_seen(rows):
    assert outcomes.by_trait(rows, "category", most=8)[["group", "settled"]].to_numpy().tolist() == [
        ["tea", 4],
        ["shoes", 1],
    ]
    assert len(outcomes.by_trait(rows, "category", most=1)) == 1


def test_reasons_are_counted_once_for_each_decline_that_gives_them(rows):
    reasons = outcomes.decline_reasons(rows)
    assert reasons["reason"].tolist() == ["sales_falling", "short_history"]
    assert reasons["applications"].tolist() == [2, 1]
    assert reasons["share"].tolist() == [1.0, 0.5]


def test_sizes_are_amounts_that_were_approved(rows):
    sizes = outcomes.sizes(rows).set_index("group")
    assert sizes.loc["all"].tolist() == [4, 400, 400, 1_000]
    assert sizes.loc["A", "approved"] == 1
    assert outcomes.sizes(rows[rows["state"] == "new"]).empty


def test_the_parts_of_a_time_have_no_gaps_and_add_up(rows):
    weeks = decided.over_time(rows, since=date(2026, 9, 20), as_of=AS_OF, step="week", promised=PROMISED)
    assert weeks["start"].iloc[0] == pd.Timestamp("2026-09-14")
    assert weeks["start"].diff().dropna().eq(pd.Timedelta(days=7)).all()
    for name in ("received", "settled", "approved", "asked_minor", "approved_minor"):
        assert weeks[name].sum() == {"received": 12, "settled": 6, "approved": 4, "asked_minor": 9_000,
                                     "approved_minor": 2_800}[name]  # fmt: skip
    assert weeks["median_hours"].isna().sum() == (weeks["settled"] == 0).sum()


def test_an_application_belongs_to_its_day_on_the_desks_clock():
    evening = {"submitted_at": datetime(2026, 10, 31, 16, 30, tzinfo=UTC)}
    assert frame([told(1, 0) | evening])["received_on"].iloc[0] == pd.Timestamp("2026-11-01")


@pytest.mark.parametrize(
    ("group", "numbers"),
    [
        (Group("step", "answered"), [11, 10, 6, 5, 4, 3, 2, 1]),
        (Group("state", "no-consent"), [12, 7]),
        (Group("state", "approve"), [2, 1]),
        (Group("grade", "B"), [4, 3, 1]),
        (Group("grade", "B", "approve"), [1]),
        (Group("grade", ""), [6]),
        (Group("person", "2"), [3, 2]),
        (Group("reason", "short_history"), [5]),
        (Group("category", "shoes"), [2]),
        (Group("start", "2026-11-01"), []),
        (Group("start", "2026-10-01"), [12, 11, 10, 9, 8, 7, 6, 5, 4]),
        (Group("nonsense", "x"), []),
        (Group("step", "x"), []),
    ],
)
def test_a_group_holds_the_applications_behind_its_mark(rows, group, numbers):
    found = decided.members(rows, group, step="month")["application_id"].tolist()
    assert sorted(found, reverse=True) == numbers


def test_the_marks_of_a_chart_hold_as_many_as_it_shows(rows):
    funnel = decided.funnel(rows)
    for step, count in zip(funnel["step"], funnel["applications"], strict=True):
        kind = "step" if step in decided.STEPS else "state"
        assert len(decided.members(rows, Group(kind, step), step="month")) == count


def test_a_time_of_some_days_has_as_many_days_before_beside_it(rows):
    told_of = overview_of(rows, days=15, as_of=AS_OF, currency=None, promised=PROMISED)
    assert (told_of.since, told_of.summary.received, told_of.before.received) == (date(2026, 10, 19), 7, 2)
    assert overview_of(rows, days=None, as_of=AS_OF, currency=None, promised=PROMISED).before is None


def test_currencies_are_never_added_up():
    rows = frame([told(1, 5, currency="JPY", amount_minor=7), told(2, 5, currency="KWD"), told(3, 5, currency="KWD")])
    every = overview_of(rows, days=30, as_of=AS_OF, currency="XXX", promised=PROMISED)
    assert (every.currency, every.currencies, every.summary.asked_minor) == ("KWD", ("KWD", "JPY"), 2_000)
    assert overview_of(rows, days=30, as_of=AS_OF, currency="JPY", promised=PROMISED).summary.asked_minor == 7


def test_a_time_in_which_nothing_came_in_has_no_currency(rows):
    nothing = overview_of(rows.iloc[:0], days=30, as_of=AS_OF, currency="CNY", promised=PROMISED)
    assert (nothing.currency, nothing.summary.received, len(nothing.over_time)) == (None, 0, 6)
    assert overview_of(rows.iloc[:0], days=None, as_of=AS_OF, currency=None, promised=PROMISED).since < AS_OF


applications = st.builds(
    lambda number, days, outcome, hours, final, consented, scored, grade: told(
        number, days, outcome, hours, consented=consented, scored=scored and consented,
        final=outcome is not None and outcome != "refer" and final, grade=grade, amount_minor=1_000 * consented,
        approved_minor=500 * (outcome in ("approve", "approve_less") and final),
    ),
    st.integers(1, 10**6), st.integers(0, 700), st.sampled_from([None, "approve", "approve_less", "decline", "refer"]),
    st.integers(0, 200), st.booleans(), st.booleans(), st.booleans(), st.sampled_from([None, "A", "C", "E"]),
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(applications, min_size=1, max_size=12))
def test_steps_never_grow_outcomes_make_the_settled_and_shares_are_shares(records):
    rows = frame(records)
    funnel = decided.funnel(rows).set_index("step")
    steps = funnel.loc[list(decided.STEPS)]
    assert (np.diff(steps["applications"]) <= 0).all()
    assert (np.diff(steps["amount_minor"]) <= 0).all()
    assert funnel.loc[list(decided.OUTCOMES), "applications"].sum() == funnel.loc["settled", "applications"]
    assert funnel["share"].dropna().between(0, 1).all()
    assert sum(decided.waiting_states(rows).values()) == len(rows) - funnel.loc["settled", "applications"]
    every = overview_of(rows, days=None, as_of=AS_OF, currency=None, promised=PROMISED)
    assert every.over_time["received"].sum() == len(rows)
    for told_by in (every.grades, every.people):
        assert told_by["settled"].sum() == every.summary.settled
        assert told_by[["share", "low", "high"]].to_numpy().min(initial=0) >= 0
        assert told_by[["share", "low", "high"]].to_numpy().max(initial=0) <= 1
    assert every.summary.approved_minor <= every.summary.settled_asked_minor or not rows["consented"].all()
