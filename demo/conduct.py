"""How borrowers pay: a hidden health, habits of their own, the months on the book, and chance. No score is known here.

Shares are practitioners' assumptions of what loan books show; tests/test_demo_loans.py lists what comes out of them.
"""

from dataclasses import dataclass

import numpy as np

from demo.lent import MONTH, NEVER, Columns, Lent, Mask, Schedules
from demo.seasons import Numbers, Whole
from demo.shops import DAYS_A_MONTH

EARLY, ON_THE_DAY, WITHIN_A_WEEK = 0.655, 0.85, 0.962
"""Up to which quantile of lateness an instalment is paid so; beyond the last, 8 to 30 days late."""
EARLY_DAYS, WEEK_LATE_DAYS, MONTH_LATE_DAYS = (1, 7), (1, 8), (8, 31)
WEEKLY_MOST_DAYS = 10
KINSHIP = 0.13
"""How much of the chance of lateness an owner's own habit explains."""

SPELL_DAYS = ((31, 61), (61, 91))
SPELL_SHARES = (0.67, 0.79)
"""Of those more than 30 days late, how many pay within 60 days, and within 90; the others default."""
BY_MONTH = np.array([0.08, 1.90, 1.80, 1.15, 0.75, 0.55, 0.45, 0.35, 0.30, 0.25, 0.20, 0.20, 0.20])
"""How easily an instalment falls more than 30 days late, by the month in which it is due, against a usual one."""

FAR_DAYS, DEFAULT_DAYS = 31, 91
AT_LEAST_DAYS, LEAVES_MONTHLY = 24, 0.17
"""How long the defaulted stay on the book at least, and how many leave in a month after that, one way or another."""
CURED, SETTLED = 0.46, 0.49
"""Of those: up to which share they pay what is due and go on, or pay all; the others are written off."""
CURE_SHARE = 0.3
"""Who comes back does so in that part of the time that others take to be written off."""
STOPS_AT_CLOSING = 0.12
SHOCK, SHOCK_MONTHS = 0.6, (1, 4)
"""Chance of each instalment due in those months to fall far behind where hard times strike."""
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class Temper(Columns):
    """Of each loan, what its borrower is like."""

    tardiness: Numbers
    """Standard normal: above 0 he pays later than others."""
    frailty: Numbers
    """How easily he falls far behind, against a usual borrower's 1."""
    fraud: Mask
    """Whether he never meant to pay."""
    shocked: Mask
    """Whether hard times make him fall far behind."""
    closes_on: Whole
    """The day on which the shop sells nothing more; NEVER for most."""


@dataclass(frozen=True, slots=True)
class Course(Columns):
    """How the instalments of a loan were met: a row per loan, in the first column of two a column per instalment."""

    paid_on: Whole
    """NEVER for what was not paid."""
    written_off_on: Whole
    spell: Whole
    """The place of the first instalment that was more than 30 days late; beyond the last where there was none."""


def lateness(temper: Temper, rng: np.random.Generator, group: Whole) -> Whole:
    """Days from due to paid of instalments that are not far behind; instalments of one group share their chance.

    Args:
        temper: a row per loan.
        rng: the chance.
        group: a row per loan and a column per instalment: the place of the first instalment of its group.
    """
    own = temper.tardiness[:, None] * KINSHIP**0.5
    met = rng.standard_normal(group.shape) * (1 - KINSHIP) ** 0.5
    quantile = _normal_quantile(own + np.take_along_axis(met, group, axis=1))
    early = -rng.integers(*EARLY_DAYS, group.shape)
    week, month = rng.integers(*WEEK_LATE_DAYS, group.shape), rng.integers(*MONTH_LATE_DAYS, group.shape)
    chosen = [quantile < EARLY, quantile < ON_THE_DAY, quantile < WITHIN_A_WEEK]
    return np.select(chosen, [early, np.zeros_like(early), week], month)


def _normal_quantile(values: Numbers) -> Numbers:
    """The share of a normal distribution below each value. Source: Abramowitz and Stegun, 26.2.17; error < 1e-7."""
    part = 1 / (1 + 0.2316419 * np.abs(values))
    tail = np.polyval((1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530, 0.0), part)
    tail *= np.exp(-(values**2) / 2) / (2 * np.pi) ** 0.5
    return np.asarray(np.where(values > 0, 1 - tail, tail))


def month_on_book(lent: Lent, due_on: Whole) -> Whole:
    """In which month after disbursement, from 0, each due day falls; the last known one for what is later."""
    month = ((due_on - lent.disbursed_on[:, None] - 1) / DAYS_A_MONTH).astype(np.int64)
    return np.clip(month, 0, len(BY_MONTH) - 1)


def spells(lent: Lent, due: Schedules, temper: Temper, usual: float) -> Numbers:
    """How likely each instalment is to fall more than 30 days late; of weekly ones the first of four stands for all."""
    monthly = lent.interval[:, None] == MONTH
    stands = monthly | (np.arange(due.due_on.shape[1]) % 4 == 0)
    month = month_on_book(lent, due.due_on)
    chance = np.minimum(usual * temper.frailty[:, None] * BY_MONTH[month], 0.6)
    hit = temper.shocked[:, None] & (month >= SHOCK_MONTHS[0]) & (month <= SHOCK_MONTHS[1])
    return np.where(stands & (due.due_on < NEVER), np.where(hit, SHOCK, chance), 0.0)


