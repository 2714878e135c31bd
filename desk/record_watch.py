"""Watches over the record while the desk is open: checks it against its chain, and closes it where it was altered.

Everything is checked once a day, and within a minute after another process, such as `loam.py verify`, found a break.
"""

import logging
import threading
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from db import heads, noted_breaks, verification
from db.chain import Head
from db.engine import DatabaseUnavailable, make_read_only, make_writable, whole
from db.verification import Verdict

log = logging.getLogger("loam")

EVERY_S = 24 * 60 * 60
LOOK_S = 20
"""How often is looked whether another process has found a break."""


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
        note_break(engine, verdict)
    else:
        if batches:
            make_writable(engine)
            note_break(engine, verdict)
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


def note_break(engine: Engine, verdict: Verdict) -> bool:
    """Have every desk on this record check it too, where it was found broken, or whole again.

    Returns:
        Whether they will learn of it; what keeps them from it is told in the log.
    """
    try:
        noted_breaks.note(engine, None if verdict.broken is None else str(verdict.broken))
    except OSError as error:
        place = noted_breaks.file_of(engine)
        log.warning("what the check found could not be noted in %s: %s", place, error.strerror)
        return False
    return True


def open_record(engine: Engine) -> threading.Event:
    """Check links and registers now, all else in the background, and everything once a day or after a noted break.

    Returns:
        What ends the watch once it is set.

    Raises:
        DatabaseUnavailable: where the database cannot be read.
    """
    _check_or_close(engine, batches=False)
    over = threading.Event()
    threading.Thread(target=_watch, args=(engine, over), name="record-watch", daemon=True).start()
    return over


def _watch(engine: Engine, over: threading.Event) -> None:
    due_at_s, seen = time.monotonic(), noted_breaks.state(engine)
    while not over.is_set():
        noted = noted_breaks.state(engine)
        if noted != seen or time.monotonic() >= due_at_s:
            due_at_s = time.monotonic() + EVERY_S
            try:
                _check_or_close(engine, batches=True)
                seen = noted
            except DatabaseUnavailable as error:
                # Nobody knows whether it is whole; the next check tells.
                log.warning("the record could not be checked: %s", error)
        over.wait(min(LOOK_S, EVERY_S))


def _check_or_close(engine: Engine, *, batches: bool) -> None:
    """Check a record; where the check itself fails, let people read and nobody record.

    Raises:
        DatabaseUnavailable: as `check` does.
    """
    try:
        check(engine, batches=batches)
    except DatabaseUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  (nobody foresaw it; the desk has to open, and the watch to go on)
        # Its message may quote the record, and its traceback tells no more than where it was raised.
        log.error("the check of the record failed: %s at %s", type(error).__name__, _place(error))
        make_read_only(engine, "its check failed, so that nobody can tell whether it is whole.")


def _place(error: Exception) -> str:
    """The file and line at which something was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
