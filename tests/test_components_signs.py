"""The signs of bought sales on screen: their words, their chart, and what is said where nothing was found."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from components import signs_words
from components.figure import COMPARISON, WARN
from components.signs_chart import weeks_figure
from scoring.bought_signs import BY_NAME, SIGNS, UNKNOWN
from scoring.manipulation_record import (
    ChangedFeature,
    Manipulation,
    Sign,
    SuspectOrder,
    Week,
    plain,
)
from scoring.suspects import RULES

MONDAY = date(2026, 8, 3)
WEEKS = tuple(Week(MONDAY + timedelta(weeks=n), 400_000, 300_000 if n in (4, 6) else 0) for n in range(12))
QUIET = Manipulation(
    flagged=False, orders=1_234, timed=True, month_minor=1_600_000, month_aside_minor=0, recent_minor=4_800_000,
    recent_aside_minor=0, aside_orders=0, aside_minor=0,
    signs=tuple(Sign(kind.name, 0.01, 0.02, 3, False, None) for kind in SIGNS),
    features=(), suspects=(), days=(), weeks=(),
)  # fmt: skip
FLAGGED = replace(
    QUIET, flagged=True, recent_aside_minor=2_400_000, aside_orders=60, aside_minor=2_400_000, weeks=WEEKS,
    signs=(Sign("night", 0.25, 0.02, 60, True, None), Sign("paid_back", None, None, 0, False, "no_wallet")),
    features=(ChangedFeature("median_month_minor", 2_000_000.0, 900_000.0), ChangedFeature("buyers", 445.0, 385.0),
              ChangedFeature("sales_trend", 0.59, -0.05),
              ChangedFeature("buyer_concentration", 0.0012, 0.0014),
              ChangedFeature("rating", 4.6, None)),
    suspects=(
        SuspectOrder("S1-7", date(2026, 9, 2), 1_788_286_500_000_000, "B-7", 50_000, "night_round_new"),
        SuspectOrder("S1-9", date(2026, 9, 3), None, None, 30_050, "paid_back"),
    ),
)  # fmt: skip


def without(found, why, *names):
    signs = tuple(
        replace(sign, value=None, usual=None, cases=0, unknown=why) if not names or sign.name in names else sign
        for sign in found.signs
    )
    return replace(found, signs=signs)


def test_where_nothing_was_found_one_line_says_so():
    assert signs_words.quiet(QUIET)
    assert signs_words.quiet_line(QUIET) == "No sign of bought sales in 1,234 orders."


def test_the_line_says_what_could_not_be_looked_at():
    seen = without(without(QUIET, "no_times", "night"), "no_wallet", "paid_back")
    assert signs_words.quiet_line(seen) == (
        "No sign of bought sales in 1,234 orders; not looked at: money back to buyers, since no wallet is on record; "
        "nights, since only dates are known."
    )


def test_a_shop_of_daily_totals_is_not_called_free_of_signs():
    words = signs_words.quiet_line(without(QUIET, "totals_only"))
    assert words == "No sign of bought sales could be looked for: only daily totals are known."


def test_a_score_of_before_the_signs_says_that_nothing_was_looked_through():
    assert "nothing was looked through" in signs_words.quiet_line(replace(QUIET, signs=()))


@pytest.mark.parametrize(
    ("found", "title"),
    [
        (FLAGGED, "50% of the sales of the last 90 days are set aside"),
        (replace(FLAGGED, month_aside_minor=1_200_000), "75% of the sales of the last 30 days are set aside"),
        (replace(FLAGGED, flagged=False, recent_aside_minor=240_000, aside_orders=1),
         "1 order set aside, 5% of the last 90 days' sales"),
        (replace(FLAGGED, flagged=False, aside_orders=0), "1 sign of unusual sales, no order set aside"),
    ],
)  # fmt: skip
def test_the_title_is_the_finding(found, title):
    assert signs_words.title(found) == title


@pytest.mark.parametrize("kind", SIGNS, ids=lambda kind: kind.name)
def test_each_sign_that_fires_is_told_with_its_number_and_accuses_nobody(kind):
    value = {"share": 0.31, "ratio": 2.9, "count": 96.0}[kind.unit]
    words = signs_words.sign_sentence(Sign(kind.name, value, value / 4, 60, True, None))
    assert {"share": "31%", "ratio": "2.9", "count": "96"}[kind.unit] in words
    assert not any(word in words.lower() for word in ("fraud", "fake", "wash", "cheat", "bought sales"))
    assert words[0] != words[0].lower() or words[0].isdigit()


def test_every_sign_rule_and_reason_has_its_words():
    assert set(signs_words.SHORT_LABELS) == set(BY_NAME)
    for why in UNKNOWN.values():
        assert why[0].islower()
        assert not why.endswith(".")
    assert all(words[0].isupper() for words in RULES.values())


def test_the_features_stand_side_by_side():
    rows = signs_words.feature_rows(FLAGGED, "CNY")
    assert rows.values.tolist() == [
        ["Monthly net sales", "¥20k", "¥9k"],
        ["Number of buyers", "445", "385"],
        ["Sales trend", "+59%", "−5%"],
        ["Rating", "4.60", "–"],
    ]


def test_the_orders_are_told_by_the_clock_of_the_shop():
    rows = signs_words.order_rows(FLAGGED, currency="CNY", time_zone="Asia/Shanghai")
    assert rows.iloc[0].tolist() == ["S1-7", "2 Sep 2026", "02:15", "B-7", "¥500", RULES["night_round_new"]]
    assert rows.iloc[1].tolist() == ["S1-9", "3 Sep 2026", "–", "–", "¥300.50", RULES["paid_back"]]
    dated = signs_words.order_rows(replace(FLAGGED, timed=False), currency="CNY", time_zone="Asia/Shanghai")
    assert "Time" not in dated
    assert signs_words.orders_title(FLAGGED, "CNY") == "60 orders set aside, ¥24,000; the 2 largest"


def test_the_chart_stacks_what_is_set_aside_on_what_is_kept():
    drawing = weeks_figure(WEEKS, currency="CNY", title="half")
    kept, aside = drawing.figure.checked().data
    assert (kept.marker.color, aside.marker.color) == (COMPARISON, WARN)
    assert [value for value in aside.y if value] == [3_000, 3_000]
    assert all(one + other == 4_000 for one, other in zip(kept.y, aside.y, strict=True))
    assert drawing.alt == (
        "half. Set aside: week of 31 Aug 2026 ¥3k of ¥4k, week of 14 Sep 2026 ¥3k of ¥4k."
    )  # fmt: skip
    assert drawing.table["Set aside (CNY)"].tolist() == aside.y.tolist()


def panel(told):
    from components.signs_panel import show_signs
    from scoring.manipulation_record import read_manipulation

    show_signs(read_manipulation(told), currency="CNY", time_zone="Asia/Shanghai")


def run(found):
    return AppTest.from_function(panel, args=(plain(found),)).run()


def test_the_card_shows_finding_signs_and_that_a_flag_accuses_nobody():
    page = run(FLAGGED)
    assert not page.exception
    words = " ".join(each.value for each in page.markdown).replace("\\", "")
    assert "Unusual sales pattern" in words
    assert "50%" in words
    assert "one to six in the morning" in words
    assert "never an accusation" in page.caption[0].value
    assert page.dataframe[0].value["Without them"].tolist() == ["¥9k", "385", "−5%", "–"]


def test_where_only_signs_fire_nothing_is_said_to_be_set_aside():
    page = run(replace(FLAGGED, flagged=False, aside_orders=0, weeks=(), features=(), suspects=()))
    assert "No order is set aside" in page.caption[0].value
    assert len(page.button) == 0


def test_the_orders_open_in_a_drawer():
    page = run(FLAGGED)
    page.button[0].click().run()
    assert not page.exception
    assert page.dataframe[-1].value["Order"].tolist() == ["S1-7", "S1-9"]


def test_where_nothing_was_found_the_panel_is_one_line():
    page = run(QUIET)
    (line,) = (each.value.replace("\\", "") for each in page.caption)
    assert line == ":green[✓] No sign of bought sales in 1,234 orders."
    assert "✓" not in run(without(QUIET, "totals_only")).caption[0].value
    assert len(page.button) == len(page.dataframe) == len(page.markdown) == 0
