"""Bring in a shop's files: look first, then store all of them or nothing."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import streamlit as st

from components import guard, import_panel, refusals, wording
from db import imports, known_loans, people
from db.engine import DatabaseUnavailable, open_session
from db.import_reports import ImportReport, not_recognised, rejected_whole
from ingest import folder
from ingest.rows import TooManyRowsError, at_most
from lending.errors import NotAllowed
from settings import settings

visit = guard.enter("imports")

MOST_FILES = 12
STEPS = {"reading": "Reading and checking", "comparing": "Comparing with the record", "storing": "Storing"}
# Beyond this an import holds up other writers on a laptop's database for more than a moment.
LARGE_ROWS = 100_000


def given_name(file) -> str:  # noqa: ANN001
    """The name of an uploaded file without the folders that a browser may put before it."""
    return Path(file.name).name or file.name


@contextmanager
def written(files: list) -> Iterator[dict[Path, str]]:
    """The uploaded files in a folder of their own, which is gone after the block, each with its given name.

    They lie there under numbers, since a given name may be too long for a file, or none at all.
    """
    with tempfile.TemporaryDirectory(prefix="loam-upload-") as place:
        names = {Path(place) / str(number): given_name(file) for number, file in enumerate(files)}
        for path, file in zip(names, files, strict=True):
            path.write_bytes(file.getbuffer())
        yield names


def look_at(files: list, *, source: str) -> tuple[ImportReport, dict[str, pd.DataFrame]]:
    """What an import would do, and the first records of each file in its own words."""
    with written(files) as names:
        report = run(names, source=source, dry_run=True)
        try:
            found = folder.find_uploaded(names).files
        except folder.UnknownFormatError:
            return report, {}
        return report, {file.name: folder.first_records(file).to_pandas() for file in found}


def run(names: Mapping[Path, str], *, source: str, dry_run: bool, rest: bool = False) -> ImportReport:
    """Import the files, or try it, with a bar that moves."""
    actor = guard.enter("imports")
    bar = st.progress(0.0, "Starting")

    def tell(step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), STEPS.get(step, step))

    try:
        found = folder.find_uploaded(names)
        with open_session(actor.engine) as session:
            people.require(session, actor.person.id, "import")
            known = imports.known_shops(session)
            loans = known_loans.on_record(session) if found.about_loans else None
        chunks = folder.read(found, shops=known, default_zone=settings().time_zone, loans=loans)
        chunks = at_most(chunks, settings().max_import_rows)
        return imports.store(
            actor.engine, chunks, person_id=actor.person.id, source=source, rest=rest, dry_run=dry_run,
            other_files=found.other_files, progress=tell,
        )  # fmt: skip
    except folder.UnknownFormatError as error:
        return not_recognised(None, str(error))
    except TooManyRowsError as error:
        return rejected_whole(str(error))
    except (NotAllowed, DatabaseUnavailable) as error:
        st.error(refusals.sentence(error) if isinstance(error, NotAllowed) else str(error))
        st.stop()
    finally:
        bar.empty()


def show_first_records(records: dict[str, pd.DataFrame]) -> None:
    """The first records of each file, a tab for each."""
    if not records:
        return
    with st.expander("First records, as the files have them"):
        for tab, table in zip(st.tabs([wording.plain(name) for name in records]), records.values(), strict=True):
            with tab:
                st.dataframe(table, hide_index=True)


def press(files: list, report: ImportReport, source: str) -> None:
    """The buttons that store, and what they store."""
    rows = sum(each.rows for each in report.files)
    if rows > LARGE_ROWS:
        st.caption(f"{rows:,} records: other people's decisions may wait a few seconds while they are stored.")
    with st.container(horizontal=True):
        rest = report.verdict == "rejected" and not report.unreadable and report.changes > 0
        label = "Import the rest without the refused rows" if rest else "Import"
        ready = report.verdict == "would import" and report.changes > 0
        if (ready or rest) and st.button(label, type="primary", icon=":material/upload_file:"):
            with written(files) as names:
                st.session_state["import_done"] = run(names, source=source, dry_run=False, rest=rest)
            st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
            st.session_state.pop("import_look", None)
            st.rerun()


def refuse_names(names: list[str]) -> None:
    """Stop where there are too many files, or two of one name: one of them would take the other's place."""
    if len(names) > MOST_FILES:
        st.warning(f"At most {MOST_FILES} files at once.")
        st.stop()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        st.warning(f"Two of these files are named {wording.plain(twice[0])}. Take one away, or rename it.")
        st.stop()


st.markdown("#### Bring in a shop's files" if visit.person.may("import") else "#### What was brought in")
st.caption(
    "Loam's own files: shops, orders, sales_days, purchases, wallet_entries, applications, loans, instalments, "
    "repayments, funding_shares; as .csv, .csv.gz or .parquet. All of an upload is stored as one batch, or nothing."
)
if visit.demo_data:
    st.caption(
        f"This is the demo's record, which stays on {wording.day(visit.today)}. Keep your own files in a database of "
        "their own: LOAM_DATABASE_URL names it."
    )
may_import = visit.person.may("import")
files = may_import and st.file_uploader(
    "Files", accept_multiple_files=True, label_visibility="collapsed", max_upload_size=settings().max_upload_mb,
    key=f"files_{st.session_state.get('upload_round', 0)}",
)  # fmt: skip
if done := st.session_state.get("import_done"):
    with st.container(border=True):
        import_panel.show_report(done)
if files:
    st.session_state.pop("import_done", None)
    refuse_names([given_name(file) for file in files])
    names = ", ".join(sorted(file.name for file in files))
    mark = hashlib.sha256("|".join(sorted(f"{file.file_id}" for file in files)).encode()).hexdigest()
    look = st.session_state.get("import_look")
    if look is None or look[0] != mark:
        look = st.session_state["import_look"] = (mark, *look_at(files, source=names))
    with st.container(border=True):
        import_panel.show_report(look[1])
        show_first_records(look[2])
        press(files, look[1], names)

with open_session(visit.engine) as session:
    history = imports.newest(session)
import_panel.show_history(history)
