"""Words on buttons of which one, or some, are chosen."""

from collections.abc import Callable, Mapping


def in_gray(words: Mapping[str, str]) -> Callable[[str], str]:
    """Labels that keep their colour when chosen: in the dark the lead colour is too faint on its own ground."""
    return lambda each: f":gray[{words[each]}]"
