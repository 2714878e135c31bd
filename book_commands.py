"""The loan book on the command line: its figures as of a day, and the closing of months."""

import json
import sys
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

import opened_record

if TYPE_CHECKING:
    from sqlalchemy import Engine


def portfolio(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The day, YYYY-MM-DD; the desk's business date by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with all figures.")] = False,
    reported: Annotated[
        bool, typer.Option("--reported", help="Leave out what was booked on the day or later.")
    ] = False,
) -> None:
    """Print the portfolio's figures as of a day: what is dated before it counts."""
    from desk.month_ends import figures_as_of

    engine = opened_record.existing()
    day = _day(engine, as_of)
    told = {"as_of": day.isoformat(), "currencies": figures_as_of(engine, as_of=day, reported=reported)}
    if as_json:
        print(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
        return
    _print_words(told)


def month_ends(
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Close months up to this day; the desk's business date by default.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--rebuild", help="Close all of them again, with what is booked by now.")
    ] = False,
) -> None:
    """Store the portfolio's figures of each month end that is over, in one transaction."""
    from desk.month_ends import close, days_to_close

    engine = opened_record.existing()
    days = days_to_close(engine, until=_day(engine, as_of), again=again)
    rows = close(engine, days, person_id=None)
    print(f"{len(days)} month ends closed, {rows} rows stored" if days else "Nothing to close", file=sys.stderr)


def _day(engine: "Engine", text: str | None) -> date:
    """The day that was asked for, else the desk's own."""
    from db.engine import open_session
    from settings import read_day

    with open_session(engine) as session:
        today = opened_record.today(session)
    try:
        day = today if text is None else read_day(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is no day; write it as 2026-04-01.", param_hint="--as-of") from error
    if day > today:
        raise typer.BadParameter(f"{day} has not come yet; today is {today}.", param_hint="--as-of")
    return day


_PRINTED = (
    ("active_loans", "Active loans"), ("outstanding_minor", "Outstanding"), ("overdue_minor", "Overdue"),
    ("par30", "PAR30"), ("par30_renegotiated", "PAR30 with renegotiated"), ("par90", "PAR90"), ("npl", "NPL"),
    ("write_off_ratio_12m", "Write-off ratio, 12 months"), ("expected_credit_loss_minor", "Expected credit loss"),
    ("collected_12m_minor", "Collected in 12 months"), ("due_12m_minor", "Due in 12 months"),
)  # fmt: skip


def _print_words(told: dict[str, Any]) -> None:
    from components import wording

    if not told["currencies"]:
        print(f"No loan was paid out before {told['as_of']}")
    for currency, figures in told["currencies"].items():
        print(f"{currency} as of {told['as_of']}")
        for name, words in _PRINTED:
            value = figures[name]
            if name.endswith("_minor"):
                said = wording.money(value, currency)
            elif value is None:
                said = "no case"
            else:
                said = f"{value:,}" if name == "active_loans" else f"{value:.2%}"
            print(f"  {words:<28}{said:>18}")
