"""The offer in words."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from components import offer_words
from lending.offer import assess
from lending.policy import FIRST_POLICY, load
from lending.pricing import InterestParts, Price
from lending.stress import SalesBase, Stretch, bearable_fall, stress_table
from lending.terms import Terms

POLICY = load(FIRST_POLICY.read_text(encoding="utf-8"))


def offer(**changes):
    case = {
        "grade": "B",
        "default_probability_ppm": 20_000,
        "sales": SalesBase(24, 10_000_000, 10_000_000, 1),
        "asked_minor": 5_000_000,
        "term_months": 6,
    }
    return assess(POLICY, **{**case, **changes})


def test_the_title_of_the_offer_says_amount_term_and_rate_and_the_caption_what_binds():
    found = offer()
    # The price is that of the amount asked for, so the title says which amount it is for.
    assert offer_words.offer_title(found, "CNY").startswith("Offer: up to ¥57,900; ¥50,000 at ")
    more = offer(asked_minor=9_000_000)
    assert offer_words.offer_title(more, "CNY").startswith("Offer: up to ¥57,900 for 6 months at ")
    assert offer_words.offer_caption(found, "CNY") == "Limit set by what sales carry"
    assert offer_words.caps_sentences(found, "CNY") == [
        "What sales carry, ¥58k: what a set share of the weaker months' sales repays in the term.",
        "Grade limit, ¥150k: the usual month's sales, times what the grade allows.",
        "Largest loan, ¥300k: the most that the policy lends to one owner.",
    ]


def test_no_offer_says_which_cap_leaves_no_room():
    none = offer(sales=SalesBase(24, 10_000_000, 0, 1))
    assert offer_words.offer_title(none, "CNY") == "No offer: what sales carry leaves no room"


def test_the_title_of_the_stress_says_when_some_months_are_short_as_they_are():
    assert offer_words.fall_title(0.314, 1_886_100, "CNY") == "Sales may fall 31% before ¥18,861 is missed"
    assert offer_words.fall_title(-0.2, 1_886_100, "CNY") == "Some months would not carry ¥18,861"
    assert offer_words.fall_title(float("-inf"), 1_886_100, "CNY") == "Some months would not carry ¥18,861"


TERMS = Terms(
    1_200_000, 6, Price(410, 0, 50, 740, capped=False), 207_058, 42_348, 20_000,
    InterestParts(14_116, 17_647, 3_000, 7_585),
)  # fmt: skip


def test_the_cost_of_a_loan_is_its_rate_its_instalment_and_its_interest():
    assert offer_words.cost_sentence(TERMS, "CNY") == "12% a year: ¥2,071 a month, ¥423 interest in all"
    capped = replace(TERMS, price=replace(TERMS.price, capped=True))
    assert offer_words.cost_sentence(capped, "CNY").startswith("12% a year, the legal cap: ¥2,071")


def test_what_the_interest_pays_for_is_told_to_the_last_unit():
    assert offer_words.parts_title(TERMS, "CNY") == "¥75.85 of ¥423 interest is margin"
    assert offer_words.parts_sentence(TERMS, "CNY") == (
        "¥141.16 funding, ¥176.47 risk, ¥30.00 handling, ¥75.85 margin of ¥423.48 interest over 6 months"
    )
    short = replace(TERMS, parts=InterestParts(30_000, 17_647, 3_000, -8_299))
    assert offer_words.parts_title(short, "CNY") == "¥423 interest is ¥82.99 short of what the loan costs"


def test_the_probability_behind_the_risk_is_named_with_its_period_and_as_assumed_only_where_it_is():
    assumed = offer_words.loss_sentence(TERMS, POLICY, assumed=True)
    assert "default probability 2% (assumed) within twelve months, taken for the loan's 6 months" in assumed
    assert "70% of the amount" in assumed
    assert "default probability 2% within" in offer_words.loss_sentence(TERMS, POLICY, assumed=False)


def stress(net, *, worst=None, instalment=207_058, existing=0):
    return stress_table(
        pd.DataFrame({"net_minor": net}), cash_margin_bps=1500, existing_minor=existing, instalment_minor=instalment,
        owed_minor=1_242_348, holdback_bps=1000, worst=worst,
    )  # fmt: skip


def worst_of(monthly):
    """Ninety days at this pace a month."""
    return Stretch(date(2026, 1, 1), date(2026, 3, 31), monthly * 12 * 90 // 365)


MAY_FALL = "Sales may fall 31% before ¥2,071 is missed"
SHORT = "Some months would not carry ¥2,071"


@pytest.mark.parametrize(
    ("net", "worst", "title"),
    [
        ([2_000_000, 3_000_000], 1_500_000, f"{MAY_FALL}; its worst 90 days (−40%) would carry it"),
        ([2_000_000, 3_000_000], 500_000, f"{MAY_FALL}; its worst 90 days (−80%) would not carry it"),
        ([1_000_000, 3_000_000], 500_000, f"{SHORT}; its worst 90 days (−75%) would not either"),
        ([1_000_000, 3_000_000], 1_500_000, f"{SHORT}; its worst 90 days (−25%) would"),
        ([1_000_000, 1_000_000], None, "No month would carry ¥2,071"),
        ([0, 0], 0, "No month would carry ¥2,071; its worst 90 days would not either"),
    ],
)  # fmt: skip
def test_the_title_of_the_stress_says_what_sales_and_the_worst_days_would_carry(net, worst, title):
    table = stress(net, worst=None if worst is None else worst_of(worst))
    fall = bearable_fall([each * 15 // 100 for each in net], instalments_minor=207_058)
    assert offer_words.stress_title(table, fall, 207_058, "CNY") == title


def test_the_rows_of_the_stress_are_full_amounts_and_counts():
    rows = offer_words.stress_rows(stress([2_000_000, 1_800_000], existing=50_000, worst=worst_of(900_000)), "CNY")
    assert rows.iloc[0].tolist() == ["as expected", "¥2,700", "1.05", "0 of 2", "199"]
    assert rows.iloc[1].tolist() == ["−10%", "¥2,430", "⚠ 0.95", "1 of 2", "221"]
    assert rows["Sales"].iloc[-1] == "worst 90 days, −53%"
    empty = offer_words.stress_rows(stress([0], worst=worst_of(0)), "JPY")
    assert empty.iloc[-1].tolist() == ["worst 90 days", "JPY 0", "⚠ 0.00", "1 of 1", "–"]


def test_the_caption_of_the_stress_names_what_is_owed_already_and_a_record_too_short():
    plain = offer_words.stress_caption(POLICY, existing_minor=0, worst_known=True)
    assert "Cash is 15% of net sales, assumed" in plain
    assert "10% of each day's sales" in plain
    assert "owed already" not in plain
    short = offer_words.stress_caption(POLICY, existing_minor=50_000, worst_known=False)
    assert "Instalments count ¥500 a month that is owed already." in short
    assert "Fewer than 90 days are on record" in short


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "At 9.4% none of 100 such"), (0.002, "At 9.4% under 1 of 100 such"),
        (0.64, "At 9.4% about 64 of 100 such"), (0.996, "At 9.4% over 99 of 100 such"),
    ],
)  # fmt: skip
def test_walking_away_is_said_as_a_number_of_a_hundred_and_as_assumed(share, said):
    assert offer_words.demand_title(940, share) == f"{said} borrowers walk away, assumed"
    assert offer_words.walking(940, share).endswith("walk away, assumed")


def test_the_best_rate_is_told_as_information_and_as_the_cap_where_it_is_that():
    assert offer_words.best_sentence(989, POLICY) == (
        "An application brings most margin at 9.89%; no rate is set by that"
    )
    assert "at 12%, the legal cap;" in offer_words.best_sentence(1200, POLICY)
    assert offer_words.best_sentence(None, POLICY) == "No rate under the legal cap leaves a margin"
    assert "each further 3.46% halve those who stay" in offer_words.curve_sentence(POLICY.demand)
