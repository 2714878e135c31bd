"""The rules of lending that a request can break, each by its own name.

An exception carries the figures of the case; `components/wording.py` turns them into a sentence.

    BrokenRule
    ├── NotEnoughHistory      the record is too short for the figure asked for
    ├── AboveAuthority        this person may not settle this outcome
    └── NotADecision          the answer is incomplete or outside the policy
        ├── UnknownOutcome, UnknownReason, RepeatedReason, TooManyReasons, ReasonMissing
        ├── NoteMissing, NoteTooLong
        └── AmountOutOfRange, RateOutOfRange, TermNotOffered, TermsWithoutApproval
"""

from dataclasses import dataclass


class BrokenRule(Exception):
    """A rule of the house of lending says no."""


@dataclass(eq=False)
class NotEnoughHistory(BrokenRule):
    """The shop's record is shorter than the figure needs."""

    found_days: int
    needed_days: int


@dataclass(eq=False)
class AboveAuthority(BrokenRule):
    """The outcome needs an authority that this person does not have."""

    needed: str
    role: str


class NotADecision(BrokenRule):
    """The answer cannot be recorded as it stands."""


@dataclass(eq=False)
class UnknownOutcome(NotADecision):
    """An outcome other than approve, approve less, decline or refer."""

    outcome: str


@dataclass(eq=False)
class UnknownReason(NotADecision):
    """A reason that the policy does not list."""

    reason: str


@dataclass(eq=False)
class RepeatedReason(NotADecision):
    """The same reason given twice."""

    reason: str


@dataclass(eq=False)
class TooManyReasons(NotADecision):
    """More principal reasons than an applicant can act on."""

    given: int
    most: int


@dataclass(eq=False)
class ReasonMissing(NotADecision):
    """A decline or a smaller offer that does not say why."""

    outcome: str


@dataclass(eq=False)
class NoteMissing(NotADecision):
    """A referral or an override without a word for the next reader; `because` is "refer" or "override"."""

    because: str


@dataclass(eq=False)
class NoteTooLong(NotADecision):
    """A note longer than the record keeps."""

    length: int
    most: int


@dataclass(eq=False)
class AmountOutOfRange(NotADecision):
    """An amount that does not fit the outcome: approve is what was asked, approve less is above zero and below it."""

    outcome: str
    amount_minor: int | None
    asked_minor: int


@dataclass(eq=False)
class RateOutOfRange(NotADecision):
    """A yearly rate below zero or above the legal cap."""

    rate_bps: int | None
    cap_bps: int


@dataclass(eq=False)
class TermNotOffered(NotADecision):
    """A term that the policy does not offer."""

    term_months: int | None
    offered_months: tuple[int, ...]


@dataclass(eq=False)
class TermsWithoutApproval(NotADecision):
    """An amount, term or rate beside an outcome that lends nothing."""

    outcome: str
