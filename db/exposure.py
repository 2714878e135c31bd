"""What an owner owes already: loans with us, what was approved and not paid out yet, and what the wallet tells."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select
from sqlmodel import Session

from db import turns
from db.loans import loan_frames
from db.memory import OPEN_FILES, Memory
from db.scope import whole_record
from db.tables import Application, Decision, Shop, WalletEntry, table_of
from db.turns import Turn
from lending.due_weeks import level_dues
from lending.existing_debt import debt_of, open_instalments
from lending.loan_book import book_of, day_of
from lending.offer import NO_DEBT, Debt
from lending.policy import LENDING_OUTCOMES
from lending.schedule import level_instalment_minor, month_later

applications = table_of(Application)
decisions = table_of(Decision)
shops = table_of(Shop)
entries = table_of(WalletEntry)

NAMES_SHOWN = 3

# A year of a wallet is thousands of entries, and each click on a file runs its page again.
_lenders: Memory[list[int]] = Memory(OPEN_FILES)

_mine = applications.alias("mine")
_my_shop = shops.alias("my_shop")
_same_owner = or_(
    shops.c.id == _my_shop.c.id,
    and_(shops.c.owner_ref.is_not(None), shops.c.owner_ref == _my_shop.c.owner_ref),
)
# Built once: putting them together takes longer than running them.
_OWNERS_SHOPS = (
    select(shops.c.id)
    .join_from(_mine, _my_shop, _mine.c.shop_id == _my_shop.c.id)
    .join(shops, _same_owner)
    .where(_mine.c.id == bindparam("application"))
    .order_by(shops.c.id)
)
_APPROVED = (
    select(
        applications.c.shop_id,
        applications.c.application_ref,
        decisions.c.amount_minor,
        decisions.c.rate_bps,
        decisions.c.term_months,
        decisions.c.decided_on,
        decisions.c.recorded_at,
    )
    .join_from(_mine, _my_shop, _mine.c.shop_id == _my_shop.c.id)
    .join(shops, _same_owner)
    .join(applications, applications.c.shop_id == shops.c.id)
    .join(decisions, decisions.c.application_id == applications.c.id)
    .where(
        _mine.c.id == bindparam("application"),
        applications.c.id != bindparam("application"),
        decisions.c.final == 1,
        decisions.c.outcome.in_(LENDING_OUTCOMES),
        decisions.c.currency == bindparam("currency"),
    )
)


_OWNER = (
    select(shops.c.id, shops.c.owner_ref)
    .join_from(applications, shops, applications.c.shop_id == shops.c.id)
    .where(applications.c.id == bindparam("application"))
)


def take_turn(session: Session, application_id: int) -> None:
    """Let nobody else lend to the same owner until this transaction ends: each reads what the others have lent."""
    shop_id, owner_ref = session.execute(_OWNER, {"application": application_id}).one()
    turns.take(session, Turn.OWNER, f"shop {shop_id}" if owner_ref is None else f"owner {owner_ref}")


@dataclass(frozen=True, slots=True)
class Owed:
    """What an owner owes to us over all shops."""

    debt: Debt
    dues: tuple[tuple[date, int], ...]
    """Day and amount of each instalment that is still to be paid, overdue ones too."""
    loans: int
    """How many loans are active."""
    approved_minor: int
    """The part of the balance that was approved and not paid out yet."""


@dataclass(frozen=True, slots=True)
class _Lent:
    """The loans of an owner's shops."""

    debt: Debt
    dues: tuple[tuple[date, int], ...]
    active: int
    applications: frozenset[tuple[int, str]]
    """Shop and reference of each application that a loan came from, whatever became of it."""


_lent: Memory[_Lent] = Memory(OPEN_FILES)


def running_debt(
    session: Session,
    application_id: int,
    *,
    as_of: date,
    currency: str,
    batch_id: int | None = None,
    known_at: datetime | None = None,
) -> Owed:
    """What is owed already by the same shop, or by the same owner's shops.

    Loans count with their outstanding principal and the instalments of a month; see lending.existing_debt. What was
    approved and not paid out yet counts whole to the end of its term; once a loan came from it, the loan stands for it.
    The owner's shops in other branches count like the rest: it is one borrower.

    Args:
        session: a transaction.
        application_id: the application at hand; what was approved on it is not counted.
        as_of: only loans paid out, and payments made, before this day.
        currency: of the debt; what is owed in another is not added to it.
        batch_id: the last import that counts for the loans; the newest with None.
        known_at: only what had been approved by this moment counts; all of it with None.
    """
    asked = {"application": application_id}
    with whole_record(session) as everything:
        lent = _lent.recall(
            everything,
            (application_id, as_of, currency, batch_id),
            lambda: _read_lent(everything, asked, as_of, currency, batch_id),
        )
        rows = everything.execute(_APPROVED, {**asked, "currency": currency}).all()
    waiting = [
        row
        for row in rows
        if month_later(row.decided_on, row.term_months) > as_of
        and (row.shop_id, row.application_ref) not in lent.applications
        and (known_at is None or row.recorded_at <= known_at)
    ]
    approved = sum(row.amount_minor for row in waiting)
    monthly = sum(
        level_instalment_minor(row.amount_minor, rate_bps=row.rate_bps, months=row.term_months) for row in waiting
    )
    dues = [
        each
        for row in waiting
        for each in level_dues(
            row.amount_minor, rate_bps=row.rate_bps, months=row.term_months, disbursed_on=row.decided_on
        )
        if each[0] >= as_of
    ]
    debt = Debt(lent.debt.balance_minor + approved, lent.debt.instalment_minor + monthly)
    return Owed(debt, (*lent.dues, *dues), lent.active, approved)


