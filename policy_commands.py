"""The commands about the lending policy: show a version, list all, propose one, also an earlier one, approve one."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import opened_record
import wrong_use

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

    from db.policies import Version
    from lending.policy import Policy

app = typer.Typer(help="The versions of the lending policy: show, list, propose, approve.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="The handle of the person who does it.")]


@app.command("show")
def show_policy(
    version: Annotated[int | None, typer.Option("--version", help="Its number. Default: the version in force.")] = None,
) -> None:
    """Print a version with its authority matrix, and what it says otherwise than the version in force."""
    from db import policies
    from db.engine import open_session

    with open_session(_engine()) as session:
        known = policies.all_versions(session)
    wanted = next(
        (each for each in known if (each.in_force if version is None else each.policy.version == version)), None
    )
    if wanted is None:
        print(f"There is no version {version} of the policy.", file=sys.stderr)
        raise typer.Exit(1)
    in_force = next(each.policy for each in known if each.in_force)
    print(_line(wanted, in_force.version))
    _print_matrix(wanted.policy)
    if not wanted.in_force:
        _print_changes(in_force, wanted.policy)


@app.command("list")
def list_policies() -> None:
    """List the versions, the newest first, with who proposed and who approved each."""
    from db import policies
    from db.engine import open_session

    with open_session(_engine()) as session:
        in_force = policies.in_force(session).version
        for each in policies.all_versions(session):
            print(_line(each, in_force))


@app.command("propose")
def propose_policy(
    file: Annotated[Path, typer.Argument(help="The whole policy as JSON; its version is the next number.")],
    by: By,
) -> None:
    """Keep a version that waits for a second person, and print what it says otherwise than the one in force."""
    from db import policies
    from db.engine import open_session
    from lending.policy import BrokenPolicy

    wrong_use.refuse_unreadable(file)
    try:
        with _refusals(), open_session(_engine(), write=True) as session:
            before = policies.in_force(session)
            proposed = policies.propose(session, file.read_text(encoding="utf-8"), _person(session, by))
    except (BrokenPolicy, UnicodeDecodeError) as error:
        print(f"{file}: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    _tell_proposed(before, proposed)


@app.command("propose-again")
def propose_policy_again(version: Annotated[int, typer.Argument(help="Its number.")], by: By) -> None:
    """Keep what an earlier version says under the next number; it waits for a second person."""
    from db import policies
    from db.engine import open_session

    with _refusals(), open_session(_engine(), write=True) as session:
        before = policies.in_force(session)
        proposed = policies.propose_again(session, version, _person(session, by))
    _tell_proposed(before, proposed)


def _tell_proposed(before: "Policy", proposed: "Policy") -> None:
    _print_changes(before, proposed)
    print(f"Version {proposed.version} waits until another manager approves it.", file=sys.stderr)


@app.command("approve")
def approve_policy(
    version: Annotated[int, typer.Argument(help="Its number.")],
    by: By,
    note: Annotated[str, typer.Option("--note", help="Why; it stays on record.")],
) -> None:
    """Put a version that waits in force from now on. Who proposed it can't approve it."""
    from db import policies
    from db.engine import open_session

    with _refusals(), open_session(_engine(), write=True) as session:
        before = policies.in_force(session)
        approved = policies.approve(session, version, _person(session, by), note)
    _print_changes(before, approved)
    print(f"Version {version} is in force now, instead of version {before.version}.", file=sys.stderr)


def _line(each: "Version", in_force: int) -> str:
    from components import wording

    newest = each.approvals[-1] if each.approvals else None
    waits = "waits" if each.policy.version > in_force else "overtaken"
    state = "in force" if each.in_force else "approved before" if newest else waits
    made = f"proposed by {wording.cell(each.maker_name or 'the desk itself')}, {each.proposed_at:%Y-%m-%d %H:%M} UTC"
    if newest is None:
        return f"{each.policy.version:>3}  {state:<15}  {made}"
    by = wording.cell(newest.person_name or "the desk itself")
    return (
        f"{each.policy.version:>3}  {state:<15}  {made}; approved by {by}, {newest.at:%Y-%m-%d %H:%M} UTC: "
        f"{wording.cell(newest.note)}"
    )


def _print_matrix(policy: "Policy") -> None:
    from components import policy_words

    print(f"{'grade':<7}{'one officer':<22}{'two officers':<22}a manager")
    for row in policy_words.matrix(policy):
        print(f"{row['grade']:<7}{row['officer']:<22}{row['second_officer']:<22}{row['manager']}")
    print(policy_words.beside_the_matrix(policy))


def _print_changes(before: "Policy", after: "Policy") -> None:
    from components import policy_words
    from lending.policy_changes import changes

    found = changes(before, after)
    print(f"Against version {before.version}:" if found else f"It says the same as version {before.version}.")
    for each in found:
        print(f"  {policy_words.change_line(each, before.currency, after.currency)}")


def _engine() -> "Engine":
    """The record, with the first policy in force where it has none yet."""
    from db import policies
    from db.engine import open_session

    engine = opened_record.existing()
    with open_session(engine, write=True) as session:
        policies.seed(session)
    return engine


def _person(session: "Session", handle: str) -> int:
    from db import people

    person = people.by_handle(session, handle)
    if person is None:
        raise typer.BadParameter(f"nobody has the handle {handle}.", param_hint="--by")
    return person.id


@contextmanager
def _refusals() -> "Iterator[None]":
    """What a rule refuses is told in words, and ends with 1."""
    from components import refusals
    from lending.errors import BrokenRule

    try:
        yield
    except BrokenRule as error:
        print(refusals.sentence(error), file=sys.stderr)
        raise typer.Exit(1) from error
