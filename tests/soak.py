"""What is tried seldom: few examples of a property as a rule and many in the soak, and cases that wait for it."""

import os

import pytest


def in_the_soak(*cases):
    """Cases of a parameter that are tried in the soak alone."""
    return [pytest.param(case, marks=pytest.mark.soak) for case in cases]


def examples(usual):
    """`usual`, or as many times that as `make soak` asks for."""
    return usual * int(os.environ.get("SOAK_TIMES", "1"))