def course(lent: Lent, due: Schedules, temper: Temper, chance: Numbers, rng: np.random.Generator) -> Course:
    """How loans in instalments are paid, to the end of time.

    Args:
        lent: a row per loan.
        due: what falls due of them.
        temper: of their borrowers.
        chance: of each instalment to fall more than 30 days late.
        rng: all other chance.
    """
    rows, places = np.arange(len(lent)), np.arange(due.due_on.shape[1])
    given = due.due_on < NEVER
    group = np.where(lent.interval[:, None] == MONTH, places, places // 4 * 4)
    late = lateness(temper, rng, group)
    late = np.where(lent.interval[:, None] == MONTH, late, np.minimum(late, WEEKLY_MOST_DAYS))
    stop = _stops(due, temper, rng)
    spell = np.minimum(_first_spell(lent, chance, rng), stop)
    far, place = spell < len(places), np.minimum(spell, len(places) - 1)
    days, defaults = spell_days(lent, far, SPELL_SHARES, rng)
    lost = far & (defaults | (spell == stop))
    leaves_days, way = way_out(lent, lost, rng)
    comes_back = (way < SETTLED) & (spell < stop)
    days = np.where(lost, leaves_days, days)
    late[rows, place] = np.where(far, days, late[rows, place])
    left_on = due.due_on[rows, place] + days
    paid_on = np.maximum.accumulate(np.where(given, due.due_on + late, 0), axis=1)
    after = places >= place[:, None]
    paid_on = np.where((lost & comes_back & (way >= CURED))[:, None] & after, left_on[:, None], paid_on)
    stopped = (places >= stop[:, None]) | ((lost & ~comes_back)[:, None] & after)
    written_off = np.where(lost & ~comes_back, left_on, NEVER)
    return Course(
        np.where(given & ~stopped, np.maximum(paid_on, lent.disbursed_on[:, None] + 1), NEVER),
        written_off,
        spell,
    )


def _first_spell(lent: Lent, chance: Numbers, rng: np.random.Generator) -> Whole:
    """The place of each loan's first instalment that falls more than 30 days late; far beyond the last where none."""
    fallen: Numbers = np.asarray(1 - np.cumprod(1 - chance, axis=1), np.float64)
    chosen = drawn_evenly(fallen[:, -1], lent, rng)
    place = (fallen < (rng.random(len(fallen)) * fallen[:, -1])[:, None]).sum(axis=1)
    return np.where(chosen, np.minimum(place, chance.shape[1] - 1), NEVER)


def drawn_evenly(chance: Numbers, lent: Lent, rng: np.random.Generator) -> Mask:
    """Which loans are drawn, each by its own chance, but evenly over the months, and among small and large ones.

    Source: systematic sampling with unequal probabilities, Madow 1949.
    """
    month = lent.disbursed_on.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    # Up one month and down the next, so that the ends of two months meet.
    order = np.lexsort((lent.principal_minor * np.where(month % 2, 1, -1), month))
    so_far = np.cumsum(chance[order]) + rng.random()
    drawn = np.zeros(len(chance), np.bool_)
    drawn[order] = np.floor(so_far) > np.floor(so_far - chance[order])
    return drawn


def spread_evenly(among: Mask, principal_minor: Whole, rng: np.random.Generator) -> Numbers:
    """Numbers from 0 to 1 for the loans among which a fate is dealt: as even for the large ones as for the small.

    Source: the additive recurrence by the golden ratio, Weyl 1916.
    """
    order = np.lexsort((rng.random(len(among)), principal_minor, ~among))
    rank = np.empty(len(among))
    rank[order] = np.arange(len(among))
    return np.asarray((rng.random() + rank * GOLDEN) % 1)


def spell_days(lent: Lent, far: Mask, shares: tuple[float, float], rng: np.random.Generator) -> tuple[Whole, Mask]:
    """How late those are who fall more than 30 days behind, and which of them default instead."""
    drawn = spread_evenly(far, lent.principal_minor, rng)
    month, two = rng.integers(*SPELL_DAYS[0], len(far)), rng.integers(*SPELL_DAYS[1], len(far))
    return np.where(drawn < shares[0], month, two), drawn >= shares[1]


def way_out(lent: Lent, lost: Mask, rng: np.random.Generator) -> tuple[Whole, Numbers]:
    """Of defaulted loans: days past due on which each leaves the book, and by which way (see CURED and SETTLED)."""
    drawn = spread_evenly(lost, lent.principal_minor, rng)
    months = np.log1p(-drawn) / np.log1p(-LEAVES_MONTHLY)
    way = spread_evenly(lost, lent.principal_minor + rng.integers(0, 500_000, len(lost)), rng)
    months = np.where(way < SETTLED, CURE_SHARE * months, months)
    return DEFAULT_DAYS + AT_LEAST_DAYS + (months * DAYS_A_MONTH).astype(np.int64), way


def _stops(due: Schedules, temper: Temper, rng: np.random.Generator) -> Whole:
    """The place of the first instalment that a fraud, or the owner of a closed shop, never pays; NEVER for most."""
    after = (due.due_on > temper.closes_on[:, None]) & (due.due_on < NEVER)
    gives_up = after.any(axis=1) & (rng.random(len(temper.fraud)) < STOPS_AT_CLOSING)
    return np.where(temper.fraud, 0, np.where(gives_up, after.argmax(axis=1), NEVER))
