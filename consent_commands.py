"""What shops say of the use of their records, on the command line."""

import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

import opened_record

if TYPE_CHECKING:
    from lending.consent import Given

app = typer.Typer(help="What shops say of the use of their records.", no_args_is_help=True)

Shop = Annotated[str, typer.Argument(help="The shop_ref of the shop.")]
By = Annotated[str, typer.Option(help="Who spoke for the shop: owner, representative or marketplace.")]
See = Annotated[str, typer.Option(help="Where it can be looked up, such as the number of the signed form.")]
On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which it was given.")]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day that it covers.")]
Sharing = Annotated[bool, typer.Option("--sharing", help="It covers partner banks as well.")]


def given(see: str, *, by: str, on: datetime | None, until: datetime | None, sharing: bool, today: date) -> "Given":
    """A consent as it was typed: given today where no day was named, and for a year.

    Raises:
        typer.BadParameter: where it says too little, or is over.
    """
    from components.refusals import sentence
    from lending.consent import USUAL_DAYS, Given, check_given
    from lending.errors import ConsentRefused

    given_on = on.date() if on else today
    until_on = until.date() if until else given_on + timedelta(days=USUAL_DAYS)
    typed = Given(by, see, given_on, until_on, sharing)  # type: ignore[arg-type]  # checked on the next line
    try:
        check_given(typed, today=today)
    except ConsentRefused as refusal:
        raise typer.BadParameter(sentence(refusal)) from refusal
    return typed


@app.command("give")
def give(
    shop: Shop,
    see: See,
    by: By = "owner",
    on: On = None,
    until: Until = None,
    sharing: Sharing = False,
) -> None:
    """Note that a shop consents: its record may be looked at and scored, from a day to a day."""
    from db import branches, consents
    from settings import settings

    with opened_record.transaction(write=True) as session:
        today = opened_record.today(session)
        typed = given(see, by=by, on=on, until=until, sharing=sharing, today=today)
        consents.give(
            session,
            branches.shop_of_ref(session, shop),
            typed,
            today=today,
            time_zone=settings().time_zone,
            person_id=None,
        )
    print(f"{shop} consents until {typed.until_on}.", file=sys.stderr)


@app.command("withdraw")
def withdraw(shop: Shop, see: See, by: By = "owner") -> None:
    """Note that a shop takes its consent back: from now on it is not scored, and no more than its name is seen."""
    from db import branches, consents

    with opened_record.transaction(write=True) as session:
        number = branches.shop_of_ref(session, shop)
        consents.withdraw(session, number, said_by=by, evidence=see, person_id=None)
    print(f"{shop} took its consent back; a loan that runs is served as before.", file=sys.stderr)


@app.command("show")
def show(shop: Shop) -> None:
    """List all that a shop has said, the newest first."""
    from components.consent_words import line
    from db import branches, consents
    from settings import settings

    with opened_record.transaction(write=False) as session:
        words = consents.of_shop(session, branches.shop_of_ref(session, shop), time_zone=settings().time_zone)
    print(*[line(word) for word in words] or [f"{shop} has said nothing yet."], sep="\n")
