"""The offer in words, and its charts in the drawer."""

from dataclasses import replace

from components import offer_words
from lending.offer import assess
from lending.policy import FIRST_POLICY, load
from lending.pricing import Price
from lending.stress import SalesBase
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


def test_the_cost_of_a_loan_is_its_rate_its_instalment_and_its_interest():
    terms = Terms(1_200_000, 6, Price(410, 0, 50, 740, capped=False), 207_058, 42_348)
    assert offer_words.cost_sentence(terms, "CNY") == "12% a year: ¥2,071 a month, ¥423 interest in all"
    capped = replace(terms, price=replace(terms.price, capped=True))
    assert offer_words.cost_sentence(capped, "CNY").startswith("12% a year, the legal cap: ¥2,071")
