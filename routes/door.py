"""The door: who is signing in, by a passphrase, by the organisation's own sign-in, or as one of the demo people."""

import html
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import URL, FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from db import accounts, people, sign_ins
from db.engine import open_session
from routes import browsers, single_sign_on

WHAT_ROLES_DO = {
    "officer": "Takes applications and answers them",
    "manager": "Settles what an officer may only propose",
    "auditor": "Reads everything, changes nothing",
    "administrator": "Brings in files and keeps accounts, sees no shop",
}

# The same words whatever is wrong, so that nobody finds out which names there are.
WRONG = "Name or passphrase is wrong, or the account is locked for a while."

# Each verification takes 46 MB for a moment: so many at once, and the rest waits.
VERIFICATIONS = CapacityLimiter(2)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Who could come in here, and who is in already."""

    demo_people: list[people.Person]
    accounts: bool
    current: people.Person | None
    timed_out: bool


def _standing(token: str | None, *, this_machine: bool) -> _Standing:
    limits = browsers.limits()
    with open_session(browsers.engine()) as session:
        demo = this_machine and sign_ins.demo_is_on(session, limits)
        return _Standing(
            people.demo_people(session) if demo else [],
            people.accounts_exist(session),
            sign_ins.signed_in(session, token, limits),
            sign_ins.is_timed_out(session, token, limits),
        )


async def show_door(request: Request, *, wrong: str = "", status: int = 200, wanted: str | None = None) -> HTMLResponse:
    """The page on which somebody signs in."""
    token, this_machine = request.cookies.get(sign_ins.COOKIE), browsers.is_this_machine(request.scope)
    standing = await run_sync(lambda: _standing(token, this_machine=this_machine))
    if not standing.accounts and not standing.demo_people:
        return browsers.answer(
            "Nobody can sign in here yet",
            "<p>Demo people are let in only on this machine's own address, and no other accounts exist yet. "
            "<code>python loam.py user add</code> adds the first.</p>",
            status=403,
        )
    goes_to = browsers.local_path(request.query_params.get("next") if wanted is None else wanted)
    next_field = f'<input type="hidden" name="next" value="{html.escape(goes_to, quote=True)}">'
    parts = [_who_is_in(standing, goes_to)]
    if wrong:
        parts.append(f'<p class="wrong" role="alert">{html.escape(wrong)}</p>')
    real = standing.current is not None and not standing.current.demo
    if standing.accounts and not real:
        parts += [_form(next_field), single_sign_on.links(goes_to)]
    if standing.demo_people and not real:
        parts.append(_demo_buttons(standing, next_field))
    elif standing.current is not None:
        parts.append(_leave_form())
    return browsers.answer(
        "Who is at the desk?", "".join(parts), status=status, demo=bool(standing.demo_people) and not real
    )


def _who_is_in(standing: _Standing, goes_to: str) -> str:
    limits = browsers.limits()
    if standing.current is not None:
        back = f'<a href="{html.escape(goes_to, quote=True)}">Back to the desk</a>'
        own = "" if standing.current.demo else ' · <a href="/account/me">Passphrase and sign-ins</a>'
        return f"<p>You are signed in as {html.escape(standing.current.name)}. {back}{own}</p>"
    if standing.timed_out:
        return (
            f"<p>You were signed out: nothing was clicked for {limits.idle_minutes} minutes, or {limits.hours} hours "
            "were over. What you had begun on a file is kept.</p>"
        )
    return ""


def _form(next_field: str) -> str:
    return (
        f'<form method="post" action="/account">{next_field}'
        '<label for="handle">Name</label><input id="handle" name="handle" autocomplete="username" required '
        'autocapitalize="none" spellcheck="false" maxlength="200" autofocus>'
        '<label for="passphrase">Passphrase</label><input id="passphrase" name="passphrase" type="password" '
        'autocomplete="current-password" required maxlength="1000">'
        '<button class="first">Sign in</button></form>'
    )


def _demo_buttons(standing: _Standing, next_field: str) -> str:
    buttons = "".join(
        f'<button name="person" value="{html.escape(each.handle, quote=True)}">'
        f"<b>{html.escape(each.name)}</b><span>{WHAT_ROLES_DO[each.role]}</span></button>"
        for each in standing.demo_people
    )
    leave = '<button class="plain" name="person" value="">Sign out</button>' if standing.current else ""
    return (
        "<p>These people are made up. Choose one to work with their rights.</p>"
        f'<form method="post" action="/account">{next_field}{buttons}{leave}</form>'
    )


def _leave_form() -> str:
    return '<form method="post" action="/account"><button name="person" value="">Sign out</button></form>'


async def lead_to_door(request: Request) -> Response:
    """Where `st.logout` leads a tab: to the door, and from there back to the page that the tab showed.

    The sign-in ends there, by the form, and not here: a mere address must not sign anybody out.
    """
    came_from = urlsplit(request.headers.get("referer", ""))
    wanted = "/"
    if came_from.netloc == request.headers.get("host"):
        wanted = parse_qs(came_from.query).get("next", [f"{came_from.path}?{came_from.query}"])[0]
    return RedirectResponse(URL("/account").include_query_params(next=browsers.local_path(wanted)), status_code=303)


async def pass_door(request: Request) -> Response:
    """Sign in, or out where no person is named."""
    form = await browsers.form_of(request)
    if isinstance(form, Response):
        return form
    old_token = request.cookies.get(sign_ins.COOKIE)
    if "handle" in form:
        return await _pass_with_passphrase(request, form, old_token)
    handle = browsers.text_of(form, "person")
    if handle and not browsers.is_this_machine(request.scope):
        return await show_door(request, status=403)
    person, token = await run_sync(_change_demo_person, old_token, handle)
    if handle and person is None:
        return await show_door(request, status=403)
    if person is None:
        response = RedirectResponse("/account", status_code=303)
        browsers.take_token(response)
        return response
    return _let_in(request, form, person, token)


async def _pass_with_passphrase(request: Request, form: FormData, old_token: str | None) -> Response:
    typed, phrase = browsers.text_of(form, "handle"), browsers.text_of(form, "passphrase")
    address = browsers.origin_of_failures(request)
    found = await run_sync(
        lambda: accounts.sign_in(browsers.engine(), typed, phrase, address=address), limiter=VERIFICATIONS
    )
    if found is None:
        return await show_door(request, wrong=WRONG, status=401, wanted=browsers.text_of(form, "next"))
    if old_token:
        await run_sync(_end, old_token)
    return _let_in(request, form, *found)


def _let_in(request: Request, form: FormData, person: people.Person, token: str) -> Response:
    wanted = browsers.local_path(browsers.text_of(form, "next"))
    response = RedirectResponse(browsers.way_in(person, wanted), status_code=303)
    browsers.give_token(response, request, token)
    return response


def _change_demo_person(old_token: str | None, handle: str) -> tuple[people.Person | None, str]:
    """Who sits at the desk from now on, if anybody, and the browser's new token."""
    with open_session(browsers.engine(), write=True, even_read_only=True) as session:
        person = people.by_handle(session, handle)
        if person is not None and (not person.demo or not sign_ins.demo_is_on(session, browsers.limits())):
            person = None
        if old_token and (person is not None or not handle):
            sign_ins.sign_out(session, old_token)
        if person is None:
            return None, ""
        return person, sign_ins.sign_in(session, person.id)


def _end(token: str) -> None:
    with open_session(browsers.engine(), write=True, even_read_only=True) as session:
        sign_ins.sign_out(session, token)


routes = [
    Route("/account", show_door, methods=["GET"]),
    Route("/account", pass_door, methods=["POST"]),
    Route("/auth/logout", lead_to_door, methods=["GET"]),
]
