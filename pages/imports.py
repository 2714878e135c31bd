"""Bring in a shop's files, Loam's own or a platform's export: look first, then store all of them or nothing."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from components import guard, import_panel, platform_panel, refusals, wording
from db import imports
from db.chain_key import KeyMissing
from db.engine import DatabaseUnavailable, open_session
from db.import_reports import ImportReport, rejected_whole
from desk import platform_files, uploads
from desk.platform_files import FORMATS, PlatformFile, UnusableZip, Upload
from ingest.rows import TooManyRowsError
from lending.errors import NotAllowed
from settings import settings

visit = guard.enter("imports")

MB = 1024 * 1024
STEPS = {"reading": "Reading and checking", "comparing": "Comparing with the record", "storing": "Storing"}
Found = tuple[ImportReport, dict[str, pd.DataFrame]]
TITLES = {name: each.title for name, each in FORMATS.items()}


@contextmanager
def telling() -> Iterator[imports.Progress]:
    """A bar that moves; what can't be done ends the page with a sentence."""
    bar = st.progress(0.0, "Starting")

    def tell(step: str, share: float) -> None:
        bar.progress(min(max(share, 0.0), 1.0), STEPS.get(step, step))

    try:
        yield tell
    except (NotAllowed, DatabaseUnavailable, KeyMissing) as error:
        st.error(refusals.sentence(error) if isinstance(error, NotAllowed) else str(error))
        st.stop()
    finally:
        bar.empty()


def laid_down() -> AbstractContextManager[dict[Path, str]]:
    """The uploaded files on disk, for as long as they are read."""
    return uploads.written(files or [], most_bytes=settings().max_upload_mb * MB)


def own_files(found: Upload, *, dry_run: bool, rest: bool = False) -> Found:
    """Import Loam's own files, or try it; and their first records."""
    actor = guard.enter("imports")
    exports = {each.name for each in found.exports}
    with telling() as tell, laid_down() as all_names:
        names = {path: name for path, name in all_names.items() if name not in exports}
        report = uploads.bring_in(
            actor.engine, names, person_id=actor.person.id, source=", ".join(sorted(names.values())),
            default_zone=settings().time_zone, most_rows=settings().max_import_rows, dry_run=dry_run, rest=rest,
            progress=tell,
        )  # fmt: skip
        return report, uploads.first_records(names) if dry_run else {}


def export(file: PlatformFile, shop_ref: str | None, *, dry_run: bool, rest: bool = False, because: str = "") -> Found:
    """Import a platform's export, or try it; and its first records as they were understood."""
    actor = guard.enter("imports")
    with telling() as tell, laid_down() as names:
        (path,) = (path for path, name in names.items() if name == file.name)
        try:
            return platform_files.bring_in(
                actor.engine, path, file, shop_ref, person_id=actor.person.id, most_rows=settings().max_import_rows,
                dry_run=dry_run, rest=rest, accepted_because=because, progress=tell,
            )  # fmt: skip
        except TooManyRowsError as error:
            return rejected_whole(str(error)), {}


def once(key: tuple[object, ...], look: Callable[[], Any]) -> Any:  # noqa: ANN401  (what the look gives)
    """What a look found, kept for as long as the same files lie there."""
    kept: dict[tuple[object, ...], Any] = st.session_state.setdefault("import_looks", {})
    if key not in kept:
        kept[key] = look()
    return kept[key]


def show_own(found: Upload, mark: str) -> None:
    """Loam's own files: what they hold, and the button that stores them."""
    with st.container(border=True):
        report, records = once((mark, "own"), lambda: own_files(found, dry_run=True))
        import_panel.show_report(report)
        import_panel.show_first_records(records)
        if (pressed := import_panel.press(report, "own")) is not None:
            stored(own_files(found, dry_run=False, rest=pressed.rest)[0], mark, last=not found.exports)


def show_export(file: PlatformFile, mark: str, shops: Mapping[str, str], *, last: bool) -> None:
    """One export: what it is, whose it is, its first records, and the button that stores it."""
    key = f"{mark}_{file.name}"
    with st.container(border=True):
        head = st.container()
        left, right = st.columns(2)
        with right:
            shop_ref = platform_panel.choose_shop(shops, key=key)
        looked_at = (mark, file.name, file.found.format.name, shop_ref or "")
        report, records = once(looked_at, lambda: export(file, shop_ref, dry_run=True))
        with head:
            platform_panel.show_found(file.name, file.found, report.totals)
        with left:
            platform_panel.choose_format(file.name, TITLES, file.found.format.name, key=key)
        import_panel.show_report(report)
        platform_panel.show_first_records(records, file.found.currency)
        if shop_ref is None:
            st.caption("Say whose it is, and it can be brought in." if shops else "You see no shop whose it could be.")
        elif (pressed := import_panel.press(report, key)) is not None:
            because = pressed.accepted_because
            stored(export(file, shop_ref, dry_run=False, rest=pressed.rest, because=because)[0], mark, last=last)


def stored(report: ImportReport, mark: str, *, last: bool) -> None:
    """Say what was stored until other files come; these go once nothing is left of them to bring in."""
    st.session_state["import_done"] = mark, report
    st.session_state.pop("import_looks", None)
    if last:
        st.session_state["upload_round"] = st.session_state.get("upload_round", 0) + 1
    st.rerun()


def sorted_out(said: dict[str, str]) -> Upload:
    """What was put here."""
    with laid_down() as names:
        import_panel.refuse_names(list(names.values()))
        return platform_files.sorted_out(names, said)


def show_upload(mark: str) -> None:
    """Everything that was put here, each export for itself."""
    said = {key.removeprefix(f"format_{mark}_"): value for key, value in st.session_state.items()
            if str(key).startswith(f"format_{mark}_") and value}  # fmt: skip
    found = once((mark, "sorted", *sorted(said.items())), lambda: sorted_out(said))
    with open_session(visit.engine) as session:
        shops = imports.own_shops(session) if found.exports else {}
    for file in found.exports:
        show_export(file, mark, shops, last=found.count == 1)
    if found.own or not found.exports:
        show_own(found, mark)
    for name in found.unknown:
        platform_panel.choose_format(name, TITLES, said.get(name), key=f"{mark}_{name}")


st.markdown("#### Bring in a shop's files" if visit.person.may("import") else "#### What was brought in")
st.caption(import_panel.WHAT_COMES_IN)
if visit.demo_data:
    st.caption(
        f"This is the demo's record, which stays on {wording.day(visit.today)}. Keep your own files in a database of "
        "their own: LOAM_DATABASE_URL names it."
    )
files = visit.person.may("import") and st.file_uploader(
    "Files", accept_multiple_files=True, label_visibility="collapsed", max_upload_size=settings().max_upload_mb,
    key=f"files_{st.session_state.get('upload_round', 0)}",
)  # fmt: skip
mark = hashlib.sha256("|".join(sorted(file.file_id for file in files or [])).encode()).hexdigest()[:12]
done = st.session_state.get("import_done")
if done and (not files or done[0] == mark):
    with st.container(border=True):
        import_panel.show_report(done[1])
if files:
    import_panel.refuse_names([uploads.given_name(file) for file in files])
    try:
        show_upload(mark)
    except UnusableZip as error:
        st.warning(wording.plain(str(error)))

with open_session(visit.engine) as session:
    history = imports.newest(session)
import_panel.show_history(history)
