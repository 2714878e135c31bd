"""Copies of the whole record: taken while others write, checked before they are called a backup, and put back.

A backup is one file, and a small JSON file beside it that says what is in it: when it was taken, by which Loam, on
which migration, how many rows each register had, and the SHA-256 of the file.
"""

import errno
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine, func, select
from sqlmodel import Session, SQLModel

from db import chain, chain_key, durable_files, heads, postgresql_dumps, sqlite_copies, verification
from db.engine import DatabaseUnavailable, newest_migration
from db.refused_backup import BackupRefused
from db.tables import APPEND_ONLY, AuditEvent, table_of

ENDINGS = {"sqlite": ".db", "postgresql": ".dump"}
PART = ".part"
COUNTED = (*APPEND_ONLY, "people", "shops", "applications", "loans", "repayments")
"""The tables whose rows are counted: all registers, and what they are about."""

UNSEALED = (
    "{} has no chain that this Loam can check (version {} of the tables), and the record here has one. Whoever had the "
    "file could have changed it unseen. Nothing was changed; `--unchecked` restores it all the same."
)

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database or a copy of it holds, as far as two of them can be compared."""

    migration: str
    counts: dict[str, int]
    last_event: int | None
    """The number of the newest audit event; None where there is none."""
    last_event_at: str | None
    """When it was recorded, in ISO 8601 and UTC."""
    head: str | None
    """The newest link of the chain; None where the tables have no chain yet."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A checked copy."""

    path: Path
    loam: str
    """The version of Loam that took it."""
    database: str
    """sqlite or postgresql."""
    taken_at: str
    sha256: str
    contents: Contents


def take(engine: Engine, folder: Path, *, loam: str, keep: int | None = None, tell: Tell) -> Backup:
    """Copy the record into a folder while others write, check the copy, and give it its name only then.

    Args:
        engine: the database.
        folder: where the copy goes.
        loam: the version of Loam.
        keep: how many of the folder's backups stay, the newest; all of them with None. Before an older one is deleted,
            what each import brought in is read too, which takes longer.
        tell: is told each step, and the share of it that is done.

    Raises:
        BackupRefused: where the disk is full, the folder cannot be written, or the copy does not pass its checks.
        DatabaseUnavailable: where the database cannot be read.
    """
    kind = engine.dialect.name
    taken_at = datetime.now(UTC)
    place = folder / f"loam-{_stamp(taken_at)}{ENDINGS[kind]}"
    part = place.with_name(f".{place.name}{PART}")
    with _faults_in_words(folder), _no_leftovers(part):
        if kind == "sqlite":
            _refuse_full(folder, _size_of_record(engine))
            sqlite_copies.copy(engine, part, tell)
            found = check(sqlite_copies.engine_of(part, engine), tell, batches=keep is not None)
            sqlite_copies.make_one_file(part)
        else:
            check(engine, tell, batches=keep is not None)
            found = postgresql_dumps.dump(engine, part, contents, tell)
        tell("Noting", 0.5)
        made = Backup(place, loam, kind, taken_at.isoformat(timespec="seconds"), _digest(part), found)
        _write_description(made)
        durable_files.sync(part)
        part.rename(place)
        durable_files.sync(folder)
        if keep is not None:
            _forget_older(folder, keep)
    return made


