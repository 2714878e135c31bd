"""People on the command line: who is added, what they may do, and the link by which they choose a passphrase.

Whoever stands at the machine itself may do all of it; the register names the desk itself as who did.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

import opened_record

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

    from db.roster import Entry

app = typer.Typer(
    help="People: add, list, link, disable, enable, role, branch, unlock, sign-out.", no_args_is_help=True
)

LISTED = ("handle", "name", "role", "branch", "can sign in", "last signed in")

T = TypeVar("T")

Handle = Annotated[str, typer.Argument(help="The name under which the person signs in.")]
At = Annotated[
    str | None, typer.Option("--at", help="The address of the desk in the link; LOAM_HOST and LOAM_PORT by default.")
]


@app.command("add")
def add(
    handle: Handle,
    name: Annotated[str, typer.Option("--name", help="The person's name, as others see it.")],
    role: Annotated[str, typer.Option("--role", help="officer, manager, auditor or administrator.")],
    branch: Annotated[str | None, typer.Option("--branch", help="The branch; all branches without it.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="The address of the organisation's sign-in.")] = None,
    at: At = None,
) -> None:
    """Add a person, and print the link by which they choose their passphrase, once."""
    from db import accounts, roster

    def write(session: "Session") -> str:
        branch_id = _branch(session, branch)
        number = roster.add(
            session, actor_id=None, handle=handle, name=name, role=role, branch_id=branch_id, email=email
        )
        return accounts.make_link(session, number, actor_id=None)

    _print_link(_written(write, opened_record.existing_or_new()), at)


@app.command("list")
def list_people() -> None:
    """List everybody but demo people: handle, name, role, branch, whether they can sign in, and when they last did."""
    from components import wording
    from db import roster
    from db.engine import open_session
    from settings import settings

    with open_session(opened_record.existing()) as session:
        everybody = roster.everybody(session)
    entries = [entry for entry in everybody if not entry.demo]
    if len(everybody) > len(entries):
        made_up = len(everybody) - len(entries)
        print(f"{made_up} demo people are left out, who come in by a click where the demo is on.", file=sys.stderr)
    if not entries:
        print("Nobody has an account yet; `python loam.py user add` adds the first.", file=sys.stderr)
        return
    print("\t".join(LISTED))
    for entry in entries:
        last = wording.moment(entry.signed_in_at, settings().time_zone) if entry.signed_in_at else "never"
        print("\t".join((entry.handle, entry.name, entry.role, entry.branch or "all branches", state(entry), last)))


def state(entry: "Entry") -> str:
    """Whether a person can sign in, in a word or two."""
    if not entry.enabled:
        return "disabled"
    if entry.locked_until is not None:
        return "locked"
    if entry.has_passphrase:
        return "enabled"
    return "link open" if entry.link_until is not None else "no passphrase yet"


@app.command("link")
def link(handle: Handle, at: At = None) -> None:
    """Print a new link by which a person chooses a passphrase; any earlier one ends."""
    from db import roster

    _print_link(_written_of(handle, lambda session, entry: roster.new_link(session, entry.id, actor_id=None)), at)


@app.command("disable")
def disable(handle: Handle) -> None:
    """Let a person in no longer, and sign them out everywhere."""
    from db import roster

    _written_of(handle, lambda session, entry: roster.disable(session, entry.id, actor_id=None))
    print(f"{handle} is disabled, and signed out everywhere.", file=sys.stderr)


@app.command("enable")
def enable(handle: Handle) -> None:
    """Let a person in again."""
    from db import roster

    _written_of(handle, lambda session, entry: roster.enable(session, entry.id, actor_id=None))
    print(f"{handle} is enabled.", file=sys.stderr)


@app.command("role")
def role(
    handle: Handle, role: Annotated[str, typer.Argument(help="officer, manager, auditor, administrator.")]
) -> None:
    """Give a person another role, at once."""
    from db import roster

    def write(session: "Session", entry: "Entry") -> bool:
        return roster.set_rights(session, entry.id, actor_id=None, role=role, branch_id=entry.branch_id)

    _say_change(_written_of(handle, write), f"{handle} is {role}")


@app.command("branch")
def branch(
    handle: Handle,
    branch: Annotated[str | None, typer.Argument(help="The name of the branch; all branches without one.")] = None,
) -> None:
    """Give a person another branch, or all of them, at once."""
    from db import roster

    def write(session: "Session", entry: "Entry") -> bool:
        branch_id = _branch(session, branch)
        return roster.set_rights(session, entry.id, actor_id=None, role=entry.role, branch_id=branch_id)

    _say_change(_written_of(handle, write), f"{handle} works for {branch or 'all branches'}")


@app.command("unlock")
def unlock(handle: Handle) -> None:
    """Let a person try again at once, after too many wrong passphrases."""
    from db import roster

    def write(session: "Session", entry: "Entry") -> bool:
        locked = entry.locked_until is not None
        if locked:
            roster.unlock(session, entry.id, actor_id=None)
        return locked

    locked = _written_of(handle, write)
    print(f"{handle} can try again." if locked else f"{handle} was not locked.", file=sys.stderr)


@app.command("sign-out")
def sign_out(handle: Handle) -> None:
    """Sign a person out everywhere."""
    from db import roster

    ended = _written_of(handle, lambda session, entry: roster.sign_out(session, entry.id, actor_id=None))
    if ended == 0:
        print(f"{handle} was signed in nowhere.", file=sys.stderr)
    else:
        browsers = "1 browser" if ended == 1 else f"{ended} browsers"
        print(f"{handle} is signed out everywhere: in {browsers}.", file=sys.stderr)


def _written(write: "Callable[[Session], T]", engine: "Engine") -> T:
    """What a write gives, in a transaction of its own; a refusal is told in a sentence, and ends with 1."""
    from components import refusals
    from db.engine import open_session
    from lending.errors import BrokenRule

    try:
        with open_session(engine, write=True) as session:
            return write(session)
    except BrokenRule as error:
        print(refusals.sentence(error), file=sys.stderr)
        raise typer.Exit(1) from error


def _written_of(handle: str, write: "Callable[[Session, Entry], T]") -> T:
    """The same for one person, by handle."""
    from db import roster
    from lending.errors import AccountRefused

    def found(session: "Session") -> T:
        entry = roster.by_handle(session, handle)
        if entry is None:
            raise AccountRefused("unknown")
        return write(session, entry)

    return _written(found, opened_record.existing())


def _branch(session: "Session", name: str | None) -> int | None:
    from db import roster

    if name is None:
        return None
    names = {known: number for number, known in roster.branch_names(session).items()}
    if name not in names:
        raise typer.BadParameter(f"there is no branch {name}; there are {', '.join(names)}.")
    return names[name]


def _print_link(token: str, at: str | None) -> None:
    """The link alone goes to standard output, so that a script can send it on."""
    from db.accounts import LINK_HOURS
    from settings import settings

    address = (at or f"http://{settings().host}:{settings().port}").rstrip("/")
    print(f"{address}/account/set-up?token={token}")
    print(f"The link works once, within {LINK_HOURS} hours. It is not shown again.", file=sys.stderr)


def _say_change(changed: bool, what: str) -> None:
    print(f"{what} from now on." if changed else f"{what} already.", file=sys.stderr)
