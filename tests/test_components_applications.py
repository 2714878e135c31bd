"""Portfolio's figures: the numbers they draw are those of the frames, every mark leads somewhere, and odd data fit."""

import functools
import json
import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from components import applications_charts, applications_list, applications_rows, applications_tiles
from components import applications_words as words
from lending.decided import OUTCOMES, STEPS, Group, members, prepare
from lending.overview import overview_of

AS_OF = date(2026, 11, 3)
PROMISED = timedelta(days=3)
SLOT = re.compile(r"^#0000(0[1-9]|[12][0-9]|30|38)([0-9a-f]{2})?$")
LONG = "Maximilian " * 27


def applications(count=240, *, settled=True, name="Olive Officer", category="tea", currency="CNY"):
    """So many applications, one a day and every fourth declined; those of grade A are approved in full."""
    outcome = [("approve", "approve_less", "approve", "decline")[number % 4] for number in range(count)]
    at = [datetime(2026, 11, 2, 2, tzinfo=UTC) - timedelta(days=number) for number in range(count)]
    return pd.DataFrame(
        {
            "application_id": np.arange(count),
            "submitted_at": pd.to_datetime(at, utc=True),
            "currency": currency,
            "consented": True,
            "scored": True,
            "amount_minor": 100_000,
            "category": category,
            "region": "Fujian",
            "grade": [("A", "B", "A", "D")[number % 4] for number in range(count)],
            "outcome": pd.Series(outcome if settled else [None] * count, dtype=object),
            "final": settled,
            "override": False,
            "approved_minor": [{"approve": 100_000, "approve_less": 40_000}.get(each, 0) * settled for each in outcome],
            "person_id": pd.array([1] * count, dtype="Int64"),
            "person_name": name,
            "reasons": [("sales_falling",) if each == "decline" else () for each in outcome],
            "answered_at": pd.to_datetime([each + timedelta(hours=30) if settled else pd.NaT for each in at], utc=True),
        }
    )


def told(days=365, **changes):
    rows = prepare(applications(**changes), time_zone="Asia/Shanghai")
    return overview_of(rows, days=days, as_of=AS_OF, currency=None, promised=PROMISED)


def charts_of(every):
    summary, currency = every.summary, every.currency
    return {
        "funnel": applications_rows.funnel_figure(every.funnel, summary, currency=currency),
        "grades": applications_rows.grades_figure(every.grades),
        "money": applications_charts.money_figure(every.over_time, summary, currency=currency, step=every.step),
        "time": applications_charts.time_figure(every.over_time, summary, step=every.step, promised=PROMISED),
        "reasons": applications_rows.reasons_figure(every.reasons, summary.declined),
        "category": applications_rows.traits_figure(every.categories, "category"),
    }


@functools.cache
def all_charts():
    return charts_of(told())


NAMES = ("funnel", "grades", "money", "time", "reasons", "category")


@pytest.mark.parametrize("name", NAMES)
def test_plotly_knows_every_member_and_every_colour_is_a_slot(name):
    figure = all_charts()[name].drawing.figure
    assert figure.checked()
    sent = figure.to_dict()
    del sent["layout"]["template"]
    colours = re.findall(r"#[0-9a-fA-F]{6,8}", json.dumps(sent))
    assert colours
    assert all(SLOT.match(each) for each in colours)


@pytest.mark.parametrize("name", NAMES)
def test_every_mark_leads_to_the_applications_behind_it(name):
    every, chart = told(), all_charts()[name]
    known = applications_list.groups_of(every)
    traces = chart.drawing.figure.checked().data
    assert len(chart.groups) == len(traces)
    for trace, groups in zip(traces, chart.groups, strict=True):
        assert len(trace.y) == len(groups)
        for group in groups:
            count = len(members(every.rows, group, step=every.step))
            assert group in known or not count


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_has_a_title_words_and_a_table(name):
    drawing = all_charts()[name].drawing
    assert len(drawing.title) > 10
    assert len(drawing.alt) > len(drawing.title)
    assert len(drawing.table) >= 1


def test_the_bars_are_as_long_as_their_groups_are_large():
    every, chart = told(), all_charts()["funnel"]
    bars = chart.drawing.figure.checked().data[0]
    for length, group in zip(bars.x, chart.groups[0], strict=True):
        assert length == len(members(every.rows, group, step=every.step))
    grades = all_charts()["grades"]
    for outcome, trace, groups in zip(OUTCOMES, grades.drawing.figure.checked().data, grades.groups, strict=True):
        for share, group, settled in zip(trace.x, groups, every.grades["settled"], strict=True):
            assert group.outcome == outcome
            assert round(share * settled) == len(members(every.rows, group, step=every.step))


