"""Loans to be collected: which are late or fall due soon, by how much, what their borrowers said, and who looks next.

Days are counted as of the opening of a day; what came in on the day itself is taken off what is overdue, so that a loan
leaves the list once it is paid up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np
import pandas as pd

from lending import loan_life
from lending.arrears import BUCKET_ENDS, BUCKETS, bucket_places, is_active, positions
from lending.book_rows import Tape, rows_as_of
from lending.expected_loss import LossParameters
from lending.loan_book import Whole, day_number

SOON_DAYS = 7
"""A loan is listed from so many days before its instalment falls due."""
LAST_BUCKET = len(BUCKETS) - 1
CARRIED = ("loan_id", "shop_id", "loan_ref", "application_ref")


def due_rows(tape: Tape, *, as_of: date, parameters: LossParameters) -> pd.DataFrame:
    """The loans that are late or fall due within SOON_DAYS, the largest expected loss first, each once.

    Args:
        tape: of everything dated up to and with the day.
        as_of: the day at whose opening days are counted.
        parameters: the table behind expected losses.

    Returns:
        loan_id, shop_id, loan_ref, application_ref; days_past_due, bucket (place in BUCKETS; 0 where it only falls due
        soon), due_in_days (to its oldest unpaid instalment, below zero where that is overdue), next_bucket_days (to the
        day on which it gets into the next bucket; -1 in the last one), overdue_minor, soon_minor (falls due within
        SOON_DAYS), outstanding_minor, expected_loss_minor (int64, at the opening of the day), stage.
    """
    day = day_number(as_of)
    rows = rows_as_of(tape, as_of=as_of, parameters=parameters)
    rows = rows[is_active(rows) & _goes_on(tape, rows, as_of)].reset_index(drop=True)
    account = rows["account"].to_numpy(dtype=np.int64)
    lines, paid = tape.book.lines, _paid_with_today(tape, account, day)
    oldest = np.searchsorted(lines.before, lines.before[lines.first[account]] + paid, side="right") - 1
    due_in = lines.day[np.minimum(oldest, len(lines.day) - 1)] - day if len(account) else account
    overdue = np.maximum(lines.amount_until(account, lines.until(account, day)) - paid, 0)
    until_soon = lines.amount_until(account, lines.until(account, day + SOON_DAYS + 1))
    past_due = np.where(overdue > 0, -due_in, 0)
    bucket = bucket_places(past_due)
    ends = np.array([*BUCKET_ENDS, 0])[bucket]
    told = rows[[*CARRIED, "outstanding_minor", "stage"]].assign(
        days_past_due=past_due,
        bucket=bucket,
        due_in_days=due_in,
        next_bucket_days=np.where(bucket == LAST_BUCKET, -1, ends + due_in + 1),
        overdue_minor=overdue,
        soon_minor=np.maximum(until_soon - paid, 0) - overdue,
        expected_loss_minor=np.rint(rows["expected_loss_minor"].to_numpy()).astype(np.int64),
    )
    told = told[(told["overdue_minor"] > 0) | (told["soon_minor"] > 0)]
    return in_order(told, "loss")


def _goes_on(tape: Tape, rows: pd.DataFrame, as_of: date) -> np.ndarray:
    """Which rows are of loans that today has not ended, nor given another schedule."""
    evening = positions(tape.book, as_of=as_of + timedelta(days=1))
    goes_on = pd.Series(evening["account"].to_numpy(), index=evening["place"].to_numpy())[is_active(evening)]
    return np.asarray(rows["place"].map(goes_on).to_numpy() == rows["account"].to_numpy())


def _paid_with_today(tape: Tape, account: Whole, day: int) -> Whole:
    payments = tape.book.payments
    return payments.amount_until(account, payments.until(account, day + 1))


ORDERS: Mapping[str, tuple[str, bool]] = {
    "loss": ("expected_loss_minor", False),
    "overdue": ("overdue_minor", False),
    "days": ("due_in_days", True),
    "bucket": ("next_place", True),
    "contact": ("contact_place", True),
}
"""Column of each order, and whether the smallest stands first."""


def in_order(rows: pd.DataFrame, order: str) -> pd.DataFrame:
    """The rows in an order; equals by expected loss, then by days, then by number."""
    name, rising = ORDERS[order]
    placed = rows.assign(next_place=rows["next_bucket_days"].where(rows["next_bucket_days"] >= 0, 10_000))
    if order == "contact":
        placed["contact_place"] = [day.toordinal() if day is not None else 0 for day in rows["contact_on"]]
    by = [name, "expected_loss_minor", "due_in_days", "loan_id"]
    sorted_rows = placed.sort_values(by, ascending=[rising, False, True, True], kind="stable", ignore_index=True)
    return sorted_rows[list(rows.columns)]


class Note(Protocol):
    """A step as it stands on record; see db.loan_standing.ACTS."""

    @property
    def kind(self) -> str:
        """One of lending.loan_life.KINDS."""

    @property
    def day(self) -> date:
        """Of a promise the day on which money is to come."""

    @property
    def booked_on(self) -> date:
        """The day on which it was recorded."""

    @property
    def amount_minor(self) -> int | None:
        """What was promised."""

    @property
    def needs_second(self) -> int:
        """Whether it stands only once a second person has agreed."""

    @property
    def agreed(self) -> int | None:
        """The second person's answer."""

    @property
    def person_name(self) -> str:
        """Who recorded it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is on record beside the figures of a loan."""

    contact_on: date | None = None
    contact_by: str | None = None
    contacts: int = 0
    """In the days that count against the limit."""
    promise_minor: int | None = None
    promise_on: date | None = None
    promise_state: str | None = None
    """Of the newest promise: "kept", "broken" or "open"."""
    broken_promises: int = 0
    dispute: bool = False
    hardship: bool = False
    waits: str | None = None
    """The step that waits for a second person."""
    waits_by: str | None = None


