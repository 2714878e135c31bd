"""Stores an import: all of it or nothing, in one write transaction that only has to move rows that are ready."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine, insert, select, text
from sqlmodel import Session

from db import audit, batch_digests, comparisons, consents, originals, people, staging
from db.consents import BroughtIn
from db.engine import open_session
from db.import_reports import ImportReport
from db.intake import Export, Intake
from db.scope import whole_record
from db.staging import TARGETS, Chunk, Staging, Target
from db.tables import HISTORY, ImportBatch, Person, Shop, table_of
from lending.errors import NotAllowed
from lending.records import BadRow

Progress = Callable[[str, float], None]
"""Called with the step at hand (reading, comparing, storing) and the share of it that is done; never while anything
is locked."""

# Any number will do, as long as every import takes the same.
IMPORT_LOCK = 7_226_001
ATTEMPTS = 5

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
    format: str = "loam",  # noqa: A002
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
            seen = _compare(engine, staged, person_id, forward_only=export is not None)
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


def _compare(engine: Engine, staged: Staging, person_id: int | None, *, forward_only: bool) -> int:
    """Hold what is staged against the record; the number of the batch that it was held against."""
    compared_with = comparisons.compare(staged, forward_only=forward_only)
    with open_session(engine, on=staged.connection) as session:
        _require_own_shops(session, person_id)
    return compared_with


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
            known_shops_up_to = session.execute(text("SELECT coalesce(max(id), 0) FROM shops")).scalar_one()
            batch = compared_with + 1
            numbered = replace(report, batch=batch)
            session.execute(insert(batches).values(
                id=batch, recorded_at=datetime.now(UTC), person_id=person_id, source=source, format=report.format,
                report=audit.canonical(numbered.without_values().as_json()),
            ))  # fmt: skip
            for target in staged.targets():
                _write_target(session, staged, target, batch, generated=generated)
            if branch_id is not None:
                _give_new_shops(session, branch_id, after=known_shops_up_to)
            _write_roll_up(session, batch)
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


def _write_target(session: Session, staged: Staging, target: Target, batch: int, *, generated: bool) -> None:
    """Move replaced rows to the history and put the staged ones in, a range of shops at a time."""
    for first, last in staged.ranges(target):
        values = {"first": first, "last": last, "batch": batch, "generated": int(generated)}
        if batch > 1:
            session.execute(text(_keep_replaced(target)), values)
            for statement in _make_room(target):
                session.execute(text(statement), values)
        session.execute(text(_put_in(target)), values)
    if target.name in staged.left_over_of:
        for statement in _take_out(target):
            session.execute(text(statement), {"batch": batch})


def _take_out(target: Target) -> list[str]:
    """Move rows to the history that the newer files of their loans lack."""
    history = HISTORY[target.name]
    names = [column.name for column in target.table.columns]
    keys = ["shop_id", *target.key[1:]]
    same = " AND ".join(f"t.{name} = g.{name}" for name in keys)
    return [
        f"INSERT INTO {history.name} ({', '.join(names)}, replaced_batch_id) SELECT "
        f"{', '.join(f't.{name}' for name in names)}, CAST(:batch AS BIGINT) FROM left_{target.name} g "
        f"CROSS JOIN {target.name} t WHERE {same}",
        f"DELETE FROM {target.name} WHERE ({', '.join(keys)}) IN (SELECT {', '.join(keys)} FROM left_{target.name}) "
        "AND batch_id <> :batch",
    ]


def _keep_replaced(target: Target) -> str:
    history = HISTORY[target.name]
    names = [column.name for column in target.table.columns]
    kept = ", ".join(f"t.{name}" for name in names)
    return (
        f"INSERT INTO {history.name} ({', '.join(names)}, replaced_batch_id) SELECT {kept}, CAST(:batch AS BIGINT) "
        f"FROM {comparisons.matched(target)} AND s.state = {staging.REPLACED}"
    )


def _make_room(target: Target) -> list[str]:
    """Rows with an id keep it, so they are changed in place; other replaced rows are taken out."""
    found = comparisons.matched(target)
    if not target.numbered:
        names = ["shop_id", *target.key[1:]]
        key, keys = ", ".join(names), ", ".join(f"t.{name}" for name in names)
        return [
            f"DELETE FROM {target.name} WHERE ({key}) IN (SELECT {keys} FROM {found} AND s.state = {staging.REPLACED})"
        ]
    values = [name for name in target.values if name != "shop_no"]
    changes = ", ".join(f"{name} = found.{name}" for name in values)
    staged_values = ", ".join(f"s.{name}" for name in values)
    return [
        f"UPDATE {target.name} SET {changes}, batch_id = :batch "
        f"FROM (SELECT t.id AS found_id, {staged_values} FROM {found} "
        f"AND s.state = {staging.REPLACED}) found WHERE {target.name}.id = found.found_id"
    ]


def _put_in(target: Target) -> str:
    """Insert the staged rows in the order of their key, which is the order in which the table is kept."""
    columns = {name: f"s.{name}" for name in target.columns if name != "shop_no"} | {"batch_id": ":batch"}
    match target.name:
        case "shops":
            columns |= {"id": "m.shop_id", "shop_ref": "m.shop_ref", "generated": ":generated"}
        case "sales_days":
            columns |= {"shop_id": "m.shop_id", "source": "'totals'"}
        case _:
            columns |= {"shop_id": "m.shop_id"}
    if target.name == "sales_days":
        columns["cancelled_orders"] = "0"
    states = str(staging.ADDED) if target.numbered else f"{staging.ADDED}, {staging.REPLACED}"
    order = ", ".join(f"s.{name}" for name in target.key)
    return (
        f"INSERT INTO {target.name} ({', '.join(columns)}) SELECT {', '.join(_typed(v) for v in columns.values())} "
        f"FROM stage_{target.name} s CROSS JOIN stage_refs m WHERE s.shop_no BETWEEN :first AND :last "
        f"AND m.shop_no = s.shop_no AND s.state IN ({states}) ORDER BY {order}"
    )


def _typed(value: str) -> str:
    return f"CAST({value} AS BIGINT)" if value.startswith(":") else value


def _write_roll_up(session: Session, batch: int) -> None:
    """Move the daily sales by what the comparison found; a day that no order is left of goes."""
    found = "stage_deltas d CROSS JOIN stage_refs m CROSS JOIN sales_days t WHERE m.shop_no = d.shop_no "
    found += "AND t.shop_id = m.shop_id AND t.day = d.day"
    history = HISTORY["sales_days"].name
    names = ", ".join(column.name for column in HISTORY["sales_days"].columns if column.name != "replaced_batch_id")
    kept = ", ".join(f"t.{name}" for name in names.split(", "))
    measures = ("orders", "cancelled_orders", "gross_minor", "refunded_minor")
    sums = {name: f"d.{name} + coalesce(h.{name}, 0)" for name in measures}
    values = {"batch": batch}
    if batch > 1:
        session.execute(
            text(f"INSERT INTO {history} ({names}, replaced_batch_id) SELECT {kept}, :batch FROM {found}"), values
        )
        session.execute(text(f"DELETE FROM sales_days WHERE (shop_id, day) IN (SELECT t.shop_id, t.day FROM {found})"))
    session.execute(
        text(
            f"INSERT INTO sales_days (shop_id, day, source, {', '.join(measures)}, batch_id) "
            f"SELECT m.shop_id, d.day, 'orders', {', '.join(sums.values())}, CAST(:batch AS BIGINT) "
            f"FROM stage_deltas d JOIN stage_refs m ON m.shop_no = d.shop_no LEFT JOIN {history} h ON "
            "h.shop_id = m.shop_id AND h.day = d.day AND h.replaced_batch_id = :batch WHERE "
            + " OR ".join(f"{value} <> 0" for value in sums.values())
            + " ORDER BY d.shop_no, d.day"
        ),
        values,
    )


def _advance_sequences(session: Session) -> None:
    """Ids of shops and batches are given here, so PostgreSQL's own counters have to be moved along."""
    if session.connection().dialect.name != "postgresql":
        return
    for table in ("shops", "import_batches"):
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1)) FROM {table}")
        )
