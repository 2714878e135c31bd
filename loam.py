"""The command line of Loam: `python loam.py --help` lists the commands."""

import json
import socket
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Engine
from typer.core import TyperGroup

if TYPE_CHECKING:
    from db.import_reports import ImportReport
    from demo.decisions import PastDecision
    from lending.records import BadRow
    from scoring.card import Card
    from scoring.records import Scored


class Commands(TyperGroup):
    """All commands; wrong settings and a record that is out of reach are told in words, and end with 1."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  (typer keeps the class to itself)
        from db.engine import DatabaseUnavailable
        from settings import BadSettings

        try:
            return super().invoke(ctx)
        except (BadSettings, DatabaseUnavailable) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=Commands, help="Loam, the credit desk for small shops.", no_args_is_help=True, add_completion=False
)

FORMATS = ("loam", "taobao", "alipay", "shopify", "ebay", "amazon", "etsy", "olist")
EXIT_CODES = {"imported": 0, "would import": 0, "rejected": 1, "ask": 3}
BAD_ROWS_PRINTED = 20
DEMO_SHOPS = 60
DEMO_SEED = 20261102

# Shops that are scored in one pass: some hundred thousand orders in memory.
SHOPS_AT_ONCE = 300


@app.command("run")
def run_desk() -> None:
    """Open the desk; where there is no record yet, make the demo first."""
    import uvicorn

    from db import demo
    from db.engine import connect, migrate, open_session
    from routes.account import is_loopback
    from settings import ROOT, settings

    values = settings()
    if values.demo and not is_loopback(values.host):
        print(f"{values.host} can be reached by others, and demo people sign in without a password. "
              "Set LOAM_DEMO=false, or leave LOAM_HOST alone.", file=sys.stderr)  # fmt: skip
        raise typer.Exit(1)
    _refuse_taken_port(values.host, values.port)
    engine = connect(values.database_url)
    migrate(engine)
    with open_session(engine) as session:
        standing = demo.standing(session)
    if values.demo and not standing.real and not standing.finished:
        make_demo()
    print(f"The desk is open at http://{values.host}:{values.port}   (Ctrl+C closes it)", file=sys.stderr, flush=True)
    uvicorn.run("app:app", app_dir=str(ROOT), host=values.host, port=values.port, log_level="warning")


def _refuse_taken_port(host: str, port: int) -> None:
    """Say so where another program listens there, before anything is made."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            print(f"{host}:{port} cannot be used: {error.strerror}. LOAM_PORT names another port.", file=sys.stderr)
            raise typer.Exit(1) from error


@app.command("settings")
def print_settings() -> None:
    """Print every setting with its value and what it means."""
    from settings import Settings, settings

    values = settings()
    for name, field in Settings.model_fields.items():
        print(f"LOAM_{name.upper()}={getattr(values, name)}\n    {field.description}")


@app.command("score")
def score_shops(
    every: Annotated[bool, typer.Option("--all", help="Score every shop on record that consented.")] = False,
    as_of: Annotated[str | None, typer.Option(help="Only records before this day count. Default: today.")] = None,
    out: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("scores.csv"),
    without_consent: Annotated[bool, typer.Option(help="For studies: score all shops, and store nothing.")] = False,
) -> None:
    """Score the shops, store the scores, and list them in a CSV file."""
    from db.engine import connect, migrate
    from settings import settings

    if not every:
        raise typer.BadParameter("say --all; single shops are scored on the Review page.")
    _refuse_unwritable(out, "--out")
    engine = connect(settings().database_url)
    migrate(engine)
    _score_all(engine, _day_to_score(engine, as_of), out, store=not without_consent)


def _refuse_unwritable(path: Path, flag: str) -> None:
    """Wrong use: a file that could not be written at the end, or that would take the place of what is no file."""
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent} to write to.", param_hint=flag)
    try:
        # Not followed: a link such as /dev/stdout would be replaced, and not what it leads to.
        there = path.lstat()
        if not stat.S_ISREG(there.st_mode):
            raise typer.BadParameter(f"{path} is there already, and is no ordinary file.", param_hint=flag)
        path.open("r+b").close()
    except FileNotFoundError:
        pass  # a new one
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.", param_hint=flag) from error
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise typer.BadParameter(
            f"nothing can be written to the folder {path.parent}: {error.strerror}.", param_hint=flag
        ) from error


