"""Each refusal of a loan's life has a sentence that names what is meant."""

import pytest

from components import refusals
from lending import loan_life
from lending.errors import ActRefused, UnknownLoan


@pytest.mark.parametrize("because", loan_life.REFUSALS)
def test_each_refusal_of_a_loans_step_has_a_sentence(because):
    for what in ("", "pay", "identity"):
        said = refusals.sentence(ActRefused(because, what, 12_345))
        assert said.endswith(".")
        assert "{" not in said


def test_each_step_and_each_check_has_its_words():
    assert set(refusals.STEPS) == set(loan_life.KINDS)
    assert set(refusals.CHECKS) == set(loan_life.CHECKS)
    assert set(refusals.ACTS) == {*loan_life.REFUSALS, "least"}


def test_an_amount_stands_in_the_loans_own_currency():
    said = refusals.sentence(ActRefused("too_much", "waive", 12_345), currency="EUR")
    assert "€123\\.45" in said
    assert "identity" in refusals.sentence(ActRefused("check_missing", "identity"))
    assert refusals.sentence(UnknownLoan()) == "No loan has this number."


def test_an_amount_that_is_missing_is_not_called_too_small_a_settlement():
    assert "above zero" in refusals.sentence(ActRefused("amount", "pay"))
    assert "at least" in refusals.sentence(ActRefused("amount", "settle", 500_000))
