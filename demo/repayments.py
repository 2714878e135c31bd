"""What is paid back of the demo's loans, how they end, and which are restructured or repaid early."""

from dataclasses import dataclass, replace

import numpy as np

from demo import conduct, remittances
from demo.conduct import Temper
from demo.lent import (
    ANNUITY,
    MONTH,
    NEVER,
    SALES_SHARE,
    Columns,
    Lent,
    Mask,
    Schedules,
    principal_allocated,
    schedules,
)
from demo.seasons import Numbers, Whole

USUAL_SPELLS = 0.0118
"""How often a usual borrower's instalment of a usual month falls more than 30 days late."""
RESTRUCTURED = (0.40, 0.24)
"""Of the monthly loans that fall more than 30 days behind: of those that would recover anyway, and of the others."""
RESTRUCTURED_AFTER, MORE_MONTHS = (0.5, 1.0), (3, 7)
"""In which part of the time up to the recovery, or to the default; and for how many months more."""
LATE_AGAIN = 0.08
"""Chance of each instalment of a restructured loan to fall more than 30 days late again, in its first months."""
EARLY = 0.36
"""Of those who could, so many repay early."""
EARLY_FROM, EARLY_DAYS = 0.4, (1, 26)
"""At the earliest after that part of the instalments; so many days after one of them."""
PART_SHARE, PARTS, PART_DAYS = 0.025, (0.3, 0.8), (1, 6)
OVERPAID_SHARE, ROUND_MINOR = 0.03, 10_000
RECOVERS, MOST_RECOVERED, RECOVERY_DAYS, RECOVERIES = 0.6, 0.56, 80, 3
"""Of written-off loans: how many give anything, at most which part, after how many days in the mean, how often."""

WALLET, TRANSFER, PLATFORM, COLLECTION = range(4)


@dataclass(frozen=True, slots=True)
class Outcomes(Columns):
    """How each loan went on, to the end of time: a row per loan; NEVER for a day that does not come."""

    ended_on: Whole
    """All repaid, or the rest written off."""
    closed_on: Whole
    """Repaid early, with what was waived of the interest."""
    waived_minor: Whole
    written_off_on: Whole
    written_off_minor: Whole
    restructured_on: Whole
    behind_on: Whole
    """More than 30 days late for the first time, or restructured before that."""


@dataclass(frozen=True, slots=True)
class Payments(Columns):
    """A row per payment."""

    loan: Whole
    """The place of the loan."""
    paid_on: Whole
    amount_minor: Whole
    channel: Whole


@dataclass(frozen=True, slots=True)
class Told:
    """How some loans went."""

    outcomes: Outcomes
    payments: Payments
    restructured: Whole
    """The places of the restructured loans."""
    legs: Schedules
    """The new schedule of each of those."""


def told(lent: Lent, temper: Temper, sales: Numbers, rng: np.random.Generator) -> Told:
    """How loans are repaid.

    Args:
        lent: a row per loan.
        temper: of their borrowers.
        sales: as `remittances.remitted` takes it; only the advances' rows count.
        rng: the chance.
    """
    shares = np.flatnonzero(lent.kind == SALES_SHARE)
    others = np.flatnonzero(lent.kind != SALES_SHARE)
    of_sales = remittances.remitted(lent.take(shares), temper.take(shares), sales[shares], rng)
    in_parts = _in_instalments(lent.take(others), temper.take(others), rng)
    outcomes = _never(len(lent))
    for name in ("ended_on", "written_off_on", "written_off_minor", "behind_on"):
        getattr(outcomes, name)[shares] = getattr(of_sales, name)
    for name in Outcomes.__slots__:
        getattr(outcomes, name)[others] = getattr(in_parts.outcomes, name)
    paid = of_sales.amount_minor > 0
    payments = Payments(
        np.repeat(shares, paid.sum(axis=1)),
        of_sales.paid_on[paid],
        of_sales.amount_minor[paid],
        np.where(of_sales.transferred[paid], TRANSFER, PLATFORM),
    )
    of_parts = replace(in_parts.payments, loan=others[in_parts.payments.loan])
    return Told(outcomes, Payments.joined([payments, of_parts]), others[in_parts.restructured], in_parts.legs)


def _never(count: int) -> Outcomes:
    days, nothing = np.full(count, NEVER), np.zeros(count, np.int64)
    return Outcomes(days, days.copy(), nothing, days.copy(), nothing.copy(), days.copy(), days.copy())