def _day_to_score(engine: Engine, text: str | None) -> date:
    """The day that was asked for, or today; wrong use where there is nothing before it or it has not come."""
    from db import events, facts
    from db.engine import open_session
    from settings import local_now, read_day, settings

    with open_session(engine) as session:
        business_date = settings().business_date or facts.demo_business_date(session)
        first = events.first_day(session)
    today = business_date or local_now(None).astimezone(ZoneInfo(settings().time_zone)).date()
    try:
        day = today if text is None else read_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no day; write it as 2020-02-22.", param_hint="--as-of") from error
    if day > today:
        raise typer.BadParameter(f"{day} has not come yet; today is {today}.", param_hint="--as-of")
    if first is None:
        raise typer.BadParameter("there are no sales on record yet; import some first.")
    if day <= first:
        raise typer.BadParameter(f"nothing was sold before {day}; the record begins on {first}.", param_hint="--as-of")
    return day


def _score_all(engine: Engine, as_of: date, out: Path, *, store: bool) -> None:
    """Score the shops that may be, and list all of them."""
    from components.wording import cell
    from db import batches, events
    from db.engine import open_session
    from reports import score_list

    with open_session(engine) as session:
        batch = batches.newest(session)
        refs = events.shop_refs(session, batch_id=batch)
        chosen = events.consented_shop_ids(session, as_of=as_of, batch_id=batch) if store else set(refs)
    lines = {shop_id: score_list.not_scored_line(cell(ref), "no consent") for shop_id, ref in refs.items()}
    with typer.progressbar(length=len(chosen), label="Scoring", file=sys.stderr) as bar:
        for scored in _score_parts(engine, sorted(chosen), as_of=as_of, batch=batch, store=store):
            lines |= {each.shop_id: score_list.scored_line(cell(refs[each.shop_id]), each.result) for each in scored}
            bar.update(len(scored))
    try:
        score_list.write(out, lines.values())
    except OSError as error:
        print(f"The shops are scored, but {out} could not be written: {error.strerror}.", file=sys.stderr)
        raise typer.Exit(1) from error
    kept = "" if store else " Nothing was stored, since consent was not asked for."
    typer.echo(f"{len(chosen)} of {len(refs)} shops scored as of {as_of}, written to {out}.{kept}", err=True)


def _score_parts(
    engine: Engine, shop_ids: list[int], *, as_of: date, batch: int, store: bool
) -> Iterator["list[Scored]"]:
    """Score part by part, so that memory does not grow with the number of shops; store each part as it is done."""
    from db import events, scores
    from db.engine import open_session
    from scoring.card import load_expert
    from scoring.shops import score_events

    card = load_expert()
    if store and shop_ids:
        with open_session(engine, write=True) as session:
            scores.record_run(session, shops=len(shop_ids), as_of=as_of, batch_id=batch, card=card, person_id=None)
    for start in range(0, len(shop_ids), SHOPS_AT_ONCE):
        part = shop_ids[start : start + SHOPS_AT_ONCE]
        with open_session(engine) as session:
            found = events.shop_events(session, as_of=as_of, shop_ids=part, batch_id=batch)
        scored = score_events(found, as_of=as_of, card=card)
        if store:
            with open_session(engine, write=True) as session:
                scores.append(session, scored, as_of=as_of, batch_id=batch, card=card, person_id=None)
        yield scored


@app.command("import")
def import_files(
    path: Annotated[Path, typer.Argument(help="A folder of files, or one file.")],
    format_name: Annotated[str | None, typer.Option("--format", help=f"Whose files: {', '.join(FORMATS)}.")] = None,
    shop: Annotated[str | None, typer.Option(help="The shop of a platform's export; Loam's own files name it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, store nothing.")] = False,
    rest: Annotated[bool, typer.Option("--rest", help="Leave bad rows out and import the rest.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Write every refused row to this CSV file.")] = None,
) -> None:
    """Import Loam's own files. Exit code: 0 imported, 1 rejected, 2 wrong use, 3 a question to answer first."""
    from components.wording import cell
    from db.engine import DatabaseUnavailable
    from db.import_reports import rejected_whole
    from reports.bad_rows import bad_row_file
    from settings import BadSettings

    _refuse_wrong_import(path, format_name, shop, rejected)
    try:
        with bad_row_file(rejected, cell) if rejected is not None else nullcontext() as note_bad_row:
            report = _import(path, format_name, dry_run=dry_run, rest=rest, on_bad_row=note_bad_row)
    except (BadSettings, DatabaseUnavailable) as error:
        report = rejected_whole(str(error))
    _print_report(report)
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    raise typer.Exit(EXIT_CODES[report.verdict])


