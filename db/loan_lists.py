"""The loan book as the list of loans shows it, read and worked out once for each state of the record."""

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from db.loans import loan_frames
from db.memory import Memory
from db.tables import Shop, table_of
from lending.book_tapes import tapes_of
from lending.expected_loss import loss_parameters
from lending.loan_cases import case_rows

shops = table_of(Shop)

# 200,000 loans take some 0.1 GB; a day that is over is not asked for again.
_ROWS: Memory[pd.DataFrame] = Memory(2)


def loan_rows(session: Session, *, today: date) -> pd.DataFrame:
    """All loans paid out up to and with a day, as they stand as of it; nobody changes the frame.

    Returns:
        lending.loan_cases.case_rows with shop_name and shop_ref.
    """

    def read() -> pd.DataFrame:
        frames = loan_frames(session, as_of=today + timedelta(days=1))
        rows = case_rows(tapes_of(frames), today=today, parameters=loss_parameters())
        named = {row.id: row for row in session.execute(select(shops.c.id, shops.c.name, shops.c.shop_ref))}
        of_rows = [named[shop_id] for shop_id in rows["shop_id"].tolist()]
        return rows.assign(
            shop_name=pd.Series([shop.name for shop in of_rows], dtype=object),
            shop_ref=pd.Series([shop.shop_ref for shop in of_rows], dtype=object),
        )

    return _ROWS.recall(session, ("loan rows", today), read)
