"""One's own account: another passphrase, and the browsers in which one is signed in."""

import html
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from anyio.to_thread import run_sync
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from db import accounts, passphrases, people, sign_ins
from db.engine import open_session
from routes import browsers
from routes.door import VERIFICATIONS
from routes.set_up import new_passphrase_fields
from settings import settings

PATH = "/account/me"


@dataclass(frozen=True, slots=True)
class _Own:
    """Somebody with an account, in this browser."""

    person: people.Person
    token: str
    open: list[sign_ins.OpenSignIn]
    has_passphrase: bool


async def show(request: Request, *, said: str = "", wrong: str = "") -> Response:
    """The page of whoever is signed in; anybody else is led to the door."""
    own = await run_sync(_own, request.cookies.get(sign_ins.COOKIE))
    if own is None:
        return RedirectResponse("/account", status_code=303)
    told = f'<p role="status">{html.escape(said)}</p>' if said else ""
    told += f'<p class="wrong" role="alert">{html.escape(wrong)}</p>' if wrong else ""
    return browsers.answer(
        own.person.name,
        f'<p>{html.escape(own.person.handle)}, {own.person.role}. <a href="/">Back to the desk</a></p>{told}'
        f"<h2>Signed in</h2>{_open_list(own)}{_ways_out(own)}{_passphrase_form(own)}",
        status=422 if wrong else 200,
    )


async def change(request: Request) -> Response:
    """Do what the button says: change the passphrase, end one sign-in, or all but this one."""
    form = await browsers.form_of(request)
    if isinstance(form, Response):
        return form
    own = await run_sync(_own, request.cookies.get(sign_ins.COOKIE))
    if own is None:
        return RedirectResponse("/account", status_code=303)
    match browsers.text_of(form, "do"):
        case "passphrase":
            return await _change_passphrase(request, own, form)
        case "end":
            await run_sync(_end_one, own.person.id, browsers.text_of(form, "key"))
            return await show(request, said="That browser is signed out.")
        case "everywhere":
            await run_sync(_end_others, own)
            return await show(request, said="Every other browser is signed out.")
        case _:
            return await show(request)


async def _change_passphrase(request: Request, own: _Own, form: FormData) -> Response:
    old, new = browsers.text_of(form, "old"), browsers.text_of(form, "passphrase")
    if new != browsers.text_of(form, "again"):
        return await show(request, wrong="The two new ones are not the same. Type it twice alike.")
    try:
        done = await run_sync(
            lambda: accounts.change_passphrase(
                browsers.engine(), own.person.id, old=old, new=new, token=own.token
            ),
            limiter=VERIFICATIONS,
        )  # fmt: skip
    except passphrases.PassphraseRefused as error:
        return await show(request, wrong=str(error))
    if not done:
        return await show(request, wrong="Your present passphrase is wrong, or the account is locked for a while.")
    return await show(request, said="Your passphrase is changed, and every other browser is signed out.")


def _own(token: str | None) -> _Own | None:
    with open_session(browsers.engine()) as session:
        person = sign_ins.signed_in(session, token, browsers.limits())
        if person is None or person.demo or token is None:
            return None
        opened = sign_ins.open_of(session, person.id, browsers.limits())
        return _Own(person, token, opened, accounts.has_passphrase(session, person.id))


def _end_one(person_id: int, key: str) -> None:
    with open_session(browsers.engine(), write=True, even_read_only=True) as session:
        sign_ins.end_one(session, person_id, key)


def _end_others(own: _Own) -> None:
    with open_session(browsers.engine(), write=True, even_read_only=True) as session:
        sign_ins.end_all(session, own.person.id, actor_id=own.person.id, but_token=own.token)


def _open_list(own: _Own) -> str:
    """A line for each browser, this one first said so."""
    lines = []
    for each in own.open:
        when = f"Since {_when(each.signed_in_at)}, last click {_when(each.seen_at)}"
        if each.key == sign_ins.hash_of(own.token):
            end = '<span class="quiet">this browser</span>'
        else:
            end = (
                f'<form method="post" action="{PATH}"><input type="hidden" name="key" value="{each.key}">'
                f'<button class="plain" name="do" value="end" aria-label="Sign out: {when}">Sign out</button></form>'
            )
        lines.append(f"<li><span>{when}</span>{end}</li>")
    return f"<ol>{''.join(lines)}</ol>"


def _ways_out(own: _Own) -> str:
    others = (
        f'<form method="post" action="{PATH}"><button name="do" value="everywhere">Sign out everywhere else</button>'
        "</form>"
        if len(own.open) > 1
        else ""
    )
    return f'{others}<form method="post" action="/account"><button name="person" value="">Sign out</button></form>'


def _passphrase_form(own: _Own) -> str:
    if not own.has_passphrase:
        return '<p class="quiet">You sign in by your organisation, without a passphrase here.</p>'
    return (
        f'<h2>Another passphrase</h2><form method="post" action="{PATH}">'
        '<input type="hidden" name="do" value="passphrase">'
        '<label for="handle">Name</label><input id="handle" autocomplete="username" readonly '
        f'value="{html.escape(own.person.handle, quote=True)}">'
        '<label for="old">Present passphrase</label><input id="old" name="old" type="password" '
        f'autocomplete="current-password" required maxlength="1000">{new_passphrase_fields()}'
        '<button class="first">Change the passphrase</button></form>'
    )


def _when(moment: datetime) -> str:
    """A moment on the desk's clock: 28 Nov 2026, 16:05."""
    local = moment.astimezone(ZoneInfo(settings().time_zone))
    return f"{local.day} {local:%b %Y, %H:%M}"


routes = [Route(PATH, show, methods=["GET"]), Route(PATH, change, methods=["POST"])]