def _refuse_wrong_import(path: Path, format_name: str | None, shop: str | None, rejected: Path | None) -> None:
    """Wrong use: nothing there to import, a format that is not read, a shop where the files name theirs."""
    _refuse_unreadable(path)
    if format_name not in (None, *FORMATS):
        raise typer.BadParameter(f"{format_name} is none of {', '.join(FORMATS)}.", param_hint="--format")
    if format_name not in (None, "loam"):
        raise typer.BadParameter(
            f"exports of {format_name} are not read yet; Loam's own files are.", param_hint="--format"
        )
    if shop is not None:
        raise typer.BadParameter("Loam's own files name the shop in each row.", param_hint="--shop")
    if rejected is not None:
        _refuse_unwritable(rejected, "--rejected")


def _refuse_unreadable(path: Path) -> None:
    """Wrong use: a place that is not there, or may not be looked into. The files of a folder are opened later."""
    try:
        if not path.exists():
            raise typer.BadParameter(f"there is no file or folder {path}.")
        if path.is_file():
            path.open("rb").close()
        elif path.is_dir():
            for found in path.iterdir():
                found.is_file()
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}.") from error


def _import(
    path: Path,
    format_name: str | None,
    *,
    dry_run: bool,
    rest: bool,
    on_bad_row: "Callable[[BadRow], None] | None",
) -> "ImportReport":
    """Read and store, with a bar on standard error; files that nobody knows are a question back."""
    from rich.console import Console
    from rich.progress import Progress

    from db import import_reports, imports
    from db.engine import connect, migrate, open_session
    from ingest import folder
    from settings import settings

    try:
        source = folder.find(path)
    except folder.UnknownFormatError as error:
        return import_reports.not_recognised(format_name, str(error))
    engine = connect(settings().database_url)
    migrate(engine)
    with open_session(engine) as session:
        shops = imports.known_shops(session)
    chunks = folder.read(source, shops=shops, default_zone=settings().time_zone)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        return imports.store(
            engine, chunks, person_id=None, source=path.resolve().name, rest=rest, dry_run=dry_run,
            other_files=source.other_files, on_bad_row=on_bad_row,
            progress=lambda step, share: bar.update(task, description=step, completed=share),
        )  # fmt: skip


def _print_report(report: "ImportReport") -> None:
    """Say on standard error what became of each file, and what is wrong with the first bad rows."""
    for file in report.files:
        outcomes = f"{file.added:,} added, {file.unchanged:,} unchanged, {file.replaced:,} replaced"
        print(f"{file.file}: {file.rows:,} rows, {outcomes}, {file.rejected:,} rejected", file=sys.stderr)
    for row in report.bad_rows[:BAD_ROWS_PRINTED]:
        where = f"{row.file}, line {row.line}" + (f", column {row.column}" if row.column else "")
        print(f"{where}: {row.value!r}: {row.problem}", file=sys.stderr)
    if report.bad_row_count > BAD_ROWS_PRINTED:
        print(f"… and {report.bad_row_count - BAD_ROWS_PRINTED:,} more bad rows", file=sys.stderr)
    batch = f" as batch {report.batch}" if report.batch else ""
    print(f"{report.verdict}{batch}. {report.note}".strip(), file=sys.stderr)


@app.command("demo")
def make_demo(
    reset: Annotated[bool, typer.Option("--reset", help="Throw an earlier demo away and make it anew.")] = False,
    shops: Annotated[int, typer.Option(min=12, max=1200, help="How many shops.")] = DEMO_SHOPS,
    seed: Annotated[int, typer.Option(help="Another seed gives another marketplace.")] = DEMO_SEED,
) -> None:
    """Make a marketplace of made-up shops to try the desk on, unless there is a record already."""
    from db import demo
    from db.engine import connect, migrate, open_session
    from settings import settings

    engine = connect(settings().database_url)
    migrate(engine)
    with open_session(engine) as session:
        standing = demo.standing(session)
    if standing.real:
        print("This database holds records that are not of a demo. Nothing was changed.", file=sys.stderr)
        raise typer.Exit(1 if reset else 0)
    if standing.finished and not reset:
        print("The demo is there already; --reset makes it anew.", file=sys.stderr)
        return
    if standing.generated_shops:
        demo.clear(engine)
    _make_demo(engine, shops, seed)


def _make_demo(engine: Engine, shops: int, seed: int) -> None:
    """Generate, import, decide the past, score as of the demo's day. The day itself comes last: it ends the work."""
    from rich.console import Console
    from rich.progress import Progress

    from db import facts, people, policies
    from db.engine import open_session
    from demo.decisions import past
    from demo.shops import BUSINESS_DATE

    with open_session(engine, write=True) as session:
        policies.seed(session)
        people.seed_demo_people(session)
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("making up shops", total=1.0)

        def tell(step: str, share: float) -> None:
            bar.update(task, description=step, completed=share)

        _import_marketplace(engine, shops, seed, tell)
        _decide_past(engine, past(shops=shops, seed=seed), tell)
        _score_consented(engine, BUSINESS_DATE, tell)
    with open_session(engine, write=True) as session:
        facts.write(session, facts.DEMO_BUSINESS_DATE, BUSINESS_DATE.isoformat())
    print(f"A demo of {shops} made-up shops is ready. Its today is {BUSINESS_DATE}.", file=sys.stderr)


