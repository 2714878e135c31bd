"""Codes of the address: what they mean, and that nonsense means the default."""

import pytest

from components.list_address import LONGEST_WORDS, Filter

HOLDER = Filter("holder", ("all", "nobody", "mine"))
GRADE = Filter("grade", ("A", "B", "C"), several=True)
SEARCH = Filter("search")


@pytest.mark.parametrize(
    ("of", "text", "value"),
    [
        (HOLDER, "mine", "mine"),
        (HOLDER, "", "all"),
        (HOLDER, "Mine", "all"),
        (GRADE, "CA", ("A", "C")),
        (GRADE, "AAZ'", ("A",)),
        (GRADE, "", ()),
        (SEARCH, "  grey   tile ", "grey tile"),
        (SEARCH, "\0grey\0tile", "grey tile"),
        (SEARCH, "x" * 500, "x" * LONGEST_WORDS),
    ],
)
def test_a_text_means_a_value_or_else_the_default(of, text, value):
    assert of.read(text) == value


@pytest.mark.parametrize(
    ("of", "value", "text"), [(HOLDER, "all", ""), (HOLDER, "mine", "mine"), (GRADE, ("A", "C"), "AC"), (GRADE, (), ""),
                              (SEARCH, "", ""), (SEARCH, "青瓦", "青瓦")]
)  # fmt: skip
def test_a_default_does_not_stand_in_the_address(of, value, text):
    assert of.write(value) == text
    assert of.read(text) == value