def read(path: Path) -> Backup:
    """A backup by its file, held against what stands beside it.

    Raises:
        BackupRefused: where the file or its description is missing, is no backup, or was changed since.
    """
    if not path.is_file():
        raise BackupRefused(f"There is no file {path}.")
    beside = description_of(path)
    try:
        told = json.loads(beside.read_text(encoding="utf-8"))
        known = Backup(
            path, told["loam"], told["database"], told["taken_at"], told["sha256"], Contents(**told["contents"])
        )
    except FileNotFoundError as error:
        raise BackupRefused(
            f"{path.name} has no {beside.name} beside it, which says what is in it. A backup is both files."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupRefused(f"{beside.name} does not describe a backup of Loam.") from error
    if _digest(path) != known.sha256:
        raise BackupRefused(f"{path.name} is damaged: it is not the file that was backed up. Take another backup.")
    return known


def restore(engine: Engine, backup: Backup, *, unchecked: bool = False, tell: Tell) -> list[str]:
    """Put a backup back in the place of the record, whole or not at all; what was there is kept.

    Args:
        engine: the database.
        backup: what `read` returned.
        unchecked: whether a copy is taken whose rows no seal can vouch for; the noted heads then stay as they are.
        tell: is told each step, and the share of it that is done.

    Returns:
        Under which names what was there is kept: the record, and the heads of its chain that were noted later.

    Raises:
        BackupRefused: where somebody uses the record, the backup is of another kind or of a newer Loam, the desk has
            a chain and the backup none that can be checked, the disk is full, or a check fails. The record is then as
            it was.
    """
    _refuse_other(engine, backup)
    sealed = backup.contents.migration == newest_migration() and backup.contents.head is not None
    if not sealed and not unchecked and _has_chain(engine):
        raise BackupRefused(UNSEALED.format(backup.path.name, backup.contents.migration))
    stamp = _stamp(datetime.now(UTC))
    if engine.dialect.name == "postgresql":
        with _faults_in_words(backup.path.parent):
            kept = postgresql_dumps.put_back(
                engine, backup.path, stamp, lambda copy: _expect(check(copy, tell), backup), tell
            )
    else:
        kept = _restore_file(engine, backup, stamp, tell)
    _expect(check(engine, tell, batches=False), backup)
    if not sealed:
        return [kept] if kept is not None else []
    with _faults_in_words(heads.file_of(engine).parent):
        later = heads.set_later_aside(engine, _head(backup), stamp)
    return [name for name in (kept, later) if name is not None]


def _has_chain(engine: Engine) -> bool:
    """Whether a record at this address was ever sealed: its key, or a head of it, is there."""
    try:
        return chain_key.read(engine) is not None or bool(heads.noted(engine))
    except (chain_key.KeyMissing, heads.NoHead, OSError):
        return True


def _head(backup: Backup) -> chain.Head:
    """The newest link of a backup's chain; the one before all where it has none."""
    return heads.from_text(backup.contents.head) if backup.contents.head else chain.NO_LINK


def _restore_file(engine: Engine, backup: Backup, stamp: str, tell: Tell) -> str | None:
    place = Path(str(engine.url.database)).resolve()
    # Beside the record, and by its name but for the ending, so that the key of the record is found.
    part = place.with_suffix(".restoring")
    with _faults_in_words(place.parent), _no_leftovers(part):
        place.parent.mkdir(parents=True, exist_ok=True)
        # The part, what is kept of the old record, and its journal, each about as large as the two files.
        old = place.stat().st_size if place.exists() else 0
        _refuse_full(place.parent, backup.path.stat().st_size * 2 + old * 2)
        tell("Copying", 0.0)
        shutil.copyfile(backup.path, part)
        _expect(check(sqlite_copies.engine_of(part, engine), tell), backup)
        sqlite_copies.make_one_file(part)
        engine.dispose()
        return sqlite_copies.put_back(part, place, f"{place.name}.before-{stamp}", tell)


def check(engine: Engine, tell: Tell, *, batches: bool = True) -> Contents:
    """Check a database from end to end and say what it holds.

    Args:
        engine: the database, or a copy of it.
        tell: is told the step.
        batches: whether what each import brought in is held against the chain too, which reads all of it.

    Raises:
        BackupRefused: at the first thing that is wrong, in words.
    """
    tell("Checking", 0.0)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                sqlite_copies.check(connection)
            migration = _migration(connection)
        # An older record is linked by the migration that brings it up.
        if migration == newest_migration():
            verdict = verification.verify(engine, batches=batches, file=False)
            if verdict.broken is not None:
                raise BackupRefused(f"The record does not fit its chain, so nothing was done. {verdict.broken}")
        # Counted last, since what an editor wrote may be beyond reading.
        with engine.connect() as connection:
            found = contents(connection)
    except (sqlalchemy.exc.DBAPIError, DatabaseUnavailable) as error:
        raise BackupRefused(f"The copy cannot be read: {error.args[0]}") from error
    finally:
        engine.dispose()
    return found


def contents(connection: Connection) -> Contents:
    """What a database holds, by a connection that sees one moment of it.

    A table that its migration does not have yet is left out.
    """
    version = _migration(connection)
    known = set(sqlalchemy.inspect(connection).get_table_names())
    tables = [SQLModel.metadata.tables[name] for name in COUNTED if name in known]
    counts = {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    events = table_of(AuditEvent)
    last = connection.execute(
        select(events.c.sequence, events.c.recorded_at).order_by(events.c.sequence.desc()).limit(1)
    ).first()
    head = str(chain.newest_head(Session(connection))) if "chain" in known else None
    if last is None:
        return Contents(version, counts, None, None, head)
    return Contents(version, counts, last.sequence, last.recorded_at.isoformat(timespec="seconds"), head)


def _migration(connection: Connection) -> str:
    """On which version of the tables a database is."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        raise BackupRefused("This is no record of Loam: it has no version of its tables.")
    version: str = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
    return version


def _stamp(moment: datetime) -> str:
    """A moment as it stands in names, which sort by it."""
    return f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03}Z"


def description_of(path: Path) -> Path:
    """The file beside a backup that says what is in it."""
    return path.with_name(f"{path.name}.json")


def _refuse_other(engine: Engine, backup: Backup) -> None:
    if backup.database != engine.dialect.name:
        raise BackupRefused(
            f"{backup.path.name} is of a record in {backup.database}, and LOAM_DATABASE_URL names one in "
            f"{engine.dialect.name}. Nothing was changed."
        )
    if backup.contents.migration > newest_migration():
        raise BackupRefused(
            f"{backup.path.name} was made by a newer Loam (version {backup.contents.migration} of the tables; this one "
            f"knows {newest_migration()}). Nothing was changed; restore it with that Loam."
        )


def _expect(found: Contents, backup: Backup) -> Contents:
    """Compare what is there with what was noted when the backup was taken."""
    if found == backup.contents:
        return found
    noted = backup.contents.counts
    other = [name for name in noted if found.counts.get(name) != noted[name]]
    what = f"{other[0]} has {found.counts.get(other[0], 0):,} rows and not {noted[other[0]]:,}" if other else "it ends"
    raise BackupRefused(f"{backup.path.name} holds something else than was noted: {what}.")


def _write_description(backup: Backup) -> None:
    """Write what is in a backup beside it, before the backup itself gets its name."""
    beside = description_of(backup.path)
    told = asdict(backup) | {"path": backup.path.name}
    part = beside.with_name(f".{beside.name}{PART}")
    with _no_leftovers(part):
        part.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        durable_files.sync(part)
        part.rename(beside)


def _forget_older(folder: Path, keep: int) -> None:
    """Delete all but the newest backups of a folder; their names sort by time."""
    every = sorted(path for ending in ENDINGS.values() for path in folder.glob(f"loam-*Z{ending}"))
    for path in sorted(every, key=lambda path: path.stem)[:-keep]:
        path.unlink()
        description_of(path).unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_of_record(engine: Engine) -> int:
    place = Path(str(engine.url.database))
    if not place.exists():
        raise BackupRefused(f"There is no record {place} yet.")
    return place.stat().st_size


def _refuse_full(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise BackupRefused(
            f"The disk of {folder} is too full: {needed_bytes / 1e6:,.0f} MB are needed, and "
            f"{free_bytes / 1e6:,.0f} MB are free. Nothing was changed."
        )


@contextmanager
def _no_leftovers(part: Path) -> Iterator[None]:
    """Leave nothing of what was not finished."""
    try:
        yield
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            part.with_name(part.name + ending).unlink(missing_ok=True)


@contextmanager
def _faults_in_words(folder: Path) -> Iterator[None]:
    """Say in words what the disk refused."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise BackupRefused(f"The disk of {folder} is full. Nothing was changed.") from error
        raise BackupRefused(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
