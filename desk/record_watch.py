"""Watches over the record while the desk is open: checks it against its chain, and closes it where it was altered."""

import logging
import threading
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from db import heads, verification
from db.chain import Head
from db.engine import DatabaseUnavailable, make_read_only, make_writable, whole
from db.verification import Verdict

log = logging.getLogger("loam")

EVERY_S = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Checked:
    """The last check of a record by this process."""

    at: datetime
    verdict: Verdict
    whole_record: bool
    """Whether what the imports brought in was read too."""


_last: dict[int, Checked] = {}


def last(engine: Engine) -> Checked | None:
    """The last check of a record; None before the first."""
    return _last.get(id(whole(engine)))


def in_words(verdict: Verdict) -> str:
    """What a check found, in a sentence."""
    if verdict.broken is not None:
        return f"The record was altered. First broken row: {verdict.broken}"
    counts = verdict.counts
    batches = f", {counts['batches']:,} batches" if counts["batches"] else ""
    return f"The record is whole: {counts['links']:,} links, {counts['rows']:,} rows of registers and rights{batches}."


def check(engine: Engine, *, batches: bool) -> Verdict:
    """Check a record, note its head outside it, and let nothing more be recorded where it does not fit.

    Args:
        engine: the database.
        batches: whether what each import brought in is read too.

    Raises:
        DatabaseUnavailable: where the database cannot be read.
    """
    verdict = verify_with_notes(engine, batches=batches, file=batches)
    _last[id(whole(engine))] = Checked(datetime.now(UTC), verdict, batches)
    if verdict.broken is not None:
        log.error("the record was altered: %s", verdict.broken)
        row = (verdict.broken.table, verdict.broken.key, verdict.broken.wrong)
        make_read_only(engine, f"the record does not fit its chain at {verdict.broken}.", row)
    else:
        if batches:
            make_writable(engine)
        note_head(engine, verdict)
    return verdict


def verify_with_notes(
    engine: Engine, *, batches: bool = True, file: bool = True, others: tuple[Head, ...] = ()
) -> Verdict:
    """Check a record against its chain, against the heads that the desk has noted, and against some others.

    Raises:
        DatabaseUnavailable: where the database or the file of heads cannot be read.
    """
    try:
        known = heads.noted(engine)
    except (OSError, heads.NoHead) as error:
        raise DatabaseUnavailable(f"The noted heads in {heads.file_of(engine)} cannot be read: {error}") from error
    return verification.verify(engine, heads=[*known, *others], batches=batches, file=file)


def note_head(engine: Engine, verdict: Verdict) -> None:
    """Note the head of a record that was found whole; a file that cannot be written is told in the log."""
    if not verdict.head.sequence:
        return
    try:
        heads.note(engine, verdict.head)
    except OSError as error:
        log.warning("the head of the chain could not be noted in %s: %s", heads.file_of(engine), error.strerror)


def open_record(engine: Engine) -> threading.Event:
    """Check links and registers now, all else in the background, and everything once a day.

    Returns:
        What ends the watch once it is set.

    Raises:
        DatabaseUnavailable: where the database cannot be read.
    """
    check(engine, batches=False)
    over = threading.Event()
    threading.Thread(target=_watch, args=(engine, over), name="record-watch", daemon=True).start()
    return over


def _watch(engine: Engine, over: threading.Event) -> None:
    wait_s = 0.0
    while not over.wait(wait_s):
        try:
            check(engine, batches=True)
        except DatabaseUnavailable as error:
            # Nobody knows whether it is whole; the next check tells.
            log.warning("the record could not be checked: %s", error)
        except Exception as error:  # noqa: BLE001  (nobody foresaw it, and the watch has to go on)
            # Its message may quote the record, and its traceback tells no more than where it was raised.
            log.error("the check of the record failed: %s at %s", type(error).__name__, _place(error))
            make_read_only(engine, "its check failed, so that nobody can tell whether it is whole.")
        wait_s = EVERY_S


def _place(error: Exception) -> str:
    """The file and line at which something was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
