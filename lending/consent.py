"""A shop's consent: who gave it, for what, from which day to which, and what a withdrawal takes away.

Without consent nobody sees more of a shop than its name and the state of its application, and nothing is scored. A
withdrawal ends every consent that was given before it, whatever it was to last; it stops scoring and sharing, not the
servicing of a loan that runs and not what the law says must be kept.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from lending.errors import ConsentRefused

Speaker = Literal["owner", "representative", "marketplace"]
"""By which right somebody spoke for the shop. Whose name that is stands in the evidence."""

SPEAKERS: tuple[Speaker, ...] = ("owner", "representative", "marketplace")
EVIDENCE_LETTERS = 3
LONGEST_EVIDENCE = 200
USUAL_DAYS = 365


@dataclass(frozen=True, slots=True)
class Given:
    """A consent as it was given. It covers the lender's decisions, and with `sharing` reports to partner banks."""

    said_by: Speaker
    evidence: str
    """Where it can be looked up, such as the number of a signed form."""
    given_on: date
    until_on: date
    """The last day that it covers."""
    sharing: bool = False


def check_given(given: Given, *, today: date) -> None:
    """Make sure that a consent can be recorded.

    Raises:
        ConsentRefused: speaker, evidence, future (given after today), over (its last day is past), days (it ends
            before it was given).
    """
    check_word(given.said_by, given.evidence)
    if given.given_on > today:
        raise ConsentRefused("future")
    if given.until_on < given.given_on:
        raise ConsentRefused("days")
    if given.until_on < today:
        raise ConsentRefused("over")


def check_word(said_by: str, evidence: str) -> None:
    """Make sure that a word of a shop, given or taken back, says by whom and where it can be looked up.

    Raises:
        ConsentRefused: speaker, evidence.
    """
    if said_by not in SPEAKERS:
        raise ConsentRefused("speaker")
    if sum(letter.isalnum() for letter in evidence) < EVIDENCE_LETTERS or len(evidence) > LONGEST_EVIDENCE:
        raise ConsentRefused("evidence")
