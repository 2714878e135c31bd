"""A loan book as of a day with its months behind it, laid out so that any part of it can be added up at once.

All that takes time is done here, once for a state of the record and a day: where each loan stood at each month end,
what moved in each month, what became of it. What the Portfolio page shows of some loans or of all is then sums over
these arrays (lending.book_view), picked by a mask (lending.book_picks).

A *place* is that of a loan in the book of its tape. Money is minor units of the tape's one currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from lending.arrears import BUCKETS, bucket_places, is_active, positions
from lending.book_figures import last_full_month, month_ends
from lending.book_flows import due_lines, due_places, flows, lines_ahead
from lending.book_rows import Tape, rows_as_of
from lending.expected_loss import LossParameters
from lending.loan_book import FAR, Mask, Whole, day_number
from lending.months import first_of_month
from lending.rolls import state_places
from lending.schedule import month_later
from lending.shares import FEW
from lending.vintages import bad_days, first_payment_defaults, month_numbers, origin_months

MONTHS_BACK = 36
YEAR_MONTHS = 12
WEEKS_AHEAD = 13
PAID_WITHIN_DAYS = 30
EARLY_DAYS = 30
"""A loan that was repaid more than so many days before its last due date was repaid early."""
NOT_YET, HELD, REPAID, LOST = -1, 0, 1, 2
_STATE_CODES = {"active": HELD, "paid": REPAID, "written_off": LOST}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where loans stood at some days: a row per day and loan that was active then."""

    time: Whole
    """Place in the panel's days."""
    place: Whole
    outstanding: np.ndarray
    past_due: Whole
    renegotiated: Mask
    defaulted: Mask
    loss: np.ndarray


@dataclass(frozen=True, slots=True)
class Sums:
    """Amounts by time and loan: a row for each that is not nothing."""

    time: Whole
    place: Whole
    amount: np.ndarray


@dataclass(frozen=True, slots=True)
class Year:
    """Twelve months that end on a day: balances at their thirteen ends, and what each loan moved in them."""

    balances: Sums
    """Time is the place among the thirteen ends."""
    moves: Mapping[str, np.ndarray]
    """By loan; the columns of lending.book_flows.flows."""
    standing: Mapping[str, np.ndarray]
    """By loan, as of the day: outstanding, par30, par30r (or renegotiated), npl (in default), loss."""


@dataclass(frozen=True, slots=True)
class Panel:
    """See above."""

    currency: str
    as_of: date
    days: tuple[date, ...]
    """The month ends of the last years as opening days, oldest first, and as_of itself where it is none."""
    months: tuple[date, ...]
    """The calendar months before as_of, by their first days; the last one may be under way."""
    loans: Mapping[str, np.ndarray]
    """By place: see _loans_now."""
    traits: Mapping[str, tuple[np.ndarray, tuple[str, ...]]]
    """By name of the trait: for each place a code, and what the codes stand for."""
    shop_id: Whole
    funding: pd.DataFrame
    """A row per loan and funder: place (int64), funder (code of the trait "funder"), share (float64)."""
    stand: Stand
    due: Sums
    """By month: what fell due."""
    collected: Sums
    ahead: Sums
    """By week from as_of: what the schedules ask for."""
    paid_shares: np.ndarray
    """By bucket: see _paid_shares."""
    year: Year
    year_before: Year

    def __len__(self) -> int:
        """How many loans are in the book, paid out or not."""
        return len(self.shop_id)