def _in_instalments(lent: Lent, temper: Temper, rng: np.random.Generator) -> Told:
    due = schedules(lent)
    chance = conduct.spells(lent, due, temper, USUAL_SPELLS)
    went = conduct.course(lent, due, temper, chance, rng)
    outcomes = _never(len(lent))
    paid_on = went.paid_on.copy()
    amount = due.due_minor.copy()
    restructured, legs, again = _restructure(lent, due, temper, went, paid_on, outcomes, rng)
    settled = _settle_early(lent, due, went, paid_on, amount, outcomes, rng)
    far = (went.spell < due.due_on.shape[1]) & ~settled
    fell_due = due.due_on[np.arange(len(lent)), np.minimum(went.spell, due.due_on.shape[1] - 1)]
    late_on = np.minimum(fell_due + conduct.FAR_DAYS, outcomes.restructured_on)
    outcomes.behind_on[:] = np.where(far, late_on, NEVER)
    outcomes.written_off_on[:] = np.where(outcomes.restructured_on < NEVER, NEVER, went.written_off_on)
    _hold(outcomes.written_off_on, restructured, again.written_off_on)
    paid = paid_on < NEVER
    first = Payments(
        np.repeat(np.arange(len(lent)), paid.sum(axis=1)), paid_on[paid], amount[paid],
        np.full(int(paid.sum()), WALLET),
    )  # fmt: skip
    first = _odd(first, np.isin(np.arange(len(lent)), restructured) | settled | (went.written_off_on < NEVER), rng)
    later = again.paid_on < NEVER
    second = Payments(
        np.repeat(restructured, later.sum(axis=1)), again.paid_on[later], legs.due_minor[later],
        np.full(int(later.sum()), WALLET),
    )  # fmt: skip
    lost = outcomes.written_off_on < NEVER
    outcomes.written_off_minor[lost] = _outstanding(lent, due, legs, restructured, first, second)[lost]
    payments = Payments.joined([first, second])
    np.maximum.at(ended := np.zeros(len(lent), np.int64), payments.loan, payments.paid_on)
    outcomes.ended_on[:] = np.where(lost, outcomes.written_off_on, ended)
    return Told(outcomes, payments, restructured, legs)


def _hold(column: Whole, rows: Whole, values: Whole) -> None:
    column[rows] = values


def _outstanding(
    lent: Lent, due: Schedules, legs: Schedules, restructured: Whole, first: Payments, second: Payments
) -> Whole:
    """The principal that the payments leave of each loan."""
    paid = np.bincount(first.loan, first.amount_minor, len(lent)).astype(np.int64)
    paid_later = np.bincount(second.loan, second.amount_minor, len(lent)).astype(np.int64)
    left = lent.principal_minor - principal_allocated(due, paid)
    left[restructured] -= principal_allocated(legs, paid_later[restructured])
    return left


def _restructure(
    lent: Lent, due: Schedules, temper: Temper, went: conduct.Course, paid_on: Whole, outcomes: Outcomes,
    rng: np.random.Generator,
) -> tuple[Whole, Schedules, conduct.Course]:  # fmt: skip
    """Choose who gets a new schedule, strike the payments of the old one, and tell how the new one is met."""
    count, most = due.due_on.shape
    place = np.minimum(went.spell, most - 1)
    rows = np.arange(count)
    fell_due = due.due_on[rows, place]
    late = went.paid_on[rows, place] - fell_due
    on = fell_due + (np.minimum(late, conduct.DEFAULT_DAYS) * rng.uniform(*RESTRUCTURED_AFTER, count)).astype(np.int64)
    able = (lent.interval == MONTH) & ~temper.fraud
    able &= (went.spell < most) & (fell_due < temper.closes_on)
    chosen = np.flatnonzero(able & (rng.random(count) < np.where(late < conduct.DEFAULT_DAYS, *RESTRUCTURED)))
    more = rng.integers(*MORE_MONTHS, count)
    outcomes.restructured_on[chosen] = on[chosen]
    left = np.where(np.arange(most) >= place[:, None], due.principal_minor, 0).sum(axis=1)
    unpaid = (due.due_on < on[:, None]) & (np.arange(most) >= place[:, None])
    anew = replace(
        lent, disbursed_on=on, principal_minor=left, instalments=lent.instalments - place + more,
        kind=np.full(count, ANNUITY), fee_minor=np.where(unpaid, due.fee_minor, 0).sum(axis=1),
    ).take(chosen)  # fmt: skip
    legs = schedules(anew)
    legs.interest_minor[:, :1] += np.where(unpaid, due.interest_minor, 0).sum(axis=1)[chosen, None]
    paid_on[chosen] = np.where(np.arange(most) >= place[chosen, None], NEVER, paid_on[chosen])
    chance = np.where(np.arange(legs.due_on.shape[1]) < 8, LATE_AGAIN, LATE_AGAIN / 4) * (legs.due_on < NEVER)
    return chosen, legs, conduct.course(anew, legs, temper.take(chosen), chance, rng)


