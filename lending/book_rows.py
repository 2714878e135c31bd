"""One row per loan as of a day, with all that the portfolio's figures add up: position, bucket, stage, expected loss.

Facts of a loan (shop, owner, category and so on) come from the record and are carried along, so that any figure can be
taken of any part of the book by picking rows. Nothing here is added up over currencies: a book holds one.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from lending.arrears import bucket_places, first_late_days, is_active, positions, restructured_at_a_loss
from lending.expected_loss import LossParameters, Real, daily_rates, loan_losses, stages
from lending.loan_book import FAR, Book, Mask, Whole, day_number
from lending.schedule import month_later

DEFAULT_DAYS = 90
SLOW_PACE = 0.5
RENEWAL_DAYS = 30
RAISED_RISK_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Tape:
    """A book of one currency with the facts of its loans, and what is worked out of it once."""

    book: Book
    facts: pd.DataFrame
    """A row per loan in the order of the book: owner_key, refinances (place of the loan that it refinances, or -1),
    unlikely_day, expected_daily_minor, and whatever is to be carried along."""
    daily_rate: Real
    late_30_day: Whole
    """First day as of which a loan was more than 30 days past due, FAR if never; so late_90_day."""
    late_90_day: Whole
    loss_day: Whole
    """Day of a restructuring at a loss."""
    paid_off_day: Whole
    """Day of the payment that completed the last schedule; FAR while it is not complete."""
    renewed_day: Whole
    """Day from which a loan counts as renegotiated, since it followed a late one of its owner; FAR if it did not."""


def tape_of(book: Book, facts: pd.DataFrame) -> Tape:
    """Work out of a book what does not depend on the day asked for.

    Args:
        book: of one currency.
        facts: a row per loan in its order, with the columns that Tape names.
    """
    late_30 = first_late_days(book, more_than_days=30)
    last_line = book.lines.first[book.first_account[1:]] - 1
    paid_off = book.paid_in_full_day[last_line] if len(book) else np.zeros(0, dtype=np.int64)
    lossy = np.flatnonzero(restructured_at_a_loss(book))
    loss_day = np.full(len(book), FAR, dtype=np.int64)
    np.minimum.at(loss_day, book.account_loan[lossy], book.begins_day[lossy])
    return Tape(
        book=book,
        facts=facts,
        daily_rate=daily_rates(book),
        late_30_day=late_30,
        late_90_day=first_late_days(book, more_than_days=DEFAULT_DAYS),
        loss_day=loss_day,
        paid_off_day=paid_off,
        renewed_day=_renewed_days(book, facts, late_30, np.minimum(paid_off, book.closed_day)),
    )


def _renewed_days(book: Book, facts: pd.DataFrame, late_30: Whole, ended: Whole) -> Whole:
    """For each loan the day on which it counts as renegotiated: paid out within 30 days of the repayment of another.

    The other loan belongs to the same owner, was more than 30 days late, and was repaid at most 30 days before or
    after this one was paid out; or it is named as the one that this loan refinances, and was as late.
    """
    renewed = np.full(len(book), FAR, dtype=np.int64)
    was_late = np.flatnonzero((late_30 < FAR) & (ended < FAR))
    owner, _ = pd.factorize(facts["owner_key"])
    order = np.lexsort([book.disbursed_day, owner])
    keys = (owner[order].astype(np.int64) << 32) + book.disbursed_day[order]
    low = np.searchsorted(keys, (owner[was_late].astype(np.int64) << 32) + ended[was_late] - RENEWAL_DAYS, side="left")
    high = np.searchsorted(
        keys, (owner[was_late].astype(np.int64) << 32) + ended[was_late] + RENEWAL_DAYS, side="right"
    )
    for late, start, until in zip(was_late.tolist(), low.tolist(), high.tolist(), strict=True):
        for other in order[start:until].tolist():
            if other != late:
                day = max(int(book.disbursed_day[other]), int(ended[late]))
                renewed[other] = min(renewed[other], day)
    refinances = facts["refinances"].to_numpy(dtype=np.int64)
    named = np.flatnonzero(refinances >= 0)
    late = named[late_30[refinances[named]] <= book.disbursed_day[named]]
    renewed[late] = np.minimum(renewed[late], book.disbursed_day[late])
    return renewed


def rows_as_of(tape: Tape, *, as_of: date, parameters: LossParameters) -> pd.DataFrame:
    """The loans that were paid out before a day, as they stand as of it.

    Returns:
        A row per loan: the columns of lending.arrears.positions; bucket (place in BUCKETS, of active loans),
        defaulted, renegotiated, slow (bool: pace below .5), stage (0 unless active), expected_loss_minor (float64),
        principal_minor, disbursed_day, and the facts of the tape.
    """
    book, day = tape.book, day_number(as_of)
    rows = positions(book, as_of=as_of)
    place = rows["place"].to_numpy()
    active = is_active(rows)
    past_due = rows["days_past_due"].to_numpy()
    defaulted = active & _defaulted(tape, place, past_due, day)
    slow = active & _slow(tape, rows, day)
    since = day_number(month_later(as_of, -RAISED_RISK_MONTHS))
    changed = (rows["restructured"] & (rows["restructured_day"] >= since)).to_numpy()
    stage = np.where(active, stages(days_past_due=past_due, defaulted=defaulted, raised_risk=slow | changed), 0)
    bucket = bucket_places(past_due)
    loss = np.zeros(len(rows))
    held = np.flatnonzero(active)
    loss[held] = loan_losses(
        book, accounts=rows["account"].to_numpy()[held], outstanding_minor=rows["outstanding_minor"].to_numpy()[held],
        day=day, stage=stage[held], bucket=bucket[held], daily_rate=tape.daily_rate[place[held]],
        parameters=parameters,
    )  # fmt: skip
    renegotiated = active & (rows["restructured"].to_numpy() | (tape.renewed_day[place] < day))
    told = rows.assign(
        bucket=bucket,
        defaulted=defaulted,
        renegotiated=renegotiated,
        slow=slow,
        stage=stage,
        expected_loss_minor=loss,
        principal_minor=book.principal_minor[place],
        disbursed_day=book.disbursed_day[place],
    )
    return pd.concat([told, tape.facts.iloc[place].reset_index(drop=True)], axis=1)


def _defaulted(tape: Tape, place: Whole, past_due: Whole, day: int) -> Mask:
    """More than 90 days past due, restructured at a loss, or marked unlikely to pay."""
    unlikely = tape.facts["unlikely_day"].to_numpy(dtype=np.int64)[place] < day
    return np.asarray((past_due > DEFAULT_DAYS) | (tape.loss_day[place] < day) | unlikely)


def _slow(tape: Tape, rows: pd.DataFrame, day: int) -> Mask:
    """Sales-linked loans that have remitted less than half of what was expected by now.

    What was expected of a day comes from the shop's sales when it borrowed; where they are not known, from an even
    course to the final date.
    """
    book = tape.book
    place, account = rows["place"].to_numpy(), rows["account"].to_numpy()
    shared = book.by_share[account]
    elapsed = day - book.disbursed_day[place]
    owed = book.account_due_minor[account].astype("float64")
    final = book.lines.day[book.lines.first[account + 1] - 1] - book.disbursed_day[place]
    even = owed / np.maximum(final, 1)
    known = tape.facts["expected_daily_minor"].to_numpy(dtype="float64")[place]
    expected = np.minimum(np.where(np.isnan(known), even, known) * elapsed, owed)
    return np.asarray(shared & (rows["paid_minor"].to_numpy() < SLOW_PACE * expected))