def panel_of(
    tape: Tape,
    *,
    currency: str,
    as_of: date,
    parameters: LossParameters,
    traits: Mapping[str, tuple[np.ndarray, tuple[str, ...]]],
    funding: pd.DataFrame,
) -> Panel:
    """Lay out a tape as of a day.

    Args:
        tape: of one currency.
        currency: which.
        as_of: the day.
        parameters: of expected losses.
        traits: by name, a code for each loan of the tape and the words of the codes.
        funding: see Panel.
    """
    days, months = month_end_days(tape, as_of=as_of), calendar_months(tape, as_of=as_of)
    rows = {day: rows_as_of(tape, as_of=day, parameters=parameters) for day in days}
    stand = _stand(days, rows)
    due, collected = _monthly(tape, months, as_of=as_of)
    return Panel(
        currency=currency,
        as_of=as_of,
        days=days,
        months=months,
        loans=_loans_now(tape, rows, as_of=as_of, parameters=parameters),
        traits=traits,
        shop_id=tape.facts["shop_id"].to_numpy(dtype=np.int64),
        funding=funding,
        stand=stand,
        due=due,
        collected=collected,
        ahead=_ahead(tape, rows[as_of], as_of=as_of),
        paid_shares=_paid_shares(tape, days, stand, as_of=as_of),
        year=_year(tape, rows, as_of, parameters),
        year_before=_year(tape, rows, month_later(as_of, -YEAR_MONTHS), parameters),
    )


def month_end_days(tape: Tape, *, as_of: date) -> tuple[date, ...]:
    """The days of a panel: first days of months since something was lent, 36 at most, and as_of."""
    last = first_of_month(as_of)
    begun = int(tape.book.disbursed_day.min(initial=FAR))
    ends = [
        day
        for back in range(MONTHS_BACK, -1, -1)
        if day_number(day := first_of_month(last, shift=-back)) > begun and day <= as_of
    ]
    return tuple(dict.fromkeys([*ends, as_of]))


def calendar_months(tape: Tape, *, as_of: date) -> tuple[date, ...]:
    """The months, 36 at most, that began before as_of and not before the first loan's."""
    last = first_of_month(as_of, shift=-1 if as_of.day == 1 else 0)
    begun = tape.book.disbursed_day.min(initial=FAR)
    first = int(month_numbers(np.array([begun]))[0]) if begun < FAR else last.year * 12 + last.month
    wanted = [first_of_month(last, shift=-back) for back in range(MONTHS_BACK - 1, -1, -1)]
    return tuple(month for month in wanted if (month.year - 1970) * 12 + month.month - 1 >= first) or (last,)


def _stand(days: tuple[date, ...], rows: Mapping[date, pd.DataFrame]) -> Stand:
    parts = []
    for time, day in enumerate(days):
        told = rows[day]
        held = np.flatnonzero(is_active(told))
        parts.append(
            (
                np.full(len(held), time, dtype=np.int64),
                *(told[name].to_numpy()[held] for name in
                  ("place", "outstanding_minor", "days_past_due", "renegotiated", "defaulted", "expected_loss_minor")),
            )
        )  # fmt: skip
    times, place, outstanding, past_due, renegotiated, defaulted, loss = (
        np.concatenate(each) for each in zip(*parts, strict=True)
    )
    return Stand(times, place, outstanding.astype("float64"), past_due, renegotiated, defaulted, loss)


