"""How a shop repaid its loans with us, as it was known on a day."""

from datetime import date

from sqlmodel import Session

from db.loans import loan_frames
from lending.repayment_history import History, repayment_history


def history_of(session: Session, shop_id: int, *, as_of: date, batch_id: int | None = None) -> History:
    """A shop's loans, instalment by instalment.

    Args:
        session: a transaction.
        shop_id: a shop whose consent was checked.
        as_of: only what is dated before this day.
        batch_id: the last import that counts; the newest with None.
    """
    frames = loan_frames(session, as_of=as_of, batch_id=batch_id, shop_ids=[shop_id])
    return repayment_history(frames.loans, frames.instalments, frames.repayments, as_of=as_of)
