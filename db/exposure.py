"""What an owner owes already, as far as the desk's own decisions tell it."""

from datetime import date

from sqlalchemy import and_, bindparam, or_, select
from sqlmodel import Session

from db.tables import Application, Decision, Shop, table_of
from lending.offer import Debt
from lending.policy import LENDING_OUTCOMES
from lending.schedule import level_instalment_minor, month_later

applications = table_of(Application)
decisions = table_of(Decision)
shops = table_of(Shop)

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
