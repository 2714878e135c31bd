"""Files as they were brought in, kept where the setting says so: compressed, and sealed piece by piece.

A piece is sealed with AES-256-GCM (NIST SP 800-38D) under a key that follows from that of the record's chain, and has a
nonce of its own in front. What it belongs to is sealed with it: the whole row of its original, its place, and whether
it is the last. So no piece can be changed, moved, swapped, left out or cut off without being found.
"""

import hashlib
import hmac
import secrets
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, or_, select
from sqlmodel import Session

from db import audit, chain, chain_key
from db import tables as kept_in
from db.engine import DatabaseUnavailable
from db.tables import table_of

PURPOSE = b"originals of what was brought in"
PIECE_BYTES = 1024 * 1024
NONCE_BYTES = 12

originals = table_of(kept_in.Original)
parts = table_of(kept_in.OriginalPart)


class OriginalUnreadable(Exception):
    """A kept file cannot be given back as it was; the text says why."""


@dataclass(frozen=True, slots=True)
class Original:
    """A kept file, as its row tells of it."""

    id: int
    batch_id: int
    shop_id: int | None
    """Whose records are in it; None where they are of several shops."""
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A file that is compressed and waits to be sealed; what it was before."""

    name: str
    size_bytes: int
    sha256: str
    stored: IO[bytes]


# --- Keeping ----------------------------------------------------------------------------------------------------


class Waiting:
    """Files that may have to be kept: compressed outside of any transaction, once, and only when it comes to that."""

    def __init__(self, files: Sequence[tuple[str, Path]]) -> None:
        """Take the files, each with its given name."""
        self._files = files
        self._open = ExitStack()
        self._packed: list[Packed] | None = None

    def __enter__(self) -> Self:
        """Nothing is read yet."""
        return self

    def __exit__(self, *_why: object) -> None:
        """Throw away what was compressed."""
        self._open.close()

    def packed(self) -> list[Packed]:
        """The files, compressed.

        Raises:
            DatabaseUnavailable: where one cannot be read, or there is no room for it.
        """
        if self._packed is None:
            try:
                self._packed = [_packed(name, path, self._scratch()) for name, path in self._files]
            except OSError as error:
                raise DatabaseUnavailable(f"The file cannot be kept: {error.strerror}. Nothing was changed.") from error
        return self._packed

    def _scratch(self) -> IO[bytes]:
        return self._open.enter_context(tempfile.TemporaryFile())


def _packed(name: str, path: Path, stored: IO[bytes]) -> Packed:
    digest, size, packer = hashlib.sha256(), 0, zlib.compressobj()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            stored.write(packer.compress(piece))
    stored.write(packer.flush())
    return Packed(name, size, digest.hexdigest(), stored)


def keep(session: Session, files: Sequence[Packed], *, batch_id: int, shop_id: int | None) -> None:
    """Seal and keep the files of an import, in the transaction that stores its records.

    Args:
        session: that transaction.
        files: as `Waiting.packed` gives them.
        batch_id: the import.
        shop_id: whose records are in them; None where they are of several shops.

    Raises:
        DatabaseUnavailable: where the key of the record is missing.
    """
    for file in files:
        row = insert(originals).values(
            batch_id=batch_id, shop_id=shop_id, name=file.name, size_bytes=file.size_bytes, sha256=file.sha256
        )
        number = session.execute(row.returning(originals.c.id)).scalar_one()
        original = Original(number, batch_id, shop_id, file.name, file.size_bytes, file.sha256)
        sealer = _sealer(chain.key_for_writing(session)[0])
        file.stored.seek(0)
        part, piece = 0, file.stored.read(PIECE_BYTES)
        while piece:
            following = file.stored.read(PIECE_BYTES)
            nonce = secrets.token_bytes(NONCE_BYTES)
            sealed = nonce + sealer.encrypt(nonce, piece, _belongs_to(original, part, last=not following))
            session.execute(insert(parts).values(original_id=original.id, part=part, sealed=sealed))
            part, piece = part + 1, following


def _sealer(key: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, PURPOSE, "sha256"))


def _belongs_to(original: Original, part: int, *, last: bool) -> bytes:
    return audit.canonical([asdict(original), part, last]).encode()


# --- Reading ----------------------------------------------------------------------------------------------------


def of_batch(session: Session, batch_id: int) -> list[Original]:
    """The files that are kept of an import, in the order in which they came."""
    rows = session.execute(select(originals).where(originals.c.batch_id == batch_id).order_by(originals.c.id))
    return [Original(**row._mapping) for row in rows]


def note_reading(session: Session, original: Original, because: str = "") -> None:
    """Tell the register that somebody at the command line reads a kept file; done before it is given out.

    Args:
        session: a transaction that writes.
        original: the file.
        because: why it is read though its shop took its consent back.
    """
    body = {"file": original.name, "original": original.id} | ({"because": because} if because else {})
    audit.record(session, None, "read original", "import_batches", original.batch_id, body)


def pieces(session: Session, original: Original) -> Iterator[bytes]:
    """A kept file as it was, piece by piece. What was given out counts only once the last piece has come.

    Raises:
        OriginalUnreadable: at the first piece that is not as it was sealed, and behind the last one where size or
            SHA-256 are not those of the file.
        KeyMissing: where the key of the record is gone or cannot be read.
    """
    digest, size, unpacker = hashlib.sha256(), 0, zlib.decompressobj()
    for sealed in _unsealed(session, original):
        left = sealed
        # A piece may hold a thousand times as much; it is given out bit by bit.
        while piece := unpacker.decompress(left, PIECE_BYTES):
            left = unpacker.unconsumed_tail
            digest.update(piece)
            size += len(piece)
            yield piece
    if not unpacker.eof or (size, digest.hexdigest()) != (original.size_bytes, original.sha256):
        raise OriginalUnreadable(f"{original.name} is not the file that was brought in: its size or SHA-256 differ.")


def _unsealed(session: Session, original: Original) -> Iterator[bytes]:
    engine = session.connection().engine
    key = chain_key.read(engine)
    if key is None:
        raise chain_key.KeyMissing(f"The key of the record, {chain_key.file_of(engine)}, is gone.")
    sealer = _sealer(key)
    of_it = parts.c.original_id == original.id
    count: int = session.execute(select(func.count()).where(of_it)).scalar_one()
    for part in range(max(count, 1)):
        sealed = session.execute(select(parts.c.sealed).where(of_it, parts.c.part == part)).scalar_one_or_none()
        try:
            if sealed is None:
                raise InvalidTag
            yield sealer.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _belongs_to(original, part, last=part == count - 1)
            )
        except (InvalidTag, ValueError) as error:
            raise OriginalUnreadable(
                f"Piece {part + 1} of {original.name} is not as it was sealed: the record was altered, or its key is "
                "another one."
            ) from error


# --- Erasing ----------------------------------------------------------------------------------------------------


def erase(session: Session, shop_id: int) -> int:
    """Delete the files that hold records of a shop, and of several shops, which may name it too; says how many."""
    chosen = or_(originals.c.shop_id == shop_id, originals.c.shop_id.is_(None))
    session.execute(delete(parts).where(parts.c.original_id.in_(select(originals.c.id).where(chosen))))
    gone = session.execute(delete(originals).where(chosen).returning(originals.c.id)).all()
    return len(gone)
