"""The commands about models: fit one on known outcomes, register it, let it step on, and work scores out again."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import opened_record
import wrong_use

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from desk.fitting import Sample
    from lending.errors import BrokenRule
    from lending.records import BadRow

app = typer.Typer(help="The register of models: list, add, move, report.", no_args_is_help=True)

BAD_ROWS_PRINTED = 20
DIFFERENCES_PRINTED = 20
SHORT_HASH = 12

Outcomes = Annotated[Path, typer.Option("--outcomes", help="A CSV file: shop_ref, as_of, bad (0 or 1).")]
By = Annotated[str, typer.Option("--by", help="The handle of the person who does it.")]


def fit(
    outcomes: Outcomes,
    out: Annotated[Path, typer.Option("--out", help="The JSON file to write the model to.")],
    max_bins: Annotated[int, typer.Option(min=2, max=50, help="Bins of a feature, at most.")] = 12,
    max_features: Annotated[int, typer.Option(min=1, max=50, help="Features of the card, at most.")] = 15,
    seed: Annotated[int, typer.Option(help="Of the folds.")] = 0,
    challenger: Annotated[
        bool, typer.Option("--challenger", help="Fit the challenger, which only scores in shadow.")
    ] = False,
) -> None:
    """Fit a points card on known outcomes, with the features that the shops had before each day."""
    from scoring.card import card_file_text
    from scoring.card_text import CardError
    from scoring.challenger import ChallengerUnavailable, challenger_file_text, fit_challenger
    from scoring.fit import fit_card

    wrong_use.refuse_unwritable(out, "--out")
    sample = _sample(opened_record.existing(), outcomes)
    try:
        if challenger:
            text = challenger_file_text(fit_challenger(sample.features, sample.bad, _signs(), seed=seed))
        else:
            card = fit_card(
                sample.features, sample.bad, _signs(), max_bins=max_bins, max_features=max_features, seed=seed
            )
            text = card_file_text(card)
            _say_how_sure(card.provenance)
    except (CardError, ChallengerUnavailable) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error
    out.write_text(text, encoding="utf-8")
    print(
        f"Fitted on {len(sample.bad):,} loans, {int(sample.bad.sum()):,} of them bad; written to {out}.",
        file=sys.stderr,
    )


def replay(
    every: Annotated[bool, typer.Option("--all", help="Work out every stored score again.")] = False,
) -> None:
    """Work stored scores out again, from the record as it stood. Prints how many and how many differ; 1 if any does."""
    from desk.replay import replay_all

    if not every:
        raise typer.BadParameter("say --all.")
    engine = opened_record.existing()
    with typer.progressbar(length=1000, label="Replaying", file=sys.stderr) as bar:
        told = replay_all(engine, tell=lambda done, count: bar.update(done * 1000 // max(count, 1) - bar.pos))
    for each in told.differences[:DIFFERENCES_PRINTED]:
        print(f"score {each.score_run_id} of shop {each.shop_id}: {each.what} was {each.stored}, is {each.replayed}",
              file=sys.stderr)  # fmt: skip
    print(f"{told.replayed} replayed, {len(told.differences)} differ")
    raise typer.Exit(1 if told.differences else 0)


@app.command("list")
def list_models() -> None:
    """List the models with where they stand and who approved that."""
    from components import wording
    from db import register
    from db.engine import open_session

    with open_session(opened_record.existing()) as session:
        for each in register.all_standing(session):
            by = each.approver or "the desk itself"
            since = f"{each.since:%Y-%m-%d %H:%M} UTC"
            note = f": {wording.cell(each.note)}" if each.note else ""
            stands = f"{each.model_hash[:SHORT_HASH]}  {each.stage:<8}  {each.kind:<8}  {each.name}"
            print(f"{stands}  since {since}, by {by}{note}")


@app.command("add")
def add_model(
    file: Annotated[Path, typer.Argument(help="The model's JSON file, as `fit` writes it.")],
    outcomes: Outcomes,
    by: By,
) -> None:
    """Take a model into the register as a draft, with how it does on known outcomes."""
    from db import register
    from db.engine import open_session
    from desk.validating import validated
    from lending.errors import BrokenRule
    from scoring.card_text import CardError
    from scoring.challenger import ChallengerUnavailable

    wrong_use.refuse_unreadable(file)
    engine = opened_record.existing()
    try:
        model = validated(file.read_text(encoding="utf-8"), _sample(engine, outcomes))
        with open_session(engine, write=True) as session:
            register.add(session, **model.as_rows(), person_id=_person(engine, by))
    except (CardError, ChallengerUnavailable, UnicodeDecodeError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    except BrokenRule as error:
        _refuse(error)
    print(f"{model.name} is a draft in the register, under {model.model_hash[:SHORT_HASH]}.", file=sys.stderr)


@app.command("move")
def move_model(
    model: Annotated[str, typer.Argument(help="The first characters of its hash.")],
    stage: Annotated[str, typer.Argument(help="shadow, champion or retired.")],
    by: By,
    note: Annotated[str, typer.Option("--note", help="Why; it stays on record.")],
) -> None:
    """Let a model take its next step. Who added it can't approve it; a new champion retires the one before."""
    from db import register
    from db.engine import open_session
    from lending.errors import BrokenRule

    engine = opened_record.existing()
    try:
        with open_session(engine, write=True) as session:
            register.move(session, _whole_hash(engine, model), stage, person_id=_person(engine, by), note=note)
    except BrokenRule as error:
        _refuse(error)
    print(f"{model} is {stage} now.", file=sys.stderr)


