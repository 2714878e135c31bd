"""The branches of the lender on the command line: which there are, and which shops each looks after."""

import sys
from typing import Annotated

import typer

import opened_record

app = typer.Typer(help="Branches, and which shops each of them looks after.", no_args_is_help=True)


@app.command("list")
def list_branches() -> None:
    """List the branches with their regions, people and shops."""
    from db import branches

    with opened_record.transaction(write=False) as session:
        for row in branches.overview(session).to_dict("records"):
            after = f"; regions: {row['regions']}" if row["regions"] else ""
            print(f"{row['name']}: {row['people']} people, {row['shops']} shops{after}")


@app.command("add")
def add_branch(name: Annotated[str, typer.Argument(help="As it is listed.")]) -> None:
    """Open a branch. Once there are two, people of a branch see the shops of that branch alone."""
    from db import branches

    with opened_record.transaction(write=True) as session:
        branches.add(session, name, person_id=None)
    print(f"{name} is open. It has no shops yet: `branch region` and `branch move` give it some.", file=sys.stderr)


@app.command("region")
def give_region(
    region: Annotated[str, typer.Argument(help="A region, as shops.csv has it.")],
    branch: Annotated[str, typer.Argument(help="The name of the branch.")],
) -> None:
    """Let a branch look after a region: its new shops, and those on record."""
    from db import branches

    with opened_record.transaction(write=True) as session:
        moved = branches.give_region(session, region, branches.named(session, branch).id, person_id=None)
    print(f"{branch} looks after {region}; {moved} shops moved.", file=sys.stderr)


@app.command("move")
def move_shop(
    shop: Annotated[str, typer.Argument(help="The shop_ref of the shop.")],
    branch: Annotated[str, typer.Argument(help="The name of the branch.")],
) -> None:
    """Let another branch look after a shop."""
    from db import branches

    with opened_record.transaction(write=True) as session:
        number = branches.shop_of_ref(session, shop)
        branches.move_shop(session, number, branches.named(session, branch).id, person_id=None)
    print(f"{branch} looks after {shop}.", file=sys.stderr)
