"""The page behind a set-up link, on which somebody chooses a passphrase, once."""

import html

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from db import accounts, passphrases
from db.engine import open_session
from routes import browsers
from routes.door import VERIFICATIONS

PATH = "/account/set-up"
GONE = (
    "<p>A link works once, for 24 hours, and until a newer one is made. Ask an administrator for a new one.</p>"
    '<p><a href="/account">To the door</a></p>'
)
# The address has the token in it: no other page is told where the browser came from.
PRIVATE = {"Referrer-Policy": "strict-origin"}


async def show_form(request: Request) -> Response:
    """The form of a link, where the link is good."""
    return await _form(request.query_params.get("token", ""))


async def choose(request: Request) -> Response:
    """Keep the passphrase, and lead to the door."""
    form = await browsers.form_of(request)
    if isinstance(form, Response):
        return form
    token, phrase = browsers.text_of(form, "token"), browsers.text_of(form, "passphrase")
    if phrase != browsers.text_of(form, "again"):
        return await _form(token, wrong="The two are not the same. Type it twice alike.")
    try:
        done = await run_sync(accounts.use_link, browsers.engine(), token, phrase, limiter=VERIFICATIONS)
    except passphrases.PassphraseRefused as error:
        return await _form(token, wrong=str(error))
    if not done:
        return browsers.answer("This link is over", GONE, status=410)
    response = browsers.answer(
        "Your passphrase is set", '<p>Sign in with it now.</p><p><a href="/account">To the door</a></p>'
    )
    browsers.take_token(response)
    return response


async def _form(token: str, *, wrong: str = "") -> HTMLResponse:
    name = await run_sync(_name_of, token)
    if name is None:
        return browsers.answer("This link is over", GONE, status=410, headers=PRIVATE)
    handle, shown = name
    said = f'<p class="wrong" role="alert">{html.escape(wrong)}</p>' if wrong else ""
    return browsers.answer(
        "Choose your passphrase",
        f"<p>For {html.escape(shown)}.</p>{said}"
        f'<form method="post" action="{PATH}"><input type="hidden" name="token" '
        f'value="{html.escape(token, quote=True)}"><label for="handle">Name to sign in with</label>'
        f'<input id="handle" autocomplete="username" readonly value="{html.escape(handle, quote=True)}">'
        f'{new_passphrase_fields()}<button class="first">Set the passphrase</button></form>',
        status=422 if wrong else 200,
        headers=PRIVATE,
    )


def new_passphrase_fields() -> str:
    """Two fields for a new passphrase, with the rules."""
    limits = f'minlength="{passphrases.LEAST}" maxlength="{passphrases.MOST}"'
    return (
        f'<p class="quiet" id="rules">{html.escape(passphrases.RULES)}</p>'
        '<label for="passphrase">New passphrase</label><input id="passphrase" name="passphrase" type="password" '
        f'autocomplete="new-password" aria-describedby="rules" required {limits}>'
        '<label for="again">The same again</label><input id="again" name="again" type="password" '
        f'autocomplete="new-password" required {limits}>'
    )


def _name_of(token: str) -> tuple[str, str] | None:
    with open_session(browsers.engine()) as session:
        person = accounts.person_of_link(session, token)
    return None if person is None else (person.handle, person.name)


routes = [Route(PATH, show_form, methods=["GET"]), Route(PATH, choose, methods=["POST"])]
