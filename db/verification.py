"""Checks the whole record against its chain, and names the first row that does not fit.

What the seals can show: a link that was changed, left out, put in or moved; a row of a register that was changed,
deleted or added past the desk; a right that is not as it was given; a batch whose rows are not those that came in.
Heads noted elsewhere show a chain that was cut, or sealed anew.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session

from db import audit, batch_digests, chain, chain_key, chain_rows, roll_up, tables, token_seals, unreadable
from db.chain import Head
from db.engine import faults_in_words

LINKS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Break:
    """The first row that does not fit: in which table, by which key, and what is wrong with it."""

    table: str
    key: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.wrong}" if self.key else f"{self.table}: {self.wrong}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found."""

    head: Head
    counts: dict[str, int]
    """How many links, rows of registers, and batches were looked at."""
    broken: Break | None

    @property
    def whole(self) -> bool:
        """Whether everything fits."""
        return self.broken is None


class _Broken(Exception):
    """Ends a check at the first row that does not fit."""

    def __init__(self, table: str, key: object, wrong: str) -> None:
        self.found = Break(table, str(key), wrong)
        super().__init__(str(self.found))


@dataclass(slots=True)
class _Links:
    """What the links say, gathered on the walk along the chain."""

    head: Head = chain.NO_LINK
    texts: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Per table and key the digest of the newest text."""
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each batch brought in, by its number."""
    branches: dict[str, int | None] = field(default_factory=dict)
    """The newest branch of each shop."""


Check = Callable[[Session, bytes, _Links, dict[str, int]], None]


def verify(engine: Engine, *, heads: Sequence[Head] = (), batches: bool = True, file: bool = True) -> Verdict:
    """Check the record against its chain, in one view of it.

    Args:
        engine: the database, on its newest tables.
        heads: heads that were noted elsewhere.
        batches: whether what each batch brought in is checked too, which reads the whole record.
        file: whether SQLite is asked about its own file too.

    Raises:
        DatabaseUnavailable: where the database cannot be read.
    """
    links = _Links()
    counts = {"links": 0, "rows": 0, "batches": 0}
    try:
        with _one_view(engine) as session:
            with _reading(session, "chain"):
                key = _key(engine, session)
                _walk(session, key, heads, links, counts)
            with _reading(session, "chain_pending"):
                _check_outsiders(session)
            for subject in chain_rows.subjects():
                with _reading(session, subject, "personal_salts"):
                    _check_table(session, subject, links, counts)
            with _reading(session, "shops", "shops_history", "personal_salts", "audit_events"):
                _check_erased(session)
            with _reading(session, *token_seals.TABLES):
                _check_tokens(session, key)
            if batches:
                with _reading(session, *batch_digests.NAMES, "personal_salts"):
                    _check_batches(session, links, counts)
                with _reading(session, "sales_days", "orders"):
                    _check_roll_up(session)
            # Last, since SQLite would call a file damaged for a single row, and names none.
            if file and engine.dialect.name == "sqlite":
                _check_file(session)
    except _Broken as broken:
        return Verdict(links.head, counts, broken.found)
    return Verdict(links.head, counts, None)


