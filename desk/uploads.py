"""An upload on the Imports page: put down in a folder of its own, and brought in where it is Loam's own files."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import Engine

from db import imports, known_loans, people
from db.engine import open_session
from db.import_reports import ImportReport, not_recognised, rejected_whole
from ingest import folder
from ingest.packed import taken_apart
from ingest.rows import TooManyRowsError, at_most


class GivenFile(Protocol):
    """A file as the browser sent it."""

    name: str

    def getbuffer(self) -> Any:  # noqa: ANN401
        """Its bytes."""
        ...


def given_name(file: GivenFile) -> str:
    """The name of an uploaded file without the folders that a browser may put before it."""
    return Path(file.name).name or file.name


@contextmanager
def written(files: Sequence[GivenFile], *, most_bytes: int) -> Iterator[dict[Path, str]]:
    """The uploaded files in a folder of their own, which is gone after the block, each with its given name.

    They lie there under numbers, since a given name may be too long for a file, or none at all. Of ZIP files there is
    what lies in them.

    Raises:
        UnusableZip: as ingest.packed.taken_apart says.
    """
    with tempfile.TemporaryDirectory(prefix="loam-upload-") as place:
        names = {Path(place) / str(number): given_name(file) for number, file in enumerate(files)}
        for path, file in zip(names, files, strict=True):
            path.write_bytes(file.getbuffer())
        yield taken_apart(names, Path(place) / "unpacked", most_bytes=most_bytes)


def first_records(names: Mapping[Path, str]) -> dict[str, pd.DataFrame]:
    """The first records of each of Loam's own files, as they stand there."""
    try:
        found = folder.find_uploaded(names).files
    except folder.UnknownFormatError:
        return {}
    return {file.name: folder.first_records(file).to_pandas() for file in found}


def bring_in(
    engine: Engine,
    names: Mapping[Path, str],
    *,
    person_id: int,
    source: str,
    default_zone: str,
    most_rows: int,
    dry_run: bool,
    rest: bool,
    progress: imports.Progress,
) -> ImportReport:
    """Store Loam's own files, or look at what that would do.

    Raises:
        DatabaseUnavailable, NotAllowed: as db.imports.store says.
    """
    try:
        found = folder.find_uploaded(names)
        with open_session(engine) as session:
            people.require(session, person_id, "import")
            known = imports.known_shops(session)
            loans = known_loans.on_record(session) if found.about_loans else None
        chunks = folder.read(found, shops=known, default_zone=default_zone, loans=loans)
        return imports.store(
            engine, at_most(chunks, most_rows), person_id=person_id, source=source, rest=rest, dry_run=dry_run,
            other_files=found.other_files, progress=progress,
        )  # fmt: skip
    except folder.UnknownFormatError as error:
        return not_recognised(None, str(error))
    except TooManyRowsError as error:
        return rejected_whole(str(error))