def _read_lent(session: Session, asked: dict[str, int], as_of: date, currency: str, batch_id: int | None) -> _Lent:
    shop_ids = session.execute(_OWNERS_SHOPS, asked).scalars().all()
    frames = loan_frames(session, as_of=as_of, batch_id=batch_id, shop_ids=shop_ids)
    origins = zip(frames.loans["shop_id"].tolist(), frames.loans["application_ref"].tolist(), strict=True)
    came_from = frozenset((shop_id, ref) for shop_id, ref in origins if ref)
    loans = frames.loans[(frames.loans["currency"] == currency).to_numpy()].reset_index(drop=True)
    if loans.empty:
        return _Lent(NO_DEBT, (), 0, came_from)
    ids = loans["loan_id"]
    lines, paid = (rows[rows["loan_id"].isin(ids)] for rows in (frames.instalments, frames.repayments))
    book = book_of(loans, lines, paid)
    still = open_instalments(book, as_of=as_of)
    dues = tuple((day_of(day), int(minor)) for day, minor in zip(still["due_day"], still["open_minor"], strict=True))
    return _Lent(debt_of(book, as_of=as_of), dues, int(still["place"].nunique()), came_from)


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an officer asks about an owner before lending more."""

    other_shops: int
    """Other shops of the same owner; 0 too where no owner is on record."""
    other_names: tuple[str, ...]
    """The names of the first few of them that belong to the reader's branch."""
    owed: Owed
    wallet_known: bool
    """Whether the wallet has any entry in the last year; without one nothing is known of other lenders."""
    received: int
    """How often money came from other lenders in the last year, into this shop's wallet."""
    received_minor: int
    """How much it was."""
    repaid_minor: int
    """Paid back to other lenders in the same time."""


def exposure_of(
    session: Session, application_id: int, *, as_of: date, currency: str, batch_id: int | None = None
) -> Exposure:
    """What the owner of an application's shop owes, over all shops, and what other lenders gave this shop.

    Args:
        session: a transaction.
        application_id: an application whose shop's consent was checked.
        as_of: entries booked before this day count, back to the same day a year before.
        currency: of the policy; what is owed in another is not added to it.
        batch_id: the last import that counts for the loans; the newest with None.
    """
    asked = {"application": application_id}
    names = session.execute(_OTHER_SHOPS, asked).scalars().all()
    with whole_record(session) as everything:
        others = len(everything.execute(_OTHER_SHOPS, asked).all())
    span = {"since": month_later(as_of, -12), "until": as_of}
    known, received, received_minor, repaid_minor = _lenders.recall(
        session,
        (application_id, as_of),
        lambda: [int(each) for each in session.execute(_OTHER_LENDERS, asked | span).one()],
    )
    return Exposure(
        other_shops=others,
        other_names=tuple(names[:NAMES_SHOWN]),
        owed=running_debt(session, application_id, as_of=as_of, currency=currency, batch_id=batch_id),
        wallet_known=known > 0,
        received=received,
        received_minor=received_minor,
        repaid_minor=repaid_minor,
    )


_OTHER_SHOPS = (
    select(shops.c.name)
    .join_from(_mine, _my_shop, _mine.c.shop_id == _my_shop.c.id)
    .join(shops, and_(shops.c.owner_ref == _my_shop.c.owner_ref, shops.c.id != _my_shop.c.id))
    .where(_mine.c.id == bindparam("application"))
    .order_by(shops.c.name)
)


def _sum_of(kind: str) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((entries.c.kind == kind, func.abs(entries.c.amount_minor)), else_=0)), 0)


_OTHER_LENDERS = (
    select(
        func.count(),
        func.count(case((entries.c.kind == "loan_in", 1))),
        _sum_of("loan_in"),
        _sum_of("loan_repayment"),
    )
    .join_from(_mine, entries, entries.c.shop_id == _mine.c.shop_id)
    .where(
        _mine.c.id == bindparam("application"),
        entries.c.booked_day >= bindparam("since"),
        entries.c.booked_day < bindparam("until"),
    )
)