@contextmanager
def _one_view(engine: Engine) -> Iterator[Session]:
    """A session that sees nothing that is committed while it reads."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with faults_in_words(), engine.connect().execution_options(**options) as connection:
        yield Session(connection)


@contextmanager
def _reading(session: Session, *names: str) -> Iterator[None]:
    """Take what cannot be read for a break, and name its row; what was in it is not told.

    The desk never writes such a value. Before its link it would be found as altered, if only it could be read.

    Args:
        session: of the check.
        names: the tables that are read meanwhile; the first is named where no row is found.
    """
    try:
        yield
    except unreadable.FAULTS as error:
        if not unreadable.is_fault_of_content(error):
            raise
        table, key = unreadable.first_row(session, names) or (names[0], "")
        raise _Broken(table.removesuffix("_history"), key, "holds something that cannot be read") from error


def _check_file(session: Session) -> None:
    said = session.connection().exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if said != "ok":
        raise _Broken("the file", "", f"SQLite finds it damaged ({said})")
    lost = session.connection().exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise _Broken(lost[0], lost[1] or "", f"refers to a row of {lost[2]} that is not there")


def _key(engine: Engine, session: Session) -> bytes:
    try:
        key = chain_key.read(engine)
    except chain_key.KeyMissing as error:
        raise _Broken("the key", "", str(error)) from error
    if key is not None:
        return key
    if chain.newest_head(session) != chain.NO_LINK:
        raise _Broken("the key", "", chain.missing_key(engine))
    return b""


# --- Along the chain --------------------------------------------------------------------------------------------


def _walk(session: Session, key: bytes, heads: Sequence[Head], links: _Links, counts: dict[str, int]) -> None:
    """Check each link's place and seal, and the heads that were noted elsewhere."""
    wanted: dict[int, set[str]] = {}
    for head in heads:
        wanted.setdefault(head.sequence, set()).add(head.mac)
    rows = session.connection().exec_driver_sql(
        "SELECT sequence, subject, row_key, text, previous, mac, recorded_at FROM chain ORDER BY sequence"
    )
    for part in rows.partitions(LINKS_AT_ONCE):
        for row in part:
            _check_link(row, key, links.head)
            links.head = Head(row.sequence, row.mac)
            if wanted.pop(row.sequence, {row.mac}) != {row.mac}:
                raise _Broken("chain", row.sequence, "is not the link that was noted elsewhere as the head")
            _take_up(row, links)
            counts["links"] += 1
    missing = [number for number in wanted if number > 0]
    if missing:
        raise _Broken(
            "chain", min(missing), f"is gone: it was noted as the head, and the chain ends at {links.head.sequence}"
        )


def _check_link(row: Any, key: bytes, head: Head) -> None:  # noqa: ANN401  (a row of the chain)
    if row.sequence != head.sequence + 1:
        raise _Broken("chain", head.sequence + 1, "is gone: the chain goes on with another link")
    if row.previous != head.mac:
        raise _Broken("chain", row.sequence, "does not follow the link before it")
    due = chain.seal(key, head, row.subject, row.row_key, row.text, row.recorded_at)
    if not hmac.compare_digest(due.encode(), row.mac.encode()):
        raise _Broken("chain", row.sequence, "was changed, or sealed with another key")


def _take_up(row: Any, links: _Links) -> None:  # noqa: ANN401  (a row of the chain)
    if row.subject == "shop_branches":
        links.branches |= json.loads(row.text)
        return
    known = links.texts.setdefault(row.subject, {})
    if row.subject not in tables.RIGHTS and row.row_key in known:
        raise _Broken(row.subject, row.row_key, "was recorded twice, and its first row is gone")
    known[row.row_key] = _digest(row.text)
    if row.subject == "import_batches":
        links.batches[row.row_key] = json.loads(row.text)["rows"]


def _digest(told: str) -> bytes:
    return hashlib.blake2b(told.encode(), digest_size=16).digest()


_GONE = _digest(audit.canonical({"state": chain_rows.GONE}))


# --- Each row against its link ----------------------------------------------------------------------------------


def _check_outsiders(session: Session) -> None:
    row = session.connection().exec_driver_sql("SELECT subject, row_key FROM chain_pending ORDER BY id").first()
    if row is not None:
        raise _Broken(row.subject, row.row_key, "was added or changed past the desk, and has no link")


def _check_table(session: Session, subject: str, links: _Links, counts: dict[str, int]) -> None:
    """Hold each row of a table against its newest link, and see that no link has lost its row."""
    if subject == "shop_branches":
        _check_branches(session, links, counts)
        return
    told = links.texts.get(subject, {})
    salts = _salts_of_people(session) if subject == "people" else {}
    for row in chain_rows.read_all(session, subject):
        key = chain_rows.row_key(subject, row)
        due = told.pop(key, None)
        if due is None or due == _GONE:
            raise _Broken(subject, key, "was added past the desk, and has no link")
        if _digest(_text_now(subject, key, row, salts, links)) != due:
            raise _Broken(subject, key, "is not as it was recorded")
        counts["rows"] += 1
    for key, due in told.items():
        if due != _GONE:
            raise _Broken(subject, key, "is gone")


