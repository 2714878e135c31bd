"""The loans of a desk as lists show them: where each stands, what falls due next, and how soon it gets worse."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd

from lending.arrears import ACTIVE, BUCKET_ENDS
from lending.book_rows import Tape, rows_as_of
from lending.expected_loss import LossParameters
from lending.loan_book import FAR, Book, Mask, Whole, day_number

NO_DAY = -1

_KEPT = (
    "loan_id", "shop_id", "loan_ref", "application_ref", "currency", "owner_key", "state", "outstanding_minor",
    "written_off_minor", "overdue_minor", "unapplied_minor", "days_past_due", "restructured", "bucket", "stage",
    "expected_loss_minor", "principal_minor", "disbursed_day", "annual_rate_ppm",
)  # fmt: skip
_OF_TODAY = ("state", "outstanding_minor", "owed_minor", "waivable_minor")


def case_rows(tapes: Mapping[str, Tape], *, today: date, parameters: LossParameters) -> pd.DataFrame:
    """All loans paid out up to and with today, as they stand as of it; one paid out today as it will tomorrow.

    Args:
        tapes: of lending.book_tapes.tapes_of, with what is dated today.
        today: as of which; what is booked on it counts from tomorrow.
        parameters: of the expected loss.

    Returns:
        A row per loan: loan_id, shop_id, loan_ref, application_ref, currency, currency_place (0 of the one most lent
        in), owner_key, state, outstanding_minor, written_off_minor, overdue_minor, unapplied_minor, days_past_due,
        restructured, bucket, stage, expected_loss_minor (whole), principal_minor, disbursed_day, annual_rate_ppm,
        next_due_day (FAR where nothing is to come), next_due_minor (what is still open of it), next_bucket_days (until
        it is in the next bucket if nothing comes in; NO_DAY where there is none), new_today (bool); and with what was
        booked today: later_state, later_outstanding_minor, later_owed_minor, later_waivable_minor.
    """
    parts = [_rows_of(tape, place, today=today, parameters=parameters) for place, tape in enumerate(tapes.values())]
    if not parts:
        return _rows_of_nothing()
    return pd.concat(parts, ignore_index=True)


def _rows_of_nothing() -> pd.DataFrame:
    names = (
        *_KEPT, "next_due_day", "next_due_minor", "next_bucket_days", "new_today", "currency_place",
        *(f"later_{name}" for name in _OF_TODAY),
    )  # fmt: skip
    texts = {"loan_ref", "application_ref", "currency", "owner_key", "state", "later_state"}
    return pd.DataFrame({name: np.zeros(0, dtype=object if name in texts else np.int64) for name in names})


def _rows_of(tape: Tape, place: int, *, today: date, parameters: LossParameters) -> pd.DataFrame:
    tomorrow = today + timedelta(days=1)
    later = _bare(rows_as_of(tape, as_of=tomorrow, parameters=parameters))
    rows = _bare(rows_as_of(tape, as_of=today, parameters=parameters))
    fresh = later[~later["loan_id"].isin(rows["loan_id"])]
    told = pd.concat([_with_next(tape.book, rows, today), _with_next(tape.book, fresh, today)], ignore_index=True)
    told["new_today"] = ~told["loan_id"].isin(rows["loan_id"])
    told["currency_place"] = place
    owed = _owed(tape.book, later)
    after = pd.DataFrame(
        {
            "loan_id": later["loan_id"],
            "later_state": later["state"],
            "later_outstanding_minor": later["outstanding_minor"],
            "later_owed_minor": owed,
            "later_waivable_minor": later["overdue_minor"] - later["overdue_principal_minor"],
        }
    )
    kept = [*_KEPT, "next_due_day", "next_due_minor", "next_bucket_days", "new_today", "currency_place"]
    told["currency"] = told["currency"].astype(object)
    told["expected_loss_minor"] = told["expected_loss_minor"].round().astype("int64")
    return told[kept].merge(after, on="loan_id", how="left", validate="one_to_one")


def _bare(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without the columns that the facts of a tape bring a second time."""
    return rows.loc[:, ~rows.columns.duplicated()]


def _owed(book: Book, rows: pd.DataFrame) -> Whole:
    account = rows["account"].to_numpy(dtype=np.int64)
    return np.asarray(np.maximum(book.account_due_minor[account] - rows["paid_minor"].to_numpy(), 0))


def _with_next(book: Book, rows: pd.DataFrame, today: date) -> pd.DataFrame:
    """What falls due next, today or later, and is not paid ahead; and the days until the next bucket."""
    day, account = day_number(today), rows["account"].to_numpy(dtype=np.int64)
    active = (rows["state"] == ACTIVE).to_numpy()
    first, until = book.lines.first[account], book.lines.until(account, day)
    start = book.lines.before[first]
    paid = rows["paid_minor"].to_numpy(dtype=np.int64)
    open_line = np.searchsorted(book.lines.before, start + paid, side="right") - 1
    line = np.maximum(open_line, until)
    found = active & (line < book.lines.first[account + 1])
    at = np.where(found, line, 0)
    due = book.lines.before[at + 1] - np.maximum(book.lines.before[at], start + paid)
    next_day = np.where(found, book.lines.day[at], FAR)
    return rows.assign(
        next_due_day=next_day,
        next_due_minor=np.where(found, due, 0),
        next_bucket_days=_days_to_next_bucket(rows["days_past_due"].to_numpy(dtype=np.int64), next_day - day, active),
    )


def _days_to_next_bucket(past_due: Whole, due_in: Whole, active: Mask) -> Whole:
    """Days until a loan is in the next bucket, if nothing comes in: the day after its due date, or after 30, 60, 90."""
    ends = np.array([*BUCKET_ENDS, FAR])
    bucket = np.searchsorted(BUCKET_ENDS, past_due, side="left")
    to_worse = np.where(bucket < len(BUCKET_ENDS), ends[bucket] - past_due + 1, NO_DAY)
    fresh = np.where(due_in < FAR // 2, due_in + 1, NO_DAY)
    return np.where(active, np.where(past_due > 0, to_worse, fresh), NO_DAY)


ORDERS = {
    "late": ("days_past_due", "outstanding_minor"),
    "outstanding": ("outstanding_minor", "days_past_due"),
    "newest": ("disbursed_day", "outstanding_minor"),
}
_IN_MONEY = frozenset({"outstanding"})


def in_order(rows: pd.DataFrame, order: str) -> pd.DataFrame:
    """Rows by one of ORDERS, or by "next": those first that are soonest in the next bucket."""
    if order == "next":
        days = rows["next_bucket_days"].where(rows["next_bucket_days"] != NO_DAY, FAR)
        place = np.lexsort([rows["loan_id"], -rows["outstanding_minor"], days])
        return rows.iloc[place].reset_index(drop=True)
    first, second = (-rows[name].to_numpy() for name in ORDERS[order])
    apart = rows["currency_place"].to_numpy() if order in _IN_MONEY else np.zeros(len(rows))
    return rows.iloc[np.lexsort([rows["loan_id"], second, first, apart])].reset_index(drop=True)