def _loans_now(
    tape: Tape, rows: Mapping[date, pd.DataFrame], *, as_of: date, parameters: LossParameters
) -> dict[str, np.ndarray]:
    """What is known of each loan as of the day.

    Returns:
        By place of the loan: principal_minor, disbursed_day, origin (month number), state (NOT_YET, HELD, REPAID,
        LOST), outstanding_minor, overdue_minor, past_due, bucket, stage, loss, renegotiated, defaulted, lost_minor
        (when it was written off); roll_from, roll_to (places in lending.rolls.STATES, -1 where it was not active when
        the last full month began), roll_minor; bad_day (first day as of which it was more than 30 days late or written
        off), written_off_month (-1), first_late, first_told (bool), ended_day (day on which it was repaid whole, else
        FAR), final_day (last due date), by_share, repeat (bool: not its owner's first), loan_ref (text), own_share.
    """
    book, count = tape.book, len(tape.book)
    told = rows[as_of]
    place = told["place"].to_numpy()
    state = np.full(count, NOT_YET, dtype=np.int64)
    state[place] = told["state"].map(_STATE_CODES).to_numpy(dtype=np.int64)
    first_late, first_told = first_payment_defaults(tape, as_of=as_of)
    last_line = book.lines.day[book.lines.first[book.first_account[1:]] - 1] if count else np.zeros(0, dtype=np.int64)
    ended = np.minimum(np.minimum(tape.paid_off_day, book.closed_day), FAR)
    written_off = np.where(state == LOST, month_numbers(np.where(state == LOST, book.written_off_day, 0)), -1)
    columns = {
        name: _by_place(told, source, count)
        for name, source in {
            "outstanding_minor": "outstanding_minor", "overdue_minor": "overdue_minor", "past_due": "days_past_due",
            "bucket": "bucket", "stage": "stage", "loss": "expected_loss_minor", "renegotiated": "renegotiated",
            "defaulted": "defaulted", "lost_minor": "written_off_minor",
        }.items()
    }  # fmt: skip
    return {
        **columns,
        **_rolled(tape, rows, as_of=as_of, parameters=parameters),
        "principal_minor": book.principal_minor,
        "disbursed_day": book.disbursed_day,
        "origin": origin_months(tape),
        "state": state,
        "bad_day": bad_days(tape, "late_30", as_of=as_of),
        "written_off_month": written_off,
        "first_late": first_late,
        "first_told": first_told,
        "ended_day": np.where(state == REPAID, ended, FAR),
        "final_day": last_line,
        "by_share": book.sales_linked,
        "repeat": _repeats(tape),
        "loan_ref": tape.facts["loan_ref"].to_numpy(dtype=object),
        "own_share": tape.facts["own_share"].to_numpy(dtype="float64"),
    }


def _by_place(rows: pd.DataFrame, name: str, count: int) -> np.ndarray:
    values = rows[name].to_numpy()
    laid = np.zeros(count, dtype=values.dtype)
    laid[rows["place"].to_numpy()] = values
    return laid


def _rolled(
    tape: Tape, rows: Mapping[date, pd.DataFrame], *, as_of: date, parameters: LossParameters
) -> dict[str, np.ndarray]:
    """How loans moved in the last full month: from which state, into which, and the opening balance."""
    count = len(tape.book)
    opening, closing = (
        rows[day] if day in rows else rows_as_of(tape, as_of=day, parameters=parameters)
        for day in last_full_month(as_of)
    )
    now = np.full(count, -1, dtype=np.int64)
    now[closing["place"].to_numpy()] = state_places(closing)
    held = is_active(opening)
    place = opening["place"].to_numpy()[held]
    left, reached = (np.full(count, -1, dtype=np.int64) for _ in range(2))
    left[place] = state_places(opening)[held]
    reached[place] = now[place]
    balance = np.zeros(count)
    balance[place] = opening["outstanding_minor"].to_numpy()[held]
    return {"roll_from": left, "roll_to": reached, "roll_minor": balance}


def _repeats(tape: Tape) -> Mask:
    """Which loans are not the first of their owner."""
    owner, _ = pd.factorize(tape.facts["owner_key"])
    first = pd.Series(tape.book.disbursed_day).groupby(owner).transform("min").to_numpy()
    return np.asarray(tape.book.disbursed_day > first)


def _monthly(tape: Tape, months: tuple[date, ...], *, as_of: date) -> tuple[Sums, Sums]:
    """What fell due and what was collected, by month, before a day."""
    first, last = day_number(months[0]), day_number(as_of)
    lines, receipts = due_lines(tape, first, last), tape.book.receipts
    paid_day = receipts["paid_day"].to_numpy()
    kept = (paid_day >= first) & (paid_day < last)
    begin = int(month_numbers(np.array([first]))[0])
    collected = (receipts[name].to_numpy()[kept] for name in ("place", "paid_day", "amount_minor"))
    return tuple(
        _summed(month_numbers(day) - begin, place, amount, len(tape.book))
        for place, day, amount in ((lines.place, lines.day, lines.amount_minor), tuple(collected))
    )  # type: ignore[return-value]  # two of them