def _import_marketplace(engine: Engine, shops: int, seed: int, tell: "Callable[[str, float], None]") -> None:
    """Write the demo's files into a folder and import them as any others, but marked as generated."""
    from db import imports
    from demo import marketplace
    from ingest import folder
    from settings import settings

    with tempfile.TemporaryDirectory(prefix="loam-demo-") as place:
        marketplace.write(
            Path(place), shops=shops, seed=seed, progress=lambda done, count: tell("making up shops", done / count)
        )
        chunks = folder.read(folder.find(Path(place)), shops={}, default_zone=settings().time_zone)
        report = imports.store(engine, chunks, person_id=None, source="demo", generated=True, progress=tell)
    if report.verdict != "imported":
        _print_report(report)
        raise RuntimeError("the demo's own files were rejected")


def _decide_past(engine: Engine, told: "list[PastDecision]", tell: "Callable[[str, float], None]") -> None:
    """Score each earlier application as of its day and record what the desk answered, oldest first."""
    from db import batches, demo, people
    from db.engine import open_session
    from demo.shops import BUSINESS_DATE
    from scoring.card import load_expert

    card = load_expert()
    with open_session(engine) as session:
        numbers, batch = demo.application_numbers(session), batches.newest(session)
        desk = [person.id for person in people.demo_people(session) if person.may("decide")]
    for done, each in enumerate(told, start=1):
        day = BUSINESS_DATE - timedelta(days=each.days_ago)
        application_id, shop_id = numbers[each.application_ref]
        score_run_id = _score_one(engine, shop_id, day, batch, card)
        _record_rounds(engine, each, application_id, score_run_id, desk)
        tell("recording earlier decisions", done / len(told))


def _score_one(engine: Engine, shop_id: int, as_of: date, batch: int, card: "Card") -> int:
    """Score a shop as of a day and store it; the number of the score."""
    from db import events, scores
    from db.engine import open_session
    from scoring.shops import score_events

    with open_session(engine) as session:
        found = events.shop_events(session, as_of=as_of, shop_ids=[shop_id], batch_id=batch)
    (scored,) = score_events(found, as_of=as_of, card=card)
    with open_session(engine, write=True) as session:
        return scores.save(
            session, shop_id=shop_id, as_of=as_of, batch_id=batch, card=card, features=scored.features,
            result=scored.result, person_id=None,
        )  # fmt: skip


def _record_rounds(
    engine: Engine, told: "PastDecision", application_id: int, score_run_id: int, desk: list[int]
) -> None:
    """Record the answer of the first officer, and of the second or the manager where it needs one of them."""
    from db import batches, decisions, offers, scores
    from db.engine import open_session
    from demo.decisions import answer
    from demo.shops import BUSINESS_DATE

    with open_session(engine) as session:
        case = offers.case_for(session, application_id, score_run_id, term_months=told.term_months)
        score = scores.get(session, score_run_id)
        batch_id = batches.newest(session)
    if case is None:
        raise RuntimeError("the demo asks in another currency than its policy lends in")
    against = tuple(reason.code for reason in score.result.reasons) if score else ()
    content = asdict(answer(told, case.offer, case.policy, score_reasons=against))
    *officers, manager = desk
    decided_on = BUSINESS_DATE - timedelta(days=told.days_ago)
    first, second = officers[told.officer], officers[1 - told.officer]
    person_id = first
    for number in (1, 2):
        request = decisions.DecisionRequest(
            request_key=f"demo-{told.application_ref}-{number}", application_id=application_id,
            application_batch_id=batch_id, round=number, score_run_id=score_run_id,
            policy_version=case.policy.version, **content,
        )  # fmt: skip
        recorded = decisions.record(engine, request, person_id=person_id, decided_on=decided_on)
        if recorded.final:
            return
        person_id = second if recorded.authority == "second_officer" else manager


def _score_consented(engine: Engine, as_of: date, tell: "Callable[[str, float], None]") -> None:
    """Score every shop that consented, and store the scores."""
    from db import batches, events
    from db.engine import open_session

    with open_session(engine) as session:
        batch = batches.newest(session)
        waiting = sorted(events.consented_shop_ids(session, as_of=as_of, batch_id=batch))
    done = 0
    for scored in _score_parts(engine, waiting, as_of=as_of, batch=batch, store=True):
        done += len(scored)
        tell("scoring", done / len(waiting))


if __name__ == "__main__":
    app()