@app.command("report")
def write_report(
    model: Annotated[str, typer.Argument(help="The first characters of its hash.")],
    out: Annotated[Path, typer.Option("--out", help="The HTML file to write; a JSON of the same name beside it.")],
) -> None:
    """Write a model's validation report, as it was when the model came into the register."""
    from db import register
    from db.engine import open_session
    from reports.model_report import whole_page

    wrong_use.refuse_unwritable(out, "--out")
    engine = opened_record.existing()
    with open_session(engine) as session:
        validation, report = register.validation_of(session, _whole_hash(engine, model))
    if not report:
        print("This model was never held against known outcomes, so it has no report.", file=sys.stderr)
        raise typer.Exit(1)
    out.write_text(whole_page(report), encoding="utf-8")
    out.with_suffix(".json").write_text(json.dumps(json.loads(validation), indent=1, sort_keys=True), encoding="utf-8")
    print(f"Written to {out} and {out.with_suffix('.json')}.", file=sys.stderr)


def _signs() -> dict[str, int]:
    from desk.fitting import SIGNS

    return SIGNS


def _sample(engine: "Engine", path: Path) -> "Sample":
    """The loans of a file with their features; ends where a row is wrong or names no shop on record."""
    from desk.fitting import read_sample
    from ingest.outcomes import read_outcomes

    wrong_use.refuse_unreadable(path)
    rows, bad_rows = read_outcomes(path)
    if not bad_rows:
        sample = read_sample(engine, rows, file=path.name)
        bad_rows = list(sample.unknown)
    if bad_rows:
        _print_bad_rows(bad_rows)
        raise typer.Exit(1)
    if sample.without_consent:
        print(f"{sample.without_consent:,} loans left out: their shops had not consented by then.", file=sys.stderr)
    return sample


def _print_bad_rows(bad_rows: "Sequence[BadRow]") -> None:
    for each in bad_rows[:BAD_ROWS_PRINTED]:
        where = f", {each.column} {each.value!r}" if each.column else ""
        print(f"{each.file} line {each.line}{where}: {each.problem}", file=sys.stderr)
    if len(bad_rows) > BAD_ROWS_PRINTED:
        print(f"and {len(bad_rows) - BAD_ROWS_PRINTED:,} more", file=sys.stderr)


def _say_how_sure(provenance: "Mapping[str, object]") -> None:
    for name in ("sure", "auc", "alarms"):
        if provenance.get(name):
            print(f"{name}: {json.dumps(provenance[name])}", file=sys.stderr)


def _person(engine: "Engine", handle: str) -> int:
    from db import people
    from db.engine import open_session

    with open_session(engine) as session:
        person = people.by_handle(session, handle)
    if person is None:
        raise typer.BadParameter(f"nobody here has the handle {handle}.", param_hint="--by")
    return person.id


def _whole_hash(engine: "Engine", begins: str) -> str:
    from db import register
    from db.engine import open_session

    with open_session(engine) as session:
        found = [each.model_hash for each in register.all_standing(session) if each.model_hash.startswith(begins)]
    if len(found) != 1 or not begins:
        raise typer.BadParameter(f"{len(found)} models of the register have a hash that begins with {begins}.")
    return found[0]


def _refuse(error: "BrokenRule") -> None:
    from components import refusals

    print(refusals.sentence(error), file=sys.stderr)
    raise typer.Exit(1) from error