def _text_now(
    subject: str, key: str, row: dict[str, Any], salts: dict[str, tuple[str | None, str]], links: _Links
) -> str:
    """The text that a row's link has if nothing was changed."""
    told = chain_rows.facts_of(row, subject)
    if subject == "people":
        told["personal"] = chain_rows.personal(row, *salts.get(key, (None, "")))
    if subject == "import_batches":
        told["rows"] = links.batches.get(key, {})
    return audit.canonical(told)


def _salts_of_people(session: Session) -> dict[str, tuple[str | None, str]]:
    rows = session.execute(text("SELECT row_key, salt, digest FROM personal_salts WHERE subject = 'people'"))
    return {row.row_key: (row.salt, row.digest) for row in rows}


def _check_branches(session: Session, links: _Links, counts: dict[str, int]) -> None:
    told = dict(links.branches)
    for row in chain_rows.read_all(session, "shop_branches"):
        key = str(row["shop_id"])
        due = told.pop(key, None)
        if due is None:
            raise _Broken("shop_branches", key, "was added past the desk, and has no link")
        if due != row["branch_id"]:
            raise _Broken("shop_branches", key, "is not as it was recorded")
        counts["rows"] += 1
    for key, due in told.items():
        if due is not None:
            raise _Broken("shop_branches", key, "is gone")


def _check_tokens(session: Session, key: bytes) -> None:
    """Each sign-in that has not ended, and each set-up link that was not used, bears the desk's seal."""
    for table, row in token_seals.open_rows(session):
        if row.seal == token_seals.NO_SEAL:
            continue  # lets nobody in
        due = token_seals.seal(key, table, row.token_hash, row.person_id, row.since)
        if row.seal is None or not hmac.compare_digest(due.encode(), row.seal.encode()):
            raise _Broken(table, f"of person {row.person_id}", "was added or changed past the desk")


# --- What was erased, and what batches brought in ---------------------------------------------------------------


def _check_erased(session: Session) -> None:
    """Each shop's personal data fits its digest, unless the register says that it was erased."""
    erased = set(
        session.execute(
            text("SELECT subject_id FROM audit_events WHERE kind = 'erase' AND subject = 'shops'")
        ).scalars()
    )
    rows = session.execute(text("SELECT row_key, salt, digest FROM personal_salts WHERE subject = 'shops'"))
    salts = {row.row_key: (row.salt, row.digest) for row in rows}
    for row in batch_digests.shops(session):
        salt, due = salts.pop(batch_digests.shop_key(row), (None, ""))
        if salt is None:
            fits = row["id"] in erased and chain_rows.is_erased("shops", row)
        else:
            fits = chain_rows.digest("shops", row, salt) == due
        if not fits:
            raise _Broken("shops", row["id"], "has another name, owner or city than was imported")
    for key in salts:
        raise _Broken("shops", key.split("/", maxsplit=1)[0], "is gone, or came with another batch")


def _check_batches(session: Session, links: _Links, counts: dict[str, int]) -> None:
    """What each batch brought in is still what its link says."""
    found = batch_digests.of_all(session)
    for batch in sorted({*map(int, links.batches), *found}):
        due = links.batches.get(str(batch), {})
        now = found.get(batch, {})
        for table in sorted({*due, *now}):
            if due.get(table) != now.get(table):
                rows, before = (now.get(table, [0])[0], due.get(table, [0])[0])
                counted = f"{before} rows then, {rows} now" if rows != before else f"all {rows} rows are there"
                raise _Broken(
                    table.removesuffix("_history"), f"of batch {batch}", f"are not as they came in ({counted})"
                )
        counts["batches"] += 1


def _check_roll_up(session: Session) -> None:
    """The daily sales that were rolled up are the sums of the orders on record."""
    differs = roll_up.first_difference(session)
    if differs is not None:
        raise _Broken("sales_days", differs, "is not the sum of the shop's orders of that day")
