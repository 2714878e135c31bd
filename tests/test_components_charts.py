"""The figures: their numbers, axes, colours, and what they say without being seen."""

import base64
import functools
import itertools
import json
import re
from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components import (
    calibration_chart,
    charts,
    figure,
    offer_charts,
    reason_words,
    score_charts,
    score_page_charts,
    score_rows,
    shop_charts,
    stress_charts,
)
from components.calibration_words import Observed
from lending.concentration import concentration
from lending.demand import DemandCurve, demand_table
from lending.festivals import festivals
from lending.months import beside_year_before, monthly
from lending.peers import Peers, Standing
from lending.pricing import InterestParts, Price
from lending.signs import Sign
from lending.stress import Stretch, stress_table
from lending.week import week_of
from scoring.card import load_expert

SLOT = re.compile(r"^#0000(0[1-9]|[12][0-9]|30|38)([0-9a-f]{2})?$")
TRANSPARENT = "rgba(0,0,0,0)"


def sales(*, months=36, end="2026-10-31"):
    """Daily sales: 1,000.00 a day, a tenth more in the last year, refunds of 2 %."""
    day = pd.date_range(end=end, periods=months * 31)
    gross = np.where(day >= pd.Timestamp(end) - pd.DateOffset(years=1), 110_000, 100_000)
    return pd.DataFrame({"day": day, "orders": 3, "gross_minor": gross, "refunded_minor": gross // 50})


@functools.cache
def months():
    return beside_year_before(monthly(sales(), as_of=date(2026, 11, 1), months=36), months=24)


def buyers(shares):
    count = len(shares)
    return pd.DataFrame(
        {"buyer_ref": [f"<b>{n}" for n in range(count)], "orders": 2, "gross_minor": 5_000, "share": shares}
    )


def balances():
    day = pd.date_range("2026-05-05", "2026-10-31")
    return pd.DataFrame({"day": day, "wallet_minor": np.linspace(1e6, 2e6, len(day)), "fund_minor": np.nan})


def peers(low=900_000.0, high=1_200_000.0):
    """Twenty peers with a band over the 24 months of `months`, but for the first."""
    band = months()[["month"]].assign(low_minor=low, middle_minor=(low + high) / 2, high_minor=high, peers=20)
    band.loc[0, ["low_minor", "middle_minor", "high_minor", "peers"]] = [np.nan, np.nan, np.nan, 7]
    return Peers("category", 20, band, *[Standing(None, None, 0)] * 4)


SHOWN = tuple(month.date() for month in pd.date_range("2024-11-01", periods=24, freq="MS"))


def sign(name, value, before, line=None):
    return Sign(name, value, before, 60, SHOWN, np.linspace(1, 2, 24) if line is None else line)


SIGNS = (
    sign("refunds", 0.019, 0.023, np.linspace(0.03, 0.01, 24)),
    sign("rating", 4.76, 4.68, np.full(24, 4.7)),
    sign("late", None, None, np.full(24, np.nan)),
    sign("wallet", 4_600_000.0, 5_800_000.0, np.linspace(6e6, 4e6, 24)),
)


def ratings(reviews=40):
    """Ratings of 4.2 rising to 4.8, by 40 buyers a month; the first month has three reviews and the second none."""
    counts = np.array([3, 0, *[reviews] * 22])
    rating = np.where(counts > 0, np.linspace(4.2, 4.8, 24), np.nan)
    return pd.DataFrame({"month": months()["month"], "reviews": counts, "rating": rating})


def deliveries(*, cancelled=0.05):
    """Late shares of 8% falling to 4% of 50 promised a month; nine in the first."""
    late = np.linspace(0.08, 0.04, 24)
    promised = np.array([9, *[50] * 23])
    return pd.DataFrame(
        {
            "month": months()["month"], "promised": promised, "late": (late * promised).round().astype(int),
            "placed": 60, "cancelled": 3, "late_share": late, "cancelled_share": cancelled,
        }
    )  # fmt: skip


def week(evenings=9):
    """Two orders each hour, and more on Friday evenings."""
    grid = np.full((7, 24), 2)
    grid[4, 18:] = evenings
    hours = pd.DataFrame([(day, hour, int(grid[day, hour])) for day in range(7) for hour in range(24)])
    return week_of(hours.set_axis(["weekday", "hour", "orders"], axis=1))


FOUND = concentration(pd.DataFrame({"gross_minor": [5] * 9 + [55]}))
REASONS = pd.DataFrame(
    {
        "factor": ["Buyer concentration", "Sales trend"],
        "gap": [-14, 17],
        "shop": ["0.31", "+11%"],
        "usual": ["0.18", "+5%"],
        "said": ["Buyer concentration 0.31; usual is 0.18", "Sales trend +11%; usual is +5%"],
    }
)
OTHERS = pd.DataFrame({"soundness_points": [300, 310, 320], "reputation_points": [290, 310, 300], "grade": list("CBC")})
EDGES = {"A": 650, "B": 630, "C": 610, "D": 580, "E": 0}
COMING = pd.DataFrame(
    {
        "month": pd.date_range("2026-12-01", periods=3, freq="MS"),
        "net_minor": [20_000_000, 18_000_000, 22_000_000],
        "cash_minor": [3_000_000, 2_700_000, 3_300_000],
        "from_last_year": True,
    }
)
PARTS = InterestParts(14_116, 17_647, 3_000, 7_585)
# 20,000 of sales leave 3,000 of cash against 2,570.58, as in worked example 19; the worst 90 days sold half of that.
STRESS = stress_table(
    COMING.assign(net_minor=2_000_000), cash_margin_bps=1500, existing_minor=50_000, instalment_minor=207_058,
    owed_minor=1_100_000, holdback_bps=1000, worst=Stretch(date(2026, 1, 1), date(2026, 3, 31), 2_958_904),
)  # fmt: skip
DEMAND = DemandCurve(accepted_bps=400, halving_bps=300)
SCORED = load_expert().explain_row({"currency": "CNY", "rating": 4.73, "cancelled_share": 0.3})
POINTS = score_rows.point_rows(SCORED, load_expert(), "CNY", reason_words.NOBODY)


@functools.cache
def all_drawings():
    return {
        "sales": charts.monthly_sales_figure(
            months(), currency="CNY", festivals=festivals(date(2025, 1, 1), date(2026, 10, 31))
        ),
        "peers": charts.monthly_sales_figure(months(), currency="CNY", peers=peers()),
        "signs": shop_charts.signs_figure(SIGNS, currency="CNY"),
        "ratings": shop_charts.ratings_figure(ratings()),
        "deliveries": shop_charts.deliveries_figure(deliveries()),
        "curve": shop_charts.concentration_figure(FOUND, buyers([0.55, 0.05]), currency="CNY"),
        "week": shop_charts.week_figure(week()),
        "refunds": charts.refunds_figure(months(), currency="CNY"),
        "buyers": charts.buyers_figure(buyers([0.2, 0.15]), currency="CNY"),
        "wallet": charts.wallet_figure(balances(), currency="CNY"),
        "points": score_charts.points_figure(REASONS),
        "map": score_charts.map_figure(
            OTHERS, soundness_points=330, reputation_points=311, grade_edges=EDGES, title="641 points"
        ),
        "parts": offer_charts.rate_parts_figure(Price(410, 351, 23, 250, capped=False), PARTS, "CNY"),
        "interest": offer_charts.interest_figure(PARTS, title="¥75.85 of ¥423 interest is margin", currency="CNY"),
        "stress": stress_charts.stress_figure(STRESS, title="Sales may fall 14%", currency="CNY"),
        "demand": stress_charts.demand_figure(
            demand_table(DEMAND, break_even_bps=500, legal_cap_bps=1200),
            rate_bps=700,
            walk_away_share=0.5,
            best_bps=933,
            title="At 7% about 50 of 100 such borrowers walk away, assumed",
        ),
        "offer": offer_charts.offer_figure(
            COMING, instalment_minor=1_886_100, worst_month_minor=2_200_000, fall=0.31, currency="CNY"
        ),
        "features": score_page_charts.features_figure(POINTS, title="2 figures lift it", held_against="all"),
        "steps": score_page_charts.step_figure(
            score_rows.step_rows(
                load_expert().features[0], SCORED.contributions[0], currency="CNY", peers_median=11_000_000.0
            ),
            title="Monthly net sales missing: −6 points",
        ),
        "calibration": calibration_chart.calibration_figure(
            load_expert(), SCORED, (Observed("B", 120, 31, 0.188, 0.343),), title="Default 4.1% at 625 points"
        ),
    }


NAMES = (
    "sales", "peers", "signs", "ratings", "deliveries", "curve", "week", "refunds", "buyers", "wallet", "points", "map",
    "parts", "interest", "stress", "demand", "offer", "features", "steps", "calibration",
)  # fmt: skip
DRAWINGS = pytest.mark.parametrize("name", NAMES)


def colours(value):
    """Every colour in a figure's JSON."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("color") and isinstance(inner, str):
                yield inner
            elif key.endswith("color") and isinstance(inner, list):
                yield from inner
            elif key == "colorscale":
                yield from (colour for _, colour in inner)
            else:
                yield from colours(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from colours(inner)


@DRAWINGS
def test_every_colour_is_a_slot_of_the_theme(name):
    content = json.loads(all_drawings()[name].figure.to_json())
    used = [
        each
        for part in ("data", "layout")
        for each in colours({k: v for k, v in _parts(content, part) if k != "template"})
    ]
    assert used
    assert all(each == TRANSPARENT or SLOT.match(each) for each in used)


def _parts(content, part):
    return content[part].items() if part == "layout" else [(str(n), trace) for n, trace in enumerate(content[part])]


@DRAWINGS
def test_plotly_finds_nothing_wrong_with_any_chart(name):
    drawn = all_drawings()[name].figure
    assert len(drawn.checked().data) == len(drawn.to_dict()["data"])


def test_a_misspelt_member_of_a_chart_is_found_by_that():
    sheet = figure.Sheet(100, right=1)
    sheet.set_across(rnge=[0, 1])
    with pytest.raises(ValueError, match="rnge"):
        sheet.figure().checked()


@DRAWINGS
def test_every_chart_keeps_the_desks_manner(name):
    layout = all_drawings()[name].figure.checked().layout
    assert layout.showlegend is False
    assert layout.dragmode is False
    assert layout.height
    assert layout.xaxis.fixedrange
    assert layout.yaxis.fixedrange
    assert layout.xaxis.range is not None
    assert layout.yaxis.range is not None
    assert layout.margin.l <= 4


@DRAWINGS
def test_every_chart_says_its_finding_and_its_figures_and_has_them_as_a_table(name):
    drawing = all_drawings()[name]
    assert drawing.title
    assert drawing.alt.startswith(drawing.title)
    assert re.search(r"\d", drawing.alt)
    assert len(drawing.table)


def test_the_sales_drawn_are_the_sales_of_the_frame_in_major_units():
    frame = months()
    drawing = charts.monthly_sales_figure(frame, currency="CNY")
    before, line = drawing.figure.checked().data
    assert line.y.tolist() == (frame["net_minor"] / 100).tolist()
    np.testing.assert_array_equal(before.y, frame["year_before_minor"] / 100)
    assert (line.line.color, before.line.dash) == (figure.SUBJECT, "dot")
    assert drawing.title == "Sales are up 10% on the year"
    assert "October 2026 ¥33.4k" in drawing.alt
    assert drawing.table["Net sales, CNY"].tolist() == line.y.tolist()


def test_the_peers_band_lies_behind_the_lines_from_its_first_month_on():
    drawing = all_drawings()["peers"]
    low, high, *lines = drawing.figure.checked().data
    assert (low.y.tolist(), high.y.tolist()) == ([9_000] * 23, [12_000] * 23)
    assert (high.fill, high.fillcolor, low.hoverinfo) == ("tonexty", figure.GRID, "skip")
    assert len(lines) == 2
    assert str(low.x[0]) == str(lines[0].x[1])
    words = [each.text for each in drawing.figure.checked().layout.annotations]
    assert "peers'<br>middle half" in words
    assert "middle half of its 20 peers" in drawing.alt
    assert drawing.table["Peers' upper quartile, CNY"].tolist()[1:] == [12_000] * 23
    assert drawing.table["Peers"].tolist() == [7] + [20] * 23


def test_a_single_full_month_is_a_point():
    one = charts.monthly_sales_figure(months().tail(1), currency="CNY")
    line = one.figure.checked().data[1]
    assert (line.mode, line.marker.size.tolist()) == ("lines+markers", [6])
    assert charts.monthly_sales_figure(months(), currency="CNY").figure.checked().data[1].mode == "lines"


@pytest.mark.parametrize(
    ("currency", "hover"), [("CNY", "¥%{y:,.0f}"), ("JPY", "JPY %{y:,.0f}"), ("KWD", "KWD %{y:,.3f}")]
)
def test_amounts_below_a_hundred_are_told_to_the_minor_unit(currency, hover):
    scale = figure.money_scale([0.0, 80.0 if currency == "KWD" else 300.0], currency)
    assert figure.hover_amount(scale, currency) == hover
    assert figure.hover_amount(figure.money_scale([0.0, 80.0], "JPY"), "JPY") == "JPY %{y:,.0f}"


def test_each_vital_sign_has_a_small_line_of_its_own_in_the_colour_of_its_way():
    drawing = shop_charts.signs_figure(SIGNS, currency="CNY")
    drawn = drawing.figure.checked()
    assert [line.line.color for line in drawn.data] == [figure.MUTED_TEXT, figure.GOOD, figure.MUTED_TEXT, figure.BAD]
    domains = [drawn.layout[f"xaxis{number}"].domain for number in ("", "2", "3", "4")]
    assert all(right[0] - left[1] > 0.02 for left, right in itertools.pairwise(domains))
    assert drawn.data[3].y.tolist() == (SIGNS[3].line / 100).tolist()
    assert drawn.data[0].customdata[-1] == "October 2026: 1% of sales refunded"
    assert drawing.title == "Rating improves; wallet worsens"
    assert "Refunds 1.9% (−0.4 pt on the year)" in drawing.alt
    assert "Sent late – (few promises on the year)" in drawing.alt


def test_ratings_by_few_are_pale_points_beside_the_line_and_the_reviews_stand_below():
    drawing = all_drawings()["ratings"]
    bars, line, pale = drawing.figure.checked().data
    assert bars.y.tolist() == [3, 0, *[40] * 22]
    assert np.flatnonzero(~np.isnan(line.y)).tolist() == list(range(2, 24))
    assert np.flatnonzero(~np.isnan(pale.y)).tolist() == [0]
    layout = drawing.figure.checked().layout
    assert layout.yaxis2.domain[1] < layout.yaxis.domain[0]
    assert layout.yaxis.range[0] < 4.2
    assert "November 2024 4.20 of 3, January 2025" in drawing.alt
    assert drawing.table["Reviews"].tolist()[:3] == [3, 0, 40]


def test_shares_of_few_deliveries_are_told_and_not_drawn():
    drawing = all_drawings()["deliveries"]
    cancelled, late = drawing.figure.checked().data
    assert np.isnan(late.y[0])
    assert late.y[-1] == pytest.approx(0.04)
    assert cancelled.y.tolist() == [0.05] * 24
    assert late.customdata.tolist()[1] == 50
    assert {each.text for each in drawing.figure.checked().layout.annotations} == {"<b>4% late</b>", "5% cancelled"}
    assert drawing.table["Promised for the month"].tolist()[0] == 9
    assert drawing.title == "Late deliveries are 4%, down from 5.5%"


def test_where_nobody_knows_what_was_cancelled_only_the_late_are_drawn():
    drawn = shop_charts.deliveries_figure(deliveries(cancelled=np.nan)).figure.checked()
    assert len(drawn.data) == 1


def test_the_curve_of_the_buyers_is_told_beside_equal_ones():
    drawing = all_drawings()["curve"]
    even, curve, tenth = drawing.figure.checked().data
    assert even.y.tolist() == [0, 1]
    assert (curve.x[10], curve.y[10]) == (pytest.approx(0.1), pytest.approx(0.55))
    assert tenth.y.tolist() == pytest.approx([0.55])
    assert drawing.title == "The top tenth of the buyers bring 55% of sales"
    assert "if all bought the same it would be 10%. The top half bring 75%." in drawing.alt
    assert "as concentrated as with 3 equal buyers" in drawing.alt
    assert drawing.table["Buyer"].tolist() == ["<b>0", "<b>1"]


def test_the_week_is_seven_rows_of_twenty_four_hours_coloured_by_the_square_root():
    drawing = all_drawings()["week"]
    cells = drawing.figure.checked().data[0]
    assert np.array(cells.z).shape == (7, 24)
    assert np.array(cells.z)[4, 20] == 3
    assert cells.customdata[4][20] == "Friday, 20:00 to 21:00: 9 orders"
    assert [colour for _, colour in cells.colorscale] == list(figure.SEQUENTIAL)
    assert drawing.table["Friday"].tolist() == [2] * 18 + [9] * 6
    assert drawing.title == "Orders peak on Fridays"
    assert "378 orders of twelve months: Monday 13%" in drawing.alt


def test_a_grid_is_sent_with_its_shape():
    sent = json.loads(all_drawings()["week"].figure.to_json())["data"][0]["z"]
    assert sent["shape"] == "7, 24"
    assert decoded(sent).reshape(7, 24)[4, 20] == 3


def test_the_sales_axis_shows_zero_and_holds_every_point():
    drawn = charts.monthly_sales_figure(months(), currency="CNY").figure.checked()
    assert drawn.layout.yaxis.range[0] == 0
    assert drawn.layout.yaxis.range[1] > max(drawn.data[1].y)
    assert drawn.layout.yaxis.ticktext[0] == "¥0"
    assert len(drawn.layout.yaxis.tickvals) <= 4


def test_every_third_month_is_named_and_each_year_once():
    texts = charts.monthly_sales_figure(months(), currency="CNY").figure.checked().layout.xaxis.ticktext
    assert [text.split("<br>")[0] for text in texts[:5]] == ["Jan", "Apr", "Jul", "Oct", "Jan"]
    assert [text for text in texts if "2026" in text] == ["Jan<br>2026"]


def test_a_month_under_way_is_left_out_of_the_line_but_not_of_the_table():
    record = sales(end="2026-11-10")
    frame = beside_year_before(monthly(record, as_of=date(2026, 11, 11), months=36), months=12)
    drawing = charts.monthly_sales_figure(frame, currency="CNY")
    assert len(drawing.figure.checked().data[1].y) == 12
    assert drawing.table["Full month"].tolist() == [True] * 12 + [False]
    assert "November 2026" not in drawing.alt


def test_festivals_are_marked_on_their_day_and_their_words_lean_apart():
    days = festivals(date(2025, 11, 1), date(2026, 10, 31))
    layout = charts.monthly_sales_figure(months(), currency="CNY", festivals=days).figure.checked().layout
    assert [shape.x0 for shape in layout.shapes] == ["2025-11-11", "2026-02-17"]
    words = {each.text: each.xanchor for each in layout.annotations if each.text in ("11.11", "New Year")}
    assert words == {"11.11": "right", "New Year": "left"}


def test_sales_below_zero_and_no_sales_at_all_still_have_an_axis():
    frame = months().assign(net_minor=[-5_000_000, *[2_000_000] * 23])
    assert charts.monthly_sales_figure(frame, currency="CNY").figure.checked().layout.yaxis.range[0] < -50_000
    nothing = months().assign(
        net_minor=0, year_before_minor=np.nan, gross_minor=0, refunded_minor=0, refund_share=np.nan
    )
    assert charts.monthly_sales_figure(nothing, currency="CNY").figure.checked().layout.yaxis.range[1] > 0
    assert charts.refunds_figure(nothing, currency="CNY").alt.endswith("none on record.")


def test_refunds_are_drawn_as_shares_of_each_months_sales():
    drawing = charts.refunds_figure(months(), currency="CNY")
    assert drawing.figure.checked().data[0].y.tolist() == pytest.approx([0.02] * 24)
    assert drawing.figure.checked().data[0].marker.color[-1] == figure.SUBJECT
    assert drawing.title == "Refunds hold at 2% of sales"


def test_buyers_are_drawn_from_the_largest_down_and_their_names_are_no_tags():
    drawing = charts.buyers_figure(buyers([0.2, 0.15]), currency="CNY")
    bars = drawing.figure.checked().data[0]
    assert bars.x.tolist() == [0.2, 0.15]
    assert drawing.figure.checked().layout.yaxis.range[0] > drawing.figure.checked().layout.yaxis.range[1]
    assert bars.customdata[0] == "&lt;b&gt;0"
    assert drawing.title == "Two buyers bring 35% of sales"
    assert drawing.table["Buyer"].tolist() == ["<b>0", "<b>1"]


def test_small_buyers_look_small():
    assert charts.buyers_figure(buyers([0.002] * 10), currency="CNY").figure.checked().layout.xaxis.range[1] >= 0.05


def test_a_balance_that_is_not_on_record_is_not_drawn():
    drawing = charts.wallet_figure(balances(), currency="CNY")
    assert len(drawing.figure.checked().data) == 1
    assert drawing.figure.checked().data[0].y[-1] == 20_000
    assert "fund not on record" in drawing.alt


def test_balances_begin_with_the_first_that_is_on_record():
    late = balances().assign(wallet_minor=[np.nan] * 30 + [1e6] * 150)
    drawn = charts.wallet_figure(late, currency="CNY").figure.checked()
    assert str(drawn.data[0].x[0])[:10] == "2026-06-04"
    assert drawn.layout.xaxis.range[0] == "2026-06-04"


def test_an_axis_of_nothing_but_zeros_names_no_other_value():
    assert figure.money_scale([0.0, 0.0], "CNY").texts == ("¥0",)


def test_ticks_are_never_parts_of_a_minor_unit():
    assert figure.money_scale([0.0, 1.0], "JPY").texts == ("JPY 0", "JPY 1")
    assert figure.money_scale([0.0, 0.002], "KWD").texts == ("KWD 0", "KWD 0.001", "KWD 0.002")


def test_points_diverge_from_zero_and_carry_their_sign_beside_their_colour():
    bars = score_charts.points_figure(REASONS).figure.checked().data[0]
    assert bars.x.tolist() == [-14, 17]
    assert list(bars.text) == ["−14", "+17"]
    assert list(bars.marker.color) == [figure.BAD, figure.GOOD]
    assert bars.constraintext == "none"


def test_the_map_shows_this_shop_among_all_with_the_grades_as_diagonals():
    drawing = all_drawings()["map"]
    cloud, shop = drawing.figure.checked().data
    assert cloud.x.tolist() == [300, 310, 320]
    assert (shop.x.tolist(), shop.y.tolist()) == ([330], [311])
    layout = drawing.figure.checked().layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == (
        "Financial soundness, points →", "Credit reputation, points →",
    )  # fmt: skip
    assert [shape.x0 + shape.y0 for shape in layout.shapes] == [580, 610, 630, 650]
    assert [shape.x1 + shape.y1 for shape in layout.shapes] == [580, 610, 630, 650]
    letters = {each.text: each.x + each.y for each in layout.annotations if len(each.text) == 1}
    assert letters == {"A": 662, "B": 640, "C": 620, "D": 595, "E": 568}
    assert all(layout.xaxis.range[0] < each.x < layout.xaxis.range[1] for each in layout.annotations)
    assert "330 points for soundness and 311 for reputation, among 3 other shops" in drawing.alt


def test_of_many_shops_a_share_is_drawn_and_the_same_each_time():
    many = pd.concat([OTHERS] * 2_000, ignore_index=True)
    drawing = score_charts.map_figure(
        many, soundness_points=330, reputation_points=311, grade_edges=EDGES, title="641 points"
    )
    drawn = drawing.figure.checked().data[0]
    assert len(drawn.x) == 1_500
    assert drawn.x.tolist() == many["soundness_points"].tolist()[::4]
    assert "among 6,000 other shops, of which 1,500 are drawn." in drawing.alt


def test_a_shop_without_others_is_on_the_map_too():
    drawing = score_charts.map_figure(
        OTHERS.head(0), soundness_points=250, reputation_points=400, grade_edges=EDGES, title="650 points"
    )
    low, high = drawing.figure.checked().layout.xaxis.range
    assert low < 250 < high
    assert len(drawing.table) == 1


def test_rate_parts_follow_each_other_and_fill_the_bar():
    drawn = all_drawings()["parts"].figure.checked()
    assert [(int(bar.base), int(bar.x[0])) for bar in drawn.data] == [(0, 410), (410, 351), (761, 23), (784, 250)]
    assert list(drawn.layout.xaxis.range) == [0, 1034]
    names = [each.text for each in drawn.layout.annotations]
    assert names == ["funding", "risk", "handling 0.2", "margin"]
    places = [each.x for each in drawn.layout.annotations]
    assert all(right - left >= 0.2 - 1e-9 for left, right in itertools.pairwise(places))


def test_a_rate_that_the_cap_cuts_below_cost_shows_where():
    drawing = offer_charts.rate_parts_figure(Price(410, 351, 1530, -1091, capped=True), PARTS, "CNY")
    assert [shape.x0 for shape in drawing.figure.checked().layout.shapes] == [1200]
    assert "margin −10.91%" in drawing.alt


def test_each_part_of_the_rate_tells_its_money_on_hover_and_in_the_table():
    drawing = all_drawings()["parts"]
    assert drawing.figure.checked().data[1].hovertemplate.startswith("risk 3.51% a year: ¥176.47 of the interest")
    assert drawing.table["Over the loan, CNY"].tolist() == [141.16, 176.47, 30, 75.85]


def test_the_parts_of_the_interest_fill_their_bar_and_a_lack_is_marked_where_the_interest_ends():
    drawn = all_drawings()["interest"].figure.checked()
    assert [int(bar.x[0]) for bar in drawn.data] == [14_116, 17_647, 3_000, 7_585]
    assert drawn.layout.xaxis.range[1] == 42_348
    assert "handling ¥30.00" in [each.text for each in drawn.layout.annotations]
    short = offer_charts.interest_figure(InterestParts(14_116, 17_647, 3_000, -585), title="Short", currency="CNY")
    assert [shape.x0 for shape in short.figure.checked().layout.shapes] == [34_178]
    assert "margin −¥5.85" in short.alt
    nothing = offer_charts.interest_figure(InterestParts(0, 0, 0, 0), title="None", currency="CNY")
    assert len(nothing.figure.checked().data) == 0


def test_the_stress_marks_by_word_and_colour_where_cash_no_longer_covers_the_instalments():
    drawing = all_drawings()["stress"]
    drawn = drawing.figure.checked()
    assert list(drawn.layout.yaxis.ticktext) == [
        "as expected", "−10%", "−20%", "−30%", "−40%", "−50%", "worst 90 days, −50%",
    ]  # fmt: skip
    said = [each.text for each in drawn.layout.annotations if "instalments" not in each.text]
    assert said == ["1.17", "1.05", "⚠ 0.93", "⚠ 0.82", "⚠ 0.70", "⚠ 0.58", "⚠ 0.58"]
    assert [colour[:7] for colour in drawn.data[0].marker.color] == [figure.SUBJECT] * 2 + [figure.BAD] * 5
    assert drawn.data[0].marker.color[-1] != drawn.data[0].marker.color[-2]
    assert drawn.layout.shapes[0].x0 == 1
    assert "worst 90 days, −50% ⚠ 0.58" in drawing.alt
    assert drawing.table["Instalments missed"].tolist() == [0, 0, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("net", [0, -5_000])
def test_a_stress_without_any_cash_draws_no_bar_and_still_tells_it(net):
    table = stress_table(
        COMING.assign(net_minor=net), cash_margin_bps=1500, existing_minor=0, instalment_minor=20_000,
        owed_minor=60_000, holdback_bps=1000, worst=None,
    )  # fmt: skip
    drawing = stress_charts.stress_figure(table, title="No month would carry ¥200", currency="CNY")
    assert len(drawing.figure.checked().data[0].x) == 6
    assert "as expected ⚠" in drawing.alt


def test_the_curve_of_those_who_walk_away_marks_this_rate_and_the_one_that_brings_most():
    drawing = all_drawings()["demand"]
    curve, this, best = drawing.figure.checked().data
    assert (curve.x[0], curve.x[-1]) == (4, 12)
    assert (list(this.x), list(this.y)) == ([7], [0.5])
    assert list(best.x) == [9.33]
    assert 0.7 < best.y[0] < 0.71
    assert drawing.table.iloc[12].tolist() == [7, 50, 2, 1]
    lone = stress_charts.demand_figure(
        demand_table(DEMAND, break_even_bps=500, legal_cap_bps=1200), rate_bps=933, walk_away_share=0.708,
        best_bps=933, title="At the best rate",
    )  # fmt: skip
    assert len(lone.figure.checked().data) == 2


def test_the_offer_shows_cash_instalment_and_the_worst_ninety_days():
    drawing = all_drawings()["offer"]
    assert drawing.figure.checked().data[0].y.tolist() == [30_000, 27_000, 33_000]
    assert [shape.y0 for shape in drawing.figure.checked().layout.shapes] == [18_861, 22_000]
    assert drawing.title == "Sales may fall 31% before ¥18,861 is missed"
    assert list(drawing.figure.checked().layout.xaxis.ticktext) == ["Dec", "Jan", "Feb"]


@pytest.mark.parametrize(
    ("months", "named"),
    [
        (9, "Dec Jan Feb Mar Apr May Jun Jul Aug"),
        (12, "Dec Feb Apr Jun Aug Oct"),
        (24, "Dec Mar Jun Sep Dec Mar Jun Sep"),
    ],
)
def test_the_months_of_an_offer_are_named_in_full_and_fit(months, named):
    month = pd.date_range("2026-12-01", periods=months, freq="MS")
    frame = pd.DataFrame({"month": month, "net_minor": 2_000, "cash_minor": 300, "from_last_year": True})
    drawing = offer_charts.offer_figure(frame, instalment_minor=200, worst_month_minor=None, fall=0.3, currency="JPY")
    assert " ".join(drawing.figure.checked().layout.xaxis.ticktext) == named


def test_labels_never_touch():
    layout = all_drawings()["offer"].figure.checked().layout
    room = layout.height - layout.margin.t - layout.margin.b
    low, high = layout.yaxis.range
    pixels = sorted((each.y - low) / (high - low) * room for each in layout.annotations)
    assert all(above - below >= figure.LINE_HEIGHT - 0.01 for below, above in itertools.pairwise(pixels))


@pytest.mark.parametrize("top", [1, 9.99, 10, 205_000, 3e9, 0.031])
def test_an_axis_has_round_ticks_and_holds_its_highest_value(top):
    scale = figure.money_scale([0.0, top], "CNY")
    assert scale.high >= top
    assert 2 <= len(scale.ticks) <= 4
    assert scale.ticks[0] == 0
    assert scale.ticks[-1] >= top / 2


def test_arrays_are_sent_whole_in_the_form_that_the_browser_reads_fastest():
    days = np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[s]")
    sheet = figure.Sheet(100, right=1)
    sheet.add_marks(x=days, y=np.array([1.5, np.nan]), customdata=np.array(["a", "b"], dtype=object))
    sheet.add_bars(x=np.array([1, 2]), y=[3, 4])
    sent = json.loads(sheet.figure().to_json())
    line, bars = go.Figure(sent).data
    assert list(line.x) == ["2026-01-01", "2026-01-02"]
    assert line.y["dtype"] == "f8"
    assert np.array_equal(decoded(line.y), [1.5, np.nan], equal_nan=True)
    assert list(line.customdata) == ["a", "b"]
    assert decoded(bars.x).tolist() == [1, 2]
    assert list(bars.y) == [3, 4]


def decoded(array):
    return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])
