"""Stores an import: all of it or nothing, in one write transaction that only has to move rows that are ready."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine, insert, select, text
from sqlmodel import Session

from db import audit, batch_digests, comparisons, consents, originals, people, staged_rows, staging
from db.consents import BroughtIn
from db.engine import open_session
from db.import_reports import ImportReport
from db.intake import Export, Intake
from db.scope import whole_record
from db.staging import TARGETS, Chunk, Staging
from db.tables import ImportBatch, Person, Shop, table_of
from lending.errors import ConsentRefused, NotAllowed
from lending.records import BadRow

Progress = Callable[[str, float], None]
"""Called with the step at hand (reading, comparing, storing) and the share of it that is done; never while anything
is locked."""

# Any number will do, as long as every import takes the same.
IMPORT_LOCK = 7_226_001
ATTEMPTS = 5

OWN = "loam"
_TAKEN_BACK = text(
    "SELECT 1 FROM stage_refs m JOIN consents c ON c.shop_id = m.shop_id WHERE c.act = 'withdrawn' "
    "AND c.id = (SELECT max(later.id) FROM consents later WHERE later.shop_id = m.shop_id) AND NOT EXISTS "
    "(SELECT 1 FROM applications a WHERE a.shop_id = m.shop_id AND a.consented_at > c.begins_at) LIMIT 1"
)
_SHOPS = text("SELECT shop_id FROM stage_refs WHERE shop_id IS NOT NULL")

batches = table_of(ImportBatch)
persons = table_of(Person)
shops = table_of(Shop)


def known_shops(session: Session) -> dict[str, tuple[str, str]]:
    """Time zone and currency of each shop on record, by its shop_ref: what a reader must know beforehand.

    Those of other branches are among them, so that `store` can say that they are.
    """
    with whole_record(session) as everything:
        rows = everything.execute(text("SELECT shop_ref, time_zone, currency FROM shops"))
        return {ref: (zone, currency) for ref, zone, currency in rows}


def own_shops(session: Session) -> dict[str, str]:
    """The name of each shop that this person may bring records in for, by its shop_ref, in the order of the names."""
    rows = session.execute(select(shops.c.shop_ref, shops.c.name).order_by(shops.c.name, shops.c.shop_ref))
    return {row.shop_ref: row.name for row in rows}


def shop_id(session: Session, shop_ref: str) -> int | None:
    """The number of a shop that this person sees, by its shop_ref."""
    number: int | None = session.execute(select(shops.c.id).where(shops.c.shop_ref == shop_ref)).scalar_one_or_none()
    return number


def newest(session: Session, *, limit: int = 50) -> pd.DataFrame:
    """The newest batches, one row each: batch, recorded_at (UTC), person, source, format, report (JSON text).

    Somebody of a branch sees what that branch brought in; of others no report can be read.
    """
    rows = (
        select(
            batches.c.id.label("batch"), batches.c.recorded_at, persons.c.name.label("person"), batches.c.source,
            batches.c.format, batches.c.report,
        )
        .outerjoin_from(batches, persons, batches.c.person_id == persons.c.id)
        .where(batches.c.report != "")
        .order_by(batches.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return pd.DataFrame(session.execute(rows).mappings().all(), columns=list(rows.selected_columns.keys()))


def store(
    engine: Engine,
    chunks: Iterable[Chunk],
    *,
    person_id: int | None,
    source: str,
    format: str = OWN,  # noqa: A002
    rest: bool = False,
    dry_run: bool = False,
    generated: bool = False,
    other_files: Sequence[str] = (),
    progress: Progress | None = None,
    on_bad_row: Callable[[BadRow], None] | None = None,
    export: Export | None = None,
    accepted_because: str = "",
    consent: BroughtIn | None = None,
    keep: Sequence[tuple[str, Path]] = (),
) -> ImportReport:
    """Store the records of an import as one batch, or nothing of it.

    Args:
        engine: the database.
        chunks: what a reader yields, shops first.
        person_id: who imports; None for the command line. New shops are the person's branch's.
        source: where the records come from, in a word (the name of the folder or file).
        format: whose files they are.
        rest: leave the bad rows out and store the others; a file that cannot be read to its end still rejects all.
        dry_run: do everything but write.
        generated: mark new shops as generated, for a demo.
        other_files: names of files that the reader left alone, for the report.
        progress: called while it runs.
        on_bad_row: called with each refused row, for a file of them all.
        export: the platform's export of which the chunks are, if they are of one; it tells what it adds up to.
        accepted_because: why to store it though its own totals differ from its rows; see `intake.says_why`.
        consent: what the shop consented to, noted with the batch, or by itself where nothing was new.
        keep: the files themselves, each with its given name, where they are to be kept with what is stored.

    Returns:
        The report. Its batch is None where nothing was stored: rejected, a dry run, or nothing new.

    Raises:
        DatabaseUnavailable, ConsentRefused: where the record or the consent can't be written; nothing was changed.
        NotAllowed: where the person may not import, or a shop is of another branch.
    """
    tell = progress or (lambda _step, _share: None)
    with staging.staged(engine) as staged, originals.Waiting(keep) as files:
        intake = _stage(chunks, Intake(on_bad_row, export), staged, tell, forward_only=export is not None)
        for _attempt in range(ATTEMPTS):
            tell("comparing", 0.0)
            seen = _compare(engine, staged, person_id, consent, of_export=export is not None)
            report = intake.report(staged, format, other_files, rest=rest, accepted_because=accepted_because)
            if report.verdict == "rejected":
                return report
            if dry_run or not report.changes:
                return _without_batch(engine, staged, report, consent, person_id, dry_run=dry_run)
            tell("storing", 0.0)
            if stored := _write(engine, staged, seen, report, person_id, source, consent, files.packed(), generated):
                staged.write_back()
                return stored
    raise RuntimeError("other imports kept getting in between; nothing was changed")


def _compare(
    engine: Engine, staged: Staging, person_id: int | None, consent: BroughtIn | None, *, of_export: bool
) -> int:
    """Hold what is staged against the record; the number of the batch that it was held against."""
    compared_with = comparisons.compare(staged, forward_only=of_export)
    with open_session(engine, on=staged.connection) as session:
        _require_own_shops(session, person_id)
        if of_export and consent is None:
            _refuse_taken_back(session)
    return compared_with


def _refuse_taken_back(session: Session) -> None:
    """Refuse exports of shops that took their consent back and gave none since; Loam's own files serve their loans.

    Raises:
        ConsentRefused: "taken_back", where one did.
    """
    if session.execute(_TAKEN_BACK).first() is not None:
        raise ConsentRefused("taken_back")


def _stage(chunks: Iterable[Chunk], intake: Intake, staged: Staging, tell: Progress, *, forward_only: bool) -> Intake:
    """Read everything, and find what came twice."""
    for chunk in _read_ahead(chunks):
        intake.take(chunk, staged)
        tell("reading", chunk.share)
    staged.finish()
    comparisons.resolve_repetitions(staged, forward_only=forward_only)
    return intake


def _read_ahead(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The same chunks, the next one read by a second thread while this one is staged."""
    coming = iter(chunks)
    with ThreadPoolExecutor(max_workers=1) as reader:
        following = reader.submit(next, coming, None)
        while (chunk := following.result()) is not None:
            following = reader.submit(next, coming, None)
            yield chunk