def _summed(time: Whole, place: Whole, amount: np.ndarray, count: int) -> Sums:
    """One row for each time and place."""
    keys, at = np.unique(time * max(count, 1) + place, return_inverse=True)
    return Sums(keys // max(count, 1), keys % max(count, 1), np.bincount(at, amount, len(keys)))


def _ahead(tape: Tape, rows: pd.DataFrame, *, as_of: date) -> Sums:
    held = is_active(rows)
    day = day_number(as_of)
    lines = lines_ahead(tape, rows["account"].to_numpy()[held], day=day, days=7 * WEEKS_AHEAD)
    return _summed((lines.day - day) // 7, lines.place, lines.amount_minor, len(tape.book))


def _paid_shares(tape: Tape, days: tuple[date, ...], stand: Stand, *, as_of: date) -> np.ndarray:
    """By bucket the share of dues paid whole within 30 days, of loans that stood in it when the month began.

    Of what fell due in the twelve months that ended 30 days before as_of. A bucket with fewer than 30 dues takes the
    share of all, and all with none are taken to pay.
    """
    book, last = tape.book, day_number(as_of) - PAID_WITHIN_DAYS
    lines = np.flatnonzero(due_places(tape, last - 365, last))
    day, place = book.lines.day[lines], book.account_loan[book.line_account[lines]]
    starts = np.array([day_number(each) for each in days], dtype=np.int64)
    # The newest of the panel's days at which the loan could have been looked at before it fell due.
    time = np.searchsorted(starts, day, side="right") - 1
    keys = stand.time * len(book) + stand.place
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], time * len(book) + place), max(len(keys) - 1, 0))
    stood = order[at] if len(keys) else at
    known = (time >= 0) & (keys[stood] == time * len(book) + place) if len(keys) else np.zeros(len(lines), dtype=bool)
    # A loan that was paid out within the month was current.
    past_due = np.where(known, stand.past_due[stood] if len(keys) else 0, 0)
    bucket = bucket_places(past_due)
    amount = np.diff(book.lines.before)[lines].astype("float64")
    paid = book.paid_in_full_day[lines] <= day + PAID_WITHIN_DAYS
    asked, came = (np.bincount(bucket, values, len(BUCKETS)) for values in (amount, amount * paid))
    whole = float(came.sum() / asked.sum()) if asked.sum() else 1.0
    told = np.divide(came, asked, out=np.full(len(BUCKETS), whole), where=asked > 0)
    return np.where(np.bincount(bucket, minlength=len(BUCKETS)) < FEW, whole, told)


def _year(tape: Tape, rows: Mapping[date, pd.DataFrame], as_of: date, parameters: LossParameters) -> Year:
    days = month_ends(as_of, YEAR_MONTHS)
    parts = []
    for time, day in enumerate(days):
        stood = rows[day] if day in rows else positions(tape.book, as_of=day)
        owed = stood["outstanding_minor"].to_numpy()
        held = np.flatnonzero(owed > 0)
        parts.append((np.full(len(held), time), stood["place"].to_numpy()[held], owed[held].astype("float64")))
    times, place, amount = (np.concatenate(each) for each in zip(*parts, strict=True))
    moves = flows(tape, since=days[0], until=as_of)
    told = rows[as_of] if as_of in rows else rows_as_of(tape, as_of=as_of, parameters=parameters)
    return Year(
        balances=Sums(times, place, amount),
        moves={str(name): moves[name].to_numpy("float64") for name in moves},
        standing=_standing(told, len(tape.book)),
    )


def _standing(rows: pd.DataFrame, count: int) -> dict[str, np.ndarray]:
    owed = rows["outstanding_minor"].to_numpy("float64")
    late = (rows["days_past_due"] > 30).to_numpy()
    parts = {
        "outstanding": owed,
        "par30": owed * late,
        "par30r": owed * (late | rows["renegotiated"].to_numpy(dtype=bool)),
        "npl": owed * rows["defaulted"].to_numpy(dtype=bool),
        "loss": rows["expected_loss_minor"].to_numpy("float64"),
    }
    return {name: np.bincount(rows["place"].to_numpy(), values, count) for name, values in parts.items()}
