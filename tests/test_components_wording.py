"""Numbers, dates, codes and untrusted text, as the desk writes them."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import notices, offer_words, sentences, wording
from db.tables import AUTHORITIES, GRADES, OUTCOMES, ROLES
from lending.offer import CapName, Why
from lending.reasons import REASONS


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (18_000_000, "CNY", "¥180,000"),
        (10_000, "CNY", "¥100"),
        (9_999, "CNY", "¥99.99"),
        (5_000, "CNY", "¥50.00"),
        (0, "CNY", "¥0"),
        (-18_000_050, "CNY", "−¥180,001"),
        (1_234, "JPY", "JPY 1,234"),
        (1_234_567, "KWD", "KWD 1,235"),
        (12_345, "USD", "$123"),
        (None, "CNY", "–"),
    ],
)
def test_money_in_full_has_no_decimals_from_100_up(minor, currency, text):
    assert wording.money(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "text"),
    [
        (164_000_000, "¥1.64 m"),
        (4_600_000, "¥46k"),
        (4_567_800, "¥45.7k"),
        (99_994_900, "¥1 m"),
        (99_949_900, "¥999k"),
        (250_000_000_000, "¥2.5 bn"),
        (45_500, "¥455"),
        (-4_550_000, "−¥45.5k"),
        (50, "¥0.50"),
        (0, "¥0"),
        (float("nan"), "–"),
        (None, "–"),
    ],
)
def test_short_money_has_three_significant_digits(minor, text):
    assert wording.money_short(minor, "CNY") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.037, "3.7%"), (0.0996, "10%"), (0.31, "31%"), (0, "0%"), (-0.0001, "0%"), (-0.064, "−6.4%"), (1.255, "126%")],
)
def test_a_share_has_one_decimal_below_ten_percent(value, text):
    assert wording.share(value) == text


def test_changes_carry_their_sign_and_a_metric_gets_an_ascii_hyphen():
    assert [wording.change(each) for each in (0.11, -0.031, 0.0001, None)] == ["+11%", "−3.1%", "0%", "–"]
    assert [wording.points_change(each) for each in (0.004, -0.021, 0.0001)] == ["+0.4 pt", "−2.1 pt", "0 pt"]
    assert wording.for_metric(wording.points_change(-0.004)) == "-0.4 pt"
    assert [wording.points(each) for each in (12, 0, -14)] == ["+12", "0", "−14"]


def test_rates_and_probabilities_are_exact_enough_to_decide_on():
    assert [wording.rate(each) for each in (1440, 1034, 1200, 0, -109, None)] == [
        "14.4%", "10.34%", "12%", "0%", "−1.09%", "–",
    ]  # fmt: skip
    assert [wording.probability(each) for each in (31_000, 499, 500)] == ["3.1%", "under 0.1%", "0.1%"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (8_600_000, "money", "¥86k"),
        (0.31, "share", "31%"),
        (4.757, "rating", "4.76"),
        (-0.5, "ratio", "−0.50"),
        (1, "days", "1 day"),
        (7.4, "months", "7 months"),
        (50, "months", "4.2 years"),
        (1234.4, "count", "1,234"),
        (None, "count", "–"),
        (float("nan"), "share", "–"),
    ],
)
def test_each_unit_has_its_own_form(value, unit, text):
    assert wording.quantity(value, unit, "CNY") == text


NOON = datetime(2026, 10, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(days=2, hours=4, minutes=59), "2 d 4 h"),
        (timedelta(days=1), "1 d 0 h"),
        (timedelta(hours=11), "◔ 11 h"),
        (timedelta(minutes=40), "◔ 40 min"),
        (timedelta(0), "◔ 0 min"),
        (timedelta(hours=-14), "⚠ late 14 h"),
        (timedelta(days=-2, hours=-3), "⚠ late 2 d 3 h"),
    ],
)
def test_a_clock_shows_the_time_left_and_warns_without_colour(left, text):
    assert wording.clock(NOON + left, NOON) == text


def test_dates_are_short_and_times_are_on_the_desks_clock():
    assert wording.day(NOON.date()) == "31 Oct 2026"
    assert wording.day(None) == "–"
    assert wording.moment(NOON, "Asia/Shanghai") == "31 Oct 2026, 20:00"


HOSTILE = (
    "=1+1",
    "<img src=x onerror=alert(1)>",
    "![](http://example.com/a.png)",
    ":material/home: :smile: :red[x]",
    "$x$ [a](http://x) `c` **b** ~~s~~",
    "1. Tea # Co -- a->b <- c >= d",
    "NA",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_plain_text_keeps_every_letter_and_escapes_every_sign(text):
    shown = wording.plain(text)
    assert shown.replace("\\", "").replace("\u2060", "") == text
    for place, sign in enumerate(shown):
        if sign.isascii() and not sign.isalnum() and sign not in "\\ ":
            assert shown[place - 1] == "\\"


@pytest.mark.parametrize("replaced", [":material/", ":smile", "://", "a@b", "www.", "->", "<-", "--", ">=", "<=", "~="])
def test_what_streamlit_replaces_in_the_finished_text_is_parted(replaced):
    assert replaced not in wording.plain(f"x{replaced}y {replaced}").replace("\\", "")


def test_line_breaks_and_marks_of_direction_do_not_survive():
    assert wording.plain("a\n# b\r\n\tc") == "a \\# b c"
    assert wording.plain("tea\u202egnp.exe\u200b") == "tea gnp\\.exe"
    assert wording.plain(None) == ""


def test_text_for_a_chart_has_no_tags_and_a_length():
    assert wording.figure_text("<b>5 & 6</b> $") == "&lt;b&gt;5 &amp; 6&lt;/b&gt; &#36;"
    assert wording.figure_text("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "＝1"])
def test_no_cell_begins_like_a_formula(text):
    file = io.StringIO(newline="")
    csv.writer(file).writerow([wording.cell(text)])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline="")))[0] == f"'{text}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("👨\u200d👩\u200d👧 茶", "👨\u200d👩\u200d👧 茶"),
        ("می\u200cخواهم", "\u2068می\u200cخواهم\u2069"),
        ("Te\u200da", "Te a"),
        ("👨\u200d\u200d👩", "👨 👩"),
        ("a\u202eb", "a b"),
        ("متجر 15", "\u2068متجر 15\u2069"),
        ("Café 15", "Café 15"),
    ],
)
def test_joined_emoji_stay_one_and_right_to_left_names_stand_apart(text, shown):
    assert wording.plain(text) == shown
    assert wording.figure_text(text) == shown


@given(st.text())
def test_no_text_breaks_the_wording(text):
    for shown in (wording.plain(text), wording.figure_text(text), wording.cell(text)):
        assert isinstance(shown, str)
    assert "<" not in wording.figure_text(text)
    assert "\n" not in wording.plain(text)


def test_every_code_has_its_words():
    assert set(wording.REASONS) == set(notices.REASON_NOTICES) == set(sentences.SHORT_REASONS) == set(REASONS)
    assert set(wording.ROLES) == set(ROLES)
    assert set(wording.OUTCOMES) == set(wording.OUTCOMES_DONE) == set(OUTCOMES)
    assert set(wording.AUTHORITIES) == set(wording.NEEDS) == set(AUTHORITIES)
    assert set(wording.GRADES) == set(wording.GRADE_COLOURS) == set(GRADES)
    assert set(wording.CAPS) == set(CapName.__args__)
    assert set(offer_words.WHY) == set(Why.__args__)


def test_no_notice_speaks_of_manipulation():
    assert not any("manipul" in text.lower() or "fraud" in text.lower() for text in notices.REASON_NOTICES.values())
