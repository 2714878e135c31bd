"""How a shop repaid its loans: each instalment with the day it was due, the day it was paid, and the days between.

The days come from lending.paid_days, as those of the score do, so the totals here are the figures that the score reads.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from lending.arrears import positions
from lending.loan_book import Book, book_of, day_number, day_of
from lending.paid_days import ended_days, paid_days

State = Literal["active", "paid", "written_off"]
MARKS = ("on_time", "late", "unpaid", "coming")
INSTALMENT_COLUMNS = ("due_on", "paid_on", "late_days", "due_minor", "mark")


@dataclass(frozen=True, slots=True)
class Strip:
    """One loan, with its instalments as they were paid."""

    loan_ref: str
    shop_id: int
    principal_minor: int
    currency: str
    disbursed_on: date
    state: State
    restructured: bool
    repaid_early: bool
    outstanding_minor: int
    """Principal; 0 unless the loan is active."""
    days_past_due: int
    """0 unless the loan is active."""
    worst_late_days: int
    """0 where none was late yet."""
    instalments: pd.DataFrame
    """A row per instalment, by due day: due_on, paid_on (datetime64; NaT while it is not), late_days (int64; of one
    still unpaid to as_of, 0 of one to come), due_minor (int64), mark (one of MARKS)."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the score reads of all loans of a shop."""

    loans: int
    loans_repaid: int
    loans_repaid_early: int
    days_on_book: int
    """Days on which loans stood open, over all loans."""
    instalments_due: int
    """Fallen due, or paid before."""
    instalments_late: int
    worst_late_days: int | None
    """None where nothing fell due yet."""
    last_late_days: int | None
    """Of the instalment that fell due last."""


@dataclass(frozen=True, slots=True)
class History:
    """All loans of a shop, the newest first."""

    strips: tuple[Strip, ...]
    totals: Totals


NO_HISTORY = History((), Totals(0, 0, 0, 0, 0, 0, None, None))


def repayment_history(
    loans: pd.DataFrame, instalments: pd.DataFrame, repayments: pd.DataFrame, *, as_of: date
) -> History:
    """How the loans of a shop were repaid before a day.

    Args:
        loans: as lending.loan_book.book_of takes them, with loan_ref, shop_id and currency.
        instalments: as book_of takes them.
        repayments: as book_of takes them.
        as_of: nothing in the frames is dated on it or later.
    """
    if loans.empty:
        return NO_HISTORY
    loans = loans.sort_values("loan_id", kind="stable", ignore_index=True)
    book = book_of(loans, instalments, repayments)
    lines, ended = _marked(paid_days(book), day_number(as_of)), ended_days(book)
    standing = positions(book, as_of=as_of).to_dict("records")
    strips = [_strip(loans, lines, ended, now) for now in standing]
    newest_first = sorted(strips, key=lambda strip: (strip.disbursed_on, strip.loan_ref), reverse=True)
    return History(tuple(newest_first), _totals(book, loans, lines, ended, day_number(as_of)))


def _marked(lines: pd.DataFrame, day: int) -> pd.DataFrame:
    """Instalments with days late and mark, as scoring.facts counts them."""
    due, paid = lines["due_day"].to_numpy(dtype=np.int64), lines["paid_day"].to_numpy(dtype=np.int64)
    is_paid, fallen = paid < day, due < day
    late = np.where(is_paid, np.maximum(paid - due, 0), np.maximum(day - due, 0))
    mark = np.select([~is_paid & ~fallen, ~is_paid, late > 0], ["coming", "unpaid", "late"], "on_time")
    return lines.assign(late_days=late, mark=mark.astype(object), counts=is_paid | fallen, is_paid=is_paid)


def _strip(loans: pd.DataFrame, lines: pd.DataFrame, ended: pd.DataFrame, now: Mapping[Hashable, Any]) -> Strip:
    place = int(now["place"])
    loan, of_loan = loans.iloc[place], lines[lines["place"] == place]
    of_loan = of_loan.sort_values("due_day", kind="stable")
    paid_on = pd.to_datetime(of_loan["paid_day"].where(of_loan["is_paid"]), unit="D")
    told = pd.DataFrame(
        {
            "due_on": pd.to_datetime(of_loan["due_day"], unit="D"),
            "paid_on": paid_on,
            **{name: of_loan[name] for name in INSTALMENT_COLUMNS[2:]},
        }
    ).reset_index(drop=True)
    worst = of_loan.loc[of_loan["counts"], "late_days"]
    closed, final = int(ended["closed_day"].iloc[place]), int(ended["final_due_day"].iloc[place])
    return Strip(
        loan_ref=str(loan["loan_ref"]),
        shop_id=int(loan["shop_id"]),
        principal_minor=int(loan["principal_minor"]),
        currency=str(loan["currency"]),
        disbursed_on=day_of(loan["disbursed_day"]),
        state=now["state"],
        restructured=bool(now["restructured"]),
        repaid_early=now["state"] == "paid" and closed < final,
        outstanding_minor=int(now["outstanding_minor"]),
        days_past_due=int(now["days_past_due"]),
        worst_late_days=int(worst.max()) if len(worst) else 0,
        instalments=told,
    )


def _totals(book: Book, loans: pd.DataFrame, lines: pd.DataFrame, ended: pd.DataFrame, day: int) -> Totals:
    closed = ended["closed_day"].to_numpy(dtype=np.int64)
    repaid = closed < day
    counted = lines[lines["counts"]]
    refs = loans["loan_ref"].to_numpy(dtype=object)[counted["place"].to_numpy()]
    last = max(zip(counted["due_day"], refs, counted["late_days"], strict=True), default=None)
    return Totals(
        loans=len(book),
        loans_repaid=int(repaid.sum()),
        loans_repaid_early=int((repaid & (closed < ended["final_due_day"].to_numpy())).sum()),
        days_on_book=int((np.where(repaid, closed, day) - book.disbursed_day).sum()),
        instalments_due=len(counted),
        instalments_late=int((counted["late_days"] > 0).sum()),
        worst_late_days=int(counted["late_days"].max()) if len(counted) else None,
        last_late_days=None if last is None else int(last[2]),
    )
