"""How many examples a property is tried on: few as a rule, and many in the soak."""

import os


def examples(usual):
    """`usual`, or as many times that as `make soak` asks for."""
    return usual * int(os.environ.get("SOAK_TIMES", "1"))
