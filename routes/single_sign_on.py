"""The organisation's own sign-in (OpenID Connect), where [auth] of Streamlit's secrets names a provider.

Streamlit speaks with the provider, as for `st.login`, and comes back with a signed cookie that would last thirty days.
Here it is taken once, within minutes: its verified address is looked up among the people, who get a sign-in of this
desk with the time-outs of everybody else, and the cookie is dropped.
"""

import html
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from anyio.to_thread import run_sync
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope
from streamlit.auth_util import get_cookie_with_chunks, get_secrets_auth_section, validate_auth_credentials
from streamlit.errors import StreamlitAuthError
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from db import accounts, people
from db.engine import open_session
from routes import browsers

START = "/account/single-sign-on"
ARRIVAL = "/account/single-sign-on/back"
NEXT_COOKIE = "loam_next"

# From Streamlit's cookie to this desk's own takes two redirects; what is older was copied from somewhere.
FRESH_MINUTES = 5
MINUTES_OF_A_DAY = 1440
# How long somebody may take at the provider.
AWAY_SECONDS = 900

REFUSED = (
    "<p>Nobody here has the address that your organisation has verified for you, or the account is disabled. "
    "Ask an administrator.</p>"
    '<p><a href="/account">To the door</a></p>'
)


def providers() -> list[str]:
    """The providers that are configured in full: "default", or the names of the sections."""
    section = get_secrets_auth_section()
    if not section:
        return []
    named = [name for name, value in section.items() if isinstance(value, Mapping) and "client_id" in value]
    return [name for name in (["default"] if "client_id" in section else []) + named if _is_whole(name)]


def _is_whole(provider: str) -> bool:
    try:
        validate_auth_credentials(provider)
    except StreamlitAuthError:
        return False
    return True


def links(goes_to: str) -> str:
    """A link of the door for each provider. No form: its policy would stop it on the way to the provider."""
    return "".join(
        f'<p><a class="button" href="{html.escape(_start_of(name, goes_to), quote=True)}">Sign in with '
        f"{'your organisation' if name == 'default' else html.escape(name.capitalize())}</a></p>"
        for name in providers()
    )


def _start_of(provider: str, goes_to: str) -> str:
    return str(URL(START).include_query_params(provider=provider, next=goes_to))


def has_arrived(scope: Scope) -> bool:
    """Whether Streamlit has just signed somebody in here."""
    return USER_COOKIE_NAME in Request(scope).cookies and bool(providers())


async def start(request: Request) -> Response:
    """Lead to Streamlit's own start of the flow, and keep where to go on to in the meantime."""
    provider = request.query_params.get("provider", "")
    if provider not in providers():
        return RedirectResponse("/account", status_code=303)
    response = RedirectResponse(generate_login_redirect_url(provider), status_code=303)
    goes_to = quote(browsers.local_path(request.query_params.get("next")))
    response.set_cookie(NEXT_COOKIE, goes_to, httponly=True, samesite="lax", path=START, max_age=AWAY_SECONDS)
    return response


async def arrive(request: Request) -> Response:
    """Take Streamlit's cookie, and sign in whoever it is."""
    claims = _claims(request)
    found = None
    if claims is not None:
        found = await run_sync(_sign_in, claims)
    if found is None:
        response: Response = browsers.answer("Not known here", REFUSED, status=403)
    else:
        person, token = found
        goes_to = browsers.way_in(person, browsers.local_path(unquote(request.cookies.get(NEXT_COOKIE, ""))))
        address = html.escape(goes_to, quote=True)
        # No redirect: the browser came from the provider, and would leave the desk's own cookie out on the way.
        response = browsers.answer(
            "You are signed in",
            f'<meta http-equiv="refresh" content="0;url={address}">'
            f'<p>As {html.escape(person.name)}. <a href="{address}">To the desk</a></p>',
        )
        browsers.give_token(response, request, token)
    for name in request.cookies:
        if name.startswith(USER_COOKIE_NAME):
            response.delete_cookie(name, path="/")
    response.delete_cookie(NEXT_COOKIE, path=START)
    return response


def _claims(request: Request) -> dict[str, Any] | None:
    """What the provider says of the person, from a cookie that this desk has signed in the last minutes."""

    def single(name: str) -> bytes | None:
        value = request.cookies.get(name, "")
        return decode_signed_value(get_cookie_secret(), name, value, FRESH_MINUTES / MINUTES_OF_A_DAY)

    text = get_cookie_with_chunks(single, USER_COOKIE_NAME)
    if not text:
        return None
    claims = json.loads(text)
    return claims if isinstance(claims, dict) else None


def _sign_in(claims: dict[str, Any]) -> tuple[people.Person, str] | None:
    # A provider that does not say whether it has verified an address has not.
    verified = claims.get("email_verified") in (True, "true")
    address = claims.get("email") if verified and isinstance(claims.get("email"), str) else None
    with open_session(browsers.engine(), write=True, even_read_only=True) as session:
        return accounts.sign_in_by_address(session, address, provider=str(claims.get("provider", "")))


routes = [Route(START, start, methods=["GET"]), Route(ARRIVAL, arrive, methods=["GET"])]
