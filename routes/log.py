"""The log: one line for each event, and in it no name, no shop, no token, no query and nothing that anybody typed.

So an error is told by its kind and by where in the code it came about, never by its own words: those quote whatever
the code had in hand, down to the values of a statement. The same holds for what libraries say. Of them the log keeps
the sentence as their code has it, with its gaps unfilled.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal

Format = Literal["text", "json"]

# What else an event of ours may tell, in this order; see routes/access.py.
FACTS = ("reference", "method", "path", "status", "milliseconds", "person_id")
# These bring handlers of their own, and uvicorn's would write whole addresses.
LOUD = ("uvicorn", "streamlit", "websockets")

log = logging.getLogger("loam")


def set_up(level: str, log_format: Format) -> None:
    """Send everything that is logged in this process to standard error, as lines of ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] in LOUD]:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(max(logging.WARNING, root.level))


class Lines(logging.Formatter):
    """Writes an event as one line of text, or as one JSON object."""

    def __init__(self, log_format: Format) -> None:
        super().__init__()
        self.log_format = log_format

    def format(self, record: logging.LogRecord) -> str:
        facts = facts_of(record)
        if self.log_format == "json":
            return json.dumps(facts, ensure_ascii=False)
        time, level, logger, message = (facts.pop(name) for name in ("time", "level", "logger", "message"))
        told = "".join(f" {name}={value}" for name, value in facts.items())
        return f"{time} {level} {logger} {message}{told}"


def facts_of(record: logging.LogRecord) -> dict[str, object]:
    """What a line tells: time (UTC), level, logger, message, the facts that are known, and how an error came about."""
    ours = record.name.split(".")[0] == "loam"
    facts: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": " ".join((record.getMessage() if ours else str(record.msg)).split()),
    }
    facts |= {name: value for name in FACTS if (value := getattr(record, name, None)) is not None}
    if record.exc_info and record.exc_info[1] is not None:
        facts["error"] = " < ".join(way_of(record.exc_info[1]))
    return facts


def way_of(error: BaseException) -> list[str]:
    """An error and what led to it, the newest first: its kind, then file, line and function from the inside out."""
    way: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        way.append(type(at).__qualname__)
        frames = traceback.extract_tb(at.__traceback__)
        way += [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return way
