"""The commands of trust: check the record, report a day, erase personal data, and prepare a role of PostgreSQL."""

import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

import opened_record
import wrong_use

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine

    from db.chain import Head
    from db.verification import Verdict
    from reports.daily_report import Day, Event

database = typer.Typer(help="The database: who may write what.", no_args_is_help=True)


def verify(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    head: Annotated[
        list[str] | None, typer.Option("--head", help="A head that was printed or exported, NUMBER:SEAL.")
    ] = None,
    heads_file: Annotated[Path | None, typer.Option("--heads", help="A file of such heads, one to a line.")] = None,
) -> None:
    """Check the whole record against its chain. Exit code: 0 whole, 1 altered; the first broken row is named."""
    from desk.record_watch import in_words, note_break, note_head, verify_with_notes

    known = _heads(head or [], heads_file)
    engine = opened_record.existing()
    verdict = verify_with_notes(engine, others=tuple(known))
    if verdict.whole:
        note_head(engine, verdict)
    told = note_break(engine, verdict)
    if as_json:
        print(json.dumps(_as_json(verdict), ensure_ascii=False))
    else:
        print(in_words(verdict))
        print(f"Head: {verdict.head}")
    if not verdict.whole:
        print(_what_next(told=told, heads_given=bool(known)), file=sys.stderr)
    raise typer.Exit(0 if verdict.whole else 1)


def _what_next(*, told: bool, heads_given: bool) -> str:
    """What to do about a break, and what a desk that is open does of itself."""
    if heads_given:
        desk = "A desk that is open does not know the heads that you gave, and may record on: close it."
    elif told:
        desk = "A desk that is open on this machine checks the record within a minute, and turns read-only."
    else:
        desk = "A desk that is open could not be told: restart it, and it opens read-only."
    return (
        f"{desk}\nKeep the record and its key as they are; docs/record.md says what next, 'Where something was found'."
    )


def _heads(given: list[str], file: Path | None) -> "list[Head]":
    from db import heads

    try:
        return [*map(heads.from_text, given), *(heads.read(file) if file is not None else ())]
    except heads.NoHead as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint="--heads") from error


def _as_json(verdict: "Verdict") -> dict[str, Any]:
    broken = verdict.broken
    first = None if broken is None else {"table": broken.table, "key": broken.key, "wrong": broken.wrong}
    return {"whole": verdict.whole, "head": str(verdict.head), **verdict.counts, "first_broken": first}


def daily_report(
    day_text: Annotated[
        str | None, typer.Option("--day", help="The day by the wall clock, YYYY-MM-DD; today by default.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A file to write; CSV where its name ends so.")] = None,
) -> None:
    """Report what was recorded on a day, with the head of the chain to keep elsewhere. Exit code: 1 where altered."""
    from components.wording import cell
    from desk.record_watch import in_words, verify_with_notes
    from reports import daily_report as report

    if out is not None:
        wrong_use.refuse_unwritable(out, "--out")
    day, engine = _day(day_text), opened_record.existing()
    verdict = verify_with_notes(engine, batches=False, file=False)
    told = _day_of_register(engine, day, verdict)
    text = report.as_csv(told, cell) if out is not None and out.suffix.lower() == ".csv" else report.as_text(told)
    if out is None:
        print(text, end="")
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            print(f"{out} could not be written: {error.strerror}.", file=sys.stderr)
            raise typer.Exit(1) from error
    if not verdict.whole:
        print(in_words(verdict), file=sys.stderr)
        raise typer.Exit(1)


def _day(text: str | None) -> date:
    from settings import local_today, read_day

    today = local_today(None)
    try:
        day = today if text is None else read_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no day; write it as 2026-04-01.", param_hint="--day") from error
    if day > today:
        raise typer.BadParameter(f"{day} has not come yet; today is {today}.", param_hint="--day")
    return day


def _day_of_register(engine: "Engine", day: date, verdict: "Verdict") -> "Day":
    """What the register holds of a day; ends with 1 and what the check found where it can't be read."""
    from db import audit, unreadable
    from db.engine import open_session
    from desk.record_watch import in_words
    from reports.daily_report import Day
    from settings import settings

    zone = ZoneInfo(settings().time_zone)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    try:
        with open_session(engine) as session:
            rows = audit.between(session, start, start + timedelta(days=1))
        events, sign_ins = _events(rows, zone)
    except unreadable.FAULTS as error:
        # What stands there is told by nobody; a record whose rows are as they were recorded can be read.
        if verdict.whole or not unreadable.is_fault_of_content(error):
            raise
        print(f"The day can't be read. {in_words(verdict)}", file=sys.stderr)
        raise typer.Exit(1) from error
    return Day(day, str(zone), events, sign_ins, str(verdict.head), in_words(verdict))


def _events(rows: "pd.DataFrame", zone: ZoneInfo) -> "tuple[list[Event], dict[str, int]]":
    """The events of the register in words, and how often each person signed in."""
    from components import audit_panel, audit_words
    from reports.daily_report import SIGN_IN, Event

    rows["person"] = [audit_words.who(row) for row in rows.to_dict("records")]
    signed_in = rows["kind"] == SIGN_IN
    events = [
        Event(
            row["sequence"], f"{row['recorded_at'].astimezone(zone):%H:%M:%S}", row["person"], row["kind"],
            audit_panel.subject(row), audit_panel.details(row["kind"], json.loads(row["body"])),
        )
        for row in rows[~signed_in].to_dict("records")
    ]  # fmt: skip
    counts = rows[signed_in].groupby("person").size().to_dict()
    return events, {str(name): int(count) for name, count in counts.items()}


def erase_person(handle: Annotated[str, typer.Argument(help="Of somebody who may no longer sign in.")]) -> None:
    """Overwrite a person's handle, name, e-mail address and passphrase for ever; the record stays whole."""
    from db import erasure

    _erase(erasure.erase_person, handle, "person")


def erase_shop(ref: Annotated[str, typer.Argument(help="The shop's number, shop_ref.")]) -> None:
    """Overwrite a shop's name, owner and city for ever, in its history too; the record stays whole."""
    from db import erasure

    _erase(erasure.erase_shop, ref, "shop")


def _erase(erase: "Callable[..., int]", wanted: str, what: str) -> None:
    from db import freed_pages
    from db.engine import open_session
    from db.erasure import ErasedAlready, NotErased

    engine = opened_record.existing()
    try:
        with open_session(engine, write=True) as session:
            number = erase(session, wanted, by=None)
    except NotErased as error:
        print(error, file=sys.stderr)
        if isinstance(error, ErasedAlready):
            freed_pages.wipe(engine)
        raise typer.Exit(1) from error
    again = f" by the handle erased-{number}" if what == "person" else ""
    print(f"Erased. The record knows them as {what} {number}{again}.", file=sys.stderr)
    freed_pages.wipe(engine)


@database.command("grant")
def grant_role(
    role: Annotated[str, typer.Argument(help="A role of PostgreSQL that owns nothing.")],
    show: Annotated[bool, typer.Option("--show", help="Print the statements, and run none of them.")] = False,
) -> None:
    """Let a PostgreSQL role work as the desk: add to the registers, and never change them. Again after an upgrade."""
    from db import grants

    engine = opened_record.existing()
    if show:
        print(";\n".join(grants.statements(engine, role)) + ";")
        return
    grants.grant(engine, role)
    print(f"{role} may now work as the desk, and can change no register.", file=sys.stderr)


COMMANDS: dict[str, Callable[..., None]] = {
    "verify": verify,
    "daily-report": daily_report,
    "erase-person": erase_person,
    "erase-shop": erase_shop,
}
