"""The command line of Loam: `python loam.py --help` lists the commands."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import Engine

app = typer.Typer(help="Loam, the credit desk for small shops.", no_args_is_help=True, add_completion=False)

# Shops that are scored in one pass: some hundred thousand orders in memory.
SHOPS_AT_ONCE = 300


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
    if not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent} to write to.", param_hint="--out")
    engine = connect(settings().database_url)
    migrate(engine)
    _score_all(engine, _day_to_score(engine, as_of), out, store=not without_consent)


def _day_to_score(engine: Engine, text: str | None) -> date:
    """The day that was asked for, or today; wrong use where there is nothing before it or it has not come."""
    from db import events, facts
    from db.engine import open_session
    from settings import local_now, settings

    with open_session(engine) as session:
        business_date = settings().business_date or facts.demo_business_date(session)
        first = events.first_day(session)
    today = business_date or local_now(None).astimezone(ZoneInfo(settings().time_zone)).date()
    try:
        day = today if text is None else date.fromisoformat(text)
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
    """Score part by part, so that memory does not grow with the number of shops; store each part as it is done."""
    from components.wording import cell
    from db import batches, events, scores
    from db.engine import open_session
    from reports import score_list
    from scoring.card import load_expert
    from scoring.shops import score_events

    card = load_expert()
    with open_session(engine) as session:
        batch = batches.newest(session)
        refs = events.shop_refs(session, batch_id=batch)
        chosen = events.consented_shop_ids(session, as_of=as_of, batch_id=batch) if store else set(refs)
    if store and chosen:
        with open_session(engine, write=True) as session:
            scores.record_run(session, shops=len(chosen), as_of=as_of, batch_id=batch, card=card, person_id=None)
    lines = {shop_id: score_list.not_scored_line(cell(ref), "no consent") for shop_id, ref in refs.items()}
    waiting = sorted(chosen)
    with typer.progressbar(length=len(waiting), label="Scoring", file=sys.stderr) as bar:
        for start in range(0, len(waiting), SHOPS_AT_ONCE):
            part = waiting[start : start + SHOPS_AT_ONCE]
            with open_session(engine) as session:
                found = events.shop_events(session, as_of=as_of, shop_ids=part, batch_id=batch)
            scored = score_events(found, as_of=as_of, card=card)
            if store:
                with open_session(engine, write=True) as session:
                    scores.append(session, scored, as_of=as_of, batch_id=batch, card=card, person_id=None)
            lines |= {each.shop_id: score_list.scored_line(cell(refs[each.shop_id]), each.result) for each in scored}
            bar.update(len(part))
    score_list.write(out, lines.values())
    kept = "" if store else " Nothing was stored, since consent was not asked for."
    typer.echo(f"{len(chosen)} of {len(refs)} shops scored as of {as_of}, written to {out}.{kept}", err=True)


if __name__ == "__main__":
    app()
