"""The rules of lending that a request can break, each by its own name.

An exception carries the figures of the case; `components/refusals.py` turns them into a sentence.

    BrokenRule
    ├── NotEnoughHistory      the record is too short for the figure asked for
    ├── AboveAuthority        this person may not settle this outcome
    ├── NotAllowed            the person's role, or an earlier part in the file, forbids it
    ├── NoConsent             the shop has not consented, or not yet
    ├── UnknownApplication    no application has this number
    ├── HeldByAnother         somebody else has taken the application
    ├── AlreadyDecided        somebody decided the application, or this round of it
    ├── Stale                 the score or policy on the screen is no longer the newest
    ├── KeyConflict           a retry key came again with another request
    ├── AccountRefused        a person can't be added to the desk, or not be changed like this
    ├── ModelRefused          a model can't take this step of its life
    ├── PolicyRefused         a version of the policy can't be proposed or approved
    ├── InterestRefused       an interest in a shop can't be noted or ended so
    ├── ViewRefused           a view of a list can't be kept under this name, or there are too many
    ├── ConsentRefused        a shop's consent can't be noted or taken back so
    ├── BranchRefused         a branch can't be kept so, or is not known
    ├── UnknownLoan           no loan has this number
    ├── ActRefused            a loan can't take this step of its life, or not by this person
    └── NotADecision          the answer is incomplete or outside the policy
        ├── UnknownOutcome, UnknownReason, RepeatedReason, TooManyReasons, ReasonMissing
        ├── NoteMissing, NoteTooLong
        └── AmountOutOfRange, AmountTooSmall, RateOutOfRange, TermNotOffered, TermsWithoutApproval
"""

from dataclasses import dataclass
from datetime import datetime


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


@dataclass(eq=False)
class NotAllowed(BrokenRule):
    """The person may not do this; `because` is "disabled", "role", "scope", "same_person", "signed_out", "own_file" or
    "own_referral".
    """

    because: str
    role: str = ""
    person_id: int | None = None
    """Who tried; None where nobody of that number is known."""
    right: str = ""
    """What was tried."""


class NoConsent(BrokenRule):
    """The shop had not consented before the day in question."""


class UnknownApplication(BrokenRule):
    """No application has this number."""


@dataclass(eq=False)
class HeldByAnother(BrokenRule):
    """Somebody else has taken the application."""

    name: str
    since: datetime


@dataclass(eq=False)
class AlreadyDecided(BrokenRule):
    """Somebody decided the application, or proposed an outcome in the round that was being decided."""

    name: str
    at: datetime
    outcome: str
    final: bool


@dataclass(eq=False)
class ViewRefused(BrokenRule):
    """A view of a list can't be kept; `because` is "name_missing", "name_long", "name_taken" or "too_many"."""

    because: str
    most: int = 0
    """The longest name in characters, or the most views that a person keeps."""


@dataclass(eq=False)
class MappingRefused(BrokenRule):
    """A mapping of columns can't be saved; `because` is "name_missing", "name_long", "name_unprintable", "name_taken"
    or "too_many".
    """

    because: str
    most: int = 0
    """The longest name in characters, or the most mappings that are kept."""


@dataclass(eq=False)
class ModelRefused(BrokenRule):
    """A model can't take this step; `because` is "known", "unknown", "step", "own", "note", "kind", "report" or
    "last".
    """

    because: str
    what: str
    """Its name, or the step."""


@dataclass(eq=False)
class PolicyRefused(BrokenRule):
    """A policy can't be proposed or approved.

    `because` is "number", "unknown", "own", "in_force", "approved", "note" or "long".
    """

    because: str
    version: int
    """The version at hand; for "number" the one that comes next."""


@dataclass(eq=False)
class InterestRefused(BrokenRule):
    """An interest can't be noted or ended; `because` is "unknown", "known", "ended", "own", "note" or "long"."""

    because: str


@dataclass(eq=False)
class ConsentRefused(BrokenRule):
    """A shop's word can't be noted; `because` is "speaker", "evidence", "future", "days", "over", "unknown" or
    "nothing".
    """

    because: str


@dataclass(eq=False)
class BranchRefused(BrokenRule):
    """A branch can't be kept so; `because` is "name_missing", "name_long", "name_taken", "unknown", "region" or
    "shop".
    """

    because: str
    what: str = ""
    """The name, the number, or the longest name in characters."""


@dataclass(eq=False)
class AccountRefused(BrokenRule):
    """A person can't be added or changed; `because` is "handle", "handle_taken", "name", "email", "email_taken",
    "role", "branch", "unknown", "disabled", "self", "last_administrator" or "demo".
    """

    because: str
    what: str = ""


class UnknownLoan(BrokenRule):
    """No loan has this number."""


@dataclass(eq=False)
class ActRefused(BrokenRule):
    """A loan can't take this step; `because` is one of REFUSALS of lending.loan_life."""

    because: str
    what: str = ""
    """The step, the check that is missing, or whatever the sentence names."""
    amount_minor: int | None = None
    """The most, where the amount was too large."""


@dataclass(eq=False)
class Stale(BrokenRule):
    """What was on the screen is no longer so; `changed` is "score", "policy", "application", "round",
    "no_score" or "other_currency".
    """

    changed: str


class KeyConflict(BrokenRule):
    """A retry key came again with other content or from another person."""


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
class AmountTooSmall(NotADecision):
    """An amount below the least that the policy lends."""

    amount_minor: int
    least_minor: int


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
