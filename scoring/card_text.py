"""The text of a points card: strict JSON, one canonical spelling, and the hash by which a card is known."""

import hashlib
import json
import math
from typing import Any, NoReturn

FORMS = (1, 2)
"""Form 1 knows numbers only; form 2 adds categories, a fitted calibration, and whether a missing bin was seen."""
FORM = FORMS[-1]
HASH = "hash"
"""The member in which a card may say its own hash; it is no part of what is hashed."""


class CardError(Exception):
    """A card cannot be read or made; the text says where it is wrong."""


class NotACard(CardError):
    """The text is not JSON with a form."""


class NewerForm(CardError):
    """The card was made by a newer version of Loam."""


class WrongHash(CardError):
    """The card is not the one that its hash, or the caller, names."""


class BrokenTable(CardError):
    """The table of bins and points does not hold together."""


def canonical(content: object) -> str:
    """JSON with sorted keys and no spaces: the same content is the same text, and so the same hash.

    >>> canonical({"b": [1, 2], "a": "x"})
    '{"a":"x","b":[1,2]}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def hash_of(body: str) -> str:
    """SHA-256 of the canonical JSON."""
    return hashlib.sha256(body.encode()).hexdigest()


def file_text(body: str) -> str:
    """The card's canonical JSON as a file that people can read, with its hash."""
    content = {**json.loads(body), HASH: hash_of(body)}
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def parse(text: str, expected_hash: str | None) -> dict[str, Any]:
    """The content of a card's text without its hash, which is checked.

    Raises:
        NotACard: where the text is no JSON object with a form, names a member twice, or holds a number without end.
        NewerForm: for a form that this version does not know.
        WrongHash: where the content has another hash than the text, or the caller, says.
    """
    try:
        content = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_finite, parse_int=_finite_int
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise NotACard(f"This is no points card: {error}.") from error
    if not isinstance(content, dict) or type(content.get("form")) is not int:
        raise NotACard("This is no points card: it is not JSON with a form.")
    if content["form"] > FORM:
        raise NewerForm(
            f"This card has form {content['form']}; this version of Loam reads forms up to {FORM}. "
            "It was made by a newer version of Loam."
        )
    if content["form"] not in FORMS:
        raise NotACard(f"This is no points card: there is no form {content['form']}.")
    _check_hash(content.pop(HASH, None), expected_hash, hash_of(canonical(content)))
    return content


def _check_hash(said: object, expected: str | None, found: str) -> None:
    if said is not None and said != found:
        raise WrongHash(f"The card was changed: it says that its hash is {said}, but it is {found}.")
    if expected is not None and expected != found:
        raise WrongHash(f"This is another card: its hash is {found}, not {expected}.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it names {twice} twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large")
    return value


def _finite_int(digits: str) -> int:
    # Edges become floating-point numbers; beyond 300 digits they could not.
    if len(digits) > 300:
        raise ValueError("a number has more than 300 digits")
    return int(digits)
