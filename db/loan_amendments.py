"""What the desk put right or gave up in the loan book: reversed payments, waivers, loans unlikely to be repaid."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from db.tables import Loan, LoanAct, LoanActAnswer, table_of
from lending.loan_book import day_number

acts = table_of(LoanAct)
answers = table_of(LoanActAnswer)
loans = table_of(Loan)

KINDS = ("reverse", "waive", "unlikely")
COLUMNS = ["loan_id", "paid_day", "booked_day", "amount_minor"]
NOTHING = pd.DataFrame({name: np.zeros(0, dtype=np.int64) for name in COLUMNS})
"""What nearly every shop has; nobody changes it."""


def amendments(
    session: Session, *, as_of: date, batch_id: int, shop_ids: Sequence[int] | None
) -> dict[str, pd.DataFrame]:
    """The amendments that stand after a batch and are dated before a day, by kind.

    Returns:
        For each of KINDS a row per amendment, by loan and day: loan_id (int64), paid_day (the day for which it counts:
        that of the payment which was reversed), booked_day (when it came to stand), amount_minor (int64; of a reversal
        below zero).
    """
    batch = func.coalesce(answers.c.batch_id, acts.c.batch_id)
    statement = (
        select(
            acts.c.kind, acts.c.loan_id, acts.c.day,
            func.coalesce(answers.c.booked_on, acts.c.booked_on).label("booked_on"),
            func.coalesce(acts.c.amount_minor, 0).label("amount_minor"),
        )
        .join_from(acts, loans, loans.c.id == acts.c.loan_id)
        .outerjoin(answers, answers.c.act_id == acts.c.id)
        .where(acts.c.kind.in_(KINDS), batch <= batch_id, acts.c.day < as_of)
        .order_by(acts.c.loan_id, acts.c.day, acts.c.id)
    )  # fmt: skip
    if shop_ids is not None:
        statement = statement.where(loans.c.shop_id.in_(shop_ids))
    rows: dict[str, list[tuple[int, ...]]] = {kind: [] for kind in KINDS}
    for row in session.execute(statement):
        amount = -row.amount_minor if row.kind == "reverse" else row.amount_minor
        rows[row.kind].append((row.loan_id, day_number(row.day), day_number(row.booked_on), amount))
    return {
        kind: pd.DataFrame(found, columns=COLUMNS).astype("int64") if found else NOTHING for kind, found in rows.items()
    }
