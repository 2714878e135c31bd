"""What a shop sold a day when it borrowed against its sales: what its remittances are held against."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, func, select, type_coerce
from sqlmodel import Session

from db.tables import Loan, SalesDay, table_of

loans = table_of(Loan)
sales_days = table_of(SalesDay)

WINDOW_DAYS = 90
PPM = 1_000_000


def expected_daily(session: Session, *, shop_ids: Sequence[int] | None) -> dict[int, float]:
    """What is expected of each sales-linked loan a day: average net sales of 90 days before it × the share held back.

    Returns:
        Minor units by loan_id; only loans whose shop has sales on record in those days. A day without a row
        sold nothing.

    Source: METRICS.md, pace; worked examples W4 and W23.
    """
    day, start = type_coerce(sales_days.c.day, BigInteger()), type_coerce(loans.c.disbursed_on, BigInteger())
    net = func.sum(sales_days.c.gross_minor - sales_days.c.refunded_minor)
    statement = (
        select(loans.c.id, loans.c.holdback_share_ppm, net)
        .join_from(loans, sales_days, sales_days.c.shop_id == loans.c.shop_id)
        .where(loans.c.repayment_kind == "sales_share", day >= start - WINDOW_DAYS, day < start)
        .group_by(loans.c.id, loans.c.holdback_share_ppm)
    )
    if shop_ids is not None:
        statement = statement.where(loans.c.shop_id.in_(shop_ids))
    expected = {
        loan_id: int(sold) / WINDOW_DAYS * (share or 0) / PPM for loan_id, share, sold in session.execute(statement)
    }
    return {loan_id: amount for loan_id, amount in expected.items() if amount > 0}
