"""The key under which buyers and counterparties of wallets are hashed. It follows from the key of the record's chain.

So there is one key to keep and to bring along with a backup, and the references of two records can't be compared.
Whoever learns this key learns nothing of the other.
"""

import hmac
import secrets

from sqlalchemy import Engine

from db import chain, chain_key
from db.engine import open_session

PURPOSE = b"references of buyers and counterparties"


def of(engine: Engine, *, needed: bool) -> bytes:
    """The key of a record. Where nothing is on record yet it is made now if it is needed, and else is any.

    Raises:
        KeyMissing: where the record has lost its key and it is needed, or it cannot be read or made.
    """
    key = chain_key.read(engine)
    if key is None and needed:
        with open_session(engine) as session:
            is_new = chain.newest_head(session) == chain.NO_LINK
        key = chain_key.make(engine) if is_new else None
    if key is not None:
        return hmac.digest(key, PURPOSE, "sha256")
    if needed:
        raise chain_key.KeyMissing(f"The key of the record, {chain_key.file_of(engine)}, is gone.")
    return secrets.token_bytes(32)
