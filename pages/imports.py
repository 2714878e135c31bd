"""Bring in a shop's files, Loam's own or a platform's export: look first, then store all of them or nothing."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from components import consent_panel, guard, import_panel, mapping_panel, platform_panel, upload_round, wording, writing
from db import consents, imports
from db.engine import open_session
from db.import_reports import ImportReport
from desk import mapped_files, platform_files, uploads
from desk.platform_files import FORMATS, PlatformFile, Upload, Whose
from ingest import olist
from ingest.exports import UnusableShop
from ingest.packed import UnusableZip
from settings import settings

visit = guard.enter("imports")

Found = tuple[ImportReport, dict[str, pd.DataFrame]]


def laid_down() -> AbstractContextManager[dict[Path, str]]:
    """The uploaded files on disk, for as long as they are read."""
    return uploads.written(files, most_bytes=settings().max_upload_mb * 1024**2)


def own_files(found: Upload, *, dry_run: bool, rest: bool = False) -> Found:
    """Import Loam's own files, or try it; and their first records."""
    actor = guard.enter("imports")
    others = {each.name for each in (*found.exports, *found.tables)}
    with writing.telling(UnusableShop) as tell, laid_down() as all_names:
        names = {path: name for path, name in all_names.items() if name not in others}
        report = uploads.bring_in(
            actor.engine, names, person_id=actor.person.id, source=", ".join(sorted(names.values())),
            default_zone=settings().time_zone, most_rows=settings().max_import_rows, dry_run=dry_run, rest=rest,
            progress=tell,
        )  # fmt: skip
        return report, uploads.first_records(names) if dry_run else {}


def tables(found: Upload, *, dry_run: bool, rest: bool = False) -> Found:
    """Import Olist's tables, or try it; and their first records as they were understood."""
    actor = guard.enter("imports")
    wanted = {each.name for each in found.tables}
    with writing.telling(UnusableShop) as tell, laid_down() as all_names:
        names = {path: name for path, name in all_names.items() if name in wanted}
        return platform_files.bring_in_tables(
            actor.engine, names, person_id=actor.person.id, source=", ".join(sorted(wanted)),
            most_rows=settings().max_import_rows, dry_run=dry_run, rest=rest, progress=tell,
        )  # fmt: skip


def export(file: PlatformFile, whose: Whose | None, *, dry_run: bool, rest: bool = False, because: str = "") -> Found:
    """Import a platform's export, or try it; and its first records as they were understood."""
    actor = guard.enter("imports")
    with writing.telling(UnusableShop) as tell, laid_down() as names:
        (path,) = (path for path, name in names.items() if name == file.name)
        return platform_files.bring_in(
            actor.engine, path, file, whose, person_id=actor.person.id, today=actor.today,
            time_zone=settings().time_zone, most_rows=settings().max_import_rows, dry_run=dry_run, rest=rest,
            accepted_because=because, progress=tell,
        )  # fmt: skip


def show_own(found: Upload, mark: str) -> None:
    """Loam's own files: what they hold, and the button that stores them."""
    with st.container(border=True):
        report, records = upload_round.once((mark, "own"), lambda: own_files(found, dry_run=True))
        import_panel.show_report(report)
        import_panel.show_first_records(records)
        if (pressed := import_panel.press(report, "own")) is not None:
            left = found.exports or found.tables
            upload_round.stored(own_files(found, dry_run=False, rest=pressed.rest)[0], mark, last=not left)


def show_tables(found: Upload, mark: str) -> None:
    """Olist's tables: which there are, what they hold, and the button that stores them."""
    with st.container(border=True):
        report, records = upload_round.once((mark, "tables"), lambda: tables(found, dry_run=True))
        platform_panel.show_tables(found.tables, report.totals, olist.CURRENCY, olist.TIME_ZONE)
        import_panel.show_report(report)
        platform_panel.show_first_records(records, olist.CURRENCY)
        if (pressed := import_panel.press(report, "tables")) is not None:
            last = not found.exports and not found.own
            upload_round.stored(tables(found, dry_run=False, rest=pressed.rest)[0], mark, last=last)


def ask_whose(shops: Mapping[str, str], key: str) -> Whose | None:
    """Whose export it is, and whether that shop has consented; None as long as the shop is open."""
    if (chosen := platform_panel.choose_shop(shops, key=key)) is None:
        return None
    with open_session(visit.engine) as session:
        words, consented = consents.of_ref(session, chosen[0], now=visit.now, time_zone=settings().time_zone)
    return Whose(*chosen, consent_panel.ask(words, consented=consented, today=visit.today, key=key))


