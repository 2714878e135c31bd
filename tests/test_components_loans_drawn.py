"""Repaid loans as strips, and instalments beside expected sales: figures, words, and what a reader hears of them."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from components import cash_flow_chart, cash_flow_words, owner_panel, repayment_chart, repayment_words
from components.figure import BLUE, PAGE
from db.exposure import Owed
from lending.due_weeks import dues_beside_sales
from lending.festivals import festivals
from lending.forecast import Coverage
from lending.offer import NO_DEBT, Debt
from lending.repayment_history import NO_HISTORY, repayment_history
from tests.test_lending_repayment_history import DAY, LINES, OPEN, PAID, REPAID, frames


def history(**changes):
    case = {"loans": [REPAID, OPEN], "lines": LINES, "paid": PAID, **changes}
    return repayment_history(*frames(case["loans"], case["lines"], case["paid"]), as_of=DAY)


def test_strips_tell_each_instalment_by_its_shape_and_its_words():
    drawing = repayment_chart.strips_figure(history())
    figure = drawing.figure.checked()
    shapes = {trace.marker.symbol: list(trace.x) for trace in figure.data}
    assert shapes == {"square": [1, 1, 3], "diamond": [2], "triangle-up": [2], "square-open": [3, 4]}
    late, unpaid = (
        next(each for each in figure.data if each.marker.symbol == name) for name in ("diamond", "triangle-up")
    )
    assert (list(late.text), list(unpaid.text)) == (["5"], ["12"])
    assert late.customdata[0] == "No. 2: ¥1.00 due 1 Mar 2026, paid 6 Mar 2026, 5 days late"
    assert unpaid.customdata[0] == "No. 2: ¥1.00 due 20 May 2026, not paid, 12 days late"
    assert "1 on time, 1 not paid, 2 to come; ⚠ 12 d late, ¥2.5 left" in drawing.alt
    assert drawing.table["Days late"].tolist() == [0, 12, 0, 0, 0, 5, 0]


def test_only_the_newest_are_drawn_and_all_stand_in_the_numbers():
    drawing = repayment_chart.strips_figure(history(), most=1)
    assert len(drawing.figure.checked().layout.yaxis.ticktext) == 1
    assert set(drawing.table["Loan"]) == {"L1", "L2"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "1 instalment is not paid, 12 days late"),
        ({"loans": [REPAID], "lines": LINES[:3], "paid": PAID[:3]}, "1 of 3 instalments came late, at worst 5 days"),
        (
            {"loans": [REPAID], "lines": LINES[:3], "paid": [(1, date(2026, 1, 30), 300)]},
            "All 3 instalments came on time",
        ),
        ({"loans": [OPEN], "lines": LINES[5:], "paid": []}, "1 loan, no instalment due yet"),
        (
            {"loans": [(1, 300, date(2026, 1, 1), None, date(2026, 5, 1))], "lines": LINES[:3], "paid": []},
            "1 loan of 1 written off",
        ),
    ],
)
def test_the_title_says_the_worst_first(changes, said):
    assert repayment_words.title(history(**changes)) == said


def test_the_totals_are_told_in_one_sentence():
    assert repayment_words.title(NO_HISTORY) == "No loan with us yet"
    assert repayment_words.totals_sentence(history().totals) == (
        "2 loans, 1 repaid, 1 of them early; 5 instalments due or paid before, 2 late, worst 12 days late, the last 12 "
        "days late; 130 days on the books"
    )


def rows(existing=(), offered=(), expected=100_000):
    weeks = pd.date_range("2027-01-04", periods=13, freq="7D")
    frame = pd.DataFrame(
        {"week": weeks, "low_minor": expected // 2, "expected_minor": expected, "high_minor": expected * 9}
    )
    return dues_beside_sales(frame, existing, offered)


DUES = {"existing": [(date(2027, 1, 20), 20_000)], "offered": [(date(2027, 2, 4), 30_000), (date(2027, 3, 4), 30_000)]}


def test_the_title_says_how_much_of_four_weeks_sales_the_instalments_take_and_when():
    assert (
        cash_flow_words.title(rows(**DUES))
        == "Instalments take up to 13% of expected sales, in the four weeks from 11 Jan"
    )
    heavy = rows(existing=[(date(2027, 1, 20), 600_000)])
    assert cash_flow_words.title(heavy) == "Instalments take 1.5 times the expected sales, in the four weeks from 4 Jan"
    assert cash_flow_words.title(rows()) == "Expected sales by week"
    assert cash_flow_words.title(rows(expected=0, **DUES)) == "No sales are expected that could carry an instalment"


def test_instalments_stand_over_the_band_filled_where_offered_and_hollow_where_owed():
    marked = festivals(date(2027, 1, 4), date(2027, 4, 4))
    drawing = cash_flow_chart.cash_flow_figure(rows(**DUES), currency="CNY", festivals=marked)
    figure = drawing.figure.checked()
    existing, offered = (trace for trace in figure.data if trace.type == "bar")
    assert (existing.marker.color, offered.marker.color) == (PAGE, BLUE)
    assert (list(existing.y), list(offered.y)) == ([200], [300, 300])
    assert figure.layout.barmode == "stack"
    assert tuple(figure.layout.yaxis2.range) == tuple(figure.layout.yaxis.range)
    # The band goes up to 9,000; the chart to two and a half times what is expected.
    assert max(figure.layout.yaxis.range) < 3_000
    assert "week of 4 Jan 2027 ¥1k, between ¥500 and ¥9k" in drawing.alt
    assert "18 Jan 2027 ¥200" in drawing.alt
    assert drawing.table["On offer, CNY"].sum() == 600


def test_a_chart_without_sales_or_instalments_can_be_drawn():
    drawing = cash_flow_chart.cash_flow_figure(rows(expected=0), currency="CNY")
    assert np.isfinite(drawing.figure.checked().layout.yaxis.range).all()


def test_the_caption_says_what_the_band_held_and_how_far_that_was_measured():
    measured = Coverage(1_559, 30, 0.807, 0.034)
    known = {"weeks": 53, "currency": "CNY", "as_of": DAY, "running": True, "cut_at_minor": 900_000}
    told = cash_flow_words.caption("season", measured, **known)
    assert "it held 81% of later weeks of 1,559 real shops, up to 30 weeks ahead. The band reaches up to ¥9k." in told
    short = cash_flow_words.caption("level", measured, **known | {"weeks": 26, "running": False, "cut_at_minor": None})
    assert "ahead" not in short
    assert short.endswith("Filled bars: instalments of the loan on offer.")
    lumpy = cash_flow_words.caption("lumpy", measured, **known)
    assert "real shops" not in lumpy
    assert "Too little history: 1 whole week of sales" in cash_flow_words.too_little(7, 91)


@pytest.mark.parametrize(
    ("owed", "said"),
    [
        (Owed(NO_DEBT, (), 0, 0), "Nothing is owed to us"),
        (Owed(Debt(1_500_000, 1), (), 0, 1_500_000), "¥15k approved and not paid out"),
        (Owed(Debt(170_000, 1), (), 1, 0), "¥1.7k owed to us on 1 loan"),
        (Owed(Debt(1_670_000, 1), (), 2, 1_500_000), "¥1.7k owed to us on 2 loans, ¥15k approved and not paid out"),
    ],
)
def test_what_is_owed_is_told_apart_from_what_is_only_approved(owed, said):
    assert owner_panel.owed_title(owed, "CNY") == said