def _write(
    engine: Engine,
    staged: Staging,
    compared_with: int,
    report: ImportReport,
    person_id: int | None,
    source: str,
    consent: BroughtIn | None,
    files: Sequence[originals.Packed],
    generated: bool,  # noqa: FBT001
) -> ImportReport | None:
    """Store what is staged in one transaction; None where the record has moved on since the comparison."""
    try:
        with open_session(engine, write=True, on=staged.connection) as session:
            if not _still_holds(session, staged, compared_with):
                return None
            branch_id = _require_own_shops(session, person_id)
            if report.format != OWN and consent is None:
                _refuse_taken_back(session)
            known_shops_up_to = session.execute(text("SELECT coalesce(max(id), 0) FROM shops")).scalar_one()
            batch = compared_with + 1
            numbered = replace(report, batch=batch)
            session.execute(insert(batches).values(
                id=batch, recorded_at=datetime.now(UTC), person_id=person_id, source=source, format=report.format,
                report=audit.canonical(numbered.without_values().as_json()),
            ))  # fmt: skip
            for target in staged.targets():
                staged_rows.write(session, staged, target, batch, generated=generated)
            if branch_id is not None:
                _give_new_shops(session, branch_id, after=known_shops_up_to)
            staged_rows.write_roll_up(session, batch)
            counts = {"files": [file.file for file in report.files], "changes": report.changes, "source": source}
            if report.accepted_because:
                counts |= {"differences": len(report.differences), "accepted_because": report.accepted_because}
            audit.record(session, person_id, "import", "import_batches", batch, counts)
            if consent is not None:
                consents.give_with(session, consent, person_id=person_id, batch_id=batch)
            _advance_sequences(session)
            shop_ids = session.execute(_SHOPS).scalars().all()
            session.info[batch_digests.SHOPS] = {batch: shop_ids}
            of_one = shop_ids[0] if len(set(shop_ids)) == 1 else None
            originals.keep(session, files, batch_id=batch, shop_id=of_one)
            return numbered
    finally:
        staged.connection.execution_options(loam_writes=False)


