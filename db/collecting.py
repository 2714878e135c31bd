"""The loans to be collected as of a day: read in a handful of queries, however many loans there are, and kept ready."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, BindParameter, Row, and_, bindparam, case, func, select, type_coerce
from sqlmodel import Session

from db import batches, consents
from db.loan_standing import ACTS
from db.loans import loan_frames
from db.memory import Memory
from db.tables import Application, Decision, LoanAct, LoanActAnswer, SalesDay, Shop, UtcTime, table_of
from lending import loan_life
from lending.book_tapes import tapes_of
from lending.collecting import Said, due_rows, said_of
from lending.expected_loss import loss_parameters
from lending.loan_book import day_of
from lending.policy import LENDING_OUTCOMES

acts = table_of(LoanAct)
answers = table_of(LoanActAnswer)
applications = table_of(Application)
decisions = table_of(Decision)
sales_days = table_of(SalesDay)
shops = table_of(Shop)

SALES_WINDOW_DAYS = 30
# SQLite takes some 32,000 values in one statement.
NUMBERS_AT_ONCE = 10_000

Payments = dict[int, list[tuple[date, int]]]


@dataclass(frozen=True, slots=True)
class _Due:
    """What does not depend on what borrowers said: by currency the loans, and what was paid on them."""

    rows: dict[str, pd.DataFrame]
    payments: Payments


@dataclass(frozen=True, slots=True)
class Work:
    """The list of one currency."""

    currency: str | None
    """None where nothing was ever lent."""
    currencies: tuple[str, ...]
    rows: pd.DataFrame
    """lending.collecting.due_rows with shop_name, shop_ref, generated, consented (bool), net_minor and
    net_before_minor (net sales of the last 30 days and of the 30 before; None without consent), sold_on (the last of
    those days with a sale, or None), and the fields of lending.collecting.Said."""


# A day's whole list of some currencies, and the same with what was said in the last minute.
_DUE: Memory[_Due] = Memory(2)
_WORK: Memory[Work] = Memory(4)


def work(session: Session, *, today: date, now: datetime, currency: str | None) -> Work:
    """The loans that are late or fall due soon, the worst first.

    What was found is kept until somebody imports, books, or writes a note, or the minute is over: consents begin at a
    moment.

    Args:
        session: a transaction.
        today: the day at whose opening days are counted.
        now: the moment of looking; consents given later do not count.
        currency: which loans; those of the most frequent currency where there are none in it.
    """
    minute = now.replace(second=0, microsecond=0)

    def put_together() -> Work:
        due = _DUE.recall(session, ("due", today), lambda: _read_due(session, today))
        codes = tuple(due.rows)
        chosen = currency if currency in codes else next(iter(codes), None)
        return Work(chosen, codes, _told(session, due, chosen, today, minute))

    newest = session.execute(_NEWEST).one()
    return _WORK.recall(session, ("collect", today, minute, currency, *newest), put_together)


def _read_due(session: Session, today: date) -> _Due:
    frames = loan_frames(session, as_of=today + timedelta(days=1), batch_id=batches.newest(session))
    parameters = loss_parameters()
    rows = {code: due_rows(tape, as_of=today, parameters=parameters) for code, tape in tapes_of(frames).items()}
    listed = np.concatenate([np.zeros(0, dtype=np.int64), *(each["loan_id"].to_numpy() for each in rows.values())])
    paid = frames.repayments[np.isin(frames.repayments["loan_id"].to_numpy(), listed)]
    payments: Payments = defaultdict(list)
    for loan_id, day, amount in zip(
        *(paid[name].tolist() for name in ("loan_id", "paid_day", "amount_minor")), strict=True
    ):
        payments[loan_id].append((day_of(day), amount))
    return _Due(rows, dict(payments))


def _told(session: Session, due: _Due, currency: str | None, today: date, now: datetime) -> pd.DataFrame:
    """The rows of a currency with the names, sales and notes of each."""
    rows = pd.DataFrame(columns=_COLUMNS) if currency is None else due.rows[currency]
    shop_ids = rows["shop_id"].unique().tolist()
    known, sold = _shops(session, shop_ids, now), _sales(session, shop_ids, today)
    said = _said(session, rows["loan_id"].tolist(), due.payments, today)
    nothing = Said()
    found: list[dict[str, Any]] = []
    for loan_id, shop_id in zip(rows["loan_id"].tolist(), rows["shop_id"].tolist(), strict=True):
        shop = known[shop_id]
        net, before, sold_on = sold.get(shop_id, (0, 0, None)) if shop.consented else (None, None, None)
        found.append(
            {
                "shop_name": shop.name, "shop_ref": shop.shop_ref, "generated": bool(shop.generated),
                "consented": bool(shop.consented), "net_minor": net, "net_before_minor": before, "sold_on": sold_on,
                **asdict(said.get(loan_id, nothing)),
            }
        )  # fmt: skip
    # As objects: what is missing would turn the others into fractions.
    beside = pd.DataFrame(found, columns=_BESIDE, dtype=object, index=rows.index)
    return pd.concat([rows, beside], axis=1)


_COLUMNS = [
    "loan_id", "shop_id", "loan_ref", "application_ref", "outstanding_minor", "stage", "days_past_due", "bucket",
    "due_in_days", "next_bucket_days", "overdue_minor", "soon_minor", "expected_loss_minor",
]  # fmt: skip
_BESIDE = [
    "shop_name", "shop_ref", "generated", "consented", "net_minor", "net_before_minor", "sold_on",
    *Said.__dataclass_fields__,
]  # fmt: skip


def _shops(session: Session, shop_ids: Sequence[int], now: datetime) -> dict[int, Row[Any]]:
    return {row.id: row for part in _parts(shop_ids) for row in session.execute(_SHOPS, {"numbers": part, "now": now})}


def _sales(session: Session, shop_ids: Sequence[int], today: date) -> dict[int, tuple[int, int, date | None]]:
    """Net sales of each shop in the last 30 days and in the 30 before, and the last day with a sale."""
    since = today - timedelta(days=SALES_WINDOW_DAYS)
    bound = {"first": since - timedelta(days=SALES_WINDOW_DAYS), "since": since, "today": today}
    return {
        row.shop_id: (int(row.net), int(row.before), None if row.sold is None else day_of(row.sold))
        for part in _parts(shop_ids)
        for row in session.execute(_SALES, {"numbers": part, **bound})
    }


def _said(session: Session, loan_ids: Sequence[int], payments: Payments, today: date) -> dict[int, Said]:
    """What the notes of each loan say, of those that have any."""
    notes: dict[int, list[Row[Any]]] = defaultdict(list)
    for part in _parts(loan_ids):
        for row in session.execute(_NOTES, {"numbers": part}):
            notes[row.loan_id].append(row)
    return {loan_id: said_of(rows, payments.get(loan_id, ()), today=today) for loan_id, rows in notes.items()}


def _parts(numbers: Sequence[int]) -> Iterator[list[int]]:
    return (list(numbers[start : start + NUMBERS_AT_ONCE]) for start in range(0, len(numbers), NUMBERS_AT_ONCE))


def notes(session: Session, loan_id: int) -> list[Row[Any]]:
    """What was noted about one loan, and what waits for a second person, oldest first: rows of ACTS."""
    return list(session.execute(_NOTES, {"numbers": [loan_id]}).all())


def approved_by(session: Session, application_ref: str, *, person_id: int) -> bool:
    """Whether somebody took part in lending on an application; then somebody else books on its loan."""
    bound = {"ref": application_ref, "person": person_id}
    return bool(application_ref) and session.execute(_APPROVED, bound).first() is not None


_NUMBERS: BindParameter[Any] = bindparam("numbers", expanding=True)
_NEWEST = select(
    select(func.max(acts.c.id)).scalar_subquery(), select(func.count()).select_from(answers).scalar_subquery()
)
_SHOPS = select(
    shops.c.id, shops.c.name, shops.c.shop_ref, shops.c.generated,
    case((consents.opens(shops.c.id, bindparam("now", type_=UtcTime)), 1), else_=0).label("consented"),
).where(shops.c.id.in_(_NUMBERS))  # fmt: skip
day_sold = sales_days.c.day
net = sales_days.c.gross_minor - sales_days.c.refunded_minor
_SALES = (
    select(
        sales_days.c.shop_id,
        func.sum(case((day_sold >= bindparam("since"), net), else_=0)).label("net"),
        func.sum(case((day_sold < bindparam("since"), net), else_=0)).label("before"),
        func.max(case((sales_days.c.gross_minor > 0, type_coerce(day_sold, BigInteger())))).label("sold"),
    )
    .where(sales_days.c.shop_id.in_(_NUMBERS), day_sold >= bindparam("first"), day_sold < bindparam("today"))
    .group_by(sales_days.c.shop_id)
)
_NOTES = ACTS.where(
    acts.c.loan_id.in_(_NUMBERS),
    acts.c.kind.in_(loan_life.NOTES) | and_(acts.c.needs_second == 1, answers.c.agreed.is_(None)),
)
_APPROVED = (
    select(decisions.c.id)
    .join_from(applications, decisions, decisions.c.application_id == applications.c.id)
    .where(
        applications.c.application_ref == bindparam("ref"),
        decisions.c.person_id == bindparam("person"),
        decisions.c.outcome.in_(LENDING_OUTCOMES),
    )
    .limit(1)
)