def show_export(file: PlatformFile, mark: str, shops: Mapping[str, str], *, last: bool) -> None:
    """One export: what it is, whose it is, its first records, and the button that stores it."""
    key = f"{mark}_{file.name}"
    with st.container(border=True):
        head = st.container()
        left, right = st.columns(2)
        with right:
            whose = ask_whose(shops, key)
        looked_at = (mark, file.name, file.found.format.name, saved.version, whose and whose.mark)
        report, records = upload_round.once(looked_at, lambda: export(file, whose, dry_run=True))
        with head:
            platform_panel.show_found(file.name, file.found, report.totals)
        with left:
            platform_panel.choose_format(file.name, titles, file.found.format.name, key=key)
        if file.found.format.name in saved.mappings and mapping_panel.wants_change(key=key):
            say_columns(file.name, mark, saved.mappings[file.found.format.name], mapped_files.saved_name(file.found))
        import_panel.show_report(report)
        platform_panel.show_first_records(records, file.found.currency)
        if whose is None or consent_panel.problem_of(whose.consent, today=visit.today):
            st.caption(platform_panel.still_to_say(key, whose is not None))
        elif (pressed := import_panel.press(report, key)) is not None:
            done, _ = export(file, whose, dry_run=False, rest=pressed.rest, because=pressed.accepted_because)
            with open_session(visit.engine) as session:
                shop_id = imports.shop_id(session, whose.shop_ref)
            upload_round.stored(done, mark, last=last, shop_id=shop_id, shop_ref=whose.shop_ref)


def sorted_out(said: dict[str, str]) -> Upload:
    """What was put here."""
    with laid_down() as names:
        import_panel.refuse_names(list(names.values()))
        return platform_files.sorted_out(names, said, saved.formats)


def say_columns(name: str, mark: str, known: mapped_files.Mapping | None = None, usual: str = "") -> None:
    """The columns of a file that nobody knows, or that are read as saved: what they hold is said here, and saved."""
    key = f"{mark}_{name}"
    with laid_down() as names:
        seen = upload_round.once((mark, "seen", name), lambda: mapped_files.looked_at(names, name))
        if seen is None:
            platform_panel.show_not_recognised(name)
            return
        kind = mapping_panel.choose_kind(name, seen.named_twice, mapped_files.kind_of(seen, known), key=key)
        start = mapped_files.start(seen, kind, known)
        written = partial(mapped_files.written, seen, start, known)
        chosen = mapping_panel.Form(mapped_files.offered(kind), seen.columns, start, written, key=key).show()
        said = mark, "look", name, str(chosen)
        look = upload_round.once(said, lambda: mapped_files.look(names, name, seen, chosen))
    mapping_panel.show_look(look.lacking, look.records, look.bad_rows, look.currency)
    if (pressed := mapping_panel.press_save(saved.names, usual, ready=not look.lacking, key=key)) is not None:
        with writing.telling():
            mapped_files.save(visit.engine, look.mapping, **pressed, person_id=guard.enter("imports").person.id)
        upload_round.look_again()


def show_upload(mark: str) -> None:
    """Everything that was put here, each export for itself."""
    said = {key.removeprefix(f"format_{mark}_"): value for key, value in st.session_state.items()
            if str(key).startswith(f"format_{mark}_") and value}  # fmt: skip
    found = upload_round.once((mark, "sorted", saved.version, *sorted(said.items())), lambda: sorted_out(said))
    with open_session(visit.engine) as session:
        shops = imports.own_shops(session) if found.exports else {}
    for file in platform_panel.choose_among(found.exports, "What it is", key=mark):
        show_export(file, mark, shops, last=found.count == 1)
    if found.tables:
        show_tables(found, mark)
    platform_panel.show_left_alone(found.left_alone)
    for name in platform_panel.choose_unknown(found.unknown, key=mark):
        with st.container(border=True):
            platform_panel.show_other_than_said(name, titles.get(said.get(name, "")))
            platform_panel.choose_format(name, titles, said.get(name), key=f"{mark}_{name}")
            if name not in said:
                say_columns(name, mark)
    if found.own:
        show_own(found, mark)


may_import = visit.person.may("import")
import_panel.show_beginning(may_import=may_import, demo_today=visit.today if visit.demo_data else None)
saved = mapped_files.saved(visit.engine)
titles = {name: each.title for name, each in {**FORMATS, **saved.formats}.items()}
files = upload_round.offer(max_mb=settings().max_upload_mb) if may_import else []
mark = upload_round.mark_of(files)
upload_round.show_done(files, mark, shops_page=guard.file_of("shops") if "shops" in visit.person.pages else "")
if files:
    import_panel.refuse_names([uploads.given_name(file) for file in files])
    try:
        show_upload(mark)
    except UnusableZip as error:
        st.warning(wording.plain(str(error)))

if saved.rows and may_import and (name := mapping_panel.show_saved(saved.rows)) is not None:
    with writing.telling():
        mapped_files.forget(visit.engine, name, person_id=guard.enter("imports").person.id)
    upload_round.look_again()

with open_session(visit.engine) as session:
    history = imports.newest(session)
import_panel.show_history(history)
