"""The steps of a loan's life, and who may take them: from the accepted offer to the last recovery.

A step that changes what the books said, or gives something up, needs a reason and a second person; two of them need a
manager among the two. Who took part in approving a loan never books on it, nor writes it off.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from lending.errors import ActRefused

Kind = Literal[
    "accept", "check", "disburse", "pay", "reverse", "waive", "settle", "recover", "restructure", "write_off",
    "unlikely", "contact", "promise", "dispute", "hardship", "close_case",
]  # fmt: skip

KINDS: tuple[Kind, ...] = get_args(Kind)

CHECKS = ("identity", "sanctions", "consent", "total_cost")
"""What is looked at before money is paid out; the last one: the borrower has acknowledged the total cost."""

BEFORE_DISBURSEMENT = ("accept", "check", "disburse")
BOOKING = ("disburse", "pay", "reverse", "waive", "settle", "recover", "restructure", "write_off", "unlikely")
"""Steps that move the books; the others only keep notes."""
NOTES = ("contact", "promise", "dispute", "hardship", "close_case")
SECOND_PERSON = ("reverse", "waive", "settle", "restructure", "write_off", "unlikely")
"""Steps that always need a second person; a payment needs one where it is back-dated."""
MANAGER = ("restructure", "write_off")
FROM_AGREEMENT = ("restructure", "write_off")
"""Steps that take hold on the day on which the second person agrees, whenever they were asked for."""
OPEN_CASES = ("dispute", "hardship")
WITH_AMOUNT = ("pay", "reverse", "waive", "settle", "recover", "promise")
CHANNELS = ("phone", "message", "visit", "letter")

OLDEST_SCORE_DAYS = 30
"""A score older than this on the day of disbursement is done anew first."""
MOST_CONTACTS, CONTACT_DAYS = 7, 7
"""No borrower is called, written to or visited more often in so many days.
Source: 12 CFR 1006.14(b)(2) (Regulation F), which holds for calls to consumers; taken here for all."""
SHORTEST_REASON = 10
LONGEST_REASON = 2_000
LONGEST_PROMISE_DAYS = 60

REFUSALS = (
    "not_approved", "has_a_loan", "not_accepted", "check_missing", "old_score", "no_consent", "not_started",
    "repaid", "closed", "written_off", "not_written_off", "amount", "too_much", "future", "before_disbursement",
    "reason", "approved_it", "same_person", "needs_manager", "answered", "unknown", "reversed", "too_many_contacts",
    "promise_day", "no_case", "schedule", "waiting", "channel", "changed", "changed_today",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """What must be known of a loan before a step is taken."""

    state: str
    """"approved" (no loan yet), "active", "paid" or "written_off"."""
    disbursed_on: date | None
    outstanding_minor: int
    owed_minor: int
    """All that its schedule still asks for: fees, interest and principal."""
    waivable_minor: int
    """Fees and interest that are due and unpaid."""
    approvers: Collection[int]
    """Everybody who took part in approving it."""
    changed_on: date | None = None
    """The day on which its present schedule began, where it is not the first one."""
    closed_on: date | None = None
    """The day of an early settlement."""
    written_off_on: date | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """A step as somebody asks for it."""

    kind: Kind
    day: date
    """The day for which it counts: when money came in, or what the promise was made on."""
    amount_minor: int | None = None
    reason: str = ""


def needs_second(kind: str, *, day: date, today: date) -> bool:
    """Whether a step stands only once a second person has agreed.

    >>> needs_second("pay", day=date(2026, 3, 1), today=date(2026, 3, 1))
    False
    >>> needs_second("pay", day=date(2026, 2, 27), today=date(2026, 3, 1))
    True
    """
    return kind in SECOND_PERSON or (kind in ("pay", "recover") and day < today)


def needs_reason(kind: str, *, day: date, today: date) -> bool:
    """Whether a step is refused without a word for the next reader."""
    return needs_second(kind, day=day, today=today) or kind in OPEN_CASES


def check_act(act: Act, loan: Standing, *, person_id: int, today: date) -> None:
    """Make sure that somebody may ask for a step of a loan's life.

    Raises:
        ActRefused: for the first rule that is broken.
    """
    if act.kind in BOOKING and person_id in loan.approvers:
        raise ActRefused("approved_it", act.kind)
    _check_state(act.kind, loan.state)
    if act.day > today and act.kind != "promise":
        raise ActRefused("future", act.kind)
    if loan.disbursed_on is not None and act.day < loan.disbursed_on:
        raise ActRefused("before_disbursement", act.kind)
    _check_day(act, loan)
    if len(act.reason) > LONGEST_REASON:
        raise ActRefused("reason", act.kind)
    if needs_reason(act.kind, day=act.day, today=today) and len(act.reason.strip()) < SHORTEST_REASON:
        raise ActRefused("reason", act.kind)
    _check_amount(act, loan)
    if act.kind == "promise" and not 0 <= (act.day - today).days <= LONGEST_PROMISE_DAYS:
        raise ActRefused("promise_day", act.kind)


def _check_state(kind: str, state: str) -> None:
    if kind in BEFORE_DISBURSEMENT:
        if state != "approved":
            raise ActRefused("has_a_loan", kind)
        return
    if state == "approved":
        raise ActRefused("not_started", kind)
    if kind == "recover":
        if state != "written_off":
            raise ActRefused("not_written_off", kind)
    # A mistake in the books is put right whatever has become of the loan.
    elif state != "active" and kind != "reverse":
        raise ActRefused("written_off" if state == "written_off" else "repaid", kind)


def _check_day(act: Act, loan: Standing) -> None:
    """What lies before a later turn of the loan can't be moved any more: the turn rests on it."""
    if act.kind == "restructure" and act.day <= (loan.changed_on or loan.disbursed_on or act.day):
        raise ActRefused("changed_today", act.kind)
    if act.kind in ("pay", "reverse") and loan.changed_on is not None and act.day < loan.changed_on:
        raise ActRefused("changed", act.kind)
    if act.kind == "reverse" and loan.closed_on is not None and act.day <= loan.closed_on:
        raise ActRefused("closed", act.kind)
    if act.kind == "recover" and loan.written_off_on is not None and act.day <= loan.written_off_on:
        raise ActRefused("not_written_off", act.kind)