def _settle_early(
    lent: Lent, due: Schedules, went: conduct.Course, paid_on: Whole, amount: Whole, outcomes: Outcomes,
    rng: np.random.Generator,
) -> Mask:  # fmt: skip
    """Choose who repays early, on time so far; interest up to the day is paid, the rest of it waived."""
    count, most = due.due_on.shape
    rows, last = np.arange(count), lent.instalments
    after = np.ceil(last * rng.uniform(EARLY_FROM, 1.0, count)).astype(np.int64) - 1
    after = np.clip(after, 0, np.maximum(last - 2, 0))
    day = due.due_on[rows, after] + rng.integers(*EARLY_DAYS, count)
    able = (lent.interval == MONTH) & (last > 1) & (went.spell > after) & (outcomes.restructured_on == NEVER)
    able &= went.paid_on[rows, after] <= due.due_on[rows, after]
    settled = able & (rng.random(count) < EARLY)
    later = np.arange(most) > after[:, None]
    interest, principal = np.where(later, due.interest_minor, 0), np.where(later, due.principal_minor, 0)
    following = np.minimum(after + 1, most - 1)
    span = np.maximum(due.due_on[rows, following] - due.due_on[rows, after], 1)
    accrued = (due.interest_minor[rows, following] * (day - due.due_on[rows, after]) + span // 2) // span
    paid_on[settled] = np.where(later[settled], NEVER, paid_on[settled])
    paid_on[settled, following[settled]] = day[settled]
    amount[settled, following[settled]] = (principal.sum(axis=1) + accrued)[settled]
    outcomes.closed_on[settled] = day[settled]
    outcomes.waived_minor[settled] = (interest.sum(axis=1) - accrued)[settled]
    went.written_off_on[settled] = NEVER
    return np.asarray(settled)


def _odd(payments: Payments, plain: Mask, rng: np.random.Generator) -> Payments:
    """Some pay in two parts, some a round sum and the less the next time; not where the loan is `plain`."""
    amount, loan = payments.amount_minor.copy(), payments.loan
    count = len(loan)
    free = ~plain[loan]
    followed = np.append(loan[1:] == loan[:-1], False) & (np.arange(count) % 2 == 0) & free
    over = np.flatnonzero(followed & (rng.random(count) < OVERPAID_SHARE))
    surplus = -amount[over] % ROUND_MINOR
    surplus = np.where(surplus < amount[np.minimum(over + 1, count - 1)] // 2, surplus, 0)
    amount[over] += surplus
    amount[np.minimum(over + 1, count - 1)] -= surplus
    parted = np.flatnonzero(free & (rng.random(count) < PART_SHARE) & (amount > ROUND_MINOR))
    part = (amount[parted] * rng.uniform(*PARTS, len(parted))).astype(np.int64) // 100 * 100
    rest = Payments(
        loan[parted], payments.paid_on[parted] + rng.integers(*PART_DAYS, len(parted)), amount[parted] - part,
        np.full(len(parted), TRANSFER),
    )  # fmt: skip
    amount[parted] = part
    return Payments.joined([replace(payments, amount_minor=amount), rest])


def recoveries(lent: Lent, outcomes: Outcomes, rng: np.random.Generator) -> Payments:
    """What comes in of written-off loans, most of it in the first months."""
    lost = np.flatnonzero(outcomes.written_off_on < NEVER)
    amount = outcomes.written_off_minor[lost]
    gives = conduct.drawn_evenly(np.full(len(lost), RECOVERS), lent.take(lost), rng)
    share = np.where(gives, MOST_RECOVERED * conduct.spread_evenly(gives, amount, rng) ** 1.5, 0.0)
    parts = rng.integers(1, RECOVERIES + 1, len(lost))
    each = (amount * share / parts).astype(np.int64) // 100 * 100
    given = (np.arange(RECOVERIES) < parts[:, None]) & (each > 0)[:, None]
    of_parts = np.maximum(parts[:, None], np.arange(1, RECOVERIES + 1))
    quantile = (np.arange(RECOVERIES) + rng.random(given.shape)) / of_parts
    days = 1 + (-RECOVERY_DAYS * np.log1p(-quantile)).astype(np.int64)
    return Payments(
        np.repeat(lost, given.sum(axis=1)), (outcomes.written_off_on[lost, None] + days)[given],
        np.broadcast_to(each[:, None], given.shape)[given], np.full(int(given.sum()), COLLECTION),
    )  # fmt: skip
