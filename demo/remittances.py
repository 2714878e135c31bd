"""How advances are repaid that take a share of the shop's sales: a sweep a week, a transfer where a milestone lacks."""

from dataclasses import dataclass

import numpy as np

from demo.conduct import FAR_DAYS, SETTLED, STOPS_AT_CLOSING, Temper, drawn_evenly, lateness, spell_days, way_out
from demo.lent import DAYS_A_WEEK, MOST_MILESTONES, NEVER, PPM, Columns, Lent, Mask, milestones, principal_repaid
from demo.seasons import Numbers, Whole

SWEEPS = 65
"""Weeks to the end of the longest advance."""
WEEK_SD = 0.16
USUAL_SPELLS = (0.040, 0.090, 0.020, 0.010, 0.010)
"""How often the sweeps of a usual borrower stop before each milestone for so long that it is missed by a month."""
SPELL_SHARES = (0.34, 0.50)
"""As those of `demo.conduct`: who stops sweeps on purpose rather means it."""
SHOCK = 0.9
SHORT, SHORT_DAYS = 0.03, (3, 31)
"""How often they stop for a shorter time, and so many days after the milestone the owner makes good for it."""
STOP_DAYS = (20, 85)
"""So long before the milestone they stop."""


@dataclass(frozen=True, slots=True)
class Remitted(Columns):
    """What came in: a row per advance; in the first two columns a column per payment, in order."""

    paid_on: Whole
    amount_minor: Whole
    """0 where there was no payment after all."""
    transferred: Mask
    """Whether the owner sent it himself."""
    ended_on: Whole
    """The day on which all was repaid, or the rest written off; NEVER where neither comes."""
    written_off_on: Whole
    written_off_minor: Whole
    behind_on: Whole
    """A milestone was missed by more than 30 days for the first time."""


@dataclass(slots=True)
class _Sweeps:
    """The sweeps of some advances while their course is being told; the last columns are the owners' transfers."""

    paid_on: Whole
    amount_minor: Whole

    def until(self, day: Whole, without: Mask | None = None) -> Whole:
        """What has come in up to a day of each advance, that day included."""
        counted = self.paid_on <= day[:, None]
        return np.asarray((self.amount_minor * (counted if without is None else counted & ~without)).sum(axis=1))

    def swept_from(self, day: Whole) -> Mask:
        """Which of the payments are sweeps of that day or later."""
        later = self.paid_on >= day[:, None]
        later[:, SWEEPS:] = False
        return later


def remitted(lent: Lent, temper: Temper, sales: Numbers, rng: np.random.Generator) -> Remitted:
    """How advances are repaid, to the end of time.

    Args:
        lent: a row per advance.
        temper: of their borrowers.
        sales: what the shop keeps of its sales in each week after disbursement, in minor units: a row per advance,
            SWEEPS columns.
        rng: the chance.
    """
    count = len(lent)
    sweeps = _swept(lent, sales, rng)
    due_on, least = milestones(lent)
    late = lateness(temper, rng, np.broadcast_to(np.arange(MOST_MILESTONES), due_on.shape))
    leaves_days, way = way_out(lent, np.ones(count, np.bool_), rng)
    fails = _fails(due_on, temper, rng)
    given_up = fails.any(axis=1)
    written_off_on = np.full(count, NEVER)
    behind_on = np.full(count, NEVER)
    for step in range(MOST_MILESTONES):
        due, reached = due_on[:, step], least[:, step]
        chance = np.where(temper.shocked, SHOCK, np.minimum(0.6, USUAL_SPELLS[step] * temper.frailty))
        stops = fails[:, step] | drawn_evenly(chance, lent, rng)
        short = ~stops & (rng.random(count) < SHORT)
        stop_on = np.where(temper.fraud, 0, due - rng.integers(*STOP_DAYS, count))
        silent = (stops | short)[:, None] & sweeps.swept_from(stop_on)
        again = due == due_on[:, step - 1] if step else np.zeros(count, np.bool_)
        lacks = (written_off_on == NEVER) & ~again & (sweeps.until(due, without=silent) < reached)
        far = lacks & stops
        behind_on = np.where(far, np.minimum(behind_on, due + FAR_DAYS), behind_on)
        days, defaults = spell_days(lent, far, SPELL_SHARES, rng)
        lost = far & (defaults | fails[:, step])
        soon = np.where(short, rng.integers(*SHORT_DAYS, count), late[:, step])
        on = due + np.where(far, np.where(lost, leaves_days, days), soon)
        sweeps.amount_minor[lacks[:, None] & silent & (sweeps.paid_on < on[:, None])] = 0
        lost &= (way >= SETTLED) | given_up
        written_off_on = np.where(lost, on, written_off_on)
        passed = np.maximum(np.where(due_on < on[:, None], least, 0).max(axis=1), reached)
        shortage = np.where(lacks & ~lost, passed - sweeps.until(on), 0)
        sweeps.paid_on[:, SWEEPS + step] = on
        sweeps.amount_minor[:, SWEEPS + step] = np.maximum(shortage, 0)
    return _booked(lent, sweeps, written_off_on, behind_on)


def _swept(lent: Lent, sales: Numbers, rng: np.random.Generator) -> _Sweeps:
    luck = np.exp(WEEK_SD * rng.standard_normal(sales.shape))
    swept = (sales * luck * (lent.holdback_ppm / PPM)[:, None]).astype(np.int64)
    paid_on = lent.disbursed_on[:, None] + DAYS_A_WEEK * np.arange(1, SWEEPS + 1)
    more = np.zeros((len(lent), MOST_MILESTONES), np.int64)
    return _Sweeps(np.hstack([paid_on, more + NEVER]), np.hstack([swept, more]))


def _fails(due_on: Whole, temper: Temper, rng: np.random.Generator) -> Mask:
    """At which milestone a fraud, or the owner of a shop that has closed, pays no more for good."""
    steps = np.arange(MOST_MILESTONES)
    after = due_on > temper.closes_on[:, None]
    gives_up = after.any(axis=1) & (rng.random(len(due_on)) < STOPS_AT_CLOSING)
    first = np.where(temper.fraud, 0, np.where(gives_up, after.argmax(axis=1), -1))
    return np.asarray(steps == first[:, None])


def _booked(lent: Lent, sweeps: _Sweeps, written_off_on: Whole, behind_on: Whole) -> Remitted:
    """The payments in order, up to what was owed, or to the day on which the rest was written off."""
    kept = sweeps.paid_on < written_off_on[:, None]
    order = np.argsort(sweeps.paid_on, axis=1, kind="stable")
    paid_on = np.take_along_axis(sweeps.paid_on, order, axis=1)
    amount = np.take_along_axis(sweeps.amount_minor * kept, order, axis=1)
    owed = lent.principal_minor + lent.fee_minor
    so_far = np.cumsum(amount, axis=1)
    amount = np.clip(owed[:, None] - (so_far - amount), 0, amount)
    done = so_far >= owed[:, None]
    repaid_on = np.where(done.any(axis=1), np.take_along_axis(paid_on, done.argmax(axis=1)[:, None], 1)[:, 0], NEVER)
    written_off_on = np.where(repaid_on < NEVER, NEVER, written_off_on)
    rest = lent.principal_minor - principal_repaid(lent, amount.sum(axis=1))
    return Remitted(
        paid_on=paid_on,
        amount_minor=amount,
        transferred=order >= SWEEPS,
        ended_on=np.minimum(repaid_on, written_off_on),
        written_off_on=written_off_on,
        written_off_minor=np.where(written_off_on < NEVER, rest, 0),
        behind_on=behind_on,
    )