def _check_amount(act: Act, loan: Standing) -> None:
    if act.kind not in WITH_AMOUNT:
        return
    if act.amount_minor is None or act.amount_minor < (0 if act.kind == "settle" else 1):
        raise ActRefused("amount", act.kind)
    if act.kind == "waive" and act.amount_minor > loan.waivable_minor:
        raise ActRefused("too_much", act.kind, loan.waivable_minor)
    if act.kind == "settle" and act.amount_minor < loan.outstanding_minor:
        raise ActRefused("amount", act.kind, loan.outstanding_minor)


def check_answer(
    kind: str, *, maker_id: int, maker_role: str, person_id: int, role: str, approvers: Collection[int], agrees: bool
) -> None:
    """Make sure that somebody may answer a step that waits for a second person.

    Raises:
        ActRefused: for the maker himself, for one who approved the loan, and where a manager is needed.
    """
    if person_id == maker_id:
        raise ActRefused("same_person", kind)
    if agrees and person_id in approvers:
        raise ActRefused("approved_it", kind)
    if agrees and kind in MANAGER and "manager" not in (maker_role, role):
        raise ActRefused("needs_manager", kind)


def check_disbursement(*, accepted: bool, checks: Collection[str], score_age_days: int | None, consented: bool) -> None:
    """Make sure that money may be paid out.

    Raises:
        ActRefused: for the first thing that is missing.
    """
    if not accepted:
        raise ActRefused("not_accepted", "disburse")
    if not consented:
        raise ActRefused("no_consent", "disburse")
    for check in CHECKS:
        if check not in checks:
            raise ActRefused("check_missing", check)
    if score_age_days is None or score_age_days > OLDEST_SCORE_DAYS:
        raise ActRefused("old_score", "disburse")


def open_cases(kinds: Iterable[str]) -> set[str]:
    """The disputes and hardships that nobody has closed, from the steps of a loan, oldest first.

    >>> open_cases(["dispute", "contact", "close_case", "hardship"])
    {'hardship'}
    """
    found: set[str] = set()
    for kind in kinds:
        found = set() if kind == "close_case" else found | ({kind} & set(OPEN_CASES))
    return found


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise to pay."""

    made_on: date
    due_on: date
    amount_minor: int


def promise_state(promise: Promise, payments: Collection[tuple[date, int]], *, as_of: date) -> str:
    """Whether a promise was "kept", "broken", or is still "open" as of a day.

    It is kept once what came in from the day on which it was made to the promised day reaches the amount.

    Args:
        promise: what was promised.
        payments: (day, amount) of the loan's payments.
        as_of: only payments before this day count.

    >>> told = Promise(date(2026, 3, 1), date(2026, 3, 5), 500)
    >>> promise_state(told, [(date(2026, 3, 4), 500)], as_of=date(2026, 3, 5))
    'kept'
    >>> promise_state(told, [(date(2026, 3, 6), 500)], as_of=date(2026, 3, 7))
    'broken'
    """
    came_in = sum(amount for day, amount in payments if promise.made_on <= day <= promise.due_on and day < as_of)
    if came_in >= promise.amount_minor:
        return "kept"
    return "broken" if as_of > promise.due_on else "open"