def test_the_titles_say_the_finding():
    every = told()
    assert (
        words.page_title(every.summary) == "50% of 240 settled applications were approved in full; half within 1 d 6 h"
    )
    titles = {name: chart.drawing.title for name, chart in all_charts().items()}
    assert titles == {
        "funnel": "240 of 240 applications settled",
        "grades": "Approved: 100% of grade A, 0% of grade D",
        "money": "¥144k approved, 60% of the ¥240k asked for and settled",
        "time": "100% settled within the promised 3 days",
        "reasons": "Sales falling or uneven: in 100% of 60 declines",
        "category": "Approved by category",
    }


def test_few_cases_are_told_as_such_and_not_as_a_share():
    every = told(count=12)
    assert words.page_title(every.summary) == "12 applications settled, too few for shares; half within 1 d 6 h"
    assert words.grades_title(every.grades) == "Answers by grade"
    assert words.time_title(every.summary, PROMISED) == "12 of 12 settled within the promised 3 days"
    assert words.reasons_title(every.reasons, 3) == "Sales falling or uneven: in 3 of 3 declines"
    texts = [note.text for note in charts_of(every)["grades"].drawing.figure.checked().layout.annotations]
    assert texts.count(words.TOO_FEW) == 3


def test_categories_that_chance_alone_could_part_are_not_told_apart():
    rows = pd.DataFrame(
        {
            "group": ["tea", "shoes"],
            "settled": [100, 100],
            "share": [0.7, 0.66],
            "low": [0.6, 0.56],
            "high": [0.78, 0.75],
        }
    )
    assert words.traits_title(rows, "category") == "Approved shares differ by category no more than by chance"
    apart = rows.assign(share=[0.9, 0.5], low=[0.82, 0.4], high=[0.95, 0.6])
    assert words.traits_title(apart, "category") == "Approved: 90% in tea, 50% in shoes"


@pytest.mark.parametrize("days", [30, 90, 365, 4_000])
def test_times_of_any_length_have_readable_names_on_their_axis(days):
    every = told(days=days)
    axis = charts_of(every)["money"].drawing.figure.checked().layout.xaxis
    assert 1 <= len(axis.ticktext) <= 7
    assert axis.ticktext[-1].startswith({30: "2 Nov", 90: "2 Nov", 365: "Nov", 4_000: "2026"}[days])


def test_names_of_any_length_are_cut_in_charts_and_kept_from_being_tags():
    every = told(name=LONG, category=f"<b>{LONG}")
    label = charts_of(every)["category"].drawing.figure.checked().layout.yaxis.ticktext[0]
    assert label.startswith("&lt;b&gt;Maximilian")
    assert len(label) < 40
    assert len(words.people_title(every.people)) < 80


@pytest.mark.parametrize(("currency", "asked"), [("JPY", "JPY 24 m"), ("KWD", "KWD 24k")])
def test_money_is_told_by_the_digits_of_its_currency(currency, asked):
    every = told(currency=currency)
    tile = next(each for each in applications_tiles.tiles(every, applications_tiles.Waits(0, 0, 0), promised=PROMISED))
    assert tile.small == f"{asked} asked for"


def test_where_nothing_is_settled_tiles_say_so_and_draw_no_line_of_nothing():
    every = told(settled=False)
    tiles = {
        each.label: each
        for each in applications_tiles.tiles(every, applications_tiles.Waits(240, 237, 1), promised=PROMISED)
    }
    assert (tiles["Approved"].value, tiles["Approved"].small) == ("–", "nothing settled yet")
    assert tiles["Approved"].course is None
    assert tiles["Half settled within"].value == "–"
    assert tiles["Waiting now"].small == "237 overdue, 1 due in 24 h"
    assert applications_charts.time_figure(every.over_time, every.summary, step=every.step, promised=PROMISED)


def test_a_change_is_told_where_both_times_have_enough_cases():
    def changes(days):
        waits = applications_tiles.Waits(1, 0, 0)
        return {each.label: each.delta for each in applications_tiles.tiles(told(days=days), waits, promised=PROMISED)}

    assert {label for label, change in changes(90).items() if change} == {"Received", "Approved", "Against the policy"}
    assert (changes(90)["Received"], changes(90)["Against the policy"]) == ("0%", "0 pt")
    assert not any(changes(365).values())


def test_sizes_are_drawn_as_they_were_counted():
    every = told()
    figure = applications_rows.sizes_figure(every.sizes, currency="CNY").figure.checked()
    assert list(figure.data[0].x) == [minor / 100 for minor in every.sizes["median_minor"]]
    assert words.sizes_title(every.sizes, "CNY") == "Half of the approved loans are ¥400 to ¥1k"


def test_every_step_outcome_and_person_has_a_list():
    names = applications_list.groups_of(told(settled=False, count=3))
    assert [names[Group("step", step)] for step in STEPS] == list(words.STEPS.values())
    assert names[Group("state", "new")] == "Waits for a first answer"
