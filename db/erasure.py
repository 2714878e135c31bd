"""Erases the personal data of somebody who has left, or of a shop, and keeps the record whole.

The chain never held that data, only digests of it. With their salts deleted these say nothing any more, not even to
somebody who guesses the name.
"""

from sqlalchemy import Table, bindparam, select, text, update
from sqlmodel import Session

from db import audit, chain_rows, originals
from db.tables import HISTORY, Person, Shop, table_of

persons = table_of(Person)
shops = table_of(Shop)


class NotErased(Exception):
    """What was to be erased is unknown, still in use, or erased already; the text says which."""


class ErasedAlready(NotErased):
    """There is nothing left to overwrite; its old place in the file may still be."""


def erase_person(session: Session, handle: str, *, by: int | None) -> int:
    """Overwrite somebody's handle, name, e-mail address and passphrase, and return their number.

    Args:
        session: a transaction that writes.
        handle: whose.
        by: who erases; None for the command line.

    Raises:
        NotErased: for nobody of this handle, and for somebody who may still sign in.
    """
    row = session.execute(select(persons).where(persons.c.handle == handle)).first()
    if row is None:
        raise NotErased(f"There is nobody with the handle {handle}.")
    if row.enabled:
        raise NotErased(f"{handle} may still sign in; disable the account first.")
    if chain_rows.is_erased("people", dict(row._mapping)):
        raise ErasedAlready(f"{handle} was erased already.")
    session.execute(update(persons).where(persons.c.id == row.id).values(**chain_rows.erased_values("people", row.id)))
    # The digest of an earlier state stands in its link alone, where nobody can tell what it was of.
    session.execute(
        text("DELETE FROM personal_salts WHERE subject = 'people' AND row_key = :key"), {"key": str(row.id)}
    )
    audit.record(session, by, "erase", "people", row.id, {})
    return int(row.id)


def erase_shop(session: Session, shop_ref: str, *, by: int | None) -> int:
    """Overwrite a shop's name, owner and city, in all that was ever imported of it, and return its number.

    Files that were kept as they came in are deleted: the shop's, and those of several shops.

    Raises:
        NotErased: for an unknown shop, and one that was erased already.
    """
    row = session.execute(select(shops).where(shops.c.shop_ref == shop_ref)).first()
    if row is None:
        raise NotErased(f"There is no shop with the number {shop_ref}.")
    if chain_rows.is_erased("shops", dict(row._mapping)):
        raise ErasedAlready(f"The shop {shop_ref} was erased already.")
    keys = [f"{row.id}/{batch}" for table in (shops, HISTORY["shops"]) for batch in _overwrite(session, table, row.id)]
    # The digests stay: those of the batches were worked out with them.
    gone = text("UPDATE personal_salts SET salt = NULL WHERE subject = 'shops' AND row_key IN :keys")
    session.execute(gone.bindparams(bindparam("keys", expanding=True)), {"keys": keys})
    files = originals.erase(session, row.id)
    audit.record(session, by, "erase", "shops", row.id, {"files": files} if files else {})
    return int(row.id)


def _overwrite(session: Session, table: Table, shop_id: int) -> list[int]:
    """Overwrite the personal columns of a shop's rows, and return the batches that they came with."""
    values = chain_rows.erased_values("shops", shop_id)
    session.execute(update(table).where(table.c.id == shop_id).values(**values))
    return list(session.execute(select(table.c.batch_id).where(table.c.id == shop_id)).scalars())
