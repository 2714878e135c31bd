"""Prints the licence of each library that the desk runs on, as the library's own metadata has it.

`python -m docs.licences`, in the environment that make sets up.
"""

import re
import sys
from importlib.metadata import metadata
from pathlib import Path

PINS = Path(__file__).resolve().parents[1] / "requirements.txt"


def licence_of(name: str) -> str:
    """The licence of an installed library: its SPDX expression, else its classifiers, else the first line it has."""
    told = metadata(name)
    if expression := told.get("License-Expression"):
        return expression
    classified = [each.split(" :: ")[-1] for each in told.get_all("Classifier", []) if each.startswith("License ::")]
    # The bare heading says nothing.
    named = [each for each in classified if each != "OSI Approved"]
    return "; ".join(named) or (told.get("License") or "not told").strip().splitlines()[0]


def main() -> None:
    """One line per library: name, version, licence."""
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", PINS.read_text(encoding="utf-8"), re.MULTILINE):
        sys.stdout.write(f"{name:28} {version:12} {licence_of(name)}\n")


if __name__ == "__main__":
    main()