def said_of(notes: Sequence[Note], payments: Sequence[tuple[date, int]], *, today: date) -> Said:
    """What the steps of one loan say.

    Args:
        notes: its steps, oldest first.
        payments: day and amount of what came in, today's too.
        today: a promise for today is broken tomorrow, and kept as soon as the money is there.
    """
    contacts = [note for note in notes if note.kind == "contact"]
    promises = [(note, _promise_state(note, payments, today)) for note in notes if note.kind == "promise"]
    waiting = [note for note in notes if note.needs_second and note.agreed is None]
    cases = loan_life.open_cases(note.kind for note in notes)
    newest, state = promises[-1] if promises else (None, None)
    last = max(contacts, key=lambda note: note.day) if contacts else None
    return Said(
        contact_on=last.day if last else None,
        contact_by=last.person_name if last else None,
        contacts=len(counted_contacts([note.day for note in contacts], today=today)),
        promise_minor=newest.amount_minor if newest else None,
        promise_on=newest.day if newest else None,
        promise_state=state,
        broken_promises=sum(each == "broken" for _, each in promises),
        dispute="dispute" in cases,
        hardship="hardship" in cases,
        waits=waiting[0].kind if waiting else None,
        waits_by=waiting[0].person_name if waiting else None,
    )


def counted_contacts(days: Iterable[date], *, today: date) -> list[date]:
    """The days of the contacts that count against the limit today, oldest first.

    >>> counted_contacts([date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 8)], today=date(2026, 3, 8))
    [datetime.date(2026, 3, 2), datetime.date(2026, 3, 8)]
    """
    since = today - timedelta(days=loan_life.CONTACT_DAYS - 1)
    return sorted(day for day in days if day >= since)


def _promise_state(note: Note, payments: Sequence[tuple[date, int]], today: date) -> str:
    promise = loan_life.Promise(note.booked_on, note.day, note.amount_minor or 0)
    with_today = loan_life.promise_state(promise, payments, as_of=today + timedelta(days=1))
    return with_today if with_today == "kept" else loan_life.promise_state(promise, payments, as_of=today)


FLAGS = ("dispute", "hardship", "neither", "waits")
PROMISES = ("broken", "open", "kept", "none")


@dataclass(frozen=True, slots=True)
class CollectionsView:
    """What of the list is looked at, and in which order."""

    buckets: tuple[int, ...] = ()
    """Places in BUCKETS; all where there are none."""
    flag: str | None = None
    """One of FLAGS."""
    promise: str | None = None
    """One of PROMISES: the state of the newest promise."""
    search: str = ""
    order: str = "loss"


def pick(rows: pd.DataFrame, view: CollectionsView) -> pd.DataFrame:
    """The rows that a view shows, in its order."""
    kept = np.ones(len(rows), dtype=bool)
    if view.buckets:
        kept &= rows["bucket"].isin(view.buckets).to_numpy()
    match view.flag:
        case "dispute" | "hardship":
            kept &= rows[view.flag].to_numpy(dtype=bool)
        case "neither":
            kept &= ~(rows["dispute"] | rows["hardship"]).to_numpy(dtype=bool)
        case "waits":
            kept &= rows["waits"].notna().to_numpy()
    if view.promise == "none":
        kept &= rows["promise_state"].isna().to_numpy()
    elif view.promise is not None:
        kept &= (rows["promise_state"] == view.promise).to_numpy()
    if words := view.search.casefold():
        sought = rows["shop_name"] + "\n" + rows["shop_ref"] + "\n" + rows["loan_ref"]
        kept &= np.array([words in text.casefold() for text in sought], dtype=bool)
    return in_order(rows[kept], view.order)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the headline says of a list."""

    loans: int
    overdue_loans: int
    overdue_minor: int
    broken: int
    """Loans whose newest promise was broken."""
    waits: int
    by_bucket: tuple[int, ...]
    """Loans in each of BUCKETS."""


def summary(rows: pd.DataFrame) -> Summary:
    """The headline's figures of some rows."""
    late: Any = rows["overdue_minor"] > 0
    return Summary(
        loans=len(rows),
        overdue_loans=int(late.sum()),
        overdue_minor=int(rows["overdue_minor"].sum()),
        broken=int((rows["promise_state"] == "broken").sum()),
        waits=int(rows["waits"].notna().sum()),
        by_bucket=tuple(np.bincount(rows["bucket"].to_numpy(dtype=np.int64), minlength=len(BUCKETS)).tolist()),
    )
