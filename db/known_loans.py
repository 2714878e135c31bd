"""The loans on record, as a reader must know them before it reads rows about loans."""

import numpy as np
from sqlalchemy import text
from sqlmodel import Session

from db.scope import whole_record
from lending.known_loans import NEVER, LoansOnRecord

_LOANS = f"""
SELECT l.loan_ref, s.shop_ref, l.disbursed_on, coalesce(l.instalments, 0), coalesce(l.restructured_on, {NEVER}),
    1 - coalesce((SELECT i.computed FROM instalments i WHERE i.shop_id = l.shop_id AND i.loan_ref = l.loan_ref
        ORDER BY i.sequence LIMIT 1), 1)
FROM loans l JOIN shops s ON s.id = l.shop_id
"""
_LATER = """
SELECT newest.loan_ref, newest.day, max(i.sequence) FROM (
    SELECT l.shop_id, l.loan_ref, max(i.in_force_from) AS day FROM loans l JOIN instalments i
        ON i.shop_id = l.shop_id AND i.loan_ref = l.loan_ref
    WHERE l.restructured_on IS NOT NULL AND i.in_force_from > l.disbursed_on GROUP BY l.shop_id, l.loan_ref
) newest JOIN instalments i
    ON i.shop_id = newest.shop_id AND i.loan_ref = newest.loan_ref AND i.in_force_from = newest.day
GROUP BY newest.loan_ref, newest.day
"""

_APPLICATIONS = "SELECT a.application_ref, s.shop_ref FROM applications a JOIN shops s ON s.id = a.shop_id"


def on_record(session: Session) -> LoansOnRecord:
    """All loans on record with what rows about them are held against, and who made which application.

    Those of other branches are among them, so that `db.imports.store` can say that they are.
    """
    with whole_record(session) as everything:
        return _on_record(everything)


def _on_record(session: Session) -> LoansOnRecord:
    columns = list(zip(*session.execute(text(_LOANS)), strict=True)) or [()] * 6
    numbers = [np.array(column, dtype=np.int64) for column in columns[2:]]
    return LoansOnRecord(
        application_shops={ref: shop_ref for ref, shop_ref in session.execute(text(_APPLICATIONS))},  # noqa: C416
        loan_refs=columns[0],
        shop_refs=columns[1],
        disbursed_days=numbers[0],
        counts=numbers[1],
        restructured_days=numbers[2],
        own_schedules=numbers[3],
        later_schedules={ref: (day, last) for ref, day, last in session.execute(text(_LATER))},
    )
