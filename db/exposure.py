"""What an owner owes already, as far as the desk's own decisions and the shop's wallet tell it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select
from sqlmodel import Session

from db.memory import Memory
from db.tables import Application, Decision, Shop, WalletEntry, table_of
from lending.offer import Debt
from lending.policy import LENDING_OUTCOMES
from lending.schedule import level_instalment_minor, month_later

applications = table_of(Application)
decisions = table_of(Decision)
shops = table_of(Shop)
entries = table_of(WalletEntry)

NAMES_SHOWN = 3

# A year of a wallet is thousands of entries, and each click on a file runs its page again.
_lenders: Memory[list[int]] = Memory(64)

_mine = applications.alias("mine")
_my_shop = shops.alias("my_shop")
# Built once: putting it together takes longer than running it.
_APPROVED = (
    select(decisions.c.amount_minor, decisions.c.rate_bps, decisions.c.term_months, decisions.c.decided_on)
    .join_from(_mine, _my_shop, _mine.c.shop_id == _my_shop.c.id)
    .join(
        shops,
        or_(
            shops.c.id == _my_shop.c.id,
            and_(shops.c.owner_ref.is_not(None), shops.c.owner_ref == _my_shop.c.owner_ref),
        ),
    )
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


def running_debt(session: Session, application_id: int, *, as_of: date, currency: str) -> Debt:
    """The loans approved before to the same shop, or to the same owner's shops, whose term is not over.

    Until repayments are on record the whole amount counts as owed to the end of its term.
    """
    rows = session.execute(_APPROVED, {"application": application_id, "currency": currency}).all()
    running = [row for row in rows if month_later(row.decided_on, row.term_months) > as_of]
    return Debt(
        sum(row.amount_minor for row in running),
        sum(level_instalment_minor(row.amount_minor, rate_bps=row.rate_bps, months=row.term_months) for row in running),
    )


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an officer asks about an owner before lending more."""

    other_shops: int
    """Other shops of the same owner; 0 too where no owner is on record."""
    other_names: tuple[str, ...]
    """The names of the first few of them."""
    debt: Debt
    wallet_known: bool
    """Whether the wallet has any entry in the last year; without one nothing is known of other lenders."""
    received: int
    """How often money came from other lenders in the last year, into this shop's wallet."""
    received_minor: int
    """How much it was."""
    repaid_minor: int
    """Paid back to other lenders in the same time."""


def exposure_of(session: Session, application_id: int, *, as_of: date, currency: str) -> Exposure:
    """What the owner of an application's shop owes, over all shops, and what other lenders gave this shop.

    Args:
        session: a transaction.
        application_id: an application whose shop's consent was checked.
        as_of: entries booked before this day count, back to the same day a year before.
        currency: of the policy; what was approved in another is not added to it.
    """
    asked = {"application": application_id}
    names = session.execute(_OTHER_SHOPS, asked).scalars().all()
    span = {"since": month_later(as_of, -12), "until": as_of}
    known, received, received_minor, repaid_minor = _lenders.recall(
        session,
        (application_id, as_of),
        lambda: [int(each) for each in session.execute(_OTHER_LENDERS, asked | span).one()],
    )
    return Exposure(
        other_shops=len(names),
        other_names=tuple(names[:NAMES_SHOWN]),
        debt=running_debt(session, application_id, as_of=as_of, currency=currency),
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