def _without_batch(
    engine: Engine,
    staged: Staging,
    report: ImportReport,
    consent: BroughtIn | None,
    person_id: int | None,
    *,
    dry_run: bool,
) -> ImportReport:
    """The report of an import that stores no records; a consent that came with nothing new is noted all the same."""
    if dry_run:
        return replace(report, verdict="would import")
    if consent is None:
        return report
    try:
        with open_session(engine, write=True, on=staged.connection) as session:
            consents.give_with(session, consent, person_id=person_id, batch_id=None)
            return report
    finally:
        staged.connection.execution_options(loam_writes=False)


def _require_own_shops(session: Session, person_id: int | None) -> int | None:
    """Refuse shops of other branches; returns the branch of the person, None for the command line and for all branches.

    Raises:
        NotAllowed: where the person may not import, or a shop belongs to another branch.
    """
    if person_id is None:
        return None
    person = people.require(session, person_id, "import")
    if person.branch_id is not None:
        others = text(
            "SELECT 1 FROM stage_refs m JOIN shop_branches b ON b.shop_id = m.shop_id "
            "WHERE b.branch_id <> :mine LIMIT 1"
        )
        if session.execute(others, {"mine": person.branch_id}).first() is not None:
            raise NotAllowed("scope", person.role, person.id, "import")
    return person.branch_id


def _give_new_shops(session: Session, branch_id: int, *, after: int) -> None:
    """Whoever brings a shop in looks after it, whatever its region."""
    session.execute(
        text("UPDATE shop_branches SET branch_id = :mine WHERE shop_id > :after"), {"mine": branch_id, "after": after}
    )


def _still_holds(session: Session, staged: Staging, compared_with: int) -> bool:
    """Whether nothing was imported, and none of the applications decided, since the comparison."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": IMPORT_LOCK})
    newest_batch = session.execute(text("SELECT coalesce(max(id), 0) FROM import_batches")).scalar_one()
    if newest_batch != compared_with:
        return False
    if "applications" not in staged.rows_by_shop:
        return True
    replaced = f"{comparisons.matched(TARGETS['applications'], in_range=False)} AND s.state = {staging.REPLACED}"
    if session.connection().dialect.name == "postgresql":
        # A decision waits for its application's row, and then finds it changed.
        session.execute(text(f"SELECT t.id FROM {replaced} FOR UPDATE OF t"))
    decided = text(
        f"SELECT 1 FROM {replaced} AND EXISTS (SELECT 1 FROM decisions d WHERE d.application_id = t.id) LIMIT 1"
    )
    return session.execute(decided).first() is None


def _advance_sequences(session: Session) -> None:
    """Ids of shops and batches are given here, so PostgreSQL's own counters have to be moved along."""
    if session.connection().dialect.name != "postgresql":
        return
    for table in ("shops", "import_batches"):
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1)) FROM {table}")
        )
