"""The command line of Loam: `python loam.py --help` lists the commands."""

import contextlib
import os
import socket
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine
from typer.core import TyperGroup

import backup_commands
import book_commands
import branch_commands
import consent_commands
import import_commands
import model_commands
import opened_record
import original_commands
import policy_commands
import trust_commands
import user_commands
import wrong_use
from progress import progress_bar


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

app.command("fit")(model_commands.fit)
app.command("replay")(model_commands.replay)
app.command("import")(import_commands.import_files)
app.command("original")(original_commands.original)
app.command("portfolio")(book_commands.portfolio)
app.command("month-ends")(book_commands.month_ends)
app.add_typer(branch_commands.app, name="branch")
app.add_typer(consent_commands.app, name="consent")
app.command("backup")(backup_commands.backup)
app.command("restore")(backup_commands.restore)
app.add_typer(model_commands.app, name="model")
app.add_typer(policy_commands.app, name="policy")
app.add_typer(user_commands.app, name="user")
for name, command in trust_commands.COMMANDS.items():
    app.command(name)(command)
app.add_typer(trust_commands.database, name="database")

INTERRUPTED = 130
NOT_STARTED = 3
DEMO_SHOPS = 1_200
LEAST_SHOPS, MOST_SHOPS = 12, 1_200
DEMO_SEED = 20261102


@app.command("run")
def run_desk() -> None:
    """Open the desk; where there is no record yet, make the demo first."""
    from db import demo
    from db.engine import open_session
    from routes.browsers import is_loopback
    from settings import settings

    values = settings()
    if values.demo is not False and not is_loopback(values.host):
        print(f"{values.host} can be reached by others, and demo people sign in without a password. "
              "Set LOAM_DEMO=false, or leave LOAM_HOST alone.", file=sys.stderr)  # fmt: skip
        raise typer.Exit(1)
    wrong_use.refuse_taken_port(values.host, values.port)
    engine = opened_record.existing_or_new()
    with open_session(engine) as session:
        standing = demo.standing(session)
    if values.demo is not False and not standing.real and not standing.finished:
        make_demo()
    _serve(values.host, values.port)
    # Straight out: DuckDB would list on standard error whatever it leaves behind.
    sys.stdout.flush()
    os._exit(0)


def _serve(host: str, port: int) -> None:
    """Serve the desk until it is ended, and say where once it listens."""
    import uvicorn

    from settings import ROOT

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(f"The desk is open at http://{host}:{port}   (Ctrl+C closes it)", file=sys.stderr, flush=True)

    sys.path.insert(0, str(ROOT))
    server = Server(uvicorn.Config("app:app", host=host, port=port, log_level="warning", access_log=False))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(NOT_STARTED)


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
    if not every:
        raise typer.BadParameter("say --all; single shops are scored on the Review page.")
    wrong_use.refuse_unwritable(out, "--out")
    engine = opened_record.existing()
    _score_all(engine, _day_to_score(engine, as_of), out, store=not without_consent)


def _day_to_score(engine: Engine, text: str | None) -> date:
    """The day that was asked for, or today; wrong use where there is nothing before it or it has not come."""
    from db import events
    from db.engine import open_session
    from settings import read_day

    with open_session(engine) as session:
        today = opened_record.today(session)
        first = events.first_day(session)
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
    from desk import scoring
    from reports import score_list

    with open_session(engine) as session:
        batch = batches.newest(session)
        refs = events.shop_refs(session, batch_id=batch)
        chosen = events.consented_shop_ids(session, as_of=as_of, batch_id=batch) if store else set(refs)
    lines = {shop_id: score_list.not_scored_line(cell(ref), "no consent") for shop_id, ref in refs.items()}
    with typer.progressbar(length=len(chosen), label="Scoring", file=sys.stderr) as bar:
        for scored in scoring.score_shops(engine, sorted(chosen), as_of=as_of, batch_id=batch, store=store):
            lines |= {each.shop_id: score_list.scored_line(cell(refs[each.shop_id]), each.result) for each in scored}
            bar.update(len(scored))
    try:
        score_list.write(out, lines.values())
    except OSError as error:
        print(f"The shops are scored, but {out} could not be written: {error.strerror}.", file=sys.stderr)
        raise typer.Exit(1) from error
    kept = "" if store else " Nothing was stored, since consent was not asked for."
    typer.echo(f"{len(chosen)} of {len(refs)} shops scored as of {as_of}, written to {out}.{kept}", err=True)


@app.command("demo")
def make_demo(
    reset: Annotated[bool, typer.Option("--reset", help="Throw an earlier demo away and make it anew.")] = False,
    shops: Annotated[
        int,
        typer.Option(min=LEAST_SHOPS, max=MOST_SHOPS, help=f"How many shops, from {LEAST_SHOPS} to {MOST_SHOPS:,}."),
    ] = DEMO_SHOPS,
    seed: Annotated[int, typer.Option(help="Another seed gives another marketplace.")] = DEMO_SEED,
) -> None:
    """Make a marketplace of made-up shops to try the desk on, unless there is a record already."""
    from db import demo
    from db.engine import open_session

    engine = opened_record.existing_or_new()
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
    """Make the demo as of today, with a bar on standard error."""
    from desk import demo
    from settings import local_today, settings

    today = local_today(settings().business_date)
    wrong_use.refuse_early_demo(today)
    try:
        with progress_bar() as tell:
            demo.make(engine, shops=shops, seed=seed, as_of=today, default_zone=settings().time_zone, tell=tell)
    except KeyboardInterrupt as stop:
        print("The making of the demo was broken off; the next `loam.py demo` or `run` begins anew.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from stop
    print(f"A demo of {shops:,} made-up shops is ready. Its today is {today}.", file=sys.stderr)


if __name__ == "__main__":
    app()
